# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What visits and tickets show of their receipts, and what stands beside a receipt."""

from collections import Counter

from odoo import api, fields, models

from .aftersales_receipt import RECEIPT_STATE_SELECTION


class AftersalesReceipt(models.Model):
    _inherit = "aftersales.receipt"

    def _get_mail_thread_data_attachments(self):
        """Show the signed form and its scan beside the receipt, without a copy."""
        return super()._get_mail_thread_data_attachments() | self._form_files()

    def _form_files(self):
        """Find the files of the service form that its reader may see.

        :return: `ir.attachment`: the scan of a form on paper, and the PDF
        """
        self.ensure_one()
        if not self.form_id.has_access("read"):
            return self.env["ir.attachment"]
        # sudo: who may read the form may read its files
        files = self._scan_of_form() | self.form_id.sudo().pdf_attachment_id
        return files.sudo(False)

    def _scan_of_form(self):
        """Find the scan of a form that was signed on paper.

        :return: `ir.attachment` with sudo, empty for the other forms
        """
        self.ensure_one()
        # sudo: a file behind a field is found by its field only
        Attachment = self.env["ir.attachment"].sudo()
        return Attachment.search(
            [
                ("res_model", "=", self.form_id._name),
                ("res_id", "=", self.form_id.id),
                ("res_field", "=", "scan"),
            ],
            limit=1,
        )

    def _printed_amount(self):
        """Return the money that is printed in lists, as a text.

        :return: str, empty where no money belongs to the receipt
        """
        self.ensure_one()
        return ""

    def _shows_money(self):
        """Tell whether the reader of a list may know what is owed.

        :return: bool
        """
        return self._has_field_access(self._fields["amount_owed"], "read")

    def _money_totals(self):
        """Add up what is owed and open, for the foot of a list.

        :return: list of tuples of a currency, what is owed and what is open in it
        """
        return [
            (
                currency,
                sum(receipts.mapped("amount_owed")),
                sum(receipts.mapped("amount_open")),
            )
            for currency, receipts in self.grouped("currency_id").items()
        ]

    def _count_states(self):
        """Count these receipts by their state, for the head of a list.

        :return: list of pairs of a label and a number, in the order of the states
        """
        labels = self._fields["state"]._description_selection(self.env)
        counts = Counter(self.mapped("state"))
        return [(label, counts[state]) for state, label in labels if counts[state]]


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    receipt_ids = fields.One2many(
        "aftersales.receipt", "dispatch_id", string="Receipts"
    )
    receipt_state = fields.Selection(
        RECEIPT_STATE_SELECTION,
        string="Receipt",
        compute="_compute_receipt_state",
        help="Of the latest version of the service form.",
    )

    @api.depends("receipt_ids.state")
    def _compute_receipt_state(self):
        for dispatch in self:
            latest = dispatch.receipt_ids.sorted("id")[-1:]
            dispatch.receipt_state = latest.state

    def action_view_receipts(self):
        self.ensure_one()
        return self.receipt_ids._get_records_action(name=self.env._("Receipts"))


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    receipt_ids = fields.Many2many(
        "aftersales.receipt", string="Receipts", compute="_compute_receipts"
    )
    receipt_count = fields.Integer(compute="_compute_receipts")
    receipt_state = fields.Selection(
        RECEIPT_STATE_SELECTION,
        string="Receipt",
        compute="_compute_receipts",
        help="Of the visit that was signed last.",
    )

    @api.depends("job_ids.dispatch_id.receipt_ids.state")
    def _compute_receipts(self):
        for ticket in self:
            receipts = ticket.job_ids.dispatch_id.receipt_ids
            ticket.receipt_ids = receipts
            ticket.receipt_count = len(receipts)
            current = receipts.filtered(lambda r: r.state != "replaced")
            ticket.receipt_state = current.sorted("id")[-1:].state

    def action_view_receipts(self):
        self.ensure_one()
        return self.receipt_ids._get_records_action(name=self.env._("Receipts"))
