# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

QUOTA_SELECTION = [
    ("visit", "Visits"),
    ("hour", "Hours"),
    ("parts", "Parts Amount"),
]
USAGE_STEP_SELECTION = [
    ("reserve", "Reserved"),
    ("consume", "Consumed"),
    ("release", "Released"),
    ("correct", "Corrected"),
]


class AftersalesContractUsage(models.Model):
    """The ledger of what a contract's quotas were used for; append-only."""

    _name = "aftersales.contract.usage"
    _description = "Usage of a Contract"
    _order = "id desc"
    _rec_name = "contract_id"

    contract_id = fields.Many2one(
        "aftersales.contract",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        related="contract_id.company_id", store=True, index=True
    )
    quota = fields.Selection(QUOTA_SELECTION, required=True, readonly=True)
    step = fields.Selection(USAGE_STEP_SELECTION, required=True, readonly=True)
    quantity = fields.Float(
        required=True,
        readonly=True,
        help="Visits, hours, or the amount in the company's currency.",
    )
    period_start = fields.Date(
        required=True,
        readonly=True,
        help="First day of the contract or contract year it counts in.",
    )
    dispatch_id = fields.Many2one(
        "aftersales.dispatch",
        string="Visit",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Recorded By",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    reason = fields.Char(readonly=True)
