# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Mail of a ticket: the gateway in, answers to the customer out, who follows."""

import logging

from odoo import api, models
from odoo.tools import email_normalize, email_normalize_all

_logger = logging.getLogger(__name__)


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Make a ticket of an incoming mail.

        The report counts from its arrival, never from the mail's own Date header.
        """
        # The gateway's user is not responsible for what he delivers.
        self = self.with_context(default_user_id=False)
        values = custom_values or {}
        customer = self._customer_of_mail(msg_dict.get("author_id"), values)
        defaults = {
            "name": msg_dict.get("subject") or self.env._("No subject"),
            "description": msg_dict.get("body"),
            "channel": "email",
            "email_from": msg_dict.get("from"),
            "partner_id": customer.id,
            **values,
        }
        return super().message_new(msg_dict, custom_values=defaults)

    @api.model
    def _customer_of_mail(self, author_id, values):
        """Choose the customer of a mail that makes a ticket.

        :param author_id: id of the contact who sent it, possibly empty
        :param dict values: values that the alias gives
        :return: `res.partner`, empty for colleagues and for contacts that belong to
            another company than the team
        """
        author = self.env["res.partner"].browse(author_id or [])
        team = self.env["aftersales.team"].browse(values.get("team_id"))
        company = team.company_id or self.env.company
        if self._is_colleague(author) or author.company_id not in (
            author.company_id.browse(),
            company,
        ):
            return author.browse()
        return author

    @api.model
    def _is_colleague(self, partner):
        # sudo: whether a contact has a user is not readable by everyone
        users = partner.sudo().with_context(active_test=False).user_ids
        return any(not user.share for user in users)

    @api.model
    def _check_automatic_mail(self, message, message_dict, route):
        """Keep automatic mails from making tickets and from counting as answers.

        :param message: the mail, `email.message.EmailMessage`
        :param dict message_dict: what was parsed of it
        :param tuple route: model, id of the ticket, values, user, alias
        :return: the route, or an empty tuple when the mail is refused
        """
        automatic = (message.get("Auto-Submitted") or "no").split(";")[0].strip()
        if automatic.lower() == "no":
            return route
        if route[1]:
            message_dict["message_type"] = "auto_comment"
        elif automatic.lower() == "auto-replied":
            # A vacation notice is no report. A machine's own alarm is one.
            _logger.info(
                "Ignored automatic reply %s from %s",
                message_dict.get("message_id"),
                message_dict.get("email_from"),
            )
            return ()
        return route

    def message_post(self, **kwargs):
        """Send an answer to the address of a customer who is no contact yet."""
        if (
            len(self) == 1
            and kwargs.get("message_type") == "comment"
            and kwargs.get("subtype_xmlid") == "mail.mt_comment"
            and self.email_from
            and not (self.partner_id or kwargs.get("partner_ids"))
            and not kwargs.get("outgoing_email_to")
            and self.env.user._is_internal()
        ):
            kwargs["outgoing_email_to"] = self.email_from
        return super().message_post(**kwargs)

    def _creation_subtype(self):
        return self.env.ref("aftersales_service.mt_ticket_new")

    def _track_subtype(self, init_values):
        self.ensure_one()
        if "stage_id" in init_values:
            return self.env.ref("aftersales_service.mt_ticket_stage")
        return super()._track_subtype(init_values)

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        """Stop the respond clock when one of us answers the customer.

        A message that is to be sent later counts when it is sent.

        Messages that the system writes by itself have other types and never count.
        """
        later = self._is_notification_scheduled(kwargs.get("scheduled_date"))
        recipients = super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
        if (
            self
            and not later
            and self._is_answer(message)
            and self._reaches_customer(message, recipients)
        ):
            self._respond(reason=self.env._("Message to the customer"))
        return recipients

    def _is_answer(self, message):
        """Tell whether a message was written by a user of ours for outsiders."""
        # sudo: the author's user and the subtype are not readable by everyone
        message = message.sudo()
        return (
            message.message_type in ("comment", "email")
            and not message.is_internal
            and not message.subtype_id.internal
            and self._is_colleague(message.author_id)
        )

    def _reaches_customer(self, message, recipients):
        """Tell whether a message goes to the ticket's customer.

        :param message: `mail.message` record
        :param list recipients: recipients as the mail thread computed them
        """
        self.ensure_one()
        customer = self.partner_id.commercial_partner_id
        people = (
            self.env["res.partner"]
            .browse([recipient["id"] for recipient in recipients if recipient["id"]])
            .filtered(lambda partner: not self._is_colleague(partner))
        )
        if customer and customer in people.commercial_partner_id:
            return True
        address = email_normalize(self.email_from or "")
        # A reply typed in a mail program went to the customer before it came here.
        reached = email_normalize_all(
            f"{message.incoming_email_to or ''}, {message.incoming_email_cc or ''}"
        )
        reached += [
            recipient.get("email_normalized")
            for recipient in recipients
            if not recipient["id"] or recipient["id"] in people.ids
        ]
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

    # === FOLLOWERS === #

    def _change_customer(self, before, vals):
        """Let a new customer follow, and leave nothing of the former one behind.

        :param dict before: ticket -> customer before the write
        :param dict vals: what was written
        """
        copies = {"email_from": "email", "phone": "phone"}
        for ticket in self:
            old, new = before[ticket], ticket.partner_id
            if old.commercial_partner_id == new.commercial_partner_id or not old:
                continue
            ticket.message_unsubscribe(old.ids)
            values = {
                name: new[source]
                for name, source in copies.items()
                if name not in vals and ticket[name] == old[source]
            }
            if "site_id" not in vals:
                values["site_id"] = new.address_get(["delivery"])["delivery"]
            ticket.write(values)
        self._subscribe_customer()

    def _subscribe_customer(self):
        """Let the customers follow their tickets, so that answers reach them."""
        known = self.filtered("partner_id")
        for partner, tickets in known.grouped("partner_id").items():
            tickets.message_subscribe(partner.ids)
