# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Charges and the signature: what is answered, who reads them, what it did cost."""

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .common_charges import ChargesCommon


@tagged("post_install", "-at_install")
class TestChargesSigned(ChargesCommon):
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

    def test_what_was_invoiced_is_deleted_by_a_correction(self):
        """The supplement takes back the part that the visit doesn't name any more."""
        visit = self.finish()
        with self.at(31):
            self.sign(visit)
            order = self.order(visit)
            order.action_confirm()
            order._create_invoices().action_post()
            visit.action_correct()
            pump = visit.line_ids.filtered(lambda line: line.product_id == self.pump)
            pump.unlink()
            self.sign(visit, replaces_reason="The pump was not replaced")
        supplement = visit._live_orders() - order
        self.assertEqual(supplement.order_line.product_id, self.pump)
        self.assertEqual(supplement.amount_untaxed, -300)

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
