# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

from .selections import STATE_SELECTION


class AftersalesTicketStage(models.Model):
    """A column of the board. Rules look at its state, people at its name."""

    _name = "aftersales.ticket.stage"
    _description = "Service Ticket Stage"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    state = fields.Selection(
        STATE_SELECTION,
        required=True,
        default="in_progress",
        help="What the stage means. Several stages may have the same state.",
    )
    fold = fields.Boolean(string="Folded on the Board")
    team_ids = fields.Many2many(
        "aftersales.team", string="Teams", help="Empty: used by every team."
    )
    description = fields.Text(
        translate=True, help="What must be true before a ticket comes here."
    )

    def _for_state(self, state, team):
        """Find the first stage of a team that has a state.

        :param str state: one of the states
        :param team: `aftersales.team` record, possibly empty
        :return: `aftersales.ticket.stage` record, empty when there is none
        """
        domain = [("state", "=", state), ("team_ids", "in", [False, *team.ids])]
        return self.search(domain, limit=1)
