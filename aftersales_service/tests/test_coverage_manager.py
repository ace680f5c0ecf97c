# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What only a manager decides: overrides, goodwill, and after the signature."""

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import ROLES
from .common_coverage import CoverageCommon

FREE = ("warranty", 1.0)
CHARGED = ("customer", 1.0)


@tagged("post_install", "-at_install")
class TestCoverageManager(CoverageCommon):
    def setUp(self):
        super().setUp()
        self.equipment = self.make_equipment(delivery_date="2025-05-15")
        self.warranty = self.grant(self.equipment, self.make_term())
        with self.at(0):  # 2 March 2026
            self.ticket = self.create_ticket(equipment_id=self.equipment.id)
        self.finding = self.make_finding(self.equipment, self.ticket)

    def decide(self, role="manager", finding=None, **values):
        """Decide in the dialog."""
        wizard = self.as_role(role, "aftersales.coverage.decide").create(
            {"finding_id": (finding or self.finding).id, **values}
        )
        wizard.action_decide()
        return wizard

    def goodwill(self, **values):
        return self.decide(
            kind="goodwill",
            reason="Good customer",
            travel_payer="goodwill",
            travel_share=0.5,
            **values,
        )

    def visit(self, work=True):
        """Visit the ticket; the technician costs 60 an hour."""
        self.technician.sudo().hourly_cost = 60
        visit = self.plan_visit(self.ticket)
        if work:
            visit = self.work_visit(visit)
            labour = visit.line_ids.filtered(lambda line: line.kind != "part")
            labour.employee_id = self.technician
            visit.line_ids = [
                Command.create(
                    {
                        "kind": "part",
                        "name": "Pump",
                        "product_id": self.pump.id,
                        "quantity": 2,
                    }
                )
            ]
        return visit

    def signed(self, **values):
        """Let the customer sign for what was decided."""
        form = self.sign(self.visit(), **values)
        self.ticket.finding_ids._freeze_coverage(form)
        return form

    # === OVERRIDE AND GOODWILL === #

    def test_only_managers(self):
        for role in set(ROLES) - {"manager"}:
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.goodwill_as(role)
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_role(role, self.finding).action_decide_coverage()
        action = self.as_role("manager", self.ticket).action_decide_coverage()
        self.assertEqual(action["context"], {"default_finding_id": self.finding.id})

    def goodwill_as(self, role):
        self.decide(
            role,
            kind="goodwill",
            reason="x",
            parts_payer="goodwill",
            parts_share=1,
            labour_payer="goodwill",
            labour_share=1,
            travel_payer="goodwill",
            travel_share=1,
        )

    def test_goodwill(self):
        before = self.finding.coverage_id
        self.visit()
        self.goodwill()
        coverage = self.finding.coverage_id
        self.assertEqual(self.who_pays(self.finding), [FREE, FREE, ("goodwill", 0.5)])
        self.assertEqual(before.superseded_by_id, coverage)
        self.assertEqual(
            (coverage.kind, coverage.decided_by, coverage.reason),
            ("goodwill", self.users["manager"], "Good customer"),
        )
        # 1.5 hours of work and 1 of travel at 60, two pumps at 100
        self.assertEqual(coverage.sudo().cost, 90 + 60 + 200)
        self.assertFalse(coverage.settlement)
        self.assertIn("travel (50 %) free as goodwill", coverage.summary)
        codes = self.codes(self.finding, "travel")
        self.assertEqual(codes, {self.warranty.name: "not_included"})
        note = self.ticket.message_ids[0].body
        for text in ("Goodwill", "Good customer", "travel (50 %)", "Before: Presumed"):
            self.assertIn(text, note)

    def test_goodwill_begins_with_what_is_charged(self):
        self.visit()
        form = Form(
            self.as_role("manager", "aftersales.coverage.decide").with_context(
                default_finding_id=self.finding.id
            )
        )
        self.assertEqual(form.parts_payer, "warranty")
        self.assertEqual(form.travel_payer, "customer")
        self.assertEqual(form.customer_cost, 60)
        form.kind = "goodwill"
        self.assertEqual((form.travel_payer, form.travel_share), ("goodwill", 1.0))
        self.assertEqual(form.customer_cost, 0)
        self.assertEqual(form.total_cost, 350)
        form.reason = "First machine"
        form.save().action_decide()
        self.assertEqual(self.who_pays(self.finding)[2], ("goodwill", 1.0))

    def test_override(self):
        self.set_cause(self.finding, "wear")
        self.decide(
            kind="override",
            reason="The seal was too soft",
            warranty_id=self.warranty.id,
            parts_payer="warranty",
            parts_share=1,
        )
        self.assertEqual(self.who_pays(self.finding), [FREE, CHARGED, CHARGED])
        line = self.finding.coverage_id.line_ids[0]
        self.assertEqual(line.warranty_id, self.warranty)
        self.assertFalse(line.rejection_ids)
        self.set_cause(self.finding, "design")
        self.decide(
            kind="override",
            reason="He knew it",
            parts_payer="customer",
            labour_payer="customer",
        )
        self.assertEqual(self.who_pays(self.finding), [CHARGED] * 3)
        self.assertEqual(self.codes(self.finding), {self.warranty.name: "overridden"})

    def test_what_is_missing_is_said(self):
        other = self.make_equipment(delivery_date="2025-05-15")
        foreign = self.grant(other, self.make_term())
        for message, values in (
            ("Say why", {"kind": "goodwill"}),
            ("Say why", {"kind": "override", "reason": " "}),
            (
                "as goodwill",
                {"kind": "goodwill", "reason": "x", "travel_payer": "customer"},
            ),
            ("between", {"kind": "override", "reason": "x", "parts_share": 1.5}),
            (
                "which warranty",
                {"kind": "override", "reason": "x", "warranty_id": foreign.id},
            ),
            (
                "Say who pays",
                {"kind": "override", "reason": "x", "parts_payer": False},
            ),
        ):
            with (
                self.subTest(message),
                self.assertRaisesRegex(ValidationError, message),
            ):
                self.decide(**values)
        with self.assertRaisesRegex(UserError, "finding with its equipment"):
            self.as_role("manager", self.report_unknown()).action_decide_coverage()
        nameplate = self.make_finding(self.equipment.browse(), self.report_unknown())
        with self.assertRaisesRegex(UserError, "which equipment"):
            self.decide(finding=nameplate)

    def report_unknown(self):
        with self.at(0):
            return self.create_ticket()

    def test_managers_decision_is_not_retaken(self):
        self.goodwill()
        coverage = self.finding.coverage_id
        self.assertFalse(self.finding.coverage_outdated)
        self.set_cause(self.finding, "wear")
        self.assertEqual(self.finding.coverage_id, coverage)
        self.assertTrue(self.finding.coverage_outdated)
        self.assertTrue(self.ticket.coverage_outdated)
        self.decide(kind="automatic")
        self.assertEqual(self.who_pays(self.finding), [CHARGED] * 3)
        self.assertEqual(self.finding.coverage_id.decided_by, self.users["manager"])
        self.assertFalse(self.finding.coverage_outdated)
        self.set_cause(self.finding, "design")
        self.assertEqual(self.who_pays(self.finding)[0], FREE, "by the terms again")

    # === AFTER THE SIGNATURE === #

    def test_signature_freezes(self):
        form = self.signed()
        coverage = self.finding.coverage_id
        self.assertEqual(coverage.form_id, form)
        self.assertFalse(self.finding.coverage_outdated)
        self.grant(self.equipment, self.make_term(duration=24))
        self.assertFalse(self.finding.coverage_outdated, "nobody pays otherwise")
        self.set_cause(self.finding, "wear")
        self.assertEqual(self.finding.coverage_id, coverage)
        seen = self.as_role("technician", self.finding)
        self.assertTrue(seen.coverage_outdated)
        with self.assertRaisesRegex(UserError, "All records are kept"):
            seen.unlink()

    def test_refused_form_freezes_nothing(self):
        self.signed(outcome="refused", outcome_reason="Wants to ask his boss")
        self.assertFalse(self.finding.coverage_id.form_id)
        self.set_cause(self.finding, "wear")
        self.assertEqual(self.who_pays(self.finding), [CHARGED] * 3)

    def test_later_decision_names_the_form_and_tells_the_customer(self):
        form = self.signed()
        signed = self.finding.coverage_id
        self.set_cause(self.finding, "wear")
        with self.assertRaisesRegex(ValidationError, "notice to the customer"):
            self.decide(kind="automatic")
        with self.assertRaisesRegex(ValidationError, "notice to the customer"):
            self.decide(kind="automatic", notice="<p><br></p>")
        with self.mock_mail_gateway():
            self.decide(kind="automatic", notice="<p>The laboratory says wear.</p>")
        coverage = self.finding.coverage_id
        self.assertEqual(
            (coverage.corrects_form_id, coverage.settlement, signed.superseded_by_id),
            (form, "charge", coverage),
        )
        self.assertFalse(coverage.form_id)
        notice = coverage.notice_message_id
        self.assertIn("laboratory", notice.body)
        self.assertIn(self.contact, notice.notified_partner_ids | notice.partner_ids)
        self.assertFalse(notice.is_internal or notice.subtype_id.internal)
        self.assertIn("Supplementary Charge", self.ticket.message_ids[0].body)
        # The customer was told: nothing changes again without telling.
        self.set_cause(self.finding, "design")
        self.assertEqual(self.finding.coverage_id, coverage)
        self.assertTrue(self.finding.coverage_outdated)
        with self.assertRaisesRegex(ValidationError, "notice to the customer"):
            self.decide(kind="automatic")
        self.decide(kind="automatic", notice="<p>It was the design after all.</p>")
        last = self.finding.coverage_id
        self.assertEqual((last.corrects_form_id, last.settlement), (form, "credit"))

    def test_settlement(self):
        self.set_cause(self.finding, "wear")
        self.signed()
        pay = dict.fromkeys(("parts_payer", "labour_payer"), "customer")
        for settlement, values in (
            ("none", {**pay, "travel_payer": "customer"}),
            ("credit", {**pay, "travel_payer": "goodwill", "travel_share": 0.5}),
        ):
            wizard = self.as_role("manager", "aftersales.coverage.decide").create(
                {
                    "finding_id": self.finding.id,
                    "kind": "override",
                    "reason": "x",
                    "notice": "<p>x</p>",
                    **values,
                }
            )
            self.assertEqual(wizard.settlement, settlement)

    def test_settlement_of_more_and_less_goes_by_the_cost(self):
        # signed: parts and labour free, travel (60) charged
        self.set_cause(self.finding, "design")
        self.signed()
        for parts, settlement in (("customer", "charge"), ("warranty", "credit")):
            wizard = self.as_role("manager", "aftersales.coverage.decide").create(
                {
                    "finding_id": self.finding.id,
                    "kind": "override",
                    "reason": "x",
                    "parts_payer": parts,
                    "travel_payer": "goodwill",
                    "travel_share": 1.0,
                }
            )
            self.assertEqual(wizard.settlement, settlement)

    def test_next_form_freezes_the_next_decision(self):
        first = self.signed()
        visit = first.dispatch_id
        self.as_role("technician", visit).action_correct()
        self.set_cause(self.finding, "wear")
        self.decide(kind="automatic", notice="<p>Wear.</p>")
        form = self.sign(visit, replaces_reason="Laboratory")
        self.ticket.finding_ids._freeze_coverage(form)
        self.assertEqual(self.finding.coverage_id.form_id, form)
        forms = self.finding.coverage_ids.form_id
        self.assertEqual(forms, first | form)

    def test_cost_of_a_visit_to_two_tickets(self):
        visit = self.visit(work=False)
        with self.at(0):
            second = self.create_ticket()
        visit.job_ids = [Command.create({"ticket_id": second.id})]
        visit.line_ids = [
            Command.create(
                {
                    "kind": "labour",
                    "name": "Repair",
                    "hours": 2,
                    "employee_id": self.technician.id,
                }
            )
        ]
        self.assertEqual(self.ticket._cost_so_far()["labour"], 60)
        self.assertEqual(second._cost_so_far()["labour"], 60)
