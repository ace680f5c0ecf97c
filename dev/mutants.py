"""``make mutants``: do the tests notice when the clock engine is wrong?

Makes copies of ``aftersales_service/tools`` with one error each (``mutations``) and
runs the tests of the clock on every copy. An error that no test notices has survived:
a test is missing. Run it with the virtual environment's Python::

    python dev/mutants.py [word of a name ...]

The tests need of Odoo nothing but the class that they derive from and a decorator, so
that each copy stands in a bare package ``odoo`` and a run takes a second, no database.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from dev.mutations import EQUIVALENT, MUTATIONS  # noqa: E402

ADDON = ROOT / "aftersales_service"
#: In this order: what is quick and fails most often comes first.
TESTS = (
    "test_tools_working_time",
    "test_tools_clock",
    "test_tools_clock_ledger",
    "test_tools_clock_properties",
    "test_tools_clock_zones",
)
TIMEOUT = 120
WORKERS = 2

BASE = """
import unittest
BaseCase = unittest.TestCase
def tagged(*tags):
    return lambda case: case
"""
# Finding a failure is enough here: it need not be made small.
RUNNER = """
import sys, unittest
from hypothesis import Phase, settings
settings.register_profile("find", phases=[Phase.explicit, Phase.generate])
settings.load_profile("find")
names = ["odoo.addons.aftersales_service.tests." + name for name in sys.argv[1:]]
suite = unittest.defaultTestLoader.loadTestsFromNames(names)
result = unittest.TextTestRunner(failfast=True).run(suite)
sys.exit(0 if result.wasSuccessful() else 1)
"""


def build(folder, file=None, old=None, new=None):
    """Make a package ``odoo`` with the addon's tools, one text of them replaced.

    :param folder: Path of a folder that is there
    :param file: str, the name of the file of ``tools`` to change; None changes nothing
    :param old: str, stands exactly once in that file
    :param new: str that takes its place
    :raise ValueError: if the text does not stand there once
    """
    addon = folder / "odoo" / "addons" / ADDON.name
    shutil.copytree(
        ADDON / "tools",
        addon / "tools",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    tests = addon / "tests"
    tests.mkdir()
    for name in ("clock_common", *TESTS):
        shutil.copy(ADDON / "tests" / f"{name}.py", tests)
    for package in (tests, addon, addon.parent, addon.parent.parent):
        (package / "__init__.py").touch()
    (folder / "odoo" / "tests.py").write_text(BASE)
    (folder / "run.py").write_text(RUNNER)
    if file:
        path = addon / "tools" / file
        text = path.read_text()
        if text.count(old) != 1:
            raise ValueError(f"{file} has {text.count(old)} times: {old!r}")
        path.write_text(text.replace(old, new))


def survives(*change):
    """Tell whether all tests pass although something was changed.

    :param change: file, old and new text for :func:`build`; nothing for the true engine
    :return: tuple of bool and the output's end; running for ever does not pass
    """
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        build(Path(folder), *change)
        command = [sys.executable, "-B", "run.py", *TESTS]
        try:
            done = subprocess.run(
                command, cwd=folder, timeout=TIMEOUT, check=False,
                capture_output=True, text=True,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return False, "ran for ever"
    return done.returncode == 0, done.stderr[-2000:]


def chosen(words):
    """Return the mutations whose name holds one of the words, all without words.

    :return: list of tuples (name, file, old, new)
    """
    every = [
        (name, file, old, new)
        for file, changes in MUTATIONS.items()
        for name, old, new in changes
    ]
    if not words:
        return every
    return [change for change in every if any(word in change[0] for word in words)]


def main(words):
    """Run the mutants; return the exit code.

    :param words: list of str, see :func:`chosen`
    """
    begun = time.monotonic()
    passed, output = survives()
    if not passed:
        print(f"The tests fail on the engine as it is:\n{output}")
        return 1
    changes, survivors = chosen(words), []
    with ThreadPoolExecutor(WORKERS) as pool:
        results = pool.map(lambda change: survives(*change[1:])[0], changes)
        for (name, file, *_texts), alive in zip(changes, results, strict=True):
            print(f"{'SURVIVED' if alive else 'killed':<9} {file}: {name}", flush=True)
            if alive:
                survivors.append(name)
    for name, (file, *texts, reason) in EQUIVALENT.items() if not words else ():
        alive, _output = survives(file, *texts)
        print(f"{'no error' if alive else 'KILLED':<9} {file}: {name}: {reason}")
        if not alive:
            survivors.append(f"{name} (was thought to be no error)")
    seconds = time.monotonic() - begun
    print(f"{len(changes)} mutants, {len(survivors)} survived, {seconds:.0f} s")
    return 1 if survivors or not changes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
