# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

#: Who reads the installed base.
READERS = (
    "aftersales_service.aftersales_service_group_staff,"
    "aftersales_service.aftersales_service_group_finance,"
    "sales_team.group_sale_salesman"
)


class StockLot(models.Model):
    _inherit = "stock.lot"

    aftersales_equipment_count = fields.Integer(
        string="Equipment",
        compute="_compute_aftersales_equipment_count",
        groups=READERS,
    )

    def _compute_aftersales_equipment_count(self):
        groups = self.env["aftersales.equipment"]._read_group(
            [("lot_id", "in", self.ids)], ["lot_id"], ["__count"]
        )
        counts = dict(groups)
        for lot in self:
            lot.aftersales_equipment_count = counts.get(lot, 0)

    def action_view_aftersales_equipment(self):
        """Open the equipment of this serial: today's and earlier owners'."""
        self.ensure_one()
        equipment = self.env["aftersales.equipment"].search([("lot_id", "=", self.id)])
        return equipment._get_records_action(name=self.env._("Equipment"))
