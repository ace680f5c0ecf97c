# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From an out-of-warranty ticket over the signed quotation to the covered fault."""

from odoo.tests import Form, tagged

from .common import GROUP, drawn_signature
from .common_contract import CHARGED, FREE, ContractCommon


@tagged("post_install", "-at_install")
class TestContractSaleTicket(ContractCommon):
    def setUp(self):
        super().setUp()
        self.equipment = self.make_equipment(
            delivery_date="2020-05-15", serial_number="P300-1"
        )
        self.grant(self.equipment, self.make_term())
        self.seller.group_ids += self.env.ref(GROUP % "intake")

    def quoted(self, ticket, covers=True):
        """Quote a contract from the ticket's dialog, as the salesperson."""
        action = ticket.with_user(self.seller).action_quote_contract()
        wizard = self.env[action["res_model"]].with_user(self.seller)
        wizard = wizard.browse(action["res_id"])
        wizard.covers_ticket = covers
        return self.env["sale.order"].browse(wizard.action_quote()["res_id"]).sudo()

    def signed(self, order, moment):
        """Let the customer sign, as his page does."""
        with self.at(moment):
            order.write(
                {
                    "signed_by": "Mia Mill",
                    "signed_on": moment,
                    "signature": drawn_signature(),
                }
            )
            order._validate_order()
            self.env.flush_all()
        return order.order_line.aftersales_contract_ids

    def test_signed_contract_covers_the_ticket(self):
        """The fault came weeks before the first day; another one stays charged."""
        ticket = self.report(self.day(2), equipment_id=self.equipment.id)
        finding = self.make_finding(self.equipment, ticket, occurred_on="2026-02-20")
        other = self.make_finding(
            self.equipment, self.report(self.day(3), equipment_id=self.equipment.id)
        )
        self.assertEqual(self.who_pays(finding), [CHARGED] * 3)
        order = self.quoted(ticket)
        self.assertEqual(self.who_pays(finding), [CHARGED] * 3, "only quoted")
        contract = self.signed(order, self.day(20))
        self.assertEqual(contract.state, "active")
        self.assertEqual(self.who_pays(finding), [FREE] * 3)
        self.assertEqual(finding.coverage_id.line_ids.contract_id, contract)
        self.assertEqual(self.who_pays(other), [CHARGED] * 3)

    def test_not_without_the_tick(self):
        ticket = self.report(self.day(2), equipment_id=self.equipment.id)
        finding = self.make_finding(self.equipment, ticket)
        self.signed(self.quoted(ticket, covers=False), self.day(20))
        self.assertEqual(self.who_pays(finding), [CHARGED] * 3)

    def test_only_its_machine(self):
        """The machine of the ticket was taken off the quotation."""
        ticket = self.report(self.day(2), equipment_id=self.equipment.id)
        finding = self.make_finding(self.equipment, ticket)
        order = self.quoted(ticket)
        order.order_line.aftersales_equipment_ids = self.make_equipment(
            delivery_date="2020-05-15", serial_number="P300-2"
        )
        contract = self.signed(order, self.day(20))
        self.assertEqual(self.who_pays(finding), [CHARGED] * 3)
        # Nor is it answered faster for the sake of another machine.
        self.assertFalse(contract.covered_ticket_ids)
        self.assertFalse(ticket.contract_id)

    def test_confirmed_by_hand_covers_nothing_yet(self):
        ticket = self.report(self.day(2), equipment_id=self.equipment.id)
        finding = self.make_finding(self.equipment, ticket)
        order = self.quoted(ticket)
        with self.at(self.day(10)):
            order.action_confirm()
            self.env.flush_all()
        contract = order.order_line.aftersales_contract_ids
        self.assertEqual(contract.state, "waiting")
        self.assertEqual(self.who_pays(finding), [CHARGED] * 3)
        with self.at(self.day(12)):
            contract._activate(signed_by="Mia")
        self.assertEqual(self.who_pays(finding), [FREE] * 3)

    def test_one_price_for_all_machines(self):
        self.template.is_per_machine = False
        machines = self.equipment | self.make_equipment(serial_number="P300-2")
        action = machines.with_user(self.seller).action_quote_contract()
        wizard = self.env[action["res_model"]].with_user(self.seller)
        order = wizard.browse(action["res_id"]).action_quote()
        line = self.env["sale.order"].browse(order["res_id"]).order_line
        self.assertEqual((line.product_uom_qty, line.price_unit), (1, 900))

    def test_renewal_from_the_contract(self):
        """The salesperson presses the button on the contract's page."""
        contract = self.signed(
            self.quoted(self.report(equipment_id=self.equipment.id)), self.day(3)
        )
        form = Form(contract.with_user(self.seller))
        self.assertEqual(form.statement, False)
        with self.at(self.day(3, month=12)):
            action = contract.with_user(self.seller).action_quote_renewal()
        order = self.env["sale.order"].with_user(self.seller).browse(action["res_id"])
        self.assertEqual(order.state, "draft")
        self.assertEqual(order.order_line.aftersales_equipment_ids, self.equipment)
