# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models
from odoo.fields import Domain

from .inside import is_inside


class StockQuant(models.Model):
    _inherit = "stock.quant"

    def _get_gather_domain(
        self,
        product_id,
        location_id,
        lot_id=None,
        package_id=None,
        owner_id=None,
        strict=False,
    ):
        domain = super()._get_gather_domain(
            product_id, location_id, lot_id, package_id, owner_id, strict
        )
        if not strict and is_inside(self.env, "aftersales_exact_location"):
            # Below it lie the colleagues' vans and the faulty parts.
            domain = Domain(domain) & Domain("location_id", "=", location_id.id)
        return domain
