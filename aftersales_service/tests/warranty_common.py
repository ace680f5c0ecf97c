# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date, datetime

from freezegun import freeze_time

from odoo import Command

from .common import AftersalesCommon

DAY = date(2026, 5, 15)


class WarrantyCommon(AftersalesCommon):
    """Terms and machines entered by hand."""

    @classmethod
    def lay_ground(cls):
        cls.filters = cls.env["product.category"].create({"name": "Test Filters"})
        cls.term = cls.create_term(excluded_category_ids=[Command.set(cls.filters.ids)])
        cls.commissioning_term = cls.create_term(
            name="From Commissioning",
            start_trigger="commissioning",
            has_cap=True,
            cap_duration=18,
        )

    def setUp(self):
        super().setUp()
        # Later than all days here: none of them is in the future by itself.
        self.startPatcher(freeze_time(datetime(2032, 1, 1, 9)))

    @classmethod
    def create_term(cls, **values):
        return cls.env["aftersales.warranty.term"].create(
            {
                "name": "Test 12 Months",
                "company_id": cls.company.id,
                "duration": 12,
                **values,
            }
        )

    @classmethod
    def machine(cls, **values):
        """Let the dispatcher enter a machine that was sold before."""
        equipment = cls.env["aftersales.equipment"].with_user(cls.users["dispatcher"])
        return equipment.create(
            {
                "partner_id": cls.customer.id,
                "site_id": cls.site.id,
                "product_name": "Press 200",
                **values,
            }
        ).sudo()

    def grant(self, *machines, term=None, **values):
        """Give a term as the system does after a delivery."""
        return self.env["aftersales.warranty"]._grant(
            [
                {"equipment_id": machine.id, "term": term or self.term, **values}
                for machine in machines
            ]
        )

    def by_hand(self, machine, role="manager", **values):
        return self.as_role(role, "aftersales.warranty").create(
            {"equipment_id": machine.id, "term_id": self.term.id, **values}
        )

    def commission(self, machines, day, role="technician", **values):
        """Enter the commissioning through the dialog."""
        action = self.as_role(role, machines).action_commission()
        wizard = (
            self.as_role(role, "aftersales.commissioning")
            .with_context(**action["context"])
            .create({"date": day, **values})
        )
        return wizard.action_commission()

    def dates(self, warranty):
        return warranty.start_date, warranty.end_date
