# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

#: What is copied when a term is given, in its order on the form.
ENTITLEMENT_FIELDS = [
    "parts_share",
    "labour_share",
    "travel_share",
    "covers_design",
    "covers_manufacturing",
    "covers_purchasing",
    "covers_transport",
    "covers_wear",
    "covers_misuse",
    "excluded_category_ids",
]


class AftersalesEntitlementMixin(models.AbstractModel):
    """What a warranty term, a warranty or a contract pays, and what it does not."""

    _name = "aftersales.entitlement.mixin"
    _description = "Entitlement"

    parts_share = fields.Float(
        default=1.0, help="Share of the parts that is free for the customer."
    )
    labour_share = fields.Float(
        default=1.0, help="Share of the labour that is free for the customer."
    )
    travel_share = fields.Float(
        default=0.0, help="Share of the travel that is free for the customer."
    )
    covers_design = fields.Boolean(string="Design Defects", default=True)
    covers_manufacturing = fields.Boolean(string="Manufacturing Defects", default=True)
    covers_purchasing = fields.Boolean(string="Purchasing Defects", default=True)
    covers_transport = fields.Boolean(string="Transport Damage")
    covers_wear = fields.Boolean(string="Wear")
    covers_misuse = fields.Boolean(string="Improper Use")
    excluded_category_ids = fields.Many2many(
        "product.category",
        string="Excluded Parts",
        help="Parts of these categories and of those below them are never free: oil, "
        "filters and other wear parts.",
    )

    _shares_between_0_and_1 = models.Constraint(
        "CHECK(parts_share BETWEEN 0 AND 1 AND labour_share BETWEEN 0 AND 1"
        " AND travel_share BETWEEN 0 AND 1)",
        "A share lies between 0 % and 100 %.",
    )

    def _entitlement_fields(self):
        """Return the names of the fields that are copied when a term is given."""
        return ENTITLEMENT_FIELDS

    def _covered_liabilities(self):
        """Return the liabilities for which this pays.

        :return: set of values of `LIABILITY_SELECTION`; never "unknown", which is
            presumed to be covered
        """
        self.ensure_one()
        prefix = "covers_"
        return {
            name.removeprefix(prefix)
            for name in self._entitlement_fields()
            if name.startswith(prefix) and self[name]
        }
