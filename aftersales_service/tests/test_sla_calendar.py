# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which hours count. March 2026 begins on a Sunday; Berlin is UTC+1 until the 29th."""

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .sla_common import OFFICE, SlaCommon, utc


@tagged("post_install", "-at_install")
class TestSlaHours(SlaCommon):
    """Cases 9 and 10: where in the day a report comes in, and how long days are."""

    def due(self, moment, hours, calendar, **values):
        """Return when a report is due that came in at a moment."""
        self.make_policy("resolve", hours, calendar)
        return self.clock(self.report(moment, **values)).deadline

    def test_report_before_at_and_after_hours(self):
        """Case 9: open 9-17 in Berlin, which is 8-16 UTC; four hours are promised."""
        day = self.make_calendar("Day", ((9, 17),))
        self.make_policy("resolve", 4, day)
        for reported, due in (
            (utc(2, 6), utc(2, 12)),  # two hours before opening: from 8:00
            (utc(2, 8), utc(2, 12)),  # the opening second counts
            (utc(2, 15, 59, 59), utc(3, 11, 59, 59)),  # one second used on Monday
            (utc(2, 16), utc(3, 12)),  # the closing second is closed: from 8:00
            (utc(2, 19), utc(3, 12)),  # in the evening
            (utc(6, 16), utc(9, 12)),  # Friday's closing second: from Monday
            (utc(7, 10), utc(9, 12)),  # on Saturday
        ):
            with self.subTest(reported=reported):
                ticket = self.report(reported)
                self.assertEqual(self.clock(ticket).deadline, due)
                self.assertEqual(ticket.reported_at, reported)
                self.assertEqual(ticket.next_deadline, due)

    def test_due_at_the_closing_second_not_at_the_next_opening(self):
        """Case 9: eight hours from the opening end when the door closes."""
        day = self.make_calendar("Day", ((9, 17),))
        self.assertEqual(self.due(utc(2, 8), 8, day), utc(2, 16))

    def test_met_in_the_last_second_missed_in_the_next(self):
        """Case 9: what is solved with the last second used is in time."""
        day = self.make_calendar("Day", ((9, 17),))
        self.make_policy("resolve", 4, day)
        for solved, outcome, used in (
            (utc(2, 12), "met", 240),
            (utc(2, 12, 0, 1), "missed", 240 + 1 / 60),
        ):
            ticket = self.report(utc(2, 8))
            with self.at(solved):
                ticket._solve()
            clock = self.clock(ticket)
            self.assertEqual(clock.outcome, outcome)
            self.assertAlmostEqual(clock.used_minutes, used, 5)

    def test_lunch_gap(self):
        """Case 10: 9-13 and 14-18 in Berlin, 8-12 and 13-17 UTC."""
        office = self.make_calendar()
        policy = self.make_policy("resolve", 6, office)
        # four hours to 12:00, an hour closed, two more
        self.assertEqual(self.clock(self.report(utc(2, 8))).deadline, utc(2, 15))
        policy.target_hours = 1
        # in the middle of lunch: from 13:00
        self.assertEqual(self.clock(self.report(utc(2, 12, 30))).deadline, utc(2, 14))
        # half an hour before lunch, half an hour after it
        self.assertEqual(
            self.clock(self.report(utc(2, 11, 30))).deadline, utc(2, 13, 30)
        )

    def test_two_shifts_a_day(self):
        """Case 10: 6-14 and 14-22 in Berlin are 16 hours without a gap."""
        shifts = self.make_calendar("Shifts", ((6, 14), (14, 22)))
        # Monday 9:00-22:00 local are 13 hours; the other 7 on Tuesday to 13:00 local
        self.assertEqual(self.due(utc(2, 8), 20, shifts), utc(3, 12))

    def test_night_shift_over_midnight(self):
        """Case 10: 22-24 and 0-6 is one night; no second is lost at midnight."""
        night = self.make_calendar("Night", ((0, 6), (22, 24)), range(7))
        # Monday 22:00 local is 21:00 UTC; eight hours later the shift ends
        self.assertEqual(self.due(utc(2, 21), 8, night), utc(3, 5))

    def test_all_shifts_are_24_7(self):
        """Case 10: 0-24 on seven days is the same as around the clock."""
        always = self.make_calendar("Always", ((0, 24),), range(7))
        # 160 hours are six days and 16 hours
        self.assertEqual(self.due(utc(2, 9), 160, always), utc(9, 1))
        plain = self.make_policy(
            "arrive", 160, around_the_clock=True, severity="normal"
        )
        clock = self.clock(self.report(utc(2, 9)), "arrive")
        self.assertEqual((clock.policy_id, clock.deadline), (plain, utc(9, 1)))
        self.assertFalse(clock.snapshot_id)

    def test_target_longer_than_a_day(self):
        """Case 10: eight hours a day; 30 hours are three days and six hours."""
        # Monday, Tuesday, Wednesday; on Thursday 8-12 and 13-15 UTC
        self.assertEqual(self.due(utc(2, 8), 30, self.make_calendar()), utc(5, 15))

    def test_160_hours_over_a_long_closure(self):
        """Twenty working days with two weeks closed between, into summer time."""
        office = self.make_calendar()
        # closed from Monday 9 to Friday 20 March, local days
        self.make_holiday(office, utc(8, 23), utc(20, 22, 59, 59))
        # 2-6 March, 23-27 March, 30 March - 3 April, 6-10 April: 18:00 is 16:00 UTC
        self.assertEqual(self.due(utc(2, 8), 160, office), utc(10, 16, month=4))

    def test_closure_of_years(self):
        """The horizon grows until the promise is reached."""
        office = self.make_calendar()
        # closed from 9 March 2026 to the end of Friday 9 March 2029
        self.make_holiday(office, utc(8, 23), utc(9, 22, 59, 59, year=2029))
        # 40 hours are used by 6 March 2026; 120 more are three weeks from Monday
        # 12 March 2029; summer time begins on the 25th, Friday the 30th is the last
        self.assertEqual(self.due(utc(2, 8), 160, office), utc(30, 16, year=2029))

    def test_the_nearest_calendar_counts(self):
        """Of the policy, else of the team, else of the company, else every hour."""
        self.company.resource_calendar_id = self.make_calendar("C", ((9, 17),))
        policy = self.make_policy("resolve", 4)
        # 9-17 Berlin: from 8:00 UTC
        self.assertEqual(self.clock(self.report(utc(2, 6))).deadline, utc(2, 12))
        self.team.resource_calendar_id = self.make_calendar("T", ((10, 18),))
        self.assertEqual(self.clock(self.report(utc(2, 6))).deadline, utc(2, 13))
        policy.resource_calendar_id = self.make_calendar("P", ((11, 19),))
        self.assertEqual(self.clock(self.report(utc(2, 6))).deadline, utc(2, 14))
        policy.around_the_clock = True
        self.assertEqual(self.clock(self.report(utc(2, 6))).deadline, utc(2, 10))

    def test_two_week_calendar(self):
        """Case 10: open on every second Monday only, 9-17 in Berlin."""
        calendar = self.make_calendar("Every Second Monday", ())
        calendar.two_weeks_calendar = True
        # the week of 2 March is one of the first kind, as Odoo counts weeks
        calendar.attendance_ids = [
            Command.create(
                {
                    "name": "Monday",
                    "dayofweek": "0",
                    "week_type": "0",
                    "hour_from": 9,
                    "hour_to": 17,
                    "day_period": "morning",
                }
            )
        ]
        # eight hours on the 2nd, two on the 16th
        self.assertEqual(self.due(utc(2, 6), 10, calendar), utc(16, 10))

    def test_time_off_of_a_person_closes_nothing(self):
        """Only holidays without a resource close a calendar."""
        office = self.make_calendar()
        self.technician.resource_calendar_id = office
        self.make_holiday(
            office, utc(1, 23), resource_id=self.technician.resource_id.id
        )
        self.assertEqual(self.due(utc(2, 8), 4, office), utc(2, 12))


@tagged("post_install", "-at_install")
class TestSlaNoHours(SlaCommon):
    """Case 18: no calendar, or one that never opens."""

    def test_nobody_has_a_calendar(self):
        """Case 18: without any calendar every hour counts."""
        self.company.resource_calendar_id = False
        self.make_policy("resolve", 8)
        ticket = self.report(utc(7, 20))  # Saturday night
        self.assertEqual(self.clock(ticket).deadline, utc(8, 4))
        self.assertFalse(ticket.sla_warning)

    def test_calendar_without_hours_warns_and_stops_nothing(self):
        """Case 18: the ticket is there, the warning is seen, nothing is hidden."""
        empty = self.make_calendar("Nothing Open", ())
        self.assertFalse(empty.attendance_ids)
        policy = self.make_policy("resolve", 8, empty)
        self.assertIn("Nothing Open", policy.calendar_warning)
        ticket = self.report(utc(2, 8), severity="serious")
        clock = self.clock(ticket)
        # the specific policy for serious faults resolves in 72 hours: not the empty one
        self.assertEqual(clock.deadline, utc(5, 8))
        ticket = self.report(utc(2, 8))
        clock = self.clock(ticket)
        self.assertEqual((clock.outcome, clock.state), ("open", "running"))
        self.assertFalse(clock.deadline)
        for role in ("intake", "technician", "dispatcher", "manager"):
            self.assertIn("Nothing Open", self.as_role(role, ticket).sla_warning)
        self.assertIn("no deadline", self.as_role("intake", clock).deadline_reason)
        with self.at(utc(9, 8)):
            self.env.invalidate_all()
            self.assertFalse(ticket.is_overdue)
            found = self.env["aftersales.ticket"].search(
                [("id", "=", ticket.id), ("is_overdue", "=", False)]
            )
            self.assertEqual(found, ticket)
        # everything else works as well
        self.move(ticket, "customer", utc(9, 9))
        self.move(ticket, "in_progress", utc(9, 10))
        with self.at(utc(9, 11)):
            ticket._solve()
        self.assertEqual((clock.outcome, clock.used_minutes), ("met", 0))
        self.assertFalse(ticket.sla_warning)

    def test_hours_given_later_end_the_warning(self):
        """Case 18: the open clock is measured anew as soon as there are hours."""
        empty = self.make_calendar("Nothing Open", ())
        policy = self.make_policy("resolve", 8, empty)
        ticket = self.report(utc(2, 8))
        with self.at(utc(2, 9)):
            empty.attendance_ids = self.attendances(OFFICE)
        self.env.invalidate_all()
        self.assertEqual(self.clock(ticket).deadline, utc(2, 17))
        self.assertEqual(ticket.next_deadline, utc(2, 17))
        self.assertFalse(ticket.sla_warning)
        self.assertFalse(policy.calendar_warning)

    def test_holidays_that_cover_everything(self):
        """Case 18: a calendar closed for ever warns as well."""
        office = self.make_calendar("Closed Down")
        self.make_holiday(office, utc(1, year=2020), utc(1, year=2070))
        self.make_policy("resolve", 8, office)
        ticket = self.report(utc(2, 8))
        self.assertFalse(self.clock(ticket).deadline)
        self.assertIn("Closed Down", self.as_role("intake", ticket).sla_warning)

    def test_empty_company_calendar(self):
        """Case 18: the calendar that nobody chose for promises may be empty too."""
        self.company.resource_calendar_id.attendance_ids = [(5, 0, 0)]
        self.make_policy("respond", 8)
        ticket = self.report(utc(2, 8))
        self.assertTrue(ticket.sla_warning)
        with self.at(utc(2, 9)):
            ticket._respond()
        self.assertEqual(self.clock(ticket, "respond").outcome, "met")

    def test_flexible_hours_are_refused_or_passed_over(self):
        """Case 18: nobody can tell when flexible hours are open."""
        flexible = self.make_calendar("Flexible", schedule_type="flexible")
        policy = self.make_policy("resolve", 8)
        for record in (policy, self.team):
            with self.assertRaisesRegex(ValidationError, "flexible"):
                record.resource_calendar_id = flexible
        self.company.resource_calendar_id = flexible
        self.assertEqual(self.clock(self.report(utc(7, 20))).deadline, utc(8, 4))
