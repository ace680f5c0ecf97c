# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The visit on a telephone, as a technician sees it on a weak network."""

from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .test_visit_phone import PhoneCommon


@tagged("post_install", "-at_install", "-standard", "aftersales_browser")
class TestVisitPhoneBrowser(PhoneCommon, HttpCase):
    browser_size = "390x844"

    def setUp(self):
        super().setUp()
        start = fields.Datetime.now() + timedelta(hours=1)
        self.dispatch.write({"scheduled_start": start, "scheduled_end": start})

    def run_tour(self, name):
        self.start_tour("/odoo/service-visit", name, login="as_technician", timeout=120)
        self.assertEqual(self.dispatch.state, "done")

    def test_the_whole_visit_with_a_lost_connection(self):
        self.run_tour("aftersales_visit_phone")
        form = self.dispatch.form_id
        self.assertEqual((form.signer_name, form.outcome), ("Mia Mill", "accepted"))
        self.assertTrue(form.signature and form.technician_signature)
        form.with_context(force_report_rendering=True)._make_pdf()
        self.assertTrue(form.pdf_attachment_id.raw.startswith(b"%PDF"))
        self.assertEqual(self.job.work_done, "Hose replaced, pressure tested")
        self.assertTrue(self.job.equipment_checked_at)
        lines = self.dispatch.line_ids
        self.assertEqual(sorted(lines.mapped("kind")), ["labour", "part"], "once each")
        labour = lines.filtered(lambda line: line.kind == "labour")
        self.assertTrue(labour.started_at and labour.ended_at)
        self.assertTrue(self.dispatch.finished_at)
        self.assertEqual(self.ticket.state, "solved")

    def test_refused(self):
        # Refused on purpose, once: a refusal without a reason.
        with mute_logger("odoo.http"):
            self.run_tour("aftersales_visit_phone_refused")
        form = self.dispatch.form_id
        self.assertEqual(
            (form.outcome, form.outcome_reason), ("refused", "He wants to test it")
        )
        self.assertFalse(form.signature)
        self.assertNotEqual(self.ticket.state, "solved")
