# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime

from odoo import Command, fields
from odoo.tests import new_test_user

from .common_coverage import CoverageCommon

FREE = ("contract", 1.0)
CHARGED = ("customer", 1.0)
WARRANTY = ("warranty", 1.0)


class ContractCommon(CoverageCommon):
    """Contracts of machines, and who sells them."""

    @classmethod
    def lay_ground(cls):
        cls.seller = new_test_user(
            cls.env,
            login="as_seller",
            name="Sally Seller",
            email="sally@maker.example.com",
            groups="sales_team.group_sale_salesman",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.gold = cls.env["aftersales.response.class"].create(
            {"name": "Gold", "sequence": 1, "description": "Somebody answers at once."}
        )
        cls.silver = cls.env["aftersales.response.class"].create(
            {"name": "Silver", "sequence": 2}
        )
        cls.template = cls.env["aftersales.contract.template"].create(
            {
                "name": "Full Service",
                "company_id": cls.company.id,
                "duration": 12,
                "travel_share": 1.0,
            }
        )
        cls.contract_product = cls.make_contract_product("Service A", cls.template)

    @classmethod
    def make_contract_product(cls, name, template):
        """Make a product that sells a contract for 900 per machine."""
        return cls.env["product.product"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "type": "service",
                "list_price": 900,
                "service_tracking": "aftersales_contract",
                "aftersales_contract_template_id": template.id,
                "taxes_id": [Command.clear()],
            }
        )

    def make_contract(self, machines, start="2026-03-01", agreed=True, **values):
        """Let the salesperson enter a contract by hand, and the customer agree to it.

        :param machines: `aftersales.equipment` records
        :param bool agreed: whether the customer agrees; else it waits for him
        """
        tickets = values.pop("covered_ticket_ids", None)
        contract = (
            self.env["aftersales.contract"]
            .with_user(self.seller)
            .create(
                {
                    "template_id": self.template.id,
                    "partner_id": self.customer.id,
                    "company_id": self.company.id,
                    "start_date": start,
                    "line_ids": [
                        Command.create({"equipment_id": machine.id})
                        for machine in machines
                    ],
                    **values,
                }
            )
        )
        if tickets:
            # An order says so, see TestContractSigned.
            contract.sudo().covered_ticket_ids = tickets
        contract._await_signature()
        if agreed:
            contract._activate()
        return contract.sudo()

    def report(self, moment=0, **values):
        """Let the intake role enter a call at a moment.

        :param moment: as in `at`: hours after 2 March 2026, 9:00 UTC, or a datetime
        """
        with self.at(moment):
            return self.create_ticket(**values)

    def day(self, number, month=3, hour=9):
        """Return a moment of 2026 (naive UTC)."""
        return datetime(2026, month, number, hour)

    def as_date(self, text):
        return fields.Date.to_date(text)
