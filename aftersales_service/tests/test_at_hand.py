# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Documents and earlier resolutions at hand, and what may leave the house."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import GROUP, ROLES
from .test_equipment_pages import EquipmentPagesCommon


@tagged("post_install", "-at_install")
class TestAtHand(EquipmentPagesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Names and words that no other record has
        cls.product.name = "Test Press 200"
        cls.machine = cls.deliver(["P200-1"])
        cls.manual = cls.add_document(
            aftersales_is_technical=True, aftersales_version="2.1"
        )
        cls.drawing = cls.add_document(
            "Drawing.pdf", aftersales_is_technical=True, aftersales_is_internal=True
        )
        cls.add_document("Price Calculation.pdf")
        cls.other_customer = cls.env["res.partner"].create(
            {
                "name": "Zeta Works",
                "is_company": True,
                "email": "office@zeta.example.com",
                "phone": "+49 40 7654321",
                "street": "Harbour 7",
            }
        )
        cls.zoe = cls.env["res.partner"].create(
            {"name": "Zoe Zander", "parent_id": cls.other_customer.id}
        )

    def setUp(self):
        super().setUp()
        self.ticket = self.create_ticket(
            equipment_id=self.machine.id,
            name="Zylohose drips",
            description="<p>Zylooil below</p>",
        )
        self.ticket.finding_ids = [Command.create({"fault_id": self.hose.id})]

    def solved(self, resolution="Tightened the hose", fault=None, **values):
        """Enter a report of another customer and solve it."""
        ticket = self.create_ticket(
            **{
                "partner_id": self.zoe.id,
                "serial_number": "Z-9",
                "product_name": "Test Press 200",
                "name": "Stands still",
                "description": False,
                **values,
            }
        )
        if fault:
            ticket.finding_ids = [Command.create({"fault_id": fault.id})]
        ticket = self.as_role("technician", ticket)
        ticket.resolution = resolution
        ticket.action_solve()
        return ticket

    def at_hand(self, role="technician", ticket=None):
        self.env.flush_all()
        return self.as_role(role, ticket or self.ticket).at_hand()

    def found(self, ticket=None):
        return [row["id"] for row in self.at_hand(ticket=ticket)["tickets"]]

    def composer(self, action, role="technician"):
        """Open the composer of an action as the web client does.

        :return: the open form
        """
        self.assertEqual(action["res_model"], "mail.compose.message")
        return Form(
            self.as_role(role, "mail.compose.message").with_context(**action["context"])
        )

    # === DOCUMENTS === #

    def test_documents_of_the_product(self):
        rows = {row["name"]: row for row in self.at_hand()["documents"]}
        self.assertEqual(set(rows), {"Operating Manual.pdf", "Drawing.pdf"})
        self.assertEqual(rows["Operating Manual.pdf"]["version"], "2.1")
        self.assertEqual(rows["Operating Manual.pdf"]["product"], "Test Press 200")
        self.assertFalse(rows["Operating Manual.pdf"]["is_internal"])
        self.assertTrue(rows["Drawing.pdf"]["is_internal"])
        self.manual.action_archive()
        self.assertEqual(len(self.at_hand()["documents"]), 1)

    def test_products_without_a_machine_and_damaged_parts(self):
        ticket = self.create_ticket(product_name=" test press 200 ")
        self.assertEqual(len(self.at_hand(ticket=ticket)["documents"]), 2)
        ticket = self.create_ticket(product_name="%")
        self.assertFalse(self.at_hand(ticket=ticket)["has_product"])
        valve = self.env["product.product"].create({"name": "Valve"})
        self.add_document("Valve.pdf", record=valve, aftersales_is_technical=True)
        ticket.finding_ids = [Command.create({"part_product_id": valve.id})]
        (row,) = self.at_hand(ticket=ticket)["documents"]
        self.assertEqual(row["name"], "Valve.pdf")

    def test_send_a_document(self):
        ticket = self.as_role("technician", self.ticket)
        form = self.composer(ticket.action_send_document(self.manual.id))
        self.assertIn("Operating Manual.pdf, version 2.1", form.body)
        self.assertEqual(form.partner_ids[:], self.contact)
        composer = form.save()
        file = composer.attachment_ids
        self.assertEqual(file.name, "Operating Manual.pdf")
        self.assertFalse(self.ticket.responded_at, "nothing is sent yet")
        with self.mock_mail_gateway():
            composer.action_send_mail()
        message = self.ticket.sudo().message_ids[0]
        self.assertEqual(message.attachment_ids, file)
        self.assertEqual((file.res_model, file.res_id), (ticket._name, ticket.id))
        self.assertIn(self.contact, message.notified_partner_ids)
        self.assertTrue(self.ticket.responded_at, "it answers the customer")
        self.manual.raw = b"%PDF-1.4 second edition"
        self.assertEqual(file.sudo().raw, b"%PDF-1.4 first edition", "as it was sent")

    def test_a_document_that_is_a_link(self):
        link = self.add_document(
            "Wiki <1>",
            raw=False,
            type="url",
            url="https://docs.example.com/p200",
            aftersales_is_technical=True,
        )
        ticket = self.as_role("technician", self.ticket)
        form = self.composer(ticket.action_send_document(link.id))
        self.assertIn('href="https://docs.example.com/p200"', form.body)
        self.assertIn("Wiki &lt;1&gt;", form.body)
        self.assertFalse(form.attachment_ids[:])

    def test_to_a_sender_who_is_no_contact(self):
        ticket = self.create_ticket(
            partner_id=False, email_from="new@unknown.example.com"
        )
        ticket.product_name = "Test Press 200"
        mine = self.as_role("technician", ticket)
        composer = self.composer(mine.action_send_document(self.manual.id)).save()
        with self.mock_mail_gateway():
            composer.action_send_mail()
        self.assertIn("new@unknown.example.com", str(self._mails))
        self.assertFalse(ticket.partner_id)
        ticket.email_from = False
        with self.assertRaisesRegex(UserError, "who the customer is"):
            mine.action_send_document(self.manual.id)

    def test_what_does_not_leave_the_house(self):
        ticket = self.as_role("technician", self.ticket)
        with self.assertRaisesRegex(UserError, "For us only"):
            ticket.action_send_document(self.drawing.id)
        saw = self.env["product.product"].create({"name": "Saw"})
        other = self.add_document("Saw.pdf", saw, aftersales_is_technical=True)
        plain = self.add_document("Sales.pdf")
        self.manual.action_archive()
        for document_id in (other.id, plain.id, self.manual.id, 0, 2**31 - 1, False):
            with self.assertRaisesRegex(UserError, "no technical document"):
                ticket.action_send_document(document_id)
        with self.assertRaisesRegex(UserError, "For us only"):
            self.as_role("support", self.drawing).action_aftersales_publish()
        self.drawing.aftersales_is_internal = False
        action = self.as_role("support", self.drawing).action_aftersales_publish()
        self.drawing.aftersales_is_internal = True
        wizard = self.as_role("support", action["res_model"]).browse(action["res_id"])
        wizard.version = "1"
        with self.assertRaisesRegex(UserError, "For us only"):
            wizard.action_publish()

    # === WHAT HELPED BEFORE === #

    def test_ranking(self):
        words = "Zylohose drips, zylooil below"
        fault = self.solved(fault=self.hose, product_name="Saw")
        both = self.solved(fault=self.hose)
        product = self.solved(name=words)
        text = self.solved(name=words, product_name="Saw")
        self.solved(product_name="Saw")
        unsaid = self.solved(name=words, fault=self.hose)
        unsaid.sudo().resolution = False
        self.assertEqual(self.found(), [both.id, fault.id, product.id, text.id])
        rows = self.at_hand()["tickets"]
        self.assertEqual(
            [(row["same_fault"], row["same_product"]) for row in rows],
            [(True, True), (True, False), (False, True), (False, False)],
        )
        # Open and cancelled ones tell nothing
        both.action_reopen()
        self.assertNotIn(both.id, self.found())
        # Without a fault the words decide
        plain = self.create_ticket(
            name="Zylohose", product_name="Saw", description=False
        )
        self.assertEqual(self.found(plain)[0], text.id)
        self.assertFalse(self.found(self.create_ticket(name="?", description=False)))

    def test_send_a_resolution_and_nothing_of_its_customer(self):
        other = self.solved(
            "Zoe at ZETA Works (Harbour 7): new hose <3/8>.\n"
            "Ask zoe@zeta.example.com or 040/765 43 21. Machine Z-9",
            fault=self.hose,
        )
        other.message_post(body="Internal words")
        ticket = self.as_role("technician", self.ticket)
        form = self.composer(ticket.action_send_resolution(other.id))
        self.assertIn("new hose &lt;3/8&gt;", form.body)
        for secret in (
            "Zoe",
            "ZETA",
            "Zeta",
            "zeta",
            "Harbour",
            "43",
            "Z-9",
            "Internal",
        ):
            self.assertNotIn(secret, form.body)
        self.assertNotIn(other.reference, form.body)
        self.assertFalse(form.attachment_ids[:])
        self.assertEqual(form.partner_ids[:], self.contact)
        with self.mock_mail_gateway():
            form.save().action_send_mail()
        message = self.ticket.sudo().message_ids[0]
        self.assertIn("new hose", message.body)
        self.assertEqual(message.notified_partner_ids & self.zoe, self.zoe.browse())
        # To the same customer it goes as it is
        again = self.as_role("technician", self.create_ticket(partner_id=self.zoe.id))
        form = self.composer(again.action_send_resolution(other.id))
        self.assertIn("Zoe at ZETA Works", form.body)

    def test_only_what_helped(self):
        ticket = self.as_role("technician", self.ticket)
        opened = self.create_ticket()
        blank = self.solved()
        blank.sudo().resolution = "  "
        for ticket_id in (opened.id, blank.id, self.ticket.id, 0, 2**31 - 1, False):
            with self.assertRaisesRegex(UserError, "doesn't say"):
                ticket.action_send_resolution(ticket_id)

    # === WHO === #

    def test_by_role(self):
        other = self.solved(fault=self.hose)
        senders = {"intake", "dispatcher", "technician", "support", "manager"}
        for role in ROLES:
            with self.subTest(role=role):
                ticket = self.as_role(role, self.ticket)
                if role == "finance":
                    with self.assertRaises(AccessError):
                        ticket.at_hand()
                else:
                    self.assertEqual(ticket.at_hand()["may_send"], role in senders)
                    Form(ticket)
                for call in (
                    lambda ticket=ticket: ticket.action_send_document(self.manual.id),
                    lambda ticket=ticket: ticket.action_send_resolution(other.id),
                ):
                    if role in senders:
                        self.composer(call(), role).save()
                        continue
                    with self.assertRaises(AccessError):
                        call()
        portal = self._create_portal_user()
        for call in ("at_hand", "action_send_document", "action_send_resolution"):
            with self.assertRaises(AccessError):
                args = [] if call == "at_hand" else [self.manual.id]
                getattr(self.ticket.with_user(portal), call)(*args)

    def test_portal_customer_gets_the_file(self):
        user = new_test_user(
            self.env, login="mia_portal", groups="base.group_portal", name="Mia"
        )
        user.partner_id.write(
            {"parent_id": self.customer.id, "email": "mia2@mill.example.com"}
        )
        ticket = self.create_ticket(
            partner_id=user.partner_id.id, product_name="Test Press 200"
        )
        mine = self.as_role("technician", ticket)
        composer = self.composer(mine.action_send_document(self.manual.id)).save()
        with self.mock_mail_gateway():
            composer.action_send_mail()
            self.env["mail.mail"].sudo().search([]).send()  # pylint: disable=no-search-all
        self.assertIn("mia2@mill.example.com", str(self._mails))
        with self.assertRaises(AccessError):
            self.drawing.ir_attachment_id.with_user(user).check_access("read")

    def test_ended_tickets(self):
        other = self.solved(fault=self.hose)
        self.as_role("dispatcher", self.ticket).action_cancel()
        for call in (
            lambda: self.as_role("technician", self.ticket).action_send_document(
                self.manual.id
            ),
            lambda: self.as_role("technician", self.ticket).action_send_resolution(
                other.id
            ),
        ):
            with self.assertRaisesRegex(UserError, "Reopen"):
                call()

    def test_two_companies(self):
        team = self.env["aftersales.team"].create(
            {"name": "Elsewhere", "company_id": self.company_2.id}
        )
        theirs = self.solved(fault=self.hose)
        theirs.sudo().team_id = team
        secret = self.add_document(
            "Of B.pdf", aftersales_is_technical=True, company_id=self.company_2.id
        )
        both = new_test_user(
            self.env,
            login="as_both",
            groups="base.group_user," + GROUP % "technician",
            company_id=self.company.id,
            company_ids=[Command.set((self.company | self.company_2).ids)],
        )
        self.env.flush_all()
        for ticket in (
            self.as_role("technician", self.ticket),
            self.ticket.with_user(both).with_context(
                allowed_company_ids=both.company_ids.ids
            ),
        ):
            found = ticket.at_hand()
            self.assertFalse(found["tickets"])
            self.assertNotIn("Of B.pdf", [row["name"] for row in found["documents"]])
            with self.assertRaises(UserError):
                ticket.action_send_document(secret.id)
            with self.assertRaises(UserError):
                ticket.action_send_resolution(theirs.id)

    # === COST === #

    def test_queries_do_not_grow(self):
        def cost():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = self.as_role("technician", self.ticket).at_hand()
            return self.env.cr.sql_log_count - before, found

        self.solved(fault=self.hose)
        cost()
        few, found = cost()
        self.assertEqual((len(found["documents"]), len(found["tickets"])), (2, 1))
        for number in range(8):
            self.solved(fault=self.hose)
            self.add_document(f"{number}.pdf", aftersales_is_technical=True)
        many, found = cost()
        self.assertEqual((len(found["documents"]), len(found["tickets"])), (10, 5))
        self.assertLessEqual(many, few)
        self.assertLessEqual(many, 22)
