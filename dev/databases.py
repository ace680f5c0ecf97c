"""Databases with their filestores: the template, copies of it, dropping."""

import os
import re
import shutil
import time
import uuid

from . import config, odoo, postgres, proc, source
from .ui import Failure, say, step

TEMPLATE = re.compile(r"tpl_[0-9a-f]{10}(_building)?$")
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}$")
#: How often dropping is tried, a second apart.
DROP_TURNS = 10


def filestore(name):
    """Return the folder with the files of a database."""
    return config.DATA / "filestore" / name


def names():
    """Return the names of the databases of our role."""
    sql = (
        "SELECT datname FROM pg_database"
        " WHERE pg_get_userbyid(datdba) = current_user ORDER BY 1"
    )
    return [row[0] for row in postgres.query(sql)]


def check_name(name):
    """Refuse names that would need quoting."""
    if not NAME.match(name):
        raise Failure(f"{name!r} is no database name: use a-z, 0-9 and _ only.")


def drop(name):
    """Drop a database and its files; it may be absent. Ends its connections."""
    check_name(name)
    for turn in reversed(range(DROP_TURNS)):
        try:
            postgres.query(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            break
        except Failure:
            # The server's own vacuum may be at work there, which isn't ours to end.
            if not turn:
                raise
            time.sleep(1)
    shutil.rmtree(filestore(name), ignore_errors=True)


def copy(original, name):
    """Copy a database and its files; replaces a database of that name.

    The files are hard links: Odoo names them by their content and never changes one.
    """
    check_name(name)
    drop(name)
    postgres.query(f"CREATE DATABASE {name} TEMPLATE {original}")
    if filestore(original).is_dir():
        shutil.copytree(filestore(original), filestore(name), copy_function=os.link)
    secrets = {key: str(uuid.uuid4()) for key in ("database.uuid", "database.secret")}
    for key, value in secrets.items():
        sql = f"UPDATE ir_config_parameter SET value = '{value}' WHERE key = '{key}'"
        postgres.query(sql, name)


def rename(name, new):
    """Rename a database and its files."""
    if filestore(name).exists():
        filestore(name).rename(filestore(new))
    postgres.query(f"ALTER DATABASE {name} RENAME TO {new}")


def template_name():
    """Return the template's name, which holds what it was made of."""
    made_of = [source.ensure().version, *config.template_modules()]
    return f"tpl_{config.digest(*made_of)}"


def template():
    """Return the name of a database with the addon's dependencies, made if absent."""
    name = template_name()
    if name in names():
        return name
    with proc.locked("template"):
        if name in names():
            return name
        building = f"{name}_building"
        drop(building)
        drop(name)
        modules = config.template_modules()
        with step(f"Making the template database with {', '.join(modules)}"):
            odoo.run(
                [
                    "-d", building, "-i", ",".join(modules), "--stop-after-init",
                    "--no-http", "--max-cron-threads=0",
                ],
                "template",
                "Installing the addon's dependencies",
            )  # fmt: skip
            rename(building, name)
        for other in names():
            if TEMPLATE.match(other) and other != name:
                drop(other)
    return name


def installed(name, module=config.ADDON):
    """Tell whether a module is installed in a database."""
    sql = f"SELECT state FROM ir_module_module WHERE name = '{module}'"
    try:
        rows = postgres.query(sql, name)
    except Failure:
        return False
    return rows == [["installed"]]


def install(name, module=config.ADDON, extra=()):
    """Install a module in a database, or update it where it is installed."""
    if not config.ADDON_PATH.joinpath("__manifest__.py").exists():
        raise Failure(f"There is no addon in {config.ADDON_PATH}.")
    update = name in names() and installed(name, module)
    with step(f"{'Updating' if update else 'Installing'} {module} in {name}"):
        odoo.run(
            [
                "-d", name, "-u" if update else "-i", module, "--stop-after-init",
                "--no-http", "--max-cron-threads=0", *extra,
            ],
            f"install-{name}",
            f"Installing {module}",
        )  # fmt: skip


def show():
    """Print the databases and what they are."""
    current = template_name()
    for name in names():
        note = " (template)" if name == current else ""
        say(f"{name}{note}")
