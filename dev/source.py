"""The Odoo source tree: Debian's package unpacked in ``.odoo``, or ODOO_SRC."""

import hashlib
import json
import re
import shutil
from pathlib import Path

from . import aptget, config, proc
from .ui import Failure, say, step, warn

# Duplicates and build files in Debian's package that nothing here reads.
SUPERFLUOUS = ("addons", "setup", "doc")


class Source:
    """Where Odoo's code lies and how it is started."""

    def __init__(self, python_path, script, addons_paths, version):
        self.python_path = python_path
        self.script = script
        self.addons_paths = addons_paths
        self.version = version


def ensure():
    """Return the Odoo source, fetching it first when it is not there."""
    checkout = config.odoo_src()
    if checkout:
        return _from_checkout(checkout)
    stamp = config.DEB_TREE / "stamp.json"
    if not stamp.exists():
        _install()
    return _from_debian(json.loads(stamp.read_text()))


def _series(release):
    """Return the series that a file odoo/release.py declares."""
    text = release.read_text()
    match = re.search(r"^version_info = \((\d+), (\d+)", text, re.MULTILINE)
    return f"{match[1]}.{match[2]}" if match else "unknown"


def _from_checkout(folder):
    """Return the source in a folder of Odoo's own repository layout."""
    release = folder / "odoo" / "release.py"
    script = folder / "odoo-bin"
    if not release.is_file() or not script.is_file():
        raise Failure(
            f"ODOO_SRC={folder} is not an Odoo source tree: odoo-bin and"
            " odoo/release.py are expected in it."
        )
    series = _series(release)
    if series != config.ODOO_SERIES:
        raise Failure(
            f"ODOO_SRC={folder} is Odoo {series}; the addon is made for Odoo"
            f" {config.ODOO_SERIES}. Check out the branch {config.ODOO_SERIES} there."
        )
    version = f"{series} at {folder}"
    head = folder / ".git" / "HEAD"
    if head.is_file():
        text = head.read_text().strip()
        ref = folder / ".git" / text.removeprefix("ref: ")
        version += f" {ref.read_text().strip() if ref.is_file() else text}"
    addons = [p for p in (folder / "addons", folder / "odoo" / "addons") if p.is_dir()]
    return Source(folder, script, addons, version)


def _from_debian(stamp):
    """Return the source in the unpacked Debian package."""
    packages = config.DEB_TREE / "usr/lib/python3/dist-packages"
    return Source(
        packages,
        config.DEB_TREE / "usr/bin/odoo",
        [packages / "odoo" / "addons"],
        stamp["version"],
    )


def _install():
    """Fetch and unpack Odoo; the tree appears under its name only when complete."""
    proc.check_disk()
    with step("Fetching Odoo 19 from Debian (about 130 MB)"):
        files = aptget.fetch()
    partial = config.DEB_TREE.with_suffix(".partial")
    for leftover in (partial, config.DEB_TREE):
        if leftover.exists():
            shutil.rmtree(leftover)
    partial.mkdir(parents=True)
    with step("Unpacking Odoo (about 1 GB)"):
        dangling = aptget.unpack(files, partial)
        _adapt(partial)
        for link in dangling:
            warn(f"{link.relative_to(partial)} points to nothing in this Debian")
        odoo = next(f for f in files if f.name.startswith(config.ODOO_PACKAGE + "_"))
        stamp = {
            "version": proc.capture(["dpkg-deb", "-f", odoo, "Version"]).strip(),
            "packages": {file.name: _sha256(file) for file in files},
        }
        (partial / "stamp.json").write_text(json.dumps(stamp, indent=2) + "\n")
        partial.rename(config.DEB_TREE)
        for file in files:
            file.unlink()
    say(f"    Odoo {stamp['version']} in {config.DEB_TREE}")


def _adapt(tree):
    """Check the version, drop what is superfluous and add the files Debian drops."""
    packages = tree / "usr/lib/python3/dist-packages"
    release = packages / "odoo" / "release.py"
    if not release.is_file() or _series(release) != config.ODOO_SERIES:
        raise Failure(
            f"The Debian package {config.ODOO_PACKAGE} no longer holds Odoo"
            f" {config.ODOO_SERIES} in the known layout. Get Odoo 19 in another way and"
            " name its folder: make ODOO_SRC=/path/to/odoo ..."
        )
    for name in SUPERFLUOUS:
        shutil.rmtree(packages / name, ignore_errors=True)
    for name in config.ODOO_STUBS:
        stub = packages / "odoo" / "addons" / name
        if not stub.exists():
            stub.parent.mkdir(parents=True, exist_ok=True)
            stub.write_text("")


def _sha256(path):
    """Return the hash of a file's content."""
    total = hashlib.sha256()
    with Path(path).open("rb") as file:
        while block := file.read(1 << 20):
            total.update(block)
    return total.hexdigest()
