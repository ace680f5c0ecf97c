# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a telephone sends about a visit: values as they travel, and times of steps.

Values travel as JSON: empty ones as ``False``, moments as ``2026-03-02 09:00:00`` in
UTC, days as ``2026-03-02``, records by their number.
"""

import math
from datetime import date, datetime, timedelta

MOMENT_FORMAT = "%Y-%m-%d %H:%M:%S"
MAX_TEXT = 20_000
MAX_CHAR = 250
MAX_NUMBER = 1_000_000
#: A telephone's clock may be ahead of ours by this much.
CLOCK_TOLERANCE = timedelta(minutes=5)
#: How long a step may have waited for a connection.
MAX_AGE = timedelta(hours=24)


class StepTimeError(ValueError):
    """A step was made at an impossible moment; ``code`` says why."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


def clean(kind: str, value, choices=()):
    """Return a value that was sent as its field takes it.

    :param kind: type of the field: char, text, selection, float, integer, many2one,
        date, datetime or boolean
    :param value: as decoded from JSON; ``None``, ``False`` and blank texts are empty
    :param choices: keys of a selection
    :return: the value, ``False`` when it is empty
    :raise ValueError: for a value of another type, too long, not finite, or no choice
    """
    if kind == "boolean":
        if not isinstance(value, bool):
            raise ValueError(value)
        return value
    if kind in ("float", "integer"):
        return _number(kind, value)
    if (
        value is None
        or value is False
        or (isinstance(value, str) and not value.strip())
    ):
        return False
    if kind == "many2one":
        if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
            raise ValueError(value)
        return value
    if not isinstance(value, str):
        raise ValueError(value)
    return _text(kind, value, choices)


def _number(kind, value):
    if value is None or value is False:
        value = 0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(value)
    if not math.isfinite(value) or abs(value) > MAX_NUMBER:
        raise ValueError(value)
    return int(value) if kind == "integer" else float(value)


def _text(kind, value, choices):
    if kind == "selection":
        if value not in choices:
            raise ValueError(value)
        return value
    if kind == "datetime":
        return datetime.strptime(value, MOMENT_FORMAT)
    if kind == "date":
        return date.fromisoformat(value)
    value = value.strip("\n") if kind == "text" else value.strip()
    if "\x00" in value or len(value) > (MAX_TEXT if kind == "text" else MAX_CHAR):
        raise ValueError(value[:MAX_CHAR])
    return value


def wire(value):
    """Return a cleaned or stored value as it travels; the inverse of :func:`clean`."""
    if isinstance(value, datetime):
        return value.strftime(MOMENT_FORMAT)
    if isinstance(value, date):
        return value.isoformat()
    if value is None or (isinstance(value, str) and not value.strip()):
        return False
    return value


def same(one, other) -> bool:
    """Tell whether two values, cleaned or as they travel, say the same."""
    one, other = wire(one), wire(other)
    numbers = (int, float)
    if isinstance(one, numbers) and isinstance(other, numbers):
        return math.isclose(one, other, rel_tol=0, abs_tol=1e-6)
    if isinstance(one, str) and isinstance(other, str):
        return one.strip() == other.strip()
    return one == other


def step_moment(at, now: datetime, earliest=None) -> datetime:
    """Return when a step counts that a telephone has made, perhaps without connection.

    :param at: as sent (see :data:`MOMENT_FORMAT`), empty for now
    :param now: naive UTC
    :param earliest: moment of the step before, naive UTC, if there was one
    :return: naive UTC, never after ``now`` nor before ``earliest``
    :raise StepTimeError: ``unreadable``, ``future`` (the telephone's clock is ahead),
        ``old`` (more than a day) or ``order`` (before the step before)
    """
    if not at:
        return now
    try:
        moment = datetime.strptime(at, MOMENT_FORMAT)
    except (TypeError, ValueError) as error:
        raise StepTimeError("unreadable") from error
    if moment > now + CLOCK_TOLERANCE:
        raise StepTimeError("future")
    if moment < now - MAX_AGE:
        raise StepTimeError("old")
    moment = min(moment, now)
    if earliest and moment < earliest:
        # The step before was stamped by our clock, this one by the telephone's.
        if moment < earliest - CLOCK_TOLERANCE:
            raise StepTimeError("order")
        moment = earliest
    return moment


def position(value):
    """Return a position as it is kept.

    :param value: dict with latitude and longitude in degrees, or empty
    :return: text such as ``48.13715, 11.57612`` (about one metre), or ``False``
    :raise ValueError: when it is not on this planet
    """
    if not value:
        return False
    if not isinstance(value, dict):
        raise ValueError(value)
    numbers = []
    for name, limit in (("latitude", 90), ("longitude", 180)):
        number = _number("float", value.get(name, math.nan))
        if abs(number) > limit:
            raise ValueError(value)
        numbers.append(number)
    return ", ".join(f"{number:.5f}" for number in numbers)
