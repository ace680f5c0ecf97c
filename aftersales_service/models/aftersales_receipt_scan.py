# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What finance scans: envelopes and service forms, each by its printed code."""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Datetime
from odoo.tools import format_date, format_datetime


class AftersalesReceiptBatch(models.Model):
    _inherit = "aftersales.receipt.batch"

    def action_scan(self):
        """Open the page on which this envelope is received."""
        self.ensure_one()
        action = self.env["ir.actions.client"]._for_xml_id(
            "aftersales_service.aftersales_receipt_action_scan"
        )
        action["params"] = {"batch_id": self.id}
        return action

    def action_finish(self):
        """Open the list of finance for what has come in this envelope.

        What no money belongs to is filed from there as well.
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_receipt_action_money"
        )
        action["context"] = {
            "search_default_to_finish": 1,
            "search_default_batch_id": self.id,
        }
        return action

    @api.model
    def scan(self, text):
        """Find what was scanned or typed; a receipt is received at once.

        :param str text: the code of an envelope, the code of a service form, or the
            number of one of both
        :return: dict with `page` (see `_scan_page`, or None), `message` or `error`
            (texts), and `receipt` (id of the receipt that was meant, or False)
        """
        self.env["res.users"]._check_aftersales_role("finance")
        # A scanner may send signs that nobody sees, which the database refuses.
        text = "".join(filter(str.isprintable, str(text or ""))).strip()
        if not text:
            return {"error": self.env._("Scan a code, or type a number.")}
        batch = self.search([("name", "in", [text, text.upper()])])
        receipt = not batch and self.env["aftersales.receipt"]._of_scan(text)
        found = batch or receipt
        if len(found) > 1:
            return {
                "error": self.env._(
                    "%(code)s is a number of several companies (%(companies)s): look "
                    "at one of them only, and scan again.",
                    code=text[:60],
                    companies=", ".join(found.company_id.mapped("name")),
                )
            }
        if batch:
            return {"page": batch._scan_page(), "receipt": False, "message": ""}
        if receipt:
            return receipt._scan_receive()
        return {
            "error": self.env._(
                "No envelope and no service form has this code: %s", text[:60]
            )
        }

    def scan_page(self):
        """Return what the page shows when it opens with this envelope.

        :return: dict, see `scan`; without a page for an envelope that this user does
            not see: he has switched the company, or the address is an old one
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role("finance")
        batch = self.exists()._filtered_access("read")
        return {"page": batch._scan_page() if batch else None}

    def scan_receive(self, receipt_ids):
        """Receive what is in this envelope; what is not ticked goes back.

        :param list receipt_ids: ids of the receipts that are there
        :return: dict, see `scan`
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role("finance")
        receipts = self.env["aftersales.receipt"].browse(receipt_ids).exists()
        expected = self.receipt_ids.filtered(lambda r: r.state == "handed")
        try:
            with self.env.cr.savepoint():
                self._receive(receipts)
        except UserError as error:
            return {"error": str(error), "page": self._scan_page()}
        missing = expected - receipts
        message = self.env._(
            "%(envelope)s: %(count)s received.",
            envelope=self.name,
            count=len(expected & receipts),
        )
        if missing:
            message = self.env._(
                "%(message)s Missing, and asked for again: %(receipts)s",
                message=message,
                receipts=", ".join(missing.mapped("name")),
            )
        return {"page": self._scan_page(), "message": message, "receipt": False}

    def _scan_page(self):
        """Return what the page shows of this envelope.

        :return: dict: id, name, handed_by and handed_at (texts), and receipts, a list
            of dicts as of `aftersales.receipt._scan_row`
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "id": self.id,
            "name": self.name,
            "is_open": self.state == "open",
            # sudo: the name of a colleague
            "handed_by": self.sudo().user_id.name,
            "handed_at": self.handed_at
            and format_datetime(self.env, self.handed_at, dt_format="short"),
            "receipts": [row._scan_row() for row in self._listed()],
        }


class AftersalesReceipt(models.Model):
    _inherit = "aftersales.receipt"

    @api.model
    def _of_scan(self, text):
        """Find the receipt that a code or a number means.

        :param str text: what was scanned or typed, not empty
        :return: `aftersales.receipt` the user may read, or an empty one; for the
            number of a visit the one of its latest form; several when companies have
            the same number
        """
        form = self.env["aftersales.service.form"]._of_code(text)
        if form:
            return self.search([("form_id", "=", form.id)])
        # As it is written, or as somebody types it who has no time.
        number, dash, version = text.upper().rpartition("-V")
        typed = [text, f"{number}-v{version}"] if dash else [text]
        found = self.search([("name", "in", typed)])
        if found:
            return found
        # sudo: the number of a visit is printed on its form
        Dispatch = self.env["aftersales.dispatch"].sudo()
        visits = Dispatch.search([("name", "in", [text, text.upper()])])
        found = self.search([("dispatch_id", "in", visits.ids)], order="id desc")
        latest = found.browse()
        for receipts in found.grouped("dispatch_id").values():
            latest |= receipts[0]
        return latest

    def _scan_receive(self):
        """Receive a receipt that was scanned by itself.

        :return: dict, see `aftersales.receipt.batch.scan`
        """
        self.ensure_one()
        result = {"receipt": self.id, "message": "", "page": None}
        batch = self.batch_id
        why_not = self._scan_refusal()
        if not why_not:
            try:
                with self.env.cr.savepoint():
                    self._step("received")
                result["message"] = self.env._("%s received.", self.name)
            except UserError as error:
                why_not = str(error)
        if why_not:
            result["error"] = why_not
        if batch and batch.state != "open":
            result["page"] = batch._scan_page()
        return result

    def _scan_refusal(self):
        """Say why a receipt can't be received now, in words that help.

        :return: str, empty when it can
        """
        self.ensure_one()
        # sudo: names of colleagues, and of what replaces it
        receipt = self.sudo()
        if self.state == "issued" and receipt.batch_id:
            return self.env._(
                "%(receipt)s lies in the envelope %(envelope)s, which %(person)s has "
                "not handed over yet.",
                receipt=self.name,
                envelope=receipt.batch_id.name,
                person=receipt.batch_id.user_id.name,
            )
        if self.state == "issued":
            return self.env._(
                "%(receipt)s was not handed over yet. Ask %(person)s to do so.",
                receipt=self.name,
                person=receipt.user_id.name,
            )
        if self.state == "replaced":
            latest = receipt.dispatch_id.form_id
            return self.env._(
                "%(receipt)s was replaced: receive %(latest)s instead.",
                receipt=self.name,
                latest=latest._receipt_number(),
            )
        if self.state != "handed":
            return self.env._(
                "%(receipt)s was received already, on %(moment)s by %(person)s.",
                receipt=self.name,
                moment=format_datetime(self.env, receipt.received_at, dt_format="short")
                if receipt.received_at
                else "–",
                person=receipt.received_by_id.name or "–",
            )
        return ""

    def _scan_row(self):
        """Return what the scan page shows of a receipt in its envelope.

        :return: dict: id, name, customer, signed_on, outcome, amount, state (texts),
            is_expected, whether it is still to be received, is_received, and
            is_left, whether it is here and not finished yet
        """
        self.ensure_one()
        labels = {
            name: dict(self._fields[name]._description_selection(self.env))
            for name in ("state", "outcome")
        }
        signed = Datetime.context_timestamp(self, self.signed_at).date()
        return {
            "id": self.id,
            "name": self.name,
            "customer": self.partner_id.display_name,
            "signed_on": format_date(self.env, signed),
            "outcome": labels["outcome"].get(self.outcome, ""),
            "amount": self._printed_amount(),
            "state": labels["state"][self.state],
            "is_expected": self.state == "handed",
            "is_received": self.state in ("received", "reconciled", "filed"),
            "is_left": self.state == "received",
        }
