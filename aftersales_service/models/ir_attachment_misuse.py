# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models
from odoo.exceptions import UserError


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _check_signed(self):
        """Keep the photos that a second person has approved, too."""
        res = super()._check_signed()
        # sudo: a photo is kept whether or not the user may see its finding
        if self.ids and self.env["aftersales.finding"].sudo().search_count(
            [
                ("misuse_photo_ids", "in", self.ids),
                ("misuse_state", "in", ("approved", "determined")),
            ],
            limit=1,
        ):
            raise UserError(
                self.env._(
                    "Photos of improper use that was approved can't be changed. "
                    "Withdraw the finding first."
                )
            )
        return res
