# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..models.aftersales_contract_quota import LIMITS
from ..models.aftersales_contract_usage import QUOTA_SELECTION


class AftersalesContractCorrect(models.TransientModel):
    """Correct by hand what was used of a contract, with a reason."""

    _name = "aftersales.contract.correct"
    _description = "Correct the Usage of a Contract"

    contract_id = fields.Many2one(
        "aftersales.contract", required=True, readonly=True, ondelete="cascade"
    )
    quota_html = fields.Html(related="contract_id.quota_html", related_sudo=False)
    quota = fields.Selection(
        QUOTA_SELECTION,
        string="What",
        required=True,
        compute="_compute_quota",
        store=True,
        readonly=False,
        precompute=True,
    )
    direction = fields.Selection(
        [("more", "More Was Used"), ("less", "Less Was Used")],
        string="How",
        required=True,
        default="less",
    )
    quantity = fields.Float(
        string="How Much",
        required=True,
        default=1.0,
        help="Visits, hours, or the amount in the company's currency.",
    )
    date = fields.Date(
        string="Counts On",
        required=True,
        default=fields.Date.context_today,
        help="In the contract year of this day.",
    )
    reason = fields.Char(required=True)

    _quantity_positive = models.Constraint(
        "CHECK(quantity > 0)", "By how much? A number above zero."
    )

    @api.depends("contract_id")
    def _compute_quota(self):
        for dialog in self:
            limited = [
                quota
                for quota, (limit, _amount) in LIMITS.items()
                if dialog.contract_id[limit]
            ]
            dialog.quota = dialog.quota or (limited[0] if limited else "visit")

    def action_correct(self):
        self.ensure_one()
        contract = self.contract_id
        contract._check_may_correct()
        sign = 1 if self.direction == "more" else -1
        # sudo: nobody writes the ledger by hand; the right was checked
        contract.sudo()._correct(
            self.quota, sign * self.quantity, self.date, self.reason
        )


class AftersalesContract(models.Model):
    _inherit = "aftersales.contract"

    def action_correct_usage(self):
        """Open the dialog in which the usage is corrected by hand."""
        self.ensure_one()
        self._check_may_correct()
        if not self.has_quota:
            raise UserError(self.env._("This contract limits nothing."))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_contract_correct_action"
        )
        action["context"] = {"default_contract_id": self.id}
        return action

    def _check_may_correct(self):
        """Let only managers of the service or of sales correct the ledger.

        :raise AccessError: for everybody else
        """
        self.check_access("write")
        groups = (
            "aftersales_service.aftersales_service_group_manager",
            "sales_team.group_sale_manager",
        )
        if not any(self.env.user.has_group(group) for group in groups):
            raise AccessError(
                self.env._(
                    "Only a manager of the service or of sales corrects what was used."
                )
            )
