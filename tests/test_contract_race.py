"""Contracts survive a killed worker of their job, and two workers share the work."""

import pytest
from workers import Workers

CONTRACTS = 200
PREPARE = """
env["res.company"].search([]).partner_id.tz = "UTC"
admin = env.ref("base.user_admin")
admin.email = "admin@maker.example.com"
customer = env["res.partner"].create({"name": "Mill & Sons", "is_company": True})
template = env["aftersales.contract.template"].create({
    "name": "Crash", "duration": 30, "duration_unit": "day", "renewal_notice_days": 60})
# Only this job: no other one shall send mails or get in the way.
job = env.ref("aftersales_service.ir_cron_contract_move")
(env["ir.cron"].search([]) - job).active = False
job.active = True
env.cr.commit()
"""
# Agreed weeks ago; since then their renewal has become due, as after a day down.
AGREE = """
from datetime import timedelta
from odoo import fields
today = fields.Date.context_today(env.user)
customer = env["res.partner"].search([("name", "=", "Mill & Sons")], limit=1)
template = env["aftersales.contract.template"].search([("name", "=", "Crash")])
presses = env["aftersales.equipment"].create([
    {"product_name": "Press", "partner_id": customer.id} for number in range(%d)])
contracts = env["aftersales.contract"].create([
    {"partner_id": customer.id, "template_id": template.id,
     "start_date": today - timedelta(days=10), "user_id": env.ref("base.user_admin").id,
     "renewal_notice_days": 0,
     "line_ids": [(0, 0, {"equipment_id": press.id})]}
    for press in presses])
contracts._activate()
# Another notice was agreed on, from which the job has not seen a day.
contracts.write({
    "renewal_notice_days": 60, "moved_on": today - timedelta(days=11)})
env.cr.execute("UPDATE ir_cron SET nextcall = now() - interval '1 minute' WHERE active")
env.cr.commit()
"""
# What a worker of the scheduler does; the batch is small so that there are many. A
# quotation is made for each contract that asks for one: two where it asks twice.
WORK = """
import sys, time
from odoo.addons.aftersales_service.models import aftersales_contract_job as job
from odoo.addons.base.models.ir_cron import IrCron
job.MOVE_BATCH_SIZE = 20
Contract = env.registry["aftersales.contract"]
batches, quotes = [], []

def quote(self):
    order = self.env["sale.order"].create(
        {"partner_id": self.partner_id.id, "client_order_ref": self.name})
    quotes.append(order.id)
    if STOP_AT and STOP_AT[0] == "quote" and len(quotes) == STOP_AT[1]:
        self.env.flush_all()
        stop()
    return order
Contract._quote_renewal = quote

move = Contract._move_due
def moving(self, today):
    batches.append(len(self))
    move(self, today)
    if STOP_AT and STOP_AT[0] == "move" and len(batches) == STOP_AT[1]:
        self.env.flush_all()
        stop()
Contract._move_due = moving

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
job.MOVE_BATCH_SIZE = 10
def move_slowly(self, today):
    batches.append(len(self))
    move(self, today)
    time.sleep(0.02)
Contract._move_due = move_slowly
folder = Path(%r)
(folder / %r).touch()
while len(list(folder.iterdir())) < 2:
    time.sleep(0.01)
env["aftersales.contract"]._move_on()
print("DONE", len(quotes))
"""
# Two people suspend the same contract for overlapping days.
SUSPEND = """
import psycopg2
from datetime import timedelta
from odoo import fields
from odoo.api import Environment
from odoo.exceptions import ValidationError
day = fields.Date.context_today(env.user) + timedelta(days=1)
contract = env["aftersales.contract"].search([("state", "=", "expiring")], limit=1)
def suspend(env):
    env["aftersales.contract"].browse(contract.id)._suspend(day, "Unpaid")
    env.flush_all()
    env.cr.commit()
with env.registry.cursor() as one, env.registry.cursor() as two:
    first, second = (Environment(cr, env.uid, {}) for cr in (one, two))
    second["aftersales.contract"].browse(contract.id).pause_ids.mapped("date_from")
    suspend(first)
    try:
        suspend(second)
        print("BOTH")
    except psycopg2.OperationalError:
        print("MET")
        two.rollback()
        second.clear()
        try:
            suspend(second)
            print("BOTH")
        except ValidationError as error:
            print("REFUSED", error)
        two.rollback()
env.invalidate_all()
env.cr.rollback()
print("PAUSES", len(contract.pause_ids))
"""

# Two people ask for the renewal of the same contract.
RENEW = """
import psycopg2
from odoo.api import Environment
env["product.product"].create({
    "name": "Crash Care", "type": "service", "service_tracking": "aftersales_contract",
    "aftersales_contract_template_id": env["aftersales.contract.template"].search(
        [("name", "=", "Crash")]).id})
env.cr.commit()
contract = env["aftersales.contract"].search([("state", "=", "expiring")], limit=1)
def renew(env):
    action = env["aftersales.contract"].browse(contract.id).action_quote_renewal()
    env.flush_all()
    env.cr.commit()
    return action["res_id"]
with env.registry.cursor() as one, env.registry.cursor() as two:
    first, second = (Environment(cr, env.uid, {}) for cr in (one, two))
    second["aftersales.contract"].browse(contract.id)._renewal_orders()
    order = renew(first)
    try:
        print("BOTH", renew(second))
    except psycopg2.OperationalError:
        print("MET")
        two.rollback()
        second.clear()
        print("SAME" if renew(second) == order else "BOTH")
env.cr.rollback()
lines = env["sale.order.line"].search([("aftersales_renews_id", "=", contract.id)])
print("QUOTES", len(lines))
"""


class Contracts(Workers):
    """A database in which renewals are due, and the workers that quote them."""

    def __init__(self, odoo_env, database):
        super().__init__(odoo_env, database, PREPARE)
        self.agreed = 0

    def agree(self):
        """Let contracts be agreed whose renewals are all due."""
        self.odoo_env.shell(self.database, AGREE % CONTRACTS)
        self.agreed += CONTRACTS

    def work(self, code, *stop_at):
        """Start a process that moves contracts in small batches.

        :param stop_at: what it is doing, and for which time, when it stops
        """
        return self.start(f"STOP_AT = {stop_at or None!r}\n{WORK}{code}")

    def moved(self):
        """Return how many contracts are expiring by now."""
        return self.number(
            "SELECT count(*) FROM aftersales_contract WHERE state = 'expiring'"
        )

    def check_each_once(self):
        """Check that each contract was moved and its renewal quoted once."""
        found = self.odoo_env.query(
            self.database,
            "SELECT state, n, count(*) FROM (SELECT c.id, c.state, count(o.id) AS n"
            " FROM aftersales_contract c"
            " LEFT JOIN sale_order o ON o.client_order_ref = c.name"
            " GROUP BY c.id) each GROUP BY state, n",
        )
        assert found == [["expiring", "1", str(self.agreed)]]
        # The history says so once, too.
        found = self.odoo_env.query(
            self.database,
            "SELECT n, count(*) FROM (SELECT c.id, count(v.id) AS n"
            " FROM aftersales_contract c LEFT JOIN mail_message m"
            "  ON m.model = 'aftersales.contract' AND m.res_id = c.id"
            " LEFT JOIN mail_tracking_value v ON v.mail_message_id = m.id"
            "  AND v.new_value_char = 'Expiring' GROUP BY c.id) each GROUP BY n",
        )
        assert found == [["1", str(self.agreed)]]


@pytest.fixture(scope="module")
def contracts(odoo_env, make_db):
    """Return a database with a template that asks for renewals."""
    return Contracts(odoo_env, make_db("contracts", addon=True))


def test_killed_in_the_middle(contracts):
    """Two workers die in their batches; the scheduler's next one does what is left."""
    contracts.agree()
    # States and some quotations are written, the rest of the batch is not.
    contracts.kill_in_the_middle(contracts.work(SCHEDULER, "quote", 3 * 20 + 7))
    assert contracts.moved() == 3 * 20
    # Everything of the batch is written, nothing is committed.
    contracts.kill_in_the_middle(contracts.work(SCHEDULER, "move", 6))
    assert contracts.moved() == 8 * 20
    # Nobody asked for the job again: it is still due.
    assert contracts.finish(contracts.work(SCHEDULER)) == 2
    contracts.check_each_once()
    # And now it is not.
    assert contracts.finish(contracts.work(SCHEDULER)) == 0


def test_two_at_once(contracts, tmp_path):
    """Two workers share the due contracts; none is quoted twice and none is left."""
    contracts.agree()
    workers = [contracts.work(TOGETHER % (str(tmp_path), name)) for name in ("a", "b")]
    shares = [contracts.finish(worker) for worker in workers]
    assert sum(shares) == CONTRACTS
    assert min(shares) > 0
    contracts.check_each_once()


def test_two_suspend_at_once(contracts):
    """The second one starts anew and is told that it is suspended already."""
    contracts.agree()
    contracts.finish(contracts.work(SCHEDULER))
    said = contracts.odoo_env.shell(contracts.database, SUSPEND)
    assert "MET" in said
    assert "BOTH" not in said
    assert "REFUSED" in said
    assert "PAUSES 1" in said


def test_two_renew_at_once(contracts):
    """The second one starts anew and is shown the quotation of the first."""
    contracts.agree()
    contracts.finish(contracts.work(SCHEDULER))
    said = contracts.odoo_env.shell(contracts.database, RENEW)
    assert "MET" in said
    assert "BOTH" not in said
    assert "SAME" in said
    assert "QUOTES 1" in said
