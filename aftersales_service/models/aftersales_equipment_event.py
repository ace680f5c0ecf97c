# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesEquipmentEvent(models.Model):
    """What happened to an equipment on a day: delivered, returned, moved, sold on.

    Rows are added, never changed.
    """

    _name = "aftersales.equipment.event"
    _description = "Equipment History"
    _order = "date desc, id desc"

    equipment_id = fields.Many2one(
        "aftersales.equipment",
        required=True,
        index=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company", related="equipment_id.company_id", store=True, index=True
    )
    date = fields.Date(required=True, readonly=True)
    kind = fields.Selection(
        [
            ("delivered", "Delivered"),
            ("returned", "Returned"),
            ("reactivated", "Delivered Again"),
            ("imported", "Entered"),
            ("commissioned", "Commissioned"),
            ("invoiced", "Invoiced"),
            ("owner", "New Owner"),
            ("site", "New Site"),
            ("end_user", "New End User"),
            ("exchanged", "Part Replaced"),
            ("corrected", "Part Corrected"),
            ("rebuilt", "Dates Rebuilt"),
            ("ended", "Taken Out of Service"),
            ("repair_in", "Came to the Workshop"),
            ("repair_out", "Back from the Workshop"),
            ("replaced", "Replaced by Another"),
        ],
        required=True,
        readonly=True,
    )
    move_id = fields.Many2one(
        "stock.move", index="btree_not_null", readonly=True, ondelete="set null"
    )
    quantity = fields.Float(digits="Product Unit", readonly=True)
    old_partner_id = fields.Many2one(
        "res.partner", string="From", readonly=True, index="btree_not_null"
    )
    new_partner_id = fields.Many2one(
        "res.partner", string="To", readonly=True, index="btree_not_null"
    )
    note = fields.Char(readonly=True)
    user_id = fields.Many2one(
        "res.users",
        string="Entered by",
        readonly=True,
        default=lambda self: self.env.user,
    )

    # Two that process the same move at once: one of them gives way.
    _move_once = models.UniqueIndex(
        "(move_id, equipment_id, kind) WHERE move_id IS NOT NULL",
        "This transfer has been processed for this equipment already.",
    )

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("The history of an equipment can't be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The history of an equipment can't be deleted."))
