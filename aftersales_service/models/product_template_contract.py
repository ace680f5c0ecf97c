# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ProductTemplate(models.Model):
    """Products that sell an after-sales contract."""

    _inherit = "product.template"

    service_tracking = fields.Selection(
        selection_add=[("aftersales_contract", "After-Sales Contract")],
        ondelete={"aftersales_contract": "set default"},
    )
    aftersales_contract_template_id = fields.Many2one(
        "aftersales.contract.template",
        string="Contract Template",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="What the contract that this product sells promises.",
    )
