# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Mails over group addresses, to nobody, and those that go round in circles."""

import base64
from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import mute_logger

from .gateway_common import GatewayCommon

#: What a group address adds to a mail that goes over it.
GROUP = [
    "List-Id: Service <service.%s>",
    "List-Post: <mailto:service@%s>",
    "List-Unsubscribe: <https://groups.example.com/leave>",
    "Precedence: list",
]


@tagged("post_install", "-at_install")
class TestGatewayLists(GatewayCommon):
    def over(self, domain, **values):
        """Write a mail that went over a group address.

        :param str domain: of the group
        """
        headers = [line.replace("%s", domain) for line in GROUP]
        return self.mail(headers=[*headers, *values.pop("headers", ())], **values)

    def test_a_known_customer(self):
        ticket = self.take(self.over("mill.example.com"))
        self.assertEqual(ticket.partner_id, self.contact)
        row = self.Received.search([("ticket_id", "=", ticket.id)])
        self.assertEqual(row.acknowledge, "due")

    def test_an_unknown_customer_at_our_own_list(self):
        sender = "Nobody <nobody@unknown.example.org>"
        ticket = self.take(self.over(self.alias_domain, sender=sender))
        self.assertFalse(ticket.partner_id)
        self.env.company.email = "office@maker.example.com"
        self.assertTrue(self.take(self.over("maker.example.com", sender=sender)))

    def test_an_unknown_one_at_another_list(self):
        for sender in ("news@unknown.example.org", "no address", "<>"):
            raw = self.over("unknown.example.org", sender=sender)
            self.assertEqual(self.refused(raw), ["bulk"], sender)

    def test_automatic_ones_over_a_list(self):
        for reason, line in (
            ("auto_reply", "Auto-Submitted: auto-replied"),
            ("bounce", "Return-Path: <>"),
            ("bulk", "Precedence: junk"),
        ):
            raw = self.over("mill.example.com", headers=[line])
            if reason == "bulk":
                raw = raw.replace(b"Precedence: list\r\n", b"")
            self.assertEqual(self.refused(raw), [reason])

    def test_an_answer_over_a_list(self):
        ticket = self.take(self.mail(message_id="<asked.list@mill.example.com>"))
        raw = self.over(
            "unknown.example.org",
            sender="somebody@unknown.example.org",
            headers=["In-Reply-To: <asked.list@mill.example.com>"],
        )
        self.assertEqual(self.refused(raw), [])
        self.assertEqual(ticket.message_ids[0].message_type, "email")


@tagged("post_install", "-at_install")
class TestGatewayStray(GatewayCommon):
    def test_for_nobody(self):
        raw = self.mail(to="nobody@elsewhere.example.com")
        self.assertEqual(self.refused(raw), ["stray"])
        self.assertIn("nobody@elsewhere.example.com", self.sent[0].body_html)
        self.assertIn("mia@mill.example.com", self.sent[0].email_to)
        self.assertIn("auto-replied", self.sent[0].headers)
        refusal = self.Refusal.search([], limit=1)
        self.assertEqual(refusal.original_id.raw, raw)
        self.assertEqual(self.refused(raw), [], "once for a mail")
        # Who reads it takes it as a report after all.
        action = self.as_role("intake", refusal).action_make_ticket()
        self.assertEqual(self.Ticket.browse(action["res_id"]).partner_id, self.contact)

    def test_the_sender_is_told_once_an_hour(self):
        to = "nobody@elsewhere.example.com"
        told = []
        for number in range(3):
            self.refused(self.mail(f"Hello {number}", to=to))
            told.append(len(self.sent))
        self.assertEqual(told, [1, 0, 0])
        self.Received.search([("acknowledge", "=", "sent")]).received_at -= timedelta(
            minutes=61
        )
        self.refused(self.mail("Hello again", to=to))
        self.assertTrue(self.sent)

    def test_nobody_is_told(self):
        to = "nobody@elsewhere.example.com"
        for values in (
            {"headers": ["Auto-Submitted: auto-replied"]},
            {"headers": ["Return-Path: <>"]},
            {"headers": ["Precedence: bulk"]},
            {"sender": "<>"},
            {"sender": "no address"},
        ):
            self.refused(self.mail(to=to, **values))
            self.assertFalse(self.sent, values)

    def test_the_fetcher_tells_nobody(self):
        """A fetched mail went through a mailbox that exists."""
        raw = self.mail(to="undisclosed-recipients:;")
        thread = self.env["mail.thread"].with_user(self.user_root)
        with self.mock_mail_gateway():
            thread = thread.with_context(fetchmail_cron_running=True)
            self.assertIs(thread.message_process(False, raw), False)
            self.assertFalse(self._new_mails)
        refusal = self.Refusal.search([], limit=1)
        self.assertEqual((refusal.reason, refusal.company_id), ("stray", self.company))

    def test_the_company_whose_domain_it_is(self):
        domain = self.env["mail.alias.domain"].create({"name": "b.example.com"})
        self.company_2.alias_domain_id = domain
        self.refused(self.mail(to="servise@b.example.com"))
        refusal = self.Refusal.search([], limit=1)
        self.assertEqual(refusal.company_id, self.company_2)

    @mute_logger("odoo.sql_db")
    def test_one_that_nobody_can_read(self):
        """Garbage for nobody is recorded; garbage for another app is its business."""
        broken = b"Message-ID: \x00\xff <x y@z>\r\n"
        raw = broken + b"To: nobody@elsewhere.example.com\r\nFrom: \x00\r\n\r\n\x00"
        self.assertEqual(self.refused(raw), ["stray"])
        self.env["mail.alias"].create(
            {
                "alias_name": "other.app",
                "alias_model_id": self.env["ir.model"]._get_id("res.partner"),
                "alias_domain_id": self.team.alias_domain_id.id,
            }
        )
        raw = raw.replace(b"nobody@elsewhere.example.com", b"other.app@%s")
        raw %= self.alias_domain.encode()
        before = self.Refusal.search_count([])
        with self.assertRaises(ValueError):
            self.env["mail.thread"].message_process(False, raw)
        self.assertEqual(self.Refusal.search_count([]), before)

    def test_errors_of_others_stay_errors(self):
        with self.assertRaises(ValueError):
            self.take(self.mail(to="x@elsewhere.example.com"), model="no.such.model")


@tagged("post_install", "-at_install")
class TestGatewayCircles(GatewayCommon):
    def form(self, number):
        """Write the same words about another form."""
        content = base64.encodebytes(b"form %d" % number).decode()
        return self.mail(
            "--b\r\nContent-Type: text/plain\r\n\r\nPlease see our form\r\n--b\r\n"
            'Content-Type: application/pdf; name="form.pdf"\r\n'
            "Content-Transfer-Encoding: base64\r\n"
            'Content-Disposition: attachment; filename="form.pdf"\r\n\r\n'
            f"{content}\r\n--b--",
            headers=["Content-Type: multipart/mixed; boundary=b"],
        )

    def test_the_same_words_about_another_form(self):
        for number in range(8):
            self.assertEqual(len(self.take(self.form(number))), 1)
        made = [len(self.take(self.form(0))) for _again in range(5)]
        self.assertEqual(made, [1, 1, 1, 0, 0])

    def test_thanks_in_many_tickets(self):
        """The same answer to other tickets is no circle."""
        tickets = self.Ticket.browse()
        for number in range(10):
            tickets |= self.take(self.mail(f"Machine {number}"))
        for ticket in tickets:
            before = len(ticket.message_ids)
            subject = f"Re: {ticket.reference}"
            self.assertEqual(self.refused(self.mail("Thanks", subject=subject)), [])
            self.assertEqual(len(ticket.message_ids), before + 1)

    def test_two_responders_in_one_ticket(self):
        """Each answers what the other one wrote, with a number and no header."""
        ticket = self.take(self.mail())
        other = self.env["res.partner"].create(
            {"name": "Dealer", "email": "dealer@shop.example.com"}
        )
        ticket.message_subscribe((other | self.contact).ids)
        rounds = 0
        for number in range(40):
            sender = (self.contact, other)[number % 2].email
            before = len(ticket.message_ids)
            self.take(
                self.mail(
                    f"Your message was received as case {1000 + number}",
                    sender=sender,
                    subject=f"Re: {ticket.reference}",
                )
            )
            if len(ticket.message_ids) == before:
                self.assertFalse(self.sent, "a loop is not fed")
                break
            rounds += 1
        self.assertEqual(rounds, 12, "six of each")
        self.assertEqual(self.Refusal.search([], limit=1).reason, "loop")

    def test_a_responder_who_always_says_something_else(self):
        ticket = self.take(self.mail())
        words = "abcdefghijklmnopqrstuvwxyz"
        for number, word in enumerate(words):
            raw = self.mail(f"News {word * 5}", subject=f"Re: {ticket.reference}")
            # The report is the first of the twenty.
            expected = [] if number < 19 else ["loop"]
            self.assertEqual(self.refused(raw), expected, number)
            self.assertFalse(expected and self.sent, "a loop is not fed")

    def test_limit_is_told_once_an_hour(self):
        """Mails to a limited alias, or too many, are sent back once."""
        self.team.alias_contact = "partners"
        told = []
        for number in range(3):
            self.assertFalse(
                self.take(
                    self.mail(f"Offer {number}", sender="nobody@unknown.example.org")
                )
            )
            told.append(len(self.sent))
        self.assertEqual(told, [1, 0, 0])
