# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

from ..tools import charges as engine


class AftersalesTravelZone(models.Model):
    """Where travel costs a fixed price a visit, in place of a price per kilometre."""

    _name = "aftersales.travel.zone"
    _description = "Travel Zone"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=10, help="The first zone that an address lies in is charged."
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    country_ids = fields.Many2many(
        "res.country", string="Countries", help="Empty: any country."
    )
    zip_prefixes = fields.Char(
        string="ZIP Codes Begin with",
        help="Separated by commas, as in 80, 81, 85. Empty: any.",
    )
    max_km = fields.Float(
        string="Up to (km)",
        help="Kilometres of the way, as the technician writes them down. Zero: any "
        "distance.",
    )
    product_id = fields.Many2one(
        "product.product",
        string="Charged as",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        domain=[("type", "=", "service"), ("sale_ok", "=", True)],
        help="Its price, by the customer's price list, is charged once a visit.",
    )

    _max_km_positive = models.Constraint(
        "CHECK(max_km >= 0)", "A distance can't be negative."
    )

    def _find(self, company, address, distance):
        """Find the zone of an address.

        :param company: `res.company` that charges
        :param address: `res.partner` of the site
        :param float distance: kilometres of the way; zero when nobody wrote them down
        :return: the first zone that fits, possibly empty
        """
        zones = self.search([("company_id", "=", company.id)])
        for zone in zones:
            if zone.max_km and (not distance or distance > zone.max_km):
                continue
            if engine.zone_fits(
                address.zip or "",
                address.country_id.id,
                zone.country_ids.ids,
                zone.zip_prefixes or "",
            ):
                return zone
        return self.browse()
