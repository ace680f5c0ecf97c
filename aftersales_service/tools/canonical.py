# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One text for one content, so that a hash of it can be checked years later."""

import hashlib
import json
import math
import unicodedata
from typing import Any


def canonical_json(value: Any) -> str:
    """Return the canonical JSON text of a value.

    Equal content gives the same text: keys sorted by code point, no white space,
    characters unescaped and normalised to Unicode NFC (so the same name typed on
    another keyboard is the same), minus zero written as zero. ``1`` and ``1.0`` are
    different content. Dates, amounts of money and so on are turned into text by the
    caller, who knows their format; guessing one here would freeze it for ever.

    :param value: ``str``, ``int``, ``float``, ``bool``, ``None``, and lists, tuples
        and dictionaries with text keys of those; a tuple is written as a list
    :return: text to be encoded as UTF-8
    :raise TypeError: for any other type, naming the path to it
    :raise ValueError: for NaN and infinity, text that UTF-8 cannot encode, or two keys
        that are the same once normalised, naming the path
    """
    return json.dumps(
        _plain(value, "$"),
        allow_nan=False,
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    )


def content_hash(value: Any) -> str:
    """Return the SHA-256 (64 hexadecimal digits) of the canonical JSON in UTF-8.

    :raise TypeError, ValueError: as :func:`canonical_json`
    """
    return file_hash(canonical_json(value).encode())


def file_hash(content: bytes) -> str:
    """Return the SHA-256 (64 hexadecimal digits) of a file's content.

    :raise TypeError: if the content is not bytes
    """
    return hashlib.sha256(content).hexdigest()


def _plain(value: Any, path: str) -> Any:
    # Subclasses (an enumeration, a safe HTML string) are reduced to the plain type:
    # json would ask some of them how they want to be written.
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{path}: {value!r} has no JSON form")
        return float(value) + 0.0  # minus zero becomes zero
    if isinstance(value, list | tuple):
        return [_plain(item, f"{path}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, dict):
        plain: dict[str, Any] = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{path}: key {key!r} is not text")
            name = _text(key, path)
            if name in plain:
                raise ValueError(f"{path}: key {name!r} twice once normalised")
            plain[name] = _plain(item, f"{path}.{name}")
        return plain
    raise TypeError(f"{path}: {type(value).__name__} has no canonical form")


def _text(value: str, path: str) -> str:
    text = unicodedata.normalize("NFC", value)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{path}: text is not valid Unicode") from error
    return text
