# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class AftersalesTicketForward(models.TransientModel):
    """Give a ticket to a team and one of its members, and say why."""

    _name = "aftersales.ticket.forward"
    _description = "Forward Ticket"

    ticket_id = fields.Many2one("aftersales.ticket", required=True, ondelete="cascade")
    team_id = fields.Many2one(
        "aftersales.team",
        string="To Team",
        compute="_compute_team_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        ondelete="cascade",
    )
    member_ids = fields.Many2many(
        "res.users", compute="_compute_member_ids", export_string_translation=False
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        compute="_compute_user_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        ondelete="cascade",
        domain="[('id', 'in', member_ids)]",
        help="A member of the team. Empty: the team finds somebody.",
    )
    note = fields.Char(help="What the others should know, for the chatter.")

    @api.depends("ticket_id")
    def _compute_team_id(self):
        for wizard in self:
            wizard.team_id = wizard.ticket_id.team_id

    @api.depends("ticket_id", "team_id")
    def _compute_member_ids(self):
        for wizard in self:
            members = wizard.team_id._able_members()
            wizard.member_ids = wizard.ticket_id and (
                # sudo: who must not have a ticket may be hidden from its users
                wizard.ticket_id.sudo()._may_be_given_to(members)
            )

    @api.depends("team_id")
    def _compute_user_id(self):
        """Nobody of another team stays responsible."""
        for wizard in self:
            if wizard.user_id not in wizard.team_id.sudo().member_ids:
                wizard.user_id = False

    def action_forward(self):
        """Forward the ticket; see `_forward_by_hand` for what is refused."""
        self.ensure_one()
        self.ticket_id._forward_by_hand(self.team_id, self.user_id, self.note)
        return {"type": "ir.actions.act_window_close"}
