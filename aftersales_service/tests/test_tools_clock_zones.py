# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Calendars of real time zones: both clock changes, night shifts, long closures.

The engine gets UTC intervals made from the rules of a zone, shift by shift. The
reference asks the zone about every single minute.
"""

from datetime import date, datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from odoo.addons.aftersales_service.tools.clock import Event, replay, used_at
from odoo.addons.aftersales_service.tools.working_time import overlap

from .clock_common import EXAMPLES, HOUR, ORIGIN, ClockCase, Slow, ledger, minute

BERLIN = ZoneInfo("Europe/Berlin")
TOKYO = ZoneInfo("Asia/Tokyo")
NEW_YORK = ZoneInfo("America/New_York")
#: Weekdays and shifts in hours of the day; 30 is six in the next morning.
OFFICE = (range(5), ((9, 13), (14, 18)))
TWO_SHIFTS = (range(6), ((6, 14), (14, 22)))
NIGHTS = (range(7), ((22, 30),))
PATTERNS = {"office": OFFICE, "two shifts": TWO_SHIFTS, "nights": NIGHTS}
#: First days of four weeks around a change: 30 March and 26 October 2025.
WINDOWS = {"spring": date(2025, 3, 17), "autumn": date(2025, 10, 13)}
DAYS = 28


def utc(zone, *local, fold=0) -> datetime:
    """Naive UTC of a local moment."""
    moment = datetime(*local, tzinfo=zone, fold=fold).astimezone(timezone.utc)
    return moment.replace(tzinfo=None)


def shifts(zone, pattern, first, days=DAYS, closed=()) -> list:
    """UTC intervals of a pattern from a first day on, without the closed days."""
    weekdays, hours = pattern
    made = []
    for number in range(days):
        day = first + timedelta(days=number)
        if day.weekday() not in weekdays or number in closed:
            continue
        for span in hours:
            # A shift that ends after midnight ends on the next date.
            ends = [(day + timedelta(days=h // 24), h % 24) for h in span]
            made.append(
                tuple(utc(zone, d.year, d.month, d.day, hour) for d, hour in ends)
            )
    return made


@cache
def bounds(window) -> tuple:
    """Numbers of the first minute of a window and of one after its last shift."""
    start = utc(BERLIN, *WINDOWS[window].timetuple()[:3])
    first = round((start - ORIGIN) / timedelta(minutes=1))
    return first, first + (DAYS + 1) * 1440


@cache
def walk(window, pattern) -> list:
    """Ask Berlin's clock at each minute of a window whether a shift is on.

    :return: list of (number of the minute, day of the window on which its shift began)
    """
    weekdays, hours = PATTERNS[pattern]
    seen = []
    for number in range(*bounds(window)):
        local = minute(number).replace(tzinfo=timezone.utc).astimezone(BERLIN)
        today = (local.date() - WINDOWS[window]).days
        now = 60 * local.hour + local.minute
        # Today's shift, or the rest of the one that began yesterday.
        for day, clock in ((today, now), (today - 1, now + 1440)):
            works = 0 <= day < DAYS and day % 7 in weekdays  # windows begin on Mondays
            if works and any(60 * a <= clock < 60 * b for a, b in hours):
                seen.append((number, day))
    return seen


lives = st.lists(
    st.tuples(
        st.integers(0, DAYS * 1440 - 1),
        st.sampled_from(
            ["pause", "resume", "pause", "resume", "stop", "reopen", "void"]
        ),
    ),
    max_size=6,
)


@tagged("post_install", "-at_install")
class TestClockZones(ClockCase):
    def test_night_shift_in_spring(self):
        """The night of 30 March has seven hours from 22 to 6."""
        nights = shifts(BERLIN, NIGHTS, date(2025, 3, 28))
        start = [Event(utc(BERLIN, 2025, 3, 29, 22), "start")]
        six = utc(BERLIN, 2025, 3, 30, 6)
        self.assertEqual(overlap(start[0].at, six, nights), 7 * HOUR)
        self.check(replay(start, 7 * 60, nights), deadline=six)
        late = utc(BERLIN, 2025, 3, 30, 22, 1)
        self.check(replay(start, 7 * 60 + 1, nights), deadline=late)
        # From 1:59 to 3:01 are two minutes.
        rows = [*start, Event(utc(BERLIN, 2025, 3, 30, 1, 59), "pause")]
        rows.append(Event(utc(BERLIN, 2025, 3, 30, 3, 1), "resume"))
        self.check(replay(rows, 600, nights), paused_minutes=2.0, used_minutes=239.0)

    def test_night_shift_in_autumn(self):
        """The night of 26 October has nine hours; 2:30 comes twice."""
        nights = shifts(BERLIN, NIGHTS, date(2025, 10, 24))
        start = [Event(utc(BERLIN, 2025, 10, 25, 22), "start")]
        six = utc(BERLIN, 2025, 10, 26, 6)
        self.check(replay(start, 9 * 60, nights), deadline=six)
        self.check(replay(start, 9 * 60), deadline=six)
        for hours, fold in ((4.5, 0), (5.5, 1)):
            half = utc(BERLIN, 2025, 10, 26, 2, 30, fold=fold)
            self.check(replay(start, hours * 60, nights), deadline=half)
        rows = [*start, Event(utc(BERLIN, 2025, 10, 26, 2, 30), "pause")]
        rows.append(Event(utc(BERLIN, 2025, 10, 26, 2, 30, fold=1), "resume"))
        self.check(replay(rows, 600, nights), paused_minutes=60.0, used_minutes=270.0)

    def test_office_across_the_changes(self):
        """Closed on the day of the change: office hours keep their local times."""
        for first, friday, monday in (
            (WINDOWS["spring"], (2025, 3, 28), (2025, 3, 31)),
            (WINDOWS["autumn"], (2025, 10, 24), (2025, 10, 27)),
        ):
            hours = shifts(BERLIN, OFFICE, first)
            rows = [Event(utc(BERLIN, *friday, 17), "start")]
            due = utc(BERLIN, *monday, 13)
            self.check(replay(rows, 300, hours), deadline=due)
            self.check(replay(rows, 301, hours), deadline=utc(BERLIN, *monday, 14, 1))
            rows.append(Event(utc(BERLIN, *friday, 17, 30), "pause"))
            rows.append(Event(utc(BERLIN, *monday, 9, 30), "resume"))
            result = replay(rows, 300, hours)
            self.check(result, used_minutes=30.0, paused_minutes=60.0)
            self.check(result, deadline=utc(BERLIN, *monday, 15))

    def test_round_the_clock_counts_real_hours(self):
        """24 hours from Saturday noon end on Sunday at 13, or at 11 in autumn."""
        for day, hour in (((2025, 3, 29), 13), ((2025, 10, 25), 11)):
            start = [Event(utc(BERLIN, *day, 12), "start")]
            due = utc(BERLIN, *day[:2], day[2] + 1, hour)
            self.check(replay(start, 24 * 60), deadline=due)

    def test_three_time_zones(self):
        """Case 11: only the calendar's zone decides, whoever reports or travels."""
        berlin = shifts(BERLIN, OFFICE, date(2025, 3, 3))
        reported = utc(TOKYO, 2025, 3, 10, 9, 30)  # Monday 1:30 in Berlin
        answered = utc(NEW_YORK, 2025, 3, 10, 6, 15)  # 11:15 there, summer time here
        rows = [Event(reported, "start"), Event(answered, "stop")]
        result = replay(rows, 135, berlin)
        self.check(result, used_minutes=135.0, outcome="met", deadline=answered)
        self.check(replay(rows, 134, berlin), outcome="missed")
        # New York changes on 9 March, three weeks before Berlin.
        site = shifts(NEW_YORK, OFFICE, date(2025, 3, 3))
        start = [Event(utc(NEW_YORK, 2025, 3, 7, 17), "start")]
        self.check(replay(start, 120, site), deadline=datetime(2025, 3, 10, 14))
        now = datetime(2025, 3, 10, 13, 30)
        self.assertEqual(used_at(start, 120, site, now), 1.5 * HOUR)

    def test_long_target_over_a_long_closure(self):
        """Case 10: 160 hours from before Christmas, closed for three weeks."""
        first = date(2025, 12, 1)
        hours = shifts(BERLIN, OFFICE, first, days=90, closed=range(18, 39))
        start = [Event(utc(BERLIN, 2025, 12, 15, 9), "start")]
        # Four days of 8 hours (15 to 18 December), 16 more from Friday 9 January on:
        # one there, five in each of the next three weeks.
        due = utc(BERLIN, 2026, 1, 30, 18)
        self.check(replay(start, 160 * 60, hours), deadline=due)
        paused = [*start, Event(utc(BERLIN, 2025, 12, 24, 9), "pause")]
        paused.append(Event(utc(BERLIN, 2026, 1, 5, 9), "resume"))
        result = replay(paused, 160 * 60, hours)
        self.check(result, deadline=due, paused_minutes=0.0, used_minutes=1920.0)

    def test_two_shifts_meet_without_a_gap(self):
        hours = shifts(BERLIN, TWO_SHIFTS, WINDOWS["spring"])
        start = [Event(utc(BERLIN, 2025, 3, 17, 13, 59), "start")]
        self.check(replay(start, 2, hours), deadline=utc(BERLIN, 2025, 3, 17, 14, 1))
        saturday = [Event(utc(BERLIN, 2025, 3, 29, 21), "start")]
        self.check(replay(saturday, 60, hours), deadline=utc(BERLIN, 2025, 3, 29, 22))
        self.check(replay(saturday, 61, hours), deadline=utc(BERLIN, 2025, 3, 31, 6, 1))

    @settings(EXAMPLES, max_examples=60)
    @given(
        st.sampled_from(sorted(WINDOWS)),
        st.sampled_from(sorted(PATTERNS)),
        st.sets(st.integers(0, DAYS - 1), max_size=12),
        st.integers(0, 14 * 1440),
        lives,
        st.integers(1, 600) | st.integers(1, 160 * 60),
    )
    def test_against_single_minutes(self, window, pattern, closed, start, life, target):
        """Four weeks around a change, minute by minute; the horizon may be short."""
        first = WINDOWS[window]
        begin, last = bounds(window)
        rows = ledger(
            (minute(begin + start), "start"),
            *((minute(begin + number), kind) for number, kind in life),
        )
        fast = replay(
            rows, target, shifts(BERLIN, PATTERNS[pattern], first, closed=closed)
        )
        ticks = [n for n, day in walk(window, pattern) if day not in closed]
        self.check_against(Slow(rows, target, ticks, last), fast)
