"""An Odoo server in the background: started, health-checked and stopped by its pid."""

import json
import subprocess
import time
import urllib.error
import urllib.request

from . import config, odoo, postgres, proc
from .ui import Failure

PATIENCE = 180


class Server:
    """One Odoo server on one database and port, with its pid file and log."""

    def __init__(self, name, database, port, address="127.0.0.1", extra=()):
        self.name = name
        self.database = database
        self.port = port
        self.address = address
        self.extra = list(extra)
        self.log = proc.log_path(f"server-{name}")
        self.pid_file = config.RUN / f"{name}.json"

    @property
    def url(self):
        """Return the address for a browser on this machine."""
        return f"http://localhost:{self.port}"

    def start(self):
        """Start the server and wait until it answers."""
        if not proc.port_is_free(self.port, self.address):
            raise port_taken(self.port)
        config.RUN.mkdir(parents=True, exist_ok=True)
        self._tell_pdf_engine()
        with open(self.log, "w") as out:
            process = subprocess.Popen(
                odoo.command(
                    "-d", self.database, f"--http-port={self.port}",
                    f"--http-interface={self.address}", *self.extra,
                ),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=odoo.environment(),
                cwd=config.HOME,
            )  # fmt: skip
        known = {"pid": process.pid, "database": self.database, "port": self.port}
        self.pid_file.write_text(json.dumps(known) + "\n")
        deadline = time.monotonic() + PATIENCE
        while not self.healthy():
            if process.poll() is not None:
                self.pid_file.unlink(missing_ok=True)
                raise Failure(
                    f"The server ended at once. The end of {self.log}:\n"
                    f"{proc.tail(self.log)}\n{proc.explain(self.log)}".rstrip()
                )
            if time.monotonic() > deadline:
                self.stop()
                raise Failure(
                    f"The server did not answer within {PATIENCE} s. The end of"
                    f" {self.log}:\n{proc.tail(self.log)}"
                )
            time.sleep(0.2)
        return self

    def _tell_pdf_engine(self):
        """Let the PDF engine fetch styles from this server, whatever its port."""
        postgres.query(
            "INSERT INTO ir_config_parameter (key, value)"
            f" VALUES ('report.url', 'http://127.0.0.1:{self.port}')"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            self.database,
        )

    def healthy(self):
        """Tell whether the server answers and serves its login page."""
        base = f"http://127.0.0.1:{self.port}"
        for page in ("/web/health?db_server_status=1", "/web/login"):
            try:
                with urllib.request.urlopen(base + page, timeout=60) as answer:
                    if answer.status != 200:
                        return False
            except (urllib.error.URLError, OSError):
                return False
        return True

    def known(self):
        """Return what the pid file says about a server that runs, or None."""
        try:
            known = json.loads(self.pid_file.read_text())
        except (OSError, ValueError):
            return None
        if not proc.alive(known["pid"], f"-d {known['database']} "):
            return None
        return known

    def stop(self):
        """Stop the server if it runs; return whether it did."""
        known = self.known()
        stopped = bool(known) and proc.stop_pid(
            known["pid"], f"-d {known['database']} "
        )
        self.pid_file.unlink(missing_ok=True)
        return stopped


def port_taken(port):
    """Return the failure for a port on which another program listens."""
    return Failure(
        f"Port {port} is already used by another program. Choose another one, for"
        f" example: make demo PORT={port + 1}"
    )
