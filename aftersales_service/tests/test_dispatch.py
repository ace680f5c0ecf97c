# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestDispatch(AftersalesCommon):
    def setUp(self):
        super().setUp()
        with self.at(0):
            self.ticket = self.create_ticket(severity="serious")
            self.dispatch = self.plan_visit(self.ticket)

    def test_visit_is_prepared_from_the_ticket(self):
        self.assertEqual(self.dispatch.partner_id, self.contact)
        self.assertEqual(self.dispatch.site_id, self.site)
        self.assertEqual(self.dispatch.team_id, self.team)
        self.assertEqual(self.dispatch.state, "planned")
        self.assertEqual(
            self.dispatch.scheduled_end - self.dispatch.scheduled_start,
            timedelta(hours=2),
        )
        job = self.dispatch.job_ids
        self.assertEqual(
            (job.product_name, job.serial_number), ("Press 200", "P200-77")
        )
        checklist = self.env["aftersales.checklist"].search(
            [("mode", "in", [False, "on_site"])]
        )
        self.assertEqual(job.answer_ids.item_id, checklist.item_ids)
        self.assertTrue(job.answer_ids, "the rules of conduct are asked")
        self.assertEqual(self.ticket.dispatch_count, 1)

    def test_arrival_stops_the_on_site_clock(self):
        visit = self.as_role("technician", self.dispatch)
        with self.at(30):
            visit.action_depart()
        self.assertEqual(self.clocks(self.ticket)["arrive"].outcome, "open")
        with self.at(31) as now:
            visit.action_arrive()
        clocks = self.clocks(self.ticket)
        self.assertEqual(
            (clocks["arrive"].outcome, clocks["arrive"].used_hours), ("met", 31)
        )
        self.assertEqual(clocks["arrive"].outcome_reason, self.dispatch.name)
        self.assertEqual(clocks["respond"].outcome, "missed", "face to face, but late")
        self.assertEqual(self.ticket.arrived_at, now)

    def test_remote_work_answers_but_arrives_nowhere(self):
        self.as_role("dispatcher", self.dispatch).mode = "remote"
        visit = self.as_role("technician", self.dispatch)
        with self.at(1):
            visit.action_arrive()
        clocks = self.clocks(self.ticket)
        self.assertEqual(clocks["respond"].outcome, "met")
        self.assertEqual(clocks["arrive"].outcome, "open")

    def test_steps_have_an_order(self):
        visit = self.as_role("technician", self.dispatch)
        for step in (
            "action_arrive",
            "action_finish",
            "action_sign",
            "action_continue",
        ):
            with self.assertRaises(UserError, msg=step):
                getattr(visit, step)()
        visit.action_depart()
        with self.assertRaises(UserError):
            visit.action_depart()
        visit.action_arrive()
        with self.assertRaisesRegex(UserError, "work done"):
            visit.action_finish()

    def test_planning_needs_who_when_and_what(self):
        dispatch = self.as_role("dispatcher", "aftersales.dispatch").create(
            {"team_id": self.team.id, "partner_id": self.customer.id}
        )
        with self.assertRaisesRegex(ValidationError, "Technicians.*Scheduled.*Jobs"):
            dispatch.action_plan()

    def test_state_is_not_written_by_hand(self):
        for role in ("technician", "dispatcher", "manager"):
            visit = self.as_role(role, self.dispatch)
            for vals in ({"state": "done"}, {"arrived_at": self.NOW}, {"name": "x"}):
                with self.assertRaises(AccessError):
                    visit.write(vals)
        with self.assertRaises(AccessError):
            self.as_role("dispatcher", "aftersales.dispatch").create(
                {
                    "team_id": self.team.id,
                    "partner_id": self.customer.id,
                    "state": "done",
                }
            )

    def test_who_may_work_a_visit(self):
        for role in ("intake", "support", "quality"):
            visit = self.as_role(role, self.dispatch)
            self.assertTrue(visit.name, "staff reads visits")
            with self.assertRaises(AccessError, msg=role):
                visit.action_depart()
            with self.assertRaises(AccessError, msg=role):
                visit.instructions = "x"
        with self.assertRaises(AccessError):
            self.as_role("finance", self.dispatch).read(["name"])
        # a technician of no team, not on the visit
        self.team.member_ids = [Command.unlink(self.users["technician"].id)]
        self.dispatch.technician_ids = self.colleague
        with self.assertRaises(AccessError):
            self.as_role("technician", self.dispatch).action_depart()
        # a colleague of the team records for the technician without a login
        self.team.member_ids = [Command.link(self.users["technician"].id)]
        self.as_role("technician", self.dispatch).action_depart()
        with self.assertRaises(AccessError):
            self.as_role("technician", self.dispatch).action_cancel()

    def test_dispatcher_needs_no_hr_rights(self):
        dispatcher = self.as_role("dispatcher", self.dispatch)
        self.assertFalse(dispatcher.env.user.has_group("hr.group_hr_user"))
        dispatcher.technician_ids = [Command.link(self.colleague.id)]
        self.assertEqual(self.dispatch.technician_ids, self.technician | self.colleague)

    def test_no_end_before_the_start(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.dispatch.scheduled_end = self.dispatch.scheduled_start - timedelta(1)
            self.env.flush_all()

    def test_replanning_keeps_a_sound_end(self):
        self.dispatch.scheduled_start += timedelta(days=3)
        self.assertGreater(self.dispatch.scheduled_end, self.dispatch.scheduled_start)

    def test_cancelling_a_ticket_and_its_visits(self):
        self.ticket.action_cancel()
        self.assertEqual(self.dispatch.state, "cancelled")
        other = self.create_ticket()
        dispatch = self.plan_visit(other)
        self.as_role("technician", dispatch).action_depart()
        with self.assertRaisesRegex(UserError, "on the way"):
            other.action_cancel()

    def test_no_visit_for_an_ended_ticket(self):
        self.ticket._solve()
        with self.assertRaisesRegex(UserError, "Reopen"):
            self.as_role("dispatcher", self.ticket).action_plan_visit()
        with self.assertRaises(AccessError):
            self.as_role("technician", self.ticket).action_plan_visit()

    def test_signed_visit_is_locked(self):
        visit = self.work_visit(self.dispatch)
        self.sign(visit)
        self.assertEqual(visit.state, "done")
        for user in ("dispatcher", "manager"):
            with self.assertRaisesRegex(UserError, "locked"):
                self.as_role(user, visit).technician_ids = [Command.clear()]
        for record, vals in (
            (visit, {"instructions": "x"}),
            (visit.job_ids, {"work_done": "More"}),
            (visit.line_ids[:1], {"hours": 9}),
            (visit.job_ids.answer_ids[:1], {"answer": "no"}),
        ):
            for user in ("technician", "dispatcher", "manager"):
                with self.assertRaisesRegex(UserError, "locked"):
                    self.as_role(user, record).write(vals)
            with self.assertRaisesRegex(UserError, "locked"):
                record.sudo().write(vals)
        with self.assertRaisesRegex(UserError, "locked"):
            visit.line_ids.unlink()
        with self.assertRaisesRegex(UserError, "locked"):
            visit.line_ids = [Command.create({"kind": "labour", "name": "x"})]
        with self.assertRaises(UserError):
            self.as_role("dispatcher", visit).unlink()

    def test_forgotten_something(self):
        visit = self.work_visit(self.dispatch)
        visit.action_continue()
        visit.job_ids.work_done = "Hose and clamp replaced"
        visit.action_finish()
        self.assertEqual(visit.state, "to_sign")
