"""``make test``: every check and test of the project, in stages."""

import os
import shlex
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

from . import config, databases, lint, odoo, proc, results, setup, venv
from .ui import Failure, duration, say, step

ALLOWED = config.ROOT / "dev" / "expected_warnings.txt"
PREFIX = "after_test_"
SETTINGS = "pyproject.toml"
ADDON_RESULT = "pytest.xml"
OUTSIDE_RESULT = "end-to-end.xml"
#: The tag of the tests that need a browser: Odoo's own runner leaves them to pytest.
BROWSER = "aftersales_browser"
#: Seconds that interrupted tests have to clean up. In the background a shell lets its
#: programs ignore the interruption: then they are killed.
PATIENCE = 30


class Report:
    """Collects the outcomes of the stages and prints their sum."""

    def __init__(self):
        self.rows = []
        self.start = time.monotonic()

    def add(self, name, outcome, seconds):
        """Note a stage and print what is wrong with it."""
        self.rows.append((name, outcome, seconds))
        for line in outcome.complaints()[:40]:
            say(f"    {name}: {line}")

    def finish(self):
        """Print the table and the closing line; return the exit code."""
        say()
        passed = failed = 0
        for name, outcome, seconds in self.rows:
            bad = outcome.failed + len(outcome.complaints())
            good = max(outcome.total - outcome.failed - len(outcome.skipped), 0)
            passed, failed = passed + good, failed + bad
            verdict = "ok" if outcome.good else "FAILED"
            say(f"{name:<24} {good:>5} passed {bad:>4} failed  {duration(seconds):>12}"
                f"  {verdict}")  # fmt: skip
        say(f"{'everything':<24} {duration(time.monotonic() - self.start)}")
        say(f"{passed} passed, {failed} failed")
        return 1 if failed or not passed else 0


def main():
    """Run the stages that TESTS and TAGS choose, all of them without either."""
    chosen = shlex.split(os.environ.get("TESTS", ""))
    tags = os.environ.get("TAGS", "")
    everything = not (chosen or tags)
    report = Report()
    setup.ensure(tests=True)
    shutil.rmtree(config.RESULTS, ignore_errors=True)
    config.RESULTS.mkdir(parents=True)
    inside = [c for c in chosen if Path(c.split("::")[0]).parts[:1] == (config.ADDON,)]
    outside = [c for c in chosen if c not in inside]
    if everything:
        _everything(report)
    else:
        _some(report, tags, inside, outside)
    return report.finish()


def _everything(report):
    """Run each test once; those from outside beside the others, in the background.

    Both have a processor to themselves from the first second to the last and share only
    PostgreSQL.
    """
    with _database() as name, _database("_installed") as installed:
        beside = _Beside(installed)
        try:
            _stage(report, "lint", _lint)
            _stage(report, "Odoo runner", lambda: _runner(name, "", []))
            _stage(report, "browser", lambda: _pytest(name, browser_tests()))
            _stage(report, "end to end", beside.outcome)
        finally:
            beside.stop()


def _some(report, tags, inside, outside):
    """Run the stages that TAGS and TESTS choose."""
    with _database() as name:
        if tags or inside:
            _stage(report, "Odoo runner", lambda: _runner(name, tags, inside))
        if inside:
            _stage(report, "pytest", lambda: _pytest(name, inside))
    if outside:
        _stage(report, "end to end", lambda: _end_to_end(outside))


def coverage():
    """Run the addon's tests under pytest and measure which lines they reach.

    The variable TESTS names those of a part.
    """
    chosen = shlex.split(os.environ.get("TESTS", "")) or [config.ADDON]
    report = Report()
    setup.ensure(tests=True)
    config.RESULTS.mkdir(parents=True, exist_ok=True)
    with _database() as name:
        databases.install(name)
        tests = [*_coverage_arguments(), *chosen]
        _stage(report, "pytest", lambda: _pytest(name, tests))
    return report.finish()


def browser_tests():
    """Return the test files of the addon with tests that need a browser."""
    files = sorted(config.ADDON_PATH.glob("tests/test_*.py"))
    return [file for file in files if f'"{BROWSER}"' in file.read_text()]


def _stage(report, name, function):
    """Run a stage; its expected failure is a result like another."""
    say(f"\n=== {name} ===")
    start = time.monotonic()
    try:
        outcome = function()
    except Failure as failure:
        outcome = results.Outcome(total=1, failed=0, problems=[str(failure)])
    if outcome is not None:
        report.add(name, outcome, time.monotonic() - start)


class _database:
    """A copy of the template for this run, dropped afterwards unless KEEP_DB is set."""

    def __init__(self, suffix=""):
        self.name = f"{PREFIX}{os.getpid()}{suffix}"

    def __enter__(self):
        drop_stale()
        databases.copy(databases.template(), self.name)
        return self.name

    def __exit__(self, *error):
        if os.environ.get("KEEP_DB"):
            say(f"The database {self.name} is kept.")
        else:
            databases.drop(self.name)


def drop_stale():
    """Drop the databases that killed test runs left behind."""
    for name in databases.names():
        owner = name.removeprefix(PREFIX).split("_")[0]
        ours = name.startswith(PREFIX) and owner.isdigit()
        if ours and not Path(f"/proc/{owner}").exists():
            databases.drop(name)


def _lint():
    """Run the style checks."""
    passed, failed = lint.run(prepare=False)
    return results.Outcome(
        total=passed + len(failed),
        failed=len(failed),
    )


def _allowed():
    """Return the patterns of the expected log lines."""
    return results.read_allowed(ALLOWED.read_text())


def modules(tags):
    """Return what is installed for some tags: the addon, and the bridges they name."""
    named = {tag.strip("-/ ").split(":")[0] for tag in tags.split(",")}
    return [config.ADDON, *(name for name in config.BRIDGES if name in named)]


def _runner(name, tags, inside):
    """Install the addon with Odoo's own runner and its tests (none for TESTS alone)."""
    log = proc.log_path("odoo-runner")
    arguments = [
        "-d", name, "-i", ",".join(modules(tags)), "--stop-after-init",
        "--max-cron-threads=0",
        f"--http-port={proc.free_port()}",
    ]  # fmt: skip
    quiet = inside and not tags
    if not quiet:
        arguments += ["--test-tags", tags or f"/{config.ADDON}"]
    failure = None
    with step(f"Odoo installs {config.ADDON} and runs its tests (log: {log})"):
        try:
            odoo.run(arguments, "odoo-runner", "Odoo's test run")
        except Failure as error:
            failure = error
    text = log.read_text(errors="replace")
    shutil.copy(log, config.RESULTS / "odoo-runner.log")
    outcome = results.odoo_log(text, _allowed())
    if failure and not outcome.failed:
        outcome.problems.append(str(failure))
    for line in _failures(text):
        say(f"    {line}")
    if quiet:
        return outcome if outcome.problems else None
    return outcome


def _failures(text):
    """Return the lines of a log that tell which tests failed, with their tracebacks."""
    shown, inside = [], False
    for line in text.splitlines():
        match = results.LINE.match(line)
        if match:
            inside = match["level"] in ("ERROR", "CRITICAL")
        if inside:
            shown.append(line)
    return shown[:400]


def _pytest_command(arguments, junit):
    """Return the command that runs pytest and writes a JUnit file."""
    return [
        venv.PYTHON, "-m", "pytest", "-p", "no:cacheprovider",
        f"--rootdir={config.ROOT}", f"--config-file={config.ROOT / SETTINGS}",
        f"--junitxml={config.RESULTS / junit}", "--durations=8", *arguments,
    ]  # fmt: skip


def _pytest_outcome(code, junit):
    """Read what a run of pytest found."""
    target = config.RESULTS / junit
    if not target.exists():
        raise Failure(f"pytest ended with exit code {code} and no result")
    outcome = results.junit(target.read_text())
    explained = code in (0, 5) or (code == 1 and outcome.failed)
    if not explained:
        outcome.problems.append(f"pytest ended with exit code {code}")
    return outcome


def _run_pytest(arguments, junit, env):
    """Run pytest, its output shown; return the outcome."""
    command = _pytest_command(arguments, junit)
    return _pytest_outcome(proc.run_shown(command, cwd=config.ROOT, env=env), junit)


PREGENERATE = "env['ir.qweb']._pregenerate_assets_bundles(); env.cr.commit()"


def _coverage_arguments():
    """Return the arguments by which pytest measures the coverage of the addon."""
    return [
        f"--cov={config.ADDON_PATH}",
        "--cov-report=term-missing:skip-covered",
        f"--cov-report=xml:{config.RESULTS / 'coverage.xml'}",
        f"--cov-report=html:{config.BUILD / 'coverage'}",
    ]


def _addon_environment(name):
    """Prepare a database for browser tests; return the environment of the tests."""
    with step("Building the web client's bundles once for all browser tests"):
        odoo.shell(name, PREGENERATE, "assets")
    env = {**venv.environment(), **odoo.environment()}
    env["PATH"] = venv.environment()["PATH"]
    env["COVERAGE_FILE"] = str(config.BUILD / ".coverage")
    return env


def _pytest(name, tests):
    """Run tests of the addon under pytest in a database where it is installed."""
    if not databases.installed(name):
        raise Failure(f"{config.ADDON} is not installed: pytest has nothing to test.")
    arguments = [
        "-p", "odoo", "--odoo-http", f"--odoo-database={name}",
        f"--odoo-config={config.CONF}", *tests,
    ]  # fmt: skip
    return _run_pytest(arguments, ADDON_RESULT, _addon_environment(name))


def _outside_arguments(tests):
    """Return the arguments of pytest for the tests that drive all from outside."""
    return ["-p", "no:odoo", *(tests or ["tests", "dev/tests"])]


def _outside_environment(installed=None):
    """Return the environment of those tests.

    :param installed: database with the addon that they may copy; without it they make
        one when they need it
    """
    env = venv.environment()
    env.pop("ODOO_RC", None)
    if installed:
        env[config.INSTALLED_VARIABLE] = installed
    return env


def _end_to_end(tests):
    """Run tests that drive the whole product from outside."""
    return _run_pytest(
        _outside_arguments(tests), OUTSIDE_RESULT, _outside_environment()
    )


class _Beside:
    """The tests that drive the whole product from outside, in the background.

    Their output is kept in a log and shown when they are asked for.

    :param name: database to install the addon in, for them to copy
    """

    def __init__(self, name):
        self.log = proc.log_path("end-to-end")
        self.process = None
        self.error = None
        self.stopped = False
        self.lock = threading.Lock()
        self.starter = threading.Thread(target=self._start, args=(name,))
        self.starter.start()

    def _start(self, name):
        """Prepare the database and start pytest, beside the first stages."""
        try:
            databases.install(name)
            command = _pytest_command(_outside_arguments([]), OUTSIDE_RESULT)
            with self.lock, open(self.log, "w") as stream:
                if self.stopped:
                    return
                self.process = subprocess.Popen(
                    [str(part) for part in command],
                    cwd=config.ROOT,
                    env=_outside_environment(name),
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                )
        except Failure as failure:
            self.error = failure
            say("    The addon can't be installed: Odoo's own runner says why.")
        except BaseException as error:
            self.error = error
            raise

    def outcome(self):
        """Wait for the end of the tests and return their outcome."""
        self.starter.join()
        if self.process is None:
            raise Failure(f"The tests from outside were not started: {self.error}")
        code = self.process.wait()
        say(self.log.read_text(errors="replace"))
        return _pytest_outcome(code, OUTSIDE_RESULT)

    def stop(self):
        """End the tests, if they still run, and let them clean up."""
        with self.lock:
            self.stopped = True
        self.starter.join()
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
