# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import Command

from odoo.addons.aftersales_service.tests.common import AftersalesCommon


class PartsCommon(AftersalesCommon):
    """A warehouse with parts, a van with some of them, and a storekeeper."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        ) or cls.env["stock.warehouse"].create(
            {"name": "Parts", "code": "PRT", "company_id": cls.company.id}
        )
        cls.stock = cls.warehouse.lot_stock_id
        cls.field_loc = cls.warehouse.aftersales_field_loc_id
        cls.van = cls.env["stock.location"].create(
            {
                "name": "Van 1",
                "location_id": cls.field_loc.id,
                "company_id": cls.company.id,
            }
        )
        cls.technician.company_id = cls.company
        cls.technician.van_location_id = cls.van
        cls.storekeeper = cls.env["res.users"].create(
            {
                "login": "as_storekeeper",
                "name": "Stella Storekeeper",
                "email": "stella@maker.example.com",
                "group_ids": [
                    Command.set(
                        (
                            cls.env.ref("base.group_user")
                            | cls.env.ref("stock.group_stock_user")
                        ).ids
                    )
                ],
                "company_id": cls.company.id,
                "company_ids": [Command.set(cls.company.ids)],
            }
        )
        cls.hose_part, cls.pump, cls.board = cls.env["product.product"].create(
            [
                {"name": "Hose 3/8", "default_code": "H-38", "is_storable": True},
                {"name": "Pump", "default_code": "P-1", "is_storable": True},
                {
                    "name": "Board",
                    "default_code": "B-1",
                    "is_storable": True,
                    "tracking": "serial",
                },
            ]
        )
        cls.customers = cls.site.with_company(cls.company).property_stock_customer

    @classmethod
    def put(cls, product, quantity, location, lot=None):
        """Let a quantity lie in a location."""
        cls.env["stock.quant"]._update_available_quantity(
            product, location, quantity, lot_id=lot
        )

    @classmethod
    def lot(cls, name, product=None):
        """Return a new serial number."""
        return cls.env["stock.lot"].create(
            {
                "name": name,
                "product_id": (product or cls.board).id,
                "company_id": cls.company.id,
            }
        )

    def on_hand(self, product, location, lot=None):
        """Return what lies in a location itself."""
        self.env.flush_all()
        quants = self.env["stock.quant"].search(
            [
                ("product_id", "=", product.id),
                ("location_id", "=", location.id),
                *([("lot_id", "=", lot.id)] if lot else []),
            ]
        )
        return sum(quants.mapped("quantity"))

    def part(self, product, quantity=1, **values):
        """Return the command that adds a part to a visit."""
        return Command.create(
            {
                "kind": "part",
                "product_id": product.id,
                "name": product.name,
                "quantity": quantity,
                **values,
            }
        )

    def draft_visit(self, *commands, role="dispatcher", hours=None):
        """Return a visit of the technician that is not planned yet, one a day."""
        if not hours:
            mine = [("technician_ids", "in", self.technician.ids)]
            hours = 24 * (1 + self.env["aftersales.dispatch"].search_count(mine))
        ticket = self.create_ticket()
        action = self.as_role("dispatcher", ticket).action_plan_visit()
        visit = self.as_role("dispatcher", "aftersales.dispatch").browse(
            action["res_id"]
        )
        visit.write(
            {
                "technician_ids": [Command.set(self.technician.ids)],
                "scheduled_start": self.at_hours(hours),
            }
        )
        if commands:
            self.as_role(role, "aftersales.dispatch.line").create(
                [{**command[2], "dispatch_id": visit.id} for command in commands]
            )
        return visit

    def planned_visit(self, *commands, **options):
        """Return a planned visit with parts."""
        visit = self.draft_visit(*commands, **options)
        visit.action_plan()
        return visit

    def at_hours(self, hours):
        """Return a moment some hours after NOW."""
        with self.at(hours) as moment:
            return moment

    def to_site(self, visit):
        """Let the technician go there and work."""
        visit = self.as_role("technician", visit)
        visit.action_depart()
        visit.action_arrive()
        visit.job_ids.write({"work_done": "Replaced", "result": "solved"})
        visit.job_ids.answer_ids.write({"answer": "yes"})
        return visit

    def moves(self, visit, *roles, done=None):
        """Return the moves of a visit that are not cancelled."""
        moves = visit.sudo().move_ids.filtered(lambda m: m.state != "cancel")
        if roles:
            moves = moves.filtered(lambda m: m.dispatch_role in roles)
        if done is not None:
            moves = moves.filtered(lambda m: (m.state == "done") == done)
        return moves


class PricedPartsCommon(PartsCommon):
    """Labour at 100 an hour and hoses at 30 apiece, which cost 12, without taxes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.labour = cls.env["product.product"].create(
            {
                "name": "Labour",
                "type": "service",
                "list_price": 100,
                "taxes_id": False,
                "uom_id": cls.env.ref("uom.product_uom_hour").id,
                "invoice_policy": "order",
            }
        )
        cls.company.write(
            {
                "aftersales_labour_product_id": cls.labour.id,
                "aftersales_callout_product_id": False,
            }
        )
        cls.hose_part.write(
            {
                "list_price": 30,
                "standard_price": 12,
                "taxes_id": False,
                "invoice_policy": "delivery",
            }
        )
