# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who pays for parts, labour and travel of one finding, and why nobody else does.

Pure: facts and candidates in, a decision out; the same input gives the same decision,
whatever the day on which it is asked for. All dates are days at the site, and a last
day is inclusive.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, NamedTuple

COST_CLASSES = ("parts", "labour", "travel")

#: Of two that pay the same, the first in this order does.
PAYERS = ("warranty", "contract")

#: Why one that would have paid does not: another one was chosen.
OUTDONE = ("less_share", "after_warranty", "ends_earlier", "same")


class Refusal(NamedTuple):
    """A reason that a candidate brings along, such as a quota that is used up."""

    code: str
    values: Mapping[str, Any] = {}
    costs: tuple[str, ...] = COST_CLASSES


@dataclass(frozen=True)
class Facts:
    """What is known about one finding.

    ``misuse`` is how far the procedure for improper use came: none, suspected or
    determined, that is with evidence, a second person's approval and the customer's
    acknowledgement. ``part_categories`` are the ids of the damaged part's product
    category and of all above it. A machine whose delivery is not known came neither
    with a delivery nor with a date of one: that it has no warranty is not certain.
    """

    fault_date: date
    basis: str = "report"
    liability: str = "unknown"
    misuse: str = "none"
    equipment: int | None = None
    cause: int | None = None
    part_product: int | None = None
    part_serial: str | None = None
    part_categories: tuple[int, ...] = ()
    is_delivery_known: bool = True

    @property
    def is_misuse_open(self) -> bool:
        """Improper use is said, but not determined yet."""
        return self.misuse != "determined" and (
            self.liability == "misuse" or self.misuse == "suspected"
        )

    @property
    def judged_liability(self) -> str:
        """The liability that decides: improper use counts once it is determined."""
        if self.liability == "misuse" and self.misuse != "determined":
            return "unknown"
        return self.liability


@dataclass(frozen=True)
class Candidate:
    """A warranty or contract that could pay.

    ``ref`` is its model and id; the lower one wins where nothing else decides.
    ``starts`` and ``ends`` are the first and last day for each class of cost; an end
    that is None never comes. One that is pending waits for the date of its ``trigger``:
    from its start it is presumed to pay until ``presumed_until`` of the cost.
    ``shares`` lie between 0 and 1.
    """

    ref: tuple[str, int]
    name: str
    payer: str = "warranty"
    kind: str = "base"
    starts: Mapping[str, date | None] = field(default_factory=dict)
    ends: Mapping[str, date | None] = field(default_factory=dict)
    is_pending: bool = False
    trigger: str | None = None
    presumed_until: Mapping[str, date | None] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    liabilities: tuple[str, ...] = ()
    excluded_categories: tuple[int, ...] = ()
    part_product: int | None = None
    part_serial: str | None = None
    is_void: bool = False
    void_reason: str | None = None
    refusals: tuple[Refusal, ...] = ()

    def last_day(self, cost: str) -> date | None:
        """Return the last day on which this pays for a class of cost.

        :return: None when it never ends, or when one that is pending can't be presumed
        """
        return (self.presumed_until if self.is_pending else self.ends).get(cost)


@dataclass(frozen=True)
class Rejection:
    """Why a candidate does not pay; without a candidate: why there is none."""

    candidate: Candidate | None
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """Who pays one class of cost. The customer pays what the payer's share leaves."""

    cost: str
    payer: str
    share: float
    candidate: Candidate | None
    rejections: tuple[Rejection, ...]


@dataclass(frozen=True)
class Decision:
    """The lines in the order of `COST_CLASSES`; warnings are pairs of code, values."""

    lines: tuple[Line, ...]
    provisional: bool
    warnings: tuple[tuple[str, Mapping[str, Any]], ...]

    def results(self) -> list[tuple[str, str, float]]:
        """Return cost, payer and share of each line: what the customer notices."""
        return [(line.cost, line.payer, line.share) for line in self.lines]


def decide(facts: Facts, candidates: Iterable[Candidate]) -> Decision:
    """Decide who pays.

    For each class of cost the highest share wins; of equal ones a warranty before a
    contract, then the one that ends later, then the lower id.

    :return: decision in which each candidate is either chosen or rejected with a
        reason, for each class of cost
    """
    candidates = sorted(candidates, key=lambda candidate: candidate.ref)
    lines = tuple(_decide_cost(facts, candidates, cost) for cost in COST_CLASSES)
    chosen = {
        line.candidate.ref: line.candidate
        for line in lines
        if line.candidate is not None
    }
    warnings: list[tuple[str, Mapping[str, Any]]] = []
    if facts.is_misuse_open:
        warnings.append(("misuse_suspected", {}))
    elif chosen and facts.judged_liability == "unknown":
        warnings.append(("cause_unknown", {}))
    warnings += [
        ("trigger_missing", {"name": candidate.name, "trigger": candidate.trigger})
        for ref, candidate in sorted(chosen.items())
        if candidate.is_pending
    ]
    is_provisional = bool(chosen) and (
        facts.judged_liability == "unknown"
        or any(candidate.is_pending for candidate in chosen.values())
    )
    if _is_warranty_unknown(facts, candidates, lines):
        is_provisional = True
        warnings.append(("delivery_unknown", {}))
    return Decision(lines, is_provisional, tuple(warnings))


def customer_share(payer: str, share: float) -> float:
    """Return what the customer pays of a class of cost, between 0 and 1."""
    return 1.0 if payer == "customer" else 1.0 - share


def as_json(facts: Facts, candidates: Iterable[Candidate]) -> dict[str, Any]:
    """Return all that `decide` looks at as plain JSON values.

    Two calls with the same input give equal values, also after they were stored.
    """
    ordered = sorted(candidates, key=lambda candidate: candidate.ref)
    return {
        "finding": plain(asdict(facts)),
        "candidates": [plain(asdict(candidate)) for candidate in ordered],
    }


def plain_rank(candidate: Mapping[str, Any]) -> tuple:
    """Return the sort key for parts of a candidate as `as_json` keeps it.

    The first one pays for a part that the chosen one excludes.
    """
    ends = candidate["presumed_until" if candidate["is_pending"] else "ends"]
    last = ends.get("parts")
    return (
        -candidate["shares"]["parts"],
        PAYERS.index(candidate["payer"]),
        -(date.fromisoformat(last) if last else date.max).toordinal(),
        candidate["ref"],
    )


def plain(value: Any) -> Any:
    """Return a value as JSON keeps it: days as ISO text, tuples as lists."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _is_warranty_unknown(
    facts: Facts, candidates: Iterable[Candidate], lines: Iterable[Line]
) -> bool:
    """Tell whether the customer pays only because nobody knows the warranty."""
    return (
        not facts.is_delivery_known
        and not any(c.payer == "warranty" and c.kind != "part" for c in candidates)
        and any(customer_share(line.payer, line.share) for line in lines)
    )


def _decide_cost(facts: Facts, candidates: list[Candidate], cost: str) -> Line:
    reasons = {c.ref: _reject(facts, c, cost) for c in candidates}
    paying = [c for c in candidates if reasons[c.ref] is None]
    chosen = min(paying, key=lambda c: _rank(c, cost)) if paying else None
    rejections = [
        reasons[c.ref] or _outdone(c, chosen, cost)
        for c in candidates
        if c is not chosen
    ]
    if chosen is None:
        if not candidates:
            rejections = [Rejection(None, "no_candidate")]
        return Line(cost, "customer", 1.0, None, tuple(rejections))
    return Line(cost, chosen.payer, chosen.shares[cost], chosen, tuple(rejections))


def _rank(candidate: Candidate, cost: str) -> tuple:
    last = candidate.last_day(cost) or date.max
    return (
        -candidate.shares[cost],
        PAYERS.index(candidate.payer),
        -last.toordinal(),
        candidate.ref,
    )


def _outdone(candidate: Candidate, chosen: Candidate, cost: str) -> Rejection:
    """Say why another candidate was chosen although this one would have paid."""
    values = {
        "other": chosen.name,
        "share": candidate.shares[cost],
        "other_share": chosen.shares[cost],
    }
    if candidate.shares[cost] < chosen.shares[cost]:
        return Rejection(candidate, "less_share", values)
    if candidate.payer != chosen.payer:
        return Rejection(candidate, "after_warranty", values)
    last = {"end": candidate.last_day(cost), "other_end": chosen.last_day(cost)}
    code = "same" if last["end"] == last["other_end"] else "ends_earlier"
    return Rejection(candidate, code, {**values, **last})


def _reject(facts: Facts, candidate: Candidate, cost: str) -> Rejection | None:
    """Return the first reason why a candidate does not pay, None when it does."""

    def because(code: str, **values: Any) -> Rejection:
        return Rejection(candidate, code, values)

    if candidate.is_void:
        return because("void", reason=candidate.void_reason)
    if candidate.kind == "part" and not _is_about(facts, candidate):
        return because("other_part")
    if not candidate.shares.get(cost):
        return because("not_included")
    if (reason := _reject_date(facts.fault_date, candidate, cost)) is not None:
        return reason
    for refusal in candidate.refusals:
        if cost in refusal.costs:
            return because(refusal.code, **refusal.values)
    liability = facts.judged_liability
    if liability != "unknown" and liability not in candidate.liabilities:
        return because("liability", liability=liability)
    excluded = set(facts.part_categories) & set(candidate.excluded_categories)
    if cost == "parts" and excluded:
        return because("excluded_part", categories=sorted(excluded))
    return None


def _reject_date(day: date, candidate: Candidate, cost: str) -> Rejection | None:
    start, last = candidate.starts.get(cost), candidate.last_day(cost)
    if candidate.is_pending:
        if start is None or last is None or day > last:
            values = {"trigger": candidate.trigger, "presumed_until": last}
            return Rejection(candidate, "trigger_missing", values)
    elif start is None:
        return Rejection(candidate, "no_dates")
    if day < start:
        return Rejection(candidate, "not_started", {"start": start, "fault_date": day})
    if last is not None and day > last:
        return Rejection(candidate, "ended", {"end": last, "fault_date": day})
    return None


def _is_about(facts: Facts, candidate: Candidate) -> bool:
    """Tell whether the finding is about the part that the candidate is for."""
    serials = [
        (serial or "").strip().casefold()
        for serial in (facts.part_serial, candidate.part_serial)
    ]
    if all(serials) and serials[0] != serials[1]:
        return False
    if candidate.part_product is None:
        # Known by its nameplate only: nothing but the serial number tells.
        return all(serials)
    return facts.part_product == candidate.part_product
