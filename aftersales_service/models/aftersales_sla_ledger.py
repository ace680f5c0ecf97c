# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Writing a clock: its ledger grows, and the row follows from the whole of it."""

from dataclasses import dataclass, replace
from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import clean_context

from ..tools import clock as clock_tools
from ..tools import levels as level_tools
from .aftersales_sla_calendar import MAX_YEARS

#: A correction of more is a slip of the pen; the engine ends at the year 9999.
MOST_MINUTES = 100_000 * 60.0
#: Up to so many clocks are kept in memory after they were written.
CACHED = 100
#: Kinds after which a clock that had ended is measured with today's hours again.
REVIVING = {"start", "reopen"}
#: What ends something -> what began it.
CAUSES = {"stop": REVIVING, "resume": REVIVING | {"pause"}}
#: Kinds that tell why a clock ended.
ENDING = {"stop", "void"}


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A row of `aftersales.sla.event` as the engine reads it; times are naive UTC."""

    at: datetime
    sequence: int
    kind: str
    minutes: float | None = None
    pause_reason: str | None = None
    alert_id: int | None = None
    reason: str | None = None
    agreed_deadline: datetime | None = None

    def as_event(self):
        carries = self.kind in ("reopen", "correction")
        return clock_tools.Event(
            at=self.at,
            kind=self.kind,
            sequence=self.sequence,
            minutes=(self.minutes or 0.0) if carries else None,
            reason=self.reason or "",
        )


#: What a row in memory takes of the values of an `aftersales.sla.event`.
ROW_FIELDS = tuple(LedgerRow.__dataclass_fields__)


class AftersalesSlaClock(models.Model):
    _inherit = "aftersales.sla.clock"

    # === THE LEDGER === #

    @api.model
    def _start(self, vals_list):
        """Create clocks together with the first rows of their ledgers.

        :param list vals_list: dicts with ``ticket``, ``policy``, ``criteria``, ``at``
            (naive UTC) and, for what happened before the clock was attached,
            ``events``: list of values of `aftersales.sla.event`
        :return: the new clocks
        """
        measuring = Measuring(self.env)
        clock_vals, events_of = [], []
        for vals in vals_list:
            ticket, policy = vals["ticket"], vals["policy"]
            events = [{"kind": "start", "at": vals["at"]}, *vals.get("events", ())]
            events = [{"sequence": n, **row} for n, row in enumerate(events, 1)]
            events_of.append(events)
            calendar = measuring.calendar(policy, ticket.team_id, ticket.company_id)
            clock_vals.append(
                {
                    "ticket_id": ticket.id,
                    "policy_id": policy.id,
                    "kind": policy._catalogue()[policy.id].rule.group,
                    "matched_on": ",".join(vals["criteria"]),
                    **measuring.measure(
                        [as_row(event) for event in events],
                        policy,
                        calendar,
                        ticket.team_id,
                        ticket.company_id,
                    ),
                }
            )
        # sudo: clocks are made by the rules, never by the user's own right
        clocks = (
            self.sudo().with_context(clean_context(self.env.context)).create(clock_vals)
        )
        clocks.env["aftersales.sla.event"].create(
            [
                {**event, "clock_id": clock.id}
                for clock, events in zip(clocks, events_of, strict=True)
                for event in events
            ]
        )
        clocks.ticket_id._copy_clocks()
        clocks._trigger_next_alert()
        return clocks

    def _apply(self, event):
        """Add a row to the ledger of each of these clocks and replay it.

        :param dict event: values of an `aftersales.sla.event`: at least ``kind``;
            ``at`` is naive UTC and defaults to now; ``matched_on`` goes with a
            retarget
        """
        self._apply_all([(clock, event) for clock in self])

    @api.model
    def _apply_all(self, pairs):
        """Add rows to ledgers, each to that of its own clock, and replay these.

        :param list pairs: tuples of a clock and an event as in `_apply`
        """
        if not pairs:
            return
        # sudo: the ledger is written by what happens, not by a right of the user
        clocks = (
            self.browse(dict.fromkeys(clock.id for clock, _event in pairs))
            .sudo()
            .with_context(clean_context(self.env.context))
        )
        ledgers = clocks._ledgers()
        now = fields.Datetime.now()
        new_rows, changes, revived = [], {}, clocks.browse()
        for clock, event in pairs:
            clock = clock.with_env(clocks.env)
            event = {"at": now, **event}
            matched_on = event.pop("matched_on", None)
            if event["kind"] == "retarget":
                changes[clock.id] = {"policy_id": event["policy_id"]}
                if matched_on is not None:
                    changes[clock.id]["matched_on"] = matched_on
            if event["kind"] == "reopen":
                event.update(clock._prepare_reopening())
            if event["kind"] in REVIVING:
                revived |= clock
            event["at"] = _not_before_cause(event, ledgers[clock.id])
            event["sequence"] = 1 + max(
                (row.sequence for row in ledgers[clock.id]), default=0
            )
            ledgers[clock.id].append(as_row(event))
            new_rows.append({**event, "clock_id": clock.id})
        clocks.env["aftersales.sla.event"].create(new_rows)
        clocks._write_replay(ledgers, changes, revived)

    def _prepare_reopening(self):
        """Prepare what a reopening carries over, by the rule of the policy.

        Only what was kept or broken begins anew: cancelling and reopening a late ticket
        would be a way out.
        """
        self.ensure_one()
        anew = self.policy_id.reopen_rule == "anew" and self.outcome != "void"
        return {
            "minutes": 0.0 if anew else self.used_minutes,
            "outcome": self.outcome,
        }

    def _correct(self, reason, minutes=0.0, deadline=False):
        """Correct clocks by hand, as a manager, with a row in the ledger.

        :param str reason: why, in words
        :param float minutes: calendar minutes added to the used time; negative gives
            the time back
        :param datetime deadline: naive UTC; a deadline agreed with the customer, which
            neither pauses nor calendars move until the clock is reopened
        :raise AccessError: for anybody but a manager
        :raise UserError: without a reason or anything to correct, or for a void clock
        """
        self.env["res.users"]._check_aftersales_role("manager")
        self.ticket_id.check_access("write")
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the clock is corrected."))
        if not abs(minutes or 0.0) <= MOST_MINUTES:  # nor is NaN
            raise UserError(self.env._("A correction is at most 100,000 hours."))
        if not minutes and not deadline:
            raise UserError(self.env._("Nothing to correct: enter minutes or a date."))
        if "void" in self.mapped("outcome"):
            raise UserError(self.env._("A void promise can't be corrected."))
        if deadline and any(deadline <= clock.started_at for clock in self):
            raise UserError(
                self.env._("The deadline can't be before the clock started.")
            )
        self._apply(
            {
                "kind": "correction",
                "minutes": minutes,
                "agreed_deadline": deadline,
                "reason": reason.strip(),
            }
        )

    def _ledgers(self):
        """Read the whole ledger of each clock, in one query.

        :return: dict of clock id -> list of LedgerRow in the order they act
        """
        ledgers = {clock_id: [] for clock_id in self.ids}
        if not ledgers:
            return ledgers
        self.env["aftersales.sla.event"].flush_model()
        columns = SQL(", ").join(map(SQL.identifier, ROW_FIELDS))
        for clock_id, *values in self.env.execute_query(
            SQL(
                "SELECT clock_id, %s FROM aftersales_sla_event WHERE clock_id = ANY(%s)"
                " ORDER BY clock_id, at, sequence, id",
                columns,
                list(ledgers),
            )
        ):
            ledgers[clock_id].append(LedgerRow(*values))
        return ledgers

    # === WHAT FOLLOWS FROM IT === #

    def _write_replay(self, ledgers=None, changes=None, revived=None):
        """Store what the ledgers say, on the clocks and on their tickets.

        :param dict ledgers: clock id -> list of LedgerRow; read when not given
        :param dict changes: clock id -> values that are written as well
        :param revived: clocks that had ended and go on
        """
        if not self:
            return
        ledgers = self._ledgers() if ledgers is None else ledgers
        measuring = Measuring(self.env)
        vals_list = []
        for clock in self:
            vals = (changes or {}).get(clock.id, {})
            policy = clock.policy_id.browse(vals.get("policy_id", clock.policy_id.id))
            rows = ledgers[clock.id]
            if clock.outcome == "open" or clock in (revived or ()):
                calendar = measuring.calendar(policy, clock.team_id, clock.company_id)
                measured = measuring.measure(
                    rows, policy, calendar, clock.team_id, clock.company_id
                )
            else:
                measured = measuring.measure_finished(rows, clock)
            vals_list.append({**vals, **measured})
        # The job need not be asked again for a moment that it knows.
        moved = self.browse(
            clock.id
            for clock, vals in zip(self, vals_list, strict=True)
            if vals["next_alert_at"] and vals["next_alert_at"] != clock.next_alert_at
        )
        self._store(vals_list)
        self.ticket_id._copy_clocks()
        moved._trigger_next_alert()

    def _store(self, vals_list):
        """Write the rows of clocks, thousands at once if need be.

        Of what all of them are measured with anew, most stays as it was: only columns
        in which something changes are written.
        """
        self.flush_recordset()
        columns = [
            {
                name: self._fields[name].convert_to_column(value, clock)
                for name, value in vals.items()
            }
            for clock, vals in zip(self, vals_list, strict=True)
        ]
        known = {
            name: self._fields[name]._get_cache(self.env)
            for name in {name for vals in vals_list for name in vals}
        }
        names = {
            name
            for clock_id, row in zip(self._ids, columns, strict=True)
            for name, value in row.items()
            if known[name].get(clock_id, ...) != value
        }
        if not names:
            return
        self._write_multi(
            [
                {name: row[name] for name in names & row.keys()} or {"is_stale": False}
                for row in columns
            ]
        )
        self.modified(names)
        if len(self) > CACHED:
            self.invalidate_recordset(names, flush=False)
            return
        for clock, vals in zip(self, vals_list, strict=True):
            clock._update_cache(vals, validate=False)

    def _rebuild(self):
        """Measure a clock again from its ledger and its own snapshot.

        :return: dict of stored values that differ -> what they should be
        """
        self.ensure_one()
        measured = Measuring(self.env).measure_finished(
            self._ledgers()[self.id], self.sudo()
        )
        return {
            name: value
            for name, value in measured.items()
            if name != "next_alert_at"
            and self._fields[name].convert_to_column(value, self)
            != self._fields[name].convert_to_column(
                self._fields[name].convert_to_write(self[name], self), self
            )
        }


def _not_before_cause(event, rows):
    """Return when a row acts: what ends something can't come before its beginning.

    A call or signature that is entered later may lie before the clock was attached or
    reopened. In the order of time it would end nothing, and the clock run for ever.

    :param dict event: values of an `aftersales.sla.event`
    :param list rows: LedgerRow before it
    :return: naive UTC
    """
    causes = CAUSES.get(event["kind"], ())
    return max([event["at"], *(row.at for row in rows if row.kind in causes)])


def as_row(event):
    """Return the ledger row that values of an `aftersales.sla.event` make."""
    return LedgerRow(**{name: event.get(name) for name in ROW_FIELDS})


class Measuring:
    """Measures many clocks and looks up each calendar once."""

    def __init__(self, env):
        self.env = env
        self.calendars = {}
        self.snapshots = {}
        self.this_year = fields.Datetime.now().year

    def calendar(self, policy, team, company):
        """Find the working hours of a clock, see `_calendar_for`."""
        key = (policy.id, team.id, company.id)
        if key not in self.calendars:
            self.calendars[key] = self.env["resource.calendar"].browse(
                policy._calendar_id_for(*key) or ()
            )
        return self.calendars[key]

    def measure(self, rows, policy, calendar, team, company):
        """Measure an open clock with today's policy and hours.

        :param list rows: its LedgerRow
        :param policy: `aftersales.sla.policy`
        :param calendar: `resource.calendar`, empty for 24/7
        :return: dict of values of the clock
        """
        terms = policy._catalogue()[policy.id]
        events = events_of(rows, terms.pausing)
        snapshot, result = self._replay(events, terms.target_minutes, calendar, company)
        due = None
        if terms.levels and result.outcome == "open":
            due = self.next_level(rows, events, terms, snapshot, team, company)
        return {
            **_values(rows, result, terms.pausing),
            "target_minutes": terms.target_minutes,
            "target_hours": terms.target_minutes / 60.0,
            "calendar_id": calendar.id,
            "snapshot_id": snapshot.id,
            "rests_for": ",".join(sorted(terms.pausing)),
            "next_alert_at": due[1] if due else False,
            "is_stale": False,
        }

    def next_level(self, rows, events, terms, snapshot, team, company):
        """Find the next alert level of an open clock.

        :param list rows: its LedgerRow
        :param list events: the same for the engine
        :param terms: the policy's PolicyRow
        :return: tuple of `tools.levels.Level` and moment (naive UTC), or None
        """
        hours = None
        if any(level.inside_hours for level in terms.levels):
            # sudo: which hours people work is no secret
            office = team.sudo()._office_hours(company.sudo())
            hours = self._snapshot(office, company, *self._years(rows))._intervals()
        return level_tools.next_level(
            terms.levels,
            {row.alert_id for row in rows if row.alert_id},
            events,
            terms.target_minutes,
            snapshot._intervals(),
            hours,
            _agreement(_ordered(rows)),
            fields.Datetime.now(),
        )

    def measure_finished(self, rows, clock):
        """Measure a clock that has ended with what it was measured with before."""
        pausing = frozenset((clock.rests_for or "").split(","))
        result = clock_tools.replay(
            events_of(rows, pausing),
            clock.target_minutes,
            clock.snapshot_id._intervals(),
        )
        return {**_values(rows, result, pausing), "next_alert_at": False}

    def _replay(self, events, target_minutes, calendar, company):
        """Replay a ledger over a horizon that is long enough for its deadline."""
        if not calendar:
            snapshot = self.env["aftersales.sla.calendar"]
            return snapshot, clock_tools.replay(events, target_minutes, None)
        first_year, end_year = self._years(events)
        while True:
            snapshot = self._snapshot(calendar, company, first_year, end_year)
            result = clock_tools.replay(events, target_minutes, snapshot._intervals())
            too_short = result.beyond_horizon and snapshot.open_hours
            if not too_short or end_year - first_year >= MAX_YEARS:
                return snapshot, result
            end_year = min(
                first_year + 2 * (end_year - first_year), first_year + MAX_YEARS
            )

    def _years(self, rows):
        """Return the horizon of a ledger: first year, and first year after it."""
        first = min(row.at for row in rows).year
        moments = [getattr(row, "agreed_deadline", None) or row.at for row in rows]
        last = max(*moments, *(row.at for row in rows)).year
        return first, min(max(last, self.this_year) + 2, first + MAX_YEARS)

    def _snapshot(self, calendar, company, first_year, end_year):
        if not calendar:
            return self.env["aftersales.sla.calendar"]
        key = (calendar.id, company.id, first_year, end_year)
        if key not in self.snapshots:
            self.snapshots[key] = self.env["aftersales.sla.calendar"]._for(
                calendar, company, first_year, end_year
            )
        return self.snapshots[key]


def events_of(rows, pausing):
    """Convert a ledger for the engine.

    Every wait is in the ledger; whether it pauses this clock is the policy's choice. A
    resume without its pause is ignored by the engine.

    :param rows: LedgerRow
    :param frozenset pausing: reasons for which the policy lets the clock rest
    """
    return [
        row.as_event()
        for row in rows
        if row.kind != "pause" or not row.pause_reason or row.pause_reason in pausing
    ]


def _ordered(rows):
    return sorted(rows, key=lambda row: (row.at, row.sequence))


def _values(rows, result, pausing):
    """Return the values of a clock that follow from a replay."""
    ordered = _ordered(rows)
    result = _agreed(ordered, result)
    ended = [row.reason for row in ordered if row.kind in ENDING and row.reason]
    pauses = [
        row.pause_reason
        for row in ordered
        if row.kind == "pause" and (not row.pause_reason or row.pause_reason in pausing)
    ]
    return {
        "state": result.state,
        "pause_reason": pauses[-1] if pauses and result.state == "paused" else False,
        "started_at": result.started_at,
        "running_since": result.running_since,
        "stopped_at": result.stopped_at,
        "deadline": result.deadline,
        "is_agreed": bool(_agreement(ordered)) and result.outcome != "void",
        "used_minutes": result.used_minutes,
        "used_hours": result.used_minutes / 60.0,
        "paused_minutes": result.paused_minutes,
        "outcome": result.outcome,
        "outcome_reason": ended[-1] if ended and result.outcome != "open" else False,
        "hit_rate": float(result.outcome == "met"),
    }


def _agreement(ordered):
    """Return the deadline set by hand that still holds, if any.

    The last one since the clock began or was reopened; pauses do not move it.
    """
    agreed = None
    for row in ordered:
        if row.kind in REVIVING:
            agreed = None
        elif row.agreed_deadline:
            agreed = row.agreed_deadline
    return agreed


def _agreed(ordered, result):
    """Judge a clock by the deadline that was set by hand, if there is one."""
    agreed = _agreement(ordered)
    if not agreed or result.outcome == "void":
        return result
    outcome = result.outcome
    if result.stopped_at:
        outcome = "met" if result.stopped_at <= agreed else "missed"
    return replace(result, deadline=agreed, outcome=outcome)
