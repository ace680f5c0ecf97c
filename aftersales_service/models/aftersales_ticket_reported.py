# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who recorded a report hears how it ended, without asking."""

from odoo import models

from .res_users import ROLE_PREFIX
from .selections import OPEN_STATES


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    def _state_changed(self, before):
        res = super()._state_changed(before)
        self.filtered(
            lambda ticket: (
                before[ticket] in OPEN_STATES and ticket.state not in OPEN_STATES
            )
        )._tell_reporters()
        return res

    def _tell_reporters(self):
        """Tell whoever entered these tickets in the intake role that they ended.

        Those who follow them no more are left alone, and who ends his own knows it.
        """
        # sudo: who reported and who follows is not readable by everyone
        for ticket in self.sudo():
            user = ticket.create_uid
            if (
                user == self.env.user
                or not user.active
                or not user.has_group(ROLE_PREFIX + "intake")
                or user.partner_id not in ticket.message_partner_ids
            ):
                continue
            lang = user.lang or self.env.lang
            told = ticket.with_context(lang=lang)
            told.message_notify(
                body=told._say_end(),
                partner_ids=user.partner_id.ids,
                subject=f"{told.display_name}: {told.stage_id.name}",
            )

    def _say_end(self):
        """Say how a ticket ended, to whoever recorded it."""
        self.ensure_one()
        if self.state == "cancelled" or not self.resolution:
            return self.env._(
                "What you recorded has come to the stage %(stage)s.",
                stage=self.stage_id.name,
            )
        return self.env._(
            "What you recorded has come to the stage %(stage)s: %(resolution)s",
            stage=self.stage_id.name,
            resolution=self.resolution,
        )
