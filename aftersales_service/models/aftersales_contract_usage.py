# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

QUOTA_SELECTION = [
    ("visit", "Visits on Site"),
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
    round = fields.Integer(
        readonly=True,
        export_string_translation=False,
        help="Numbers the reservations of a visit; the row that ends one has its "
        "number.",
    )
    order_id = fields.Many2one(
        "sale.order",
        string="Ordered Beyond",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        groups="sales_team.group_sale_salesman,account.group_account_readonly,"
        "account.group_account_invoice",
        help="The quotation by which the customer pays for more than is included.",
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

    # Each reservation once, and each ended once, whoever meets at the same moment.
    _step_uniq = models.UniqueIndex(
        "(contract_id, dispatch_id, quota, round, step) WHERE step <> 'correct'",
        "This step of the visit is in the ledger already.",
    )
    _ended_uniq = models.UniqueIndex(
        "(contract_id, dispatch_id, quota, round) WHERE step IN ('release', 'consume')",
        "This reservation was released or consumed already.",
    )
    _consumed_uniq = models.UniqueIndex(
        "(contract_id, dispatch_id, quota) WHERE step = 'consume'",
        "What this visit has used is in the ledger already.",
    )
    _quantity_positive = models.Constraint(
        "CHECK(quantity > 0 OR step = 'correct')",
        "Only a correction takes something back.",
    )
    _visit_or_correction = models.Constraint(
        "CHECK(dispatch_id IS NOT NULL OR (step = 'correct' AND reason IS NOT NULL))",
        "A correction by hand has a reason, everything else a visit.",
    )

    def write(self, vals):  # pylint: disable=method-required-super
        self.check_access("write")
        raise UserError(
            self.env._("The ledger of a contract is never changed: correct it.")
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The ledger of a contract is never deleted."))

    @api.model
    def _raise_kept(self):
        """Say that a visit stays: it stands in a ledger.

        :raise UserError: always
        """
        raise UserError(
            self.env._(
                "This visit stands in the ledger of a contract: it is kept. Cancel it "
                "instead."
            )
        )
