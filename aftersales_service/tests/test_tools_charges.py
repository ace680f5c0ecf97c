# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools import charges

EXAMPLES = settings(
    deadline=None,
    database=None,
    derandomize=True,
    max_examples=200,
    # Another process may be busy while the examples are drawn.
    suppress_health_check=[HealthCheck.too_slow],
)
START = datetime(2026, 3, 2)
minutes = st.integers(0, 4000)
times = st.integers(0, 10000).map(lambda value: timedelta(minutes=value))
spans = st.lists(
    st.tuples(minutes, minutes).map(
        lambda pair: (
            START + timedelta(minutes=pair[0]),
            START + timedelta(minutes=pair[0] + pair[1]),
        )
    ),
    max_size=5,
)
quantities = st.tuples(*[st.integers(-900, 900)] * 3).map(
    lambda numbers: {key: n / 4 for key, n in zip("abc", numbers, strict=True) if n}
)


def at(hour, minute=0):
    return START + timedelta(hours=hour, minutes=minute)


def m(value):
    return timedelta(minutes=value)


@tagged("post_install", "-at_install")
class TestToolsCharges(BaseCase):
    def test_split(self):
        """An evening's work, a night's, and one in the break at noon."""
        hours = [(at(8), at(12)), (at(13), at(17))]
        for spans_, normal, overtime in (
            ([(at(9), at(11))], 120, 0),
            ([(at(16), at(18, 30))], 60, 90),
            ([(at(11), at(14))], 120, 60),
            ([(at(20), at(23))], 0, 180),
            ([(at(6), at(9)), (at(6), at(9))], 120, 240),
            ([(at(9), at(9))], 0, 0),
            ([], 0, 0),
        ):
            with self.subTest(spans=spans_):
                self.assertEqual(charges.split(spans_, hours), (m(normal), m(overtime)))
        self.assertEqual(charges.split([(at(20), at(22))], None), (m(120), m(0)))
        with self.assertRaises(ValueError):
            charges.split([(at(3), at(2))], hours)

    def test_rounded(self):
        for normal, overtime, step, expected in (
            (50, 10, 15, (60, 0)),
            (0, 50, 15, (0, 60)),
            (20, 20, 15, (30, 15)),
            (61, 0, 15, (75, 0)),
            (60, 0, 15, (60, 0)),
            (1, 1, 60, (60, 0)),
            (7, 8, 0, (7, 8)),
            (0, 0, 15, (0, 0)),
        ):
            with self.subTest(normal=normal, overtime=overtime, step=step):
                result = charges.rounded(m(normal), m(overtime), step)
                self.assertEqual(result, tuple(map(m, expected)))

    @EXAMPLES
    @given(spans, spans)
    def test_split_sums_up(self, worked, open_times):
        normal, overtime = charges.split(worked, open_times)
        total = sum((end - start for start, end in worked), timedelta())
        self.assertEqual(normal + overtime, total)
        self.assertGreaterEqual(min(normal, overtime), timedelta())
        self.assertEqual(charges.split(worked, None), (total, timedelta()))

    @EXAMPLES
    @given(times, times, st.integers(1, 120))
    def test_rounded_bounds(self, normal, overtime, step):
        """Less than one unit is added, and nothing where nothing was worked."""
        usual, extra = charges.rounded(normal, overtime, step)
        total = normal + overtime
        self.assertFalse((usual + extra) % m(step))
        self.assertLessEqual(total, usual + extra)
        self.assertLess(usual + extra, total + m(step))
        # Overtime is never charged that was not worked.
        self.assertLessEqual(extra, overtime + m(step))
        if not normal:
            self.assertFalse(usual)
        if not overtime:
            self.assertFalse(extra)
        again = charges.rounded(usual, extra, step)
        self.assertEqual(again, (usual, extra))

    @EXAMPLES
    @given(st.floats(0, 1), st.floats(0, 100))
    def test_discount(self, free, other):
        value = charges.discount(free, other)
        self.assertLessEqual(value, 100)
        self.assertGreaterEqual(value, round(other, 6) - 1e-6)
        self.assertAlmostEqual(charges.discount(free), 100 * free, places=4)

    def test_discount_of_both(self):
        self.assertEqual(charges.discount(0.5), 50)
        self.assertEqual(charges.discount(1), 100)
        self.assertEqual(charges.discount(0.5, 10), 55)
        self.assertEqual(charges.discount(0, 10), 10)

    @EXAMPLES
    @given(quantities, quantities, quantities)
    def test_difference(self, wanted, ordered, later):
        """However often the work is corrected, the orders sum up to what's wanted."""
        for goal in (wanted, later):
            rest = charges.difference(goal, ordered)
            ordered = {
                key: ordered.get(key, 0) + rest.get(key, 0) for key in {*ordered, *rest}
            }
            self.assertEqual(
                {key: value for key, value in ordered.items() if value},
                {key: value for key, value in goal.items() if value},
            )
            self.assertFalse(charges.difference(goal, ordered))

    def test_zone(self):
        for args, expected in (
            (("80331", 1, [1], "80, 81"), True),
            (("90331", 1, [1], "80, 81"), False),
            (("80331", 2, [1], "80 81"), False),
            (("", 1, [1], ""), True),
            (("", None, [], "80"), False),
            ((" 81000", None, [], "81"), True),
            (("", None, [], ""), True),
        ):
            with self.subTest(args=args):
                self.assertIs(charges.zone_fits(*args), expected)

    def test_hours(self):
        self.assertEqual(charges.hours(m(75)), 1.25)
