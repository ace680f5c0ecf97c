# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Moments of alert levels by hand-made cases and against a slow reference."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools.clock import Event
from odoo.addons.aftersales_service.tools.levels import Level, moment, next_level

EXAMPLES = settings(deadline=None, database=None, derandomize=True, max_examples=300)
MONDAY = datetime(2025, 3, 3)
SPAN = 240
LAST = 3 * SPAN


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Moment ``day`` days after a Monday."""
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


def office(days: int = 28) -> list:
    """Monday to Friday 9-13 and 14-18."""
    work = [day for day in range(days) if day % 7 < 5]
    return [(at(d, a), at(d, b)) for d in work for a, b in ((9, 13), (14, 18))]


def minute(number: int) -> datetime:
    return MONDAY + timedelta(minutes=number)


def started(*rows) -> list:
    """A ledger that starts on Monday at 9:00, and what else happens."""
    rows = ((at(0, 9), "start"), *rows)
    return [Event(when, kind, number) for number, (when, kind) in enumerate(rows)]


# ---- strategies: whole minutes, so that a reference can walk them ----
minutes = st.integers(0, SPAN)
calendars = st.none() | st.lists(
    st.tuples(minutes, minutes).map(sorted).map(tuple), max_size=6
)


@st.composite
def ledgers(draw) -> list:
    """A start and, later, pauses and resumes in turn: list of (minute, kind)."""
    times = sorted(draw(st.sets(minutes, min_size=1, max_size=7)))
    kinds = ["start", *("pause", "resume") * 3]
    return list(zip(times, kinds, strict=False))


def intervals(calendar):
    return None if calendar is None else [(minute(a), minute(b)) for a, b in calendar]


def events(ledger):
    return [Event(minute(m), kind, n) for n, (m, kind) in enumerate(ledger)]


class Slow:
    """Reference: walks through time minute by minute and counts."""

    def __init__(self, ledger, calendar):
        self.plan = dict(ledger)
        self.start = ledger[0][0]
        self.open = open_minutes(calendar)

    def reached(self, need):
        """Return the end of the minute in which so many minutes have been used."""
        used, running = 0, False
        if need <= 0:
            return self.start
        for m in range(LAST):
            running = self.plan.get(m, running and "resume") not in (False, "pause")
            if running and m in self.open:
                used += 1
                if used == need:
                    return m + 1
        return None

    def shifted(self, agreed, by):
        """Return the first minute that lies so many open minutes from another."""
        count = 0
        if by >= 0:
            for m in range(agreed, LAST):
                if count == by:
                    return m
                count += m in self.open
            return None
        for m in range(agreed - 1, -1, -1):
            count += m in self.open
            if count > -by:
                return m + 1
        return self.start


def open_minutes(calendar):
    if calendar is None:
        return set(range(-LAST, LAST))
    return {m for a, b in calendar for m in range(a, b)}


def waits(found, hours, now):
    """Return when a level is told that waits for working time."""
    working = open_minutes(hours)

    def opening(m):
        return next((n for n in range(m, LAST) if n in working), m)

    found = opening(found)
    if now > found and now not in working and opening(now) != now:
        return opening(now)
    return found


@tagged("post_install", "-at_install")
class TestToolsLevels(BaseCase):
    # === BY HAND === #

    def test_before_at_and_after(self):
        level = [Level(1, -2), Level(2, 0), Level(3, 3)]
        for one, expected in zip(level, (at(0, 16), at(0, 18), at(1, 12)), strict=True):
            self.assertEqual(moment(one, started(), 480, office()), expected)

    def test_percent_of_the_target(self):
        for offset, expected in (
            (-50, at(0, 13)),  # the closing second, not after lunch
            (-100, at(0, 9)),
            (50, at(1, 13)),
            (-25, at(0, 16)),
        ):
            level = Level(1, offset, percent=True)
            self.assertEqual(moment(level, started(), 480, office()), expected)

    def test_longer_than_the_target_is_due_at_the_start(self):
        self.assertEqual(moment(Level(1, -100), started(), 480, office()), at(0, 9))

    def test_paused_waits_unless_it_was_reached(self):
        ledger = started((at(0, 12), "pause"))
        self.assertIsNone(moment(Level(1, -2), ledger, 480, office()))
        self.assertEqual(moment(Level(1, -5), ledger, 480, office()), at(0, 12))

    def test_pause_moves_what_was_not_reached(self):
        ledger = started((at(0, 12), "pause"), (at(1, 12), "resume"))
        self.assertEqual(moment(Level(1, -2), ledger, 480, office()), at(1, 16))

    def test_agreed_deadline_rules(self):
        ledger = started((at(0, 12), "pause"))
        agreed = at(4, 11)
        for offset, expected in ((-1, at(4, 10)), (-3, at(3, 17)), (2, at(4, 13))):
            found = moment(Level(1, offset), ledger, 480, office(), agreed=agreed)
            self.assertEqual(found, expected)

    def test_agreed_deadline_soon_after_the_calendar_begins(self):
        found = moment(Level(1, -9), started(), 480, office(), agreed=at(0, 10))
        self.assertEqual(found, at(0, 9), "the start, not never")

    def test_working_hours(self):
        night = Level(1, 0, inside_hours=True)
        for start, expected in (
            (at(0, 9), at(1, 9)),  # 20 hours: Tuesday 5:00
            (at(0, 15), at(1, 11)),  # Tuesday 11:00
            (at(0, 22), at(2, 9)),  # Tuesday 18:00, the closing second
            (at(4, 20), at(7, 9)),  # Saturday
        ):
            ledger = [Event(start, "start")]
            found = moment(night, ledger, 1200, None, office())
            self.assertEqual(found, expected)
            self.assertEqual(
                moment(Level(1, 0), ledger, 1200, None, office()),
                start + timedelta(hours=20),
                "at once",
            )

    def test_working_hours_after_the_job_was_down(self):
        level = Level(1, 0, inside_hours=True)
        known = (level, started(), 60, None, office(), None)  # due Monday 10:00
        self.assertEqual(moment(*known, at(0, 10)), at(0, 10))
        self.assertEqual(moment(*known, at(0, 20)), at(1, 9), "closed by now")
        self.assertEqual(moment(*known, at(1, 9, 30)), at(0, 10), "keeps its place")
        self.assertEqual(moment(*known, at(27, 20)), at(0, 10), "nothing opens")

    def test_working_hours_that_never_open(self):
        level = Level(1, 0, inside_hours=True)
        self.assertEqual(moment(level, started(), 60, None, []), at(0, 10))

    def test_working_hours_around_the_clock(self):
        level = Level(1, 0, inside_hours=True)
        found = moment(level, started(), 60, None, None, None, at(3))
        self.assertEqual(found, at(0, 10))

    def test_no_open_time_left(self):
        self.assertIsNone(moment(Level(1, 0), started(), 480, []))
        self.assertIsNone(next_level([Level(1, 0)], (), started(), 480, []))

    def test_ties_are_decided(self):
        levels = [
            Level(9, -1),
            Level(3, -12.5, percent=True),
            Level(4, -1.0),
            Level(2, 5),
        ]
        found = next_level(levels, (), started(), 480, office())
        self.assertEqual((found[0].key, found[1]), (3, at(0, 17)))
        self.assertEqual(
            next_level(levels, {3}, started(), 480, office())[0].key, 4, "older first"
        )
        early = [Level(1, -50), Level(2, -100)]  # both at the start
        self.assertEqual(next_level(early, (), started(), 480, office())[0].key, 2)

    def test_waiting_level_lets_another_pass(self):
        levels = [Level(1, 0, inside_hours=True), Level(2, 1)]
        ledger = started()  # 12 hours: Monday 21:00
        order, sent = [], set()
        while found := next_level(levels, sent, ledger, 720, None, office()):
            order.append((found[0].key, found[1]))
            sent.add(found[0].key)
        self.assertEqual(order, [(2, at(0, 22)), (1, at(1, 9))])

    # === PROPERTIES === #

    @EXAMPLES
    @given(ledgers(), st.integers(1, 90), st.integers(-120, 120), calendars)
    def test_as_the_reference_counts(self, ledger, target, offset, calendar):
        found = moment(
            Level(1, offset / 60), events(ledger), target, intervals(calendar)
        )
        expected = Slow(ledger, calendar).reached(target + offset)
        self.assertEqual(found, None if expected is None else minute(expected))

    @EXAMPLES
    @given(ledgers(), minutes, st.integers(-120, 120), calendars)
    def test_agreed_as_the_reference_counts(self, ledger, agreed, offset, calendar):
        found = moment(
            Level(1, offset / 60),
            events(ledger),
            60,
            intervals(calendar),
            agreed=minute(agreed),
        )
        if calendar is None:
            self.assertEqual(found, minute(agreed + offset))
            return
        expected = Slow(ledger, calendar).shifted(agreed, offset)
        self.assertEqual(found, None if expected is None else minute(expected))

    @EXAMPLES
    @given(ledgers(), st.integers(1, 90), calendars, calendars, st.integers(0, SPAN))
    def test_working_hours_as_the_reference_waits(
        self, ledger, target, calendar, hours, now
    ):
        found = moment(
            Level(1, 0, inside_hours=True),
            events(ledger),
            target,
            intervals(calendar),
            intervals(hours),
            now=minute(now),
        )
        expected = Slow(ledger, calendar).reached(target)
        if expected is not None:
            expected = minute(waits(expected, hours, now))
        self.assertEqual(found, expected)

    @EXAMPLES
    @given(
        ledgers(),
        st.integers(1, 90),
        calendars,
        st.lists(
            st.tuples(st.integers(-120, 120), st.booleans()), max_size=5, unique=True
        ),
    )
    def test_each_level_once_and_in_order(self, ledger, target, calendar, drawn):
        levels = [
            Level(key, offset if percent else offset / 60, percent)
            for key, (offset, percent) in enumerate(drawn)
        ]
        rows, known = events(ledger), intervals(calendar)
        sent, moments = [], []
        while found := next_level(levels, sent, rows, target, known):
            sent.append(found[0].key)
            moments.append(found[1])
        self.assertEqual(moments, sorted(moments))
        self.assertEqual(len(sent), len(set(sent)))
        told = {level.key for level in levels if moment(level, rows, target, known)}
        self.assertEqual(set(sent), told)
