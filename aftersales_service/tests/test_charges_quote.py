# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Quotations of a visit: when one is needed, approved, exceeded or waived."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import drawn_signature
from .common_charges import ChargesCommon


@tagged("post_install", "-at_install")
class TestChargesQuote(ChargesCommon):
    def plan_paid_visit(self, threshold=500):
        self.company.write(
            {
                "aftersales_quote_threshold": threshold,
                "aftersales_callout_product_id": False,
            }
        )
        with self.at(0):
            visit, _finding = self.start_visit()
            visit.planned_hours = 8
        return visit

    def approve_quote(self, visit, role="technician", **values):
        dialog = self.as_role(role, "aftersales.quote.approve").create(
            {
                "dispatch_id": visit.id,
                "signer_name": "Mia Mill",
                "signature": drawn_signature("Mia"),
                **values,
            }
        )
        dialog.action_approve()

    def test_quote_is_needed(self):
        visit = self.plan_paid_visit()
        with self.at(30):
            visit.line_ids = [self.labour(6)]
            with self.assertRaises(UserError) as refused:
                visit.action_finish()
            self.assertIn("approves a quotation first", str(refused.exception))
            # Teams and customers have their own limits, the customer's first.
            self.team.quote_threshold = 700
            self.customer.with_company(self.company).aftersales_quote_threshold = 550
            with self.assertRaises(UserError) as refused:
                visit.action_finish()
            self.assertIn("550", str(refused.exception))
            self.customer.with_company(self.company).aftersales_quote_threshold = 0
            visit.action_finish()
        self.assertEqual(visit.state, "to_sign")

    def test_quote_approved_at_the_site(self):
        """The quoted order is the one that is completed, and nothing stands twice."""
        visit = self.plan_paid_visit()
        with self.at(30):
            with self.assertRaisesRegex(UserError, "No quotation waits"):
                self.approve_quote(visit)
            action = visit.action_quote()
            self.assertEqual(action["res_model"], "aftersales.quote.approve")
            quote = self.order(visit)
            self.assertEqual((quote.amount_untaxed, quote.state), (800, "draft"))
            self.assertEqual(visit.quote_state, "open")
            self.assertIn("Labour", visit.quote_html)
            with self.assertRaises(ValidationError):
                self.approve_quote(visit, signature=False)
            self.approve_quote(visit)
            self.assertEqual((quote.state, quote.signed_by), ("sale", "Mia Mill"))
            self.assertTrue(quote.signature)
            self.assertEqual(
                (visit.quote_state, visit.quote_approved), ("approved", 800)
            )
            with self.assertRaisesRegex(UserError, "No quotation waits"):
                self.approve_quote(visit)
            visit.line_ids = [self.labour(5), self.part(self.pump)]
            visit.action_finish()
        self.assertEqual(self.order(visit), quote)
        self.assertEqual(quote.amount_untaxed, 500 + 300)
        self.assertFalse(quote.picking_ids)
        self.assertEqual(len(visit.sudo().order_ids), 1)

    def test_quote_exceeded(self):
        """More than the tolerance needs a new approval: of the difference."""
        visit = self.plan_paid_visit()
        with self.at(30):
            visit.action_quote()
            self.approve_quote(visit)
            first = self.order(visit)
            visit.line_ids = [self.labour(8.75)]  # 875: within 10 % of 800
            visit.action_finish()
            visit.action_continue()
            visit.line_ids.hours = 9
            with self.assertRaises(UserError) as refused:
                visit.action_finish()
            self.assertIn("approve the difference", str(refused.exception))
            visit.action_quote()
            second = self.order(visit)
            self.assertNotEqual(first, second)
            self.approve_quote(visit)
            visit.action_finish()
        total = (first | second).mapped("amount_untaxed")
        self.assertEqual(sum(total), 900)
        self.assertEqual(visit.charge_total, 900)

    def test_quote_by_sales(self):
        """Who may sell sends it natively; the customer's confirmation approves it."""
        visit = self.plan_paid_visit()
        self.users["dispatcher"].group_ids |= self.env.ref(
            "sales_team.group_sale_salesman_all_leads"
        )
        action = self.as_role("dispatcher", visit).action_quote()
        self.assertEqual(action["res_model"], "mail.compose.message")
        order = self.order(visit)
        self.assertTrue(order._has_to_be_signed())
        order.action_quotation_sent()
        self.assertEqual(visit.quote_state, "open")
        order.action_confirm()
        self.assertEqual(visit.quote_state, "approved")
        with self.assertRaisesRegex(UserError, "approved all of this"):
            visit.action_quote()

    def test_quote_waived(self):
        visit = self.plan_paid_visit()
        visit.line_ids = [self.labour(6)]
        for role in ("technician", "dispatcher"):
            with self.assertRaises(AccessError):
                self.as_role(role, visit).action_waive_quote()
            dialog = self.as_role(role, "aftersales.quote.approve").create(
                {"dispatch_id": visit.id, "purpose": "waive", "reason": "Known"}
            )
            with self.assertRaises(AccessError):
                dialog.action_waive()
        dialog = self.as_role("manager", "aftersales.quote.approve").create(
            {"dispatch_id": visit.id, "purpose": "waive"}
        )
        with self.assertRaises(ValidationError):
            dialog.action_waive()
        dialog.reason = "Agreed by telephone"
        dialog.action_waive()
        with self.at(30):
            visit.action_finish()
        self.assertEqual(visit.quote_waived_by, self.users["manager"])
        self.assertEqual(visit.quote_state, "waived")

    def test_quote_of_nothing(self):
        with self.at(0):
            self.cover("full")
            visit, _finding = self.start_visit()
        visit.planned_hours = 3
        with self.assertRaisesRegex(UserError, "nothing to approve"):
            visit.action_quote()

    def test_cancelled_visit(self):
        """Nothing is offered any more for a visit that does not take place."""
        with self.at(0):
            visit = self.plan_visit(self.create_ticket(equipment_id=self.equipment.id))
            visit.planned_hours = 3
            visit.action_quote()
            order = self.order(visit)
            self.assertEqual(order.state, "draft")
            visit.action_cancel()
        self.assertEqual(order.state, "cancel")
