# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import working_time
from .selections import CLOCK_SELECTION

TOLERANCE = timedelta(milliseconds=1)

OUTCOME_SELECTION = [
    ("open", "Open"),
    ("met", "Met"),
    ("missed", "Missed"),
    ("void", "Void"),
]


class AftersalesSlaClock(models.Model):
    """One policy running on one ticket.

    The row is what the replay of its ledger gives. `_apply` is its only writer and
    nobody has the right to write it directly.
    """

    _name = "aftersales.sla.clock"
    _description = "SLA Clock"
    _order = "ticket_id desc, deadline, id"
    _rec_name = "policy_id"

    ticket_id = fields.Many2one(
        "aftersales.ticket", required=True, index=True, ondelete="cascade"
    )
    policy_id = fields.Many2one(
        "aftersales.sla.policy", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        "res.company",
        related="ticket_id.company_id",
        store=True,
        precompute=True,
        index=True,
    )
    team_id = fields.Many2one(
        "aftersales.team",
        related="ticket_id.team_id",
        store=True,
        precompute=True,
        index=True,
    )
    kind = fields.Selection(CLOCK_SELECTION, required=True, string="Promise")
    matched_on = fields.Char(export_string_translation=False)

    # What it is measured with
    target_minutes = fields.Float(required=True)
    target_hours = fields.Float(string="Target (Hours)", aggregator="avg")
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        index="btree_not_null",
        help="Empty: every hour counts.",
    )
    snapshot_id = fields.Many2one(
        "aftersales.sla.calendar",
        string="Calendar Snapshot",
        index="btree_not_null",
        ondelete="restrict",
        help="The opening times it was measured with.",
    )
    rests_for = fields.Char(
        export_string_translation=False,
    )
    is_stale = fields.Boolean(export_string_translation=False)

    # What the ledger says
    state = fields.Selection(
        [
            ("new", "New"),
            ("running", "Running"),
            ("paused", "Paused"),
            ("stopped", "Stopped"),
            ("void", "Void"),
        ],
        required=True,
        default="new",
    )
    pause_reason = fields.Char(export_string_translation=False)
    started_at = fields.Datetime()
    running_since = fields.Datetime(
        help="Since when it has been running without a pause."
    )
    deadline = fields.Datetime(help="Empty while the clock is paused and not late.")
    is_agreed = fields.Boolean(
        string="Agreed Deadline", help="A manager set the deadline by hand."
    )
    stopped_at = fields.Datetime(string="Ended")
    used_minutes = fields.Float(
        aggregator="avg",
        help="Minutes of the calendar; of a running clock up to its last start.",
    )
    used_hours = fields.Float(string="Used (Hours)", aggregator="avg")
    paused_minutes = fields.Float(aggregator="avg")
    outcome = fields.Selection(OUTCOME_SELECTION, required=True, default="open")
    outcome_reason = fields.Char()
    hit_rate = fields.Float(
        aggregator="avg",
        help="Share of promises that were kept, of those that were kept or broken.",
    )
    is_late = fields.Boolean(compute="_compute_is_late", search="_search_is_late")
    next_alert_at = fields.Datetime(export_string_translation=False)
    event_ids = fields.One2many("aftersales.sla.event", "clock_id", string="Ledger")

    _ticket_kind_uniq = models.UniqueIndex(
        "(ticket_id, kind) WHERE outcome <> 'void'",
        "A ticket has one running clock of each kind.",
    )
    _target_positive = models.Constraint(
        "CHECK(target_minutes > 0)", "A clock needs a target of more than zero minutes."
    )
    # Serves the alert job: it finds what is due without looking at what is open.
    _next_alert_idx = models.Index("(next_alert_at, id) WHERE outcome = 'open'")
    # Serves the job that measures clocks anew.
    _stale_idx = models.Index("(id) WHERE is_stale")

    @api.depends("outcome", "deadline")
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for clock in self:
            late_open = clock.outcome == "open" and bool(
                clock.deadline and clock.deadline < now
            )
            clock.is_late = late_open or clock.outcome == "missed"

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        late = Domain("outcome", "=", "missed") | (
            Domain("outcome", "=", "open")
            & Domain("deadline", "<", fields.Datetime.now())
        )
        return late if True in value else ~late

    def _is_broken(self, at):
        """Tell whether a promise would be missed if it were kept at a moment.

        :param datetime at: naive UTC
        """
        self.ensure_one()
        if self.is_agreed:
            return bool(self.deadline) and self.deadline < at
        used = timedelta(minutes=self.used_minutes)
        if self.running_since and self.running_since < at:
            used += working_time.overlap(
                self.running_since, at, self.snapshot_id._intervals()
            )
        # Minutes are stored as numbers with a fraction: not exact to the microsecond.
        return used > timedelta(minutes=self.target_minutes) + TOLERANCE

    def _read_group_select(self, aggregate_spec, query):
        """Promises that are open or void are neither kept nor broken."""
        if aggregate_spec == "hit_rate:avg":
            outcome = self._field_to_sql(self._table, "outcome", query)
            return SQL(
                "AVG(CASE %s WHEN 'met' THEN 1.0 WHEN 'missed' THEN 0.0 END)", outcome
            )
        return super()._read_group_select(aggregate_spec, query)

    def action_correct(self):
        """Open the dialog in which a manager corrects a clock."""
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role("manager")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_clock_correct_action"
        )
        action["context"] = {"default_clock_id": self.id}
        return action
