# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools import reconcile
from odoo.addons.aftersales_service.tools.reconcile import Item

EXAMPLES = settings(
    deadline=None,
    database=None,
    derandomize=True,
    max_examples=200,
    # Another process may be busy while the examples are drawn.
    suppress_health_check=[HealthCheck.too_slow],
)
DAY = date(2026, 3, 2)


def items(kind, most):
    """Draw items with different keys, and amounts that often add up."""
    one = st.tuples(
        st.sampled_from([1, 2, 3, 5, 7, 10, 12]),
        st.sampled_from([None, 1, 2]),
        st.integers(0, 40),
        st.integers(0, 3),
    )
    return st.lists(one, max_size=most).map(
        lambda drawn: [
            Item(
                key=(kind, number),
                amount=amount * 100,
                partner=partner,
                day=DAY + timedelta(days=days),
                names=(f"INV/2026/000{number}",),
                words=f"inv/2026/000{named}" if kind == "pay" else "",
            )
            for number, (amount, partner, days, named) in enumerate(drawn)
        ]
    )


def item(key="pay", number=1, amount=12000, partner=1, days=0, names=(), words=""):
    return Item(
        (key, number), amount, partner, DAY + timedelta(days=days), names, words
    )


@tagged("post_install", "-at_install")
class TestToolsReconcile(BaseCase):
    def test_reference(self):
        names = ("INV/2026/0001", "VIS-00017", "77")
        for words, refers in (
            ("Payment of INV/2026/0001, thanks", True),
            ("inv 2026 0001", True),
            ("INV20260001", True),
            ("ınvoice INV/2026/00012", False),
            ("RINV20260001", True),
            ("vis 00017", True),
            ("VIS000170", False),
            ("your 77", False),
            ("", False),
        ):
            with self.subTest(words):
                self.assertEqual(reconcile.refers(words, names), refers)
        self.assertFalse(reconcile.refers("invoice", ("invoice",)), "no number in it")
        self.assertFalse(reconcile.refers("120260001", ("20260001",)))
        self.assertTrue(reconcile.refers("Réf. 20260001", ("20260001",)))

    def test_the_likeliest_first(self):
        owed = [item("inv", 1, names=("INV/2026/0001",))]
        named = item(number=5, amount=11800, partner=2, words="INV/2026/0001")
        exact = item(number=2, days=30)
        near = item(number=3, days=3)
        part = item(number=4, amount=5000, days=3)
        stranger = item(number=6, partner=2)
        unknown = item(number=7, partner=None, days=30)
        found = reconcile.propose(owed, [part, stranger, unknown, near, exact, named])
        self.assertEqual(
            [(p.sources[0][1], p.reasons, p.amount) for p in found],
            [
                (5, ("reference", "part", "date"), 11800),
                (3, ("amount", "partner", "date"), 12000),
                (2, ("amount", "partner"), 12000),
                (7, ("amount",), 12000),
                (4, ("part", "partner", "date"), 5000),
            ],
        )
        self.assertIsNone(reconcile.certain(found), "the amount is not the one owed")
        self.assertEqual(
            reconcile.certain(found[1:]), found[1], "likelier than any other"
        )
        self.assertIsNone(reconcile.certain(found[3:]), "nobody says whose it is")
        twin = item(number=8, days=3)
        self.assertIsNone(reconcile.certain(reconcile.propose(owed, [near, twin])))
        self.assertEqual(reconcile.propose([], [near]), [])
        self.assertIsNone(reconcile.certain([]))

    def test_sums(self):
        """One payment for two invoices, and two payments for one."""
        owed = [item("inv", 1, 5000), item("inv", 2, 7000), item("inv", 3, 900)]
        both = reconcile.propose(owed, [item(number=1, amount=12000)])[0]
        self.assertEqual(both.targets, (("inv", 1), ("inv", 2)))
        self.assertIn("sum", both.reasons)
        halves = [item(number=n, amount=6000) for n in (1, 2)]
        found = reconcile.propose([item("inv", 1)], halves)
        self.assertEqual(found[0].sources, (("pay", 1), ("pay", 2)))
        self.assertEqual(found[0].amount, 12000)
        self.assertTrue(found[0].is_sound)

    def test_assign(self):
        """What two want as much is given to none; what one wants more is his."""
        groups = {
            1: [item("inv", 1, names=("INV/2026/0001",))],
            2: [item("inv", 2, names=("INV/2026/0002",))],
        }
        self.assertEqual(reconcile.assign(groups, [item()]), {})
        named = item(number=2, words="INV/2026/0002")
        self.assertEqual(
            {n: p.sources for n, p in reconcile.assign(groups, [named]).items()},
            {2: (("pay", 2),)},
        )

    @EXAMPLES
    @given(items("inv", 4), items("pay", 7), st.randoms(use_true_random=False))
    def test_order_does_not_matter(self, owed, paid, random):
        expected = reconcile.propose(owed, paid)
        groups = {target.key[1]: [target] for target in owed}
        assigned = reconcile.assign(groups, paid)
        random.shuffle(owed)
        random.shuffle(paid)
        self.assertEqual(reconcile.propose(owed, paid), expected)
        groups = {target.key[1]: [target] for target in owed}
        self.assertEqual(reconcile.assign(groups, paid), assigned)

    @EXAMPLES
    @given(items("inv", 4), items("pay", 7))
    def test_nothing_is_used_twice(self, owed, paid):
        known = {each.key: each for each in (*owed, *paid)}
        for proposal in reconcile.propose(owed, paid, limit=50):
            for keys in (proposal.sources, proposal.targets):
                self.assertEqual(len(keys), len(set(keys)))
                self.assertTrue(keys)
            sums = [
                sum(known[key].amount for key in keys)
                for keys in (proposal.sources, proposal.targets)
            ]
            self.assertEqual(proposal.amount, min(sums))
            if {"amount", "sum"} & set(proposal.reasons):
                self.assertEqual(*sums)
            if "partner" not in proposal.reasons and "reference" not in (
                proposal.reasons
            ):
                self.assertIn(None, {known[key].partner for key in proposal.sources})
        groups = {target.key[1]: [target] for target in owed}
        given_away = [
            key
            for proposal in reconcile.assign(groups, paid).values()
            for key in proposal.sources
        ]
        self.assertEqual(len(given_away), len(set(given_away)))

    @EXAMPLES
    @given(items("pay", 8), st.integers(100, 4000))
    def test_exact_subset(self, paid, total):
        """It is the fewest that add up exactly, and it is found if there is one."""
        found = reconcile.exact_subset(paid, total)
        sums = {0: 0}  # sum -> how many it takes at least
        for each in paid:
            for value, number in list(sums.items()):
                value += each.amount
                sums[value] = min(sums.get(value, 99), number + 1)
        if sums.get(total, 99) > reconcile.MOST_ADDED:
            self.assertIsNone(found)
        else:
            self.assertEqual(sum(each.amount for each in found), total)
            self.assertEqual(len(found), sums[total])
