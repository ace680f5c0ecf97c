# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How promises end: met, missed or void, and what is shown meanwhile."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .sla_common import SlaCommon, utc
from .test_ticket_mail import MAIL


@tagged("post_install", "-at_install")
class TestSlaOutcome(SlaCommon):
    def test_late_response_timely_resolution_are_two_outcomes(self):
        """Case 7: and the on-site clock is a third one."""
        ticket = self.report(0, severity="serious")
        with self.at(9):
            ticket._respond()
        with self.at(10):
            ticket._solve()
        self.assertEqual(
            self.outcomes(ticket),
            {"respond": "missed", "resolve": "met", "arrive": "void"},
        )
        void = self.clock(ticket, "arrive")
        self.assertIn("before anyone had to go", void.outcome_reason)
        self.assertTrue(ticket.has_missed)
        self.assertFalse(ticket.is_overdue)

    def test_overdue_needs_no_job(self):
        """Case 8: a ticket that nobody touched is overdue in the next second."""
        ticket = self.report(0, severity="serious")
        plain = self.report(0)
        Ticket = self.env["aftersales.ticket"]
        both = [("id", "in", (ticket | plain).ids)]
        with self.at(8):
            self.env.invalidate_all()
            self.assertFalse(ticket.is_overdue, "the closing second is in time")
        with self.at(utc(2, 17, 0, 1)):
            self.env.invalidate_all()
            self.assertTrue(ticket.is_overdue)
            self.assertEqual(Ticket.search([*both, ("is_overdue", "=", True)]), ticket)
            self.assertEqual(Ticket.search([*both, ("is_overdue", "=", False)]), plain)
            self.assertEqual(Ticket.search([*both, ("is_overdue", "!=", True)]), plain)
            self.assertIn(
                self.clock(ticket, "respond"),
                self.env["aftersales.sla.clock"].search([("is_late", "=", True)]),
            )
            self.assertEqual(self.team.overdue_ticket_count, 1)

    def test_call_entered_too_late_is_overdue_at_once(self):
        """Case 8: a backdated call counts from when it came in."""
        with self.at(10) as now:
            ticket = self.create_ticket(severity="serious", reported_at=self.NOW)
            self.assertEqual(ticket.next_deadline, utc(2, 17))
            self.assertLess(ticket.next_deadline, now)
            self.assertTrue(ticket.is_overdue)

    def test_mailed_report_is_overdue_by_itself(self):
        """Case 8: the same for one that only the gateway has touched."""
        self.make_policy("respond", 8, around_the_clock=True)
        with self.at(0), self.mock_mail_gateway():
            ticket = self.format_and_process(
                MAIL,
                "Mia Mill <mia@mill.example.com>",
                f"test.service@{self.alias_domain}",
                subject="Press runs on",
                target_model="aftersales.ticket",
            )
        self.assertEqual(ticket.next_deadline, utc(2, 17))
        with self.at(utc(2, 17, 0, 1)):
            self.env.invalidate_all()
            self.assertTrue(self.as_role("technician", ticket).is_overdue)

    def test_one_missed_and_one_open_clock_is_not_fine(self):
        """Case 20: and a ticket without any clock is not hidden."""
        missed = self.report(0, severity="serious")
        fine = self.report(0, severity="serious")
        plain = self.report(0)
        with self.at(9):
            missed._respond()
        with self.at(1):
            fine._respond()
        tickets = missed | fine | plain
        Ticket = self.env["aftersales.ticket"]
        base = [("id", "in", tickets.ids)]
        with self.at(10):
            self.env.invalidate_all()
            self.assertFalse(any(tickets.mapped("is_overdue")))
            # nothing is overdue now, but one promise was broken
            self.assertEqual(Ticket.search([*base, ("has_missed", "=", True)]), missed)
            self.assertEqual(
                Ticket.search(
                    [*base, ("has_missed", "=", False), ("is_overdue", "=", False)]
                ),
                fine | plain,
            )
        with self.at(50):  # the on-site promise is late as well
            self.env.invalidate_all()
            self.assertEqual(Ticket.search([*base, ("is_overdue", "=", False)]), plain)
            self.assertEqual(
                Ticket.search([*base, ("is_overdue", "=", True)], order="id"),
                missed | fine,
            )
            self.assertEqual(
                Ticket.search([*base, ("next_deadline", "=", False)]), plain
            )
            self.assertEqual(Ticket.search([*base, ("clock_ids", "=", False)]), plain)
            self.assertEqual(
                Ticket.search([*base, ("clock_ids.outcome", "=", "missed")]), missed
            )

    def test_next_deadline_is_the_earliest_open(self):
        ticket = self.report(0, severity="serious")
        with self.at(1):
            ticket._respond()
        self.assertEqual(ticket.next_deadline, utc(4, 9))
        with self.at(2):
            ticket._arrive()
        self.assertEqual(ticket.next_deadline, utc(5, 9))
        with self.at(3):
            ticket._solve()
        self.assertFalse(ticket.next_deadline)

    def test_dragging_on_the_board_does_the_same(self):
        ticket = self.report(0, severity="serious")
        with self.at(3) as now:
            technician = self.as_role("technician", ticket)
            with self.assertRaisesRegex(UserError, "next technician"):
                technician.stage_id = self.stages["solved"]
            technician.resolution = "Valve opened"
            technician.stage_id = self.stages["solved"]
            with self.assertRaises(AccessError):
                technician.stage_id = self.stages["closed"]
        self.assertEqual(self.clock(ticket).outcome, "met")
        self.assertEqual(ticket.solved_at, now)
        with self.at(4):
            ticket.stage_id = self.stages["closed"]
        self.assertFalse(ticket.next_deadline)
        void = self.clock(ticket, "respond")
        self.assertEqual((void.outcome, void.stopped_at), ("void", utc(2, 13)))
        self.assertEqual(void.outcome_reason, "Closed without an answer")


@tagged("post_install", "-at_install")
class TestSlaAnswer(SlaCommon):
    """Case 16: by telephone, by mail, at the site: it counts as much."""

    def setUp(self):
        super().setUp()
        self.ticket = self.report(0, severity="serious")
        self.respond = self.clock(self.ticket, "respond")

    def call(self, ticket, reached=True, role="support"):
        self.as_role(role, "aftersales.call.log").create(
            {"ticket_id": ticket.id, "reached": reached, "summary": "Told what to do"}
        ).action_log()

    def test_call_counts_as_a_mail(self):
        """Case 16: two tickets, two ways, the same ledger."""
        mailed = self.report(0, severity="serious")
        with self.at(2):
            self.call(self.ticket)
            with self.mock_mail_gateway():
                self.as_role("support", mailed).message_post(
                    body="Do this",
                    subtype_xmlid="mail.mt_comment",
                    message_type="comment",
                )
        for ticket in (self.ticket, mailed):
            clock = self.clock(ticket, "respond")
            self.assertEqual((clock.outcome, clock.used_minutes), ("met", 120))
            self.assertEqual(ticket.responded_at, utc(2, 11))
            self.assertEqual(ticket.state, "in_progress")
        self.assertIn("Call with", self.respond.outcome_reason)

    def test_call_that_reached_nobody_does_not_count(self):
        with self.at(2):
            self.call(self.ticket, reached=False)
        self.assertEqual(self.respond.outcome, "open")

    def test_the_customer_answers_by_mail_or_by_telephone(self):
        """Case 16: what ends the wait for the customer does not depend on the way."""
        called = self.report(0, severity="serious")
        for ticket in (self.ticket, called):
            self.move(ticket, "customer", utc(2, 10))
        with self.at(4):
            self.call(called)
            with self.mock_mail_gateway():
                question = self.ticket.message_ids.sorted("id")[:1]
                self.format_and_process(
                    MAIL,
                    "Mia Mill <mia@mill.example.com>",
                    f"test.service@{self.alias_domain}",
                    subject="Re: Hose leaks",
                    extra=f"In-Reply-To: {question.message_id}",
                    target_model="aftersales.ticket",
                )
        mails = self.ticket.message_ids.filtered(lambda m: m.message_type == "email")
        self.assertEqual(len(mails), 1, "the mail has come to its ticket")
        self.assertEqual(self.ticket.waiting_since, called.waiting_since)
        self.assertEqual(self.ticket.state, called.state)
        self.assertEqual(self.clock(self.ticket).state, self.clock(called).state)

    def test_an_earlier_answer_entered_later_counts(self):
        with self.at(12):
            self.ticket._respond()
        self.assertEqual(self.respond.outcome, "missed")
        with self.at(13):
            self.ticket._respond(utc(2, 12))
        self.assertEqual(
            (self.respond.outcome, self.respond.used_minutes), ("met", 180)
        )
        self.assertEqual(self.ticket.responded_at, utc(2, 12))
        self.assertFalse(self.ticket.has_missed)

    def test_answer_before_classification_counts(self):
        ticket, other = self.report(0), self.report(0)
        with self.at(2):
            (ticket | other)._respond()
        with self.at(20):
            ticket.severity = "serious"
            self.policies["respond"].from_report = False
            other.severity = "serious"
        clock = self.clock(ticket, "respond")
        self.assertEqual((clock.outcome, clock.used_minutes), ("met", 120))
        self.assertFalse(self.clock(other, "respond"), "no clock that is met at birth")

    def test_an_answer_before_the_clock_was_attached_counts(self):
        self.policies["respond"].from_report = False
        ticket = self.report(0)
        with self.at(5):
            ticket.severity = "serious"
            ticket._respond(utc(2, 13))
        self.assertEqual(self.clock(ticket, "respond").outcome, "met")

    def test_reclassified_later_counts_from_the_report(self):
        ticket = self.report(0)
        with self.at(5):
            ticket.severity = "serious"
        self.assertEqual(self.clock(ticket, "respond").deadline, utc(2, 17))

    def test_policy_that_counts_from_its_attachment(self):
        self.policies["respond"].from_report = False
        ticket = self.report(0)
        with self.at(5):
            ticket.severity = "serious"
        self.assertEqual(self.clock(ticket, "respond").deadline, utc(2, 22))


@tagged("post_install", "-at_install")
class TestSlaVoid(SlaCommon):
    """Case 13: an outcome of its own, neither met nor missed."""

    def rate(self, tickets):
        """Return hit rate and number of clocks, as the reports ask for them."""
        return self.env["aftersales.sla.clock"]._read_group(
            [("ticket_id", "in", tickets.ids)], [], ["hit_rate:avg", "__count"]
        )[0]

    def test_cancelled_ticket_voids_its_clocks(self):
        """Case 13: also what was late already."""
        ticket = self.report(0, severity="serious")
        with self.at(100):
            self.as_role("dispatcher", ticket).action_cancel()
        clocks = ticket.sudo().clock_ids
        self.assertEqual(clocks.mapped("outcome"), ["void"] * 3)
        self.assertEqual(set(clocks.mapped("outcome_reason")), {"Ticket cancelled"})
        self.assertFalse(ticket.is_overdue or ticket.next_deadline)
        self.assertFalse(ticket.has_missed)
        for clock in clocks:
            row = clock.event_ids[-1]
            self.assertEqual(
                (row.kind, row.user_id), ("void", self.users["dispatcher"])
            )

    def test_merged_ticket_voids_its_clocks(self):
        """Case 13: a merged or duplicate ticket names the one that goes on."""
        ticket = self.report(0, severity="serious")
        with self.at(1):
            ticket._void_clocks("Merged into another ticket")
        clocks = ticket.sudo().clock_ids
        self.assertEqual(set(clocks.mapped("outcome")), {"void"})
        self.assertEqual(
            set(clocks.mapped("outcome_reason")), {"Merged into another ticket"}
        )
        self.assertFalse(ticket.next_deadline)

    def test_void_clocks_leave_the_hit_rates(self):
        """Case 13: one met, one missed, seven void or open: half of them kept."""
        tickets = self.env["aftersales.ticket"]
        for _i in range(3):
            tickets |= self.report(0, severity="serious")
        self.assertEqual(self.rate(tickets), (False, 9), "nothing is decided yet")
        with self.at(2):
            tickets[0]._respond()
            tickets[2].action_cancel()
        self.assertEqual(self.rate(tickets), (1.0, 9))
        with self.at(9):
            tickets[1]._respond()
        self.assertEqual(self.rate(tickets), (0.5, 9))
        self.assertEqual(self.rate(tickets[2]), (False, 3), "all void: no rate")
        by_outcome = dict(
            self.env["aftersales.sla.clock"]._read_group(
                [("ticket_id", "in", tickets.ids)], ["outcome"], ["__count"]
            )
        )
        self.assertEqual(by_outcome, {"met": 1, "missed": 1, "void": 3, "open": 4})
        formatted = self.env["aftersales.sla.clock"].formatted_read_group(
            [("ticket_id", "in", tickets.ids)], ["kind"], ["hit_rate:avg"]
        )
        rates = {group["kind"]: group["hit_rate:avg"] for group in formatted}
        self.assertEqual(rates["respond"], 0.5)
        self.assertFalse(rates["arrive"], "no decided clock, no rate")

    def test_solved_by_telephone_voids_the_on_site_clock(self):
        """A serious fault that needed nobody on site: void, with that reason."""
        ticket = self.report(0, severity="serious", service_mode="remote")
        with self.at(2):
            self.as_role("support", "aftersales.call.log").create(
                {"ticket_id": ticket.id, "summary": "Reset by the operator"}
            ).action_log()
            self.as_role("support", ticket).resolution = "Reset"
            self.as_role("support", ticket).action_solve()
        self.assertEqual(
            self.outcomes(ticket),
            {"respond": "met", "arrive": "void", "resolve": "met"},
        )
        arrive = self.clock(ticket, "arrive")
        self.assertEqual(arrive.outcome_reason, "Solved before anyone had to go")
        self.assertEqual(arrive.event_ids[-1].user_id, self.users["support"])
        self.assertEqual(self.rate(ticket), (1.0, 3))
        self.assertIn("Solved before", self.as_role("intake", arrive).deadline_reason)

    def test_a_broken_promise_is_not_voided(self):
        """Solving by telephone after the deadline is no way out."""
        ticket = self.report(0, severity="serious")
        with self.at(60):
            ticket._solve()
            ticket._set_state("closed")
        self.assertEqual(
            self.outcomes(ticket),
            {"respond": "missed", "arrive": "missed", "resolve": "met"},
        )
        self.assertFalse(ticket.responded_at)
        self.assertTrue(ticket.has_missed)

    def test_nobody_went_is_never_met(self):
        """Solved in the evening, when the target was used up to the last second."""
        self.policies["arrive"].write(
            {
                "around_the_clock": False,
                "resource_calendar_id": self.make_calendar("Day", ((9, 17),)).id,
                "target_hours": 8,
            }
        )
        ticket = self.report(utc(2, 8), severity="serious")
        self.assertEqual(self.clock(ticket, "arrive").deadline, utc(2, 16))
        with self.at(utc(2, 20)):
            ticket._solve()
        clock = self.clock(ticket, "arrive")
        self.assertFalse(ticket.arrived_at)
        self.assertIn(clock.outcome, ("void", "missed"))

    def test_less_severe_voids_open_clocks_only(self):
        ticket = self.report(0, severity="serious")
        with self.at(1):
            ticket._respond()
            self.as_role("dispatcher", ticket).write(
                {"severity": "minor", "severity_reason": "Runs again"}
            )
        self.assertEqual(
            self.outcomes(ticket),
            {"respond": "met", "arrive": "void", "resolve": "void"},
        )
        self.assertEqual(self.clock(ticket, "arrive").outcome_reason, "Reclassified")
        self.assertFalse(ticket.next_deadline)
        with self.at(2):
            ticket.severity = "serious"
        self.assertEqual(self.clock(ticket, "arrive").outcome, "open")
        self.assertEqual(len(ticket.sudo().clock_ids), 5, "void ones stay readable")
