# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Case 12: calendars, holidays and policies edited while clocks run."""

from unittest.mock import patch

from odoo import Command
from odoo.tests import new_test_user, tagged

from .sla_common import SlaCommon, utc

STALE = "odoo.addons.aftersales_service.models.aftersales_sla_stale"


class SlaEditCommon(SlaCommon):
    """An open and a finished ticket of each edit; the finished one never moves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.office = cls.make_calendar()  # 8-12 and 13-17 UTC
        cls.policy = cls.make_policy("resolve", 16, cls.office)

    def setUp(self):
        super().setUp()
        # Monday 8:00 UTC; sixteen hours end on Tuesday 17:00 UTC
        self.ticket = self.report(utc(2, 8))
        self.done = self.report(utc(2, 8))
        self.late = self.report(utc(2, 8))
        with self.at(utc(2, 9)):
            self.done._solve()
        with self.at(utc(4, 9)):
            self.late._solve()
        self.open_clock = self.clock(self.ticket)
        self.finished = self.clock(self.done) | self.clock(self.late)
        self.assertEqual(self.finished.mapped("outcome"), ["met", "missed"])
        self.assertEqual(self.open_clock.deadline, utc(3, 17))
        self.before = self.columns(self.finished)
        self.events_before = self.columns(self.finished.event_ids)

    def assert_moved(self, deadline, trace=True):
        """The open clock moved, with a trace; the finished ones did not."""
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.open_clock.deadline, deadline)
        self.assertEqual(self.ticket.next_deadline, deadline)
        if trace:
            self.assertEqual(self.open_clock.event_ids[-1].kind, "retarget")
        self.assertEqual(self.columns(self.finished), self.before)
        self.assertEqual(self.columns(self.finished.event_ids), self.events_before)
        self.assert_rebuilds(self.finished | self.open_clock)


@tagged("post_install", "-at_install")
class TestSlaCalendarEdited(SlaEditCommon):
    def test_holiday_added_moved_and_deleted(self):
        """Case 12: a holiday on Tuesday pushes Tuesday's hours to Wednesday."""
        with self.at(utc(2, 10)):
            holiday = self.make_holiday(self.office, utc(2, 23))
            self.assert_moved(utc(4, 17))
            self.assertIn("hours or holidays", self.open_clock.event_ids[-1].reason)
            # moved to Wednesday: no matter any more
            holiday.write({"date_from": utc(3, 23), "date_to": utc(4, 22, 59, 59)})
            self.assert_moved(utc(3, 17))
            # back to Tuesday, then deleted
            holiday.write({"date_from": utc(2, 23), "date_to": utc(3, 22, 59, 59)})
            self.assert_moved(utc(4, 17))
            holiday.unlink()
            self.assert_moved(utc(3, 17))
        kinds = self.ledger(self.open_clock)
        self.assertEqual(kinds, ["start"] + ["retarget"] * 4)

    def test_holiday_in_the_past_is_entered_late(self):
        """Case 12: used time is measured anew as well."""
        self.move(self.ticket, "customer", utc(2, 16))
        self.move(self.ticket, "in_progress", utc(3, 9))
        self.assertEqual(self.open_clock.used_minutes, 420)
        with self.at(utc(3, 10)):
            self.make_holiday(self.office, utc(1, 23))  # Monday
        # Monday counts for nothing; of the pause an hour on Tuesday was open
        self.env.invalidate_all()
        self.assertEqual(self.open_clock.used_minutes, 0)
        self.assertEqual(self.open_clock.paused_minutes, 60)
        # Tuesday 9-12 and 13-17 are 7 hours, Wednesday 8, Thursday 8-9
        self.assert_moved(utc(5, 9))

    def test_holiday_without_a_calendar_closes_all(self):
        """Case 12: also the calendars of other policies and teams."""
        shifts = self.make_calendar("Shifts", ((6, 14), (14, 22)))
        self.make_policy("arrive", 16, shifts)
        ticket = self.report(utc(2, 8))
        # Monday 9-22 local are 13 hours; three more on Tuesday to 9:00 local
        self.assertEqual(self.clock(ticket, "arrive").deadline, utc(3, 8))
        Leave = self.env["resource.calendar.leaves"].with_company(self.company)
        with self.at(utc(2, 10)):
            holiday = Leave.create(
                {"date_from": utc(2, 23), "date_to": utc(3, 22, 59, 59)}
            )
        self.assertFalse(holiday.calendar_id)
        self.assertEqual(self.clock(ticket, "arrive").deadline, utc(4, 8))
        self.assert_moved(utc(4, 17))
        with self.at(utc(2, 11)):
            holiday.unlink()
        self.assertEqual(self.clock(ticket, "arrive").deadline, utc(3, 8))
        self.assert_moved(utc(3, 17))

    def test_holiday_that_gets_or_loses_its_calendar(self):
        """Case 12: the calendar that it no longer closes opens again."""
        other = self.make_calendar("Other")
        with self.at(utc(2, 10)):
            holiday = self.make_holiday(self.office, utc(2, 23))
            self.assert_moved(utc(4, 17))
            holiday.calendar_id = other
            self.assert_moved(utc(3, 17))
            holiday.calendar_id = False
            self.assert_moved(utc(4, 17))
            holiday.calendar_id = other
            self.assert_moved(utc(3, 17))

    def test_holiday_entered_through_the_calendar(self):
        with self.at(utc(2, 10)):
            self.office.write(
                {
                    "leave_ids": [
                        Command.create(
                            {"date_from": utc(2, 23), "date_to": utc(3, 22, 59, 59)}
                        )
                    ]
                }
            )
        self.assert_moved(utc(4, 17))

    def test_holiday_that_becomes_working_time(self):
        """Case 12: time of another kind does not close."""
        with self.at(utc(2, 10)):
            holiday = self.make_holiday(self.office, utc(2, 23))
            self.assert_moved(utc(4, 17))
            holiday.time_type = "other"
            self.assert_moved(utc(3, 17))

    def test_attendance_changed_added_and_deleted(self):
        """Case 12: each line of the week."""
        afternoon = self.office.attendance_ids.filtered(
            lambda line: line.dayofweek == "1" and line.hour_from == 14
        )
        with self.at(utc(2, 10)):
            afternoon.hour_to = 17  # an hour less on Tuesday
            self.assert_moved(utc(4, 9))
            extra = self.env["resource.calendar.attendance"].create(
                {
                    "name": "Evening",
                    "calendar_id": self.office.id,
                    "dayofweek": "1",
                    "hour_from": 18,
                    "hour_to": 19,
                }
            )
            # the hour comes back in the evening: 18-19 local are 17-18 UTC
            self.assert_moved(utc(3, 18))
            extra.unlink()
            self.assert_moved(utc(4, 9))
            self.office.attendance_ids = self.attendances(((8, 18),))
            # ten hours a day from 7:00 UTC: Monday 8-17 nine, Tuesday seven to 14:00
            self.assert_moved(utc(3, 14))

    def test_zone_changed(self):
        """Case 12: the same hours in London begin an hour later."""
        with self.at(utc(2, 10)):
            self.office.tz = "Europe/London"
        # 9-13 and 14-18 UTC: eight hours on Monday, eight on Tuesday
        self.assert_moved(utc(3, 18))

    def test_calendar_of_team_and_company_swapped(self):
        """Case 12: the team gets a calendar, or another company calendar."""
        self.policy.resource_calendar_id = False
        self.company.resource_calendar_id = self.office
        with self.at(utc(2, 10)):
            day = self.make_calendar("Day", ((9, 17),))  # 8-16 UTC
            self.team.resource_calendar_id = day
            self.assert_moved(utc(3, 16))
            self.team.resource_calendar_id = False
            self.assert_moved(utc(3, 17))
            self.company.resource_calendar_id = day
            self.assert_moved(utc(3, 16))

    def test_edited_by_somebody_without_rights_on_tickets(self):
        """Case 12: who keeps the calendars need not see a single ticket."""
        clerk = new_test_user(
            self.env,
            "as_calendar_clerk",
            groups="base.group_system",
            company_id=self.company.id,
        )
        self.assertFalse(self.open_clock.with_user(clerk).has_access("read"))
        with self.at(utc(2, 10)):
            self.make_holiday(self.office.with_user(clerk), utc(2, 23))
        self.assert_moved(utc(4, 17))
        self.assertEqual(self.open_clock.event_ids[-1].user_id, clerk)
        with self.at(utc(2, 11)):
            self.office.with_user(clerk).tz = "Europe/London"
        # Tuesday is closed in Berlin's day: 23-23 UTC. 9-18 UTC on Monday, Wednesday
        self.assert_moved(utc(4, 18))

    def test_edit_that_changes_no_hours_leaves_no_trace(self):
        """Renaming a line or a holiday is not worth a row."""
        with self.at(utc(2, 10)):
            self.office.attendance_ids[0].name = "Early"
            self.make_holiday(self.office, utc(6, 23))  # a Saturday
        self.assert_moved(utc(3, 17), trace=False)
        self.assertEqual(self.ledger(self.open_clock), ["start"])

    def test_reopened_after_the_edit_is_measured_with_the_new_hours(self):
        """Case 12: a finished clock that goes on is an open one again."""
        with self.at(utc(4, 8)):
            self.make_holiday(self.office, utc(3, 23))  # Wednesday 4 March
            self.assertEqual(self.columns(self.finished), self.before)
            self.done._set_state("in_progress")
        clock = self.clock(self.done)
        # 15 hours are left; Wednesday is closed: Thursday 8, Friday 7 hours
        self.assertEqual(clock.deadline, utc(6, 16))


@tagged("post_install", "-at_install")
class TestSlaPolicyEdited(SlaEditCommon):
    def test_target(self):
        """Case 12: open clocks from their start, finished ones never."""
        with self.at(utc(2, 10)):
            self.policy.target_hours = 6
            self.assert_moved(utc(2, 15))
            row = self.open_clock.event_ids[-1]
            self.assertEqual((row.target_minutes, row.policy_id), (360, self.policy))
            self.assertIn("policy", row.reason)
            self.policy.target_hours = 16
        self.assert_moved(utc(3, 17))

    def test_calendar_and_around_the_clock(self):
        """Case 12: other hours, and every hour."""
        with self.at(utc(2, 10)):
            self.policy.resource_calendar_id = self.make_calendar("Day", ((9, 17),))
            self.assert_moved(utc(3, 16))
            self.policy.around_the_clock = True
            self.assert_moved(utc(3))
            self.assertFalse(self.open_clock.snapshot_id)
            self.policy.around_the_clock = False
        self.assert_moved(utc(3, 16))

    def test_pauses(self):
        """Case 12: a wait that has been is honoured, or no longer."""
        self.move(self.ticket, "customer", utc(2, 9))
        self.move(self.ticket, "in_progress", utc(2, 11))
        self.assertEqual(self.open_clock.paused_minutes, 120)
        with self.at(utc(2, 12)):
            self.policy.pauses_on_customer = False
            self.assert_moved(utc(3, 17))
            self.assertEqual(self.open_clock.paused_minutes, 0)
            self.policy.pauses_on_customer = True
        self.assert_moved(utc(4, 9 + 1))
        self.assertEqual(self.open_clock.paused_minutes, 120)

    def test_pauses_of_a_finished_clock_stay(self):
        """Case 12: what was granted in the past is not taken back."""
        ticket = self.report(utc(2, 8))
        self.move(ticket, "customer", utc(2, 9))
        with self.at(utc(6, 9)):
            ticket._solve()
        clock = self.clock(ticket)
        self.assertEqual((clock.outcome, clock.used_minutes), ("met", 60))
        before = self.columns(clock)
        self.policy.pauses_on_customer = False
        self.env.invalidate_all()
        self.assertEqual(self.columns(clock), before)
        self.assert_rebuilds(clock)

    def test_edited_while_paused(self):
        """Case 12: a resting clock is measured anew and goes on resting."""
        self.move(self.ticket, "customer", utc(2, 14))
        with self.at(utc(2, 15)):
            self.policy.target_hours = 8
            self.assertEqual(self.open_clock.state, "paused")
            self.assertFalse(self.open_clock.deadline)
        self.move(self.ticket, "in_progress", utc(3, 8))
        # five of eight hours were used
        self.assertEqual(self.open_clock.deadline, utc(3, 11))

    def test_next_answer_of_a_finished_clock_uses_its_own_terms(self):
        """An earlier answer found out later is judged by what was promised then."""
        policy = self.make_policy("respond", 8, self.office)
        ticket = self.report(utc(2, 8))
        with self.at(utc(3, 8, 30)):
            ticket._respond()
        clock = self.clock(ticket, "respond")
        self.assertEqual(clock.outcome, "missed")
        with self.at(utc(3, 9)):
            policy.target_hours = 100
            self.assertEqual(clock.outcome, "missed")
            ticket._respond(utc(2, 16))
        self.assertEqual(
            (clock.outcome, clock.target_minutes, clock.used_minutes),
            ("met", 480, 420),
        )


@tagged("post_install", "-at_install")
class TestSlaReplayJob(SlaEditCommon):
    """Case 12: more clocks than are measured at once are left to the job."""

    def setUp(self):
        super().setUp()
        with self.at(utc(2, 8)):
            self.tickets = self.env["aftersales.ticket"].create(
                [{"name": f"T{i}", "team_id": self.team.id} for i in range(205)]
            )
        self.many = self.tickets.clock_ids

    def test_job_measures_the_rest(self):
        """Case 12: 206 clocks: 200 in the request, six by the job."""
        stale = [("is_stale", "=", True)]
        Clock = self.env["aftersales.sla.clock"]
        with self.at(utc(2, 10)):
            self.make_holiday(self.office, utc(2, 23))
            self.env.invalidate_all()
            waiting = Clock.search(stale)
            self.assertEqual(len(waiting), 6)
            self.assertFalse(waiting & self.finished)
            self.assertEqual(set(waiting.mapped("deadline")), {utc(3, 17)})
            self.assertIs(self.run_replay(), True)
        self.assertFalse(Clock.search(stale))
        self.assertEqual(set(self.many.mapped("deadline")), {utc(4, 17)})
        self.assertEqual(set(self.tickets.mapped("next_deadline")), {utc(4, 17)})
        self.assert_moved(utc(4, 17))
        for clock in self.many:
            self.assertEqual(self.ledger(clock), ["start", "retarget"])

    def test_in_several_batches(self):
        """Case 12: batches of four, by the job; each clock once."""
        with patch(f"{STALE}.AT_ONCE", 3), patch(f"{STALE}.BATCH_SIZE", 4):
            with self.at(utc(2, 10)):
                self.policy.target_hours = 8
                self.assertIs(self.run_replay(), True)
        for clock in self.many:
            self.assertEqual(clock.deadline, utc(2, 17))
            self.assertEqual(self.ledger(clock), ["start", "retarget"])
        self.assert_moved(utc(2, 17))

    def test_one_bad_clock_does_not_stop_the_others(self):
        """Case 12: it stays marked, for the next run."""
        bad = self.many[100]
        Clock = type(bad)
        store = Clock._store

        def fail_on_bad(clocks, vals_list):
            if bad in clocks:
                raise ValueError("broken")
            return store(clocks, vals_list)

        with (
            self.at(utc(2, 10)),
            patch(f"{STALE}.AT_ONCE", 0),
            patch.object(Clock, "_store", fail_on_bad),
            self.assertLogs(STALE, "ERROR"),
        ):
            self.policy.target_hours = 8
            self.assertIs(self.run_replay(), True)
        self.assertEqual(set((self.many - bad).mapped("deadline")), {utc(2, 17)})
        self.assertEqual((bad.deadline, bad.is_stale), (utc(3, 17), True))
        with self.at(utc(2, 11)):
            self.assertIs(self.run_replay(), True)
        self.assertEqual((bad.deadline, bad.is_stale), (utc(2, 17), False))

    def test_finished_while_it_waited_for_the_job(self):
        """A clock that ends before the job comes is right, and no longer touched."""
        with self.at(utc(2, 10)), patch(f"{STALE}.AT_ONCE", 0):
            self.make_holiday(self.office, utc(1, 23))  # Monday itself
            solved = self.tickets[7]
            solved._solve()
        clock = self.clock(solved)
        # the holiday was known when it was solved: nothing was used
        self.assertEqual((clock.outcome, clock.used_minutes), ("met", 0))
        before = self.columns(clock)
        with self.at(utc(2, 11)):
            self.assertIs(self.run_replay(), True)
        self.assertEqual(self.columns(clock), before)
        self.assert_rebuilds(clock)
