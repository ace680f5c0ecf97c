# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.levels import Level

#: The recipients of a level, by role: field -> who that is on a ticket.
RECIPIENT_FIELDS = (
    "to_responsible",
    "to_leader",
    "to_dispatcher",
    "to_manager",
    "department_id",
)
#: Fields that decide when a level is due, so that open clocks are measured anew.
MOMENT_FIELDS = {"policy_id", "timing", "amount", "unit", "inside_hours"}


class AftersalesSlaAlert(models.Model):
    """Who is told, and how, that a promise is about to be, or was, missed."""

    _name = "aftersales.sla.alert"
    _description = "SLA Alert Level"
    _order = "policy_id, percent, offset, id"

    policy_id = fields.Many2one(
        "aftersales.sla.policy", required=True, index=True, ondelete="cascade"
    )

    # When
    timing = fields.Selection(
        [("before", "Before"), ("at", "At"), ("after", "After")],
        required=True,
        default="before",
        help="Before, at or after the deadline.",
    )
    amount = fields.Float(
        string="How Much",
        help="Hours of the clock's calendar, or percent of its target, from the "
        "deadline.",
    )
    unit = fields.Selection(
        [("hour", "Hours"), ("percent", "% of the Target")],
        required=True,
        default="hour",
    )
    offset = fields.Float(
        compute="_compute_offset",
        store=True,
        precompute=True,
        export_string_translation=False,
    )
    percent = fields.Boolean(
        compute="_compute_offset",
        store=True,
        precompute=True,
        export_string_translation=False,
    )
    inside_hours = fields.Boolean(
        string="In Working Hours",
        help="Wait for the working hours of the team, else of the company. Otherwise "
        "it is told at once, at night as well.",
    )

    # Who
    to_responsible = fields.Boolean(string="Responsible", default=True)
    to_leader = fields.Boolean(string="Team Leader")
    to_dispatcher = fields.Boolean(string="Dispatchers")
    to_manager = fields.Boolean(string="Managers")
    department_id = fields.Many2one(
        "hr.department",
        index="btree_not_null",
        help="The manager of this department is told, or its members if it has none.",
    )

    # How
    by_activity = fields.Boolean(string="Activity", default=True)
    by_email = fields.Boolean(string="E-mail")

    _policy_offset_uniq = models.Constraint(
        'UNIQUE(policy_id, "offset", percent)',
        "Two alert levels of a policy can't be due at the same moment.",
    )
    _amount_positive = models.Constraint(
        "CHECK(amount >= 0 AND amount <= 100000)",
        "Say how long before or after the deadline, without a sign and at most 100000.",
    )

    @api.depends("timing", "amount", "unit")
    def _compute_offset(self):
        """Compute the offset from the deadline, negative before it."""
        sign = {"before": -1, "at": 0, "after": 1}
        for alert in self:
            alert.offset = sign.get(alert.timing, 0) * alert.amount
            alert.percent = alert.unit == "percent" and alert.timing != "at"

    @api.constrains(
        "timing", "amount", "unit", "by_activity", "by_email", "department_id",
        "to_responsible", "to_leader", "to_dispatcher", "to_manager",
    )  # fmt: skip
    def _check_level(self):
        """Refuse levels that could tell nobody or never be due.

        :raise ValidationError: for these
        """
        for alert in self:
            if not (alert.by_activity or alert.by_email):
                raise ValidationError(
                    self.env._("Choose an activity, an e-mail, or both.")
                )
            if not any(alert[name] for name in RECIPIENT_FIELDS):
                raise ValidationError(self.env._("Say who is told."))
            if alert.timing != "at" and not alert.amount:
                raise ValidationError(
                    self.env._("Say how long before or after the deadline.")
                )
            if alert.unit == "percent" and alert.timing == "before":
                if alert.amount > 100:
                    raise ValidationError(
                        self.env._(
                            "More than 100 % before the deadline would be before the "
                            "clock starts."
                        )
                    )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        alerts = super().create(vals_list)
        alerts.policy_id._levels_changed()
        return alerts

    def write(self, vals):
        policies = self.policy_id
        res = super().write(vals)
        if MOMENT_FIELDS & vals.keys():
            (policies | self.policy_id)._levels_changed()
        return res

    def unlink(self):
        policies = self.policy_id
        res = super().unlink()
        policies._levels_changed()
        return res

    def _as_level(self):
        """Return the level as the engine knows it."""
        self.ensure_one()
        return Level(self.id, self.offset, self.percent, self.inside_hours)

    @api.depends("timing", "amount", "unit")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for alert in self:
            amount = f"{alert.amount:g}"
            percent = alert.unit == "percent"
            if alert.timing == "at":
                name = self.env._("At the deadline")
            elif alert.timing == "before":
                name = (
                    self.env._("%(share)s %% before the deadline", share=amount)
                    if percent
                    else self.env._("%(hours)s h before the deadline", hours=amount)
                )
            else:
                name = (
                    self.env._("%(share)s %% after the deadline", share=amount)
                    if percent
                    else self.env._("%(hours)s h after the deadline", hours=amount)
                )
            alert.display_name = name
