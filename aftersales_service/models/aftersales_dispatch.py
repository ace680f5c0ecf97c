# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

STATE_SELECTION = [
    ("draft", "Draft"),
    ("planned", "Planned"),
    ("on_way", "On the Way"),
    ("on_site", "On Site"),
    ("to_sign", "To Sign"),
    ("done", "Done"),
    ("cancelled", "Cancelled"),
]
#: Moved by the buttons only.
STEP_FIELDS = {"state", "departed_at", "arrived_at", "finished_at"}
#: Who goes where and when: the dispatcher's.
PLANNING_FIELDS = {
    "mode",
    "partner_id",
    "scheduled_end",
    "scheduled_start",
    "site_id",
    "team_id",
    "technician_ids",
}
#: Fixed once somebody is on the way.
FIXED_FIELDS = {"mode", "partner_id", "team_id"}
#: Still free when the customer has signed.
UNLOCKED_FIELDS = {"activity_ids", "message_ids", "message_follower_ids", "color"}


class AftersalesDispatch(models.Model):
    """A piece of field work of one or more technicians at one site."""

    _name = "aftersales.dispatch"
    _inherit = [
        "aftersales.guard.mixin",
        "hr.mixin",
        "mail.thread",
        "aftersales.activity.mixin",
    ]
    _description = "Service Visit"
    _order = "scheduled_start desc, id desc"
    _rec_names_search = ["name", "job_ids.serial_number"]
    _check_company_auto = True

    name = fields.Char(
        string="Number", default="New", copy=False, readonly=True, required=True
    )
    mode = fields.Selection(
        [("on_site", "On Site"), ("remote", "Remote"), ("workshop", "Workshop")],
        required=True,
        default="on_site",
        tracking=True,
    )
    state = fields.Selection(
        STATE_SELECTION,
        required=True,
        default="draft",
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    color = fields.Integer()
    team_id = fields.Many2one(
        "aftersales.team", required=True, index=True, tracking=True
    )
    company_id = fields.Many2one(
        "res.company", related="team_id.company_id", store=True, index=True
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, check_company=True
    )
    site_id = fields.Many2one(
        "res.partner",
        compute="_compute_site_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        check_company=True,
    )
    site_phone = fields.Char(related="site_id.phone", string="Site Phone")
    site_address = fields.Char(related="site_id.contact_address_inline")
    technician_ids = fields.Many2many(
        "hr.employee", string="Technicians", check_company=True, tracking=True
    )
    scheduled_start = fields.Datetime(copy=False, tracking=True)
    scheduled_end = fields.Datetime(
        copy=False,
        compute="_compute_scheduled_end",
        store=True,
        readonly=False,
    )
    departed_at = fields.Datetime(string="Departure", copy=False, readonly=True)
    arrived_at = fields.Datetime(string="Arrival", copy=False, readonly=True)
    finished_at = fields.Datetime(string="Finished", copy=False, readonly=True)
    instructions = fields.Text(help="What the technician should know and take along.")
    customer_comments = fields.Text(copy=False, help="In the customer's own words.")
    training_topics = fields.Text(copy=False, help="What the users were shown.")
    training_attendees = fields.Text(copy=False, help="Who was trained, one a line.")
    photo_ids = fields.One2many(
        "aftersales.dispatch.photo", "dispatch_id", string="Photos"
    )
    job_ids = fields.One2many(
        "aftersales.dispatch.job", "dispatch_id", string="Jobs", copy=True
    )
    line_ids = fields.One2many(
        "aftersales.dispatch.line", "dispatch_id", string="Labour, Travel and Parts"
    )
    labour_hours = fields.Float(compute="_compute_hours")
    travel_hours = fields.Float(compute="_compute_hours")
    form_ids = fields.One2many(
        "aftersales.service.form", "dispatch_id", string="Service Forms"
    )
    form_id = fields.Many2one(
        "aftersales.service.form",
        string="Service Form",
        compute="_compute_form_id",
        help="The latest version.",
    )
    is_locked = fields.Boolean(compute="_compute_is_locked")
    can_plan = fields.Boolean(
        compute="_compute_can_plan", export_string_translation=False
    )
    next_deadline = fields.Datetime(
        string="Next Promise", compute="_compute_next_deadline"
    )
    is_overdue = fields.Boolean(string="Overdue", compute="_compute_next_deadline")
    calendar_title = fields.Char(
        compute="_compute_calendar_title", export_string_translation=False
    )

    _name_company_uniq = models.UniqueIndex(
        "(name, company_id) WHERE name <> 'New'", "The number of a visit is unique."
    )
    _schedule_order = models.Constraint(
        "CHECK(scheduled_end >= scheduled_start)", "A visit can't end before it starts."
    )
    _scheduled_start_idx = models.Index("(scheduled_start DESC, id DESC)")

    # === COMPUTES === #

    @api.depends("partner_id")
    def _compute_site_id(self):
        for dispatch in self:
            if dispatch.partner_id and not dispatch.site_id:
                addresses = dispatch.partner_id.address_get(["delivery"])
                dispatch.site_id = addresses["delivery"]

    @api.depends("scheduled_start")
    def _compute_scheduled_end(self):
        for dispatch in self:
            start, end = dispatch.scheduled_start, dispatch.scheduled_end
            if not start:
                dispatch.scheduled_end = False
            elif not end or end < start:
                dispatch.scheduled_end = fields.Datetime.add(start, hours=2)

    @api.depends("line_ids.hours", "line_ids.kind")
    def _compute_hours(self):
        for dispatch in self:
            for kind in ("labour", "travel"):
                lines = dispatch.line_ids.filtered(lambda ln, k=kind: ln.kind == k)
                dispatch[f"{kind}_hours"] = sum(lines.mapped("hours"))

    @api.depends("form_ids.version")
    def _compute_form_id(self):
        for dispatch in self:
            dispatch.form_id = dispatch.form_ids.sorted("version")[-1:]

    @api.depends("state")
    def _compute_is_locked(self):
        for dispatch in self:
            dispatch.is_locked = dispatch.state in ("done", "cancelled")

    @api.depends_context("uid")
    def _compute_can_plan(self):
        user, group = self.env.user, "aftersales_service.aftersales_service_group_%s"
        self.can_plan = any(
            user.has_group(group % role) for role in ("dispatcher", "manager")
        )

    @api.depends("job_ids.ticket_id.next_deadline")
    def _compute_next_deadline(self):
        for dispatch in self:
            deadlines = dispatch.job_ids.ticket_id.filtered("next_deadline")
            dispatch.next_deadline = min(
                deadlines.mapped("next_deadline"), default=False
            )
            dispatch.is_overdue = any(deadlines.mapped("is_overdue"))

    @api.depends("name", "partner_id.display_name")
    def _compute_calendar_title(self):
        for dispatch in self:
            customer = dispatch.partner_id.display_name or ""
            dispatch.calendar_title = f"{customer} {dispatch.name}".strip()

    # === CRUD === #

    def _guarded_fields(self):
        return super()._guarded_fields() | STEP_FIELDS

    @api.model_create_multi
    def create(self, vals_list):
        Team = self.env["aftersales.team"]
        companies = [
            Team.browse(vals.get("team_id")).company_id or self.env.company
            for vals in vals_list
        ]
        numbers = self.env["ir.sequence"]._next_numbers(
            "aftersales.dispatch", companies
        )
        numbered = [
            {**vals, "name": number}
            for vals, number in zip(vals_list, numbers, strict=True)
        ]
        return super().create(numbered)

    def write(self, vals):
        if "name" in vals and not self.env.su:
            raise AccessError(self.env._("The number of a visit can't be changed."))
        if PLANNING_FIELDS & vals.keys() and not self.env.su:
            self.env["res.users"]._check_aftersales_role("dispatcher", "manager")
            if FIXED_FIELDS & vals.keys():
                self._check_state("draft", "planned", "cancelled")
        if vals.keys() - self._unlocked_fields() - STEP_FIELDS:
            self._check_unlocked()
        res = super().write(vals)
        if "team_id" in vals:
            self.check_access("write")
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_planned(self):
        if any(dispatch.state not in ("draft", "cancelled") for dispatch in self) or (
            # sudo: a signed form keeps its visit even from those who can't see it
            self.sudo().form_ids
        ):
            raise UserError(
                self.env._("Only a draft or a cancelled visit can be deleted.")
            )

    def _unlocked_fields(self):
        """Return the names of the fields that are written on a signed visit as well."""
        return UNLOCKED_FIELDS

    def _check_unlocked(self):
        """Refuse changes of what the customer has signed.

        The row of the visit is touched first: whoever changes a visit while another
        one signs it, has to try again and then finds it signed.

        :raise UserError: when a visit is done
        """
        self._touch()
        locked = self.filtered(lambda dispatch: dispatch.state == "done")
        if locked:
            raise UserError(
                self.env._(
                    "%s is signed and locked. Correct it by a new version of the "
                    "service form.",
                    ", ".join(locked.mapped("name")),
                )
            )

    def _touch(self):
        """Make two who work on the same visit at the same time meet."""
        if self.ids:
            self.env.cr.execute(
                SQL(
                    "UPDATE aftersales_dispatch SET write_date = write_date"
                    " WHERE id IN %s",
                    tuple(self.ids),
                )
            )

    def _check_worked(self):
        """Check that the jobs say what was done, before somebody signs for it.

        :raise UserError: when something is missing
        """
        for job in self.job_ids:
            if not (job.work_done or "").strip() or not job.result:
                raise UserError(
                    self.env._(
                        "Write down the work done and its result for %s before the "
                        "customer signs.",
                        job.display_name,
                    )
                )

    def _check_state(self, *states):
        """Refuse a step out of order.

        :raise UserError: when a visit is in none of the states
        """
        labels = dict(self._fields["state"]._description_selection(self.env))
        for dispatch in self:
            if dispatch.state not in states:
                raise UserError(
                    self.env._(
                        "%(visit)s is in the state %(state)s: this step is not "
                        "possible now.",
                        visit=dispatch.name,
                        state=labels[dispatch.state],
                    )
                )

    def _check_worker(self):
        """Only the technicians of a visit, their team and those who plan may work it.

        :raise AccessError: for everybody else
        """
        self.env["res.users"]._check_aftersales_role(
            "technician", "dispatcher", "manager"
        )
        self.check_access("write")

    def _move(self, state, **stamps):
        # sudo: steps are written by their buttons, which have checked the right
        self.sudo().write({"state": state, **stamps})

    # === ACTIONS, IN THEIR ORDER === #

    def action_plan(self):
        self.env["res.users"]._check_aftersales_role("dispatcher", "manager")
        self.check_access("write")
        self._check_state("draft")
        for dispatch in self:
            missing = [
                self._fields[name]._description_string(self.env)
                for name in ("technician_ids", "scheduled_start", "job_ids")
                if not dispatch[name]
            ]
            if missing:
                raise ValidationError(
                    self.env._(
                        "To plan %(visit)s, fill in: %(fields)s",
                        visit=dispatch.name,
                        fields=", ".join(missing),
                    )
                )
        self._move("planned")

    def action_depart(self):
        self._check_worker()
        self._check_state("planned")
        self._move("on_way", departed_at=fields.Datetime.now())

    def action_arrive(self):
        self._check_worker()
        for dispatch in self:
            # Remote and workshop work has no way to go.
            dispatch._check_state(
                *(("on_way",) if dispatch.mode == "on_site" else ("planned",))
            )
        now = fields.Datetime.now()
        self._move("on_site", arrived_at=now)
        self._tell_arrival()

    def _tell_arrival(self):
        """Tell the tickets of visits under way that their technician is there."""
        for dispatch in self:
            # sudo: the ticket follows from the visit, whoever records it
            for ticket in dispatch.job_ids.ticket_id.sudo():
                at = max(dispatch.arrived_at, ticket.reported_at)
                if dispatch.mode == "on_site":
                    ticket._arrive(at, dispatch.name)
                elif dispatch.mode == "remote":
                    ticket._respond(at, dispatch.name)

    def action_finish(self):
        self._check_worker()
        self._check_state("on_site")
        self._check_worked()
        self._move("to_sign", finished_at=fields.Datetime.now())

    def action_continue(self):
        """Go back from signing to the work: something was forgotten."""
        self._check_worker()
        self._check_state("to_sign")
        self._move("on_site", finished_at=False)

    def action_sign(self):
        self.ensure_one()
        self._check_worker()
        self._check_state("to_sign")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_service_sign_action"
        )
        action["context"] = {"default_dispatch_id": self.id}
        return action

    def action_correct(self):
        """Open a signed visit for a new version of its form."""
        self.ensure_one()
        self._check_worker()
        self._check_state("done")
        self._move("to_sign")

    def action_keep_version(self):
        """Close a visit that was reopened by mistake: the signed version stands."""
        self.ensure_one()
        self._check_worker()
        self._touch()
        self._check_state("to_sign")
        form = self.form_id
        if not form or not form._says_the_same():
            raise UserError(
                self.env._("Something was changed: the customer signs a new version.")
            )
        self._move("done")

    def action_cancel(self):
        self.env["res.users"]._check_aftersales_role("dispatcher", "manager")
        self.check_access("write")
        self._check_state("draft", "planned", "on_way")
        self._cancel()

    def _cancel(self):
        self._move("cancelled")

    def action_draft(self):
        self.env["res.users"]._check_aftersales_role("dispatcher", "manager")
        self.check_access("write")
        self._check_state("planned", "cancelled")
        self._move("draft", departed_at=False, arrived_at=False, finished_at=False)

    def action_view_tickets(self):
        self.ensure_one()
        return self.job_ids.ticket_id._get_records_action(name=self.env._("Tickets"))

    def action_view_forms(self):
        self.ensure_one()
        return self.form_ids._get_records_action(name=self.env._("Service Forms"))
