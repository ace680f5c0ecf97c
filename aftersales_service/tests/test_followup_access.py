# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who asks the customer, who reads what he said, and what nobody can do."""

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import GROUP, ROLES
from .common_followup import FollowupCommon

DOING = ("intake", "dispatcher", "quality", "manager")


@tagged("post_install", "-at_install")
class TestFollowupAccess(FollowupCommon):
    @classmethod
    def lay_ground(cls):
        groups = ",".join(GROUP % role for role in ROLES if role != "finance")
        # The technician of a small company who is everything else as well.
        cls.everything = new_test_user(
            cls.env,
            "as_everything",
            groups=f"base.group_user,{groups}",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def visit_of_everything(self):
        """Let the visit of whom has all roles be signed."""
        self.technician.user_id = self.everything
        ticket = self.create_ticket(severity="serious")
        visit = self.work_visit(self.plan_visit(ticket))
        return self.sign(visit)

    def test_who_may_call(self):
        followup = self.follow(self.visit())
        for role in ROLES:
            with self.subTest(role):
                own = self.as_role(role, followup)
                if role in DOING:
                    self.assertTrue(own.action_call())
                else:
                    with self.assertRaises(AccessError):
                        own.action_call()

    def test_nobody_creates_or_deletes(self):
        form = self.visit()
        followup = self.follow(form)
        values = {
            "name": "Mine",
            "company_id": self.company.id,
            "team_id": self.team.id,
            "partner_id": self.customer.id,
            "dispatch_id": form.dispatch_id.id,
            "form_id": form.id,
            "due_date": "2026-03-04",
            "state": "done",
            "satisfaction": "5",
        }
        for role in ROLES:
            with self.subTest(role):
                with self.assertRaises(AccessError):
                    self.as_role(role, "aftersales.followup").create(dict(values))
                with self.assertRaises(AccessError):
                    self.as_role(role, followup).unlink()
        with self.assertRaises(UserError):
            followup.unlink()

    def test_results_are_not_written_by_hand(self):
        followup = self.follow(self.visit())
        for values in (
            {"state": "done"},
            {"result": "as_stated"},
            {"satisfaction": "5"},
            {"customer_words": "Great"},
            {"is_bad": False},
            {"done_by": self.users["manager"].id},
            {"rating_last_value": 5},
            {"before_closing": False},
            {"reminded_at": "2026-03-02 09:00:00"},
            {"dispatch_id": False},
        ):
            for role in DOING:
                with self.subTest(role, **values), self.assertRaises(AccessError):
                    self.as_role(role, followup).write(values)

    def test_nothing_is_changed_after_the_end(self):
        followup = self.follow(self.visit())
        self.call(followup, satisfaction="1")
        manager = self.as_role("manager", followup)
        for values in (
            {"user_id": self.users["quality"].id},
            {"due_date": "2027-01-01"},
            {"contact_id": self.customer.id},
        ):
            with self.assertRaisesRegex(UserError, "has ended"):
                manager.write(values)
        with self.assertRaisesRegex(UserError, "has ended"):
            manager.action_call()
        with self.assertRaisesRegex(UserError, "has ended"):
            manager.action_cancel()
        for rows in (followup.answer_ids, followup.attempt_ids, followup.draw_id):
            for role in DOING:
                with self.assertRaises(UserError):
                    self.as_role(role, rows).write({"create_uid": 1})
                with self.assertRaises(UserError):
                    self.as_role(role, rows).unlink()
            with self.assertRaises(UserError):
                rows.sudo().write({"create_uid": 1})
            with self.assertRaises(UserError):
                rows.sudo().unlink()

    def test_answers_are_not_written_beside_the_dialog(self):
        followup = self.follow(self.visit())
        for role in DOING:
            for model, values in (
                ("aftersales.followup.answer", {"name": "Q", "kind": "other"}),
                ("aftersales.followup.attempt", {"reached": True}),
            ):
                with self.subTest(role, model=model), self.assertRaises(AccessError):
                    self.as_role(role, model).create(
                        {"followup_id": followup.id, "answer": "yes", **values}
                        if "answer" in model
                        else {"followup_id": followup.id, **values}
                    )

    def test_the_technician_does_not_see_that_he_is_verified(self):
        form = self.visit()
        followup = self.follow(form)
        own = self.as_role("technician", followup)
        self.assertFalse(own.search([("id", "=", followup.id)]))
        with self.assertRaises(AccessError):
            own.read(["state"])
        for record in (form, form.dispatch_id, form.dispatch_id.job_ids.ticket_id):
            record = self.as_role("technician", record)
            self.assertEqual(record.followup_count, 0)
        self.assertTrue(self.as_role("support", followup).read(["state"]))

    def test_he_reads_what_came_out(self):
        followup = self.follow(self.visit())
        self.call(followup, customer_words="He was quick")
        own = self.as_role("technician", followup)
        self.assertEqual(own.customer_words, "He was quick")
        self.assertEqual(len(own.answer_ids), 7)
        with self.assertRaises(AccessError):
            own.write({"due_date": "2027-01-01"})
        with self.assertRaises(AccessError):
            own.message_post(body="It was not me")

    def test_unless_the_manager_says_otherwise(self):
        self.as_role("manager", self.team).shows_followups = False
        followup = self.follow(self.visit())
        self.call(followup)
        answers, attempts = followup.answer_ids, followup.attempt_ids
        self.env.invalidate_all()
        for rows in (followup, answers, attempts):
            own = self.as_role("technician", rows)
            with self.assertRaises(AccessError):
                own.read(["create_date"])
            self.assertFalse(own.search([("id", "in", rows.ids)]))
            self.assertTrue(self.as_role("support", rows).read(["create_date"]))

    def test_nobody_asks_about_his_own_work(self):
        """Whatever roles he has, and by whatever way."""
        followup = self.follow(self.visit_of_everything())
        self.assertNotEqual(followup.user_id, self.everything)
        own = followup.with_user(self.everything)
        with self.assertRaises(AccessError):
            own.action_call()
        with self.assertRaises(AccessError):
            own.action_cancel()
        with self.assertRaises(AccessError):
            own.write({"due_date": "2027-01-01"})
        # What the button opens, opened without it
        Call = self.env["aftersales.followup.call"].with_user(self.everything)
        with self.assertRaises(AccessError):
            call = Call.create({"followup_id": followup.id, "satisfaction": "5"})
            call.action_done()
        with self.assertRaises(AccessError):
            call = Call.create({"followup_id": followup.id})
            call.action_not_reached()
        Cancel = self.env["aftersales.followup.cancel"].with_user(self.everything)
        with self.assertRaises(AccessError):
            wizard = Cancel.create({"followup_id": followup.id, "reason": "No"})
            wizard.action_cancel_followup()
        self.assertEqual(followup.state, "to_do")

    def test_the_dialog_tells_nothing_of_hidden_ones(self):
        followup = self.follow(self.visit_of_everything())
        Call = self.env["aftersales.followup.call"].with_user(self.everything)
        question = self.env["aftersales.followup.question"].search(
            [("statement", "=", "work")], limit=1
        )
        self.assertTrue(self.open_call(followup).contact_name)
        for values in (
            {"followup_id": followup.id},
            {
                "followup_id": followup.id,
                "phone": "1",
                "contact_name": "Eve",
                "line_ids": [Command.create({"question_id": question.id})],
            },
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                call = Call.create(values)
                call.invalidate_recordset()
                call.line_ids.mapped("stated")
        with self.assertRaises(AccessError):
            Call.new({"followup_id": followup.id}).mapped("phone")

    def test_nobody_is_given_his_own_work(self):
        followup = self.follow(self.visit_of_everything())
        manager = self.as_role("manager", followup)
        with self.assertRaisesRegex(ValidationError, "was not there"):
            manager.user_id = self.everything
        # Who recorded the form was there as well.
        with self.assertRaisesRegex(ValidationError, "was not there"):
            manager.user_id = self.users["technician"]
        with self.assertRaisesRegex(ValidationError, "no role"):
            manager.user_id = self.users["support"]
        manager.user_id = self.users["quality"]
        self.assertEqual(followup.activity_ids.user_id, self.users["quality"])

    def test_only_planners_give_it_to_others(self):
        followup = self.follow(self.visit())
        own = self.as_role("intake", followup)
        self.assertFalse(own.can_plan)
        self.assertTrue(self.as_role("dispatcher", followup).can_plan)
        own.contact_id = self.customer
        for values in (
            {"user_id": self.users["quality"].id},
            {"due_date": "2027-01-01"},
        ):
            with self.assertRaises(AccessError):
                own.write(values)
        with self.assertRaises(AccessError):
            own.action_cancel()

    def test_rules_draws_and_seeds_are_secret(self):
        """Who knows the seed could tell which visits are not verified."""
        followup = self.follow(self.visit())
        draw = followup.draw_id
        for role in ROLES:
            reads = role in ("quality", "manager")
            with self.subTest(role):
                for record in (self.rule, draw):
                    own = self.as_role(role, record)
                    self.assertEqual(own.has_access("read"), reads)
                self.assertEqual(
                    self.as_role(role, self.rule).has_access("write"), reads
                )
                if role != "finance" and role != "technician" and not reads:
                    with self.assertRaises(AccessError):
                        self.as_role(role, followup).read(["draw_id"])

    def test_another_company(self):
        followup = self.follow(self.visit())
        self.call(followup)
        groups = ",".join(GROUP % role for role in ROLES)
        stranger = new_test_user(
            self.env,
            "as_stranger_f",
            groups=f"base.group_user,{groups}",
            company_id=self.company_2.id,
            company_ids=[Command.set(self.company_2.ids)],
        )
        rows = (
            followup,
            followup.answer_ids,
            followup.attempt_ids,
            followup.draw_id,
        )
        for record in rows:
            own = record.with_user(stranger)
            with self.assertRaises(AccessError, msg=record._name):
                own.read(["create_date"])
            self.assertFalse(own.search([("id", "in", record.ids)]))

    def test_complaints_about_a_colleague_are_hidden_from_him(self):
        """Also a follow-up that is done, of a visit of somebody else."""
        form = self.visit()
        followup = self.follow(form)
        self.call(followup)
        accused = self.users["support"]
        employee = self.env["hr.employee"].create(
            {"name": "Sue", "user_id": accused.id}
        )
        own = followup.with_user(accused)
        self.assertTrue(own.search([("id", "=", followup.id)]))
        ticket = form.dispatch_id.job_ids.ticket_id
        ticket.sudo().write(
            {
                "ticket_type": "complaint",
                "is_about_colleague": True,
                "complaint_about_ids": [Command.set(employee.ids)],
            }
        )
        self.env.invalidate_all()
        self.assertFalse(own.search([("id", "=", followup.id)]))
        self.assertFalse(own.env["aftersales.followup.answer"].search([]))
        with self.assertRaises(AccessError):
            own.read(["state"])
        self.assertTrue(self.as_role("quality", followup).read(["state"]))
