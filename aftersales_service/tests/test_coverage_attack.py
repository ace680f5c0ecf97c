# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Decisions and steps that somebody tries to bend, and what leaks on the way."""

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import GROUP, ROLES
from .common_coverage import CoverageCommon

CHARGED = [("customer", 1.0)] * 3
CRAFTED = {
    "default_is_current": False,
    "default_decided_by": 1,
    "default_decided_at": "2020-01-01 00:00:00",
    "default_reason": "Because",
    "default_cost": 1,
    "default_settlement": "credit",
    "default_sequence": 99,
    "default_payer": "goodwill",
    "default_source_ref": "W-0",
}


@tagged("post_install", "-at_install")
class TestCoverageAttack(CoverageCommon):
    def setUp(self):
        super().setUp()
        self.equipment = self.make_equipment(delivery_date="2025-05-15")
        self.warranty = self.grant(self.equipment, self.make_term())
        with self.at(0):  # 2 March 2026
            self.ticket = self.create_ticket(equipment_id=self.equipment.id)
        self.finding = self.make_finding(self.equipment, self.ticket)

    def determine(self):
        self.propose(self.finding)
        self.approve(self.finding)
        self.acknowledge(self.finding)

    def decide(self, **values):
        wizard = self.as_role("manager", "aftersales.coverage.decide").create(
            {"finding_id": self.finding.id, "reason": "x", **values}
        )
        wizard.action_decide()

    # === VALUES BEHIND THE DIALOGS === #

    def test_defaults_in_the_context_change_no_decision(self):
        with self.at(0):
            form = self.sign(self.work_visit(self.plan_visit(self.create_ticket())))
        context = {
            **CRAFTED,
            "default_form_id": form.id,
            "default_corrects_form_id": form.id,
            "default_superseded_by_id": self.finding.coverage_id.id,
        }
        worker = self.finding.sudo().with_context(**context)
        worker.cause_id = self.causes["wear"]
        coverage = self.finding.coverage_id.sudo()
        self.assertEqual(self.who_pays(self.finding), CHARGED)
        self.assertGreater(coverage.decided_at, self.NOW)
        for name in ("form_id", "corrects_form_id", "decided_by", "superseded_by_id"):
            self.assertFalse(coverage[name], name)
        for name in ("reason", "cost", "settlement"):
            self.assertFalse(coverage[name], name)
        self.assertFalse(coverage._is_fixed())

    def test_commands_through_other_records(self):
        with self.at(0):
            job = self.plan_visit(self.ticket).job_ids
        self.set_cause(self.finding, "misuse")
        coverage = self.finding.coverage_id
        other = self.make_finding(self.equipment, self.ticket).coverage_id
        for command in (
            Command.create({"kind": "goodwill"}),
            Command.update(coverage.id, {"is_current": False}),
            Command.delete(coverage.id),
            Command.unlink(coverage.id),
            Command.link(other.id),
            Command.clear(),
        ):
            for role in ("technician", "dispatcher", "manager"):
                with self.subTest(role=role, command=command):
                    with self.assertRaises(AccessError):
                        self.as_role(role, self.finding).coverage_ids = [command]
        determine = [Command.update(self.finding.id, {"misuse_state": "determined"})]
        for record in (self.ticket, job):
            for role in ("technician", "dispatcher", "manager"):
                with self.subTest(role=role, model=record._name):
                    with self.assertRaises(AccessError):
                        self.as_role(role, record).write({"finding_ids": determine})
        self.assertEqual(self.finding.misuse_state, "none")
        self.assertEqual(self.finding.coverage_id, coverage)

    def test_cost_is_not_for_technicians(self):
        self.technician.sudo().hourly_cost = 60
        visit = self.work_visit(self.plan_visit(self.ticket))
        labour = visit.line_ids.filtered(lambda line: line.kind != "part")
        labour.employee_id = self.technician
        self.decide(kind="goodwill", travel_payer="goodwill", travel_share=1)
        coverage = self.finding.coverage_id
        self.assertTrue(coverage.sudo().cost)
        for role in ROLES:
            seen = self.as_role(role, coverage)
            if role in ("manager", "finance"):
                self.assertTrue(seen.cost)
                continue
            with self.subTest(role=role):
                self.assertNotIn("cost", seen.read()[0])
                with self.assertRaises(AccessError):
                    seen.read(["cost"])
                with self.assertRaises(AccessError):
                    seen.search([("cost", ">", 1)])
        # As a word of its own: the number of a warranty may have these digits.
        told = "".join(self.ticket.message_ids.mapped("body"))
        self.assertNotRegex(told, r"\b150\b")

    def test_manager_does_not_charge_undetermined_misuse(self):
        self.propose(self.finding)
        self.approve(self.finding)
        charge = {f"{cost}_payer": "customer" for cost in ("parts", "labour")}
        for values in (
            {"kind": "override", **charge},
            {"kind": "override", "parts_share": 0.4},
            {"kind": "override", "labour_share": 0.0},
        ):
            with self.assertRaisesRegex(UserError, "not determined"):
                self.decide(**values)
        self.decide(kind="goodwill", travel_payer="goodwill", travel_share=1)
        self.assertEqual(self.finding.coverage_id.kind, "goodwill")

    def test_nothing_is_free_with_a_share_of_nothing(self):
        self.decide(kind="override", parts_share=0, labour_payer="customer")
        self.assertEqual(self.who_pays(self.finding), CHARGED)
        self.assertEqual(
            self.finding.coverage_id.summary, "Parts, labour, and travel charged"
        )

    def test_outsiders_see_nothing(self):
        portal = new_test_user(self.env, "cust", groups="base.group_portal")
        other = new_test_user(
            self.env,
            "other",
            groups=f"base.group_user,{GROUP % 'manager'}",
            company_id=self.company_2.id,
            company_ids=[Command.set(self.company_2.ids)],
        )
        coverage = self.finding.coverage_id
        line = coverage.line_ids[0]
        for user in (portal, other):
            for record in (self.finding, coverage, line):
                with self.subTest(user=user.login, model=record._name):
                    with self.assertRaises(AccessError):
                        record.with_user(user).read()
            with self.assertRaises(AccessError):
                self.finding.with_user(user).action_approve_misuse()
            with self.assertRaises(AccessError):
                self.env["aftersales.coverage.decide"].with_user(user).create(
                    {"finding_id": self.finding.id, "kind": "automatic"}
                ).action_decide()

    # === IMPROPER USE === #

    def test_approver_does_not_approve_his_own_evidence(self):
        self.propose(self.finding)
        self.as_role("quality", self.finding).misuse_evidence = "Worse than that"
        self.assertEqual(self.finding.misuse_state, "none")
        self.propose(self.finding)
        self.as_role("technician", self.finding).misuse_technician_id = self.colleague
        self.assertEqual(self.finding.misuse_state, "none", "another has found it")

    def test_photos_are_files_that_the_user_may_see(self):
        secret = self.env["ir.attachment"].create(
            {
                "name": "salary.png",
                "raw": self.photo_bytes,
                "res_model": "hr.employee",
                "res_id": self.technician.id,
                "res_field": "message_main_attachment_id",
            }
        )
        secret.res_field = False
        own = self.env["ir.attachment"].create(
            {"name": "draft.png", "raw": self.photo_bytes}
        )
        worker = self.as_role("technician", self.finding)
        for photo in (secret, own):
            with self.subTest(photo.name):
                with self.assertRaises(AccessError):
                    worker.misuse_photo_ids = [Command.link(photo.id)]
                with self.assertRaises(AccessError):
                    self.make_finding(
                        self.equipment,
                        self.ticket,
                        misuse_photo_ids=[Command.link(photo.id)],
                    )

    def test_dialog_shows_no_foreign_message(self):
        order = self.env["sale.order"].create({"partner_id": self.customer.id})
        message = order.message_post(body="Discount 12 %")
        notice = self.notice(self.finding, "acknowledge", message_id=message.id)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(notice.read(["reply_body"])[0]["reply_body"])

    def test_colleague_does_not_answer_for_the_customer(self):
        self.propose(self.finding)
        self.approve(self.finding)
        with self.mock_mail_gateway():
            self.notice(self.finding, "explain").action_explain()
        self.as_role("technician", self.ticket).message_post(
            body="I accept it",
            author_id=self.contact.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        self.assertFalse(self.finding._misuse_replies())
        portal = new_test_user(self.env, "mia", groups="base.group_portal")
        portal.partner_id.parent_id = self.customer
        answer = (
            self.ticket.with_user(portal)
            .sudo()
            .message_post(
                body="We accept it",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
        )
        self.assertEqual(self.finding._misuse_replies(), answer)

    def test_another_customer_has_accepted_nothing(self):
        self.determine()
        self.assertEqual(self.who_pays(self.finding), CHARGED)
        other = self.env["res.partner"].create({"name": "Another Mill"})
        self.as_role("dispatcher", self.ticket).write({"partner_id": self.customer.id})
        self.assertEqual(self.finding.misuse_state, "determined", "same company")
        self.finding.sudo().equipment_id.partner_id = other
        self.as_role("dispatcher", self.ticket).write(
            {"partner_id": other.id, "site_id": False}
        )
        self.assertEqual(self.finding.misuse_state, "none")
        self.assertEqual(self.who_pays(self.finding)[0], ("warranty", 1.0))

    def test_replaced_form_is_no_acknowledgement(self):
        self.propose(self.finding)
        visit = self.work_visit(self.plan_visit(self.ticket))
        form = self.sign(visit)
        self.approve(self.finding)
        self.assertEqual(self.finding._misuse_forms(), form)
        self.as_role("technician", visit).action_correct()
        self.sign(
            visit,
            outcome="refused",
            outcome_reason="He did not know",
            replaces_reason="He asked for it",
        )
        self.assertFalse(self.finding._misuse_forms())
        with self.assertRaisesRegex(UserError, "service form of this ticket"):
            self.acknowledge(self.finding, channel="signed", form_id=form.id)

    # === KEPT === #

    def test_who_found_it_is_kept(self):
        finder = self.env["hr.employee"].create({"name": "Fred Finder"})
        self.finding.misuse_technician_id = finder
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            finder.unlink()
            self.env.flush_all()

    def test_ticket_of_a_manager_decision_is_kept(self):
        self.decide(kind="goodwill", travel_payer="goodwill", travel_share=1)
        self.ticket.sudo().stage_id = self.env["aftersales.ticket.stage"].search(
            [("state", "=", "new")], limit=1
        )
        with self.assertRaisesRegex(UserError, "All records are kept: a finding"):
            self.as_role("manager", self.ticket).unlink()

    def test_signed_finding_stays_with_its_ticket(self):
        with self.at(0):
            other = self.create_ticket(equipment_id=self.equipment.id)
            self.sign(self.work_visit(self.plan_visit(self.ticket)))
        worker = self.as_role("technician", self.finding)
        worker.ticket_id = self.ticket
        with self.assertRaisesRegex(UserError, "stays with its ticket"):
            worker.ticket_id = other

    def test_signed_ticket_stays_with_its_customer(self):
        with self.at(0):
            self.sign(self.work_visit(self.plan_visit(self.ticket)))
        other = self.env["res.partner"].create({"name": "Another Mill"})
        self.finding.sudo().equipment_id.partner_id = other
        ticket = self.as_role("dispatcher", self.ticket)
        ticket.partner_id = self.customer
        with self.assertRaisesRegex(UserError, "stays with this customer"):
            ticket.write({"partner_id": other.id, "site_id": False})

    # === WORDS === #

    def test_names_are_escaped(self):
        name = "<b>A & B</b>"
        self.as_role("technician", self.finding).write(
            {"fault_id": False, "note": name}
        )
        self.make_finding(self.equipment, self.ticket, note="other", fault_id=False)
        self.decide(
            kind="goodwill",
            reason="<i>R</i>",
            travel_payer="goodwill",
            travel_share=1,
        )
        self.set_cause(self.finding, "wear")
        self.ticket.invalidate_recordset()
        self.propose(self.finding)
        bodies = "".join(self.ticket.message_ids.mapped("body"))
        for text in (self.ticket.coverage_summary, bodies):
            self.assertIn("&lt;b&gt;A &amp; B&lt;/b&gt;", text)
            self.assertNotIn("<b>A", text)
        self.assertIn("&lt;i&gt;R&lt;/i&gt;", bodies)
        form = self.sign(self.work_visit(self.plan_visit(self.ticket)))
        self.assertIn("&lt;b&gt;A &amp; B", str(form.content_html))
        self.finding.write({"misuse_evidence": name, "product_name": name})
        body = self.notice(self.finding, "explain").body
        self.assertEqual(body.count("&lt;b&gt;A &amp; B&lt;/b&gt;"), 2)
        self.assertNotIn("<b>A", body)

    def test_form_does_not_say_why_a_warranty_is_void(self):
        self.warranty._void("He never pays, the crook")
        visit = self.work_visit(self.plan_visit(self.ticket))
        content = self.sign(visit).content
        self.assertNotIn("crook", content)
        self.assertIn(f"Parts: {self.warranty.name}: Void", content)
        line = self.finding.coverage_id.line_ids[0]
        self.assertIn("crook", line.rejected)

    def test_each_reads_it_in_his_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = self.contact.lang = "fr_FR"
        visit = self.work_visit(self.plan_visit(self.ticket))
        form = self.sign(visit)
        coverage = form._get_content()["jobs"][0]["findings"][0]["coverage"]
        self.assertIn("14 mai 2026", coverage["summary"])
        seen = self.as_role("technician", self.finding)
        self.assertIn("May 14, 2026", seen.coverage_summary)
        self.assertIn("May 14, 2026", seen.ticket_id.coverage_summary)
        french = seen.with_context(lang="fr_FR")
        self.assertIn("14 mai 2026", french.coverage_summary)

    def test_decision_changes_while_the_customer_reads(self):
        visit = self.work_visit(self.plan_visit(self.ticket))
        Sign = self.as_role("technician", "aftersales.service.sign")
        values = {
            "dispatch_id": visit.id,
            "signer_name": "Mia",
            "outcome": "refused",
            "outcome_reason": "x",
        }
        for change in (
            lambda: self.decide(
                kind="goodwill", travel_payer="goodwill", travel_share=0.5
            ),
            lambda: self.decide(kind="automatic"),
            lambda: self.warranty._void("Returned"),
        ):
            shown = Sign.create(values)
            self.env.flush_all()
            change()
            with self.assertRaisesRegex(UserError, "while the customer was reading"):
                shown.action_sign()

    # === COST === #

    def test_queries_of_many_tickets(self):
        def count(number):
            tickets = self.env["aftersales.ticket"].concat(
                *(
                    self.create_ticket(equipment_id=self.make_equipment().id)
                    for _i in range(number)
                )
            )
            for ticket in tickets[: number // 2]:
                self.make_finding(ticket.equipment_id, ticket)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.as_role("dispatcher", tickets).read(
                ["coverage_summary", "coverage_warning", "coverage_outdated"]
            )
            return self.env.cr.sql_log_count - before

        count(2)  # warm up
        few, many = count(2), count(12)
        self.assertLessEqual(many, few + 4)
