# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import io

from PIL import Image

from odoo import Command, fields

from .common import AftersalesCommon


class CoverageCommon(AftersalesCommon):
    """Machines with warranties, findings about them, and improper use."""

    @classmethod
    def lay_ground(cls):
        Category = cls.env["product.category"]
        cls.spares = Category.create({"name": "Spares"})
        cls.filters = Category.create({"name": "Filters", "parent_id": cls.spares.id})
        cls.oil_filters = Category.create(
            {"name": "Oil Filters", "parent_id": cls.filters.id}
        )
        Product = cls.env["product.product"]
        cls.machine = Product.create({"name": "Press 300"})
        cls.pump = Product.create(
            {"name": "Pump", "categ_id": cls.spares.id, "standard_price": 100}
        )
        cls.filter = Product.create(
            {"name": "Oil Filter", "categ_id": cls.oil_filters.id, "standard_price": 8}
        )
        cls.causes = {
            liability: cls.env["aftersales.cause"].create(
                {"name": f"Test {liability}", "liability": liability}
            )
            for liability in (
                "design",
                "manufacturing",
                "purchasing",
                "transport",
                "misuse",
                "wear",
                "unknown",
            )
        }
        cls.sites = {
            tz: cls.env["res.partner"].create(
                {
                    "name": f"Plant {tz}",
                    "parent_id": cls.customer.id,
                    "type": "delivery",
                    "tz": tz,
                }
            )
            for tz in ("America/Los_Angeles", "Asia/Tokyo", "Europe/Berlin")
        }
        stream = io.BytesIO()
        Image.new("RGB", (2, 2), "red").save(stream, "PNG")
        cls.photo_bytes = stream.getvalue()

    # === MACHINES === #

    def make_equipment(self, tz="Europe/Berlin", **values):
        """Let the dispatcher enter a machine by hand, at a site in a time zone."""
        return self.as_role("dispatcher", "aftersales.equipment").create(
            {
                "product_id": self.machine.id,
                "partner_id": self.customer.id,
                "site_id": self.sites[tz].id,
                **values,
            }
        )

    def make_term(self, **values):
        """Make a term: 12 months from the delivery, parts and labour, unless said."""
        if "excluded_category_ids" in values:
            values["excluded_category_ids"] = [
                Command.set(values["excluded_category_ids"])
            ]
        return self.env["aftersales.warranty.term"].create(
            {"name": "Test Term", "duration": 12, **values}
        )

    def grant(self, equipment, term, kind="base", sold_on=False):
        """Give a term to a machine."""
        return self.env["aftersales.warranty"]._grant(
            [
                {
                    "equipment_id": equipment.id,
                    "term": term,
                    "kind": kind,
                    "sale_line_id": False,
                    "move_id": False,
                    "sold_on": fields.Date.to_date(sold_on),
                }
            ]
        )

    def grant_part(self, equipment, product, replaced_on, serial=False):
        """Give the warranty of a replaced part."""
        return self.env["aftersales.warranty"]._grant_parts(
            [
                {
                    "equipment_id": equipment.id,
                    "replaced_on": fields.Date.to_date(replaced_on),
                    "product_id": product.id,
                    "part_name": product.name,
                    "part_serial": serial,
                }
            ]
        )

    # === FINDINGS === #

    def make_finding(self, equipment, ticket=None, **values):
        """Let the technician write down a finding about a machine."""
        ticket = ticket or self.create_ticket(equipment_id=equipment.id)
        return self.as_role("technician", "aftersales.finding").create(
            {
                "ticket_id": ticket.id,
                "equipment_id": equipment.id,
                "fault_id": self.hose.id,
                **values,
            }
        )

    def set_cause(self, finding, liability):
        self.as_role("technician", finding).cause_id = self.causes[liability]

    def who_pays(self, finding):
        """Return (payer, share) of parts, labour and travel."""
        return [(line.payer, line.share) for line in finding.coverage_id.line_ids]

    def codes(self, finding, cost="parts"):
        """Return why each candidate does not pay for a cost, by its name."""
        line = finding.coverage_id.line_ids.filtered(lambda row: row.cost == cost)
        return {row.source_ref: row.code for row in line.rejection_ids}

    # === IMPROPER USE === #

    def make_photo(self, finding, name="broken.png"):
        return self.as_role("technician", "ir.attachment").create(
            {
                "name": name,
                "raw": self.photo_bytes,
                "res_model": finding._name,
                "res_id": finding.id,
            }
        )

    def propose(self, finding):
        """Let the technician find improper use."""
        worker = self.as_role("technician", finding)
        worker.write(
            {
                "cause_id": self.causes["misuse"].id,
                "misuse_evidence": "Seal broken, counter at 400 % load",
                "misuse_photo_ids": [Command.link(self.make_photo(finding).id)],
                "misuse_technician_id": self.technician.id,
                "misuse_date": finding.sudo()._at_site()._report_day(),
            }
        )
        worker.action_propose_misuse()

    def approve(self, finding, role="quality"):
        self.as_role(role, finding).action_approve_misuse()

    def notice(self, finding, purpose, role="support", **values):
        """Open the dialog of improper use."""
        return self.as_role(role, "aftersales.misuse.notice").create(
            {"finding_id": finding.id, "purpose": purpose, **values}
        )

    def acknowledge(self, finding, **values):
        """Record a call in which the customer accepted it."""
        values = {
            "channel": "call",
            "customer_name": "Mia Mill",
            "note": "Accepts it",
            **values,
        }
        self.notice(finding, "acknowledge", **values).action_acknowledge()
