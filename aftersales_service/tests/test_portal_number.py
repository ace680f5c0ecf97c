# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Regression 30: the number in the address leads a customer to nobody else's ticket.

A logged-in portal user cannot read, close, reply to, sign or rate another customer's
ticket by changing the number in the address: every portal and public route that this
addon has is named here, so that a new one without its test is found.
"""

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_web import PASSWORD, REPORT
from .test_remote_service import RemoteCommon

#: Each of them is tried below, those of contracts in test_contract_portal.
ROUTES = {
    "/aftersales/report",
    "/aftersales/report/<int:team_id>",
    "/aftersales/report/sent",
    "/aftersales/accept/<string:token>",
    "/aftersales/verify",
    "/aftersales/verify/<string:token>",
    "/my/contracts",
    "/my/contracts/page/<int:page>",
    "/my/contracts/<int:contract_id>",
    "/my/contracts/<int:contract_id>/sign",
}
SECRETS = ("Secret loss of oil", "Parameter 7", "Other Works", "OW-4711")


@tagged("post_install", "-at_install")
class TestPortalNumber(RemoteCommon):
    def setUp(self):
        super().setUp()
        self.machine = self.equip(self.stranger, "OW-4711")
        self.foreign = self.create_ticket(
            name="Secret loss of oil",
            partner_id=self.stranger.id,
            serial_number="OW-4711",
        )
        self.visit = self.serve(self.foreign)
        self.link = self.send(self.visit)
        self.signed = self.serve(self.create_ticket(partner_id=self.stranger.id))
        self.used = self.send(self.signed)
        self.fill(self.used, {"name": "Olga"}, button="accept")
        self.authenticate(self.portal.login, PASSWORD)

    def test_every_route_is_here(self):
        """Regression 30: no route of ours is untried."""
        rules = self.env["ir.http"].routing_map().iter_rules()
        ours = {
            rule.rule
            for rule in rules
            if "aftersales_service" in rule.endpoint.func.__module__
        }
        self.assertEqual(ours, ROUTES)

    def nothing(self, answer):
        """Expect that a page says nothing of the other customer."""
        for secret in (*SECRETS, self.foreign.reference, self.visit.name):
            self.assertNotIn(secret, answer.text)

    def test_acceptance_of_another_customer(self):
        """Regression 30: not even with his link, whose number is signed."""
        number = self.visit.sudo().acceptance_ids[:1].id
        for path, status in (
            (self.link, 403),
            (self.used, 403),
            (f"/aftersales/accept/{number}", 404),
            (f"/aftersales/accept/{self.foreign.id}", 404),
            (f"/aftersales/accept/{self.link[-40:]}", 404),
        ):
            answer = self.page(path)
            self.assertEqual(answer.status_code, status)
            self.nothing(answer)
            token = self.tree(self.page(REPORT)).xpath(
                "//input[@name='csrf_token']/@value"
            )[0]
            for data in (
                {"answer": "accept", "name": "Chell"},
                {"answer": "decline", "reason": "No"},
            ):
                answer = self.page(
                    path, data={**data, "csrf_token": token}, method="POST"
                )
                self.assertEqual(answer.status_code, status)
                self.nothing(answer)
        self.env.invalidate_all()
        self.assertEqual(
            (self.visit.state, self.visit.acceptance_state), ("to_sign", "sent")
        )
        self.assertFalse(self.visit.form_ids or self.foreign.activity_ids)
        self.assertEqual(self.signed.form_id.signer_name, "Olga")

    def test_own_acceptance(self):
        """He accepts what was done for his own company."""
        visit = self.serve(self.ticket)
        answer = self.fill(self.send(visit), {"name": "Chell"}, button="accept")
        self.assertIn("the service is accepted", self.heading(answer))
        self.assertEqual(visit.form_id.signer_name, "Chell")

    def test_report_of_another_customer(self):
        """Regression 30: numbers in the form and in the address of the page."""
        before = self.newest()
        for number in (self.machine.id, self.foreign.id, self.visit.id):
            answer = self.fill(REPORT, {"text": "x", "equipment_id": str(number)})
            self.assertIn("choose one of your machines", answer.text)
            self.nothing(answer)
            answer = self.page(f"{REPORT}/{number + 10**6}")
            self.assertEqual(answer.status_code, 404)
        self.assertEqual(self.newest(), before)
        answer = self.fill(REPORT, {"text": "It stops", "serial": "OW-4711"})
        self.assertEqual(self.newest().partner_id, self.portal.partner_id)
        self.assertFalse(self.newest().equipment_id)
        self.nothing(answer)
        answer = self.page(f"{REPORT}/sent")
        self.assertIn(self.newest().reference, answer.text)
        answer = self.page(f"{REPORT}/sent?reference={self.foreign.reference}")
        self.nothing(answer)

    def test_routes_of_the_platform(self):
        """Regression 30: no page of the portal, file, report or rating is his."""
        form = self.signed.form_id.sudo()
        field = f"/web/content/aftersales.service.form/{form.id}/content"
        paths = [
            f"/mail/view?model=aftersales.ticket&res_id={self.foreign.id}",
            f"/report/html/aftersales_service.report_service_form/{form.id}",
            f"/report/pdf/aftersales_service.report_service_form/{form.id}",
            f"/web/content/{form.pdf_attachment_id.id or 0}",
            field,
            f"/web/image/aftersales.service.form/{form.id}/signature",
            f"/my/tickets/{self.foreign.id}",
            f"/rate/{self.foreign.id}/5",
            f"/odoo/aftersales.ticket/{self.foreign.id}",
        ]
        for path in paths:
            with self.subTest(path=path), mute_logger("odoo.http", "odoo.addons.base"):
                answer = self.page(path)
                self.nothing(answer)
                self.assertFalse(answer.content.startswith(b"%PDF"))
        self.env.invalidate_all()
        self.assertEqual(self.foreign.state, "in_progress")
        self.assertFalse(
            self.foreign.message_ids.filtered(
                lambda message: message.author_id == self.portal.partner_id
            )
        )

    def test_rpc_of_what_this_round_adds(self):
        """Regression 30: neither requests, counts nor forms by remote call."""
        for model, ids in (
            ("aftersales.service.acceptance", self.visit.sudo().acceptance_ids.ids),
            ("aftersales.service.form", self.signed.form_ids.ids),
            ("aftersales.dispatch", self.visit.ids),
            ("aftersales.web.hit", [1]),
        ):
            calls = [("read", {}), ("write", {"vals": {}}), ("unlink", {})]
            if model == "aftersales.dispatch":
                calls += [
                    ("action_send_acceptance", {}),
                    ("action_accept_by_phone", {}),
                ]
            for method, kwargs in calls:
                with self.subTest(model=model, method=method):
                    self.refuse_call(model, method, ids, kwargs)
        self.refuse_call("aftersales.ticket", "action_remote_service", self.foreign.ids)

    def refuse_call(self, model, method, ids, kwargs=None):
        with mute_logger("odoo.http"):
            try:
                self.make_jsonrpc_request(
                    f"/web/dataset/call_kw/{model}/{method}",
                    {
                        "model": model,
                        "method": method,
                        "args": [ids],
                        "kwargs": kwargs or {},
                    },
                )
            except Exception as error:  # noqa: BLE001 - whatever the client makes of it
                self.assertIn("AccessError", str(error))
            else:
                self.fail(f"{model}.{method} was answered")
