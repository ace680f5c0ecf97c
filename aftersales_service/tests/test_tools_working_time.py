# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Open time: borders, gaps and horizons, by hand and against single steps."""

from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools import working_time
from odoo.addons.aftersales_service.tools.working_time import advance, overlap

from .clock_common import (
    EXAMPLES,
    HOUR,
    SPAN,
    at,
    calendars,
    minute,
    minutes,
    office,
    open_minutes,
    pairs,
    to_intervals,
)  # fmt: skip


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
        mixed = [(aware, at(9))], [(at(0), aware)]
        for bad in [(at(1), at(0))], [(aware, aware)], *mixed:
            with self.assertRaises(ValueError):
                working_time.normalise(bad)
        for calendar in (None, office()):
            with self.assertRaises(ValueError):
                overlap(at(1), at(0), calendar)
        with self.assertRaises(ValueError):
            advance(at(0), -HOUR, None)

    def test_merging_keeps_the_longer_and_the_gaps(self):
        """Inside, across, touching, twice; a gap of a microsecond stays closed."""
        tick = timedelta(microseconds=1)
        for pairs_given, starts, ends in (
            ([(0, 10), (2, 3)], [0], [10]),
            ([(2, 3), (0, 10), (0, 1)], [0], [10]),
            ([(0, 5), (3, 8), (8, 9)], [0], [9]),
            ([(4, 5), (0, 1), (0, 1)], [0, 4], [1, 5]),
        ):
            known = working_time.normalise([(at(a), at(b)) for a, b in pairs_given])
            self.assertEqual(known.starts, tuple(map(at, starts)))
            self.assertEqual(known.ends, tuple(map(at, ends)))
        split = working_time.normalise([(at(0), at(1)), (at(1) + tick, at(3))])
        self.assertEqual(split.before, (timedelta(), timedelta(days=1)))
        self.assertEqual(split.total, timedelta(days=3) - tick)

    def test_to_the_microsecond(self):
        """The opening moment is open, the closing one is not."""
        tick, days = timedelta(microseconds=1), office()
        for start, end, open_for in (
            (at(0, 9) - tick, at(0, 9), 0),
            (at(0, 9), at(0, 9) + tick, 1),
            (at(0, 13) - tick, at(0, 13), 1),
            (at(0, 13), at(0, 13) + tick, 0),
            (at(0, 13) - tick, at(0, 14) + tick, 2),
            (at(0, 13), at(0, 14), 0),
        ):
            self.assertEqual(overlap(start, end, days), open_for * tick, (start, end))
        self.assertEqual(advance(at(0, 13) - tick, tick, days), at(0, 13))
        self.assertEqual(advance(at(0, 13) - tick, 2 * tick, days), at(0, 14) + tick)
        self.assertEqual(advance(at(0, 13), tick, days), at(0, 14) + tick)

    def test_end_of_the_horizon(self):
        days, tick = office(days=1), timedelta(microseconds=1)
        self.assertEqual(advance(at(0, 9), 8 * HOUR, days), at(0, 18))
        self.assertIsNone(advance(at(0, 9), 8 * HOUR + tick, days))
        self.assertIsNone(advance(at(0, 18), tick, days))
        self.assertEqual(advance(at(0, 18), timedelta(), days), at(0, 18))
        self.assertEqual(overlap(at(0, 17), at(90), days), HOUR)
        self.assertEqual(overlap(at(-90), at(0, 10), days), HOUR)
        self.assertEqual(overlap(at(-90), at(-80), days), timedelta())

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
