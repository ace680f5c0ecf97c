# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import drawn_signature
from .common_charges import ChargesCommon


@tagged("post_install", "-at_install")
class TestCharges(ChargesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = new_test_user(
            cls.env,
            "as_seller",
            groups="sales_team.group_sale_salesman_all_leads",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def finish(self, coverage="none", lines=None, cause="manufacturing"):
        """Do a visit up to the signature.

        :return: the visit as the technician sees it
        """
        with self.at(0):
            self.cover(coverage)
            visit, self.finding = self.start_visit(cause)
        with self.at(30):
            visit.line_ids = self.lines() if lines is None else lines
            visit.action_finish()
        return visit

    def order(self, visit):
        return visit.sudo().order_id

    def labour(self, hours=1):
        return Command.create(
            {
                "kind": "labour",
                "name": "Repair",
                "hours": hours,
                "employee_id": self.technician.id,
            }
        )

    # === THE ORDER === #

    def test_order(self):
        """It is a native draft of the customer's, with the visit's addresses; lines
        that are free stand on it with their discount, ticket and reasons beside."""
        visit = self.finish("half")
        order = self.order(visit)
        self.assertEqual(order.state, "draft")
        self.assertEqual(order.partner_id, visit.partner_id)
        self.assertEqual(order.partner_shipping_id, visit.site_id)
        self.assertEqual(order.origin, visit.name)
        self.assertEqual(order.company_id, self.company)
        names = order.order_line.filtered("display_type").mapped("name")
        self.assertIn("Hose leaks", names[0])
        self.assertTrue(any("Parts (50 %) free under warranty" in n for n in names))
        pump = order.order_line.filtered(lambda ln: ln.product_id == self.pump)
        self.assertEqual((pump.discount, pump.price_unit), (50, 300))
        self.assertEqual(pump.dispatch_line_id.product_id, self.pump)
        content = visit._charges_content()
        self.assertIsNone(content["accepted"])
        line = next(row for row in content["lines"] if row["description"] == "Pump")
        self.assertEqual(
            (line["kind"], line["quantity"], line["price"], line["share"]),
            ("part", 1, 300, 0.5),
        )
        self.assertIn("warranty", line["why"])
        self.assertEqual(visit.charge_total, content["total"])
        self.assertIn("Pump", visit.charges_html)

    def test_covered_lines_by_setting(self):
        """What is free is left out of the order by setting; the statement names it."""
        self.company.aftersales_show_covered = False
        visit = self.finish("plain")
        self.assertNotIn(self.pump, self.order(visit).order_line.product_id)
        lines = {row["description"]: row for row in visit._charges_content()["lines"]}
        self.assertEqual(lines["Pump"]["share"], 1)
        self.assertEqual(lines["Pump"]["amount"], 0)

    def test_all_free(self):
        """Nothing to pay makes no order, but a statement of what is free and why."""
        visit = self.finish("full", [self.labour(), self.part(self.pump)])
        self.assertFalse(self.order(visit))
        content = visit._charges_content()
        self.assertEqual(content["total"], 0)
        self.assertTrue(all(row["share"] == 1 for row in content["lines"]))
        form = self.sign(visit)
        self.assertEqual(form.outcome, "accepted")
        self.assertFalse(visit.charges_accepted)

    def test_unpriced(self):
        """A company without prices charges nothing, and is told what has none."""
        for product in self.services.values():
            product.list_price = 0
        visit = self.finish("none", [self.labour()])
        self.assertFalse(self.order(visit))
        self.assertEqual(visit._charges_content(), {})
        settings = self.env["res.config.settings"].with_company(self.company)
        self.assertIn("Labour", settings.create({}).aftersales_unpriced)

    def test_described_part(self):
        """A part that is in no catalogue is noted on the order, for sales to price."""
        part = Command.create({"kind": "part", "name": "Old hose", "quantity": 2})
        visit = self.finish("none", [self.labour(), part])
        notes = self.order(visit).order_line.filtered(
            lambda ln: ln.display_type == "line_note"
        )
        self.assertIn("2 x Old hose: to be priced", notes.mapped("name"))
        self.assertEqual(visit.charges_warning, "Old hose")
        # It stays when something else is corrected.
        visit.line_ids = [self.part(self.pump)]
        notes = self.order(visit).order_line.mapped("name")
        self.assertIn("2 x Old hose: to be priced", notes)

    def test_improper_use_not_acknowledged(self):
        """Nothing is charged because of it before the customer has acknowledged it."""
        with self.at(0):
            self.cover("plain")
            visit, finding = self.start_visit()
            self.propose(finding)
            self.approve(finding)
        with self.at(30):
            visit.line_ids = [self.part(self.pump)]
            visit.action_finish()
        self.assertEqual(self.amounts(visit)["Pump"], 0)
        with self.at(31):
            self.notice(finding, "explain").action_explain()
            self.acknowledge(finding)
            visit.action_sign()
        self.assertEqual(self.amounts(visit)["Pump"], 300)

    def test_two_findings(self):
        """Each line follows its finding; where none is named, the best one counts."""
        self.company.aftersales_callout_product_id = False
        with self.at(0):
            self.cover("plain")
            visit, covered = self.start_visit()
            charged = self.make_finding(self.equipment, covered.ticket_id)
            self.set_cause(charged, "wear")
        with self.at(30):
            visit.line_ids = [self.labour(1), self.labour(2), self.labour(4)]
            one, two, _none = visit.line_ids.sorted("hours")
            one.finding_id, two.finding_id = covered, charged
            visit.action_finish()
        rows = {row["quantity"]: row for row in visit._charges_content()["lines"]}
        self.assertEqual([rows[n]["amount"] for n in (1, 2, 4)], [0, 200, 0])
        self.assertIn("best for you", rows[4]["why"])

    def test_zone(self):
        """A zone has one price, in place of the kilometres."""
        zone = self.env["product.product"].create(
            {"name": "City", "type": "service", "list_price": 45, "taxes_id": False}
        )
        self.env["aftersales.travel.zone"].create(
            [
                {
                    "name": name,
                    "company_id": self.company.id,
                    "max_km": km,
                    "product_id": product.id,
                    "sequence": km,
                }
                for name, km, product in (
                    ("Near", 30, self.services["callout"]),
                    ("City", 50, zone),
                )
            ]
        )
        self.company.aftersales_travel_by = "zone"
        amounts = self.amounts(self.finish())
        self.assertEqual(amounts["City"], 45)
        self.assertNotIn("km", amounts)
        self.assertEqual(amounts["callout"], 80)

    def test_holiday_is_overtime(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "company_id": self.company.id,
                "calendar_id": self.calendar.id,
                "date_from": datetime(2026, 3, 2, 22),
                "date_to": datetime(2026, 3, 3, 22),
            }
        )
        amounts = self.amounts(self.finish())
        self.assertNotIn("labour", amounts)
        self.assertEqual(amounts["overtime"], 150 * 2.5)

    # === REWRITING === #

    def test_back_to_work(self):
        """Finishing again rewrites the order; what sales entered by hand stays."""
        visit = self.finish("none", [self.labour(1), self.part(self.pump)])
        order = self.order(visit)
        pump = order.order_line.filtered(lambda ln: ln.product_id == self.pump)
        pump.price_unit = 250
        extra = order.order_line.create(
            {"order_id": order.id, "product_id": self.filter.id}
        )
        with self.at(31):
            visit.action_continue()
            labour = visit.line_ids.filtered(lambda ln: ln.kind == "labour")
            labour.hours = 3
            visit.action_finish()
        self.assertEqual(self.order(visit), order)
        self.assertEqual(pump.price_unit, 250)
        self.assertTrue(extra.exists())
        amounts = self.amounts(visit)
        self.assertEqual((amounts["labour"], amounts["Pump"]), (300, 250))
        self.assertEqual(visit.charge_total, order.amount_total)
        # Entered after the work was finished: the customer reads it before signing.
        visit.line_ids = [self.part(self.filter, 3)]
        self.assertEqual(self.amounts(visit)["Oil Filter"], 60 + 20)
        labour.unlink()
        self.assertNotIn("labour", self.amounts(visit))

    def test_nothing_left(self):
        """An order that charges nothing any more is gone."""
        self.company.aftersales_callout_product_id = False
        visit = self.finish("none", [self.labour(1)])
        order = self.order(visit)
        visit.line_ids.unlink()
        self.assertFalse(order.exists())
        self.assertFalse(self.order(visit))

    def test_supplement(self):
        """What is corrected after the order was confirmed is a supplement, once."""
        self.company.aftersales_callout_product_id = False
        visit = self.finish("none", [self.labour(2), self.part(self.pump)])
        with self.at(31):
            self.sign(visit)
            first = self.order(visit)
            first.action_confirm()
            visit.action_correct()
            labour = visit.line_ids.filtered(lambda ln: ln.kind == "labour")
            labour.hours = 1
            visit.line_ids = [self.part(self.filter)]
            second = self.order(visit)
            self.assertNotEqual(first, second)
            self.assertEqual(first.amount_untaxed, 500)
            self.assertEqual(second.amount_untaxed, -100 + 20)
            self.assertEqual(visit.charge_total, 420)
            labour.hours = 3
            self.assertEqual(self.order(visit), second)
            self.assertEqual(second.amount_untaxed, 100 + 20)
            self.sign(visit, replaces_reason="Hours were wrong")
        self.assertEqual(visit.charge_total, 620)
        self.assertEqual(visit.sudo().order_ids, first | second)

    def test_keep_version(self):
        """A visit that is opened by mistake charges the same, whatever sales did."""
        visit = self.finish("none", [self.labour(2)])
        with self.at(31):
            self.sign(visit)
            statement = visit._charges_content()
            self.order(visit).order_line.filtered("product_id")[0].price_unit = 7
            visit.action_correct()
            visit.action_keep_version()
        self.assertEqual(visit._charges_content(), statement)
        self.assertTrue(statement["accepted"])

    # === PARTS THAT WERE DELIVERED === #

    def test_parts_delivered_once(self):
        """Confirming the order delivers nothing again, and invoices it once."""
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        self.pump.is_storable = True
        (self.pump | self.filter).invoice_policy = "delivery"
        stock, customers = (
            warehouse.lot_stock_id,
            self.env.ref("stock.stock_location_customers"),
        )
        self.env["stock.quant"]._update_available_quantity(self.pump, stock, 5)
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": warehouse.out_type_id.id,
                "location_id": stock.id,
                "location_dest_id": customers.id,
                "partner_id": self.customer.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": 1,
                            "location_id": stock.id,
                            "location_dest_id": customers.id,
                        }
                    )
                    for product in (self.pump, self.filter)
                ],
            }
        )
        picking.action_confirm()
        for move in picking.move_ids:
            move.write({"quantity": 1, "picked": True})
        picking._action_done()
        moves = picking.move_ids
        self.assertEqual(set(moves.mapped("state")), {"done"})
        linked = {move.product_id: move for move in moves}
        Dispatch = type(self.env["aftersales.dispatch"])
        self.patch(
            Dispatch, "_linked_moves", lambda visit, line: linked[line.product_id]
        )
        # The filter is a wear part and charged, the pump is free.
        visit = self.finish("plain", [self.part(self.pump), self.part(self.filter)])
        order = self.order(visit)
        free = order.order_line.filtered(lambda ln: ln.product_id == self.pump)
        charged = order.order_line.filtered(lambda ln: ln.product_id == self.filter)
        self.assertFalse(linked[self.pump].sale_line_id)
        self.assertEqual(linked[self.filter].sale_line_id, charged)
        self.assertEqual(charged.qty_delivered, 1)
        available = self.pump.with_context(location=stock.id).qty_available
        order.action_confirm()
        self.assertEqual(order.picking_ids, picking)
        self.assertEqual(
            self.pump.with_context(location=stock.id).qty_available, available
        )
        self.assertEqual(order.order_line & (free | charged), free | charged)
        self.assertEqual(charged.qty_to_invoice, 1)
        self.assertEqual(free.qty_delivered, 1)
        charged.product_uom_qty = 2
        self.assertEqual(order.picking_ids, picking, "the visit delivers, not sales")

    # === THE SIGNATURE === #

    def test_answer_is_asked_for(self):
        visit = self.finish()
        with self.at(31):
            for values, message in (
                ({"charges_answer": False}, "Ask the customer"),
                ({"charges_answer": "declined"}, "why the charges"),
                ({"charges_answer": "declined", "charges_reason": " "}, "why the"),
            ):
                with (
                    self.subTest(values),
                    self.assertRaisesRegex(ValidationError, message),
                ):
                    self.sign(visit, **values)
            self.sign(visit)
        self.assertEqual(visit.charges_accepted, "accepted")
        self.assertIs(visit._charges_content()["accepted"], True)
        self.assertEqual(visit.state, "done")

    def test_declined(self):
        """The work is signed for; sales is told why the charges are declined."""
        visit = self.finish()
        self.order(visit).user_id = self.seller
        with self.at(31):
            form = self.sign(
                visit, charges_answer="declined", charges_reason="Too many hours"
            )
        self.assertEqual(form.outcome, "accepted")
        activity = self.order(visit).activity_ids
        self.assertEqual(activity.user_id, self.seller)
        self.assertIn("Too many hours", activity.note)
        self.assertIs(visit._charges_content()["accepted"], False)

    def test_refused_work(self):
        """Who refuses the work is not asked what he says to its price."""
        visit = self.finish()
        with self.at(31):
            self.sign(visit, outcome="refused", outcome_reason="Still leaks")
        self.assertFalse(visit.charges_accepted)
        self.assertEqual(self.order(visit).state, "draft")

    # === RIGHTS === #

    def test_rights(self):
        """Technicians and dispatchers need no sales rights, and get none."""
        visit = self.finish()
        order = self.order(visit)
        for role in ("technician", "dispatcher"):
            as_role = self.as_role(role, visit)
            self.assertTrue(as_role.charge_total)
            with self.assertRaises(AccessError):
                as_role.order_id.ensure_one()
            with self.assertRaises(AccessError):
                self.as_role(role, order).read(["name"])
            for name, value in (
                ("order_id", False),
                ("charges", {}),
                ("charges_accepted", "accepted"),
                ("quote_waived_by", self.users[role].id),
            ):
                with (
                    self.subTest(role=role, field=name),
                    self.assertRaises(AccessError),
                ):
                    as_role.write({name: value})
        # Finance reads orders as its accounting rights allow, and nothing less.
        accountant = self.users["finance"]
        accountant.group_ids |= self.env.ref("account.group_account_invoice")
        other = self.env["sale.order"].create({"partner_id": self.customer.id})
        for each in (order, other):
            self.assertTrue(self.as_role("finance", each).read(["name"]))
        self.assertEqual(
            visit.with_user(self.seller).sudo(False).env.uid, self.seller.id
        )
        self.assertTrue(order.with_user(self.seller).read(["dispatch_id"]))

    # === QUOTES === #

    def plan_paid_visit(self, threshold=500):
        self.company.write(
            {
                "aftersales_quote_threshold": threshold,
                "aftersales_callout_product_id": False,
            }
        )
        with self.at(0):
            visit, _finding = self.start_visit()
            visit.planned_hours = 8
        return visit

    def approve_quote(self, visit, role="technician", **values):
        dialog = self.as_role(role, "aftersales.quote.approve").create(
            {
                "dispatch_id": visit.id,
                "signer_name": "Mia Mill",
                "signature": drawn_signature("Mia"),
                **values,
            }
        )
        dialog.action_approve()

    def test_quote_is_needed(self):
        visit = self.plan_paid_visit()
        with self.at(30):
            visit.line_ids = [self.labour(6)]
            with self.assertRaises(UserError) as refused:
                visit.action_finish()
            self.assertIn("approves a quotation first", str(refused.exception))
            # Teams and customers have their own limits, the customer's first.
            self.team.quote_threshold = 700
            self.customer.with_company(self.company).aftersales_quote_threshold = 550
            with self.assertRaises(UserError) as refused:
                visit.action_finish()
            self.assertIn("550", str(refused.exception))
            self.customer.with_company(self.company).aftersales_quote_threshold = 0
            visit.action_finish()
        self.assertEqual(visit.state, "to_sign")

    def test_quote_approved_at_the_site(self):
        """The quoted order is the one that is completed, and nothing stands twice."""
        visit = self.plan_paid_visit()
        with self.at(30):
            with self.assertRaisesRegex(UserError, "No quotation waits"):
                self.approve_quote(visit)
            action = visit.action_quote()
            self.assertEqual(action["res_model"], "aftersales.quote.approve")
            quote = self.order(visit)
            self.assertEqual((quote.amount_untaxed, quote.state), (800, "draft"))
            self.assertEqual(visit.quote_state, "open")
            self.assertIn("Labour", visit.quote_html)
            with self.assertRaises(ValidationError):
                self.approve_quote(visit, signature=False)
            self.approve_quote(visit)
            self.assertEqual((quote.state, quote.signed_by), ("sale", "Mia Mill"))
            self.assertTrue(quote.signature)
            self.assertEqual(
                (visit.quote_state, visit.quote_approved), ("approved", 800)
            )
            with self.assertRaisesRegex(UserError, "No quotation waits"):
                self.approve_quote(visit)
            visit.line_ids = [self.labour(5), self.part(self.pump)]
            visit.action_finish()
        self.assertEqual(self.order(visit), quote)
        self.assertEqual(quote.amount_untaxed, 500 + 300)
        self.assertFalse(quote.picking_ids)
        self.assertEqual(len(visit.sudo().order_ids), 1)

    def test_quote_exceeded(self):
        """More than the tolerance needs a new approval: of the difference."""
        visit = self.plan_paid_visit()
        with self.at(30):
            visit.action_quote()
            self.approve_quote(visit)
            first = self.order(visit)
            visit.line_ids = [self.labour(8.75)]  # 875: within 10 % of 800
            visit.action_finish()
            visit.action_continue()
            visit.line_ids.hours = 9
            with self.assertRaises(UserError) as refused:
                visit.action_finish()
            self.assertIn("approve the difference", str(refused.exception))
            visit.action_quote()
            second = self.order(visit)
            self.assertNotEqual(first, second)
            self.approve_quote(visit)
            visit.action_finish()
        total = (first | second).mapped("amount_untaxed")
        self.assertEqual(sum(total), 900)
        self.assertEqual(visit.charge_total, 900)

    def test_quote_by_sales(self):
        """Who may sell sends it natively; the customer's confirmation approves it."""
        visit = self.plan_paid_visit()
        self.users["dispatcher"].group_ids |= self.env.ref(
            "sales_team.group_sale_salesman_all_leads"
        )
        action = self.as_role("dispatcher", visit).action_quote()
        self.assertEqual(action["res_model"], "mail.compose.message")
        order = self.order(visit)
        self.assertTrue(order._has_to_be_signed())
        order.action_quotation_sent()
        self.assertEqual(visit.quote_state, "open")
        order.action_confirm()
        self.assertEqual(visit.quote_state, "approved")
        with self.assertRaisesRegex(UserError, "approved all of this"):
            visit.action_quote()

    def test_quote_waived(self):
        visit = self.plan_paid_visit()
        visit.line_ids = [self.labour(6)]
        for role in ("technician", "dispatcher"):
            with self.assertRaises(AccessError):
                self.as_role(role, visit).action_waive_quote()
            dialog = self.as_role(role, "aftersales.quote.approve").create(
                {"dispatch_id": visit.id, "purpose": "waive", "reason": "Known"}
            )
            with self.assertRaises(AccessError):
                dialog.action_waive()
        dialog = self.as_role("manager", "aftersales.quote.approve").create(
            {"dispatch_id": visit.id, "purpose": "waive"}
        )
        with self.assertRaises(ValidationError):
            dialog.action_waive()
        dialog.reason = "Agreed by telephone"
        dialog.action_waive()
        with self.at(30):
            visit.action_finish()
        self.assertEqual(visit.quote_waived_by, self.users["manager"])
        self.assertEqual(visit.quote_state, "waived")

    def test_quote_of_nothing(self):
        with self.at(0):
            self.cover("full")
            visit, _finding = self.start_visit()
        visit.planned_hours = 3
        with self.assertRaisesRegex(UserError, "nothing to approve"):
            visit.action_quote()

    def test_cancelled_visit(self):
        """Nothing is offered any more for a visit that does not take place."""
        with self.at(0):
            visit = self.plan_visit(self.create_ticket(equipment_id=self.equipment.id))
            visit.planned_hours = 3
            visit.action_quote()
            order = self.order(visit)
            self.assertEqual(order.state, "draft")
            visit.action_cancel()
        self.assertEqual(order.state, "cancel")

    # === A DECISION AFTER THE SIGNATURE === #

    def test_settlement(self):
        """Who pays otherwise than was signed gets the difference, and the signed
        statement stays."""
        self.company.aftersales_callout_product_id = False
        visit = self.finish("plain", [self.labour(2), self.part(self.filter)])
        with self.at(31):
            self.sign(visit)
            first = self.order(visit)
            self.assertEqual(first.amount_untaxed, 20)
            first.action_confirm()
            statement = visit._charges_content()
            values = {
                "finding_id": self.finding.id,
                "kind": "override",
                "reason": "Laboratory",
                "notice": "The laboratory found otherwise.",
            }
            Decide = self.as_role("manager", "aftersales.coverage.decide")
            Decide.create({**values, "labour_payer": "customer"}).action_decide()
        second = visit.sudo().order_ids - first
        self.assertEqual(second.state, "draft")
        self.assertEqual(second.amount_untaxed, 200)
        self.assertEqual(visit._charges_content(), statement)
        with self.at(32):
            second.action_confirm()
            Decide.create({**values, "kind": "automatic"}).action_decide()
        third = visit.sudo().order_ids - first - second
        self.assertEqual(third.amount_untaxed, -200)

    # === COST === #

    def test_cost(self):
        """What was covered is kept by finding, machine and product; labour is booked
        once, and corrected by the difference."""
        plan = self.env["account.analytic.plan"].create({"name": "Service"})
        account = self.env["account.analytic.account"].create(
            {"name": "Field", "plan_id": plan.id, "company_id": self.company.id}
        )
        self.company.aftersales_cost_account_id = account
        self.company.aftersales_callout_product_id = False
        visit = self.finish("half", [self.labour(2), self.part(self.pump)])
        with self.at(31):
            self.sign(visit)
        costs = visit.sudo().cost_ids
        rows = {row.cost: (row.amount, row.covered) for row in costs}
        self.assertEqual(rows, {"labour": (80, 40), "parts": (100, 50)})
        self.assertEqual(costs.finding_id, self.finding)
        self.assertEqual(costs.equipment_id, self.equipment)
        self.assertEqual(costs.product_id, self.machine)
        self.assertEqual(self.as_role("manager", self.finding).covered_cost, 90)
        Line = self.env["account.analytic.line"]
        domain = [("dispatch_id", "=", visit.id)]
        booked = Line.search(domain)
        self.assertEqual((booked.amount, booked.unit_amount), (-80, 2))
        self.assertEqual(booked[plan._column_name()], account)
        with self.at(32):
            visit.action_correct()
            visit.action_keep_version()
            self.assertEqual(Line.search(domain), booked)
            visit.action_correct()
            visit.line_ids.filtered(lambda ln: ln.kind == "labour").hours = 3
            self.sign(visit, replaces_reason="Hours")
        self.assertEqual(sum(Line.search(domain).mapped("amount")), -120)
        self.assertEqual(len(Line.search(domain)), 2)
        with self.assertRaises(AccessError):
            self.as_role("technician", visit).cost_ids.mapped("amount")
