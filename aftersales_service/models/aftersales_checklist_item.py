# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class AftersalesChecklistItem(models.Model):
    """One question of a checklist."""

    _name = "aftersales.checklist.item"
    _description = "Checklist Item"
    _order = "sequence, id"

    checklist_id = fields.Many2one(
        "aftersales.checklist", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    name = fields.Char(string="Question", required=True, translate=True)
