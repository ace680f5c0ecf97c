# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which numbers a sample holds: decided by a seed, so that anybody can do it again.

Nobody who knows a number but not the seed can tell whether it is drawn, and nobody who
knows both can get another answer. The order in which numbers come does not matter, and
a greater share draws all that a smaller one draws.
"""

import hashlib

#: What a double holds exactly: no drawn value is rounded up to 1.
_BITS = 53


def drawn_value(seed, number):
    """Return where a number falls.

    :param str seed: secret of the sample
    :param str number: what is drawn, say the number of a form
    :return: float, evenly spread over 0 (inclusive) to 1 (exclusive)
    """
    # The length tells ("a", "bc") from ("ab", "c").
    text = f"{len(seed)}:{seed}:{number}"
    digest = hashlib.sha256(text.encode()).digest()
    return (int.from_bytes(digest[:8]) >> (64 - _BITS)) / (1 << _BITS)


def is_drawn(seed, number, share):
    """Tell whether a number is in the sample.

    :param float share: of all numbers, from 0 (none) to 1 (all)
    :return: bool
    """
    return drawn_value(seed, number) < share
