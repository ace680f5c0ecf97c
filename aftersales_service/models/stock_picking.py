# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

from .stock_lot import READERS


class StockPicking(models.Model):
    _inherit = "stock.picking"

    aftersales_equipment_count = fields.Integer(
        string="Equipment",
        compute="_compute_aftersales_equipment_count",
        groups=READERS,
    )

    def _aftersales_equipment(self):
        """Find the equipment each transfer has delivered or taken back.

        An equipment points to its last delivery only; its history knows the others.

        :return: dict of the id of a transfer to the set of its equipment's ids
        """
        found = {picking.id: set() for picking in self}
        # sudo: the moves of a transfer the user has open, whether or not he may
        # open them by themselves
        moves = self.sudo().move_ids
        for model, column in (
            ("aftersales.equipment", "id"),
            ("aftersales.equipment.event", "equipment_id"),
        ):
            for move, ids in self.env[model]._read_group(
                [("move_id", "in", moves.ids)], ["move_id"], [f"{column}:array_agg"]
            ):
                found[move.sudo().picking_id.id].update(ids)
        return found

    def _compute_aftersales_equipment_count(self):
        found = self._aftersales_equipment()
        for picking in self:
            picking.aftersales_equipment_count = len(found.get(picking.id, ()))

    def action_view_aftersales_equipment(self):
        """Open the equipment that this transfer has delivered or taken back."""
        self.ensure_one()
        ids = self._aftersales_equipment()[self.id]
        # A search, so that what is archived or another company's stays out
        equipment = self.env["aftersales.equipment"].search([("id", "in", list(ids))])
        return equipment._get_records_action(name=self.env._("Equipment"))
