# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The sample of follow-ups: as large as asked, and the same for whoever draws it."""

import hashlib
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools.sampling import drawn_value, is_drawn

EXAMPLES = settings(deadline=None, database=None, derandomize=True, max_examples=200)
FEW = settings(EXAMPLES, max_examples=25)
SHARES = st.floats(min_value=0, max_value=1)
NUMBERS = [f"SV/2026/{number:05}" for number in range(2000)]


@tagged("post_install", "-at_install")
class TestSampling(BaseCase):
    def test_by_hand(self):
        """The value is the beginning of the hash, as anybody computes it."""
        digest = hashlib.sha256(b"4:seed:SV/2026/00001").hexdigest()
        exact = Fraction(int(digest[:16], 16), 2**64)
        value = drawn_value("seed", "SV/2026/00001")
        self.assertLess(abs(Fraction(value) - exact), Fraction(1, 2**53))
        self.assertLessEqual(Fraction(value), exact, "cut off, not rounded")

    def test_none_and_all(self):
        self.assertFalse(any(is_drawn("seed", number, 0) for number in NUMBERS))
        self.assertTrue(all(is_drawn("seed", number, 1) for number in NUMBERS))

    def test_the_boundary_is_out(self):
        value = drawn_value("seed", "SV/2026/00001")
        self.assertFalse(is_drawn("seed", "SV/2026/00001", value))
        self.assertTrue(is_drawn("seed", "SV/2026/00001", value + 1e-9))

    @EXAMPLES
    @given(st.text(max_size=40), st.text(max_size=40))
    def test_always_within(self, seed, number):
        value = drawn_value(seed, number)
        self.assertTrue(0 <= value < 1)
        self.assertEqual(value, drawn_value(seed, number))

    @EXAMPLES
    @given(st.text(max_size=20), st.text(max_size=20), SHARES, SHARES)
    def test_a_greater_share_keeps_what_was_drawn(self, seed, number, one, other):
        small, great = sorted((one, other))
        if is_drawn(seed, number, small):
            self.assertTrue(is_drawn(seed, number, great))

    @FEW
    @given(st.text(min_size=1, max_size=20), SHARES)
    def test_the_share_is_kept(self, seed, share):
        """Within five standard deviations of what chance allows, for any seed."""
        drawn = sum(is_drawn(seed, number, share) for number in NUMBERS)
        expected = share * len(NUMBERS)
        deviation = (expected * (1 - share)) ** 0.5
        self.assertLessEqual(abs(drawn - expected), 5 * deviation + 1)

    def test_seeds_are_independent(self):
        """Two samples of a half share a quarter: one does not tell of the other."""
        both = sum(
            is_drawn("one", number, 0.5) and is_drawn("other", number, 0.5)
            for number in NUMBERS
        )
        self.assertLess(
            abs(both - len(NUMBERS) / 4), 5 * (len(NUMBERS) * 3 / 16) ** 0.5
        )

    def test_where_the_seed_ends_counts(self):
        self.assertNotEqual(drawn_value("a", "1:b"), drawn_value("a:1", "b"))
