# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Finding the machines of an order line: the customer's own first."""

from odoo import api, models
from odoo.fields import Domain

#: So many characters of a serial number find a machine of somebody else.
SHORTEST_SERIAL = 3


class AftersalesEquipment(models.Model):
    _inherit = "aftersales.equipment"

    @api.model
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        """Offer the machines of the customers in ``aftersales_owner_ids`` of the
        context; others only to who types a whole serial number."""
        owners = self.env.context.get("aftersales_owner_ids")
        if not isinstance(owners, list) or not owners or operator != "ilike":
            return super().name_search(name, domain, operator, limit)
        allowed = Domain(domain or Domain.TRUE)
        own = Domain("commercial_partner_id", "in", owners) | Domain(
            "end_user_id.commercial_partner_id", "in", owners
        )
        found = super().name_search(name, allowed & own, operator, limit)
        key = self._serial_key(name)
        if key and len(key) >= SHORTEST_SERIAL:
            known = [equipment_id for equipment_id, _name in found]
            others = allowed & Domain("serial_key", "=", key)
            others = self.search(others & Domain("id", "not in", known), limit=limit)
            found += [(other.id, other.display_name) for other in others]
        return found
