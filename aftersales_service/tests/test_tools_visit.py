# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Values sent by a telephone, and when its steps count."""

from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools import visit

EXAMPLES = settings(deadline=None, database=None, derandomize=True, max_examples=300)
NOW = datetime(2026, 3, 2, 9, 0)
KINDS = {
    "char": st.text(max_size=60).map(str.strip),
    "text": st.text(max_size=200).map(lambda text: text.strip("\n")),
    "selection": st.sampled_from(["yes", "no"]),
    "float": st.floats(-1000, 1000),
    "integer": st.integers(-1000, 1000),
    "many2one": st.integers(1, 10**6),
    "date": st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    "datetime": st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(
        lambda moment: moment.replace(microsecond=0)
    ),
    "boolean": st.booleans(),
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=5,
)


@tagged("post_install", "-at_install")
class TestToolsVisit(BaseCase):
    @EXAMPLES
    @given(
        st.sampled_from(sorted(KINDS)).flatmap(
            lambda kind: st.tuples(st.just(kind), KINDS[kind])
        )
    )
    def test_what_travels_comes_back(self, pair):
        kind, value = pair
        if isinstance(value, str) and "\x00" in value:
            with self.assertRaises(ValueError):
                visit.clean(kind, value, ("yes", "no"))
            return
        cleaned = visit.clean(kind, visit.wire(value), ("yes", "no"))
        self.assertTrue(visit.same(cleaned, value), (cleaned, value))
        self.assertEqual(visit.clean(kind, visit.wire(cleaned), ("yes", "no")), cleaned)

    @EXAMPLES
    @given(st.sampled_from(sorted(KINDS)), anything)
    def test_whatever_is_sent_is_taken_or_refused(self, kind, value):
        try:
            cleaned = visit.clean(kind, value, ("yes", "no"))
        except ValueError:
            return
        self.assertIsInstance(cleaned, (bool, int, float, str, date))
        self.assertTrue(visit.same(cleaned, cleaned))

    def test_refused(self):
        for kind, value in (
            ("char", 5),
            ("char", "x" * (visit.MAX_CHAR + 1)),
            ("text", ["a"]),
            ("float", "1"),
            ("float", True),
            ("float", float("nan")),
            ("float", float("inf")),
            ("integer", 10**9),
            ("many2one", -1),
            ("many2one", True),
            ("many2one", "3"),
            ("selection", "maybe"),
            ("date", "2026-02-30"),
            ("datetime", "2026-03-02"),
            ("boolean", 1),
        ):
            with self.assertRaises(ValueError, msg=(kind, value)):
                visit.clean(kind, value, ("yes", "no"))

    @EXAMPLES
    @given(st.integers(-3000, 3000), st.none() | st.integers(0, 3000))
    def test_a_step_counts_neither_in_the_future_nor_before_the_last(
        self, minutes, since
    ):
        at = (NOW + timedelta(minutes=minutes)).strftime(visit.MOMENT_FORMAT)
        earliest = since is not None and NOW - timedelta(minutes=since)
        try:
            moment = visit.step_moment(at, NOW, earliest)
        except visit.StepTimeError as error:
            expected = {
                "future": minutes > 5,
                "old": minutes < -24 * 60,
                "order": since is not None and minutes < -since - 5,
            }
            self.assertTrue(expected[error.code], (error.code, minutes, since))
            return
        self.assertTrue(NOW - visit.MAX_AGE <= moment <= NOW)
        self.assertFalse(earliest and moment < earliest)
        self.assertLessEqual(
            abs(moment - NOW - timedelta(minutes=minutes)), timedelta(minutes=5)
        )

    def test_moments(self):
        self.assertEqual(visit.step_moment(False, NOW), NOW)
        for at in ("yesterday", 7, {"a": 1}):
            with self.assertRaises(visit.StepTimeError):
                visit.step_moment(at, NOW)

    def test_positions(self):
        place = {"latitude": 48.137154, "longitude": 11.576124}
        self.assertEqual(visit.position(place), "48.13715, 11.57612")
        self.assertIs(visit.position(None), False)
        for wrong in ({"latitude": 91, "longitude": 0}, {"latitude": 1}, "here", [1]):
            with self.assertRaises(ValueError):
                visit.position(wrong)
