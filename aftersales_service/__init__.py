# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import controllers, models, report, tools, wizard


def post_init_hook(env):
    """Give the warehouses that are there already what field service needs."""
    # pylint: disable=no-search-all
    env["stock.warehouse"].with_context(active_test=False).search(
        []
    )._aftersales_prepare()


def uninstall_hook(env):
    """Leave warehouses as they were, and no notes of our foreign keys.

    Odoo drops our columns on other apps' tables, but keeps its notes of their keys,
    which have no external identifier.
    """
    # pylint: disable=no-search-all
    env["stock.warehouse"].with_context(active_test=False).search(
        []
    )._aftersales_leave()
    env["ir.model.constraint"].search(
        [("module.name", "=", "aftersales_service"), ("type", "=", "f")]
    ).unlink()
