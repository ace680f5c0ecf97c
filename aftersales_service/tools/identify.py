# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a text says about who wrote it: numbers to look for, and what to conclude."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

#: Longer texts say no more about their sender.
MAX_TEXT = 20_000
#: No list of numbers is looked up beyond this.
MAX_FOUND = 200
#: Digits by which telephone numbers are compared: without country and trunk codes.
PHONE_DIGITS = 8

_PHONE = re.compile(r"(?<![\w.])\+?\(?\d[\d ()./\u00a0-]{5,24}\d(?![\w])")
_TOKEN = re.compile(r"[^\W_](?:[\w./#-]{0,48}[^\W_])?")
_REFERENCE = re.compile(r"[^\W\d_]{1,8}/(?:[\w-]{1,8}/){0,2}\d{3,10}")


@dataclass(frozen=True, slots=True)
class Hint:
    """One number in a text that points to a customer.

    :ivar customer: identity of the customer
    :ivar words: which number it was, for people
    :ivar machine: identity of the machine that carries the number, or None
    """

    customer: int
    words: str
    machine: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What several hints come to.

    :ivar customer: the one they all point to, or None
    :ivar machine: the one machine among them, or None
    :ivar words: of the hints that count, each once
    :ivar is_torn: whether they point to several customers
    """

    customer: int | None
    machine: int | None
    words: tuple[str, ...]
    is_torn: bool


def phone_keys(text: str) -> set[str]:
    """Find telephone numbers in a text.

    :return: the last eight digits of each
    """
    keys = set()
    for match in _PHONE.finditer((text or "")[:MAX_TEXT]):
        digits = "".join(re.findall(r"\d", match.group()))
        if PHONE_DIGITS <= len(digits) <= 15:
            keys.add(digits[-PHONE_DIGITS:])
        if len(keys) >= MAX_FOUND:
            break
    return keys


def number_tokens(text: str) -> dict[str, str]:
    """Find what could be a serial or an order number in a text.

    A word that has a digit and at least four signs; digits alone are at least five,
    a year or a time of day is none.

    :return: dict of the word in capitals -> the word as written
    """
    found: dict[str, str] = {}
    for match in _TOKEN.finditer((text or "")[:MAX_TEXT]):
        word = match.group()
        digits = sum(sign.isdigit() for sign in word)
        if digits and len(word) >= (5 if digits == len(word) else 4):
            found.setdefault(word.upper(), word)
            if len(found) >= MAX_FOUND:
                break
    return found


def references(text: str) -> list[str]:
    """Find what looks like the reference of a ticket, as in ``ST/2026/00042``.

    :return: in capitals, in their order, each once
    """
    found = _REFERENCE.findall((text or "")[:MAX_TEXT])
    return list(dict.fromkeys(reference.upper() for reference in found))[:MAX_FOUND]


def judge(hints: Iterable[Hint]) -> Verdict:
    """Conclude from the numbers of a text who wrote it.

    One customer is a suggestion, two are none: nothing is guessed.
    """
    hints = list(hints)
    words = tuple(dict.fromkeys(hint.words for hint in hints))
    customers = {hint.customer for hint in hints}
    if len(customers) != 1:
        return Verdict(None, None, words, len(customers) > 1)
    machines = {hint.machine for hint in hints} - {None}
    return Verdict(
        customers.pop(), machines.pop() if len(machines) == 1 else None, words, False
    )
