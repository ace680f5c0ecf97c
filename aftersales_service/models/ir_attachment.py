# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.exceptions import UserError

#: What makes a file: changing one of them is changing what was signed.
FILE_FIELDS = {
    "datas",
    "db_datas",
    "mimetype",
    "name",
    "raw",
    "res_field",
    "res_id",
    "res_model",
    "store_fname",
    "type",
    "url",
}


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _check_service_form(self):
        """Keep the files of signed service forms as they are.

        :raise UserError: when one of these files belongs to a service form
        """
        # sudo: whose file it is decides, not whether the user may see it
        if any(
            attachment.res_model == "aftersales.service.form" and attachment.res_id
            for attachment in self.sudo()
        ):
            raise UserError(
                self.env._("The files of a signed service form can't be changed.")
            )

    def write(self, vals):
        if vals.keys() & FILE_FIELDS:
            self._check_service_form()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_service_form(self):
        self._check_service_form()
