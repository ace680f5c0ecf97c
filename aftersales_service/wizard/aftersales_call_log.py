# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AftersalesCallLog(models.TransientModel):
    """Record a telephone call to the customer; one that reached him is an answer."""

    _name = "aftersales.call.log"
    _description = "Log a Call"

    ticket_id = fields.Many2one("aftersales.ticket", required=True, ondelete="cascade")
    called_at = fields.Datetime(
        string="When", required=True, default=lambda self: fields.Datetime.now()
    )
    reached = fields.Boolean(string="Customer Was Reached", default=True)
    is_incoming = fields.Boolean(
        export_string_translation=False,
        help="The customer called: `reached` then says that he got an answer.",
    )
    contact_name = fields.Char(
        string="Spoken with",
        compute="_compute_contact_name",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    phone = fields.Char(related="ticket_id.phone", related_sudo=False)
    summary = fields.Text(required=True, help="What was said and agreed.")
    awaits_customer = fields.Boolean(
        compute="_compute_awaits_customer", export_string_translation=False
    )
    goes_on = fields.Boolean(
        string="Gave What We Waited for",
        compute="_compute_goes_on",
        compute_sudo=False,
        store=True,
        readonly=False,
        help="The ticket goes on and its promises run again, as after an e-mail of "
        "the customer. Switch it off while the answer is still to come.",
    )

    @api.depends("ticket_id")
    def _compute_contact_name(self):
        for log in self:
            log.contact_name = log.ticket_id.partner_id.name

    @api.depends("ticket_id")
    def _compute_awaits_customer(self):
        for log in self:
            log.awaits_customer = log.ticket_id.pause_reason == "customer"

    @api.depends("reached", "awaits_customer")
    def _compute_goes_on(self):
        """Propose it: an answer by telephone counts as much as an e-mail.

        In doubt the time is ours, not the customer's.
        """
        for log in self:
            log.goes_on = log.reached and log.awaits_customer

    def _check_called_at(self):
        """Refuse a call before the report, in the future, or entered too late.

        :raise ValidationError: beyond the team's backdating limit, managers excepted
        """
        self.ensure_one()
        now = fields.Datetime.now()
        if self.called_at > now + timedelta(minutes=1):
            raise ValidationError(
                self.env._("A call can't be logged before it is made.")
            )
        if self.called_at < self.ticket_id.reported_at - timedelta(minutes=1):
            raise ValidationError(
                self.env._("The call can't be earlier than the report it answers.")
            )
        limit = self.ticket_id.team_id.backdate_limit_hours
        if self.called_at < now - timedelta(
            hours=limit
        ) and not self.env.user.has_group(
            "aftersales_service.aftersales_service_group_manager"
        ):
            raise ValidationError(
                self.env._(
                    "Calls can be entered up to %(hours)g hours later. Ask a manager "
                    "to enter this one.",
                    hours=limit,
                )
            )

    def action_log(self):
        self.ensure_one()
        self.ticket_id.check_access("write")
        self._check_called_at()
        title = self._title()
        self.ticket_id.message_post(
            body=Markup("<p><b>%s</b></p><p style='white-space:pre-line'>%s</p>")
            % (title, self.summary),
            subtype_xmlid="mail.mt_note",
        )
        if self.reached:
            self.ticket_id._respond(
                max(self.called_at, self.ticket_id.reported_at), title
            )
        if (self.reached or self.is_incoming) and self.goes_on and self.awaits_customer:
            self.ticket_id._go_on(
                title, max(self.called_at, self.ticket_id.waiting_since)
            )
        return {"type": "ir.actions.act_window_close"}

    def _title(self):
        """Say who spoke with whom, above what was said."""
        name = self.contact_name or self.ticket_id.email_from
        if self.is_incoming:
            return self.env._("Call from %s", name or self.ticket_id.phone or "?")
        if self.reached:
            return self.env._("Call with %s", name)
        return self.env._("Call: customer not reached")
