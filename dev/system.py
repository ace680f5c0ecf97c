"""Debian packages that the machine itself needs; only missing ones are installed."""

import ctypes.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import postgres, proc
from .ui import Failure, step

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CLUSTER_CONF = Path("/etc/postgresql-common/createcluster.conf")
MARK = "# temporary line of dev/system.py"
LINE = f"create_main_cluster = false  {MARK}\n"


def _has_font(query):
    """Tell whether fontconfig knows a font for a query."""
    if not shutil.which("fc-list"):
        return False
    return bool(proc.capture(["fc-list", query]).strip())


def missing(lint=False, browser=True):
    """Return the names of the Debian packages whose programs are not here."""
    needs = []
    if not (postgres.external() and shutil.which("psql")):
        if postgres.external():
            needs.append("postgresql-client")
        elif not postgres.binaries():
            needs.append("postgresql")
    for program, package in (
        ("wkhtmltopdf", "wkhtmltopdf"),
        ("pdftotext", "poppler-utils"),
        ("fc-list", "fontconfig"),
    ):
        if not shutil.which(program):
            needs.append(package)
    if not ctypes.util.find_library("magic"):
        needs.append("libmagic1")
    if not _has_font(":lang=zh-cn"):
        needs.append("fonts-noto-cjk")
    if not _has_font("DejaVu Sans"):
        needs.append("fonts-dejavu-core")
    if browser and not any(map(shutil.which, BROWSERS)):
        needs.append("chromium")
    if lint and not shutil.which("npm"):
        needs += ["nodejs", "npm"]
    if subprocess.run(
        [sys.executable, "-c", "import ensurepip"], capture_output=True, check=False
    ).returncode:
        needs.append("python3-venv")
    return needs


def ensure(lint=False, browser=True):
    """Install the missing packages, or say which they are."""
    _restore_cluster_conf()
    needs = missing(lint, browser)
    if not needs:
        return
    advice = f"apt-get install --no-install-recommends {' '.join(needs)}"
    if not shutil.which("apt-get"):
        raise Failure(f"These Debian packages (or their like) are needed: {needs}")
    if os.geteuid():
        raise Failure(
            "Some packages are missing and only root can install them. Run as root:\n"
            f"    {advice}"
        )
    with step(f"Installing Debian packages: {' '.join(needs)}"):
        _apt("update")
        if "postgresql" in needs:
            _apt("install", "postgresql-common")
        _forbid_cluster("postgresql" in needs)
        try:
            _apt("install", *needs)
        finally:
            _restore_cluster_conf()
    left = missing(lint, browser)
    if left:
        raise Failure(f"apt-get reported success, yet these are missing: {left}")


def _apt(action, *packages):
    """Run the machine's own apt-get, without questions."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    options = ["-y", "--no-install-recommends", "-o", "Acquire::Retries=3"]
    proc.run_logged(
        ["apt-get", *options, action, *packages],
        proc.log_path(f"apt-{action}-system"),
        f"apt-get {action} {' '.join(packages)}".rstrip(),
        progress=_show,
        env=env,
    )


def _show(line):
    """Show the sums of apt-get, not its hundreds of lines."""
    starts = ("Need to get", "Fetched", "After this operation")
    return line if line.startswith(starts) else None


def _forbid_cluster(wanted):
    """Keep Debian's package from creating and starting a cluster because of us."""
    if wanted and CLUSTER_CONF.exists():
        text = CLUSTER_CONF.read_text()
        CLUSTER_CONF.write_text(text.rstrip("\n") + "\n" + LINE)


def _restore_cluster_conf():
    """Take our line out again, also one that an interrupted run left."""
    if os.geteuid() or not CLUSTER_CONF.exists():
        return
    text = CLUSTER_CONF.read_text()
    if MARK in text:
        CLUSTER_CONF.write_text(text.replace(LINE, ""))
