# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from .inside import is_inside


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _pre_render_qweb_pdf(self, report_ref, res_ids=None, data=None):
        """Print service forms from their stored PDFs, made now where one is missing.

        They are made one by one: the unpatched wkhtmltopdf fails on several documents
        at once, and a reader may not store what he prints.
        """
        report = self._get_report(report_ref)
        making = is_inside(self.env, "aftersales_making_pdf")
        if report.model == "aftersales.service.form" and res_ids and not making:
            forms = self.env[report.model].browse(res_ids)
            forms.check_access("read")
            for form in forms.filtered(lambda form: not form.pdf_attachment_id):
                form._make_pdf()
                form._mail_pdf()
        return super()._pre_render_qweb_pdf(report_ref, res_ids=res_ids, data=data)
