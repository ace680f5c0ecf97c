"""A database lives in an earlier version of the addon and is upgraded.

A test module of an upgrade says ``VERSION``, and two scripts for Odoo's shell: ``LIFE``
makes records in that version and commits them, ``READ`` tells what is there, in the old
version as in the new one. A script tells by printing RESULT and JSON. The fixture
``upgraded`` does the rest, once a module, and fails when the upgrade is not quiet.
"""

import ast
import io
import json
import subprocess
import tarfile
from dataclasses import dataclass

from dev import config, source

LOUD = (" WARNING ", " ERROR ", " CRITICAL ")


@dataclass
class Told:
    """What a test module says of an upgrade."""

    version: str
    life: str
    read: str

    @classmethod
    def by(cls, module):
        """Read the constants of a test module."""
        return cls(module.VERSION, module.LIFE, module.READ)


class Upgrade:
    """An upgraded database.

    :ivar name: of the database
    :ivar before: what ``READ`` told in the earlier version
    :ivar log: list of the lines of the upgrade's log
    """

    def __init__(self, odoo_env, name, before, log):
        self.odoo_env = odoo_env
        self.name = name
        self.before = before
        self.log = log
        self.told = {}

    def ask(self, script):
        """Return what a script tells of the upgraded database; it is run once.

        What it writes it has to roll back.
        """
        if script not in self.told:
            self.told[script] = result(self.odoo_env.shell(self.name, script))
        return self.told[script]


def result(output):
    """Return what a script printed after the word RESULT."""
    line = [line for line in output.splitlines() if line.startswith("RESULT ")][-1]
    return json.loads(line.removeprefix("RESULT "))


def loud(log):
    """Return the lines of a log that nobody may see in an upgrade."""
    return [line for line in log if any(level in line for level in LOUD)]


def git(*arguments):
    """Run git in the repository; None where there is no history."""
    done = subprocess.run(
        ["git", *arguments], cwd=config.ROOT, capture_output=True, check=False
    )
    return done.stdout if done.returncode == 0 else None


def unpack(version, folder):
    """Unpack the last state of a version of the addon.

    :return: whether the history goes back that far
    """
    for commit in (git("rev-list", "HEAD") or b"").decode().split():
        manifest = git("show", f"{commit}:{config.ADDON}/__manifest__.py")
        if manifest and ast.literal_eval(manifest.decode())["version"] == version:
            break
    else:
        return False
    archive = git("archive", commit, config.ADDON)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
    return True


def run(odoo_env, make_db, told, folder):
    """Let a database live in the version that lies in a folder, and upgrade it.

    :return: `Upgrade`
    :raise AssertionError: if the upgrade logged a warning or an error
    """
    name = make_db("upgrade" + told.version.split(".")[2])
    paths = ",".join(map(str, [*source.ensure().addons_paths, folder]))
    there = [f"--addons-path={paths}", "-d", name, "--no-http"]
    odoo_env.run(*there, "-i", config.ADDON, "--stop-after-init")
    # One start of Odoo for both: nothing of the life is in the memory any more.
    script = f"{told.life}\nenv.invalidate_all()\n{told.read}"
    before = result(odoo_env.run("shell", *there, stdin=script).stdout)
    log = odoo_env.run(
        "-d", name, "-u", config.ADDON, "--stop-after-init", "--no-http"
    ).stdout.splitlines()
    assert not loud(log)
    return Upgrade(odoo_env, name, before, log)
