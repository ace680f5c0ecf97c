# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

INVOICING_SELECTION = [
    ("order", "With the Order"),
    ("advance", "In Advance, by Period"),
]
QUOTA_PERIOD_SELECTION = [
    ("term", "For the Whole Contract"),
    ("year", "For Each Contract Year"),
]
#: What is copied from a template to a contract beside the entitlement.
CONTRACT_TERM_FIELDS = [
    "quota_period",
    "limits_visits",
    "visit_quota",
    "limits_hours",
    "hour_quota",
    "limits_parts",
    "parts_quota",
    "response_class_id",
    "maintenance_per_year",
    "renewal_notice_days",
    "invoicing",
    "invoicing_months",
    "needs_signature",
]


class AftersalesContractTermsMixin(models.AbstractModel):
    """What a contract promises, worn by its template and by the contract itself."""

    _name = "aftersales.contract.terms.mixin"
    _inherit = "aftersales.entitlement.mixin"
    _description = "Terms of an After-Sales Contract"

    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        export_string_translation=False,
    )
    covers_misuse = fields.Boolean(
        string="Accidental Damage",
        help="Damage by improper use is covered too, once it was determined.",
    )
    covers_wear = fields.Boolean(default=True)
    quota_period = fields.Selection(
        QUOTA_PERIOD_SELECTION, string="Quotas Count", required=True, default="term"
    )
    limits_visits = fields.Boolean()
    visit_quota = fields.Integer(
        string="Visits on Site",
        help="How many visits to the customer the contract includes.",
    )
    limits_hours = fields.Boolean()
    hour_quota = fields.Float(
        string="Hours", help="How many hours of labour the contract includes."
    )
    limits_parts = fields.Boolean()
    parts_quota = fields.Monetary(
        string="Parts Amount",
        help="Up to which amount, at sales prices without tax, the contract includes "
        "parts.",
    )
    response_class_id = fields.Many2one(
        "aftersales.response.class",
        index="btree_not_null",
        ondelete="restrict",
        help="How fast a customer with this contract is served: the SLA policies of "
        "this class hold for him.",
    )
    maintenance_per_year = fields.Integer(
        string="Maintenance Visits per Year",
        help="So many visits a year are prepared ahead as drafts for the dispatcher. "
        "They come beside the included visits and use up none of them.",
    )
    renewal_notice_days = fields.Integer(
        string="Renewal Quote before the End",
        default=60,
        help="So many days before the end the renewal is quoted. 0: not at all.",
    )
    invoicing = fields.Selection(INVOICING_SELECTION, required=True, default="order")
    invoicing_months = fields.Integer(
        string="Months per Invoice",
        default=3,
        help="Each invoice is due in advance and covers so many months.",
    )
    needs_signature = fields.Boolean(
        string="Starts with the Customer's Signature",
        default=True,
        help="An order that a salesperson confirms by himself leaves the contract "
        "waiting until the customer has signed or paid.",
    )

    _quotas_positive = models.Constraint(
        "CHECK(visit_quota >= 0 AND hour_quota >= 0 AND parts_quota >= 0"
        " AND maintenance_per_year >= 0 AND renewal_notice_days >= 0)",
        "Quotas, visits and days can't be negative.",
    )
    _invoicing_months_positive = models.Constraint(
        "CHECK(invoicing <> 'advance' OR invoicing_months BETWEEN 1 AND 120)",
        "An invoice covers at least one month.",
    )
    _maintenance_at_most_daily = models.Constraint(
        "CHECK(maintenance_per_year <= 52)",
        "At most 52 maintenance visits a year are prepared.",
    )

    def _compute_currency_id(self):
        for record in self:
            company = record.company_id or self.env.company
            record.currency_id = company.currency_id

    def _entitlement_fields(self):
        return [*super()._entitlement_fields(), *CONTRACT_TERM_FIELDS]
