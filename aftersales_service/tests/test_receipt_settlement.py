# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What stays open is explained by one person and approved by another."""

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_receipt_money import ReceiptMoneyCommon


@tagged("post_install", "-at_install")
class TestReceiptSettlement(ReceiptMoneyCommon):
    def short(self):
        """Return a receipt of which the customer keeps back 2."""
        receipt = self.billed()
        self.pay(receipt.sudo().move_ids, 98)
        self.assertEqual(self.money(receipt), (100, 98, 2, "partial", "received"))
        return receipt

    def test_difference(self):
        receipt = self.short()
        self.assertFalse(receipt.with_user(self.bert).settlement_text)
        settlement = self.explain(receipt)
        self.assertEqual(
            (settlement.state, settlement.amount, settlement.proposed_by_id),
            ("proposed", 2, self.ann),
        )
        self.assertEqual(self.money(receipt)[3:], ("difference", "received"))
        found = self.env["aftersales.receipt"].with_user(self.bert)
        found = found.search([("is_settlement_proposed", "=", True)])
        self.assertIn(receipt, found)
        self.approve(receipt)
        self.assertEqual(
            (settlement.state, settlement.approved_by_id), ("approved", self.bert)
        )
        self.assertEqual(self.money(receipt)[3:], ("difference", "reconciled"))
        self.assertIn("Scratched cover", receipt.step_ids[-1].note)
        # Nothing was posted: the invoice says natively what is open.
        invoice = receipt.sudo().move_ids
        self.assertEqual(
            (invoice.amount_residual, invoice.payment_state), (2, "partial")
        )
        # Credited later, it is matched and stays where it is.
        note = self.credit(invoice, 2)
        (invoice | note).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        ).reconcile()
        self.settle_transaction()
        self.assertEqual(self.money(receipt), (98, 98, 0, "matched", "reconciled"))

    def test_approval_is_for_this_amount(self):
        """The payment is undone: something else is open than what was approved."""
        receipt = self.short()
        self.explain(receipt)
        self.approve(receipt)
        self.undo(receipt.sudo().move_ids)
        self.assertEqual(self.money(receipt), (100, 0, 100, "unmatched", "received"))
        # Paid again, short by the same: what was approved holds again.
        self.pay(receipt.sudo().move_ids, 98)
        self.assertEqual(self.money(receipt)[3:], ("difference", "reconciled"))

    def test_waived(self):
        receipt = self.billed()
        self.explain(receipt, "waived", "Goodwill, agreed with the manager")
        self.assertEqual(
            self.money(receipt)[3:], ("unmatched", "received"), "not before approval"
        )
        self.approve(receipt, self.boss)
        self.assertEqual(self.money(receipt), (100, 0, 100, "waived", "reconciled"))

    def test_paid_too_much(self):
        receipt = self.billed(paid_method="cash", paid_amount=105)
        self.register(receipt)
        self.assertEqual(self.money(receipt), (100, 105, -5, "difference", "received"))
        with self.assertRaisesRegex(UserError, "Only what is still owed"):
            self.explain(receipt, "waived", "Tip")
        self.explain(receipt, why="Tip for the technician's team")
        self.approve(receipt)
        self.assertEqual(self.money(receipt)[3:], ("difference", "reconciled"))

    def test_cash_that_never_came(self):
        """The technician stated 120, 100 were in the envelope and owed."""
        receipt = self.billed(paid_method="cash", paid_amount=120)
        self.pay(receipt.sudo().move_ids)
        self.assertEqual(self.money(receipt)[2:], (0, "difference", "received"))
        self.assertTrue(receipt.is_unbooked)
        self.explain(receipt, why="He got 20 back, written down wrongly")
        self.approve(receipt)
        self.assertEqual(receipt.state, "reconciled")
        self.assertFalse(receipt.is_unbooked)

    def test_it_takes_two(self):
        receipt = self.short()
        settlement = self.explain(receipt)
        self.assertFalse(receipt.with_user(self.ann).can_approve)
        self.assertTrue(receipt.with_user(self.bert).can_approve)
        text = receipt.with_user(self.bert).settlement_text
        for words in ("Difference", "2.00", "Ann", "Scratched cover"):
            self.assertIn(words, text)
        with self.assertRaisesRegex(AccessError, "second person"):
            self.approve(receipt, self.ann)
        for user in (self.keeper, self.users["technician"], self.users["dispatcher"]):
            with self.subTest(user.name), self.assertRaises(AccessError):
                self.approve(receipt, user)
        self.assertEqual(settlement.state, "proposed")
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.CheckViolation),
            self.cr.savepoint(),
        ):
            self.cr.execute(
                "UPDATE aftersales_receipt_settlement SET state = 'approved',"
                " approved_by_id = proposed_by_id WHERE id = %s",
                [settlement.id],
            )
        # Also not by hand.
        for vals in ({"state": "approved"}, {"amount": 1}):
            with self.assertRaises(AccessError):
                settlement.with_user(self.bert).write(vals)
        with self.assertRaises(AccessError):
            self.env["aftersales.receipt.settlement"].with_user(self.bert).create(
                {
                    "receipt_id": receipt.id,
                    "kind": "waived",
                    "explanation": "-",
                    "proposed_by_id": self.ann.id,
                    "state": "approved",
                }
            )
        with self.assertRaises(UserError):
            settlement.unlink()

    def test_technician_of_finance_does_not_approve(self):
        """Whoever worked for it decides nothing about its money."""
        receipt = self.short()
        self.explain(receipt)
        technician = self.users["technician"]
        technician.group_ids |= self.ann.group_ids
        for method in ("action_approve_settlement", "action_match"):
            with self.subTest(method), self.assertRaisesRegex(AccessError, "worked"):
                getattr(receipt.with_user(technician), method)()
        self.assertFalse(receipt.with_user(technician).can_approve)
        other = self.short()
        with self.assertRaisesRegex(AccessError, "worked"):
            self.explain(other, user=technician)

    def test_refused(self):
        receipt = self.short()
        settlement = self.explain(receipt)
        receipt.with_user(self.bert).action_refuse_settlement()
        self.settle_transaction()
        self.assertEqual((settlement.state, receipt.state), ("refused", "received"))
        self.assertEqual(receipt.money_state, "partial")
        with self.assertRaisesRegex(UserError, "waits to be approved"):
            self.approve(receipt)
        self.assertTrue(self.explain(receipt, why="He is right"))

    def test_once_at_a_time(self):
        receipt = self.short()
        self.explain(receipt)
        for user in (self.ann, self.bert):
            with self.assertRaisesRegex(UserError, "somebody has explained"):
                self.explain(receipt, user=user)
        # What is open has changed since: it is not approved for another amount.
        self.pay(receipt.sudo().move_ids, 1)
        with self.assertRaisesRegex(UserError, "Another amount"):
            self.approve(receipt)

    def test_not_before_it_is_received(self):
        receipt = self.visit_receipt()
        with self.assertRaisesRegex(UserError, "not received"):
            self.explain(receipt, "waived")
        free = self.received(hours=0)
        with self.assertRaisesRegex(UserError, "nothing is open"):
            self.explain(free)

    def test_needs_words(self):
        receipt = self.short()
        with self.assertRaisesRegex(UserError, "Write down"):
            receipt.with_user(self.ann)._propose_settlement("difference", "  ")
