# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When the next alert of a clock is due.

A level is so many minutes of the clock's own open time before (negative), at (zero) or
after its deadline. A level "before" is therefore the moment at which so much less than
the target has been used: it moves with pauses and never falls into closed hours.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from . import clock, working_time
from .working_time import Pairs


@dataclass(frozen=True, slots=True)
class Level:
    """An alert level as a policy has it.

    :ivar key: identity of the level
    :ivar offset: hours, or percent of the target, from the deadline; negative before
    :ivar percent: whether the offset is percent
    :ivar inside_hours: whether it waits for the next working time
    """

    key: int
    offset: float
    percent: bool = False
    inside_hours: bool = False

    def offset_minutes(self, target_minutes: float) -> float:
        """Return the minutes of open time from the deadline, negative before it."""
        if self.percent:
            return target_minutes * self.offset / 100.0
        return self.offset * 60.0


def moment(
    level: Level,
    events: Iterable[clock.Event],
    target_minutes: float,
    intervals: Pairs,
    hours: Pairs = None,
    agreed: datetime | None = None,
    now: datetime | None = None,
) -> datetime | None:
    """Return when a level is due.

    A level that would lie before the start of the clock is due at the start.

    :param events: the clock's ledger
    :param target_minutes: the clock's target
    :param intervals: open times the clock is measured in; ``None`` is 24/7
    :param hours: working time that a level ``inside_hours`` waits for; a level that is
        due at a closing second waits for the next opening. If nothing opens any more
        it does not wait: told at night is better than never
    :param agreed: a deadline (naive UTC) set by hand that rules instead of the target
    :param now: naive UTC; a level ``inside_hours`` that was not told in time (the job
        was down) is due at the next opening if it is closed now
    :return: naive UTC; ``None`` while the clock is paused or has no open time left, if
        the level was not reached before
    :raise ValueError: as :func:`.clock.replay`
    """
    events = list(events)
    due = _reached(level, events, target_minutes, intervals, agreed)
    if not (due and level.inside_hours):
        return due
    due = working_time.opening(due, hours) or due
    if now and due < now:
        opens = working_time.opening(now, hours)
        # In working hours it is told at once and keeps its place in the order.
        due = opens if opens and opens > now else due
    return due


def _reached(level, events, target_minutes, intervals, agreed):
    """Return when the clock reaches a level, whoever is at work then."""
    offset = level.offset_minutes(target_minutes)
    if agreed:
        due = working_time.shift(agreed, timedelta(minutes=offset), intervals)
        if due or offset >= 0:
            return due
    elif target_minutes + offset > 0:
        return clock.replay(events, target_minutes + offset, intervals).deadline
    return clock.replay(events, target_minutes, intervals).started_at


def next_level(
    levels: Collection[Level],
    sent: Collection[int],
    events: Collection[clock.Event],
    target_minutes: float,
    intervals: Pairs,
    hours: Pairs = None,
    agreed: datetime | None = None,
    now: datetime | None = None,
) -> tuple[Level, datetime] | None:
    """Find the earliest level that was not sent yet.

    :param levels: of the clock's policy
    :param sent: keys of the levels that were sent
    :param hours: see :func:`moment`, as ``agreed`` and ``now``
    :return: the level and the moment (naive UTC) it is due; of levels due at the same
        moment the one with the smaller offset, then the older one; ``None`` when there
        is none, or none can be told as long as the clock is paused
    """
    due = []
    for level in levels:
        if level.key in sent:
            continue
        at = moment(level, events, target_minutes, intervals, hours, agreed, now)
        if at:
            order = (at, level.offset_minutes(target_minutes), level.key)
            due.append((order, level))
    if not due:
        return None
    order, level = min(due, key=lambda pair: pair[0])
    return level, order[0]
