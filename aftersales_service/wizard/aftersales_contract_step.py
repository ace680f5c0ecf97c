# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, time

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesContractStep(models.TransientModel):
    """Sign, suspend, resume or cancel a contract, from a day on and with a reason."""

    _name = "aftersales.contract.step"
    _description = "Step of a Contract"

    contract_id = fields.Many2one(
        "aftersales.contract", required=True, ondelete="cascade"
    )
    step = fields.Selection(
        [
            ("sign", "Signed on Paper"),
            ("suspend", "Suspend"),
            ("resume", "Resume"),
            ("cancel", "Cancel"),
        ],
        required=True,
    )
    is_offer = fields.Boolean(compute="_compute_is_offer")
    date = fields.Date(
        compute="_compute_date", store=True, readonly=False, precompute=True
    )
    reason = fields.Char()
    signed_by = fields.Char()

    @api.depends("contract_id")
    def _compute_is_offer(self):
        for wizard in self:
            wizard.is_offer = wizard.contract_id.state in ("draft", "waiting")

    @api.depends("contract_id", "step")
    def _compute_date(self):
        """Propose today, or the day on which a planned pause would begin."""
        for wizard in self:
            contract = wizard.contract_id
            day = contract and contract._today()
            if wizard.step == "resume" and contract:
                first = contract._pause_to_end().date_from
                day = max(day, first) if first else day
            wizard.date = day

    def action_apply(self):
        """Take the step.

        :raise AccessError: for who may not change the contract
        :raise UserError: for a day that can't be, or without a reason
        """
        self.ensure_one()
        contract = self.contract_id
        contract.check_access("write")
        getattr(self, f"_apply_{self.step}")(contract)
        return {"type": "ir.actions.act_window_close"}

    def _apply_sign(self, contract):
        contract._check_offer("draft", "waiting")
        if not (self.signed_by and self.date):
            raise UserError(self.env._("Say who signed it, and when."))
        if self.date > contract._today():
            raise UserError(self.env._("The day of the signature is still to come."))
        zone = pytz.timezone(contract._tz())
        noon = zone.localize(datetime.combine(self.date, time(12)))
        noon = noon.astimezone(pytz.utc).replace(tzinfo=None)
        contract._activate(
            signed_by=self.signed_by, signed_on=min(noon, fields.Datetime.now())
        )
        contract._note(self.env._("Signed on paper by %s", self.signed_by), self.reason)

    def _apply_suspend(self, contract):
        self._check_reason()
        self._check_day(contract)
        contract._suspend(self.date, self.reason)

    def _apply_resume(self, contract):
        self._check_day(contract)
        contract._check_agreed_state()
        contract._resume(self.date, self.reason)

    def _apply_cancel(self, contract):
        self._check_reason()
        if self.is_offer:
            contract._cancel(self.reason)
            return
        self._check_day(contract)
        contract._check_not_ended()
        contract._check_in_term(self.date)
        contract._cancel(self.reason, self.date)

    def _check_reason(self):
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say why: it is kept with the contract."))

    def _check_day(self, contract):
        """Let a manager only change what was true on past days.

        :raise UserError: without a day, or for a past one
        """
        if not self.date:
            raise UserError(self.env._("Choose the day from which on it is so."))
        self._check_past_day(contract, self.date)

    @api.model
    def _check_past_day(self, contract, day):
        """Refuse a past day from who is no manager: decisions were taken since.

        :raise UserError: naming who may
        """
        user = self.env.user
        manages = self.env["res.users"]._has_aftersales_role(
            "manager"
        ) or user.has_group("sales_team.group_sale_manager")
        if day < contract._today() and not manages:
            raise UserError(
                self.env._(
                    "That day has passed, and what was covered on it may have been "
                    "decided: ask a manager, or choose today or a later day."
                )
            )
