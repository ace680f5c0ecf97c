# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools.identify import (
    MAX_FOUND,
    Hint,
    judge,
    number_tokens,
    phone_keys,
    references,
)

EXAMPLES = settings(deadline=None, database=None, derandomize=True, max_examples=300)
HINTS = st.lists(
    st.builds(
        Hint,
        st.integers(1, 3),
        st.sampled_from(["a", "b", "c"]),
        st.one_of(st.none(), st.integers(1, 3)),
    ),
    max_size=6,
)


@tagged("post_install", "-at_install")
class TestIdentify(BaseCase):
    def test_phones(self):
        for text, key in (
            ("+49 30 123456", "30123456"),
            ("Tel. (030) 12-34-56.", "30123456"),
            ("call 0086 755 8888 1234 now", "88881234"),
        ):
            self.assertEqual(phone_keys(text), {key}, text)
        for text in ("", "123456", "P200-12345678x", "1" * 40, "on 2026-03-02"):
            self.assertNotIn("12345678", phone_keys(text))
        self.assertFalse(phone_keys("123456") | phone_keys("1" * 40))

    def test_tokens(self):
        self.assertEqual(
            number_tokens("Serial: p200-77, order S00042 (PO/4711) of 2026, 10 hours."),
            {"P200-77": "p200-77", "S00042": "S00042", "PO/4711": "PO/4711"},
        )
        self.assertIn("压力机77号A", number_tokens("压力机77号A"))

    def test_references(self):
        self.assertEqual(
            references("Re: [st/2026/00042] and ST/00007, ST/00007"),
            ["ST/2026/00042", "ST/00007"],
        )
        self.assertEqual(references("1/2 and a/b/c"), [])

    def test_verdicts(self):
        machine = Hint(1, "serial", 7)
        self.assertEqual(judge([machine, Hint(1, "order")]).machine, 7)
        self.assertEqual(judge([machine, Hint(1, "x", 8)]).customer, 1)
        self.assertIsNone(judge([machine, Hint(1, "x", 8)]).machine)
        torn = judge([machine, Hint(2, "phone")])
        self.assertTrue(torn.is_torn)
        self.assertIsNone(torn.customer)
        self.assertFalse(judge([]).is_torn)

    @EXAMPLES
    @given(st.text(max_size=400))
    def test_any_text(self, text):
        for key in phone_keys(text):
            self.assertEqual(len(key), 8)
            self.assertTrue(key.isdigit())
        for word, written in number_tokens(text).items():
            self.assertEqual(word, written.upper())
            self.assertIn(written, text)
        self.assertLessEqual(len(references(text)), MAX_FOUND)

    @EXAMPLES
    @given(HINTS)
    def test_nothing_is_guessed(self, hints):
        verdict = judge(hints)
        customers = {hint.customer for hint in hints}
        self.assertEqual(verdict.is_torn, len(customers) > 1)
        self.assertEqual(
            verdict.customer, customers.pop() if len(customers) == 1 else None
        )
        self.assertEqual(set(verdict.words), {hint.words for hint in hints})
