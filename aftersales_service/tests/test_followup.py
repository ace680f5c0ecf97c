# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A signed visit is verified on the telephone, and what follows from the answers."""

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common_followup import FollowupCommon

ACTIVITY = "aftersales_service.mail_activity_type_followup"


@tagged("post_install", "-at_install")
class TestFollowup(FollowupCommon):
    def ticket(self, form):
        return form.dispatch_id.job_ids.ticket_id

    def test_a_signed_visit_is_to_be_verified(self):
        with self.at(0):
            form = self.visit()
            followup = self.follow(form)
            self.assertEqual(len(followup), 1)
            self.assertEqual(followup.state, "to_do")
            self.assertEqual(followup.way, "phone")
            self.assertEqual(followup.form_id, form)
            self.assertEqual(followup.partner_id, form.partner_id)
            self.assertEqual(followup.contact_id, self.contact, "Mia Mill signed")
            self.assertEqual(str(followup.due_date), "2026-03-04")
            self.assertEqual(followup.user_id, self.users["intake"])
            activity = followup.activity_ids
            self.assertEqual(activity.activity_type_id, self.env.ref(ACTIVITY))
            self.assertEqual(activity.user_id, self.users["intake"])
            self.assertEqual(activity.date_deadline, followup.due_date)
            self.assertFalse(followup.is_overdue)
        with self.at(24 * 3):
            self.env.invalidate_all()
            self.assertTrue(followup.is_overdue)
            Followup = self.env["aftersales.followup"]
            self.assertIn(followup, Followup.search([("is_overdue", "=", True)]))
            self.assertNotIn(followup, Followup.search([("is_overdue", "=", False)]))

    def test_the_script_shows_what_the_form_states(self):
        form = self.visit()
        call = self.open_call(self.follow(form))
        self.assertEqual(call.contact_name, "Mia Mill")
        self.assertEqual(call.phone, "+49 30 123456")
        stated = {
            line.question_id.statement: line.stated
            for line in call.line_ids
            if line.question_id.statement
        }
        self.assertIn("Hose replaced", stated["work"])
        self.assertIn("P200-77", stated["work"])
        self.assertIn("2 × Hose 3/8", stated["parts"])
        self.assertIn("1.5 h", stated["times"])
        self.assertTrue(stated["charges"])
        conduct = call.line_ids.filtered(lambda ln: ln.question_id.kind == "conduct")
        self.assertEqual(len(conduct), 4, "the four don'ts")

    def test_as_stated(self):
        form = self.visit()
        followup, ticket = self.follow(form), self.ticket(form)
        self.assertEqual(ticket.state, "solved")
        self.call(followup, customer_words="Quick and clean.")
        self.assertEqual(followup.state, "done")
        self.assertEqual(followup.result, "as_stated")
        self.assertEqual(followup.satisfaction, "5")
        self.assertEqual(followup.customer_words, "Quick and clean.")
        self.assertEqual(followup.done_by, self.users["intake"])
        self.assertFalse(followup.is_bad)
        self.assertFalse(followup.activity_ids, "nobody has to ask any more")
        self.assertEqual(len(followup.answer_ids), 7)
        self.assertFalse(followup.answer_ids.filtered("is_wrong"))
        work = followup.answer_ids[0]
        self.assertIn("Hose replaced", work.stated, "kept as it was read out")
        self.assertEqual(followup.attempt_ids.mapped("reached"), [True])
        self.assertEqual(ticket.state, "solved")
        self.assertFalse(self.leader_told(ticket))
        notes = "".join(ticket.sudo().message_ids.mapped("body"))
        self.assertIn("As Stated", notes)
        self.assertNotIn("Quick and clean", notes, "words stay on the follow-up")

    def test_not_as_stated_reopens_the_ticket_and_its_clocks(self):
        self.make_policy()
        with self.at(0):
            form = self.visit()
            followup, ticket = self.follow(form), self.ticket(form)
            clock = self.clocks(ticket)["resolve"]
            self.assertEqual(clock.outcome, "met")
        with self.at(5):
            self.call(followup, answers={"statement": "no"}, satisfaction="3")
            self.env.invalidate_all()
            self.assertEqual(followup.result, "not_as_stated")
            self.assertTrue(followup.is_bad)
            self.assertEqual(ticket.state, "in_progress")
            self.assertFalse(ticket.solved_at)
            self.assertEqual(clock.outcome, "open", "the promise runs again")
            [told] = self.leader_told(ticket)
            self.assertEqual(told.user_id, self.team.leader_id)
            self.assertIn("Not as Stated", told.note)

    @classmethod
    def make_policy(cls):
        return cls.env["aftersales.sla.policy"].create(
            {
                "name": "Resolve",
                "clock": "resolve",
                "company_id": cls.company.id,
                "target_hours": 400,
                "around_the_clock": True,
            }
        )

    def test_unhappy_reopens_a_closed_ticket(self):
        form = self.visit()
        ticket = self.ticket(form)
        self.as_role("dispatcher", ticket).action_close()
        self.call(self.follow(form), satisfaction="2")
        self.assertEqual(ticket.state, "in_progress")
        self.assertFalse(ticket.sudo().closed_at)
        self.assertEqual(len(self.leader_told(ticket)), 1)

    def test_a_cancelled_ticket_stays_so(self):
        form = self.visit()
        ticket = self.ticket(form)
        ticket.sudo()._set_state("cancelled")
        self.call(self.follow(form), satisfaction="1")
        self.assertEqual(ticket.state, "cancelled")
        self.assertTrue(self.leader_told(ticket), "but the leader knows")

    def test_conduct_is_told_and_reopens_nothing(self):
        form = self.visit()
        ticket = self.ticket(form)
        followup = self.follow(form)
        self.call(followup, answers={"conduct": "yes"}, satisfaction="4")
        self.assertEqual(followup.result, "as_stated")
        self.assertTrue(followup.is_bad)
        self.assertEqual(ticket.state, "solved")
        [told] = self.leader_told(ticket)
        self.assertIn("conduct", told.note)

    def test_only_the_meant_ticket_is_reopened(self):
        first = self.create_ticket(severity="serious")
        second = self.create_ticket(severity="serious", name="Pump hums")
        visit = self.plan_visit(first)
        self.as_role("dispatcher", visit).job_ids = [(0, 0, {"ticket_id": second.id})]
        form = self.sign(self.work_visit(visit))
        self.assertEqual((first | second).mapped("state"), ["solved", "solved"])
        followup = self.follow(form)
        call = self.open_call(followup)
        self.assertTrue(call.has_choice)
        self.assertEqual(call.ticket_ids, first | second)
        call.unlink()
        self.call(followup, answers={"statement": "no"}, ticket_ids=second.ids)
        self.assertEqual(first.state, "solved")
        self.assertEqual(second.state, "in_progress")
        self.assertFalse(self.leader_told(first))
        self.assertTrue(self.leader_told(second))

    def test_not_as_stated_reopens_something(self):
        form = self.visit()
        followup = self.follow(form)
        self.call(followup, answers={"statement": "no"}, ticket_ids=False)
        self.assertTrue(followup.is_bad)
        self.assertEqual(self.ticket(form).state, "in_progress")
        self.assertTrue(self.leader_told(self.ticket(form)))

    def test_the_dialog_says_what_follows(self):
        followup = self.follow(self.visit())
        action = self.as_role("intake", followup).action_call()
        Call = self.as_role("intake", action["res_model"])
        dialog = Form(Call.with_context(**action["context"]))
        self.assertEqual(len(dialog.line_ids), 7)
        self.assertFalse(dialog.tells)
        dialog.satisfaction = "1"
        self.assertTrue(dialog.reopens)
        dialog.satisfaction = "4"
        self.assertFalse(dialog.tells)
        with dialog.line_ids.edit(3) as line:
            self.assertIn("gifts", line.text)
            line.answer = "yes"
        self.assertTrue(dialog.tells)
        self.assertFalse(dialog.reopens)

    def test_no_question_is_left_out(self):
        followup = self.follow(self.visit())
        call = self.open_call(followup)
        with self.assertRaisesRegex(UserError, "Not asked yet"):
            call.action_done()
        call.line_ids.answer = "yes"
        with self.assertRaisesRegex(UserError, "how happy"):
            call.action_done()
        call.satisfaction = "3"
        call.line_ids[-1].unlink()
        with self.assertRaisesRegex(UserError, "Not asked yet"):
            call.action_done()
        self.assertEqual(followup.state, "to_do")
        self.assertFalse(followup.answer_ids)

    def test_who_knows_nothing_says_nothing(self):
        followup = self.follow(self.visit())
        call = self.open_call(followup)
        call.line_ids.answer = "na"
        call.action_done()
        self.assertEqual(followup.state, "done")
        self.assertFalse(followup.result)
        self.assertFalse(followup.satisfaction)
        self.assertFalse(followup.is_bad)

    def test_not_reached_is_tried_again_and_given_up(self):
        form = self.visit()
        followup = self.follow(form)
        call = self.open_call(followup)
        call.note = "Back on Monday"
        call.action_not_reached()
        self.assertEqual(followup.state, "to_do")
        self.assertEqual(followup.attempt_ids.note, "Back on Monday")
        self.assertTrue(followup.activity_ids)
        self.open_call(followup, "dispatcher").action_not_reached()
        self.assertEqual(followup.state, "no_answer", "after as many as the rule says")
        self.assertFalse(followup.activity_ids)
        users = self.users["intake"] | self.users["dispatcher"]
        self.assertEqual(followup.attempt_ids.user_id, users)
        notes = "".join(self.ticket(form).sudo().message_ids.mapped("body"))
        self.assertIn("nobody was reached", notes)
        self.call(followup)
        self.assertEqual(followup.state, "done", "he called back")

    def test_a_correction_keeps_it(self):
        form = self.visit()
        followup = self.follow(form)
        visit = self.as_role("technician", form.dispatch_id)
        visit.action_correct()
        visit.job_ids.work_done = "Hose and seal replaced"
        second = self.sign(visit, replaces_reason="Seal forgotten")
        self.assertEqual(self.follow(second), followup)
        self.assertEqual(followup.form_id, second, "he is asked about what holds")
        call = self.open_call(followup)
        self.assertIn("seal", call.line_ids[0].stated)

    def test_a_correction_by_who_was_to_ask(self):
        """Who records the new version was there: another one asks."""
        form = self.visit()
        followup = self.follow(form)
        followup.user_id = self.users["dispatcher"]
        visit = self.as_role("dispatcher", form.dispatch_id)
        visit.action_correct()
        wizard = self.as_role("dispatcher", "aftersales.service.sign").create(
            {
                "dispatch_id": visit.id,
                "outcome": "refused",
                "outcome_reason": "Says it leaks",
                "technician_name": "Tara",
                "technician_signature": form.technician_signature,
                "replaces_reason": "He changed his mind",
            }
        )
        wizard.action_sign()
        self.assertEqual(followup.user_id, self.users["intake"])
        self.assertEqual(followup.form_id.version, 2)
        self.assertEqual(followup.activity_ids.user_id, self.users["intake"])

    def test_a_correction_after_the_call_changes_no_result(self):
        form = self.visit()
        followup = self.follow(form)
        self.call(followup)
        visit = self.as_role("technician", form.dispatch_id)
        visit.action_correct()
        self.sign(visit, replaces_reason="Typing error")
        self.assertEqual(followup.state, "done")
        self.assertEqual(followup.form_id, form, "that is what he was asked about")
        self.assertEqual(len(self.follow(form)), 1)

    def test_a_visit_is_verified_once(self):
        followup = self.follow(self.visit())
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            followup.copy()
            self.env.flush_all()

    def test_what_a_ticket_waits_for(self):
        self.rule.before_closing = True
        form = self.visit()
        followup, ticket = self.follow(form), self.ticket(form)
        self.assertEqual(ticket._followups_open(), followup)
        self.assertFalse(self.create_ticket()._followups_open())
        self.call(followup)
        self.assertFalse(ticket._followups_open())

    def test_a_ticket_waits_for_nothing_else(self):
        self.assertFalse(self.ticket(self.visit())._followups_open())

    def test_cancelled_with_its_reason(self):
        self.rule.before_closing = True
        form = self.visit()
        followup, ticket = self.follow(form), self.ticket(form)
        action = self.as_role("dispatcher", followup).action_cancel()
        wizard = self.as_role("dispatcher", action["res_model"]).create(
            {"followup_id": followup.id, "reason": "Told us by mail"}
        )
        wizard.action_cancel_followup()
        self.assertEqual(followup.state, "cancelled")
        self.assertEqual(followup.cancel_reason, "Told us by mail")
        self.assertFalse(followup.activity_ids)
        self.assertFalse(ticket._followups_open())
        with self.assertRaisesRegex(UserError, "has ended"):
            self.open_call(followup)

    def test_buttons_lead_there(self):
        form = self.visit()
        followup = self.follow(form)
        for record in (self.ticket(form), form.dispatch_id, form):
            record = self.as_role("intake", record)
            self.assertEqual(record.followup_count, 1)
            self.assertEqual(record.action_view_followups()["res_id"], followup.id)
        followup = self.as_role("intake", followup)
        self.assertEqual(followup.action_view_visit()["res_id"], form.dispatch_id.id)
        self.assertEqual(followup.action_view_form()["res_id"], form.id)
        tickets = followup.action_view_tickets()
        self.assertEqual(tickets["res_id"], self.ticket(form).id)
