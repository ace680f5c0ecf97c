# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime

from odoo import Command

from .common import drawn_signature
from .test_sale_warranty import SaleWarrantyCommon


class ContractSaleCommon(SaleWarrantyCommon):
    """Contract products, and machines of the customer sold before the addon."""

    @classmethod
    def lay_ground(cls):
        cls.NOW = datetime(2026, 3, 2, 9, 0)
        cls.company.partner_id.tz = "Europe/Berlin"
        cls.excluded = cls.env["product.category"].create({"name": "Oil and Filters"})
        cls.response = cls.env["aftersales.response.class"].create(
            {"name": "Quick Test", "description": "A technician comes within 24 hours."}
        )
        cls.template = cls.env["aftersales.contract.template"].create(
            {
                "name": "Full Service",
                "duration": 12,
                "labour_share": 0.5,
                "excluded_category_ids": [Command.set(cls.excluded.ids)],
                "limits_visits": True,
                "visit_quota": 4,
                "quota_period": "year",
                "response_class_id": cls.response.id,
                "maintenance_per_year": 2,
            }
        )
        cls.by_quarter = cls.template.copy(
            {
                "name": "Full Service by Quarter",
                "invoicing": "advance",
                "invoicing_months": 3,
            }
        )
        cls.service = cls.make_contract_product("Service Contract", cls.template)
        cls.quarterly = cls.make_contract_product("Quarterly Contract", cls.by_quarter)
        Equipment = cls.env["aftersales.equipment"]
        cls.machines = Equipment.create(
            [
                {
                    "product_name": "Press 100",
                    "partner_id": cls.customer.id,
                    "serial_number": f"P100-{number}",
                    "company_id": cls.company.id,
                }
                for number in (1, 2, 3)
            ]
        )
        cls.stranger = cls.env["res.partner"].create(
            {"name": "Bakery Ltd", "is_company": True}
        )
        cls.foreign = Equipment.create(
            {
                "product_name": "Oven",
                "partner_id": cls.stranger.id,
                "serial_number": "OV-4711",
                "company_id": cls.company.id,
            }
        )

    @classmethod
    def make_contract_product(cls, name, template, price=1200.0, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "list_price": price,
                "taxes_id": [Command.clear()],
                "service_tracking": "aftersales_contract",
                "aftersales_contract_template_id": template.id,
                **values,
            }
        )

    def line_of(self, equipment, product=None, **values):
        """Return the values of a line that sells a contract for machines."""
        return {
            "product_id": (product or self.service).id,
            "product_uom_qty": len(equipment),
            "aftersales_equipment_ids": [Command.set(equipment.ids)],
            **values,
        }

    def quote(self, *lines, **values):
        """Enter a quotation as the salesman, now."""
        with self.at(0):
            return self.create_order(*lines, **values)

    def sold(self, *lines, moment=0, by_customer=False, **values):
        """Confirm a quotation, by hand or with the customer's signature.

        :return: the contracts
        """
        order = self.quote(*lines, **values)
        with self.at(moment):
            if by_customer:
                self.sign_order(order)
            else:
                order.action_confirm()
            # What is due today is due by the clock of this test.
            self.env.flush_all()
        return self.contracts(order)

    def sign_order(self, order):
        """Do what the page of the order does when the customer signs."""
        order = order.sudo()
        order.write(
            {
                "signed_by": "Mia Mill",
                "signed_on": self.env.cr.now(),
                "signature": drawn_signature(),
            }
        )
        order._validate_order()

    def contracts(self, order):
        self.env.flush_all()
        return (
            self.env["aftersales.contract"]
            .sudo()
            .search([("sale_order_id", "=", order.id)], order="id")
        )

    def live(self, order):
        return self.contracts(order).filtered(lambda c: c.state != "cancelled")

    def covered(self, contract, day=None):
        """Return the machines that are in a contract on a day, by default today."""
        return contract._lines_on(day or contract._today()).equipment_id
