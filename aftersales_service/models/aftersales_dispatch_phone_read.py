# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the page on the telephone shows, in one call."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_amount

from ..tools import visit as phone
from .aftersales_dispatch_phone_save import SAVE_STATES, WRITABLE, wire_value

#: How far ahead a technician looks on his telephone.
AHEAD = timedelta(hours=36)
#: For how long visits stay on the page that are over.
BEHIND = timedelta(hours=14)
#: Selections that the page offers, by the names it knows them by.
CHOICES = {
    "result": ("aftersales.dispatch.job", "result"),
    "answer": ("aftersales.checklist.answer", "answer"),
    "liability": ("aftersales.finding", "liability"),
    "moment": ("aftersales.dispatch.photo", "moment"),
    "outcome": ("aftersales.service.sign", "outcome"),
    "removed_fate": ("aftersales.dispatch.line", "removed_fate"),
}


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    @api.model
    def visit_day(self):
        """List the visits of the current user: those to do, and what he did today.

        :return: list of dicts, see `_visit_head`, in the order of their times
        """
        self.env["res.users"]._check_aftersales_role(
            "technician", "dispatcher", "manager"
        )
        now = fields.Datetime.now()
        to_do = Domain("state", "in", ("on_way", "on_site", "to_sign")) | Domain(
            [("state", "=", "planned"), ("scheduled_start", "<", now + AHEAD)]
        )
        done = Domain([("state", "=", "done"), ("finished_at", ">", now - BEHIND)])
        visits = self.search(
            Domain("technician_ids.user_id", "=", self.env.uid) & (to_do | done),
            order="scheduled_start, id",
            limit=80,
        )
        return [visit._visit_head() for visit in visits]

    def visit_read(self):
        """Read everything that the page on the telephone shows.

        :return: dict for JSON: `visit`, `jobs`, `lines`, `photos`, `charges` (see
            `_charges_content`, empty if there are none) and `choices`
        :raise AccessError: for those who don't work this visit
        """
        self.ensure_one()
        self._check_worker()
        # sudo: the line's technicians are shown, whether or not the user may read them
        lines = self.line_ids.sudo()
        return {
            "visit": {**self._visit_head(), **self._visit_details()},
            "jobs": [self._visit_read_job(job) for job in self.job_ids],
            "lines": [self._visit_read_line(line) for line in lines],
            "photos": [
                {
                    "id": photo.id,
                    "url": f"/web/image/aftersales.dispatch.photo/{photo.id}/image",
                    **self._visit_values("photo", photo),
                }
                for photo in self.photo_ids.with_context(bin_size=True)
            ],
            "charges": self._visit_charges(),
            "choices": self._visit_choices(),
        }

    def _visit_head(self):
        """Return what a list of visits shows of one."""
        self.ensure_one()
        site = self.site_id
        jobs = self.job_ids
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "state_label": self._label(self, "state"),
            "mode": self.mode,
            "customer": self.partner_id.commercial_partner_id.display_name,
            "contact": self.partner_id.name or False,
            "site": site.name or site.parent_id.name or False,
            "address": self.site_address or False,
            "phone": self.site_phone
            or self.partner_id.phone
            or self.partner_id.commercial_partner_id.phone
            or False,
            "coordinates": self._visit_coordinates(),
            "tz": site._aftersales_tz(self.partner_id, self.company_id),
            "scheduled_start": phone.wire(self.scheduled_start),
            "scheduled_end": phone.wire(self.scheduled_end),
            "next_deadline": phone.wire(self.next_deadline),
            "parts_warning": self.parts_warning or "",
            "machines": [
                " · ".join(
                    text for text in (job.product_name, job.serial_number) if text
                )
                for job in jobs
            ],
        }

    def _visit_coordinates(self):
        """Return where the site is on the map, if it is known."""
        site = self.site_id
        if "partner_latitude" not in site._fields or not (
            site.partner_latitude or site.partner_longitude
        ):
            return False
        return f"{site.partner_latitude},{site.partner_longitude}"

    def _visit_details(self):
        # sudo: names are shown, employees are not
        technicians = self.sudo().technician_ids
        form = self.form_id
        return {
            **self._visit_values("visit", self),
            "instructions": self.instructions or False,
            "technicians": technicians.mapped("name"),
            "departed_at": phone.wire(self.departed_at),
            "arrived_at": phone.wire(self.arrived_at),
            "finished_at": phone.wire(self.finished_at),
            "can_save": self.state in SAVE_STATES,
            "acceptance_state": self.acceptance_state or False,
            "acceptance_email": self.acceptance_email or False,
            "acceptance_reason": self.acceptance_reason or False,
            "form": form
            and {
                "id": form.id,
                "name": form.display_name,
                "outcome": self._label(form, "outcome"),
            }
            or False,
        }

    def _visit_values(self, on, record):
        """Return the values that the page may write, as they travel."""
        return {
            name: wire_value(record, name)
            for name in WRITABLE[on][1]
            if name in record._fields and name != "image"
        }

    def _visit_read_job(self, job):
        ticket = job.ticket_id
        machine = job.equipment_id
        return {
            "id": job.id,
            **self._visit_values("job", job),
            "ticket": ticket.reference,
            "subject": ticket.name,
            "reported_fault": self._plain_text(ticket.description),
            "coverage": self._plain_text(job.coverage_summary),
            "equipment": machine.reference or False,
            "checked_at": phone.wire(job.equipment_checked_at),
            "answers": [
                {
                    "id": answer.id,
                    "checklist": answer.item_id.checklist_id.name,
                    "kind": answer.item_id.checklist_id.kind,
                    "question": answer.item_id.name,
                    **self._visit_values("answer", answer),
                }
                for answer in job.answer_ids
            ],
            "findings": [
                {
                    "id": finding.id,
                    **self._visit_values("finding", finding),
                    "misuse_state": finding.misuse_state,
                    "misuse_label": self._label(finding, "misuse_state"),
                    # sudo: counted, not shown
                    "evidence": len(finding.sudo().misuse_photo_ids),
                }
                for finding in job.finding_ids
            ],
        }

    def _visit_read_line(self, line):
        return {
            "id": line.id,
            **self._visit_values("line", line),
            "technician": line.employee_id.name or False,
        }

    def _visit_choices(self):
        """Return what can be chosen: as pairs of value and words."""
        choices = {}
        for key, (model, name) in CHOICES.items():
            field = self.env[model]._fields.get(name)
            choices[key] = field and field._description_selection(self.env) or []
        faults = self.env["aftersales.fault"].search([], order="parent_path, id")  # pylint: disable=no-search-all
        causes = self.env["aftersales.cause"].search([])  # pylint: disable=no-search-all
        line_fields = self.env["aftersales.dispatch.line"]._fields
        return {
            **choices,
            "faults": [[fault.id, fault.display_name] for fault in faults],
            "causes": [[cause.id, cause.name, cause.liability] for cause in causes],
            "keeps_removed": "removed_serial" in line_fields,
        }

    def _visit_charges(self):
        """Return the statement of charges, once the work is done."""
        return self._charges_content() if self.state in ("to_sign", "done") else {}

    def visit_preview(self, customer_comments=None):
        """Show what the customer signs, as it will be printed.

        :param str customer_comments: as typed so far
        :return: dict with html, hash (to be sent back when signing), names,
            charge_total (as text, 0 when nothing is charged) and is_new_version
        """
        self.ensure_one()
        self._check_worker()
        self._check_state("to_sign")
        self._check_worked()
        self._settle_work()
        sign = self.env["aftersales.service.sign"].new(
            {
                "dispatch_id": self.id,
                "customer_comments": customer_comments or self.customer_comments,
            }
        )
        return {
            "html": sign.preview,
            "hash": sign.shown_hash,
            "signer_name": sign.signer_name or "",
            "technician_name": self._visit_employee().name or self.env.user.name,
            "customer_comments": sign.customer_comments or "",
            "charge_total": self.charge_total
            and format_amount(self.env, self.charge_total, self.currency_id),
            "is_new_version": bool(self.form_id),
            **self._visit_payment(),
        }
