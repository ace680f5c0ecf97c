# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Proposals of what pays a receipt, and one click that reconciles natively."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_receipt_money import ReceiptMoneyCommon


@tagged("post_install", "-at_install")
class TestReceiptMatch(ReceiptMoneyCommon):
    def match(self, receipt, user=None):
        """Press the button that is shown, with what is shown beside it."""
        mine = receipt.with_user(user or self.ann)
        mine.invalidate_recordset()
        self.assertTrue(mine.proposal_key)
        mine.with_context(proposal=mine.proposal_key).action_match()
        self.settle_transaction()

    def pay_ahead(self, amount, memo=False, partner=None):
        """Book a payment that nobody has matched yet."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": (partner or self.customer).id,
                "amount": amount,
                "journal_id": self.bank.id,
                "date": "2026-03-04",
                "memo": memo,
            }
        )
        payment.action_post()
        return payment

    def text(self, receipt):
        mine = receipt.with_user(self.ann)
        mine.invalidate_recordset()
        return mine.proposal_text

    # === PAYMENTS === #

    def test_payment_of_the_customer(self):
        receipt = self.billed()
        self.assertFalse(self.text(receipt))
        payment = self.pay_ahead(100)
        text = self.text(receipt)
        for words in (payment.name, "100.00", "the same amount", "the same customer"):
            self.assertIn(words, text)
        self.assertEqual(receipt.state, "received")
        self.match(receipt)
        self.assertEqual(self.money(receipt), (100, 100, 0, "matched", "reconciled"))
        self.assertEqual(receipt.step_ids[-1].user_id, self.ann)
        self.assertTrue(payment.is_reconciled)
        self.assertIn("Matched", receipt.message_ids[0].body)

    def test_the_one_that_names_it(self):
        """The reference says more than the amount."""
        receipt = self.billed()
        self.pay_ahead(100)
        named = self.pay_ahead(100, memo=f"for {receipt.dispatch_id.name}")
        text = self.text(receipt)
        self.assertIn(named.name, text)
        self.assertIn("it names it", text)

    def test_other_customers_are_left_alone(self):
        receipt = self.billed()
        other = self.env["res.partner"].create({"name": "Someone Else"})
        self.pay_ahead(100, partner=other)
        self.statement(100, "Rent", other)
        self.assertFalse(self.text(receipt))
        with self.assertRaisesRegex(UserError, "Nothing is open"):
            receipt.with_user(self.ann).action_match()

    def test_partial_and_second_payment(self):
        receipt = self.billed()
        self.pay_ahead(60)
        self.match(receipt)
        self.assertEqual(self.money(receipt), (100, 60, 40, "partial", "received"))
        self.pay_ahead(40)
        self.match(receipt)
        self.assertEqual(self.money(receipt), (100, 100, 0, "matched", "reconciled"))

    def test_two_payments_together(self):
        receipt = self.billed()
        payments = self.pay_ahead(70) | self.pay_ahead(30)
        self.assertIn("together the same amount", self.text(receipt))
        self.match(receipt)
        self.assertEqual(receipt.state, "reconciled")
        self.assertEqual(set(payments.mapped("is_reconciled")), {True})

    def test_one_payment_for_two_receipts(self):
        """What the first one leaves is proposed for the second."""
        first, second = self.billed(1), self.billed(2)
        payment = self.pay_ahead(300)
        self.match(first)
        self.assertEqual(first.state, "reconciled")
        self.assertFalse(payment.is_reconciled)
        self.assertIn("the same amount", self.text(second))
        self.match(second)
        self.assertEqual(second.state, "reconciled")
        self.assertTrue(payment.is_reconciled)

    def test_credit_note(self):
        """A credit note of the customer is a credit like any other."""
        receipt = self.billed()
        other = self.billed(3)
        self.pay(other.sudo().move_ids)
        note = self.credit(other.sudo().move_ids, 100)
        self.assertIn(note.name, self.text(receipt))
        self.match(receipt)
        self.assertEqual(receipt.state, "reconciled")
        self.assertEqual(note.payment_state, "paid")

    def test_what_is_gone_is_not_matched(self):
        """Somebody else has matched it while the receipt was on the screen."""
        receipt, other = self.billed(), self.billed()
        self.pay_ahead(100)
        mine = receipt.with_user(self.ann)
        key = mine.proposal_key
        self.match(other, self.bert)
        with self.assertRaisesRegex(UserError, "somebody else was faster"):
            mine.with_context(proposal=key).action_match()
        self.assertEqual(receipt.state, "received")

    # === BANK STATEMENTS === #

    def test_statement_line(self):
        """The counterpart leaves the suspense account, natively."""
        receipt = self.billed()
        invoice = receipt.sudo().move_ids
        line = self.statement(100, f"Payment {invoice.name}")
        self.assertFalse(line.is_reconciled)
        self.assertIn("Bank: Payment", self.text(receipt))
        self.match(receipt)
        self.assertEqual(self.money(receipt), (100, 100, 0, "matched", "reconciled"))
        self.assertTrue(line.is_reconciled)
        self.assertEqual(invoice.payment_state, "paid")
        _liquidity, suspense, others = line._seek_for_lines()
        self.assertFalse(suspense)
        self.assertEqual(others.account_id.account_type, "asset_receivable")
        self.assertEqual(others.partner_id, self.customer)
        self.assertEqual(line.move_id.state, "posted")
        # Undone by the native button of the statement line.
        line.action_undo_reconciliation()
        self.settle_transaction()
        self.assertEqual(self.money(receipt), (100, 0, 100, "unmatched", "received"))
        self.assertFalse(line.is_reconciled)
        self.match(receipt)
        self.assertEqual(receipt.state, "reconciled")

    def test_rest_of_a_statement_line_stays(self):
        """A transfer for more than one thing pays this one, the rest waits."""
        first, second = self.billed(1), self.billed(2)
        line = self.statement(350, "Transfer", self.customer)
        self.match(first)
        self.assertEqual(first.state, "reconciled")
        _liquidity, suspense, _others = line._seek_for_lines()
        self.assertEqual(suspense.amount_currency, -250)
        self.assertFalse(line.is_reconciled)
        self.match(second)
        self.assertEqual(second.state, "reconciled")
        _liquidity, suspense, _others = line._seek_for_lines()
        self.assertEqual(suspense.amount_currency, -50)

    def test_statement_line_of_less(self):
        receipt = self.billed()
        line = self.statement(98, "Transfer", self.customer)
        self.assertIn("another amount", self.text(receipt))
        self.match(receipt)
        self.assertEqual(self.money(receipt), (100, 98, 2, "partial", "received"))
        self.assertTrue(line.is_reconciled)

    def test_statement_in_a_foreign_currency(self):
        """The bank's amount is ours, the invoice is in the customer's currency."""
        foreign = self.make_foreign(2.0)
        receipt = self.billed()
        invoice = receipt.sudo().move_ids
        self.assertEqual((invoice.currency_id, invoice.amount_total), (foreign, 200))
        line = self.statement(100, invoice.name, self.customer)
        self.match(receipt)
        self.assertEqual(self.money(receipt)[2:], (0, "matched", "reconciled"))
        self.assertTrue(line.is_reconciled)

    def test_bank_lines_need_the_right_to_write_them(self):
        """Who only makes invoices is shown payments, but no lines of the bank."""
        receipt = self.billed()
        self.statement(100, receipt.name, self.customer)
        invoicer = self.make_user(
            "as_invoicer",
            "Invoicer",
            "base.group_user,account.group_account_invoice,"
            "aftersales_service.aftersales_service_group_finance",
        )
        self.assertTrue(self.text(receipt))
        self.assertFalse(receipt.with_user(invoicer).proposal_key)
        self.pay_ahead(100)
        receipt.invalidate_recordset()
        self.match(receipt, invoicer)
        self.assertEqual(receipt.state, "reconciled")

    # === SEVERAL === #

    def test_dialog_with_all_proposals(self):
        receipt = self.billed()
        first = self.pay_ahead(100)
        second = self.pay_ahead(30)
        action = receipt.with_user(self.ann).action_view_proposals()
        dialog = self.env[action["res_model"]].with_user(self.ann)
        lines = dialog.browse(action["res_id"]).line_ids
        self.assertEqual(len(lines), 2)
        self.assertIn(first.name, lines[0].what)
        self.assertIn(second.name, lines[1].what)
        lines[1].action_match()
        self.settle_transaction()
        self.assertEqual(self.money(receipt), (100, 30, 70, "partial", "received"))

    def test_match_what_is_certain(self):
        """Each payment once; what two may mean is left to a person."""
        first, second, third = self.billed(1), self.billed(2), self.billed(2)
        self.pay_ahead(100)
        named = self.pay_ahead(200, memo=third.sudo().move_ids.name)
        notice = (first | second | third).with_user(self.ann).action_match()
        self.settle_transaction()
        self.assertIn("2 of 3", notice["params"]["message"])
        self.assertEqual(first.state, "reconciled")
        self.assertEqual(third.state, "reconciled")
        self.assertEqual(second.state, "received")
        self.assertEqual(named.reconciled_invoice_ids, third.sudo().move_ids)
        # Two receipts, one payment that fits both: nobody gets it.
        fourth = self.billed(2)
        self.pay_ahead(200)
        (second | fourth).with_user(self.ann).action_match()
        self.assertEqual({second.state, fourth.state}, {"received"})
