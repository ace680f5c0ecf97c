# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from .selections import (
    CHANNEL_SELECTION,
    OPEN_STATES,
    SERVICE_MODE_SELECTION,
    SEVERITY_RANK,
    SEVERITY_SELECTION,
    TYPE_SELECTION,
)

#: Written by what happens to the ticket, never by hand.
CONSEQUENCE_FIELDS = {
    "next_deadline",
    "responded_at",
    "arrived_at",
    "solved_at",
    "closed_at",
}

#: No calendar is asked for longer.
OLDEST = timedelta(days=50 * 365)


class AftersalesTicket(models.Model):
    """One customer report and everything done about it."""

    _name = "aftersales.ticket"
    _inherit = [
        "aftersales.guard.mixin",
        "mail.thread.cc",
        "aftersales.activity.mixin",
        "mail.tracking.duration.mixin",
    ]
    _description = "Service Ticket"
    _order = "next_deadline, id desc"
    _rec_names_search = ["reference", "name", "serial_number"]
    _check_company_auto = True
    _track_duration_field = "stage_id"
    _primary_email = "email_from"
    _mail_post_access = "read"
    _mail_thread_customer = True

    reference = fields.Char(
        default="New", copy=False, readonly=True, index="trigram", required=True
    )
    name = fields.Char(string="Subject", required=True, index="trigram", tracking=True)
    active = fields.Boolean(default=True)
    description = fields.Html(string="Reported Fault", help="As the customer put it.")
    ticket_type = fields.Selection(
        TYPE_SELECTION, string="Type", required=True, default="repair", tracking=True
    )
    channel = fields.Selection(CHANNEL_SELECTION, required=True, default="phone")
    severity = fields.Selection(
        SEVERITY_SELECTION,
        required=True,
        default="normal",
        index=True,
        tracking=True,
        help="Serious: the equipment is out of use and the user can't remove the "
        "fault. Safety: people may be hurt.",
    )
    service_mode = fields.Selection(
        SERVICE_MODE_SELECTION,
        tracking=True,
        help="How the report is to be served, as far as it is known.",
    )
    severity_reason = fields.Char(
        string="Reason for Less Severity",
        tracking=True,
        copy=False,
        help="Why the severity was lowered.",
    )
    is_severity_lowered = fields.Boolean(
        compute="_compute_is_severity_lowered", export_string_translation=False
    )

    # Who reports, and where the equipment stands
    partner_id = fields.Many2one(
        "res.partner", string="Customer", index=True, tracking=True, check_company=True
    )
    commercial_partner_id = fields.Many2one(
        "res.partner",
        related="partner_id.commercial_partner_id",
        store=True,
        precompute=True,
        index=True,
    )
    site_id = fields.Many2one(
        "res.partner",
        compute="_compute_site_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        help="Address where the equipment stands.",
    )
    email_from = fields.Char(
        string="E-mail",
        compute="_compute_contact",
        store=True,
        readonly=False,
        precompute=True,
        index="trigram",
    )
    phone = fields.Char(
        compute="_compute_contact", store=True, readonly=False, precompute=True
    )

    # Who serves
    company_id = fields.Many2one(
        "res.company",
        related="team_id.company_id",
        store=True,
        precompute=True,
        index=True,
    )
    team_id = fields.Many2one(
        "aftersales.team",
        required=True,
        index=True,
        tracking=True,
        default=lambda self: self.env["aftersales.team"]._default_team(
            self.env.user, self.env.company
        ),
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        index=True,
        tracking=True,
        check_company=True,
        domain=[("share", "=", False)],
    )
    stage_id = fields.Many2one(
        "aftersales.ticket.stage",
        compute="_compute_stage_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        tracking=True,
        copy=False,
        ondelete="restrict",
        group_expand="_read_group_stage_ids",
        domain="['|', ('team_ids', '=', False), ('team_ids', 'in', team_id)]",
    )
    state = fields.Selection(
        related="stage_id.state", store=True, precompute=True, index=True
    )
    color = fields.Integer()

    # When
    reported_at = fields.Datetime(
        string="Reported",
        required=True,
        index=True,
        copy=False,
        default=lambda self: fields.Datetime.now(),
        help="When the report came in. The promises count from here.",
    )
    responded_at = fields.Datetime(string="Answered", copy=False, readonly=True)
    arrived_at = fields.Datetime(string="On Site Since", copy=False, readonly=True)
    solved_at = fields.Datetime(string="Solved On", copy=False, readonly=True)
    closed_at = fields.Datetime(string="Closed On", copy=False, readonly=True)
    next_deadline = fields.Datetime(
        string="Next Promise",
        copy=False,
        readonly=True,
        help="The earliest deadline that is still open.",
    )
    is_overdue = fields.Boolean(
        string="Overdue", compute="_compute_is_overdue", search="_search_is_overdue"
    )

    # What was found and done
    finding_ids = fields.One2many("aftersales.finding", "ticket_id", string="Findings")
    has_misuse = fields.Boolean(
        compute="_compute_has_misuse", export_string_translation=False
    )
    clock_ids = fields.One2many("aftersales.sla.clock", "ticket_id", string="Promises")
    job_ids = fields.One2many("aftersales.dispatch.job", "ticket_id", string="Visits")
    dispatch_count = fields.Integer(compute="_compute_dispatch_count")
    resolution = fields.Text(help="What solved it, in words for the next technician.")

    _reference_company_uniq = models.UniqueIndex(
        "(reference, company_id) WHERE reference <> 'New'",
        "The reference of a ticket must be unique.",
    )

    # === COMPUTES === #

    @api.depends("partner_id")
    def _compute_contact(self):
        for ticket in self:
            ticket.email_from = ticket.email_from or ticket.partner_id.email
            ticket.phone = ticket.phone or ticket.partner_id.phone

    @api.depends("team_id")
    def _compute_stage_id(self):
        for ticket in self:
            # Another team keeps the stage: the work done does not start again.
            if not ticket.stage_id:
                ticket.stage_id = ticket.stage_id._for_state("new", ticket.team_id)

    @api.depends("severity")
    def _compute_is_severity_lowered(self):
        """Tell the open form that it asks for a reason."""
        for ticket in self:
            before = ticket._origin.severity or ticket.severity
            ticket.is_severity_lowered = (
                SEVERITY_RANK[ticket.severity] < SEVERITY_RANK[before]
                if ticket.severity
                else False
            )

    @api.depends("finding_ids.liability")
    def _compute_has_misuse(self):
        for ticket in self:
            ticket.has_misuse = "misuse" in ticket.finding_ids.mapped("liability")

    @api.depends("next_deadline")
    def _compute_is_overdue(self):
        now = fields.Datetime.now()
        for ticket in self:
            ticket.is_overdue = bool(
                ticket.next_deadline and ticket.next_deadline < now
            )

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        overdue = Domain("next_deadline", "<", fields.Datetime.now())
        if True in value:
            return overdue
        return ~overdue | Domain("next_deadline", "=", False)

    def _compute_dispatch_count(self):
        groups = self.env["aftersales.dispatch.job"]._read_group(
            [("ticket_id", "in", self.ids)],
            ["ticket_id"],
            ["dispatch_id:count_distinct"],
        )
        counts = dict(groups)
        for ticket in self:
            ticket.dispatch_count = counts.get(ticket, 0)

    @api.depends("reference", "name")
    def _compute_display_name(self):
        for ticket in self:
            ticket.display_name = f"[{ticket.reference}] {ticket.name or ''}".strip()

    @api.onchange("severity")
    def _onchange_severity(self):
        """An earlier reason does not stand for another lowering."""
        if self.is_severity_lowered:
            self.severity_reason = False

    # === CONSTRAINTS === #

    def _check_reported_at(self):
        """Refuse reports from the future and calls entered too late.

        :raise ValidationError: beyond the team's backdating limit, managers excepted
        """
        now = fields.Datetime.now()
        is_manager = self.env.su or self.env.user.has_group(
            "aftersales_service.aftersales_service_group_manager"
        )
        for ticket in self:
            if ticket.reported_at > now + timedelta(minutes=1):
                raise ValidationError(
                    self.env._("A report can't come in later than now.")
                )
            if ticket.reported_at < now - OLDEST:
                raise ValidationError(
                    self.env._("A report can't be older than fifty years.")
                )
            limit = timedelta(hours=ticket.team_id.backdate_limit_hours)
            if not is_manager and ticket.reported_at < now - limit:
                raise ValidationError(
                    self.env._(
                        "Team %(team)s lets reports be backdated by %(hours)g hours at "
                        "most. Ask a manager to enter this one.",
                        team=ticket.team_id.name,
                        hours=ticket.team_id.backdate_limit_hours,
                    )
                )

    def _check_lower_severity(self, vals):
        """Lowering the severity needs the dispatcher and a reason.

        :raise AccessError, UserError: when one of them is missing
        """
        rank = SEVERITY_RANK.get(vals.get("severity"))
        if rank is None or self.env.su:
            return
        if all(rank >= SEVERITY_RANK[ticket.severity] for ticket in self):
            return
        self.env["res.users"]._check_aftersales_role("dispatcher", "manager")
        if not (vals.get("severity_reason") or "").strip():
            raise UserError(
                self.env._(
                    "Say why the severity is lowered: the promise depends on it."
                )
            )

    # === CRUD === #

    def _guarded_fields(self):
        return super()._guarded_fields() | CONSEQUENCE_FIELDS

    @api.model_create_multi
    def create(self, vals_list):
        self._remember_settings()
        references = self._next_references(vals_list)
        vals_list = [
            {**vals, "reference": reference}
            for vals, reference in zip(vals_list, references, strict=True)
        ]
        vals_list = self._add_sites(self._link_nameplates(vals_list))
        model = self.with_context(**self._creation_context(vals_list))
        tickets = super(AftersalesTicket, model).create(vals_list).with_env(self.env)
        tickets._check_created()
        tickets._subscribe_created(vals_list)
        tickets.filtered("user_id")._move_from_new_to_assigned()
        tickets._sync_clocks()
        return tickets

    def write(self, vals):
        self._remember_settings()
        if {"reported_at", "reference"} & vals.keys() and not self.env.su:
            raise AccessError(
                self.env._("The moment and number of a report can't be changed.")
            )
        self._check_lower_severity(vals)
        self._check_archive(vals)
        before = {ticket: ticket.state for ticket in self}
        facts = self._sla_facts()
        if vals.get("stage_id"):
            state = self.stage_id.browse(vals["stage_id"]).state
            moved = self.filtered(lambda ticket: ticket.state != state)
            moved._check_step(state, vals.get("resolution"))
        customers = {ticket: ticket.partner_id for ticket in self}
        res = super().write(vals)
        if "team_id" in vals:
            self._check_team_change()
        if "partner_id" in vals:
            self._change_customer(customers, vals)
        if vals.get("user_id") and "stage_id" not in vals:
            self._move_from_new_to_assigned()
        if "stage_id" in vals:
            self._state_changed(before)
        now = self._sla_facts()
        self.filtered(lambda ticket: now[ticket] != facts[ticket])._sync_clocks()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_worked_on(self):
        # sudo: what the user can't see is a reason to keep the ticket as well
        if self.sudo().job_ids or any(
            ticket.state not in ("new", "cancelled") for ticket in self
        ):
            raise UserError(
                self.env._(
                    "All records are kept: only new or cancelled tickets without a "
                    "visit can be deleted. Archive the others."
                )
            )

    def _remember_settings(self):
        """Let what is asked of teams and stages come out of memory."""
        self.env["aftersales.team"]._remember()
        self.env["aftersales.ticket.stage"]._remember()

    def _next_references(self, vals_list):
        """Take a number for each new ticket, from its company's sequence."""
        Team = self.env["aftersales.team"]
        companies = [
            Team.browse(vals.get("team_id")).company_id or self.env.company
            for vals in vals_list
        ]
        return self.env["ir.sequence"]._next_numbers("aftersales.ticket", companies)

    def _check_created(self):
        """Check what a user has entered as a new ticket.

        :raise ValidationError, UserError: for a moment or a stage that can't be
        """
        self._check_reported_at()
        if not self.env.su and any(ticket.state not in OPEN_STATES for ticket in self):
            raise UserError(self.env._("A new report begins in an open stage."))

    def _check_archive(self, vals):
        """Only ended tickets are put away, else a late one could be hidden.

        :raise AccessError: for a user who is no manager
        """
        if vals.get("active") is False and any(t.state in OPEN_STATES for t in self):
            self.env["res.users"]._check_aftersales_role("manager")

    def _check_team_change(self):
        """A ticket goes only where its user may go, and stays with its visits.

        :raise AccessError, UserError: otherwise
        """
        self.check_access("write")
        # sudo: a visit counts whether or not the user may see it
        for ticket in self.sudo():
            if ticket.job_ids.company_id - ticket.company_id:
                raise UserError(
                    self.env._(
                        "%s has visits: it can't go to a team of another company.",
                        ticket.display_name,
                    )
                )

    # === ACTIONS === #

    def action_assign_to_me(self):
        self.env["res.users"]._check_aftersales_role(
            "technician", "support", "dispatcher", "manager"
        )
        self.check_access("write")
        self.write({"user_id": self.env.uid})

    def action_log_call(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_call_log_action"
        )
        action["context"] = {"default_ticket_id": self.id}
        return action

    def action_plan_visit(self):
        """Open a new visit for this ticket, filled in as far as it is known."""
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role("dispatcher", "manager")
        if self.state not in OPEN_STATES:
            raise UserError(self.env._("Reopen the ticket before you plan a visit."))
        if not self.partner_id:
            raise UserError(self.env._("Say first who the customer is."))
        dispatch = self.env["aftersales.dispatch"].create(self._prepare_dispatch())
        return dispatch._get_records_action()

    def _prepare_dispatch(self):
        """Prepare the values of a visit for this ticket.

        :return: dict for `aftersales.dispatch.create`
        """
        self.ensure_one()
        employee = self.user_id.with_company(self.company_id).sudo().employee_id
        return {
            "team_id": self.team_id.id,
            "partner_id": self.partner_id.id,
            "site_id": self.site_id.id or self.partner_id.id,
            "technician_ids": [fields.Command.set(employee.ids)],
            "job_ids": [fields.Command.create({"ticket_id": self.id})],
        }

    def action_solve(self):
        self.check_access("write")
        self._check_step("solved")
        self._solve()

    def action_close(self):
        self.check_access("write")
        self._check_step("closed")
        self._set_state("closed")

    def action_cancel(self):
        """Cancel without naming a reason; people use the dialog, which asks for it."""
        self._cancel()

    def action_reopen(self):
        self.check_access("write")
        if any(ticket.state in OPEN_STATES for ticket in self):
            raise UserError(self.env._("Only an ended ticket can be reopened."))
        self._set_state("in_progress")

    def action_view_dispatches(self):
        self.ensure_one()
        return self.job_ids.dispatch_id._get_records_action(
            name=self.env._("Visits"),
            context={"default_partner_id": self.partner_id.id},
        )
