# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Visits are planned so that nobody is at two places, and by whoever is able."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .aftersales_dispatch_planning_facts import BOOKED_STATES

#: What is judged when it changes.
PLAN_FIELDS = {"mode", "scheduled_end", "scheduled_start", "technician_ids"}
#: When a visit is; fixed once somebody has left for it.
TIME_FIELDS = {"scheduled_end", "scheduled_start"}


class AftersalesTeam(models.Model):
    _inherit = "aftersales.team"

    far_km = fields.Integer(
        string="Far Away from (km)",
        default=200,
        help="Whoever plans is warned when a technician is further from the site, in a "
        "straight line. 0: never.",
    )


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    override_reason = fields.Char(
        string="Overlap Allowed Because",
        copy=False,
        tracking=True,
        help="Why somebody is planned for two visits at once. Given by a manager, for "
        "this time and these technicians only.",
    )
    planning_blocks = fields.Text(string="Not Possible", compute="_compute_planning")
    planning_warnings = fields.Text(string="Warnings", compute="_compute_planning")
    planning_state = fields.Selection(
        [("fits", "Fits"), ("warn", "Look at It"), ("block", "Does Not Fit")],
        string="Planning",
        compute="_compute_planning",
    )
    site_time = fields.Char(
        string="At the Site",
        compute="_compute_site_time",
        help="Planned time on the clocks at the site.",
    )
    is_hatched = fields.Boolean(
        compute="_compute_calendar_marks", export_string_translation=False
    )
    is_striked = fields.Boolean(
        compute="_compute_calendar_marks", export_string_translation=False
    )
    _booked_idx = models.Index(
        "(scheduled_start, scheduled_end)"
        " WHERE state IN ('planned', 'on_way', 'on_site')"
    )

    @api.depends(
        "company_id",
        "job_ids.equipment_id",
        "job_ids.ticket_id.finding_ids.fault_id",
        "mode",
        "override_reason",
        "scheduled_end",
        "scheduled_start",
        "site_id",
        "state",
        "technician_ids",
    )
    @api.depends_context("lang")
    def _compute_planning(self):
        """Judge what can still be changed; certificates and leaves as they are now."""
        now = fields.Datetime.now()
        open_visits = self.filtered(
            lambda v: (
                v.state in ("draft", "planned", "on_way")
                and v.scheduled_end
                and v.scheduled_end >= now
            )
        )
        problems = open_visits._problems()
        for visit in self:
            for level, name in (
                ("block", "planning_blocks"),
                ("warn", "planning_warnings"),
            ):
                texts = [
                    p["text"] for p in problems.get(visit, ()) if p["level"] == level
                ]
                visit[name] = "\n".join(texts)
            judged = visit in open_visits and bool(visit.sudo().technician_ids)
            visit.planning_state = (
                (visit.planning_blocks and "block")
                or (visit.planning_warnings and "warn")
                or (judged and "fits")
            )

    @api.depends("scheduled_start", "scheduled_end", "site_id", "partner_id")
    @api.depends_context("lang")
    def _compute_site_time(self):
        for visit in self:
            visit.site_time = (
                visit._site_time_text() if visit.scheduled_start else False
            )

    def _site_time_text(self):
        """Write when a visit is, as the clocks at the site show it.

        :return: str in the user's language: "Mon 2 Mar 2026 08:00 - 10:00
            (Europe/Berlin)", the second day named only where it is another one
        """
        # sudo: zones of the customer and the company, which technicians may not read
        return self._slot_text(self.sudo()._slot())

    def _slot_text(self, slot):
        """Write a time as `_site_time_text` does.

        :param slot: `Slot`
        """
        full = self.env._("EEE d MMM y HH:mm")
        start = self._local(slot.start, slot.zone, full)
        same = slot.first == slot.last
        end = self._local(slot.end, slot.zone, "HH:mm" if same else full)
        return f"{start} - {end} ({slot.zone})"

    @api.depends("state")
    def _compute_calendar_marks(self):
        for visit in self:
            visit.is_hatched = visit.state == "draft"
            visit.is_striked = visit.state == "cancelled"

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("override_reason") for vals in vals_list):
            self.env["res.users"]._check_aftersales_role("manager")
        return super().create(vals_list)

    def write(self, vals):
        if "override_reason" in vals:
            self.env["res.users"]._check_aftersales_role("manager")
        elif PLAN_FIELDS & vals.keys():
            # It was given for another plan.
            if any(self.mapped("override_reason")):
                vals = {**vals, "override_reason": False}
        res = super().write(vals)
        if TIME_FIELDS & vals.keys() and not self.env.su:
            self._check_state("draft", "planned")
        if (PLAN_FIELDS | {"override_reason"}) & vals.keys():
            self._check_bookable()
        return res

    def _move(self, state, **stamps):
        res = super()._move(state, **stamps)
        if state == "planned":
            self._check_bookable()
        return res

    def _check_bookable(self):
        """Refuse plans that can't be kept, of visits that are planned.

        Two who plan the same technician at the same time meet at his row: the second
        one starts anew and finds the visit of the first.

        :raise UserError: for an overlap that no manager has allowed, or a mandatory
            certificate that somebody never had
        """
        visits = self.filtered(lambda v: v.state in BOOKED_STATES and v.scheduled_start)
        employees = visits.sudo().technician_ids
        if not employees:
            return
        self.env.cr.execute(
            SQL(
                "UPDATE hr_employee SET write_date = write_date WHERE id IN %s",
                tuple(employees.ids),
            )
        )
        for visit, problems in visits._problems().items():
            blocks = [p for p in problems if p["level"] == "block"]
            if not blocks:
                continue
            lines = [f"- {problem['text']}" for problem in blocks]
            if any(problem["code"] == "overlap" for problem in blocks):
                lines.append(
                    self.env._(
                        "Choose another time or somebody else; a manager may allow the "
                        "overlap and say why."
                    )
                )
            raise UserError(
                self.env._(
                    "%(visit)s can't be planned like this:\n%(problems)s",
                    visit=visit.name,
                    problems="\n".join(lines),
                )
            )
