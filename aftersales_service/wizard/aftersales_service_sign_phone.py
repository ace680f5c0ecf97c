# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A remote service that the customer accepts, or does not, on the telephone."""

from datetime import datetime, timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..models.res_users import ROLE_PREFIX

EARLIEST = datetime.min


class AftersalesServiceSign(models.TransientModel):
    _inherit = "aftersales.service.sign"

    acceptance = fields.Selection(
        [
            ("drawn", "Signed on the Spot"),
            ("phone", "By Telephone"),
            ("paper", "On Paper"),
        ],
        required=True,
        default="drawn",
        readonly=True,
        export_string_translation=False,
    )
    called_at = fields.Datetime(
        string="Call at", default=lambda self: fields.Datetime.now()
    )
    acceptance_note = fields.Char(
        string="Said on the Telephone", help="It is printed on the service form."
    )

    def _is_phone(self):
        return self.acceptance == "phone"

    def _is_drawn(self):
        return super()._is_drawn() and not self._is_phone()

    def _signed_at(self):
        return self.called_at if self._is_phone() else super()._signed_at()

    def _prepare_form(self):
        values = super()._prepare_form()
        if not self._is_phone():
            return values
        return {
            **values,
            "acceptance": "phone",
            "acceptance_note": self.acceptance_note,
            "signature": False,
            "technician_signature": False,
        }

    def _check_complete(self):
        super()._check_complete()
        if not self._is_phone():
            return
        self.dispatch_id._check_remote()
        accepted = self.outcome in ("accepted", "remarks")
        if accepted and not (self.signer_name or "").strip():
            raise ValidationError(self.env._("Write down who accepted."))
        if not (self.acceptance_note or "").strip():
            raise ValidationError(
                self.env._("Write down what was said on the telephone.")
            )
        self._check_called_at()

    def _check_called_at(self):
        """Refuse a call in the future, before the end of the work, or too long ago.

        :raise ValidationError: beyond the team's backdating limit, managers excepted
        """
        now, dispatch = fields.Datetime.now(), self.dispatch_id
        if not self.called_at or self.called_at > now + timedelta(minutes=1):
            raise ValidationError(
                self.env._("A call can't be logged before it is made.")
            )
        last = max(dispatch.finished_at or now, self.form_id.signed_at or EARLIEST)
        if self.called_at < last - timedelta(minutes=1):
            raise ValidationError(
                self.env._("The customer can't accept the work before it was finished.")
            )
        limit = timedelta(hours=dispatch.team_id.backdate_limit_hours)
        if self.called_at < now - limit and not self.env.user.has_group(
            ROLE_PREFIX + "manager"
        ):
            raise ValidationError(
                self.env._(
                    "Calls can be entered up to %(hours)g hours later. Ask a manager "
                    "to enter this one.",
                    hours=dispatch.team_id.backdate_limit_hours,
                )
            )

    def action_sign(self):
        action = super().action_sign()
        if self._is_phone():
            self._log_call()
        return action

    def _log_call(self):
        """Note the call on the tickets; one that reached the customer is an answer."""
        name = self.signer_name or self.env._("the customer")
        labels = dict(self._fields["outcome"]._description_selection(self.env))
        title = self.env._(
            "Call with %(name)s about the remote service %(visit)s: %(outcome)s",
            name=name,
            visit=self.dispatch_id.name,
            outcome=labels[self.outcome],
        )
        for ticket in self.dispatch_id.job_ids.ticket_id:
            ticket._message_log(
                body=Markup("<p><b>%s</b></p><p style='white-space:pre-line'>%s</p>")
                % (title, self.acceptance_note)
            )
            if self.outcome != "absent":
                ticket._respond(max(self.called_at, ticket.reported_at), title)

    @api.onchange("outcome")
    def _onchange_outcome(self):
        """A reason for a no says nothing about a yes."""
        if self.outcome in ("accepted", "remarks"):
            self.outcome_reason = False
