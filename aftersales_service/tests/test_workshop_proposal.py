# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the dialog proposes for a machine that is here."""

from odoo.tests import tagged

from .equipment_common import EquipmentCommon


@tagged("post_install", "-at_install")
class TestWorkshopProposal(EquipmentCommon):
    def proposed(self, ticket_type="return", covered=True, stock=1):
        """Send a machine in, and open the dialog as the dispatcher."""
        if not covered:
            self.press.aftersales_warranty_term_id = False
        order = self.sell((self.press, 1), partner=self.customer)
        machine = self.deliver(order, self.serials("W-1"))
        if stock:
            self.env["stock.quant"]._update_available_quantity(
                self.press,
                self.warehouse.lot_stock_id,
                1,
                lot_id=self.serials("W-2"),
            )
        ticket = self.create_ticket(
            equipment_id=machine.id,
            partner_id=self.customer.id,
            ticket_type=ticket_type,
        )
        self.finding = self.env["aftersales.finding"].create(
            {"ticket_id": ticket.id, "equipment_id": machine.id}
        )
        visit = self.as_role("dispatcher", ticket).action_workshop()["res_id"]
        Decide = self.as_role("dispatcher", "aftersales.workshop.decide")
        return Decide.create({"dispatch_id": visit})

    def test_covered_return_is_exchanged(self):
        decide = self.proposed()
        self.assertEqual(decide.outcome, "exchange", decide.coverage)
        self.assertIn("is covered, and another one is in stock", decide.proposal)
        decide.outcome = "refund"
        self.assertEqual(decide.outcome, "refund", "it is a proposal only")

    def test_covered_return_without_another_one_is_repaired(self):
        decide = self.proposed(stock=0)
        self.assertEqual(decide.outcome, "repair")
        self.assertIn("none is in stock", decide.proposal)

    def test_return_that_is_not_covered_is_repaired(self):
        decide = self.proposed(covered=False)
        self.assertEqual(decide.outcome, "repair", decide.coverage)
        self.assertIn("not covered", decide.proposal)

    def test_repair_that_was_asked_for(self):
        decide = self.proposed(ticket_type="repair")
        self.assertEqual(decide.outcome, "repair")
        self.assertIn("asked for", decide.proposal)
