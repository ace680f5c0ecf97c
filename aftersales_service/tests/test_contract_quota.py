# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The ledger of a contract: nobody writes it by hand, and it never lies."""

from lxml import etree
from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common_quota import QuotaCommon


@tagged("post_install", "-at_install")
class TestContractQuota(QuotaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.DAY = fields.Date.to_date("2026-03-03")

    def setUp(self):
        super().setUp()
        self.contract = self.make_contract()
        with self.at(0):
            self.visit = self.draft(self.report())

    def reserve(self, quantity=1, contract=None, visit=None, day=None, **values):
        contract = contract or self.contract
        granted = contract._reserve(
            "visit", quantity, day or self.DAY, visit or self.visit, **values
        )
        return granted[contract]

    # === STEPS === #

    def test_steps(self):
        contract, visit = self.contract, self.visit
        self.assertEqual(self.reserve(), 1)
        self.assertEqual(self.reserve(), 1)
        self.assertEqual(self.balance(contract), (1, 0, 1))
        contract._consume("visit", 1, self.DAY, visit)
        contract._consume("visit", 1, self.DAY, visit)
        self.assertEqual(self.balance(contract), (0, 1, 1))
        self.assertEqual(self.steps(contract), ["reserve", "consume"])
        contract._release(visit)
        self.assertEqual(self.balance(contract), (0, 1, 1))

    def test_what_is_not_limited(self):
        self.assertIsNone(self.contract._balance("hour", self.DAY))
        with self.assertRaises(UserError):
            self.contract._correct("hour", 1, self.DAY, "Because")

    def test_whole_or_not(self):
        contract = self.make_contract(limits_hours=True, hour_quota=3)
        got = contract._reserve("hour", 5, self.DAY, self.visit, whole=False)
        self.assertEqual(got[contract], 3)
        self.assertEqual(self.reserve(3, contract), 0)

    def test_never_below_zero(self):
        contract = self.make_contract(visit_quota=0)
        self.assertEqual(self.reserve(contract=contract), 0)
        with self.assertRaisesRegex(UserError, "only 0 left"):
            contract._consume("visit", 1, self.DAY, self.visit)
        draft = self.env["sale.order"].create({"partner_id": self.customer.id})
        with self.assertRaisesRegex(UserError, "only 0 left"):
            contract._consume("visit", 1, self.DAY, self.visit, order=draft)
        self.assertFalse(contract.usage_ids)
        draft.order_line = [Command.create({"product_id": self.services["callout"].id})]
        draft.action_confirm()
        contract._consume("visit", 1, self.DAY, self.visit, order=draft)
        self.assertEqual(self.balance(contract), (0, 1, 0))
        self.assertEqual(contract.usage_ids.order_id, draft)

    def test_the_whole_term(self):
        contract = self.make_contract(quota_period="term")
        contract._correct("visit", 2, fields.Date.to_date("2027-06-01"), "Before")
        self.assertEqual(self.balance(contract), (0, 2, 0))

    def test_less_than_was_used_is_refused(self):
        contract = self.make_contract(activate=False)
        contract._activate()
        contract._correct("visit", 2, self.DAY, "Carried over")
        with self.assertRaisesRegex(ValidationError, "used already"):
            contract.visit_quota = 1

    # === CORRECTED BY HAND === #

    def correct(self, role="manager", user=None, **values):
        contract = self.contract.with_user(user or self.users[role])
        action = contract.action_correct_usage()
        dialog = contract.env[action["res_model"]].with_context(**action["context"])
        dialog.create(
            {"quantity": 1, "reason": "Our mistake", **values}
        ).action_correct()

    def test_dialog(self):
        self.correct(direction="more", quantity=2, date=self.DAY)
        self.assertEqual(self.balance(self.contract), (0, 2, 0))
        self.correct(direction="less", date=self.DAY)
        self.assertEqual(self.balance(self.contract), (0, 1, 1))
        row = self.contract.usage_ids[0]
        self.assertEqual(
            (row.step, row.quantity, row.reason, row.user_id),
            ("correct", -1, "Our mistake", self.users["manager"]),
        )

    def test_dialog_refuses(self):
        for values, words in (
            ({"direction": "more", "quantity": 3}, "only 2 left"),
            ({"direction": "less"}, "only 0 were used"),
            ({"direction": "more", "reason": "  "}, "Say why"),
        ):
            with self.subTest(words), self.assertRaisesRegex(UserError, words):
                self.correct(date=self.DAY, **values)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            self.correct(quantity=-1)

    def test_who_corrects(self):
        for role in ("technician", "dispatcher", "finance", "intake"):
            with self.subTest(role), self.assertRaises(AccessError):
                self.correct(role)
        seller = new_test_user(
            self.env, "quota_seller", "sales_team.group_sale_salesman_all_leads"
        )
        with self.assertRaises(AccessError):
            self.correct(user=seller)
        leader = new_test_user(
            self.env, "quota_leader", "sales_team.group_sale_manager"
        )
        self.correct(user=leader, direction="more", date=self.DAY)
        self.assertEqual(self.contract.usage_ids.user_id, leader)

    # === APPEND ONLY === #

    def test_nobody_writes(self):
        self.reserve()
        row = self.contract.usage_ids
        values = {
            "contract_id": self.contract.id,
            "quota": "visit",
            "step": "correct",
            "quantity": -1,
            "period_start": self.DAY,
            "reason": "Free",
        }
        for role in ("manager", "dispatcher", "technician", "finance"):
            mine = self.as_role(role, row)
            self.assertEqual(mine.quantity, 1)
            for forbidden in (
                lambda mine=mine: mine.create(values),
                lambda mine=mine: mine.write({"quantity": 0}),
                lambda mine=mine: mine.unlink(),
            ):
                with self.subTest(role), self.assertRaises(AccessError):
                    forbidden()
        for forbidden in (
            lambda: row.sudo().write({"quantity": 0}),
            lambda: row.sudo().unlink(),
        ):
            with self.assertRaisesRegex(UserError, "ledger"):
                forbidden()
        with self.assertRaises(AccessError):
            self.as_role("manager", self.contract).write(
                {"usage_ids": [Command.create(values)]}
            )

    def test_rows_are_unique(self):
        self.reserve()
        row = self.contract.usage_ids
        values = row.sudo().copy_data()[0]
        other = {**values, "round": 2, "step": "consume"}
        bad = (
            [values],
            [{**values, "step": "release"}, {**values, "step": "consume"}],
            [other, {**other, "round": 3}],
            [{**values, "quantity": -1, "round": 4}],
            [{**values, "dispatch_id": False, "round": 5}],
            [{**values, "step": "correct", "dispatch_id": False, "reason": False}],
        )
        for vals_list in bad:
            with (
                self.subTest(vals_list),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.cr.savepoint(),
            ):
                row.sudo().create(vals_list)
                self.env.flush_all()

    def test_defaults_of_a_request(self):
        """Nothing of a sent context gets into the ledger."""
        contract = self.contract.with_context(
            default_reason="x", default_order_id=1, default_user_id=1
        )
        contract._reserve("visit", 1, self.DAY, self.visit)
        row = self.contract.usage_ids
        self.assertFalse(row.reason)
        self.assertFalse(row.sudo().order_id)

    def test_another_company(self):
        other = self.env["res.company"].create({"name": "Other Maker"})
        self.reserve()
        user = new_test_user(
            self.env,
            "quota_other",
            "aftersales_service.aftersales_service_group_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        usage = self.env["aftersales.contract.usage"].with_user(user)
        self.assertFalse(usage.search([]))
        with self.assertRaises(AccessError):
            self.contract.usage_ids.with_user(user).read(["quantity"])

    # === WHAT IS SHOWN === #

    def test_table(self):
        self.reserve()
        with self.at(0):
            rows = self.contract._quota_table()
        self.assertEqual(len(rows), 1)
        row = rows[0]
        self.assertEqual(
            (row["label"], row["included"], row["reserved"], row["left"]),
            ("Visits on Site", 2, 1, 1),
        )
        self.assertEqual(
            (row["first_day"], row["last_day"]),
            (fields.Date.to_date("2026-01-10"), fields.Date.to_date("2027-01-09")),
        )
        with self.at(0):
            html = self.as_role("dispatcher", self.contract).quota_html
        self.assertIn("Visits on Site", html)
        self.assertFalse(self.make_contract(limits_visits=False).quota_html)

    def test_table_with_amounts(self):
        contract = self.make_contract(limits_parts=True, parts_quota=400)
        contract._correct("parts", 150.5, self.DAY, "Carried over")
        with self.at(0):
            html = contract.quota_html
        self.assertIn("249.50", html)

    def test_pages(self):
        """Forms and lists open for whoever reads contracts."""
        self.reserve()
        seller = new_test_user(
            self.env, "quota_page", "sales_team.group_sale_salesman_all_leads"
        )
        users = [self.users[role] for role in ("manager", "dispatcher", "finance")]
        for user in (*users, seller):
            contract = self.contract.with_user(user)
            view = contract.get_view(view_type="form")
            names = etree.fromstring(view["arch"]).xpath("//page[@name='usage']//field")
            self.assertIn("quota_html", [node.get("name") for node in names])
            contract.web_read(
                {
                    "quota_html": {},
                    "usage_ids": {"fields": {"dispatch_id": {"fields": {}}}},
                    "maintenance_ids": {"fields": {"site_id": {"fields": {}}}},
                }
            )
        visit = self.as_role("technician", self.visit)
        arch = visit.get_view(view_type="form")["arch"]
        self.assertIn("quota_warning", arch)
        with self.at(0):
            self.visit.action_plan()
        self.assertIn("1 of 2 visits left", visit.quota_text)
