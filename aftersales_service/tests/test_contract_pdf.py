# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The contract on paper, and by mail."""

from unittest import SkipTest

from lxml import html

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from .common import drawn_signature
from .common_contract import ContractCommon

REPORT = "aftersales_service.aftersales_contract_report"


@tagged("post_install", "-at_install")
class TestContractPdf(ContractCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.equipment = self.make_equipment(serial_number="P300-1")
        self.contract = self.make_contract(
            self.equipment | self.make_equipment(serial_number="P300-2"),
            agreed=False,
            user_id=self.seller.id,
            response_class_id=self.gold.id,
            note="Visits on Sundays too",
            limits_visits=True,
            visit_quota=3,
            excluded_category_ids=[Command.set(self.filters.ids)],
        )

    def text(self, user=None):
        """Return the words of the printed contract."""
        report = self.env["ir.actions.report"].with_user(user or self.seller)
        page, _kind = report._render_qweb_html(REPORT, self.contract.ids)
        return " ".join(html.fromstring(page.decode()).text_content().split())

    # === PAPER === #

    def test_what_is_printed(self):
        text = self.text()
        for words in (
            f"Service Contract, for Signature {self.contract.name}",
            "Mill & Sons",
            "Mill Lane 1",
            self.company.name,
            "03/01/2026",
            "02/28/2027",
            "Sally Seller",
            "Covered: parts 100 %, labour 100 %, and travel 100 %.",
            "In all up to 3 visits.",
            "Always charged: Filters.",
            "Response: Somebody answers at once.",
            "Visits on Site 03/01/2026 – 02/28/2027 3",
            "P300-1",
            "P300-2",
            "Plant Europe/Berlin",
            "Special Agreements Visits on Sundays too",
            "Place, date, signature",
        ):
            self.assertIn(words, text)
        self.assertNotIn("Used", text)

    def test_when_it_is_signed_and_used(self):
        self.contract._activate(
            signed_by="Mia Mill",
            signed_on=self.NOW,
            signature=drawn_signature("Mia"),
        )
        self.contract._correct("visit", 1, self.as_date("2026-03-05"), "By telephone")
        text = self.text()
        self.assertIn(f"Service Contract {self.contract.name}", text)
        self.assertIn("Mia Mill, ", text)
        self.assertIn("Used Left", text)
        self.assertIn("3 1 2", text)
        report = self.env["ir.actions.report"]
        page, _kind = report._render_qweb_html(REPORT, self.contract.ids)
        self.assertIn(b"data:image/png;base64,", page)

    def test_signed_on_a_day_at_the_company(self):
        """It is the same day for whoever prints it."""
        self.company.partner_id.tz = "Asia/Shanghai"
        self.contract._activate(signed_by="Mia", signed_on="2026-03-02 20:00:00")
        for tz in (False, "America/New_York"):
            self.seller.tz = tz
            self.assertIn("Mia, 03/03/2026", " ".join(self.text().split()))

    def test_machine_that_left_or_never_was(self):
        self.contract._activate()
        with self.at(self.day(10)):
            self.contract._leave(self.equipment, self.as_date("2026-03-10"), "Sold")
        self.assertIn("P300-1", self.text())
        self.assertIn("03/09/2026", self.text())
        with self.at(self.day(11)):
            other = self.make_equipment(serial_number="P300-9")
            self.contract._join(other, self.as_date("2026-03-11"), "By mistake")
            self.contract._leave(other, self.as_date("2026-03-11"), "By mistake")
        self.assertNotIn("P300-9", self.text())

    def test_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.customer.lang = "de_DE"
        text = self.text()
        self.assertIn("01.03.2026", text)
        self.assertIn("28.02.2027", text)

    def test_who_prints_it(self):
        for role in ("technician", "finance", "manager"):
            self.assertIn("P300-1", self.text(self.users[role]))

    def test_pdf_file(self):
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        if report.get_wkhtmltopdf_state() == "install":
            raise SkipTest("no wkhtmltopdf")
        content, kind = report._render_qweb_pdf(REPORT, self.contract.ids)
        self.assertEqual(kind, "pdf")
        self.assertTrue(content.startswith(b"%PDF"))
        self.assertNotIn("/", self.contract._get_report_base_filename())

    # === MAIL === #

    def send(self, user=None):
        """Open the composer and send as it is filled in."""
        action = self.contract.with_user(user or self.seller).action_send()
        composer = (
            self.env[action["res_model"]]
            .with_user(user or self.seller)
            .with_context(**action["context"])
            .create({})
        )
        with self.mock_mail_gateway():
            composer._action_send_mail()
        self.env.flush_all()
        return self.contract.message_ids.sorted("id")[-1:], self._new_mails

    def test_sent_for_signature(self):
        message, mails = self.send()
        self.assertEqual(message.partner_ids, self.customer)
        self.assertEqual(message.author_id, self.seller.partner_id)
        self.assertIn(f"service contract {self.contract.name}", message.subject)
        self.assertEqual(len(message.attachment_ids), 1)
        self.assertIn(self.contract.name.replace("/", "-"), message.attachment_ids.name)
        body = message.body
        self.assertIn("Read and Sign", body)
        link = html.fromstring(body).xpath("//a/@href")[0]
        self.assertIn(f"/my/contracts/{self.contract.id}?access_token=", link)
        # the link leads there, without a login
        self.env.flush_all()
        path = link[link.index("/my/") :]
        answer = self.url_open(path)
        self.assertIn("Accept &amp; Sign", answer.text)
        self.assertTrue(mails)

    def test_copy_of_an_agreed_one(self):
        self.contract._activate()
        message, _mails = self.send()
        self.assertNotIn("Read and Sign", message.body)
        self.assertIn("View the Contract", message.body)

    def test_nothing_is_mailed_by_itself(self):
        with self.mock_mail_gateway():
            contract = self.make_contract(self.equipment, agreed=False)
            contract._activate()
            self.env.flush_all()
        self.assertFalse(self._new_mails)

    def test_who_sends_it(self):
        draft = self.contract.copy()
        with self.assertRaisesRegex(UserError, "draft is not sent"):
            draft.with_user(self.seller).action_send()
        for role in ("technician", "finance", "intake"):
            with self.assertRaises(AccessError):
                self.as_role(role, self.contract).action_send()
