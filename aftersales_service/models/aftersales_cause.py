# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

from .selections import LIABILITY_SELECTION


class AftersalesCause(models.Model):
    """Why something failed, with the liability that usually follows."""

    _name = "aftersales.cause"
    _description = "Cause"
    _order = "sequence, name, id"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(index="btree_not_null")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    liability = fields.Selection(
        LIABILITY_SELECTION,
        required=True,
        default="unknown",
        help="Who usually answers for this cause; a finding may say otherwise.",
    )
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty: shared by all companies."
    )
    description = fields.Text(translate=True)

    _name_company_uniq = models.UniqueIndex(
        "((name->>'en_US'), COALESCE(company_id, 0)) WHERE active",
        "A cause of this name exists already.",
    )
