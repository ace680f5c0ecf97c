# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who pays: cases with the expectation written beside each, one a line.

The machine is delivered on 15 May 2021, and every first and last day that matters falls
on 15 May 2021 and 14 May 2022, so that one column of days meets all terms.

term    none; plain: 12 months, parts and labour; parts_only; own: parts 24, labour
        12, travel 6 months; capped: 9 months from the commissioning on 1 November 2021,
        at most 12 from the delivery; half: 50 % of parts and labour, transport damage
        too; wear_parts: plain, but filters are excluded
day     of the report at the site. before: 14 May 2021; first: 15 May 2021; last: 14
        May 2022; after: 15 May 2022; later: 1 September 2022. tk_: in Tokyo, half past
        midnight of that day (still the day before in UTC); la_: in Los Angeles, eight
        in the evening of that day (the day after in UTC already)
cause   liability of the cause that is entered last
part    the finding is about the oil filter. rest: the filter was replaced on 1 October
        2021, for the remainder; own: on 1 March 2022, for 12 months of its own; other:
        a pump was replaced on 1 October 2021
ext     an extension of 12 months, parts and labour, wear too. run: sold with the
        machine; gap: sold on 1 August 2022
misu    improper use. susp: it was proposed with its evidence; det: approved and
        acknowledged as well; then the cause was entered, which starts it anew where it
        is another

Then who pays parts, labour and travel: C the customer, B the machine's warranty, E the
extension, P the warranty of the replaced part, with the percentage; and each that does
not, with why: < begins later, > has ended, 0 not included, L the liability is not
covered, X the part is excluded, O about another part, - pays less, ~ ends earlier,
= pays the same and was given later.
"""

from datetime import datetime
from itertools import combinations

from odoo.tests import tagged

from .common_coverage import CoverageCommon

TABLE = """
term       day       cause   part  ext misu | parts       | labour      | travel
none       before    unknown other run no   | C E< PO     | C E< PO     | C E0 PO
none       first     purch   rest  gap susp | C E<        | C E<        | C E0
none       last      manuf   own   no  det  | C           | C           | C
none       after     design  no    run susp | C E>        | C E>        | C E0
none       later     misuse  own   gap no   | E100        | E100        | C E0
none       tk_first  wear    other gap det  | C E<        | C E<        | C E0
none       tk_after  transp  rest  run det  | C E> P>     | C E> P>     | C E0 P0
none       la_before purch   no    no  no   | C           | C           | C
none       la_last   transp  other no  susp | C           | C           | C
none       last      wear    rest  run no   | E100 P=     | E100 P=     | C E0 P0
plain      before    misuse  no    gap det  | C B< E<     | C B< E<     | C B0 E0
plain      first     wear    own   run susp | C BL E< P<  | C BL E< P<  | C B0 E0 P0
plain      last      design  rest  no  no   | B100 P=     | B100 P=     | C B0 P0
plain      after     manuf   other gap no   | C B> E< PO  | C B> E< PO  | C B0 E0 PO
plain      later     unknown rest  no  susp | C B> P>     | C B> P>     | C B0 P0
plain      tk_first  transp  no    no  no   | C BL        | C BL        | C B0
plain      tk_after  wear    no    no  no   | C B>        | C B>        | C B0
plain      la_before unknown own   gap det  | C B< E< P<  | C B< E< P<  | C B0 E0 P0
plain      la_last   purch   own   run no   | P100 B~ E<  | P100 B~ E<  | C B0 E0 P0
plain      first     misuse  no    no  det  | C BL        | C BL        | C B0
plain      last      wear    no    no  no   | C BL        | C BL        | C B0
plain      after     wear    no    run no   | E100 B>     | E100 B>     | C B0 E0
plain      after     design  rest  run no   | E100 B> P=  | E100 B> P=  | C B0 E0 P0
parts_only before    manuf   rest  run susp | C B< E< P<  | C B0 E< P0  | C B0 E0 P0
parts_only first     misuse  other no  no   | B100 PO     | C B0 PO     | C B0 PO
parts_only last      transp  own   gap susp | C BL E< PL  | C B0 E< P0  | C B0 E0 P0
parts_only after     purch   no    no  det  | C B>        | C B0        | C B0
parts_only later     design  other run det  | E100 B> PO  | E100 B0 PO  | C B0 E0 PO
parts_only tk_first  misuse  rest  run susp | B100 E< P<  | C B0 E< P0  | C B0 E0 P0
parts_only tk_after  design  own   gap susp | P100 B> E<  | C B0 E< P0  | C B0 E0 P0
parts_only la_before wear    rest  run det  | C B< E< P<  | C B0 E< P0  | C B0 E0 P0
parts_only la_last   unknown no    gap det  | B100 E<     | C B0 E<     | C B0 E0
own        before    wear    own   no  det  | C B< P<     | C B< P<     | C B< P0
own        first     manuf   no    run no   | B100 E<     | B100 E<     | B100 E0
own        last      purch   other gap susp | B100 E< PO  | B100 E< PO  | C B> E0 PO
own        after     unknown rest  no  det  | B100 P=     | C B> P>     | C B> P0
own        later     transp  no    no  no   | C BL        | C B>        | C B>
own        tk_first  design  own   no  susp | B100 P<     | B100 P<     | B100 P0
own        tk_after  misuse  other run no   | B100 E< PO  | E100 B> PO  | C B> E0 PO
own        la_before transp  other run susp | C B< E< PO  | C B< E< PO  | C B< E0 PO
own        la_last   design  rest  gap no   | B100 E< P=  | B100 E< P=  | C B> E0 P0
capped     before    transp  no    run no   | C B< E<     | C B< E<     | C B0 E0
capped     first     design  other no  det  | B100 PO     | B100 PO     | C B0 PO
capped     last      misuse  own   gap susp | P100 B~ E<  | P100 B~ E<  | C B0 E0 P0
capped     after     wear    own   gap susp | C B> E< PL  | C B> E< PL  | C B0 E0 P0
capped     later     manuf   rest  gap det  | E100 B> P>  | E100 B> P>  | C B0 E0 P0
capped     tk_first  unknown rest  gap susp | B100 E< P<  | B100 E< P<  | C B0 E0 P0
capped     tk_after  purch   other gap det  | C B> E< PO  | C B> E< PO  | C B0 E0 PO
capped     la_before manuf   no    no  susp | C B<        | C B<        | C B0
capped     la_last   manuf   no    gap susp | B100 E<     | B100 E<     | C B0 E0
half       before    design  other gap det  | C B< E< PO  | C B< E< PO  | C B0 E0 PO
half       first     unknown own   no  susp | B50 P<      | B50 P<      | C B0 P0
half       last      wear    no    run det  | C BL E<     | C BL E<     | C B0 E0
half       after     transp  rest  run no   | P50 B> EL   | P50 B> EL   | C B0 E0 P0
half       later     purch   other run susp | E100 B> PO  | E100 B> PO  | C B0 E0 PO
half       tk_first  manuf   no    run det  | B50 E<      | B50 E<      | C B0 E0
half       tk_after  unknown rest  gap susp | C B> E< P>  | C B> E< P>  | C B0 E0 P0
half       la_before misuse  own   gap det  | C B< E< P<  | C B< E< P<  | C B0 E0 P0
half       la_last   wear    rest  run det  | C BL E< PL  | C BL E< PL  | C B0 E0 P0
half       last      transp  own   no  no   | P50 B~      | P50 B~      | C B0 P0
half       after     design  rest  run no   | E100 B> P-  | E100 B> P-  | C B0 E0 P0
wear_parts before    purch   other no  det  | C B< PO     | C B< PO     | C B0 PO
wear_parts first     transp  rest  gap no   | C BL E< P<  | C BL E< P<  | C B0 E0 P0
wear_parts last      unknown no    run susp | C BX E<     | B100 E<     | C B0 E0
wear_parts after     misuse  own   no  susp | C B> PX     | P100 B>     | C B0 P0
wear_parts later     wear    rest  no  det  | C B> P>     | C B> P>     | C B0 P0
wear_parts tk_first  purch   own   run det  | C BX E< P<  | B100 E< P<  | C B0 E0 P0
wear_parts tk_after  manuf   own   no  det  | C B> PX     | P100 B>     | C B0 P0
wear_parts la_before design  no    no  susp | C B<        | C B<        | C B0
wear_parts la_last   misuse  rest  no  det  | C BL PL     | C BL PL     | C B0 P0
"""

DIMENSIONS = ("term", "day", "cause", "part", "ext", "misu")
REASONS = {
    "<": "not_started",
    ">": "ended",
    "0": "not_included",
    "L": "liability",
    "X": "excluded_part",
    "O": "other_part",
    "-": "less_share",
    "~": "ends_earlier",
    "=": "same",
}
#: Moment of the report in UTC, and the time zone of the site.
DAYS = {
    "before": (datetime(2021, 5, 14, 10), "Europe/Berlin"),
    "first": (datetime(2021, 5, 15, 10), "Europe/Berlin"),
    "last": (datetime(2022, 5, 14, 10), "Europe/Berlin"),
    "after": (datetime(2022, 5, 15, 10), "Europe/Berlin"),
    "later": (datetime(2022, 9, 1, 10), "Europe/Berlin"),
    "tk_first": (datetime(2021, 5, 14, 15, 30), "Asia/Tokyo"),
    "tk_after": (datetime(2022, 5, 14, 15, 30), "Asia/Tokyo"),
    "la_before": (datetime(2021, 5, 15, 3, 0), "America/Los_Angeles"),
    "la_last": (datetime(2022, 5, 15, 3, 0), "America/Los_Angeles"),
}
CAUSES = {
    "design": "design",
    "manuf": "manufacturing",
    "purch": "purchasing",
    "transp": "transport",
    "misuse": "misuse",
    "wear": "wear",
    "unknown": "unknown",
}
TERMS = {
    "plain": {},
    "parts_only": {"labour_share": 0},
    "own": {
        "has_own_durations": True,
        "duration": 24,
        "parts_duration": 24,
        "labour_duration": 12,
        "travel_duration": 6,
        "travel_share": 1,
    },
    "capped": {
        "duration": 9,
        "start_trigger": "commissioning",
        "has_cap": True,
        "cap_duration": 12,
    },
    "half": {"parts_share": 0.5, "labour_share": 0.5, "covers_transport": True},
    "wear_parts": {"excluded": True},
}


def rows():
    """Yield the cases: dict of the dimensions, dict of cost to the expectation."""
    for line in TABLE.strip().splitlines()[1:]:
        left, *cells = line.split("|")
        case = dict(zip(DIMENSIONS, left.split(), strict=True))
        costs = (cell.split() for cell in cells)
        yield case, dict(zip(("parts", "labour", "travel"), costs, strict=True))


@tagged("post_install", "-at_install")
class TestCoverageTable(CoverageCommon):
    def test_every_pair_of_values_occurs(self):
        cases = [case for case, _expected in rows()]
        self.assertGreaterEqual(len(cases), 60)
        self.assertEqual(len({tuple(case.values()) for case in cases}), len(cases))
        values = {name: {case[name] for case in cases} for name in DIMENSIONS}
        self.assertEqual(values["day"], set(DAYS))
        self.assertEqual(values["cause"], set(CAUSES))
        self.assertEqual(values["term"], {"none", *TERMS})
        for one, two in combinations(DIMENSIONS, 2):
            there = {(case[one], case[two]) for case in cases}
            missing = {(x, y) for x in values[one] for y in values[two]} - there
            self.assertFalse(missing, f"{one} and {two}")

    def test_cases(self):
        for case, expected in rows():
            with self.subTest(**case):
                finding = self.play(case)
                self.assertEqual(self.judged(finding), expected)

    # === HOW A LINE IS PLAYED === #

    def play(self, case):
        """Make the machine with its warranties, report the fault, find the cause."""
        moment, tz = DAYS[case["day"]]
        months = 12 if case["part"] == "own" else 0
        equipment = self.make_equipment(
            tz, delivery_date="2021-05-15", commissioning_date="2021-11-01"
        )
        self.by_letter = {}
        if case["term"] != "none":
            values = dict(TERMS[case["term"]], replaced_part_months=months)
            if values.pop("excluded", False):
                values["excluded_category_ids"] = self.filters.ids
            self.by_letter["B"] = self.grant(equipment, self.make_term(**values))
        extended = self.make_term(covers_wear=True, replaced_part_months=months)
        if case["ext"] == "run":
            self.by_letter["E"] = self.grant(equipment, extended, kind="extension")
        if case["part"] != "no":
            self.by_letter["P"] = self.grant_part(
                equipment,
                self.pump if case["part"] == "other" else self.filter,
                "2022-03-01" if case["part"] == "own" else "2021-10-01",
            )
        if case["ext"] == "gap":
            self.by_letter["E"] = self.grant(
                equipment, extended, kind="extension", sold_on="2022-08-01"
            )
        with self.at(moment):
            finding = self.make_finding(equipment, part_product_id=self.filter.id)
            if case["misu"] != "no":
                self.propose(finding)
            if case["misu"] == "det":
                self.approve(finding)
                self.acknowledge(finding)
            self.set_cause(finding, CAUSES[case["cause"]])
        return finding

    def judged(self, finding):
        """Write a decision as the table does."""
        letters = {w.id: letter for letter, w in self.by_letter.items() if w}
        signs = {code: sign for sign, code in REASONS.items()}
        signs["no_candidate"] = ""
        result = {}
        for line in finding.coverage_id.line_ids:
            payer = "C"
            if line.payer == "warranty":
                payer = f"{letters[line.warranty_id.id]}{line.share:.0%}".rstrip("%")
            reasons = {
                letters.get(r.warranty_id.id, ""): signs[r.code]
                for r in line.rejection_ids
            }
            order = [letter for letter in "BEP" if letter in reasons]
            result[line.cost] = [payer] + [x + reasons[x] for x in order]
        return result
