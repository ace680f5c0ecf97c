# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

from .selections import DURATION_UNIT_SELECTION


class AftersalesContractTemplate(models.Model):
    """What a contract product sells."""

    _name = "aftersales.contract.template"
    _inherit = "aftersales.contract.terms.mixin"
    _description = "Contract Template"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty: shared by all companies."
    )
    duration = fields.Integer(default=12)
    duration_unit = fields.Selection(
        DURATION_UNIT_SELECTION, required=True, default="month"
    )
    is_per_machine = fields.Boolean(
        string="Priced per Machine",
        default=True,
        help="The quantity on the order is the number of machines. Otherwise it is one "
        "price for all of them.",
    )
    statement = fields.Text(
        string="Text for the Customer",
        translate=True,
        help="Printed on quotations and contracts instead of the text made from the "
        "terms.",
    )
    product_ids = fields.One2many(
        "product.template", "aftersales_contract_template_id", string="Sold As"
    )

    _duration_positive = models.Constraint(
        "CHECK(duration > 0 AND duration <="
        " CASE duration_unit WHEN 'day' THEN 36500 ELSE 1200 END)",
        "A contract lasts at least one day and at most a hundred years.",
    )
