"""The commands behind the Makefile."""

import argparse
import errno
import os
import signal
import sys

from . import config, databases, demo, odoo, postgres, readme, setup, tasks, testing
from .ui import Failure, say

ADVICE = {
    errno.ENOSPC: "The disk is full: free some space and run it again.",
    errno.EDQUOT: "The disk quota is used up: free some space and run it again.",
    errno.EACCES: "This account may not do that: was the folder made by another one?",
    errno.EROFS: "The disk is read-only: clone the project to another place.",
}


def _db(options):
    """Copies, lists and drops databases."""
    setup.ensure()
    if options.action == "list":
        databases.show()
    elif options.action == "template":
        say(databases.template())
    elif options.action == "copy":
        databases.copy(databases.template(), options.name)
        say(options.name)
    elif options.action == "drop":
        databases.drop(options.name)


def _install(options):
    """Install the addon in a database, or update it there."""
    setup.ensure()
    databases.install(options.name, extra=["--with-demo"] if options.demo else [])


def _readme(options):
    """Make the readmes of the addons."""
    readme.main(options.addons, options.check)


def _odoo(options):
    """Replace this process by Odoo with the given arguments."""
    setup.ensure()
    arguments = [a for n, a in enumerate(options.arguments) if (n, a) != (0, "--")]
    os.chdir(config.HOME)
    os.execve(odoo.command()[0], odoo.command(*arguments), odoo.environment())


def _pg(options):
    """Start or stop the private PostgreSQL server."""
    if options.action == "start":
        setup.ensure()
    elif postgres.stop():
        say("PostgreSQL stopped.")


def _parser():
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python3 -m dev", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name, run, text):
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    add("setup", lambda o: setup.ensure(tests=True), "obtain everything, start nothing")
    for name, function, text in (
        ("demo", demo.make, "serve the demonstration"),
        ("test", testing.main, "run all checks and tests"),
        ("coverage", testing.coverage, "which lines the addon's tests reach"),
        ("replay", tasks.replay, "push the complaints through a running server"),
        ("replay-log", tasks.replay_log, "clocks of a log of events"),
        ("mutants", tasks.mutants, "see that the clock's tests notice errors"),
        ("bench", tasks.bench, "run the benchmarks"),
        ("lint", tasks.check_style, "check the style of the files"),
        ("format", tasks.mend_style, "let the formatters rewrite the files"),
        ("shell", tasks.shell, "open Odoo's shell on the demo database"),
        ("stop", tasks.stop, "stop the servers of this clone"),
        ("reset", tasks.reset, "forget the databases"),
        ("distclean", tasks.distclean, "forget the downloads too"),
    ):
        add(name, lambda options, function=function: function(), text)
    pg = add("pg", _pg, "start or stop the private PostgreSQL server")
    pg.add_argument("action", choices=("start", "stop"))
    db = add("db", _db, "copy the template database, drop or list databases")
    db.add_argument("action", choices=("template", "copy", "drop", "list"))
    db.add_argument("name", nargs="?")
    install = add("install", _install, "install or update the addon in a database")
    install.add_argument("name")
    install.add_argument("--demo", action="store_true", help="with demo data")
    pages = add("readme", _readme, "make the readmes of the addons' fragments")
    pages.add_argument("addons", nargs="*", metavar="ADDON", help="all without any")
    pages.add_argument("--check", action="store_true", help="see whether it was done")
    run = add("odoo", _odoo, "run Odoo with this project's configuration")
    run.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


def _interrupt(_number, _frame):
    """Let a request to end be handled as Ctrl-C is: children end, files are closed."""
    raise KeyboardInterrupt


def main(arguments=None):
    """Run one command; expected failures end in one message and exit code 1."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        options = _parser().parse_args(arguments)
        return options.run(options) or 0
    except Failure as failure:
        print(f"\nerror: {failure}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in ADVICE:
            raise
        print(f"\nerror: {error}\n{ADVICE[error.errno]}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted; run it again to go on", file=sys.stderr)
        return 130
