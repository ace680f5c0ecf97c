# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models
from odoo.exceptions import UserError

from .aftersales_receipt import KEPT_STATES


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _check_signed(self):
        """Keep the files of receipts that finance is done with as they are, too.

        :raise UserError: when one of these files belongs to such a receipt
        """
        super()._check_signed()
        # sudo: whose file it is decides, not whether the user may see it
        files = self.sudo().filtered(
            lambda file: file.res_id and file.res_model == "aftersales.receipt"
        )
        if not files:
            return
        receipts = self.env["aftersales.receipt"].sudo().browse(files.mapped("res_id"))
        if any(receipt.state in KEPT_STATES for receipt in receipts.exists()):
            raise UserError(
                self.env._(
                    "Files of a receipt that finance has filed can't be changed."
                )
            )
