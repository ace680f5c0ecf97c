# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Remote service from the ticket to the signed form, by link and by telephone."""

import base64
import hashlib
import re
from datetime import timedelta

from lxml import html

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import hash_sign, mute_logger

from ..models.aftersales_service_acceptance import SCOPE
from .common import GROUP, drawn_signature
from .common_web import PASSWORD, WebCommon


class RemoteCommon(WebCommon):
    def setUp(self):
        super().setUp()
        self.ticket = self.create_ticket()

    def serve(self, ticket=None, role="technician"):
        """Serve a ticket from a distance, up to the acceptance.

        :return: `aftersales.dispatch` as the technician sees it
        """
        ticket = ticket or self.ticket
        action = self.as_role(role, ticket).action_remote_service()
        visit = self.as_role("technician", "aftersales.dispatch").browse(
            action["res_id"]
        )
        visit.job_ids.write({"work_done": "Parameter 7 set", "result": "solved"})
        visit.line_ids = [
            Command.create({"kind": "labour", "name": "Guidance", "hours": 0.5})
        ]
        visit.action_finish()
        return visit

    def send(self, visit):
        """Send the link.

        :return: path of the page in the mail
        """
        with self.mock_mail_gateway():
            visit.action_send_acceptance()
            self.mail_sent = self._new_mails[-1:]
        link = html.fromstring(self.mail_sent.body_html).xpath("//a/@href")[0]
        self.env.flush_all()
        return re.sub(r"^https?://[^/]+", "", link)

    def heading(self, response):
        return self.tree(response).xpath("//h1")[0].text_content().strip()

    def form_html(self, form):
        report = "aftersales_service.aftersales_service_form_report"
        text, _kind = self.env["ir.actions.report"]._render_qweb_html(report, form.ids)
        main = html.fromstring(text.decode())
        return " ".join(main.text_content().split())


@tagged("post_install", "-at_install")
class TestRemoteService(RemoteCommon):
    # === FROM THE TICKET === #

    def test_one_click_opens_the_form(self):
        action = self.as_role("technician", self.ticket).action_remote_service()
        visit = self.env["aftersales.dispatch"].browse(action["res_id"])
        self.assertEqual((visit.mode, visit.state), ("remote", "on_site"))
        self.assertEqual(visit.technician_ids, self.technician)
        self.assertEqual(visit.job_ids.ticket_id, self.ticket)
        self.assertEqual(self.ticket.state, "in_progress")
        again = self.as_role("technician", self.ticket).action_remote_service()
        self.assertEqual(again["res_id"], visit.id, "no second one")

    def test_who_may_open_it(self):
        for role in ("intake", "support", "finance", "quality"):
            with self.assertRaises(AccessError):
                self.as_role(role, self.ticket).action_remote_service()
        with self.assertRaisesRegex(UserError, "no employee"):
            self.as_role("dispatcher", self.ticket).action_remote_service()
        self.ticket.user_id = self.users["technician"]
        action = self.as_role("dispatcher", self.ticket).action_remote_service()
        visit = self.env["aftersales.dispatch"].browse(action["res_id"])
        self.assertEqual(visit.technician_ids, self.technician)

    def test_what_is_missing_is_said(self):
        stranger = self.create_ticket(partner_id=False, serial_number=False)
        with self.assertRaisesRegex(UserError, "who the customer is"):
            self.as_role("technician", stranger).action_remote_service()
        self.as_role("intake", self.ticket).action_cancel()
        with self.assertRaisesRegex(UserError, "Reopen"):
            self.as_role("technician", self.ticket).action_remote_service()

    def test_nobody_travels(self):
        visit = self.serve()
        with self.assertRaisesRegex(ValidationError, "nobody travels"):
            visit.line_ids = [
                Command.create({"kind": "travel", "name": "Way", "hours": 1})
            ]
        on_site = self.plan_visit(self.create_ticket())
        self.as_role("technician", on_site).line_ids = [
            Command.create({"kind": "travel", "name": "Way", "hours": 1})
        ]
        with self.assertRaisesRegex(ValidationError, "nobody travels"):
            on_site.mode = "remote"

    # === BY LINK === #

    def test_accepted_through_the_link(self):
        visit = self.serve()
        path = self.send(visit)
        self.assertIn("mia@mill.example.com", self.mail_sent.email_to)
        self.assertEqual(visit.acceptance_state, "sent")
        page = self.page(path)
        self.assertIn("Parameter 7 set", page.text)
        self.assertNotIn("South Road", page.text, "no site")
        form = self.tree(page).xpath("//form[@method='post']")[0]
        self.assertEqual(form.fields["name"], "Mia Mill")
        done = self.fill(path, {"name": "Mia M. Mill", "role": "Head"}, button="accept")
        self.assertIn("the service is accepted", self.heading(done))
        self.assertIn("Mia M. Mill", done.text)
        signed = visit.form_id
        self.assertEqual(visit.state, "done")
        self.assertEqual(self.ticket.state, "solved")
        self.assertEqual(signed.acceptance, "link")
        self.assertEqual(signed.outcome, "accepted")
        self.assertEqual(
            (signed.signer_name, signed.signer_role), ("Mia M. Mill", "Head")
        )
        self.assertEqual(signed.signer_ip, "127.0.0.1")
        self.assertEqual(signed.recorded_by, self.users["technician"])
        self.assertEqual(
            hashlib.sha256(signed.content.encode()).hexdigest(), signed.content_hash
        )
        self.assertEqual(visit.acceptance_ids[:1].form_id, signed)
        self.assertTrue(signed._says_the_same())
        text = self.form_html(signed)
        self.assertIn("Accepted online by Mia M. Mill on", text)
        self.assertIn("from the address 127.0.0.1", text)
        self.assertIn("Remote Service", text)
        for word in ("Site", "Travel", "Arrival", "Departure", "Not signed"):
            self.assertNotIn(word, text)
        with self.assertRaisesRegex(UserError, "signed and locked"):
            visit.job_ids.work_done = "Something else"
            self.env.flush_all()

    def test_remarks_and_drawing(self):
        visit = self.serve()
        path = self.send(visit)
        drawing = drawn_signature("Mia")
        self.fill(
            path,
            {
                "remarks": "Fast.\nFriendly.",
                "drawing": f"data:image/png;base64,{drawing.decode()}",
            },
            button="accept",
        )
        form = visit.form_id
        self.assertEqual(form.outcome, "remarks")
        self.assertEqual(form.customer_comments, "Fast.\nFriendly.")
        self.assertEqual(
            form._get_content()["signature"]["customer_image_sha256"],
            hashlib.sha256(base64.b64decode(drawing)).hexdigest(),
        )

    def test_used_once(self):
        visit = self.serve()
        path = self.send(visit)
        token = self.tree(self.page(path)).xpath("//input[@name='csrf_token']/@value")
        self.fill(path, {"name": "Mia"}, button="accept")
        form = visit.form_id
        for data in (
            {"answer": "accept", "name": "Somebody Else"},
            {"answer": "decline", "reason": "No"},
        ):
            answer = self.page(
                path, data={**data, "csrf_token": token[0]}, method="POST"
            )
            self.assertIn("the service is accepted", self.heading(answer))
            self.assertNotIn("Somebody Else", answer.text)
        self.env.invalidate_all()
        self.assertEqual(visit.form_ids, form)
        self.assertEqual(visit.acceptance_ids[:1].state, "accepted")

    def test_declined_reaches_the_responsible(self):
        self.ticket.user_id = self.users["support"]
        visit = self.serve()
        path = self.send(visit)
        answer = self.fill(path, {"reason": "<b>Still</b> loud"}, button="decline")
        self.assertIn("Thank you for telling us", self.heading(answer))
        self.assertEqual((visit.state, visit.acceptance_state), ("to_sign", "declined"))
        self.assertFalse(visit.form_ids)
        self.assertEqual(self.ticket.state, "in_progress")
        activity = self.ticket.activity_ids
        self.assertEqual(activity.user_id, self.users["support"])
        self.assertIn("&lt;b&gt;Still", activity.note)
        self.assertIn("&lt;b&gt;Still", self.ticket.message_ids[0].body)
        self.assertTrue(all(self.ticket.message_ids[:1].mapped("is_internal")))
        # The technician goes on and sends it again.
        visit.action_continue()
        visit.job_ids.work_done = "Parameter 8 set as well"
        visit.action_finish()
        self.fill(self.send(visit), {"name": "Mia"}, button="accept")
        self.assertEqual(visit.state, "done")

    def test_wrong_answers_keep_what_was_typed(self):
        visit = self.serve()
        path = self.send(visit)
        for values, button, said in (
            ({"name": " ", "role": "Head"}, "accept", "fill this in"),
            ({"name": "x" * 101, "role": "Head"}, "accept", "100 characters"),
            ({"name": "M", "role": "Head", "remarks": "x" * 2001}, "accept", "2000"),
            ({"name": "M", "role": "Head", "drawing": "a,b"}, "accept", "no drawing"),
            ({"reason": ""}, "decline", "fill this in"),
            ({"reason": "x" * 1001}, "decline", "1000 characters"),
        ):
            with self.subTest(values=str(values)[:40]):
                answer = self.fill(path, values, button=button)
                self.assertIn(said, answer.text)
                if button == "accept":
                    form = self.tree(answer).xpath("//form[@method='post']")[0]
                    self.assertEqual(form.fields["role"], "Head")
        for data in ({}, {"answer": "sign"}):
            self.fill(path, data)
        self.assertEqual((visit.state, visit.acceptance_state), ("to_sign", "sent"))

    def test_nothing_without_the_token_of_the_form(self):
        visit = self.serve()
        path = self.send(visit)
        with mute_logger("odoo.http"):
            answer = self.page(
                path, data={"answer": "accept", "name": "M"}, method="POST"
            )
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(visit.state, "to_sign")

    def test_reading_answers_nothing(self):
        visit = self.serve()
        path = self.send(visit)
        self.page(f"{path}?answer=accept&name=Mia")
        self.env.invalidate_all()
        self.assertEqual((visit.state, visit.acceptance_state), ("to_sign", "sent"))

    def test_edited_foreign_and_expired_tokens(self):
        visit = self.serve()
        path = self.send(visit)
        token = path.rsplit("/", 1)[1]
        acceptance = visit.sudo().acceptance_ids[:1]
        other = self.serve(self.create_ticket())
        self.send(other)
        env = self.env(su=True)
        pair = [acceptance.id, visit.id]
        wrong = [
            token[:-1] + ("A" if token[-1] != "A" else "B"),
            token[:30],
            token + "x",
            "x",
            "%00",
            "é",
            "1",
            str(acceptance.id),
            hash_sign(env, "another scope", pair),
            hash_sign(env, SCOPE, [acceptance.id, other.id]),
            hash_sign(env, SCOPE, [10**6, visit.id]),
            hash_sign(env, SCOPE, pair, expiration=timedelta(hours=-1)),
        ]
        for value in wrong:
            with self.subTest(token=value[:20]):
                answer = self.page(f"/aftersales/accept/{value}")
                self.assertEqual(answer.status_code, 404)
                self.assertNotIn("Parameter 7", answer.text)
                self.assertNotIn(visit.name, answer.text)
        acceptance.expires_at = fields.Datetime.now() - timedelta(minutes=1)
        answer = self.page(path)
        self.assertIn("does not work", self.heading(answer))
        self.assertTrue(visit.acceptance_is_late)
        self.assertEqual(visit.state, "to_sign")

    def test_link_ends_with_the_work_it_shows(self):
        visit = self.serve()
        first = self.send(visit)
        second = self.send(visit)
        self.assertIn("was replaced", self.heading(self.page(first)))
        self.assertIn("Remote Service", self.heading(self.page(second)))
        visit.line_ids[0].hours = 3
        self.assertIn("was replaced", self.heading(self.page(second)))
        visit.line_ids[0].hours = 0.5
        self.assertIn("Remote Service", self.heading(self.page(second)))
        visit.action_continue()
        self.assertIn("was replaced", self.heading(self.page(second)))
        self.assertEqual(visit.acceptance_state, "withdrawn")

    def test_correction_is_a_new_version(self):
        visit = self.serve()
        self.fill(self.send(visit), {"name": "Mia"}, button="accept")
        visit.action_correct()
        visit.line_ids[0].hours = 1
        self.fill(self.send(visit), {"name": "Mia"}, button="accept")
        form = visit.form_id
        self.assertEqual(form.version, 2)
        self.assertIn("Corrected after version 1", form.replaces_reason)

    def test_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        (self.contact | self.customer).lang = "zh_CN"
        visit = self.serve()
        answer = self.page(self.send(visit))
        self.assertIn('lang="zh-CN"', answer.text)

    # === WHO === #

    def test_colleagues_can_not_accept(self):
        visit = self.serve()
        path = self.send(visit)
        self.users["technician"].password = PASSWORD
        self.authenticate(self.users["technician"].login, PASSWORD)
        answer = self.page(path)
        self.assertEqual(answer.status_code, 403)
        self.assertNotIn('csrf_token" value', answer.text)
        self.assertEqual(visit.state, "to_sign")

    def test_link_is_not_in_the_chatter(self):
        visit = self.serve()
        token = self.send(visit).rsplit("/", 1)[1]
        for record in (visit, self.ticket):
            for message in record.sudo().message_ids:
                self.assertNotIn(token[:60], message.body)
        Acceptance = self.as_role("technician", "aftersales.service.acceptance")
        record = Acceptance.search([("dispatch_id", "=", visit.id)])
        self.assertTrue(record.email)
        for role in ("technician", "dispatcher", "manager"):
            with self.assertRaises(AccessError):
                self.as_role(role, record).write({"state": "accepted"})
            with self.assertRaises(AccessError):
                self.as_role(role, record).copy()

    def test_who_may_send(self):
        visit = self.serve()
        for role in ("intake", "support", "finance", "quality"):
            with self.assertRaises(AccessError):
                self.as_role(role, visit).action_send_acceptance()
        stranger = new_test_user(
            self.env,
            "as_stranger_3",
            groups=f"base.group_user,{GROUP % 'technician'}",
            company_id=self.company_2.id,
            company_ids=[Command.set(self.company_2.ids)],
        )
        with self.assertRaises(AccessError):
            visit.with_user(stranger).action_send_acceptance()
        with self.assertRaises(AccessError):
            self.ticket.with_user(stranger).action_remote_service()
        on_site = self.work_visit(self.plan_visit(self.create_ticket()))
        with self.assertRaisesRegex(UserError, "remote"):
            on_site.action_accept_by_phone()

    def test_no_address(self):
        (self.contact | self.customer).email = False
        ticket = self.create_ticket(email_from=False)
        with self.assertRaisesRegex(UserError, "by telephone"):
            self.serve(ticket).action_send_acceptance()

    # === BY TELEPHONE === #

    def call(self, visit, role="technician", **values):
        action = self.as_role(role, visit).action_accept_by_phone()
        wizard = (
            self.as_role(role, "aftersales.service.sign")
            .with_context(**action["context"])
            .create(
                {
                    "signer_name": "Mia Mill",
                    "acceptance_note": "Runs again, all fine",
                    **values,
                }
            )
        )
        action = wizard.action_sign()
        return self.env["aftersales.service.form"].browse(action["res_id"])

    def test_accepted_by_telephone(self):
        with self.at(0):
            ticket = self.create_ticket()
        with self.at(1):
            visit = self.serve(ticket)
            path = self.send(visit)
        with self.at(3):
            called = fields.Datetime.now() - timedelta(minutes=30)
            form = self.call(visit, called_at=called)
        self.assertEqual(form.signed_at, called)
        self.assertEqual((form.acceptance, form.outcome), ("phone", "accepted"))
        self.assertFalse(form.signature or form.technician_signature)
        self.assertEqual(ticket.state, "solved")
        self.assertEqual(ticket.solved_at, called)
        text = self.form_html(form)
        self.assertIn("Accepted by telephone by Mia Mill on 03/02/2026 12:30", text)
        self.assertIn("recorded by Technician", text)
        self.assertIn("Runs again, all fine", text)
        self.assertNotIn("Not signed", text)
        note = ticket.message_ids.filtered(lambda m: "Runs again" in m.body)
        self.assertIn("Call with Mia Mill", note.body)
        self.assertTrue(form._says_the_same())
        with self.at(4):
            self.assertIn("was replaced", self.heading(self.page(path)))

    def test_refused_by_telephone(self):
        visit = self.serve()
        form = self.call(visit, outcome="refused", outcome_reason="Still loud")
        self.assertEqual(form.outcome, "refused")
        self.assertEqual(self.ticket.state, "in_progress")
        text = self.form_html(form)
        self.assertIn("Told by telephone on", text)
        self.assertNotIn("Accepted by telephone", text)

    def test_what_a_call_needs(self):
        with self.at(0):
            ticket = self.create_ticket()
        with self.at(1):
            visit = self.serve(ticket)
        now = self.NOW
        with self.at(5):
            for values, said in (
                ({"signer_name": " "}, "who accepted"),
                ({"acceptance_note": False}, "what was said"),
                ({"called_at": now + timedelta(hours=6)}, "before it is made"),
                ({"called_at": now}, "before it was finished"),
                ({"outcome": "remarks"}, "remarks"),
                ({"outcome": "refused"}, "not signed"),
            ):
                with (
                    self.subTest(said=said),
                    self.assertRaisesRegex(ValidationError, said),
                ):
                    self.call(visit, **values)
        with self.at(60):
            with self.assertRaisesRegex(ValidationError, "24 hours"):
                self.call(visit, called_at=now + timedelta(hours=2))
            form = self.call(visit, role="manager", called_at=now + timedelta(hours=2))
        self.assertTrue(form)

    def test_visit_is_not_accepted_by_telephone(self):
        """Not by a value in a request either."""
        visit = self.work_visit(self.plan_visit(self.ticket))
        with self.assertRaisesRegex(UserError, "remote service"):
            self.sign(visit, acceptance="phone", acceptance_note="x")
        form = self.sign(visit)
        self.assertEqual(form.acceptance, "drawn")
        self.assertIn("Site", self.form_html(form))

    def test_forms_of_earlier_versions_stay_what_they_were(self):
        visit = self.work_visit(self.plan_visit(self.ticket))
        values = {
            "name": visit.name,
            "version": 1,
            "outcome": "accepted",
            "signed_at": False,
            "technician_name": "T",
            "recorded_by": self.env.uid,
        }
        for schema in (1, 2):
            content = visit._prepare_form_content(values, schema)
            self.assertNotIn("acceptance", content["signature"])
            self.assertNotIn("is_remote", content["visit"])
            self.assertTrue(content["site"])
