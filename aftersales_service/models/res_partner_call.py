# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who calls: contacts by the end of their number, or by parts of their name."""

from odoo import api, models
from odoo.fields import Domain
from odoo.modules.db import FunctionStatus
from odoo.tools import SQL

from ..tools.caller import literal

#: The digits of a number from its end: the end of a number begins it.
DIGITS = "reverse(regexp_replace(phone, '[^0-9]', '', 'g'))"


def _name_index(registry):
    """Say which index serves searches for a part of a name.

    :return: definition; without trigrams, that of one for what a name begins with
    """
    column = "complete_name"
    if not registry.has_trigram:
        return f"({column} text_pattern_ops)"
    if registry.has_unaccent == FunctionStatus.INDEXABLE:
        column = f"({registry.unaccent(column)})"
    return f"USING gin ({column} gin_trgm_ops)"


class ResPartner(models.Model):
    _inherit = "res.partner"

    _aftersales_digits_idx = models.Index(
        f"({DIGITS} text_pattern_ops) WHERE phone IS NOT NULL"
    )
    _aftersales_name_idx = models.Index(_name_index)

    @api.model
    def _aftersales_callers(self, asked, limit):
        """Find who may be calling, as far as the user may read contacts.

        Colleagues and our companies are no customers.

        :param asked: `tools.caller.Asked`
        :param int limit: so many at most
        :return: `res.partner` records, those with the number first
        """
        names = ["complete_name", "commercial_partner_id", "phone", "city"]
        found = self.browse()
        ours = self.env["aftersales.ticket"]._own_entities()
        customers = Domain("id", "not in", list(ours)) & Domain("partner_share", "=", 1)
        if asked.phone:
            rows = self.env.execute_query(
                SQL(
                    "SELECT id FROM res_partner WHERE phone IS NOT NULL AND active"
                    " AND %s LIKE %s LIMIT %s",
                    SQL(DIGITS),
                    asked.phone[::-1] + "%",
                    limit * 10,
                )
            )
            ids = [row[0] for row in rows]
            found = self.search_fetch(
                customers & Domain("id", "in", ids),
                names,
                limit=limit,
                order="is_company, id",
            )
        elif asked.words:
            found = self.search_fetch(
                customers
                & Domain.AND(
                    Domain("complete_name", "ilike", literal(word))
                    for word in asked.words
                ),
                names,
                limit=limit,
                order="complete_name, id",
            )
        return found
