"""Repair orders come and go with the repairs app; the addon works without them."""

import pytest

from dev import config, proc, results

BRIDGE = "aftersales_service_repair"
SEND_IN = """
team = env["aftersales.team"].search([], limit=1)
product = env["product.product"].create(
    {"name": "Press", "is_storable": True, "tracking": "serial"})
partner = env["res.partner"].create({"name": "Bridge Customer"})
machine = env["aftersales.equipment"].create({"product_id": product.id,
    "serial_number": "B-1", "partner_id": partner.id})
ticket = env["aftersales.ticket"].create({"name": "Leaks", "team_id": team.id,
    "partner_id": partner.id, "equipment_id": machine.id, "ticket_type": "repair"})
visit = env["aftersales.dispatch"].browse(ticket.action_workshop()["res_id"])
picking = visit._workshop_moves("receive").picking_id
picking.button_validate()
visit._workshop_decide("repair", env["aftersales.finding"].create(
    {"ticket_id": ticket.id}))
print("RESULT", visit.workshop_place, "repair_state" in visit)
env.cr.rollback()
"""


def state(odoo_env, database):
    """Return the state of the bridge in a database."""
    sql = f"SELECT state FROM ir_module_module WHERE name = '{BRIDGE}'"
    return odoo_env.query(database, sql)[0][0]


@pytest.fixture(scope="module")
def database(odoo_env, make_db):
    """Return a database with the addon, without the repairs app."""
    return make_db("bridge", addon=True)


def test_comes_with_the_repairs_app_and_goes_with_it(odoo_env, database):
    """Its own tests pass where both are; the addon is whole before and after."""
    assert state(odoo_env, database) == "uninstalled"
    assert "RESULT here False" in odoo_env.shell(database, SEND_IN)
    log = odoo_env.run(
        "-d", database, "-i", "repair", "--test-tags", f"/{BRIDGE}",
        "--stop-after-init", f"--http-port={proc.free_port()}",
        check=False,
    ).stdout  # fmt: skip
    assert state(odoo_env, database) == "installed"
    allowed = (config.ROOT / "dev" / "expected_warnings.txt").read_text()
    outcome = results.odoo_log(log, results.read_allowed(allowed))
    assert outcome.total and outcome.good, log[-8000:]
    assert "RESULT here True" in odoo_env.shell(database, SEND_IN)
    odoo_env.run("module", "uninstall", "-d", database, "repair")
    assert state(odoo_env, database) == "uninstalled"
    sql = f"SELECT name FROM ir_model_data WHERE module = '{BRIDGE}'"
    assert odoo_env.query(database, sql) == []
    assert "RESULT here False" in odoo_env.shell(database, SEND_IN)
