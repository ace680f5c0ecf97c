# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .selections import OPEN_STATES


class AftersalesTeam(models.Model):
    """The people who serve customers: members, e-mail alias, working hours."""

    _name = "aftersales.team"
    _inherit = ["mail.alias.mixin", "mail.thread"]
    _description = "After-Sales Team"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    leader_id = fields.Many2one(
        "res.users",
        string="Team Leader",
        check_company=True,
        domain=[("share", "=", False)],
        tracking=True,
        help="Is told when nobody is responsible for a late ticket.",
    )
    member_ids = fields.Many2many(
        "res.users", string="Members", domain=[("share", "=", False)]
    )
    backdate_limit_hours = fields.Float(
        string="Backdating Limit (Hours)",
        default=24.0,
        help="How far back a call may be entered after it came in. A manager may go "
        "further.",
    )
    ticket_ids = fields.One2many(
        "aftersales.ticket", "team_id", export_string_translation=False
    )
    open_ticket_count = fields.Integer(
        string="Open Tickets", compute="_compute_ticket_counts"
    )
    unassigned_ticket_count = fields.Integer(
        string="Unassigned Tickets", compute="_compute_ticket_counts"
    )
    overdue_ticket_count = fields.Integer(
        string="Overdue Tickets", compute="_compute_ticket_counts"
    )

    _backdate_limit_positive = models.Constraint(
        "CHECK(backdate_limit_hours >= 0)",
        "The backdating limit can't be negative.",
    )

    def _compute_ticket_counts(self):
        Ticket = self.env["aftersales.ticket"]
        base = [("team_id", "in", self.ids), ("state", "in", OPEN_STATES)]
        counts = dict(Ticket._read_group(base, ["team_id"], ["__count"]))
        unassigned = dict(
            Ticket._read_group(
                [*base, ("user_id", "=", False)], ["team_id"], ["__count"]
            )
        )
        overdue = dict(
            Ticket._read_group(
                [*base, ("is_overdue", "=", True)], ["team_id"], ["__count"]
            )
        )
        for team in self:
            team.open_ticket_count = counts.get(team, 0)
            team.unassigned_ticket_count = unassigned.get(team, 0)
            team.overdue_ticket_count = overdue.get(team, 0)

    @api.constrains("company_id")
    def _check_company_change(self):
        # sudo: a ticket counts whether or not the user may see it
        tickets = self.env["aftersales.ticket"].sudo().with_context(active_test=False)
        for team in self:
            # The signed forms of its visits stay with their company.
            if tickets.job_ids.search_count(
                [
                    ("ticket_id.team_id", "=", team.id),
                    ("dispatch_id.form_ids.company_id", "!=", team.company_id.id),
                    ("dispatch_id.form_ids", "!=", False),
                ],
                limit=1,
            ):
                raise ValidationError(
                    self.env._("A team with signed service forms keeps its company.")
                )

    @api.model
    def _default_team(self, user, company):
        """Choose the team for a ticket that names none.

        :param user: `res.users` who enters the ticket
        :param company: `res.company` of the ticket
        :return: the user's own team of that company, else the company's first one
        """
        teams = self.search([("company_id", "=", company.id)])
        return teams.filtered(lambda team: user in team.member_ids)[:1] or teams[:1]

    # === MAIL ALIAS === #

    def _alias_get_creation_values(self):
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("aftersales.ticket")
        if self.id:
            defaults = literal_eval(self.alias_defaults or "{}")
            values["alias_defaults"] = {**defaults, "team_id": self.id}
        return values

    def action_view_tickets(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_ticket_action"
        )
        action["domain"] = [("team_id", "=", self.id)]
        action["context"] = {"default_team_id": self.id, "search_default_open": 1}
        return action
