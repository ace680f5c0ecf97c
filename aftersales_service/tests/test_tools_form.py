# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The code of a printed form, and the order of its photos."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools.photo_rows import photo_rows
from odoo.addons.aftersales_service.tools.verify_code import (
    MAC_LENGTH,
    MAX_LENGTH,
    Code,
    make_token,
    read_code,
)

EXAMPLES = settings(
    deadline=None,
    database=None,
    derandomize=True,
    max_examples=150,
    # Of a busy machine.
    suppress_health_check=[HealthCheck.too_slow],
)
HEX = "0123456789abcdef"
HASH = "0123456789abcdef" * 4
MAC = "fedcba9876543210" * 2
PHOTOS = st.lists(
    st.tuples(
        st.sampled_from([None, "A", "B"]),
        st.sampled_from(["before", "after", "detail"]),
    ),
    max_size=12,
)


@tagged("post_install", "-at_install")
class TestToolsForm(BaseCase):
    def test_codes(self):
        token = f"7-{HASH}-{MAC}"
        mine = Code(HASH, record_id=7, mac=MAC)
        for text, expected in (
            (token, mine),
            (f"https://x.example.com/aftersales/verify/{token}", mine),
            (f" https://x.example.com/aftersales/verify/{token.upper()}/?a=1 ", mine),
            (
                f"AFTERSALES:SV/26/1:2:SHA256:{HASH}",
                Code(HASH, None, None, "SV/26/1", 2),
            ),
            (f"AFTERSALES:A:B:12:SHA256:{HASH}", Code(HASH, None, None, "A:B", 12)),
            (f"{HASH[:32]}\n{HASH[32:].upper()}", Code(HASH)),
            (HASH[1:], None),
            (HASH + "0", None),
            (f"0-{HASH}-{MAC}", None),
            (f"-7-{HASH}-{MAC}", None),
            (f"7-{HASH}-{MAC}0", None),
            (f"7-{HASH}", None),
            ("7", None),
            ("", None),
            (None, None),
            (b"7", None),
            (["7"], None),
            ("x" * MAX_LENGTH + token, None),
        ):
            with self.subTest(text=str(text)[:30]):
                self.assertEqual(read_code(text), expected)

    @EXAMPLES
    @given(
        st.integers(1, 10**9 - 1),
        st.text(HEX, min_size=64, max_size=64),
        st.text(HEX, min_size=64, max_size=64),
    )
    def test_what_is_made_is_read(self, record_id, content_hash, mac):
        token = make_token(record_id, content_hash, mac)
        self.assertEqual(
            read_code(token), Code(content_hash, record_id, mac[:MAC_LENGTH])
        )

    @EXAMPLES
    @given(st.text() | st.text("AFTERSALES:SHA256/-?#" + HEX))
    def test_nothing_fails(self, text):
        code = read_code(text)
        self.assertTrue(code is None or len(code.content_hash) == 64)

    @EXAMPLES
    @given(PHOTOS, st.sampled_from([2, 4, 6]))
    def test_each_photo_once_and_pairs_together(self, photos, columns):
        photos = [
            {"ticket": ticket, "moment": moment, "id": at}
            for at, (ticket, moment) in enumerate(photos)
        ]
        rows = photo_rows(photos, columns)
        self.assertTrue(all(len(row) == columns for row in rows))
        places = [photo for row in rows for photo in row]
        shown = [photo["id"] for photo in places if photo]
        self.assertEqual(sorted(shown), list(range(len(photos))))
        self.assertEqual(shown, [p["id"] for p in places[: len(shown)]], "gaps last")
        self.assertLess(len(places) - len(shown), columns)
        for ticket in (None, "A", "B"):
            of = [p for p in photos if p["ticket"] == ticket]
            first = [p["id"] for p in of if p["moment"] == "before"]
            then = [p["id"] for p in of if p["moment"] == "after"]
            for before, after in zip(first, then, strict=False):
                at = shown.index(before)
                self.assertEqual(shown[at + 1], after)
                self.assertEqual(at % 2, 0, "in one row")

    def test_pairs_need_room(self):
        for columns in (0, 1, 3, -2):
            with self.assertRaises(ValueError):
                photo_rows([], columns)
