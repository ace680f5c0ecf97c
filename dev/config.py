"""Paths, names and settings. What is generated lies in ``.odoo`` and ``build``."""

import ast
import hashlib
import os
import sys
from pathlib import Path

from .ui import Failure

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".odoo"
BUILD = ROOT / "build"

ADDON = "aftersales_service"
ADDON_PATH = ROOT / ADDON
# Small addons beside it, which install themselves where another app is there as well.
# Their tests run in databases of their own: the addon has to work without them.
BRIDGES = ("aftersales_service_repair",)
ADDONS = (ADDON, *BRIDGES)

ODOO_SERIES = "19.0"
ODOO_PACKAGE = "odoo-19"
ODOO_SUITE = "sid"
# Packages that the Debian package of Odoo points to with symbolic links.
ODOO_COMPANIONS = (
    "fonts-font-awesome",
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
# Files which the Debian package lacks although Odoo's asset bundles name them.
ODOO_STUBS = ("mail/static/lib/selfie_segmentation/selfie_segmentation.js",)

PYTHON_MIN = (3, 10)
PYTHON_MAX = (3, 13)
POSTGRES_MIN = 13
FREE_GIB = 5

# The ground of the addon: what the template database has installed.
TEMPLATE_MODULES = (
    "account",
    "hr_skills",
    "mail",
    "portal",
    "rating",
    "sale_management",
    "sale_stock",
)

LOGS = HOME / "log"
RUN = HOME / "run"
DATA = HOME / "data"
DEB_TREE = HOME / "odoo"
VENV = HOME / "venv"
NODE = HOME / "node"
CONF = HOME / "odoo.conf"
WRAPPER = HOME / "bin" / "odoo"
RESULTS = BUILD / "test-results"

# Names a database with the addon that tests from outside may copy, not change.
INSTALLED_VARIABLE = "AFTERSALES_INSTALLED_DB"

DEMO_DB = "aftersales_demo"
REPLAY_DB = "after_replay"


def host():
    """Return the address on which the demo is served."""
    return os.environ.get("HOST") or "127.0.0.1"


def demo_port():
    """Return the port of the demo, 8069 unless PORT says otherwise."""
    text = os.environ.get("PORT") or "8069"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Failure(f"PORT={text} is not a port number. Use for example PORT=8070.")
    return int(text)


def odoo_src():
    """Return the Odoo checkout named by ODOO_SRC, or None."""
    text = os.environ.get("ODOO_SRC")
    return Path(text).expanduser().resolve() if text else None


def check_python():
    """Refuse a Python for which Odoo has no support."""
    version = sys.version_info[:2]
    if PYTHON_MIN <= version <= PYTHON_MAX:
        return
    low, high = (".".join(map(str, v)) for v in (PYTHON_MIN, PYTHON_MAX))
    raise Failure(
        f"Python {version[0]}.{version[1]} cannot run Odoo {ODOO_SERIES}: it needs"
        f" {low} to {high}. Name another one: make PYTHON=python3.11 ..."
    )


def template_modules():
    """Return the modules of the template: ours, and what the addon's manifest adds."""
    names = set(TEMPLATE_MODULES)
    manifest = ADDON_PATH / "__manifest__.py"
    if manifest.exists():
        names.update(ast.literal_eval(manifest.read_text()).get("depends", []))
    return sorted(names)


def digest(*texts):
    """Return a short hash of some texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:10]


def tree_digest(path, skip=("__pycache__",)):
    """Return a hash over the content of all files below a folder."""
    total = hashlib.sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        if not any(part in skip for part in file.parts):
            total.update(str(file.relative_to(path)).encode() + b"\0")
            total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:16]
