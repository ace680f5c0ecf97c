# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When a solved ticket closes by itself, and what keeps it open."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..models import aftersales_ticket_closing
from .common import GROUP
from .common_charges import ChargesCommon

LOGGER = "odoo.addons.aftersales_service.models.aftersales_ticket_closing"


@tagged("post_install", "-at_install")
class TestClosingRule(ChargesCommon):
    @classmethod
    def lay_ground(cls):
        cls.accountant = new_test_user(
            cls.env,
            login="as_accountant",
            name="Ada Accountant",
            email="ada@maker.example.com",
            groups=f"account.group_account_invoice,{GROUP % 'finance'}",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.seller = new_test_user(
            cls.env,
            login="as_seller",
            name="Sam Seller",
            email="sam@maker.example.com",
            groups="sales_team.group_sale_salesman_all_leads",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def serve(self, rule, coverage="none", outcome="accepted", **values):
        """Let a team have a rule, and serve one of its tickets up to the signature.

        :return: the ticket and its visit
        """
        self.team.closing_rule = rule
        visit = self.finish(coverage, self.free() if coverage == "full" else None)
        with self.at(31):
            self.sign(visit, outcome=outcome, **values)
            self.env.cr.flush()
        return self.finding.sudo().ticket_id, visit

    def free(self):
        """Return lines that a full warranty pays altogether."""
        self.company.aftersales_callout_product_id = False
        return [self.labour(2), self.part(self.pump)]

    def receipts(self, visit):
        return self.env["aftersales.receipt"].search([("dispatch_id", "=", visit.id)])

    def bring(self, visit):
        """Bring the receipt of a visit to finance.

        :return: the receipt as the accountant sees it
        """
        receipt = self.receipts(visit).filtered(lambda r: r.state != "replaced")
        self.as_role("technician", receipt)._step("handed")
        receipt = receipt.with_user(self.accountant)
        receipt._step("received")
        self.env.cr.flush()
        return receipt

    def file(self, visit):
        """Bring the receipt of a visit to finance, and let finance file it."""
        self.bring(visit)._step("filed")
        self.env.cr.flush()

    def pay(self, move):
        """Let the accountant register the payment of an invoice."""
        register = (
            self.env["account.payment.register"]
            .with_user(self.accountant)
            .with_context(active_model="account.move", active_ids=move.ids)
        )
        register.create({}).action_create_payments()
        self.env.cr.flush()

    def invoice(self, order, post=True):
        """Confirm and invoice an order; the accountant posts it."""
        if order.state != "sale":
            order.action_confirm()
        move = order._create_invoices()
        if post:
            move.with_user(self.accountant).action_post()
        self.env.cr.flush()
        return move

    # === THE RULES === #

    def test_by_hand(self):
        ticket, visit = self.serve("manual", "full")
        self.file(visit)
        self.env["aftersales.ticket"]._try_close()
        self.assertEqual(ticket.state, "solved")
        self.assertEqual(ticket._closing_missing(), [])
        self.assertFalse(ticket.closing_missing)

    def test_new_teams_wait_for_the_money(self):
        team = self.env["aftersales.team"].create({"name": "New"})
        self.assertEqual(team.closing_rule, "invoiced")

    def test_accepted(self):
        ticket, _visit = self.serve("accepted")
        self.assertEqual(ticket.state, "closed")
        self.assertTrue(ticket.closed_at)
        note = ticket.message_ids[:1]
        self.assertEqual(note.author_id, self.env.ref("base.partner_root"))

    def test_not_accepted(self):
        """What the customer refuses stays open, also where somebody calls it solved."""
        ticket, visit = self.serve(
            "accepted", outcome="refused", outcome_reason="Still leaks"
        )
        self.assertEqual(ticket.state, "in_progress")
        ticket.resolution = "Hose replaced"
        self.as_role("dispatcher", ticket).action_solve()
        self.env.cr.flush()
        self.assertEqual(ticket.state, "solved")
        [text] = ticket._closing_missing()
        self.assertIn("accepted the service", text)
        # The corrected form is the one that counts.
        visit.action_correct()
        self.assertIn(visit.name, ticket._closing_missing()[0])
        with self.at(32):
            self.sign(visit, replaces_reason="Tightened the clamp")
            self.env.cr.flush()
        self.assertEqual(ticket.state, "closed")

    def test_open_visit(self):
        """A second visit keeps it open, until it is cancelled."""
        self.team.closing_rule = "accepted"
        visit = self.finish("full")
        ticket = self.finding.sudo().ticket_id
        with self.at(30):
            second = self.plan_visit(ticket, 72)
        with self.at(31):
            self.sign(visit)
            self.env.cr.flush()
        self.assertEqual(ticket.state, "solved")
        self.assertEqual(len(ticket._closing_missing()), 1)
        self.assertIn(second.name, ticket.closing_missing)
        second._cancel()
        self.env.cr.flush()
        self.assertEqual(ticket.state, "closed")

    def test_answered_without_a_visit(self):
        """Nobody has signed for it: it is closed by hand."""
        self.team.closing_rule = "accepted"
        ticket = self.create_ticket(resolution="Explained")
        self.as_role("technician", ticket).action_solve()
        self.env.cr.flush()
        self.assertEqual(ticket.state, "solved")
        self.assertIn("by signing", ticket.closing_missing)
        self.as_role("intake", ticket).action_close()
        self.assertEqual(ticket.state, "closed")

    def test_complaint(self):
        """A complaint waits for the customer's answer to what he was offered."""
        self.team.closing_rule = "accepted"
        ticket = self.create_ticket(ticket_type="complaint", resolution="Apologised")
        self.as_role("dispatcher", ticket).action_solve()
        self.env.cr.flush()
        self.assertEqual(ticket.state, "solved")
        self.assertIn("what he was offered", ticket.closing_missing)
        ticket.sudo().customer_answer = "accepted"
        self.assertEqual(ticket._try_close(), ticket)

    def test_filed(self):
        """Free of charge: the receipt is the last thing, and the accountant's step
        closes what he can't see."""
        ticket, visit = self.serve("filed", "full")
        self.assertEqual(ticket.state, "solved")
        [text] = ticket._closing_missing()
        self.assertIn(self.receipts(visit).display_name, text)
        self.assertIn("Issued", text)
        self.file(visit)
        self.assertEqual(ticket.state, "closed")
        with self.assertRaises(AccessError):
            ticket.with_user(self.accountant).check_access("read")

    def test_replaced_receipt(self):
        """Only the receipt of the latest version is waited for."""
        ticket, visit = self.serve("filed", "full")
        visit.action_correct()
        self.env.cr.flush()
        with self.at(32):
            self.sign(visit, replaces_reason="Corrected")
            self.env.cr.flush()
        self.assertEqual(
            sorted(self.receipts(visit).mapped("state")), ["issued", "replaced"]
        )
        self.assertEqual(len(ticket._closing_missing()), 1)
        self.file(visit)
        self.assertEqual(ticket.state, "closed")

    def test_invoiced(self):
        """A paid repair waits for the posted invoice and the reconciled receipt; the
        last payment closes it."""
        ticket, visit = self.serve("invoiced")
        order = self.order(visit)
        self.assertEqual(len(ticket._closing_missing()), 2)
        move = self.invoice(order, post=False)
        self.assertEqual(len(ticket._closing_missing()), 2, "a draft is no invoice")
        receipt = self.bring(visit)
        self.assertIn(f"order {order.name} is invoiced", ticket._closing_missing())
        move.with_user(self.accountant).action_post()
        self.env.cr.flush()
        [text] = ticket._closing_missing()
        self.assertIn(receipt.display_name, text)
        self.pay(move)
        self.assertEqual(receipt.state, "reconciled")
        self.assertEqual(ticket.state, "closed")

    def test_waived(self):
        """What two people of finance waive is not invoiced any more."""
        ticket, visit = self.serve("invoiced")
        receipt = self.bring(visit)
        receipt._propose_settlement("waived", "The customer waited for three weeks")
        self.assertEqual(ticket.state, "solved")
        self.as_role("finance", receipt).action_approve_settlement()
        self.env.cr.flush()
        self.assertEqual((receipt.money_state, receipt.state), ("waived", "reconciled"))
        self.assertNotEqual(self.order(visit).invoice_status, "invoiced")
        self.assertEqual(ticket.state, "closed")

    def test_nothing_charged(self):
        ticket, visit = self.serve("invoiced", "full")
        self.assertEqual(len(ticket._closing_missing()), 1)
        self.file(visit)
        self.assertEqual(ticket.state, "closed")

    def test_cancelled_order(self):
        """Charges that sales takes back are not waited for."""
        ticket, visit = self.serve("invoiced")
        receipt = self.bring(visit)
        self.order(visit).with_user(self.seller)._action_cancel()
        self.env.cr.flush()
        self.assertEqual(len(ticket._closing_missing()), 1)
        receipt._step("filed")
        self.env.cr.flush()
        self.assertEqual(ticket.state, "closed")

    def test_followup(self):
        """Who is still to be asked keeps the ticket open, where the rule says so."""
        rule = self.env["aftersales.followup.rule"].create(
            {"name": "Before closing", "before_closing": True, "sequence": 1}
        )
        ticket, visit = self.serve("accepted")
        self.assertEqual(ticket.state, "solved")
        self.assertIn("as stated", ticket.closing_missing)
        followup = visit.sudo().followup_ids
        self.assertEqual(followup.rule_id, rule)
        call = self.as_role("intake", followup).action_call()
        Call = self.as_role("intake", call["res_model"])
        call = Call.with_context(**call["context"]).create({"satisfaction": "5"})
        for line in call.line_ids:
            line.answer = line.question_id.good_answer
        call.action_done()
        self.env.cr.flush()
        self.assertEqual(followup.state, "done")
        self.assertEqual(ticket.state, "closed")

    # === WHAT GOES WRONG === #

    def test_invoice_is_not_broken(self):
        """Whatever goes wrong with the ticket, the invoice is posted; the job tries
        again, and one bad ticket hinders no other."""
        ticket, visit = self.serve("invoiced")
        self.bring(visit)
        Ticket = type(self.env["aftersales.ticket"])
        original = Ticket._close_by_rule

        def fail(record):
            record.name = "half written"
            record.flush_recordset()
            raise ValueError

        with patch.object(Ticket, "_closing_gaps", fail), mute_logger(LOGGER):
            move = self.invoice(self.order(visit))
        self.assertEqual(move.state, "posted")
        with patch.object(Ticket, "_close_by_rule", fail), mute_logger(LOGGER):
            self.pay(move)
        self.assertEqual(move.amount_residual, 0)
        self.assertEqual((ticket.state, ticket.name), ("solved", "Hose leaks"))

        def fail_for_one(record):
            if record == ticket:
                raise ValueError
            return original(record)

        other = ticket.copy({"stage_id": ticket.stage_id.id})
        other.write({"ticket_type": "complaint", "unanswered_reason": "Said so"})
        self.team.closing_rule = "accepted"
        with patch.object(Ticket, "_close_by_rule", fail_for_one), mute_logger(LOGGER):
            self.run_job()
        self.assertEqual((ticket.state, other.state), ("solved", "closed"))
        self.run_job()
        self.assertEqual(ticket.state, "closed")

    def run_job(self):
        job = self.env.ref("aftersales_service.ir_cron_ticket_closing")
        with self.enter_registry_test_mode():
            self.assertIs(job.method_direct_trigger(), True)
        self.env.invalidate_all()

    def test_many_are_left_to_the_job(self):
        job = self.env.ref("aftersales_service.ir_cron_ticket_closing")
        triggers = self.env["ir.cron.trigger"].search_count
        with patch.object(aftersales_ticket_closing, "AT_ONCE", 0):
            before = triggers([("cron_id", "=", job.id)])
            ticket, _visit = self.serve("accepted")
        self.assertEqual(ticket.state, "solved")
        self.assertGreater(triggers([("cron_id", "=", job.id)]), before)
        self.run_job()
        self.assertEqual(ticket.state, "closed")
        # A job that runs again finds nothing to do.
        notes = len(ticket.message_ids)
        self.run_job()
        self.assertEqual(len(ticket.message_ids), notes)

    # === PEOPLE === #

    def test_closed_by_hand_before(self):
        """Who might close, still may; what was missing is noted under his name."""
        ticket, visit = self.serve("invoiced")
        with self.assertRaises(AccessError):
            self.as_role("technician", ticket).action_close()
        self.as_role("intake", ticket).action_close()
        note = ticket.message_ids.filtered(lambda m: "Closed by hand" in (m.body or ""))
        self.assertIn(self.order(visit).name, note.body)
        self.assertEqual(note.author_id, self.users["intake"].partner_id)

    def test_rule_is_the_managers(self):
        team = self.as_role("dispatcher", self.team)
        with self.assertRaises(AccessError):
            team.closing_rule = "accepted"

    def test_changed_rule_counts_for_what_is_solved(self):
        ticket, _visit = self.serve("manual")
        self.team.closing_rule = "accepted"
        self.run_job()
        self.assertEqual(ticket.state, "closed")

    def test_seen_by_the_technician(self):
        """What is missing names no amount, and needs no sales right."""
        ticket, visit = self.serve("invoiced")
        text = self.as_role("technician", ticket).closing_missing
        self.assertIn(self.order(visit).name, text)
        self.assertNotIn(str(self.order(visit).amount_total), text)

    def test_cost_of_many(self):
        """What is missing of twenty tickets costs as much as of one."""
        ticket, visit = self.serve("invoiced")
        others = self.env["aftersales.ticket"].union(
            *(ticket.copy({"stage_id": ticket.stage_id.id}) for _i in range(20))
        )

        def queries(tickets):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            tickets.mapped("closing_missing")
            return self.env.cr.sql_log_count - before

        self.assertLessEqual(queries(others | ticket), queries(ticket) + 2)
        self.assertTrue(visit)

    def test_cost_of_many_that_wait_for_an_answer(self):
        """Neither do the follow-ups of twenty tickets cost more."""
        self.env["aftersales.followup.rule"].create(
            {"name": "Before closing", "before_closing": True, "sequence": 1}
        )
        ticket, visit = self.serve("accepted")
        self.assertEqual(visit.sudo().followup_ids.state, "to_do")
        others = self.env["aftersales.ticket"].union(
            *(ticket.copy({"stage_id": ticket.stage_id.id}) for _i in range(20))
        )
        for tickets in (ticket, others | ticket):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertIn("as stated", tickets._closing_gaps()[ticket][-1])
            cost = self.env.cr.sql_log_count - before
            if tickets == ticket:
                one = cost
        self.assertLessEqual(cost, one + 2)
