# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Regression 35: agents neither switch off nor change what a customer says of them."""

import re

from odoo.exceptions import AccessError
from odoo.http import Request
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MailCase

from .common import AftersalesCommon

AGENTS = ("intake", "technician", "support", "dispatcher", "manager")


@tagged("post_install", "-at_install")
class TestRating(AftersalesCommon, MailCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.team.asks_rating = True

    def close(self, ticket):
        """Let the ticket be solved by a technician and closed; return the mails."""
        technician = self.as_role("technician", ticket)
        technician.action_assign_to_me()
        technician.resolution = "Seal replaced"
        technician.action_solve()
        with self.mock_mail_gateway():
            self.as_role("dispatcher", ticket).action_close()
            self.env.flush_all()
            return self._new_mails.sudo()

    def rate(self, mail, value=1, feedback="Nobody came"):
        """Open the link of a mail as the customer and rate."""
        token = re.search(r"/rate/([0-9a-f]+)/1", mail.body_html)[1]
        self.authenticate(None, None)
        page = self.url_open(f"/rate/{token}/{value}")
        self.assertEqual(page.status_code, 200)
        answer = self.url_open(
            f"/rate/{token}/submit_feedback",
            data={
                "rate": value,
                "feedback": feedback,
                "csrf_token": Request.csrf_token(self),
            },
        )
        self.assertEqual(answer.status_code, 200)

    def rated(self):
        """Return a closed ticket with the bad rating of its customer."""
        ticket = self.create_ticket()
        self.rate(self.close(ticket))
        self.env.invalidate_all()
        return ticket, ticket.sudo().rating_ids

    def test_the_customer_is_asked_and_answers(self):
        self.contact.lang = "en_US"
        ticket, rating = self.rated()
        self.assertEqual((rating.rating, rating.consumed), (1, True))
        self.assertEqual(rating.partner_id, self.contact)
        technician = self.users["technician"].partner_id
        self.assertEqual(rating.rated_partner_id, technician)
        words = ticket.sudo().message_ids.mapped("body")
        self.assertTrue(any("Nobody came" in word for word in words))
        self.assertTrue(any("asked how he was served" in word for word in words))

    def test_once(self):
        ticket = self.create_ticket()
        self.assertEqual(len(self.close(ticket)), 1)
        self.as_role("technician", ticket).action_reopen()
        self.assertFalse(self.close(ticket))

    def test_nobody_to_ask(self):
        self.contact.email = False
        self.assertFalse(self.close(self.create_ticket()))
        colleague = self.users["quality"]
        ticket = self.create_ticket(partner_id=colleague.partner_id.id)
        self.assertFalse(self.close(ticket), "colleagues don't rate each other")

    def test_a_cancelled_one_is_not_asked_about(self):
        with self.mock_mail_gateway():
            self.as_role("dispatcher", self.create_ticket()).action_cancel()
        self.assertFalse(self._new_mails)

    def test_who_does_not_ask(self):
        self.team.asks_rating = False
        self.assertFalse(self.close(self.create_ticket()))

    def test_agents_do_not_switch_it_off(self):
        for role in AGENTS[:-1]:
            with self.subTest(role), self.assertRaises(AccessError):
                self.as_role(role, self.team).asks_rating = False

    def test_agents_do_not_change_it(self):
        ticket, rating = self.rated()
        message = rating.message_id
        self.assertTrue(message)
        for role in AGENTS:
            own = self.as_role(role, rating)
            with self.subTest(role):
                for values in (
                    {"rating": 5},
                    {"feedback": "Great"},
                    {"consumed": False},
                    {"res_id": ticket.id + 1},
                    {"access_token": "x"},
                    {"message_id": False},
                ):
                    with self.assertRaises(AccessError):
                        own.write(values)
                with self.assertRaises(AccessError):
                    own.reset()
                with self.assertRaises(AccessError):
                    own.unlink()
                with self.assertRaises(AccessError):
                    self.as_role(role, message).unlink()
                with self.assertRaises(AccessError):
                    self.as_role(role, ticket).message_post(
                        body="Great", rating_value=5
                    )
                with self.assertRaises(AccessError):
                    self.as_role(role, "rating.rating").create(
                        {
                            "res_model_id": self.env["ir.model"]._get_id(ticket._name),
                            "res_id": ticket.id,
                            "rating": 5,
                            "consumed": True,
                        }
                    )
        self.assertEqual((rating.exists().rating, rating.feedback), (1, "Nobody came"))

    def test_a_rating_of_something_else_is_not_made_one_of_a_ticket(self):
        ticket = self.create_ticket()
        own = self.as_role("technician", "rating.rating").create(
            {
                "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                "res_id": self.contact.id,
                "rating": 5,
            }
        )
        with self.assertRaises(AccessError):
            own.write(
                {
                    "res_model_id": self.env["ir.model"]._get_id(ticket._name),
                    "res_id": ticket.id,
                }
            )

    def test_agents_do_not_learn_the_link(self):
        ticket = self.create_ticket()
        mail = self.close(ticket)
        token = ticket.sudo().rating_ids.access_token
        self.assertIn(token, mail.body_html)
        for role in AGENTS:
            with self.subTest(role):
                own = self.as_role(role, ticket)
                with self.assertRaises(AccessError):
                    own.rating_ids.mapped("access_token")
                self.assertFalse(
                    own.message_ids.filtered(lambda m: token in (m.body or ""))
                )
                Message = self.as_role(role, "mail.message")
                self.assertFalse(Message.search([("body", "like", token)]))

    def test_over_http(self):
        ticket, rating = self.rated()
        user = self.users["dispatcher"]
        user.password = "dispatcher-pass-1"
        self.authenticate(user.login, "dispatcher-pass-1")
        for url, params in (
            (
                "/mail/message/update_content",
                {
                    "message_id": rating.message_id.id,
                    "update_data": {"body": "Great", "attachment_ids": []},
                },
            ),
            (
                "/mail/message/post",
                {
                    "thread_model": ticket._name,
                    "thread_id": ticket.id,
                    "post_data": {"body": "Great", "rating_value": 5},
                },
            ),
        ):
            with (
                self.subTest(url),
                mute_logger("odoo.http"),
                self.assertRaises(JsonRpcException),
            ):
                self.make_jsonrpc_request(url, params)
        self.env.invalidate_all()
        self.assertEqual(rating.rating, 1)
        self.assertIn("Nobody came", rating.message_id.body)
        self.assertEqual(len(ticket.sudo().rating_ids), 1)
