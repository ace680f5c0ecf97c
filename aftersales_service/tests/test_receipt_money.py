# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The money of receipts, through real visits, orders, invoices and payments."""

import importlib.util
from unittest.mock import patch

from odoo import SUPERUSER_ID, Command
from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import file_path

from .common_receipt_money import ReceiptMoneyCommon

CASH = {"paid_method": "cash", "paid_amount": 100}


@tagged("post_install", "-at_install")
class TestReceiptMoney(ReceiptMoneyCommon):
    # === WHAT IS OWED === #

    def test_free_visit_has_no_money(self):
        receipt = self.received(hours=0)
        self.assertEqual(self.money(receipt), (0, 0, 0, "none", "received"))
        self.assertTrue(receipt.with_user(self.ann).can_file)
        self.assertFalse(receipt.with_user(self.ann).can_match)
        receipt.with_user(self.ann).action_file()
        self.assertEqual(receipt.state, "filed")

    def test_from_the_order_to_the_paid_invoice(self):
        """Owed as ordered, then as invoiced; paid natively: reconciled by itself."""
        receipt = self.received()
        self.assertEqual(self.money(receipt), (100, 0, 100, "unmatched", "received"))
        self.assertFalse(receipt.with_user(self.ann).can_file)
        invoice = self.invoice(receipt, post=False)
        self.assertEqual(receipt.sudo().move_ids, invoice)
        invoice.invoice_line_ids.filtered("product_id").price_unit = 90
        self.settle_transaction()
        self.assertEqual(self.money(receipt), (90, 0, 90, "unmatched", "received"))
        invoice.action_post()
        self.pay(invoice, 30)
        self.assertEqual(self.money(receipt), (90, 30, 60, "partial", "received"))
        self.pay(invoice, 60)
        self.assertEqual(self.money(receipt), (90, 90, 0, "matched", "reconciled"))
        step = receipt.step_ids[-1]
        self.assertEqual((step.state, step.note), ("reconciled", "Matched"))

    def test_paid_before_it_is_received(self):
        """It is reconciled when finance has the paper as well."""
        receipt = self.visit_receipt()
        self.pay(self.invoice(receipt))
        self.assertEqual(self.money(receipt), (100, 100, 0, "matched", "issued"))
        self.receive(receipt)
        self.assertEqual(receipt.state, "reconciled")
        self.assertEqual(receipt.step_ids[-1].user_id, self.ann)

    def test_unreconciled_payment_puts_it_back(self):
        """By the native button, and with the payment itself."""
        receipt = self.billed()
        invoice = receipt.sudo().move_ids
        for number, undo in enumerate(
            (
                lambda payment: self.undo(invoice),
                lambda payment: (payment.action_draft(), payment.unlink()),
                lambda payment: payment.action_cancel(),
            )
        ):
            with self.subTest(number):
                payment = self.pay(invoice)
                self.assertEqual(receipt.state, "reconciled")
                undo(payment)
                self.settle_transaction()
                self.assertEqual(
                    self.money(receipt), (100, 0, 100, "unmatched", "received")
                )
                step = receipt.step_ids[-1]
                self.assertEqual(
                    (step.state, step.user_id.id), ("received", SUPERUSER_ID)
                )
                self.assertIn("Unmatched", step.note)
                self.assertIn(self.env.user.name, step.note)
        self.assertEqual(receipt.received_by_id, self.ann, "who received it stays")

    def test_cancelled_invoice(self):
        """What was invoiced and cancelled is owed as ordered; and again invoiced."""
        receipt = self.billed()
        invoice = receipt.sudo().move_ids
        self.pay(invoice)
        invoice.button_draft()
        self.settle_transaction()
        self.assertEqual(receipt.state, "received")
        invoice.button_cancel()
        self.settle_transaction()
        self.assertEqual(self.money(receipt), (100, 0, 100, "unmatched", "received"))
        again = self.invoice(receipt)
        self.assertEqual(receipt.sudo().move_ids, invoice | again)
        self.pay(again)
        self.assertEqual(self.money(receipt), (100, 100, 0, "matched", "reconciled"))

    def test_draft_invoice_deleted(self):
        receipt = self.received()
        self.invoice(receipt, post=False).unlink()
        self.settle_transaction()
        self.assertFalse(receipt.sudo().move_ids)
        self.assertEqual(self.money(receipt), (100, 0, 100, "unmatched", "received"))

    def test_credit_notes(self):
        """A part is credited: less is owed. All is credited: nothing is."""
        receipt = self.billed()
        invoice = receipt.sudo().move_ids
        note = self.credit(invoice, 40)
        self.assertEqual(receipt.sudo().move_ids, invoice | note)
        self.assertEqual(self.money(receipt)[0], 60)
        (invoice | note).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        ).reconcile()
        self.pay(invoice)
        self.assertEqual(self.money(receipt), (60, 60, 0, "matched", "reconciled"))
        other = self.billed()
        self.credit(other.sudo().move_ids)
        lines = other.sudo().move_ids.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        lines.filtered(lambda line: not line.reconciled).reconcile()
        self.settle_transaction()
        self.assertEqual(self.money(other), (0, 0, 0, "none", "received"))

    def test_credited_after_it_was_paid(self):
        """Too much was paid then: the difference comes up by itself."""
        receipt = self.billed()
        invoice = receipt.sudo().move_ids
        self.pay(invoice)
        note = self.credit(invoice, 20)
        self.assertEqual(self.money(receipt), (80, 100, -20, "difference", "received"))
        self.pay(note)
        self.assertEqual(self.money(receipt), (80, 80, 0, "matched", "reconciled"))

    def test_cancelled_order(self):
        receipt = self.received()
        self.orders(receipt)._action_cancel()
        self.settle_transaction()
        self.assertEqual(self.money(receipt), (0, 0, 0, "none", "received"))

    def test_down_payment(self):
        """A part that is invoiced and paid is not all."""
        receipt = self.received(hours=2)
        order = self.orders(receipt)
        order.action_confirm()
        self.env["sale.advance.payment.inv"].with_context(
            active_model="sale.order", active_ids=order.ids
        ).create(
            {"advance_payment_method": "fixed", "fixed_amount": 50}
        ).create_invoices()
        first = receipt.sudo().move_ids
        first.action_post()
        self.pay(first)
        self.assertEqual(self.money(receipt), (200, 50, 150, "partial", "received"))
        self.pay(self.invoice(receipt))
        self.assertEqual(self.money(receipt), (200, 200, 0, "matched", "reconciled"))

    def test_one_invoice_for_two_visits(self):
        """Each receipt counts its own part of it, and of what was paid."""
        first, second = self.received(1), self.received(3)
        invoice = self.invoice(first | second)
        self.assertEqual(len(invoice), 1)
        self.assertEqual(invoice.sudo().receipt_ids, first | second)
        self.pay(invoice, 100)
        self.assertEqual(self.money(first), (100, 25, 75, "partial", "received"))
        self.assertEqual(self.money(second), (300, 75, 225, "partial", "received"))
        self.pay(invoice)
        for receipt in (first, second):
            self.assertEqual(
                (receipt.money_state, receipt.state), ("matched", "reconciled")
            )

    # === VERSIONS OF THE FORM === #

    def test_new_version_takes_the_money_over(self):
        receipt = self.received(**CASH)
        newer = self.correct(receipt, **CASH)
        self.assertEqual(receipt.state, "replaced")
        self.assertEqual(self.money(receipt)[:4], (0, 0, 0, "none"))
        self.assertFalse(receipt.is_unbooked)
        self.assertEqual(newer.sudo().order_ids.amount_total, 100)
        self.assertEqual((newer.announced_amount, newer.is_unbooked), (100, True))

    def test_new_version_behind_a_reconciled_one(self):
        """What finance is done with stays; the supplement belongs to the new one."""
        receipt = self.received(**CASH)
        self.invoice(receipt)
        self.register(receipt)
        self.assertEqual(receipt.state, "reconciled")
        visit = self.as_role("technician", receipt.dispatch_id)
        visit.action_correct()
        visit.action_continue()
        visit.line_ids = [self.labour(2)]
        with self.at(40):
            visit.action_finish()
            newer = self.sign(
                visit, replaces_reason="Two hours more", paid_amount=250
            ).receipt_ids
        self.settle_transaction()
        self.assertEqual(self.money(receipt), (100, 100, 0, "matched", "reconciled"))
        self.assertEqual(self.money(newer)[:4], (200, 0, 200, "unmatched"))
        self.assertEqual(newer.announced_amount, 150, "what came beside")

    def test_upgrade(self):
        """What was signed shortly before the upgrade is finance's to match; what was
        filed by it is not."""
        receipts = self.billed(1), self.billed(2)
        orders = (receipts[0] | receipts[1]).sudo().order_ids
        receipts[1].sudo().state = "filed"
        orders.aftersales_receipt_id = False
        self.settle_transaction()
        self.assertEqual(self.money(receipts[0])[:4], (0, 0, 0, "none"))
        path = file_path(
            "aftersales_service/migrations/19.0.6.0.0/post-receipts_money.py"
        )
        spec = importlib.util.spec_from_file_location("post_receipts_money", path)
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        for _twice in range(2):
            script.migrate(self.cr, "19.0.5.0.0")
            self.env.invalidate_all()
            self.assertEqual(
                self.money(receipts[0]), (100, 0, 100, "unmatched", "received")
            )
            self.assertEqual(self.money(receipts[1]), (0, 0, 0, "none", "filed"))

    # === PAYMENTS FROM THE RECEIPT === #

    def test_cash_is_booked_from_the_receipt(self):
        """The way from the technician's words to the books, in two clicks."""
        receipt = self.billed(**CASH)
        self.assertEqual(self.money(receipt), (100, 0, 100, "unmatched", "received"))
        self.assertTrue(receipt.is_unbooked)
        self.assertIn("(Cash)", receipt._printed_amount())
        self.assertFalse(receipt.sudo().payment_ids)
        payment = self.register(receipt)
        self.assertEqual(
            (payment.journal_id, payment.amount, payment.state),
            (self.cash, 100, payment.state),
        )
        self.assertIn(receipt.name, payment.memo)
        self.assertEqual(payment.create_uid, self.ann)
        self.assertEqual(payment.reconciled_invoice_ids, receipt.sudo().move_ids)
        self.assertEqual(self.money(receipt), (100, 100, 0, "matched", "reconciled"))
        self.assertFalse(receipt.is_unbooked)
        with self.assertRaisesRegex(UserError, "nothing of it is open"):
            receipt.with_user(self.ann).action_register_payment()

    def test_journal_and_reference_follow_the_method(self):
        for method, reference, journal in (
            ("cheque", "CH 0815", self.bank),
            ("card", "Slip 4", self.bank),
            ("cash", False, self.cash),
        ):
            with self.subTest(method):
                receipt = self.billed(
                    paid_method=method, paid_amount=60, paid_reference=reference
                )
                payment = self.register(receipt)
                self.assertEqual(payment.journal_id, journal)
                self.assertEqual(payment.amount, 60)
                if reference:
                    self.assertIn(reference, payment.memo)
                self.assertEqual(
                    self.money(receipt), (100, 60, 40, "partial", "received")
                )

    def test_paid_before_the_invoice(self):
        """It is the customer's credit until the invoice is there, then matched."""
        receipt = self.received(**CASH)
        payment = self.register(receipt)
        self.assertTrue(payment.move_id)
        self.assertEqual(self.money(receipt), (100, 100, 0, "unmatched", "received"))
        self.assertFalse(receipt.is_unbooked, "it is in the books")
        with self.assertRaisesRegex(UserError, "nothing of it is open"):
            receipt.with_user(self.bert).action_register_payment()
        invoice = self.invoice(receipt)
        self.assertEqual(invoice.payment_state, "not_paid")
        mine = receipt.with_user(self.ann)
        self.assertIn(payment.move_id.name, mine.proposal_text)
        mine.with_context(proposal=mine.proposal_key).action_match()
        self.settle_transaction()
        self.assertEqual(self.money(receipt), (100, 100, 0, "matched", "reconciled"))

    def test_paid_too_much(self):
        receipt = self.billed(paid_method="cash", paid_amount=102)
        self.register(receipt)
        self.assertEqual(self.money(receipt), (100, 102, -2, "difference", "received"))

    def test_one_payment_for_several_receipts(self):
        first, second = self.received(1), self.received(2)
        for receipt in (first, second):
            self.invoice(receipt)
        payment = self.register(first | second)
        self.assertEqual(len(payment), 1)
        self.assertEqual(payment.amount, 300)
        for receipt in (first, second):
            self.assertEqual(
                (receipt.money_state, receipt.state), ("matched", "reconciled")
            )
        # Undone, it counts once.
        self.undo(payment.move_id)
        self.assertEqual({first.state, second.state}, {"received"})
        self.assertEqual(sum((first | second).sudo().mapped("amount_paid")), 300)
        # What can't go together.
        third = self.received()
        with self.assertRaisesRegex(UserError, "needs their invoices"):
            (second | third).with_user(self.ann).action_register_payment()
        with self.assertRaisesRegex(UserError, "Pick"):
            third.browse().with_user(self.ann).action_register_payment()

    def test_dialog_checks(self):
        receipt = self.billed(**CASH)
        action = receipt.with_user(self.ann).action_register_payment()
        wizard = self.env[action["res_model"]].with_user(self.ann)
        wizard = wizard.browse(action["res_id"])
        self.assertFalse(wizard.is_advance)
        self.assertIn("100.00", wizard.stated)
        wizard.amount = 0
        with self.assertRaisesRegex(UserError, "above zero"):
            wizard.action_register()
        wizard.amount = 100
        # Somebody else was faster.
        self.pay(receipt.sudo().move_ids, 40)
        with self.assertRaisesRegex(UserError, "Something else is open"):
            wizard.action_register()
        self.assertFalse(receipt.sudo().payment_ids)
        # Not received yet: the money is not here.
        early = self.visit_receipt(**CASH)
        with self.assertRaisesRegex(UserError, "not received"):
            early.with_user(self.ann).action_register_payment()

    def test_transfer_is_no_cash(self):
        """Nobody looks for the cash of what was only announced."""
        receipt = self.received(
            paid_method="transfer", paid_amount=100, paid_reference="R 77"
        )
        self.assertFalse(receipt.is_unbooked)
        unbooked = self.visit_receipt(**CASH)
        found = self.env["aftersales.receipt"].search([("is_unbooked", "=", True)])
        self.assertIn(unbooked, found)
        self.assertNotIn(receipt, found)

    def test_cash_of_a_free_visit(self):
        """Nothing is owed, but somebody has money in his pocket."""
        receipt = self.received(hours=0, **CASH)
        self.assertEqual(self.money(receipt), (0, 0, 0, "unmatched", "received"))
        self.register(receipt)
        self.assertEqual(self.money(receipt), (0, 100, -100, "difference", "received"))

    # === CURRENCIES AND COMPANIES === #

    def test_two_currencies(self):
        """Counted in the company's currency, paid in the customer's."""
        foreign = self.make_foreign(2.0)
        receipt = self.received(paid_method="cash", paid_amount=200)
        self.assertEqual(self.orders(receipt).currency_id, foreign)
        self.assertEqual(receipt.announced_currency_id, foreign)
        self.assertEqual(self.money(receipt), (100, 0, 100, "unmatched", "received"))
        mine = receipt.with_user(self.ann)
        self.assertEqual(
            (mine.document_currency_id, mine.document_amount), (foreign, 200)
        )
        self.invoice(receipt)
        payment = self.register(receipt)
        self.assertEqual((payment.currency_id, payment.amount), (foreign, 200))
        self.assertEqual(self.money(receipt), (100, 100, 0, "matched", "reconciled"))

    def test_paid_at_another_rate(self):
        """The exchange difference is Odoo's, no difference of the receipt."""
        foreign = self.make_foreign(2.0)
        receipt = self.billed()
        self.env["res.currency.rate"].create(
            {
                "name": "2026-03-10",
                "rate": 2.5,
                "currency_id": foreign.id,
                "company_id": self.company.id,
            }
        )
        self.pay(receipt.sudo().move_ids, payment_date="2026-03-11")
        self.assertEqual(self.money(receipt)[2:], (0, "matched", "reconciled"))

    def test_other_companies_see_nothing(self):
        receipt = self.billed(**CASH)
        stranger = self.make_user("as_stranger", "Stranger", "base.group_user")
        stranger.write(
            {
                "group_ids": [Command.set(self.ann.group_ids.ids)],
                "company_ids": [Command.set(self.company_2.ids)],
                "company_id": self.company_2.id,
            }
        )
        Receipt = self.env["aftersales.receipt"].with_user(stranger)
        self.assertFalse(Receipt.search([("id", "=", receipt.id)]))
        for method in (
            "action_match",
            "action_register_payment",
            "action_settle",
            "action_view_proposals",
        ):
            with self.subTest(method), self.assertRaises(Exception) as caught:
                getattr(Receipt.browse(receipt.id), method)()
            self.assertIn("Access", type(caught.exception).__name__)

    # === COST === #

    def count_of_ours(self, work):
        """Count the queries of a work that name receipts."""
        queries = []
        execute = type(self.env.cr).execute

        def spy(cr, query, *args, **kwargs):
            text = query if isinstance(query, str) else getattr(query, "code", "")
            queries.append(text)
            return execute(cr, query, *args, **kwargs)

        self.env.flush_all()
        self.env.invalidate_all()
        with patch.object(type(self.env.cr), "execute", spy):
            work()
            self.settle_transaction()
        return len([text for text in queries if "aftersales_receipt" in text])

    def unrelated(self):
        return self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.contact.id,
                "invoice_line_ids": [
                    Command.create({"name": "Else", "quantity": 1, "price_unit": 9})
                ],
            }
        )

    def test_other_invoices_cost_nothing_noteworthy(self):
        """Making, posting and paying an invoice looks for receipts a few times, however
        many receipts there are."""
        for _number in range(3):
            self.billed()
        self.assertLessEqual(self.count_of_ours(self.unrelated), 1)
        moves = self.unrelated()
        self.assertLessEqual(self.count_of_ours(moves.action_post), 1)
        self.assertLessEqual(self.count_of_ours(lambda: self.pay(moves)), 2)
        several = self.env["account.move"]
        for _number in range(5):
            several |= self.unrelated()
        self.assertLessEqual(self.count_of_ours(several.action_post), 1)

    def test_list_of_finance(self):
        """The list with its sums takes as many queries for many as for few."""
        Receipt = self.env["aftersales.receipt"].with_user(self.ann)
        view = self.env.ref("aftersales_service.aftersales_receipt_view_list_money")
        arch = Receipt.get_view(view.id, "list")["models"]["aftersales.receipt"]
        specification = {name: {} for name in arch}
        domain = [
            ("money_state", "in", ("unmatched", "partial", "difference")),
            ("state", "not in", ("reconciled", "filed")),
        ]
        counts = []
        for _number in range(2):
            for _each in range(3):
                self.billed(**CASH)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records = Receipt.web_search_read(domain, specification, limit=80)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(len(records["records"]), 6)
        self.assertLessEqual(counts[1], counts[0] + 2)
        groups = Receipt.formatted_read_group(
            domain, ["money_state"], ["amount_open:sum", "amount_owed:sum", "__count"]
        )
        self.assertEqual(
            [(g["money_state"], g["amount_open:sum"], g["__count"]) for g in groups],
            [("unmatched", 600, 6)],
        )

    def test_form_opens(self):
        """For each who has something to do with the money, and without more rights."""
        receipt = self.billed(**CASH)
        for user in (self.ann, self.clerk, self.boss, self.users["technician"]):
            with self.subTest(user.name):
                form = Form(receipt.with_user(user))
                self.assertEqual(form.money_state, "unmatched")
