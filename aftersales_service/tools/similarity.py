# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How much two subjects have in common, in any script.

The measure is the one of PostgreSQL's trigram search. That one knows as letters only
what the locale of the database calls so: in many databases a Chinese subject has none.
"""

import re

#: From here on two subjects are taken for the same matter.
ALIKE = 0.3

_REPLY = re.compile(
    r"^\s*((re|fw|fwd|aw|wg|antw|tr|sv|回复|转发|答复)\s*[:：]\s*)+", re.I
)
_WORD = re.compile(r"[^\W_]+")


def trigrams(text):
    """Return the groups of three characters of a text, as PostgreSQL makes them.

    Each word is taken with two blanks before and one behind it; what mail programs put
    before a subject when they answer or pass it on does not count.

    :param str text: possibly empty
    :return: frozenset of str
    """
    words = _WORD.findall(_REPLY.sub("", text or "").lower())
    padded = [f"  {word} " for word in words]
    return frozenset(
        word[start : start + 3] for word in padded for start in range(len(word) - 2)
    )


def similarity(one, other):
    """Measure how much two sets of trigrams have in common.

    :param frozenset one: see `trigrams`
    :param frozenset other: as well
    :return: float between 0 (nothing, or nothing to compare) and 1 (the same)
    """
    every = len(one | other)
    return len(one & other) / every if every else 0.0
