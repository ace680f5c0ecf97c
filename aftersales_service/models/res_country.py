# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResCountry(models.Model):
    _inherit = "res.country"

    aftersales_minimum_months = fields.Integer(
        string="Statutory Warranty",
        help="Months for which parts and labour have to be free by law. A shorter "
        "warranty term gives a warning on the order. 0: nothing is checked.",
    )

    _aftersales_minimum_months_range = models.Constraint(
        "CHECK(aftersales_minimum_months BETWEEN 0 AND 1200)",
        "The statutory warranty lies between 0 and 1200 months.",
    )
