"""A telephone that sends the same thing twice at once, with two real connections."""

PREPARE = """
team = env["aftersales.team"].search([], limit=1)
partner = env["res.partner"].create({"name": "Mill & Sons"})
ticket = env["aftersales.ticket"].create({"name": "Leak", "team_id": team.id,
    "partner_id": partner.id})
employee = env["hr.employee"].create({"name": "Tara"})
visit = env["aftersales.dispatch"].browse(ticket.action_plan_visit()["res_id"])
visit.write({"technician_ids": employee.ids, "scheduled_start": "2026-03-02 09:00:00"})
visit.action_plan()
visit.action_depart()
visit.action_arrive()
env.cr.commit()
"""
RACE = """
import psycopg2
from odoo.api import Environment
part = {"on": "line", "id": "new-1", "set": {"kind": "part", "name": "Nut"}}
def send(env):
    found = env["aftersales.dispatch"].browse(visit.id)
    result = found.visit_save("same-key-1", {"changes": [part]})
    env.flush_all()
    return result
with env.registry.cursor() as one, env.registry.cursor() as two:
    first, second = (Environment(cr, env.uid, {}) for cr in (one, two))
    # The second one has looked at the visit before the first one saves anything.
    second["aftersales.dispatch"].browse(visit.id).state
    said = send(first)
    one.commit()
    try:
        again = send(second)
        two.commit()
        print("BOTH AT ONCE")
    except psycopg2.OperationalError:
        two.rollback()
        second.clear()
        again = send(second)
        two.commit()
        print("RETRIED")
env.cr.rollback()
env.invalidate_all()
print("SAME", said == again, "LINES", len(visit.line_ids))
"""


def test_sent_twice_at_once(odoo_env, make_db):
    """Whoever comes second has to try again, and gets the answer of the first."""
    database = make_db("visitrace", addon=True)
    said = odoo_env.shell(database, PREPARE + RACE)
    assert "RETRIED" in said
    assert "SAME True LINES 1" in said
