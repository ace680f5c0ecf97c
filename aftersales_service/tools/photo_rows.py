# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Photos on a page: what it looked like before stands beside what it is now."""

from collections.abc import Sequence
from typing import Any


def photo_rows(
    photos: Sequence[dict[str, Any]], columns: int
) -> list[list[dict[str, Any] | None]]:
    """Arrange photos in rows.

    The first photo before the work on a ticket is paired with the first one after it,
    and so on; a pair is never torn apart. What has no partner follows.

    :param photos: dictionaries with ``ticket`` and ``moment`` (before, after, detail),
        in the order in which they are shown
    :param columns: how many fit in a row: an even number
    :return: rows of that length: each photo once, ``None`` for a place left free
    :raise ValueError: when pairs don't fit
    """
    if columns < 2 or columns % 2:
        raise ValueError(f"{columns} columns hold no pairs")
    by_ticket: dict[Any, list[dict[str, Any]]] = {}
    for photo in photos:
        by_ticket.setdefault(photo["ticket"], []).append(photo)
    pairs: list[dict[str, Any] | None] = []
    singles: list[dict[str, Any] | None] = []
    for group in by_ticket.values():
        before = [photo for photo in group if photo["moment"] == "before"]
        after = [photo for photo in group if photo["moment"] == "after"]
        paired = min(len(before), len(after))
        for first, second in zip(before, after, strict=False):
            pairs += [first, second]
        singles += before[paired:] + after[paired:]
        singles += [p for p in group if p["moment"] not in ("before", "after")]
    places = pairs + singles
    places += [None] * (-len(places) % columns)
    return [places[at : at + columns] for at in range(0, len(places), columns)]
