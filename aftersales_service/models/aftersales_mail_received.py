# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Each mail once: the journal of what came in at the aliases of teams."""

import hashlib
from datetime import timedelta

from psycopg2 import DatabaseError, OperationalError, errors

from odoo import api, fields, models
from odoo.tools import SQL, email_normalize

from ..tools import mail_kind

#: In which the mails of one sender are compared.
LOOP_WINDOW = timedelta(hours=2)
#: How often a sender may say the same in that time.
LOOP_SAME = 4
#: How often in one ticket, where numbers don't count as a difference.
LOOP_SAME_ANSWER = 6
#: How many answers of a sender one ticket takes in that time, whatever they say.
LOOP_ANSWERS = 20
#: How many mails of a known customer are taken in that time, if they differ.
LOOP_KNOWN = 5000
#: One acknowledgement, or one mail sent back, for an address in this time.
ACKNOWLEDGE_PAUSE = timedelta(hours=1)
#: How long a second delivery of a mail is recognized here; later by its message.
KEEP = timedelta(days=90)
#: How many are acknowledged before the job commits.
BATCH = 100

#: Say to responders that nobody reads their answer.
SILENCING = {
    "Auto-Submitted": "auto-replied",
    "X-Auto-Response-Suppress": "All",
    "Precedence": "auto_reply",
}


class AlreadyTaken(Exception):  # noqa: N818 - no error: the other one has it
    """Somebody else has taken in the same mail."""


class Incoming:
    """A mail on its way through the gateway.

    A type of its own in the context: a request can't send it.

    :ivar raw: the mail as it came, bytes
    :ivar head: its headers
    :ivar identity: its Message-ID, or one made of its content
    :ivar people: the addresses that it was sent to
    :ivar team_ids: the teams whose aliases it was sent to
    :ivar is_own_sender: whether it says to come from one of our aliases
    :ivar likeness: the same for mails that say the same, once the mail is parsed
    :ivar ticket_ids: the tickets it has made
    :ivar answered_id: the ticket that it answers, else None
    :ivar is_told: whether its sender was sent an automatic mail
    :ivar reason: why it was refused, else None
    :ivar is_creating: whether its ticket is being made
    :ivar aliases: address -> whether it is one of our aliases
    """

    def __init__(self, raw, head, team_ids=(), is_own_sender=False):
        self.raw = raw
        self.head = head
        self.people = mail_kind.addresses(head)
        self.team_ids = list(team_ids)
        self.is_own_sender = is_own_sender
        self.identity = mail_kind.message_id(raw, head)
        self.key = hashlib.sha256(self.identity.encode("utf-8", "replace")).hexdigest()
        self.sender = mail_kind.sender(head)
        self.subject = mail_kind.decoded(head, "Subject")
        self.is_told = False
        self.restart()

    def restart(self):
        """Forget what was done with the mail: it was rolled back.

        What was sent is sent.
        """
        self.likeness = None
        self.ticket_ids = []
        self.answered_id = None
        self.reason = None
        self.is_creating = False
        self.aliases = {}


def incoming_of(env):
    """Return the mail that the gateway is working on.

    :param env: `odoo.api.Environment`
    :return: `Incoming`, None outside of the gateway
    """
    incoming = env.context.get("aftersales_incoming")
    return incoming if isinstance(incoming, Incoming) else None


class AftersalesMailReceived(models.Model):
    """A mail that was taken in: decides who of two fetchers has it.

    The unique index is the decision. It holds for transactions that can't see each
    other, and what a killed worker has written here is gone with the rest of its work.
    """

    _name = "aftersales.mail.received"
    _description = "Received Mail"
    _order = "id desc"
    _log_access = False

    message_key = fields.Char(
        required=True,
        help="Hash of the Message-ID, which may be longer than an index takes.",
    )
    received_at = fields.Datetime(required=True, index=True)
    sender = fields.Char(help="Address in lower case.")
    likeness = fields.Char(help="The same for mails that say the same.")
    ticket_id = fields.Many2one(
        "aftersales.ticket", index="btree_not_null", ondelete="set null"
    )
    acknowledge = fields.Selection(
        [("due", "Due"), ("sent", "Sent"), ("skipped", "Not Again")],
        string="Acknowledgement",
    )

    _message_key_uniq = models.UniqueIndex(
        "(message_key)", "This mail was received already."
    )
    _sender_idx = models.Index("(sender, received_at)")
    _due_idx = models.Index("(id) WHERE acknowledge = 'due'")

    # === TAKING IN === #

    @api.model
    def _incoming(self, raw, fallback_model):
        """Tell whether a mail concerns us.

        :param bytes raw: the mail
        :param str fallback_model: the model that the fetcher names, possibly None
        :return: `Incoming`, None for mails to others
        """
        head = mail_kind.read_headers(raw)
        people = mail_kind.addresses(head)
        sender = mail_kind.sender(head)
        asked = [*people, sender] if sender else people
        rows = self._aliases_of(asked) if asked else []
        to = [row for row in rows if self._is_meant(row, people)]
        own = any(row[1] == sender for row in rows)
        if not (
            to
            or fallback_model == "aftersales.ticket"
            or self._is_reply_to_ticket(head)
        ):
            return None
        team_ids = list(dict.fromkeys(row[0] for row in to if row[0]))
        return Incoming(raw, head, team_ids, own)

    @api.model
    def _aliases_of(self, asked):
        """Find the aliases of tickets among some addresses.

        :param list asked: addresses in lower case
        :return: list of (id of the team or None, address, name if that is enough)
        """
        names = [address.split("@")[0] for address in asked]
        return self.env.execute_query(
            SQL(
                "SELECT t.id, lower(a.alias_full_name),"
                " CASE WHEN a.alias_incoming_local THEN a.alias_name END"
                " FROM mail_alias a LEFT JOIN aftersales_team t ON t.alias_id = a.id"
                " WHERE a.alias_model_id = %s AND (lower(a.alias_full_name) IN %s"
                " OR a.alias_incoming_local AND a.alias_name IN %s) ORDER BY a.id",
                self.env["ir.model"]._get_id("aftersales.ticket"),
                tuple(asked),
                tuple(names),
            )
        )

    @api.model
    def _is_meant(self, row, people):
        _team_id, address, name = row
        return address in people or (
            name and any(person.split("@")[0] == name for person in people)
        )

    @api.model
    def _is_reply_to_ticket(self, head):
        known = mail_kind.message_ids(
            f"{mail_kind.header(head, 'References')} "
            f"{mail_kind.header(head, 'In-Reply-To')}"
        )
        return bool(known) and bool(
            self.env.execute_query(
                SQL(
                    "SELECT FROM mail_message WHERE message_id IN %s AND model = %s"
                    " LIMIT 1",
                    tuple(known),
                    "aftersales.ticket",
                )
            )
        )

    @api.model
    def _is_stray(self, raw, fallback_model, error):
        """Tell whether a mail that could not be taken in is for nobody.

        :param bytes raw: the mail
        :param str fallback_model: the model that the fetcher names, possibly None
        :param error: what was raised
        :return: bool
        """
        if fallback_model or isinstance(error, OperationalError):
            return False
        # As Odoo's script for mail servers knows it, too.
        if isinstance(error, ValueError) and "No possible route" in str(error):
            return True
        if isinstance(error, DatabaseError):
            return False
        # It could not be read. Perhaps another app wants to know of it.
        head = mail_kind.read_headers(raw)
        people = mail_kind.addresses(head)
        names = [address.split("@")[0] for address in people]
        known = mail_kind.message_ids(
            f"{mail_kind.header(head, 'References')} "
            f"{mail_kind.header(head, 'In-Reply-To')}"
        )
        return not (
            self.env["mail.alias"].search_count(
                [
                    "|",
                    ("alias_full_name", "in", people),
                    "&",
                    ("alias_name", "in", names),
                    ("alias_incoming_local", "=", True),
                ],
                limit=1,
            )
            or self.env["mail.message"].search_count(
                [("message_id", "in", known)], limit=1
            )
        )

    @api.model
    def _note(self, incoming):
        """Write down that a mail is being taken in.

        Waits for a transaction that is taking in the same one.

        :param incoming: `Incoming`
        :raise AlreadyTaken: somebody has taken it; the savepoint must be left
        """
        query = SQL(
            "INSERT INTO aftersales_mail_received"
            " (message_key, received_at, sender) VALUES (%s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            incoming.key,
            fields.Datetime.now(),
            incoming.sender[:320],
        )
        try:
            self.env.cr.execute(query, log_exceptions=False)
        except errors.SerializationFailure:
            # By a transaction that this one does not see.
            raise AlreadyTaken from None
        if not self.env.cr.rowcount:
            raise AlreadyTaken

    @api.model
    def _finish(self, incoming):
        """Write down what became of a mail.

        :param incoming: `Incoming`
        """
        # sudo: the gateway's user need not be one of the staff
        ticket = self.env["aftersales.ticket"].sudo().browse(incoming.ticket_ids[:1])
        is_due = (
            ticket
            and ticket.team_id.acknowledge
            and not incoming.is_own_sender
            and email_normalize(incoming.sender)
            and not mail_kind.is_automatic(incoming.head, lists=False)
        )
        told = "sent" if incoming.is_told else None
        self.env.cr.execute(
            SQL(
                "UPDATE aftersales_mail_received SET likeness = %s, ticket_id = %s,"
                " acknowledge = %s WHERE message_key = %s",
                incoming.likeness,
                ticket.id or incoming.answered_id,
                "due" if is_due else told,
                incoming.key,
            )
        )

    # === LOOPS === #

    @api.model
    def _is_loop(self, incoming, is_known):
        """Tell whether a sender says the same again and again.

        A known customer may send any number of mails that differ: what a machine that
        answers itself needs, our answer, it gets once an hour at most. Answers to a
        ticket go to others who follow it, and these may be machines too: of them one
        sender has a limited number.

        :param incoming: `Incoming` with its likeness
        :param bool is_known: whether the sender is a known contact
        :return: bool
        """
        same, answers, total = self.env.execute_query(
            SQL(
                "SELECT count(*) FILTER (WHERE likeness = %s),"
                " count(*) FILTER (WHERE ticket_id = %s), count(*)"
                " FROM aftersales_mail_received"
                " WHERE sender = %s AND received_at > %s",
                incoming.likeness,
                incoming.answered_id,
                incoming.sender[:320],
                fields.Datetime.now() - LOOP_WINDOW,
            )
        )[0]
        if incoming.answered_id:
            return same >= LOOP_SAME_ANSWER or answers >= LOOP_ANSWERS
        return same >= LOOP_SAME or (is_known and total > LOOP_KNOWN)

    @api.model
    def _may_tell(self, incoming):
        """Tell whether something may be sent to the sender of a mail automatically.

        Once an hour, so that two machines don't answer each other for ever.

        :param incoming: `Incoming`
        :return: bool
        """
        return not (
            incoming.is_told
            or incoming.is_own_sender
            or mail_kind.is_automatic(incoming.head)
        ) and not self.search_count(
            [
                ("sender", "=", incoming.sender[:320]),
                ("acknowledge", "=", "sent"),
                ("received_at", ">", fields.Datetime.now() - ACKNOWLEDGE_PAUSE),
            ],
            limit=1,
        )

    # === ACKNOWLEDGEMENTS === #

    @api.model
    def _cron_acknowledge(self):
        """Tell the senders of new tickets that these have come in."""
        domain = [("acknowledge", "=", "due")]
        due = self.search(domain, limit=BATCH, order="id")
        due._acknowledge()
        self.env["ir.cron"]._commit_progress(
            len(due), remaining=self.search_count(domain)
        )

    def _acknowledge(self):
        """Send the acknowledgements, one for an address in an hour."""
        since = fields.Datetime.now() - ACKNOWLEDGE_PAUSE
        told = {
            row.sender
            for row in self.search_fetch(
                [
                    ("sender", "in", self.mapped("sender")),
                    ("acknowledge", "=", "sent"),
                    ("received_at", ">", since),
                ],
                ["sender"],
            )
        }
        sent = self.browse()
        for row in self:
            if row.ticket_id and row.sender not in told:
                told.add(row.sender)
                sent |= row
        (self - sent).acknowledge = "skipped"
        sent.acknowledge = "sent"
        template = self.env.ref(
            "aftersales_service.mail_template_acknowledgement", raise_if_not_found=False
        )
        if template and sent:
            template.sudo().send_mail_batch(
                sent.ticket_id.ids,
                email_values={
                    "headers": repr(SILENCING),
                    "message_type": "auto_comment",
                    "is_notification": True,
                    "auto_delete": True,
                },
            )

    @api.autovacuum
    def _gc_old(self):
        """Forget mails whose second delivery nobody waits for any more."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM aftersales_mail_received WHERE received_at < %s",
                fields.Datetime.now() - KEEP,
            )
        )
