# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The clock engine by hand-made cases and against a slow reference.

"Case n" are the numbers of the project's list of known failures of such systems.
"""

from datetime import datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools import clock, working_time
from odoo.addons.aftersales_service.tools.clock import Event, replay, used_at
from odoo.addons.aftersales_service.tools.working_time import advance, overlap

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


class Slow:
    """Reference: walks minute by minute and keeps every single minute in a list."""

    def __init__(self, events, target, calendar):
        self.target, self.horizon = target, 3 * SPAN
        self.open = open_minutes(calendar, self.horizon)
        self.is_open = set(self.open)
        self.state, self.started, self.stopped = "new", None, None
        self.constant, self.floor, self.paused = 0, None, 0
        self.spent, self.pending, self.before_last, self.last = [], [], 0, None
        plan = {}
        for event in sorted(events, key=lambda e: (e.at, e.sequence)):
            number = round((event.at - ORIGIN) / timedelta(minutes=1))
            plan.setdefault(number, []).append(event)
        for m in range(SPAN + 1):
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


@tagged("post_install", "-at_install")
class TestWorkingTime(BaseCase):
    def test_boundaries(self):
        """Cases 9 and 10: half open, the closing second, the lunch gap."""
        days = office()
        self.assertEqual(overlap(at(0, 8), at(0, 9), days), timedelta())
        self.assertEqual(overlap(at(0, 13), at(0, 14), days), timedelta())
        self.assertEqual(overlap(at(0, 12), at(0, 15), days), 2 * HOUR)
        self.assertEqual(overlap(at(4, 17), at(7, 10), days), 2 * HOUR)
        self.assertEqual(advance(at(0, 9), 4 * HOUR, days), at(0, 13))
        self.assertEqual(advance(at(0, 9), 8 * HOUR, days), at(0, 18))
        self.assertEqual(advance(at(0, 18), HOUR, days), at(1, 10))
        self.assertEqual(advance(at(5, 3), HOUR, days), at(7, 10))
        second = timedelta(microseconds=1)
        self.assertEqual(advance(at(0, 9), 4 * HOUR + second, days), at(0, 14) + second)

    def test_zero_amount_is_the_start_itself(self):
        for moment in (at(0, 10), at(0, 13), at(5, 3), at(0, 18)):
            self.assertEqual(advance(moment, timedelta(), office()), moment)

    def test_horizon(self):
        days = office(days=1)
        self.assertEqual(advance(at(-3), 8 * HOUR, days), at(0, 18))
        self.assertIsNone(advance(at(0, 10), 8 * HOUR, days))
        self.assertIsNone(advance(at(0), HOUR, []))
        self.assertEqual(overlap(at(0), at(9), []), timedelta())
        self.assertIsNone(advance(datetime.max, HOUR, None))

    def test_round_the_clock(self):
        self.assertEqual(overlap(at(0), at(9), None), timedelta(days=9))
        self.assertEqual(advance(at(4, 17), 48 * HOUR, None), at(6, 17))

    def test_normalise(self):
        mess = [(at(2), at(3)), (at(0), at(1)), (at(0, 5), at(1, 5)), (at(1, 5), at(2))]
        known = working_time.normalise([*mess, (at(5), at(5))])
        self.assertEqual((known.starts, known.ends), ((at(0),), (at(3),)))
        self.assertIs(working_time.normalise(known), known)
        self.assertIsNone(working_time.normalise(None))

    def test_refused(self):
        aware = at(0).replace(tzinfo=timezone.utc)
        for bad in [(at(1), at(0))], [(aware, aware)]:
            with self.assertRaises(ValueError):
                working_time.normalise(bad)
        with self.assertRaises(ValueError):
            overlap(at(1), at(0), None)
        with self.assertRaises(ValueError):
            advance(at(0), -HOUR, None)

    @EXAMPLES
    @given(calendars, minutes, minutes)
    def test_against_single_minutes(self, calendar, one, two):
        start, end = sorted((one, two))
        ticks = [m for m in open_minutes(calendar, 3 * SPAN) if m >= start]
        spent = len([m for m in ticks if m < end])
        intervals = to_intervals(calendar)
        self.assertEqual(
            overlap(minute(start), minute(end), intervals), timedelta(minutes=spent)
        )
        expected = minute(ticks[end - 1] + 1) if 0 < end <= len(ticks) else None
        if end:
            moment = advance(minute(start), timedelta(minutes=end), intervals)
            self.assertEqual(moment, expected)

    @EXAMPLES
    @given(pairs, minutes, st.timedeltas(timedelta(), HOUR), st.timedeltas(timedelta()))
    def test_advance_adds_up(self, calendar, number, first, second):
        second = min(second, 4 * HOUR)
        start, intervals = minute(number), to_intervals(calendar)
        middle = advance(start, first, intervals)
        whole = advance(start, first + second, intervals)
        if middle is None:
            self.assertIsNone(whole)
        else:
            self.assertEqual(overlap(start, middle, intervals), first)
            self.assertEqual(advance(middle, second, intervals), whole)


@tagged("post_install", "-at_install")
class TestClock(BaseCase):
    def check(self, result, **expected):
        values = {name: getattr(result, name) for name in expected}
        self.assertEqual(values, expected)

    def test_pause_over_night_and_holiday(self):
        """Case 1: 17:50 to 10:10 two days later around a holiday is 80 minutes."""
        rows = ledger((at(0, 9), "start"), (at(0, 17, 50), "pause"))
        rows += [Event(at(2, 10, 10), "resume", 9)]
        self.check(
            replay(rows, 600, office(1)),
            paused_minutes=80.0,
            used_minutes=470.0,
            remaining_minutes=130.0,
            deadline=at(2, 12, 20),
            state="running",
        )

    def test_pause_across_the_border_of_hours(self):
        """Case 2: in and out of hours, one rule both ways."""
        for paused_at, resumed_at, cost in (
            (at(0, 17), at(0, 22), 60.0),
            (at(0, 20), at(1, 10), 60.0),
            (at(0, 18), at(1, 9), 0.0),
            (at(0, 13), at(0, 14), 0.0),
        ):
            rows = ledger(
                (at(0, 9), "start"), (paused_at, "pause"), (resumed_at, "resume")
            )
            stop = Event(at(1, 12), "stop", 9)
            result = replay([*rows, stop], 900, office())
            self.check(result, paused_minutes=cost, used_minutes=660.0 - cost)

    def test_solved_while_paused(self):
        """Case 3: the pause is deducted, the clock met, nothing runs on."""
        rows = ledger((at(0, 9), "start"), (at(0, 12), "pause"), (at(3, 12), "stop"))
        result = replay(rows, 240, office())
        self.check(result, outcome="met", used_minutes=180.0, stopped_at=at(3, 12))
        self.check(result, paused_minutes=1440.0, deadline=at(3, 13))
        self.assertEqual(used_at(rows, 240, office(), at(20)), 3 * HOUR)
        late = ledger((at(0, 9), "start"), (at(0, 13), "pause"), (at(3), "stop"))
        broken = replay(late, 239, office())
        self.check(broken, outcome="missed", deadline=at(0, 12, 59))

    def test_reopened_on_monday(self):
        """Case 4: goes on after the stop; the earlier outcome can be replayed."""
        rows = ledger((at(4, 9), "start"), (at(4, 16), "stop"), (at(7, 10), "reopen"))
        self.check(replay(rows[:2], 420, office()), outcome="met", used_minutes=360.0)
        again = replay(rows, 420, office())
        self.check(again, outcome="open", used_minutes=360.0, stopped_at=None)
        self.check(again, deadline=at(7, 11), paused_minutes=0.0)
        rows.append(Event(at(7, 11, 1), "stop", 9))
        self.check(replay(rows, 420, office()), outcome="missed", used_minutes=421.0)

    def test_retarget_and_calendar_while_paused(self):
        """Cases 5 and 12: the run and the pause stay and are measured anew."""
        rows = ledger(
            (at(0, 9), "start"),
            (at(0, 12), "pause"),
            (at(0, 15), "retarget"),
            (at(1, 10), "resume"),
        )
        self.check(replay(rows, 240, office()), deadline=at(1, 11), paused_minutes=360)
        self.check(replay(rows, 600, office()), deadline=at(1, 18), used_minutes=180)
        self.check(replay(rows, 240, office(0)), deadline=at(1, 15), used_minutes=0)

    def test_carried_minutes_are_never_measured_again(self):
        """Case 12: a leave entered later does not touch the finished run."""
        rows = ledger(
            (at(0, 9), "start"),
            (at(0, 10), "correction", 15),
            (at(0, 12), "stop"),
            (at(1, 9), "reopen", 195.0),
            (at(1, 10), "stop"),
        )
        self.check(replay(rows, 255, office()), used_minutes=255.0, outcome="met")
        self.check(replay(rows, 255, office(0)), used_minutes=255.0, outcome="met")
        missed = [*rows[:3], Event(at(1, 9), "reopen", 3, 195.0)]
        self.check(replay(missed, 120, office()), deadline=at(0, 10, 45))
        self.check(replay(missed, 120, office(0)), deadline=at(0, 12))
        # Carried minutes that are exactly the target: reached before the lunch gap.
        lunch = ledger((at(0, 9), "start"), (at(0, 13, 30), "stop"))
        lunch += [Event(at(1, 9), "reopen", 9, 240.0)]
        self.check(replay(lunch, 240, office()), deadline=at(0, 13))

    def test_two_outcomes(self):
        """Case 7: late response, resolution in time."""
        answer = ledger((at(0, 9), "start"), (at(1, 10), "stop"))
        solve = ledger((at(0, 9), "start"), (at(1, 11), "stop"))
        self.check(replay(answer, 480, office()), outcome="missed", deadline=at(0, 18))
        self.check(replay(solve, 2400, office()), outcome="met", deadline=at(4, 18))

    def test_reported_at_the_border_of_hours(self):
        """Case 9: before, after, on a closed day, at the exact closing second."""
        for reported, deadline in (
            (at(0, 6), at(0, 18)),
            (at(0, 9), at(0, 18)),
            (at(0, 19), at(1, 18)),
            (at(0, 18), at(1, 18)),
            (at(0, 17, 59), at(1, 17, 59)),
            (at(0, 13), at(1, 13)),
            (at(5, 12), at(7, 18)),
        ):
            result = replay([Event(reported, "start")], 480, office())
            self.assertEqual(result.deadline, deadline, reported)

    def test_long_targets(self):
        """Case 10: two shifts, a target longer than a day, 24/7, a long closure."""
        shifts = [(at(d, a), at(d, a + 7)) for d in range(5) for a in (6, 14)]
        start = [Event(at(0, 10), "start")]
        self.check(replay(start, 14 * 60, shifts), deadline=at(1, 10))
        self.check(replay(start, 48 * 60), deadline=at(2, 10))
        closed = office(*range(8, 15), days=40)
        self.check(replay(start, 160 * 60, closed), deadline=at(35, 10))

    def test_daylight_saving(self):
        """Case 11: open time is counted in UTC; Rome's 9:00 is 8:00 UTC, then 7:00."""
        spring = [(at(26, 8), at(26, 17)), (at(28, 7), at(28, 16))]
        start = [Event(at(26, 9), "start")]
        self.check(replay(start, 10 * 60, spring), deadline=at(28, 9))

    def test_targets_refused(self):
        """Case 22: a target that is not there, or met at birth."""
        for target in (0, -1, None, float("nan"), float("inf"), 1e-9):
            with self.assertRaises(ValueError):
                replay([Event(at(0), "start")], target)

    def test_events_refused(self):
        for values in (
            (at(0), "snooze"),
            (at(0).replace(tzinfo=timezone.utc), "start"),
            (at(0), "correction"),
            (at(0), "correction", 0, float("inf")),
        ):
            with self.assertRaises(ValueError):
                Event(*values)

    def test_not_started(self):
        for rows in ([], ledger((at(0), "pause"), (at(1), "stop"), (at(2), "alert"))):
            result = replay(rows, 60)
            self.check(result, state="new", outcome="open", deadline=None)
            self.check(result, remaining_minutes=60.0, started_at=None)

    def test_void(self):
        """Case 13: an outcome of its own, whatever follows but a new beginning."""
        rows = ledger((at(0, 9), "start"), (at(0, 12), "void"), (at(0, 13), "stop"))
        result = replay(rows, 60, office())
        self.check(result, outcome="void", deadline=None, used_minutes=180.0)
        reopened = replay([*rows, Event(at(1, 9), "reopen")], 240, office())
        self.check(reopened, started_at=at(0, 9), deadline=at(1, 10))
        anew = replay([*rows, Event(at(1, 9), "start")], 240, office())
        self.check(anew, started_at=at(1, 9), deadline=at(1, 13), used_minutes=0.0)

    def test_correction(self):
        rows = ledger((at(0, 9), "start"), (at(0, 12), "stop"))
        fix = [Event(at(5), "correction", minutes=-60)]
        self.check(replay(rows, 120, office()), outcome="missed", deadline=at(0, 11))
        result = replay(rows + fix, 120, office())
        self.check(result, outcome="met", deadline=at(0, 12), used_minutes=120.0)
        worse = [Event(at(5), "correction", minutes=150)]
        self.check(replay(rows + worse, 120, office()), deadline=at(0, 9))

    def test_countdown_knows_what_happens_now(self):
        rows = ledger((at(0, 9), "start"), (at(0, 11), "correction", 30))
        for moment, used in ((at(0, 10, 59), 119), (at(0, 11), 150), (at(1), 510)):
            now = used_at(rows, 60, office(), moment)
            self.assertEqual(now, timedelta(minutes=used))

    def test_redundant_events_first_wins(self):
        lean = ledger((at(0, 9), "start"), (at(0, 10), "pause"), (at(0, 12), "resume"))
        lean += [Event(at(0, 15), "stop")]
        noise = ((1, "resume"), (11, "pause"), (11, "start"), (13, "resume"))
        noise += ((14, "reopen"), (16, "stop"), (17, "pause"), (17, "resume"))
        fat = lean + [Event(at(0, 0) + h * HOUR, kind, 5) for h, kind in noise]
        self.assertEqual(replay(fat, 300, office()), replay(lean, 300, office()))

    def test_beyond_horizon(self):
        start = [Event(at(0, 9), "start")]
        self.assertTrue(replay(start, 500, office(days=1)).beyond_horizon)
        self.assertFalse(replay(start, 480, office(days=1)).beyond_horizon)
        pause = [*start, Event(at(0, 10), "pause")]
        self.assertFalse(replay(pause, 500, office(days=1)).beyond_horizon)

    def test_paused_after_the_target(self):
        rows = ledger((at(0, 9), "start"), (at(0, 12), "pause"))
        self.check(replay(rows, 180, office()), deadline=at(0, 12), outcome="open")
        self.check(replay(rows, 181, office()), deadline=None)
        rows.append(Event(at(0, 15), "resume", 9))
        self.check(replay(rows, 180, office()), deadline=at(0, 12))
        self.check(replay(rows, 181, office()), deadline=at(0, 15, 1))

    @settings(EXAMPLES, max_examples=600)
    @given(ledgers(), st.integers(1, 200), calendars)
    def test_against_reference(self, events, target, calendar):
        fast = replay(events, target, to_intervals(calendar))
        slow = Slow(events, target, calendar)
        deadline = slow.shown_deadline()
        self.check(
            fast,
            state=slow.state,
            outcome=slow.outcome(),
            used=timedelta(minutes=slow.used),
            paused=timedelta(minutes=slow.paused),
            deadline=None if deadline is None else minute(deadline),
            started_at=None if slow.started is None else minute(slow.started),
            stopped_at=None if slow.stopped is None else minute(slow.stopped),
        )

    @EXAMPLES
    @given(ledgers(), st.integers(1, 200), calendars, minutes)
    def test_countdown_agrees_with_a_stop(self, events, target, calendar, number):
        intervals, now = to_intervals(calendar), minute(number)
        known = [event for event in events if event.at <= now]
        stopped = replay([*known, Event(now, "stop", 99)], target, intervals)
        self.assertEqual(used_at(events, target, intervals, now), stopped.used)

    @EXAMPLES
    @given(st.data(), ledgers(), st.integers(1, 200), calendars)
    def test_order_of_rows_does_not_matter(self, data, events, target, calendar):
        # Coarse moments without sequence, so that many events tie.
        hours = [ORIGIN + (event.at - ORIGIN) // HOUR * HOUR for event in events]
        tied = [
            Event(hour, event.kind, 0, event.minutes)
            for hour, event in zip(hours, events, strict=True)
        ]
        mixed = data.draw(st.permutations(tied))
        intervals = to_intervals(calendar)
        self.assertEqual(
            replay(mixed, target, intervals), replay(tied, target, intervals)
        )

    @EXAMPLES
    @given(st.lists(st.datetimes(ORIGIN, at(200)), min_size=2, max_size=9), calendars)
    def test_time_is_conserved(self, moments, calendar):
        """Used and paused add up to the open time, to the microsecond."""
        moments.sort()
        kinds = ["start", *["pause", "resume"] * 4][: len(moments) - 1]
        rows = ledger(*zip(moments, [*kinds, "stop"], strict=True))
        result = replay(rows, 90, to_intervals(calendar))
        whole = overlap(moments[0], moments[-1], to_intervals(calendar))
        self.assertEqual(result.used + result.paused, whole)
        self.assertEqual(result.used + result.remaining, result.target)
        if result.deadline and result.outcome == "missed":
            self.assertLess(result.deadline, result.stopped_at)

    @EXAMPLES
    @given(st.timedeltas(timedelta(), timedelta(days=3650)))
    def test_minutes_can_be_carried_exactly(self, used):
        rows = ledger((ORIGIN, "start"), (ORIGIN + used, "stop"))
        first = replay(rows, 60)
        rows.append(Event(ORIGIN + used, "reopen", 9, first.used_minutes))
        self.assertEqual(replay(rows, 60).used, used)

    def test_kinds_are_complete(self):
        self.assertEqual(
            set(clock.KINDS),
            {"start", "pause", "resume", "stop", "reopen", "void", "correction"}
            | {"retarget", "alert"},
        )
