# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""An inquiry is answered and ended in two clicks: the button, and Send."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestAnswerClose(AftersalesCommon):
    def inquire(self, **values):
        return self.create_ticket(
            **{"name": "Which oil?", "ticket_type": "inquiry", **values}
        )

    def compose(self, ticket, role="intake"):
        """Click the button, and type into the composer it opens."""
        action = self.as_role(role, ticket).action_answer_close()
        Composer = self.as_role(role, action["res_model"])
        form = Form(Composer.with_context(**action["context"]))
        form.body = "<p>HLP 46</p>"
        return form.save()

    def send(self, ticket, role="intake"):
        composer = self.compose(ticket, role)
        with self.mock_mail_gateway():
            composer.action_send_mail()

    def test_intake_closes(self):
        ticket = self.inquire()
        self.send(ticket)
        self.assertSentEmail(
            self.users["intake"].partner_id, self.contact, body_content="HLP 46"
        )
        self.assertEqual(ticket.state, "closed")
        self.assertEqual(ticket.resolution, "HLP 46")
        self.assertTrue(ticket.responded_at)
        self.assertTrue(ticket.solved_at)

    def test_technician_solves(self):
        ticket = self.inquire()
        self.send(ticket, "technician")
        self.assertEqual(ticket.state, "solved")

    def test_sender_who_is_no_contact(self):
        requirement = self.env["aftersales.requirement"]
        requirement.search([("ticket_type", "=", "inquiry")]).unlink()
        ticket = self.inquire(partner_id=False, email_from="new@mill.example.com")
        self.send(ticket)
        self.assertEqual(ticket.state, "closed")
        self.assertTrue(
            [mail for mail in self._mails if "new@mill.example.com" in mail["email_to"]]
        )

    def test_only_where_it_fits(self):
        for ticket_type in ("repair", "complaint", "training", "return", "quality"):
            with self.subTest(ticket_type=ticket_type), self.assertRaises(UserError):
                self.compose(self.inquire(ticket_type=ticket_type))

    def test_ended(self):
        ticket = self.inquire()
        self.as_role("intake", ticket).action_cancel()
        with self.assertRaises(UserError):
            self.compose(ticket)

    def test_facts(self):
        """What is required of an inquiry is asked first."""
        ticket = self.inquire(partner_id=False, phone=False, email_from=False)
        self.assertTrue(ticket.missing_facts)
        with self.assertRaises(UserError):
            self.compose(ticket)

    def test_without_address(self):
        nobody = self.env["res.partner"].create({"name": "By Post", "phone": "1"})
        with self.assertRaises(UserError):
            self.compose(self.inquire(partner_id=nobody.id))

    def test_no_mail_no_end(self):
        """A message that goes to nobody outside leaves the ticket as it was."""
        ticket = self.inquire()
        composer = self.compose(ticket)
        composer.partner_ids = [Command.set(self.users["support"].partner_id.ids)]
        ticket.message_unsubscribe(self.contact.ids)
        with self.mock_mail_gateway(), self.assertRaises(UserError):
            composer.action_send_mail()
        self.assertEqual(ticket.state, "new")
        self.assertFalse(ticket.message_ids.filtered(lambda m: "HLP" in m.body))

    def test_rights(self):
        """The key that makes a composer end a ticket gives nobody a right."""
        ticket = self.inquire()
        for role in ("quality", "finance"):
            with self.assertRaises(AccessError):
                self.compose(ticket, role)
        forged = {
            "model": ticket._name,
            "res_ids": repr(ticket.ids),
            "composition_mode": "comment",
            "body": "x",
            "partner_ids": [Command.set(self.contact.ids)],
            "aftersales_ends": True,
        }
        composer = self.as_role("quality", "mail.compose.message").create(forged)
        with self.mock_mail_gateway(), self.assertRaises(AccessError):
            composer.action_send_mail()
        self.assertEqual(ticket.state, "new")
        repair = self.create_ticket()
        composer = self.as_role("intake", "mail.compose.message").create(
            {**forged, "res_ids": repr(repair.ids)}
        )
        with self.mock_mail_gateway(), self.assertRaises(UserError):
            composer.action_send_mail()
        self.assertEqual(repair.state, "new")

    def test_other_composers(self):
        """A plain answer ends nothing."""
        ticket = self.inquire()
        composer = self.compose(ticket)
        composer.aftersales_ends = False
        with self.mock_mail_gateway():
            composer.action_send_mail()
        self.assertIn(ticket.state, ("new", "in_progress"))
