# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From a ticket out of warranty, machines and lists to the quote of a contract."""

from ast import literal_eval

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tests.common import new_test_user

from .common import GROUP
from .common_contract import ContractCommon


@tagged("post_install", "-at_install")
class TestContractQuote(ContractCommon):
    def setUp(self):
        super().setUp()
        self.equipment = self.make_equipment(
            delivery_date="2020-05-15", serial_number="P300-1"
        )
        self.grant(self.equipment, self.make_term())
        # Sales takes the calls as well.
        self.seller.group_ids += self.env.ref(GROUP % "intake")

    def open(self, record, user=None):
        """Click the button and return the dialog."""
        action = record.with_user(user or self.seller).action_quote_contract()
        self.assertEqual(action["res_model"], "aftersales.contract.quote")
        wizard = self.env[action["res_model"]].with_user(user or self.seller)
        return wizard.browse(action["res_id"])

    def quote(self, wizard):
        """Make the quotation."""
        action = wizard.action_quote()
        self.assertEqual(action["res_model"], "sale.order")
        return self.env["sale.order"].browse(action["res_id"])

    def ticket(self, **values):
        return self.report(equipment_id=self.equipment.id, **values)

    # === FROM THE TICKET === #

    def test_from_the_ticket(self):
        ticket = self.ticket()
        self.assertTrue(ticket.with_user(self.seller).can_quote_contract)
        wizard = self.open(ticket)
        self.assertEqual(
            (wizard.partner_id, wizard.equipment_ids, wizard.product_id),
            (self.contact, self.equipment, self.contract_product),
        )
        self.assertEqual(wizard.ticket_reference, ticket.reference)
        self.assertTrue(wizard.covers_ticket and wizard.can_sell)
        self.assertFalse(wizard.start_date or wizard.warning)
        order = self.quote(wizard)
        self.assertEqual(order.create_uid, self.seller)
        self.assertEqual((order.state, order.partner_id), ("draft", self.contact))
        self.assertEqual(order.origin, ticket.reference)
        self.assertEqual(order.sudo().aftersales_ticket_id, ticket)
        self.assertTrue(order.aftersales_covers_ticket)
        line = order.order_line
        self.assertEqual(
            (line.product_id, line.product_uom_qty, line.aftersales_equipment_ids),
            (self.contract_product, 1, self.equipment),
        )
        self.assertTrue(line.aftersales_is_contract)
        self.assertEqual(line.price_unit, 900)
        # once more: it is told
        self.assertIn(order.name, self.open(ticket).warning)

    def test_only_where_the_customer_pays(self):
        machine = self.make_equipment(delivery_date="2025-06-01")
        self.grant(machine, self.make_term())
        covered = self.report(equipment_id=machine.id)
        self.assertFalse(covered.coverage_charges or covered.can_quote_contract)
        ticket = self.ticket()
        self.assertTrue(ticket.can_quote_contract)
        self.make_finding(self.equipment, ticket)
        self.assertTrue(ticket.can_quote_contract)
        self.make_contract(self.equipment)
        self.env.invalidate_all()
        self.assertFalse(ticket.can_quote_contract)
        nameplate = self.report()
        self.assertFalse(nameplate.can_quote_contract)

    def test_not_for_what_has_ended(self):
        ticket = self.ticket()
        with self.at(1):
            self.as_role("manager", "aftersales.ticket.cancel").create(
                {"ticket_id": ticket.id, "reason": "withdrawn"}
            ).action_cancel_ticket()
        self.assertFalse(ticket.can_quote_contract)

    # === FROM MACHINES === #

    def test_from_several_machines(self):
        other = self.make_equipment(quantity=3)
        wizard = self.open(self.equipment | other)
        self.assertEqual(wizard.partner_id, self.customer)
        order = self.quote(wizard)
        line = order.order_line
        self.assertEqual(line.aftersales_equipment_ids, self.equipment | other)
        self.assertEqual(line.product_uom_qty, 4)
        self.assertFalse(order.sudo().aftersales_ticket_id)
        self.assertFalse(order.aftersales_covers_ticket)

    def test_the_only_ticket_that_is_charged_is_proposed(self):
        ticket = self.ticket()
        wizard = self.open(self.equipment)
        self.assertEqual(wizard.ticket_reference, ticket.reference)
        self.assertFalse(wizard.covers_ticket, "a decision of who sells")
        wizard.covers_ticket = True
        order = self.quote(wizard)
        self.assertEqual(order.sudo().aftersales_ticket_id, ticket)
        self.ticket()
        self.assertFalse(self.open(self.equipment).ticket_reference)

    def test_machines_of_two_customers(self):
        stranger = self.env["res.partner"].create({"name": "Other Works"})
        foreign = self.make_equipment(partner_id=stranger.id, site_id=stranger.id)
        with self.assertRaisesRegex(UserError, "with one customer"):
            self.open(self.equipment | foreign)
        with self.assertRaisesRegex(UserError, "Choose the equipment"):
            self.open(self.equipment.browse())
        self.as_role("dispatcher", foreign).action_end()
        if foreign.state == "in_service":
            foreign.sudo().state = "ended"
        with self.assertRaisesRegex(UserError, "No longer in service"):
            self.open(foreign)

    def test_begins_where_the_warranty_ends(self):
        with self.at(0):
            machines = self.equipment.browse()
            for day in ("2025-04-01", "2025-03-15"):
                machine = self.make_equipment(delivery_date=day)
                self.grant(machine, self.make_term())
                machines |= machine
            wizard = self.open(machines)
            self.assertEqual(wizard.start_date, self.as_date("2026-03-15"))
            self.assertFalse(self.open(machines | self.equipment).start_date)

    def test_what_is_proposed(self):
        """What the customer had, then what goes with the machine, then the last."""
        products = {}
        for name in ("Had", "Optional", "Sold"):
            template = self.template.copy({"name": name, "sequence": 20})
            products[name] = self.make_contract_product(name, template)
        wizard = self.open(self.equipment)
        self.assertEqual(wizard.product_id, self.contract_product)
        wizard.product_id = products["Sold"]
        self.quote(wizard)
        self.assertEqual(self.open(self.equipment).product_id, products["Sold"])
        self.machine.company_id = self.company
        self.machine.optional_product_ids = products["Optional"].product_tmpl_id
        self.assertEqual(self.open(self.equipment).product_id, products["Optional"])
        self.make_contract(
            self.make_equipment(),
            template_id=products["Had"].aftersales_contract_template_id.id,
        )
        self.assertEqual(self.open(self.equipment).product_id, products["Had"])

    def test_machine_under_contract_is_told(self):
        contract = self.make_contract(self.equipment, agreed=False)
        contract.end_date = "2099-01-01"
        self.assertTrue(self.equipment.has_contract)
        warning = self.open(self.equipment).warning
        self.assertIn("Under contract already", warning)
        self.assertIn("P300-1", warning)

    def test_without_a_product(self):
        self.contract_product.product_tmpl_id.active = False
        self.env["product.template"].search(
            [("service_tracking", "=", "aftersales_contract")]
        ).active = False
        wizard = self.open(self.equipment)
        self.assertFalse(wizard.product_id)
        with self.assertRaisesRegex(UserError, "Choose the contract"):
            wizard.action_quote()

    # === WHO === #

    def test_salesperson_without_service_rights(self):
        plain = new_test_user(
            self.env,
            login="as_plain_seller",
            groups="sales_team.group_sale_salesman",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        ticket = self.ticket()
        wizard = self.open(self.equipment, plain)
        self.assertEqual(wizard.ticket_reference, ticket.reference)
        with Form(wizard) as form:
            form.covers_ticket = True
        order = self.quote(wizard)
        self.assertEqual(order.sudo().aftersales_ticket_id, ticket)
        with self.assertRaises(AccessError):
            ticket.with_user(plain).action_quote_contract()

    def test_others_ask_sales(self):
        ticket = self.ticket()
        self.customer.user_id = self.seller
        for role in ("intake", "dispatcher", "manager"):
            user = self.users[role]
            wizard = self.open(ticket, user)
            self.assertFalse(wizard.can_sell)
            self.assertEqual(wizard.salesperson_id, self.seller)
            with self.assertRaises(AccessError):
                wizard.action_quote()
            wizard.note = f"He wants it by Friday, {role}"
            action = wizard.action_ask()
            self.assertIn("Sally Seller", action["params"]["message"])
            activity = self.equipment.activity_ids.sorted("id")[-1]
            self.assertEqual(
                (activity.user_id, activity.create_uid), (self.seller, user)
            )
            self.assertIn("Quote a contract for Mill", activity.summary)
            for text in ("P300-1", ticket.reference, f"Friday, {role}"):
                self.assertIn(text, activity.note)
        for role in ("technician", "support", "quality", "finance"):
            with self.assertRaises(AccessError):
                ticket.with_user(self.users[role]).action_quote_contract()

    def test_asks_who_sold_last_or_anybody(self):
        wizard = self.open(self.ticket(), self.users["intake"])
        somebody = wizard.salesperson_id
        self.assertTrue(somebody.has_group("sales_team.group_sale_salesman"))
        self.env["sale.order"].create(
            {
                "partner_id": self.contact.id,
                "company_id": self.company.id,
                "user_id": self.seller.id,
            }
        )
        wizard = self.open(self.ticket(), self.users["intake"])
        self.assertEqual(wizard.salesperson_id, self.seller)

    def test_dialog_of_another_user(self):
        wizard = self.open(self.equipment)
        with self.assertRaises(AccessError):
            wizard.with_user(self.users["manager"]).read(["note"])

    # === THE LIST === #

    def listed(self, user=None, days=60):
        """Return what the list of ending warranties shows."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_equipment_action_ending"
        )
        domain = literal_eval(action["domain"]) + [("warranty_days_left", "<=", days)]
        return (
            self.env["aftersales.equipment"]
            .with_user(user or self.seller)
            .search([*domain, ("partner_id", "=", self.customer.id)])
        )

    def test_list_of_ending_warranties(self):
        with self.at(0):  # 2 March 2026
            machines = {}
            for left in (0, 30, 31, 60, 61, -1):
                delivered = self.as_date("2025-03-03")
                delivered = delivered.fromordinal(delivered.toordinal() + left)
                machines[left] = self.make_equipment(delivery_date=delivered)
                self.grant(machines[left], self.make_term())
            self.assertEqual(
                [machines[left].warranty_days_left for left in (0, 30, 61, -1)],
                [0, 30, 61, 0],
            )
            none = self.equipment.browse()
            expected = none.union(*(machines[left] for left in (0, 30, 31, 60)))
            self.assertEqual(self.listed(), expected)
            self.assertEqual(self.listed(days=30), machines[0] | machines[30])
            self.assertEqual(
                self.listed(days=45), machines[0] | machines[30] | machines[31]
            )
            contract = self.make_contract(machines[30], "2026-04-02", agreed=False)
            self.assertNotIn(machines[30], self.listed())
            contract._cancel("Declined")
            self.assertIn(machines[30], self.listed())
            self.make_contract(machines[31], "2026-04-03")
            self.assertNotIn(machines[31], self.listed())
            mine = machines[0].with_user(self.seller)
            self.assertFalse(mine.is_contract_quoted)
            self.quote(self.open(machines[0]))
            self.env.invalidate_all()
            self.assertTrue(mine.is_contract_quoted)

    def test_searching_days(self):
        Equipment = self.env["aftersales.equipment"]
        with self.at(0):
            machine = self.make_equipment(delivery_date="2025-03-08")
            self.grant(machine, self.make_term())
            for operator, value, found in (
                ("=", 5, True),
                ("=", 4, False),
                ("<", 5, False),
                (">=", 5, True),
                (">", 5, False),
                ("<=", -5, False),
                ("<=", 10**9, True),
                (">", 10**9, False),
            ):
                domain = [("warranty_days_left", operator, value)]
                self.assertEqual(machine in Equipment.search(domain), found, domain)

    # === THE MACHINE === #

    def test_contract_of_a_machine(self):
        Equipment = self.env["aftersales.equipment"].with_user(self.seller)
        mine = [("id", "=", self.equipment.id)]
        first = self.make_contract(self.equipment, "2026-01-01")
        second = self.make_contract(self.equipment, "2026-02-01")
        with self.at(0):
            machine = Equipment.browse(self.equipment.id)
            self.assertEqual(machine.contract_id, second)
            self.assertEqual(machine.contract_count, 2)
            action = machine.action_view_contracts()
            found = self.env["aftersales.contract"].search(action["domain"])
            self.assertEqual(found, first | second)
            for domain in (
                [("contract_id", "!=", False)],
                [("contract_id", "=", first.id)],
                [("contract_id", "in", second.ids)],
                [("contract_id.name", "=", second.name)],
                [("has_contract", "=", True)],
            ):
                self.assertTrue(Equipment.search(mine + domain), domain)
            for domain in (
                [("contract_id", "=", False)],
                [("has_contract", "=", False)],
            ):
                self.assertFalse(Equipment.search(mine + domain), domain)
            second._suspend(self.as_date("2026-03-02"), "Not paid")
            self.env.invalidate_all()
            self.assertEqual(machine.contract_id, first)
        with self.at(self.day(1, 6)):
            first._cancel("Sold")
            second._cancel("Sold")
            self.env.invalidate_all()
            self.assertFalse(machine.contract_id or machine.has_contract)
            self.assertFalse(Equipment.search(mine + [("contract_id", "!=", False)]))

    def test_storekeeper_reads_no_contracts(self):
        keeper = new_test_user(
            self.env,
            login="as_keeper",
            groups="stock.group_stock_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        Equipment = self.env["aftersales.equipment"].with_user(keeper)
        for name in ("contract_id", "contract_line_ids", "has_contract"):
            self.assertNotIn(name, Equipment.fields_get())

    def test_customer_counts(self):
        self.make_contract(self.equipment)
        contact = self.contact.with_user(self.seller)
        self.assertEqual(contact.aftersales_contract_count, 1)
        action = contact.action_view_aftersales_contracts()
        found = self.env["aftersales.contract"].search(action["domain"])
        self.assertEqual(len(found), 1)
