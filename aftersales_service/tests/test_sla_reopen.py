# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Reopened tickets: by the policy's rule, and with the past readable."""

from odoo.tests import tagged

from .sla_common import SlaCommon, utc


@tagged("post_install", "-at_install")
class TestSlaReopen(SlaCommon):
    """Case 4: what the policy says about a reopened ticket; the past stays."""

    def rows(self, clock, kind="reopen"):
        return clock.event_ids.filtered(lambda row: row.kind == kind)

    def test_goes_on_over_the_weekend(self):
        """Case 4: solved on Friday, reopened on Monday; closed days cost nothing."""
        policy = self.make_policy("resolve", 16, self.make_calendar())
        ticket = self.report(utc(5, 8), resolution="Restarted")  # Thursday
        with self.at(utc(6, 10)):
            self.as_role("technician", ticket).action_solve()
        clock = self.clock(ticket)
        self.assertEqual((clock.outcome, clock.used_minutes), ("met", 600))
        with self.at(utc(9, 9)):
            self.as_role("technician", ticket).action_reopen()
        self.assertEqual((clock.policy_id, clock.outcome), (policy, "open"))
        self.assertFalse(clock.stopped_at)
        # 6 hours are left: Monday 9-12 and 13-16 UTC
        self.assertEqual(clock.deadline, utc(9, 16))
        row = self.rows(clock)
        self.assertEqual((row.outcome, row.minutes), ("met", 600))
        self.assertEqual(row.user_id, self.users["technician"])
        # readable for who serves the customer, not only for the superuser
        self.assertEqual(self.as_role("intake", row).outcome, "met")
        with self.at(utc(9, 15)):
            ticket._solve()
        self.assertEqual((clock.outcome, clock.used_minutes), ("met", 900))
        self.assertEqual(self.ledger(clock), ["start", "stop", "reopen", "stop"])
        self.assert_rebuilds(clock)

    def test_goes_on_around_the_clock(self):
        ticket = self.report(0, severity="serious")
        with self.at(10):
            ticket._respond()
            ticket._solve()
        with self.at(60):
            self.as_role("technician", ticket).action_reopen()
        clock = self.clock(ticket)
        # 62 of 72 hours are left, from hour 60 on
        self.assertEqual(clock.deadline, utc(7, 11))
        with self.at(70):
            ticket._solve()
        self.assertEqual((clock.outcome, clock.used_minutes), ("met", 1200))

    def test_begins_anew_where_the_policy_says_so(self):
        """Case 4: the other rule; the earlier outcome is readable all the same."""
        self.policies["resolve"].reopen_rule = "anew"
        ticket = self.report(0, severity="serious", resolution="Restarted")
        with self.at(80):
            self.as_role("technician", ticket).action_solve()
        clock = self.clock(ticket)
        self.assertEqual(clock.outcome, "missed")
        with self.at(100):
            self.as_role("technician", ticket).action_reopen()
        self.assertEqual((clock.outcome, clock.used_minutes), ("open", 0))
        # 72 hours from hour 100: 6 March 13:00 and three days
        self.assertEqual(clock.deadline, utc(9, 13))
        self.assertEqual(self.rows(clock).outcome, "missed")
        self.assertEqual(self.rows(clock).minutes, 0)
        with self.at(110):
            ticket._solve()
        self.assertEqual((clock.outcome, clock.used_minutes), ("met", 600))
        self.assert_rebuilds(clock)

    def test_missed_and_reopened_stays_late(self):
        """Case 4: by the rule that goes on, used up is used up."""
        ticket = self.report(0, severity="serious", resolution="Restarted")
        with self.at(80):
            self.as_role("technician", ticket).action_solve()
        with self.at(100):
            self.as_role("technician", ticket).action_reopen()
            clock = self.clock(ticket)
            self.env.invalidate_all()
            self.assertEqual((clock.outcome, clock.deadline), ("open", utc(5, 9)))
            self.assertTrue(ticket.is_overdue)
        with self.at(101):
            ticket._solve()
        self.assertEqual(clock.outcome, "missed")

    def test_each_reopening_is_readable(self):
        """Case 4: reopened twice, two earlier outcomes."""
        ticket = self.report(0, severity="serious", resolution="Restarted")
        technician = self.as_role("technician", ticket)
        for solved, reopened in ((10, 20), (90, 100)):
            with self.at(solved):
                technician.action_solve()
            with self.at(reopened):
                technician.action_reopen()
        rows = self.rows(self.clock(ticket))
        # 10 hours, then 70 more: 80 of 72
        self.assertEqual(rows.mapped("outcome"), ["met", "missed"])
        self.assertEqual(rows.mapped("minutes"), [600, 4800])

    def test_reopening_gives_no_fresh_clock(self):
        ticket = self.report(0, severity="serious", resolution="Restarted")
        cancelled = self.report(0, severity="serious")
        technician = self.as_role("technician", ticket)
        with self.at(6):
            technician.action_solve()
            cancelled.action_cancel()
        with self.at(20):
            technician.action_reopen()
            cancelled.action_reopen()
        for reopened in (ticket, cancelled):
            arrive = self.clock(reopened, "arrive")
            self.assertEqual(arrive.outcome, "open")
            # 42 of 48 hours are left, from hour 20 on
            self.assertEqual(arrive.deadline, utc(4, 23))
            self.assertLessEqual(self.clock(reopened, "respond").deadline, utc(3, 7))
            self.assertEqual(len(reopened.sudo().clock_ids), 3)
        self.assertEqual(self.rows(self.clock(cancelled, "arrive")).outcome, "void")

    def test_reopened_into_a_waiting_column(self):
        """Case 4: it goes on resting, not running."""
        ticket = self.report(0, severity="serious", resolution="Restarted")
        with self.at(10):
            self.as_role("technician", ticket).action_solve()
        self.move(ticket, "customer", utc(3, 9))
        clock = self.clock(ticket)
        self.assertEqual((clock.outcome, clock.state), ("open", "paused"))
        self.assertEqual((clock.used_minutes, clock.paused_minutes), (600, 0))
        self.move(ticket, "in_progress", utc(3, 19))
        self.assertEqual(clock.paused_minutes, 600)
        # 62 hours are left
        self.assertEqual(clock.deadline, utc(6, 9))
