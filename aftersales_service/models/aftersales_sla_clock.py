# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.misc import clean_context

from ..tools import clock as clock_tools
from .selections import CLOCK_SELECTION

_logger = logging.getLogger(__name__)

OUTCOME_SELECTION = [
    ("open", "Open"),
    ("met", "Met"),
    ("missed", "Missed"),
    ("void", "Void"),
]
ALERT_BATCH_SIZE = 100


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
        "res.company", related="ticket_id.company_id", store=True, index=True
    )
    team_id = fields.Many2one(
        "aftersales.team", related="ticket_id.team_id", store=True, index=True
    )
    kind = fields.Selection(CLOCK_SELECTION, required=True, string="Promise")
    target_minutes = fields.Float(required=True)
    target_hours = fields.Float(
        string="Target (Hours)", compute="_compute_hours", store=True
    )
    matched_on = fields.Char(export_string_translation=False)
    match_reason = fields.Char(string="Why This Promise", compute="_compute_reason")
    started_at = fields.Datetime()
    deadline = fields.Datetime(help="Empty while the clock is paused and not late.")
    stopped_at = fields.Datetime(string="Ended")
    used_minutes = fields.Float(aggregator="avg")
    used_hours = fields.Float(
        string="Used (Hours)", compute="_compute_hours", store=True, aggregator="avg"
    )
    paused_minutes = fields.Float(aggregator="avg")
    outcome = fields.Selection(OUTCOME_SELECTION, required=True, default="open")
    outcome_reason = fields.Char()
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

    @api.depends("target_minutes", "used_minutes")
    def _compute_hours(self):
        for clock in self:
            clock.target_hours = clock.target_minutes / 60.0
            clock.used_hours = clock.used_minutes / 60.0

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

    @api.depends("matched_on", "policy_id")
    @api.depends_context("lang")
    def _compute_reason(self):
        labels = self.env["aftersales.sla.policy"].fields_get(
            ["severity", "ticket_type", "team_id"], ["string"]
        )
        for clock in self:
            names = [
                labels[name]["string"]
                for name in (clock.matched_on or "").split(",")
                if name
            ]
            clock.match_reason = (
                self.env._(
                    "The ticket fits the policy by: %(criteria)s",
                    criteria=", ".join(names),
                )
                if names
                else self.env._("The policy is for every ticket")
            )

    # === LEDGER === #

    @api.model
    def _start(self, vals_list):
        """Create clocks together with the first row of their ledgers.

        :param list vals_list: dicts with ``ticket``, ``policy``, ``criteria`` and
            ``at`` (naive UTC)
        :return: the new clocks
        """
        # sudo: clocks are made by the rules, never by the user's own right
        clocks = (
            self.sudo()
            .with_context(clean_context(self.env.context))
            .create(
                [
                    {
                        "ticket_id": vals["ticket"].id,
                        "policy_id": vals["policy"].id,
                        "kind": vals["policy"].clock,
                        "target_minutes": vals["policy"].target_hours * 60.0,
                        "matched_on": ",".join(vals["criteria"]),
                    }
                    for vals in vals_list
                ]
            )
        )
        events = [
            {"clock_id": clock.id, "sequence": 1, "kind": "start", "at": vals["at"]}
            for clock, vals in zip(clocks, vals_list, strict=True)
        ]
        clocks.env["aftersales.sla.event"].create(events)
        clocks._write_replay()
        return clocks

    def _stop_fulfilled(self):
        """Stop clocks whose promise was kept before they were attached."""
        for clock in self:
            ticket = clock.ticket_id
            kept_at = {"respond": ticket.responded_at, "arrive": ticket.arrived_at}
            if at := kept_at.get(clock.kind):
                clock._apply({"kind": "stop", "at": at})

    def _apply(self, event):
        """Add a row to the ledger of each of these clocks and replay it.

        :param dict event: values of an `aftersales.sla.event`: at least ``kind``;
            ``at`` is naive UTC and defaults to now; ``matched_on`` goes with a
            retarget
        """
        if not self:
            return
        # sudo: the ledger is written by what happens, not by a right of the user
        clocks = self.sudo().with_context(clean_context(self.env.context))
        event = {"at": fields.Datetime.now(), **event}
        matched_on = event.pop("matched_on", None)
        clocks.env["aftersales.sla.event"].create(
            [
                {
                    **event,
                    "clock_id": clock.id,
                    "sequence": len(clock.event_ids) + 1,
                    "minutes": clock.used_minutes
                    if event["kind"] == "reopen"
                    else event.get("minutes"),
                }
                for clock in clocks
            ]
        )
        if event["kind"] == "retarget":
            clocks.write(
                {
                    "policy_id": event["policy_id"],
                    "target_minutes": event["target_minutes"],
                    **({"matched_on": matched_on} if matched_on is not None else {}),
                }
            )
        clocks._write_replay()

    def _replay(self):
        """Measure the clock from its ledger.

        :return: `tools.clock.Replay`
        """
        self.ensure_one()
        return clock_tools.replay(
            self.event_ids._as_tool_events(),
            self.target_minutes,
            self._open_intervals(),
        )

    def _open_intervals(self):
        """Return the open times the clock is measured in.

        :return: None, which means around the clock
        """
        return None

    def _write_replay(self):
        """Store what the ledgers say, on the clocks and on their tickets."""
        for clock in self:
            result = clock._replay()
            clock.write(
                {
                    "started_at": result.started_at,
                    "stopped_at": result.stopped_at,
                    "deadline": result.deadline,
                    "used_minutes": result.used_minutes,
                    "paused_minutes": result.paused_minutes,
                    "outcome": result.outcome,
                    "outcome_reason": result.outcome != "open"
                    and clock.event_ids.filtered(
                        lambda event: event.kind in ("stop", "void") and event.reason
                    )[-1:].reason,
                }
            )
        self.ticket_id._update_next_deadline()
        self._update_next_alert()

    # === ALERTS === #

    def _next_alert(self):
        """Find the next level that was not sent yet, and its moment.

        :return: tuple of `aftersales.sla.alert` record and datetime (UTC), both
            empty when there is none
        """
        self.ensure_one()
        levels = self.policy_id.alert_ids - self.event_ids.alert_id
        if self.outcome != "open" or not self.deadline or not levels:
            return levels.browse(), False
        level = levels.sorted("offset_hours")[0]
        return level, self.deadline + timedelta(hours=level.offset_hours)

    def _update_next_alert(self):
        """Store when the next level is due, and ask the job to run then."""
        moments = set()
        for clock in self:
            moment = clock._next_alert()[1]
            if clock.next_alert_at != moment:
                clock.next_alert_at = moment
            if moment:
                # Whole minutes: clocks due together share one run of the job.
                moments.add(moment.replace(second=0) + timedelta(minutes=1))
        self._trigger_alerts(moments)

    @api.model
    def _trigger_alerts(self, moments):
        """Ask the alert job to run at some moments.

        :param set moments: datetimes (UTC); past ones mean at once
        """
        cron = self.env.ref(
            "aftersales_service.ir_cron_sla_alert", raise_if_not_found=False
        )
        if cron and moments:
            now = fields.Datetime.now()
            cron._trigger(at={max(moment, now) for moment in moments})

    @api.model
    def _cron_alert(self):
        """Send the alerts that are due, each level once and in order.

        A clock that fails is logged and left for the next run. The job itself does not
        fail for it: a job that fails for a week is switched off, for all clocks.
        """
        seen = []
        progress = self.env["ir.cron"]._commit_progress
        while True:
            domain = Domain("outcome", "=", "open") & Domain(
                "next_alert_at", "<=", fields.Datetime.now()
            )
            domain &= Domain("id", "not in", seen)
            clocks = self.search(
                domain, limit=ALERT_BATCH_SIZE, order="next_alert_at, id"
            )
            progress(remaining=len(clocks))
            for clock_id in clocks.ids:
                seen.append(clock_id)
                self._try_send_due_alerts(clock_id)
                if not progress(1):
                    return
            if len(clocks) < ALERT_BATCH_SIZE:
                return

    def _try_send_due_alerts(self, clock_id):
        """Send the alerts of one clock, unless another worker is at it.

        :param int clock_id: id of the clock
        """
        try:
            clock = self.browse(clock_id).try_lock_for_update()
            clock = clock.filtered(
                lambda clock: (
                    clock.outcome == "open"
                    and clock.next_alert_at
                    and clock.next_alert_at <= fields.Datetime.now()
                )
            )
            if clock:
                clock._send_due_alerts()
                self.env.flush_all()
        except OperationalError:
            # Somebody changed the clock at this moment: the next run looks again.
            self.env.cr.rollback()
        except Exception:
            self.env.cr.rollback()
            _logger.exception("The alert of SLA clock %s failed", clock_id)

    def _send_due_alerts(self):
        """Send every level of one clock that is due, the earliest first."""
        self.ensure_one()
        now = fields.Datetime.now()
        level, moment = self._next_alert()
        while level and moment <= now:
            told = self._send_alert(level)
            self._apply(
                {
                    "kind": "alert",
                    "alert_id": level.id,
                    "reason": told.name or self.env._("Nobody to tell"),
                }
            )
            level, moment = self._next_alert()

    def _send_alert(self, level):
        """Give an activity to the first who can act on the ticket.

        That is the responsible, else the team's leader, else a member.

        :param level: `aftersales.sla.alert` record
        :return: the `res.users` told, possibly empty
        """
        self.ensure_one()
        ticket = self.ticket_id.with_company(self.company_id)
        team = ticket.team_id
        candidates = [ticket.user_id, team.leader_id, *team.member_ids]
        user = next(
            (
                user
                for user in candidates
                if user.active and ticket.with_user(user).has_access("read")
            ),
            ticket.user_id.browse(),
        )
        if user:
            ticket = ticket.with_context(lang=user.lang)
            promise = dict(
                self.with_env(ticket.env)
                ._fields["kind"]
                ._description_selection(ticket.env)
            )
            ticket.activity_schedule(
                "aftersales_service.mail_activity_type_sla",
                user_id=user.id,
                summary=ticket.env._(
                    "%(promise)s: %(level)s",
                    promise=promise[self.kind],
                    level=level.with_env(ticket.env).display_name,
                ),
            )
        return user
