# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class AftersalesResponseClass(models.Model):
    """How fast a contract promises to be served; policies are made for classes."""

    _name = "aftersales.response.class"
    _description = "Response Class"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    description = fields.Text(
        translate=True, help="What customers are told about this class."
    )

    _name_uniq = models.Constraint(
        "UNIQUE(name)", "There is a response class of this name already."
    )
