# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the tests of the clock engine share: moments, calendars, a slow reference.

"Case n" are the numbers of the project's list of known failures of such systems.
"""

from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.aftersales_service.tools.clock import Event

HOUR = timedelta(hours=1)
ORIGIN = datetime(2025, 1, 1)


EXAMPLES = settings(deadline=None, database=None, derandomize=True, max_examples=200)
MONDAY = datetime(2025, 3, 3)
HOUR = timedelta(hours=1)
ORIGIN = datetime(2025, 1, 1)


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Moment ``day`` days after a Monday."""
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


def office(*closed: int, days: int = 28) -> list:
    """Monday to Friday 9-13 and 14-18, without the closed days."""
    work = [d for d in range(days) if d % 7 < 5 and d not in closed]
    return [(at(d, a), at(d, b)) for d in work for a, b in ((9, 13), (14, 18))]


def ledger(*rows) -> list:
    """Events from (moment, kind[, minutes]) in this order."""
    return [Event(row[0], row[1], i, *row[2:]) for i, row in enumerate(rows)]


def minute(number: int) -> datetime:
    return ORIGIN + timedelta(minutes=number)


# ---- strategies: everything on whole minutes, so that a reference can walk them ----
SPAN = 240
minutes = st.integers(0, SPAN)
pairs = st.lists(st.tuples(minutes, minutes).map(sorted).map(tuple), max_size=6)
calendars = st.none() | pairs
rows = st.lists(
    st.tuples(
        minutes,
        st.sampled_from(
            ["start", "pause", "pause", "resume", "stop", "reopen", "reopen"]
            + ["void", "correction", "retarget", "alert"]
        ),
        st.integers(-30, 60),
        st.booleans(),
    ),
    max_size=9,
)


@st.composite
def ledgers(draw) -> list:
    """Events with distinct (moment, sequence), most of them after a start."""
    drawn = draw(rows)
    if draw(st.integers(0, 9)):
        drawn = [(draw(st.integers(0, 40)), "start", 0, False), *drawn]
    return [
        Event(
            minute(m),
            kind,
            sequence,
            amount if kind == "correction" or (kind == "reopen" and carry) else None,
        )
        for sequence, (m, kind, amount, carry) in enumerate(drawn)
    ]


def to_intervals(calendar):
    return None if calendar is None else [(minute(a), minute(b)) for a, b in calendar]


def open_minutes(calendar, horizon: int) -> list:
    if calendar is None:
        return list(range(horizon))
    return sorted({m for a, b in calendar for m in range(a, b)})


def written_order(event) -> tuple:
    """Order of events by the words of the contract; KINDS is not asked."""
    kind = ["start", "reopen", "resume", "pause", "stop", "void"]
    kind += ["correction", "alert", "retarget"]
    amount = float("inf") if event.minutes is None else event.minutes
    return event.at, event.sequence, kind.index(event.kind), amount


class Slow:
    """Reference: walks minute by minute and keeps every single minute in a list."""

    def __init__(self, events, target, ticks, last=SPAN):
        """Replay events on whole minutes.

        :param target: promised minutes
        :param ticks: numbers of all open minutes, ascending
        :param last: number of a minute that no event is later than
        """
        self.target, self.open = target, ticks
        self.is_open = set(ticks)
        self.state, self.started, self.stopped = "new", None, None
        self.constant, self.floor, self.paused = 0, None, 0
        self.spent, self.pending, self.before_last, self.last = [], [], 0, None
        plan = {}
        for event in sorted(events, key=written_order):
            number = round((event.at - ORIGIN) / timedelta(minutes=1))
            plan.setdefault(number, []).append(event)
        for m in range(min(plan, default=0), last + 1):
            for event in plan.get(m, ()):
                self.step(m, event)
            if m in self.is_open and self.state in ("running", "paused"):
                self.pending.append(m)

    def run_from(self, m):
        self.state, self.stopped, self.pending = "running", None, []
        self.before_last, self.last = len(self.spent), m

    def step(self, m, event):
        kind, state = event.kind, self.state
        if kind == "correction":
            self.constant += event.minutes
        elif kind == "start" and state in ("new", "void"):
            if state == "void":
                self.constant, self.paused, self.spent = 0, 0, []
            self.started = self.floor = m
            self.run_from(m)
        elif kind == "reopen" and state in ("stopped", "void"):
            if self.started is None:
                self.started = self.floor = m
            if event.minutes is not None:
                floor = m
                if event.minutes >= self.target and self.last is not None:
                    floor = self.deadline()
                    floor = self.stopped if floor is None else min(floor, self.stopped)
                self.floor, self.constant, self.spent = floor, event.minutes, []
            self.run_from(m)
        elif kind == "pause" and state == "running":
            self.spent += self.pending
            self.state, self.pending = "paused", []
        elif kind == "resume" and state == "paused":
            self.paused += len(self.pending)
            self.run_from(m)
        elif kind in ("stop", "void") and state in ("running", "paused"):
            if state == "paused":
                self.paused += len(self.pending)
                self.run_from(m)
            self.spent += self.pending
            self.state, self.stopped = {"stop": "stopped"}.get(kind, "void"), m
        elif kind == "void" and state in ("new", "stopped"):
            self.state = "void"
            self.stopped = m if self.stopped is None else self.stopped

    @property
    def used(self):
        return self.constant + len(self.spent)

    def deadline(self):
        need = self.target - self.constant
        if need <= 0:
            return self.floor
        if len(self.spent) >= need:
            return self.spent[need - 1] + 1
        ticks = self.spent[: self.before_last]
        ticks += [m for m in self.open if m >= self.last]
        return ticks[need - 1] + 1 if len(ticks) >= need else None

    def shown_deadline(self):
        if self.state in ("new", "void"):
            return None
        if self.state == "paused" and self.used < self.target:
            return None
        return self.deadline()

    def outcome(self):
        if self.state == "stopped":
            return "met" if self.used <= self.target else "missed"
        return "void" if self.state == "void" else "open"


class ClockCase(BaseCase):
    def check(self, result, **expected):
        """Compare some attributes of a replay."""
        values = {name: getattr(result, name) for name in expected}
        self.assertEqual(values, expected)

    def check_against(self, slow, fast, number=minute):
        """Compare a replay with the reference.

        :param number: function that makes the moment of a minute's number
        """

        def moment(value):
            return None if value is None else number(value)

        self.check(
            fast,
            state=slow.state,
            outcome=slow.outcome(),
            used=timedelta(minutes=slow.used),
            paused=timedelta(minutes=slow.paused),
            deadline=moment(slow.shown_deadline()),
            started_at=moment(slow.started),
            stopped_at=moment(slow.stopped),
        )
