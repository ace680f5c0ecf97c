"""The results as text: for the terminal, and for the README between its markers."""

START = "<!-- results -->"
END = "<!-- end of results -->"
HEADINGS = ("Row", "Size", "Unit", "Ours", "Peer", "Ratio", "Bar", "Met")
MET = {True: "yes", False: "**no**", None: ""}


def lines(rows):
    """Return the cells of each row as texts, sorted by name."""
    return [
        (
            f"`{row['name']}`",
            row["size"],
            row["unit"],
            _number(row["ours"]),
            _number(row["peer"]),
            _number(row["ratio"]),
            row["bar"] or "",
            MET[row["met"]],
        )
        for row in sorted(rows, key=lambda row: row["name"])
    ]


def _number(value):
    if value is None:
        return ""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 100 else f"{value:g}"


def markdown(rows):
    """Return a table in Markdown."""
    cells = [HEADINGS, tuple("---" for _ in HEADINGS), *lines(rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def plain(rows):
    """Return a table in columns."""
    cells = [
        HEADINGS,
        *([cell.strip("`*") for cell in row] for row in lines(rows)),
    ]
    widths = [max(len(row[place]) for row in cells) for place in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if 3 <= place <= 5 else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )


def replace(text, rows, note):
    """Put a new table into a text between its markers.

    :param str note: a line about the run, above the table
    """
    before, rest = text.split(START)
    after = rest.split(END)[1]
    return f"{before}{START}\n\n{note}\n\n{markdown(rows)}\n\n{END}{after}"
