# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What nobody can falsify, by whatever route."""

from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import GROUP, AftersalesCommon, drawn_signature


@tagged("post_install", "-at_install")
class TestIntegrity(AftersalesCommon):
    def setUp(self):
        super().setUp()
        with self.at(0):
            self.ticket = self.create_ticket(severity="serious")

    def test_defaults_in_the_context_write_no_consequence(self):
        Ticket = self.as_role("technician", "aftersales.ticket").with_context(
            default_responded_at=self.NOW,
            default_arrived_at=self.NOW,
            default_state="solved",
            default_company_id=self.company_2.id,
        )
        ticket = Ticket.create(
            {"name": "x", "team_id": self.team.id, "severity": "serious"}
        )
        self.assertFalse(ticket.responded_at or ticket.arrived_at)
        self.assertEqual(ticket.state, "new")
        self.assertEqual(ticket.company_id, self.company)
        self.assertEqual(set(ticket.sudo().clock_ids.mapped("outcome")), {"open"})
        action = (
            self.as_role("dispatcher", self.ticket)
            .with_context(default_state="to_sign", default_arrived_at=self.NOW)
            .action_plan_visit()
        )
        visit = self.env["aftersales.dispatch"].browse(action["res_id"])
        self.assertEqual((visit.state, visit.arrived_at), ("draft", False))

    def test_stored_copies_cannot_be_written(self):
        finding = self.env["aftersales.finding"].create({"ticket_id": self.ticket.id})
        visit = self.plan_visit(self.ticket)
        for record, vals in (
            (self.ticket, {"state": "solved"}),
            (self.ticket, {"company_id": self.company_2.id}),
            (finding, {"ticket_state": "cancelled"}),
            (finding, {"reported_at": self.NOW - timedelta(days=999)}),
            (visit, {"company_id": self.company_2.id}),
            (visit.job_ids, {"company_id": self.company_2.id}),
            (visit.job_ids.answer_ids[:1], {"dispatch_id": visit.id}),
        ):
            for role in ("technician", "dispatcher", "manager"):
                with self.assertRaises(AccessError, msg=f"{record} {vals} {role}"):
                    self.as_role(role, record).write(vals)

    def test_new_tickets_begin_open(self):
        solved = self.env.ref("aftersales_service.aftersales_ticket_stage_solved")
        with self.assertRaisesRegex(UserError, "open stage"):
            self.create_ticket(stage_id=solved.id)

    def test_a_late_ticket_is_not_put_away(self):
        with self.assertRaises(AccessError):
            self.as_role("technician", self.ticket).action_archive()
        self.as_role("manager", self.ticket).action_archive()

    def test_unknown_severity_is_refused_by_the_field(self):
        with self.assertRaises(ValueError):
            self.ticket.severity = "enormous"

    def test_signed_is_what_was_read(self):
        visit = self.work_visit(self.plan_visit(self.ticket))
        wizard = self.as_role("technician", "aftersales.service.sign").create(
            {
                "dispatch_id": visit.id,
                "outcome": "absent",
                "outcome_reason": "Lunch",
                "technician_signature": drawn_signature("T"),
            }
        )
        self.as_role("dispatcher", visit).line_ids = [
            Command.create({"kind": "labour", "name": "More", "hours": 99})
        ]
        with self.assertRaisesRegex(UserError, "while the customer was reading"):
            wizard.action_sign()
        visit.job_ids.result = False
        with self.assertRaisesRegex(UserError, "work done"):
            self.sign(visit)
        self.assertFalse(visit.form_ids)

    def test_files_of_a_signed_visit(self):
        visit = self.work_visit(self.plan_visit(self.ticket))
        photo = self.env["ir.attachment"].create(
            {
                "name": "before.txt",
                "raw": b"rust",
                "res_model": visit._name,
                "res_id": visit.id,
            }
        )
        photo.raw = b"more rust"
        self.sign(visit)
        with self.assertRaisesRegex(UserError, "signed"):
            photo.raw = b"no rust"
        with self.assertRaisesRegex(UserError, "signed"):
            photo.unlink()
        photo._migrate()  # another storage changes no file

    def test_parts_do_not_move_to_other_visits(self):
        visit = self.work_visit(self.plan_visit(self.ticket))
        with self.assertRaises(UserError):
            visit.job_ids.dispatch_id = self.plan_visit(self.create_ticket())
        team = self.env["aftersales.team"].create(
            {
                "name": "Team B",
                "company_id": self.company_2.id,
                "alias_name": "team.b.integrity",
            }
        )
        partner = self.env["res.partner"].create({"name": "Customer B"})
        foreign = self.env["aftersales.dispatch"].create(
            {"team_id": team.id, "partner_id": partner.id}
        )
        with self.assertRaises(UserError):
            visit.line_ids[:1].dispatch_id = foreign
        with self.assertRaises(UserError):
            self.as_role("technician", self.ticket).team_id = team

    def test_team_with_signed_forms_keeps_its_company(self):
        visit = self.work_visit(self.plan_visit(self.ticket))
        self.sign(visit)
        with self.assertRaisesRegex(ValidationError, "keeps its company"):
            self.team.write({"company_id": self.company_2.id, "leader_id": False})

    def test_copy_of_a_visit_has_nothing_done(self):
        visit = self.work_visit(self.plan_visit(self.ticket))
        visit.customer_comments = "Good"
        copy = self.as_role("dispatcher", visit).copy()
        self.assertEqual(copy.state, "draft")
        self.assertFalse(copy.customer_comments or copy.line_ids)
        self.assertFalse(copy.job_ids.work_done or copy.job_ids.result)

    def test_jobs_fit_their_visit(self):
        visit = self.plan_visit(self.ticket)
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        foreign = self.create_ticket(partner_id=stranger.id)
        with self.assertRaisesRegex(ValidationError, "not a ticket of the customer"):
            visit.job_ids = [Command.create({"ticket_id": foreign.id})]
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            visit.job_ids = [Command.create({"ticket_id": self.ticket.id})]
            self.env.flush_all()

    def test_job_added_at_the_site_is_arrived_at(self):
        visit = self.plan_visit(self.ticket)
        with self.at(1):
            second = self.create_ticket(severity="serious")
            worker = self.as_role("technician", visit)
            worker.action_depart()
            worker.action_arrive()
            worker.job_ids = [Command.create({"ticket_id": second.id})]
        self.assertEqual(self.clocks(second)["arrive"].outcome, "met")

    def test_planning_is_the_dispatchers(self):
        visit = self.plan_visit(self.ticket)
        worker = self.as_role("technician", visit)
        for vals in (
            {"mode": "remote"},
            {"scheduled_start": self.NOW},
            {"technician_ids": [Command.clear()]},
        ):
            with self.assertRaises(AccessError):
                worker.write(vals)
        self.assertFalse(worker.can_plan)
        self.assertTrue(self.as_role("dispatcher", visit).can_plan)
        worker.instructions = "Ring at the gate"
        worker.action_depart()
        with self.assertRaises(UserError):
            self.as_role("dispatcher", visit).mode = "remote"

    def test_dialogs_show_nothing_of_other_companies(self):
        stranger = new_test_user(
            self.env,
            "as_stranger_2",
            groups=f"base.group_user,{GROUP % 'technician'}",
            company_id=self.company_2.id,
            company_ids=[Command.set(self.company_2.ids)],
        )
        visit = self.plan_visit(self.ticket)
        with self.assertRaises(AccessError):
            self.env["aftersales.call.log"].with_user(stranger).create(
                {"ticket_id": self.ticket.id, "summary": "x"}
            )
        with self.assertRaises(AccessError):
            self.env["aftersales.service.sign"].with_user(stranger).create(
                {"dispatch_id": visit.id}
            )

    def test_a_new_customer_leaves_nothing_of_the_former(self):
        other = self.env["res.partner"].create(
            {"name": "Other", "email": "other@example.com", "phone": "123"}
        )
        self.ticket.partner_id = other
        self.assertIn(other, self.ticket.message_partner_ids)
        self.assertNotIn(self.contact, self.ticket.message_partner_ids)
        self.assertEqual(self.ticket.email_from, "other@example.com")
        self.assertEqual(self.ticket.site_id, other)
        self.assertFalse(
            self.ticket._reaches_customer(
                self.ticket.message_ids[:1],
                [{"id": self.contact.id, "email_normalized": self.contact.email}],
            )
        )
