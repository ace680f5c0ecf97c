# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import mail_kind
from .inside import INSIDE

#: How long refused mails are kept.
KEEP = timedelta(days=90)
#: Of longer ones only the headers are kept, unless nothing could be read.
MAX_KEPT = 512 * 1024

REASON_SELECTION = [
    ("bounce", "Could Not Be Delivered"),
    ("auto_reply", "Automatic Answer"),
    ("bulk", "Newsletter or List"),
    ("calendar", "Invitation without Text"),
    ("loop", "The Same Again and Again"),
    ("own", "Sent from an Address of a Team"),
    ("stray", "To No Address of Ours"),
    ("error", "Can't Be Read"),
]


class AftersalesMailRefusal(models.Model):
    """A mail that made no ticket, and why: to a team, or to nobody at all."""

    _name = "aftersales.mail.refusal"
    _description = "Refused Mail"
    _order = "date desc, id desc"
    _rec_name = "subject"
    _check_company_auto = True

    date = fields.Datetime(
        string="Received",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: fields.Datetime.now(),
    )
    team_id = fields.Many2one(
        "aftersales.team", readonly=True, index="btree_not_null", ondelete="set null"
    )
    company_id = fields.Many2one(
        "res.company", readonly=True, index="btree_not_null", ondelete="set null"
    )
    sender = fields.Char(readonly=True)
    subject = fields.Char(readonly=True)
    message_id = fields.Char(string="Message-ID", readonly=True)
    reason = fields.Selection(REASON_SELECTION, required=True, readonly=True)
    ticket_id = fields.Many2one(
        "aftersales.ticket", readonly=True, index="btree_not_null", ondelete="set null"
    )
    original_id = fields.Many2one(
        "ir.attachment", string="Mail", readonly=True, ondelete="set null"
    )

    @api.model
    def _record(self, incoming, reason):
        """Record a refusal, once for a mail.

        :param incoming: `Incoming`
        :param str reason: one of `REASON_SELECTION`
        :return: the record, empty when the mail was refused before
        """
        if incoming.reason:
            return self.browse()
        incoming.reason = reason
        # sudo: the gateway's user need not be one of the staff
        team = self.env["aftersales.team"].sudo().browse(incoming.team_ids[:1])
        refusal = self.sudo().create(
            {
                "team_id": team.id,
                "company_id": (team.company_id or self._company_of(incoming)).id,
                "sender": mail_kind.decoded(incoming.head, "From")[:500],
                "subject": incoming.subject[:500],
                "message_id": incoming.identity[:900],
                "reason": reason,
            }
        )
        if reason == "error" or len(incoming.raw) <= MAX_KEPT:
            refusal.original_id = refusal.env["ir.attachment"].create(
                {
                    "name": "original.eml",
                    "raw": incoming.raw,
                    "mimetype": "application/octet-stream",
                    "res_model": self._name,
                    "res_id": refusal.id,
                }
            )
        return refusal

    @api.model
    def _company_of(self, incoming):
        """Return the company that a mail to no team of ours was meant for.

        :param incoming: `Incoming`
        :return: `res.company` record
        """
        names = {address.split("@")[-1] for address in incoming.people}
        # sudo: as in `_record`
        domains = self.env["mail.alias.domain"].sudo()
        found = domains.search([("name", "in", list(names))], limit=1)
        return found.company_ids[:1] or self.env.company

    def action_make_ticket(self):
        """Take a refused mail as a report after all.

        :return: the action that opens the ticket
        :raise AccessError, UserError: by another role, twice, or without the mail
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role("intake", "dispatcher", "manager")
        self.check_access("read")
        if self.ticket_id:
            raise UserError(self.env._("This mail is a ticket already."))
        # sudo: only the refusal's own mail is read, and the stamp is written below
        refusal = self.sudo()
        if not refusal.original_id:
            raise UserError(self.env._("The mail itself was too large to be kept."))
        ticket = refusal._make_ticket().with_env(self.env)
        return ticket._get_records_action()

    def _make_ticket(self):
        """Make a ticket of what can be read of the mail, the original attached.

        :return: `aftersales.ticket` record with sudo
        """
        Ticket = self.env["aftersales.ticket"].with_context(
            mail_create_nosubscribe=True, aftersales_names_only=INSIDE
        )
        team = self.team_id or Ticket.env["aftersales.team"]._default_team(
            self.env.user, self.company_id
        )
        ticket = Ticket.message_new(
            {
                "subject": self.subject,
                "from": self.sender,
                "email_from": self.sender,
                "body": mail_kind.readable(self.original_id.raw),
            },
            {"team_id": team.id},
        )
        self.ticket_id = ticket
        original = self.original_id.copy(
            {"res_model": ticket._name, "res_id": ticket.id}
        )
        ticket.message_post(
            body=self.env._("From a refused mail: %s", self.subject or ""),
            attachment_ids=original.ids,
        )
        return ticket

    @api.autovacuum
    def _gc_old(self):
        """Delete refusals after 90 days, with their mails."""
        old = self.search([("date", "<", fields.Datetime.now() - KEEP)], limit=1000)
        old.original_id.unlink()
        old.unlink()
        return len(old), len(old) == 1000
