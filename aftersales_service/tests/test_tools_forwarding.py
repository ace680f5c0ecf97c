# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whom a ticket is given to, by hand-made cases and against a naive reference."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools.forwarding import (
    LEAST_LOADED,
    ROUND_ROBIN,
    Member,
    choose,
)

EXAMPLES = settings(deadline=None, database=None, derandomize=True, max_examples=400)
NOW = datetime(2026, 3, 2, 9, 0)


def hours(number):
    return None if number is None else NOW + timedelta(hours=number)


moments = st.none() | st.integers(-3, 3).map(hours)
members = st.lists(
    st.builds(
        Member,
        key=st.integers(1, 9),
        present_from=moments,
        load=st.integers(0, 3),
        given_at=moments,
    ),
    max_size=7,
    unique_by=lambda member: member.key,
)
methods = st.sampled_from([LEAST_LOADED, ROUND_ROBIN])
last_ones = st.none() | st.integers(0, 10)


def naive(method, people, last, waits):
    """Find the one by looking at each moment, load and turn one after the other."""
    for moment in [NOW, *(hours(number) for number in (range(1, 4) if waits else ()))]:
        ready = {
            one.key: one
            for one in people
            if one.present_from is not None and one.present_from <= moment
        }
        if not ready:
            continue
        if method == ROUND_ROBIN:
            turn = (last or 0) + 1
            while turn not in ready:
                turn = turn + 1 if turn < 11 else 0
            return turn
        for load in range(4):
            for since in [None, *(hours(number) for number in range(-3, 4))]:
                for key in sorted(ready):
                    if (ready[key].load, ready[key].given_at) == (load, since):
                        return key
    return None


@tagged("post_install", "-at_install")
class TestForwarding(BaseCase):
    def pick(self, method, *people, **options):
        choice = choose(method, people, NOW, **options)
        return choice and choice.member.key

    def test_least_loaded(self):
        busy, free = Member(1, NOW, 3), Member(2, NOW, 1)
        away = Member(3, hours(1), 0)
        self.assertEqual(self.pick(LEAST_LOADED, busy, free, away), 2)
        self.assertEqual(self.pick(LEAST_LOADED, busy, away), 1, "absent is absent")

    def test_ties_go_to_who_waits_longest(self):
        late, early = Member(1, NOW, 1, hours(-1)), Member(2, NOW, 1, hours(-2))
        never = Member(3, NOW, 1)
        self.assertEqual(self.pick(LEAST_LOADED, late, early), 2)
        self.assertEqual(self.pick(LEAST_LOADED, late, early, never), 3)
        self.assertEqual(self.pick(LEAST_LOADED, Member(5, NOW), Member(4, NOW)), 4)

    def test_turns(self):
        team = [Member(key, NOW) for key in (3, 1, 2)]
        for last, following in ((None, 1), (1, 2), (2, 3), (3, 1), (9, 1)):
            with self.subTest(last=last):
                self.assertEqual(self.pick(ROUND_ROBIN, *team, last=last), following)
        away = [Member(1, NOW), Member(2, hours(2)), Member(3, NOW)]
        self.assertEqual(self.pick(ROUND_ROBIN, *away, last=1), 3, "skips who is away")
        self.assertEqual(self.pick(ROUND_ROBIN, Member(2, NOW), last=2), 2, "alone")

    def test_nobody_is_present(self):
        first, later = Member(1, hours(2)), Member(2, hours(1), 7)
        gone = Member(3, None)
        choice = choose(LEAST_LOADED, [first, later, gone], NOW)
        self.assertEqual((choice.member, choice.is_present), (later, False))
        self.assertIsNone(choose(LEAST_LOADED, [first, later], NOW, waits=False))
        for method in (LEAST_LOADED, ROUND_ROBIN):
            self.assertIsNone(choose(method, [gone], NOW))
            self.assertIsNone(choose(method, [], NOW))

    def test_unknown_method(self):
        with self.assertRaises(ValueError):
            choose("dice", [Member(1, NOW)], NOW)

    @EXAMPLES
    @given(methods, members, last_ones, st.booleans(), st.randoms())
    def test_as_the_reference(self, method, people, last, waits, random):
        expected = naive(method, people, last, waits)
        shuffled = list(people)
        random.shuffle(shuffled)
        choice = choose(method, shuffled, NOW, last, waits)
        self.assertEqual(choice and choice.member.key, expected)
        if choice:
            self.assertEqual(choice.is_present, choice.member.present_from <= NOW)

    @EXAMPLES
    @given(st.sets(st.integers(1, 50), min_size=1, max_size=8), last_ones)
    def test_a_round_gives_each_one(self, keys, last):
        team = [Member(key, NOW) for key in keys]
        got = []
        for _turn in keys:
            last = choose(ROUND_ROBIN, team, NOW, last).member.key
            got.append(last)
        self.assertEqual(sorted(got), sorted(keys))

    @EXAMPLES
    @given(st.lists(st.integers(0, 6), min_size=1, max_size=6), st.integers(0, 40))
    def test_loads_even_out(self, loads, reports):
        """Whoever had more than his share gets none before the others have as much."""
        team = {key: Member(key, NOW, load) for key, load in enumerate(loads)}
        for number in range(reports):
            one = choose(LEAST_LOADED, team.values(), NOW).member
            self.assertEqual(one.load, min(other.load for other in team.values()))
            at = NOW + timedelta(minutes=number)
            team[one.key] = Member(one.key, NOW, one.load + 1, at)
        grown = [m.load for m in team.values() if m.load > loads[m.key]]
        if grown:
            self.assertLessEqual(max(grown) - min(m.load for m in team.values()), 1)
