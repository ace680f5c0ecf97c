# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A ticket that goes to another team: the work done does not start again."""

from odoo import api, models
from odoo.exceptions import ValidationError


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    @api.constrains("user_id")
    def _check_user_id(self):
        """Only colleagues are responsible, however the customer gets to a ticket.

        :raise ValidationError: for a portal user
        """
        # sudo: what kind of user somebody is, is not readable by everyone
        for user in self.sudo().user_id:
            if user.share:
                raise ValidationError(
                    self.env._(
                        "%s is no colleague and can't be responsible.", user.name
                    )
                )

    @api.depends("team_id")
    def _compute_stage_id(self):
        """Keep the stage, or the state at least where the new team has other stages."""
        # A new ticket has none yet, and gets one of its team.
        moved = self.filtered("stage_id")
        res = super()._compute_stage_id()
        for ticket in moved:
            stage, team = ticket.stage_id, ticket.team_id._origin
            if stage.team_ids and team not in stage.team_ids:
                ticket.stage_id = stage._of_team(team) or stage
        return res

    def _track_subtype(self, init_values):
        """Tell nobody of a stage that only has another name in the new team."""
        before = init_values.get("stage_id")
        if "team_id" in init_values and before and before.state == self.state:
            init_values = {
                name: value for name, value in init_values.items() if name != "stage_id"
            }
        return super()._track_subtype(init_values)


class AftersalesTicketStage(models.Model):
    _inherit = "aftersales.ticket.stage"

    def _of_team(self, team):
        """Find what a stage is called in another team.

        :param team: `aftersales.team` record
        :return: its first stage of the same state, for waiting ones of the same reason
            where there is one; empty when it has none
        """
        self.ensure_one()
        # sudo: which stage follows does not depend on who changes the team
        stages = self.sudo().search(
            [("state", "=", self.state), ("team_ids", "in", [False, *team.ids])]
        )
        same = stages.filtered(lambda stage: stage.pause_reason == self.pause_reason)
        return (same or stages)[:1].sudo(self.env.su)
