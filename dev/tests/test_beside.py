"""Tests beside the other stages: prepared in the background, ended in any case."""

import sys
import time

import pytest

from dev import testing
from dev.ui import Failure


@pytest.fixture
def steps(monkeypatch, tmp_path):
    """Let the databases be written down that would be made."""
    taken = []

    monkeypatch.setattr(testing.databases, "install", taken.append)
    monkeypatch.setattr(testing.proc, "log_path", lambda name: tmp_path / name)
    return taken


def run(monkeypatch, code):
    """Let a line of Python stand for pytest."""
    command = [sys.executable, "-c", code]
    monkeypatch.setattr(testing, "_pytest_command", lambda *args: command)
    return testing._Beside("copied")


def test_installed_before_it_is_copied(monkeypatch, steps):
    seen = []
    monkeypatch.setattr(testing, "_pytest_outcome", lambda *args: seen.append(args))
    beside = run(monkeypatch, "raise SystemExit(3)")
    beside.outcome()
    assert seen == [(3, testing.OUTSIDE_RESULT)]
    assert steps == ["copied"]
    beside.stop()


def test_what_cannot_be_installed_is_a_failure(monkeypatch, steps):
    def broken(name):
        raise Failure("broken addon")

    monkeypatch.setattr(testing.databases, "install", broken)
    beside = run(monkeypatch, "pass")
    with pytest.raises(Failure, match="broken addon"):
        beside.outcome()
    beside.stop()
    assert not steps


def test_ended_with_the_others(monkeypatch, steps):
    monkeypatch.setattr(testing, "PATIENCE", 2)
    beside = run(monkeypatch, "import time; time.sleep(60)")
    beside.starter.join()
    start = time.monotonic()
    beside.stop()
    assert beside.process.poll() is not None
    assert time.monotonic() - start < 30


def test_ended_although_it_ignores_the_interruption(monkeypatch, steps):
    monkeypatch.setattr(testing, "PATIENCE", 1)
    ignore = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
    beside = run(monkeypatch, f"{ignore}; import time; time.sleep(60)")
    beside.starter.join()
    time.sleep(1)
    beside.stop()
    assert beside.process.poll() is not None


def test_not_started_when_all_is_over(monkeypatch, steps):
    """Who is stopped while he prepares starts nothing afterwards."""

    def slow(name):
        time.sleep(0.5)

    monkeypatch.setattr(testing.databases, "install", slow)
    beside = run(monkeypatch, "pass")
    beside.stop()
    assert beside.process is None


def test_told_which_database_to_copy(monkeypatch, steps):
    seen = []
    monkeypatch.setattr(testing, "_pytest_outcome", lambda *args: seen.append(args))
    variable = testing.config.INSTALLED_VARIABLE
    code = f"import os; raise SystemExit(os.environ['{variable}'] == 'copied')"
    beside = run(monkeypatch, code)
    beside.outcome()
    assert seen == [(1, testing.OUTSIDE_RESULT)]
    beside.stop()


def test_no_test_is_left_out():
    """What Odoo's own runner does not run is in a file that pytest is given."""
    given = set(testing.browser_tests())
    for file in testing.config.ADDON_PATH.glob("tests/**/test_*.py"):
        assert file in given or "-standard" not in file.read_text(), file
    assert len(given) > 5
