# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Paid work that the customer approves or declines on his own page of the quote."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import HttpCase, new_test_user, tagged

from .common import drawn_signature
from .common_charges import ChargesCommon

PASSWORD = "portal-pass-1"


@tagged("post_install", "-at_install")
class TestQuotePortal(ChargesCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {
                "aftersales_quote_threshold": 500,
                "aftersales_callout_product_id": False,
            }
        )
        cls.pump.is_storable = True
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.env["stock.quant"]._update_available_quantity(
            cls.pump, cls.warehouse.aftersales_field_loc_id, 5
        )
        cls.customers = cls.customer.with_company(cls.company).property_stock_customer
        stranger = cls.env["res.partner"].create({"name": "Other Works"})
        cls.logins = {}
        for name, parent in (("mill", cls.customer), ("other", stranger)):
            user = new_test_user(
                cls.env,
                f"portal_{name}",
                groups="base.group_portal",
                password=PASSWORD,
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            user.partner_id.parent_id = parent
            cls.logins[name] = user
        # Who sells sends the quote natively.
        cls.users["dispatcher"].group_ids |= cls.env.ref(
            "sales_team.group_sale_salesman_all_leads"
        )

    def quoted(self):
        """Return a visit under way, and its quote of 6 hours and a pump, sent."""
        ticket = self.create_ticket(equipment_id=self.equipment.id)
        finding = self.make_finding(self.equipment, ticket)
        self.set_cause(finding, "manufacturing")
        visit = self.plan_visit(ticket, hours=48)
        visit.planned_hours = 6
        visit.line_ids = [self.part(self.pump)]
        self.as_role("dispatcher", visit).action_quote()
        quote = visit.sudo().order_id
        quote.action_quotation_sent()
        self.assertEqual((quote.amount_total, visit.quote_state), (900, "open"))
        worker = self.as_role("technician", visit)
        worker.action_depart()
        worker.action_arrive()
        worker.job_ids.write({"work_done": "Pump replaced", "result": "solved"})
        worker.job_ids.answer_ids.write({"answer": "yes"})
        return worker, quote

    def work(self, visit, hours):
        visit.line_ids = [
            Command.create(
                {
                    "kind": "labour",
                    "name": "Repair",
                    "employee_id": self.technician.id,
                    "hours": hours,
                }
            )
        ]

    def refused(self, visit, words):
        with self.assertRaisesRegex(UserError, words), self.cr.savepoint():
            visit.action_finish()
        self.env.invalidate_all()

    def login(self, name):
        self.env.flush_all()
        self.authenticate(self.logins[name].login, PASSWORD)

    def accept(self, quote):
        """Sign the quote on its page; return what the page is told."""
        result = self.make_jsonrpc_request(
            f"/my/orders/{quote.id}/accept",
            {"name": "Mia Mill", "signature": drawn_signature("Mia").decode()},
        )
        self.env.invalidate_all()
        return result

    def decline(self, quote, reason):
        page = self.url_open(f"/my/orders/{quote.id}")
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        self.url_open(
            f"/my/orders/{quote.id}/decline",
            data={"decline_message": reason, "csrf_token": token},
        )
        self.env.invalidate_all()

    def test_approved_worked_and_invoiced_once(self):
        visit, quote = self.quoted()
        self.work(visit, 5.5)
        self.refused(visit, "approves a quotation first")
        self.login("mill")
        page = self.url_open(f"/my/orders/{quote.id}")
        self.assertIn(quote.name, page.text)
        self.assertIn("Labour", page.text)
        self.assertNotIn("error", self.accept(quote))
        self.assertEqual((quote.state, quote.signed_by), ("sale", "Mia Mill"))
        self.assertEqual((visit.quote_state, visit.quote_approved), ("approved", 900))
        self.assertFalse(quote.picking_ids, "the visit delivers")
        # A second answer changes nothing.
        self.assertIn("error", self.accept(quote))
        visit.action_finish()
        self.assertEqual(visit.sudo().order_ids, quote, "completed, not repeated")
        self.assertEqual((quote.amount_total, visit.charge_total), (850, 850))
        self.assertEqual(quote.dispatch_approved_total, 900)
        self.sign(visit)
        moved = self.env["stock.move"].search(
            [("product_id", "=", self.pump.id), ("state", "=", "done")]
        )
        self.assertEqual(moved.location_dest_id, self.customers)
        self.assertEqual(sum(moved.mapped("quantity")), 1)
        line = quote.order_line.filtered(lambda ln: ln.product_id == self.pump)
        self.assertEqual((line.qty_delivered, line.move_ids), (1, moved))
        invoice = quote._create_invoices()
        self.assertEqual(invoice.amount_total, 850)
        with self.assertRaises(UserError):
            quote._create_invoices()
        self.assertEqual(quote.invoice_status, "invoiced")

    def test_more_than_approved_is_approved_again(self):
        visit, quote = self.quoted()
        self.login("mill")
        self.accept(quote)
        self.work(visit, 8)
        self.refused(visit, "approve the difference")
        visit.action_quote()
        second = visit.sudo().order_ids - quote
        second.action_quotation_sent()
        self.assertEqual(second.amount_total, 200)
        self.login("mill")
        self.accept(second)
        visit.action_finish()
        self.assertEqual(visit.charge_total, 1100)

    def test_no_other_customer_reads_or_answers(self):
        visit, quote = self.quoted()
        self.login("other")
        page = self.url_open(f"/my/orders/{quote.id}")
        self.assertNotIn(quote.name, page.text)
        self.assertIn("error", self.accept(quote))
        token = self.url_open("/my/account").text
        token = token.split('name="csrf_token" value="')[1].split('"')[0]
        self.url_open(
            f"/my/orders/{quote.id}/decline",
            data={"decline_message": "No", "csrf_token": token},
        )
        self.env.invalidate_all()
        self.assertEqual((quote.state, visit.quote_state), ("sent", "open"))
        self.assertFalse(quote.signature or quote.dispatch_declined_at)

    def test_declined_stops_the_charge(self):
        visit, quote = self.quoted()
        self.login("mill")
        self.decline(quote, "Too dear <b>for us</b>")
        self.assertEqual((quote.state, visit.quote_state), ("cancel", "declined"))
        self.assertEqual(visit.quote_decline_reason, "Too dear <b>for us</b>")
        told = visit.message_ids.filtered(lambda msg: "declined" in msg.body)
        self.assertIn(self.users["technician"].partner_id, told.partner_ids)
        self.assertEqual(told.author_id, quote.partner_id)
        self.assertIn("Too dear &lt;b&gt;", told.body)
        # Below the threshold as well: one pump costs 300.
        self.refused(visit, "Too dear")
        self.assertFalse(visit.sudo().order_ids.filtered(lambda o: o.state != "cancel"))
        # Nothing is fitted, so nothing is charged.
        visit.line_ids.quantity = 0
        visit.action_finish()
        self.assertFalse(visit.charge_total)
        visit.action_continue()
        # What sales offers anew is declined no more.
        visit.line_ids.quantity = 1
        visit.action_quote()
        self.assertEqual(visit.quote_state, "open")
        second = visit.sudo().order_id
        self.assertNotEqual(second, quote)
        self.login("mill")
        self.accept(second)
        visit.action_finish()
        self.assertEqual(visit.charge_total, 300)

    def test_withdrawn_by_sales_or_waived(self):
        visit, quote = self.quoted()
        self.as_role("dispatcher", quote).action_cancel()
        self.assertEqual(visit.quote_state, "none", "no answer of the customer")
        visit.action_quote()
        second = visit.sudo().order_id
        second.action_quotation_sent()
        self.login("mill")
        self.decline(second, "No")
        self.assertEqual(visit.quote_state, "declined")
        dialog = self.as_role("manager", "aftersales.quote.approve").create(
            {"dispatch_id": visit.id, "purpose": "waive", "reason": "By telephone"}
        )
        dialog.action_waive()
        self.assertEqual(visit.quote_state, "waived")
        visit.action_finish()
        self.assertEqual(visit.charge_total, 300)
        self.assertNotEqual(visit.sudo().order_id, second)
