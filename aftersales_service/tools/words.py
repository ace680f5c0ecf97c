# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which words of a text are worth looking for among many other texts."""

#: How many words are looked for at most.
MOST_WORDS = 12
#: How many words must come together when each of them is common.
TOGETHER = 3


def choose(frequencies, limit):
    """Choose the words that tell most, so that few texts are found by them.

    Rare words are looked for one by one; where a text has none, its rarest words are
    looked for together.

    :param dict frequencies: word -> number of texts in which it is expected
    :param float limit: how many texts may be found, about
    :return: tuple of words and whether they must come together
    """
    words = sorted(
        (word for word in frequencies if tells(word)),
        key=lambda word: (frequencies[word], word),
    )[:MOST_WORDS]
    chosen, expected = [], 0
    for word in words:
        expected += frequencies[word]
        if expected > limit:
            break
        chosen.append(word)
    if chosen:
        return tuple(chosen), False
    return tuple(words[:TOGETHER]), True


def tells(word):
    """Tell whether a word is long enough to say something.

    :param str word: in scripts without spaces one sign is a word already
    :return: bool
    """
    return len(word) > 2 or not word.isascii()


def to_query(words, together):
    """Write words as the text of a `tsquery`.

    :param words: iterable of lexemes, whatever characters they consist of
    :param bool together: whether all of them must be there, or one of them
    :return: str
    """
    quoted = (
        "'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in words
    )
    return (" & " if together else " | ").join(quoted)
