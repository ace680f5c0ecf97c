# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Regressions 30 and 31: what a customer with a login can't do with a ticket."""

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from .common import AftersalesCommon
from .test_ticket_mail import MAIL

PASSWORD = "portal-pass-1"


@tagged("post_install", "-at_install")
class TestPortalUser(AftersalesCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = cls._create_portal_user()
        cls.portal.password = PASSWORD
        cls.portal.partner_id.email = "chell@mill.example.com"
        cls.portal.company_ids = [Command.set(cls.company.ids)]
        cls.portal.company_id = cls.company

    def setUp(self):
        super().setUp()
        self.ticket = self.create_ticket()
        self.message = self.as_role("support", self.ticket).message_post(
            body="We look at it",
            subtype_xmlid="mail.mt_comment",
            attachments=[("secret.txt", b"secret")],
        )
        self.flush_tracking()
        self.env.flush_all()

    def refused(self, url, params):
        """Expect that a call is refused; return what was said."""
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException) as caught:
            self.make_jsonrpc_request(url, params)
        return str(caught.exception)

    def test_rpc_is_refused(self):
        self.authenticate(self.portal.login, PASSWORD)
        calls = [
            ("read", [self.ticket.ids, ["name"]], {}),
            ("web_read", [self.ticket.ids], {"specification": {"name": {}}}),
            ("web_search_read", [[]], {"specification": {"name": {}}}),
            ("write", [self.ticket.ids, {"user_id": self.portal.id}], {}),
            ("create", [{"name": "x", "team_id": self.team.id}], {}),
            ("unlink", [self.ticket.ids], {}),
            ("message_post", [self.ticket.ids], {"body": "Hello"}),
            *(
                (name, [self.ticket.ids], {})
                for name in (
                    "action_assign_to_me",
                    "action_cancel",
                    "action_close",
                    "action_go_on",
                    "action_merge",
                    "action_reopen",
                    "action_solve",
                    "action_view_possible_duplicates",
                )
            ),
        ]
        for method, args, kwargs in calls:
            with self.subTest(method=method):
                said = self.refused(
                    f"/web/dataset/call_kw/aftersales.ticket/{method}",
                    {
                        "model": "aftersales.ticket",
                        "method": method,
                        "args": args,
                        "kwargs": kwargs,
                    },
                )
                self.assertIn("AccessError", said)
        self.env.invalidate_all()
        self.assertEqual(self.ticket.state, "new")
        self.assertFalse(self.ticket.user_id)
        self.assertNotIn(self.portal.partner_id, self.ticket.message_partner_ids)

    def test_mail_routes_are_refused(self):
        self.authenticate(self.portal.login, PASSWORD)
        thread = {"thread_model": "aftersales.ticket", "thread_id": self.ticket.id}
        posted = {"body": "Hello", "message_type": "comment"}
        for url, params in (
            ("/mail/message/post", {**thread, "post_data": posted}),
            ("/mail/thread/subscribe", {**thread, "res_model": "aftersales.ticket"}),
            (
                "/mail/message/reaction",
                {"message_id": self.message.id, "content": "x", "action": "add"},
            ),
            (
                "/mail/message/update_content",
                {"message_id": self.message.id, "update_data": {"body": "y"}},
            ),
        ):
            with self.subTest(url=url):
                self.refused(url, params)
        self.env.invalidate_all()
        self.assertIn("We look at it", self.message.body)
        self.assertFalse(
            self.ticket.message_ids.filtered(
                lambda m: m.author_id == self.portal.partner_id
            )
        )

    def test_quiet_routes_give_nothing(self):
        """Some answer without an error, and then without a word of the ticket."""
        self.authenticate(self.portal.login, PASSWORD)
        thread = {"thread_model": "aftersales.ticket", "thread_id": self.ticket.id}
        subscribe = {
            "model": "aftersales.ticket",
            "method": "message_subscribe",
            "args": [self.ticket.ids, self.portal.partner_id.ids],
            "kwargs": {},
        }
        for url, params in (
            ("/mail/thread/messages", thread),
            ("/mail/chatter_fetch", thread),
            ("/web/dataset/call_kw/aftersales.ticket/message_subscribe", subscribe),
        ):
            with self.subTest(url=url):
                answer = str(self.make_jsonrpc_request(url, params))
                self.assertNotIn("We look at it", answer)
                self.assertNotIn(self.ticket.reference, answer)
        self.env.invalidate_all()
        self.assertNotIn(self.portal.partner_id, self.ticket.message_partner_ids)

    def test_files_and_links_are_refused(self):
        self.authenticate(self.portal.login, PASSWORD)
        file = self.message.attachment_ids
        with mute_logger("odoo.http"):
            answer = self.url_open(f"/web/content/{file.id}")
        self.assertNotIn(b"secret", answer.content)
        answer = self.url_open(
            f"/mail/view?model=aftersales.ticket&res_id={self.ticket.id}"
        )
        self.assertNotIn("Hose leaks", answer.text)
        self.env.invalidate_all()
        self.assertFalse(self.ticket.user_id)

    def receive(self, **values):
        with self.mock_mail_gateway():
            return self.format_and_process(
                MAIL,
                "Chell <chell@mill.example.com>",
                f"test.service@{self.alias_domain}",
                target_model="aftersales.ticket",
                **values,
            )

    def test_neither_mail_nor_reply_makes_him_responsible(self):
        ticket = self.receive(subject="Door stuck", msg_id="<p1@x>")
        self.assertEqual(ticket.partner_id, self.portal.partner_id)
        self.assertFalse(ticket.user_id)
        self.receive(
            subject="Re: Door stuck", msg_id="<p2@x>", extra="In-Reply-To: <p1@x>"
        )
        self.assertIn("<p2@x>", ticket.message_ids.mapped("message_id"))
        self.assertFalse(ticket.user_id)
        self.assertEqual(ticket.state, "new")

    def test_nobody_makes_him_responsible(self):
        for make in (
            lambda: self.create_ticket(user_id=self.portal.id),
            lambda: self.as_role("manager", self.ticket).write(
                {"user_id": self.portal.id}
            ),
        ):
            with self.assertRaisesRegex(ValidationError, "no colleague"):
                make()
        with self.assertRaises(AccessError):
            self.ticket.with_user(self.portal).action_assign_to_me()
