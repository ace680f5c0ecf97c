# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which payment belongs to which invoice: scores by amount, reference, partner, date.

Amounts are whole numbers of the smallest unit of one currency, so that sums are exact.
Nothing here depends on the order in which items are given.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

#: Points for each reason.
POINTS = {
    "reference": 50,
    "amount": 30,
    "sum": 25,
    "part": 5,
    "partner": 15,
    "date": 5,
}
#: Days between an invoice and its payment that speak for each other.
NEAR_DAYS = 14
#: A reference that is shorter says nothing.
SHORTEST = 4
#: How many items are added up at most, and how many are tried.
MOST_ADDED = 4
MOST_TRIED = 14
#: From here on nobody needs to look, unless something else is as likely.
CERTAIN = POINTS["amount"] + POINTS["partner"]


@dataclass(frozen=True, order=True)
class Item:
    """An open amount: what is owed (a target) or what has come (a source).

    :param key: what the caller knows it by; unique
    :param amount: open amount in the smallest unit, above zero
    :param partner: id of the customer, None when it is not known
    :param day: of the invoice or of the payment
    :param names: numbers by which somebody may refer to it
    :param words: text in which somebody may refer to another item
    """

    key: tuple[str, int]
    amount: int
    partner: int | None
    day: date
    names: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True)
class Proposal:
    """Sources that may settle targets.

    :param targets: keys, in order
    :param sources: keys, in order
    :param amount: what they settle
    :param score: the higher, the likelier
    :param reasons: codes of `POINTS`, in that order
    """

    targets: tuple[tuple[str, int], ...]
    sources: tuple[tuple[str, int], ...]
    amount: int
    score: int
    reasons: tuple[str, ...]

    @property
    def rank(self):
        """Sort by this: the likeliest first, then what settles most with fewest."""
        return (-self.score, -self.amount, len(self.sources), self.sources)

    @property
    def is_sound(self) -> bool:
        """Whether the amounts fit, and somebody or something says whose it is."""
        reasons = set(self.reasons)
        return bool(reasons & {"amount", "sum"}) and (
            "reference" in reasons or self.score >= CERTAIN
        )


def refers(words: str, names: Iterable[str]) -> bool:
    """Tell whether a text refers to one of several numbers.

    Case, accents and punctuation don't matter; a longer number is another one:
    ``INV/2026/0001`` is not meant by ``INV/2026/00012``.
    """
    spaced = _spaced(words)
    compact = spaced.replace(" ", "")
    for name in names:
        wanted = _spaced(name)
        short = wanted.replace(" ", "")
        if len(short) < SHORTEST or not any(char.isdigit() for char in short):
            continue
        if f" {wanted} " in f" {spaced} ":
            return True
        before = r"(?<!\d)" if short[0].isdigit() else ""
        after = r"(?!\d)" if short[-1].isdigit() else ""
        if re.search(before + re.escape(short) + after, compact):
            return True
    return False


def _spaced(text: str) -> str:
    """Return the letters and digits of a text, single blanks between its words."""
    plain = unicodedata.normalize("NFKD", text or "").casefold()
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return re.sub(r"[\W_]+", " ", plain).strip()


def exact_subset(items: Iterable[Item], total: int) -> tuple[Item, ...] | None:
    """Find the fewest items that together are a total.

    :return: items by key, at most `MOST_ADDED`; None when there are none. Of more than
        `MOST_TRIED` items the first by key are tried
    """
    tried = sorted(item for item in items if 0 < item.amount <= total)[:MOST_TRIED]
    for number in range(1, MOST_ADDED + 1):
        for some in combinations(tried, number):
            if sum(item.amount for item in some) == total:
                return some
    return None


def propose(
    targets: Iterable[Item], sources: Iterable[Item], limit: int = 5
) -> list[Proposal]:
    """Propose which sources settle targets that belong together.

    :param targets: what one receipt owes
    :param sources: what has come
    :param limit: how many at most
    :return: proposals, the likeliest first; each names a source once
    """
    owed = sorted(targets)
    if not owed:
        return []
    plausible = [item for item in sorted(sources) if _is_plausible(owed, item)]
    found = [_single(owed, item) for item in plausible]
    total = sum(item.amount for item in owed)
    together = exact_subset(_likeliest(owed, plausible), total)
    if together and len(together) > 1:
        found.append(_make(owed, together, "sum"))
    return sorted(found, key=lambda proposal: proposal.rank)[:limit]


def certain(proposals: Sequence[Proposal]) -> Proposal | None:
    """Return the one proposal that nobody needs to look at.

    :param proposals: as `propose` returns them
    """
    if not proposals or not proposals[0].is_sound:
        return None
    if len(proposals) > 1 and proposals[1].score >= proposals[0].score:
        return None
    return proposals[0]


def assign(
    groups: dict[int, Iterable[Item]], sources: Iterable[Item]
) -> dict[int, Proposal]:
    """Give sources to several groups of targets, each source once.

    What two groups want as much is given to neither: somebody has to look.

    :param groups: targets by a number
    :param sources: what has come
    :return: certain proposals by the number of the group
    """
    sources = list(sources)
    found = {number: propose(targets, sources) for number, targets in groups.items()}
    best: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for number, proposals in found.items():
        scores: dict[tuple[str, int], int] = {}
        for proposal in proposals:
            for key in proposal.sources:
                scores[key] = max(scores.get(key, 0), proposal.score)
        for key, score in scores.items():
            best.setdefault(key, []).append((score, number))
    result = {}
    for number in sorted(found):
        proposal = certain(found[number])
        if proposal and all(
            score < proposal.score
            for key in proposal.sources
            for score, other in best[key]
            if other != number
        ):
            result[number] = proposal
    return result


def _is_plausible(targets: Sequence[Item], source: Item) -> bool:
    """Tell whether a source may have to do with the targets at all.

    The money of another customer is proposed only if it names the invoice.
    """
    if source.amount <= 0:
        return False
    if _has_reference(targets, source):
        return True
    if source.partner is not None:
        return _has_partner(targets, source)
    return exact_subset(targets, source.amount) is not None


def _has_reference(targets, source):
    return any(refers(source.words, item.names) for item in targets)


def _has_partner(targets, source):
    return source.partner in {item.partner for item in targets}


def _likeliest(targets, sources):
    """Return the sources to be added up: those with a reference first."""
    order = sorted(
        sources, key=lambda item: (not _has_reference(targets, item), item.key)
    )
    return order[:MOST_TRIED]


def _single(targets, source):
    """Propose one source: for the targets that are its amount, else for all.

    Of the targets of several customers those count that may be meant.
    """
    targets = [
        item
        for item in targets
        if source.partner in (None, item.partner) or refers(source.words, item.names)
    ]
    exact = exact_subset(targets, source.amount)
    if exact:
        kind = "amount" if len(exact) == 1 else "sum"
        chosen = exact
    else:
        kind, chosen = "part", targets
    return _make(chosen, (source,), kind)


def _make(targets, sources, kind):
    reasons = {kind}
    if all(_has_reference(targets, source) for source in sources):
        reasons.add("reference")
    if all(_has_partner(targets, source) for source in sources):
        reasons.add("partner")
    if all(_is_near(targets, source) for source in sources):
        reasons.add("date")
    amount = min(
        sum(item.amount for item in targets), sum(item.amount for item in sources)
    )
    return Proposal(
        targets=tuple(sorted(item.key for item in targets)),
        sources=tuple(sorted(item.key for item in sources)),
        amount=amount,
        score=sum(POINTS[reason] for reason in reasons),
        reasons=tuple(reason for reason in POINTS if reason in reasons),
    )


def _is_near(targets, source):
    return any(abs((source.day - item.day).days) <= NEAR_DAYS for item in targets)
