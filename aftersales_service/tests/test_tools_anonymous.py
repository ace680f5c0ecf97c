# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Words about one customer, made fit for another one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools.anonymous import GAP, without

EXAMPLES = settings(deadline=None, database=None, derandomize=True, max_examples=300)
WORDS = st.lists(st.text(alphabet="abM", min_size=1, max_size=3), max_size=12)
NAMES = st.lists(st.text(alphabet="abM", min_size=2, max_size=3), max_size=4)
SIGNS = st.lists(st.text(alphabet="液压厂", min_size=2, max_size=3), max_size=4)


@tagged("post_install", "-at_install")
class TestAnonymous(BaseCase):
    def test_names(self):
        text = "At Mill & Sons mia said: MILL &\nSONS has two hoses, Miami hose."
        self.assertEqual(
            without(text, ["Mill & Sons", "Mia"]),
            "At … … said: … has two hoses, Miami hose.",
        )
        self.assertEqual(without("Press the press", words=["Press"]), "… the press")
        self.assertEqual(without("北京液压厂更换软管", ["液压厂"]), "北京…更换软管")

    def test_addresses(self):
        self.assertEqual(
            without("Write to mia.o'neil+x@mill.example.com."), "Write to …."
        )

    def test_phones(self):
        for written in ("+49 30 1234567", "030/123-4567", "0049 (30) 1234567"):
            self.assertEqual(
                without(f"Call {written} first", phones=["+49 30 1234567"]),
                "Call … first",
            )
        text = "Torque 1234567 Nm, part 99-1234568"
        self.assertEqual(without(text, phones=["+49 30 7654321", "12"]), text)

    @EXAMPLES
    @given(WORDS, NAMES, st.sampled_from((" ", ", ", "\n", " (")))
    def test_no_name_stays(self, words, names, between):
        """Whole words go, however they are capitalized; parts of others stay."""
        secret = {name.lower() for name in names}
        expected = [GAP if word.lower() in secret else word for word in words]
        self.assertEqual(without(between.join(words), names), between.join(expected))

    @EXAMPLES
    @given(WORDS, NAMES)
    def test_words_go_as_they_are_capitalized(self, words, names):
        expected = [GAP if word in names else word for word in words]
        self.assertEqual(without(" ".join(words), words=names), " ".join(expected))

    @EXAMPLES
    @given(st.text(alphabet="液压厂 a", max_size=30), SIGNS)
    def test_without_spaces(self, text, names):
        result = without(text, names)
        for name in names:
            self.assertNotIn(name, result)

    @EXAMPLES
    @given(st.text(alphabet="abc123 .-@\n", max_size=60))
    def test_nothing_else_changes(self, text):
        if "@" not in text:
            self.assertEqual(without(text, ["Zz"], ["Zz"], ["+99 999999"]), text)

    @EXAMPLES
    @given(st.text(max_size=60), st.lists(st.text(max_size=8), max_size=4))
    def test_any_input(self, text, names):
        self.assertIsInstance(without(text, names, names, names), str)
