# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The page behind the printed code, and the link under which a visit is signed."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..controllers import verify
from ..tools.verify_code import make_token
from .common import drawn_signature
from .common_form import CHARGES
from .test_remote_service import RemoteCommon

PAGE = "/aftersales/verify"


@tagged("post_install", "-at_install")
class TestServiceFormVerify(RemoteCommon):
    def finish(self):
        return self.work_visit(self.plan_visit(self.ticket))

    def known(self, answer):
        return " ".join(self.tree(answer).xpath("//main")[0].text_content().split())

    # === VERIFICATION === #

    def test_code_confirms_the_form(self):
        form = self.sign(self.finish())
        self.assertIn(form.content_hash, form._qr_text())
        self.assertTrue(form._qr_text().endswith(form._verify_path()))
        answer = self.page(form._verify_path())
        self.assertEqual(answer.status_code, 200)
        text = self.known(answer)
        for words in (
            form.name,
            form.content_hash,
            self.company.name,
            "Accepted",
            "latest version",
            "Europe/Berlin",
        ):
            self.assertIn(words, text)
        for person in ("Mia", "Mill", "Tara", "South Road", "Hose", "P200"):
            self.assertNotIn(person, answer.text)
        self.assertIn("not made yet", text)
        action = self.as_role("finance", form).action_verify()
        self.assertEqual(action["url"], form._verify_link())

    def test_replaced_and_changed(self):
        visit = self.finish()
        first = self.sign(visit)
        visit.action_correct()
        second = self.sign(visit, replaces_reason="Two hours")
        text = self.known(self.page(first._verify_path()))
        self.assertIn("This version was replaced. Version 2 of", text)
        self.assertIn("latest version", self.known(self.page(second._verify_path())))
        self.env.cr.execute(
            "UPDATE aftersales_service_form SET content ="
            " replace(content, 'Hose', 'House') WHERE id = %s",
            [second.id],
        )
        self.env.invalidate_all()
        text = self.known(self.page(second._verify_path()))
        self.assertIn("What is stored of this form was changed", text)

    def test_edited_codes_say_nothing(self):
        form = self.sign(self.finish())
        other = self.sign(self.work_visit(self.plan_visit(self.create_ticket())))
        token = form._verify_path().rsplit("/", 1)[1]
        wrong = {"0" * 64, "f" * 64} - {form.content_hash}
        for value in (
            token[:-1] + ("0" if token[-1] != "0" else "1"),
            token[:50],
            str(form.id),
            make_token(form.id, wrong.pop(), form._verify_mac()),
            make_token(other.id, form.content_hash, form._verify_mac()),
            make_token(10**8, form.content_hash, form._verify_mac()),
            "é",
        ):
            with self.subTest(value=value[:20]):
                answer = self.page(f"{PAGE}/{value}")
                self.assertEqual(answer.status_code, 404)
                self.assertIn("not known", self.known(answer))
                self.assertNotIn(form.name, answer.text)

    def test_typed_codes(self):
        form = self.sign(self.finish())
        old = f"AFTERSALES:{form.name}:%s:SHA256:{form.content_hash}"
        for code in (old % 1, form._qr_text(), f" {form.content_hash.upper()} "):
            answer = self.fill(PAGE, {"code": code})
            self.assertEqual(answer.status_code, 200)
            self.assertIn(form.name, self.known(answer))
        for code in (
            old % 2,
            old.replace(form.name, "SV/1/1") % 1,
            "a" * 64,
            "x",
            form.name,
        ):
            answer = self.fill(PAGE, {"code": code})
            self.assertEqual(answer.status_code, 404)
            self.assertNotIn(form.content_hash, answer.text)

    def test_nobody_tries_for_ever(self):
        with patch.object(verify, "LIMIT", 3):
            statuses = [self.page(f"{PAGE}/x{i}").status_code for i in range(5)]
        self.assertEqual(statuses, [404, 404, 404, 429, 429])
        # Who holds a real paper is not disturbed.
        form = self.sign(self.finish())
        self.assertEqual(self.page(form._verify_path()).status_code, 200)

    def test_in_the_language_of_the_paper(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        (self.contact | self.customer).lang = "zh_CN"
        form = self.sign(self.finish())
        self.assertIn('lang="zh-CN"', self.page(form._verify_path()).text)

    # === A VISIT IS SIGNED FROM AFAR === #

    def test_visit_is_signed_by_the_link(self):
        visit = self.finish()
        path = self.send(visit)
        self.assertIn("sign the service form", self.mail_sent.body_html)
        self.assertEqual((visit.state, visit.acceptance_state), ("to_sign", "sent"))
        page = self.page(path)
        self.assertIn("Service Form", self.heading(page))
        self.assertIn("You can answer until", page.text)
        self.assertIn("South Road", page.text)
        drawing = drawn_signature("Mia")
        done = self.fill(
            path,
            {
                "name": "Mia Mill",
                "drawing": f"data:image/png;base64,{drawing.decode()}",
            },
            button="accept",
        )
        self.assertIn("the service is accepted", self.heading(done))
        form = visit.form_id
        self.assertEqual((form.acceptance, form.outcome), ("link", "accepted"))
        self.assertTrue(form.signature)
        self.assertEqual(form.mail_to, visit.acceptance_email)
        self.assertEqual(self.ticket.state, "solved")
        text = self.form_html(form)
        self.assertIn("Accepted online by Mia Mill on", text)
        self.assertIn("Arrival", text)
        self.assertNotIn("Remote", text)

    def test_signing_on_the_spot_withdraws_the_link(self):
        visit = self.finish()
        path = self.send(visit)
        form = self.sign(visit)
        self.assertEqual(visit.acceptance_state, "withdrawn")
        self.assertIn("was replaced", self.heading(self.page(path)))
        self.assertEqual(visit.form_ids, form)

    def test_work_that_goes_on_withdraws_the_link(self):
        visit = self.finish()
        path = self.send(visit)
        visit.action_continue()
        self.assertIn("was replaced", self.heading(self.page(path)))
        visit.action_finish()
        path = self.send(visit)
        visit.job_ids.work_done = "Something else"
        self.assertIn("was replaced", self.heading(self.page(path)))

    def test_link_of_a_visit_runs_out(self):
        visit = self.finish()
        path = self.send(visit)
        visit.sudo().acceptance_ids[:1].expires_at = fields.Datetime.now() - timedelta(
            minutes=1
        )
        self.assertIn("does not work", self.heading(self.page(path)))
        self.assertTrue(visit.acceptance_is_late)
        self.assertIn("Service Form", self.heading(self.page(self.send(visit))))

    def test_declined(self):
        visit = self.finish()
        answer = self.fill(self.send(visit), {"reason": "Still loud"}, button="decline")
        self.assertIn("Thank you for telling us", self.heading(answer))
        self.assertEqual((visit.state, visit.acceptance_state), ("to_sign", "declined"))
        self.assertIn("did not sign the service form", self.ticket.message_ids[0].body)

    def test_charges_are_answered_by_themselves(self):
        visit = self.finish()
        taken = []
        with (
            patch.object(type(visit), "_form_charges", lambda self: CHARGES),
            patch.object(
                type(visit),
                "_answer_charges",
                lambda self, answer, reason=None: taken.append(answer),
            ),
        ):
            path = self.send(visit)
            page = self.page(path)
            self.assertIn("80.33", page.text)
            answer = self.fill(path, {"name": "Mia", "charges": "x"}, button="accept")
            self.assertIn("Please choose one", answer.text)
            self.assertEqual(visit.state, "to_sign")
            self.fill(path, {"name": "Mia", "charges": "declined"}, button="accept")
        self.assertEqual(taken, ["declined"])
        self.assertEqual(visit.state, "done")

    def test_who_may_send_the_link_of_a_visit(self):
        visit = self.finish()
        for role in ("intake", "support", "finance", "quality"):
            with self.assertRaises(AccessError):
                self.as_role(role, visit).action_send_acceptance()
        planned = self.plan_visit(self.create_ticket(), hours=48)
        with self.assertRaisesRegex(UserError, "not possible now"):
            self.as_role("technician", planned).action_send_acceptance()
        (self.contact | self.customer).email = False
        other = self.create_ticket(email_from=False)
        with self.assertRaisesRegex(UserError, "on the spot or on paper"):
            self.work_visit(self.plan_visit(other, hours=72)).action_send_acceptance()
