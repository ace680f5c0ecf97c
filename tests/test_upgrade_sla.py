"""Promises given in version 19.0.2.0.0 hold after the upgrade, to the second."""

VERSION = "19.0.2.0.0"

LIFE = """
from odoo import Command, fields
P = env['aftersales.sla.policy']
resolve = P.create({'name': 'Resolve', 'clock': 'resolve', 'target_hours': 72,
    'severity': 'serious', 'alert_ids': [
        Command.create({'offset_hours': h}) for h in (-4, 0, 2)]})
wait = env['aftersales.ticket.stage'].create(
    {'name': 'Own Waiting', 'state': 'waiting', 'sequence': 35})
team = env['aftersales.team'].search([], limit=1)
now = fields.Datetime.now()
def ticket(name, hours, **values):
    return env['aftersales.ticket'].create({'name': name, 'team_id': team.id,
        'severity': 'serious',
        'reported_at': fields.Datetime.subtract(now, hours=hours), **values})
ticket('open', 0)
late = ticket('late', 100, user_id=env.ref('base.user_admin').id)
env['aftersales.sla.clock']._cron_alert()
missed = ticket('missed', 60)
missed._respond()
missed._solve()
cancelled = ticket('cancelled', 1)
cancelled.action_cancel()
waiting = ticket('waiting', 2)
waiting.stage_id = wait
again = ticket('again', 3)
again._respond(); again._solve(); again.action_reopen()
env.cr.commit()
"""

READ = """
import json
def clock(c):
    return [c.ticket_id.name, c.kind, c.outcome, c.deadline, c.stopped_at,
        c.used_minutes, c.target_minutes, c.next_alert_at,
        [[e.kind, e.at, e.reason or ''] for e in c.event_ids]]
clocks = env['aftersales.sla.clock'].search([], order='id')
tickets = env['aftersales.ticket'].search([], order='id')
print('RESULT ' + json.dumps({
    'clocks': [clock(c) for c in clocks],
    'tickets': [[t.name, t.state, t.next_deadline, t.is_overdue] for t in tickets],
    'activities': len(tickets.activity_ids),
}, default=str))
"""

READ_NEW = """
import json
clocks = env['aftersales.sla.clock'].search([], order='id')
levels = env['aftersales.sla.alert'].search([('policy_id.name', '=', 'Resolve')])
jobs = env.ref('aftersales_service.ir_cron_sla_alert')
# Shipped since: no promise was given by it.
later = env.ref('aftersales_service.aftersales_sla_policy_complaint_respond')
policies = env['aftersales.sla.policy'].search([('id', '!=', later.id)])
triggers = env['ir.cron.trigger'].search([('cron_id', '=', jobs.id)])
rebuilt = {c.id: c._rebuild() for c in clocks}
clocks._write_replay()
print('RESULT ' + json.dumps({
    'rebuilt': [v for v in rebuilt.values() if v],
    'states': sorted({(c.outcome, c.state) for c in clocks}),
    'levels': [l.display_name for l in levels],
    'recipients': [l.to_responsible and l.by_activity for l in levels],
    'around': policies.mapped('around_the_clock'),
    'pausing': policies.mapped('pauses_on_customer'),
    'broken': env['aftersales.ticket'].search(
        [('has_missed', '=', True)]).mapped('name'),
    'triggers': len(triggers),
    'waiting': env['aftersales.ticket.stage'].search(
        [('state', '=', 'waiting')]).mapped('name'),
}, default=str))
env.cr.rollback()
"""


def test_promises_are_the_same(upgraded):
    assert {clock[2] for clock in upgraded.before["clocks"]} == {
        "open",
        "met",
        "missed",
        "void",
    }
    assert upgraded.before["activities"]
    after = upgraded.ask(READ)
    # What was overdue later than the first reading is no matter of the upgrade.
    assert after == upgraded.before


def test_what_is_new_says_the_same(upgraded):
    found = upgraded.ask(READ_NEW)
    assert found["rebuilt"] == []
    assert found["states"] == [
        ["met", "stopped"], ["missed", "stopped"], ["open", "running"],
        ["void", "void"],
    ]  # fmt: skip
    assert found["levels"] == [
        "4 h before the deadline", "At the deadline", "2 h after the deadline"
    ]  # fmt: skip
    assert all(found["recipients"])
    # Nothing that was promised changes silently: every hour counts, no wait pauses.
    assert all(found["around"])
    assert not any(found["pausing"])
    assert found["broken"] == ["missed"]
    assert found["triggers"] == 1
    assert set(found["waiting"]) == {
        "Own Waiting", "Waiting for Customer", "Waiting for Parts"
    }  # fmt: skip


def test_measuring_open_clocks_again_changes_nothing(upgraded):
    again = "env['aftersales.sla.clock'].search([])._write_replay()\n" + READ
    found = upgraded.ask(again)
    assert found["clocks"] == upgraded.before["clocks"]
