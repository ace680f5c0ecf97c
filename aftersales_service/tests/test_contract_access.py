# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who may do what with contracts, and what their pages show."""

from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .contract_life_common import ContractLifeCommon


@tagged("post_install", "-at_install")
class TestContractAccess(ContractLifeCommon):
    # === WHO === #

    def test_who_may_act(self):
        contract = self.agreed()
        manager = self.users["manager"]
        for user in (self.boss, manager):
            self.step(contract, "suspend", user, reason="Unpaid")
            self.step(contract, "resume", user)
        for role in (
            "intake",
            "dispatcher",
            "technician",
            "support",
            "quality",
            "finance",
        ):
            seen = self.as_role(role, contract)
            self.assertEqual(seen.state, "active", "everybody knows what is covered")
            self.assertTrue(seen.line_ids.mapped("date_to"))
            for method in (
                "action_suspend",
                "action_resume",
                "action_cancel",
                "action_withdraw_cancellation",
                "action_join",
                "action_leave",
                "action_activate",
                "action_await_signature",
                "action_sign",
            ):
                with self.subTest(role=role, method=method):
                    with self.assertRaises(AccessError):
                        getattr(seen, method)()
            with self.assertRaises(AccessError):
                seen.env["aftersales.contract.step"].create(
                    {"contract_id": contract.id, "step": "cancel", "reason": "x"}
                )
            with self.assertRaises(AccessError):
                self.draft(user=self.users[role])

    def test_own_and_all(self):
        """As in sale: his own and nobody's, or all."""
        mine, theirs = self.agreed(), self.agreed(user_id=self.boss.id, user=self.boss)
        nobody = self.agreed(user_id=False)
        contracts = mine | theirs | nobody
        domain = [("id", "in", contracts.ids)]
        for user, expected in (
            (self.salesman, mine | nobody),
            (self.boss, contracts),
            (self.users["manager"], contracts),
            (self.users["finance"], contracts),
            (self.users["technician"], contracts),
        ):
            self.assertEqual(self.Contract.with_user(user).search(domain), expected)
            lines = self.env["aftersales.contract.line"].with_user(user)
            found = lines.search([("contract_id", "in", contracts.ids)])
            self.assertEqual(found.contract_id.sudo(), expected.sudo())
        with self.assertRaises(AccessError):
            theirs.with_user(self.salesman).action_suspend()
        with self.assertRaises(AccessError):
            theirs.with_user(self.salesman).action_quote_renewal()
        with self.assertRaises(AccessError):
            self.env["aftersales.contract.step"].with_user(self.salesman).create(
                {"contract_id": theirs.id, "step": "cancel", "reason": "Mine"}
            ).action_apply()
        # Who is in after-sales too reads all, and changes his own.
        both = self.salesman
        both.group_ids |= self.env.ref(
            "aftersales_service.aftersales_service_group_intake"
        )
        self.assertEqual(self.Contract.with_user(both).search(domain), contracts)
        with self.assertRaises(AccessError):
            theirs.with_user(both).action_suspend()

    def test_outsiders_see_nothing(self):
        contract = self.agreed()
        nobody = new_test_user(self.env, "as_nobody", groups="base.group_user")
        portal = self._create_portal_user()
        for user in (nobody, portal, self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                contract.with_user(user).read(["name"])
            with self.assertRaises(AccessError):
                contract.with_user(user).action_cancel()
        for user in (nobody, self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                self.Contract.with_user(user).search([])
        self.assertNotIn(contract, self.Contract.with_user(portal).search([]))

    def test_who_makes_templates(self):
        sale_manager = new_test_user(
            self.env, "as_sale_manager", groups="sales_team.group_sale_manager"
        )
        for user in (sale_manager, self.users["manager"]):
            self.template.with_user(user).copy()
        for user in (self.salesman, self.users["technician"]):
            self.assertTrue(self.template.with_user(user).name)
            with self.assertRaises(AccessError):
                self.template.with_user(user).name = "Cheap"

    def test_two_companies(self):
        self.users["manager"].company_ids |= self.company_b
        contract = self.agreed()
        other = self.company_b
        manager = self.users["manager"]
        there = contract.with_user(manager).with_context(allowed_company_ids=other.ids)
        with self.assertRaises(AccessError):
            there.read(["name"])
        with self.assertRaises(UserError):
            self.draft(user=manager, company_id=other.id)

    # === WARNINGS === #

    def test_warnings(self):
        contract = self.draft(needs_signature=True)
        self.assertFalse(contract.warning)
        contract.action_await_signature()
        self.assertIn("has not signed", contract.warning)
        self.step(contract, "sign", signed_by="Mia")
        self.assertFalse(contract.warning)

    def test_warning_of_double_cover(self):
        """Two contracts may cover a machine; both say so, a renewal does not."""
        first = self.agreed()
        renewal = self.renew(first)
        renewal.action_activate()
        self.assertFalse(first.warning)
        self.assertFalse(renewal.warning)
        self.assertEqual(first.renewal_id, renewal)
        second = self.agreed(self.press, start_date=date(2026, 6, 1))
        first.invalidate_recordset(["warning"])
        self.assertIn(second.name, first.warning)
        self.assertIn("Press-1", first.warning)
        self.assertNotIn("Drill-1", first.warning)
        self.assertIn(first.name, second.warning)
        second._cancel("Twice")
        first.invalidate_recordset(["warning"])
        self.assertFalse(first.warning)

    # === PAGES === #

    def test_tickets_of_its_days(self):
        """The days of a contract are those of its company."""
        self.company.partner_id.tz = "Asia/Shanghai"
        contract = self.agreed()
        reported = {}
        # It ends on 1 March 2027, which ends at 16:00 UTC.
        for moment in (
            "2026-03-01 15:59:59",
            "2026-03-01 16:00:00",
            "2027-03-01 15:59:59",
            "2027-03-01 16:00:00",
        ):
            ticket = self.create_ticket(equipment_id=self.press.id)
            ticket.sudo().reported_at = moment
            reported[moment] = ticket
        _before, first, last, _after = reported.values()
        found = self.env["aftersales.ticket"].search(contract.sudo()._ticket_domain())
        self.assertEqual(found, first | last)

    def test_smart_buttons(self):
        contract = self.agreed()
        ticket = self.create_ticket(equipment_id=self.press.id)
        with self.on("2026-02-01"):
            self.create_ticket(equipment_id=self.press.id)
        seen = self.as_role("intake", contract)
        self.assertEqual(seen.equipment_count, 2)
        self.assertEqual(seen.ticket_count, 1)
        action = seen.action_view_tickets()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), ticket)
        action = contract.action_view_equipment()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(found, self.press | self.drill)
        with self.assertRaises(AccessError):
            contract.action_view_tickets()

    def test_menus_open_a_page(self):
        """Salespeople reach contracts in Sales, after-sales people in their app."""
        menus = self.env["ir.ui.menu"]
        for user, name in (
            (self.salesman, "aftersales_contract_menu_sale"),
            (self.users["technician"], "aftersales_contract_menu"),
            (self.users["finance"], "aftersales_contract_menu"),
            (self.users["manager"], "aftersales_contract_template_menu"),
        ):
            menu = self.env.ref(f"aftersales_service.{name}")
            self.assertIn(menu.id, menus.with_user(user)._visible_menu_ids())
            action = menu.action
            Model = self.env[action.res_model].with_user(user)
            for view in action.view_mode.split(","):
                self.assertTrue(Model.get_view(view_type=view)["arch"])
        hidden = self.env.ref("aftersales_service.aftersales_contract_template_menu")
        self.assertNotIn(hidden.id, menus.with_user(self.salesman)._visible_menu_ids())
