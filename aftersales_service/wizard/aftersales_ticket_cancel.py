# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from ..models.aftersales_ticket_cancel import NAMING
from ..models.selections import CANCEL_REASON_SELECTION


class AftersalesTicketCancel(models.TransientModel):
    """Cancel a ticket and say why; a duplicate names the ticket that goes on."""

    _name = "aftersales.ticket.cancel"
    _description = "Cancel Ticket"

    ticket_id = fields.Many2one("aftersales.ticket", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="ticket_id.company_id", related_sudo=False)
    commercial_partner_id = fields.Many2one(
        related="ticket_id.commercial_partner_id", related_sudo=False
    )
    reason = fields.Selection(
        CANCEL_REASON_SELECTION, string="Why", required=True, default="withdrawn"
    )
    names_original = fields.Boolean(
        compute="_compute_names_original", export_string_translation=False
    )
    original_id = fields.Many2one(
        "aftersales.ticket",
        string="Goes on in",
        compute="_compute_original_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        ondelete="cascade",
        help="An open or solved ticket of the same customer.",
    )

    @api.depends("reason")
    def _compute_names_original(self):
        for wizard in self:
            wizard.names_original = wizard.reason in NAMING

    @api.depends("reason")
    def _compute_original_id(self):
        """Forget the other ticket when the reason names none."""
        for wizard in self:
            if wizard.reason not in NAMING:
                wizard.original_id = False

    def action_cancel_ticket(self):
        """Cancel or merge the ticket.

        See `_cancel` and `_merge_into` of `aftersales.ticket` for what is refused.
        """
        self.ensure_one()
        if self.reason == "merged":
            self.ticket_id._merge_into(self.original_id)
        else:
            self.ticket_id._cancel(self.reason, self.original_id)
        return {"type": "ir.actions.act_window_close"}
