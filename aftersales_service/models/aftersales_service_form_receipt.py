# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Each version of a service form makes a receipt."""

from odoo import api, fields, models
from odoo.fields import Command

from .aftersales_receipt import KEPT_STATES


class AftersalesServiceForm(models.Model):
    _inherit = "aftersales.service.form"

    receipt_ids = fields.One2many("aftersales.receipt", "form_id", string="Receipts")
    receipt_state = fields.Selection(
        related="receipt_ids.state", string="State of the Receipt"
    )

    def _receipt_number(self):
        self.ensure_one()
        return f"{self.name}-v{self.version}"

    def _make_receipt(self):
        """Make the receipt of a version that was just signed.

        The receipt of the version it replaces ends, unless finance is done with it.

        :return: `aftersales.receipt` record with sudo
        """
        self.ensure_one()
        # sudo: nobody has the right to write receipts; they follow from the signature
        quiet = {"mail_create_nolog": True, "mail_create_nosubscribe": True}
        Receipt = self.env["aftersales.receipt"].sudo().with_context(**quiet)
        receipt = Receipt.create(self._prepare_receipt())
        # The scan of a form on paper is what is looked at first.
        receipt.message_main_attachment_id = receipt._scan_of_form()
        self.sudo().replaces_id.receipt_ids._replaced_by(receipt)
        return receipt

    def _prepare_receipt(self):
        """Return the values of the receipt of this form."""
        self.ensure_one()
        people = self.sudo().dispatch_id.technician_ids.user_id
        return {
            "name": self._receipt_number(),
            "form_id": self.id,
            "user_id": (people[:1] or self.recorded_by).id,
            "holder_ids": [Command.set((people | self.recorded_by).ids)],
        }

    def action_view_receipt(self):
        self.ensure_one()
        return self.receipt_ids._get_records_action(name=self.env._("Receipt"))


class AftersalesReceipt(models.Model):
    _inherit = "aftersales.receipt"

    @api.model
    def _note_of_before(self):
        """Return what the steps of old forms say, see the script of the upgrade."""
        return self.env._("Signed before receipts were kept")

    def _replaced_by(self, newer):
        """End the receipts of a version that is replaced.

        :param newer: `aftersales.receipt` record of the new version
        """
        for receipt in self:
            note = self.env._("A new version was signed: %s", newer.name)
            if receipt.state in KEPT_STATES:
                # Finance has it in its books: it is told, and decides.
                receipt._log_step(note)
                receipt.message_post(body=note)
            elif receipt.state == "issued" and receipt.batch_id:
                # In an envelope that nobody has closed yet the new paper lies instead.
                newer.batch_id = receipt.batch_id
                receipt._step("replaced", note)
                receipt.batch_id = False
            else:
                receipt._step("replaced", note)
