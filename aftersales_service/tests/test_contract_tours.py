# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The salesperson in the browser: from a ticket out of warranty to a covered one.

The tours count clicks, keys and typed characters as they go, see
static/tests/tours/effort.js.
"""

from odoo.tests import HttpCase, tagged

from .common import GROUP
from .common_contract import CHARGED, FREE, ContractCommon


@tagged("post_install", "-at_install", "-standard", "aftersales_browser")
class TestContractTours(ContractCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.seller.password = "as_seller"
        self.seller.group_ids += self.env.ref(GROUP % "intake")
        self.company.write(
            {"portal_confirmation_sign": True, "portal_confirmation_pay": False}
        )
        self.equipment = self.make_equipment(
            delivery_date="2020-05-15", serial_number="P300-1"
        )
        self.grant(self.equipment, self.make_term())

    def test_from_the_ticket_to_the_covered_ticket(self):
        ticket = self.create_ticket(
            name="Press stands still",
            equipment_id=self.equipment.id,
            service_mode="on_site",
        )
        ticket.with_user(self.seller).user_id = False
        finding = self.make_finding(self.equipment, ticket)
        self.assertEqual(self.who_pays(finding)[0], CHARGED)
        url = "/odoo/service-tickets?view_type=list"
        self.env.flush_all()
        self.start_tour(url, "aftersales_contract_quote", login="as_seller")
        self.env.invalidate_all()
        order = self.env["sale.order"].search(
            [("aftersales_ticket_id", "=", ticket.id)]
        )
        self.assertEqual((order.state, order.user_id), ("sent", self.seller))
        self.start_tour(order.get_portal_url(), "aftersales_contract_sign")
        self.env.invalidate_all()
        self.assertEqual(order.state, "sale")
        self.assertEqual(self.who_pays(finding), [FREE, FREE, FREE])
        self.start_tour(url, "aftersales_contract_covered", login="as_seller")
