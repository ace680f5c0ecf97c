"""Style checks: ruff, pylint-odoo, prettier, readmes. Our own settings rule."""

import shutil
import sys

from . import config, proc, setup, venv
from .ui import Failure, say, step

HERE = config.ROOT / "dev" / "node"
CODE = (*config.ADDONS, "dev", "tests", "bench")


def _tool(name):
    """Return a program of the virtual environment."""
    return config.VENV / "bin" / name


def ensure_node():
    """Install prettier and its XML plugin where the stamp is not current."""
    stamp = config.NODE / "ready.stamp"
    wanted = (HERE / "package-lock.json").read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    with step("Installing prettier (dev/node/package-lock.json)"):
        partial = config.NODE.with_suffix(".partial")
        for leftover in (partial, config.NODE):
            if leftover.exists():
                shutil.rmtree(leftover)
        partial.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, partial)
        proc.run_logged(
            ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            proc.log_path("npm"),
            "Installing prettier with npm",
            cwd=partial,
        )
        (partial / "ready.stamp").write_text(wanted)
        partial.rename(config.NODE)


def _existing(*names):
    """Return those of the names that exist in the repository."""
    return [name for name in names if (config.ROOT / name).exists()]


def _prettier(mode):
    """Return the command line of prettier for the XML files."""
    modules = config.NODE / "node_modules"
    plugin = modules / "@prettier" / "plugin-xml" / "src" / "plugin.js"
    files = [f"{addon}/**/*.xml" for addon in _existing(*config.ADDONS)]
    return [modules / ".bin" / "prettier", f"--plugin={plugin}", mode, *files]


def _readme(mode):
    """Return the command line that makes the readmes, or checks them."""
    return [sys.executable, "-B", "-m", "dev", "readme", *mode, *config.ADDONS]


def commands(fix=False):
    """Return the checks as pairs of a name and a command line."""
    code = _existing(*CODE)
    checks = [
        ("ruff check", [_tool("ruff"), "check", *(["--fix"] if fix else []), *code]),
        (
            "ruff format",
            [_tool("ruff"), "format", *([] if fix else ["--check"]), *code],
        ),
    ]
    if not fix and _existing(config.ADDON):
        settings = [f"--rcfile={name}" for name in _existing(".pylintrc")] or [
            "--load-plugins=pylint_odoo",
            "--disable=all",
            "--enable=odoolint",
            f"--valid-odoo-versions={config.ODOO_SERIES}",
        ]
        addons = _existing(*config.ADDONS)
        checks.append(("pylint-odoo", [_tool("pylint"), *settings, *addons]))
    if list(config.ADDON_PATH.rglob("*.xml")):
        checks.append(("prettier", _prettier("--write" if fix else "--check")))
    checks.append(("readme", _readme([] if fix else ["--check"])))
    return checks


def run(fix=False, prepare=True):
    """Run all the checks; return how many passed and the names of those that failed."""
    if prepare:
        setup.ensure(tests=True)
    ensure_node()
    passed, failed = 0, []
    env = {**venv.environment(), "NO_COLOR": "1"}
    for name, command in commands(fix):
        say(f"==> {name}")
        if proc.run_shown(command, cwd=config.ROOT, env=env):
            failed.append(name)
        else:
            passed += 1
    return passed, failed


def main(fix=False):
    """Run the checks as a command of their own."""
    _passed, failed = run(fix)
    if failed:
        raise Failure(
            f"These checks failed: {', '.join(failed)}. 'make format' mends what can be"
            " mended by a program."
        )
    say("\nAll checks passed.")
