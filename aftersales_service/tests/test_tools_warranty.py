# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Warranty days by hand-made cases and against a reference that walks day by day."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools import warranty as w
from odoo.addons.aftersales_service.tools.warranty import COSTS, Span, Terms

EXAMPLES = settings(deadline=None, database=None, derandomize=True, max_examples=200)
DAY = timedelta(days=1)

days = st.dates(date(2019, 1, 1), date(2033, 12, 31))
maybe_days = st.none() | days
units = st.sampled_from(w.UNITS)
counts = st.integers(1, 40)
covered = st.frozensets(st.sampled_from(COSTS))


@st.composite
def terms(draw) -> Terms:
    return Terms(
        {cost: draw(counts) for cost in COSTS},
        draw(units),
        draw(st.none() | counts),
        draw(covered),
    )


def terms_of(parts, labour=None, travel=None, **values) -> Terms:
    durations = (parts, labour or parts, travel or parts)
    return Terms(dict(zip(COSTS, durations, strict=True)), **values)


def walk(start: date, count: int, unit: str) -> date:
    """Reference of `last_day`: walk day by day and count what is complete.

    A month is complete on the day before the next day with the start's number, or on
    the last day of a month that has no such day.
    """
    if unit == "day":
        day = start
        for _number in range(count - 1):
            day += DAY
        return day
    day, months = start, 0
    while True:
        tomorrow = day + DAY
        month_ends = tomorrow.month != day.month
        if tomorrow.day == start.day or (month_ends and day.day < start.day):
            months += 1
            if months == count:
                return day
        day = tomorrow


@tagged("post_install", "-at_install")
class TestWarrantyDays(BaseCase):
    def test_last_day(self):
        for start, count, unit, last in (
            (date(2026, 5, 15), 12, "month", date(2027, 5, 14)),
            (date(2026, 1, 1), 12, "month", date(2026, 12, 31)),
            (date(2026, 1, 31), 1, "month", date(2026, 2, 28)),
            (date(2028, 1, 31), 1, "month", date(2028, 2, 29)),
            (date(2026, 1, 29), 1, "month", date(2026, 2, 28)),
            (date(2026, 1, 28), 1, "month", date(2026, 2, 27)),
            (date(2026, 3, 31), 1, "month", date(2026, 4, 30)),
            (date(2026, 4, 30), 1, "month", date(2026, 5, 29)),
            (date(2028, 2, 29), 12, "month", date(2029, 2, 28)),
            (date(2028, 2, 29), 48, "month", date(2032, 2, 28)),
            (date(2027, 2, 28), 12, "month", date(2028, 2, 27)),
            (date(2027, 3, 1), 12, "month", date(2028, 2, 29)),
            (date(2026, 12, 31), 2, "month", date(2027, 2, 28)),
            (date(2026, 5, 15), 1, "day", date(2026, 5, 15)),
            (date(2028, 2, 28), 2, "day", date(2028, 2, 29)),
            (date(2026, 1, 1), 365, "day", date(2026, 12, 31)),
        ):
            with self.subTest(start=start, count=count, unit=unit):
                self.assertEqual(w.last_day(start, count, unit), last)

    def test_no_time_is_not_zero_months(self):
        """Case 25: zero months can't be confused with none."""
        for count in (0, -1):
            with self.assertRaises(ValueError):
                w.last_day(date(2026, 1, 1), count, "month")
        with self.assertRaises(ValueError):
            w.last_day(date(2026, 1, 1), 1, "year")

    def test_beyond_the_calendar(self):
        for unit in w.UNITS:
            self.assertEqual(w.last_day(date(2026, 1, 1), 10**9, unit), date.max)
        dates = w.extension_dates(
            terms_of(12), None, dict.fromkeys(COSTS, date.max), None
        )
        self.assertEqual(dates.end, date.max)

    def test_cap(self):
        """At most 18 months from the delivery, to the day."""
        term = terms_of(12, cap=18)
        delivery = date(2026, 1, 15)
        limit = date(2027, 7, 14)
        for trigger, end in (
            (date(2026, 7, 14), date(2027, 7, 13)),
            (date(2026, 7, 15), limit),
            (date(2026, 7, 16), limit),
            (limit, limit),
        ):
            with self.subTest(trigger=trigger):
                dates = w.base_dates(term, trigger, delivery)
                self.assertEqual((dates.start, dates.end), (trigger, end))
        late = w.base_dates(term, date(2028, 1, 1), delivery)
        self.assertEqual((late.start, late.end), (limit, limit))
        unknown = w.base_dates(term, date(2028, 1, 1), None)
        self.assertEqual(unknown.end, date(2028, 12, 31))

    def test_missing_trigger(self):
        """Case 27: an unknown day is never today."""
        self.assertIsNone(w.base_dates(terms_of(12), None, date(2026, 1, 1)))
        self.assertIsNone(w.extension_dates(terms_of(12), None, None))
        self.assertIsNone(w.covered_from(None, None))

    def test_end_of_the_covered_classes(self):
        term = terms_of(24, 12, 36, covered=frozenset({"parts", "labour"}))
        dates = w.base_dates(term, date(2026, 5, 15))
        self.assertEqual(dates.end, date(2028, 5, 14))
        self.assertEqual(dates.spans["labour"].end, date(2027, 5, 14))
        nothing = terms_of(24, 12, 36, covered=frozenset())
        self.assertEqual(
            w.base_dates(nothing, date(2026, 5, 15)).end, date(2029, 5, 14)
        )

    def test_extension_chain(self):
        base = w.base_dates(terms_of(24, 12, 12), date(2026, 5, 15))
        ends = {cost: base.spans[cost].end for cost in COSTS}
        first = w.extension_dates(terms_of(12), date(2026, 6, 1), ends)
        self.assertEqual(
            first.spans["parts"], Span(date(2028, 5, 15), date(2029, 5, 14))
        )
        self.assertEqual(
            first.spans["labour"], Span(date(2027, 5, 15), date(2028, 5, 14))
        )
        self.assertEqual(first.start, date(2027, 5, 15))
        ends = {cost: first.spans[cost].end for cost in COSTS}
        second = w.extension_dates(terms_of(30, unit="day"), date(2026, 6, 1), ends)
        self.assertEqual(second.end, date(2029, 6, 13))

    def test_extension_after_the_end(self):
        ends = dict.fromkeys(COSTS, date(2026, 5, 14))
        for sold, start in (
            (date(2026, 5, 14), date(2026, 5, 15)),
            (date(2026, 5, 15), date(2026, 5, 15)),
            (date(2026, 9, 1), date(2026, 9, 1)),
        ):
            dates = w.extension_dates(terms_of(12), sold, ends)
            self.assertEqual(dates.start, start)

    def test_part(self):
        replaced = date(2026, 10, 1)
        ends = {"parts": date(2027, 5, 14), "labour": date(2027, 5, 14)}
        remainder = w.part_dates(replaced, 6, ends)
        self.assertEqual(remainder.end, date(2027, 5, 14))
        own = w.part_dates(replaced, 12, ends)
        self.assertEqual(own.end, date(2027, 9, 30))
        self.assertNotIn("travel", own.spans)
        self.assertIsNone(w.part_dates(replaced, 0, {"parts": None}))
        over = w.part_dates(replaced, 3, {"parts": None})
        self.assertEqual(over.end, date(2026, 12, 31))

    def test_minimum(self):
        for count, unit, minimum, below in (
            (24, "month", 24, False),
            (23, "month", 24, True),
            (730, "day", 24, True),
            (731, "day", 24, False),
            (30, "day", 1, True),
            (31, "day", 1, False),
            (1, "day", 0, False),
        ):
            with self.subTest(count=count, unit=unit):
                self.assertEqual(w.below_minimum(count, unit, minimum), below)

    def test_invoices_of_units(self):
        first, second = date(2026, 1, 10), date(2026, 4, 1)
        rows = [(second, 2), (first, 1)]
        self.assertEqual(w.invoiced_on([1, 1, 1], rows), [first, second, second])
        self.assertEqual(w.invoiced_on([1, 1], [(first, 1)]), [first, None])
        self.assertEqual(w.invoiced_on([2], rows), [second])
        self.assertEqual(w.invoiced_on([0.1] * 3, [(first, 0.3)]), [first] * 3)
        self.assertEqual(w.invoiced_on([], rows), [])


@tagged("post_install", "-at_install")
class TestWarrantyDaysProperties(BaseCase):
    """Against naive references, on drawn values."""

    @EXAMPLES
    @given(days, counts, units)
    def test_last_day_walks(self, start, count, unit):
        self.assertEqual(w.last_day(start, count, unit), walk(start, count, unit))

    @EXAMPLES
    @given(days, counts, units)
    def test_last_day_grows(self, start, count, unit):
        last = w.last_day(start, count, unit)
        self.assertGreaterEqual(last, start)
        self.assertGreater(w.last_day(start, count + 1, unit), last)
        self.assertGreaterEqual(w.last_day(start + DAY, count, unit), last)

    @EXAMPLES
    @given(terms(), maybe_days, maybe_days)
    def test_base(self, term, trigger, delivery):
        dates = w.base_dates(term, trigger, delivery)
        if trigger is None:
            self.assertIsNone(dates)
            return
        ends = {}
        for cost in COSTS:
            end = walk(trigger, term.durations[cost], term.unit)
            if term.cap and delivery:
                end = min(end, walk(delivery, term.cap, term.unit))
            self.assertEqual(dates.spans[cost], Span(trigger, end))
            ends[cost] = end
        last = max(ends[cost] for cost in term.covered or COSTS)
        self.assertEqual(dates.end, last)
        self.assertEqual(dates.start, min(trigger, last))

    @EXAMPLES
    @given(terms(), st.lists(terms(), min_size=1, max_size=3), days, days)
    def test_chain_has_no_gap_and_no_overlap(self, term, extensions, trigger, sold):
        previous = w.base_dates(term, trigger)
        sold = min(sold, previous.end)
        for extension in extensions:
            extension = Terms(extension.durations, extension.unit)
            ends = {cost: previous.spans[cost].end for cost in COSTS}
            dates = w.extension_dates(extension, sold, ends)
            for cost in COSTS:
                expected = max(ends[cost] + DAY, sold)
                self.assertEqual(dates.spans[cost].start, expected)
                self.assertEqual(
                    dates.spans[cost].end,
                    walk(expected, extension.durations[cost], extension.unit),
                )
            previous = dates

    @EXAMPLES
    @given(
        st.lists(
            st.tuples(st.integers(-60, 60), st.integers(-3, 40)).map(
                lambda pair: Span(
                    date(2026, 1, 1) + pair[0] * DAY,
                    date(2026, 1, 1) + sum(pair) * DAY,
                )
            ),
            max_size=6,
        ),
        st.integers(-60, 100),
    )
    def test_unbroken(self, spans, offset):
        day = date(2026, 1, 1) + offset * DAY
        reach = None
        while any(day in span for span in spans):
            reach = day
            day += DAY
        start = date(2026, 1, 1) + offset * DAY
        self.assertEqual(w.unbroken_until(start, spans), reach)

    @EXAMPLES
    @given(days, st.integers(0, 30), maybe_days, maybe_days)
    def test_part(self, replaced, months, parts, labour):
        dates = w.part_dates(replaced, months, {"parts": parts, "labour": labour})
        for cost, remainder in (("parts", parts), ("labour", labour)):
            expected = [remainder] if remainder else []
            if months:
                expected.append(walk(replaced, months, "month"))
            span = dates.spans.get(cost) if dates else None
            self.assertEqual(span and span.end, max(expected, default=None))

    @EXAMPLES
    @given(st.integers(1, 800), st.integers(1, 26))
    def test_minimum_days(self, count, minimum):
        """Days are below when they end earlier from any day at all."""
        starts = [date(2023, 1, 1) + i * DAY for i in range(0, 1461)]
        below = any(
            w.last_day(start, count, "day") < w.last_day(start, minimum, "month")
            for start in starts
        )
        self.assertEqual(w.below_minimum(count, "day", minimum), below)

    @EXAMPLES
    @given(
        st.lists(st.integers(1, 3), max_size=6),
        st.lists(st.tuples(days, st.integers(0, 4)), max_size=5),
    )
    def test_invoiced_piece_by_piece(self, quantities, invoices):
        pieces = [day for day, count in sorted(invoices) for _piece in range(count)]
        expected = []
        for quantity in quantities:
            taken, pieces = pieces[:quantity], pieces[quantity:]
            expected.append(taken[-1] if len(taken) == quantity else None)
            if len(taken) < quantity:
                pieces = []
        self.assertEqual(w.invoiced_on(quantities, invoices), expected)
