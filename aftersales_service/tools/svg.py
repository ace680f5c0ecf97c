# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Pieces of an SVG picture that also the old WebKit inside wkhtmltopdf draws.

Only SVG 1.1 attributes: no CSS, no ids, no ``dominant-baseline``, no ``paint-order``.
Nothing here knows the fonts of the reader, so widths of text are estimates, in em (the
font size), a little on the wide side.
"""

import re
import unicodedata
from xml.sax.saxutils import escape

_NARROW = frozenset("!'(),-./:;I[]`fijlrt| ")
# Explicit bidirectional controls could turn what follows around once cut off from
# their end mark; the implicit marks and joiners that scripts need are kept.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Return a text in one line, without what XML forbids or a label cannot show."""
    text = _BIDI.sub("", text)
    kept = (" " if _forbidden(char) else char for char in text)
    return " ".join("".join(kept).split())


def _forbidden(char: str) -> bool:
    # Cc are control characters, Cs lone surrogates; ..FFFE and ..FFFF are no characters
    return unicodedata.category(char) in ("Cc", "Cs") or ord(char) & 0xFFFE == 0xFFFE


def em(text: str) -> float:
    """Estimate the width of a text in em."""
    return sum(map(_char_em, text))


def _char_em(char: str) -> float:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(char) in "WF":
        return 1.0
    if char in _NARROW:
        return 0.36
    if char in "mwMW%@":
        return 0.92
    return 0.72 if char.isupper() else 0.6


def cut(text: str, room: float) -> str:
    """Shorten a text to a width in em, with an ellipsis where something is missing."""
    if em(text) <= room:
        return text
    used, kept = em("…"), []
    for char in text:
        used += _char_em(char)
        if used > room:
            break
        kept.append(char)
    return "".join(kept).rstrip() + "…"


def wrap(text: str, room: float) -> list[str]:
    """Break a text into lines of a width in em, at spaces and between CJK characters.

    A word wider than the room gets a line of its own and sticks out.
    """
    lines = [""]
    for word in re.findall(r"\s+|[^\s\u2e80-\u9fff\uac00-\ud7af]+|.", text):
        if lines[-1] and em(lines[-1] + word) > room:
            lines.append("")
        lines[-1] = (lines[-1] + word).lstrip()
    return [line.rstrip() for line in lines]


def text(x: float, y: float, content: str, style: str = "", angle: int = 0) -> str:
    """Return a text element for a cleaned text, turned around its own anchor."""
    turn = f' transform="rotate({angle} {x:.1f} {y:.1f})"' if angle else ""
    style = style and f" {style}"
    return f'<text x="{x:.1f}" y="{y:.1f}"{style}{turn}>{escape(content)}</text>'


def rule(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    """Return a straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {style}/>'
