# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from email.message import EmailMessage
from xmlrpc.client import Binary

from markupsafe import Markup
from psycopg2 import errors

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import email_normalize
from odoo.tools.mail import generate_tracking_message_id

from ..tools import mail_kind
from .aftersales_mail_received import SILENCING, AlreadyTaken, Incoming, incoming_of
from .aftersales_ticket_mail import SilentEvent

_logger = logging.getLogger(__name__)

#: Another transaction was faster: the whole work is done again.
CONCURRENCY_ERRORS = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
)
#: How often a fetcher does so; requests are done again by the server.
MAX_TRIES = 5


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_process(
        self,
        model,
        message,
        custom_values=None,
        save_original=False,
        strip_attachments=False,
        thread_id=None,
    ):
        """Take each mail to a team once, and lose none that can't be read.

        Mails to others are none of our business. One that is for nobody at all is
        recorded as refused: Odoo's fetcher would mark it as read and forget it.

        :return: id of the ticket, False for a mail that made none
        """
        raw = message.data if isinstance(message, Binary) else message
        if isinstance(raw, str):
            raw = raw.encode("utf-8", "replace")
        # sudo: the gateway's user need not be one of the staff
        journal = self.env["aftersales.mail.received"].sudo()
        options = {
            "custom_values": custom_values,
            "save_original": save_original,
            "strip_attachments": strip_attachments,
            "thread_id": thread_id,
        }
        incoming = journal._incoming(raw, model)
        if incoming is None:
            try:
                return super().message_process(model, message, **options)
            except AccessError:
                raise
            except Exception as error:
                if thread_id or not journal._is_stray(raw, model, error):
                    raise
                return self._aftersales_refuse_stray(raw, error)
        if mail_kind.header(incoming.head, "Message-Id") != incoming.identity:
            raw = b"Message-Id: %s\r\n%s" % (incoming.identity.encode(), raw)
        gateway = self.with_context(aftersales_incoming=incoming)
        tries = MAX_TRIES if self.env.context.get("fetchmail_cron_running") else 1
        for left in reversed(range(tries)):
            try:
                return gateway._aftersales_take(model, raw, options)
            except CONCURRENCY_ERRORS:
                if not left:
                    raise
                # The fetcher has committed what came before this mail.
                self.env.cr.rollback()
                incoming.restart()
        return False

    def _aftersales_take(self, model, raw, options):
        """Take in a mail to a team.

        :param str model: the model that the fetcher names
        :param bytes raw: the mail, with a Message-ID
        :param dict options: of `message_process`
        :return: id of the ticket, or False
        """
        incoming = incoming_of(self.env)
        # sudo: as in `message_process`
        journal = self.env["aftersales.mail.received"].sudo()
        for repair in (lambda mail: raw, mail_kind.rescue):
            try:
                with self.env.cr.savepoint():
                    journal._note(incoming)
                    # pylint: disable-next=super-method-mismatch
                    result = super().message_process(
                        model, repair(incoming.raw), **options
                    )
                    journal._finish(incoming)
                    return result or False
            except AlreadyTaken:
                _logger.info("Ignored mail %s: taken already", incoming.identity)
                return False
            except CONCURRENCY_ERRORS:
                raise
            except Exception:  # noqa: BLE001 - no mail is lost, whatever it holds
                _logger.info("Can't read mail %s", incoming.identity, exc_info=True)
                incoming.restart()
        with self.env.cr.savepoint():
            journal._note(incoming)
            self.env["aftersales.mail.refusal"]._record(incoming, "error")
        return False

    def _aftersales_refuse_stray(self, raw, error):
        """Record a mail that is for nobody, and tell who wrote it.

        The mail server that hands mails over one by one used to tell him, because it
        was told that there is no such address. A fetched mail went through a mailbox
        that does exist; a list, a blind copy or advertising led it there.

        :param bytes raw: the mail
        :param error: what Odoo raised
        :return: False
        """
        incoming = Incoming(raw, mail_kind.read_headers(raw))
        gateway = self.with_context(aftersales_incoming=incoming)
        # sudo: as in `message_process`
        journal = self.env["aftersales.mail.received"].sudo()
        try:
            with self.env.cr.savepoint():
                journal._note(incoming)
                refusal = gateway.env["aftersales.mail.refusal"]
                refusal._record(incoming, "stray")
                if not self.env.context.get("fetchmail_cron_running"):
                    gateway._aftersales_tell_stray(incoming)
                journal._finish(incoming)
        except AlreadyTaken:
            return False
        _logger.info("Refused mail %s, which is for nobody: %s", incoming.key, error)
        return False

    def _aftersales_tell_stray(self, incoming):
        """Tell the sender of a mail that the address does not exist.

        :param incoming: `Incoming`
        """
        address = email_normalize(incoming.sender)
        if not address:
            return
        body = self.env._(
            "Your mail to %(addresses)s reached nobody: there is no such address here.",
            addresses=", ".join(incoming.people[:5]),
        )
        message = EmailMessage()
        message["Subject"] = incoming.subject
        message["To"] = ""
        self._routing_create_bounce_email(
            address,
            Markup("<p>%s</p>") % body,
            message,
            references=f"{incoming.identity} "
            f"{generate_tracking_message_id('loop-detection-bounce-email')}",
        )

    @api.model
    def _routing_create_bounce_email(
        self, email_from, body_html, message, **mail_values
    ):
        """Answer a mail to a team once an hour at most, and machines never."""
        incoming = incoming_of(self.env)
        if incoming:
            # sudo: as in `message_process`
            if not self.env["aftersales.mail.received"].sudo()._may_tell(incoming):
                return None
            incoming.is_told = True
            mail_values.setdefault("headers", repr(SILENCING))
        return super()._routing_create_bounce_email(
            email_from, body_html, message, **mail_values
        )

    @api.model
    def message_parse(self, message, save_original=False):
        """Leave out of a mail to a team what the database can't keep."""
        is_ours = incoming_of(self.env) is not None
        if is_ours:
            mail_kind.repair_ids(message)
        values = super().message_parse(message, save_original=save_original)
        if is_ours:
            for name, value in values.items():
                if isinstance(value, str):
                    values[name] = mail_kind.clean(value)
            values["attachments"] = [
                attachment._replace(
                    fname=mail_kind.clean(attachment.fname or "attachment"),
                    content=mail_kind.clean(attachment.content)
                    if isinstance(attachment.content, str)
                    else attachment.content,
                )
                for attachment in values.get("attachments") or ()
            ]
        return values

    @api.model
    def message_route(
        self, message, message_dict, model=None, thread_id=None, custom_values=None
    ):
        """Route a mail to a team once, to its ticket if its subject names it."""
        routes = super().message_route(
            message, message_dict, model, thread_id, custom_values
        )
        if message_dict.get("is_bounce"):
            self.env["aftersales.ticket"]._receive_bounce(message_dict)
        if not incoming_of(self.env):
            return routes
        return self.env["aftersales.ticket"]._choose_routes(message_dict, routes)

    @api.model
    def _routing_check_route(self, message, message_dict, route, raise_exception=True):
        """Let tickets look at the headers of their mails, replies included.

        The gateway asks the model of a reply only here, not on the model itself.
        """
        route = super()._routing_check_route(
            message, message_dict, route, raise_exception=raise_exception
        )
        if route and route[0] == "aftersales.ticket":
            ticket = self.env["aftersales.ticket"]
            return ticket._check_automatic_mail(message, message_dict, route)
        return route

    @api.model
    def _detect_loop_sender(self, message, message_dict, routes):
        """Judge mails to teams by what they say, not by how many there are."""
        if incoming_of(self.env) and any(
            route[0] == "aftersales.ticket" for route in routes or ()
        ):
            known, is_loop = self.env["aftersales.ticket"]._judge_loop(
                message_dict, routes
            )
            if known or is_loop:
                return is_loop
        is_loop = super()._detect_loop_sender(message, message_dict, routes)
        if is_loop and incoming_of(self.env):
            refusal = self.env["aftersales.mail.refusal"]
            refusal._record(incoming_of(self.env), "loop")
        return is_loop

    @api.model
    def _notify_get_reply_to(self, default=None, author_id=False):
        """Look up no address for answers to what is noted and sent to nobody."""
        event = self.env.context.get("aftersales_silent_event")
        if not self and isinstance(event, SilentEvent):
            return {False: default}
        return super()._notify_get_reply_to(default=default, author_id=author_id)
