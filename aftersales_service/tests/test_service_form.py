# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64
import hashlib
import json
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import AftersalesCommon, drawn_signature


@tagged("post_install", "-at_install")
class TestServiceForm(AftersalesCommon):
    def setUp(self):
        super().setUp()
        with self.at(0):
            self.ticket = self.create_ticket(severity="serious")
            self.finding = self.env["aftersales.finding"].create(
                {
                    "ticket_id": self.ticket.id,
                    "fault_id": self.hose.id,
                    "cause_id": self.cause.id,
                }
            )
            self.visit = self.work_visit(self.plan_visit(self.ticket))

    def test_accepted(self):
        with self.at(5) as now:
            form = self.sign(self.visit, customer_comments="Friendly, fast")
        self.assertEqual(form.version, 1)
        self.assertEqual(form.signed_at, now)
        self.assertEqual(form.recorded_by, self.users["technician"])
        self.assertEqual(self.visit.state, "done")
        self.assertEqual(self.visit.form_id, form)
        self.assertEqual(self.ticket.state, "solved")
        self.assertEqual(self.ticket.resolution, "Hose replaced")
        self.assertEqual(self.ticket.solved_at, now)
        content = form._get_content()
        self.assertEqual(
            hashlib.sha256(form.content.encode()).hexdigest(), form.content_hash
        )
        self.assertIn(form.content_hash, form._qr_text())
        job = content["jobs"][0]
        self.assertEqual(job["serial"], "P200-77")
        self.assertEqual(job["reported_fault"], "Oil on the floor")
        self.assertEqual(job["findings"][0]["fault"], "Test Component / Test Hose")
        self.assertEqual(job["findings"][0]["liability"], "Wear")
        self.assertEqual({line["answer"] for line in job["checklist"]}, {"Yes"})
        self.assertEqual(content["part"][0]["quantity"], 2)
        self.assertEqual(content["labour"][0]["hours"], 1.5)
        self.assertEqual(content["travel"][0]["distance_km"], 80)
        self.assertEqual(content["visit"]["technicians"], ["Tara Technician"])
        self.assertEqual(content["tz"], "Europe/Berlin")
        self.assertEqual(content["customer_comments"], "Friendly, fast")
        self.assertEqual(
            content["signature"]["customer_image_sha256"],
            hashlib.sha256(base64.b64decode(form.signature)).hexdigest(),
        )
        self.assertEqual(content["signature"]["recorded_by"], "Technician")

    def test_times_are_the_sites(self):
        """A visit on Monday 08:00 at the site is on Monday for every reader."""
        form = self.sign(self.visit)
        content = form._get_content()
        for role, zone in (("technician", "Asia/Shanghai"), ("manager", "UTC")):
            self.users[role].tz = zone
            text = self.as_role(role, form)._local_time(content, "2026-03-02T07:00:00")
            self.assertIn("8:00", text)

    def test_content_is_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.hose.with_context(lang="fr_FR").name = "Tuyau"
        self.contact.lang = "fr_FR"
        content = self.sign(self.visit)._get_content()
        self.assertEqual(content["lang"], "fr_FR")
        self.assertIn("Tuyau", content["jobs"][0]["findings"][0]["fault"])

    def test_reported_fault_is_printed_as_words(self):
        for body, text in (
            (False, ""),
            ("<p>One</p><p>Two<br>Three</p>", "One\nTwo\nThree"),
            ("<ul><li><b>A:</b> 1</li><li>B: 2</li></ul>", "- A: 1\n- B: 2"),
            ("plain &lt;b&gt; text", "plain <b> text"),
            ("<p>压力机<strong>不停</strong></p>", "压力机不停"),
        ):
            self.assertEqual(self.visit._plain_text(body), text)

    def test_later_changes_do_not_reach_the_form(self):
        form = self.sign(self.visit)
        before = form.content
        self.finding.note = "The laboratory says otherwise"
        self.hose.name = "Renamed"
        self.customer.name = "Renamed too"
        self.assertEqual(form.content, before)
        self.assertEqual(hashlib.sha256(before.encode()).hexdigest(), form.content_hash)

    def test_outcomes_need_their_reasons(self):
        cases = [
            ({"signature": False}, "signs with a name"),
            ({"signer_name": " "}, "signs with a name"),
            ({"outcome": "remarks"}, "remarks"),
            ({"outcome": "refused"}, "not signed"),
            ({"outcome": "absent"}, "not signed"),
            ({"technician_signature": False}, "technician signs"),
            ({"signature": base64.b64encode(b"no picture")}, "not a picture"),
        ]
        for values, message in cases:
            with self.assertRaisesRegex(ValidationError, message):
                self.sign(self.visit, **values)
        self.assertFalse(self.visit.form_ids)
        self.assertEqual(self.visit.state, "to_sign")

    def test_refused_and_nobody_present_do_not_solve(self):
        form = self.sign(
            self.visit,
            outcome="refused",
            outcome_reason="Wants another pump",
            signature=False,
        )
        self.assertEqual(self.ticket.state, "in_progress")
        self.assertEqual(form._get_content()["signature"]["outcome"], "Refused")
        other = self.create_ticket()
        visit = self.work_visit(self.plan_visit(other))
        form = self.sign(visit, outcome="absent", outcome_reason="Night shift")
        self.assertFalse(form.signer_name or form.signature)
        self.assertEqual(other.state, "in_progress")

    def test_another_visit_needed_does_not_solve(self):
        ticket = self.create_ticket()
        visit = self.work_visit(self.plan_visit(ticket), result="revisit")
        self.sign(visit)
        self.assertEqual(ticket.state, "in_progress")

    def test_append_only(self):
        form = self.sign(self.visit)
        found = self.as_role("finance", "aftersales.service.form").name_search(
            form.name
        )
        self.assertEqual(found[0][0], form.id)
        for role in ("technician", "dispatcher", "finance", "manager"):
            seen = self.as_role(role, form)
            self.assertTrue(seen.content_hash)
            with self.assertRaises(UserError):
                seen.write({"signer_name": "Somebody"})
            with self.assertRaises(AccessError):
                seen.unlink()
            with self.assertRaises(AccessError):
                self.as_role(role, "aftersales.service.form").create({})
        with self.assertRaisesRegex(UserError, "new version"):
            form.sudo().write({"content": "{}"})
        with self.assertRaisesRegex(UserError, "deleted"):
            form.sudo().unlink()

    def test_files_are_locked(self):
        form = self.sign(self.visit)
        files = self.env["ir.attachment"].search(
            [
                ("res_model", "=", form._name),
                ("res_id", "=", form.id),
                ("res_field", "!=", False),
            ]
        )
        self.assertEqual(len(files), 2, "two signatures")
        for vals in ({"raw": b"x"}, {"name": "x"}, {"res_id": 0}):
            with self.assertRaises(UserError):
                files.write(vals)
        with self.assertRaises(UserError):
            files.unlink()
        with self.assertRaises(UserError):
            form.sudo().signature = drawn_signature("other")

    def test_correction_is_a_new_version(self):
        first = self.sign(self.visit)
        self.visit.action_correct()
        self.visit.line_ids.filtered(lambda ln: ln.kind == "labour").hours = 2
        with self.assertRaisesRegex(ValidationError, "version 1"):
            self.sign(self.visit)
        second = self.sign(self.visit, replaces_reason="Two hours, not one and a half")
        self.assertEqual((second.version, second.replaces_id), (2, first))
        self.assertEqual(first._get_content()["labour"][0]["hours"], 1.5)
        self.assertEqual(second._get_content()["labour"][0]["hours"], 2)
        self.assertEqual(self.visit.form_id, second)
        self.assertFalse(first.is_latest)
        forms = self.env["aftersales.service.form"]
        mine = [("dispatch_id", "=", self.visit.id)]
        self.assertEqual(forms.search([*mine, ("is_latest", "=", True)]), second)
        self.assertEqual(forms.search([*mine, ("is_latest", "=", False)]), first)

    def test_reopened_by_mistake(self):
        first = self.sign(self.visit)
        self.visit.action_correct()
        self.visit.action_keep_version()
        self.assertEqual(self.visit.state, "done")
        self.assertEqual(self.visit.form_ids, first)
        self.visit.action_correct()
        self.visit.job_ids.work_done = "Something else"
        with self.assertRaisesRegex(UserError, "new version"):
            self.visit.action_keep_version()

    def test_two_cannot_make_the_same_version(self):
        form = self.sign(self.visit)
        values = form.sudo().copy_data()[0] | {
            name: form[name].id if hasattr(form[name], "id") else form[name]
            for name in ("name", "version", "signed_at", "content", "outcome")
        }
        values.update(
            dispatch_id=form.dispatch_id.id,
            company_id=form.company_id.id,
            partner_id=form.partner_id.id,
            technician_name="x",
            recorded_by=self.env.uid,
        )
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            form.sudo().create(values)

    def test_who_may_sign(self):
        for role in ("intake", "quality", "finance", "support"):
            with self.assertRaises(AccessError):
                self.as_role(role, self.visit).action_sign()
        with self.assertRaises(UserError):
            self.sign(self.plan_visit(self.create_ticket()))

    def test_pdf_is_stored_hashed_and_served_again(self):
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        with self.allow_pdf_render():
            form = self.sign(self.visit).with_context(force_report_rendering=True)
            if not form.pdf_attachment_id:
                form._make_pdf()
            pdf, kind = report._render_qweb_pdf(
                "aftersales_service.aftersales_service_form_report", form.ids
            )
        self.assertEqual(kind, "pdf")
        attachment = form.sudo().pdf_attachment_id
        self.assertTrue(attachment.raw.startswith(b"%PDF"))
        self.assertEqual(form.pdf_hash, hashlib.sha256(attachment.raw).hexdigest())
        self.assertEqual(pdf, attachment.raw, "what was signed is what is printed")
        with self.assertRaises(UserError):
            attachment.unlink()

    def test_print_says_everything(self):
        self.visit.line_ids = [
            Command.create({"kind": "part", "name": "Clamp", "quantity": 4})
        ]
        form = self.sign(self.visit, customer_comments="All fine")
        html, kind = self.env["ir.actions.report"]._render_qweb_html(
            "aftersales_service.aftersales_service_form_report", form.ids
        )
        text = html.decode()
        self.assertEqual(kind, "html")
        for expected in (
            form.name,
            self.company.name,
            "Mill &amp; Sons",
            "South Road 5",
            "Press 200",
            "P200-77",
            "Oil on the floor",
            "Test Component / Test Hose",
            "Hose replaced",
            "Hose 3/8",
            "Clamp",
            "All fine",
            "Mia Mill",
            "Plant manager",
            "Tara Technician",
            form.content_hash,
            self.visit.job_ids.answer_ids[0].item_id.name,
            "data:image/png;base64",
        ):
            self.assertIn(expected, text)

    def test_missing_engine_loses_no_signature(self):
        def broken(*args, **kwargs):
            raise OSError("wkhtmltopdf: No such file or directory")

        with (
            patch.object(
                type(self.env["ir.actions.report"]), "_render_qweb_pdf", broken
            ),
            self.assertLogs(
                "odoo.addons.aftersales_service.models.aftersales_service_form",
                "WARNING",
            ),
        ):
            form = self.sign(self.visit)
        self.assertTrue(form.content_hash)
        self.assertFalse(form.pdf_attachment_id)
        self.assertEqual(self.ticket.state, "solved")
        self.assertIn(form, form.search([("pdf_attachment_id", "=", False)]))
        with self.enter_registry_test_mode():
            result = self.env.ref(
                "aftersales_service.ir_cron_service_form_pdf"
            ).method_direct_trigger()
        self.assertIs(result, True, "without an engine the job goes on")
        with self.allow_pdf_render():
            self.env["ir.actions.report"].with_user(self.users["finance"]).with_context(
                force_report_rendering=True
            )._render_qweb_pdf(
                "aftersales_service.aftersales_service_form_report", form.ids
            )
        self.assertTrue(form.pdf_hash)

    def test_forms_that_fail_do_not_starve_the_others(self):
        forms = self.sign(self.visit)
        for _i in range(2):
            visit = self.work_visit(self.plan_visit(self.create_ticket()))
            forms |= self.sign(visit)
        Form, tried = type(forms), []
        module = "odoo.addons.aftersales_service.models.aftersales_service_form"
        with (
            patch(f"{module}.PDF_BATCH_SIZE", 1),
            patch.object(Form, "_try_make_pdf", lambda form: tried.extend(form.ids)),
            self.enter_registry_test_mode(),
        ):
            self.env.ref(
                "aftersales_service.ir_cron_service_form_pdf"
            ).method_direct_trigger()
        self.assertLessEqual(set(forms.ids), set(tried))

    def test_preview_shows_what_will_be_signed(self):
        wizard = self.as_role("technician", "aftersales.service.sign").new(
            {"dispatch_id": self.visit.id}
        )
        self.assertIn("Hose 3/8", wizard.preview)
        self.assertIn("P200-77", wizard.preview)
        self.assertEqual(wizard.signer_name, "Mia Mill")
        self.assertEqual(wizard.technician_name, "Tara Technician")

    def test_canonical_content(self):
        form = self.sign(self.visit)
        parsed = json.loads(form.content)
        self.assertEqual(
            json.dumps(
                parsed, sort_keys=True, ensure_ascii=False, separators=(",", ":")
            ),
            form.content,
        )
