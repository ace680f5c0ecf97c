# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How the customer reads and signs a contract: on paper, by mail, on the portal."""

import base64
import binascii
import logging

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.tools import format_amount, format_date, formatLang
from odoo.tools.image import ImageProcess

from ..tools.canonical import content_hash
from .selections import OPEN_STATES

_logger = logging.getLogger(__name__)

REPORT = "aftersales_service.aftersales_contract_report"
TEMPLATE = "aftersales_service.mail_template_contract"
MAX_NAME = 200
MAX_SIGNATURE = 2 * 1024 * 1024


class AftersalesContract(models.Model):
    _inherit = "aftersales.contract"

    def _compute_access_url(self):
        res = super()._compute_access_url()
        for contract in self:
            contract.access_url = f"/my/contracts/{contract.id}"
        return res

    # === READING === #

    def _get_report_base_filename(self):
        self.ensure_one()
        return self.env._("Contract %s", self.name).replace("/", "-")

    def _printed_lang(self):
        """Return the language of the customer, in which the contract is printed."""
        return self.partner_id.lang or self.env.lang

    def _printed_lines(self):
        """Return the machines of this contract, those that left as well.

        A line that was undone on the day it began covers nothing and isn't shown.
        """
        return self.line_ids.filtered(lambda line: line.date_from <= line.date_to)

    def _printed_terms(self):
        """Return what is promised, one sentence each, in the present language."""
        self.ensure_one()
        # sudo: names of classes and categories, for whoever may read the contract
        return self.sudo()._terms_lines()

    def _printed_number(self, row, name):
        """Write a number of a quota in the present language: an amount, or "2.5".

        :param dict row: of `_quota_table`
        :param str name: included, consumed, reserved or left
        """
        self.ensure_one()
        value = row[name]
        if row["unit"] == "money":
            return format_amount(self.env, value, self.currency_id)
        return formatLang(self.env, value, digits=0 if value == int(value) else 1)

    def _printed_usage(self, row):
        """Write what was used of a quota and when it counts, in one sentence.

        :param dict row: of `_quota_table`
        """
        self.ensure_one()
        values = {
            "used": self._printed_number(row, "consumed"),
            "planned": self._printed_number(row, "reserved"),
            "included": self._printed_number(row, "included"),
            "first": format_date(self.env, row["first_day"]),
            "last": format_date(self.env, row["last_day"]),
        }
        if row["reserved"]:
            return self.env._(
                "%(used)s used, %(planned)s planned of %(included)s,"
                " from %(first)s to %(last)s",
                **values,
            )
        return self.env._(
            "%(used)s used of %(included)s, from %(first)s to %(last)s", **values
        )

    def _open_reports(self):
        """Return the customer's open tickets about machines of this contract."""
        self.ensure_one()
        # sudo: the customer reads what he has reported himself
        return (
            self.env["aftersales.ticket"]
            .sudo()
            .search(
                [
                    ("equipment_id", "in", self.line_ids.equipment_id.ids),
                    ("commercial_partner_id", "=", self.commercial_partner_id.id),
                    ("state", "in", OPEN_STATES),
                    ("ticket_type", "!=", "complaint"),
                ],
                order="reported_at desc, id desc",
                limit=20,
            )
        )

    def _digest(self):
        """Return a hash of what is agreed on, so that nobody signs other terms.

        :return: SHA-256 of the parties, days, machines and terms, in any language
        """
        self.ensure_one()
        contract = self.with_context(lang="en_US")
        terms = {}
        for name in self._entitlement_fields():
            value = contract[name]
            is_record = isinstance(value, models.BaseModel)
            terms[name] = sorted(value.ids) if is_record else value or False
        return content_hash(
            {
                "number": contract.name,
                "company": contract.company_id.id,
                "customer": contract.partner_id.id,
                "first_day": contract.start_date.isoformat(),
                "last_day": contract.end_date.isoformat(),
                "terms": terms,
                "note": contract.note or "",
                "machines": [
                    [line.equipment_id.id, str(line.date_from), str(line.date_to)]
                    for line in contract.line_ids.sorted("id")
                ],
            }
        )

    # === SENDING === #

    def action_send(self):
        """Open a mail to the customer with the contract, for his signature or as copy.

        :return: action of the native composer
        """
        self.ensure_one()
        self.check_access("write")
        if self.state == "draft":
            raise UserError(self.env._("A draft is not sent: finish it first."))
        self._portal_ensure_token()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send the Contract"),
            "res_model": "mail.compose.message",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_template_id": self.env.ref(TEMPLATE).id,
                "default_composition_mode": "comment",
                "default_email_layout_xmlid": "mail.mail_notification_layout_with_"
                "responsible_signature",
                "force_email": True,
            },
        }

    def action_preview(self):
        """Open the page that the customer sees."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": self.get_portal_url(),
            "target": "self",
        }

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """Call the button by what the customer does behind it."""
        groups = super()._notify_get_recipients_groups(
            message, model_description, msg_vals=msg_vals
        )
        if len(self) == 1 and self.state == "waiting":
            for name, _filter, values in groups:
                if name in ("portal_customer", "portal"):
                    access = values.setdefault("button_access", {})
                    access["title"] = self.env._("Read and Sign")
        return groups

    # === SIGNING === #

    def _sign_online(self, name, signature, digest, author):
        """Let the customer's signature count; called by the page he signs on.

        :param str name: of who signs
        :param str signature: base64 of a picture
        :param str digest: of what the page has shown, see `_digest`
        :param author: `res.partner` that the signature is noted for
        :return: False, or in words why it doesn't count
        """
        self.ensure_one()
        name = (name or "").strip()[:MAX_NAME] if isinstance(name, str) else ""
        try:
            # Of two who sign at the same time, only one counts.
            self.lock_for_update()
        except LockError:
            return self.env._("Somebody signs this contract right now.")
        if self.state != "waiting":
            return self.env._("This contract doesn't wait for a signature.")
        if not name:
            return self.env._("Please enter your name.")
        if not self._is_picture(signature):
            return self.env._("The signature is missing.")
        if digest != self._digest():
            return self.env._(
                "The contract was changed meanwhile. Please load the page again, and "
                "read it before you sign."
            )
        self._activate(
            signed_by=name, signed_on=fields.Datetime.now(), signature=signature
        )
        self.env.flush_all()
        self._note_signature(name, author)
        return False

    @api.model
    def _is_picture(self, signature):
        """Tell whether a string is a picture of reasonable size in base64."""
        if not isinstance(signature, str) or not 0 < len(signature) <= MAX_SIGNATURE:
            return False
        try:
            ImageProcess(base64.b64decode(signature, validate=True))
        except (binascii.Error, UserError, ValueError):
            return False
        return True

    def _note_signature(self, name, author):
        """Tell the followers that it was signed, with the contract as PDF."""
        attachments = []
        try:
            with self.env.cr.savepoint():
                # sudo: the customer gets what he has signed
                report = self.env["ir.actions.report"].sudo()
                pdf, kind = report._render_qweb_pdf(REPORT, self.ids)
                attachments = [(f"{self._get_report_base_filename()}.{kind}", pdf)]
        except Exception:
            # A missing PDF engine loses no signature; it can be printed any time.
            _logger.exception("Contract %s was signed, but not printed.", self.name)
        self.message_post(
            body=self.env._("Signed by %s", name),
            author_id=author.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            attachments=attachments,
        )
