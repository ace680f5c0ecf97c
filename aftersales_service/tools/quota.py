# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a contract includes, and what is left of it: a ledger that is replayed.

Pure: rows in, balances out; the order in which rows were written does not matter. Rows
are never changed: what a step needs is added as new rows, see `Ledger.new`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

QUOTAS = ("visit", "hour", "parts")

#: Steps that use something up for good.
USING = ("consume", "correct")
#: Quantities are counted in hundredths: hours and amounts have no finer parts.
DIGITS = 2


class QuotaError(ValueError):
    """A step that would take more than is left, or give back more than was used.

    ``limit`` is what it may be at most.
    """

    def __init__(self, quota: str, limit: float, is_back: bool = False) -> None:
        super().__init__(f"{quota}: {limit}")
        self.quota = quota
        self.limit = limit
        self.is_back = is_back


class Row(NamedTuple):
    """One row of the ledger.

    ``period`` is any day of the period in which it counts. ``round`` numbers the
    reservations of a visit: the row that releases or consumes one has its number. An
    ``is_extra`` row goes beyond what is included: the customer has ordered it.
    """

    quota: str
    step: str
    quantity: float
    period: date
    visit: int | None = None
    round: int = 0
    is_extra: bool = False


class Balance(NamedTuple):
    """What is included in a period, and what became of it."""

    included: float
    reserved: float
    consumed: float
    extra: float = 0.0

    @property
    def left(self) -> float:
        """Return what may still be reserved or consumed."""
        used = self.reserved + self.consumed
        return round(self.included + self.extra - used, DIGITS)


@dataclass
class Ledger:
    """The rows of one contract, and the only way to add to them.

    ``included`` has the quotas that are limited, ``periods`` the first and last day of
    each period in which they count, in their order. ``new`` are the rows that steps
    have added, to be stored.
    """

    included: Mapping[str, float]
    periods: Sequence[tuple[date, date]]
    rows: list[Row] = field(default_factory=list)
    new: list[Row] = field(default_factory=list)

    # === READING === #

    def period(self, day: date) -> date:
        """Return the first day of the period in which something on a day counts.

        What happens before the first period counts in the first one, what happens
        after the last one in the last: a fault is covered by the day it occurred.
        """
        begun = [first for first, _last in self.periods if first <= day]
        return begun[-1] if begun else self.periods[0][0]

    def balance(self, quota: str, day: date) -> Balance:
        """Return the balance of a limited quota in the period of a day."""
        period = self.period(day)
        used = [
            row
            for row in self._of(quota)
            if row.step in USING and self.period(row.period) == period
        ]
        held = self._open(quota)
        return Balance(
            included=self.included[quota],
            reserved=_sum(row for row in held if self.period(row.period) == period),
            consumed=_sum(used),
            extra=_sum(row for row in used if row.is_extra),
        )

    def held(self, quota: str, visit: int) -> Row | None:
        """Return the reservation of a visit that is still open."""
        rows = [row for row in self._open(quota) if row.visit == visit]
        return rows[-1] if rows else None

    def used(self, quota: str, visit: int) -> float:
        """Return what a visit has consumed of what is included."""
        return _sum(row for row in self._used(quota, visit) if not row.is_extra)

    def granted(self, quota: str, visit: int) -> float:
        """Return what a visit has reserved or consumed of what is included."""
        held = self.held(quota, visit)
        reserved = held.quantity if held else 0.0
        return round(self.used(quota, visit) + reserved, DIGITS)

    # === STEPS === #

    def reserve(
        self, quota: str, visit: int, quantity: float, day: date, whole: bool = False
    ) -> float:
        """Bring what a visit has reserved to what it needs, as far as there is enough.

        What it has consumed already counts, and stays in its period. A reservation of
        another period or quantity is released first; one that fits stays as it is.

        :param whole: all of it or nothing
        :return: what is reserved for the visit and consumed by it
        """
        used, held = self.used(quota, visit), self.held(quota, visit)
        before = self._used(quota, visit)
        period = self.period(before[-1].period if before else day)
        need = max(round(quantity - used, DIGITS), 0.0)
        same = held is not None and self.period(held.period) == period
        free = self.balance(quota, period).left
        if same:
            free = round(free + held.quantity, DIGITS)
        fits = max(min(need, free), 0.0)
        if whole and fits < need:
            fits = 0.0
        kept = same and held.quantity == fits
        if held and not kept:
            self._add(held._replace(step="release"))
        if fits and not kept:
            number = self._next_round(quota, visit)
            self._add(Row(quota, "reserve", fits, period, visit, number))
        return round(used + fits, DIGITS)

    def release(self, quota: str, visit: int) -> None:
        """Give back what a visit has reserved; nothing happens when it has not."""
        held = self.held(quota, visit)
        if held:
            self._add(held._replace(step="release"))

    def consume(self, quota: str, visit: int, quantity: float, day: date) -> None:
        """Note what a visit has used in the end, its reservation included.

        Once it has consumed something, the difference to that is corrected, where it
        was counted. What was corrected by hand there is not given back twice.

        :raise QuotaError: when more is used than there is
        """
        held, before = self.held(quota, visit), self._used(quota, visit)
        known = (before and before[-1]) or held
        period = self.period(known.period if known else day)
        balance = self.balance(quota, period)
        free = balance.left + (held.quantity if held else 0.0)
        difference = round(quantity - self.used(quota, visit), DIGITS)
        used = max(round(balance.consumed - balance.extra, DIGITS), 0.0)
        difference = max(difference, -used)
        if difference > round(free, DIGITS):
            raise QuotaError(quota, round(free, DIGITS))
        if held and difference and not before:
            self._add(held._replace(step="consume", quantity=difference))
            return
        self.release(quota, visit)
        self._use(quota, visit, difference, period)
        if quantity:
            self.consume_extra(quota, visit, 0.0, period)

    def consume_extra(self, quota: str, visit: int, quantity: float, day: date) -> None:
        """Note what a visit has used beyond what is included, by the customer's order.

        :param quantity: all of it; what was noted before is corrected
        """
        rows = [row for row in self._used(quota, visit) if row.is_extra]
        period = rows[-1].period if rows else self.period(day)
        difference = round(quantity - _sum(rows), DIGITS)
        self._use(quota, visit, difference, period, is_extra=True)

    def correct(self, quota: str, quantity: float, day: date) -> None:
        """Correct what was consumed in a period.

        :param quantity: what is consumed more; less when it is negative
        :raise QuotaError: when more would be used than there is, or less than nothing
        """
        balance = self.balance(quota, day)
        quantity = round(quantity, DIGITS)
        if quantity > balance.left:
            raise QuotaError(quota, balance.left)
        used = round(balance.consumed - balance.extra, DIGITS)
        if -quantity > used:
            raise QuotaError(quota, used, is_back=True)
        self._add(Row(quota, "correct", quantity, self.period(day)))

    # === INSIDE === #

    def _of(self, quota: str) -> list[Row]:
        return [row for row in self.rows if row.quota == quota]

    def _used(self, quota: str, visit: int) -> list[Row]:
        return [
            row for row in self._of(quota) if row.visit == visit and row.step in USING
        ]

    def _open(self, quota: str) -> list[Row]:
        """Return the reservations that were neither released nor consumed."""
        rows = self._of(quota)
        ended = {
            (row.visit, row.round) for row in rows if row.step in ("release", "consume")
        }
        return [
            row
            for row in rows
            if row.step == "reserve" and (row.visit, row.round) not in ended
        ]

    def _use(
        self,
        quota: str,
        visit: int,
        quantity: float,
        period: date,
        is_extra: bool = False,
    ) -> None:
        """Add what a visit has used: consumed once, corrected from then on."""
        if not quantity:
            return
        if self._used(quota, visit):
            row = Row(quota, "correct", quantity, period, visit, is_extra=is_extra)
        else:
            number = self._next_round(quota, visit)
            row = Row(quota, "consume", quantity, period, visit, number, is_extra)
        self._add(row)

    def _next_round(self, quota: str, visit: int) -> int:
        rows = [row for row in self._of(quota) if row.visit == visit]
        return max((row.round for row in rows), default=0) + 1

    def _add(self, row: Row) -> None:
        self.rows.append(row)
        self.new.append(row)


def _sum(rows: Iterable[Row]) -> float:
    return round(sum(row.quantity for row in rows), DIGITS)
