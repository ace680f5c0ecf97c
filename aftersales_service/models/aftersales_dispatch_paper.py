# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Forms on paper: printed blank, filled in by hand on site, filed as a scan."""

from odoo import api, models
from odoo.tools import format_datetime

PAPER_VIEW = "aftersales_service.aftersales_service_sign_view_form_paper"
BLANK_REPORT = "aftersales_service.aftersales_dispatch_blank_report"


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    def action_print_blank(self):
        """Print the form of this visit to be filled in by hand."""
        self.ensure_one()
        self.check_access("read")
        # config: the document layout that Odoo would ask for first is not used
        return self.env.ref(BLANK_REPORT).report_action(self, config=False)

    def action_print_empty(self):
        """Print a form of no visit at all: for a drawer in the van."""
        self.env["res.users"]._check_aftersales_role(
            "technician", "dispatcher", "manager"
        )
        return self.env.ref(BLANK_REPORT).report_action([], config=False)

    def action_file_paper(self):
        """Open the dialog in which a signed paper is filed."""
        self.ensure_one()
        self._check_worker()
        self._check_state("planned", "on_way", "on_site", "to_sign")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_service_sign_action"
        )
        view = self.env.ref(
            "aftersales_service.aftersales_service_sign_view_form_paper"
        )
        action.update(
            name=self.env._("File Paper Form"),
            views=[(view.id, "form")],
            view_id=view.id,
            context={
                "default_dispatch_id": self.id,
                "default_acceptance": "paper",
            },
        )
        return action

    def _blank_values(self):
        """Return what is known before the visit, in the customer's language.

        :return: dict of the parts of a form's content that are known, with the planned
            time as it is at the site
        """
        self.ensure_one()
        lang = self.partner_id.lang or self.env.user.lang or "en_US"
        # sudo: as on the form that is signed; who may read the visit prints it
        dispatch = self.sudo().with_context(lang=lang)
        zone = dispatch.env["aftersales.service.form"]._site_tz(dispatch)
        start = dispatch.scheduled_start
        return {
            "lang": lang,
            "tz": zone,
            "number": dispatch.name,
            "company": dispatch._address_content(dispatch.company_id.partner_id),
            "customer": dispatch._address_content(dispatch.partner_id),
            "site": dispatch._address_content(dispatch.site_id),
            "technicians": ", ".join(dispatch.technician_ids.mapped("name")),
            "planned": start
            and format_datetime(dispatch.env, start, tz=zone, dt_format="short"),
            "jobs": [
                {
                    "ticket": job.ticket_id.reference,
                    "subject": job.ticket_id.name,
                    "reported_fault": dispatch._plain_text(job.ticket_id.description),
                    "equipment": job.equipment_id.reference or "",
                    "product": job.product_name or "",
                    "serial": job.serial_number or "",
                }
                for job in dispatch.job_ids
            ],
            "questions": dispatch.job_ids[:1].answer_ids.item_id.mapped("name"),
        }

    @api.model
    def _empty_values(self):
        """Return what is known of a form of no visit: who serves, and what is asked.

        :return: dict, see `_blank_values`
        """
        company = self.env.company
        nobody = {"name": "", "contact": "", "address": "", "phone": "", "email": ""}
        # sudo: the questions are printed for whoever prints the form
        lists = self.env["aftersales.checklist"].sudo()
        lists = lists.search(
            [
                ("company_id", "in", [False, company.id]),
                ("mode", "in", [False, "on_site"]),
                ("kind", "=", "conduct"),
            ]
        )
        return {
            "lang": self.env.lang or "en_US",
            "tz": "",
            "number": "",
            # sudo: the letterhead is no secret
            "company": self._address_content(company.sudo().partner_id),
            "customer": nobody,
            "site": nobody,
            "technicians": "",
            "planned": "",
            "jobs": [],
            "questions": lists.item_ids.mapped("name"),
        }
