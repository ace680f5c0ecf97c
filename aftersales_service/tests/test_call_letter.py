# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Letters and faxes: what a scanner sends by mail."""

import base64

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .gateway_common import GatewayCommon

SCANNER = "scanner@maker.example.com"


@tagged("post_install", "-at_install")
class TestCallLetter(GatewayCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.scan_addresses = f"Copier <{SCANNER}>, fax@provider.example.com"

    def scan(self, text="", sender=f"Copier <{SCANNER}>"):
        """Scan a letter: the mail says the same each time."""
        pdf = base64.b64encode(b"%PDF-1.4 Dear Sirs").decode()
        return self.mail(
            body="\r\n".join(
                (
                    "--b",
                    "Content-Type: text/plain; charset=utf-8",
                    "",
                    text,
                    "--b",
                    'Content-Type: application/pdf; name="scan.pdf"',
                    'Content-Disposition: attachment; filename="scan.pdf"',
                    "Content-Transfer-Encoding: base64",
                    "",
                    pdf,
                    "--b--",
                )
            ),
            sender=sender,
            subject="Message from the copier",
            headers=(
                'Content-Type: multipart/mixed; boundary="b"',
                "Auto-Submitted: auto-generated",
            ),
        )

    def acknowledged(self, ticket):
        return self.Received.search([("ticket_id", "=", ticket.id)]).acknowledge

    def test_a_letter_of_nobody_yet(self):
        ticket = self.take(self.scan())
        self.assertEqual(len(ticket), 1)
        self.assertEqual(ticket.channel, "letter")
        self.assertFalse(ticket.partner_id)
        self.assertFalse(ticket.email_from)
        self.assertEqual(ticket.state, "new")
        self.assertEqual(ticket.message_ids.attachment_ids.mapped("name"), ["scan.pdf"])

    def test_the_scanner_is_not_written_to(self):
        ticket = self.take(self.scan())
        self.assertFalse(self.acknowledged(ticket))
        mail = self.take(self.mail(sender="Mia Mill <mia@mill.example.com>"))
        self.assertEqual(self.acknowledged(mail), "due")
        self.assertEqual(mail.channel, "email")

    def test_the_same_words_each_time(self):
        tickets = self.Ticket.union(*(self.take(self.scan()) for _number in range(7)))
        self.assertEqual(len(tickets), 7)
        other = f"Other <other@{SCANNER.split('@')[1]}>"
        others = [self.take(self.scan(sender=other)) for _number in range(7)]
        self.assertLess(len(self.Ticket.union(*others)), 7)

    def test_a_contact_with_the_address_is_no_customer(self):
        self.customer.email = SCANNER
        self.assertFalse(self.take(self.scan()).partner_id)

    def test_the_text_still_suggests(self):
        machine = self.equip(self.customer, "QX400-12")
        ticket = self.take(self.scan("Serial number QX400-12"))
        self.assertEqual(ticket.partner_suggestion_id, self.customer)
        self.assertEqual(ticket.equipment_suggestion_id, machine)

    def test_of_another_team_it_is_a_mail(self):
        other = self.other_company_team()
        raw = self.mail(
            sender=SCANNER, to=f"service.b@{other.alias_domain}", subject="Scan"
        )
        self.assertEqual(self.take(raw).channel, "email")

    def test_no_address(self):
        for text in ("copier", f"{SCANNER},", "a@b.example.com c@d.example.com"):
            with self.assertRaisesRegex(ValidationError, "no e-mail address"):
                self.team.scan_addresses = text
