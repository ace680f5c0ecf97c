# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Typed parts of visits that go on become parts asked for in stock.

What was signed was never moved by its visit, and isn't moved now: nobody knows whether
the storekeeper has done that by hand. Open visits ask for the parts of the catalogue;
those that are planned reserve them. What is only described stays described.
"""

import logging

from odoo import SUPERUSER_ID, api

_logger = logging.getLogger(__name__)


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
    # pylint: disable=no-search-all
    warehouses = env["stock.warehouse"].with_context(active_test=False).search([])
    warehouses._aftersales_prepare()
    cr.execute(
        "UPDATE aftersales_dispatch_line l SET keeps_stock = FALSE"
        " FROM aftersales_dispatch d WHERE d.id = l.dispatch_id AND l.keeps_stock"
        " AND EXISTS ("
        "SELECT 1 FROM aftersales_service_form f WHERE f.dispatch_id = d.id)"
    )
    cr.execute(
        "UPDATE aftersales_dispatch_line l SET planned_quantity = l.quantity"
        " FROM aftersales_dispatch d WHERE d.id = l.dispatch_id AND l.kind = 'part'"
        " AND d.state IN ('draft', 'planned', 'on_way')"
    )
    env.invalidate_all()
    # The next visit first, as planned by hand.
    visits = env["aftersales.dispatch"].search(
        [("state", "in", ("planned", "on_way"))], order="scheduled_start, id"
    )
    for visit in visits:
        visit._sync_parts()
    _logger.info("parts of %s visits reserved", len(visits))
