# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Several reports become one ticket: what its findings and visits become."""

from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common_coverage import CoverageCommon


@tagged("post_install", "-at_install")
class TestMergeFindings(CoverageCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.press = cls.env["aftersales.equipment"].create(
            {
                "product_id": cls.machine.id,
                "partner_id": cls.customer.id,
                "delivery_date": date(2026, 1, 15),
                "company_id": cls.company.id,
            }
        )

    def report(self, hour, **finding):
        with self.at(hour):
            return self.create_ticket(
                equipment_id=self.press.id,
                finding_ids=[Command.create({"fault_id": self.hose.id, **finding})],
            )

    def merge(self, ticket, original, role="manager"):
        self.as_role(role, ticket)._merge_into(self.as_role(role, original))
        self.env.invalidate_all()

    def pareto(self):
        with self.at(24):
            wizard = self.as_role("quality", "aftersales.pareto").create(
                {
                    "date_from": date(2026, 3, 1),
                    "date_to": date(2026, 3, 31),
                    "team_ids": [Command.set(self.team.ids)],
                    "level": 2,
                }
            )
            return {row.label: row.count for row in wizard._get_rows()}

    def test_statistics_count_each_finding_once(self):
        one = self.report(0)
        two = self.report(1)
        three = self.report(2, fault_id=self.fault.id)
        before = self.pareto()
        self.assertEqual(sum(before.values()), 3)
        findings = (one | two | three).finding_ids
        self.merge(two | three, one)
        self.assertEqual(one.finding_ids, findings)
        self.assertEqual(self.pareto(), before)
        self.assertEqual(set(findings.mapped("reported_at")), {self.NOW})

    def test_a_managers_decision_goes_along_as_it_is(self):
        one, two = self.report(0), self.report(1)
        finding = two.finding_ids
        wizard = self.as_role("manager", "aftersales.coverage.decide").create(
            {"finding_id": finding.id}
        )
        fixed = self.decide_goodwill(wizard)
        self.merge(two, one)
        self.assertEqual(finding.ticket_id, one)
        self.assertEqual(finding.coverage_id, fixed)
        self.assertEqual(fixed.ticket_id, one)
        self.assertEqual(fixed.kind, "goodwill")

    def decide_goodwill(self, wizard):
        wizard.write({"kind": "goodwill", "reason": "Good customer"})
        wizard.action_decide()
        return wizard.finding_id.coverage_id

    def test_the_earliest_report_is_the_day_of_the_fault(self):
        one, two = self.report(0), self.report(24 * 5)
        self.merge(one, two)
        days = set(two.finding_ids.coverage_id.mapped("fault_date"))
        self.assertEqual(days, {self.NOW.date()})

    def test_a_fault_of_later_is_another_matter(self):
        one = self.report(0)
        two = self.report(24 * 5, occurred_on=date(2026, 3, 6))
        with self.assertRaisesRegex(UserError, "after it was reported"):
            self.merge(two, one)
        with self.assertRaisesRegex(UserError, "after it was reported"):
            self.merge(one, two)

    def test_visits_go_along(self):
        one, two = self.report(0), self.report(1)
        visit = self.plan_visit(two)
        self.merge(two, one)
        self.assertEqual(visit.state, "planned")
        self.assertEqual(visit.job_ids.ticket_id, one)
        self.assertEqual(visit.job_ids.finding_ids, one.finding_ids)

    def test_visit_under_way_goes_along(self):
        one, two = self.report(0), self.report(1)
        visit = self.plan_visit(two)
        with self.at(25):
            self.as_role("technician", visit).action_depart()
            self.as_role("technician", visit).action_arrive()
        with self.at(26):
            self.merge(two, one)
        self.assertEqual(one.arrived_at, self.NOW + timedelta(hours=25))
        self.assertEqual(visit.state, "on_site")

    def test_both_in_one_visit(self):
        one, two = self.report(0), self.report(1)
        visit = self.plan_visit(one)
        job = self.as_role("dispatcher", "aftersales.dispatch.job").create(
            {"dispatch_id": visit.id, "ticket_id": two.id}
        )
        job.work_done = "Looked at it"
        with self.assertRaisesRegex(UserError, "has work on"):
            self.merge(two, one)
        job.work_done = False
        self.merge(two, one)
        self.assertFalse(job.exists())
        self.assertEqual(visit.job_ids.ticket_id, one)

    def test_signed_ticket_can_only_stay(self):
        one, two = self.report(0), self.report(1)
        visit = self.plan_visit(two)
        with self.at(25):
            self.work_visit(visit, result="revisit")
            form = self.sign(visit)
        with self.assertRaisesRegex(UserError, "only be the ticket that stays"):
            self.merge(two, one)
        fixed, content = two.finding_ids.coverage_id, form.content
        self.assertEqual(fixed.form_id, form)
        Model = self.as_role("manager", "aftersales.ticket.merge")
        with Form(
            Model.with_context(
                active_model="aftersales.ticket", active_ids=(one | two).ids
            )
        ) as dialog:
            self.assertEqual(dialog.original_id, two, "although it is younger")
        dialog.record.action_merge()
        self.env.invalidate_all()
        self.assertIn(fixed, two.finding_ids.coverage_id)
        self.assertEqual(len(two.finding_ids), 2)
        self.assertEqual((form.content, fixed.form_id), (content, form))

    def test_improper_use_stays_examined(self):
        one, two = self.report(0), self.report(1)
        finding = two.finding_ids
        finding.sudo().write({"misuse_state": "proposed"})
        self.merge(two, one)
        self.assertEqual(finding.misuse_state, "proposed")

    def test_what_another_customer_was_told_binds_nobody(self):
        one, two = self.report(0), self.report(1)
        dealer = self.env["res.partner"].create({"name": "Dealer", "is_company": True})
        self.press.end_user_id = dealer
        of_dealer = self.create_ticket(
            partner_id=dealer.id, equipment_id=self.press.id, name="Press of my client"
        )
        finding = two.finding_ids
        finding.sudo().write({"misuse_state": "determined"})
        self.merge(two, of_dealer)
        self.assertEqual(finding.misuse_state, "none")
        self.assertEqual(finding.ticket_id, of_dealer)
        self.assertIn(self.contact, of_dealer.message_partner_ids)
        self.assertTrue(one)
