# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Forms on paper, blank and filed, and the mail that brings the PDF."""

import base64
import hashlib
from datetime import timedelta

from lxml import html

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..tools import canonical
from .common_form import BLANK, REPORT, FormCommon
from .common_web import photo


@tagged("post_install", "-at_install")
class TestServiceFormPaper(FormCommon):
    # === BLANK === #

    def test_blank_knows_the_visit_and_nothing_of_the_work(self):
        action = self.as_role("technician", self.planned).action_print_blank()
        self.assertEqual(action["context"]["active_ids"], self.planned.ids)
        text = self.text(BLANK, self.planned)
        for words in ("Mill & Sons", "South Road 5", "P200-77", "Oil on the floor"):
            self.assertIn(words, text)
        self.assertIn(self.planned.name, text)
        self.assertIn("Work Done", text)
        with self.assertRaises(AccessError):
            self.as_role("finance", self.planned).action_print_blank()

    def test_entirely_blank(self):
        report = self.env["ir.actions.report"]
        Dispatch = self.as_role("technician", "aftersales.dispatch")
        self.assertEqual(Dispatch.action_print_empty()["type"], report._name)
        page = report.with_user(self.users["technician"])._render_qweb_html(BLANK, [])
        text = html.fromstring(page[0].decode()).text_content()
        self.assertIn(self.company.name, text)
        self.assertNotIn("Mill", text)
        with self.assertRaises(AccessError):
            self.as_role("finance", "aftersales.dispatch").action_print_empty()

    # === PAPER === #

    def file(self, visit, role="technician", work=True, **values):
        action = self.as_role(role, visit).action_file_paper()
        Sign = self.as_role(role, "aftersales.service.sign")
        wizard = Sign.with_context(**action["context"]).create(
            {
                "scan": self.image("PNG"),
                "scan_name": "scan.png",
                "signer_name": "Mia Mill",
                "paper_signed_at": self.NOW + timedelta(hours=5),
                **values,
            }
        )
        if work:
            wizard.paper_job_ids.write({"work_done": "By hand", "result": "solved"})
        result = wizard.action_sign()
        return self.env["aftersales.service.form"].browse(result["res_id"])

    def moments(self, **values):
        return {
            "departed_at": self.NOW + timedelta(hours=1),
            "arrived_at": self.NOW + timedelta(hours=2),
            "finished_at": self.NOW + timedelta(hours=4),
            **values,
        }

    def test_paper_of_a_planned_visit(self):
        with self.at(8):
            form = self.file(
                self.planned,
                **self.moments(labour_hours=2, travel_hours=1, distance_km=30),
            )
        visit = self.planned
        self.assertEqual((form.acceptance, form.outcome), ("paper", "accepted"))
        self.assertEqual(form.signed_at, self.NOW + timedelta(hours=5))
        self.assertEqual(visit.state, "done")
        self.assertEqual(visit.arrived_at, self.NOW + timedelta(hours=2))
        self.assertEqual(self.ticket.state, "solved")
        self.assertEqual(self.ticket.solved_at, form.signed_at)
        content = form._get_content()
        self.assertEqual(content["jobs"][0]["work_done"], "By hand")
        self.assertEqual(content["labour"][0]["hours"], 2)
        self.assertEqual(content["travel"][0]["distance_km"], 30)
        self.assertEqual(
            content["signature"]["scan_sha256"],
            hashlib.sha256(photo("PNG")).hexdigest(),
        )
        self.assertTrue(form._says_the_same())
        text = self.text(REPORT, form)
        self.assertIn("Signed by hand by Mia Mill on 03/02/2026 03:00:00", text)
        self.assertIn(content["signature"]["scan_sha256"], text)
        self.assertNotIn("Not answered", text)
        self.assertTrue(form._scan_picture())
        scan = self.env["ir.attachment"].search(
            [
                ("res_model", "=", form._name),
                ("res_id", "=", form.id),
                ("res_field", "=", "scan"),
            ]
        )
        with self.assertRaisesRegex(UserError, "signed"):
            scan.raw = b"x"

    def test_paper_of_finished_work(self):
        visit = self.go()
        with self.at(8):
            form = self.file(
                visit, work=False, outcome="refused", outcome_reason="Loud"
            )
        self.assertEqual(form._get_content()["jobs"][0]["work_done"], "Hose replaced")
        self.assertEqual(self.ticket.state, "in_progress")
        self.assertIn("Filled in by hand on", self.text(REPORT, form))

    def test_what_a_paper_needs(self):
        late = self.NOW + timedelta(hours=7)
        cases = (
            ({"scan": False}, "Attach the scan"),
            ({"scan": base64.b64encode(b"plain words")}, "PDF, a JPEG or a PNG"),
            ({"signer_name": " "}, "who signed the paper"),
            ({"outcome": "remarks"}, "remarks"),
            ({"arrived_at": False}, "Fill in: Arrival"),
            ({"paper_signed_at": False}, "Fill in: Signed On"),
            ({"departed_at": late}, "before what happened"),
            ({"paper_signed_at": self.NOW + timedelta(hours=9)}, "in the future"),
        )
        with self.at(8):
            for values, said in cases:
                with self.subTest(said=said):
                    with self.assertRaises(ValidationError) as caught:
                        self.file(self.planned, **self.moments(**values))
                    self.assertIn(said, str(caught.exception))
            with self.assertRaises(UserError) as caught:
                self.file(self.planned, work=False, **self.moments())
            self.assertIn("work done", str(caught.exception))
        self.assertEqual(self.planned.state, "planned")
        self.assertFalse(self.planned.form_ids)

    def test_old_papers_need_a_manager(self):
        """Promises are measured by what they say."""
        with self.at(48):
            with self.assertRaises(ValidationError) as caught:
                self.file(self.planned, **self.moments())
            self.assertIn("24 hours", str(caught.exception))
            form = self.file(self.planned, role="manager", **self.moments())
        self.assertEqual(form.recorded_by, self.users["manager"])

    def test_who_files_papers(self):
        for role in ("intake", "support", "finance", "quality"):
            with self.assertRaises(AccessError):
                self.as_role(role, self.planned).action_file_paper()
        visit = self.go()
        self.sign(visit)
        with self.assertRaisesRegex(UserError, "not possible now"):
            visit.action_file_paper()
        with self.assertRaises(UserError):
            self.sign(visit, acceptance="paper", scan=self.image("PNG"))

    def test_job_of_another_visit_is_not_written(self):
        other = self.plan_visit(self.create_ticket(), hours=48)
        with self.at(8):
            action = self.as_role("technician", self.planned).action_file_paper()
            wizard = (
                self.as_role("technician", "aftersales.service.sign")
                .with_context(**action["context"])
                .create(
                    self.moments(
                        scan=self.image("PNG"),
                        signer_name="Mia",
                        paper_signed_at=self.NOW + timedelta(hours=5),
                    )
                )
            )
            wizard.paper_job_ids.write(
                {"job_id": other.job_ids.id, "work_done": "x", "result": "solved"}
            )
            with self.assertRaisesRegex(UserError, "another visit"):
                wizard.action_sign()
        self.assertFalse(other.job_ids.work_done)

    # === MAIL === #

    def mail(self, form):
        """Let the PDF be there, and mail it.

        :return: the mails
        """
        pdf = self.env["ir.attachment"].create(
            {
                "name": form._pdf_name(),
                "raw": b"%PDF-1.4 test",
                "res_model": form._name,
                "res_id": form.id,
            }
        )
        form.sudo().write(
            {"pdf_attachment_id": pdf.id, "pdf_hash": canonical.file_hash(pdf.raw)}
        )
        with self.mock_mail_gateway():
            form._mail_pdf()
            form._mail_pdf()
            return self._new_mails

    def test_signer_gets_the_pdf_once(self):
        form = self.sign(self.go(), signer_name="Mia Mill")
        self.assertEqual(form.mail_state, "waiting")
        mail = self.mail(form)
        self.assertEqual(len(mail), 1)
        self.assertIn("mia@mill.example.com", mail.email_to)
        self.assertEqual(mail.attachment_ids, form.pdf_attachment_id)
        self.assertIn("thank you for signing", mail.body_html)
        self.assertIn(form._verify_path(), mail.body_html)
        self.assertEqual(form.mail_state, "sent")
        self.assertTrue(form.mailed_at)
        self.assertIn("was sent to", form.dispatch_id.message_ids[0].body)
        with self.assertRaisesRegex(UserError, "can't be changed"):
            form.sudo().mail_state = "waiting"

    def test_words_of_each_outcome(self):
        visit = self.go()
        for values, said in (
            (
                {"outcome": "remarks", "customer_comments": "Loud"},
                "Your remarks were kept",
            ),
            (
                {
                    "outcome": "refused",
                    "outcome_reason": "Wants a pump",
                    "replaces_reason": "Asked again",
                },
                "Wants a pump",
            ),
            (
                {
                    "outcome": "absent",
                    "outcome_reason": "Night shift",
                    "replaces_reason": "Nobody <there>",
                },
                "nobody was present",
            ),
        ):
            if visit.state == "done":
                visit.action_correct()
            form = self.sign(visit, **values)
            body = self.mail(form).body_html
            self.assertIn(said, body)
            if form.version > 1:
                text = " ".join(html.fromstring(body).text_content().split())
                self.assertIn(
                    f"It replaces version {form.version - 1}, because: "
                    f"{values['replaces_reason']}",
                    text,
                )

    def test_not_mailed(self):
        self.team.mails_form = False
        form = self.sign(self.go())
        self.assertEqual(form.mail_state, "off")
        self.assertFalse(self.mail(form))
        self.team.mails_form = True
        (self.contact | self.customer).email = False
        visit = self.work_visit(self.plan_visit(self.create_ticket(email_from=False)))
        form = self.sign(visit, outcome="absent", outcome_reason="Night")
        self.assertEqual(form.mail_state, "no_address")
        self.assertFalse(self.mail(form))

    def test_job_sends_what_was_made_later(self):
        form = self.sign(self.go())
        self.assertFalse(form.pdf_attachment_id)
        self.assertIn("waiting", form.mapped("mail_state"))
        pdf = self.env["ir.attachment"].create(
            {
                "name": form._pdf_name(),
                "raw": b"%PDF-1.4 test",
                "res_model": form._name,
                "res_id": form.id,
            }
        )
        form.sudo().write({"pdf_attachment_id": pdf.id, "pdf_hash": "x"})
        with self.mock_mail_gateway(), self.enter_registry_test_mode():
            result = self.env.ref(
                "aftersales_service.ir_cron_service_form_pdf"
            ).method_direct_trigger()
            sent = self._new_mails.filtered(lambda m: form.name in (m.subject or ""))
        self.assertIs(result, True)
        self.assertEqual(len(sent), 1)
        self.assertEqual(form.mail_state, "sent")

    def test_mail_is_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("aftersales_service.mail_template_service_form")
        template.with_context(lang="fr_FR").subject = "Bon {{ object.name }}"
        self.contact.lang = "fr_FR"
        form = self.sign(self.go())
        self.assertIn("Bon ", self.mail(form).subject)

    def test_signer_has_an_address_of_his_own(self):
        self.env["res.partner"].create(
            {
                "name": "Sam Signer",
                "parent_id": self.customer.id,
                "email": "sam@mill.example.com",
            }
        )
        self.env["res.partner"].create(
            {"name": "Sam Signer", "email": "sam@elsewhere.example.com"}
        )
        form = self.sign(self.go(), signer_name="sam signer")
        self.assertIn("sam@mill.example.com", form.mail_to)
