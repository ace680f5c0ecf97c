# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Several reports become one ticket: what goes along, and where later mails go."""

from datetime import date, timedelta

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common_coverage import CoverageCommon
from .sla_common import SlaCommon
from .test_ticket_mail import MAIL


class MergeCase(SlaCommon):
    def setUp(self):
        super().setUp()
        with self.at(0):
            self.first = self.create_ticket(name="Hose leaks", severity="serious")
        with self.at(2):
            self.second = self.create_ticket(
                name="Oil everywhere",
                description="<p>It is <b>worse</b> now</p>",
                severity="serious",
            )
        self.flush_tracking()

    def merge(self, tickets, original, role="intake"):
        self.as_role(role, tickets)._merge_into(self.as_role(role, original))
        self.flush_tracking()
        self.env.invalidate_all()

    def receive(self, **values):
        with self.mock_mail_gateway():
            return self.format_and_process(
                MAIL,
                values.pop("email_from", "Mia Mill <mia@mill.example.com>"),
                f"test.service@{self.alias_domain}",
                subject=values.pop("subject", "Press runs on"),
                target_model="aftersales.ticket",
                **values,
            )


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


@tagged("post_install", "-at_install")
class TestMergeMail(MergeCase):
    def test_later_mail_lands_in_the_one_that_stays(self):
        second = self.receive(msg_id="<a@mill.example.com>")
        self.merge(second, self.first)
        answer = self.receive(
            msg_id="<b@mill.example.com>",
            subject="Re: Press runs on",
            extra="In-Reply-To: <a@mill.example.com>",
        )
        self.assertFalse(answer, "no new ticket")
        last = self.first.message_ids.filtered(lambda m: m.message_type == "email")
        self.assertEqual(last[0].message_id, "<b@mill.example.com>")

    def test_answer_to_what_was_written_after_the_merge(self):
        third = self.create_ticket(name="Still leaks")
        self.merge(self.second, self.first)
        self.merge(self.first, third)
        written = self.as_role("support", self.second).message_post(
            body="Written on the cancelled one", subtype_xmlid="mail.mt_comment"
        )
        self.assertEqual(written.res_id, self.second.id)
        before = self.second.message_ids
        self.receive(
            msg_id="<c@mill.example.com>",
            subject="Re: Oil",
            extra=f"In-Reply-To: {written.message_id}",
        )
        self.assertEqual(self.second.message_ids, before)
        self.assertIn("<c@mill.example.com>", third.message_ids.mapped("message_id"))

    def test_mail_to_the_ticket_itself(self):
        self.merge(self.second, self.first)
        with self.mock_mail_gateway():
            self.env["mail.thread"].message_process(
                "aftersales.ticket",
                "From: mia@mill.example.com\nTo: nobody@example.com\n"
                "Message-ID: <direct@x>\nSubject: Direct\n\nHelp",
                thread_id=self.second.id,
            )
        self.assertIn("<direct@x>", self.first.message_ids.mapped("message_id"))

    def test_duplicate_keeps_its_own_mails(self):
        """Only a merged ticket passes on what it gets."""
        second = self.receive(msg_id="<d@mill.example.com>")
        self.as_role("dispatcher", second)._cancel("duplicate", self.first)
        self.receive(
            msg_id="<e@x>",
            subject="Re: Press runs on",
            extra="In-Reply-To: <d@mill.example.com>",
        )
        self.assertIn("<e@x>", second.message_ids.mapped("message_id"))

    def test_cycle_ends(self):
        """Nobody can make one; a broken import must not hang the gateway."""
        third = self.create_ticket()
        ring = self.first | self.second | third
        for ticket, following in zip(ring, ring[1:] + ring[:1], strict=True):
            ticket.sudo().write(
                {"cancel_reason": "merged", "original_id": following.id}
            )
        self.assertIn(self.first._merged_end(), ring)
        self.first.sudo().original_id = self.first
        self.assertEqual(self.first._merged_end(), self.first)

    def test_mail_to_a_deleted_ticket_makes_a_new_one(self):
        second = self.receive(msg_id="<f@x>")
        gone = second.id
        self.assertEqual(second._follow_merged(gone), gone)
        second.unlink()
        self.assertEqual(self.first._follow_merged(gone), gone)


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
