# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from .aftersales_equipment_contract import CONTRACT_GROUPS


class ResPartner(models.Model):
    """The contracts of a customer."""

    _inherit = "res.partner"

    aftersales_contract_count = fields.Integer(
        string="Service Contracts",
        compute="_compute_aftersales_contract_count",
        groups=CONTRACT_GROUPS,
    )

    def _compute_aftersales_contract_count(self):
        """Count the contracts of each customer, those of its contacts included."""
        groups = self.env["aftersales.contract"]._read_group(
            [("commercial_partner_id", "in", self.commercial_partner_id.ids)],
            ["commercial_partner_id"],
            ["__count"],
        )
        counts = dict(groups)
        for partner in self:
            partner.aftersales_contract_count = counts.get(
                partner.commercial_partner_id, 0
            )

    @api.readonly
    def action_view_aftersales_contracts(self):
        self.ensure_one()
        self.env["aftersales.contract"].check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Contracts"),
            "res_model": "aftersales.contract",
            "view_mode": "list,form",
            "domain": [("commercial_partner_id", "=", self.commercial_partner_id.id)],
            "context": {"default_partner_id": self.id},
        }
