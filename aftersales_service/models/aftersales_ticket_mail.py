# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Mail of a ticket: the gateway in, and answers to the customer out."""

from odoo import api, models
from odoo.tools import email_normalize, email_normalize_all


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Make a ticket of an incoming mail.

        The report counts from its arrival, never from the mail's own Date header.
        """
        # The gateway's user is not responsible for what he delivers.
        self = self.with_context(default_user_id=False)
        defaults = {
            "name": msg_dict.get("subject") or self.env._("No subject"),
            "description": msg_dict.get("body"),
            "channel": "email",
            "email_from": msg_dict.get("from"),
            "partner_id": msg_dict.get("author_id"),
            **(custom_values or {}),
        }
        return super().message_new(msg_dict, custom_values=defaults)

    def _creation_subtype(self):
        return self.env.ref("aftersales_service.mt_ticket_new")

    def _track_subtype(self, init_values):
        self.ensure_one()
        if "stage_id" in init_values:
            return self.env.ref("aftersales_service.mt_ticket_stage")
        return super()._track_subtype(init_values)

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        """Stop the respond clock when one of us answers the customer.

        Messages that the system writes by itself have other types and never count.
        """
        recipients = super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
        if (
            self
            and self._is_answer(message)
            and self._reaches_customer(message, recipients)
        ):
            self._respond(reason=self.env._("Message to the customer"))
        return recipients

    def _is_answer(self, message):
        """Tell whether a message was written by a user of ours for outsiders."""
        # sudo: the author's user and the subtype are not readable by everyone
        message = message.sudo()
        author_users = message.author_id.with_context(active_test=False).user_ids
        return (
            message.message_type in ("comment", "email")
            and not message.is_internal
            and not message.subtype_id.internal
            and any(not user.share for user in author_users)
        )

    def _reaches_customer(self, message, recipients):
        """Tell whether a message goes to the ticket's customer.

        :param message: `mail.message` record
        :param list recipients: recipients as the mail thread computed them
        """
        self.ensure_one()
        customer = self.partner_id.commercial_partner_id
        people = self.env["res.partner"].browse(
            [recipient["id"] for recipient in recipients if recipient["id"]]
        )
        if customer and customer in people.commercial_partner_id:
            return True
        address = email_normalize(self.email_from or "")
        # A reply typed in a mail program went to the customer before it came here.
        reached = email_normalize_all(
            f"{message.incoming_email_to or ''}, {message.incoming_email_cc or ''}"
        )
        reached += [recipient.get("email_normalized") for recipient in recipients]
        return bool(address) and address in reached

    def _notify_get_reply_to(self, default=None, author_id=False):
        """Let answers of the customer come back to the alias of the team."""
        # sudo: the alias is read for whoever writes
        teams = self.sudo().mapped("team_id")
        addresses = teams._notify_get_reply_to(default=default, author_id=author_id)
        result = {ticket.id: addresses.get(ticket.team_id.id) for ticket in self}
        others = self.filtered(lambda ticket: not ticket.team_id)
        if others:
            result.update(
                super(AftersalesTicket, others)._notify_get_reply_to(
                    default=default, author_id=author_id
                )
            )
        return result
