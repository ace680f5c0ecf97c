# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Tickets that another system enters: what it may, and what it is told else."""

import json
from datetime import timedelta

from odoo import Command, fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .test_call import CallCommon


@tagged("post_install", "-at_install")
class TestCallRpc(CallCommon, HttpCase):
    def post(self, values, model="aftersales.ticket", method="create", role="intake"):
        """Call a method as another system does, with a key of its user.

        :return: status and decoded answer
        """
        user = self.users[role]
        key = (
            self.env["res.users.apikeys"]
            .with_user(user)
            ._generate("rpc", "test", fields.Datetime.now() + timedelta(days=1))
        )
        self.env.flush_all()
        with mute_logger("odoo.http"):
            answer = self.url_open(
                f"/json/2/{model}/{method}",
                data=json.dumps(values),
                headers={
                    "Authorization": f"Bearer {key}",
                    "Content-Type": "application/json",
                    "X-Odoo-Database": self.env.cr.dbname,
                },
            )
        return answer.status_code, answer.json()

    def create_by_rpc(self, **values):
        values = {"name": "Does not press", "team_id": self.team.id, **values}
        return self.post({"vals_list": [values]})

    def assertRefused(self, words, **values):
        status, answer = self.create_by_rpc(**values)
        self.assertGreaterEqual(status, 400, answer)
        self.assertLess(status, 500, answer)
        self.assertIn(words, answer["message"])

    def test_a_ticket(self):
        status, ids = self.create_by_rpc(
            partner_id=self.contact.id, serial_number="qx400-12", channel="letter"
        )
        self.assertEqual(status, 200, ids)
        ticket = self.env["aftersales.ticket"].browse(ids)
        self.assertEqual(ticket.equipment_id, self.press)
        self.assertEqual(ticket.create_uid, self.users["intake"])

    def test_refused(self):
        now = fields.Datetime.now()
        archived = self.team.copy({"active": False, "alias_name": False})
        for words, values in (
            (
                "is not a machine of",
                {"partner_id": self.stranger.id, "equipment_id": self.press.id},
            ),
            ("choose another team", {"team_id": archived.id}),
            (
                "backdated by 24 hours at most",
                {"reported_at": str(now - timedelta(days=3))},
            ),
            ("later than now", {"reported_at": str(now + timedelta(hours=2))}),
        ):
            with self.subTest(words):
                self.assertRefused(words, **values)

    def test_of_another_company(self):
        team = self.env["aftersales.team"].create(
            {"name": "Team B", "company_id": self.company_2.id}
        )
        status, answer = self.create_by_rpc(team_id=team.id)
        self.assertEqual(status, 403, answer)
        partner = self.env["res.partner"].create(
            {"name": "Of B", "company_id": self.company_2.id}
        )
        status, answer = self.create_by_rpc(partner_id=partner.id)
        self.assertIn(status, (403, 422), answer)
        self.users["intake"].company_ids = [Command.link(self.company_2.id)]
        status, answer = self.create_by_rpc(team_id=team.id, equipment_id=self.press.id)
        self.assertEqual(status, 422, answer)
        self.assertIn("ompany", answer["message"])

    def test_the_call_form_over_rpc(self):
        status, found = self.post(
            {"text": "030 4711457"}, "aftersales.call", "search_caller"
        )
        self.assertEqual(status, 200, found)
        self.assertEqual(found[0]["partner"]["id"], self.contact.id)
        status, answer = self.post(
            {"text": "030 4711457"}, "aftersales.call", "search_caller", "finance"
        )
        self.assertEqual(status, 403, answer)
