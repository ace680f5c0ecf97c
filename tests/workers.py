"""Processes of their own that work on one database, and what kills them."""

import signal
import subprocess
import time

import pytest

from dev import config, odoo

MIDDLE = "IN THE MIDDLE"


class Workers:
    """A prepared database and the processes that work on it."""

    def __init__(self, odoo_env, database, prepare):
        self.odoo_env = odoo_env
        self.database = database
        odoo_env.shell(database, prepare)

    def start(self, code, log_level="warn"):
        """Start a process of its own that runs some code in Odoo's shell."""
        process = subprocess.Popen(
            odoo.command(
                "shell", "-d", self.database, "--no-http", f"--log-level={log_level}"
            ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=odoo.environment(),
            cwd=config.HOME,
        )
        process.stdin.write(code)
        process.stdin.close()
        return process

    def output(self, process):
        """Wait for a process to end well; return what it printed."""
        printed = process.stdout.read()
        assert process.wait() == 0, printed[-8000:]
        assert "DONE" in printed, printed[-8000:]
        assert "Traceback" not in printed, printed[-8000:]
        assert " ERROR " not in printed, printed[-8000:]
        return printed

    def finish(self, process):
        """Wait for a process to end well; return the number it says when done."""
        return int(self.output(process).split("DONE")[1])

    def kill_in_the_middle(self, process):
        """Kill a process when it says that it is in a batch."""
        printed = []
        for line in process.stdout:
            printed.append(line)
            if MIDDLE in line:
                break
        self.kill(process, "".join(printed))

    def kill(self, process, printed=""):
        """Kill a process and wait until the database has rolled back its work.

        :param str printed: what it said, for the message if it had ended before
        """
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
        assert process.wait() == -signal.SIGKILL, printed + rest
        for _attempt in range(100):
            if not self.number(
                "SELECT count(*) FROM pg_stat_activity WHERE datname ="
                " current_database() AND pid <> pg_backend_pid()"
            ):
                return
            time.sleep(0.1)
        pytest.fail("the killed worker's transaction is still there")

    def number(self, sql):
        """Run SQL that returns one number."""
        return int(self.odoo_env.query(self.database, sql)[0][0])
