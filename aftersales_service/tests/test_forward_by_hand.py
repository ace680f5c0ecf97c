# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Forwarding by hand, and what sales hears of what it recorded."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_forward import ForwardCommon
from .sla_common import utc


@tagged("post_install", "-at_install")
class TestForwardByHand(ForwardCommon):
    def dialog(self, ticket, role="intake", **values):
        """Forward a ticket by the dialog, as a role."""
        action = self.as_role(role, ticket).action_forward()
        Wizard = self.as_role(role, action["res_model"])
        wizard = Wizard.with_context(**action["context"]).create(
            {"team_id": self.hydraulics.id, **values}
        )
        return wizard.action_forward()

    def test_who_may(self):
        for role in ("intake", "dispatcher", "manager"):
            ticket = self.create_ticket()
            self.dialog(ticket, role, user_id=self.hands[1].id, note=" Knows it ")
            self.assertEqual(ticket.team_id, self.hydraulics)
            self.assertEqual(ticket.user_id, self.hands[1])
            self.assertEqual(ticket.state, "assigned")
            self.assertEqual(self.to_do(ticket).user_id, self.hands[1])
            line = self.line(ticket)
            self.assertEqual(
                line.preview,
                "Forwarded to Hand 1, Hydraulics by hand: Knows it",
            )
            self.assertEqual(line.author_id, self.users[role].partner_id)
        ticket = self.create_ticket()
        for role in ("technician", "support", "quality"):
            with self.assertRaises(AccessError):
                self.dialog(ticket, role)
            with self.assertRaises(AccessError):
                self.as_role(role, ticket)._forward_by_hand(
                    self.hydraulics, self.hands[0]
                )

    def test_team_only_and_back(self):
        self.make_rule(severity="serious")
        ticket = self.create_ticket()
        self.dialog(ticket)
        self.assertEqual((ticket.team_id, ticket.user_id.ids), (self.hydraulics, []))
        self.assertIn("Forwarded to Hydraulics by hand", self.line(ticket).body)
        self.assertFalse(self.to_do(ticket))
        self.dialog(ticket, team_id=self.team.id)
        ticket.severity = "serious"
        self.assertEqual(ticket.team_id, self.team, "chosen by hand")

    def test_from_one_to_the_next(self):
        ticket = self.create_ticket()
        self.dialog(ticket, user_id=self.hands[0].id)
        self.dialog(ticket, "dispatcher", user_id=self.hands[1].id)
        self.assertEqual(self.to_do(ticket).user_id, self.hands[1])
        self.assertEqual(ticket.state, "assigned")

    def test_what_is_refused(self):
        ticket = self.create_ticket()
        with self.assertRaisesRegex(UserError, "no member|only a member"):
            self.dialog(ticket, user_id=self.users["technician"].id)
        with self.assertRaisesRegex(UserError, "where"):
            self.dialog(ticket, team_id=self.team.id)
        abroad = self.env["aftersales.team"].create(
            {"name": "Team B", "company_id": self.company_2.id}
        )
        with self.assertRaises(AccessError):
            self.dialog(ticket, team_id=abroad.id)
        self.as_role("dispatcher", ticket).action_cancel()
        with self.assertRaisesRegex(UserError, "Reopen"):
            self.dialog(ticket)
        self.assertEqual(ticket.team_id, self.team)

    def test_members_only(self):
        action = self.create_ticket().action_forward()
        wizard = self.as_role("intake", action["res_model"])
        form = Form(wizard.with_context(**action["context"]))
        self.assertEqual(form.team_id, self.team)
        users = form.member_ids[:]
        self.assertEqual(set(users.mapped("name")), {"Technician", "Support", "Intake"})
        form.user_id = self.users["technician"]
        form.team_id = self.hydraulics
        self.assertFalse(form.user_id)
        self.assertEqual(set(form.member_ids.ids), set(self.hands.ids))


@tagged("post_install", "-at_install")
class TestReportedByMe(ForwardCommon):
    def told(self, ticket):
        """Return what was told to the intake role about a ticket."""
        messages = self.env["mail.message"].search(
            [("model", "=", ticket._name), ("res_id", "=", ticket.id)]
        )
        intake = self.users["intake"].partner_id
        return messages.filtered(lambda m: intake in m.notified_partner_ids)

    def solve(self, ticket):
        ticket = self.as_role("technician", ticket)
        ticket.resolution = "Hose replaced"
        ticket.action_solve()

    def test_hears_how_it_ended(self):
        ticket, left = self.create_ticket(), self.create_ticket()
        left.message_unsubscribe(self.users["intake"].partner_id.ids)
        own = self.create_ticket()
        other = self.as_role("dispatcher", "aftersales.ticket").create(
            {"name": "Other", "partner_id": self.contact.id, "team_id": self.team.id}
        )
        for one in (ticket, left, other):
            self.solve(one)
        own.action_cancel()
        told = self.told(ticket)
        self.assertEqual(len(told), 1)
        self.assertIn("Hose replaced", told.body)
        self.assertIn("Solved", told.subject)
        for one in (left, own, other):
            self.assertFalse(self.told(one))
        self.as_role("dispatcher", ticket).action_close()
        self.assertEqual(len(self.told(ticket)), 1, "not again")

    def test_what_became_of_it(self):
        """Sales sees stage, responsible and promise of what it recorded."""
        self.make_rule()
        ticket = self.report(0, severity="serious")
        self.as_role("dispatcher", "aftersales.ticket").create(
            {"name": "Other", "partner_id": self.contact.id, "team_id": self.team.id}
        )
        action = self.env.ref("aftersales_service.aftersales_ticket_action_reported")
        self.assertEqual(action.domain, "[('create_uid', '=', uid)]")
        mine = self.as_role("intake", "aftersales.ticket").search(
            [("create_uid", "=", self.users["intake"].id)]
        )
        self.assertEqual(mine, ticket)
        view = self.as_role("intake", "aftersales.ticket").get_view(
            self.env.ref("aftersales_service.aftersales_ticket_view_list_reported").id,
            "list",
        )
        for name in ("stage_id", "user_id", "next_deadline"):
            self.assertIn(f'name="{name}"', view["arch"])
        self.assertEqual(mine.next_deadline, utc(2, 17))
