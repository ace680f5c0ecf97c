# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Inquiries that are answered and ended with one message."""

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, html2plaintext

from .aftersales_ticket_state import STEP_ROLES
from .aftersales_ticket_wait import WAIT_ROLES
from .selections import OPEN_STATES

#: Types of which an answer is all that was wanted.
ANSWERED_TYPES = ("inquiry", "support", "document")
#: What becomes of a mail that can't be sent.
FAILED = ("bounce", "canceled", "exception")


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    def _check_customer_address(self):
        """Check that a mail to the customer can be made.

        :raise UserError: when there is no address
        """
        self.ensure_one()
        address = self.partner_id.email if self.partner_id else self.email_from
        if not email_normalize(address or ""):
            raise UserError(
                self.env._(
                    "%s has no e-mail address of the customer. Enter one, or log a "
                    "call instead.",
                    self.display_name,
                )
            )

    def _check_answer_close(self):
        """Check that a ticket may be answered and ended with one message.

        :raise AccessError, UserError: otherwise
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role(*WAIT_ROLES)
        self.check_access("write")
        if self.ticket_type not in ANSWERED_TYPES:
            raise UserError(
                self.env._(
                    "An answer is not the end of %s: a fault has to be removed, and a "
                    "complaint settled.",
                    self.display_name,
                )
            )
        if self.state not in OPEN_STATES:
            raise UserError(self.env._("%s is not open any more.", self.display_name))
        self._in_triage()._check_facts()
        self._check_customer_address()

    def action_answer_close(self):
        """Open the composer; the ticket ends when its message is sent."""
        self._check_answer_close()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Answer and Close"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_composition_mode": "comment",
                "default_partner_ids": self.partner_id.ids,
                "default_subtype_xmlid": "mail.mt_comment",
                "default_aftersales_ends": True,
                # The cursor is in the text, there is nothing to click first.
                "default_composition_comment_option": "reply_all",
            },
        }

    def _end_answered(self, message):
        """End a ticket with the message that answers it.

        Who may close tickets closes it, a technician solves it: the first is what
        answering means for these types, so that intake needs no other right.

        :param message: `mail.message` record, just posted
        :raise AccessError, UserError: when it may not end, or no mail to the customer
            was made; then nothing is sent and the ticket stays open
        """
        self._check_answer_close()
        if not self._mails_to_customer(message):
            raise UserError(
                self.env._(
                    "No e-mail to the customer could be made, so %s stays open. Look "
                    "at the recipients.",
                    self.display_name,
                )
            )
        if not (self.resolution or "").strip():
            self.resolution = html2plaintext(message.body).strip()
        self._solve(reason=self.env._("Message to the customer"))
        if self.env["res.users"]._has_aftersales_role(*STEP_ROLES["closed"]):
            self._check_step("closed")
            self._set_state("closed")

    def _mails_to_customer(self, message):
        """Return the notifications by which a message goes to the customer.

        :param message: `mail.message` record
        """
        customer = self.partner_id.commercial_partner_id
        address = email_normalize(self.email_from or "")
        # sudo: who was sent what is not readable by everyone
        sent = message.sudo().notification_ids.filtered(
            lambda one: (
                one.notification_type == "email"
                and one.notification_status not in FAILED
            )
        )
        return sent.filtered(
            lambda one: (
                one.res_partner_id.commercial_partner_id == customer
                if customer and one.res_partner_id
                else bool(address)
                and address
                == email_normalize(
                    one.res_partner_id.email or one.mail_email_address or ""
                )
            )
        )
