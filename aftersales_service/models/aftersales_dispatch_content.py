# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the service form says: the content that is signed, printed and hashed."""

import re

from lxml import html as lxml_html

from odoo import models

from ..tools import canonical

#: 1: product and serial as typed. 2: the equipment and who pays for a finding.
#: 3: how it was accepted; remote service has no site.
#: 4: hours of labour and travel, parts that came off, lists of questions, photos,
#: training, charges, the scan of a form that was filled in by hand.
#: 5: what was paid on site.
CONTENT_SCHEMA = 5


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    def _prepare_form_content(self, values, schema=CONTENT_SCHEMA):
        """Collect everything the service form prints, in the customer's language.

        :param dict values: values of the `aftersales.service.form` to be signed
        :param int schema: of an earlier version: leaves out what that did not print
        :return: dict of plain values for `tools.canonical`: texts as printed, moments
            as ISO strings in UTC, hours as decimal numbers
        """
        self.ensure_one()
        lang = self.partner_id.lang or self.env.user.lang or "en_US"
        # sudo: employees, findings and the customer's address are printed whether or
        # not the technician may read their records
        dispatch = self.sudo().with_context(lang=lang)
        Form = self.env["aftersales.service.form"]
        content = {
            "schema": schema,
            "lang": lang,
            "tz": Form._site_tz(dispatch),
            "number": values["name"],
            "version": values["version"],
            "replaces_reason": values.get("replaces_reason") or None,
            "company": dispatch._address_content(dispatch.company_id.partner_id),
            "customer": dispatch._address_content(dispatch.partner_id),
            "site": dispatch._address_content(dispatch.site_id),
            "visit": dispatch._visit_content(),
            "jobs": [dispatch._job_content(job, schema) for job in dispatch.job_ids],
            **dispatch._lines_content(schema),
            "customer_comments": values.get("customer_comments") or None,
            "signature": dispatch._signature_content(values),
        }
        if schema == 1:
            for job in content["jobs"]:
                job.pop("equipment")
                for finding in job["findings"]:
                    finding.pop("coverage")
        if schema < 3:
            for name in ("acceptance", "acceptance_note", "signer_ip"):
                content["signature"].pop(name)
        else:
            content["visit"]["is_remote"] = dispatch.mode == "remote"
            if dispatch.mode == "remote":
                content["site"] = None
        if schema < 4:
            content["signature"].pop("scan_sha256")
        else:
            content.update(dispatch._details_content())
        if schema >= 5:
            content["payment"] = dispatch._payment_content()
        return content

    def _work_hash(self):
        """Hash what a customer reads before signing.

        :return: SHA-256 (hex) of the work, without comments and signatures
        """
        self.ensure_one()
        values = {
            "name": self.name,
            "version": 0,
            "outcome": "accepted",
            "signed_at": False,
            "technician_name": "",
            "recorded_by": self.env.uid,
        }
        content = self._prepare_form_content(values)
        for name in ("signature", "customer_comments", "replaces_reason"):
            content.pop(name)
        # Whether he accepts the charges is said while signing.
        charges = content.get("charges") or {}
        content["charges"] = {k: v for k, v in charges.items() if k != "accepted"}
        # What he pays as well.
        content.pop("payment", None)
        return canonical.content_hash(content)

    def _label(self, record, field_name):
        """Return the label of a record's selection value in the form's language."""
        labels = record._fields[field_name]._description_selection(self.env)
        return dict(labels).get(record[field_name])

    def _address_content(self, partner):
        lines = partner._display_address(without_company=True).splitlines()
        return {
            "name": partner.commercial_company_name or partner.name,
            "contact": partner.name or None,
            "address": "\n".join(line.strip() for line in lines if line.strip()),
            "phone": partner.phone or None,
            "email": partner.email or None,
        }

    def _plain_text(self, body):
        """Return the words of a mail, one line for each paragraph, row or item.

        :param body: HTML, possibly empty
        :return: text without empty lines at its ends and without marks for bold type
        """
        if not (body or "").strip():
            return ""
        root = lxml_html.fromstring(f"<div>{body}</div>")
        for element in root.iter("br", "p", "div", "li", "tr", "h1", "h2", "h3", "pre"):
            element.tail = "\n" + (element.tail or "")
            if element.tag == "li":
                element.text = "- " + (element.text or "")
        lines = [
            re.sub(r"[ \t\xa0]+", " ", line).strip()
            for line in root.text_content().splitlines()
        ]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

    def _moment(self, value):
        return value.isoformat() if value else None

    def _visit_content(self):
        return {
            "mode": self._label(self, "mode"),
            "technicians": self.technician_ids.mapped("name"),
            "scheduled_start": self._moment(self.scheduled_start),
            "departed_at": self._moment(self.departed_at),
            "arrived_at": self._moment(self.arrived_at),
            "finished_at": self._moment(self.finished_at),
        }

    def _job_content(self, job, schema):
        ticket = job.ticket_id
        return {
            "ticket": ticket.reference,
            "subject": ticket.name,
            "reported_at": self._moment(ticket.reported_at),
            "severity": self._label(ticket, "severity"),
            "reported_fault": self._plain_text(ticket.description),
            "equipment": job.equipment_id.reference or None,
            "product": job.product_name or None,
            "serial": job.serial_number or None,
            "findings": [
                {
                    "fault": finding.fault_id.display_name or None,
                    "cause": finding.cause_id.display_name or None,
                    "liability": self._label(finding, "liability"),
                    "note": finding.note or None,
                    "coverage": finding._coverage_content(self.env.lang),
                }
                for finding in job.finding_ids
            ],
            "work_done": job.work_done,
            "result": self._label(job, "result"),
            "checklist": [
                self._answer_content(answer, schema) for answer in job.answer_ids
            ],
        }

    def _signature_content(self, values):
        Form = self.env["aftersales.service.form"]
        outcomes = dict(Form._fields["outcome"]._description_selection(self.env))
        return {
            "outcome": outcomes[values["outcome"]],
            "outcome_reason": values.get("outcome_reason") or None,
            "signer_name": values.get("signer_name") or None,
            "signer_role": values.get("signer_role") or None,
            "signed_at": self._moment(values["signed_at"]),
            "customer_image_sha256": Form._signature_hash(values.get("signature")),
            "technician_name": values["technician_name"],
            "technician_image_sha256": Form._signature_hash(
                values.get("technician_signature")
            ),
            # sudo: a name is printed
            "recorded_by": self.env["res.users"]
            .sudo()
            .browse(values["recorded_by"])
            .name,
            "acceptance": values.get("acceptance") or "drawn",
            "acceptance_note": values.get("acceptance_note") or None,
            "signer_ip": values.get("signer_ip") or None,
            "scan_sha256": Form._signature_hash(values.get("scan")),
        }
