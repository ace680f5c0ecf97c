# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which rule fits a case best: the most specific one that fits, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and what it asks of a case.

    :ivar key: identity of the rule; the lower one wins when all else is equal
    :ivar group: rules of one group compete, each group has a winner of its own
    :ivar sequence: the lower one wins among equally specific rules
    :ivar criteria: pairs of the name of a fact and the value it must have
    """

    key: int
    group: str
    sequence: int
    criteria: tuple[tuple[str, Any], ...] = ()

    def fits(self, facts: Mapping[str, Any]) -> bool:
        """Tell whether a case has all that the rule asks for."""
        return all(_holds(facts.get(name), value) for name, value in self.criteria)

    def rank(self, facts: Mapping[str, Any]) -> tuple:
        """Return a sort key: the first rule in this order is the most specific one.

        More criteria are more specific than fewer. Among as many, a value near to the
        case in a tree (its own product category) beats one further up.
        """
        distance = sum(
            _distance(facts.get(name), value) for name, value in self.criteria
        )
        return (-len(self.criteria), distance, self.sequence, self.key)


def _holds(fact: Any, value: Any) -> bool:
    """Tell whether a fact is a value, or one of several as a list or mapping has."""
    if isinstance(fact, Mapping | tuple | frozenset):
        return value in fact
    return fact == value


def _distance(fact: Any, value: Any) -> int:
    """Return how far up in its tree a value was found; 0 without a tree."""
    return fact.get(value, 0) if isinstance(fact, Mapping) else 0


def winners(rules: Iterable[Rule], facts: Mapping[str, Any]) -> dict[str, Rule]:
    """Choose the most specific rule of each group that fits a case.

    :param rules: in any order
    :param facts: name -> value; a tuple or frozenset of values if the case has several,
        a mapping of value -> distance (0 is the nearest) if they are a path in a tree
    :return: group -> rule; groups of which no rule fits are left out
    """
    found: dict[str, Rule] = {}
    for rule in sorted(
        (rule for rule in rules if rule.fits(facts)), key=lambda rule: rule.rank(facts)
    ):
        found.setdefault(rule.group, rule)
    return found
