# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Days of warranties: when they start, when each class of cost ends, and why.

A day is a ``datetime.date`` at the site of the machine. The first and the last day
both count: 12 months from 15 May 2026 end on 14 May 2027. A month without such a day
ends with its own last day, as the civil codes count it (German BGB § 188, Regulation
(EEC) 1182/71): one month from 31 January ends on 28 or 29 February.

``None`` always means "not known" and never "today".
"""

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

#: The classes of cost that are judged apart.
COSTS = ("parts", "labour", "travel")
UNITS = ("month", "day")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a warranty promises, as far as days go.

    :ivar durations: class of cost to the number of units it is covered, at least 1
    :ivar unit: ``month`` or ``day``, of the durations and of the cap
    :ivar cap: number of units from the delivery after which all ends; ``None`` without
    :ivar covered: classes of which any share is paid; they make the end of all. Empty
        counts as all of them
    """

    durations: Mapping[str, int]
    unit: str = "month"
    cap: int | None = None
    covered: frozenset[str] = frozenset(COSTS)


@dataclass(frozen=True, slots=True)
class Span:
    """Days from the first to the last one, both included; none if they cross."""

    start: date
    end: date

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end


@dataclass(frozen=True, slots=True)
class Dates:
    """The derived days of one warranty.

    :ivar start: first day; not after ``end``
    :ivar end: last day of all covered classes
    :ivar spans: class of cost to its days; a class that got none is absent
    """

    start: date
    end: date
    spans: Mapping[str, Span] = field(default_factory=dict)


def last_day(start: date, count: int, unit: str) -> date:
    """Return the last day of so many months or days, the start day included.

    :param start: first day
    :param count: number of units, at least 1
    :param unit: ``month`` or ``day``
    :return: last day, inclusive; the last day of the calendar for what is beyond it
    :raise ValueError: for a count below 1 (no time is no warranty, not one of zero
        months) or an unknown unit
    """
    if count < 1:
        raise ValueError(f"a warranty lasts at least one {unit}, got {count}")
    if unit not in UNITS:
        raise ValueError(f"unknown unit {unit!r}")
    if unit == "day":
        return _plus(start, count - 1)
    month = start.month - 1 + count
    year, month = start.year + month // 12, month % 12 + 1
    if year > date.max.year:
        return date.max
    length = calendar.monthrange(year, month)[1]
    if start.day > length:
        return date(year, month, length)
    return date(year, month, start.day) - DAY


def base_dates(terms: Terms, trigger: date | None, delivery: date | None = None):
    """Derive the days of a machine's own warranty.

    Durations count from the trigger. No class ends after the cap, which counts from
    the delivery; a cap without a delivery can't be applied. A trigger that came after
    the cap leaves a warranty that starts and ends with the cap's last day: by then it
    had protected from the delivery on, see `covered_from`.

    :param trigger: day of the delivery, commissioning or invoice that starts it
    :param delivery: day of the delivery
    :return: `Dates`; ``None`` while the trigger has not come
    """
    if trigger is None:
        return None
    return _dates({cost: trigger for cost in COSTS}, terms, delivery)


def extension_dates(
    terms: Terms,
    sold: date | None,
    previous: Mapping[str, date] | None,
    delivery: date | None = None,
):
    """Derive the days of an extension, class by class.

    Each class starts on the day after it ends in what is extended, but never before
    the extension was sold; without anything to extend, on the day of the sale.

    :param sold: day of the sale
    :param previous: class of cost to its last day in the warranty that is extended
    :param delivery: day of the delivery, for a cap
    :return: `Dates`; ``None`` when neither a sale nor an earlier end is known
    """
    starts = {}
    for cost in COSTS:
        before = (previous or {}).get(cost)
        known = [day for day in (before and _plus(before, 1), sold) if day]
        if not known:
            return None
        starts[cost] = max(known)
    return _dates(starts, terms, delivery)


def part_dates(
    replaced: date, months: int, remainders: Mapping[str, date | None]
) -> Dates | None:
    """Derive the days of a replaced part.

    :param replaced: day it was fitted
    :param months: months of its own; 0 for none
    :param remainders: class of cost to the last day on which the machine's own
        warranties go on without a gap (see `unbroken_until`); ``None`` where they had
        ended. Classes that are not given are not covered
    :return: `Dates`: per class the remainder or the own months, whichever ends later;
        ``None`` when there is neither
    """
    own = last_day(replaced, months, "month") if months else None
    spans = {}
    for cost, remainder in remainders.items():
        ends = [day for day in (own, remainder) if day]
        if ends:
            spans[cost] = Span(replaced, max(ends))
    if not spans:
        return None
    return Dates(replaced, max(span.end for span in spans.values()), spans)


def unbroken_until(day: date, spans: Iterable[Span]) -> date | None:
    """Return until when cover goes on without a gap.

    :param day: a day
    :param spans: the covered days, in any order; they may overlap
    :return: last day of the unbroken cover that includes the day; ``None`` when the
        day itself is not covered
    """
    reach = None
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if span.end < day or span.end < span.start:
            continue
        if span.start > (day if reach is None else _plus(reach, 1)):
            break
        reach = max(reach or span.end, span.end)
    return reach


def covered_from(start: date | None, delivery: date | None) -> date | None:
    """Return the first day a machine's own warranty protects.

    A machine that was delivered is protected, also before its commissioning or
    invoice starts the time to run.

    :param start: first day the duration counts; ``None`` while pending
    :param delivery: day of the delivery
    :return: the earlier one; ``None`` when neither is known
    """
    return min((day for day in (start, delivery) if day), default=None)


def presumed_until(terms: Terms, delivery: date | None) -> dict[str, date]:
    """Return until when a machine is presumed protected while its trigger is unknown.

    :param delivery: day of the delivery
    :return: class of cost to the last day: the cap from the delivery, else its
        duration; empty without a delivery
    """
    if delivery is None:
        return {}
    return {
        cost: last_day(delivery, terms.cap or terms.durations[cost], terms.unit)
        for cost in COSTS
    }


def below_minimum(count: int, unit: str, minimum: int) -> bool:
    """Say whether a duration can end before the statutory minimum.

    Days are compared with the longest run of so many months: 730 days are below 24
    months, as these have 731 days where they include a 29 February.

    :param count: number of units
    :param unit: ``month`` or ``day``
    :param minimum: statutory minimum in months, 0 for none
    """
    if not minimum:
        return False
    if unit == "month":
        return count < minimum
    starts = (date(2001 + i // 12, i % 12 + 1, 1) for i in range(48))
    return count < max(
        (last_day(start, minimum, "month") - start).days + 1 for start in starts
    )


def invoiced_on(
    units: Sequence[float], invoices: Iterable[tuple[date, float]]
) -> list[date | None]:
    """Say which invoice charged each of the units of one order line.

    The first units are those of the first invoice; three units invoiced in two steps
    don't all take the first date.

    :param units: quantity of each unit, in the order of delivery
    :param invoices: (day, quantity) of each invoice, in the unit of the units
    :return: day per unit: that of the invoice in which its last bit was charged;
        ``None`` for what is not invoiced yet
    """
    queue = sorted(invoices)
    days, needed, charged, last = [], 0.0, 0.0, None
    for quantity in units:
        needed += quantity
        while queue and charged < needed - 1e-6:
            last, amount = queue.pop(0)
            charged += amount
        days.append(last if charged >= needed - 1e-6 else None)
    return days


def _dates(starts: Mapping[str, date], terms: Terms, delivery: date | None) -> Dates:
    limit = date.max
    if terms.cap and delivery:
        limit = last_day(delivery, terms.cap, terms.unit)
    spans = {
        cost: Span(
            start, min(last_day(start, terms.durations[cost], terms.unit), limit)
        )
        for cost, start in starts.items()
    }
    judged = [
        spans[cost] for cost in COSTS if cost in terms.covered or not terms.covered
    ]
    end = max(span.end for span in judged)
    return Dates(min(end, *(span.start for span in judged)), end, spans)


def _plus(day: date, days: int) -> date:
    """Add days, up to the last day of the calendar."""
    if days > (date.max - day).days:
        return date.max
    return day + timedelta(days=days)
