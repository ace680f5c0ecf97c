"""Kits and dropshipments become equipment, with the apps of Odoo that make them."""

import json
import re

import pytest

PREPARE = """
import json
term = env["aftersales.warranty.term"].create({"name": "Kit Term", "duration": 24})
own = env["aftersales.warranty.term"].create({"name": "Own Term", "duration": 6})
def product(name, **values):
    return env["product.product"].create({"name": name, "is_storable": True, **values})
customer = env["res.partner"].create({"name": "Kit Customer", "tz": "Europe/Berlin"})
def tell(order):
    order.invalidate_recordset()
    rows = env["aftersales.equipment"].search(
        [("sale_order_id", "=", order.id)], order="id")
    print("RESULT " + json.dumps([[
        row.product_id.name, row.serial_number, row.quantity, row.state,
        row.partner_id.name, row.site_id.name,
        row.warranty_ids.filtered(lambda w: not w.is_void).term_id.name,
    ] for row in rows]))
"""
KIT = """
press = product("Kit Press", tracking="serial", aftersales_is_serviced=True)
pump = product("Kit Pump", aftersales_is_serviced=True,
    aftersales_warranty_term_id=own.id)
screw = product("Kit Screw")
kit = product("Kit", aftersales_is_serviced=True, aftersales_warranty_term_id=%(term)s)
env["mrp.bom"].create({"product_tmpl_id": kit.product_tmpl_id.id, "type": "phantom",
    "bom_line_ids": [
        (0, 0, {"product_id": press.id, "product_qty": 1}),
        (0, 0, {"product_id": pump.id, "product_qty": 2}),
        (0, 0, {"product_id": screw.id, "product_qty": 8})]})
place = env["stock.warehouse"].search([], limit=1).lot_stock_id
Quant = env["stock.quant"]
for name in ("K-1", "K-2"):
    lot = env["stock.lot"].create({"name": name, "product_id": press.id})
    Quant._update_available_quantity(press, place, 1, lot_id=lot)
Quant._update_available_quantity(pump, place, 10)
Quant._update_available_quantity(screw, place, 100)
order = env["sale.order"].create({"partner_id": customer.id, "order_line": [
    (0, 0, {"product_id": kit.id, "product_uom_qty": 2})]})
order.action_confirm()
picking = order.picking_ids
picking.action_assign()
picking.move_ids.picked = True
picking.button_validate()
tell(order)
wizard = env["stock.return.picking"].with_context(
    active_id=picking.id, active_model="stock.picking").create({})
for line in wizard.product_return_moves:
    line.quantity = 1
back = env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
back.move_ids.picked = True
back.button_validate()
tell(order)
"""
DROPSHIP = """
vendor = env["res.partner"].create({"name": "Drop Vendor"})
site = env["res.partner"].create(
    {"name": "Drop Site", "parent_id": customer.id, "type": "delivery"})
route = env.ref("stock_dropshipping.route_drop_shipping")
saw = product("Drop Saw", tracking="serial", aftersales_is_serviced=True,
    aftersales_warranty_term_id=term.id, route_ids=[(6, 0, route.ids)],
    seller_ids=[(0, 0, {"partner_id": vendor.id, "price": 10})])
order = env["sale.order"].create({
    "partner_id": customer.id, "partner_shipping_id": site.id,
    "order_line": [(0, 0, {"product_id": saw.id, "product_uom_qty": 1})]})
order.action_confirm()
env["purchase.order"].search([("partner_id", "=", vendor.id)]).button_confirm()
picking = order.picking_ids
assert picking.location_id.usage == "supplier", picking.location_id.usage
lot = env["stock.lot"].create({"name": "D-1", "product_id": saw.id})
picking.move_ids.quantity = 1
picking.move_ids.move_line_ids.lot_id = lot
picking.move_ids.picked = True
picking.button_validate()
assert picking.state == "done", picking.state
tell(order)
"""


@pytest.fixture(scope="module")
def database(odoo_env, make_db):
    """Return a database with the addon, kits and dropshipping."""
    name = make_db("kit", addon=True)
    odoo_env.run("module", "install", "-d", name, "sale_mrp", "stock_dropshipping")
    return name


def results(output):
    """Return the values that code in the shell printed."""
    found = re.findall(r"^RESULT (.*)$", output, re.MULTILINE)
    assert found, output[-4000:]
    return [json.loads(text) for text in found]


@pytest.mark.parametrize(
    ("kit_term", "press_term", "pump_term"),
    [("term.id", "Kit Term", "Kit Term"), ("False", False, "Own Term")],
    ids=["sold with a term", "without a term of its own"],
)
def test_kit(odoo_env, database, kit_term, press_term, pump_term):
    """The flagged components of a kit are equipment, the kit itself is not.

    The warranty is the one that was printed for the kit, else that of the component.
    """
    said = odoo_env.shell(database, PREPARE + KIT % {"term": kit_term})
    delivered, returned = results(said)
    names = ("Kit Customer", "Kit Customer")
    presses = [
        ["Kit Press", serial, 1.0, "in_service", *names, press_term]
        for serial in ("K-1", "K-2")
    ]
    pump = ["Kit Pump", False, 1.0, "in_service", *names, pump_term]
    assert sorted(delivered, key=str) == sorted(presses + [pump] * 4, key=str)
    ended = [row[0] for row in returned if row[3] == "returned"]
    assert sorted(ended) == ["Kit Press", "Kit Pump"]
    assert len(returned) == 6


def test_dropshipment(odoo_env, database):
    """The vendor's transfer to the customer's site delivers the equipment."""
    [rows] = results(odoo_env.shell(database, PREPARE + DROPSHIP))
    assert rows == [
        ["Drop Saw", "D-1", 1.0, "in_service", "Kit Customer", "Drop Site", "Kit Term"]
    ]
