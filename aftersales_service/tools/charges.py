# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What of the work is charged: normal hours and overtime, shares, differences.

Moments are naive datetimes in UTC, as in :mod:`working_time`.
"""

from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime, timedelta

from .working_time import ZERO, Pairs, normalise, overlap

Span = tuple[datetime, datetime]


def split(spans: Iterable[Span], intervals: Pairs) -> tuple[timedelta, timedelta]:
    """Split time worked into what lies within and what lies outside working hours.

    :param spans: (begin, end) of each piece of work; two pieces at the same time, of
        two people, count both
    :param intervals: the working hours; ``None``: everything is normal time
    :return: normal time and overtime; their sum is the time worked
    :raise ValueError: for a piece that ends before it begins
    """
    hours = normalise(intervals)
    normal = overtime = ZERO
    for start, end in spans:
        inside = overlap(start, end, hours)
        normal += inside
        overtime += end - start - inside
    return normal, overtime


def rounded(
    normal: timedelta, overtime: timedelta, step: int
) -> tuple[timedelta, timedelta]:
    """Round time up to started units, for what is charged.

    The sum is rounded up once. Where a unit has both kinds of time in it, it counts as
    normal time, which is cheaper: nobody pays overtime for a unit that began within
    working hours.

    :param step: minutes of a unit; zero or less: nothing is rounded
    :return: normal time and overtime
    """
    if step <= 0:
        return normal, overtime
    unit = timedelta(minutes=step)
    total = _up(normal + overtime, unit)
    usual = min(_up(normal, unit), total)
    return usual, total - usual


def _up(time: timedelta, unit: timedelta) -> timedelta:
    return -(-time // unit) * unit


def hours(time: timedelta) -> float:
    """Return time in hours, exact to a hundredth of a minute."""
    return round(time.total_seconds() / 3600, 4)


def discount(free: float, other: float = 0.0) -> float:
    """Return the discount of a line, in percent.

    :param free: share that somebody else pays, between 0 and 1
    :param other: percent that the price list takes off already
    """
    return round(100 - (100 - other) * (1 - free), 6)


def difference(
    wanted: Mapping[Hashable, float], ordered: Mapping[Hashable, float]
) -> dict[Hashable, float]:
    """Return what has to be ordered yet, so that all orders together say what's wanted.

    :param wanted: quantity of each thing that is to be charged
    :param ordered: quantity of each thing in the orders that stay as they are
    :return: quantities that are not zero, a negative one for what was too much
    """
    keys = dict.fromkeys((*wanted, *ordered))
    rest = {key: round(wanted.get(key, 0.0) - ordered.get(key, 0.0), 6) for key in keys}
    return {key: quantity for key, quantity in rest.items() if quantity}


def zone_fits(
    zip_code: str, country: int | None, countries: Iterable[int], prefixes: str
) -> bool:
    """Tell whether an address lies in a zone.

    :param zip_code: of the address, possibly empty
    :param country: id of the address's country
    :param countries: ids; none: any country
    :param prefixes: beginnings of ZIP codes, separated by commas or blanks; none: any
    """
    countries = set(countries)
    if countries and country not in countries:
        return False
    begins = prefixes.replace(",", " ").split()
    return not begins or zip_code.strip().startswith(tuple(begins))
