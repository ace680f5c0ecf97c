# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Periods of contracts: the years quotas count in, and what of the price is due when.

A day is a ``datetime.date``; the first and the last day both count. Periods are counted
from the first day of the contract, so that a contract from 31 January has months that
begin on 1 March (after the last of February), 31 March, 1 May and so on.
"""

from datetime import date, timedelta
from fractions import Fraction
from itertools import accumulate

from .warranty import last_day

DAY = timedelta(days=1)
MONTHS_A_YEAR = 12


def periods(start: date, end: date, months: int) -> list[tuple[date, date]]:
    """Cut a contract into periods of so many months each.

    :param start: first day of the contract
    :param end: last day, not before the first one
    :param months: length of a period, at least 1
    :return: list of (first day, last day), without gaps; the last one ends with the
        contract and may be shorter
    :raise ValueError: for a contract that ends before it begins, or no months
    """
    if months < 1:
        raise ValueError(f"a period lasts at least one month, got {months}")
    if end < start:
        raise ValueError(f"a contract can't end on {end}, before it begins on {start}")
    result, first = [], start
    while first <= end:
        last = min(last_day(start, months * (len(result) + 1), "month"), end)
        result.append((first, last))
        if last == date.max:
            break
        first = last + DAY
    return result


def contract_years(start: date, end: date) -> list[tuple[date, date]]:
    """Return the years of a contract as (first day, last day), oldest first."""
    return periods(start, end, MONTHS_A_YEAR)


def year_of(start: date, end: date, day: date) -> tuple[date, date]:
    """Return the contract year in which a day lies; the nearest one for other days."""
    years = contract_years(start, end)
    return next((year for year in years if day <= year[1]), years[-1])


def shares(start: date, end: date, months: int) -> list[Fraction]:
    """Return which part of the price each period costs.

    Months cost the same, however many days they have; of a month that is cut off by
    the end, its days count.

    :return: one fraction for each of `periods`; together exactly 1
    """
    weights = [
        _part_of_month(first, last, last_day(start, number, "month"))
        for number, (first, last) in enumerate(periods(start, end, 1), 1)
    ]
    total = sum(weights)
    return [
        sum(weights[index : index + months]) / total
        for index in range(0, len(weights), months)
    ]


def quantities_due(
    ordered: float, start: date, end: date, months: int, digits: int
) -> list[float]:
    """Return how much of an ordered quantity is due from each period on.

    Each period is due in advance, on its first day. The sum of all periods is rounded,
    not each of them, so that what is due in the end is exactly what was ordered.

    :param digits: decimals of quantities
    :return: one quantity for each of `periods`, of it and all before it
    """
    exact = Fraction(str(ordered))
    return [
        ordered if share == 1 else float(round(exact * share, digits))
        for share in accumulate(shares(start, end, months))
    ]


def quantity_due(
    ordered: float, start: date, end: date, months: int, day: date, digits: int
) -> float:
    """Return how much of an ordered quantity is due on a day.

    :param digits: decimals of quantities
    :return: 0 before the contract, exactly what was ordered in its last period
    """
    begun = sum(first <= day for first, _last in periods(start, end, months))
    return (
        quantities_due(ordered, start, end, months, digits)[begun - 1] if begun else 0.0
    )


def periods_between(
    ordered: float,
    start: date,
    end: date,
    months: int,
    invoiced: float,
    due: float,
    digits: int,
) -> tuple[date, date] | None:
    """Return which days are paid with what is due beyond what was invoiced.

    :param invoiced: quantity that was invoiced before
    :param due: quantity that is due now
    :return: first day of the first period that wasn't wholly invoiced and last day of
        the last one that is due; ``None`` where nothing is due
    """
    if due <= invoiced:
        return None
    first = last = None
    quantities = quantities_due(ordered, start, end, months, digits)
    for (period_first, period_last), upto in zip(
        periods(start, end, months), quantities, strict=True
    ):
        if upto > invoiced and first is None:
            first = period_first
        if first is not None:
            last = period_last
        if upto >= due:
            break
    return (first, last) if first else None


def _part_of_month(first: date, last: date, whole_last: date) -> Fraction:
    """Return how much of a month is used that ends with the contract or before."""
    return Fraction((last - first).days + 1, (whole_last - first).days + 1)
