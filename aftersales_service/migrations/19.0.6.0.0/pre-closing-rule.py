# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Teams that were there close their tickets by hand, as they did."""

from odoo.tools.sql import column_exists, create_column


def migrate(cr, version):
    """Add the column with the rule of before, not with the one of new teams."""
    if not column_exists(cr, "aftersales_team", "closing_rule"):
        create_column(cr, "aftersales_team", "closing_rule", "varchar")
        cr.execute("UPDATE aftersales_team SET closing_rule = 'manual'")
