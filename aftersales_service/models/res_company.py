# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"
    _check_company_auto = True

    aftersales_warranty_term_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Warranty Term",
        check_company=True,
        ondelete="restrict",
        help="Where neither the order, nor the customer, nor the product says which. "
        "Empty: no warranty.",
    )
