# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Stories in which a promise got lost, ran for ever or stopped everybody."""

import math

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .sla_common import SlaCommon, utc


@tagged("post_install", "-at_install")
class TestSlaOrderOfTime(SlaCommon):
    """What is entered later acts on what it ends, whatever came between."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["aftersales.sla.policy"].search([]).action_archive()

    def call(self, ticket, called_at, moment):
        with self.at(moment):
            self.as_role("technician", "aftersales.call.log").create(
                {"ticket_id": ticket.id, "called_at": called_at, "summary": "Said so"}
            ).action_log()

    def solve(self, ticket, moment):
        with self.at(moment):
            self.as_role("technician", ticket).write({"resolution": "New hose"})
            self.as_role("technician", ticket).action_solve()

    def test_call_before_the_clock_was_attached(self):
        """The customer gave what was missing before the promise came to apply."""
        self.make_policy("resolve", 10, around_the_clock=True)
        self.make_policy(
            "arrive", 9, around_the_clock=True, severity="serious", from_report=False
        )
        ticket = self.report(utc(2, 8), severity="minor")
        self.move(ticket, "customer", utc(2, 9))
        with self.at(utc(2, 10)):
            self.as_role("technician", ticket).write({"severity": "serious"})
        self.call(ticket, utc(2, 9, 30), utc(2, 11))
        clock = self.clock(ticket, "arrive")
        self.assertEqual(clock.state, "running")
        self.assertEqual(clock.deadline, utc(2, 19))
        self.assert_rebuilds(ticket.sudo().clock_ids)

    def test_answer_before_the_ticket_was_cancelled(self):
        self.make_policy("respond", 10, around_the_clock=True)
        ticket = self.report(utc(2, 8))
        with self.at(utc(2, 9)):
            self.as_role("intake", ticket).action_cancel()
        with self.at(utc(2, 10)):
            self.as_role("intake", ticket).action_reopen()
        self.call(ticket, utc(2, 8, 30), utc(2, 11))
        self.assertEqual(self.clock(ticket, "respond").outcome, "met")

    def test_answered_while_the_ticket_was_cancelled(self):
        """Nothing is owed to who was called already, nor could it be kept again."""
        self.make_policy("respond", 10, around_the_clock=True)
        ticket = self.report(utc(2, 8))
        with self.at(utc(2, 9)):
            self.as_role("intake", ticket).action_cancel()
        self.call(ticket, utc(2, 10), utc(2, 10))
        with self.at(utc(2, 11)):
            self.as_role("intake", ticket).action_reopen()
        self.assertEqual(self.outcomes(ticket), {"respond": "void"})

    def test_solved_before_it_was_reopened(self):
        self.make_policy("resolve", 10, around_the_clock=True)
        ticket = self.report(utc(2, 8))
        self.solve(ticket, utc(2, 10))
        with self.at(utc(2, 12)):
            self.as_role("dispatcher", ticket).action_reopen()
        with self.at(utc(2, 13)):
            ticket._solve(utc(2, 11))
        clock = self.clock(ticket)
        self.assertEqual(clock.outcome, "met")
        self.assertEqual(clock.used_minutes, 120)

    def test_clock_attached_after_a_wait_that_ended_with_the_ticket(self):
        self.make_policy("resolve", 10, around_the_clock=True)
        self.make_policy("arrive", 30, around_the_clock=True, severity="serious")
        ticket = self.report(utc(2, 8), severity="minor")
        self.move(ticket, "customer", utc(2, 9))
        self.solve(ticket, utc(2, 10))
        with self.at(utc(2, 12)):
            self.as_role("dispatcher", ticket).action_reopen()
        self.move(ticket, "customer", utc(2, 13))
        self.move(ticket, "in_progress", utc(2, 14))
        with self.at(utc(2, 15)):
            self.as_role("technician", ticket).write({"severity": "serious"})
        clock = self.clock(ticket, "arrive")
        self.assertEqual(clock.state, "running")
        self.assertEqual(clock.paused_minutes, 120)  # 9 to 10 and 13 to 14
        self.assertEqual(clock.deadline, utc(3, 16))

    def test_clock_attached_after_a_wait_that_nobody_noted(self):
        """The only other clock was kept while the ticket waited."""
        self.make_policy("respond", 10, around_the_clock=True, severity="minor")
        self.make_policy("arrive", 30, around_the_clock=True, severity="serious")
        ticket = self.report(utc(2, 8), severity="minor")
        self.move(ticket, "customer", utc(2, 9))
        with self.at(utc(2, 10)):
            ticket._respond()
        self.move(ticket, "in_progress", utc(2, 14))
        with self.at(utc(2, 15)):
            self.as_role("technician", ticket).write({"severity": "serious"})
        self.assertEqual(self.clock(ticket, "arrive").state, "running")

    def test_classified_there_and_back_again(self):
        """A promise that counts from its first day does not begin a second time."""
        self.make_policy(
            "resolve",
            10,
            around_the_clock=True,
            ticket_type="repair",
            from_report=False,
        )
        ticket = self.report(utc(2, 8), ticket_type="repair")
        for minute, kind in enumerate(("training", "repair")):
            with self.at(utc(2, 17, minute)):
                self.as_role("technician", ticket).write({"ticket_type": kind})
        self.assertEqual(self.clock(ticket).deadline, utc(2, 18))


@tagged("post_install", "-at_install")
class TestSlaTerms(SlaCommon):
    """Nothing that is entered as a target, hours or company stops new tickets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["aftersales.sla.policy"].search([]).action_archive()

    def test_calendar_deleted(self):
        """Hours in use stay; without them the hours of the company count for all."""
        calendar = self.make_calendar()
        self.team.resource_calendar_id = calendar
        self.make_policy("respond", 10)
        earlier = self.clock(self.report(utc(2, 8)), "respond")
        self.assertEqual(earlier.calendar_id, calendar)
        self.env.flush_all()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            calendar.unlink()
        with self.at(utc(2, 9)):
            self.team.resource_calendar_id = False
            calendar.unlink()
        self.env.invalidate_all()
        later = self.clock(self.report(utc(2, 9)), "respond")
        office = self.company.resource_calendar_id
        self.assertEqual((earlier | later).calendar_id, office)
        self.assert_rebuilds(earlier | later)

    def test_team_goes_to_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.make_policy("respond", 5, company_id=other.id)
        self.make_policy("respond", 10)
        clock = self.clock(self.report(utc(2, 8)), "respond")
        with self.at(utc(2, 9)):
            self.team.write(
                {"company_id": other.id, "member_ids": False, "leader_id": False}
            )
        self.assertEqual(clock.company_id, other)
        self.assertEqual(clock.policy_id, theirs)
        self.assertEqual(clock.snapshot_id.company_id, other)

    def test_target_that_no_clock_can_count(self):
        for hours in (1e13, math.inf, math.nan):
            with (
                self.subTest(hours=hours),
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(Exception, "target_hours_bounded"),
                self.env.cr.savepoint(),
            ):
                self.make_policy("resolve", hours)

    def test_correction_that_no_clock_can_count(self):
        self.make_policy("resolve", 10)
        clock = self.clock(self.report(utc(2, 8)))
        for minutes in (1e15, -math.inf, math.nan):
            with self.subTest(minutes=minutes), self.assertRaises(UserError):
                self.as_role("manager", clock)._correct("Slip", minutes=minutes)

    def test_another_promise_of_a_policy_in_use(self):
        policy = self.make_policy("respond", 10)
        policy.clock = "resolve"  # nobody was promised anything yet
        self.report(utc(2, 8))
        with self.assertRaises(UserError):
            policy.clock = "arrive"
        policy.write({"clock": "resolve", "name": "The same"})
