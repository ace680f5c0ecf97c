# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A service promise as a clock that is replayed from its ledger of events.

Nothing is kept between two replays: whatever changes (an event, the target, the
calendar), the clock is what :func:`replay` makes of the whole ledger. Moments are
naive datetimes in UTC, minutes are open minutes of the clock's calendar (see
:mod:`.working_time`), and every comparison is made on :class:`~datetime.timedelta`,
which is exact to the microsecond.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from . import working_time
from .working_time import ZERO, Intervals, Pairs

#: For each kind of event the states in which it acts. In any other state it is
#: redundant (a pause while paused, a second stop...) and ignored: the first wins.
ACTS_IN = {
    "start": {"new", "void"},
    "reopen": {"stopped", "void"},
    "resume": {"paused"},
    "pause": {"running"},
    "stop": {"running", "paused"},
    "void": {"new", "running", "paused", "stopped"},
}
#: Rows of the ledger that tell what happened and move no clock.
TRACE = {"retarget", "alert"}
#: All kinds, in the order in which events of the same moment and sequence act.
KINDS = (*ACTS_IN, "correction", *sorted(TRACE))
_RANK = {kind: rank for rank, kind in enumerate(KINDS)}
_STATE_AFTER = dict.fromkeys(("start", "reopen", "resume"), "running")
_STATE_AFTER |= {"pause": "paused", "stop": "stopped", "void": "void"}
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Event:
    """One row of a clock's ledger.

    :ivar at: when it happened, naive UTC
    :ivar kind: one of :data:`KINDS`
    :ivar sequence: order among events of the same moment
    :ivar minutes: for ``correction`` the signed minutes a manager adds to the used
        ones (required); for ``reopen`` the minutes used before, carried as a constant
        (``None``: they are measured from the events); no meaning for other kinds
    :ivar reason: free text, not read here
    :raise ValueError: for an unknown kind, a moment with a time zone, minutes that are
        not finite, or a correction without minutes
    """

    at: datetime
    kind: str
    sequence: int = 0
    minutes: float | None = None
    reason: str = ""

    def __post_init__(self):
        if self.kind not in _RANK:
            raise ValueError(f"unknown kind of clock event: {self.kind!r}")
        working_time.check_naive(self.at)
        if self.minutes is None:
            if self.kind == "correction":
                raise ValueError("a correction needs its minutes")
        elif not math.isfinite(self.minutes):
            raise ValueError(f"minutes must be finite, got {self.minutes!r}")

    @property
    def order(self) -> tuple:
        """Key that sorts a ledger the same way whatever order it was given in."""
        carries = self.minutes is not None
        return (
            self.at,
            self.sequence,
            _RANK[self.kind],
            not carries,
            self.minutes if carries else 0.0,
        )


@dataclass(frozen=True, slots=True)
class Replay:
    """What a ledger amounts to.

    :ivar target: the promised open time
    :ivar deadline: see :func:`replay`
    :ivar used: open time used, to the stop or, while open, to the last clock event
    :ivar paused: open time of the finished pauses; information, it decides nothing
    :ivar outcome: ``open``, ``met`` (stopped, used at most the target), ``missed``
        (stopped, used more) or ``void``
    :ivar state: ``new`` (not started), ``running``, ``paused``, ``stopped``, ``void``
    :ivar started_at: first start (after a void: the new start)
    :ivar stopped_at: moment of the stop or of the void, ``None`` while open
    :ivar running_since: last start, resume or reopening, ``None`` unless running
    """

    target: timedelta
    deadline: datetime | None
    used: timedelta
    paused: timedelta
    outcome: str
    state: str
    started_at: datetime | None
    stopped_at: datetime | None
    running_since: datetime | None

    @property
    def remaining(self) -> timedelta:
        """Target less used time; negative once the promise is broken."""
        return self.target - self.used

    @property
    def used_minutes(self) -> float:
        return self.used / _MINUTE

    @property
    def paused_minutes(self) -> float:
        return self.paused / _MINUTE

    @property
    def remaining_minutes(self) -> float:
        return self.remaining / _MINUTE

    @property
    def beyond_horizon(self) -> bool:
        """Whether the deadline is empty only because the intervals end too early."""
        return self.deadline is None and self.state in ("running", "stopped")


def replay(
    events: Iterable[Event], target_minutes: float, intervals: Pairs = None
) -> Replay:
    """Replay a ledger from its beginning.

    Events act in the order (moment, sequence), ties in the order of :data:`KINDS`.

    - Running time counts as used, paused time does not; of both only the open part
      counts, so a pause outside working time costs and gives nothing.
    - A stop or void while paused implies a resume at that instant.
    - ``reopen`` continues after a stop or void; the time in between counts for
      nothing. With minutes, used time restarts from that constant and nothing before
      it is measured again, corrections included; without, the earlier runs are
      measured. Paused time is always measured from all pauses.
    - ``correction`` is a constant added to the used time, in whatever state; it counts
      as if it had been used at the very start, so that also the deadline of a clock
      stopped before the correction agrees with its outcome. More may be taken off
      than was used: the manager then grants extra time and ``used`` is negative.
    - ``void`` ends the clock with no outcome of success; only ``reopen`` (continues)
      or ``start`` (begins anew from nothing) bring it back.

    The deadline is the moment at which used time reached the target or, if it has not,
    the moment at which it would, running on from the last start, resume or reopening
    (also of a stopped clock). It is empty while paused unless it was already reached,
    when void, before the start, and when the intervals do not reach that far
    (:attr:`Replay.beyond_horizon`). When carried or corrected minutes alone reach the
    target, it is the start of the clock, or for a reopening that came with the target
    already used, the deadline of the time before, at the latest the earlier stop.

    Definition of deadline, used and paused: the project's DESIGN.md, section 3, "SLA
    clocks".

    :param events: the ledger, in any order
    :param target_minutes: promised open minutes, more than zero
    :param intervals: open times, see :func:`.working_time.normalise`; ``None`` is 24/7
    :raise ValueError: if the target is not a finite number above zero
    """
    if target_minutes is None or not math.isfinite(target_minutes):
        raise ValueError(f"target must be a finite number, got {target_minutes!r}")
    target = timedelta(minutes=target_minutes)
    if target <= ZERO:
        raise ValueError(f"target must be above zero, got {target_minutes!r}")
    ledger = _Ledger(target, working_time.normalise(intervals))
    for event in sorted(events, key=lambda event: event.order):
        ledger.apply(event)
    return ledger.result()


def used_at(
    events: Iterable[Event], target_minutes: float, intervals: Pairs, now: datetime
) -> timedelta:
    """Return the time used at a moment, the current run included: for a countdown.

    Events later than ``now`` are not known yet at ``now`` and left out.

    :param now: naive UTC datetime
    :raise ValueError: as :func:`replay`
    """
    intervals = working_time.normalise(intervals)
    known = [event for event in events if event.at <= now]
    clock = replay(known, target_minutes, intervals)
    if clock.running_since is None:
        return clock.used
    return clock.used + working_time.overlap(clock.running_since, now, intervals)


class _Ledger:
    """The clock while its events are applied one after the other."""

    def __init__(self, target: timedelta, intervals: Intervals | None):
        self.target = target
        self.intervals = intervals
        self.state = "new"
        self.stopped_at: datetime | None = None
        self._begin(None)

    def _begin(self, at: datetime | None) -> None:
        self.started_at = at
        # Used time is a constant (carried, corrected) plus the runs measured.
        self.constant = ZERO
        self.runs: list[tuple[datetime, timedelta]] = []  # (start, open time)
        self.paused = ZERO
        self.since = at  # beginning of the current run or pause
        self.reached_at = at  # the deadline if the constant alone is enough

    def apply(self, event: Event) -> None:
        kind, at = event.kind, event.at
        if kind == "correction":
            self.constant += timedelta(minutes=event.minutes)
            return
        if self.state not in ACTS_IN.get(kind, ()):
            return
        self._close(at, ends=kind in ("stop", "void"))
        if kind == "start":
            correction = self.constant if self.state == "new" else ZERO
            self._begin(at)
            self.constant = correction
        elif kind == "reopen":
            self._reopen(event)
        if kind in ("stop", "void"):
            # A void after a stop leaves the clock ended when it was.
            self.stopped_at = self.stopped_at or at
        else:
            self.stopped_at = None
        self.state = _STATE_AFTER[kind]
        self.since = at

    def _close(self, at: datetime, ends: bool) -> None:
        """End the current run or pause."""
        if self.state == "running":
            spent = working_time.overlap(self.since, at, self.intervals)
            self.runs.append((self.since, spent))
        elif self.state == "paused":
            self.paused += working_time.overlap(self.since, at, self.intervals)
            if ends:
                self.runs.append((at, ZERO))  # the resume that the end implies

    def _reopen(self, event: Event) -> None:
        if self.started_at is None:  # void before it ever started
            self.started_at = self.reached_at = event.at
        if event.minutes is None:
            return
        carried = timedelta(minutes=event.minutes)
        if carried >= self.target and self.runs:
            earlier = self._deadline()
            self.reached_at = min(earlier or self.stopped_at, self.stopped_at)
        else:
            self.reached_at = event.at
        self.constant = carried
        self.runs = []

    def _deadline(self) -> datetime | None:
        """Return when the target was or will be used up, paused or not."""
        need = self.target - self.constant
        if need <= ZERO:
            return self.reached_at
        runs = self.runs
        if self.state == "running":
            runs = [*runs, (self.since, ZERO)]
        for start, spent in runs[:-1]:
            if spent >= need:
                return working_time.advance(start, need, self.intervals)
            need -= spent
        # The last run is the one that would run on.
        return working_time.advance(runs[-1][0], need, self.intervals) if runs else None

    def result(self) -> Replay:
        used = sum((spent for _start, spent in self.runs), self.constant)
        outcome = "void" if self.state == "void" else "open"
        if self.state == "stopped":
            outcome = "met" if used <= self.target else "missed"
        hidden = self.state in ("new", "void") or (
            self.state == "paused" and used < self.target
        )
        return Replay(
            target=self.target,
            deadline=None if hidden else self._deadline(),
            used=used,
            paused=self.paused,
            outcome=outcome,
            state=self.state,
            started_at=self.started_at,
            stopped_at=self.stopped_at,
            running_since=self.since if self.state == "running" else None,
        )
