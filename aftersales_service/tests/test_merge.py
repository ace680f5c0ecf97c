# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Several reports become one ticket: what goes along."""

from datetime import timedelta

from odoo import fields
from odoo.tests import Form, tagged

from .common_merge import MergeCase


@tagged("post_install", "-at_install")
class TestMerge(MergeCase):
    def test_the_others_are_cancelled_and_say_where_they_go_on(self):
        self.merge(self.second, self.first)
        self.assertEqual(self.second.state, "cancelled")
        self.assertEqual(self.second.cancel_reason, "merged")
        self.assertEqual(self.second.original_id, self.first)
        self.assertEqual(self.first.duplicate_ids, self.second)
        self.assertEqual(self.first.state, "new")

    def test_promises_of_the_one_that_stays_run_on(self):
        """Void ones keep their ledgers and leave the hit rates."""
        deadline = self.first.next_deadline
        events = self.second.sudo().clock_ids.event_ids
        with self.at(3):
            self.merge(self.second, self.first)
        self.assertEqual(self.first.next_deadline, deadline)
        self.assertEqual(set(self.first.sudo().clock_ids.mapped("outcome")), {"open"})
        clocks = self.second.sudo().clock_ids
        self.assertEqual(set(clocks.mapped("outcome")), {"void"})
        self.assertEqual(
            set(clocks.mapped("outcome_reason")),
            {f"Merged into {self.first.display_name}"},
        )
        self.assertTrue(events <= clocks.event_ids)
        self.assertFalse(self.second.next_deadline)

    def test_no_word_is_lost(self):
        with self.at(2.5):
            mine = self.as_role("technician", self.second).message_post(
                body="I know this one", subtype_xmlid="mail.mt_note"
            )
        with self.at(2.6):
            self.second.name = "Oil all over"
            self.flush_tracking()
        before = self.first.message_ids
        moved = self.second.message_ids
        tracked = moved.sudo().tracking_value_ids
        facts = [(m.author_id, m.date, m.body, m.create_uid) for m in moved]
        self.assertTrue(tracked)
        with self.at(3):
            self.merge(self.second, self.first)
        self.assertTrue(before | moved <= self.first.message_ids)
        self.assertEqual(
            facts, [(m.author_id, m.date, m.body, m.create_uid) for m in moved]
        )
        self.assertEqual(moved.sudo().tracking_value_ids, tracked)
        self.assertEqual(mine.subject, f"From {self.second.display_name}")
        self.assertFalse(before.filtered("subject"))
        summary = self.first.message_ids.sorted("id")[-1]
        for words in (self.second.reference, "<b>worse</b>", "P200-77", "Mia Mill"):
            self.assertIn(words, summary.body)
        self.assertEqual(summary.author_id, self.users["intake"].partner_id)
        self.assertTrue(summary.is_internal or summary.subtype_id.internal)

    def test_mails_with_their_files(self):
        second = self.receive(
            msg_id="<m1@mill.example.com>", cc="boss@mill.example.com"
        )
        mail = second.message_ids.filtered(lambda m: m.message_type == "email")
        files = mail.attachment_ids
        self.assertEqual(files.res_id, second.id)
        self.merge(second, self.first)
        self.assertIn(mail, self.first.message_ids)
        self.assertEqual(files.res_id, self.first.id)
        self.assertEqual(mail.subject, f"From {second.display_name}: Press runs on")
        self.assertIn("boss@mill.example.com", self.first.email_cc)
        self.assertEqual(mail.email_from, '"Mia Mill" <mia@mill.example.com>')

    def test_unknown_sender_is_not_forgotten(self):
        second = self.receive(
            msg_id="<m2@x>", email_from="Nobody <nobody@unknown.example.org>"
        )
        self.assertFalse(second.partner_id)
        self.first.email_cc = "Known <known@mill.example.com>"
        self.merge(second, self.first)
        self.assertIn("nobody@unknown.example.org", self.first.email_cc)
        self.assertIn("known@mill.example.com", self.first.email_cc)

    def test_followers_are_united(self):
        stranger = self.env["res.partner"].create(
            {"name": "Plant Manager", "email": "pm@mill.example.com"}
        )
        note = self.env.ref("mail.mt_note")
        comment = self.env.ref("mail.mt_comment")
        self.second.message_subscribe(stranger.ids, (note | comment).ids)
        self.first.message_subscribe(self.site.ids, comment.ids)
        self.second.message_subscribe(self.site.ids, note.ids)
        self.merge(self.second, self.first)
        rows = self.first.message_follower_ids.grouped("partner_id")
        self.assertEqual(rows[stranger].subtype_ids, note | comment)
        self.assertEqual(rows[self.site].subtype_ids, note | comment)
        self.assertIn(self.contact, rows)

    def test_activities_go_along_but_alerts_of_void_promises(self):
        planned = self.second.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.users["support"].id
        )
        done = self.second.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.users["support"].id
        )
        done.action_feedback("Was here")
        clock = self.clocks(self.second)["respond"]
        alert = self.env["mail.activity"].create(
            clock._prepare_alert_activity(
                clock.policy_id.alert_ids, self.users["manager"]
            )
        )
        with self.at(12):
            clock._apply(
                {"kind": "alert", "at": fields.Datetime.now(), "reason": "told"}
            )
            self.merge(self.second, self.first)
        self.assertEqual(planned.res_id, self.first.id)
        self.assertEqual(planned.res_name, self.first.display_name)
        if done.exists():
            self.assertEqual(done.res_id, self.first.id)
        self.assertFalse(alert.exists())
        self.assertFalse(self.second.activity_ids)
        self.assertIn(planned, self.first.activity_ids)

    def test_message_for_later_goes_along(self):
        later = self.env["mail.scheduled.message"].create(
            {
                "model": "aftersales.ticket",
                "res_id": self.second.id,
                "author_id": self.users["support"].partner_id.id,
                "body": "We call you",
                "scheduled_date": fields.Datetime.now() + timedelta(days=400),
            }
        )
        self.merge(self.second, self.first)
        self.assertEqual(later.res_id, self.first.id)

    def test_several_at_once(self):
        with self.at(4):
            third = self.create_ticket(name="Still leaks")
        self.merge(self.second | third, self.first)
        self.assertEqual(self.first.duplicate_ids, self.second | third)
        subjects = self.first.message_ids.mapped("subject")
        for ticket in self.second | third:
            self.assertIn(f"From {ticket.display_name}", subjects)

    def test_costs_no_more_for_many(self):
        def many(number):
            return self.env["aftersales.ticket"].union(
                *(self.create_ticket(name="Again") for _index in range(number))
            )

        def cost(tickets):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.merge(tickets, self.first)
            return self.env.cr.sql_log_count - before

        cost(many(1))
        one, eleven = cost(many(1)), cost(many(11))
        self.assertLess(eleven - one, 10 * 6, "no handful of queries for each")

    def test_earliest_report_counts_for_later_promises_only(self):
        policy = self.policies["resolve"]
        policy.active = False
        with self.at(5):
            late = self.create_ticket(name="Hose leaks", severity="minor")
            self.merge(self.first, late)
        self.assertEqual(late.reported_at, self.NOW)
        self.assertFalse(late.sudo().clock_ids)
        with self.at(6):
            late.severity = "serious"
        respond = self.clocks(late)["respond"]
        self.assertEqual(
            respond.started_at,
            self.NOW
            if respond.policy_id._catalogue()[respond.policy_id.id].from_report
            else self.NOW + timedelta(hours=6),
        )

    def test_running_promises_are_not_touched(self):
        deadline = self.second.next_deadline
        self.merge(self.first, self.second)
        self.assertEqual(self.second.reported_at, self.NOW)
        self.assertEqual(self.second.next_deadline, deadline)

    def test_time_in_stages_is_each_tickets_own(self):
        stages = self.stages
        with self.mock_datetime_and_now(self.NOW + timedelta(hours=3)):
            self.second.stage_id = stages["assigned"]
            self.flush_tracking()
        with self.mock_datetime_and_now(self.NOW + timedelta(hours=4)):
            before = dict(self.first.duration_tracking)
            other = dict(self.second.duration_tracking)
            self.assertEqual(len(other), 2)
            self.merge(self.second, self.first)
            self.assertEqual(dict(self.first.duration_tracking), before)
            after = dict(self.second.duration_tracking)
        self.assertEqual(
            after[str(stages["assigned"].id)], other[str(stages["assigned"].id)]
        )

    def test_dialog_from_the_form_brings_what_resembles_it(self):
        """Two clicks: Merge, and Merge."""
        action = self.as_role("intake", self.second).action_merge()
        Model = self.as_role("intake", action["res_model"])
        with Form(Model.with_context(**action["context"])) as form:
            self.assertEqual(form.original_id, self.first, "the oldest report")
            self.assertEqual(
                set(form.ticket_ids.ids), set((self.first | self.second).ids)
            )
            self.assertFalse(form.warning)
        opened = form.record.action_merge()
        self.assertEqual(opened["res_id"], self.first.id)
        self.assertEqual(self.second.original_id, self.first)

    def test_dialog_warns(self):
        dealer = self.env["res.partner"].create({"name": "Dealer", "is_company": True})
        of_dealer = self.create_ticket(partner_id=dealer.id)
        Model = self.as_role("intake", "aftersales.ticket.merge")
        with Form(
            Model.with_context(
                active_model="aftersales.ticket",
                active_ids=(self.first | of_dealer).ids,
            )
        ) as form:
            self.assertIn("Different customers", form.warning)
            self.assertIn("dispatcher", form.warning)
            form.original_id = of_dealer
        self.assertEqual(form.record.original_id, of_dealer)

    def test_cancel_dialog_merges_as_well(self):
        wizard = self.as_role("intake", "aftersales.ticket.cancel").create(
            {
                "ticket_id": self.second.id,
                "reason": "merged",
                "original_id": self.first.id,
            }
        )
        mark = self.second.message_post(body="mark")
        wizard.action_cancel_ticket()
        self.env.invalidate_all()
        self.assertIn(mark, self.first.message_ids)
