# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Cancelling a ticket: the customer withdrew, or the report is another's."""

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError

from .selections import CANCEL_REASON_SELECTION

#: Reasons that name the ticket which goes on.
NAMING = ("duplicate", "merged")


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    cancel_reason = fields.Selection(
        CANCEL_REASON_SELECTION,
        string="Cancelled Because",
        copy=False,
        readonly=True,
        tracking=True,
    )
    original_id = fields.Many2one(
        "aftersales.ticket",
        string="Goes on in",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="The ticket of which this one was a duplicate, or into which it was "
        "merged.",
    )
    duplicate_ids = fields.One2many(
        "aftersales.ticket", "original_id", string="Reported Again"
    )

    def _guarded_fields(self):
        return super()._guarded_fields() | {"cancel_reason", "original_id"}

    def _cancel(self, reason=False, original=None):
        """Cancel tickets: their open promises become void with the reason.

        :param str reason: one of CANCEL_REASON_SELECTION, or nothing
        :param original: `aftersales.ticket` that goes on, for a duplicate or a merged
            ticket and only for these
        :raise AccessError: for a role that may not cancel
        :raise UserError: for a ticket that can't be cancelled, or not in favour of
            that one
        """
        original = self.browse() if original is None else original
        self.check_access("write")
        self._check_step("cancelled")
        self._check_original(reason, original)
        # sudo: these two are kept from being written by hand
        self.sudo().write({"cancel_reason": reason, "original_id": original.id})
        self._set_state("cancelled")
        self._tell_original(original)

    def _check_original(self, reason, original):
        """Check that a ticket goes on in a fitting one.

        :raise UserError: otherwise
        """
        if reason not in NAMING:
            if original:
                raise UserError(
                    self.env._("Only a duplicate or merged ticket goes on in another.")
                )
            return
        if not original:
            raise UserError(self.env._("Say in which ticket it goes on."))
        original.ensure_one()
        original.check_access("read")
        if original in self:
            raise UserError(self.env._("A ticket can't be a duplicate of itself."))
        if original.state == "cancelled":
            raise UserError(
                self.env._("%s is cancelled itself.", original.display_name)
            )
        for ticket in self:
            if ticket.company_id != original.company_id:
                raise UserError(
                    self.env._(
                        "%(ticket)s and %(original)s are of different companies.",
                        ticket=ticket.display_name,
                        original=original.display_name,
                    )
                )
            ticket._check_same_customer(original, reason)

    def _check_same_customer(self, original, reason):
        """Check that a ticket and the one it goes on in are of one customer.

        :param str reason: duplicate or merged
        :raise UserError: otherwise
        """
        self.ensure_one()
        customers = self.commercial_partner_id | original.commercial_partner_id
        if len(customers) > 1:
            raise UserError(
                self.env._(
                    "%(ticket)s is of %(customer)s, %(original)s of %(other)s: "
                    "one customer must not read what another one wrote.",
                    ticket=self.reference,
                    customer=self.commercial_partner_id.display_name,
                    original=original.reference,
                    other=original.commercial_partner_id.display_name,
                )
            )

    def _tell_original(self, original):
        """Leave a note on the ticket that goes on, with links to the others."""
        if not original:
            return
        links = Markup(", ").join(ticket._get_html_link() for ticket in self)
        words = (
            self.env._("Merged into this ticket: %s", links)
            if self[:1].cancel_reason == "merged"
            else self.env._("Reported again: %s", links)
        )
        # sudo: who cancels a ticket may only be able to read the other one
        original.sudo().message_post(
            body=words,
            author_id=self.env.user.partner_id.id,
            subtype_xmlid="mail.mt_note",
        )

    def _cancel_words(self):
        """Say why a ticket was cancelled, for the ledgers of its clocks.

        :return: str
        """
        self.ensure_one()
        if self.original_id:
            # sudo: the ledger names it whether or not the user may see it
            name = self.original_id.sudo().display_name
            if self.cancel_reason == "merged":
                return self.env._("Merged into %s", name)
            return self.env._("Duplicate of %s", name)
        labels = dict(self._fields["cancel_reason"]._description_selection(self.env))
        return labels.get(self.cancel_reason) or self.env._("Ticket cancelled")

    def _mark_reopened(self, at):
        # sudo: these two are kept from being written by hand
        self.filtered("cancel_reason").sudo().write(
            {"cancel_reason": False, "original_id": False}
        )
        return super()._mark_reopened(at)
