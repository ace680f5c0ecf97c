# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The clock engine against the slow reference and against its own laws."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from odoo.addons.aftersales_service.tools.clock import Event, replay, used_at
from odoo.addons.aftersales_service.tools.working_time import overlap

from .clock_common import (
    EXAMPLES,
    HOUR,
    ORIGIN,
    SPAN,
    ClockCase,
    Slow,
    at,
    calendars,
    ledger,
    ledgers,
    minute,
    minutes,
    open_minutes,
    pairs,
    to_intervals,
)

MINUTE = timedelta(minutes=1)


@tagged("post_install", "-at_install")
class TestClockProperties(ClockCase):
    @settings(EXAMPLES, max_examples=600)
    @given(st.data(), ledgers(), st.integers(1, 200), calendars)
    def test_against_reference(self, data, events, target, calendar):
        """Rows in any order: corrections, carried minutes, voids, several pauses."""
        mixed = data.draw(st.permutations(events))
        fast = replay(mixed, target, to_intervals(calendar))
        slow = Slow(events, target, open_minutes(calendar, 3 * SPAN))
        self.check_against(slow, fast)

    @settings(EXAMPLES, max_examples=400)
    @given(ledgers(), st.integers(1, 200), calendars, st.integers(1, 60))
    def test_ties_against_reference(self, events, target, calendar, step):
        """Coarse moments and few sequences: many events act at the same moment."""
        tied = [
            Event(
                ORIGIN + (event.at - ORIGIN) // (step * MINUTE) * (step * MINUTE),
                event.kind,
                event.sequence % 2,
                event.minutes,
            )
            for event in events
        ]
        fast = replay(tied, target, to_intervals(calendar))
        slow = Slow(tied, target, open_minutes(calendar, 3 * SPAN))
        self.check_against(slow, fast)

    @settings(EXAMPLES, max_examples=300)
    @given(st.lists(minutes, min_size=2, max_size=9), st.integers(1, 200), calendars)
    def test_runs_and_pauses_against_reference(self, moments, target, calendar):
        """A plain life: started, paused and resumed in turn, reopened, stopped."""
        moments.sort()
        kinds = ["start", "pause", "resume", "pause", "stop", "reopen", "pause"]
        kinds = [*kinds, "resume", "stop"][: len(moments)]
        rows = ledger(*zip(map(minute, moments), kinds, strict=True))
        fast = replay(rows, target, to_intervals(calendar))
        slow = Slow(rows, target, open_minutes(calendar, 3 * SPAN))
        self.check_against(slow, fast)

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

    @EXAMPLES
    @given(st.data(), ledgers(), st.integers(1, 200), pairs)
    def test_split_calendar_is_the_same_calendar(self, data, events, target, calendar):
        """Pairs cut in two, doubled, in any order: leaves and shifts as they come."""
        whole = to_intervals(calendar)
        cut = [
            part for a, b in whole for part in ((a, a + (b - a) / 2), (a, b), (b, b))
        ]
        cut += [(a + (b - a) / 2, b) for a, b in whole]
        mixed = data.draw(st.permutations(cut))
        self.assertEqual(replay(events, target, mixed), replay(events, target, whole))

    @EXAMPLES
    @given(ledgers(), st.integers(1, 200), st.integers(1, 200), calendars)
    def test_a_longer_target_is_never_due_earlier(self, events, one, two, calendar):
        one, two = sorted((one, two))
        near = replay(events, one, to_intervals(calendar))
        far = replay(events, two, to_intervals(calendar))
        carried = any(event.kind == "reopen" and event.minutes for event in events)
        if near.deadline and far.deadline and not carried:
            self.assertLessEqual(near.deadline, far.deadline)
        if near.outcome == "met":
            self.assertEqual(far.outcome, "met")
        self.assertEqual((near.used, near.paused), (far.used, far.paused))
