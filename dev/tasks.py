"""The smaller commands: replay, replay-log, mutants, bench, shell, stop, reset."""

import os
import shutil

from . import config, databases, demo, lint, odoo, postgres, proc, setup, testing, venv
from .server import Server
from .ui import Failure, say, step

REPLAY = config.ROOT / "dev" / "replay" / "main.py"
MUTANTS = config.ROOT / "dev" / "mutants.py"
BENCH = config.ROOT / "bench" / "run.py"


def _client_environment(server):
    """Return the variables by which a script reaches a server and its database."""
    env = {**venv.environment(), **postgres.environment()}
    env["PYTHONPATH"] = str(config.ROOT)
    env["AFTERSALES_URL"] = f"http://127.0.0.1:{server.port}"
    env["AFTERSALES_DB"] = server.database
    env["AFTERSALES_ODOO"] = str(config.WRAPPER)
    return env


def _run_script(path, env):
    """Run a Python script in the virtual environment; return its exit code."""
    return proc.run_shown([venv.PYTHON, path], cwd=config.ROOT, env=env)


def replay():
    """Run the demonstration of the main job in a database of its own."""
    if not REPLAY.exists():
        raise Failure(f"There is no {REPLAY.relative_to(config.ROOT)} yet.")
    setup.ensure(browser=False)
    if os.environ.get("FRESH"):
        databases.drop(config.REPLAY_DB)
    demo.prepare(config.REPLAY_DB)
    server = Server("replay", config.REPLAY_DB, proc.free_port())
    server.stop()
    with step(f"Starting a server on port {server.port} (log: {server.log})"):
        server.start()
    try:
        return _run_script(REPLAY, _client_environment(server))
    finally:
        server.stop()


def replay_log():
    """Replay the clocks of a log of events; needs nothing but Python."""
    # Only here: what cannot be imported then hinders no other command.
    from . import replay_log as command

    return command.main()


def mutants():
    """Run the tests of the clock engine against broken copies of it."""
    setup.ensure(tests=True)
    return _run_script(MUTANTS, venv.environment())


def bench():
    """Run the benchmarks; the variable ONLY names the rows of a part."""
    setup.ensure(tests=True)
    env = {**venv.environment(), **postgres.environment()}
    env["PYTHONPATH"] = str(config.ROOT)
    env["AFTERSALES_ODOO"] = str(config.WRAPPER)
    return _run_script(BENCH, env)


def shell():
    """Open Odoo's shell on the demo database, or on the one that DB names."""
    setup.ensure(browser=False)
    name = os.environ.get("DB") or config.DEMO_DB
    if name not in databases.names():
        raise Failure(
            f"There is no database {name}. 'make demo' makes one; DB=name chooses"
            " another."
        )
    os.chdir(config.HOME)
    arguments = odoo.command("shell", "-d", name, "--no-http", "--log-level=warn")
    os.execve(arguments[0], arguments, odoo.environment())


def stop():
    """Stop the servers of this clone."""
    if demo.stop():
        say("The demonstration has stopped.")
    if Server("replay", config.REPLAY_DB, 0).stop():
        say("The server of 'make replay' has stopped.")
    if not config.VENV.exists() or postgres.external() or not postgres.running():
        return
    others = postgres.query(
        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        " AND pid <> pg_backend_pid()"
    )
    if others != [["0"]]:
        say(f"PostgreSQL goes on: {others[0][0]} other connections are using it.")
    elif postgres.stop():
        say("PostgreSQL has stopped.")


def reset():
    """Forget all databases and results; keep what was downloaded."""
    demo.stop()
    Server("replay", config.REPLAY_DB, 0).stop()
    if postgres.external():
        for name in databases.names():
            ours = name.startswith((config.DEMO_DB, config.REPLAY_DB, testing.PREFIX))
            if ours or name.startswith(databases.template_name()):
                databases.drop(name)
    else:
        postgres.remove()
    for folder in (config.DATA, config.LOGS, config.RUN, config.BUILD):
        shutil.rmtree(folder, ignore_errors=True)
    say("The databases, their files and build/ are gone. The downloaded programs stay;")
    say("'make distclean' removes those too.")


def distclean():
    """Forget everything that was made or downloaded."""
    reset()
    shutil.rmtree(config.HOME, ignore_errors=True)
    say(".odoo is gone.")


def check_style():
    """Run the style checks."""
    lint.main()


def mend_style():
    """Let the formatters rewrite the files."""
    lint.main(fix=True)
