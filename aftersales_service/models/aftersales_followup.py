# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from .aftersales_followup_rule import WAY_SELECTION
from .res_users import ROLE_PREFIX

STATE_SELECTION = [
    ("to_do", "To Do"),
    ("done", "Done"),
    ("no_answer", "Nobody Reached"),
    ("cancelled", "Cancelled"),
]
RESULT_SELECTION = [
    ("as_stated", "As Stated"),
    ("not_as_stated", "Not as Stated"),
]
SATISFACTION_SELECTION = [
    ("1", "1 – Very Unhappy"),
    ("2", "2 – Unhappy"),
    ("3", "3 – Neutral"),
    ("4", "4 – Happy"),
    ("5", "5 – Very Happy"),
]
#: A customer who says so is not left alone.
UNHAPPY = ("1", "2")
#: Who does follow-ups, never of his own visits.
DOING_ROLES = ("intake", "dispatcher", "quality", "manager")
#: Who gives them to others, moves and cancels them.
PLANNING_ROLES = ("dispatcher", "quality", "manager")
PLANNING_FIELDS = {"user_id", "due_date"}
#: All that is written by hand, while there is something to do.
OPEN_FIELDS = PLANNING_FIELDS | {"contact_id"}


class AftersalesTeam(models.Model):
    _inherit = "aftersales.team"

    shows_followups = fields.Boolean(
        string="Technicians Read Follow-ups",
        default=True,
        help="What customers said of a visit, once they have said it. Off: its "
        "technicians don't read it. They never see a follow-up of their own visits "
        "while it is to do.",
    )


class AftersalesFollowup(models.Model):
    """A call or mail by which the customer says whether a service was as stated.

    Done by somebody who was not there. Follow-ups that are not about a visit (regular
    contacts with the installed base) are of another kind.
    """

    _name = "aftersales.followup"
    _inherit = [
        "aftersales.guard.mixin",
        "aftersales.rated.mixin",
        "rating.mixin",
        "aftersales.activity.mixin",
    ]
    _description = "Follow-up"
    _order = "due_date, id"
    _rec_names_search = ["name", "partner_id"]
    _check_company_auto = True

    name = fields.Char(string="Number", required=True, readonly=True)
    kind = fields.Selection(
        [("verification", "Verification of a Visit")],
        required=True,
        readonly=True,
        default="verification",
    )
    state = fields.Selection(
        STATE_SELECTION,
        required=True,
        readonly=True,
        default="to_do",
        index=True,
        tracking=True,
        group_expand=True,
    )
    way = fields.Selection(
        WAY_SELECTION, required=True, readonly=True, default="phone", tracking=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    team_id = fields.Many2one(
        "aftersales.team", required=True, readonly=True, index=True
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    contact_id = fields.Many2one(
        "res.partner",
        string="Person to Ask",
        index="btree_not_null",
        domain="[('id', 'child_of', commercial_partner_id)]",
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id", export_string_translation=False
    )
    phone = fields.Char(compute="_compute_phone")
    mail_to = fields.Char(string="Mailed to", readonly=True)
    mailed_at = fields.Datetime(string="Mailed On", readonly=True)
    dispatch_id = fields.Many2one(
        "aftersales.dispatch",
        string="Visit",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    form_id = fields.Many2one(
        "aftersales.service.form",
        string="Service Form",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The version that the customer is asked about.",
    )
    ticket_ids = fields.Many2many(
        "aftersales.ticket", string="Tickets", compute="_compute_ticket_ids"
    )
    technician_name = fields.Char(related="form_id.technician_name")
    user_id = fields.Many2one(
        "res.users",
        string="Given to",
        index="btree_not_null",
        domain=[("share", "=", False)],
        check_company=True,
        tracking=True,
    )
    due_date = fields.Date(string="To Be Done By", required=True, tracking=True)
    is_overdue = fields.Boolean(
        string="Overdue", compute="_compute_is_overdue", search="_search_is_overdue"
    )
    rule_id = fields.Many2one(
        "aftersales.followup.rule",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        groups="aftersales_service.aftersales_service_group_quality,"
        "aftersales_service.aftersales_service_group_manager",
    )
    draw_id = fields.Many2one(
        "aftersales.followup.draw",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        groups="aftersales_service.aftersales_service_group_quality,"
        "aftersales_service.aftersales_service_group_manager",
    )
    max_attempts = fields.Integer(readonly=True, default=3)
    before_closing = fields.Boolean(readonly=True)
    reminded_at = fields.Datetime(string="Leader Reminded On", readonly=True)

    # What came out
    attempt_ids = fields.One2many(
        "aftersales.followup.attempt", "followup_id", string="Calls"
    )
    attempt_count = fields.Integer(string="Calls Made", compute="_compute_attempts")
    answer_ids = fields.One2many(
        "aftersales.followup.answer", "followup_id", string="Answers"
    )
    result = fields.Selection(
        RESULT_SELECTION, readonly=True, index="btree_not_null", tracking=True
    )
    satisfaction = fields.Selection(
        SATISFACTION_SELECTION, readonly=True, index="btree_not_null", tracking=True
    )
    customer_words = fields.Text(string="Customer's Words", readonly=True)
    is_bad = fields.Boolean(
        string="Needs Action",
        readonly=True,
        help="Not as stated, unhappy, or something to say about the conduct.",
    )
    done_at = fields.Datetime(string="Done On", readonly=True)
    done_by = fields.Many2one(
        "res.users",
        readonly=True,
        ondelete="restrict",
        help="Empty when the customer answered by the link in his mail.",
    )
    cancel_reason = fields.Char(readonly=True)
    can_plan = fields.Boolean(
        compute="_compute_can_plan", export_string_translation=False
    )

    # One a visit: two who sign at the same time meet here at the latest.
    _verification_uniq = models.UniqueIndex(
        "(dispatch_id) WHERE kind = 'verification'", "A visit is verified once."
    )
    _verification_of_visit = models.Constraint(
        "CHECK(kind <> 'verification' OR (dispatch_id IS NOT NULL AND form_id IS NOT"
        " NULL))",
        "A verification is about a signed visit.",
    )
    _due_idx = models.Index("(due_date, id) WHERE state = 'to_do'")
    _reminder_idx = models.Index(
        "(due_date, id) WHERE reminded_at IS NULL AND state IN ('to_do', 'no_answer')"
    )

    # === COMPUTES === #

    @api.depends("name", "kind")
    def _compute_display_name(self):
        for followup in self:
            followup.display_name = self.env._("Follow-up %s", followup.name)

    @api.depends("contact_id.phone", "partner_id.phone", "dispatch_id.site_id.phone")
    def _compute_phone(self):
        for followup in self:
            # sudo: numbers to call, of tickets and addresses the caller need not see
            each = followup.sudo()
            numbers = [
                each.contact_id.phone,
                *each.dispatch_id.job_ids.ticket_id.mapped("phone"),
                each.dispatch_id.site_id.phone,
                each.partner_id.phone,
                each.commercial_partner_id.phone,
            ]
            followup.phone = next(filter(None, numbers), False)

    @api.depends("dispatch_id.job_ids.ticket_id")
    def _compute_ticket_ids(self):
        for followup in self:
            followup.ticket_ids = followup.dispatch_id.job_ids.ticket_id

    @api.depends("state", "due_date")
    @api.depends_context("uid", "tz")
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for followup in self:
            followup.is_overdue = bool(
                followup.state == "to_do"
                and followup.due_date
                and followup.due_date < today
            )

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        overdue = Domain("state", "=", "to_do") & Domain("due_date", "<", today)
        return overdue if True in value else ~overdue

    @api.depends("attempt_ids")
    def _compute_attempts(self):
        for followup in self:
            followup.attempt_count = len(followup.attempt_ids)

    @api.depends_context("uid")
    def _compute_can_plan(self):
        user = self.env.user
        self.can_plan = any(
            user.has_group(ROLE_PREFIX + role) for role in PLANNING_ROLES
        )

    # === WHO MAY === #

    @api.model
    def _may_do(self, users):
        """Leave out who does no follow-ups at all.

        :param users: `res.users` records
        :return: those of them who are active colleagues with a fitting role
        """
        # sudo: whoever signs does not read the roles of others
        return (
            users.sudo()
            .filtered(
                lambda user: (
                    user.active
                    and not user.share
                    and any(user.has_group(ROLE_PREFIX + role) for role in DOING_ROLES)
                )
            )
            .with_env(users.env)
        )

    def _people_about(self):
        """Return whose work these follow-ups are about.

        :return: `res.users` with sudo: the technicians and who recorded their forms
        """
        # sudo: who was there decides, whoever asks
        visits = self.sudo().with_context(active_test=False).dispatch_id
        return visits.technician_ids.user_id | visits.form_ids.recorded_by

    def _check_may_do(self):
        """Let nobody ask the customer about his own work.

        :raise AccessError: for who has no fitting role, or was there himself
        """
        self.env["res.users"]._check_aftersales_role(*DOING_ROLES)
        for followup in self:
            if not self.env.su and self.env.user in followup._people_about():
                raise AccessError(
                    self.env._("Somebody who was not there asks the customer.")
                )
        self.check_access("write")

    @api.constrains("user_id")
    def _check_user_id(self):
        for followup in self.filtered("user_id"):
            if followup.user_id in followup._people_about():
                raise ValidationError(
                    self.env._(
                        "Choose somebody who was not there: it is about his work."
                    )
                )
            if not self._may_do(followup.user_id):
                raise ValidationError(
                    self.env._(
                        "%s has no role that does follow-ups.", followup.user_id.name
                    )
                )

    # === CRUD === #

    def _guarded_fields(self):
        fixed = {
            name
            for name, field in self._fields.items()
            if field.store and field.readonly and name not in models.MAGIC_COLUMNS
        }
        return super()._guarded_fields() | fixed

    def write(self, vals):
        if not self.env.su and OPEN_FIELDS & vals.keys():
            self._check_may_do()
            self._check_open()
            if PLANNING_FIELDS & vals.keys():
                self.env["res.users"]._check_aftersales_role(*PLANNING_ROLES)
        res = super().write(vals)
        if PLANNING_FIELDS & vals.keys():
            self._move_activity()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A follow-up is kept. Cancel it instead."))

    def _check_open(self):
        """Refuse to go on with what has come to its end.

        :raise UserError: for follow-ups that are done or cancelled
        """
        ended = self.filtered(lambda each: each.state in ("done", "cancelled"))
        if ended:
            raise UserError(
                self.env._(
                    "%s has ended: what came out is kept.", ended[:1].display_name
                )
            )

    # === ACTIONS === #

    def action_call(self):
        """Open the script."""
        self.ensure_one()
        self._check_may_do()
        self._check_open()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_followup_call_action"
        )
        action["context"] = {"default_followup_id": self.id}
        return action

    def action_cancel(self):
        """Ask why nobody asks the customer."""
        self.ensure_one()
        self._check_may_do()
        self.env["res.users"]._check_aftersales_role(*PLANNING_ROLES)
        self._check_open()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_followup_cancel_action"
        )
        action["context"] = {"default_followup_id": self.id}
        return action

    def action_view_visit(self):
        self.ensure_one()
        return self.dispatch_id._get_records_action()

    def action_view_form(self):
        self.ensure_one()
        return self.form_id._get_records_action()

    def action_view_tickets(self):
        self.ensure_one()
        return self.ticket_ids._get_records_action(name=self.env._("Tickets"))
