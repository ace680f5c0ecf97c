# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The alert job: when it runs, in which batches, what it costs and what it survives."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import tagged

from ..models import aftersales_sla_clock_alert as job
from ..models.aftersales_sla_audience import Audience
from .common_alert import JOB, AlertCommon

LOGGER = "odoo.addons.aftersales_service.models.aftersales_sla_clock_alert"


@tagged("post_install", "-at_install")
class TestSlaAlertJob(AlertCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cron = cls.env.ref(JOB)
        cls.env["ir.cron.trigger"].search([("cron_id", "=", cls.cron.id)]).unlink()

    def triggers(self):
        """Return when the job was asked to run."""
        triggers = self.env["ir.cron.trigger"].search(
            [("cron_id", "=", self.cron.id), ("call_at", ">", fields.Datetime.now())]
        )
        return sorted(triggers.mapped("call_at"))

    def make_tickets(self, count):
        with self.at(0):
            return self.env["aftersales.ticket"].create(
                [
                    {
                        "name": f"Leak {number}",
                        "team_id": self.team.id,
                        "severity": "serious",
                        "user_id": self.users["technician"].id,
                    }
                    for number in range(count)
                ]
            )

    def respond(self, tickets):
        return tickets.clock_ids.filtered(lambda clock: clock.kind == "respond")

    def fail_for(self, *tickets):
        """Let telling people about some tickets fail."""
        people = Audience.of_level

        def of_level(audience, level, ticket):
            if ticket in tickets:
                raise ValueError("broken")
            return people(audience, level, ticket)

        return patch.object(Audience, "of_level", of_level)

    # === TRIGGERS === #

    def test_triggers_do_not_pile_up(self):
        with self.at(0) as now:
            for _i in range(20):
                self.create_ticket(severity="serious")
            self.make_tickets(180)
            self.assertEqual(self.triggers(), [now + timedelta(hours=7, minutes=1)])
        with self.at(1):
            self.create_ticket(severity="serious")
            self.assertEqual(len(self.triggers()), 1, "runs before it anyway")

    def test_job_asks_for_the_next_moment_only(self):
        self.make_tickets(1)
        for hours in (20, 10, 30, 1):
            self.env["ir.cron.trigger"].create(
                {
                    "cron_id": self.cron.id,
                    "call_at": self.NOW + timedelta(hours=50 + hours),
                }
            )
        with self.at(7.1):
            self.assertIs(self.run_job(), True)
            # The technician is due 48 hours after the report, told an hour before.
            self.assertEqual(
                self.triggers(), [self.NOW + timedelta(hours=47, minutes=1)]
            )

    def test_without_anything_due_it_keeps_what_was_asked(self):
        asked = self.NOW + timedelta(days=900)
        self.env["ir.cron.trigger"].create({"cron_id": self.cron.id, "call_at": asked})
        self.env["aftersales.sla.clock"].search([("outcome", "=", "open")]).write(
            {"next_alert_at": False}
        )
        with self.at(0):
            self.assertIs(self.run_job(), True)
            self.assertEqual(self.triggers(), [asked])

    def test_job_that_breaks_asks_for_the_next_moment(self):
        self.make_tickets(1)
        self.env["ir.cron.trigger"].search([("cron_id", "=", self.cron.id)]).unlink()
        Clock = self.env.registry["aftersales.sla.clock"]
        with (
            self.at(3),
            self.assertLogs("odoo.addons.base.models.ir_cron", "ERROR"),
            self.enter_registry_test_mode(),
            patch.object(Clock, "_due_domain", side_effect=ValueError("broken")),
        ):
            self.assertIsNot(self.cron.method_direct_trigger(), True)
        with self.at(3):
            self.assertEqual(
                self.triggers(), [self.NOW + timedelta(hours=7, minutes=1)]
            )

    def test_stopped_for_lack_of_time_goes_on_at_once(self):
        tickets = self.make_tickets(5)
        Cron = self.env.registry["ir.cron"]
        commit = Cron._commit_progress
        reported = []

        def no_time(cron, processed=0, **kwargs):
            commit(cron, processed, **kwargs)
            reported.append((processed, kwargs.get("remaining")))
            return 0 if processed else 10

        with (
            self.at(7) as now,
            patch.object(job, "ALERT_BATCH_SIZE", 2),
            patch.object(Cron, "_commit_progress", no_time),
        ):
            with self.enter_registry_test_mode(), self.registry.cursor() as cr:
                self.env(cr=cr)["aftersales.sla.clock"]._cron_alert()
            told = self.respond(tickets).filtered(self.alerts)
            self.assertEqual(len(told), 2)
            self.assertEqual(self.triggers()[0], now + timedelta(minutes=1))
        self.assertEqual(reported, [(0, 5), (2, None), (0, None)])

    def test_hourly_sweep(self):
        self.assertEqual(
            (self.cron.interval_number, self.cron.interval_type), (1, "hours")
        )
        self.assertEqual(self.cron.user_id, self.env.ref("base.user_root"))

    # === BATCHES === #

    def test_many_batches_leave_nobody_out(self):
        tickets = self.make_tickets(11)
        with self.at(7), patch.object(job, "ALERT_BATCH_SIZE", 3):
            self.assertIs(self.run_job(), True)
        for clock in self.respond(tickets):
            self.assertEqual(self.alerts(clock), [-1.0])
        self.assertEqual(len(tickets.activity_ids), 11)
        order = self.env["aftersales.sla.event"].search(
            [("clock_id", "in", tickets.clock_ids.ids), ("kind", "=", "alert")],
            order="id",
        )
        self.assertEqual(order.clock_id.ids, sorted(order.clock_id.ids))

    def test_one_bad_clock_does_not_stop_the_others(self):
        tickets = self.make_tickets(3)
        with self.at(7):
            with self.fail_for(tickets[0]), self.assertLogs(LOGGER, "ERROR") as logs:
                self.assertIs(self.run_job(), True, "or the job would be switched off")
            self.assertIn(str(self.respond(tickets[0]).id), logs.output[0])
            self.assertEqual(len(logs.output), 1)
            self.assertFalse(tickets[0].activity_ids)
            self.assertEqual(len(tickets[1:].activity_ids), 2)
            self.assertEqual(
                self.triggers(),
                [self.NOW + timedelta(hours=47, minutes=1)],
                "a clock that fails waits for the hourly run",
            )
        with self.at(7.2):
            self.assertIs(self.run_job(), True)
        self.assertEqual(len(tickets.activity_ids), 3)

    def test_half_a_batch_is_no_batch(self):
        """What a failing batch did before it failed is not done twice."""
        tickets = self.make_tickets(4)
        with self.at(7), self.fail_for(tickets[3]), self.assertLogs(LOGGER, "ERROR"):
            self.assertIs(self.run_job(), True)
        self.assertEqual([len(ticket.activity_ids) for ticket in tickets], [1, 1, 1, 0])
        self.assertEqual(
            [self.alerts(clock) for clock in self.respond(tickets)],
            [[-1.0], [-1.0], [-1.0], []],
        )

    def test_clocks_of_an_edited_policy_are_measured_first(self):
        tickets = self.make_tickets(1)
        clock = self.respond(tickets)
        clock.is_stale = True
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE aftersales_sla_policy SET target_hours = 20 WHERE id = %s",
            [self.policies["respond"].id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        with self.at(7.5):
            self.assertIs(self.run_job(), True)
        self.assertEqual(self.alerts(clock), [])
        self.assertEqual(clock.next_alert_at, self.NOW + timedelta(hours=19))

    # === COST === #

    def queries_of(self, action):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        action()
        return self.cr.sql_log_count - before

    def test_idle_costs_the_same_whatever_is_open(self):
        run = self.env["aftersales.sla.clock"]._cron_alert
        with self.at(1), patch.object(self.registry["ir.cron"], "_commit_progress"):
            self.make_tickets(1)
            run()
            few = self.queries_of(run)
            self.make_tickets(50)
            self.assertEqual(self.queries_of(run), few)
        self.assertLessEqual(few, 7)

    def test_queries_do_not_grow_with_the_clocks(self):
        for level in self.policies["respond"].alert_ids:
            level.to_leader = True
            level.policy_id.alert_ids = [Command.create({"timing": "at"})]
        tickets = self.make_tickets(61)
        clocks = self.respond(tickets)
        with self.at(9) as now:
            clocks[:1]._send_due_alerts(now)  # warm
            few = self.queries_of(lambda: clocks[1:11]._send_due_alerts(now))
            many = self.queries_of(lambda: clocks[11:]._send_due_alerts(now))
        for clock in clocks:
            self.assertEqual(self.alerts(clock), [-1.0, 0.0])
        # 160 more activities for 80 more alerts.
        self.assertLessEqual(many - few, 5)
        self.assertLessEqual(many, 60)
