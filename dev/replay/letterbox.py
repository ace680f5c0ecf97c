"""The customers' letter box: takes what the server sends by SMTP and keeps it."""

import re
import socketserver
import threading


class _Handler(socketserver.StreamRequestHandler):
    """One SMTP conversation."""

    def _say(self, text):
        self.wfile.write(f"{text}\r\n".encode())

    def handle(self):
        recipients = []
        self._say("220 letterbox ready")
        while line := self.rfile.readline().decode(errors="replace").strip():
            verb = line.split()[0].upper()
            if verb == "EHLO":
                self._say("250-letterbox\r\n250-8BITMIME\r\n250 SMTPUTF8")
            elif verb == "RCPT":
                recipients += re.findall(r"<([^>]*)>", line)
                self._say("250 ok")
            elif verb == "DATA":
                self._say("354 go on")
                self._take(recipients)
                recipients = []
                self._say("250 taken")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _take(self, recipients):
        lines = []
        while (line := self.rfile.readline()) and line.rstrip(b"\r\n") != b".":
            lines.append(line[1:] if line.startswith(b".") else line)
        self.server.letters.append((recipients, b"".join(lines)))


class LetterBox:
    """A mail server on a free port of this machine that delivers to nobody."""

    def __enter__(self):
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.letters = []
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self):
        """Return the port on which letters are taken."""
        return self._server.server_address[1]

    @property
    def letters(self):
        """Return what was taken, as tuples of recipients and bytes, oldest first."""
        return list(self._server.letters)

    def count(self, domain):
        """Return how many letters went to addresses of a domain."""
        return sum(
            any(address.lower().endswith(f"@{domain}") for address in recipients)
            for recipients, _letter in self._server.letters
        )
