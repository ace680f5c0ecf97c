"""pytest beside the other stages: prepared in the background, ended in any case."""

import sys
import time

import pytest

from dev import testing
from dev.ui import Failure


@pytest.fixture
def steps(monkeypatch, tmp_path):
    """Let the steps write down that they were taken instead of taking them."""
    taken = []

    def note(name, result=None):
        def take(*args, **_options):
            taken.append((name, *args))
            return result

        return take

    monkeypatch.setattr(testing.databases, "install", note("install"))
    monkeypatch.setattr(testing.databases, "copy", note("copy"))
    monkeypatch.setattr(testing, "_addon_environment", note("environment"))
    monkeypatch.setattr(testing.proc, "log_path", lambda name: tmp_path / name)
    return taken


def run(monkeypatch, code):
    """Let a line of Python stand for pytest."""
    command = [sys.executable, "-c", code]
    monkeypatch.setattr(testing, "_pytest_command", lambda *args: command)
    return testing._Beside("tested", "copied")


def test_copied_before_it_is_tested(monkeypatch, steps):
    seen = []
    monkeypatch.setattr(testing, "_pytest_outcome", lambda *args: seen.append(args))
    beside = run(monkeypatch, "raise SystemExit(3)")
    assert beside.ready()
    beside.outcome()
    assert seen == [(3, testing.ADDON_RESULT)]
    assert steps == [
        ("install", "tested"),
        ("environment", "tested"),
        ("copy", "tested", "copied"),
    ]
    beside.stop()


def test_what_cannot_be_installed_is_a_failure(monkeypatch, steps):
    def broken(name):
        raise Failure("broken addon")

    monkeypatch.setattr(testing.databases, "install", broken)
    beside = run(monkeypatch, "pass")
    assert not beside.ready()
    with pytest.raises(Failure, match="broken addon"):
        beside.outcome()
    beside.stop()
    assert not steps


def test_ended_with_the_others(monkeypatch, steps):
    monkeypatch.setattr(testing, "PATIENCE", 2)
    beside = run(monkeypatch, "import time; time.sleep(60)")
    assert beside.ready()
    start = time.monotonic()
    beside.stop()
    assert beside.process.poll() is not None
    assert time.monotonic() - start < 30


def test_ended_although_it_ignores_the_interruption(monkeypatch, steps):
    monkeypatch.setattr(testing, "PATIENCE", 1)
    ignore = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
    beside = run(monkeypatch, f"{ignore}; import time; time.sleep(60)")
    assert beside.ready()
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
    assert beside.process is None and not beside.ready()
