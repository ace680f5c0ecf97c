# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Products and serial numbers that were typed become equipment, or link to it.

A serial number at a customer is one machine. What was typed stays where it was typed;
what names no serial number or no customer stays text, since nobody can tell which
machine it was.
"""

import logging

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: Where a nameplate was typed, with the column that leads to its ticket.
TYPED = {
    "aftersales_ticket": "id",
    "aftersales_finding": "ticket_id",
    "aftersales_dispatch_job": "ticket_id",
}
KEY = SQL("UPPER(REGEXP_REPLACE(r.serial_number, '\\s', '', 'g'))")


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    machines = _typed_machines(cr)
    equipment = _create_equipment(env, machines)
    _logger.info(
        "%s machines made of typed serial numbers; %s records linked to them",
        len(equipment),
        _link(env),
    )


def _typed_machines(cr):
    """Read each serial number at each customer once, with its newest nameplate.

    :return: list of rows: company, commercial partner, key, serial number, product
        name, customer, site
    """
    selects = [
        SQL(
            "SELECT t.company_id, t.commercial_partner_id, %s AS key,"
            " TRIM(r.serial_number) AS serial_number,"
            " NULLIF(TRIM(r.product_name), '') AS product_name,"
            " t.site_id, t.reported_at, r.id"
            " FROM %s r JOIN aftersales_ticket t ON t.id = r.%s"
            " WHERE TRIM(r.serial_number) <> ''"
            " AND t.commercial_partner_id IS NOT NULL",
            KEY,
            SQL.identifier(table),
            SQL.identifier(column),
        )
        for table, column in TYPED.items()
    ]
    cr.execute(
        SQL(
            "SELECT DISTINCT ON (company_id, commercial_partner_id, key)"
            " company_id, commercial_partner_id, key, serial_number, product_name,"
            " site_id"
            " FROM (%s) typed"
            " ORDER BY company_id, commercial_partner_id, key,"
            " product_name IS NULL, reported_at DESC, id DESC",
            SQL(" UNION ALL ").join(selects),
        )
    )
    return cr.dictfetchall()


def _create_equipment(env, machines):
    """Create the machines, with the product and lot where the catalogue knows them.

    :return: the new equipment
    """
    products = _products_by_name(env, {machine["product_name"] for machine in machines})
    lots = _lots_by_key(env, {machine["key"] for machine in machines})
    vals_list = []
    for machine in machines:
        product = products.get((machine["product_name"] or "").casefold())
        lot = _choose_lot(lots.get(machine["key"], []), product, machine["company_id"])
        vals = {
            "company_id": machine["company_id"],
            "partner_id": machine["commercial_partner_id"],
            "site_id": machine["site_id"],
            "serial_number": lot.name if lot else machine["serial_number"],
        }
        if lot:
            vals.update(product_id=lot.product_id.id, lot_id=lot.id)
        elif product:
            vals["product_id"] = product
        else:
            vals["product_name"] = machine["product_name"]
        vals_list.append(vals)
    Equipment = env["aftersales.equipment"].with_context(
        mail_create_nolog=True, mail_create_nosubscribe=True, tracking_disable=True
    )
    return Equipment.create(vals_list)


def _products_by_name(env, names):
    """Find the products whose name or internal reference was typed.

    :return: dict of the text in small letters to the id of the only such product
    """
    texts = {name.casefold() for name in names if name}
    if not texts:
        return {}
    rows = env.execute_query(
        SQL(
            "SELECT text, MIN(id) FROM ("
            " SELECT LOWER(name.value) AS text, p.id FROM product_product p"
            " JOIN product_template t ON t.id = p.product_tmpl_id,"
            " LATERAL jsonb_each_text(t.name) name"
            " WHERE p.active AND LOWER(name.value) = ANY(%(texts)s)"
            " UNION SELECT LOWER(p.default_code), p.id FROM product_product p"
            " WHERE p.active AND LOWER(p.default_code) = ANY(%(texts)s)"
            ") known GROUP BY text HAVING COUNT(DISTINCT id) = 1",
            texts=list(texts),
        )
    )
    return dict(rows)


def _lots_by_key(env, keys):
    """Find the lots that carry the typed serial numbers, by key."""
    if not keys:
        return {}
    rows = env.execute_query(
        SQL(
            "SELECT id FROM stock_lot"
            " WHERE UPPER(REGEXP_REPLACE(name, '\\s', '', 'g')) = ANY(%s)",
            list(keys),
        )
    )
    lots = env["stock.lot"].browse(row[0] for row in rows)
    return lots.grouped(lambda lot: env["aftersales.equipment"]._serial_key(lot.name))


def _choose_lot(lots, product, company):
    """Choose the lot that a nameplate means: of its product, else the only one."""
    fitting = [
        lot
        for lot in lots
        if (not product or lot.product_id.id == product)
        and lot.company_id.id in (False, company)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _link(env):
    """Let the records on which a serial number was typed name its machine.

    In SQL: signed visits are locked, and what they say stays as it was signed.

    :return: number of records that were linked
    """
    env.flush_all()
    linked = 0
    for table, column in TYPED.items():
        env.cr.execute(
            SQL(
                "UPDATE %s r SET equipment_id = e.id"
                " FROM aftersales_ticket t, aftersales_equipment e"
                " WHERE t.id = r.%s AND r.equipment_id IS NULL"
                " AND e.company_id = t.company_id"
                " AND e.commercial_partner_id = t.commercial_partner_id"
                " AND e.serial_key = %s",
                SQL.identifier(table),
                SQL.identifier(column),
                KEY,
            )
        )
        linked += env.cr.rowcount
    env.invalidate_all()
    return linked
