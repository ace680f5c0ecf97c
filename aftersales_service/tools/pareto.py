# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Pareto analysis: which few causes make most of the records, as rows and picture."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from . import svg


@dataclass(frozen=True, slots=True)
class Row:
    """One bar.

    :ivar label: text of the bar
    :ivar count: number of records
    :ivar share: part of all records, 0 to 1
    :ivar cumulative: part of all records up to and with this bar, 0 to 1
    :ivar kind: ``label``, ``unclassified`` or ``other``
    """

    label: str
    count: int
    share: float
    cumulative: float
    kind: str = "label"


def pareto(
    counts: Mapping[str, int] | Iterable[tuple[str, int]],
    limit: int | None = None,
    other_label: str = "Other",
    unclassified_label: str = "Unclassified",
) -> list[Row]:
    """Sort counts into the rows of a Pareto diagram.

    Bars are sorted by count, largest first, then by label; only "Other" comes last
    whatever its size. It is the sum of the bars beyond the limit and of a label that
    is itself ``other_label``. One single bar beyond the limit stays under its own
    name, as an "Other" would take the same room and say less. The unclassified
    records keep a bar of their own at any size, not counted in the limit: they show
    how far the diagram can be trusted.

    :param counts: label to number of records, or such pairs; equal labels are added
        up, zeros dropped; an empty label (``None``, ``False``, ``""``) is unclassified
    :param limit: number of named bars before "Other", at least 1; ``None`` for all
    :return: rows whose counts add up to those given and whose last ``cumulative`` is
        exactly 1.0; no rows if there is nothing to count
    :raise ValueError: for a negative count or a limit below 1
    :raise TypeError: for a count that is not a whole number
    """
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be at least 1, got {limit}")
    sums: dict[str, int] = {}
    for label, count in counts.items() if isinstance(counts, Mapping) else counts:
        if not isinstance(count, int):
            raise TypeError(f"count of {label!r} is not a whole number: {count!r}")
        if count < 0:
            raise ValueError(f"count of {label!r} is negative: {count}")
        name = str(label) if label else unclassified_label
        sums[name] = sums.get(name, 0) + count
    other = sums.pop(other_label, 0)
    unclassified = sums.pop(unclassified_label, 0)
    bars = _sorted([(label, count) for label, count in sums.items() if count])
    if limit is not None and len(bars) > limit + (not other):
        other += sum(count for _label, count in bars[limit:])
        bars = bars[:limit]
    if unclassified:
        bars = _sorted([*bars, (unclassified_label, unclassified)])
    if other:
        bars.append((other_label, other))
    total = sum(count for _label, count in bars)
    kinds = {unclassified_label: "unclassified", other_label: "other"}
    rows, running = [], 0
    for label, count in bars:
        running += count
        kind = kinds.get(label, "label")
        rows.append(Row(label, count, count / total, running / total, kind))
    return rows


def _sorted(bars: list[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(bars, key=lambda bar: (-bar[1], bar[0]))


# The tones differ also when printed in grey.
_FILLS = {
    "label": 'fill="#3b5f85"',
    "other": 'fill="#aab4be"',
    "unclassified": 'fill="#ffffff" stroke="#3b5f85" stroke-width="1.5" '
    'stroke-dasharray="4 2.5"',
}
_INK, _SOFT, _LINE = "#22303c", "#5b6873", "#c0392b"
_AXIS = 'stroke="#5b6873" stroke-width="1"'
_GRID = 'stroke="#e3e7eb" stroke-width="1"'
_EIGHTY = 'stroke="#22303c" stroke-width="1.2" stroke-dasharray="7 4"'
_MIDDLE, _END = 'text-anchor="middle"', 'text-anchor="end"'
_SIZE = 12  # font size of labels and numbers
_SIDE = 78  # room for each vertical axis
_SLOT = 26  # least room of a bar: more bars widen the drawing and scale it down
_SLOPE = 0.7071  # sine and cosine of 45 degrees
_LEANING = 190  # longest leaning label, also at most half of the picture's height


def pareto_svg(
    rows: Sequence[Row],
    width: int = 1000,
    height: int = 520,
    title: str = "",
    subtitle: str = "",
    count_label: str = "",
    share_label: str = "",
    empty_text: str = "",
) -> str:
    """Draw rows as a Pareto diagram: bars, cumulative line, 80 % line.

    Both axes have one scale (the top of the left one is the number of all records, of
    the right one 100 %), so that the line starts at the corner of the first bar and
    bars and line can be compared. All texts come from the caller, translated.

    :param rows: result of :func:`pareto`; best up to 20, more are drawn smaller
    :param width: width of the picture in pixels, best about twice the height
    :param height: height of the picture in pixels
    :param subtitle: say here the period and the number of records
    :param empty_text: shown instead of the diagram if there are no rows
    :return: a complete ``<svg>`` element, valid inside HTML and as a file
    """
    full = max(width, 2 * _SIDE + _SLOT * len(rows))
    tall = round(height * full / width)
    root = (
        f'<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="{width}" '
        f'height="{height}" viewBox="0 0 {full} {tall}" font-family="sans-serif" '
        f'font-size="{_SIZE}" fill="{_INK}">'
    )
    paper = f'<rect x="0" y="0" width="{full}" height="{tall}" fill="#ffffff"/>'
    out = [root, paper]
    y = 12
    for size, content, style in (
        (18, title, 'font-weight="bold"'),
        (13, subtitle, f'fill="{_SOFT}"'),
    ):
        if content:
            y += size + 4
            line = svg.cut(svg.clean(content), (full - 32) / size)
            out.append(svg.text(16, y, line, f'font-size="{size}" {style}'))
    if rows:
        out += _diagram(rows, full, y + 30, tall, count_label, share_label)
    else:
        line = svg.cut(svg.clean(empty_text), (full - 32) / 15)
        style = f'{_MIDDLE} font-size="15" fill="{_SOFT}"'
        out.append(svg.text(full / 2, tall / 2, line, style))
    return "".join([*out, "</svg>"])


def _diagram(rows, full, top, tall, count_label, share_label) -> list[str]:
    left, right = _SIDE, full - _SIDE
    slot = (right - left) / len(rows)
    centres = [left + slot * (i + 0.5) for i in range(len(rows))]
    labels = [svg.clean(row.label) for row in rows]
    names, foot = _names(labels, centres, slot, min(_LEANING, tall / 2))
    base = max(tall - foot, top + 40)
    total = sum(row.count for row in rows)

    def height(share: float) -> float:
        return base - (base - top) * share

    out = _axes(left, right, height, total)
    for x, content in ((20, count_label), (full - 14, share_label)):
        line = svg.cut(svg.clean(content), (base - top) / 13)
        style = f'{_MIDDLE} font-size="13" fill="{_SOFT}"'
        out.append(svg.text(x, (top + base) / 2, line, style, -90))
    half = min(slot * 0.4, 60)
    tops = [height(row.count / total) for row in rows]
    points = [
        (x + half, height(row.cumulative)) for x, row in zip(centres, rows, strict=True)
    ]
    for x, y, row in zip(centres, tops, rows, strict=True):
        tip = svg.clean(f"{row.label}: {row.count} ({100 * row.cumulative:.1f} %)")
        out.append(
            f'<rect x="{x - half:.1f}" y="{y:.1f}" width="{2 * half:.1f}" '
            f'height="{base - y:.1f}" {_FILLS[row.kind]}>'
            f"<title>{svg.escape(tip)}</title></rect>"
        )
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    pen = f'stroke="{_LINE}" stroke-width="2"'
    out.append(f'<polyline points="{path}" fill="none" {pen}/>')
    out += [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="#ffffff" {pen}/>'
        for x, y in points
    ]
    for i, (x, y, row) in enumerate(zip(centres, tops, rows, strict=True)):
        out += _count(x, y, str(row.count), points[max(i - 1, 0)], points[i])
    out += [
        svg.text(x, base + drop, content, style, angle)
        for x, drop, content, style, angle in names
    ]
    return out


def _axes(
    left: float, right: float, height: Callable[[float], float], total: int
) -> list[str]:
    out = []
    for percent in range(0, 101, 20):
        y = height(percent / 100)
        if percent:
            style = _EIGHTY if percent == 80 else _GRID
            out.append(svg.rule(left, y, right, y, style))
        out.append(svg.rule(right, y, right + 5, y, _AXIS))
        out.append(svg.text(right + 9, y + 4, f"{percent} %"))
    for tick in _ticks(total):
        y = height(tick / total)
        out.append(svg.rule(left - 5, y, left, y, _AXIS))
        out.append(svg.text(left - 9, y + 4, str(tick), _END))
    bottom, top = height(0), height(1)
    out += [svg.rule(x, top, x, bottom, _AXIS) for x in (left, right)]
    return [*out, svg.rule(left, bottom, right, bottom, _AXIS)]


def _ticks(total: int) -> list[int]:
    """Return up to seven round whole numbers from zero to at most the total."""
    step = power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if step * 6 >= total:
                return list(range(0, total + 1, step))
        power *= 10


def _count(x, y, number, previous, point) -> list[str]:
    """Write a count above its bar, or above the line where they would cross."""
    reach = svg.em(number) * _SIZE / 2 + 2

    def line_at(at: float) -> float:
        if at >= point[0] or previous == point:
            return point[1]
        part = max(at - previous[0], 0) / (point[0] - previous[0])
        return previous[1] + (point[1] - previous[1]) * part

    y -= 5
    if previous != point and line_at(x - reach) > y - _SIZE - 2:
        y = min(y, line_at(x + reach) - 5)
    # A white copy below keeps the number readable on the grid and the 80 % line.
    style = f'{_MIDDLE} font-weight="bold"'
    halo = f'{style} stroke="#ffffff" stroke-width="3" stroke-linejoin="round"'
    return [svg.text(x, y, number, halo), svg.text(x, y, number, style)]


def _names(labels: list[str], centres: list[float], slot: float, longest: float):
    """Place the labels under the bars and tell the height they need.

    They stand level in up to three lines if all fit so, or if bars are few; else
    they lean.

    :return: list of (x, distance below the axis, text, style, angle), height
    """
    room = (slot - 6) / _SIZE
    wrapped = [svg.wrap(label, room) for label in labels]
    fits = all(len(lines) <= 3 and max(map(svg.em, lines)) <= room for lines in wrapped)
    if fits or slot > 140:
        wrapped = [[*lines[:2], " ".join(lines[2:])] for lines in wrapped]
        deep = max(sum(map(bool, lines)) for lines in wrapped)
        return [
            (x, 18 + 15 * i, svg.cut(line, room), _MIDDLE, 0)
            for x, lines in zip(centres, wrapped, strict=True)
            for i, line in enumerate(lines)
            if line
        ], 22 + 15 * deep
    cuts = [
        svg.cut(label, min(longest, (x - 4) / _SLOPE) / _SIZE)
        for label, x in zip(labels, centres, strict=True)
    ]
    foot = 26 + max(map(svg.em, cuts)) * _SIZE * _SLOPE
    return [
        (x + 4, 16, content, _END, -45)
        for x, content in zip(centres, cuts, strict=True)
    ], foot
