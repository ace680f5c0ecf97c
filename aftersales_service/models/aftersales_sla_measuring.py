# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a ledger says about its clock: its rows are measured, nothing is written."""

from dataclasses import dataclass, replace
from datetime import datetime

from odoo import fields

from ..tools import clock as clock_tools
from ..tools import levels as level_tools
from .aftersales_sla_calendar import MAX_YEARS

#: Kinds after which a clock that had ended is measured with today's hours again.
REVIVING = {"start", "reopen"}
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
