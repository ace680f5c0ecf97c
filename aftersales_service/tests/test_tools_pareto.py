# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Rows and picture of the Pareto diagram."""

import re
from itertools import pairwise
from xml.etree import ElementTree

from hypothesis import example, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools import svg
from odoo.addons.aftersales_service.tools.pareto import pareto, pareto_svg

EXAMPLES = settings(deadline=None, database=None, derandomize=True, max_examples=150)
SVG = "{http://www.w3.org/2000/svg}"
counts_lists = st.lists(
    st.tuples(
        st.sampled_from(["Hose", "Seal", "Motor", "Hub", "Key", "Other", "", None]),
        st.integers(0, 60),
    ),
    max_size=12,
)


def bars(rows) -> list:
    return [(row.label, row.count) for row in rows]


def draw(rows, **options) -> ElementTree.Element:
    return ElementTree.fromstring(pareto_svg(rows, **options).encode())


def texts(root) -> list:
    return [element.text for element in root.iter(f"{SVG}text")]


@tagged("post_install", "-at_install")
class TestPareto(BaseCase):
    def test_sorted_with_shares(self):
        rows = pareto({"Seal": 3, "Hose": 5, "Belt": 0, "Axle": 3, "Key": 1})
        self.assertEqual(
            bars(rows), [("Hose", 5), ("Axle", 3), ("Seal", 3), ("Key", 1)]
        )
        self.assertEqual([row.share for row in rows], [5 / 12, 3 / 12, 3 / 12, 1 / 12])
        self.assertEqual([row.cumulative for row in rows], [5 / 12, 8 / 12, 11 / 12, 1])

    def test_other_is_last_whatever_its_size(self):
        many = [("A", 5), ("B", 4), ("C", 3), ("D", 3), ("E", 2)]
        rows = pareto(many, limit=2, other_label="Rest")
        self.assertEqual(bars(rows), [("A", 5), ("B", 4), ("Rest", 8)])
        self.assertEqual([row.kind for row in rows], ["label", "label", "other"])

    def test_one_bar_beyond_the_limit_keeps_its_name(self):
        three = {"A": 5, "B": 4, "C": 3}
        self.assertEqual(bars(pareto(three, limit=2)), list(three.items()))
        both = pareto({**three, "Other": 1}, limit=2)
        self.assertEqual(bars(both), [("A", 5), ("B", 4), ("Other", 4)])

    def test_a_label_called_other_is_last_too(self):
        self.assertEqual(bars(pareto({"Other": 9, "A": 1})), [("A", 1), ("Other", 9)])

    def test_unclassified_is_shown(self):
        few = [("A", 5), (None, 2), ("B", 4), (False, 1), ("", 1), ("C", 1), ("D", 1)]
        rows = pareto(few, limit=1)
        self.assertEqual(bars(rows), [("A", 5), ("Unclassified", 4), ("Other", 6)])
        self.assertEqual(rows[1].kind, "unclassified")
        rows = pareto([*few, (None, 9)], limit=4, unclassified_label="Open")
        self.assertEqual(bars(rows)[:2], [("Open", 13), ("A", 5)])

    def test_nothing_to_count(self):
        self.assertEqual(pareto([]), [])
        self.assertEqual(pareto({"A": 0, None: 0, "Other": 0}, limit=1), [])

    def test_refused(self):
        # The second hides its negative behind a positive of the same label.
        for counts in ({"A": -1}, [("A", 5), ("A", -1)]):
            with self.assertRaises(ValueError):
                pareto(counts)
        with self.assertRaises(ValueError):
            pareto({"A": 1}, limit=0)
        with self.assertRaises(TypeError):
            pareto({"A": 1.5})

    @EXAMPLES
    @given(counts_lists, st.none() | st.integers(1, 6))
    def test_what_must_hold(self, counts, limit):
        rows = pareto(counts, limit)
        total = sum(count for _label, count in counts)
        self.assertEqual(sum(row.count for row in rows), total)
        self.assertEqual([row.kind for row in rows if row.label == "Other"][1:], [])
        heights = [row.count for row in rows if row.kind != "other"]
        self.assertEqual(heights, sorted(heights, reverse=True))
        self.assertTrue(all(row.kind != "other" for row in rows[:-1]))
        self.assertTrue(all(row.count > 0 for row in rows))
        if limit:
            self.assertLessEqual(len(rows), limit + 2)
        if rows:
            self.assertEqual(rows[-1].cumulative, 1.0)
            self.assertAlmostEqual(sum(row.share for row in rows), 1.0)
        blank = sum(count for label, count in counts if not label)
        shown = sum(row.count for row in rows if row.kind == "unclassified")
        self.assertEqual(shown, blank)
        self.assertEqual(rows, pareto(reversed(counts), limit))


@tagged("post_install", "-at_install")
class TestParetoSvg(BaseCase):
    def test_the_numbers_drawn_are_the_rows(self):
        rows = pareto({"Hose": 50, "Seal": 30, None: 15, "Key": 5})
        root = draw(rows, title="Repairs", subtitle="2025", count_label="Findings")
        shown = texts(root)
        for text in ("Repairs", "2025", "Findings", "Hose", "Unclassified", "80 %"):
            self.assertIn(text, shown)
        boxes = list(root.iter(f"{SVG}rect"))[1:]
        heights = [float(box.get("height")) for box in boxes]
        full = sum(heights)
        for height, row in zip(heights, rows, strict=True):
            self.assertAlmostEqual(height / full, row.share, places=3)
            self.assertIn(str(row.count), shown)
        # The line: starts at the corner of the first bar, ends at the top (100 %).
        line = root.find(f"{SVG}polyline").get("points").split()
        points = [tuple(map(float, point.split(","))) for point in line]
        first = boxes[0]
        corner = float(first.get("x")) + float(first.get("width"))
        self.assertAlmostEqual(points[0][0], corner, places=1)
        self.assertAlmostEqual(points[0][1], float(first.get("y")), places=1)
        base = float(first.get("y")) + heights[0]
        for point, row in zip(points, rows, strict=True):
            self.assertAlmostEqual((base - point[1]) / full, row.cumulative, places=3)

    def test_left_axis_has_round_whole_numbers(self):
        for total in (1, 2, 7, 30, 99, 412, 12345):
            root = draw(pareto({"A": total}))
            ticks = [
                int(element.text)
                for element in root.iter(f"{SVG}text")
                if element.get("text-anchor") == "end"
            ]
            self.assertIn(len(ticks), range(2, 9), ticks)
            steps = {b - a for a, b in pairwise(ticks)}
            self.assertEqual(len(steps), 1)
            self.assertRegex(str(steps.pop()), "^[125]0*$")
            self.assertLessEqual(ticks[-1], total)

    def test_empty(self):
        self.assertEqual(texts(draw([], empty_text="No records")), ["No records"])

    def test_old_engines(self):
        """Nothing that the WebKit inside wkhtmltopdf does not draw, and no ids."""
        picture = pareto_svg(pareto({f"Cause {i}": 30 - i for i in range(20)}))
        self.assertIsNone(
            re.search(r"style=|class=|\bid=|var\(|foreignObject|baseline|href", picture)
        )

    def test_labels_stay_inside_and_do_not_collide(self):
        long = "Electrical connector corroded by water number "
        for number in (1, 4, 9, 20, 60):
            rows = pareto({f"{long}{i:02}": 99 - i for i in range(number)})
            root = draw(rows)
            _x, _y, width, height = map(float, root.get("viewBox").split())
            leaning = [t for t in root.iter(f"{SVG}text") if "-45" in str(t.attrib)]
            for label in leaning:
                reach = svg.em(label.text) * 12 * 0.7071
                self.assertGreaterEqual(float(label.get("x")) - reach, 0)
                self.assertLessEqual(float(label.get("y")) + reach, height)
                self.assertGreater(len(label.text), 8)
            self.assertEqual(len(leaning), number if number > 6 else 0)
            for label in root.iter(f"{SVG}text"):
                self.assertLessEqual(float(label.get("x")), width)

    @EXAMPLES
    @example(
        ["<b>&\"'", "]]>", "\x00\x1b\ud800\uffff", "液压软管", "صمام", "\u202eevil"]
    )
    @given(st.lists(st.text(st.characters(), max_size=40), max_size=22))
    def test_hostile_labels(self, labels):
        rows = pareto([(label, 1 + i) for i, label in enumerate(labels)])
        options = dict.fromkeys(
            ("title", "subtitle", "count_label", "share_label", "empty_text"),
            "".join(labels),
        )
        picture = pareto_svg(rows, **options)
        root = ElementTree.fromstring(picture.encode())
        self.assertEqual(len(list(root.iter(f"{SVG}circle"))), len(rows))
        self.assertEqual(picture, pareto_svg(rows, **options))

    @EXAMPLES
    @given(st.text(max_size=60), st.integers(2, 30))
    def test_cut_and_wrap(self, text, room):
        line = svg.clean(text)
        short = svg.cut(line, room)
        self.assertLessEqual(svg.em(short), room)
        self.assertTrue(short == line or short.endswith("…"))
        lines = svg.wrap(line, room)
        self.assertEqual("".join("".join(lines).split()), "".join(line.split()))
        for wrapped in lines:
            self.assertTrue(svg.em(wrapped) <= room or " " not in wrapped)
