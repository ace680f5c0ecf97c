# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The text that is hashed when a customer signs."""

import hashlib
import json
import unicodedata
from datetime import date
from decimal import Decimal
from enum import Enum, IntEnum

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools.canonical import (
    canonical_json,
    content_hash,
    file_hash,
)

EXAMPLES = settings(deadline=None, database=None, derandomize=True, max_examples=150)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(
    lambda value: unicodedata.normalize("NFC", value)
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4)
    ),
    max_leaves=12,
)


def shuffled(value):
    """The same content with every dictionary filled the other way round."""
    if isinstance(value, dict):
        return {key: shuffled(item) for key, item in reversed(value.items())}
    if isinstance(value, list):
        return tuple(shuffled(item) for item in value)
    return value


@tagged("post_install", "-at_install")
class TestCanonical(BaseCase):
    def test_form(self):
        content = {
            "ä": "Zürich 液压 </script>\n",
            "b": [1, 1.0, -0.0, 1e22, True, None],
            "a": (),
            "Z": {},
        }
        self.assertEqual(
            canonical_json(content),
            '{"Z":{},"a":[],"b":[1,1.0,0.0,1e+22,true,null],'
            '"ä":"Zürich 液压 </script>\\n"}',
        )

    def test_hashes_do_not_drift(self):
        """A signature of today has to be checked by the versions to come."""
        self.assertEqual(
            content_hash({"form": "SF/2025/0001", "parts": [{"qty": 2.0, "ok": True}]}),
            hashlib.sha256(
                b'{"form":"SF/2025/0001","parts":[{"ok":true,"qty":2.0}]}'
            ).hexdigest(),
        )
        self.assertEqual(
            content_hash({}),
            "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        )
        self.assertEqual(
            file_hash(b""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        )

    def test_text_is_normalised(self):
        self.assertEqual(
            content_hash({"Ame\u0301lie": "e\u0301"}), content_hash({"Amélie": "é"})
        )

    def test_subclasses_are_reduced(self):
        class Name(str, Enum):
            A = "a"

        class Number(IntEnum):
            ONE = 1

        self.assertEqual(
            canonical_json([Name.A, Number.ONE, {Name.A: 1}]), '["a",1,{"a":1}]'
        )

    def test_other_types_are_refused_with_their_path(self):
        for value in (date(2025, 1, 1), Decimal(1), b"x", {1}, object()):
            with self.assertRaisesRegex(TypeError, r"^\$\.jobs\[1\]\.day: "):
                canonical_json({"jobs": [{}, {"day": value}]})
        with self.assertRaisesRegex(TypeError, r"^\$\.jobs: key 1 "):
            canonical_json({"jobs": {1: "x"}})

    def test_values_are_refused_with_their_path(self):
        for value in (float("nan"), float("inf"), "\ud800", {"é": 1, "e\u0301": 2}):
            with self.assertRaisesRegex(ValueError, r"^\$\.a\[0\]: "):
                canonical_json({"a": [value]})

    def test_file_hash_takes_bytes_only(self):
        with self.assertRaises(TypeError):
            file_hash("text")

    @EXAMPLES
    @given(values)
    def test_round_trip(self, value):
        written = canonical_json(value)
        self.assertEqual(json.loads(written), value)
        self.assertEqual(canonical_json(json.loads(written)), written)
        self.assertEqual(canonical_json(shuffled(value)), written)

    @EXAMPLES
    @given(values, values)
    def test_other_content_other_hash(self, one, two):
        same = json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)
        if "-0.0" not in json.dumps([one, two]):
            self.assertEqual(content_hash(one) == content_hash(two), same)
