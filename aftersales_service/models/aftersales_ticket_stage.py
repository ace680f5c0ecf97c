# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.tools import ormcache

from .selections import PAUSE_REASON_SELECTION, STATE_SELECTION


class AftersalesTicketStage(models.Model):
    """A column of the board. Rules look at its state, people at its name."""

    _name = "aftersales.ticket.stage"
    _inherit = "aftersales.cached.mixin"
    _description = "Service Ticket Stage"
    _order = "sequence, id"
    _cached_fields = ("name", "sequence", "state", "pause_reason", "fold")

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    state = fields.Selection(
        STATE_SELECTION,
        required=True,
        default="in_progress",
        help="What the stage means. Several stages may have the same state.",
    )
    pause_reason = fields.Selection(
        PAUSE_REASON_SELECTION,
        string="Waits for",
        help="What tickets of a waiting stage wait for. Empty: it is asked each time.",
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
        return self.browse(self._id_for_state(state, tuple(team.ids)))

    @ormcache()
    def _ordered_ids(self):
        """Return the ids of all stages in their order."""
        # sudo: the same for everybody
        return self.sudo().search([]).ids  # pylint: disable=no-search-all

    @ormcache("state", "team_ids")
    def _id_for_state(self, state, team_ids):
        """Find the stage of `_for_state`.

        :param tuple team_ids: ids of at most one team
        :return: id, or False
        """
        domain = [("state", "=", state), ("team_ids", "in", [False, *team_ids])]
        # sudo: which stage comes next does not depend on who takes the step
        return self.sudo().search(domain, limit=1).id
