# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The ledger of quotas against a slow reference and against its own laws."""

from contextlib import suppress
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools.quota import QUOTAS, Ledger, QuotaError, Row

from .clock_common import EXAMPLES

YEARS = [
    (date(2026, 1, 10), date(2027, 1, 9)),
    (date(2027, 1, 10), date(2028, 1, 9)),
]
DAYS = [date(2026, 3, 1), date(2027, 1, 9), date(2027, 1, 10), date(2029, 1, 1)]
INCLUDED = {"visit": 2, "hour": 5.5, "parts": 100.0}

quotas = st.sampled_from(QUOTAS)
visits = st.integers(1, 3)
amounts = st.integers(0, 400).map(lambda number: number / 100)
steps = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "whole", "release", "consume", "extra", "correct"]),
        quotas,
        visits,
        amounts,
        st.sampled_from(DAYS),
        st.booleans(),
    ),
    max_size=25,
)


def make(rows=(), included=None, periods=None):
    return Ledger(included or INCLUDED, periods or YEARS, list(rows))


def play(ledger, script, check=lambda step: None):
    """Do steps as they come; those that would take too much are refused."""
    for step in script:
        kind, quota, visit, amount, day, sign = step
        with suppress(QuotaError):
            if kind in ("reserve", "whole"):
                ledger.reserve(quota, visit, amount, day, whole=kind == "whole")
            elif kind == "release":
                ledger.release(quota, visit)
            elif kind == "consume":
                ledger.consume(quota, visit, amount, day)
            elif kind == "extra":
                ledger.consume_extra(quota, visit, amount, day)
            else:
                ledger.correct(quota, amount if sign else -amount, day)
        check(step)
    return ledger


def slow_balance(rows, quota, first):
    """Count by hand what is reserved and consumed in a contract year."""
    reserved, consumed, extra = {}, 0, 0
    for row in rows:
        year = date(2026, 1, 10) if row.period < date(2027, 1, 10) else YEARS[1][0]
        if row.quota != quota or year != first:
            continue
        key = (row.visit, row.round)
        if row.step == "reserve":
            reserved[key] = reserved.get(key, 0) + round(row.quantity * 100)
        else:
            if row.step != "correct" and row.visit:
                reserved.pop(key, None)
            if row.step in ("consume", "correct"):
                consumed += round(row.quantity * 100)
                extra += round(row.quantity * 100) * row.is_extra
    return sum(reserved.values()), consumed, extra


@tagged("post_install", "-at_install")
class TestToolsQuota(BaseCase):
    def test_a_visit_from_its_planning_to_its_end(self):
        ledger = make()
        day = DAYS[0]
        self.assertEqual(ledger.reserve("visit", 7, 1, day, whole=True), 1)
        self.assertEqual(ledger.balance("visit", day), (2, 1, 0, 0))
        ledger.consume("visit", 7, 1, day)
        self.assertEqual(ledger.balance("visit", day), (2, 0, 1, 0))
        self.assertEqual(ledger.balance("visit", day).left, 1)
        self.assertEqual([row.step for row in ledger.new], ["reserve", "consume"])
        self.assertEqual(ledger.balance("visit", DAYS[2]).left, 2)

    def test_planned_twice_is_reserved_once(self):
        ledger = make()
        for _again in range(3):
            ledger.reserve("visit", 7, 1, DAYS[0], whole=True)
        self.assertEqual(len(ledger.new), 1)
        for _again in range(3):
            ledger.consume("visit", 7, 1, DAYS[0])
        self.assertEqual(len(ledger.new), 2)

    def test_to_another_contract_year_and_back(self):
        ledger = make()
        ledger.reserve("visit", 7, 1, DAYS[1])
        ledger.reserve("visit", 7, 1, DAYS[2])
        self.assertEqual(ledger.balance("visit", DAYS[1]).reserved, 0)
        self.assertEqual(ledger.balance("visit", DAYS[2]).reserved, 1)
        ledger.reserve("visit", 7, 1, DAYS[1])
        self.assertEqual(ledger.balance("visit", DAYS[1]).reserved, 1)
        self.assertEqual(
            [(row.step, row.round) for row in ledger.new],
            [("reserve", 1), ("release", 1), ("reserve", 2)]
            + [("release", 2), ("reserve", 3)],
        )

    def test_a_day_outside_counts_in_the_nearest_period(self):
        ledger = make()
        self.assertEqual(ledger.period(date(2025, 1, 1)), YEARS[0][0])
        self.assertEqual(ledger.period(YEARS[0][1]), YEARS[0][0])
        self.assertEqual(ledger.period(YEARS[1][0]), YEARS[1][0])
        self.assertEqual(ledger.period(date(2030, 1, 1)), YEARS[1][0])

    def test_the_last_one_and_the_one_beyond(self):
        ledger = make()
        day = DAYS[0]
        for visit in (1, 2):
            self.assertEqual(ledger.reserve("visit", visit, 1, day, whole=True), 1)
        self.assertEqual(ledger.reserve("visit", 3, 1, day, whole=True), 0)
        with self.assertRaises(QuotaError) as refused:
            ledger.consume("visit", 3, 1, day)
        self.assertEqual(
            (refused.exception.quota, refused.exception.limit), ("visit", 0)
        )
        ledger.consume_extra("visit", 3, 1, day)
        self.assertEqual(ledger.balance("visit", day), (2, 2, 1, 1))
        self.assertEqual(ledger.balance("visit", day).left, 0)
        self.assertEqual(ledger.granted("visit", 3), 0)

    def test_what_fits_is_given(self):
        ledger = make()
        self.assertEqual(ledger.reserve("hour", 1, 4, DAYS[0]), 4)
        self.assertEqual(ledger.reserve("hour", 2, 4, DAYS[0]), 1.5)
        self.assertEqual(ledger.reserve("hour", 1, 1, DAYS[0]), 1)
        self.assertEqual(ledger.reserve("hour", 2, 4, DAYS[0]), 4)

    def test_a_corrected_visit(self):
        ledger = make()
        day = DAYS[0]
        ledger.consume("hour", 1, 3, day)
        ledger.reserve("hour", 1, 5, day)
        self.assertEqual(ledger.balance("hour", day), (5.5, 2, 3, 0))
        ledger.consume("hour", 1, 5, day)
        self.assertEqual(ledger.balance("hour", day), (5.5, 0, 5, 0))
        ledger.consume("hour", 1, 0, day)
        self.assertEqual(ledger.balance("hour", day).consumed, 0)
        steps = [row.step for row in ledger.new]
        self.assertEqual(steps, ["consume", "reserve", "release", "correct", "correct"])

    def test_counted_where_it_began(self):
        """Work that goes on in the next year stays in the year of its visit."""
        ledger = make()
        ledger.consume("hour", 1, 1, DAYS[0])
        ledger.reserve("hour", 1, 3, DAYS[3])
        self.assertEqual(ledger.balance("hour", DAYS[0]), (5.5, 2, 1, 0))
        ledger.consume("hour", 1, 3, DAYS[3])
        self.assertEqual(ledger.balance("hour", DAYS[0]), (5.5, 0, 3, 0))
        self.assertEqual(ledger.balance("hour", DAYS[3]), (5.5, 0, 0, 0))

    def test_given_back_once(self):
        """What was given back by hand is not given back by the visit again."""
        ledger = make()
        ledger.consume("visit", 1, 1, DAYS[0])
        ledger.correct("visit", -1, DAYS[0])
        ledger.consume("visit", 1, 0, DAYS[0])
        self.assertEqual(ledger.balance("visit", DAYS[0]), (2, 0, 0, 0))

    def test_correct_by_hand(self):
        ledger = make()
        ledger.correct("visit", 2, DAYS[0])
        for quantity in (1, -3):
            with self.assertRaises(QuotaError):
                ledger.correct("visit", quantity, DAYS[0])
        ledger.correct("visit", -2, DAYS[0])
        self.assertEqual(ledger.balance("visit", DAYS[0]).left, 2)

    # === LAWS === #

    @settings(EXAMPLES, max_examples=500)
    @given(steps)
    def test_never_below_zero(self, script):
        ledger = make()

        def check(step):
            for quota in QUOTAS:
                for day in DAYS:
                    balance = ledger.balance(quota, day)
                    self.assertGreaterEqual(balance.left, 0, step)
                    self.assertGreaterEqual(balance.reserved, 0, step)
                    self.assertGreaterEqual(balance.consumed - balance.extra, 0, step)

        play(ledger, script, check)

    @settings(EXAMPLES, max_examples=300)
    @given(steps)
    def test_against_reference(self, script):
        ledger = play(make(), script)
        for quota in QUOTAS:
            for first, _last in YEARS:
                balance = ledger.balance(quota, first)
                found = [
                    round(number * 100)
                    for number in (balance.reserved, balance.consumed, balance.extra)
                ]
                self.assertEqual(found, list(slow_balance(ledger.rows, quota, first)))

    @settings(EXAMPLES, max_examples=300)
    @given(st.data(), steps)
    def test_order_does_not_matter(self, data, script):
        ledger = play(make(), script)
        mixed = make(data.draw(st.permutations(ledger.rows)))
        for quota in QUOTAS:
            for day in DAYS:
                self.assertEqual(ledger.balance(quota, day), mixed.balance(quota, day))
            for visit in (1, 2, 3):
                self.assertEqual(
                    ledger.granted(quota, visit), mixed.granted(quota, visit)
                )

    @settings(EXAMPLES, max_examples=300)
    @given(steps)
    def test_rows_pair(self, script):
        """Each reservation ends once, and only where it was made; a visit is consumed
        once."""
        rows = play(make(), script).new
        reserved = [row for row in rows if row.step == "reserve"]
        keys = {(row.quota, row.visit, row.round): row for row in reserved}
        self.assertEqual(len(keys), len(reserved))
        ended = [row for row in rows if row.step == "release"]
        self.assertEqual(
            len({(row.quota, row.visit, row.round) for row in ended}), len(ended)
        )
        for row in ended:
            twin = keys[row.quota, row.visit, row.round]
            self.assertEqual((row.quantity, row.period), (twin.quantity, twin.period))
        consumed = [(r.quota, r.visit) for r in rows if r.step == "consume"]
        self.assertEqual(len(set(consumed)), len(consumed))
        both = {(r.quota, r.visit, r.round) for r in rows if r.step == "consume"}
        self.assertFalse(both & {(r.quota, r.visit, r.round) for r in ended})

    @settings(EXAMPLES, max_examples=200)
    @given(steps, quotas, visits, amounts)
    def test_again_changes_nothing(self, script, quota, visit, amount):
        """What is done twice is done once."""
        ledger = play(make(), script)
        again = [
            ("reserve", quota, visit, amount, DAYS[0], True),
            ("consume", quota, visit, amount, DAYS[0], True),
        ]
        play(ledger, again)
        count = len(ledger.rows)
        play(ledger, again[1:])
        self.assertEqual(len(ledger.rows), count)

    def test_rows_of_changed_periods_count(self):
        """A contract that counts by year from now on keeps what was used before."""
        rows = [Row("visit", "consume", 1, YEARS[0][0], 1, 1)]
        whole = make(rows, periods=[(YEARS[0][0], YEARS[1][1])])
        self.assertEqual(whole.balance("visit", DAYS[3]).consumed, 1)
        self.assertEqual(make(rows).balance("visit", DAYS[3]).consumed, 0)
