"""Two people at the same visit at the same moment, with two real connections."""

import pytest

PREPARE = """
team = env["aftersales.team"].search([], limit=1)
partner = env["res.partner"].create({"name": "Mill & Sons", "email": "m@example.com"})
ticket = env["aftersales.ticket"].create(
    {"name": "Leak", "team_id": team.id, "partner_id": partner.id})
employee = env["hr.employee"].create({"name": "Tara"})
visit = env["aftersales.dispatch"].create({
    "team_id": team.id, "partner_id": partner.id,
    "technician_ids": [(6, 0, employee.ids)], "scheduled_start": "2026-03-02 08:00:00",
    "job_ids": [(0, 0, {"ticket_id": ticket.id})]})
visit.action_plan(); visit.action_depart(); visit.action_arrive()
visit.job_ids.write({"work_done": "Sealed", "result": "solved"})
visit.action_finish()
env.cr.commit()
"""
RACE = """
import psycopg2
from odoo.api import Environment
from odoo.exceptions import UserError
values = {"outcome": "absent", "outcome_reason": "Night", "technician_name": "Tara"}
def add_line(env):
    env["aftersales.dispatch.line"].create(
        {"dispatch_id": visit.id, "kind": "labour", "name": "Late", "hours": 9})
def sign(env):
    env["aftersales.service.form"]._sign(
        env["aftersales.dispatch"].browse(visit.id), values)
with env.registry.cursor() as one, env.registry.cursor() as two:
    first, second = (Environment(cr, env.uid, {}) for cr in (one, two))
    # The second one has looked at the visit before the first one signs it.
    second["aftersales.dispatch"].browse(visit.id).state
    sign(first)
    one.commit()
    try:
        %(action)s(second)
        second.flush_all()
        two.commit()
        print("BOTH")
    except psycopg2.OperationalError:
        two.rollback()
        second.clear()
        try:
            %(action)s(second)
            print("BOTH")
        except UserError as error:
            print("REFUSED", error)
        two.rollback()
env.cr.rollback()
print("LINES", len(visit.line_ids), "FORMS", len(visit.form_ids), visit.state)
"""


@pytest.mark.parametrize("action", ["add_line", "sign"])
def test_one_winner(odoo_env, make_db, action):
    """Whoever comes second has to try again and finds the visit signed."""
    database = make_db("race", addon=True)
    said = odoo_env.shell(database, PREPARE + RACE % {"action": action})
    assert "BOTH" not in said
    assert "REFUSED" in said
    assert "LINES 0 FORMS 1 done" in said
