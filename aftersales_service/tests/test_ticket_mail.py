# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime

from odoo import Command
from odoo.tests import tagged

from .common import AftersalesCommon

MAIL = """Return-Path: {email_from}
To: {to}
Cc: {cc}
From: {email_from}
Subject: {subject}
Date: Thu, 1 Jan 2015 10:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"
Message-ID: {msg_id}
{extra}

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

The press does not stop. 压力机不停
--b
Content-Type: image/png; name="photo.png"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="photo.png"

iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA
AABJRU5ErkJggg==
--b--
"""


@tagged("post_install", "-at_install")
class TestTicketMail(AftersalesCommon):
    def receive(self, email_from="Mia Mill <mia@mill.example.com>", **values):
        to = values.pop("to", f"test.service@{self.alias_domain}")
        with self.mock_mail_gateway():
            return self.format_and_process(
                MAIL,
                email_from,
                to,
                subject=values.pop("subject", "Press runs on"),
                target_model="aftersales.ticket",
                **values,
            )

    def test_mail_becomes_ticket(self):
        with self.at(0) as now:
            ticket = self.receive()
        self.assertEqual(len(ticket), 1)
        self.assertEqual(ticket.team_id, self.team)
        self.assertEqual(ticket.company_id, self.team.company_id)
        self.assertEqual(ticket.partner_id, self.contact)
        self.assertEqual(ticket.commercial_partner_id, self.customer)
        self.assertEqual(ticket.site_id, self.site)
        self.assertEqual(ticket.channel, "email")
        self.assertEqual(ticket.state, "new")
        self.assertFalse(ticket.user_id, "the gateway's user is not responsible")
        self.assertEqual(ticket.name, "Press runs on")
        self.assertIn("压力机不停", ticket.description)
        self.assertEqual(
            ticket.message_ids.attachment_ids.mapped("name"), ["photo.png"]
        )
        self.assertEqual(ticket.reported_at, now, "the Date header counts for nothing")

    def test_unknown_sender_is_no_wrong_partner(self):
        partners = self.env["res.partner"].search_count([])
        ticket = self.receive(email_from="Nobody <nobody@unknown.example.org>")
        self.assertFalse(ticket.partner_id)
        self.assertIn("nobody@unknown.example.org", ticket.email_from)
        self.assertEqual(self.env["res.partner"].search_count([]), partners)

    def test_same_message_id_twice_is_one_ticket(self):
        Ticket = self.env["aftersales.ticket"]
        before = Ticket.search_count([])
        self.receive(msg_id="<once@mill.example.com>")
        self.receive(msg_id="<once@mill.example.com>", subject="Sent again")
        self.assertEqual(Ticket.search_count([]), before + 1)

    def test_reply_joins_its_ticket(self):
        ticket = self.receive(msg_id="<first@mill.example.com>")
        second = self.receive(
            msg_id="<second@mill.example.com>",
            subject="Re: Press runs on",
            extra="In-Reply-To: <first@mill.example.com>",
        )
        self.assertFalse(second, "no second ticket")
        self.assertEqual(
            len(ticket.message_ids.filtered(lambda m: m.message_type == "email")), 2
        )

    def test_cc_is_kept(self):
        ticket = self.receive(cc="Boss <boss@mill.example.com>")
        self.assertIn("boss@mill.example.com", ticket.email_cc)

    def test_no_subject(self):
        ticket = self.env["aftersales.ticket"].browse(
            self.env["mail.thread"].message_process(
                None,
                f"From: mia@mill.example.com\nTo: test.service@{self.alias_domain}\n"
                "Message-ID: <nosubject@x>\n\nHelp",
            )
        )
        self.assertEqual(ticket.name, "No subject")

    def test_other_company_alias(self):
        """A ticket mailed to company B's alias is company B's."""
        other = self.env["aftersales.team"].create(
            {
                "name": "Team B",
                "company_id": self.company_2.id,
                "alias_name": "service.b",
                "alias_contact": "everyone",
            }
        )
        ticket = self.receive(to=f"service.b@{other.alias_domain}")
        self.assertEqual(ticket.team_id, other)
        self.assertEqual(ticket.company_id, self.company_2)

    def test_contact_of_another_company_loses_no_mail(self):
        self.contact.company_id = self.company_2
        ticket = self.receive()
        self.assertTrue(ticket)
        self.assertFalse(ticket.partner_id)
        self.assertIn("mia@mill.example.com", ticket.email_from)

    def test_colleague_is_no_customer(self):
        ticket = self.receive(email_from="intake@maker.example.com")
        self.assertTrue(ticket)
        self.assertFalse(ticket.partner_id)

    def test_vacation_notice_is_no_report(self):
        before = self.env["aftersales.ticket"].search_count([])
        self.receive(extra="Auto-Submitted: auto-replied")
        self.assertEqual(self.env["aftersales.ticket"].search_count([]), before)
        self.receive(subject="Alarm 17", extra="Auto-Submitted: auto-generated")
        self.assertEqual(self.env["aftersales.ticket"].search_count([]), before + 1)

    def test_replies_come_back_to_the_alias(self):
        ticket = self.receive()
        reply_to = ticket._notify_get_reply_to()[ticket.id]
        self.assertIn(f"test.service@{self.alias_domain}", reply_to)


@tagged("post_install", "-at_install")
class TestRespond(AftersalesCommon):
    """What counts as an answer, and what does not."""

    def setUp(self):
        super().setUp()
        with self.at(0):
            self.ticket = self.create_ticket(severity="serious")
        self.clock = self.clocks(self.ticket)["respond"]

    def post(self, role, hours=1, **values):
        with self.at(hours), self.mock_mail_gateway():
            return self.as_role(role, self.ticket).message_post(
                **{
                    "body": "We look at it",
                    "subtype_xmlid": "mail.mt_comment",
                    "message_type": "comment",
                    **values,
                }
            )

    def test_message_to_customer(self):
        self.post("support", partner_ids=self.contact.ids)
        self.assertEqual(self.clock.outcome, "met")
        self.assertEqual(self.ticket.responded_at, datetime(2026, 3, 2, 10))
        self.assertEqual(self.ticket.state, "in_progress")
        self.assertIn("Message", self.clock.outcome_reason)

    def test_customer_follows_so_an_answer_needs_no_recipient(self):
        self.post("technician")
        self.assertEqual(self.clock.outcome, "met")

    def test_late_answer_is_missed_and_stays_so(self):
        self.post("technician", hours=9)
        self.assertEqual(self.clock.outcome, "missed")
        self.post("technician", hours=10)
        self.assertEqual(self.clock.used_minutes, 9 * 60)

    def test_internal_note_does_not_count(self):
        self.post("support", subtype_xmlid="mail.mt_note")
        self.assertEqual(self.clock.outcome, "open")

    def test_automatic_messages_do_not_count(self):
        for kind in ("notification", "auto_comment", "out_of_office"):
            self.post("support", message_type=kind, partner_ids=self.contact.ids)
            self.assertEqual(self.clock.outcome, "open", kind)

    def test_message_of_the_customer_does_not_count(self):
        portal = self._create_portal_user()
        for author in (self.contact, portal.partner_id):
            with self.at(1), self.mock_mail_gateway():
                self.ticket.message_post(
                    body="Any news?",
                    message_type="email",
                    subtype_xmlid="mail.mt_comment",
                    author_id=author.id,
                    partner_ids=(self.contact | portal.partner_id).ids,
                )
            self.assertEqual(self.clock.outcome, "open")

    def test_message_to_somebody_else_does_not_count(self):
        stranger = self.env["res.partner"].create(
            {"name": "Supplier", "email": "supplier@example.com"}
        )
        self.ticket.message_unsubscribe(self.contact.ids)
        self.post("support", partner_ids=stranger.ids)
        self.assertEqual(self.clock.outcome, "open")

    def test_mail_program_counts_as_the_chatter(self):
        """The technician answers from his mail program, customer and alias in To."""
        question = self.ticket.message_post(
            body="Any news?",
            message_type="email",
            subtype_xmlid="mail.mt_comment",
            author_id=self.contact.id,
        )
        with self.at(2), self.mock_mail_gateway():
            self.format_and_process(
                MAIL,
                "technician@maker.example.com",
                f"mia@mill.example.com, test.service@{self.alias_domain}",
                subject="Re: Hose leaks",
                extra=f"In-Reply-To: {question.message_id}",
                target_model="aftersales.ticket",
            )
        self.assertEqual(self.clock.outcome, "met")
        self.assertEqual(self.clock.used_minutes, 120)

    def test_vacation_notice_of_a_technician_does_not_count(self):
        question = self.ticket.message_post(
            body="Any news?",
            message_type="email",
            subtype_xmlid="mail.mt_comment",
            author_id=self.contact.id,
        )
        with self.at(2), self.mock_mail_gateway():
            self.format_and_process(
                MAIL,
                "technician@maker.example.com",
                f"mia@mill.example.com, test.service@{self.alias_domain}",
                subject="Out of office",
                extra=f"In-Reply-To: {question.message_id}\n"
                "Auto-Submitted: auto-replied",
                target_model="aftersales.ticket",
            )
        self.assertEqual(self.clock.outcome, "open")

    def test_message_for_later_counts_when_it_is_sent(self):
        self.post("support", scheduled_date="2099-01-01 15:00:00")
        self.assertEqual(self.clock.outcome, "open")
        with self.at(6), self.mock_mail_gateway():
            self.env["mail.message.schedule"].search(
                [("mail_message_id", "in", self.ticket.message_ids.ids)]
            )._send_notifications()
        self.assertEqual((self.clock.outcome, self.clock.used_hours), ("met", 6))

    def test_talk_among_colleagues_does_not_count(self):
        self.ticket.message_unsubscribe(self.contact.ids)
        self.ticket.sudo().partner_id = self.users["intake"].partner_id
        self.post("support", partner_ids=self.users["intake"].partner_id.ids)
        self.assertEqual(self.clock.outcome, "open")

    def test_answer_to_an_unknown_sender_is_sent(self):
        with self.at(0):
            ticket = self.create_ticket(
                partner_id=False,
                email_from="nobody@unknown.example.org",
                severity="serious",
            )
        with self.at(1), self.mock_mail_gateway():
            self.as_role("support", ticket).message_post(
                body="Which machine?",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
        self.assertEqual(self.clocks(ticket)["respond"].outcome, "met")
        self.assertIn(
            "nobody@unknown.example.org",
            ",".join(str(mail["email_to"]) for mail in self._mails),
        )

    def test_customer_known_by_address_only(self):
        with self.at(0):
            ticket = self.create_ticket(
                partner_id=False,
                email_from="Nobody <nobody@unknown.example.org>",
                severity="serious",
            )
        with self.at(1), self.mock_mail_gateway():
            self.as_role("support", ticket).message_post(
                body="Which machine?",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                outgoing_email_to="nobody@unknown.example.org",
            )
        self.assertEqual(self.clocks(ticket)["respond"].outcome, "met")

    def log_call(self, role="technician", **values):
        return self.as_role(role, "aftersales.call.log").create(
            {"ticket_id": self.ticket.id, "summary": "Close the valve", **values}
        )

    def test_logged_call(self):
        with self.at(3):
            self.log_call(called_at=datetime(2026, 3, 2, 11, 30)).action_log()
        self.assertEqual(self.clock.outcome, "met")
        self.assertEqual(self.clock.used_minutes, 150, "the call, not its entry")
        self.assertIn("Close the valve", self.ticket.message_ids[0].body)

    def test_call_that_did_not_reach(self):
        with self.at(3):
            self.log_call(reached=False).action_log()
        self.assertEqual(self.clock.outcome, "open")

    def test_call_cannot_be_invented(self):
        with self.at(30):
            for moment in (
                datetime(2026, 3, 3, 16),  # later than now
                datetime(2026, 3, 2, 8),  # before the report
                datetime(2026, 3, 2, 10),  # 29 hours ago, the team allows 24
            ):
                with self.assertRaisesRegex(Exception, "call|Calls"):
                    self.log_call(called_at=moment).action_log()
            self.assertEqual(self.clock.outcome, "open")
            self.log_call("manager", called_at=datetime(2026, 3, 2, 10)).action_log()
        self.assertEqual(self.clock.outcome, "met")

    def test_two_companies_share_no_responsible(self):
        stranger = self.user_employee_c2
        self.assertNotIn(self.company, stranger.company_ids)
        with self.assertRaisesRegex(Exception, "company"):
            self.ticket.user_id = stranger
        self.ticket.write({"user_id": self.users["technician"].id})
        self.assertEqual(self.ticket.state, "assigned")
        self.assertEqual(
            self.env["aftersales.team"].search(
                [("member_ids", "in", self.users["support"].ids)]
            ),
            self.team,
        )
        self.team.member_ids = [Command.unlink(self.users["support"].id)]
