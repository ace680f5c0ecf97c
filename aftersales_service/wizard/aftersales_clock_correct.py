# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.aftersales_sla_measuring import Measuring, as_row


class AftersalesClockCorrect(models.TransientModel):
    """Let a manager correct a clock: a row in its ledger, with a reason."""

    _name = "aftersales.clock.correct"
    _description = "Correct a Promise"

    clock_id = fields.Many2one(
        "aftersales.sla.clock", required=True, ondelete="cascade"
    )
    how = fields.Selection(
        [
            ("give", "Give time back"),
            ("take", "Count more time"),
            ("agree", "Agree on a deadline"),
        ],
        string="Correction",
        required=True,
        default="give",
    )
    minutes = fields.Float(help="Minutes of the hours in which the promise counts.")
    deadline = fields.Datetime(
        string="New Deadline",
        help="Agreed with the customer. Pauses and working hours move it no longer.",
    )
    reason = fields.Char(required=True, help="It stands in the ledger of the promise.")
    deadline_before = fields.Datetime(
        string="Deadline Now", related="clock_id.deadline"
    )
    deadline_after = fields.Datetime(
        string="Deadline Then", compute="_compute_deadline_after"
    )

    def _prepare_correction(self):
        """Prepare what `aftersales.sla.clock._correct` is asked for.

        :return: dict with ``minutes`` and ``deadline``
        :raise UserError: when minutes have a sign; how says which way they count
        """
        self.ensure_one()
        if self.how == "agree":
            return {"minutes": 0.0, "deadline": self.deadline}
        if self.minutes < 0:
            raise UserError(self.env._("Enter the minutes without a sign."))
        sign = -1 if self.how == "give" else 1
        return {"minutes": sign * self.minutes, "deadline": False}

    @api.depends("clock_id", "how", "minutes", "deadline")
    def _compute_deadline_after(self):
        """Measure the clock as it would be, without writing anything."""
        for wizard in self:
            is_ready = wizard.deadline if wizard.how == "agree" else wizard.minutes > 0
            wizard.deadline_after = (
                wizard._measure_after() if is_ready else wizard.deadline_before
            )

    def _measure_after(self):
        """Return the deadline that the ledger gives together with the correction.

        :return: naive UTC, False while the clock rests
        """
        # sudo: what its ledger and hours say is no secret to a manager
        clock = self.clock_id.sudo()
        rows = clock._ledgers()[clock.id]
        correction = self._prepare_correction()
        rows.append(
            as_row(
                {
                    "at": fields.Datetime.now(),
                    "sequence": 1 + max((row.sequence for row in rows), default=0),
                    "kind": "correction",
                    "minutes": correction["minutes"],
                    "agreed_deadline": correction["deadline"],
                }
            )
        )
        measuring = Measuring(clock.env)
        if clock.outcome != "open":
            return measuring.measure_finished(rows, clock)["deadline"]
        policy, team, company = clock.policy_id, clock.team_id, clock.company_id
        calendar = measuring.calendar(policy, team, company)
        measured = measuring.measure(rows, policy, calendar, team, company)
        return measured["deadline"]

    def action_correct(self):
        """Correct the clock; see `_correct` for what is refused."""
        self.ensure_one()
        self.clock_id._correct(self.reason, **self._prepare_correction())
        return {"type": "ir.actions.act_window_close"}
