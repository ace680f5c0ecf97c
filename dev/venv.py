"""The virtual environment with Odoo's Python libraries and the test tools."""

import os
import shutil
import subprocess
import sys

from . import config, proc
from .ui import Failure, step

HERE = config.ROOT / "dev"
PYTHON = config.VENV / "bin" / "python"
# Exists while pip works: an interrupted pip may leave a library half there.
PENDING = config.VENV / "pending.stamp"


def environment():
    """Return the variables with which the environment's tools are found."""
    path = f"{config.VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    env = {**os.environ, "PATH": path, "VIRTUAL_ENV": str(config.VENV)}
    env.pop("PYTHONHOME", None)
    return env


def make_importable(folder):
    """Let the environment's Python import Odoo from a folder without PYTHONPATH."""
    pth = next(config.VENV.glob("lib/python*/site-packages")) / "odoo-source.pth"
    text = f"{folder}\n"
    if not pth.exists() or pth.read_text() != text:
        pth.write_text(text)


def ensure(tests=False):
    """Make the environment complete; with `tests` the test tools too."""
    _ensure_base()
    _ensure_requirements("requirements.txt", "Python libraries of Odoo")
    if tests:
        _ensure_requirements("requirements-test.txt", "test tools")


def _identity():
    """Return what the environment was made of: it serves one Python and one folder.

    The folder is the real one: whoever comes by a link finds the same environment.
    """
    python = os.path.realpath(sys.executable)
    return f"{sys.version_info[:3]} {python} {os.path.realpath(config.VENV)}\n"


def _ensure_base():
    """Create the environment when it is missing or was made by another Python."""
    stamp = config.VENV / "python.stamp"
    complete = stamp.exists() and PYTHON.exists() and not PENDING.exists()
    if complete and stamp.read_text() == _identity():
        return
    partial = config.VENV.with_suffix(".partial")
    for leftover in (partial, config.VENV):
        if leftover.exists():
            shutil.rmtree(leftover)
    with step(f"Creating a virtual environment for Python {sys.version.split()[0]}"):
        done = subprocess.run(
            [sys.executable, "-m", "venv", str(config.VENV)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failure(
                "The virtual environment could not be created:\n"
                f"{(done.stdout + done.stderr).strip()}\n"
                "On Debian, install its package: apt-get install python3-venv"
            )
        stamp.write_text(_identity())


def _ensure_requirements(name, title):
    """Install a requirements file; the stamp with its content is written last."""
    wanted = (HERE / name).read_text()
    stamp = config.VENV / f"{name}.stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    PENDING.touch()
    with step(f"Installing the {title} (dev/{name})"):
        proc.run_logged(
            [
                PYTHON, "-m", "pip", "install", "--disable-pip-version-check",
                "--no-input", "--prefer-binary", "-r", HERE / name,
            ],
            proc.log_path(f"pip-{name.removesuffix('.txt')}"),
            f"Installing the {title} with pip",
            progress=_show_pip,
        )  # fmt: skip
        stamp.write_text(wanted)
        PENDING.unlink()


def _show_pip(line):
    """Show what pip downloads that is large, and the one line of its result."""
    if line.startswith("Successfully installed"):
        return f"installed {len(line.split()) - 2} packages"
    if "Downloading" in line and " MB" in line and "http" not in line:
        return line.strip()
    return None
