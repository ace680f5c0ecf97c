# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Likeness of subjects by hand-made cases and by what always holds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools.similarity import (
    ALIKE,
    similarity,
    trigrams,
)

EXAMPLES = settings(deadline=None, database=None, derandomize=True, max_examples=300)


def likeness(one, other):
    return similarity(trigrams(one), trigrams(other))


@tagged("post_install", "-at_install")
class TestSimilarity(BaseCase):
    def test_as_postgresql_counts(self):
        self.assertEqual(trigrams("cat"), frozenset(("  c", " ca", "cat", "at ")))
        self.assertAlmostEqual(likeness("word", "two words"), 4 / 11)

    def test_cases(self):
        for one, other, alike in (
            ("Hose leaks", "hose leaks again", True),
            ("Press runs on", "Re: AW: Press runs on", True),
            ("Press runs on", "回复：Press runs on", True),
            ("压力机不停机", "压力机不停", True),
            ("压力机不停机", "发票有误", False),
            ("Hose leaks", "Invoice is wrong", False),
            ("", "", False),
            (None, "Hose", False),
            ("!!!", "???", False),
        ):
            with self.subTest(one=one, other=other):
                self.assertEqual(likeness(one, other) >= ALIKE, alike)

    @EXAMPLES
    @given(st.text(max_size=60), st.text(max_size=60))
    def test_always(self, one, other):
        value = likeness(one, other)
        self.assertTrue(0 <= value <= 1)
        self.assertEqual(value, likeness(other, one))
        self.assertEqual(likeness(one, one), 1.0 if trigrams(one) else 0.0)
        self.assertTrue(all(len(gram) == 3 for gram in trigrams(one)))

    @EXAMPLES
    @given(st.text(max_size=60))
    def test_an_answer_is_like_what_it_answers(self, subject):
        self.assertEqual(trigrams(f"Re: {subject}"), trigrams(subject))
