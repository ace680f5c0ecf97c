# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What sales sees of the service of its customers, machines and orders."""

from ast import literal_eval

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from .common_charges import ChargesCommon

SELLER = "sales_team.group_sale_salesman"


@tagged("post_install", "-at_install")
class TestServiceReport(ChargesCommon):
    @classmethod
    def lay_ground(cls):
        def user(login, group):
            return new_test_user(
                cls.env,
                login=login,
                name=login.capitalize(),
                email=f"{login}@maker.example.com",
                groups=group,
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )

        cls.seller = user("seller", SELLER)
        cls.other = user("other", SELLER)
        cls.chief = user("chief", "sales_team.group_sale_salesman_all_leads")
        cls.customer.user_id = cls.seller
        cls.stranger = cls.env["res.partner"].create({"name": "Stranger"})

    def rows(self, user=None, **where):
        """Return the rows that a user sees, in the order of the reports."""
        domain = [(name, "=", value) for name, value in where.items()]
        report = self.env["aftersales.service.report"].with_user(user or self.chief)
        self.env.invalidate_all()
        return report.search(domain, order="id")

    def of(self, ticket, user=None):
        return self.rows(user, ticket_id=ticket.id)

    def state(self, ticket):
        return self.of(ticket).mapped("state")

    def receipt_of(self, visit):
        return self.env["aftersales.receipt"].search(
            [("dispatch_id", "=", visit.id), ("state", "!=", "replaced")]
        )

    # === THE STATES === #

    def test_from_report_to_payment(self):
        """Each step shows, as a salesperson without a service role sees it."""
        self.team.closing_rule = "manual"
        with self.at(0):
            ticket = self.create_ticket(equipment_id=self.equipment.id)
            finding = self.make_finding(self.equipment, ticket)
            self.set_cause(finding, "manufacturing")
            row = self.of(ticket, self.seller)
            self.assertEqual((row.state, row.visit), ("reported", False))
            self.assertEqual(row.reference, ticket.reference)
            visit = self.as_role("technician", self.plan_visit(ticket))
        row = self.of(ticket, self.seller)
        self.assertEqual((row.state, row.visit), ("planned", visit.name))
        visit.action_depart()
        self.assertEqual(self.state(ticket), ["work"])
        visit.action_arrive()
        visit.job_ids.write({"work_done": "Pump replaced", "result": "solved"})
        with self.at(30):
            visit.line_ids = self.lines()
            visit.action_finish()
        with self.at(31):
            form = self.sign(visit)
        row = self.of(ticket, self.seller)
        order = self.order(visit)
        self.assertEqual(row.state, "issued")
        self.assertEqual((row.form_number, row.outcome), (form.name, "accepted"))
        self.assertEqual(row.charge_order_id, order)
        self.assertEqual(row.invoice_state, "to_invoice")
        self.assertAlmostEqual(row.amount_charged, order.amount_total, places=2)
        receipt = self.receipt_of(visit)
        receipt._step("handed")
        self.assertEqual(self.state(ticket), ["handed"])
        accountant = self.as_role("finance", receipt)
        accountant._step("received")
        self.assertEqual(self.state(ticket), ["received"])
        order.action_confirm()
        move = order._create_invoices()
        self.assertEqual(self.of(ticket).invoice_state, "to_invoice")
        move.action_post()
        self.assertEqual(self.state(ticket), ["invoiced"])
        self.pay(move)
        row = self.of(ticket, self.seller)
        self.assertEqual((row.state, row.invoice_state), ("paid", "paid"))
        self.as_role("intake", ticket).action_close()
        self.assertEqual(self.state(ticket), ["closed"])

    def pay(self, move):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        )
        wizard.create({}).action_create_payments()

    def test_several_visits(self):
        """Two visits are two rows; a cancelled one says so."""
        with self.at(0):
            ticket = self.create_ticket()
            self.plan_visit(ticket, 10)
            second = self.plan_visit(ticket, 30)
            second._cancel()
        rows = self.of(ticket)
        self.assertEqual(len(rows), 2)
        self.assertEqual(rows.mapped("state"), ["planned", "cancelled"])
        self.assertEqual(len(set(rows.ids)), 2)

    def test_solved_without_a_visit(self):
        ticket = self.create_ticket(resolution="Explained")
        self.as_role("dispatcher", ticket).action_solve()
        self.assertEqual(self.state(ticket), ["solved"])

    def test_corrected_form(self):
        """A correction makes no second row; the latest version counts."""
        self.company.aftersales_callout_product_id = False
        visit = self.finish("full", [self.labour(2), self.part(self.pump)])
        with self.at(31):
            self.sign(visit)
            visit.action_correct()
            form = self.sign(
                visit,
                replaces_reason="Corrected",
                outcome="remarks",
                customer_comments="Late",
            )
        row = self.of(self.finding.ticket_id)
        self.assertEqual((len(row), row.outcome), (1, "remarks"))
        self.assertEqual(row.signed_at, form.signed_at)
        self.assertEqual(row.invoice_state, "nothing")

    def test_contract(self):
        """The contract is the one that the machine stood under when reported."""
        template = self.env["aftersales.contract.template"].create({"name": "Full"})
        contract = self.env["aftersales.contract"].create(
            {
                "template_id": template.id,
                "partner_id": self.stranger.id,
                "company_id": self.company.id,
                "user_id": self.other.id,
                "start_date": "2026-01-01",
                "end_date": "2026-12-31",
                "line_ids": [
                    Command.create(
                        {
                            "equipment_id": self.equipment.id,
                            "date_from": "2026-01-01",
                            "date_to": "2026-12-31",
                        }
                    )
                ],
            }
        )
        with self.at(0):
            ticket = self.create_ticket(equipment_id=self.equipment.id)
        self.assertFalse(self.of(ticket).contract_id, "not agreed yet")
        contract._activate()
        row = self.of(ticket)
        self.assertEqual(row.contract_id, contract)
        self.assertEqual(row.user_id, self.other)
        contract.line_ids.sudo().date_to = "2026-02-01"
        self.assertFalse(self.of(ticket).contract_id)

    # === WHO SEES WHAT === #

    def test_own_customers_and_orders(self):
        """A salesperson sees those of his customers, machines and orders only."""
        ticket = self.create_ticket(equipment_id=self.equipment.id)
        self.assertTrue(self.of(ticket, self.seller))
        self.assertTrue(self.of(ticket, self.chief))
        self.assertFalse(self.of(ticket, self.other))
        order = self.env["sale.order"].create(
            {
                "partner_id": self.stranger.id,
                "company_id": self.company.id,
                "user_id": self.other.id,
                "order_line": [Command.create({"product_id": self.machine.id})],
            }
        )
        self.equipment.sudo().sale_line_id = order.order_line
        row = self.of(ticket, self.other)
        self.assertEqual((row.sale_order_id, row.user_id), (order, self.other))
        self.customer.user_id = False
        self.assertFalse(self.of(ticket, self.seller))
        self.assertFalse(self.rows(self.seller))

    def test_no_rights_on_tickets(self):
        """The report gives no right on what lies behind it."""
        with self.at(0):
            ticket = self.create_ticket(equipment_id=self.equipment.id)
            self.plan_visit(ticket)
        row = self.of(ticket, self.seller)
        row.web_read({"reference": {}, "partner_id": {"fields": {"display_name": {}}}})
        for attempt in (
            lambda: ticket.with_user(self.seller).read(["name"]),
            lambda: row.web_read({"ticket_id": {"fields": {"description": {}}}}),
            lambda: row.ticket_id.description,
            lambda: row.dispatch_id.customer_comments,
            row.action_open_ticket,
            lambda: row.write({"state": "paid"}),
            lambda: row.unlink(),
            lambda: row.search([("ticket_id.description", "ilike", "oil")]),
        ):
            with self.assertRaises(AccessError):
                attempt()
                self.env.flush_all()
        self.assertTrue(row.ticket_id.with_user(self.users["intake"]).name)

    def test_who_has_no_sales_role(self):
        self.create_ticket()
        for role in ("technician", "intake", "finance", "dispatcher"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.rows(self.users[role])
        self.assertTrue(self.rows(self.users["manager"]))

    def test_other_company(self):
        company = self.env["res.company"].create({"name": "Other Maker"})
        team = self.env["aftersales.team"].create(
            {"name": "Other", "company_id": company.id}
        )
        ticket = self.env["aftersales.ticket"].create(
            {"name": "Theirs", "team_id": team.id, "partner_id": self.customer.id}
        )
        self.assertFalse(self.of(ticket, self.chief))
        self.chief.company_ids |= company
        rows = self.env["aftersales.service.report"].with_user(self.chief)
        rows = rows.with_context(allowed_company_ids=company.ids)
        self.assertEqual(rows.search([]).ticket_id.ids, ticket.ids)

    def test_complaints_about_colleagues(self):
        """They are nobody's who sells, whoever they are about."""
        ticket = self.create_ticket(
            ticket_type="complaint",
            complaint_about_ids=[Command.set(self.technician.ids)],
        )
        plain = self.create_ticket(ticket_type="complaint")
        self.assertFalse(self.of(ticket, self.chief))
        self.assertFalse(self.of(ticket, self.users["manager"]))
        self.assertTrue(self.of(plain, self.seller))

    def test_merged(self):
        first, second = self.create_ticket(), self.create_ticket()
        self.as_role("dispatcher", second)._merge_into(first)
        self.assertFalse(self.of(second))
        self.assertTrue(self.of(first))

    # === BUTTONS AND SCREENS === #

    def test_buttons(self):
        """The numbers on order and customer are those of the lists behind them."""
        visit = self.finish()
        with self.at(31):
            self.sign(visit)
        order = self.order(visit)
        sold = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "user_id": self.seller.id,
                "order_line": [Command.create({"product_id": self.machine.id})],
            }
        )
        self.equipment.sudo().sale_line_id = sold.order_line
        self.create_ticket()
        self.env.invalidate_all()
        for record, count in ((order, 1), (sold, 1), (self.customer, 2)):
            seen = record.with_user(self.chief)
            with self.subTest(record=record):
                self.assertEqual(seen.aftersales_service_count, count)
                action = seen.action_view_aftersales_service()
                rows = self.rows(self.chief).search(action["domain"])
                self.assertEqual(len(rows), count)
        contact = self.contact.with_user(self.chief)
        self.assertEqual(contact.aftersales_service_count, 2)
        with self.assertRaises(AccessError):
            self.customer.with_user(
                self.users["technician"]
            ).action_view_aftersales_service()
        with Form(order.with_user(self.chief)) as form:
            self.assertEqual(form.aftersales_service_count, 1)

    def test_buttons_cost(self):
        """Counting for many customers costs as many queries as for one."""
        partners = self.customer | self.stranger | self.site
        others = self.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(20)]
        )

        def queries(records):
            self.env.flush_all()
            records = records.with_user(self.chief)
            records.mapped("commercial_partner_id.name")
            before = self.env.cr.sql_log_count
            records.mapped("aftersales_service_count")
            return self.env.cr.sql_log_count - before

        queries(partners)
        self.env.invalidate_all()
        one = queries(self.customer)
        self.env.invalidate_all()
        self.assertLessEqual(queries(partners | others), one + 1)

    def test_filters(self):
        visit = self.finish()
        with self.at(31):
            self.sign(visit)
        charged = self.of(self.finding.ticket_id)
        free = self.of(self.create_ticket())
        view = self.env.ref("aftersales_service.aftersales_service_report_view_search")
        arch = etree.fromstring(view.arch)
        [domain] = arch.xpath("//filter[@name='charged']/@domain")
        domain = literal_eval(domain)
        found = self.rows(self.seller).search(domain)
        self.assertIn(charged.id, found.ids)
        self.assertNotIn(free.id, found.ids)
        groups = self.rows(self.seller)._read_group([], ["state"], ["__count"])
        self.assertEqual(dict(groups)["reported"], 1)
