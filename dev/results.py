"""Reading what test runs left: Odoo's log and JUnit files. Pure functions."""

import re
from dataclasses import dataclass, field
from xml.etree import ElementTree

LINE = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ (?P<level>[A-Z]+) (?P<db>\S+)"
    r" (?P<logger>\S+?): (?P<text>.*)"
)
SUMMARY = re.compile(
    r"(?P<failed>\d+) failed, (?P<errors>\d+) error\(s\) of (?P<total>\d+) tests"
)
SKIPPED = re.compile(r"skipped (?P<test>\S+)(?P<reason>.*)")
LOUD = ("WARNING", "ERROR", "CRITICAL")


@dataclass
class Outcome:
    """What one stage found: how many tests, and what is wrong with it."""

    total: int = 0
    failed: int = 0
    skipped: list = field(default_factory=list)
    problems: list = field(default_factory=list)

    @property
    def good(self):
        """Tell whether the stage counts as passed."""
        return bool(self.total) and not (self.failed or self.skipped or self.problems)

    def complaints(self):
        """Return what is wrong, one line each, beyond the failed tests themselves."""
        lines = [f"skipped: {test}" for test in self.skipped]
        lines += self.problems
        if not self.total and not self.failed:
            lines.append("no test was executed")
        return lines


def read_allowed(text):
    """Return the patterns of a list of expected log lines.

    Each pattern stands on a line of its own below a comment with the reason for it.
    """
    patterns, reason = [], None
    for line in text.splitlines():
        if line.startswith("#"):
            reason = line
        elif not line.strip():
            reason = None
        elif reason is None:
            raise ValueError(f"no reason is given for {line!r}")
        else:
            patterns.append(re.compile(line))
    return patterns


def loud_lines(text, allowed=()):
    """Return the lines of a log that report something wrong and are not expected.

    Lines that report a failed test are left out: the summary counts those.
    """
    found = []
    for line in text.splitlines():
        match = LINE.match(line)
        if not match or match["level"] not in LOUD:
            continue
        message = match["text"]
        if match["logger"] == "odoo.tests.result" or SUMMARY.search(message):
            continue
        if match["logger"].startswith("odoo.addons.") and message.startswith(
            ("FAIL: ", "ERROR: ")
        ):
            continue
        if match["logger"] == "odoo.modules.loading" and "failures" in message:
            continue
        shown = f"{match['level']} {match['logger']}: {message}"
        if not any(pattern.search(shown) for pattern in allowed):
            found.append(shown)
    return found


def odoo_log(text, allowed=()):
    """Return the outcome of a run of Odoo's own test runner."""
    outcome = Outcome()
    for line in text.splitlines():
        match = LINE.match(line)
        if not match:
            continue
        summary = SUMMARY.search(match["text"])
        if summary and "when loading database" in match["text"]:
            outcome.total = int(summary["total"])
            outcome.failed = int(summary["failed"]) + int(summary["errors"])
        skipped = SKIPPED.match(match["text"])
        if skipped and ".tests" in match["logger"]:
            outcome.skipped.append(skipped["test"] + skipped["reason"])
    outcome.problems = loud_lines(text, allowed)
    return outcome


def junit(text):
    """Return the outcome that a JUnit file tells."""
    outcome = Outcome()
    for case in ElementTree.fromstring(text).iter("testcase"):
        outcome.total += 1
        name = f"{case.get('classname')}.{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed += 1
        elif (skip := case.find("skipped")) is not None:
            outcome.skipped.append(f"{name}: {skip.get('message', '')}")
    return outcome
