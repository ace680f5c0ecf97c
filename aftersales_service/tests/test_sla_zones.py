# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Time zones, summer time, and the holidays of several companies."""

from datetime import timedelta

from odoo.tests import tagged

from .sla_common import SlaCommon, utc


@tagged("post_install", "-at_install")
class TestSlaZones(SlaCommon):
    """Case 11: several zones, and the days on which clocks are changed."""

    def test_company_site_and_technician_in_three_zones(self):
        """The zone of the calendar decides, whoever reports, works or reads."""
        self.company.resource_calendar_id = self.make_calendar("HQ")  # Berlin
        self.site.tz = "Asia/Tokyo"
        self.users["technician"].tz = "Australia/Sydney"
        self.technician.tz = "Australia/Sydney"
        self.users["intake"].tz = "America/Los_Angeles"
        self.team.resource_calendar_id = self.make_calendar(
            "New York", ((9, 17),), tz="America/New_York"
        )
        self.make_policy("resolve", 8)
        # Monday 2 March: New York is UTC-5 and opens at 14:00 UTC
        ticket = self.report(utc(2, 9), site_id=self.site.id)
        self.assertEqual(self.clock(ticket).deadline, utc(2, 22))
        # Monday 9 March: America has summer time already, Europe has not
        later = self.report(utc(9, 9), site_id=self.site.id)
        self.assertEqual(self.clock(later).deadline, utc(9, 21))
        for role, zone, words in (
            # 22:00 UTC on Monday is Tuesday morning in Sydney (UTC+11)
            ("technician", "Australia/Sydney", "Tue 3 Mar 2026 09:00"),
            ("intake", "America/Los_Angeles", "Mon 2 Mar 2026 14:00"),
        ):
            clock = self.as_role(role, self.clock(ticket)).with_context(tz=zone)
            self.assertEqual(clock.deadline, utc(2, 22))
            self.assertIn(words, clock.deadline_reason)
            self.assertIn("America/New_York", clock.deadline_reason)

    def test_reading_zone_of_who_classifies_is_no_matter(self):
        """The same report gives the same deadline to users in any zone."""
        self.make_policy("resolve", 6, self.make_calendar())
        due = set()
        for zone in ("Pacific/Kiritimati", "Pacific/Honolulu", "Asia/Kolkata", False):
            self.users["intake"].tz = zone
            with self.at(utc(2, 8)):
                ticket = self.as_role("intake", "aftersales.ticket").with_context(
                    tz=zone
                )
                ticket = ticket.create({"name": "x", "team_id": self.team.id})
            due.add(self.clock(ticket).deadline)
        self.assertEqual(due, {utc(2, 15)})

    def test_spring_weekend_of_an_office(self):
        """Case 11: Friday is winter, Monday is summer time."""
        self.make_policy("resolve", 8, self.make_calendar())
        # Friday 16-18 local is 15-17 UTC; Monday 9-13 and 14-16 local end at 14 UTC
        ticket = self.report(utc(27, 15))
        self.assertEqual(self.clock(ticket).deadline, utc(30, 14))

    def test_autumn_weekend_of_an_office(self):
        """Case 11: Friday is summer, Monday is winter time."""
        self.make_policy("resolve", 8, self.make_calendar())
        # Friday 16-18 local is 14-16 UTC; Monday 9-13 and 14-16 local end at 15 UTC
        ticket = self.report(utc(23, 14, month=10))
        self.assertEqual(self.clock(ticket).deadline, utc(26, 15, month=10))

    def test_spring_night_is_an_hour_shorter(self):
        """Case 11: 0-6 local on 29 March has five hours."""
        night = self.make_calendar("Night", ((0, 6),), range(7))
        self.make_policy("resolve", 11, night)
        # Saturday 23-5 UTC are six hours, Sunday 23-4 UTC are five
        clock = self.clock(self.report(utc(27, 23)))
        self.assertEqual(clock.deadline, utc(29, 4))

    def test_autumn_night_is_an_hour_longer(self):
        """Case 11: 0-6 local on 25 October has seven hours."""
        night = self.make_calendar("Night", ((0, 6),), range(7))
        self.make_policy("resolve", 13, night)
        # Saturday 22-4 UTC are six hours, Sunday 22-5 UTC are seven
        clock = self.clock(self.report(utc(23, 22, month=10)))
        self.assertEqual(clock.deadline, utc(25, 5, month=10))

    def test_shift_that_opens_in_the_hour_that_is_not_there(self):
        """Case 11: 2:00 on 29 March does not exist; 3:00 (1:00 UTC) does."""
        early = self.make_calendar("Early", ((2, 6),), range(7))
        self.make_policy("resolve", 3, early)
        # three hours from 1:00 UTC to 6:00 local
        clock = self.clock(self.report(utc(28, 20)))
        self.assertEqual(clock.deadline, utc(29, 4))

    def test_around_the_clock_knows_no_summer_time(self):
        """Case 11: 48 hours are 48 hours in both directions."""
        for reported, due in (
            (utc(28, 12), utc(30, 12)),
            (utc(24, 12, month=10), utc(26, 12, month=10)),
        ):
            clock = self.clock(self.report(reported, severity="serious"), "arrive")
            self.assertEqual(clock.deadline, due)

    def test_pause_over_the_change_of_clocks(self):
        """Case 11: a pause over the short night takes five hours, not six."""
        night = self.make_calendar("Night", ((0, 6),), range(7))
        self.make_policy("resolve", 8, night)
        ticket = self.report(utc(27, 23))
        self.move(ticket, "customer", utc(28, 1))  # two hours used
        self.move(ticket, "in_progress", utc(29, 10))
        clock = self.clock(ticket)
        # Saturday 1-5 UTC are four hours of pause, Sunday 23-4 UTC five
        self.assertEqual((clock.used_minutes, clock.paused_minutes), (120, 540))
        # six hours are left: Monday 0-6 in summer time, 22-4 UTC
        self.assertEqual(clock.deadline, utc(30, 4))


@tagged("post_install", "-at_install")
class TestSlaCompanies(SlaCommon):
    """Whose holidays count, whoever computes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team_b = cls.env["aftersales.team"].create(
            {"name": "Team B", "company_id": cls.company_2.id}
        )
        cls.shared = cls.make_calendar("Shared", company_id=False)
        cls.policy = cls.make_policy("resolve", 4, cls.shared, company_id=False)

    def create_in(self, team, company):
        """Create a ticket as the superuser who works in a company."""
        Ticket = self.env["aftersales.ticket"].with_company(company)
        both = (self.company | self.company_2).ids
        with self.at(utc(2, 8)):
            return Ticket.with_context(allowed_company_ids=both).create(
                {"name": "x", "team_id": team.id}
            )

    def test_superuser_computes_under_the_holidays_of_the_ticket(self):
        """A holiday of company B closes a shared calendar for B's tickets only."""
        self.make_holiday(
            self.shared.with_company(self.company_2),
            utc(1, 23),
        )
        leave = self.shared.leave_ids
        self.assertEqual(leave.company_id, self.company_2)
        for working_in in (self.company, self.company_2):
            ours = self.create_in(self.team, working_in)
            theirs = self.create_in(self.team_b, working_in)
            # Monday 9-13 local for us; closed for B, so Tuesday 9-13 local
            self.assertEqual(self.clock(ours).deadline, utc(2, 12))
            self.assertEqual(self.clock(theirs).deadline, utc(3, 12))

    def test_replay_by_the_superuser_of_another_company(self):
        """An edit made while working in company B moves A by A's holidays."""
        ticket = self.create_in(self.team, self.company)
        with self.at(utc(2, 9)):
            self.make_holiday(
                self.shared.with_company(self.company_2),
                utc(1, 23),
            )
            self.policy.with_company(self.company_2).target_hours = 6
        # Monday 9-13 and 14-16 local: B's holiday is no matter
        self.assertEqual(self.clock(ticket).deadline, utc(2, 15))

    def test_snapshots_of_two_companies_are_two(self):
        ours = self.create_in(self.team, self.company)
        theirs = self.create_in(self.team_b, self.company)
        snapshots = self.clock(ours).snapshot_id | self.clock(theirs).snapshot_id
        self.assertEqual(snapshots.company_id, self.company | self.company_2)

    def test_team_goes_to_another_company_with_its_ticket(self):
        """A ticket handed to company B is measured with B's holidays from then on."""
        self.make_holiday(
            self.shared.with_company(self.company_2),
            utc(1, 23),
        )
        ticket = self.create_in(self.team, self.company)
        with self.at(utc(2, 8) + timedelta(minutes=30)):
            ticket.team_id = self.team_b
        clock = self.clock(ticket)
        self.assertEqual(clock.company_id, self.company_2)
        self.assertEqual(clock.deadline, utc(3, 12))
