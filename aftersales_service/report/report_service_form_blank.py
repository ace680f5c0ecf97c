# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class ReportServiceFormBlank(models.AbstractModel):
    """Which forms are printed blank: those of visits, or one of none."""

    _name = "report.aftersales_service.report_service_form_blank"
    _description = "Blank Service Form"

    @api.model
    def _get_report_values(self, docids, data=None):
        Dispatch = self.env["aftersales.dispatch"]
        dispatches = Dispatch.browse(docids)
        dispatches.check_access("read")
        pages = [
            {
                "doc": dispatch,
                "company": dispatch.company_id,
                "known": dispatch._blank_values(),
            }
            for dispatch in dispatches
        ]
        if not pages:
            self.env["res.users"]._check_aftersales_role(
                "technician", "dispatcher", "manager"
            )
            pages = [
                {
                    "doc": Dispatch,
                    "company": self.env.company,
                    "known": Dispatch._empty_values(),
                }
            ]
        return {"doc_ids": docids, "docs": dispatches, "pages": pages}
