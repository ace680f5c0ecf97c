"""Two reports at the same moment: no turn is taken twice, and no report is refused."""

import pytest

PREPARE = """
company = env.company
users = env["res.users"].create([
    {"name": name, "login": "%(method)s_" + name, "company_id": company.id,
     "company_ids": [(6, 0, company.ids)], "group_ids": [(6, 0, [env.ref(
         "aftersales_service.aftersales_service_group_technician").id])]}
    for name in ("one", "two", "three")])
team = env["aftersales.team"].create(
    {"name": "Turns", "company_id": company.id, "member_ids": [(6, 0, users.ids)]})
env["aftersales.forward.rule"].search([]).action_archive()
rule = env["aftersales.forward.rule"].create(
    {"name": "All", "team_id": team.id, "method": "%(method)s"})
partner = env["res.partner"].create({"name": "Mill & Sons", "email": "m@example.com"})
env.cr.commit()
"""
RACE = """
from odoo.api import Environment
values = {"name": "Leak", "team_id": team.id, "partner_id": partner.id,
    "product_name": "Press"}
with env.registry.cursor() as one, env.registry.cursor() as two:
    first, second = (Environment(cr, env.uid, {}) for cr in (one, two))
    # The second one has looked at whose turn it is before the first one takes it.
    second["aftersales.forward.rule"].browse(rule.id).last_user_id
    first["aftersales.ticket"].create(values)
    one.commit()
    late = second["aftersales.ticket"].create(values)
    print("LATE", late.user_id.id, late.forward_pending)
    two.commit()
env["aftersales.ticket"]._cron_forward()
env.cr.rollback()
env.invalidate_all()
found = env["aftersales.ticket"].search([("team_id", "=", team.id)], order="id")
print("GOT", [users.ids.index(ticket.user_id.id) for ticket in found])
print("PENDING", found.mapped("forward_pending"))
print("TO DO", found.activity_ids.mapped(lambda a: users.ids.index(a.user_id.id)))
"""


@pytest.fixture(scope="module")
def database(make_db):
    """Return the name of a database with the addon."""
    return make_db("forward_race", addon=True)


@pytest.mark.parametrize("method", ["least_loaded", "round_robin"])
def test_no_turn_is_taken_twice(odoo_env, database, method):
    """Whoever comes second keeps his report, and the job gives it to the next."""
    said = odoo_env.shell(database, PREPARE % {"method": method} + RACE)
    assert "LATE False True" in said
    assert "GOT [0, 1]" in said
    assert "PENDING [False, False]" in said
    assert "TO DO [0, 1]" in said
