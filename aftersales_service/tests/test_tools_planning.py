# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import ics, planning

EXAMPLES = settings(deadline=None, database=None, derandomize=True, max_examples=150)
MONDAY = datetime(2026, 3, 2)
HOURS = st.integers(0, 24 * 14).map(lambda hours: MONDAY + timedelta(hours=hours))
DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))
FACTS = st.builds(
    planning.Facts,
    blocks=st.integers(0, 3),
    warnings=st.integers(0, 5),
    away=st.booleans(),
    distance=st.none() | st.floats(0, 20000),
    machine_visits=st.integers(0, 50),
    customer_visits=st.integers(0, 50),
    load_hours=st.floats(0, 80),
)
POINTS = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def at(day, hour):
    return MONDAY + timedelta(days=day, hours=hour)


@tagged("post_install", "-at_install")
class TestToolsPlanning(BaseCase):
    # === overlaps === #

    def test_overlap_is_not_containment(self):
        for start, end, expected in (
            (8, 10, True),  # the same
            (7, 9, True),  # its beginning
            (9, 11, True),  # its end
            (7, 12, True),  # around it
            (8.5, 9, True),  # within it
            (6, 8, False),  # up to it
            (10, 12, False),  # from its end on
        ):
            found = planning.overlaps(at(0, 8), at(0, 10), at(0, start), at(0, end))
            self.assertEqual(found, expected, (start, end))

    @EXAMPLES
    @given(HOURS, HOURS, HOURS, HOURS)
    def test_overlap_is_mutual(self, a, b, c, d):
        a, b, c, d = (*sorted((a, b)), *sorted((c, d)))
        self.assertEqual(planning.overlaps(a, b, c, d), planning.overlaps(c, d, a, b))
        self.assertTrue(planning.overlaps(a, b, a, b), "nobody is twice at one place")
        hours = {a + timedelta(hours=n) for n in range((b - a).seconds // 3600)}
        if any(c <= hour < d for hour in hours):
            self.assertTrue(planning.overlaps(a, b, c, d))

    # === working time === #

    def test_lunch_is_no_reason_to_warn(self):
        work = [(at(0, 8), at(0, 12)), (at(0, 13), at(0, 17))]
        self.assertTrue(planning.within_hours(work, at(0, 11), at(0, 14)))
        self.assertTrue(planning.within_hours(work, at(0, 8), at(0, 17)))
        self.assertFalse(planning.within_hours(work, at(0, 7), at(0, 9)))
        self.assertFalse(planning.within_hours(work, at(0, 16), at(0, 18)))
        self.assertFalse(planning.within_hours([], at(0, 9), at(0, 10)))

    def test_nights_between_days_of_work(self):
        work = [(at(day, 8), at(day, 17)) for day in range(5)]
        self.assertTrue(planning.within_hours(work, at(0, 8), at(2, 17)))
        self.assertFalse(planning.within_hours(work, at(0, 8), at(0, 20)))
        self.assertFalse(planning.within_hours(work, at(0, 8), at(6, 12)), "Sunday")

    @EXAMPLES
    @given(st.lists(st.tuples(HOURS, st.integers(1, 9)), max_size=8), HOURS)
    def test_within_hours_lies_in_the_work(self, pairs, start):
        work = sorted((a, a + timedelta(hours=n)) for a, n in pairs)
        end = start + timedelta(hours=1)
        if any(a <= start and end <= b for a, b in work):
            self.assertTrue(planning.within_hours(work, start, end))
        if not any(a < end and start < b + planning.LUNCH for a, b in work):
            self.assertFalse(planning.within_hours(work, start, end))

    # === certificates === #

    def test_certificate_on_the_day_of_the_visit(self):
        first, last, visit = date(2026, 1, 1), date(2026, 3, 1), date(2026, 3, 2)
        state = planning.certificate_state
        self.assertEqual(state([(first, last)], last, last), ("valid", None))
        self.assertEqual(state([(first, last)], visit, visit), ("expired", last))
        self.assertEqual(state([(first, None)], visit, visit), ("valid", None))
        self.assertEqual(state([(None, None)], visit, visit), ("valid", None))
        self.assertEqual(state([(visit, None)], last, last), ("future", visit))
        self.assertEqual(state([], visit, visit), ("missing", None))
        self.assertEqual(
            state([(first, last)], last, visit)[0], "expired", "both days count"
        )

    @EXAMPLES
    @given(st.lists(st.tuples(st.none() | DAYS, st.none() | DAYS), max_size=4), DAYS)
    def test_certificate_states(self, periods, day):
        state, moment = planning.certificate_state(periods, day, day)
        covered = any((not a or a <= day) and (not b or b >= day) for a, b in periods)
        self.assertEqual(state == planning.VALID, covered)
        if state == planning.EXPIRED:
            self.assertLess(moment, day)
        if state == planning.FUTURE:
            self.assertGreater(moment, day)
        # A certificate more never makes it worse.
        more, _day = planning.certificate_state([*periods, (None, None)], day, day)
        self.assertEqual(more, planning.VALID)

    # === distance === #

    def test_known_distance(self):
        berlin, munich = (52.52, 13.405), (48.137, 11.575)
        self.assertAlmostEqual(planning.distance_km(berlin, munich), 504, delta=2)
        self.assertAlmostEqual(
            planning.distance_km((0, 179.9), (0, -179.9)), 22.2, delta=0.1
        )

    @EXAMPLES
    @given(POINTS, POINTS)
    def test_distance_is_a_distance(self, one, other):
        there, back = planning.distance_km(one, other), planning.distance_km(other, one)
        self.assertAlmostEqual(there, back, places=6)
        self.assertTrue(0 <= there <= 20016)
        self.assertLess(planning.distance_km(one, one), 1e-6)

    # === the order === #

    @EXAMPLES
    @given(FACTS, FACTS)
    def test_who_may_not_go_comes_last(self, one, other):
        may, must_not = replace(one, blocks=0), replace(other, blocks=1)
        self.assertLess(planning.rank(may), planning.rank(must_not))
        here, away = replace(may, away=False), replace(other, blocks=0, away=True)
        self.assertLess(planning.rank(here), planning.rank(away))

    @EXAMPLES
    @given(FACTS)
    def test_each_reason_counts_in_its_direction(self, facts):
        rank = planning.rank(facts)
        near = facts.distance or 0
        for worse in (
            {"warnings": facts.warnings + 1},
            {"distance": near + 500},
            {"load_hours": facts.load_hours + 1},
        ):
            self.assertGreater(planning.rank(replace(facts, **worse)), rank, worse)
        for better in (
            {"machine_visits": facts.machine_visits + 1},
            {"customer_visits": facts.customer_visits + 1},
        ):
            self.assertLessEqual(planning.rank(replace(facts, **better)), rank, better)

    # === calendar files === #

    def test_appointment(self):
        text = ics.event(
            uid="u-1",
            sequence=3,
            stamp=at(0, 1),
            start=at(0, 8),
            end=at(0, 10),
            summary="Visit; one, two",
            description="First\nSecond",
            organizer=('The "Maker"', "a@b.c\r\nX-EVIL:1"),
            attendee=("Mia", "m@x.y"),
        ).decode()
        lines = text.replace("\r\n ", "").split("\r\n")
        self.assertIn("METHOD:REQUEST", lines)
        self.assertIn("SEQUENCE:3", lines)
        self.assertIn("DTSTART:20260302T080000Z", lines)
        self.assertIn("SUMMARY:Visit\\; one\\, two", lines)
        self.assertIn("DESCRIPTION:First\\nSecond", lines)
        self.assertIn('ORGANIZER;CN="The Maker":mailto:a@b.cX-EVIL:1', lines)
        cancelled = ics.event(
            uid="u-1",
            sequence=4,
            stamp=at(0, 1),
            start=at(0, 8),
            end=at(0, 10),
            summary="x",
            cancelled=True,
        ).decode()
        self.assertIn("METHOD:CANCEL\r\n", cancelled)
        self.assertIn("STATUS:CANCELLED\r\n", cancelled)

    @EXAMPLES
    @given(st.text(max_size=300))
    def test_no_text_breaks_the_file(self, text):
        content = ics.event(
            uid="u",
            sequence=0,
            stamp=MONDAY,
            start=MONDAY,
            end=MONDAY,
            summary=text,
            organizer=(text, text),
        )
        rows = content.decode().split("\r\n")
        self.assertTrue(all(len(row.encode()) <= 75 for row in rows))
        unfolded = content.decode().replace("\r\n ", "").split("\r\n")
        names = [row.partition(":")[0].partition(";")[0] for row in unfolded]
        self.assertEqual(
            names,
            "BEGIN VERSION PRODID METHOD BEGIN UID SEQUENCE DTSTAMP DTSTART DTEND "
            "SUMMARY STATUS ORGANIZER END END".split()
            + [""],
        )
        self.assertNotRegex(
            content.decode().replace("\r\n", ""), "[\r\n]", "no line of its own"
        )
