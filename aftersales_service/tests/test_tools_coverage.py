# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The decision engine by hand-made cases and against a second, naive implementation."""

import json
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools.coverage import (
    COST_CLASSES,
    Candidate,
    Facts,
    Refusal,
    as_json,
    customer_share,
    decide,
)

EXAMPLES = settings(deadline=None, database=None, derandomize=True, max_examples=200)
OURS = ("design", "manufacturing", "purchasing")
LIABILITIES = (*OURS, "transport", "misuse", "wear", "unknown")
DAY = date(2026, 3, 4)


def all_of(value):
    return dict.fromkeys(COST_CLASSES, value)


def warranty(number=1, **values):
    """Make a warranty of the year 2026: parts and labour, no travel."""
    return Candidate(
        **{
            "ref": ("aftersales.warranty", number),
            "name": f"W-{number}",
            "starts": all_of(date(2026, 1, 1)),
            "ends": all_of(date(2026, 12, 31)),
            "shares": {"parts": 1.0, "labour": 1.0, "travel": 0.0},
            "liabilities": OURS,
            **values,
        }
    )


def facts(**values):
    return Facts(**{"fault_date": DAY, "liability": "design", **values})


# ---- strategies: few days and few values, so that ties and boundaries are common ----
ORIGIN = date(2026, 1, 1)
days = st.integers(0, 9).map(lambda number: ORIGIN + timedelta(days=number))
some_days = st.none() | days
shares = st.sampled_from([0.0, 0.5, 1.0])


def costs(values):
    return st.fixed_dictionaries(dict.fromkeys(COST_CLASSES, values))


candidate_values = st.fixed_dictionaries(
    {
        "payer": st.sampled_from(["warranty", "contract"]),
        "kind": st.sampled_from(["base", "extension", "part"]),
        "starts": costs(some_days),
        "ends": costs(some_days),
        "is_pending": st.booleans(),
        "trigger": st.just("commissioning"),
        "presumed_until": costs(some_days),
        "shares": costs(shares),
        "liabilities": st.sets(st.sampled_from(LIABILITIES[:-1])).map(tuple),
        "excluded_categories": st.sets(st.integers(1, 3), max_size=2).map(tuple),
        "part_product": st.none() | st.integers(1, 2),
        "part_serial": st.none() | st.sampled_from(["A1", " a1", "B2", ""]),
        "is_void": st.sampled_from([False] * 4 + [True]),
        "refusals": st.lists(
            st.builds(
                Refusal,
                st.just("quota_used"),
                st.just({"quota": 4}),
                st.sets(st.sampled_from(COST_CLASSES)).map(tuple),
            ),
            max_size=1,
        ).map(tuple),
    }
)
candidate_lists = st.lists(candidate_values, max_size=5).map(
    lambda rows: [
        Candidate(ref=(f"aftersales.{row['payer']}", i), name=f"N-{i}", **row)
        for i, row in enumerate(rows)
    ]
)
fact_values = st.builds(
    Facts,
    fault_date=days,
    liability=st.sampled_from(LIABILITIES),
    misuse=st.sampled_from(["none", "suspected", "determined"]),
    part_product=st.none() | st.integers(1, 2),
    part_serial=st.none() | st.sampled_from(["A1", "a1 ", "B2"]),
    part_categories=st.sets(st.integers(1, 3), max_size=2).map(tuple),
    is_delivery_known=st.booleans(),
)


# ---- the second implementation: for each candidate a plain yes or no, then a fold ----
def naive_pays(known, option, cost):
    if option.is_void or option.shares[cost] == 0:
        return False
    if option.kind == "part" and not naive_same_part(known, option):
        return False
    first = option.starts[cost]
    if first is None or known.fault_date < first:
        return False
    if option.is_pending:
        last = option.presumed_until[cost]
        if last is None or known.fault_date > last:
            return False
    elif option.ends[cost] is not None and known.fault_date > option.ends[cost]:
        return False
    if any(cost in refusal.costs for refusal in option.refusals):
        return False
    if naive_cause(known) not in (*option.liabilities, "unknown"):
        return False
    excluded = [c for c in known.part_categories if c in option.excluded_categories]
    return not (excluded and cost == "parts")


def naive_cause(known):
    if known.liability == "misuse" and known.misuse != "determined":
        return "unknown"
    return known.liability


def naive_same_part(known, option):
    mine = (known.part_serial or "").strip().lower()
    his = (option.part_serial or "").strip().lower()
    if option.part_product is not None and option.part_product != known.part_product:
        return False
    if mine and his:
        return mine == his
    return option.part_product is not None


def naive_winner(known, options, cost):
    winner = None
    for option in options:
        if not naive_pays(known, option, cost):
            continue
        if winner is None or naive_better(option, winner, cost):
            winner = option
    return winner


def naive_nobody_knows(known, options):
    if known.is_delivery_known:
        return False
    for option in options:
        if option.payer == "warranty" and option.kind in ("base", "extension"):
            return False
    winners = [naive_winner(known, options, cost) for cost in COST_CLASSES]
    paid = zip(winners, COST_CLASSES, strict=True)
    return not all(winner and winner.shares[cost] == 1 for winner, cost in paid)


def naive_better(one, two, cost):
    if one.shares[cost] != two.shares[cost]:
        return one.shares[cost] > two.shares[cost]
    if one.payer != two.payer:
        return one.payer == "warranty"
    ends = [
        (option.presumed_until if option.is_pending else option.ends)[cost]
        for option in (one, two)
    ]
    if ends[0] != ends[1]:
        return ends[0] is None or (ends[1] is not None and ends[0] > ends[1])
    return one.ref < two.ref


@tagged("post_install", "-at_install")
class TestToolsCoverage(BaseCase):
    def reasons(self, known, candidates, cost="parts"):
        """Return the code for each candidate that does not pay, by its name."""
        line = decide(known, candidates).lines[COST_CLASSES.index(cost)]
        return {r.candidate.name: r.code for r in line.rejections if r.candidate}

    @EXAMPLES
    @given(fact_values, candidate_lists)
    def test_against_the_second_implementation(self, known, options):
        decision = decide(known, options)
        unknown = known.liability == "unknown" or (
            known.liability == "misuse" and known.misuse != "determined"
        )
        presumed = False
        for line in decision.lines:
            winner = naive_winner(known, options, line.cost)
            self.assertEqual(line.candidate, winner)
            if winner is None:
                self.assertEqual((line.payer, line.share), ("customer", 1.0))
            else:
                self.assertEqual(line.payer, winner.payer)
                self.assertEqual(line.share, winner.shares[line.cost])
                presumed |= unknown or winner.is_pending
        nobody_knows = naive_nobody_knows(known, options)
        self.assertEqual(decision.provisional, presumed or nobody_knows)
        codes = [code for code, _values in decision.warnings]
        self.assertEqual("delivery_unknown" in codes, nobody_knows)

    @EXAMPLES
    @given(fact_values, candidate_lists)
    def test_each_candidate_is_chosen_or_has_one_reason(self, known, options):
        for line in decide(known, options).lines:
            named = [r.candidate for r in line.rejections if r.candidate]
            chosen = [line.candidate] if line.candidate else []
            refs = sorted(option.ref for option in named + chosen)
            self.assertEqual(refs, sorted(option.ref for option in options))
            self.assertTrue(all(r.code for r in line.rejections))
            if not options:
                self.assertEqual(line.rejections[0].code, "no_candidate")

    @EXAMPLES
    @given(fact_values, candidate_lists)
    def test_order_and_storage_do_not_matter(self, known, options):
        decision = decide(known, options)
        self.assertEqual(decide(known, options[::-1]), decision)
        stored = json.loads(json.dumps(as_json(known, options)))
        self.assertEqual(stored, as_json(known, options[::-1]))

    @EXAMPLES
    @given(fact_values, candidate_lists, candidate_values)
    def test_one_more_candidate_never_costs_the_customer_more(
        self, known, options, more
    ):
        extra = Candidate(ref=("aftersales.zzz", 9), name="N-9", **more)
        before = decide(known, options).lines
        after = decide(known, [*options, extra]).lines
        for old, new in zip(before, after, strict=True):
            self.assertLessEqual(
                customer_share(new.payer, new.share),
                customer_share(old.payer, old.share),
            )

    @EXAMPLES
    @given(fact_values, candidate_lists)
    def test_suspected_misuse_charges_nothing(self, known, options):
        """Judged as if the cause were unknown, whatever was proposed or approved."""
        if known.liability != "misuse" or known.misuse == "determined":
            return
        unknown = Facts(
            **{
                **{name: getattr(known, name) for name in Facts.__dataclass_fields__},
                "liability": "unknown",
                "misuse": "none",
            }
        )
        decision = decide(known, options)
        self.assertEqual(decision.lines, decide(unknown, options).lines)
        self.assertIn(("misuse_suspected", {}), decision.warnings)

    # ---- by hand ----

    def test_free_parts_and_charged_travel(self):
        lines = decide(facts(), [warranty()]).lines
        self.assertEqual(
            [(line.payer, line.share) for line in lines],
            [("warranty", 1.0), ("warranty", 1.0), ("customer", 1.0)],
        )
        self.assertEqual(lines[2].rejections[0].code, "not_included")

    def test_excluded_part_leaves_labour_free(self):
        lines = decide(
            facts(part_categories=(1, 7)), [warranty(excluded_categories=(7, 9))]
        ).lines
        self.assertEqual([line.payer for line in lines][:2], ["customer", "warranty"])
        rejection = lines[0].rejections[0]
        self.assertEqual(rejection.code, "excluded_part")
        self.assertEqual(rejection.values, {"categories": [7]})

    def test_first_and_last_day(self):
        candidate = warranty(starts=all_of(DAY), ends=all_of(DAY))
        self.assertEqual(self.reasons(facts(), [candidate]), {})
        for shift, code in ((-1, "not_started"), (1, "ended")):
            known = facts(fault_date=DAY + timedelta(days=shift))
            self.assertEqual(self.reasons(known, [candidate]), {"W-1": code})

    def test_reason_names_the_days(self):
        known = facts(fault_date=date(2027, 1, 3))
        rejection = decide(known, [warranty()]).lines[0].rejections[0]
        self.assertEqual(
            rejection.values,
            {"end": date(2026, 12, 31), "fault_date": date(2027, 1, 3)},
        )

    def test_unknown_cause_is_presumed_covered(self):
        decision = decide(facts(liability="unknown"), [warranty()])
        self.assertTrue(decision.provisional)
        self.assertEqual(decision.lines[0].payer, "warranty")
        self.assertEqual(decision.warnings, (("cause_unknown", {}),))
        ended = decide(
            facts(liability="unknown", fault_date=date(2027, 1, 1)), [warranty()]
        )
        self.assertFalse(ended.provisional, "no cause could change it")

    def test_improper_use(self):
        for misuse, payer in (
            ("none", "warranty"),
            ("suspected", "warranty"),
            ("determined", "customer"),
        ):
            decision = decide(facts(liability="misuse", misuse=misuse), [warranty()])
            self.assertEqual(decision.lines[0].payer, payer, misuse)
            self.assertEqual(decision.provisional, payer == "warranty")
        generous = warranty(liabilities=(*OURS, "misuse"))
        known = facts(liability="misuse", misuse="determined")
        self.assertEqual(decide(known, [generous]).lines[0].payer, "warranty")

    def test_nobody_knows_the_warranty(self):
        part = warranty(kind="part", part_product=5)
        contract = warranty(payer="contract", shares=all_of(1.0))
        ended = warranty(ends=all_of(date(2026, 1, 2)))
        for candidates, is_known in (
            ([], False),
            ([part], False),
            ([warranty(payer="contract")], False),
            ([contract], True),
            ([ended], True),
            ([warranty(is_void=True)], True),
        ):
            decision = decide(facts(is_delivery_known=False), candidates)
            codes = [code for code, _values in decision.warnings]
            self.assertEqual(decision.provisional, not is_known)
            self.assertEqual(codes, [] if is_known else ["delivery_unknown"])
            self.assertFalse(decide(facts(), candidates).warnings)

    def test_pending_is_presumed_until_its_day(self):
        candidate = warranty(
            is_pending=True,
            trigger="commissioning",
            ends=all_of(None),
            presumed_until=all_of(DAY),
        )
        decision = decide(facts(), [candidate])
        self.assertTrue(decision.provisional)
        self.assertEqual(decision.lines[0].payer, "warranty")
        self.assertEqual(
            decision.warnings,
            (("trigger_missing", {"name": "W-1", "trigger": "commissioning"}),),
        )
        later = facts(fault_date=DAY + timedelta(days=1))
        self.assertEqual(self.reasons(later, [candidate]), {"W-1": "trigger_missing"})
        nothing = warranty(is_pending=True, starts=all_of(None), ends=all_of(None))
        self.assertEqual(self.reasons(facts(), [nothing]), {"W-1": "trigger_missing"})

    def test_who_wins(self):
        end = date(2027, 6, 30)
        base = warranty(1)
        for other, code in (
            (warranty(2, shares=all_of(0.5)), {"W-2": "less_share"}),
            (warranty(2, ends=all_of(end)), {"W-1": "ends_earlier"}),
            (warranty(2), {"W-2": "same"}),
            (
                warranty(2, payer="contract", ends=all_of(end)),
                {"W-2": "after_warranty"},
            ),
            (
                warranty(2, payer="contract", ends=all_of(None)),
                {"W-2": "after_warranty"},
            ),
            (warranty(2, is_void=True), {"W-2": "void"}),
        ):
            with self.subTest(code=code):
                self.assertEqual(self.reasons(facts(), [other, base]), code)
        half = warranty(1, shares=all_of(0.5))
        contract = warranty(2, payer="contract")
        self.assertEqual(self.reasons(facts(), [half, contract]), {"W-1": "less_share"})

    def test_replaced_part_is_for_that_part(self):
        part = warranty(kind="part", part_product=5, part_serial="S-1")
        for known, code in (
            (facts(part_product=5), {}),
            (facts(part_product=5, part_serial="s-1 "), {}),
            (facts(part_product=5, part_serial="S-2"), {"W-1": "other_part"}),
            (facts(part_product=6), {"W-1": "other_part"}),
            (facts(), {"W-1": "other_part"}),
        ):
            self.assertEqual(self.reasons(known, [part]), code)
        described = warranty(kind="part", part_serial="S-1")
        self.assertEqual(self.reasons(facts(part_serial="S-1"), [described]), {})
        self.assertEqual(self.reasons(facts(), [described]), {"W-1": "other_part"})

    def test_quota_of_a_contract(self):
        refusal = Refusal("quota_used", {"quota": 4}, ("labour", "travel"))
        contract = warranty(
            1, payer="contract", shares=all_of(1.0), refusals=(refusal,)
        )
        lines = decide(facts(), [contract]).lines
        self.assertEqual(
            [line.payer for line in lines], ["contract", "customer", "customer"]
        )
        self.assertEqual(lines[1].rejections[0].values, {"quota": 4})
