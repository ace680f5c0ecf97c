# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The words of a text that are worth looking for."""

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools.words import (
    MOST_WORDS,
    TOGETHER,
    choose,
    tells,
    to_query,
)

EXAMPLES = settings(deadline=None, database=None, derandomize=True, max_examples=300)
FREQUENCIES = st.dictionaries(
    st.text(min_size=1, max_size=8), st.floats(0, 10_000), max_size=20
)


@tagged("post_install", "-at_install")
class TestToolsWords(BaseCase):
    def test_cases(self):
        for frequencies, expected in (
            ({}, ((), True)),
            ({"is": 0, "7": 0}, ((), True)),
            ({"hose": 3, "leaks": 40}, (("hose", "leaks"), False)),
            ({"hose": 3, "machine": 99}, (("hose",), False)),
            ({"hose": 60, "leaks": 60}, (("hose",), False)),
            (
                {"pump": 900, "hose": 300, "oil": 500, "the": 999},
                (("hose", "oil", "pump"), True),
            ),
            ({"漏": 2, "油": 1}, (("油", "漏"), False)),
        ):
            with self.subTest(frequencies=frequencies):
                self.assertEqual(choose(frequencies, 100), expected)

    @EXAMPLES
    @given(FREQUENCIES, st.floats(0, 10_000))
    def test_few_are_found(self, frequencies, limit):
        words, together = choose(frequencies, limit)
        telling = sorted(frequencies[word] for word in frequencies if tells(word))
        self.assertEqual(len(words), len(set(words)))
        self.assertTrue(all(tells(word) for word in words))
        self.assertEqual(bool(words), bool(telling), "something, if there is anything")
        chosen = sorted(frequencies[word] for word in words)
        self.assertEqual(chosen, telling[: len(words)], "the rarest ones")
        if together:
            self.assertLessEqual(len(words), TOGETHER)
            self.assertTrue(not telling or telling[0] > limit)
        else:
            self.assertLessEqual(len(words), MOST_WORDS)
            self.assertLessEqual(sum(chosen), limit)

    @EXAMPLES
    @given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=4))
    def test_each_word_is_one_quoted_lexeme(self, words):
        """Read the text as PostgreSQL does: doubled quotes and backslashes."""
        for together, between in ((True, " & "), (False, " | ")):
            read, word, text = [], None, to_query(words, together)
            position = 0
            while position < len(text):
                pair = text[position : position + 2]
                if word is None:
                    if read:
                        self.assertEqual(text[position : position + 3], between)
                        position += 3
                    self.assertEqual(text[position], "'")
                    word = ""
                elif pair in ("''", "\\\\"):
                    word += pair[0]
                    position += 1
                elif pair[0] == "'":
                    read.append(word)
                    word = None
                else:
                    word += pair[0]
                position += 1
            self.assertEqual(read, words)
