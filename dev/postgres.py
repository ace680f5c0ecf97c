"""A private PostgreSQL cluster on a Unix socket, or the server that PGHOST names."""

import hashlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import config, proc
from .ui import Failure, say, step

ROLE = "odoo"
PORT = "5432"
SOCKET_LIMIT = 107
SETTINGS = """
# Written by dev/postgres.py: a development cluster, reachable by its socket alone.
listen_addresses = ''
port = {port}
unix_socket_directories = '{socket}'
unix_socket_permissions = 0777
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 256MB
max_wal_size = 2GB
checkpoint_timeout = 15min
max_connections = 120
log_min_messages = warning
"""


def external():
    """Tell whether the environment names a PostgreSQL server to use instead."""
    return bool(os.environ.get("PGHOST") or os.environ.get("PGSERVICE"))


def binaries():
    """Return the folder of the newest PostgreSQL server programs, or None."""
    found = []
    roots = [Path("/usr/lib/postgresql"), Path("/usr/local/lib/postgresql")]
    folders = [f for root in roots if root.is_dir() for f in root.glob("*/bin")]
    folders += [Path(p) for p in os.environ.get("PATH", "").split(":") if p]
    folders += [Path(f"/usr/pgsql-{n}/bin") for n in range(config.POSTGRES_MIN, 20)]
    for folder in folders:
        program = folder / "postgres"
        if not program.exists() or not (folder / "initdb").exists():
            continue
        folder = program.resolve().parent
        version = _version(folder)
        if version >= config.POSTGRES_MIN:
            found.append((version, folder))
    wanted = _cluster_version()
    for version, folder in found:
        if version == wanted:
            return folder
    return max(found)[1] if found else None


def _version(folder):
    """Return the major version of the programs in a folder."""
    text = proc.capture([folder / "postgres", "--version"])
    match = re.search(r"(\d+)", text)
    return int(match[1]) if match else 0


def _cluster_version():
    """Return the major version that made the cluster, or None when there is none."""
    try:
        return int((cluster() / "data" / "PG_VERSION").read_text())
    except (OSError, ValueError):
        return None


def account():
    """Return the unprivileged account that runs the server when we are root."""
    if os.geteuid():
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Failure("PostgreSQL refuses to run as root and there is no other account.")


def _as_account():
    """Return the subprocess options that run a program as that account."""
    who = account()
    if not who:
        return {}
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": [], "cwd": "/"}


def _key():
    """Return a short name for this clone, for what cannot lie inside it."""
    return hashlib.sha256(str(config.ROOT).encode()).hexdigest()[:12]


def cluster():
    """Return the folder of the private cluster."""
    inside = config.HOME / "pg"
    who = account()
    if not who or _can_enter(who, config.ROOT):
        return inside
    return Path("/var/lib") / f"aftersales-dev-{_key()}"


def _can_enter(who, folder):
    """Tell whether an account may pass through all the folders down to this one."""
    for part in (folder, *folder.parents):
        mode = part.stat()
        if mode.st_uid == who.pw_uid:
            allowed = mode.st_mode & 0o100
        elif mode.st_gid == who.pw_gid:
            allowed = mode.st_mode & 0o010
        else:
            allowed = mode.st_mode & 0o001
        if not allowed:
            return False
    return True


def socket_dir():
    """Return the folder of the socket, elsewhere when its path would be too long."""
    inside = cluster() / "socket"
    if len(str(inside / f".s.PGSQL.{PORT}").encode()) <= SOCKET_LIMIT:
        return inside
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return Path("/run" if not os.geteuid() else base) / f"aftersales-pg-{_key()}"


def environment():
    """Return the PG* variables with which clients reach the server."""
    if external():
        names = [n for n in os.environ if n.startswith("PG")]
        found = {name: os.environ[name] for name in names}
        found.setdefault("PGUSER", pwd.getpwuid(os.geteuid()).pw_name)
        return found
    return {"PGHOST": str(socket_dir()), "PGPORT": PORT, "PGUSER": ROLE}


def running():
    """Tell whether the private cluster's server runs."""
    folder = binaries()
    if not folder or not (cluster() / "data" / "PG_VERSION").exists():
        return False
    done = subprocess.run(
        [folder / "pg_ctl", "-D", cluster() / "data", "status"],
        capture_output=True,
        check=False,
        **_as_account(),
    )
    return done.returncode == 0


def ensure():
    """Make a PostgreSQL server answer."""
    if external():
        _check_external()
        return
    folder = binaries()
    if not folder:
        raise Failure("PostgreSQL 13 or later is missing: apt-get install postgresql")
    made = _cluster_version()
    if made and made != _version(folder):
        raise Failure(
            f"The private cluster was made by PostgreSQL {made}, which is gone (now:"
            f" {_version(folder)}). Run 'make reset' to make a new one."
        )
    if not (cluster() / "ready.stamp").exists():
        _create(folder)
    if not running():
        _start(folder)


def _create(folder):
    """Make the cluster; a stamp says that it is complete."""
    home = cluster()
    with step(f"Creating a private PostgreSQL {_version(folder)} cluster in {home}"):
        if home != config.HOME / "pg":
            say(
                "    (elsewhere: the server's account cannot enter this clone's folder)"
            )
        if home.exists():
            if running():
                _pg_ctl(folder, "stop", "-m", "immediate")
            shutil.rmtree(home)
        home.mkdir(parents=True)
        home.chmod(0o700)
        who = account()
        if who:
            os.chown(home, who.pw_uid, who.pw_gid)
        locales = proc.capture(["locale", "-a"]).lower()
        locale = "C.UTF-8" if "c.utf" in locales else "C"
        proc.run_logged(
            [
                folder / "initdb", "-D", home / "data", "-U", "postgres",
                "--auth=trust", "--encoding=UTF8", f"--locale={locale}", "--no-sync",
            ],
            proc.log_path("initdb"),
            "Creating the PostgreSQL cluster (initdb)",
            **_as_account(),
        )  # fmt: skip
        _start(folder, quiet=True)
        sql = f"CREATE ROLE {ROLE} LOGIN CREATEDB"
        query(sql, database="postgres", user="postgres")
        (home / "ready.stamp").write_text("")


def _start(folder, quiet=False):
    """Start the server of the private cluster."""
    sockets = socket_dir()
    sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
    who = account()
    owners = {os.geteuid(), who.pw_uid if who else os.geteuid()}
    if sockets.is_symlink() or sockets.stat().st_uid not in owners:
        raise Failure(f"{sockets} belongs to somebody else: remove it.")
    sockets.chmod(0o700)
    if who:
        os.chown(sockets, who.pw_uid, who.pw_gid)
    extra = cluster() / "data" / "postgresql.auto.conf"
    extra.write_text(SETTINGS.format(socket=sockets, port=PORT))
    if not quiet:
        say("==> Starting the private PostgreSQL server")
    _pg_ctl(folder, "start", "-w", "-t", "60", "-l", cluster() / "server.log")


def _pg_ctl(folder, *arguments):
    """Run pg_ctl as the server's account."""
    done = subprocess.run(
        [folder / "pg_ctl", "-D", cluster() / "data", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        **_as_account(),
    )
    if done.returncode:
        log = cluster() / "server.log"
        raise Failure(
            f"PostgreSQL: pg_ctl {arguments[0]} failed. The end of {log}:\n"
            f"{proc.tail(log)}\n{proc.explain(log)}".rstrip()
        )


def stop():
    """Stop the private cluster's server; return whether it was running."""
    if external() or not running():
        return False
    _pg_ctl(binaries(), "stop", "-m", "fast", "-w")
    return True


def remove():
    """Remove the private cluster."""
    stop()
    for folder in (cluster(), socket_dir()):
        if folder.exists():
            shutil.rmtree(folder)


def _psql():
    """Return the path of psql."""
    folder = binaries()
    if folder and (folder / "psql").exists():
        return folder / "psql"
    found = shutil.which("psql")
    if not found:
        raise Failure("psql is missing: apt-get install postgresql-client")
    return found


def query(sql, database="postgres", user=None):
    """Run SQL and return the rows as lists of texts."""
    env = {**os.environ, **environment()}
    if user:
        env["PGUSER"] = user
    text = proc.capture(
        [_psql(), "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1",
         "-d", database, "-c", sql],
        env=env,
    )  # fmt: skip
    return [line.split("\t") for line in text.splitlines()]


def _check_external():
    """Check that the server named by PGHOST can be used by Odoo."""
    sql = (
        "SELECT current_setting('server_version_num')::int / 10000, current_user,"
        " rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
    )
    try:
        version, user, may_create = query(sql)[0]
    except Failure as error:
        raise Failure(
            f"The PostgreSQL server named by PGHOST={os.environ.get('PGHOST')} cannot"
            f" be used:\n{error}\nCorrect PGHOST, PGPORT, PGUSER and PGPASSWORD, or"
            " unset PGHOST to use a private server."
        ) from error
    if int(version) < config.POSTGRES_MIN:
        raise Failure(f"PostgreSQL {version} is too old: Odoo 19 needs 13 or later.")
    if user == "postgres":
        raise Failure("Odoo refuses the database user postgres: set PGUSER to another.")
    if may_create != "t":
        raise Failure(f"The database user {user} needs the right CREATEDB.")
