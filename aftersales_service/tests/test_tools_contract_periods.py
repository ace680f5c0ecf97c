# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Periods of contracts: hand-made cases, and laws under any dates and months."""

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools import contract_periods as cp
from odoo.addons.aftersales_service.tools.warranty import last_day

EXAMPLES = settings(deadline=None, database=None, derandomize=True, max_examples=300)
DAY = timedelta(days=1)

starts = st.dates(date(2023, 1, 1), date(2032, 12, 31))
lengths = st.integers(0, 2200)
months = st.integers(1, 30)
quantities = st.integers(1, 50_000).map(lambda hundredths: hundredths / 100)


@tagged("post_install", "-at_install")
class TestContractPeriods(BaseCase):
    def test_year_by_quarters(self):
        self.assertEqual(
            cp.periods(date(2026, 3, 15), date(2027, 3, 14), 3),
            [
                (date(2026, 3, 15), date(2026, 6, 14)),
                (date(2026, 6, 15), date(2026, 9, 14)),
                (date(2026, 9, 15), date(2026, 12, 14)),
                (date(2026, 12, 15), date(2027, 3, 14)),
            ],
        )
        self.assertEqual(
            cp.shares(date(2026, 3, 15), date(2027, 3, 14), 3), [Fraction(1, 4)] * 4
        )

    def test_months_cost_the_same_however_long_they_are(self):
        for day in (1, 28, 30, 31):
            start = date(2027, 1, day)
            shares = cp.shares(start, last_day(start, 24, "month"), 1)
            self.assertEqual(shares, [Fraction(1, 24)] * 24, day)

    def test_last_period_may_be_shorter(self):
        # 14 months by threes: four whole ones and two months
        start, end = date(2026, 1, 1), date(2027, 2, 28)
        self.assertEqual(
            cp.shares(start, end, 3), [Fraction(3, 14)] * 4 + [Fraction(2, 14)]
        )
        # One month and 15 of the 30 days of April
        self.assertEqual(
            cp.shares(date(2026, 3, 1), date(2026, 4, 15), 1),
            [Fraction(2, 3), Fraction(1, 3)],
        )

    def test_years(self):
        years = cp.contract_years(date(2024, 2, 29), date(2026, 8, 31))
        self.assertEqual(
            years,
            [
                (date(2024, 2, 29), date(2025, 2, 28)),
                (date(2025, 3, 1), date(2026, 2, 28)),
                (date(2026, 3, 1), date(2026, 8, 31)),
            ],
        )
        start, end = date(2024, 2, 29), date(2026, 8, 31)
        self.assertEqual(cp.year_of(start, end, date(2025, 2, 28)), years[0])
        self.assertEqual(cp.year_of(start, end, date(2025, 3, 1)), years[1])
        self.assertEqual(cp.year_of(start, end, date(2020, 1, 1)), years[0])
        self.assertEqual(cp.year_of(start, end, date(2030, 1, 1)), years[2])

    def test_twelfths_are_rounded_together(self):
        start, end = date(2026, 1, 1), date(2026, 12, 31)
        due = [
            cp.quantity_due(1, start, end, 1, date(2026, month, 1), 2)
            for month in range(1, 13)
        ]
        self.assertEqual(due[:4], [0.08, 0.17, 0.25, 0.33])
        self.assertEqual(due[-1], 1)

    def test_period_of_an_invoice(self):
        start, end = date(2026, 1, 1), date(2026, 12, 31)
        between = [start, end, 3]
        # The first invoice, one after two quarters nobody invoiced, and nothing new
        self.assertEqual(
            cp.periods_between(2, *between, 0, 0.5, 2),
            (date(2026, 1, 1), date(2026, 3, 31)),
        )
        self.assertEqual(
            cp.periods_between(2, *between, 0.5, 1.5, 2),
            (date(2026, 4, 1), date(2026, 9, 30)),
        )
        self.assertIsNone(cp.periods_between(2, *between, 1.5, 1.5, 2))

    def test_refused(self):
        with self.assertRaises(ValueError):
            cp.periods(date(2026, 1, 2), date(2026, 1, 1), 1)
        with self.assertRaises(ValueError):
            cp.periods(date(2026, 1, 1), date(2026, 12, 31), 0)

    @EXAMPLES
    @given(starts, lengths, months)
    def test_periods_are_the_contract(self, start, length, number):
        end = start + timedelta(days=length)
        found = cp.periods(start, end, number)
        self.assertEqual((found[0][0], found[-1][1]), (start, end))
        for (first, last), (following, _last) in zip(found, found[1:], strict=False):
            self.assertLessEqual(first, last)
            self.assertEqual(following, last + DAY)
        for index, (_first, last) in enumerate(found[:-1], 1):
            self.assertEqual(last, last_day(start, number * index, "month"))

    @EXAMPLES
    @given(starts, lengths, months)
    def test_shares_are_one_in_all(self, start, length, number):
        end = start + timedelta(days=length)
        shares = cp.shares(start, end, number)
        self.assertEqual(sum(shares), 1)
        self.assertTrue(all(share > 0 for share in shares))
        # Whole periods cost the same, and the last one never more.
        self.assertEqual(len(set(shares[:-1])) <= 1, True)
        self.assertLessEqual(shares[-1], shares[0])

    @EXAMPLES
    @given(quantities, starts, lengths, months, st.integers(0, 4))
    def test_quantities_add_up_to_what_was_ordered(
        self, ordered, start, length, number, digits
    ):
        ordered = round(ordered, digits)
        end = start + timedelta(days=length)
        contract = (ordered, start, end, number)
        self.assertEqual(cp.quantity_due(*contract, start - DAY, digits), 0)
        before = 0
        for first, last in cp.periods(start, end, number):
            due = cp.quantity_due(*contract, first, digits)
            self.assertEqual(due, cp.quantity_due(*contract, last, digits))
            self.assertGreaterEqual(due, before)
            self.assertEqual(due, round(due, digits))
            before = due
        self.assertEqual(before, ordered)
        self.assertEqual(cp.quantity_due(*contract, end + DAY, digits), ordered)

    @EXAMPLES
    @given(starts, lengths, months)
    def test_each_invoice_names_its_period(self, start, length, number):
        """Invoiced each time it is due, with decimals enough, the periods come back."""
        end = start + timedelta(days=length)
        periods = cp.periods(start, end, number)
        quantities = cp.quantities_due(1, start, end, number, 12)
        before = 0
        for (first, last), due in zip(periods, quantities, strict=True):
            named = cp.periods_between(1, start, end, number, before, due, 12)
            self.assertEqual(named, (first, last))
            before = due
