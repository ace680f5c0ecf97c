"""Spare parts from bills of materials, with Odoo's manufacturing app."""

import json

import pytest

PREPARE = """
import json
from odoo.tests import new_test_user
def product(name, **values):
    return env["product.product"].create({"name": name, "is_storable": True, **values})
def bom(target, *parts, **values):
    lines = [(0, 0, {"product_id": part.id, "product_qty": 1, **more})
        for part, more in ((p if isinstance(p, tuple) else (p, {})) for p in parts)]
    return env["mrp.bom"].create({"product_tmpl_id": target.product_tmpl_id.id,
        "bom_line_ids": lines, **values})
company = env.company
team = env["aftersales.team"].search([("company_id", "=", company.id)], limit=1)
customer = env["res.partner"].create({"name": "Parts Customer"})
GROUP = "aftersales_service.aftersales_service_group_technician"
user = new_test_user(env, "bom_technician", groups="base.group_user," + GROUP)
env["hr.employee"].create({"name": "Bob", "user_id": user.id})
def visit_of(machine, company=company, team=team):
    equipment = env["aftersales.equipment"].create({"product_id": machine.id,
        "partner_id": customer.id, "company_id": company.id})
    ticket = env["aftersales.ticket"].create({"name": "Leaks", "team_id": team.id,
        "partner_id": customer.id, "equipment_id": equipment.id})
    visit = env["aftersales.dispatch"].browse(ticket.action_plan_visit()["res_id"])
    visit.technician_ids = user.employee_ids.filtered(
        lambda employee: employee.company_id == company)
    return visit
def fits(visit, reader=user):
    parts = visit.with_user(reader)._fitting_parts()
    return sorted(parts.sudo().mapped("display_name"))
def offered(visit, count):
    Product = env["product.product"].with_user(user)
    Product = Product.with_context(aftersales_visit=visit.id)
    found = Product.name_search("", limit=count)
    return sorted(name for _id, name in found)
RESULT = {}
"""
NORMAL = """
# A press of a frame, a kit of a hose and a screw, a unit that is made by itself, and
# the service of assembling it.
frame, hose, screw = product("Frame"), product("Hose"), product("Screw")
motor, seal = product("Motor"), product("Seal")
kit, unit, press = product("Kit"), product("Unit"), product("Press")
work = product("Assembly", type="service", is_storable=False)
bom(kit, hose, screw, type="phantom")
bom(unit, motor, seal)
bom(press, frame, kit, unit, work)
visit = visit_of(press)
RESULT["normal"] = fits(visit)
RESULT["offered"] = offered(visit, 6)
try:
    env["mrp.bom"].with_user(user).search_count([])
    RESULT["mrp"] = True
except Exception as error:
    RESULT["mrp"] = type(error).__name__
# A list beside it: an oil of the list; the seal is superseded twice, and the motor
# can be bought no more.
Spare = env["aftersales.spare.part"]
oil, seal2, seal3 = product("Oil"), product("Seal 2"), product("Seal 3")
tmpl = press.product_tmpl_id.id
Spare.create([
    {"product_tmpl_id": tmpl, "product_id": oil.id},
    {"product_tmpl_id": tmpl, "product_id": seal.id, "superseded_by_id": seal2.id},
    {"product_tmpl_id": tmpl, "product_id": seal2.id, "superseded_by_id": seal3.id},
    {"product_tmpl_id": tmpl, "product_id": motor.id, "last_buy_date": "2020-01-31"},
])
RESULT["with list"] = fits(visit)
Line = env["aftersales.dispatch.line"].with_user(user)
lines = Line.create([{"dispatch_id": visit.id, "kind": "part", "name": part.name,
    "product_id": part.id, "quantity": 1} for part in (motor, seal)])
RESULT["hints"] = lines.mapped("part_hint")
lines[1].action_take_successor()
RESULT["taken"] = lines[1].product_id.name
"""
VARIANTS = """
volt = env["product.attribute"].create({"name": "Volt", "create_variant": "always",
    "value_ids": [(0, 0, {"name": "230"}), (0, 0, {"name": "400"})]})
tmpl = env["product.template"].create({"name": "Saw", "is_storable": True,
    "attribute_line_ids": [(0, 0, {"attribute_id": volt.id,
        "value_ids": [(6, 0, volt.value_ids.ids)]})]})
one, two = tmpl.product_variant_ids
values = tmpl.attribute_line_ids.product_template_value_ids
blade = product("Blade")
coils = [product("Coil 230"), product("Coil 400")]
bom(one, blade, *[(coil, {"bom_product_template_attribute_value_ids": [
    (6, 0, value.ids)]}) for coil, value in zip(coils, values)])
RESULT["variants"] = [fits(visit_of(one)), fits(visit_of(two))]
# A bill of materials of one variant goes before the common one.
guard = product("Guard")
bom(two, guard, product_id=two.id, sequence=-1)
RESULT["own bom"] = fits(visit_of(two))
"""
COMPANIES = """
other = env["res.company"].create({"name": "Other Works"})
crane, ours, theirs = product("Crane"), product("Hook"), product("Rope")
bom(crane, theirs, company_id=other.id, sequence=1)
mine = bom(crane, ours, company_id=company.id, sequence=2)
visit = visit_of(crane)
RESULT["ours"] = fits(visit)
mine.active = False
RESULT["none"] = fits(visit)
mine.active = True
user.company_ids |= other
env["hr.employee"].create(
    {"name": "Bob", "user_id": user.id, "company_id": other.id})
their_team = env["aftersales.team"].create({"name": "Theirs", "company_id": other.id})
their_visit = visit_of(crane, other, their_team)
both = env["res.users"].browse(user.id)
their_visit = their_visit.with_context(allowed_company_ids=[company.id, other.id])
RESULT["theirs"] = fits(their_visit, both)
RESULT["bare"] = fits(visit_of(product("Bare")))
print("RESULT " + json.dumps(RESULT))
env.cr.rollback()
"""
WITHOUT = """
press = product("Press")
seal = product("Seal")
env["aftersales.spare.part"].create(
    {"product_tmpl_id": press.product_tmpl_id.id, "product_id": seal.id})
visit = visit_of(press)
RESULT["fits"] = fits(visit)
RESULT["offered"] = offered(visit, 1)
RESULT["mrp"] = "mrp.bom" in env
print("RESULT " + json.dumps(RESULT))
env.cr.rollback()
"""


def result(odoo_env, database, *code):
    """Run code in a database and return what it found."""
    printed = odoo_env.shell(database, "".join((PREPARE, *code)))
    [line] = [ln for ln in printed.splitlines() if ln.startswith("RESULT ")]
    return json.loads(line.removeprefix("RESULT "))


@pytest.fixture(scope="module")
def database(odoo_env, make_db):
    """Return a database with the addon, without manufacturing."""
    return make_db("bom", addon=True)


def test_spare_parts_with_and_without_manufacturing(odoo_env, database):
    """What fits a machine comes from the list, and from its bill of materials."""
    assert result(odoo_env, database, WITHOUT) == {
        "fits": ["Seal"],
        "offered": ["Seal"],
        "mrp": False,
    }
    odoo_env.run("-d", database, "-i", "mrp", "--stop-after-init", "--no-http")
    found = result(odoo_env, database, NORMAL, VARIANTS, COMPANIES)
    parts = ["Frame", "Hose", "Motor", "Screw", "Seal", "Unit"]
    # Without manufacturing rights the technician is offered them all the same.
    assert found["normal"] == found["offered"] == parts
    assert found["mrp"] == "AccessError"
    assert found["with list"] == [
        "Frame", "Hose", "Motor", "Oil", "Screw", "Seal 3", "Unit",
    ]  # fmt: skip
    assert "could be bought until" in found["hints"][0]
    assert "Superseded by Seal 3" in found["hints"][1]
    assert found["taken"] == "Seal 3"
    assert found["variants"] == [["Blade", "Coil 230"], ["Blade", "Coil 400"]]
    assert found["own bom"] == ["Guard"]
    assert (found["ours"], found["none"], found["theirs"]) == (["Hook"], [], ["Rope"])
    assert found["bare"] == []
