# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class SaleOrderLine(models.Model):
    """Lines that sell an after-sales contract."""

    _inherit = "sale.order.line"

    aftersales_is_contract = fields.Boolean(
        compute="_compute_aftersales_contract_template_id",
        store=True,
        precompute=True,
        export_string_translation=False,
    )
    aftersales_contract_template_id = fields.Many2one(
        "aftersales.contract.template",
        compute="_compute_aftersales_contract_template_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    aftersales_contract_start = fields.Date(
        string="Contract Starts On",
        help="Empty: the day of the confirmation, or the day after the contract that "
        "is renewed.",
    )
    aftersales_renews_id = fields.Many2one(
        "aftersales.contract",
        string="Renews Contract",
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    aftersales_contract_ids = fields.One2many(
        "aftersales.contract", "sale_line_id", groups="sales_team.group_sale_salesman"
    )

    @api.depends("product_id")
    def _compute_aftersales_contract_template_id(self):
        for line in self:
            product = line.product_id
            is_contract = product.service_tracking == "aftersales_contract"
            line.aftersales_is_contract = is_contract
            line.aftersales_contract_template_id = (
                is_contract and product.aftersales_contract_template_id
            )
