"""Two dispatchers plan the same technician at the same moment."""

PREPARE = """
team = env["aftersales.team"].search([], limit=1)
partner = env["res.partner"].create({"name": "Mill & Sons", "email": "m@example.com"})
employee = env["hr.employee"].create({"name": "Tara", "company_id": team.company_id.id})
visits = env["aftersales.dispatch"]
for name in ("Leak", "Hum"):
    ticket = env["aftersales.ticket"].create(
        {"name": name, "team_id": team.id, "partner_id": partner.id})
    visits |= visits.create({
        "team_id": team.id, "partner_id": partner.id,
        "technician_ids": [(6, 0, employee.ids)],
        "scheduled_start": "2026-03-02 08:00:00",
        "job_ids": [(0, 0, {"ticket_id": ticket.id})]})
env.cr.commit()
"""
RACE = """
import psycopg2
from odoo.api import Environment
from odoo.exceptions import UserError
def plan(env, visit):
    env["aftersales.dispatch"].browse(visit.id).action_plan()
    env.flush_all()
with env.registry.cursor() as one, env.registry.cursor() as two:
    first, second = (Environment(cr, env.uid, {}) for cr in (one, two))
    # Both have looked at the plan before either of them changes it.
    second["aftersales.dispatch"].search([]).mapped("scheduled_start")
    plan(first, visits[0])
    one.commit()
    try:
        plan(second, visits[1])
        two.commit()
        print("BOTH")
    except psycopg2.OperationalError:
        print("MET")
        two.rollback()
        second.clear()
        try:
            plan(second, visits[1])
            print("BOTH")
        except UserError as error:
            print("REFUSED", error)
        two.rollback()
env.cr.rollback()
env.invalidate_all()
print("STATES", *visits.mapped("state"))
"""


def test_one_winner_and_one_clear_message(odoo_env, make_db):
    """The second one starts anew and is told which visit is in the way."""
    database = make_db("planrace", addon=True)
    said = odoo_env.shell(database, PREPARE + RACE)
    assert "MET" in said
    assert "BOTH" not in said
    assert "REFUSED" in said
    assert "Tara is planned for" in said
    assert "STATES planned draft" in said
