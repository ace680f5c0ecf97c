"""The demonstration: a database with demo data, served in the background."""

import json
import urllib.request

from . import config, databases, odoo, postgres, proc, setup
from .server import Server, port_taken
from .ui import Failure, say, step

GUIDE = config.ROOT / "dev" / "demo_guide.txt"
NO_GUIDE = """
{url}    login: admin    password: admin
"""


def make():
    """Serve the demonstration and print how to use it."""
    port = config.demo_port()
    server = Server("demo", config.DEMO_DB, port, config.host())
    known = server.known()
    if known and known["port"] != port:
        server.stop()
        known = None
    if not known and not proc.port_is_free(port, config.host()):
        raise port_taken(port)
    setup.ensure(browser=False)
    if known and _is_current(config.DEMO_DB) and server.healthy():
        say("==> The demonstration is already being served")
    else:
        server.stop()
        prepare(config.DEMO_DB, demo=True)
        with step(f"Starting the server on port {port} (log: {server.log})"):
            server.start()
    _warm_up(server.url)
    text = GUIDE.read_text() if GUIDE.exists() else NO_GUIDE
    say()
    say(text.replace("{url}", server.url).strip())
    say("\nThe server runs in the background. 'make stop' ends it, 'make reset' makes")
    say("the next 'make demo' begin anew.")


def prepare(name, demo=False):
    """Make a database with the addon as it is now; an unfinished one is made again."""
    if not config.ADDON_PATH.joinpath("__manifest__.py").exists():
        raise Failure(f"There is no addon in {config.ADDON_PATH}.")
    if _is_current(name):
        return
    if name in databases.names() and databases.installed(name):
        databases.install(name)
        _remember(name)
        return
    building = f"{name}_building"
    databases.drop(name)
    databases.drop(building)
    if demo:
        title = "Creating the demo database: Odoo's apps and the addon, with demo data"
        with step(title):
            odoo.run(
                [
                    "-d", building, "-i", config.ADDON, "--with-demo",
                    "--stop-after-init", "--no-http", "--max-cron-threads=0",
                ],
                "demo-database",
                "Creating the demo database",
            )  # fmt: skip
    else:
        databases.copy(databases.template(), building)
        databases.install(building)
    if not databases.installed(building):
        raise Failure(f"{config.ADDON} is not installed: see {config.LOGS}")
    _check_complete(building)
    _remember(building)
    databases.rename(building, name)


def _check_complete(name):
    """Fail when demo data could not be loaded: Odoo goes on without them."""
    sql = "SELECT to_json(TRIM(error)) FROM ir_demo_failure ORDER BY id"
    rows = postgres.query(sql, name)
    if rows:
        # A traceback; what was wrong stands at its end.
        tails = (json.loads(error).splitlines()[-6:] for (error,) in rows)
        errors = "\n".join("\n".join(tail) for tail in tails)
        raise Failure(f"The demo data can't be loaded:\n{errors}")


def _is_current(name):
    """Tell whether a database holds the addon exactly as its files are now."""
    sql = (
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
        f" WHERE datname = '{name}'"
    )
    return postgres.query(sql) == [[_mark()]]


def _mark():
    """Return the mark of the addon's present files."""
    return f"addon {config.tree_digest(config.ADDON_PATH)}"


def _remember(name):
    """Note in the database which version of the addon's files it holds."""
    postgres.query(f"COMMENT ON DATABASE {name} IS '{_mark()}'")


def _warm_up(url):
    """Let the server build its first pages before a person waits for them."""
    try:
        urllib.request.urlopen(f"{url}/web/login", timeout=60).close()
    except OSError as error:
        raise Failure(f"The server at {url} does not answer: {error}") from error


def stop():
    """Stop the demonstration; return whether it was running."""
    return Server("demo", config.DEMO_DB, 0).stop()
