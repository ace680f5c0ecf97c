# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From an out-of-warranty ticket to the quote of a contract."""

from odoo import api, fields, models

from .selections import OPEN_STATES


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    can_quote_contract = fields.Boolean(
        compute="_compute_can_quote_contract",
        export_string_translation=False,
        help="The customer pays, and no contract covers the machine.",
    )

    @api.depends("state", "equipment_id", "coverage_charges", "contract_id")
    def _compute_can_quote_contract(self):
        for ticket in self:
            ticket.can_quote_contract = (
                ticket.state in OPEN_STATES
                and ticket.equipment_id.state == "in_service"
                and ticket.coverage_charges
                and not ticket.contract_id
            )

    def action_quote_contract(self):
        """Open the dialog that quotes a contract which covers this ticket."""
        self.ensure_one()
        self.check_access("read")
        return self.env["aftersales.contract.quote"]._open(self.equipment_id, self)
