# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""On which days the maintenance visits of a contract are due. Pure."""

from datetime import date, timedelta

DAYS_OF_A_YEAR = 365.25


def due_days(first: date, last: date, per_year: int) -> list[date]:
    """Spread maintenance visits evenly over a contract.

    Each visit is due in the middle of its part of the time, so that a contract and the
    one that renews it keep the same distance between visits.

    :param first, last: days of the contract, both inclusive
    :param per_year: visits a year; any at all means at least one
    :return: the days, in their order
    """
    days = (last - first).days + 1
    if per_year <= 0 or days <= 0:
        return []
    count = max(round(per_year * days / DAYS_OF_A_YEAR), 1)
    return [
        first + timedelta(days=days * (2 * number + 1) // (2 * count))
        for number in range(count)
    ]
