# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What becomes of a mail: ticket, answer, refusal; and each only once."""

import base64
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .gateway_common import GatewayCommon


@tagged("post_install", "-at_install")
class TestGatewayOnce(GatewayCommon):
    def test_same_message_id(self):
        raw = self.mail(message_id="<once@mill.example.com>")
        self.assertEqual(len(self.take(raw)), 1)
        self.assertFalse(self.take(raw))
        # Also after its message was deleted.
        self.env["mail.message"].search(
            [("message_id", "=", "<once@mill.example.com>")]
        ).unlink()
        self.assertFalse(self.take(raw))

    def test_two_aliases_of_one_team(self):
        second = self.env["mail.alias"].create(
            {
                "alias_name": "second.service",
                "alias_model_id": self.env["ir.model"]._get_id("aftersales.ticket"),
                "alias_defaults": {"team_id": self.team.id},
                "alias_domain_id": self.team.alias_domain_id.id,
            }
        )
        to = f"{self.address}, {second.alias_full_name}"
        self.assertEqual(len(self.take(self.mail(to=to))), 1)

    def test_two_teams(self):
        other = self.other_company_team()
        to = f"{self.address}, service.b@{other.alias_domain}"
        tickets = self.take(self.mail(to=to))
        self.assertEqual(tickets.company_id, self.company | self.company_2)

    def test_no_message_id(self):
        raw = self.mail().replace(b"Message-ID:", b"X-Nothing:")
        self.assertEqual(len(self.take(raw)), 1)
        self.assertFalse(self.take(raw), "the same bytes are the same mail")
        self.assertEqual(len(self.take(raw + b" More.")), 1)

    def test_endless_message_id(self):
        raw = self.mail(message_id=f"<{'x' * 9000}@mill.example.com>")
        self.assertEqual(len(self.take(raw)), 1)
        self.assertFalse(self.take(raw))

    def test_old_ones_are_forgotten(self):
        self.take(self.mail())
        row = self.Received.search([], limit=1)
        self.Received._gc_old()
        self.assertTrue(row.exists())
        row.received_at -= timedelta(days=91)
        self.env.flush_all()
        self.Received._gc_old()
        self.assertFalse(row.exists())


@tagged("post_install", "-at_install")
class TestGatewayAutomatic(GatewayCommon):
    def test_refused(self):
        cases = [
            ("auto_reply", ["Auto-Submitted: auto-replied (vacation)"], {}),
            ("auto_reply", ["X-Autoreply: yes"], {}),
            ("auto_reply", ["Precedence: auto_reply"], {}),
            (
                "auto_reply",
                ["X-Auto-Response-Suppress: All"],
                {"subject": "Automatic reply: Press"},
            ),
            ("bulk", ["Precedence: bulk"], {}),
            ("bulk", ["Precedence: junk"], {}),
            (
                "bulk",
                ["List-Id: News <news.unknown.example.org>"],
                {"sender": "news@unknown.example.org"},
            ),
            (
                "bulk",
                ["List-Id: x", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"],
                {},
            ),
            ("calendar", ["Content-Type: text/calendar; method=REQUEST"], {}),
            ("bounce", ["Return-Path: <>"], {}),
            ("bounce", [], {"sender": "MAILER-DAEMON@mill.example.com"}),
            ("own", [], {"sender": self.address}),
        ]
        for reason, headers, values in cases:
            with self.subTest(reason=reason, headers=headers):
                found = self.refused(self.mail(headers=headers, **values))
                self.assertEqual(found, [reason])

    def test_what_a_refusal_says(self):
        self.refused(
            self.mail(
                sender="=?utf-8?q?M=C3=BCller?= <m@mill.example.com>",
                subject="=?utf-8?b?5YGH5pyf?=",
                headers=["Auto-Submitted: auto-replied"],
                message_id="<vacation@mill.example.com>",
            )
        )
        refusal = self.Refusal.search([], limit=1)
        self.assertEqual(refusal.team_id, self.team)
        self.assertEqual(refusal.company_id, self.company)
        self.assertIn("Müller", refusal.sender)
        self.assertEqual(refusal.subject, "假期")
        self.assertEqual(refusal.message_id, "<vacation@mill.example.com>")
        self.assertIn(b"press does not stop", refusal.original_id.raw)

    def test_a_delivery_report(self):
        raw = self.mail(
            "--b\r\nContent-Type: text/plain\r\n\r\nNot delivered\r\n--b--",
            headers=["Content-Type: multipart/report; boundary=b"],
        )
        self.assertEqual(self.refused(raw), ["bounce"])

    def test_bounce_of_ours_is_a_note(self):
        ticket = self.take(self.mail())
        question = ticket.message_post(
            body="Which?", subtype_xmlid="mail.mt_comment", message_type="comment"
        )
        raw = self.mail(
            sender="MAILER-DAEMON@mill.example.com",
            headers=[f"In-Reply-To: {question.message_id}"],
        )
        self.assertEqual(self.refused(raw), [])
        self.assertIn("could not be delivered", ticket.message_ids[0].body)
        self.assertEqual(ticket.message_ids[0].subtype_id, self.env.ref("mail.mt_note"))

    def test_automatic_answer_is_a_note(self):
        ticket = self.take(self.mail(message_id="<asked@mill.example.com>"))
        with self.mock_mail_gateway():
            question = ticket.with_user(self.users["support"]).message_post(
                body="Which?", subtype_xmlid="mail.mt_comment", message_type="comment"
            )
        raw = self.mail(
            headers=[
                "Auto-Submitted: auto-replied",
                f"In-Reply-To: {question.message_id}",
            ],
            subject="Out of office",
        )
        self.assertEqual(self.refused(raw), [])
        note = ticket.message_ids[0]
        self.assertEqual(note.message_type, "auto_comment")
        self.assertTrue(note.subtype_id.internal)
        self.assertFalse(self.sent, "nobody is written to")

    def test_alarm_of_a_machine_is_a_report(self):
        raw = self.mail("Oil pressure low", headers=["Auto-Submitted: auto-generated"])
        self.assertEqual(len(self.take(raw)), 1)

    def test_invitation_with_text_is_a_report(self):
        parts = (
            "--b\r\nContent-Type: text/plain\r\n\r\nPlease come and look\r\n"
            "--b\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n--b--"
        )
        kind = "Content-Type: multipart/mixed; boundary=b"
        self.assertEqual(len(self.take(self.mail(parts, headers=[kind]))), 1)
        silent = parts.replace("Please come and look", "")
        self.assertEqual(self.refused(self.mail(silent, headers=[kind])), ["calendar"])

    def test_who_reads_refusals(self):
        self.refused(self.mail(headers=["Precedence: bulk"]))
        refusal = self.Refusal.search([], limit=1)
        for role in ("intake", "dispatcher", "manager"):
            self.assertTrue(self.as_role(role, refusal).subject)
            with self.assertRaises(AccessError):
                self.as_role(role, refusal).write({"subject": "x"})
        for role in ("technician", "finance"):
            with self.assertRaises(AccessError):
                self.as_role(role, refusal).read(["subject"])
        refusal.company_id = self.company_2
        with self.assertRaises(AccessError):
            self.as_role("manager", refusal).read(["subject"])

    def test_make_a_ticket_after_all(self):
        self.refused(self.mail("Please <b>help</b>", headers=["Precedence: bulk"]))
        refusal = self.Refusal.search([], limit=1)
        with self.assertRaises(AccessError):
            self.as_role("technician", refusal).action_make_ticket()
        action = self.as_role("intake", refusal).action_make_ticket()
        ticket = self.Ticket.browse(action["res_id"])
        self.assertEqual(ticket, refusal.ticket_id)
        self.assertEqual(ticket.partner_id, self.contact)
        self.assertEqual(ticket.team_id, self.team)
        self.assertIn("Please", ticket.description)
        self.assertEqual(ticket.message_ids.attachment_ids.name, "original.eml")
        with self.assertRaises(UserError):
            self.as_role("intake", refusal).action_make_ticket()

    def test_old_refusals_go(self):
        self.refused(self.mail(headers=["Precedence: bulk"]))
        refusal = self.Refusal.search([], limit=1)
        mail = refusal.original_id
        self.Refusal._gc_old()
        self.assertTrue(refusal.exists())
        refusal.date -= timedelta(days=91)
        self.Refusal._gc_old()
        self.assertFalse(refusal.exists())
        self.assertFalse(mail.exists())


@tagged("post_install", "-at_install")
class TestGatewayLoop(GatewayCommon):
    def test_burst_of_a_dealer(self):
        for number in range(60):
            raw = self.mail(f"Machine {number} stands still", subject="Service")
            self.assertEqual(len(self.take(raw)), 1, number)

    def test_the_same_again_and_again(self):
        for sender in ("mia@mill.example.com", "nobody@unknown.example.org"):
            made = [
                len(
                    self.take(
                        self.mail(
                            f"I am away until 2026-04-0{number}",
                            sender=sender,
                            subject=f"Re: ST/2026/0004{number} received",
                        )
                    )
                )
                for number in range(1, 8)
            ]
            self.assertEqual(made, [1, 1, 1, 1, 0, 0, 0])
            self.assertFalse(self.sent, "a loop is not fed")
        self.assertEqual(
            self.Refusal.search([], limit=6).mapped("reason"), ["loop"] * 6
        )

    def test_unknown_senders_are_limited_by_number(self):
        for number in range(20):
            raw = self.mail(f"Offer {number}", sender="spam@unknown.example.org")
            self.assertEqual(len(self.take(raw)), 1)
        raw = self.mail("One more", sender="spam@unknown.example.org")
        self.assertEqual(self.refused(raw), ["loop"])


@tagged("post_install", "-at_install")
class TestGatewayAnswers(GatewayCommon):
    def answers(self, ticket, **values):
        """Let somebody write with the reference of a ticket in the subject."""
        values.setdefault("subject", f"Re: [{ticket.reference}] the press")
        return self.take(self.mail(**values))

    def test_reference_in_the_subject(self):
        ticket = self.take(self.mail())
        colleague = self.env["res.partner"].create(
            {
                "name": "Max Mill",
                "parent_id": self.customer.id,
                "email": "max@mill.example.com",
            }
        )
        for sender in ("mia@mill.example.com", colleague.email):
            before = len(ticket.message_ids)
            self.assertFalse(self.answers(ticket, sender=sender, body=sender))
            self.assertEqual(len(ticket.message_ids), before + 1)

    def test_reference_used_by_a_stranger(self):
        ticket = self.take(self.mail())
        other = self.env["res.partner"].create(
            {"name": "Rival", "email": "rival@example.com"}
        )
        for sender in ("nobody@unknown.example.org", other.email):
            self.assertEqual(len(self.answers(ticket, sender=sender)), 1)
        ticket.message_subscribe(other.ids)
        self.assertFalse(self.answers(ticket, sender=other.email, body="Now I may"))

    def test_reference_used_by_the_unknown_reporter(self):
        ticket = self.take(self.mail(sender="nobody@unknown.example.org"))
        found = self.answers(ticket, sender="Nobody <NOBODY@unknown.example.org>")
        self.assertFalse(found)

    def test_reference_of_another_company(self):
        ticket = self.take(self.mail())
        other = self.other_company_team()
        found = self.answers(ticket, to=f"service.b@{other.alias_domain}")
        self.assertEqual(found.company_id, self.company_2)

    def test_answer_to_an_ended_ticket(self):
        ticket = self.take(self.mail())
        ticket.user_id = self.users["technician"]
        ticket.sudo()._set_state("solved")
        for body in ("It leaks again", "Hello?"):
            self.assertFalse(self.answers(ticket, body=body))
        self.assertEqual(ticket.state, "solved", "a mail reopens nothing")
        self.assertEqual(len(ticket.activity_ids), 1)
        self.assertEqual(ticket.activity_ids.user_id, self.users["technician"])
        self.assertEqual(
            ticket.activity_ids.activity_type_id,
            self.env.ref("aftersales_service.mail_activity_type_answer"),
        )

    def test_colleague_and_machine_ask_nobody(self):
        ticket = self.take(self.mail())
        ticket.user_id = self.users["technician"]
        ticket.sudo()._set_state("solved")
        ticket.message_subscribe(self.users["support"].partner_id.ids)
        self.answers(ticket, sender="support@maker.example.com")
        self.answers(ticket, headers=["Auto-Submitted: auto-replied"])
        self.assertFalse(ticket.activity_ids)


@tagged("post_install", "-at_install")
class TestGatewayAcknowledge(GatewayCommon):
    def acknowledge(self):
        """Let the job send what is due.

        :return: `mail.mail` records
        """
        with self.mock_mail_gateway():
            due = self.Received.search([("acknowledge", "=", "due")], order="id")
            due._acknowledge()
            return self._new_mails

    def test_known_and_unknown_are_told(self):
        known = self.take(self.mail())
        unknown = self.take(self.mail(sender="nobody@unknown.example.org"))
        mails = self.acknowledge()
        self.assertEqual(len(mails), 2)
        for ticket, mail in zip(known | unknown, mails.sorted("id"), strict=True):
            self.assertEqual(mail.res_id, ticket.id)
            self.assertIn(ticket.reference, mail.subject)
            self.assertIn(ticket.reference, mail.body_html)
            self.assertIn("Auto-Submitted", mail.headers)
            self.assertIn("auto-replied", mail.headers)
            self.assertIn("X-Auto-Response-Suppress", mail.headers)
            self.assertIn(self.address, mail.reply_to)
        self.assertIn("unknown.example.org", mails.sorted("id")[1].email_to)
        self.assertFalse(known.responded_at, "no promise is met by it")
        self.assertEqual(known.state, "new")

    def test_once_an_hour(self):
        self.take(self.mail("First"))
        self.take(self.mail("Second"))
        self.assertEqual(len(self.acknowledge()), 1)
        self.take(self.mail("Third"))
        self.assertFalse(self.acknowledge())
        self.Received.search([("acknowledge", "=", "sent")]).received_at -= timedelta(
            minutes=61
        )
        self.take(self.mail("Fourth"))
        self.assertEqual(len(self.acknowledge()), 1)

    def test_nobody_is_told(self):
        self.take(self.mail("Alarm", headers=["Auto-Submitted: auto-generated"]))
        self.assertFalse(self.acknowledge())
        self.team.acknowledge = False
        self.take(self.mail("Help"))
        self.assertFalse(self.acknowledge())

    def test_an_answer_is_not_acknowledged(self):
        self.take(self.mail(message_id="<first@mill.example.com>"))
        self.acknowledge()
        self.Received.search([]).received_at -= timedelta(hours=2)
        self.take(self.mail("More", headers=["In-Reply-To: <first@mill.example.com>"]))
        self.assertFalse(self.acknowledge())

    def test_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.contact.lang = "zh_CN"
        template = self.env.ref("aftersales_service.mail_template_acknowledgement")
        template.with_context(lang="zh_CN").subject = "已收到 {{ object.reference }}"
        self.take(self.mail())
        self.assertIn("已收到", self.acknowledge().subject)

    def test_the_job(self):
        self.take(self.mail())
        cron = self.env.ref("aftersales_service.ir_cron_acknowledge")
        with self.mock_mail_gateway(), self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)
        self.assertFalse(self.Received.search([("acknowledge", "=", "due")]))


@tagged("post_install", "-at_install")
class TestGatewayCopies(GatewayCommon):
    def test_copies_follow_by_setting(self):
        support = self.users["support"].partner_id
        headers = [f"Cc: {support.email}, stranger@example.com"]
        ticket = self.take(self.mail("One", headers=headers))
        self.assertNotIn(support, ticket.message_partner_ids)
        self.assertIn("stranger@example.com", ticket.email_cc)
        self.team.follow_cc = True
        ticket = self.take(self.mail("Two", headers=headers))
        self.assertIn(support, ticket.message_partner_ids)
        self.assertIn("stranger@example.com", ticket.email_cc)

    def test_attachments_are_kept(self):
        for name, content in (
            ("winmail.dat", b"\x78\x9f\x3e\x22 tnef"),
            ("video.bin", b"0123456789abcdef" * 65536 * 25),
        ):
            coded = base64.encodebytes(content).decode()
            raw = self.mail(
                "--b\r\nContent-Type: text/plain\r\n\r\nSee below\r\n--b\r\n"
                f'Content-Type: application/ms-tnef; name="{name}"\r\n'
                "Content-Transfer-Encoding: base64\r\n"
                f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
                f"{coded}\r\n--b--",
                headers=["Content-Type: multipart/mixed; boundary=b"],
            )
            kept = self.take(raw).message_ids.attachment_ids
            self.assertEqual((kept.name, kept.raw), (name, content))
