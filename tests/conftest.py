"""Fixtures of the end-to-end tests: Odoo as a program, databases, servers."""

import os
import subprocess

import pytest
import upgrade

from dev import config, databases, odoo, postgres, proc, setup
from dev.server import Server


class OdooEnvironment:
    """What a test needs to know of the development environment."""

    root = config.ROOT
    addon = config.ADDON
    addon_path = config.ADDON_PATH
    data_dir = config.DATA
    build = config.BUILD

    def query(self, database, sql):
        """Run SQL in a database and return the rows as lists of texts."""
        return postgres.query(sql, database)

    def shell(self, database, code):
        """Run Python code in Odoo's shell and return what it printed."""
        return odoo.shell(database, code, f"shell-{database}")

    def run(self, *arguments, check=True, stdin=None):
        """Run Odoo with some arguments, and code for its shell as ``stdin``.

        Return the finished process.

        Its output (Odoo's log included) is in ``stdout``.
        """
        done = subprocess.run(
            odoo.command(*arguments),
            input=stdin or "",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=odoo.environment(),
            cwd=config.HOME,
            check=False,
        )
        if check and done.returncode:
            pytest.fail(f"odoo {' '.join(arguments)}:\n{done.stdout[-8000:]}")
        return done


@pytest.fixture(scope="session")
def odoo_env():
    """Return the development environment, complete and with PostgreSQL running."""
    setup.ensure(tests=True)
    return OdooEnvironment()


@pytest.fixture(scope="session")
def installed(odoo_env):
    """Return a function that names a database with the addon, for copies alone.

    ``make test`` has made one; without it the first who asks makes it, once.
    """
    made = []

    def ask():
        known = os.environ.get(config.INSTALLED_VARIABLE)
        if known:
            return known
        if not made:
            name = f"after_test_{os.getpid()}_installed"
            made.append(name)
            databases.copy(databases.template(), name)
            databases.install(name)
        return made[0]

    yield ask
    for name in made:
        databases.drop(name)


@pytest.fixture(scope="module")
def make_db(odoo_env, installed):
    """Return a function that copies the template database under a short name.

    The real name is unique to this run; it is returned. With ``addon=True`` the addon
    is installed in the copy. The copies are dropped when the test module has ended.
    """
    made = []
    # Whatever else is served on this machine, at Odoo's own port for instance, is not
    # asked for the style sheets of a PDF: it may never answer. A server names itself.
    unserved = (
        "INSERT INTO ir_config_parameter (key, value)"
        " VALUES ('report.url', 'http://127.0.0.1:9')"
        " ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value"
    )

    def make(name, addon=False):
        real = f"after_test_{os.getpid()}_{name}"
        made.append(real)
        databases.copy(installed() if addon else databases.template(), real)
        odoo_env.query(real, unserved)
        return real

    yield make
    for name in made:
        databases.drop(name)


@pytest.fixture(scope="module")
def server(odoo_env):
    """Return a function that serves a database on a free port until the module ends.

    It returns an object with ``url``, ``port``, ``database`` and ``log``.
    """
    started = []

    def serve(database, *extra):
        running = Server(database, database, proc.free_port(), extra=extra)
        started.append(running)
        return running.start()

    yield serve
    for running in started:
        running.stop()


@pytest.fixture(scope="module")
def upgraded(request, odoo_env, make_db, tmp_path_factory):
    """Return the `Upgrade` that the constants of the test module describe."""
    told = upgrade.Told.by(request.module)
    folder = tmp_path_factory.mktemp(told.version)
    if not upgrade.unpack(told.version, folder):
        pytest.skip(f"The history of version {told.version} is not in this clone.")
    return upgrade.run(odoo_env, make_db, told, folder)
