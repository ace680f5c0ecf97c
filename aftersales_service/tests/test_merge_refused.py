# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who may merge what, and what is refused with a clear message."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestMergeRefused(AftersalesCommon):
    def setUp(self):
        super().setUp()
        self.first = self.create_ticket(name="Hose leaks")
        self.second = self.create_ticket(name="Hose leaks again")

    def merge(self, ticket=None, original=None, role="intake"):
        ticket = self.second if ticket is None else ticket
        original = self.first if original is None else original
        self.as_role(role, ticket)._merge_into(self.as_role(role, original))

    def refused(self, words, *args, error=UserError, **kwargs):
        with self.assertRaisesRegex(error, words):
            self.merge(*args, **kwargs)

    def test_roles(self):
        for role in ("technician", "support", "finance", "quality"):
            self.refused("after-sales roles", role=role, error=AccessError)
            with self.assertRaises(AccessError):
                self.as_role(role, self.second).action_merge()
            with self.assertRaises(AccessError):
                self.as_role(role, "aftersales.ticket.merge").create(
                    {
                        "ticket_ids": [Command.set((self.first | self.second).ids)],
                        "original_id": self.first.id,
                    }
                )
        for role in ("intake", "dispatcher", "manager"):
            self.assertTrue(self.as_role(role, self.second).action_merge())
            again = self.create_ticket()
            self.merge(again, role=role)
            self.assertEqual(again.original_id, self.first)

    def test_portal_user(self):
        portal = self._create_portal_user()
        for call in (
            lambda: self.second.with_user(portal).action_merge(),
            lambda: self.second.with_user(portal)._merge_into(self.first),
            lambda: self.second.with_user(portal).action_view_possible_duplicates(),
            lambda: self.env["aftersales.ticket.merge"].with_user(portal).create({}),
        ):
            with self.assertRaises(AccessError):
                call()
        self.assertEqual(self.second.state, "new")

    def test_with_itself(self):
        self.refused("with itself", self.first)
        self.refused("with itself", self.first | self.second)

    def test_nothing(self):
        self.refused("at least two", self.first.browse())
        wizard = self.as_role("intake", "aftersales.ticket.merge").create(
            {
                "ticket_ids": [Command.set(self.first.ids)],
                "original_id": self.first.id,
            }
        )
        with self.assertRaisesRegex(UserError, "at least two"):
            wizard.action_merge()
        wizard.ticket_ids = self.second
        wizard.original_id = self.first
        with self.assertRaisesRegex(UserError, "which of the tickets"):
            wizard.action_merge()

    def test_twice_and_into_a_merged_one(self):
        third = self.create_ticket()
        self.merge()
        self.refused(f"goes on in .*{self.first.reference}")
        self.refused("merged already", third, self.second)
        self.refused("merged already", self.first, self.second)  # no cycle
        self.merge(self.first, third)
        self.refused(f"goes on in .*{third.reference}", self.second, third)

    def test_ended_tickets(self):
        self.as_role("dispatcher", self.second)._cancel("withdrawn")
        self.refused("not open any more")
        self.refused("not open any more", self.first, self.second)
        third = self.create_ticket()
        third.resolution = "Tightened"
        self.as_role("dispatcher", third).action_solve()
        self.refused("not open any more", third)
        self.as_role("dispatcher", third).action_close()
        self.refused("not open any more", self.first, third)

    def test_archived(self):
        self.as_role("manager", self.second).active = False
        self.refused("archived")
        self.refused("archived", self.first, self.second)

    def test_two_customers_need_the_dispatcher(self):
        dealer = self.env["res.partner"].create({"name": "Dealer", "is_company": True})
        other = self.create_ticket(partner_id=dealer.id)
        self.refused("must not read", other)
        with self.assertRaisesRegex(UserError, "must not read"):
            self.as_role("dispatcher", other)._cancel("duplicate", self.first)
        self.merge(other, role="dispatcher")
        self.assertEqual(other.original_id, self.first)
        self.assertIn(dealer, self.first.message_partner_ids)

    def test_colleagues_of_one_customer_are_one(self):
        other = self.create_ticket(partner_id=self.customer.id)
        self.merge(other)
        self.assertEqual(other.original_id, self.first)

    def test_other_company(self):
        team_b = self.env["aftersales.team"].create(
            {"name": "B", "company_id": self.company_2.id}
        )
        of_b = self.env["aftersales.ticket"].create(
            {"name": "Hose leaks", "team_id": team_b.id, "serial_number": "P200-77"}
        )
        with self.assertRaises(AccessError):
            self.merge(of_b, role="manager")
        with self.assertRaises(AccessError):
            self.merge(self.second, of_b, role="manager")
        manager = self.users["manager"]
        manager.company_ids = [Command.link(self.company_2.id)]
        both = (self.first | of_b).with_user(manager)
        both = both.with_context(
            allowed_company_ids=(self.company | self.company_2).ids
        )
        with self.assertRaisesRegex(UserError, "different companies"):
            both[1]._merge_into(both[0])
        self.assertEqual(of_b.state, "new")
        Model = self.env["aftersales.ticket.merge"].with_user(manager)
        with Form(
            Model.with_context(
                allowed_company_ids=(self.company | self.company_2).ids,
                active_model="aftersales.ticket",
                active_ids=both.ids,
            )
        ) as form:
            self.assertIn("different companies", form.warning)

    def test_a_request_can_not_pass_the_guards(self):
        """The key in the context that moves findings is an object, not a word."""
        finding = self.env["aftersales.finding"].create(
            {"ticket_id": self.second.id, "fault_id": self.hose.id}
        )
        finding.sudo().write({"misuse_state": "proposed"})
        self.as_role("support", finding).with_context(aftersales_merging=True).write(
            {"ticket_id": self.first.id}
        )
        self.assertEqual(finding.misuse_state, "none")

    def test_the_one_others_go_on_in_is_kept(self):
        """A clear message instead of the database's."""
        self.merge()
        self.as_role("manager", self.first)._cancel("mistake")
        with self.assertRaisesRegex(UserError, self.second.reference):
            self.as_role("manager", self.first).unlink()
        self.as_role("manager", self.second).active = False
        with self.assertRaisesRegex(UserError, self.second.reference):
            self.as_role("manager", self.first).unlink()
        both = self.as_role("manager", self.first | self.second)
        both.unlink()
        self.env.flush_all()
        self.assertFalse(both.exists())
