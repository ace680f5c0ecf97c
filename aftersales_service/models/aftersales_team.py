# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import ormcache

from .selections import OPEN_STATES


class AftersalesTeam(models.Model):
    """The people who serve customers: members, e-mail alias, working hours."""

    _name = "aftersales.team"
    _inherit = ["aftersales.cached.mixin", "mail.alias.mixin", "mail.thread"]
    _description = "After-Sales Team"
    _order = "sequence, name, id"
    _check_company_auto = True
    _cached_fields = (
        "acknowledge",
        "asks_rating",
        "follow_cc",
        "scan_addresses",
        "name",
        "active",
        "company_id",
        "backdate_limit_hours",
        "closing_rule",
        "leader_id",
        "resource_calendar_id",
        "ticket_properties_definition",
    )

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
    resource_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain=[("flexible_hours", "=", False)],
        help="Hours in which promises of this team count, unless the policy says "
        "otherwise. Empty: the hours of the company.",
    )
    backdate_limit_hours = fields.Float(
        string="Backdating Limit (Hours)",
        default=24.0,
        help="How far back a call may be entered after it came in. A manager may go "
        "further.",
    )
    ticket_properties_definition = fields.PropertiesDefinition(
        "Properties of Tickets",
        help="What this team notes of its tickets beside the fields that all have.",
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

    def write(self, vals):
        self._check_defines(vals)
        res = super().write(vals)
        if "company_id" in vals:
            # sudo: promises follow from the rules of the company, whoever moves a team
            tickets = self.env["aftersales.ticket"].sudo()
            tickets.with_context(active_test=False).search(
                [("team_id", "in", self.ids), ("state", "in", OPEN_STATES)]
            )._sync_clocks()
        if {"company_id", "resource_calendar_id"} & vals.keys():
            self.env["aftersales.sla.clock"]._mark_stale([("team_id", "in", self.ids)])
        return res

    def _check_defines(self, vals):
        """Let dispatchers say what is noted of tickets, and nothing else of a team.

        :raise AccessError: otherwise
        """
        roles = self.env["res.users"]
        if (
            not vals.keys() <= {"ticket_properties_definition"}
            and not roles._has_aftersales_role("manager")
            and roles._has_aftersales_role("dispatcher")
        ):
            raise AccessError(
                self.env._(
                    "Of a team, dispatchers define the properties of its tickets only. "
                    "Ask a manager for the rest."
                )
            )

    @api.constrains("resource_calendar_id")
    def _check_resource_calendar_id(self):
        self.resource_calendar_id._check_measures_promises()

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
        self.browse().check_access("read")
        if not self.env.su and company not in self.env.companies:
            return self.browse()
        return self.browse(self._default_team_id(user.id, company.id))

    @ormcache("self.env.uid", "self.env.su", "user_id", "company_id")
    def _default_team_id(self, user_id, company_id):
        """Find the team of `_default_team`.

        :return: id, or False
        """
        # Whatever this request looks at: what is found is kept for the next ones.
        active = self.with_context(active_test=True)
        teams = active.search([("company_id", "=", company_id)])
        own = teams.filtered(lambda team: user_id in team.member_ids.ids)
        return (own or teams)[:1].id

    def _office_hours(self, company):
        """Return the working hours of a team, else of its company.

        Flexible hours say nothing about when somebody is there and are passed over.

        :param company: `res.company` record
        :return: `resource.calendar` record, empty when none are known
        """
        for calendar in (self.resource_calendar_id, company.resource_calendar_id):
            if calendar and not calendar.flexible_hours:
                return calendar
        return self.env["resource.calendar"]

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
