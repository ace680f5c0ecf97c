# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The whole visit where companies, currencies, warehouses and clocks are several."""

from datetime import date, datetime

from odoo import Command
from odoo.tests import tagged

from .common_parts import PricedPartsCommon


@tagged("post_install", "-at_install")
class TestVisitWorld(PricedPartsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.put(cls.hose_part, 9, cls.stock)

    # === STEPS OF THE WHOLE VISIT === #

    def whole(self, visit):
        """Take a planned visit with 2 hoses to the payment and to its correction.

        An hour of labour and 2 hoses are charged; the old hoses come back. Then one
        hose is corrected away.

        :return: the order and its invoice, the supplement and its credit note
        """
        company = visit.company_id
        visit = self.as_role("technician", visit)
        route = visit._parts_route()
        stock = route.warehouse.lot_stock_id
        [take] = self.moves(visit, "take")
        self.assertEqual((take.location_id, take.quantity), (stock, 2))
        self.assertEqual(take.location_dest_id, route.van)
        self.assertEqual((take.company_id, take.picking_id.company_id), (company,) * 2)
        take.picking_id.with_user(self.storekeeper).button_validate()
        here = self.places(route)
        self.assertEqual(here, {**here, "van": 2})
        self.assertEqual(visit.line_ids.part_state, "reserved")
        visit.action_depart()
        visit.action_arrive()
        visit.job_ids.write({"work_done": "Replaced", "result": "solved"})
        visit.job_ids.answer_ids.write({"answer": "yes"})
        part = visit.line_ids
        part.removed_fate = "returned"
        visit.line_ids = [
            Command.create(
                {
                    "kind": "labour",
                    "name": "Repair",
                    "hours": 1,
                    "employee_id": visit.sudo().technician_ids.id,
                }
            )
        ]
        visit.action_finish()
        done = {**here, "van": 0, "faulty": 2}
        self.assertEqual(self.places(route), done)
        self.sign(visit)
        order, invoice = self.invoiced(visit)
        self.assertEqual(self.places(route), done)
        self.pay(invoice)
        visit.action_correct()
        visit.action_continue()
        part.quantity = 1
        visit.action_finish()
        self.sign(visit, replaces_reason="One hose only")
        supplement, credit = self.invoiced(visit, order)
        self.assertEqual(credit.move_type, "out_refund")
        self.assertEqual(self.places(route), {**here, "van": 1, "faulty": 1})
        moved = self.moves(visit)
        self.assertEqual(set(moved.mapped("state")), {"done"})
        self.assertEqual(moved.company_id, company)
        return order, invoice, supplement, credit

    def places(self, route):
        """Tell how many hoses lie where; what the customer has is counted as well."""
        return {
            "stock": self.on_hand(self.hose_part, route.warehouse.lot_stock_id),
            "van": self.on_hand(self.hose_part, route.van),
            "customer": self.on_hand(self.hose_part, route.customer),
            "faulty": self.on_hand(
                self.hose_part, route.warehouse.aftersales_faulty_loc_id
            ),
        }

    def invoiced(self, visit, known=None):
        """Confirm and invoice what a visit charges beside a known order."""
        order = visit.sudo().order_ids - (known or self.env["sale.order"])
        order.ensure_one()
        self.assertEqual((order.state, order.company_id), ("draft", visit.company_id))
        order.action_confirm()
        self.assertFalse(order.picking_ids, "the visit has delivered")
        invoice = order._create_invoices(final=True)
        self.assertEqual(order.invoice_status, "invoiced")
        self.assertEqual(invoice.company_id, order.company_id)
        self.assertEqual(invoice.currency_id, order.currency_id)
        invoice.action_post()
        return order, invoice

    def pay(self, invoice):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({})._create_payments()
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))

    # === WAREHOUSES === #

    def test_deliveries_and_receipts_in_several_steps(self):
        """How the warehouse delivers and receives doesn't change what a visit does."""
        for delivery, receipt in (
            ("pick_ship", "two_steps"),
            ("pick_pack_ship", "three_steps"),
        ):
            with self.subTest(delivery=delivery):
                self.warehouse.write(
                    {"delivery_steps": delivery, "reception_steps": receipt}
                )
                visit = self.planned_visit(self.part(self.hose_part, 2))
                order, invoice, _supplement, credit = self.whole(visit)
                self.assertEqual(invoice.amount_total, 160)
                self.assertEqual(credit.amount_total, 30)
                # What sales adds by hand is delivered as the warehouse delivers.
                order.order_line = [
                    Command.create(
                        {"product_id": self.hose_part.id, "product_uom_qty": 1}
                    )
                ]
                self.assertTrue(order.picking_ids.move_ids)
                self.assertEqual(
                    set(order.picking_ids.move_ids.mapped("product_uom_qty")), {1}
                )
                order.picking_ids.action_cancel()
                self.put(self.hose_part, -1, self.van)
                self.put(self.hose_part, -1, self.warehouse.aftersales_faulty_loc_id)

    # === CURRENCIES === #

    def test_price_list_in_a_foreign_currency(self):
        """The customer reads, signs, approves and pays in his own currency."""
        own = self.company.currency_id
        names = [("name", "in", ("EUR", "USD", "GBP"))]
        Currency = self.env["res.currency"].with_context(active_test=False)
        foreign = (Currency.search(names) - own)[0]
        foreign.active = True
        foreign.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {
                "name": "2020-01-01",
                "rate": 2.0,
                "currency_id": foreign.id,
                "company_id": self.company.id,
            }
        )
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Abroad",
                "currency_id": foreign.id,
                "company_id": self.company.id,
                "item_ids": [
                    Command.create(
                        {
                            "applied_on": "1_product",
                            "product_tmpl_id": self.labour.product_tmpl_id.id,
                            "compute_price": "fixed",
                            "fixed_price": 250,
                        }
                    )
                ],
            }
        )
        self.customer.with_company(self.company).property_product_pricelist = pricelist
        # 370 abroad are 185 here: below 200, above 180.
        self.company.aftersales_quote_threshold = 200
        visit = self.planned_visit(self.part(self.hose_part, 2))
        order, invoice, supplement, credit = self.whole(visit)
        self.assertEqual((order | supplement).currency_id, foreign)
        self.assertEqual((invoice.amount_total, credit.amount_total), (370, 60))
        self.assertEqual(visit.currency_id, foreign)
        first, last = visit.form_ids.sorted("version")
        charges = first._get_content()["charges"]
        self.assertEqual((charges["currency"], charges["total"]), (foreign.name, 370))
        self.assertEqual(last._get_content()["charges"]["total"], 310)
        self.assertIn(foreign.symbol, visit.charges_html)
        costs = visit.sudo().cost_ids
        self.assertEqual(costs.currency_id, own)
        parts = costs.filtered(lambda row: row.cost == "parts")
        self.assertEqual(parts.amount, 12, "at cost, in the company's currency")
        self.company.aftersales_quote_threshold = 180
        other = self.to_site(self.planned_visit(self.part(self.hose_part, 7)))
        with self.assertRaisesRegex(Exception, "approves a quotation first"):
            other.action_finish()

    # === COMPANIES === #

    def make_other_company(self):
        """Make a company with its chart, warehouse, van, team and technician.

        The technician, the dispatcher and the storekeeper belong to both.

        :return: team and employee
        """
        other = self.env["res.company"].create(
            {"name": "Other Works", "currency_id": self.company.currency_id.id}
        )
        self.env["account.chart.template"].try_loading("generic_coa", other, False)
        people = self.storekeeper
        for role in ("technician", "dispatcher", "intake"):
            people |= self.users[role]
        people.company_ids |= other
        other.write(
            {
                "aftersales_labour_product_id": self.labour.id,
                "aftersales_callout_product_id": False,
            }
        )
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", other.id)])
        van = self.van.create(
            {
                "name": "Other Van",
                "location_id": warehouse.aftersales_field_loc_id.id,
                "company_id": other.id,
            }
        )
        tara = self.env["hr.employee"].create(
            {
                "name": "Tara Elsewhere",
                "hourly_cost": 55,
                "company_id": other.id,
                "user_id": self.users["technician"].id,
                "van_location_id": van.id,
            }
        )
        self.put(self.hose_part, 9, warehouse.lot_stock_id)
        team = self.env["aftersales.team"].create(
            {
                "name": "Other Service",
                "company_id": other.id,
                "member_ids": [Command.set(self.users["technician"].ids)],
            }
        )
        return team, tara

    def test_second_company(self):
        """Who belongs to both works for the other one while he looks at the first."""
        team, tara = self.make_other_company()
        other = team.company_id
        # Both companies are ticked, the first one is the current one.
        context = {"allowed_company_ids": (self.company | other).ids}
        self.env = self.env(context={**self.env.context, **context})
        self.hose_part.with_company(other).standard_price = 7
        ticket = self.create_ticket(team_id=team.id)
        visit = self.as_role("dispatcher", "aftersales.dispatch").browse(
            self.as_role("dispatcher", ticket).action_plan_visit()["res_id"]
        )
        self.assertEqual(visit.company_id, other)
        with self.assertRaisesRegex(Exception, "belongs to another company"):
            with self.cr.savepoint():
                visit.technician_ids = self.technician
        self.env.invalidate_all()
        visit.write(
            {
                "technician_ids": [Command.set(tara.ids)],
                "scheduled_start": self.at_hours(48),
                "line_ids": [self.part(self.hose_part, 2)],
            }
        )
        visit.action_plan()
        before = self.on_hand(self.hose_part, self.stock)
        order, invoice, supplement, credit = self.whole(visit)
        self.assertEqual((invoice.amount_total, credit.amount_total), (160, 30))
        self.assertEqual((order | supplement).warehouse_id.company_id, other)
        self.assertEqual(self.on_hand(self.hose_part, self.stock), before, "not ours")
        self.assertEqual(self.on_hand(self.hose_part, self.van), 0)
        rows = {row.cost: row.amount for row in visit.sudo().cost_ids}
        self.assertEqual(rows, {"labour": 55, "parts": 7})
        self.assertEqual(visit.form_ids.company_id, other)
        # Without the other company ticked nobody sees it.
        alone = self.as_role("technician", "aftersales.dispatch").with_context(
            allowed_company_ids=self.company.ids
        )
        self.assertFalse(alone.search([("id", "=", visit.id)]))
        self.assertFalse(alone.browse(visit.id).has_access("read"))

    # === CLOCKS === #

    def night_visit(self, start, spans, tz="Europe/Berlin"):
        """Plan and work a visit in a night, as a technician whose zone is Honolulu.

        :param start: naive UTC datetime of the planned begin
        :param spans: (begin, end) of labour in UTC
        :return: visit, its mail's text
        """
        self.site.tz = tz
        self.calendar_of_the_night()
        users = self.users["technician"] | self.users["dispatcher"]
        users.tz = "Pacific/Honolulu"
        with self.at(start), self.mock_mail_gateway():
            visit = self.draft_visit()
            visit.scheduled_start = start
            visit.action_plan()
            mail = self._new_mails.filtered(
                lambda m: "visit.ics" in str(m.attachment_ids.mapped("name"))
            )[-1:]
        visit = self.as_role("technician", visit)
        with self.at(spans[0][0]):
            self.to_site(visit)
        with self.at(spans[-1][1]):
            visit.line_ids = [
                Command.create(
                    {
                        "kind": "labour",
                        "name": "Repair",
                        "started_at": begin,
                        "ended_at": end,
                        "employee_id": self.technician.id,
                    }
                )
                for begin, end in spans
            ]
            visit.action_finish()
            self.sign(visit)
        return visit, mail

    def calendar_of_the_night(self):
        """Let the technician work from 0 to 4 each night, by Berlin's clock."""
        self.company.aftersales_overtime_product_id = self.labour.create(
            {"name": "Overtime", "type": "service", "uom_id": self.labour.uom_id.id}
        )
        self.company.aftersales_labour_step = 0
        self.technician.resource_calendar_id = self.env["resource.calendar"].create(
            {
                "name": "Nights",
                "tz": "Europe/Berlin",
                "company_id": self.company.id,
                "attendance_ids": [
                    Command.create(
                        {
                            "name": str(day),
                            "dayofweek": str(day),
                            "hour_from": 0,
                            "hour_to": 4,
                            "day_period": "morning",
                        }
                    )
                    for day in range(7)
                ],
            }
        )

    def charged(self, visit):
        lines = visit.sudo().order_id.order_line.filtered("product_id")
        names = {self.company.aftersales_overtime_product_id: "overtime"}
        names[self.labour] = "labour"
        return {names[line.product_id]: line.product_uom_qty for line in lines}

    def test_spring_forward_in_the_night(self):
        """29 March 2026 in Berlin: after 01:59 comes 03:00."""
        begin, end = datetime(2026, 3, 28, 23, 30), datetime(2026, 3, 29, 3, 0)
        visit, mail = self.night_visit(begin, [(begin, end)])
        self.assertIn("00:30", mail.body_html)
        self.assertIn("03:30", mail.body_html, "two hours later by the clock: 3.5")
        self.assertIn("Europe/Berlin", mail.body_html)
        self.assertEqual(visit.labour_hours, 3.5, "00:30 to 05:00 without an hour")
        # 00:30 to 04:00 by the clock are 2.5 hours.
        self.assertEqual(self.charged(visit), {"labour": 2.5, "overtime": 1})
        self.assertEqual(visit.line_ids.date, date(2026, 3, 29), "the day at the site")
        self.assertEqual(visit.sudo().cost_ids.date, date(2026, 3, 29))
        ics = mail.attachment_ids.filtered(lambda a: a.name == "visit.ics")
        self.assertIn(b"DTSTART:20260328T233000Z", ics.raw)

    def test_autumn_back_in_the_night(self):
        """25 October 2026 in Berlin: 02:00 to 02:59 come twice."""
        begin, end = datetime(2026, 10, 24, 22, 0), datetime(2026, 10, 25, 4, 0)
        visit, mail = self.night_visit(
            begin,
            [(begin, datetime(2026, 10, 25, 0, 30)), (datetime(2026, 10, 25, 1), end)],
        )
        self.assertIn("00:00", mail.body_html)
        self.assertEqual(visit.labour_hours, 5.5)
        # 00:00 to 04:00 by the clock are 5 hours, less the pause of half an hour.
        self.assertEqual(self.charged(visit), {"labour": 4.5, "overtime": 1})
        content = visit.form_id._get_content()
        self.assertEqual(content["tz"], "Europe/Berlin")

    def test_the_other_side_of_the_date_line(self):
        """A day is the day at the site, whatever the technician's own clock says."""
        begin = datetime(2026, 3, 10, 20, 0)
        visit, mail = self.night_visit(
            begin, [(begin, datetime(2026, 3, 10, 21, 0))], tz="Pacific/Auckland"
        )
        self.assertIn("09:00", mail.body_html)
        self.assertEqual(visit.line_ids.date, date(2026, 3, 11))
        self.assertEqual(visit.sudo().cost_ids.date, date(2026, 3, 11))
        content = visit.form_id._get_content()
        self.assertEqual(content["tz"], "Pacific/Auckland")
        self.assertIn("2026-03-11", [row["date"] for row in content["labour"]])
