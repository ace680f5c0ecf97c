# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What each kind of event does to a clock, alone and with others."""

from datetime import timedelta, timezone

from odoo.tests import tagged

from odoo.addons.aftersales_service.tools import clock
from odoo.addons.aftersales_service.tools.clock import Event, replay, used_at

from .clock_common import HOUR, ClockCase, at, ledger, office


@tagged("post_install", "-at_install")
class TestClockLedger(ClockCase):
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

    def test_several_pauses(self):
        """Two in open time, one in closed time, one across lunch."""
        rows = ledger(
            (at(0, 9), "start"),
            (at(0, 10), "pause"),
            (at(0, 10, 20), "resume"),
            (at(0, 12, 30), "pause"),
            (at(0, 14, 30), "resume"),
            (at(0, 17, 50), "pause"),
            (at(0, 18), "resume"),
            (at(0, 20), "pause"),
            (at(1, 8), "resume"),
        )
        # 60 + 130 + 200; 20 + (30 + 30) + 10 + 0
        self.check(
            replay(rows, 480, office()),
            used_minutes=390.0,
            paused_minutes=90.0,
            deadline=at(1, 10, 30),
            running_since=at(1, 8),
        )

    def test_on_the_closing_second(self):
        """Used at most the target is met; one microsecond more is not."""
        tick = timedelta(microseconds=1)
        for stop, target, outcome, deadline in (
            (at(0, 13), 240, "met", at(0, 13)),
            (at(0, 13, 30), 240, "met", at(0, 13)),
            (at(0, 14), 240, "met", at(0, 13)),
            (at(0, 14) + tick, 240, "missed", at(0, 13)),
            (at(0, 12), 240, "met", at(0, 13)),
            (at(0, 18), 480, "met", at(0, 18)),
            (at(1, 9), 480, "met", at(0, 18)),
            (at(1, 9, 1), 480, "missed", at(0, 18)),
        ):
            result = replay(
                ledger((at(0, 9), "start"), (stop, "stop")), target, office()
            )
            self.check(result, outcome=outcome, deadline=deadline, stopped_at=stop)

    def test_reached_in_an_earlier_run(self):
        """The deadline is where the time ran out, not where the last run began."""
        rows = ledger(
            (at(0, 9), "start"),
            (at(0, 11), "pause"),
            (at(1, 9), "resume"),
            (at(1, 10), "pause"),
            (at(2, 9), "resume"),
            (at(2, 12), "stop"),
        )
        for target, deadline in (
            (119, at(0, 10, 59)),
            (120, at(0, 11)),
            (121, at(1, 9, 1)),
            (180, at(1, 10)),
            (181, at(2, 9, 1)),
            (360, at(2, 12)),
            (361, at(2, 12, 1)),
        ):
            self.check(replay(rows, target, office()), deadline=deadline)

    def test_correction_before_the_start_and_after_a_void(self):
        early = Event(at(0, 8), "correction", minutes=30)
        rows = [early, Event(at(0, 9), "start")]
        self.check(replay(rows, 60, office()), deadline=at(0, 9, 30), used_minutes=30)
        self.check(replay([early], 60, office()), state="new", used_minutes=30)
        rows += [Event(at(0, 10), "void"), Event(at(0, 11), "start")]
        self.check(replay(rows, 60, office()), deadline=at(0, 12), used_minutes=0)
        # Entered after the new beginning it counts.
        rows.append(Event(at(0, 11), "correction", minutes=-15))
        self.check(replay(rows, 60, office()), deadline=at(0, 12, 15), used_minutes=-15)

    def test_correction_while_paused_decides_the_deadline(self):
        rows = ledger((at(0, 9), "start"), (at(0, 10), "pause"))
        more = [*rows, Event(at(0, 11), "correction", minutes=30)]
        self.check(replay(more, 90, office()), deadline=at(0, 10), used_minutes=90)
        self.check(replay(more, 91, office()), deadline=None, outcome="open")
        self.check(replay(more, 30, office()), deadline=at(0, 9), outcome="open")

    def test_several_corrections_add_up(self):
        rows = ledger(
            (at(0, 9), "start"),
            (at(0, 10), "correction", -90),
            (at(0, 11), "correction", 20.5),
            (at(0, 12), "stop"),
            (at(0, 15), "correction", -110),
        )
        result = replay(rows, 60, office())
        self.check(result, used_minutes=0.5, remaining_minutes=59.5, outcome="met")
        # Counted from the very start: 60 + 179.5 minutes from 9:00 on.
        self.check(result, deadline=at(0, 12) + timedelta(minutes=59.5))

    def test_carried_minutes_and_corrections(self):
        """What was corrected before is inside the carried minutes, later ones add."""
        rows = ledger(
            (at(0, 9), "start"),
            (at(0, 10), "correction", 600),
            (at(0, 11), "stop"),
            (at(1, 9), "reopen", 30.0),
            (at(1, 9, 30), "correction", 15),
        )
        result = replay(rows, 120, office())
        self.check(result, used_minutes=45.0, deadline=at(1, 10, 15), state="running")
        twice = ledger(
            (at(0, 9), "start"),
            (at(0, 10), "stop"),
            (at(1, 9), "reopen", 60.0),
            (at(1, 10), "stop"),
            (at(2, 9), "reopen", 100.0),
        )
        self.check(
            replay(twice, 120, office()), used_minutes=100, deadline=at(2, 9, 20)
        )
        # The target was used up before: the deadline of the time before stays...
        self.check(replay(twice, 90, office()), deadline=at(1, 9, 30))
        # ...with the earlier stop as the latest, though nothing measured reaches it.
        self.check(replay(twice, 100, None), deadline=at(1, 9, 40))
        late = [*twice[:2], Event(at(1, 9), "reopen", 9, 500.0)]
        self.check(replay(late, 200, office()), deadline=at(0, 10))
        # Carried at the first sight of the clock: nothing was measured before.
        first = ledger((at(0, 9), "void"), (at(1, 9), "reopen", 500.0))
        self.check(replay(first, 200, office()), deadline=at(1, 9), started_at=at(1, 9))

    def test_corrected_beyond_the_target_after_reopening(self):
        """Reached by minutes that nobody measured: at the reopening, not before."""
        rows = ledger(
            (at(0, 9), "start"),
            (at(0, 11), "stop"),
            (at(1, 9), "reopen", 30.0),
            (at(1, 10), "correction", 100),
        )
        self.check(replay(rows, 60, office()), deadline=at(1, 9), used_minutes=130.0)
        never = ledger((at(0, 9), "void"), (at(1, 9), "reopen"))
        never.append(Event(at(1, 10), "correction", 9, 100))
        self.check(replay(never, 60, office()), deadline=at(1, 9), used_minutes=100.0)

    def test_carried_minutes_keep_pauses(self):
        rows = ledger(
            (at(0, 9), "start"),
            (at(0, 10), "pause"),
            (at(0, 11), "stop"),
            (at(1, 9), "reopen", 5.0),
            (at(1, 10), "pause"),
            (at(1, 12), "resume"),
        )
        self.check(replay(rows, 240, office()), used_minutes=65.0, paused_minutes=180.0)

    def test_void_in_every_state(self):
        begin, pause = (at(0, 9), "start"), (at(0, 11), "pause")
        for before, stopped, used, paused in (
            ([], at(0, 15), 0, 0),
            ([begin], at(0, 15), 300, 0),
            ([begin, pause], at(0, 15), 120, 180),
            ([begin, (at(0, 12), "stop")], at(0, 12), 180, 0),
            ([begin, (at(0, 12), "void")], at(0, 12), 180, 0),
        ):
            rows = ledger(*before, (at(0, 15), "void"))
            result = replay(rows, 60, office())
            self.check(result, state="void", outcome="void", stopped_at=stopped)
            self.check(result, used_minutes=used, paused_minutes=paused, deadline=None)
            self.assertFalse(result.beyond_horizon)
            for later in ("pause", "resume", "stop"):
                more = [*rows, Event(at(0, 16), later, 9)]
                self.assertEqual(replay(more, 60, office()), result, later)

    def test_anew_forgets_pauses_and_runs(self):
        rows = ledger(
            (at(0, 9), "start"),
            (at(0, 10), "pause"),
            (at(0, 11), "void"),
            (at(1, 9), "start"),
            (at(1, 12), "stop"),
        )
        self.check(
            replay(rows, 120, office()),
            used_minutes=180.0,
            paused_minutes=0.0,
            started_at=at(1, 9),
            stopped_at=at(1, 12),
            deadline=at(1, 11),
            outcome="missed",
        )

    def test_reopened_after_a_void(self):
        """It continues; the time while void counts for nothing."""
        rows = ledger((at(0, 9), "start"), (at(0, 10), "void"), (at(2, 9), "reopen"))
        rows.append(Event(at(2, 10), "stop", 9))
        result = replay(rows, 120, office())
        self.check(result, used_minutes=120.0, outcome="met", deadline=at(2, 10))
        self.check(result, started_at=at(0, 9), stopped_at=at(2, 10), paused_minutes=0)

    def test_same_moment(self):
        """Sequence first; without it a start before a pause before a stop."""
        nine = at(0, 9)
        for kinds, state in (
            (("pause", "start"), "paused"),
            (("stop", "pause", "start"), "stopped"),
            (("void", "stop", "start"), "void"),
            (("pause", "resume", "start"), "paused"),
            (("reopen", "stop", "start"), "stopped"),
        ):
            tied = [Event(nine, kind) for kind in kinds]
            self.check(replay(tied, 60), state=state, used_minutes=0.0)
        for kinds, state in (
            (("pause", "start"), "running"),
            (("start", "stop", "reopen"), "running"),
            (("start", "pause", "resume"), "running"),
            (("start", "void", "start", "pause"), "paused"),
        ):
            told = [Event(nine, kind, n) for n, kind in enumerate(kinds)]
            self.check(replay(reversed(told), 60), state=state, started_at=nine)

    def test_order_of_carrying_reopenings(self):
        """At the same moment the one that carries, of two the smaller, wins."""
        rows = ledger((at(0, 9), "start"), (at(0, 10), "stop"))
        tied = [Event(at(1, 9), "reopen", 5, amount) for amount in (None, 20, 10)]
        for mixed in (tied, tied[::-1]):
            self.check(replay(rows + mixed, 60, office()), used_minutes=10)

    def test_time_decides_not_the_sequence(self):
        rows = [
            Event(at(0, 12), "stop", 0),
            Event(at(0, 11), "resume", 1),
            Event(at(0, 10), "pause", 2),
            Event(at(0, 9), "start", 3),
        ]
        result = replay(rows, 120, office())
        self.check(result, used_minutes=120.0, paused_minutes=60.0, outcome="met")

    def test_stopped_beyond_the_horizon(self):
        rows = ledger((at(0, 9), "start"), (at(0, 10), "stop"))
        result = replay(rows, 500, office(days=1))
        self.check(result, deadline=None, outcome="met", beyond_horizon=True)
        self.check(replay([], 500, office(days=1)), beyond_horizon=False)
        self.check(replay(rows, 10**10), deadline=None, beyond_horizon=True)

    def test_countdown_by_state(self):
        begin = (at(0, 9), "start")
        for rows, used in (
            ([], 0),
            ([begin], 180),
            ([begin, (at(0, 10), "pause")], 60),
            ([begin, (at(0, 11), "stop")], 120),
            ([begin, (at(0, 10), "void")], 60),
            ([begin, (at(0, 12), "pause")], 180),
            ([begin, (at(0, 12, 1), "correction", 99)], 180),
            ([(at(0, 12), "start")], 0),
            ([(at(0, 13), "start")], 0),
        ):
            now = used_at(ledger(*rows), 60, office(), at(0, 12))
            self.assertEqual(now, timedelta(minutes=used), rows)

    def test_trace_moves_nothing(self):
        rows = ledger((at(0, 9), "start"), (at(0, 10), "pause"), (at(0, 12), "resume"))
        for kind in ("retarget", "alert"):
            for hour in (8, 9, 10, 11, 12, 15):
                more = [*rows, Event(at(0, hour), kind, 9, 77.0, "for the reader")]
                self.assertEqual(replay(more, 60, office()), replay(rows, 60, office()))

    def test_target_to_the_microsecond(self):
        start = [Event(at(0, 9), "start")]
        tick = timedelta(microseconds=1)
        self.check(replay(start, tick / (60000000 * tick)), deadline=at(0, 9) + tick)
        self.check(replay(start, 0.5), target=timedelta(seconds=30))

    def test_kinds_are_complete(self):
        self.assertEqual(
            set(clock.KINDS),
            {"start", "pause", "resume", "stop", "reopen", "void", "correction"}
            | {"retarget", "alert"},
        )
