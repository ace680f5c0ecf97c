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

    def write(self, vals):
        res = super().write(vals)
        if "resource_calendar_id" in vals:
            self.env.registry.clear_cache()
            self.env["aftersales.sla.clock"]._mark_stale(
                [("company_id", "in", self.ids)]
            )
        return res
