# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class AftersalesSupportAsk(models.TransientModel):
    """Ask technical support about a ticket, which stays with its responsible."""

    _name = "aftersales.support.ask"
    _description = "Ask Technical Support"

    ticket_id = fields.Many2one("aftersales.ticket", required=True, ondelete="cascade")
    question = fields.Text(required=True)
    supporter_ids = fields.Many2many(
        "res.users",
        compute="_compute_supporter_ids",
        compute_sudo=False,
        export_string_translation=False,
    )
    supporter_id = fields.Many2one(
        "res.users",
        string="To",
        ondelete="cascade",
        domain="[('id', 'in', supporter_ids)]",
        help="Empty: anybody of technical support.",
    )

    @api.depends("ticket_id")
    def _compute_supporter_ids(self):
        for wizard in self:
            wizard.supporter_ids = (
                wizard.ticket_id and wizard.ticket_id._supporters() - self.env.user
            )

    def action_ask(self):
        """Ask; see `aftersales.ticket._ask_support` for what is refused."""
        self.ensure_one()
        self.ticket_id._ask_support(self.question, self.supporter_id)
        return {"type": "ir.actions.act_window_close"}
