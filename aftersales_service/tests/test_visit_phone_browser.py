# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The visit on a telephone, as a technician sees it on a weak network."""

from concurrent.futures import Future
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tests.common import ChromeBrowser
from odoo.tools import mute_logger

from .test_visit_phone import PhoneCommon

RESTORED = "aftersales_visit_phone_restored"
#: Type, and wait until the page says that it is kept; true when it does.
TYPE_OFFLINE = """(async () => {
    const page = document.querySelector(".o_aftersales_visit");
    const field = page.querySelector("textarea[name=work_done]");
    field.value = "Typed in the cellar";
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    for (let tries = 0; tries < 100; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        const notice = document.querySelector("[data-notice=unsent]");
        if (notice && notice.textContent.includes("kept on this phone")) {
            return true;
        }
    }
    return false;
})()"""


@tagged("post_install", "-at_install", "-standard", "aftersales_browser")
class TestVisitPhoneBrowser(PhoneCommon, HttpCase):
    browser_size = "390x844"

    def setUp(self):
        super().setUp()
        start = fields.Datetime.now() + timedelta(hours=1)
        self.dispatch.write({"scheduled_start": start, "scheduled_end": start})

    def run_tour(self, name, state="done"):
        self.start_tour("/odoo/service-visit", name, login="as_technician", timeout=120)
        self.assertEqual(self.dispatch.state, state)

    def test_the_whole_visit_with_a_lost_connection(self):
        self.run_tour("aftersales_visit_phone")
        form = self.dispatch.form_id
        self.assertEqual((form.signer_name, form.outcome), ("Mia Mill", "accepted"))
        self.assertTrue(form.signature and form.technician_signature)
        self.assertIn("000123", form.content_html)
        receipt = form.receipt_ids
        self.assertEqual(
            (receipt.announced_method, receipt.announced_amount),
            ("cheque", 12.5),
            "stated by the technician, booked by nobody",
        )
        self.assertFalse(receipt.sudo().payment_ids)
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

    def test_photos_improper_use_barcodes_and_training(self):
        self.run_tour("aftersales_visit_phone_details", "to_sign")
        photos = self.dispatch.photo_ids
        self.assertEqual(sorted(photos.mapped("moment")), ["after", "before"])
        self.assertTrue(all(photos.mapped("image")))
        finding = self.job.finding_ids
        self.assertEqual(finding.cause_id, self.misuse)
        self.assertEqual(finding.misuse_state, "proposed")
        self.assertEqual(finding.misuse_technician_id, self.technician)
        self.assertIn("40 hours", finding.misuse_evidence)
        part = self.dispatch.line_ids
        self.assertEqual((part.product_id, part.quantity), (self.part, 2))
        self.assertEqual(self.dispatch.training_topics, "Oil level, daily")

    def test_reload_without_a_connection(self):
        """What was typed is there when the lost page can be opened again."""
        wait = ChromeBrowser._wait_code_ok
        case = self

        def both(browser, code, timeout, error_checker=None):
            wait(browser, code, timeout, error_checker)
            # Whatever the browser complains of without a connection.
            browser.error_checker = lambda message: False
            url = f"{case.base_url()}/odoo/service-visit/{case.dispatch.id}"
            case.lose_connection(browser, url)
            browser._result = Future()
            browser.navigate_to(url)
            case.assertTrue(browser._wait_ready(f"odoo.isTourReady('{RESTORED}')"))
            again = code.replace("aftersales_visit_phone_arrive", RESTORED)
            wait(browser, again, timeout, error_checker)

        with patch.object(ChromeBrowser, "_wait_code_ok", both):
            self.run_tour("aftersales_visit_phone_arrive", "to_sign")
        self.assertEqual(self.job.work_done, "Typed in the cellar")

    def lose_connection(self, browser, url):
        """Cut the network, type, open the page anew in vain, and come back."""
        send = browser._websocket_request

        def evaluate(expression):
            values = {"expression": expression, "awaitPromise": True}
            return send("Runtime.evaluate", params=values)["result"].get("value")

        def cut(offline):
            conditions = {
                "offline": offline,
                "latency": 0,
                "downloadThroughput": -1,
                "uploadThroughput": -1,
            }
            send("Network.enable")
            send("Network.emulateNetworkConditions", params=conditions)
            # The page itself can't be had: not from what Odoo keeps of it either.
            send("Network.setBypassServiceWorker", params={"bypass": offline})

        cut(True)
        self.assertTrue(evaluate(TYPE_OFFLINE), "it is kept on the phone")
        opened = send("Page.navigate", params={"url": url})
        self.assertEqual(opened["errorText"], "net::ERR_INTERNET_DISCONNECTED")
        cut(False)
