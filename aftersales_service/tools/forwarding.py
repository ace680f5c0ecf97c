# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Whom a ticket is given to: the least loaded, or the next in turn, of those present.

Moments are naive datetimes in UTC.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

LEAST_LOADED = "least_loaded"
ROUND_ROBIN = "round_robin"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who could be given a ticket.

    :ivar key: identity, and the order in which people take turns
    :ivar present_from: since or from when he works; ``None`` if he is not seen again
    :ivar load: open tickets that he has
    :ivar given_at: when he was last given one, ``None`` for never
    """

    key: int
    present_from: datetime | None
    load: int = 0
    given_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Who was chosen.

    :ivar member: the one
    :ivar is_present: whether he is there now; else he is the first to come
    """

    member: Member
    is_present: bool


def choose(
    method: str,
    members: Iterable[Member],
    now: datetime,
    last: int | None = None,
    waits: bool = True,
) -> Choice | None:
    """Choose who is given a ticket.

    Only those count who are present; when nobody is, those who come first.

    :param method: ``LEAST_LOADED``: fewest open tickets, then who was given one longest
        ago, then the lowest key; ``ROUND_ROBIN``: the next key after the last one
    :param members: in any order
    :param now: naive UTC
    :param last: key of who had the last turn, who need not be a member any more
    :param waits: whether somebody may be chosen who is not present yet
    :return: ``None`` when there is nobody to choose
    :raise ValueError: for another method
    """
    known = [member for member in members if member.present_from is not None]
    ready = [member for member in known if member.present_from <= now]
    is_present = bool(ready)
    if not ready and waits and known:
        first = min(member.present_from for member in known)
        ready = [member for member in known if member.present_from == first]
    if not ready:
        return None
    if method == LEAST_LOADED:
        member = min(ready, key=_burden)
    elif method == ROUND_ROBIN:
        member = min(ready, key=lambda one: _turn(one, last))
    else:
        raise ValueError(f"unknown method: {method}")
    return Choice(member, is_present)


def _burden(member: Member) -> tuple:
    return (member.load, member.given_at or datetime.min, member.key)


def _turn(member: Member, last: int | None) -> tuple:
    """Sort those after the last one before those who start the next round."""
    return (last is not None and member.key <= last, member.key)
