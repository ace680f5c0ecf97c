# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import Command

from odoo.addons.aftersales_service.tests.equipment_common import EquipmentCommon


class RepairCommon(EquipmentCommon):
    """A press under warranty, seals in stock, and who repairs and sells."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.part = cls.make_product(
            "Seal", "none", aftersales_is_serviced=False, list_price=80.0
        )
        cls.part.taxes_id = False
        cls.salesman = cls.storekeeper.copy(
            {
                "login": "as_repair_sales",
                "group_ids": [
                    Command.set(
                        (
                            cls.env.ref("stock.group_stock_user")
                            | cls.env.ref("sales_team.group_sale_manager")
                        ).ids
                    )
                ],
            }
        )

    def setUp(self):
        super().setUp()
        self.put_on_stock(self.part, 5)
        self.lot = self.serials("R-1")
        self.machine = self.deliver(self.sell((self.press, 1)), self.lot)
        self.warranty = self.machine.warranty_ids

    def send_in(self, outcome="repair"):
        """Send the machine in, receive it, and decide to repair it."""
        ticket = self.create_ticket(
            equipment_id=self.machine.id, partner_id=self.customer.id
        )
        action = self.as_role("dispatcher", ticket).action_workshop()
        visit = self.as_role("dispatcher", "aftersales.dispatch").browse(
            action["res_id"]
        )
        with self.at(48):
            self.validate(visit._workshop_moves("receive").picking_id)
        self.decide(visit, outcome)
        return visit

    def decide(self, visit, outcome):
        wizard = self.as_role("dispatcher", "aftersales.workshop.decide").create(
            {"dispatch_id": visit.id, "outcome": outcome}
        )
        wizard.action_decide()
        visit.invalidate_recordset()

    def plan(self, visit):
        visit.write(
            {
                "technician_ids": [Command.set(self.technician.ids)],
                "scheduled_start": self.NOW,
            }
        )
        visit.action_plan()

    def repair_of(self, visit):
        return visit._workshop_repairs().with_user(self.salesman)

    def add_part(self, repair, quantity=1):
        repair.write(
            {
                "move_ids": [
                    Command.create(
                        {
                            "repair_line_type": "add",
                            "product_id": self.part.id,
                            "product_uom_qty": quantity,
                        }
                    )
                ]
            }
        )

    def finish_repair(self, repair):
        with self.at(60):
            repair.action_validate()
            repair.action_repair_start()
            for move in repair.move_ids:
                move.quantity = move.product_uom_qty
            repair.action_repair_end()

    def give_term(self, share, **values):
        self.warranty._void("Test")
        term = self.env["aftersales.warranty.term"].create(
            {"name": "Shared", "duration": 12, "parts_share": share, **values}
        )
        self.env["aftersales.warranty"]._grant(
            [{"equipment_id": self.machine.id, "term": term}]
        )
