# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.base.tests.test_ir_cron import CronMixinCase

from .common import AftersalesCommon


class SlaCommon(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The company's own policies, so that the shipped ones are no matter here.
        cls.env["aftersales.sla.policy"].search([]).action_archive()
        cls.policies = {
            clock: cls.env["aftersales.sla.policy"].create(
                {
                    "name": f"Serious {clock}",
                    "clock": clock,
                    "target_hours": hours,
                    "severity": "serious",
                    "company_id": cls.company.id,
                    "alert_ids": [Command.create({"offset_hours": -1})],
                }
            )
            for clock, hours in (("respond", 8), ("arrive", 48), ("resolve", 72))
        }


@tagged("post_install", "-at_install")
class TestSlaPolicy(SlaCommon):
    def test_default_policies_are_the_promise(self):
        """Serious faults: response in 8 hours, on site in 48, around the clock."""
        for severity in ("serious", "safety"):
            for clock, hours in (("respond", 8), ("arrive", 48)):
                policy = self.env.ref(
                    f"aftersales_service.aftersales_sla_policy_{severity}_{clock}"
                )
                self.assertEqual(policy.target_hours, hours)
                self.assertTrue(policy.from_report)
                self.assertEqual(len(policy.alert_ids), 1)

    def test_serious_ticket_gets_its_clocks(self):
        with self.at(0) as now:
            ticket = self.create_ticket(severity="serious")
        clocks = self.clocks(ticket)
        self.assertEqual(set(clocks), {"respond", "arrive", "resolve"})
        self.assertEqual(clocks["respond"].deadline, now + timedelta(hours=8))
        self.assertEqual(clocks["arrive"].deadline, now + timedelta(hours=48))
        self.assertEqual(ticket.next_deadline, now + timedelta(hours=8))
        self.assertIn("Severity", clocks["respond"].match_reason)
        self.assertEqual(clocks["respond"].event_ids.mapped("kind"), ["start"])
        self.assertFalse(self.create_ticket().clock_ids)

    def test_most_specific_policy_wins_and_ties_are_decided(self):
        Policy = self.env["aftersales.sla.policy"]
        base = {
            "clock": "respond",
            "severity": "serious",
            "company_id": self.company.id,
        }
        broad = Policy.create(
            {"name": "Any", "clock": "respond", "target_hours": 1, "sequence": 0}
        )
        first = Policy.create(
            {**base, "name": "Team", "target_hours": 2, "team_id": self.team.id}
        )
        Policy.create(
            {**base, "name": "Type", "target_hours": 3, "ticket_type": "repair"}
        )
        ticket = self.create_ticket(severity="serious")
        self.assertEqual(self.clocks(ticket)["respond"].policy_id, first)
        self.assertEqual(self.clocks(self.create_ticket())["respond"].policy_id, broad)

    def test_policy_of_another_company_never_attaches(self):
        self.env["aftersales.sla.policy"].create(
            {
                "name": "Of B",
                "clock": "respond",
                "target_hours": 1,
                "severity": "minor",
                "company_id": self.company_2.id,
            }
        )
        ticket = self.env["aftersales.ticket"].create(  # as superuser, like the gateway
            {"name": "x", "team_id": self.team.id, "severity": "minor"}
        )
        self.assertFalse(ticket.clock_ids)

    def test_policy_without_target_is_refused(self):
        for hours in (0, -1):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                self.policies["respond"].target_hours = hours
                self.env.flush_all()

    def test_used_policy_is_archived_not_deleted(self):
        self.create_ticket(severity="serious")
        with self.assertRaisesRegex(UserError, "Archive"):
            self.policies["respond"].unlink()

    def test_changed_target_replays_open_clocks_only(self):
        with self.at(0) as now:
            answered = self.create_ticket(severity="serious")
            ticket = self.create_ticket(severity="serious")
        with self.at(7):
            answered._respond()
            self.policies["respond"].target_hours = 6
        clock = self.clocks(ticket)["respond"]
        self.assertEqual(clock.deadline, now + timedelta(hours=6))
        self.assertEqual(clock.event_ids.mapped("kind"), ["start", "retarget"])
        self.assertEqual(ticket.next_deadline, now + timedelta(hours=6))
        self.assertEqual(self.clocks(answered)["respond"].outcome, "met")


@tagged("post_install", "-at_install")
class TestSlaClock(SlaCommon):
    def test_reclassified_later_counts_from_the_report(self):
        with self.at(0) as now:
            ticket = self.create_ticket()
        with self.at(5):
            ticket.severity = "serious"
        self.assertEqual(
            self.clocks(ticket)["respond"].deadline, now + timedelta(hours=8)
        )

    def test_policy_that_counts_from_its_attachment(self):
        self.policies["respond"].from_report = False
        with self.at(0) as now:
            ticket = self.create_ticket()
        with self.at(5):
            ticket.severity = "serious"
        self.assertEqual(
            self.clocks(ticket)["respond"].deadline, now + timedelta(hours=13)
        )

    def test_answer_before_classification_counts(self):
        with self.at(0):
            ticket = self.create_ticket()
            other = self.create_ticket()
        with self.at(2):
            (ticket | other)._respond()
        with self.at(20):
            ticket.severity = "serious"
            self.policies["respond"].from_report = False
            other.severity = "serious"
        clock = self.clocks(ticket)["respond"]
        self.assertEqual((clock.outcome, clock.used_minutes), ("met", 120))
        self.assertNotIn("respond", self.clocks(other), "no clock that is met at birth")

    def test_less_severe_voids_open_clocks_only(self):
        with self.at(0):
            ticket = self.create_ticket(severity="serious")
        with self.at(1):
            ticket._respond()
            self.as_role("dispatcher", ticket).write(
                {"severity": "minor", "severity_reason": "Runs again"}
            )
        outcomes = {c.kind: c.outcome for c in ticket.sudo().clock_ids}
        self.assertEqual(
            outcomes, {"respond": "met", "arrive": "void", "resolve": "void"}
        )
        self.assertFalse(ticket.next_deadline)
        with self.at(2):
            ticket.severity = "serious"
        self.assertEqual(self.clocks(ticket)["arrive"].outcome, "open")

    def test_other_policy_retargets(self):
        self.env["aftersales.sla.policy"].create(
            {
                "name": "Safety",
                "clock": "respond",
                "severity": "safety",
                "target_hours": 2,
            }
        )
        with self.at(0) as now:
            ticket = self.create_ticket(severity="serious")
        with self.at(1):
            ticket.severity = "safety"
        clock = self.clocks(ticket)["respond"]
        self.assertEqual(clock.policy_id.name, "Safety")
        self.assertEqual(clock.deadline, now + timedelta(hours=2))
        self.assertEqual(clock.started_at, now)

    def test_late_response_timely_resolution_are_two_outcomes(self):
        with self.at(0):
            ticket = self.create_ticket(severity="serious")
        with self.at(9):
            ticket._respond()
        with self.at(10):
            ticket._solve()
        outcomes = {c.kind: c.outcome for c in ticket.sudo().clock_ids}
        self.assertEqual(
            outcomes, {"respond": "missed", "resolve": "met", "arrive": "void"}
        )
        void = ticket.sudo().clock_ids.filtered(lambda c: c.kind == "arrive")
        self.assertIn("before anyone had to go", void.outcome_reason)

    def test_dragging_on_the_board_does_the_same(self):
        stages = self.env["aftersales.ticket.stage"].search([])
        by_state = {stage.state: stage for stage in stages}
        with self.at(0):
            ticket = self.create_ticket(severity="serious")
        with self.at(3) as now:
            technician = self.as_role("technician", ticket)
            with self.assertRaisesRegex(UserError, "next technician"):
                technician.stage_id = by_state["solved"]
            technician.resolution = "Valve opened"
            technician.stage_id = by_state["solved"]
            with self.assertRaises(AccessError):
                technician.stage_id = by_state["closed"]
        self.assertEqual(self.clocks(ticket)["resolve"].outcome, "met")
        self.assertEqual(ticket.solved_at, now)
        with self.at(4):
            ticket.stage_id = by_state["closed"]
        self.assertFalse(ticket.next_deadline)
        self.assertNotIn("respond", self.clocks(ticket), "closed without an answer")

    def test_cancelled_ticket_voids_its_clocks(self):
        with self.at(0):
            ticket = self.create_ticket(severity="serious")
        with self.at(100):
            ticket.action_cancel()
        self.assertEqual(set(ticket.sudo().clock_ids.mapped("outcome")), {"void"})
        self.assertFalse(ticket.is_overdue)

    def test_reopening_goes_on_and_keeps_the_past(self):
        with self.at(0):
            ticket = self.create_ticket(severity="serious")
        with self.at(10):
            ticket._respond()
            ticket._solve()
        clock = self.clocks(ticket)["resolve"]
        self.assertEqual((clock.outcome, clock.used_minutes), ("met", 600))
        with self.at(60):
            self.as_role("technician", ticket).action_reopen()
        self.assertEqual(clock.outcome, "open")
        # 62 of 72 hours are left, from hour 60 on
        self.assertEqual(clock.deadline, self.NOW + timedelta(hours=122))
        with self.at(70):
            ticket._solve()
        self.assertEqual((clock.outcome, clock.used_minutes), ("met", 1200))
        self.assertEqual(
            clock.event_ids.mapped("kind"), ["start", "stop", "reopen", "stop"]
        )

    def test_reopening_gives_no_fresh_clock(self):
        with self.at(0):
            ticket = self.create_ticket(severity="serious", resolution="Restarted")
            cancelled = self.create_ticket(severity="serious")
        technician = self.as_role("technician", ticket)
        with self.at(6):
            technician.action_solve()
            cancelled.action_cancel()
        with self.at(20):
            technician.action_reopen()
            cancelled.action_reopen()
        for reopened in (ticket, cancelled):
            arrive = self.clocks(reopened)["arrive"]
            self.assertEqual(arrive.outcome, "open")
            # 42 of 48 hours are left, from hour 20 on
            self.assertEqual(arrive.deadline, self.NOW + timedelta(hours=62))
            respond = self.clocks(reopened)["respond"]
            self.assertLessEqual(respond.deadline, self.NOW + timedelta(hours=22))
            self.assertEqual(len(reopened.sudo().clock_ids), 3)

    def test_a_broken_promise_is_not_voided(self):
        with self.at(0):
            ticket = self.create_ticket(severity="serious")
        with self.at(60):
            ticket._solve()
            ticket._set_state("closed")
        outcomes = {c.kind: c.outcome for c in ticket.sudo().clock_ids}
        self.assertEqual(outcomes["arrive"], "missed")
        self.assertEqual(outcomes["respond"], "missed")
        self.assertFalse(ticket.responded_at)

    def test_an_earlier_answer_entered_later_counts(self):
        with self.at(0):
            ticket = self.create_ticket(severity="serious")
        with self.at(12):
            ticket._respond()
        self.assertEqual(self.clocks(ticket)["respond"].outcome, "missed")
        with self.at(13):
            ticket._respond(self.NOW + timedelta(hours=3))
        clock = self.clocks(ticket)["respond"]
        self.assertEqual((clock.outcome, clock.used_minutes), ("met", 180))
        self.assertEqual(ticket.responded_at, self.NOW + timedelta(hours=3))

    def test_an_answer_before_the_clock_was_attached_counts(self):
        self.policies["respond"].from_report = False
        with self.at(0):
            ticket = self.create_ticket()
        with self.at(5):
            ticket.severity = "serious"
            ticket._respond(self.NOW + timedelta(hours=4))
        self.assertEqual(self.clocks(ticket)["respond"].outcome, "met")

    def test_an_archived_policy_keeps_what_it_promised(self):
        ticket = self.create_ticket(severity="serious")
        self.policies["respond"].action_archive()
        ticket.severity = "serious"
        self.assertEqual(self.clocks(ticket)["respond"].outcome, "open")
        ticket.ticket_type = "support"
        self.assertEqual(self.clocks(ticket)["respond"].outcome, "open")

    def test_overdue_needs_no_job(self):
        with self.at(0):
            ticket = self.create_ticket(severity="serious")
            plain = self.create_ticket()
        Ticket = self.env["aftersales.ticket"]
        both = [("id", "in", (ticket | plain).ids)]
        with self.at(8):
            self.assertFalse(ticket.is_overdue, "the closing second is in time")
        with self.at(8.001):
            self.env.invalidate_all()
            self.assertTrue(ticket.is_overdue)
            self.assertEqual(Ticket.search([*both, ("is_overdue", "=", True)]), ticket)
            self.assertEqual(Ticket.search([*both, ("is_overdue", "=", False)]), plain)
            self.assertEqual(Ticket.search([*both, ("is_overdue", "!=", True)]), plain)
            self.assertIn(
                self.clocks(ticket)["respond"],
                self.env["aftersales.sla.clock"].search([("is_late", "=", True)]),
            )
            self.assertEqual(self.team.overdue_ticket_count, 1)

    def test_next_deadline_is_the_earliest_open(self):
        with self.at(0) as now:
            ticket = self.create_ticket(severity="serious")
        with self.at(1):
            ticket._respond()
        self.assertEqual(ticket.next_deadline, now + timedelta(hours=48))
        with self.at(2):
            ticket._arrive()
        self.assertEqual(ticket.next_deadline, now + timedelta(hours=72))

    def test_nobody_writes_clocks_or_ledger(self):
        ticket = self.create_ticket(severity="serious")
        clock = self.clocks(ticket)["respond"]
        for role in ("intake", "technician", "support", "dispatcher", "manager"):
            for record, vals in (
                (clock, {"deadline": "2030-01-01"}),
                (clock.event_ids[0], {"at": "2030-01-01"}),
            ):
                record = self.as_role(role, record)
                with self.assertRaises(UserError):
                    record.write(vals)
                with self.assertRaises(AccessError):
                    record.unlink()
                with self.assertRaises(AccessError):
                    record.create({})
        with self.assertRaises(UserError):
            clock.event_ids.write({"at": datetime(2030, 1, 1)})  # not even superuser

    def test_a_clock_of_a_kind_runs_once(self):
        ticket = self.create_ticket(severity="serious")
        clock = self.clocks(ticket)["respond"]
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            clock.copy()

    def test_queries_to_create_a_ticket_do_not_grow(self):
        """A tenth ticket in a batch costs less than a first one alone."""
        Ticket = self.as_role("intake", "aftersales.ticket")
        values = {"name": "x", "team_id": self.team.id, "severity": "serious"}
        Ticket.create(values)
        self.env.flush_all()
        start = self.cr.sql_log_count
        Ticket.create(values)
        self.env.flush_all()
        one = self.cr.sql_log_count - start
        start = self.cr.sql_log_count
        Ticket.create([values] * 10)
        self.env.flush_all()
        ten = self.cr.sql_log_count - start
        self.assertLess(ten, 5 * one)


@tagged("post_install", "-at_install")
class TestSlaAlert(SlaCommon, CronMixinCase):
    def run_job(self):
        with self.enter_registry_test_mode():
            result = self.env.ref(
                "aftersales_service.ir_cron_sla_alert"
            ).method_direct_trigger()
        self.env.invalidate_all()
        return result

    def alerts(self, clock):
        events = clock.event_ids.filtered(lambda event: event.kind == "alert")
        return events.mapped("alert_id.offset_hours")

    def test_alert_is_told_once_to_the_responsible(self):
        with self.at(0):
            ticket = self.create_ticket(
                severity="serious", user_id=self.users["technician"].id
            )
        clock = self.clocks(ticket)["respond"]
        with self.at(6):
            self.assertIs(self.run_job(), True)
            self.assertFalse(ticket.activity_ids)
        for hours in (7, 7.5, 9):
            with self.at(hours):
                self.assertIs(self.run_job(), True)
            self.assertEqual(len(ticket.activity_ids), 1)
        self.assertEqual(ticket.activity_ids.user_id, self.users["technician"])
        self.assertIn("before the deadline", ticket.activity_ids.summary)
        self.assertEqual(self.alerts(clock), [-1.0])
        self.assertEqual(clock.outcome, "open", "an alert moves no clock")

    def test_nobody_responsible_tells_the_leader(self):
        with self.at(0):
            ticket = self.create_ticket(severity="serious")
        with self.at(7):
            self.run_job()
        self.assertEqual(ticket.activity_ids.user_id, self.users["manager"])

    def test_levels_are_caught_up_in_order_after_a_day_down(self):
        self.policies["respond"].alert_ids = [
            Command.create({"offset_hours": hours}) for hours in (4, 0)
        ]
        with self.at(0):
            ticket = self.create_ticket(severity="serious")
        with self.at(30):
            self.run_job()
        clock = self.clocks(ticket)["respond"]
        self.assertEqual(self.alerts(clock), [-1.0, 0.0, 4.0])
        self.assertFalse(clock.next_alert_at)

    def test_only_who_can_act_is_told(self):
        outsider = new_test_user(self.env, "as_outsider", groups="base.group_user")
        with self.at(0):
            ticket = self.create_ticket(
                severity="serious", user_id=self.users["technician"].id
            )
        self.users["technician"].active = False
        self.team.leader_id = outsider
        with self.at(7):
            self.run_job()
        self.assertIn(ticket.activity_ids.user_id, self.team.member_ids)

    def test_levels_edited_directly_move_the_open_clocks(self):
        with self.at(0) as now:
            clock = self.clocks(self.create_ticket(severity="serious"))["respond"]
        level = self.as_role("manager", self.policies["respond"].alert_ids)
        with self.at(1):
            level.offset_hours = -2
            self.assertEqual(clock.next_alert_at, now + timedelta(hours=6))
            level.create({"policy_id": level.policy_id.id, "offset_hours": -3})
            self.assertEqual(clock.next_alert_at, now + timedelta(hours=5))
            level.policy_id.alert_ids.unlink()
        self.assertFalse(clock.next_alert_at)
        self.assertEqual(clock.event_ids.mapped("kind"), ["start"])

    def test_answered_in_time_is_not_alerted(self):
        with self.at(0):
            ticket = self.create_ticket(severity="serious")
        with self.at(6):
            ticket._respond()
        with self.at(7):
            self.run_job()
        self.assertFalse(ticket.activity_ids)

    def test_job_is_asked_for_the_due_moment(self):
        with (
            self.at(0) as now,
            self.capture_triggers("aftersales_service.ir_cron_sla_alert") as triggers,
        ):
            self.create_ticket(severity="serious")
        moments = set(triggers.records.mapped("call_at"))
        self.assertIn(now + timedelta(hours=7, minutes=1), moments)

    def test_one_bad_clock_does_not_stop_the_others(self):
        with self.at(0):
            tickets = self.env["aftersales.ticket"]
            for _i in range(3):
                tickets |= self.create_ticket(severity="serious")
        bad = self.clocks(tickets[0])["respond"]
        Clock = type(self.env["aftersales.sla.clock"])
        send = Clock._send_alert

        def fail_on_bad(clock, level):
            if clock.id == bad.id:
                raise ValueError("broken")
            return send(clock, level)

        with (
            self.at(7),
            patch.object(Clock, "_send_alert", fail_on_bad),
            self.assertLogs(
                "odoo.addons.aftersales_service.models.aftersales_sla_clock", "ERROR"
            ),
        ):
            self.assertIs(self.run_job(), True, "or the job would be switched off")
        self.assertFalse(tickets[0].activity_ids)
        self.assertEqual(len(tickets[1:].activity_ids), 2)
        with self.at(7.2):
            self.assertIs(self.run_job(), True)
        self.assertEqual(len(tickets.activity_ids), 3)

    def test_same_level_cannot_be_sent_twice(self):
        with self.at(0):
            ticket = self.create_ticket(severity="serious")
        clock = self.clocks(ticket)["respond"]
        level = self.policies["respond"].alert_ids
        clock._apply({"kind": "alert", "alert_id": level.id})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            clock._apply({"kind": "alert", "alert_id": level.id})
