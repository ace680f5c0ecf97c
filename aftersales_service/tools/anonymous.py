# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Words about one customer, made fit for another one."""

import re

#: Stands where something was left out.
GAP = "…"
EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
#: Shorter ones say nothing, or stand in too many other words.
SHORTEST = 2
#: A telephone number is known by its last digits, however its prefix is written.
DIGITS = 6
#: Scripts without spaces have no edges of words.
UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")


def without(text, names=(), words=(), phones=()):
    """Leave names, e-mail addresses and telephone numbers out of a text.

    :param str text: what was written about one customer
    :param names: iterable of str, left out however they are capitalized
    :param words: iterable of str, left out as they are capitalized: parts of names
        that are words of the language as well
    :param phones: iterable of str, however they are written
    :return: str, with `GAP` where something was left out
    """
    text = EMAIL.sub(GAP, text)
    for phone in phones:
        digits = re.sub(r"\D", "", phone or "")[-DIGITS - 2 :]
        if len(digits) >= DIGITS:
            pattern = r"[\s()/.-]*".join(digits)
            text = re.sub(rf"(?:\+?\d[\d\s()/.-]*)?{pattern}(?!\d)", GAP, text)
    for kind, flags in ((names, re.IGNORECASE), (words, 0)):
        pattern = _pattern(kind)
        if pattern:
            text = re.sub(pattern, GAP, text, flags=flags)
    return text


def _pattern(names):
    """Write names as one regular expression, the longest first.

    :return: str, empty when no name says anything
    """
    names = {" ".join((name or "").split()) for name in names}
    told = sorted(
        (
            name
            for name in names
            if len(name) >= SHORTEST and any(sign.isalnum() for sign in name)
        ),
        key=lambda name: (-len(name), name),
    )
    return "|".join(_whole(name) for name in told)


def _whole(name):
    """Write one name so that it is found as a whole only, with any white space."""
    inner = r"\s+".join(re.escape(part) for part in name.split())
    before = r"(?<!\w)" if _has_edge(name[0]) else ""
    after = r"(?!\w)" if _has_edge(name[-1]) else ""
    return before + inner + after


def _has_edge(sign):
    return sign.isalnum() and not UNSPACED.match(sign)
