"""Odoo as a program: its configuration, its start script and running it once."""

import os
import re
import shlex
import subprocess

from . import config, postgres, proc, source, venv
from .ui import Failure

CONF = """[options]
; Written by dev/odoo.py, overwritten at every run.
addons_path = {addons}
data_dir = {data}
http_interface = 127.0.0.1
{connection}
db_template = template0
list_db = False
workers = 0
max_cron_threads = 1
unaccent = False
"""
WRAPPER = """#!/bin/sh
# Written by dev/odoo.py: Odoo with this project's configuration and database server.
export PYTHONPATH={path} ODOO_RC={conf}
{variables}
exec {python} {script} "$@"
"""
MODULE = re.compile(r"Loading module (\S+) \((\d+)/(\d+)\)")


def environment():
    """Return the variables for programs that import or start Odoo."""
    env = {**os.environ, **postgres.environment()}
    env["PYTHONPATH"] = str(source.ensure().python_path)
    env["ODOO_RC"] = str(config.CONF)
    env.pop("PYTHONHOME", None)
    return env


def command(*arguments):
    """Return the command line that starts Odoo with our configuration."""
    return [str(config.WRAPPER), *map(str, arguments)]


def configure():
    """Write the configuration file and the start script."""
    odoo = source.ensure()
    pg = postgres.environment()
    addons = list(odoo.addons_paths)
    if any(config.ROOT.glob("*/__manifest__.py")):
        addons.append(config.ROOT)
    config.DATA.mkdir(parents=True, exist_ok=True)
    _write(
        config.CONF,
        CONF.format(
            addons=",".join(map(str, addons)),
            data=config.DATA,
            # Options without a value are left out: Odoo warns of a port "False".
            connection="\n".join(
                f"db_{name[2:].lower()} = {pg[name]}"
                for name in ("PGHOST", "PGPORT", "PGUSER")
                if pg.get(name)
            ),
        ),
    )
    names = [name for name in pg if name != "PGPASSWORD"]
    variables = "\n".join(f"export {name}={shlex.quote(pg[name])}" for name in names)
    _write(
        config.WRAPPER,
        WRAPPER.format(
            path=shlex.quote(str(odoo.python_path)),
            conf=shlex.quote(str(config.CONF)),
            variables=variables,
            python=shlex.quote(str(venv.PYTHON)),
            script=shlex.quote(str(odoo.script)),
        ),
    )
    config.WRAPPER.chmod(0o755)
    venv.make_importable(odoo.python_path)


def _write(path, text):
    """Replace a file in one step, for those who are reading it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_text() == text:
        return
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_text(text)
    partial.replace(path)


def run(arguments, log_name, what):
    """Run Odoo once, in a database, to the end of its task; return its log file."""
    log = proc.log_path(log_name)
    proc.run_logged(
        command(*arguments),
        log,
        what,
        progress=_Progress(),
        env=environment(),
        cwd=config.HOME,
    )
    return log


class _Progress:
    """Shows every tenth of the modules that Odoo loads."""

    def __init__(self):
        self.shown = 0

    def __call__(self, line):
        match = MODULE.search(line)
        if not match:
            return None
        number, total = int(match[2]), int(match[3])
        if number < self.shown:
            self.shown = 0
        if number - self.shown < max(total // 6, 1) or total < 12:
            return None
        self.shown = number
        return f"module {number} of {total}: {match[1]}"


def shell(database, code, log_name="shell"):
    """Run Python code in Odoo's shell on a database and return what it printed.

    The code has to commit by itself.
    """
    done = subprocess.run(
        command("shell", "-d", database, "--no-http", "--log-level=warn"),
        input=code,
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        cwd=config.HOME,
    )
    log = proc.log_path(log_name)
    log.write_text(done.stdout + done.stderr)
    if done.returncode or "Traceback (most recent call last)" in done.stderr:
        raise Failure(f"Code in Odoo's shell failed. See {log}:\n{proc.tail(log)}")
    return done.stdout
