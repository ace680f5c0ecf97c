# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which levels of a promise are told, when, and that each is told once."""

from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common_alert import AlertCommon


@tagged("post_install", "-at_install")
class TestSlaAlert(AlertCommon):
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
            Command.create({"timing": "after", "amount": 4}),
            Command.create({"timing": "at"}),
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
            level.amount = 2
            self.assertEqual(clock.next_alert_at, now + timedelta(hours=6))
            level.create({"policy_id": level.policy_id.id, "amount": 3})
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

    def test_same_level_cannot_be_sent_twice(self):
        with self.at(0):
            ticket = self.create_ticket(severity="serious")
        clock = self.clocks(ticket)["respond"]
        level = self.policies["respond"].alert_ids
        clock._apply({"kind": "alert", "alert_id": level.id})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            clock._apply({"kind": "alert", "alert_id": level.id})

    # === PAUSES, AGREEMENTS, REOPENING === #

    def test_level_that_was_not_reached_waits_with_the_ticket(self):
        self.policies["respond"].pauses_on_customer = True
        ticket, clock = self.serious()
        with self.at(6):
            ticket._await("customer")
        self.assertFalse(clock.next_alert_at)
        with self.at(30):
            self.assertIs(self.run_job(), True)
            self.assertEqual(self.alerts(clock), [])
            ticket._resume()
        self.assertEqual(clock.next_alert_at, self.NOW + timedelta(hours=31))
        with self.at(31):
            self.assertIs(self.run_job(), True)
        self.assertEqual(self.alerts(clock), [-1.0])

    def test_agreed_deadline_moves_the_levels(self):
        ticket, clock = self.serious()
        with self.at(2):
            self.as_role("manager", clock)._correct(
                "Agreed with Mia", deadline=self.NOW + timedelta(hours=30)
            )
        self.assertEqual(clock.next_alert_at, self.NOW + timedelta(hours=29))
        with self.at(28):
            self.assertIs(self.run_job(), True)
            self.assertEqual(self.alerts(clock), [])
        with self.at(29):
            self.assertIs(self.run_job(), True)
        self.assertEqual(self.alerts(clock), [-1.0])
        mine = ticket.activity_ids.filtered(lambda a: a.sla_clock_id == clock)
        self.assertEqual(mine.date_deadline, (self.NOW + timedelta(hours=30)).date())

    def test_reopened_clock_tells_no_level_again(self):
        ticket, clock = self.serious()
        with self.at(7):
            self.run_job()
            ticket._respond()
            clock._apply({"kind": "reopen"})
        with self.at(9):
            self.assertIs(self.run_job(), True)
        self.assertEqual(self.alerts(clock), [-1.0])

    # === EDITED LEVELS === #

    def test_new_level_whose_moment_has_passed_is_told_once(self):
        _ticket, clock = self.serious()
        with self.at(7.2):
            self.run_job()
            self.policies["respond"].alert_ids = [
                Command.create({"amount": 5}),
                Command.create({"timing": "after", "amount": 5}),
            ]
        for hours in (7.3, 7.4):
            with self.at(hours):
                self.assertIs(self.run_job(), True)
            self.assertEqual(self.alerts(clock), [-1.0, -5.0])
        self.assertEqual(clock.next_alert_at, self.NOW + timedelta(hours=13))

    def test_changed_level_is_not_told_again(self):
        _ticket, clock = self.serious()
        with self.at(7):
            self.run_job()
            self.set_level(amount=0.25)
        with self.at(7.9):
            self.assertIs(self.run_job(), True)
        self.assertEqual(len(self.alerts(clock)), 1)

    def test_deleted_level_stays_in_the_ledger(self):
        _ticket, clock = self.serious()
        with self.at(7):
            self.run_job()
            self.policies["respond"].alert_ids.unlink()
        with self.at(8):
            self.assertIs(self.run_job(), True)
        self.assertEqual(
            self.reasons(clock), ["1 h before the deadline: activity for Manager"]
        )

    # === WORKING HOURS === #

    def test_inside_hours_waits_for_the_opening(self):
        calendar = self.env["resource.calendar"].create(
            {"name": "Office", "tz": "UTC", "company_id": self.company.id}
        )
        self.team.resource_calendar_id = calendar
        self.set_level(inside_hours=True)
        self.policies["respond"].alert_ids = [
            Command.create({"timing": "after", "amount": 2})
        ]
        with self.at(self.NOW + timedelta(hours=5)):  # Monday 14:00, until 22:00
            ticket = self.create_ticket(severity="serious")
        clock = self.clocks(ticket)["respond"]
        waits = clock.policy_id.alert_ids.filtered("inside_hours")
        opening = self.NOW + timedelta(hours=23)  # Tuesday 8:00
        # The one at once comes first: Monday 24:00.
        self.assertEqual(clock.next_alert_at, self.NOW + timedelta(hours=15))
        with self.at(16):
            self.assertIs(self.run_job(), True)
        self.assertEqual(self.alerts(clock), [2.0])
        self.assertEqual(clock.next_alert_at, opening)
        with self.at(22.5):
            self.assertIs(self.run_job(), True)
            self.assertEqual(self.alerts(clock), [2.0])
        with self.at(opening):
            self.assertIs(self.run_job(), True)
        self.assertEqual(self.alerts(clock), [2.0, waits.offset])

    def test_inside_hours_though_the_job_comes_at_night(self):
        calendar = self.env["resource.calendar"].create(
            {"name": "Office", "tz": "UTC", "company_id": self.company.id}
        )
        self.team.resource_calendar_id = calendar
        level = self.set_level(inside_hours=True, amount=3)
        _ticket, clock = self.serious()
        self.assertEqual(clock.next_alert_at, self.NOW + timedelta(hours=5))
        with self.at(15):  # the job was down from 14:00 to midnight
            self.assertIs(self.run_job(), True)
        self.assertEqual(self.alerts(clock), [])
        self.assertEqual(clock.next_alert_at, self.NOW + timedelta(hours=23))
        with self.at(23.5):
            self.assertIs(self.run_job(), True)
        self.assertEqual(self.alerts(clock), [level.offset])
