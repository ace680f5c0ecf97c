# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from itertools import pairwise

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date


class AftersalesContractPause(models.Model):
    """Days on which a contract was suspended: a paused day is not covered."""

    _name = "aftersales.contract.pause"
    _description = "Pause of a Contract"
    _order = "date_from desc, id desc"
    _rec_name = "contract_id"

    contract_id = fields.Many2one(
        "aftersales.contract", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="contract_id.company_id", store=True, precompute=True, index=True
    )
    date_from = fields.Date(string="Suspended from", required=True)
    date_to = fields.Date(
        string="Last Paused Day", help="Empty: until the contract is resumed."
    )
    reason = fields.Char(required=True)
    resume_reason = fields.Char()
    user_id = fields.Many2one(
        "res.users",
        string="Suspended By",
        required=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )

    # A day before its first: it was taken back before it began, and paused nothing.
    _dates_ordered = models.Constraint(
        "CHECK(date_to IS NULL OR date_to >= date_from - 1)",
        "A pause can't end before it begins.",
    )

    @api.constrains("contract_id", "date_from", "date_to")
    def _check_overlap(self):
        """Refuse to pause a day twice."""
        for contract in self.contract_id:
            pauses = contract.pause_ids
            spans = pauses.filtered(lambda p: not p._is_empty()).sorted("date_from")
            for earlier, later in pairwise(spans):
                if not earlier.date_to or earlier.date_to >= later.date_from:
                    raise ValidationError(
                        self.env._(
                            "%(contract)s is suspended from %(date)s already. Resume "
                            "it first, or choose another day.",
                            contract=earlier.contract_id.name,
                            date=format_date(self.env, earlier.date_from),
                        )
                    )

    def _is_empty(self):
        """Tell whether this pause was taken back before it began."""
        self.ensure_one()
        return bool(self.date_to) and self.date_to < self.date_from

    def _holds(self, day):
        """Tell whether a day is paused."""
        self.ensure_one()
        return self.date_from <= day and (not self.date_to or day <= self.date_to)


class AftersalesContract(models.Model):
    _inherit = "aftersales.contract"

    pause_ids = fields.One2many(
        "aftersales.contract.pause", "contract_id", string="Pauses", copy=False
    )
