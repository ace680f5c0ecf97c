# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import models


def uninstall_hook(env):
    """Forget the foreign keys of our fields on other apps' tables.

    Odoo drops the columns, but keeps its notes of their keys, which have no external
    identifier.
    """
    env["ir.model.constraint"].search(
        [("module.name", "=", "aftersales_service_repair"), ("type", "=", "f")]
    ).unlink()
