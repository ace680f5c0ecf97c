# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import secrets

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import sampling
from .selections import SEVERITY_RANK, SEVERITY_SELECTION

WAY_SELECTION = [("phone", "Telephone"), ("email", "E-mail")]
WHO_SELECTION = [
    ("leader", "Team Leader"),
    ("user", "One Person"),
    ("intake", "Intake"),
    ("dispatcher", "Dispatcher"),
    ("quality", "Quality"),
    ("manager", "Manager"),
]


class AftersalesFollowupRule(models.Model):
    """Which signed visits are verified with the customer, how and by whom.

    The first rule that is for a visit decides. What its sample leaves out is left out:
    the rules behind it are not asked.
    """

    _name = "aftersales.followup.rule"
    _inherit = ["aftersales.guard.mixin", "mail.thread"]
    _description = "Follow-up Rule"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)

    # For which visits
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        help="Empty: all companies.",
    )
    team_id = fields.Many2one(
        "aftersales.team",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        tracking=True,
        help="Empty: all teams.",
    )
    severity = fields.Selection(
        SEVERITY_SELECTION,
        string="Severity from",
        tracking=True,
        help="Of the most severe ticket of the visit. Empty: any severity.",
    )
    new_customer_months = fields.Integer(
        string="New Customers (Months)",
        tracking=True,
        help="For customers whose first visit was signed not longer ago. 0: all "
        "customers.",
    )
    on_accepted = fields.Boolean(string="Accepted", default=True, tracking=True)
    on_remarks = fields.Boolean(
        string="Accepted with Remarks", default=True, tracking=True
    )
    on_refused = fields.Boolean(string="Refused", tracking=True)
    on_absent = fields.Boolean(string="Nobody Present", tracking=True)
    share = fields.Float(
        string="Sample Share",
        default=1.0,
        tracking=True,
        aggregator="avg",
        help="How many of these visits are followed up, drawn by their numbers.",
    )
    # Who knows it could tell beforehand which visits are left out.
    seed = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: secrets.token_hex(16),
        help="What the sample is drawn by. It never changes, so that each draw can be "
        "done again.",
    )

    # How, when and by whom
    way = fields.Selection(WAY_SELECTION, required=True, default="phone", tracking=True)
    due_days = fields.Integer(string="Due within (Days)", default=3, tracking=True)
    max_attempts = fields.Integer(
        string="Attempts",
        default=3,
        help="Calls that reach nobody, after which it is given up.",
    )
    who = fields.Selection(
        WHO_SELECTION,
        required=True,
        default="intake",
        tracking=True,
        help="Never the technicians of the visit, or who recorded its form: then "
        "somebody else does it. Of a role, who has the fewest to do.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        domain=[("share", "=", False)],
        check_company=True,
        tracking=True,
    )
    before_closing = fields.Boolean(
        tracking=True,
        help="A ticket whose team closes by itself waits for the follow-up.",
    )
    draw_ids = fields.One2many("aftersales.followup.draw", "rule_id", string="Draws")
    drawn_text = fields.Char(
        string="Drawn so Far",
        compute="_compute_drawn_text",
        groups="aftersales_service.aftersales_service_group_quality,"
        "aftersales_service.aftersales_service_group_manager",
    )

    _share_range = models.Constraint(
        "CHECK(share >= 0 AND share <= 1)", "A sample is between 0 and 100 %."
    )
    _due_days_positive = models.Constraint(
        "CHECK(due_days >= 0)", "A follow-up can't be due before the visit."
    )
    _attempts_positive = models.Constraint(
        "CHECK(max_attempts >= 1)", "At least one call is tried."
    )
    _months_positive = models.Constraint(
        "CHECK(new_customer_months >= 0)", "The months can't be negative."
    )

    @api.depends("team_id")
    def _compute_company_id(self):
        for rule in self:
            rule.company_id = rule.team_id.company_id or rule.company_id

    @api.depends("draw_ids.is_drawn")
    def _compute_drawn_text(self):
        counts = {
            (rule, drawn): count
            for rule, drawn, count in self.env["aftersales.followup.draw"]._read_group(
                [("rule_id", "in", self.ids)], ["rule_id", "is_drawn"], ["__count"]
            )
        }
        for rule in self:
            drawn = counts.get((rule, True), 0)
            total = drawn + counts.get((rule, False), 0)
            rule.drawn_text = self.env._(
                "%(drawn)s of %(total)s", drawn=drawn, total=total
            )

    @api.constrains("who", "user_id")
    def _check_user_id(self):
        Followup = self.env["aftersales.followup"]
        for rule in self:
            if rule.who == "user" and not rule.user_id:
                raise ValidationError(
                    self.env._("Say who does the follow-ups of rule %s.", rule.name)
                )
            if rule.who == "user" and not Followup._may_do(rule.user_id):
                raise ValidationError(
                    self.env._(
                        "%s has no role that does follow-ups.", rule.user_id.name
                    )
                )

    def _guarded_fields(self):
        return super()._guarded_fields() | {"seed"}

    def write(self, vals):
        if "seed" in vals and any(rule.seed for rule in self):
            raise UserError(
                self.env._("The seed of a rule stays: its draws are done again by it.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_drawn(self):
        # sudo: draws of other companies count as well
        if self.sudo().draw_ids:
            raise UserError(
                self.env._("Visits were drawn by this rule: archive it instead.")
            )

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        return [
            {**vals, "name": self.env._("%s (copy)", rule.name)}
            for rule, vals in zip(self, vals_list, strict=True)
        ]

    # === WHICH RULE === #

    @api.model
    def _match(self, form):
        """Find the rule that decides about a signed visit.

        :param form: `aftersales.service.form`, with sudo
        :return: the first rule that is for it, possibly none
        """
        # sudo: rules are read for whoever signs, who must not know them
        rules = self.sudo().search(
            [
                ("company_id", "in", (False, form.company_id.id)),
                ("team_id", "in", (False, form.team_id.id)),
            ]
        )
        for rule in rules:
            if rule._is_for(form):
                return rule
        return rules.browse()

    def _is_for(self, form):
        """Tell whether a rule of its company and team is for a signed visit.

        :param form: `aftersales.service.form`, with sudo
        """
        self.ensure_one()
        if not self[f"on_{form.outcome}"]:
            return False
        if self.severity:
            found = form.dispatch_id.job_ids.ticket_id.mapped("severity")
            rank = max((SEVERITY_RANK.get(each, 0) for each in found), default=0)
            if rank < SEVERITY_RANK[self.severity]:
                return False
        return not self.new_customer_months or self._is_new_customer(form)

    def _is_new_customer(self, form):
        """Tell whether the customer's first signed visit was not long ago."""
        first = form.search(
            [
                ("partner_id", "child_of", form.partner_id.commercial_partner_id.id),
                ("company_id", "=", form.company_id.id),
            ],
            order="signed_at, id",
            limit=1,
        )
        since = form.signed_at - relativedelta(months=self.new_customer_months)
        return not first or first.signed_at >= since

    def _draw(self, form):
        """Decide whether a visit is in the sample, and keep how it was decided.

        :param form: `aftersales.service.form`, with sudo
        :return: `aftersales.followup.draw`
        """
        self.ensure_one()
        return self.env["aftersales.followup.draw"].create(
            {
                "form_id": form.id,
                "rule_id": self.id,
                "seed": self.seed,
                "share": self.share,
                "value": sampling.drawn_value(self.seed, form.name),
                "is_drawn": sampling.is_drawn(self.seed, form.name, self.share),
            }
        )

    def action_view_draws(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_followup_draw_action"
        )
        action["domain"] = [("rule_id", "=", self.id)]
        return action
