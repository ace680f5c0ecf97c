# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .selections import (
    CLOCK_SELECTION,
    SERVICE_MODE_SELECTION,
    SEVERITY_SELECTION,
    TYPE_SELECTION,
)

#: Fields of a policy that decide which tickets it is for.
CRITERIA = (
    "team_id",
    "ticket_type",
    "severity",
    "service_mode",
    "product_category_id",
    "partner_tag_id",
    "response_class_id",
)
#: Fields that change how a clock is measured, so that open clocks are replayed.
MEASURE_FIELDS = {
    "target_hours",
    "around_the_clock",
    "resource_calendar_id",
    "pauses_on_customer",
    "pauses_on_parts",
}


class AftersalesSlaPolicy(models.Model):
    """Which tickets get which clock, how many hours it has and when they count."""

    _name = "aftersales.sla.policy"
    _description = "SLA Policy"
    _order = "clock, sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty: for every company."
    )

    # What is promised
    clock = fields.Selection(CLOCK_SELECTION, required=True, default="respond")
    target_hours = fields.Float(
        required=True,
        help="Hours of the calendar from the start of the clock to its deadline.",
    )
    from_report = fields.Boolean(
        string="Counts from the Report",
        default=True,
        help="When a ticket is classified later, the clock starts at the report. "
        "Otherwise it starts when the policy first applies.",
    )
    reopen_rule = fields.Selection(
        [
            ("continue", "Goes on with the time used before"),
            ("anew", "Begins anew"),
        ],
        string="When Reopened",
        required=True,
        default="continue",
        help="What the clock does when a solved ticket is reopened. The time during "
        "which it was solved never counts.",
    )

    # Which hours count
    around_the_clock = fields.Boolean(
        string="Around the Clock",
        help="Every hour counts, day and night. Otherwise the hours of the calendar "
        "count: of the policy, else of the team, else of the company.",
    )
    resource_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain=[("flexible_hours", "=", False)],
        help="Empty: the hours of the team, else of the company.",
    )
    pauses_on_customer = fields.Boolean(
        string="Waiting for Customer",
        compute="_compute_pauses",
        store=True,
        readonly=False,
        precompute=True,
        help="The clock rests while the ticket waits for the customer.",
    )
    pauses_on_parts = fields.Boolean(
        string="Waiting for Parts",
        help="The clock rests while the ticket waits for parts.",
    )
    calendar_warning = fields.Char(compute="_compute_calendar_warning")

    # For which tickets
    team_id = fields.Many2one(
        "aftersales.team", index=True, check_company=True, help="Empty: any team."
    )
    ticket_type = fields.Selection(TYPE_SELECTION, help="Empty: any type.")
    severity = fields.Selection(SEVERITY_SELECTION, help="Empty: any severity.")
    service_mode = fields.Selection(
        SERVICE_MODE_SELECTION, help="Empty: however the report is served."
    )
    product_category_id = fields.Many2one(
        "product.category",
        index="btree_not_null",
        help="Of the equipment; categories below it are meant as well. Empty: any.",
    )
    partner_tag_id = fields.Many2one(
        "res.partner.category",
        string="Customer Tag",
        index="btree_not_null",
        help="Of the contact or its company; tags below it are meant as well. Empty: "
        "any customer.",
    )
    response_class_id = fields.Many2one(
        "aftersales.response.class",
        index="btree_not_null",
        ondelete="restrict",
        help="Of the customer's contract for the equipment. Empty: with or without a "
        "contract.",
    )

    alert_ids = fields.One2many("aftersales.sla.alert", "policy_id", string="Alerts")
    clock_ids = fields.One2many(
        "aftersales.sla.clock",
        "policy_id",
        string="Measured Clocks",
        export_string_translation=False,
    )

    _target_hours_positive = models.Constraint(
        "CHECK(target_hours * 60 >= 1)", "A promise needs a target of a minute or more."
    )

    _target_hours_bounded = models.Constraint(
        "CHECK(target_hours <= 100000)",
        "A promise has a target of 100,000 hours at most.",
    )

    # === COMPUTES AND CONSTRAINTS === #

    @api.depends("clock")
    def _compute_pauses(self):
        """Propose that only an answer is owed while it is the customer's turn."""
        for policy in self:
            policy.pauses_on_customer = policy.clock != "respond"

    @api.depends("around_the_clock", "resource_calendar_id", "team_id", "company_id")
    def _compute_calendar_warning(self):
        for policy in self:
            calendar = policy._calendar_for(
                policy.team_id, policy.company_id or self.env.company
            )
            policy.calendar_warning = (
                self.env._(
                    "%(calendar)s has no working hours: these promises would have no "
                    "deadline.",
                    calendar=calendar.display_name,
                )
                if calendar and not calendar.attendance_ids
                else False
            )

    @api.constrains("resource_calendar_id")
    def _check_resource_calendar_id(self):
        self.resource_calendar_id._check_measures_promises()

    @api.constrains("company_id", "resource_calendar_id", "team_id")
    def _check_shared(self):
        """What holds for every company can't lean on what one company has.

        :raise ValidationError: otherwise
        """
        for policy in self:
            owner = policy.resource_calendar_id.company_id | policy.team_id.company_id
            if not policy.company_id and policy.resource_calendar_id.company_id:
                raise ValidationError(
                    self.env._(
                        "%(policy)s is for every company: take working hours without "
                        "a company, or name the company %(company)s.",
                        policy=policy.name,
                        company=owner[:1].name,
                    )
                )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        policies = super().create(vals_list)
        self.env.registry.clear_cache()
        return policies

    def write(self, vals):
        if "clock" in vals:
            self.filtered(lambda policy: policy.clock != vals["clock"])._check_unused()
        res = super().write(vals)
        self.env.registry.clear_cache()
        if MEASURE_FIELDS & vals.keys():
            self._replay_open_clocks()
        return res

    def unlink(self):
        res = super().unlink()
        self.env.registry.clear_cache()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_unused()

    def _check_unused(self):
        """Keep what clocks were measured by: which promise it was must stay readable.

        :raise UserError: when there are clocks
        """
        if (
            self.env["aftersales.sla.clock"]
            .sudo()
            .search_count(
                # sudo: clocks of tickets that the user can't see count as well
                [("policy_id", "in", self.ids)],
                limit=1,
            )
        ):
            raise UserError(
                self.env._("Clocks were measured by this policy. Archive it instead.")
            )

    # === OPEN CLOCKS === #

    def _open_clocks_domain(self):
        return [("policy_id", "in", self.ids), ("outcome", "=", "open")]

    def _replay_open_clocks(self):
        """Measure the open clocks of these policies anew, finished ones never."""
        self.env["aftersales.sla.clock"]._mark_stale(self._open_clocks_domain())

    def _levels_changed(self):
        """Let the open clocks of these policies know their levels of alert."""
        self.env.registry.clear_cache()
        self._replay_open_clocks()

    def _prepare_retarget_event(self):
        """Prepare the ledger row that moves a clock to this policy.

        :return: dict for `aftersales.sla.clock._apply`
        """
        self.ensure_one()
        return {
            "kind": "retarget",
            "policy_id": self.id,
            "target_minutes": self.target_hours * 60.0,
        }

    def _calendar_for(self, team, company):
        """Find the working hours that count for a ticket.

        Of the policy, else of the team, else of the company. Flexible hours can't
        measure a promise and are passed over.

        :param team: `aftersales.team` of the ticket, possibly empty
        :param company: `res.company` of the ticket
        :return: `resource.calendar`, empty when every hour counts
        """
        if self.around_the_clock:
            return self.env["resource.calendar"]
        own = self.resource_calendar_id
        if own and not own.flexible_hours:
            return own
        return team._office_hours(company)

    def _pausing(self):
        """Return the reasons of waiting for which clocks of this policy rest."""
        self.ensure_one()
        chosen = {
            "customer": self.pauses_on_customer,
            "parts": self.pauses_on_parts,
        }
        return frozenset(reason for reason, rests in chosen.items() if rests)
