# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Corrections by hand: of a manager, with a reason, as rows of the ledger."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import GROUP, ROLES
from .sla_common import SlaCommon, utc


@tagged("post_install", "-at_install")
class TestSlaCorrection(SlaCommon):
    def setUp(self):
        super().setUp()
        self.ticket = self.report(0, severity="serious")
        self.resolve = self.clock(self.ticket)

    def correct(self, reason="Agreed with Mia", moment=1, clock=None, **values):
        with self.at(moment):
            self.as_role("manager", clock or self.resolve)._correct(reason, **values)

    def test_row_with_reason_author_and_minutes(self):
        self.correct("The report lay a day in the mailbox", minutes=90)
        row = self.resolve.event_ids[-1]
        self.assertEqual(
            (row.kind, row.reason, row.minutes, row.user_id, row.at),
            (
                "correction",
                "The report lay a day in the mailbox",
                90,
                self.users["manager"],
                utc(2, 10),
            ),
        )
        # 72 hours less 90 minutes
        self.assertEqual(self.resolve.deadline, utc(5, 7, 30))
        self.assertEqual(self.resolve.used_minutes, 90)
        reason = self.as_role("technician", self.resolve).deadline_reason
        self.assertIn("Corrected by +90 minutes by Manager", reason)
        self.correct("Half of it was our fault", minutes=-180)
        # 90 minutes more than was promised
        self.assertEqual(self.resolve.deadline, utc(5, 10, 30))
        self.assert_rebuilds(self.resolve)

    def test_finished_clock_is_judged_again(self):
        """A manager may correct the past, and everybody sees that he did."""
        respond = self.clock(self.ticket, "respond")
        with self.at(9):
            self.ticket._respond()
        self.assertEqual(respond.outcome, "missed")
        self.assertTrue(self.ticket.has_missed)
        self.correct("The telephone was dead", 20, respond, minutes=-120)
        self.assertEqual((respond.outcome, respond.used_minutes), ("met", 420))
        self.assertFalse(self.ticket.has_missed)
        self.assertEqual(self.ledger(respond), ["start", "stop", "correction"])
        self.assert_rebuilds(respond)

    def test_agreed_deadline_is_not_moved_by_pauses(self):
        """Case 17: a due date set by hand stays, unless it is set again."""
        self.correct(deadline=utc(4, 12))
        self.assertEqual(self.resolve.deadline, utc(4, 12))
        self.assertTrue(self.resolve.is_agreed)
        row = self.resolve.event_ids[-1]
        self.assertEqual(
            (row.agreed_deadline, row.reason, row.user_id),
            (utc(4, 12), "Agreed with Mia", self.users["manager"]),
        )
        self.move(self.ticket, "customer", utc(2, 12))
        self.assertEqual(self.resolve.state, "paused")
        self.assertEqual(self.resolve.deadline, utc(4, 12), "also while it rests")
        self.move(self.ticket, "in_progress", utc(3, 12))
        self.assertEqual(self.resolve.deadline, utc(4, 12))
        self.assertEqual(self.resolve.paused_minutes, 24 * 60)
        reason = self.as_role("intake", self.resolve).with_context(tz="UTC")
        self.assertIn("Set by hand to Wed 4 Mar 2026 12:00", reason.deadline_reason)
        self.correct("And again", utc(3, 13), deadline=utc(6, 12))
        self.assertEqual(self.resolve.deadline, utc(6, 12))
        self.assert_rebuilds(self.resolve)

    def test_agreed_deadline_is_not_moved_by_edits(self):
        """Case 17: neither by calendars nor by the policy's target."""
        office = self.make_calendar()
        self.policies["resolve"].write(
            {"around_the_clock": False, "resource_calendar_id": office.id}
        )
        self.correct(deadline=utc(6, 12))
        with self.at(2):
            self.make_holiday(office, utc(2, 23))
            self.policies["resolve"].target_hours = 5
        self.env.invalidate_all()
        self.assertEqual(self.resolve.deadline, utc(6, 12))
        self.assertTrue(self.resolve.is_agreed)

    def test_agreed_deadline_decides(self):
        """Case 17: met up to its second, missed in the next, overdue in between."""
        for solved, outcome in ((utc(4, 12), "met"), (utc(4, 12, 0, 1), "missed")):
            ticket = self.report(0, severity="serious")
            clock = self.clock(ticket)
            with self.at(0.5):
                ticket._arrive()
            self.correct(clock=clock, deadline=utc(4, 12))
            self.assertEqual(ticket.next_deadline, utc(4, 12))
            self.move(ticket, "customer", utc(3, 9))
            with self.at(solved):
                self.env.invalidate_all()
                self.assertEqual(ticket.is_overdue, outcome == "missed")
                ticket._solve()
            self.assertEqual(clock.outcome, outcome)
        # a later one than the policy's own is as good
        self.correct(deadline=utc(9, 12))
        with self.at(utc(9, 12)):
            self.ticket._solve()
        self.assertEqual(self.resolve.outcome, "met")
        self.assertEqual(self.resolve.used_minutes, 7 * 24 * 60 + 180)

    def test_reopened_the_policy_rules_again(self):
        """Case 17: what was agreed was agreed for the first solution."""
        self.ticket.resolution = "x"
        self.correct(deadline=utc(3, 9))
        with self.at(10):
            self.as_role("technician", self.ticket).action_solve()
        with self.at(20):
            self.as_role("technician", self.ticket).action_reopen()
        self.assertFalse(self.resolve.is_agreed)
        # 62 of 72 hours from Tuesday 5:00
        self.assertEqual(self.resolve.deadline, utc(5, 19))

    def test_who_may_not(self):
        """Case 23: everybody but a manager of the ticket's company."""
        for role in ROLES:
            if role == "manager":
                continue
            with self.assertRaises(AccessError):
                self.as_role(role, self.resolve)._correct("Mine", minutes=-60)
        stranger = new_test_user(
            self.env,
            "as_manager_b",
            groups="base.group_user," + GROUP % "manager",
            company_id=self.company_2.id,
            company_ids=[(6, 0, self.company_2.ids)],
        )
        with self.assertRaises(AccessError):
            self.resolve.with_user(stranger)._correct("Theirs", minutes=-60)
        self.assertEqual(self.ledger(self.resolve), ["start"])

    def test_what_is_refused(self):
        void = self.report(0, severity="serious")
        void.action_cancel()
        for clock, reason, values in (
            (self.resolve, "", {"minutes": 5}),
            (self.resolve, "  ", {"minutes": 5}),
            (self.resolve, False, {"minutes": 5}),
            (self.resolve, "Why", {}),
            (self.resolve, "Why", {"minutes": 0}),
            (self.resolve, "Why", {"deadline": utc(2, 9)}),
            (self.resolve, "Why", {"deadline": utc(1)}),
            (self.clock(void), "Why", {"minutes": 5}),
        ):
            with self.assertRaises(UserError, msg=f"{reason} {values}"):
                self.correct(reason, clock=clock, **values)
        for minutes in (float("nan"), float("inf")):
            with self.assertRaises(UserError):
                self.correct("Why", minutes=minutes)
        self.assertEqual(self.ledger(self.resolve), ["start"])
