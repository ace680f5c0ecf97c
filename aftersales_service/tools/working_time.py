# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Open time between two moments, and the moment at which open time runs out.

Moments are naive datetimes in UTC. A calendar is the list of its open times as
``(start, end)`` pairs of such moments, half open: ``start`` is open, ``end`` is
not. Time zones and daylight saving have been resolved by whoever built the list.
``None`` instead of a list means open round the clock, every day (24/7).

A list knows only its own horizon: outside of it everything counts as closed, so it
has to reach from before the first moment measured to after the last one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

ZERO = timedelta()


@dataclass(frozen=True, slots=True)
class Intervals:
    """Disjoint, sorted, not touching open times; made by :func:`normalise`.

    Many clocks share one calendar, so the sums are made once and each question
    afterwards costs a binary search.

    :ivar starts: openings, ascending
    :ivar ends: the closing that belongs to each opening
    :ivar before: open time of the horizon before each opening
    :ivar total: open time of the whole horizon
    """

    starts: tuple[datetime, ...]
    ends: tuple[datetime, ...]
    before: tuple[timedelta, ...]
    total: timedelta

    def elapsed(self, moment: datetime) -> timedelta:
        """Return the open time from the beginning of the horizon to a moment."""
        index = bisect_right(self.starts, moment) - 1
        if index < 0:
            return ZERO
        return self.before[index] + min(moment, self.ends[index]) - self.starts[index]

    def moment(self, elapsed: timedelta) -> datetime | None:
        """Return the earliest moment with so much open time (> 0) before it."""
        if elapsed > self.total:
            return None
        # bisect_left, not right: what ends with an interval belongs to its closing
        # second, not to the opening of the next interval.
        index = bisect_left(self.before, elapsed) - 1
        return self.starts[index] + (elapsed - self.before[index])


Pairs = Iterable[tuple[datetime, datetime]] | Intervals | None


def check_naive(moment: datetime) -> None:
    """Refuse an aware datetime: mixing zones silently would shift every clock.

    :raise ValueError: if the moment carries a time zone
    """
    if moment.tzinfo is not None:
        raise ValueError(f"naive UTC datetime expected, got {moment!r}")


def normalise(intervals: Pairs) -> Intervals | None:
    """Sort and merge open times and prepare them for :func:`overlap` and so on.

    Overlapping and touching pairs are merged, empty ones dropped. Call it once for
    all clocks of a calendar; a result passed in again is returned as it is.

    :param intervals: ``(start, end)`` pairs of naive UTC datetimes in any order;
        an empty iterable is a calendar that never opens; ``None`` is 24/7
    :return: the prepared intervals, ``None`` for 24/7
    :raise ValueError: if a pair ends before it starts, or carries a time zone
    """
    if intervals is None or isinstance(intervals, Intervals):
        return intervals
    starts: list[datetime] = []
    ends: list[datetime] = []
    for start, end in sorted(intervals, key=_checked):
        if start == end:
            continue
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    before: list[timedelta] = []
    total = ZERO
    for start, end in zip(starts, ends, strict=True):
        before.append(total)
        total += end - start
    return Intervals(tuple(starts), tuple(ends), tuple(before), total)


def _checked(pair: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    start, end = pair
    check_naive(start)
    check_naive(end)
    if end < start:
        raise ValueError(f"interval ends before it starts: {start} > {end}")
    return start, end


def overlap(start: datetime, end: datetime, intervals: Pairs) -> timedelta:
    """Return the open time between two moments.

    :param start: naive UTC datetime, included
    :param end: naive UTC datetime, excluded
    :param intervals: see :func:`normalise`
    :raise ValueError: if ``end`` is before ``start``
    """
    if end < start:
        raise ValueError(f"end before start: {start} > {end}")
    intervals = normalise(intervals)
    if intervals is None:
        return end - start
    return intervals.elapsed(end) - intervals.elapsed(start)


def advance(start: datetime, amount: timedelta, intervals: Pairs) -> datetime | None:
    """Return the moment at which an amount of open time has passed since a start.

    One rule for all cases: it is the earliest moment ``t >= start`` with
    ``overlap(start, t) >= amount``. Hence

    - an amount that uses an interval up to its end falls on the closing second, not
      on the next opening;
    - an amount of zero returns ``start`` itself, open or closed. (Moving it to the
      next opening would break ``advance(advance(s, a), b) == advance(s, a + b)``
      at every closing second.)

    :param start: naive UTC datetime
    :param amount: open time to let pass, zero or more
    :param intervals: see :func:`normalise`
    :return: naive UTC datetime, ``None`` when the horizon is not long enough
    :raise ValueError: if the amount is negative
    """
    if amount < ZERO:
        raise ValueError(f"negative amount: {amount}")
    intervals = normalise(intervals)
    if not amount:
        return start
    if intervals is None:
        try:
            return start + amount
        except OverflowError:  # the year 9999 is the horizon of 24/7
            return None
    return intervals.moment(intervals.elapsed(start) + amount)


def opening(moment: datetime, intervals: Pairs) -> datetime | None:
    """Return the moment itself if it is open, else the next opening.

    :param moment: naive UTC datetime
    :param intervals: see :func:`normalise`
    :return: naive UTC datetime, ``None`` when nothing opens within the horizon
    """
    intervals = normalise(intervals)
    if intervals is None:
        return moment
    index = bisect_right(intervals.starts, moment) - 1
    if index >= 0 and moment < intervals.ends[index]:
        return moment
    following = index + 1
    return intervals.starts[following] if following < len(intervals.starts) else None


def shift(moment: datetime, amount: timedelta, intervals: Pairs) -> datetime | None:
    """Return the moment that lies so much open time later, or earlier if negative.

    Forward it is :func:`advance`; backward it is the earliest moment from which at most
    so much open time passes up to ``moment``.

    :param moment: naive UTC datetime
    :return: naive UTC datetime, ``None`` beyond the horizon
    """
    if amount >= ZERO:
        return advance(moment, amount, intervals)
    intervals = normalise(intervals)
    if intervals is None:
        return moment + amount
    elapsed = intervals.elapsed(moment) + amount
    return intervals.moment(elapsed) if elapsed > ZERO else None
