# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Where follow-ups hang: on visits, and by them on tickets and service forms."""

from odoo import api, fields, models

from .aftersales_followup import DOING_ROLES
from .res_users import ROLE_PREFIX

STAFF = "aftersales_service.aftersales_service_group_staff"
#: Whose roles decide about reading ratings beside the follow-ups that hold them.
READERS = (*DOING_ROLES, "technician")


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    followup_ids = fields.One2many(
        "aftersales.followup", "dispatch_id", string="Follow-ups"
    )
    followup_count = fields.Integer(
        string="Number of Follow-ups", compute="_compute_followup_count"
    )

    @api.depends("followup_ids")
    @api.depends_context("uid")
    def _compute_followup_count(self):
        counts = dict(
            self.env["aftersales.followup"]._read_group(
                [("dispatch_id", "in", self.ids)], ["dispatch_id"], ["__count"]
            )
        )
        for dispatch in self:
            dispatch.followup_count = counts.get(dispatch._origin, 0)

    def action_view_followups(self):
        """Open what the user may see of the follow-ups of these visits."""
        followups = self.env["aftersales.followup"].search(
            [("dispatch_id", "in", self.ids)]
        )
        return followups._get_records_action(name=self.env._("Follow-ups"))


class AftersalesServiceForm(models.Model):
    _inherit = "aftersales.service.form"

    followup_count = fields.Integer(
        string="Number of Follow-ups",
        compute="_compute_followup_count",
        groups=STAFF,
    )

    @api.depends("dispatch_id.followup_ids")
    @api.depends_context("uid")
    def _compute_followup_count(self):
        for form in self:
            form.followup_count = form.dispatch_id.followup_count

    def action_view_followups(self):
        return self.dispatch_id.action_view_followups()


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    followup_count = fields.Integer(
        string="Number of Follow-ups", compute="_compute_followup_count"
    )

    @api.depends("job_ids.dispatch_id.followup_ids")
    @api.depends_context("uid")
    def _compute_followup_count(self):
        for ticket in self:
            visits = ticket.job_ids.dispatch_id
            ticket.followup_count = sum(visits.mapped("followup_count"))

    def action_view_followups(self):
        return self.job_ids.dispatch_id.action_view_followups()

    def _followups_open(self):
        """Return the follow-ups that these tickets wait for before they are closed.

        :return: `aftersales.followup` with sudo
        """
        # sudo: a ticket waits whether or not the user may see for what
        return (
            self.sudo()
            .env["aftersales.followup"]
            .search(
                [
                    ("dispatch_id.job_ids.ticket_id", "in", self.ids),
                    ("state", "=", "to_do"),
                    ("before_closing", "=", True),
                ]
            )
        )

    def _followup_ended(self, followup):
        """Do what follows when nobody waits for a follow-up of these tickets any more.

        Extended by whatever waits for it. Its result is noted and bad ones have
        reopened their tickets already.

        :param followup: `aftersales.followup` with sudo, done, cancelled or given up
        :return: these tickets
        """
        return self


class ResUsers(models.Model):
    _inherit = "res.users"

    def _aftersales_seen_followups(self):
        """Return the part of record rules that hides follow-ups from this user.

        Those of his own work while they are to do, and also when they are done if his
        team does not show them; and those of complaints about him.

        :return: list, a domain
        """
        mine = [
            "|",
            ("technician_ids.user_id", "=", self.id),
            ("form_ids.recorded_by", "=", self.id),
        ]
        return [
            "&",
            *self._aftersales_shown("dispatch_id.job_ids.ticket_id"),
            "|",
            "&",
            ("state", "=", "done"),
            ("team_id.shows_followups", "=", True),
            "!",
            ("dispatch_id", "any", mine),
        ]

    def _aftersales_shown_ratings(self):
        """Hide the ratings of follow-ups from who does not do them, and of oneself."""
        shown = super()._aftersales_shown_ratings()
        rest = ("res_model", "!=", "aftersales.followup")
        roles = {role for role in READERS if self.has_group(ROLE_PREFIX + role)}
        if not roles - {"technician"} or "technician" in roles:
            return ["&", rest, *shown]
        mine = ("rated_partner_id", "!=", self.partner_id.id)
        return ["&", "|", rest, mine, *shown]
