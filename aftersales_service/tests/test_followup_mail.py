# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The customer answers by the link in his mail, and nobody else does it for him."""

import re

from odoo.exceptions import AccessError
from odoo.http import Request
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MailCase

from .common_followup import FollowupCommon

AGENTS = ("intake", "technician", "support", "dispatcher", "quality", "manager")


@tagged("post_install", "-at_install")
class TestFollowupMail(FollowupCommon, MailCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.rule.way = "email"
        self.team.mails_form = False

    def signed(self, **values):
        """Let a visit be signed.

        :return: its form and the mails that go out
        """
        ticket = self.create_ticket(severity="serious", **values)
        visit = self.work_visit(self.plan_visit(ticket))
        with self.mock_mail_gateway():
            form = self.sign(visit)
            self.env.flush_all()
            return form, self._new_mails.sudo()

    def rate(self, mail, value, feedback="He left oil on the floor"):
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
        self.env.invalidate_all()

    def test_the_customer_is_asked(self):
        form, mail = self.signed()
        followup = self.follow(form)
        self.assertEqual((followup.way, followup.state), ("email", "to_do"))
        self.assertEqual(len(mail), 1)
        self.assertIn("mia@mill.example.com", mail.email_to)
        self.assertIn("mia@mill.example.com", followup.mail_to)
        self.assertEqual(followup.contact_id, self.contact)
        self.assertIn("Hose replaced", mail.body_html, "what the form states")
        self.assertIn("Tara Technician", mail.body_html)
        self.assertTrue(mail.auto_delete)
        self.assertFalse(mail.model, "who reads the thread can't rate")
        self.assertEqual(followup.user_id, self.users["intake"])
        self.assertTrue(followup.activity_ids, "somebody looks after it")

    def test_in_his_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.contact.lang = "fr_FR"
        template = self.env.ref("aftersales_service.mail_template_followup")
        template.with_context(lang="fr_FR").subject = "Tout va bien ?"
        _form, mail = self.signed()
        self.assertEqual(mail.subject, "Tout va bien ?")

    def test_happy(self):
        form, mail = self.signed()
        followup = self.follow(form)
        ticket = form.dispatch_id.job_ids.ticket_id
        self.rate(mail, 5, "Thank you")
        self.assertEqual(followup.state, "done")
        self.assertEqual(followup.satisfaction, "5")
        self.assertEqual(followup.customer_words, "Thank you")
        self.assertFalse(followup.done_by, "he did it himself")
        self.assertFalse(followup.is_bad)
        self.assertFalse(followup.activity_ids)
        self.assertEqual(ticket.state, "solved")
        self.assertFalse(self.leader_told(ticket))
        rating = followup.rating_ids
        self.assertEqual(rating.partner_id, self.contact)
        technician = self.users["technician"].partner_id
        self.assertEqual(rating.rated_partner_id, technician)

    def test_unhappy(self):
        form, mail = self.signed()
        followup = self.follow(form)
        ticket = form.dispatch_id.job_ids.ticket_id
        self.rate(mail, 1)
        self.assertEqual(followup.state, "done")
        self.assertTrue(followup.is_bad)
        self.assertEqual(ticket.state, "in_progress")
        [told] = self.leader_told(ticket)
        self.assertEqual(told.user_id, self.team.leader_id)
        notes = "".join(ticket.sudo().message_ids.mapped("body"))
        self.assertNotIn("oil on the floor", notes)
        thread = "".join(followup.message_ids.mapped("body"))
        self.assertIn("oil on the floor", thread)

    def test_he_changes_his_mind(self):
        form, mail = self.signed()
        followup = self.follow(form)
        ticket = form.dispatch_id.job_ids.ticket_id
        self.rate(mail, 5, "")
        self.rate(mail, 1, "It leaks again")
        self.assertEqual(followup.satisfaction, "1")
        self.assertEqual(followup.customer_words, "It leaks again")
        self.assertEqual(ticket.state, "in_progress")
        self.assertEqual(len(self.leader_told(ticket)), 1)
        self.rate(mail, 5, "Solved")
        self.assertTrue(followup.is_bad, "what was bad once is looked after")
        self.assertEqual(len(self.leader_told(ticket)), 1)

    def test_called_before_he_answers(self):
        """What he said on the telephone stays; a bad answer by mail counts too."""
        form, mail = self.signed()
        followup = self.follow(form)
        ticket = form.dispatch_id.job_ids.ticket_id
        self.call(followup, satisfaction="4", customer_words="Fine")
        self.rate(mail, 1, "It leaks again")
        self.assertEqual(followup.satisfaction, "4")
        self.assertEqual(followup.customer_words, "Fine")
        self.assertTrue(followup.is_bad)
        self.assertEqual(len(self.leader_told(ticket)), 1)
        self.assertEqual(ticket.state, "in_progress")

    def test_who_has_no_address_is_called(self):
        self.contact.email = self.customer.email = False
        form, mail = self.signed()
        self.assertFalse(mail)
        followup = self.follow(form)
        self.assertEqual(followup.way, "phone")
        self.assertEqual(followup.user_id, self.users["intake"])

    def test_colleagues_are_not_asked_by_mail(self):
        self.contact.email = False
        self.customer.email = self.users["quality"].email
        self.users["quality"].partner_id.parent_id = self.customer
        colleague = self.users["quality"].partner_id
        form, mail = self.signed(partner_id=colleague.id)
        self.assertFalse(mail)
        self.assertEqual(self.follow(form).way, "phone")

    def test_a_broken_mail_loses_no_signature(self):
        template = self.env.ref("aftersales_service.mail_template_followup")
        template.body_html = "<p t-out='object.no_such_field'/>"
        with mute_logger(
            "odoo.addons.mail.models.mail_render_mixin",
            "odoo.addons.aftersales_service.models.aftersales_followup_making",
        ):
            form, mail = self.signed()
        self.assertEqual(form.dispatch_id.state, "done")
        self.assertFalse(mail)
        followup = self.follow(form)
        self.assertEqual((followup.way, followup.mailed_at), ("phone", False))

    # === NOBODY ELSE === #

    def test_nobody_rates_for_him(self):
        form, mail = self.signed()
        followup = self.follow(form)
        rating = followup.rating_ids
        token = rating.access_token
        self.assertIn(token, mail.body_html)
        for role in AGENTS:
            own, row = self.as_role(role, followup), self.as_role(role, rating)
            with self.subTest(role):
                with self.assertRaises(AccessError):
                    row.write({"rating": 5, "consumed": True})
                with self.assertRaises(AccessError):
                    row.reset()
                with self.assertRaises(AccessError):
                    own.message_post(body="Great", rating_value=5)
                with self.assertRaises(AccessError):
                    own.rating_apply(5, token=token)
                with self.assertRaises(AccessError):
                    own.rating_apply(5, rating=row)
                with self.assertRaises(AccessError):
                    row.access_token  # noqa: B018 - read
                with self.assertRaises(AccessError):
                    self.as_role(role, "rating.rating").create(
                        {
                            "res_model_id": self.env["ir.model"]._get_id(own._name),
                            "res_id": own.id,
                            "rating": 5,
                            "consumed": True,
                        }
                    )
        self.assertEqual(followup.state, "to_do")
        self.assertFalse(rating.consumed)

    def test_over_http(self):
        """The technician has no way round by the thread of the follow-up."""
        form, mail = self.signed()
        followup = self.follow(form)
        for role in ("technician", "manager"):
            user = self.users[role]
            user.password = f"{role}-pass-1"
            self.authenticate(user.login, f"{role}-pass-1")
            with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
                self.make_jsonrpc_request(
                    "/mail/message/post",
                    {
                        "thread_model": followup._name,
                        "thread_id": followup.id,
                        "post_data": {"body": "Great", "rating_value": 5},
                    },
                )
        self.env.invalidate_all()
        self.assertEqual(followup.state, "to_do")
        self.rate(mail, 1)
        self.assertEqual(followup.satisfaction, "1")

    def test_the_rated_does_not_learn_it_from_the_ratings(self):
        form, mail = self.signed()
        self.rate(mail, 1)
        rating = self.follow(form).rating_ids
        for role, sees in (
            ("technician", False),
            ("support", False),
            ("intake", True),
            ("manager", True),
        ):
            found = self.as_role(role, rating).search([("id", "=", rating.id)])
            self.assertEqual(bool(found), sees, role)
