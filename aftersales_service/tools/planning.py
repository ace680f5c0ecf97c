# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who can go: overlaps, working time, certificates, distance and the order of them.

Moments are naive datetimes in UTC, or all of them aware; days are dates at the site.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import asin, cos, radians, sin, sqrt

EARTH_KM = 6371.0
#: A pause of the working day that nobody is warned of: lunch.
LUNCH = timedelta(hours=2)
#: What has no length takes this long, so that it can overlap.
INSTANT = timedelta(seconds=1)

VALID, EXPIRED, FUTURE, MISSING = "valid", "expired", "future", "missing"


def overlaps(start: datetime, end: datetime, begin: datetime, finish: datetime) -> bool:
    """Tell whether two visits share time; one that ends as the other begins doesn't."""
    end, finish = max(end, start + INSTANT), max(finish, begin + INSTANT)
    return start < finish and begin < end


def working_spans(
    work: Iterable[tuple[datetime, datetime]],
) -> list[tuple[datetime, datetime]]:
    """Join working times that only a short pause divides.

    :param work: (start, end) pairs, ascending
    :return: list of (start, end) pairs
    """
    spans: list[tuple[datetime, datetime]] = []
    for start, end in work:
        if spans and start - spans[-1][1] <= LUNCH:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def within_hours(
    work: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime
) -> bool:
    """Tell whether a visit begins and ends within working time.

    The nights of a visit of several days are nobody's working time, and no reason to
    warn; a visit of one day lies in one working day.
    """
    spans = working_spans(work)
    first = [span for span in spans if span[0] <= start < span[1]]
    last = [span for span in spans if span[0] < max(end, start + INSTANT) <= span[1]]
    if not first or not last:
        return False
    return first == last or end - start >= timedelta(hours=12)


def certificate_state(
    periods: Iterable[tuple[date | None, date | None]], first: date, last: date
) -> tuple[str, date | None]:
    """Judge the certificates of one kind that somebody has, on the days of a visit.

    :param periods: (valid from, valid until) of each, both days included
    :param first: first day of the visit, at the site
    :param last: last day of the visit, at the site
    :return: VALID, EXPIRED (with the last valid day), FUTURE (with the first one) or
        MISSING
    """
    periods = list(periods)
    if any((not a or a <= first) and (not b or b >= last) for a, b in periods):
        return VALID, None
    ended = [b for a, b in periods if b and b < last and (not a or a <= last)]
    if ended:
        return EXPIRED, max(ended)
    begins = [a for a, _b in periods if a and a > first]
    return (FUTURE, min(begins)) if begins else (MISSING, None)


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the straight line between two points (latitude, longitude in degrees)."""
    lat1, lon1, lat2, lon2 = map(radians, (*one, *other))
    half = sin((lat2 - lat1) / 2) ** 2 + (
        cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of somebody who might go.

    :ivar blocks: number of reasons that forbid it
    :ivar warnings: number of reasons against it
    :ivar away: on leave, or a holiday
    :ivar distance: km to the site, None when not known
    :ivar machine_visits: earlier visits to the machine
    :ivar customer_visits: earlier visits to the customer
    :ivar load_hours: hours planned in the week of the visit
    """

    blocks: int = 0
    warnings: int = 0
    away: bool = False
    distance: float | None = None
    machine_visits: int = 0
    customer_visits: int = 0
    load_hours: float = 0.0


def penalty(facts: Facts) -> float:
    """Weigh what speaks against somebody, less what speaks for him.

    A warning weighs as much as 200 km; knowing the machine as much as 100 km, knowing
    the customer as much as 50; each hour planned in the week as much as 5 km. An
    unknown distance counts as 50 km: neither near nor far.
    """
    distance = 50.0 if facts.distance is None else facts.distance
    return (
        distance
        + 200.0 * facts.warnings
        + 5.0 * facts.load_hours
        - 25.0 * min(facts.machine_visits, 4)
        - 12.5 * min(facts.customer_visits, 4)
    )


def rank(facts: Facts) -> tuple[bool, bool, float]:
    """Return what candidates are sorted by, the best first.

    Whoever may not go comes after all who may, and whoever is away after those who
    are there, however near and able.
    """
    return bool(facts.blocks), facts.away, penalty(facts)
