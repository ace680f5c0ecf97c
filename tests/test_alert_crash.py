"""Alerts of promises survive a killed worker, and two workers share the work."""

import pytest
from workers import Workers

TICKETS = 300
LEVELS = ["-1", "0", "1"]
PREPARE = """
from datetime import timedelta
from odoo import Command, fields
env["aftersales.sla.policy"].search([]).action_archive()
env["aftersales.sla.policy"].create({
    "name": "Crash", "clock": "respond", "target_hours": 8, "around_the_clock": True,
    "severity": "serious", "alert_ids": [
        Command.create({"timing": "before", "amount": 1}),
        Command.create({"timing": "at", "by_email": True}),
        Command.create({"timing": "after", "amount": 1})]})
admin = env.ref("base.user_admin")
admin.email = "admin@maker.example.com"
# Only the alert job: no other one shall send mails or get in the way.
job = env.ref("aftersales_service.ir_cron_sla_alert")
(env["ir.cron"].search([]) - job).active = False
env.cr.commit()
"""
# All levels of all tickets are due, as after a day down; each at its own moment.
REPORT = """
from datetime import timedelta
from odoo import fields
now = fields.Datetime.now()
env["aftersales.ticket"].create([
    {"name": f"Leak {number}", "severity": "serious",
     "team_id": env["aftersales.team"].search([], limit=1).id,
     "user_id": env.ref("base.user_admin").id,
     "reported_at": now - timedelta(hours=12, seconds=number)}
    for number in range(%d)])
env.cr.execute("UPDATE ir_cron_trigger SET call_at = now() - interval '1 minute'")
env.cr.commit()
"""
# What a worker of the scheduler does; the batch is small so that there are many.
WORK = """
import sys, time
from odoo.addons.aftersales_service.models import aftersales_sla_clock_alert as job
from odoo.addons.base.models.ir_cron import IrCron
job.ALERT_BATCH_SIZE = 20
Clock = env.registry["aftersales.sla.clock"]
batches = []

def count_and_stop(name, number, before):
    original = getattr(Clock, name)
    def stopping(self, *args):
        batches.append(len(self))
        if before and len(batches) == number:
            stop()
        result = original(self, *args)
        if not before and len(batches) == number:
            self.env.flush_all()
            stop()
        return result
    setattr(Clock, name, stopping)

def stop():
    print("IN THE MIDDLE", flush=True)
    time.sleep(600)

env.cr.commit()
"""
SCHEDULER = """
IrCron._process_jobs(env.cr.dbname)
print("DONE", len(batches))
"""
# Two that work at the same time, whatever the scheduler's own lock says.
TOGETHER = """
from pathlib import Path
job.ALERT_BATCH_SIZE = 10
send = Clock._send_due_alerts
def send_slowly(self, now):
    batches.append(len(self))
    send(self, now)
    time.sleep(0.02)
Clock._send_due_alerts = send_slowly
folder = Path(%r)
(folder / %r).touch()
while len(list(folder.iterdir())) < 2:
    time.sleep(0.01)
env["aftersales.sla.clock"]._cron_alert()
print("DONE", sum(batches))
"""
# The second one looked before the first one committed.
TOO_LATE = """
Model = env["aftersales.sla.clock"]
lock, looks = Clock._lock_due, []
def lock_late(self, *args, **kwargs):
    looks.append(self.env.cr)
    if len(looks) == 1:
        self.env.cr.execute("SELECT count(*) FROM aftersales_sla_event")
        Clock._lock_due = lock
        with env.registry.cursor() as other:
            self.env(cr=other)["aftersales.sla.clock"]._cron_alert()
        Clock._lock_due = lock_late
    return lock(self, *args, **kwargs)
Clock._lock_due = lock_late
Model._cron_alert()
print("DONE", len(looks))
"""


class Alerts(Workers):
    """A database in which alerts are due, and the workers that send them."""

    def __init__(self, odoo_env, database):
        super().__init__(odoo_env, database, PREPARE)
        self.reported = 0

    def report(self):
        """Let tickets be reported whose alerts are all due."""
        self.odoo_env.shell(self.database, REPORT % TICKETS)
        self.reported += TICKETS

    def work(self, code):
        """Start a process that sends alerts in small batches."""
        return self.start(WORK + code)

    def told(self):
        """Return how many alerts are in the ledgers."""
        return self.number(
            "SELECT count(*) FROM aftersales_sla_event WHERE kind = 'alert'"
        )

    def check_each_once(self):
        """Check that each level of each clock was told once, in order and both ways."""
        ledgers = self.odoo_env.query(
            self.database,
            "SELECT string_agg(trunc(a.\"offset\")::text, ' ' ORDER BY e.sequence),"
            " count(*) FROM aftersales_sla_clock c"
            " LEFT JOIN aftersales_sla_event e ON e.clock_id = c.id"
            "  AND e.kind = 'alert'"
            " LEFT JOIN aftersales_sla_alert a ON a.id = e.alert_id GROUP BY c.id",
        )
        expected = [" ".join(LEVELS), str(len(LEVELS))]
        assert ledgers == [expected] * self.reported
        # One row of activities and mails for each ticket, none without.
        for table, each in (
            ("mail_activity x ON x.res_model = 'aftersales.ticket'", len(LEVELS)),
            ("mail_message x ON x.subject LIKE '%At the deadline'", 1),
            (
                "(mail_mail m JOIN mail_message x ON x.id = m.mail_message_id)"
                " ON x.subject LIKE '%At the deadline'",
                1,
            ),
        ):
            found = self.odoo_env.query(
                self.database,
                f"SELECT n, count(*) FROM (SELECT t.id, count(x.res_id) AS n FROM"
                f" aftersales_ticket t LEFT JOIN {table} AND x.res_id = t.id"
                " GROUP BY t.id) tickets GROUP BY n",
            )
            assert found == [[str(each), str(self.reported)]], table
        assert not self.number(
            "SELECT count(*) FROM aftersales_sla_clock WHERE next_alert_at IS NOT NULL"
        )


@pytest.fixture(scope="module")
def alerts(odoo_env, make_db):
    """Return a database with a policy of three levels, two ways of telling."""
    return Alerts(odoo_env, make_db("alerts", addon=True))


def test_killed_in_the_middle(alerts):
    """Two workers die in their batches; the scheduler's next one does what is left."""
    alerts.report()
    # Activities and e-mails are written, the ledger is not.
    stop = "count_and_stop('_queue_alert_mails', 4, False)\n"
    alerts.kill_in_the_middle(alerts.work(stop + SCHEDULER))
    assert alerts.told() == 3 * 20 * len(LEVELS)
    # Everything of the batch is written, nothing is committed.
    stop = "count_and_stop('_send_due_alerts', 6, False)\n"
    alerts.kill_in_the_middle(alerts.work(stop + SCHEDULER))
    assert alerts.told() == 8 * 20 * len(LEVELS)
    # Nobody asked for the job again: it is still due.
    done = "count_and_stop('_send_due_alerts', 0, True)\n" + SCHEDULER
    assert alerts.finish(alerts.work(done)) == 7
    alerts.check_each_once()
    # And now it is not.
    assert alerts.finish(alerts.work(done)) == 0


def test_two_at_once(alerts, tmp_path):
    """Two workers share the due clocks; none is told twice and none is left."""
    alerts.report()
    workers = [alerts.work(TOGETHER % (str(tmp_path), name)) for name in ("a", "b")]
    shares = [alerts.finish(worker) for worker in workers]
    assert sum(shares) == TICKETS
    assert min(shares) > 0
    alerts.check_each_once()


def test_looked_before_the_other_committed(alerts):
    """A worker whose view of the database is too old looks again, and says nothing."""
    alerts.report()
    looks = alerts.finish(alerts.work(TOO_LATE))
    assert looks == 2, "the first look failed, the second found nothing"
    alerts.check_each_once()
