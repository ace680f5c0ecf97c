# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import ROLES
from .test_equipment_pages import EquipmentPagesCommon


@tagged("post_install", "-at_install")
class TestDocumentPublish(EquipmentPagesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Partner = cls.env["res.partner"]
        cls.silent = Partner.create({"name": "No Mail Ltd", "is_company": True})
        cls.dealer = Partner.create(
            {"name": "Dealer", "is_company": True, "email": "dealer@example.com"}
        )
        cls.user = Partner.create(
            {"name": "End User", "is_company": True, "email": "user@example.com"}
        )
        cls.mine = cls.deliver(["D-1", "D-2"])
        cls.silents = cls.deliver(["D-3"], partner=cls.silent)
        cls.dealers = cls.deliver(["D-4"], partner=cls.dealer)
        cls.dealers.end_user_id = cls.user
        cls.gone = cls.deliver(["D-5"], partner=cls.partner_employee)
        cls.gone.state = "returned"
        cls.document = cls.add_document()

    def open_wizard(self, role="support", **values):
        action = self.as_role(role, self.document).action_aftersales_publish()
        wizard = self.as_role(role, action["res_model"]).browse(action["res_id"])
        wizard.write({"version": "2.0", **values})
        return wizard

    def publish(self, role="support", **values):
        """Publish through the dialog.

        :return: the notices of the version that exist then
        """
        action = self.open_wizard(role, **values).action_publish()
        return self.as_role(role, action["res_model"]).search(action["domain"])

    def test_who_would_be_told(self):
        wizard = self.open_wizard()
        lines = {line.partner_id: line for line in wizard.line_ids}
        self.assertEqual(
            set(lines), {self.customer, self.silent, self.dealer, self.user}
        )
        self.assertEqual(lines[self.customer].equipment_count, 2)
        self.assertEqual(lines[self.customer].contact_id, self.contact)
        self.assertEqual(lines[self.customer].email, "mia@mill.example.com")
        self.assertTrue(lines[self.user].is_end_user)
        self.assertFalse(lines[self.dealer].is_end_user)
        self.assertEqual(wizard.owner_count, 3)
        self.assertEqual(wizard.no_email_count, 1)
        self.assertEqual(wizard.told_count, 0)
        self.assertEqual(wizard.product_name, "Press 200")

    def test_publish(self):
        notices = self.publish(note="The checks before each start have changed.")
        by_partner = notices.grouped("partner_id")
        self.assertEqual(len(notices), 4)
        mine = by_partner[self.customer]
        self.assertEqual(mine.equipment_ids, self.mine)
        self.assertEqual(mine.contact_id, self.contact)
        self.assertEqual(mine.version, "2.0")
        self.assertEqual(mine.user_id, self.users["support"])
        self.assertEqual(mine.state, "queued")
        self.assertEqual(by_partner[self.silent].state, "no_email")
        self.assertFalse(by_partner[self.silent].sudo().mail_id)
        mail = mine.sudo().mail_id
        self.assertEqual(mail.recipient_ids, self.contact)
        self.assertIn("2.0", mail.subject)
        self.assertIn("checks before each start", mail.body_html)
        self.assertIn("D-1", mail.body_html)
        self.assertNotIn("D-4", mail.body_html)
        self.assertEqual(mail.attachment_ids, mine.attachment_id)
        self.assertIn("test.service", mail.reply_to, "answers become tickets")
        with self.mock_mail_gateway():
            notices.sudo().mail_id.send()
        self.assertSentEmail(
            self.users["support"].partner_id, [self.contact], reply_to=mail.reply_to
        )
        self.assertEqual(mine.state, "sent")
        self.assertTrue(mine.sent_at)
        document = self.document
        self.assertTrue(document.aftersales_is_technical)
        self.assertEqual(document.aftersales_version, "2.0")
        self.assertEqual(document.aftersales_published_version, "2.0")
        self.assertEqual(document.aftersales_published_by, self.users["support"])
        self.assertTrue(document.aftersales_published_at)
        self.assertEqual(
            self.as_role("technician", self.mine[0]).notice_ids, mine, "on its file"
        )
        mail.unlink()
        self.assertEqual(mine.state, "sent", "it stays told when mails are cleaned up")

    def test_a_mail_that_fails(self):
        notices = self.publish()
        mine = notices.filtered(lambda notice: notice.partner_id == self.customer)
        mail = mine.sudo().mail_id
        mail.write({"state": "exception", "failure_reason": "Mailbox full"})
        self.assertEqual(mine.state, "failed")
        self.assertEqual(mine.failure_reason, "Mailbox full")
        mail.mark_outgoing()
        self.assertEqual(mine.state, "queued")
        self.assertFalse(mine.failure_reason)

    def test_twice_tells_nobody_twice(self):
        first = self.publish()
        mails = first.sudo().mail_id
        wizard = self.open_wizard("quality")
        self.assertEqual(wizard.told_count, 3)
        self.assertEqual(wizard.owner_count, 0)
        again = self.publish("quality", version=" 2.0 ")
        self.assertEqual(again, first)
        self.assertEqual(again.sudo().mail_id, mails)
        # Another version is news to all
        self.assertEqual(len(self.publish(version="2.1")), 4)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            first[0].sudo().copy()

    def test_who_gets_an_address_later_is_told_then(self):
        notices = self.publish()
        silent = notices.filtered(lambda notice: notice.partner_id == self.silent)
        self.silent.email = "hello@nomail.example.com"
        self.assertEqual(self.open_wizard().owner_count, 1)
        self.assertEqual(self.publish(), notices)
        self.assertEqual(silent.state, "queued")
        self.assertEqual(silent.email, "hello@nomail.example.com")

    def test_new_owners_of_a_published_version(self):
        self.publish()
        stranger = self.env["res.partner"].create(
            {"name": "Newcomer", "email": "new@example.com"}
        )
        self.deliver(["D-9"], partner=stranger)
        self.assertEqual(self.open_wizard().owner_count, 1)
        self.assertEqual(len(self.publish()), 5)

    def test_left_out(self):
        wizard = self.open_wizard()
        wizard.line_ids.filtered(
            lambda line: line.partner_id == self.dealer
        ).is_selected = False
        wizard.action_publish()
        notices = self.document.aftersales_notice_ids
        self.assertNotIn(self.dealer, notices.partner_id)
        self.assertEqual(len(notices), 3)

    def test_lines_are_a_choice_and_not_an_address_book(self):
        """A forged line writes to nobody who has no such product."""
        wizard = self.open_wizard()
        stranger = self.env["res.partner"].create(
            {"name": "Stranger", "email": "stranger@example.com"}
        )
        wizard.line_ids[0].write({"partner_id": stranger.id, "contact_id": stranger.id})
        wizard.action_publish()
        notices = self.document.aftersales_notice_ids
        self.assertNotIn(stranger, notices.partner_id | notices.contact_id)

    def test_in_the_owners_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        view = self.env.ref("aftersales_service.mail_document_notice")
        view.update_field_translations(
            "arch_db", {"fr_FR": {"You find the document attached.": "Voir ci-joint."}}
        )
        self.contact.lang = "fr_FR"
        notices = self.publish()
        bodies = {
            notice.partner_id: notice.sudo().mail_id.body_html for notice in notices
        }
        self.assertIn("Voir ci-joint.", bodies[self.customer])
        self.assertIn("You find the document attached.", bodies[self.dealer])

    def test_as_a_link(self):
        notices = self.publish(as_link=True)
        mine = notices.filtered(lambda notice: notice.partner_id == self.customer)
        mail = mine.sudo().mail_id
        self.assertFalse(mail.attachment_ids)
        self.assertIn(mine.sudo().attachment_id.access_token, mail.body_html)

    def test_a_document_that_is_a_link(self):
        self.document = self.add_document(
            "Wiki", raw=False, type="url", url="https://docs.example.com/p200"
        )
        notices = self.publish()
        mail = notices.sudo().mail_id[0]
        self.assertIn("https://docs.example.com/p200", mail.body_html)
        self.assertFalse(mail.attachment_ids)

    def test_what_was_sent_stays(self):
        notices = self.publish()
        documents = self.document.search_count([])
        self.document.raw = b"%PDF-1.4 second edition"
        file = notices.attachment_id
        self.assertEqual(len(file), 1, "one copy for all")
        self.assertEqual(file.sudo().raw, b"%PDF-1.4 first edition")
        self.assertEqual(self.document.search_count([]), documents)
        self.assertTrue(self.open_wizard().is_file_changed, "it needs a new version")
        self.assertFalse(self.open_wizard(version="3").is_file_changed)
        with self.assertRaises(UserError):
            self.document.unlink()
        with self.assertRaises(UserError):
            notices.sudo().unlink()
        self.document.action_archive()

    def test_a_variant_has_its_own(self):
        other = self.env["product.product"].create({"name": "Saw"})
        self.deliver(["S-1"], partner=self.dealer, product=self.add_serial(other))
        self.document = self.add_document("Saw.pdf", record=other)
        self.assertEqual(self.open_wizard().line_ids.partner_id, self.dealer)

    def add_serial(self, product):
        product.write(
            {"is_storable": True, "tracking": "serial", "aftersales_is_serviced": True}
        )
        return product

    def test_nobody_has_it(self):
        unsold = self.env["product.product"].create({"name": "Prototype"})
        self.document = self.add_document("P.pdf", record=unsold)
        self.assertFalse(self.publish())
        self.assertEqual(self.document.aftersales_published_version, "2.0")

    def test_bad_input(self):
        for version in (False, "", "  "):
            with self.assertRaises(UserError):
                self.publish(version=version)
        note = self.env["product.document"].create(
            {"name": "x", "res_model": "res.partner", "res_id": self.customer.id}
        )
        with self.assertRaises(UserError):
            self.as_role("support", note).action_aftersales_publish()

    def test_by_role(self):
        for role in ROLES:
            with self.subTest(role=role):
                document = self.as_role(role, self.document)
                self.assertEqual(document.name, "Operating Manual.pdf")
                with self.assertRaises(AccessError):
                    document.write({"aftersales_version": "9"})
                if role in ("support", "quality", "manager"):
                    self.assertTrue(self.publish(role, version=f"by {role}"))
                    continue
                with self.assertRaises(AccessError):
                    document.action_aftersales_publish()
                with self.assertRaises(AccessError):
                    self.as_role(role, "aftersales.document.publish").create(
                        {"document_id": self.document.id, "version": "9"}
                    )
        notices = self.document.aftersales_notice_ids
        for role in ROLES:
            mine = notices.with_user(self.users[role])
            if role == "finance":
                with self.assertRaises(AccessError):
                    mine.read(["partner_id"])
                continue
            for kind in ("list", "kanban", "form", "search"):
                mine.get_views([(False, kind)])
            Form(mine[0])
            for call in (
                lambda mine=mine: mine.write({"email": "x@example.com"}),
                lambda mine=mine: mine.unlink(),
                lambda mine=mine: mine.create({"version": "1"}),
            ):
                with self.assertRaises(AccessError):
                    call()
            Form(self.as_role(role, self.document))

    def test_published_fields_are_not_written_by_hand(self):
        keeper = new_test_user(
            self.env, login="as_products", groups="product.group_product_manager"
        )
        document = self.document.with_user(keeper)
        document.aftersales_version = "1.1"
        with self.assertRaises(AccessError):
            document.aftersales_published_version = "1.1"
        with self.assertRaises(AccessError):
            document.aftersales_published_by = keeper

    def test_another_companys_machines(self):
        """A company tells its own owners; who was told by another was told."""
        other = self.env["res.company"].create({"name": "Other Maker"})
        self.env["aftersales.equipment"].create(
            {
                "company_id": other.id,
                "product_id": self.product.id,
                "partner_id": self.partner_employee.id,
            }
        )
        notices = self.publish()
        self.assertEqual(notices.company_id, self.company)
        self.assertNotIn(self.partner_employee, notices.partner_id)
        manager = self.users["manager"]
        manager.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        self.assertFalse(
            self.as_role("manager", "aftersales.document.notice").search(
                [("document_id", "=", self.document.id)]
            )
        )

    def test_many_owners_take_few_queries(self):
        """No query per owner beyond those of the mails themselves."""
        Partner = self.env["res.partner"]

        def run(count):
            product = self.env["product.product"].create({"name": f"Many {count}"})
            partners = Partner.create(
                [
                    {"name": f"Owner {number}", "email": f"o{number}@example.com"}
                    for number in range(count)
                ]
            )
            self.env["aftersales.equipment"].create(
                [
                    {
                        "product_id": product.id,
                        "partner_id": partner.id,
                        "company_id": self.company.id,
                    }
                    for partner in partners
                ]
            )
            self.document = self.add_document(f"{count}.pdf", record=product)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(self.publish()), count)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        run(10)
        few, many = run(10), run(110)
        self.assertLess((many - few) / 100, 0.5)
