# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _create_repair_sale_order_line(self):
        """A part that is added later is charged by the coverage as well."""
        new = self.filtered(lambda move: not move.sale_line_id)
        res = super()._create_repair_sale_order_line()
        new._charge_by_coverage()
        return res

    def _charge_by_coverage(self):
        """Charge of each repair part what its coverage leaves to the customer.

        All of it costs as its price list says, nothing costs nothing, and a share is
        a discount on that.
        """
        for move in self.filtered("sale_line_id"):
            repair = move.repair_id
            if move.repair_line_type != "add" or not repair.dispatch_id:
                continue
            line = move.sale_line_id
            # sudo: what is decided holds whoever reads it
            share = repair.dispatch_id.sudo()._workshop_part_share(move.product_id)
            if not share:
                line.write({"price_unit": 0.0, "technical_price_unit": 0.0})
                continue
            line.write({"price_unit": 0.0, "technical_price_unit": 0.0})
            line._compute_price_unit()
            line._compute_discount()
            line.discount = 100 - (100 - line.discount) * share
