# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What was paid on site: said at the signature, signed, printed; never booked."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from .common import drawn_signature
from .common_charges import ChargesCommon
from .common_form import BLANK, REPORT, FormCommon

PAID = {"paid_method": "cash", "paid_amount": 120}


@tagged("post_install", "-at_install")
class TestDispatchPayment(ChargesCommon, FormCommon):
    def setUp(self):
        super().setUp()
        self.visit = self.go()

    def test_paid_in_cash_is_signed_and_printed(self):
        form = self.sign(self.visit, **PAID)
        self.assertEqual(
            form._get_content()["payment"],
            {
                "method": "cash",
                "label": "Cash",
                "amount": 120.0,
                "currency": self.company.currency_id.name,
                "reference": None,
            },
        )
        self.assertTrue(form._says_the_same())
        text = self.text(REPORT, form)
        self.assertIn("Paid on site", text)
        self.assertIn("120.00", text)
        self.assertIn("(Cash), to be receipted by finance", text)
        self.assertIn("to be receipted by finance", form.content_html)
        self.assertEqual(self.visit.sudo().paid_amount, 120)
        # Another amount is another paper.
        self.as_role("technician", self.visit).action_correct()
        self.visit.sudo().paid_amount = 119
        self.assertFalse(form._says_the_same())

    def test_nothing_paid(self):
        form = self.sign(self.visit)
        self.assertEqual(form._get_content()["payment"], {})
        self.assertNotIn("Paid on site", self.text(REPORT, form))

    def test_announced_transfer(self):
        form = self.sign(
            self.visit,
            paid_method="transfer",
            paid_amount=80.5,
            paid_reference=" SEPA 77 ",
        )
        text = self.text(REPORT, form)
        self.assertIn("Payment by bank transfer announced", text)
        self.assertIn("Reference: SEPA 77.", text)
        self.assertNotIn("Paid on site", text)

    def test_cash_has_no_reference(self):
        """A number typed for a transfer stays out when it was cash in the end."""
        form = self.sign(self.visit, **PAID, paid_reference="SEPA 77")
        self.assertFalse(form._get_content()["payment"]["reference"])
        self.assertNotIn("SEPA 77", self.text(REPORT, form))

    def test_what_does_not_fit_together(self):
        for values, message in (
            ({"paid_method": "cash", "paid_amount": 0}, "how much"),
            ({"paid_amount": 5}, "how the customer paid"),
            ({"paid_method": "cash", "paid_amount": -5}, "above zero"),
            ({"paid_method": "cash", "paid_amount": 0.001}, "how much"),
            ({"paid_method": "cheque", "paid_amount": 5}, "number of the cheque"),
        ):
            with (
                self.subTest(values),
                self.assertRaisesRegex(ValidationError, message),
            ):
                self.sign(self.visit, **values)
        self.assertEqual(self.visit.state, "to_sign")

    def test_nobody_there_pays_nothing(self):
        form = self.sign(self.visit, outcome="absent", outcome_reason="Closed", **PAID)
        self.assertEqual(form._get_content()["payment"], {})

    def test_next_version_begins_with_the_last(self):
        self.sign(self.visit, **PAID)
        self.as_role("technician", self.visit).action_correct()
        dialog = Form(
            self.as_role("technician", "aftersales.service.sign").with_context(
                default_dispatch_id=self.visit.id
            )
        )
        self.assertEqual((dialog.paid_method, dialog.paid_amount), ("cash", 120))
        self.assertNotIn("Paid on site", dialog.preview)
        dialog.paid_method = "card"
        self.assertEqual(dialog.paid_amount, 120, "what was typed stays")
        form = self.sign(
            self.visit, replaces_reason="Typing error", paid_method=False, paid_amount=0
        )
        self.assertEqual(form._get_content()["payment"], {})

    def test_dialog_begins_with_what_is_charged(self):
        self.visit.sudo().company_id.aftersales_callout_product_id = self.services[
            "callout"
        ]
        visit = self.finish()
        dialog = Form(
            self.as_role("technician", "aftersales.service.sign").with_context(
                default_dispatch_id=visit.id
            )
        )
        dialog.paid_method = "cash"
        self.assertEqual(dialog.paid_amount, visit.charge_total)
        self.assertGreater(visit.charge_total, 0)

    def test_on_the_phone(self):
        visit = self.as_role("technician", self.visit)
        read = visit.visit_preview()
        self.assertIn(("cash", "Cash"), [tuple(pair) for pair in read["paid_methods"]])
        values = {
            "shown_hash": read["hash"],
            "outcome": "accepted",
            "signer_name": "Mia Mill",
            "signature": drawn_signature("Mia").decode(),
            "technician_name": read["technician_name"],
            "technician_signature": drawn_signature("Tara").decode(),
            "charges_answer": "accepted",
            "paid_method": "cheque",
            "paid_amount": 33.3,
            "paid_reference": "000123",
        }
        signed = visit.visit_sign("key-for-payment", values)
        again = visit.visit_sign("key-for-payment", values)
        self.assertEqual(signed, again)
        form = self.env["aftersales.service.form"].browse(signed["id"])
        paid = form._get_content()["payment"]
        self.assertEqual((paid["amount"], paid["reference"]), (33.3, "000123"))

    def test_nobody_writes_it_by_hand(self):
        for role in ("technician", "dispatcher", "manager"):
            for values in ({"paid_amount": 1}, {"paid_method": "card"}):
                with self.subTest(role=role), self.assertRaises(AccessError):
                    self.as_role(role, self.visit).write(values)

    def test_technicians_book_nothing(self):
        """What is stated makes no payment, and who states it may make none."""
        self.sign(self.visit, **PAID)
        Payment = self.env["account.payment"]
        self.assertFalse(Payment.search([("partner_id", "=", self.customer.id)]))
        for model in ("account.payment", "account.payment.register", "account.move"):
            with self.subTest(model), self.assertRaises(AccessError):
                self.as_role("technician", model).create({})

    def test_form_of_the_fourth_edition_is_printed(self):
        prepare = type(self.visit)._prepare_form_content
        with patch.object(
            type(self.visit),
            "_prepare_form_content",
            lambda self, values, schema=4: prepare(self, values, schema),
        ):
            form = self.sign(self.visit, **PAID)
        self.assertEqual(form._get_content()["schema"], 4)
        self.assertNotIn("payment", form._get_content())
        self.assertTrue(form._says_the_same())
        self.assertNotIn("Paid on site", self.text(REPORT, form))

    def test_asked_on_the_blank_form(self):
        planned = self.plan_visit(self.create_ticket(), hours=99)
        self.assertIn("Paid on site", self.text(BLANK, planned))

    def test_paid_is_not_what_was_read(self):
        """What he pays is said while he signs: it changes nothing that he read."""
        before = self.visit._work_hash()
        self.visit.sudo().write({"paid_method": "cash", "paid_amount": 1})
        self.assertEqual(self.visit._work_hash(), before)
        self.visit.sudo().line_ids = [
            Command.create({"kind": "labour", "name": "More", "hours": 1})
        ]
        self.assertNotEqual(self.visit._work_hash(), before)
