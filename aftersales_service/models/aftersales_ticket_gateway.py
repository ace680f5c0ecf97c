# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What comes in by mail: a ticket, an answer in its ticket, or a refusal."""

import re

from odoo import api, fields, models
from odoo.tools import (
    SQL,
    email_normalize,
    email_normalize_all,
)

from ..tools import identify, mail_kind
from .aftersales_mail_received import incoming_of
from .inside import INSIDE, is_inside
from .selections import OPEN_STATES

_TAGS = re.compile("<[^<>]*>")


class AftersalesTeam(models.Model):
    _inherit = "aftersales.team"

    acknowledge = fields.Boolean(
        string="Acknowledge Mails",
        default=True,
        help="Whoever reports by mail is told the reference of the ticket.",
    )
    follow_cc = fields.Boolean(
        string="Copied Contacts Follow",
        help="Known contacts in the copy of a mail follow its ticket. Otherwise their "
        "addresses are only kept.",
    )


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    # === NEW TICKETS === #

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Make a ticket of an incoming mail.

        The report counts from its arrival, never from the mail's own Date header.
        """
        incoming = incoming_of(self.env)
        if incoming:
            incoming.is_creating = True
        # The gateway's user is not responsible for what he delivers.
        self = self.with_context(default_user_id=False, aftersales_names_only=INSIDE)
        values = custom_values or {}
        defaults = {
            "name": msg_dict.get("subject") or self.env._("No subject"),
            "description": msg_dict.get("body"),
            "channel": "email",
            "email_from": msg_dict.get("from"),
            **self._who_wrote(msg_dict, values),
            **values,
        }
        ticket = super().message_new(msg_dict, custom_values=defaults)
        if ticket.team_id.follow_cc:
            ticket._subscribe_copied(msg_dict)
        if incoming:
            incoming.ticket_ids.append(ticket.id)
            incoming.is_creating = False
        return ticket.with_context(aftersales_names_only=False)

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Describe the fields; to the gateway only that there is a subject.

        It asks each mail for all of them, and looks no further than that.
        """
        if allfields is None and is_inside(self.env, "aftersales_names_only"):
            allfields, attributes = [self._rec_name], ["type"]
        return super().fields_get(allfields, attributes)

    def _subscribe_copied(self, msg_dict):
        """Let known contacts in the copy follow, colleagues and customers alike.

        :param dict msg_dict: the parsed mail
        """
        copied = email_normalize_all(msg_dict.get("cc") or "")
        people = self._contacts_by_address(copied, self.company_id)
        self.message_subscribe(people.ids)

    # === ANSWERS === #

    def message_update(self, msg_dict, update_vals=None):
        """Tell who was responsible that the customer wrote to an ended ticket.

        Nothing is reopened by a mail: a thank-you is none of a reason.
        """
        result = super().message_update(msg_dict, update_vals=update_vals)
        if msg_dict.get("message_type") != "auto_comment":
            ended = self.filtered(lambda ticket: ticket.state not in OPEN_STATES)
            ended._ask_about_answer(msg_dict.get("author_id"))
        return result

    def _ask_about_answer(self, author_id):
        """Plan to look at an answer to an ended ticket, once for several answers.

        :param int author_id: id of the contact who wrote, possibly empty
        """
        if not self or self._is_colleague(
            self.env["res.partner"].browse(author_id or [])
        ):
            return
        kind = "aftersales_service.mail_activity_type_answer"
        # sudo: the gateway's user need not see activities
        asked = self.sudo().activity_search([kind]).mapped("res_id")
        for ticket in self.filtered(lambda t: t.id not in asked):
            user = ticket.user_id or ticket.team_id.leader_id
            if user.active:
                ticket.sudo().activity_schedule(kind, user_id=user.id)

    @api.model
    def _choose_routes(self, message_dict, routes):
        """Route a mail once to a team, and to its ticket if the subject names it.

        :param dict message_dict: the parsed mail
        :param list routes: as `message_route` found them
        :return: list of routes
        """
        chosen, teams = [], set()
        for route in routes or []:
            model, thread_id, values, user_id, alias = route
            if model == self._name and not thread_id:
                team_id = (values or {}).get("team_id")
                if team_id in teams:
                    continue
                teams.add(team_id)
                named = self._ticket_named(message_dict, team_id)
                if named:
                    route = (model, named.id, values, user_id, alias)
                    return [self._hold_route(route)]
            chosen.append(self._hold_route(route))
        return chosen

    @api.model
    def _hold_route(self, route):
        """Keep the ticket that a mail answers from being merged until it is in it.

        :param tuple route: model, id of the ticket, values, user, alias
        :return: the route, to the ticket in which a merged one goes on
        :raise SerializationFailure: it was merged in this moment; the mail is taken
            in once more
        """
        if route[0] != self._name or not route[1]:
            return route
        ticket_id = self._hold_merged(route[1])
        return (route[0], ticket_id, *route[2:])

    @api.model
    def _hold_merged(self, ticket_id):
        """Hold a ticket, or the one in which it goes on.

        Both who merges and who writes update its row: whoever comes second waits, and
        then looks again. A lock alone would let a merge, whose view of the messages is
        older than the mail, leave it behind.

        :param int ticket_id: possibly of a ticket that was deleted
        :return: id of the ticket that is held
        """
        held = None
        while held != ticket_id:
            self.env.cr.execute(
                SQL(
                    "UPDATE aftersales_ticket SET write_date = write_date"
                    " WHERE id = %s",
                    ticket_id,
                ),
                log_exceptions=False,
            )
            held, ticket_id = ticket_id, self._follow_merged(ticket_id)
        return held

    @api.model
    def _ticket_named(self, message_dict, team_id):
        """Find the ticket whose reference is in the subject, if it is the sender's.

        Some mail programs drop what says to which mail they answer.

        :param dict message_dict: the parsed mail
        :param int team_id: the team that it was sent to
        :return: `aftersales.ticket` record, empty when the sender has no part in it
        """
        named = identify.references(message_dict.get("subject"))
        address = email_normalize(message_dict.get("email_from") or "")
        none = self.browse()
        if not named or not address:
            return none
        # sudo: what a customer may write to is decided here
        team = self.env["aftersales.team"].sudo().browse(team_id)
        domain = [("reference", "in", named)]
        if team:
            domain.append(("company_id", "=", team.company_id.id))
        tickets = self.sudo().search(domain, limit=20)
        author = self.env["res.partner"].sudo().browse(message_dict.get("author_id"))
        for ticket in tickets:
            if (
                address in email_normalize_all(ticket.email_from or "")
                or (author and author in ticket.message_partner_ids)
                or (
                    author
                    and ticket.commercial_partner_id
                    and author.commercial_partner_id == ticket.commercial_partner_id
                )
            ):
                return self.browse(ticket.id)
        return none

    # === AUTOMATIC MAILS === #

    @api.model
    def _check_automatic_mail(self, message, message_dict, route):
        """Keep automatic mails from making tickets and from counting as answers.

        :param message: the mail, `email.message.EmailMessage`
        :param dict message_dict: what was parsed of it
        :param tuple route: model, id of the ticket, values, user, alias
        :return: the route, or an empty tuple when the mail is refused
        """
        incoming = incoming_of(self.env)
        head = incoming.head if incoming else message
        kind = mail_kind.automatic_kind(
            message if head.get("From") else head,
            has_text=bool(_TAGS.sub("", message_dict.get("body") or "").strip()),
        )
        if route[1]:
            if kind == mail_kind.CALENDAR or mail_kind.is_automatic(head, lists=False):
                # A note: nobody is written to, nothing is met by it.
                message_dict.update(message_type="auto_comment", is_internal=True)
                message_dict.pop("parent_id", None)
            return route
        if incoming and incoming.is_own_sender:
            kind = "own"
        if kind == mail_kind.LIST:
            # Refused as what most mails of lists are, if nobody is known.
            kind = None if self._trusts_list(head, message_dict) else mail_kind.BULK
        if not kind:
            return route
        # A vacation notice is no report. A machine's own alarm is one.
        if incoming:
            self.env["aftersales.mail.refusal"]._record(incoming, kind)
        return ()

    @api.model
    def _trusts_list(self, head, message_dict):
        """Tell whether what came over a mailing list is a report.

        It is when we know who wrote it, or when the list is our own: then its address
        is the one that customers are told. Other mails of lists are written to all.

        :param head: the headers of the mail
        :param dict message_dict: what was parsed of it
        :return: bool
        """
        address = email_normalize(message_dict.get("email_from") or "")
        if not address:
            return False
        # sudo: the gateway asks before anybody's rights are known
        sudo = self.sudo()
        if message_dict.get("author_id") or sudo.env["res.partner"].search_count(
            [("email_normalized", "=", address)], limit=1
        ):
            return True
        # pylint: disable=no-search-all
        ours = set(sudo.env["mail.alias.domain"].search([]).mapped("name"))
        companies = sudo.env["res.company"].search([])
        ours |= {
            (email_normalize(email or "") or "").split("@")[-1]
            for email in companies.mapped("email")
        }
        return mail_kind.is_list_of(head, {domain.lower() for domain in ours if domain})

    @api.model
    def _receive_bounce(self, message_dict):
        """Note on its ticket that a mail of ours was not delivered, else refuse it.

        :param dict message_dict: the parsed mail, a bounce
        """
        # sudo: the message that came back is not readable by everyone
        bounced = message_dict.get("bounced_message") or self.env[
            "mail.message"
        ].browse(message_dict.get("parent_id") or [])
        bounced = bounced.sudo()
        incoming = incoming_of(self.env)
        ticket = self.browse()
        if bounced.model == self._name:
            ticket = self.sudo().browse(self._hold_merged(bounced.res_id)).exists()
        if ticket:
            address = message_dict.get("bounced_email") or self.env._("the recipient")
            ticket._message_log(
                body=self.env._("A mail could not be delivered to %s", address)
            )
        elif incoming:
            self.env["aftersales.mail.refusal"]._record(incoming, "bounce")

    # === LOOPS === #

    @api.model
    def _judge_loop(self, message_dict, routes):
        """Tell whether a mail goes round in circles.

        :param dict message_dict: the parsed mail
        :param list routes: where it goes
        :return: whether its sender is known, whether it is a loop
        """
        incoming = incoming_of(self.env)
        answered = [route[1] for route in routes if route[0] == self._name and route[1]]
        incoming.answered_id = answered[0] if answered else None
        incoming.likeness = mail_kind.likeness(
            message_dict.get("subject"),
            message_dict.get("body"),
            # The same words about another form or picture are another report.
            [file.content for file in message_dict.get("attachments") or ()],
            incoming.answered_id,
        )
        is_known = bool(message_dict.get("author_id"))
        # sudo: the gateway's user need not be one of the staff
        journal = self.env["aftersales.mail.received"].sudo()
        is_loop = journal._is_loop(incoming, is_known)
        if is_loop:
            self.env["aftersales.mail.refusal"]._record(incoming, "loop")
        return is_known, is_loop
