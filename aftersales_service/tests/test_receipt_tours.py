# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Finance in the browser: from an envelope on the desk to settled receipts.

The tour counts clicks, keys and typed characters as it goes, see
static/tests/tours/effort.js; docs/user_guide.md has the same numbers.
"""

from odoo.tests import HttpCase, tagged

from .common_receipt_money import ReceiptMoneyCommon

CASH = {"paid_method": "cash", "paid_amount": 100}
TRANSFER = {"paid_method": "transfer", "paid_amount": 200, "paid_reference": "SEPA 77"}
#: What is signed last stands first in the list.
NAMES = ("TOUR-TRANSFER", "TOUR-CASH", "TOUR-WARRANTY")


@tagged("post_install", "-at_install", "-standard", "aftersales_browser")
class TestReceiptTours(ReceiptMoneyCommon, HttpCase):
    def sign_visit(self, signed_at, hours, coverage="none", **values):
        """Have a visit signed.

        :return: its `aftersales.receipt`
        """
        visit = self.finish(coverage, [self.labour(hours)])
        with self.at(signed_at):
            return self.sign(visit, **values).receipt_ids

    def prepare(self):
        """Hand over an envelope of three, with names that the tour can know.

        :return: the envelope and its receipts: one whose money is at the bank, one
            with cash, one that is free
        """
        transfer = self.sign_visit(33, 2, **TRANSFER)
        cash = self.sign_visit(32, 1, **CASH)
        for receipt in (transfer, cash):
            self.invoice(receipt)
        receipts = transfer | cash | self.sign_visit(31, 1, "full")
        with self.at(34):
            batch = self.hand_over(receipts)
        self.env.flush_all()
        self.cr.execute(
            "UPDATE aftersales_receipt_batch SET name = 'TOUR-ENV' WHERE id = %s",
            [batch.id],
        )
        for name, receipt in zip(NAMES, receipts, strict=True):
            self.cr.execute(
                "UPDATE aftersales_receipt SET name = %s WHERE id = %s",
                [name, receipt.id],
            )
        self.env.invalidate_all()
        return batch, receipts

    def test_from_the_envelope_to_settled_receipts(self):
        batch, receipts = self.prepare()
        transfer, cash, _free = receipts
        self.assertEqual(
            receipts.mapped("money_state"), ["unmatched", "unmatched", "none"]
        )
        line = self.statement(200, "SEPA 77 Mill & Sons")
        began = self.env["account.payment"].search([], order="id desc", limit=1).id or 0
        self.env.flush_all()
        self.start_tour(
            "/odoo/receive-receipts", "aftersales_receipt_money", login="as_ann"
        )
        self.env.invalidate_all()
        self.assertEqual(batch.state, "received")
        self.assertEqual(self.money(transfer), (200, 200, 0, "matched", "reconciled"))
        self.assertEqual(self.money(cash), (100, 100, 0, "matched", "reconciled"))
        self.assertEqual(receipts.mapped("state"), ["reconciled"] * 2 + ["filed"])
        self.check_steps(receipts)
        # At the bank: the line of the statement itself, no payment beside it.
        self.assertTrue(line.is_reconciled)
        self.assertEqual(
            line.line_ids.matched_debit_ids.debit_move_id.move_id, transfer.move_ids
        )
        # In cash: one native payment, made by finance from the receipt.
        payment = self.env["account.payment"].search([("id", ">", began)])
        self.assertEqual(payment, cash.payment_ids)
        self.assertEqual(payment.create_uid, self.ann)
        self.assertEqual((payment.journal_id, payment.amount), (self.cash, 100))
        self.assertTrue(payment.is_reconciled)
        self.assertEqual(payment.reconciled_invoice_ids, cash.move_ids)
        for invoice in (transfer | cash).move_ids:
            self.assertIn(invoice.payment_state, ("paid", "in_payment"))
            self.assertFalse(invoice.amount_residual)

    def check_steps(self, receipts):
        """Each step was made by whom it belongs to, one after the other."""
        technician = self.users["technician"]
        for receipt in receipts:
            with self.subTest(receipt.name):
                self.assertEqual(
                    self.steps(receipt),
                    [
                        ("issued", technician),
                        ("handed", technician),
                        ("received", self.ann),
                        (receipt.state, self.ann),
                    ],
                )
                moments = receipt.step_ids.mapped("at")
                self.assertEqual(moments, sorted(moments))
                self.assertEqual(receipt.received_by_id, self.ann)
                self.assertGreater(receipt.received_at, receipt.handed_at)
