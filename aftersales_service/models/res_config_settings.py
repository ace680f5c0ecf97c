# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    aftersales_warranty_term_id = fields.Many2one(
        related="company_id.aftersales_warranty_term_id",
        readonly=False,
        check_company=True,
    )
