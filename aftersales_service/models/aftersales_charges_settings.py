# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a company charges its visits with, and from which amount it asks first."""

from odoo import api, fields, models

SERVICE_DOMAIN = [("type", "=", "service"), ("sale_ok", "=", True)]
#: Name of a charge -> field of the company and the product that comes with the addon.
CHARGE_PRODUCTS = {
    "labour": ("aftersales_labour_product_id", "product_labour"),
    "overtime": ("aftersales_overtime_product_id", "product_overtime"),
    "travel": ("aftersales_travel_product_id", "product_travel"),
    "km": ("aftersales_km_product_id", "product_km"),
}


class ResCompany(models.Model):
    _inherit = "res.company"

    aftersales_callout_product_id = fields.Many2one(
        "product.product",
        string="Call-out Fee",
        check_company=True,
        ondelete="restrict",
        domain=SERVICE_DOMAIN,
        help="Charged once for each visit on site. Empty: no fee.",
    )
    aftersales_labour_product_id = fields.Many2one(
        "product.product",
        string="Hour of Labour",
        check_company=True,
        ondelete="restrict",
        domain=SERVICE_DOMAIN,
    )
    aftersales_overtime_product_id = fields.Many2one(
        "product.product",
        string="Hour of Overtime",
        check_company=True,
        ondelete="restrict",
        domain=SERVICE_DOMAIN,
        help="At night, at weekends and on holidays, by the technician's calendar.",
    )
    aftersales_travel_product_id = fields.Many2one(
        "product.product",
        string="Hour of Travel",
        check_company=True,
        ondelete="restrict",
        domain=SERVICE_DOMAIN,
    )
    aftersales_km_product_id = fields.Many2one(
        "product.product",
        string="Kilometre",
        check_company=True,
        ondelete="restrict",
        domain=SERVICE_DOMAIN,
    )
    aftersales_travel_by = fields.Selection(
        [("km", "By Kilometre"), ("zone", "By Zone")],
        string="Distance",
        required=True,
        default="km",
    )
    aftersales_labour_step = fields.Integer(
        string="Round up to (Minutes)",
        default=15,
        help="Started units of labour and of travel are charged whole. Zero: to the "
        "minute.",
    )
    aftersales_show_covered = fields.Boolean(
        string="Show What Is Covered",
        default=True,
        help="What is free stands on the order with a discount of 100 %. Otherwise it "
        "is left out there; the statement for the customer always names it.",
    )
    aftersales_quote_threshold = fields.Monetary(
        string="Quote Needed above",
        help="Work that costs the customer more, taxes included, is finished only with "
        "an approved quotation. Zero: never needed.",
    )
    aftersales_quote_tolerance = fields.Float(
        string="Tolerance (%)",
        default=10.0,
        help="By how much the work may exceed the approved amount.",
    )
    aftersales_cost_account_id = fields.Many2one(
        "account.analytic.account",
        string="Account of Labour Cost",
        check_company=True,
        ondelete="restrict",
        help="Hours of technicians are booked here at their hourly cost when a visit "
        "is signed. Empty: nothing is booked.",
    )

    _aftersales_charges_positive = models.Constraint(
        "CHECK(aftersales_labour_step >= 0 AND aftersales_quote_threshold >= 0"
        " AND aftersales_quote_tolerance >= 0)",
        "Units, thresholds and tolerances of charges can't be negative.",
    )

    def _aftersales_charge_product(self, charge):
        """Return the product that something is charged as.

        :param str charge: labour, overtime, travel or km
        :return: `product.product`; empty when the one that came with the addon is gone
        """
        self.ensure_one()
        field_name, xmlid = CHARGE_PRODUCTS[charge]
        return self[field_name] or (
            self.env.ref(f"aftersales_service.{xmlid}", raise_if_not_found=False)
            or self.env["product.product"]
        )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    aftersales_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Currency of Thresholds"
    )
    aftersales_callout_product_id = fields.Many2one(
        related="company_id.aftersales_callout_product_id", readonly=False
    )
    aftersales_labour_product_id = fields.Many2one(
        related="company_id.aftersales_labour_product_id", readonly=False
    )
    aftersales_overtime_product_id = fields.Many2one(
        related="company_id.aftersales_overtime_product_id", readonly=False
    )
    aftersales_travel_product_id = fields.Many2one(
        related="company_id.aftersales_travel_product_id", readonly=False
    )
    aftersales_km_product_id = fields.Many2one(
        related="company_id.aftersales_km_product_id", readonly=False
    )
    aftersales_travel_by = fields.Selection(
        related="company_id.aftersales_travel_by", readonly=False, required=True
    )
    aftersales_labour_step = fields.Integer(
        related="company_id.aftersales_labour_step", readonly=False
    )
    aftersales_show_covered = fields.Boolean(
        related="company_id.aftersales_show_covered", readonly=False
    )
    aftersales_quote_threshold = fields.Monetary(
        related="company_id.aftersales_quote_threshold",
        readonly=False,
        currency_field="aftersales_currency_id",
    )
    aftersales_quote_tolerance = fields.Float(
        related="company_id.aftersales_quote_tolerance", readonly=False
    )
    aftersales_cost_account_id = fields.Many2one(
        related="company_id.aftersales_cost_account_id", readonly=False
    )
    aftersales_unpriced = fields.Char(
        string="Without a Price", compute="_compute_aftersales_unpriced"
    )

    @api.depends(
        "company_id",
        "aftersales_callout_product_id",
        "aftersales_km_product_id",
        "aftersales_labour_product_id",
        "aftersales_overtime_product_id",
        "aftersales_travel_by",
        "aftersales_travel_product_id",
    )
    def _compute_aftersales_unpriced(self):
        """Name what would be charged with zero."""
        for settings in self:
            company = settings.company_id
            names = set(CHARGE_PRODUCTS)
            if settings.aftersales_travel_by == "zone":
                names.discard("km")
            products = settings.aftersales_callout_product_id
            for name in sorted(names):
                own = settings[CHARGE_PRODUCTS[name][0]]
                products |= own or company._aftersales_charge_product(name)
            unpriced = products.with_company(company).filtered(
                lambda product: not product.lst_price
            )
            settings.aftersales_unpriced = ", ".join(unpriced.mapped("display_name"))


class AftersalesTeam(models.Model):
    _inherit = "aftersales.team"

    quote_threshold = fields.Float(
        string="Quote Needed above",
        help="In the company's currency, taxes included. Zero: as the company says.",
    )

    _quote_threshold_positive = models.Constraint(
        "CHECK(quote_threshold >= 0)", "A threshold can't be negative."
    )


class ResPartner(models.Model):
    _inherit = "res.partner"

    aftersales_quote_threshold = fields.Float(
        string="Quote Needed above",
        company_dependent=True,
        help="Repairs that cost this customer more, in the company's currency with "
        "taxes, need an approved quotation. Zero: as the team and the company say.",
    )
