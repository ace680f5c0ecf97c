"""What the tests of the mail gateway stand on: two companies, dealers, mail servers."""

import hashlib
import re
import socketserver
import subprocess
import sys
import threading
import xmlrpc.client
from email.message import EmailMessage

from dev import source

DEALERS = 20
ADDRESS = "service@maker.example.com"
ADDRESS_B = "service.b@maker.example.com"
PREPARE = """
env["ir.cron"].search([]).active = False
domain = env["mail.alias.domain"].create({"name": "maker.example.com"})
company = env.ref("base.main_company")
company.write({"alias_domain_id": domain.id, "email": "office@maker.example.com"})
team = env.ref("aftersales_service.aftersales_team_default")
team.write({"alias_name": "service", "alias_contact": "everyone", "follow_cc": True})
company_b = env["res.company"].create(
    {"name": "Company B", "alias_domain_id": domain.id})
env["aftersales.team"].create({"name": "Team B", "company_id": company_b.id,
    "alias_name": "service.b", "alias_contact": "everyone"})
env["res.partner"].create([{"name": f"Dealer {number}", "is_company": True,
    "email": f"dealer{number}@shop.example.org"} for number in range(%d)])
env["ir.mail_server"].search([]).active = False
env["ir.mail_server"].create({"name": "Out", "smtp_host": "127.0.0.1",
    "smtp_port": %d, "smtp_encryption": "none"})
env.ref("base.user_admin").email = "admin@maker.example.com"
env.cr.commit()
"""
JOBS = ("aftersales_service.ir_cron_acknowledge", "mail.ir_cron_mail_scheduler_action")


def identity(*words):
    """Return a Message-ID that is the same for the same words."""
    key = hashlib.sha256("\n".join(words).encode()).hexdigest()
    return f"<{key[:24]}@shop.test>"


def mail(
    body="The press does not stop.",
    sender="dealer0@shop.example.org",
    to=ADDRESS,
    subject="Press runs on",
    message_id=None,
    **headers,
):
    """Write a mail of plain text; underscores in names of headers become hyphens."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = message_id or identity(body, subject)
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message.as_bytes()


class Gateway:
    """Hands mails to a server as mail servers do."""

    def __init__(self, server, odoo_env):
        self.server = server
        self.odoo_env = odoo_env
        self.script = (
            source.ensure().python_path
            / "odoo/addons/mail/static/scripts/odoo-mailgate.py"
        )

    def pipe(self, raw):
        """Hand over a mail with Odoo's own script; return how it ended."""
        done = subprocess.run(
            [
                sys.executable, self.script, "--host=127.0.0.1",
                f"--port={self.server.port}", "-d", self.server.database,
                "-u", "2", "-p", "admin",
            ],
            input=raw, capture_output=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stderr.decode()

    def call(self, model, method, *arguments):
        """Call a method as the administrator, over a connection of its own."""
        url = f"http://127.0.0.1:{self.server.port}/xmlrpc/2/object"
        with xmlrpc.client.ServerProxy(url, allow_none=True) as proxy:
            return proxy.execute_kw(
                self.server.database, 2, "admin", model, method, list(arguments), {}
            )

    def post(self, raw):
        """Hand over a mail as the script does; return what the server says."""
        return self.call(
            "mail.thread", "message_process", False, xmlrpc.client.Binary(raw)
        )

    def run_jobs(self):
        """Let the server send what is due."""
        for xmlid in JOBS:
            module, name = xmlid.split(".")
            [[job]] = self.rows(
                "SELECT res_id FROM ir_model_data WHERE model = 'ir.cron'"
                f" AND module = '{module}' AND name = '{name}'"
            )
            self.call("ir.cron", "method_direct_trigger", [int(job)])

    def rows(self, sql):
        """Run SQL in the server's database."""
        return self.odoo_env.query(self.server.database, sql)

    def number(self, sql):
        """Run SQL that returns one number."""
        return int(self.rows(sql)[0][0])

    def check_log(self):
        """Check that nothing went wrong at the server, whatever it answered."""
        log = self.server.log.read_text()
        assert "Traceback" not in log, log[-8000:]
        assert " ERROR " not in log, log[-8000:]


class _Imap(socketserver.StreamRequestHandler):
    """One conversation of a fetcher with its mailbox, as far as Odoo leads it."""

    def _say(self, text):
        self.wfile.write(f"{text}\r\n".encode())

    def handle(self):
        """Answer commands until the fetcher leaves or dies."""
        self._say("* OK ready")
        try:
            while line := self.rfile.readline().decode().strip():
                tag, verb, *rest = line.split(" ", 2)
                answer = getattr(self, f"_{verb.lower()}", None)
                if answer:
                    answer(*rest)
                self._say(f"{tag} OK done")
                if verb == "LOGOUT":
                    return
        except (ConnectionError, ValueError):
            # A killed fetcher says nothing more.
            return

    def _capability(self):
        self._say("* CAPABILITY IMAP4rev1")

    def _login(self, text):
        self.box = self.server.boxes[text.split()[0].strip('"')]

    def _select(self, _name):
        self._say(f"* {len(self.box.mails)} EXISTS")

    def _search(self, _what):
        unseen = [
            str(number)
            for number in range(1, len(self.box.mails) + 1)
            if number not in self.box.seen
        ]
        self._say("* SEARCH " + " ".join(unseen))

    def _fetch(self, text):
        number = int(text.split()[0])
        raw = self.box.mails[number - 1]
        self.box.fetched.append(number)
        self._say(f"* {number} FETCH (RFC822 {{{len(raw)}}}")
        self.wfile.write(raw + b")\r\n")

    def _store(self, text):
        number, what = re.match(r"(\d+) ([+-])", text).groups()
        if what == "-":
            self.box.seen.discard(int(number))
        elif self.box.before_marking(int(number)):
            self.box.seen.add(int(number))
        else:
            raise ConnectionError


class Mailbox:
    """A mailbox: mails, which of them are marked as read, which were fetched."""

    def __init__(self, mails):
        self.mails = list(mails)
        self.seen = set()
        self.fetched = []
        #: Called with the number of a mail that is to be marked; whether it may be.
        self.before_marking = lambda number: True


class MailServer:
    """A server of mailboxes for fetchers, which lies outside of the tested program."""

    def __init__(self):
        self.boxes = {}

    def __enter__(self):
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Imap)
        self._server.daemon_threads = True
        self._server.boxes = self.boxes
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.port = self._server.server_address[1]
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()
