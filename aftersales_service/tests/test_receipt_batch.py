# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Envelopes: what goes in, comes out, arrives and is missing."""

import re

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged

from .common_form import FormCommon
from .common_receipt import ReceiptCommon

BATCH = "aftersales_service.aftersales_receipt_batch_report"
LIST = "aftersales_service.aftersales_receipt_list_report"


@tagged("post_install", "-at_install")
class TestReceiptBatch(ReceiptCommon):
    def text(self, report, records):
        return FormCommon.text(self, report, records)

    def test_from_hand_to_hand(self):
        receipts = self.signed() | self.signed()
        batch = self.put_in(receipts)
        self.assertRegex(batch.name, r"^ENV/\d{4}/\d{5}$")
        self.assertEqual(
            (batch.state, receipts.mapped("state")), ("open", ["issued"] * 2)
        )
        self.assertEqual(batch.receipt_ids, receipts)
        self.assertEqual(batch.user_id, self.users["technician"])
        self.assertIn(batch.name, receipts[0].next_step)
        action = batch.with_user(self.users["technician"]).action_hand_over()
        self.assertEqual(
            action["report_name"], "aftersales_service.report_receipt_batch"
        )
        self.assertEqual(action["context"]["active_ids"], batch.ids)
        self.assertEqual(batch.state, "handed")
        self.assertTrue(batch.handed_at)
        self.assertEqual(receipts.mapped("state"), ["handed"] * 2)
        self.assertEqual(receipts.handed_by_id, self.users["technician"])
        self.assertEqual(receipts.step_ids.batch_id, batch)
        batch.with_user(self.cashier).action_receive()
        self.assertEqual(batch.state, "received")
        self.assertEqual(receipts.received_by_id, self.cashier)
        self.assertEqual((batch.receipt_count, batch.received_count), (2, 2))

    def test_pages_and_buttons(self):
        receipts = self.signed() | self.signed()
        batch = self.put_in(receipts)
        technician = self.users["technician"]
        with Form(batch.with_user(technician)) as page:
            self.assertTrue(page.can_hand_over)
        self.assertFalse(batch.with_user(self.cashier).can_hand_over)
        self.assertFalse(batch.with_user(self.other_user).can_hand_over)
        batch.with_user(technician).action_hand_over()
        self.assertFalse(batch.with_user(technician).can_hand_over)
        with Form(batch.with_user(self.cashier)) as page:
            self.assertTrue(page.can_receive)
        self.assertFalse(batch.with_user(technician).can_receive)
        action = batch.with_user(self.cashier).action_scan()
        self.assertEqual(action["tag"], "aftersales_service.receipt_scan")
        self.assertEqual(action["params"], {"batch_id": batch.id})

    def test_handing_over_twice(self):
        receipt = self.signed()
        technician = self.users["technician"]
        batch = self.put_in(receipt)
        # The same click again opens the same envelope.
        self.assertEqual(self.put_in(receipt), batch)
        batch.with_user(technician).action_hand_over()
        with self.assertRaises(UserError):
            batch.with_user(technician).action_hand_over()
        with self.assertRaises(UserError):
            receipt.with_user(technician).action_hand_over()

    def test_all_of_mine_at_once(self):
        """One click; a second one opens the same envelope."""
        mine = self.signed() | self.signed()
        technician = self.users["technician"]
        Receipt = self.env["aftersales.receipt"].with_user(technician)
        action = Receipt.action_hand_over_all()
        batch = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(batch.receipt_ids, mine)
        self.assertEqual(Receipt.action_hand_over_all()["res_id"], batch.id)
        batch.with_user(technician).action_hand_over()
        with self.assertRaisesRegex(UserError, "no receipt"):
            Receipt.action_hand_over_all()
        # Nothing of the others, whoever presses it.
        self.signed()
        dispatcher = Receipt.with_user(self.users["dispatcher"])
        with self.assertRaisesRegex(UserError, "no receipt"):
            dispatcher.action_hand_over_all()

    def test_one_envelope_at_a_time(self):
        first, second = self.signed(), self.signed()
        batch = self.put_in(first)
        with self.assertRaisesRegex(UserError, re.escape(batch.name)):
            self.put_in(first | second)
        with self.assertRaises(UserError):
            self.put_in(self.env["aftersales.receipt"])
        self.assertFalse(second.batch_id)

    def test_one_company_each(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        receipts = self.signed() | self.signed()
        self.env.flush_all()
        self.cr.execute(
            "UPDATE aftersales_receipt SET company_id = %s WHERE id = %s",
            [elsewhere.id, receipts[1].id],
        )
        self.env.invalidate_all()
        manager = self.users["manager"]
        manager.company_ids = [Command.link(elsewhere.id)]
        both = receipts.with_user(manager)
        both = both.with_context(allowed_company_ids=(self.company | elsewhere).ids)
        with self.assertRaisesRegex(UserError, "company"):
            both.action_hand_over()

    def test_taking_out(self):
        """Before finance has it, by who may hand it over."""
        stays, goes = self.signed(), self.signed()
        batch = self.hand_over(stays | goes)
        with self.assertRaises(AccessError):
            goes.with_user(self.cashier).action_take_out()
        with self.assertRaises(AccessError):
            goes.with_user(self.other_user).action_take_out()
        goes.with_user(self.users["technician"]).action_take_out()
        self.assertEqual((goes.state, stays.state), ("issued", "handed"))
        self.assertFalse(goes.batch_id or goes.handed_by_id or goes.handed_at)
        step = goes.step_ids[-1]
        self.assertEqual(
            (step.state, step.user_id), ("issued", self.users["technician"])
        )
        self.assertIn(batch.name, step.note)
        self.assertEqual(batch.receipt_ids, stays)
        # Then it goes into the next one.
        other = self.hand_over(goes)
        self.assertNotEqual(other, batch)
        stays.with_user(self.cashier).action_receive()
        self.assertEqual(batch.state, "received")
        with self.assertRaises(UserError):
            stays.with_user(self.users["technician"]).action_take_out()

    def test_an_emptied_envelope_was_never_handed_over(self):
        receipt = self.signed()
        batch = self.hand_over(receipt)
        receipt.with_user(self.users["technician"]).action_take_out()
        self.assertEqual(batch.state, "open")
        self.assertFalse(batch.handed_at)
        with self.assertRaises(UserError):
            batch.with_user(self.users["technician"]).action_hand_over()
        with self.assertRaises(UserError):
            batch.with_user(self.cashier).action_receive()

    def test_new_version_in_an_open_envelope(self):
        """It takes the place of the one it replaces; a closed envelope stays."""
        first, second = self.signed(), self.signed()
        batch = self.put_in(first | second)
        newer = self.correct(first)
        self.assertEqual(batch.receipt_ids, newer | second)
        self.assertEqual((first.state, first.batch_id.id), ("replaced", False))
        self.assertEqual(first.step_ids[-1].batch_id, batch)
        batch.with_user(self.users["technician"]).action_hand_over()
        newest = self.correct(newer)
        self.assertEqual(batch.receipt_ids, newer | second)
        self.assertFalse(newest.batch_id)
        second.with_user(self.cashier).action_receive()
        self.assertEqual(batch.state, "received")
        # What was replaced on its way was never received.
        self.assertEqual((batch.receipt_count, batch.received_count), (2, 1))

    def test_nothing_to_hand_over(self):
        """An envelope with replaced papers only is not closed."""
        receipt = self.signed()
        batch = self.put_in(receipt)
        self.correct(receipt).with_user(self.users["technician"]).action_take_out()
        receipt.sudo().batch_id = batch
        mine = batch.with_user(self.users["technician"])
        self.assertFalse(mine.can_hand_over)
        with self.assertRaises(UserError):
            mine.action_hand_over()

    def test_missing_ones_go_back(self):
        there, missing = self.signed(), self.signed()
        batch = self.hand_over(there | missing)
        batch.with_user(self.cashier)._receive(there.with_user(self.cashier))
        self.assertEqual((there.state, missing.state), ("received", "issued"))
        self.assertEqual(batch.state, "received")
        self.assertFalse(missing.batch_id)
        step = missing.step_ids[-1]
        self.assertEqual((step.state, step.user_id), ("issued", self.cashier))
        self.assertIn(batch.name, step.note)
        self.assertEqual(step.batch_id, batch)
        self.assertIn(missing.name, batch.message_ids[0].body)
        # It turns up, and travels again.
        self.hand_over(missing)
        missing.with_user(self.accountant).action_receive()
        self.assertEqual(missing.state, "received")

    def test_receive_only_what_is_inside(self):
        inside, outside = self.signed(), self.signed()
        batch = self.hand_over(inside)
        with self.assertRaisesRegex(UserError, outside.name):
            batch.with_user(self.cashier)._receive(
                (inside | outside).with_user(self.cashier)
            )
        with self.assertRaises(AccessError):
            batch.with_user(self.users["technician"]).action_receive()

    def test_envelopes_stay(self):
        batch = self.put_in(self.signed())
        with self.assertRaises(UserError):
            batch.sudo().unlink()
        for values in ({"name": "Mine"}, {"user_id": self.other_user.id}):
            with self.assertRaises(AccessError):
                batch.with_user(self.users["technician"]).write(values)

    # === PAPER === #

    def test_list_of_the_envelope(self):
        receipts = self.signed() | self.signed(outcome="remarks", customer_comments="x")
        batch = self.hand_over(receipts)
        text = self.text(BATCH, batch.with_user(self.users["technician"]))
        for words in (
            batch.name,
            *receipts.mapped("name"),
            "Mia Mill",
            "Accepted with Remarks",
            "Missing",
            "Technician",
            self.company.name,
        ):
            self.assertIn(words, text)
        page, _kind = self.env["ir.actions.report"]._render_qweb_html(BATCH, batch.ids)
        self.assertRegex(page.decode(), r'alt="Barcode ENV/|data:image/png;base64,')

    def test_list_of_receipts(self):
        receipts = self.signed() | self.signed()
        self.hand_over(receipts[0])
        receipts[0].with_user(self.cashier).action_receive()
        text = self.text(LIST, receipts.with_user(self.cashier))
        for words in (
            *receipts.mapped("name"),
            "Received by Finance: 1",
            "Issued: 1",
            "Handed Over Technician",
            "Received by Finance Finance",
            "Nothing Owed",
        ):
            self.assertIn(words, text)


@tagged("post_install", "-at_install")
class TestReceiptPrint(ReceiptCommon, HttpCase):
    def test_lists_are_printed(self):
        receipt = self.signed()
        batch = self.hand_over(receipt)
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        for name, record in ((BATCH, batch), (LIST, receipt)):
            pdf, kind = report._render_qweb_pdf(name, record.ids)
            self.assertEqual((kind, pdf[:4]), ("pdf", b"%PDF"))
