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

    def _check_signed(self):
        """Keep the files of service forms and of signed visits as they are.

        :raise UserError: when one of these files belongs to what was signed
        """
        # sudo: whose file it is decides, not whether the user may see it
        by_model = self.sudo().filtered("res_id").grouped("res_model")
        forms = by_model.get("aftersales.service.form")
        visits = self.env["aftersales.dispatch"].sudo()
        if files := by_model.get(visits._name):
            visits |= visits.browse(files.mapped("res_id")).exists()
        for name in ("aftersales.dispatch.job", "aftersales.dispatch.photo"):
            if files := by_model.get(name):
                parts = self.env[name].sudo().browse(files.mapped("res_id"))
                visits |= parts.exists().dispatch_id
        if forms or any(visit.state == "done" for visit in visits):
            raise UserError(self.env._("Files of what was signed can't be changed."))

    def _is_same_file(self, vals):
        """Tell whether a write moves files to another storage and changes nothing."""
        return vals.keys() <= {"raw", "mimetype"} and all(
            attachment.raw == vals.get("raw")
            and attachment.mimetype == vals.get("mimetype")
            for attachment in self
        )

    @api.model_create_multi
    def create(self, vals_list):
        attachments = super().create(vals_list)
        # A second file for the picture of a signed photo would stand in for the first.
        pictures = attachments.filtered(
            lambda file: (
                file.res_field and file.res_model == "aftersales.dispatch.photo"
            )
        )
        pictures._check_signed()
        return attachments

    def write(self, vals):
        if vals.keys() & FILE_FIELDS and not self._is_same_file(vals):
            self._check_signed()
        res = super().write(vals)
        if vals.keys() & {"res_field", "res_id", "res_model"}:
            # Nor may a file be put there afterwards.
            self.filtered("res_field")._check_signed()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_signed(self):
        self._check_signed()
