# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.fields import Domain


class StockLocation(models.Model):
    _inherit = "stock.location"

    aftersales_is_faulty = fields.Boolean(
        string="Faulty Parts",
        help="Parts that came back broken: kept, but worth nothing.",
    )

    def _should_be_valued(self):
        return super()._should_be_valued() and not self.aftersales_is_faulty

    def _search_is_valued(self, operator, value):
        if operator not in ("=", "!="):
            return super()._search_is_valued(operator, value)
        found = Domain(super()._search_is_valued("=", True))
        found &= Domain("aftersales_is_faulty", "=", False)
        wanted = (operator == "=") == bool(value)
        return found if wanted else ~found
