# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Mail of a ticket: answers to the customer, who is told and who follows."""

from contextlib import suppress
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import MissingError
from odoo.fields import Command
from odoo.tools import email_normalize, email_normalize_all
from odoo.tools.misc import clean_context

#: By which somebody may follow a ticket from its creation on.
FOLLOWER_FIELDS = ("message_follower_ids", "message_partner_ids")


class SilentEvent(NamedTuple):
    """What is noted now and nobody is to be told of, see `_silent_event`.

    A type of its own: a request can't send it in its context.
    """

    subtype_id: int | None
    ticket_ids: frozenset | None


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    @api.model
    def _is_colleague(self, partner):
        # sudo: whether a contact has a user is not readable by everyone
        users = partner.sudo().with_context(active_test=False).user_ids
        return any(not user.share for user in users)

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

    # === EVENTS === #

    @api.model
    def _creation_context(self, vals_list):
        """Prepare the context in which the mail thread creates tickets.

        It subscribes nobody (see `_subscribe_created`), and notes the creation without
        more ado where nobody is to be told of it.

        :param list vals_list: values of new tickets
        :return: dict
        """
        context = self.env.context
        keys = {"mail_create_nosubscribe": True}
        if not context.get("mail_create_nosubscribe"):
            # That the thread subscribes nobody now says nothing about later messages.
            keys["mail_post_autofollow_author_skip"] = context.get(
                "mail_post_autofollow_author_skip", False
            )
        event = self._event_subtype("mt_ticket_new")
        if event and not self._is_followed_at_creation(event, vals_list):
            keys["aftersales_silent_event"] = SilentEvent(event.id, None)
        return keys

    @api.model
    def _event_subtype(self, name):
        """Return one of our subtypes, without looking whether it still exists.

        :return: `mail.message.subtype` record, empty when it was deleted
        """
        return self.env["mail.message.subtype"].browse(
            self.env["ir.model.data"]._xmlid_to_res_id(f"aftersales_service.{name}")
        )

    @api.model
    def _is_followed_at_creation(self, subtype, vals_list):
        """Tell whether somebody could already follow a kind of event at creation.

        :param subtype: `mail.message.subtype` record
        :param list vals_list: values of new tickets
        """
        default, _internal, _external = subtype.default_subtypes(self._name)
        inherited = subtype._get_auto_subscription_subtypes(self._name)[3].values()
        return (
            subtype in default
            or subtype.id in inherited
            or self._names_followers(vals_list)
        )

    @api.model
    def _names_followers(self, vals_list):
        """Tell whether values, or defaults in the context, say who follows.

        :param list vals_list: values of new tickets
        """
        names = {name for vals in vals_list for name in vals}
        names.update(key.removeprefix("default_") for key in self.env.context)
        return not names.isdisjoint(FOLLOWER_FIELDS)

    def _creation_subtype(self):
        if self._silent_event()[0]:
            # Nobody is to be told: noted as a log, see `_message_create`.
            return self.env["mail.message.subtype"]
        return self._event_subtype("mt_ticket_new")

    def _creation_message(self):
        if self._silent_event()[0]:
            # The subtype says it in the reader's language.
            return ""
        return super()._creation_message()

    def _message_track(self, fields_iter, initial_values_dict):
        """Note new stages without more ado where nobody follows them."""
        subtype = self._event_subtype("mt_ticket_stage")
        moved = self.browse()
        for ticket in self:
            before = initial_values_dict[ticket.id]
            with suppress(MissingError):  # deleted since, as in the mail thread
                if "stage_id" in before and ticket.stage_id != before["stage_id"]:
                    moved |= ticket
        event = None
        if subtype and moved:
            # sudo: who follows is not readable by everyone
            told = (
                self.env["mail.followers"]
                .sudo()
                .search_fetch(
                    [
                        ("res_model", "=", self._name),
                        ("res_id", "in", moved.ids),
                        ("subtype_ids", "in", subtype.ids),
                    ],
                    ["res_id"],
                    order="id",
                )
            )
            event = SilentEvent(
                subtype.id, frozenset(moved.ids).difference(told.mapped("res_id"))
            )
        # What was said of a creation in this transaction does not hold here.
        tickets = self.with_context(aftersales_silent_event=event)
        return super(AftersalesTicket, tickets)._message_track(
            fields_iter, initial_values_dict
        )

    def _track_subtype(self, init_values):
        self.ensure_one()
        if "stage_id" in init_values:
            _subtype_id, silent = self._silent_event()
            if silent and self.id in silent:
                return False  # noted as a log, see `_message_create`
            return self._event_subtype("mt_ticket_stage")
        return super()._track_subtype(init_values)

    def _silent_event(self):
        """Return the event that is noted now and that nobody is to be told of.

        :return: `SilentEvent`: the id of its subtype, or None, and the ids of the
            tickets; None for tickets that are being created
        """
        event = self.env.context.get("aftersales_silent_event")
        return (
            event if isinstance(event, SilentEvent) else SilentEvent(None, frozenset())
        )

    def _message_create(self, values_list):
        """Give the log of an event that nobody follows the subtype of the event."""
        subtype_id, silent = self._silent_event()
        if subtype_id:
            note_id = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note")

            def is_event(values):
                if (values.get("message_type"), values.get("subtype_id")) != (
                    "notification",
                    note_id,
                ):
                    return False
                if silent is None:
                    # Only the creation has nothing to say.
                    return not values.get("body")
                return values.get("res_id") in silent

            values_list = [
                # Whether customers see it is said by the subtype, as of any event.
                {**values, "subtype_id": subtype_id, "is_internal": False}
                if is_event(values)
                else values
                for values in values_list
            ]
        return super()._message_create(values_list)

    def _message_compute_parent_id(self, parent_id):
        """Find the message that a new one belongs to, without reading all bodies."""
        if not parent_id and self._mail_flat_thread:
            # sudo: only the id is used, as in the mail thread itself
            messages = self.env["mail.message"].sudo()
            messages = messages.search_fetch(
                [
                    ("res_id", "=", self.id),
                    ("model", "=", self._name),
                    ("message_type", "!=", "user_notification"),
                ],
                ["message_type", "date", "create_date"],
                order="date desc, id desc",
                limit=200,
            )
            return max(
                messages,
                key=lambda message: (
                    message.message_type in ("comment", "email"),
                    message.date or message.create_date,
                    message.id,
                ),
                default=messages,
            ).id
        return super()._message_compute_parent_id(parent_id)

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
            and self._is_colleague(message.author_id)
            and not message.subtype_id.internal
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

    def _subscribe_created(self, vals_list):
        """Let the creator and the customers follow new tickets, in one step.

        :param list vals_list: values that the tickets were created with
        """
        user = self.env.user
        creator = user.partner_id
        if (
            self.env.context.get("mail_create_nosubscribe")
            or self.env.context.get("tracking_disable")
            or user.share
            or not user.active
        ):
            creator = creator.browse()
        # sudo: who is a customer, and who follows, is not readable by everyone
        tickets, Followers = self.sudo(), self.env["mail.followers"].sudo()
        if tickets.partner_id:
            self.check_access("write")
        partners = {
            ticket.id: creator | ticket.partner_id.filtered("active")
            for ticket in tickets
        }
        everybody = self.env["res.partner"].union(*partners.values())
        if not everybody:
            return
        Subtype = self.env["mail.message.subtype"]
        default, _internal, external = Subtype.default_subtypes(self._name)
        following = set()
        if self._may_be_followed(vals_list):
            data = Followers._get_subscription_data(
                [(self._name, self.ids)], everybody.ids
            )
            for follower_id, res_id, partner_id, subtype_ids in data:
                following.add((res_id, partner_id))
                missing = set(default.ids).difference(subtype_ids or ())
                if partner_id == creator.id and missing:
                    # He follows the team, too: what it passes on comes on top.
                    Followers.browse(follower_id).subtype_ids = [
                        Command.link(subtype_id) for subtype_id in sorted(missing)
                    ]
        Followers.with_context(clean_context(self.env.context)).create(
            [
                {
                    "res_model": self._name,
                    "res_id": ticket_id,
                    "partner_id": partner.id,
                    "subtype_ids": [
                        Command.set(
                            external.ids
                            if partner.partner_share and partner != creator
                            else default.ids
                        )
                    ],
                }
                for ticket_id, people in partners.items()
                for partner in people
                if (ticket_id, partner.id) not in following
            ]
        )

    def _may_be_followed(self, vals_list):
        """Tell whether somebody may follow new tickets already.

        By the values, by who is responsible, or because he follows a related record.

        :param list vals_list: values that the tickets were created with
        """
        Subtype = self.env["mail.message.subtype"]
        _child, default, _internal, _parent, relation = (
            Subtype._get_auto_subscription_subtypes(self._name)
        )
        return (
            bool(relation or self.user_id)
            or self._names_followers(vals_list)
            or any(
                self._message_auto_subscribe_followers(vals, default)
                for vals in vals_list
            )
        )
