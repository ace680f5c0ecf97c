# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import drawn_signature
from .common_parts import PricedPartsCommon


@tagged("post_install", "-at_install")
class TestVisitChain(PricedPartsCommon):
    """Parts, charges, signature and invoice of one visit, through every app."""

    def served(self, quantity=2):
        """Return a visit on which hoses from the van and the stock were fitted."""
        self.put(self.hose_part, 1, self.van)
        self.put(self.hose_part, 5, self.stock)
        visit = self.planned_visit(self.part(self.hose_part, quantity))
        [picking] = self.moves(visit, "take").picking_id
        picking.with_user(self.storekeeper).button_validate()
        visit = self.to_site(visit)
        self.as_role("technician", "aftersales.dispatch.line").create(
            {
                "dispatch_id": visit.id,
                "kind": "labour",
                "name": "Repair",
                "hours": 1,
                "employee_id": self.technician.id,
            }
        )
        return visit

    def order(self, visit):
        return visit.sudo().order_id

    def hoses(self, visit):
        return visit.sudo().order_ids.order_line.filtered(
            lambda line: line.product_id == self.hose_part
        )

    def invoice(self, order):
        order.action_confirm()
        return order._create_invoices()

    def test_part_is_delivered_and_invoiced_once(self):
        visit = self.served()
        visit.action_finish()
        [line] = self.hoses(visit)
        self.assertEqual(line.move_ids, self.moves(visit, "use", done=True))
        self.assertEqual((line.product_uom_qty, line.qty_delivered), (2, 2))
        self.assertEqual(visit.charge_total, 160)
        form = self.sign(visit)
        charges = form._get_content()["charges"]
        self.assertEqual(charges["total"], 160)
        order = self.order(visit)
        self.assertEqual(order.state, "draft")
        before = self.on_hand(self.hose_part, self.customers)
        invoice = self.invoice(order)
        self.assertEqual(invoice.amount_untaxed, 160)
        self.assertFalse(order.picking_ids)
        self.assertEqual(self.on_hand(self.hose_part, self.customers), before)
        self.assertEqual(self.on_hand(self.hose_part, self.van), 0)
        self.assertEqual(self.on_hand(self.hose_part, self.stock), 4)
        self.assertEqual(order.invoice_status, "invoiced")

    def test_back_to_work_takes_one_back(self):
        visit = self.served()
        visit.action_finish()
        visit.action_continue()
        visit.line_ids.filtered(lambda ln: ln.kind == "part").quantity = 1
        visit.action_finish()
        [line] = self.hoses(visit)
        self.assertEqual((line.product_uom_qty, line.qty_delivered), (1, 1))
        self.assertEqual(visit.charge_total, 130)
        self.assertEqual(self.on_hand(self.hose_part, self.van), 1)
        self.sign(visit)
        invoice = self.invoice(self.order(visit))
        self.assertEqual(invoice.amount_untaxed, 130)

    def test_correction_before_the_signature(self):
        visit = self.served()
        visit.action_finish()
        visit.line_ids.filtered(lambda ln: ln.kind == "part").quantity = 1
        self.sign(visit)
        [line] = self.hoses(visit)
        self.assertEqual((line.product_uom_qty, line.qty_delivered), (1, 1))
        self.assertEqual(self.on_hand(self.hose_part, self.van), 1)

    def test_charges_changed_while_the_customer_reads(self):
        visit = self.served()
        visit.action_finish()
        read = self.as_role("technician", visit).visit_preview()
        self.assertIn("160", read["charge_total"])
        visit.line_ids.filtered(lambda ln: ln.kind == "labour").hours = 2
        with self.assertRaisesRegex(UserError, "while the customer was reading"):
            self.as_role("technician", visit).visit_sign(
                "signature-1", {**self.signed(), "shown_hash": read["hash"]}
            )
        read = self.as_role("technician", visit).visit_preview()
        with self.assertRaisesRegex(ValidationError, "charges are accepted"):
            self.as_role("technician", visit).visit_sign(
                "signature-2", {**self.signed(), "shown_hash": read["hash"]}
            )
        self.as_role("technician", visit).visit_sign(
            "signature-3",
            {**self.signed(), "shown_hash": read["hash"], "charges_answer": "accepted"},
        )
        charges = visit.form_id._get_content()["charges"]
        self.assertEqual((charges["total"], charges["accepted"]), (260, True))

    def signed(self):
        return {
            "outcome": "accepted",
            "signer_name": "Mia Mill",
            "signature": drawn_signature("Mia").decode(),
            "technician_name": "Tara Technician",
            "technician_signature": drawn_signature("Tara").decode(),
        }

    def test_correction_after_the_invoice_is_credited_once(self):
        visit = self.served()
        visit.action_finish()
        self.sign(visit)
        first = self.order(visit)
        self.invoice(first)
        visit.action_correct()
        visit.action_continue()
        visit.line_ids.filtered(lambda ln: ln.kind == "part").quantity = 1
        visit.action_finish()
        self.sign(visit, replaces_reason="One hose only")
        self.assertEqual(self.on_hand(self.hose_part, self.van), 1)
        orders = visit.sudo().order_ids
        self.assertEqual(len(orders), 2)
        self.assertEqual(sum(orders.mapped("amount_untaxed")), 130)
        supplement = orders - first
        supplement.action_confirm()
        credit = supplement._create_invoices(final=True)
        self.assertEqual((credit.move_type, credit.amount_untaxed), ("out_refund", 30))
        self.assertFalse(supplement.picking_ids)
        # A third version changes nothing any more.
        visit.action_correct()
        visit.action_continue()
        visit.action_finish()
        self.assertEqual(visit.sudo().order_ids, orders)
        self.assertEqual(self.on_hand(self.hose_part, self.van), 1)
