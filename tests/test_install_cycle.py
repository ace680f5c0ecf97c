"""The addon comes and goes in a database that is in use, and leaves nothing behind."""

import json
import re

import pytest

USE_SALE_STOCK = """
import json
partner = env['res.partner'].create({'name': 'Install Cycle Customer'})
product = env['product.product'].create({
    'name': 'Install Cycle Machine', 'is_storable': True, 'list_price': 1200.0,
    'invoice_policy': 'delivery', 'tracking': 'serial',
})
lot = env['stock.lot'].create({'name': 'CYCLE-0001', 'product_id': product.id})
warehouse = env['stock.warehouse'].search([], limit=1)
env['stock.quant']._update_available_quantity(
    product, warehouse.lot_stock_id, 1.0, lot_id=lot)
order = env['sale.order'].create({
    'partner_id': partner.id,
    'order_line': [(0, 0, {'product_id': product.id, 'product_uom_qty': 1.0})],
})
order.action_confirm()
picking = order.picking_ids
picking.action_assign()
picking.move_ids.quantity = 1.0
picking.move_ids.picked = True
picking.button_validate()
invoice = order._create_invoices()
invoice.action_post()
assert picking.state == 'done', picking.state
assert order.delivery_status == 'full', order.delivery_status
env.cr.commit()
print('RESULT ' + json.dumps(order.id))
"""

READ_ORDER = """
import json
order = env['sale.order'].browse(%d)
lot = env['stock.lot'].search([('name', '=', 'CYCLE-0001')])
print('RESULT ' + json.dumps({
    'order': order.read([
        'name', 'state', 'amount_total', 'invoice_status', 'delivery_status',
        'partner_id', 'date_order', 'write_date'])[0],
    'lines': order.order_line.read([
        'name', 'product_uom_qty', 'qty_delivered', 'qty_invoiced', 'price_subtotal']),
    'moves': order.picking_ids.move_ids.read(['state', 'quantity', 'product_id']),
    'invoices': order.invoice_ids.read([
        'name', 'state', 'amount_total', 'payment_state']),
    'lot': lot.read(['name', 'product_id', 'product_qty', 'location_id']),
    'messages': order.message_ids.ids,
}, default=str, sort_keys=True))
"""

# What a module may leave in the catalogue of PostgreSQL.
CATALOGUE = {
    "tables and views": """
        SELECT c.relkind, c.relname FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r','v','m','p')
    """,
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
          AND a.attnum > 0 AND NOT a.attisdropped
    """,
    "constraints": """
        SELECT conrelid::regclass, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    """,
    "indexes": """
        SELECT tablename, indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public'
    """,
    "sequences": """
        SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'S'
    """,
    "functions and triggers": """
        SELECT 'function', proname FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
        UNION ALL
        SELECT 'trigger', tgname FROM pg_trigger WHERE NOT tgisinternal
    """,
    "extensions": "SELECT extname FROM pg_extension",
}
# What a module may leave in Odoo's own tables: table -> the columns that tell a record.
# Identifiers are left out: a record that is deleted and made anew is the same.
RECORDS = {
    "ir_model": "model",
    "ir_model_fields": "model, name",
    "ir_model_fields_selection": "field_id, value",
    "ir_model_constraint": "name, type, module",
    "ir_model_relation": "name, module",
    "ir_model_inherit": "model_id, parent_id",
    "ir_model_data": "module, name, model",
    "ir_model_access": "name, model_id, group_id",
    "ir_rule": "name, model_id, domain_force",
    "ir_ui_menu": "id, name::text, action",
    "ir_ui_view": "id, name, model, arch_db::text",
    "ir_actions": "id, type, name::text",
    "ir_act_server": "id, name::text",
    "ir_cron": "id, cron_name",
    "ir_cron_trigger": "id, cron_id",
    "ir_sequence": "id, code, name",
    "ir_config_parameter": "key",
    "ir_default": "field_id, json_value",
    "ir_filters": "id, name",
    "ir_asset": "id, path",
    "ir_exports": "id, name",
    "ir_act_report_xml": "id, report_name",
    "report_paperformat": "id, name",
    "res_groups": "id, name::text",
    "res_groups_privilege": "id, name::text",
    "res_groups_implied_rel": "gid, hid",
    "res_groups_users_rel": "gid, uid",
    "res_users": "id, login, active",
    "res_partner": "id, name, active",
    "mail_alias": "id, alias_name, alias_model_id",
    "mail_message_subtype": "id, name::text, res_model",
    "mail_activity_type": "id, name::text, res_model",
    "mail_activity": "id, res_model, res_id",
    "mail_template": "id, name::text, model",
    "mail_message": "id, model, res_id",
    "mail_followers": "id, res_model, res_id",
    "mail_tracking_value": "id, mail_message_id",
    "rating_rating": "id, res_model, res_id",
    "ir_attachment": "id, name, res_model, res_id",
    "product_template": "id, name::text",
    "utm_source": "id, name",
}
# What is no trace of a module, as conditions on the rows of a table.
IGNORED = {
    # Caches that Odoo makes again at will.
    "ir_attachment": "url LIKE '/web/assets/%' OR url LIKE '/%/static/%'",
    # Notices to Odoo's own jobs, which the jobs themselves remove.
    "ir_cron_trigger": "TRUE",
    # Odoo leaves the external ids that mail, portal ... gave to what their mixins
    # declare on a model that went; it removes them at its next update of those.
    "ir_model_data": "module <> 'aftersales_service'"
    " AND model IN ('ir.model.fields.selection', 'ir.model.inherit')",
}


def snapshot(odoo_env, database):
    """Return everything a module may leave in a database, as sets of rows."""
    found = {}
    for name, sql in CATALOGUE.items():
        found[name] = {tuple(row) for row in odoo_env.query(database, sql)}
    existing = {
        row[0]
        for row in odoo_env.query(
            database,
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace",
        )
    }
    for table, columns in RECORDS.items():
        if table in existing:
            where = f" WHERE NOT ({IGNORED[table]})" if table in IGNORED else ""
            sql = f"SELECT {columns} FROM {table}{where}"
            found[table] = {tuple(row) for row in odoo_env.query(database, sql)}
    return found


def difference(before, after):
    """Return what appeared and what vanished, by kind."""
    report = {}
    for kind in before.keys() | after.keys():
        added = after.get(kind, set()) - before.get(kind, set())
        removed = before.get(kind, set()) - after.get(kind, set())
        if added or removed:
            report[kind] = {"left behind": sorted(added), "missing": sorted(removed)}
    return report


def result(output):
    """Return the value that code in the shell printed."""
    return json.loads(re.search(r"^RESULT (.*)$", output, re.MULTILINE)[1])


def state(odoo_env, database):
    """Return the state of the addon in a database."""
    sql = f"SELECT state FROM ir_module_module WHERE name = '{odoo_env.addon}'"
    return odoo_env.query(database, sql)[0][0]


@pytest.fixture(scope="module")
def used_database(odoo_env, make_db):
    """Return a database with a delivered and invoiced order, and the order's id."""
    database = make_db("cycle")
    # The list of modules is brought up to date before the first snapshot.
    order_id = result(
        odoo_env.shell(
            database, "env['ir.module.module'].update_list()\n" + USE_SALE_STOCK
        )
    )
    return database, order_id


def test_install_upgrade_uninstall(odoo_env, used_database):
    """Install, upgrade and uninstall leave a database in use as it was."""
    database, order_id = used_database
    order_before = result(odoo_env.shell(database, READ_ORDER % order_id))
    before = snapshot(odoo_env, database)

    odoo_env.run("module", "install", "-d", database, odoo_env.addon)
    assert state(odoo_env, database) == "installed"
    assert difference(before, snapshot(odoo_env, database)), "the addon added nothing"

    installed = snapshot(odoo_env, database)
    odoo_env.run("module", "upgrade", "-d", database, odoo_env.addon)
    assert state(odoo_env, database) == "installed"
    assert difference(installed, snapshot(odoo_env, database)) == {}

    odoo_env.run("module", "uninstall", "-d", database, odoo_env.addon)
    assert state(odoo_env, database) == "uninstalled"
    left = difference(before, snapshot(odoo_env, database))
    assert left == {}, json.dumps(left, indent=1, default=str)
    order_after = result(odoo_env.shell(database, READ_ORDER % order_id))
    assert order_after == order_before
