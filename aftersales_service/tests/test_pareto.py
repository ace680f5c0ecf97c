# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date, datetime

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestPareto(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.brakes = cls.env["aftersales.fault"].create({"name": "Test Brakes"})

    def report(self, faults, at=datetime(2026, 3, 2, 12)):
        """Enter a ticket that has findings of some faults."""
        with self.at(at):
            return self.create_ticket(
                finding_ids=[
                    Command.create({"fault_id": fault and fault.id}) for fault in faults
                ]
            )

    def pareto(self, **values):
        return self.as_role("quality", "aftersales.pareto").create(
            {
                "date_from": date(2026, 3, 1),
                "date_to": date(2026, 3, 31),
                "team_ids": [Command.set(self.team.ids)],
                **values,
            }
        )

    def counts(self, **values):
        return [(row.label, row.count) for row in self.pareto(**values)._get_rows()]

    def test_counts_findings_at_a_level(self):
        self.report([self.hose, self.hose, self.brakes])
        self.report([self.fault, False])
        self.assertEqual(
            self.counts(level=1),
            [("Test Component", 3), ("Not classified", 1), ("Test Brakes", 1)],
        )
        self.assertEqual(
            self.counts(level=2),
            [
                ("Test Component / Test Hose", 2),
                ("Not classified", 1),
                ("Test Brakes", 1),
                ("Test Component", 1),
            ],
        )

    def test_period_team_and_cancelled(self):
        self.report([self.hose])
        self.report([self.brakes], at=datetime(2026, 2, 28, 23, 59, 59))
        self.report([self.brakes], at=datetime(2026, 4, 1))
        self.report([self.brakes]).action_cancel()
        other = self.team.copy({"name": "Other", "alias_name": "other.pareto"})
        self.report([self.brakes]).team_id = other
        self.assertEqual(self.counts(), [("Test Component", 1)])
        self.assertEqual(len(self.counts(team_ids=[Command.clear()])), 2)

    def test_days_begin_where_the_reader_is(self):
        self.users["quality"].tz = "Asia/Shanghai"
        self.report([self.hose], at=datetime(2026, 2, 28, 17))  # 1 March in Shanghai
        self.report([self.hose], at=datetime(2026, 3, 31, 17))  # 1 April there
        self.assertEqual(self.counts(), [("Test Component", 1)])

    def test_bad_choices(self):
        for values, message in (
            ({"date_from": date(2026, 4, 1)}, "ends before"),
            ({"level": 0}, "level 1"),
            ({"bar_limit": 0}, "bars"),
            ({"bar_limit": 21}, "bars"),
        ):
            with self.assertRaisesRegex(ValidationError, message):
                self.pareto(**values).action_print()

    def test_chart_and_table_are_the_same_numbers(self):
        self.report([self.hose] * 5 + [self.brakes] * 3 + [False])
        self.report([])
        wizard = self.pareto()
        values = (
            self.env["report.aftersales_service.report_pareto"]
            .with_user(self.users["quality"])
            ._get_report_values(wizard.ids)
        )
        chart = values["charts"][wizard.id]
        self.assertEqual(chart["total"], 9)
        self.assertEqual(chart["without_finding"], 1)
        self.assertEqual(chart["rows"][-1].cumulative, 1)
        html, _kind = (
            self.env["ir.actions.report"]
            .with_user(self.users["quality"])
            ._render_qweb_html(
                "aftersales_service.aftersales_pareto_report", wizard.ids
            )
        )
        text = html.decode()
        for expected in ("<svg", "Test Component", "Test Brakes", "Not classified"):
            self.assertIn(expected, text)

    def test_empty_period_says_so(self):
        wizard = self.pareto(date_from=date(2000, 1, 1), date_to=date(2000, 1, 2))
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "aftersales_service.aftersales_pareto_report", wizard.ids
        )
        self.assertNotIn("<svg", html.decode())
