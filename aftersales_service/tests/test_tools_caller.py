# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.caller import MIN_DIGITS, asked, literal
from ..tools.identify import PHONE_DIGITS


@tagged("post_install", "-at_install")
class TestToolsCaller(BaseCase):
    def test_numbers(self):
        for text, phone in (
            ("+49 (0)30 123456", "30123456"),
            ("0049/30/123456", "30123456"),
            ("030 1234", "301234"),
            ("123", ""),
            ("0000", ""),
            ("1234", "1234"),
        ):
            self.assertEqual(asked(text).phone, phone, text)

    def test_names_and_serial_numbers(self):
        self.assertEqual(asked("Mill  Sons").words, ("Mill", "Sons"))
        self.assertFalse(asked("Mill").serial)
        self.assertEqual(asked("p200 77").serial, "P20077")
        self.assertEqual(asked("p200 77").words, ("p200", "77"))
        self.assertFalse(asked("x").words)
        # Two signs are a name in Chinese.
        self.assertEqual(asked("大风").words, ("大风",))
        self.assertEqual(asked(None), asked(""))

    @given(st.text(max_size=300))
    def test_anything_typed(self, text):
        what = asked(text)
        self.assertTrue(not what.phone or what.phone.isascii())
        self.assertTrue(not what.phone or what.phone.isdecimal())
        self.assertLessEqual(len(what.phone), PHONE_DIGITS)
        self.assertFalse(what.phone and what.words)
        self.assertFalse(any(not word.strip() for word in what.words))
        self.assertFalse(any(sign.isspace() for sign in what.serial))
        # No database takes it.
        self.assertNotIn("\0", "".join((what.serial, *what.words)))

    @given(
        st.integers(10**MIN_DIGITS, 10**11),
        st.lists(st.sampled_from(" -/.()"), max_size=12),
        st.sampled_from(["", "0", "00", "+"]),
    )
    def test_however_a_number_is_written(self, number, signs, prefix):
        """Blanks and prefixes do not matter, the last digits are found."""
        digits = str(number)
        for place, sign in enumerate(signs):
            at = place * 2 % (len(digits) + 1)
            digits = digits[:at] + sign + digits[at:]
        # A blank at the beginning or the end is none of the number.
        expected = str(number)[-PHONE_DIGITS:].lstrip("0")
        if len(expected) >= MIN_DIGITS:
            self.assertEqual(asked(prefix + digits).phone, expected)

    @given(st.text(max_size=50))
    def test_a_pattern_stands_for_its_text(self, text):
        pattern = literal(text)
        plain, escaped = "", False
        for sign in pattern:
            if escaped or sign not in "\\%_":
                plain, escaped = plain + sign, False
            else:
                self.assertEqual(sign, "\\", "a wildcard is left")
                escaped = True
        self.assertEqual(plain, text)
