"""Reading the complaints: lines to rows, rows to complaints. Pure functions."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property

# Columns of the file, counted from 0; a line needs all up to the description.
RECORD, NUMBER, MAKER, MAKE, MODEL, YEAR = range(6)
CRASH, FAILED_ON, FIRE, INJURED, DEATHS, COMPONENT = range(6, 12)
CITY, STATE, SERIAL, ENTERED_ON, RECEIVED_ON, MILEAGE = range(12, 18)
DESCRIPTION = 19
COLUMNS_NEEDED = DESCRIPTION + 1
UNKNOWN_YEARS = ("", "0", "9999")
RANK = {"normal": 0, "serious": 1, "safety": 2}


@dataclass(frozen=True)
class Row:
    """One line of the file: one component of one complaint."""

    line: int
    values: tuple

    def __getitem__(self, column):
        return self.values[column]

    @property
    def key(self):
        """Return what tells this row from all others."""
        return self[NUMBER], self[RECORD]

    @cached_property
    def levels(self):
        """Return the names of the component's path, from the top."""
        return [name for name in map(str.strip, self[COMPONENT].split(":")) if name]

    @cached_property
    def product(self):
        """Return year, make and model in one text."""
        year = "" if self[YEAR] in UNKNOWN_YEARS else self[YEAR]
        return " ".join(filter(None, (year, self[MAKE], self[MODEL])))

    @cached_property
    def severity(self):
        """Return safety if people came to harm, serious after a crash or a fire."""
        if _number(self[INJURED]) or _number(self[DEATHS]):
            return "safety"
        return "serious" if "Y" in (self[CRASH], self[FIRE]) else "normal"

    @cached_property
    def written_on(self):
        """Return the day on which the complaint was written, or None."""
        for column in (RECEIVED_ON, ENTERED_ON, FAILED_ON):
            if day := parse_day(self[column]):
                return day
        return None


@dataclass(frozen=True)
class Complaint:
    """The rows that share a complaint number, in the order of the file."""

    index: int
    rows: list

    @property
    def number(self):
        """Return the complaint number."""
        return self.rows[0][NUMBER]

    @property
    def registered(self):
        """Tell whether the complainant was a known customer before."""
        return self.index % 2 == 0

    @property
    def severity(self):
        """Return the worst severity of the rows."""
        return max((row.severity for row in self.rows), key=RANK.get)

    @property
    def product(self):
        """Return the product as the first row that names one has it."""
        return next((row.product for row in self.rows if row.product), "")

    @property
    def serial(self):
        """Return the serial number as the first row that names one has it."""
        return next((row[SERIAL] for row in self.rows if row[SERIAL]), "")


@dataclass(frozen=True)
class Rejected:
    """A line that is not entered, and why."""

    line: int
    reason: str


def _number(text):
    return int(text) if text.isascii() and text.isdigit() else 0


def parse_day(text):
    """Return the day of YYYYMMDD, or None if it is none."""
    if not re.fullmatch(r"[0-9]{8}", text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _decode(raw):
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _clean(text):
    """Return a value on one line, without control characters."""
    visible = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(visible.split())


def _problem(row):
    """Return why a row cannot be entered, or None."""
    if len(row.values) < COLUMNS_NEEDED:
        return f"only {len(row.values)} columns, {COLUMNS_NEEDED} are needed"
    if not row[NUMBER]:
        return "no complaint number"
    if not row[RECORD]:
        return "no record id"
    if not row.levels:
        return "no component"
    return None


def read(data):
    """Sort the lines of a file into complaints and rejected lines.

    :param bytes data: the file, tab separated, without header; UTF-8 or Latin-1
    :return: tuple of the number of lines that are not empty, list of `Complaint`,
        list of `Rejected`
    """
    lines, rejected, seen, grouped = 0, [], {}, {}
    for position, raw in enumerate(data.split(b"\n"), start=1):
        text = _decode(raw)
        if not text.strip():
            continue
        lines += 1
        row = Row(position, tuple(map(_clean, text.rstrip("\r").split("\t"))))
        problem = _problem(row)
        if not problem and row.key in seen:
            problem = f"the same record as line {seen[row.key]}"
        if problem:
            rejected.append(Rejected(position, problem))
            continue
        seen[row.key] = position
        grouped.setdefault(row[NUMBER], []).append(row)
    complaints = [Complaint(index, rows) for index, rows in enumerate(grouped.values())]
    return lines, complaints, rejected


def chosen(complaints, count):
    """Choose the complaints that are carried to the end.

    The serious ones come first, those with several components before the others.
    """
    return sorted(
        complaints,
        key=lambda c: (c.severity == "normal", -len(c.rows), c.index),
    )[:count]
