# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The clock engine by the cases on which comparable systems have failed."""

from odoo.tests import tagged

from odoo.addons.aftersales_service.tools.clock import Event, replay, used_at

from .clock_common import HOUR, ClockCase, at, ledger, office


@tagged("post_install", "-at_install")
class TestClock(ClockCase):
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
