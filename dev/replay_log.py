"""``make replay-log``: a real log of events through the engine of the tickets' clocks.

Every case of the log gets the two clocks ``respond`` and ``resolve``. Their events go
through :mod:`aftersales_service.tools.clock`, the same pure functions by which the
addon replays its ledgers; neither Odoo nor PostgreSQL is needed.

What an event of the log means:

- Both clocks start at the case's first event, whatever that is.
- ``respond`` stops at the first "Take in charge ticket"; nothing else moves it.
- Every event ends a pause of ``resolve``. "Wait" begins one, so a second "Wait" ends
  the first pause and begins the next at the same moment.
- "Resolve ticket" stops ``resolve``. While it is stopped, "Closed", "VERIFIED",
  "RESOLVED" and a further "Resolve ticket" do nothing; any other event reopens it.
  A "Wait" is such an event: it reopens the clock and pauses it.
- "Closed", "VERIFIED" and "RESOLVED" never stop it: a case without "Resolve ticket"
  stays open.

Times of the log are local times of :data:`ZONE`, those written in UTC whole seconds
(cut off, for display only: the arithmetic keeps the milliseconds). A time that the
change in autumn repeats is the first of the two, summer time; one that the change in
spring skips is read with the offset before the change, so that 2:30 is the moment
called 3:30. Events of a case sort by that moment, equal ones keep the file's order.

Rows come in the order in which the cases first appear in the file, ``respond`` before
``resolve``.
"""

import csv
import math
import os
import re
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from datetime import time as time_of_day
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from . import arithmetic, config
from .ui import Failure, duration, say

tools = arithmetic.load()
Event, replay = tools.clock.Event, tools.clock.replay

SHARED = config.ROOT.parent / "shared" / "data" / "helpdesk_log.csv"
OUTPUT = config.BUILD / "clocks.csv"
ZONE = "Europe/Rome"
CASE, ACTIVITY, MOMENT = "Case ID", "Activity", "Complete Timestamp"
FORMATS = ("%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S")

TAKEN, WAIT, RESOLVED = "Take in charge ticket", "Wait", "Resolve ticket"
#: Activities that leave a resolved case resolved.
QUIET = {"Closed", "VERIFIED", "RESOLVED", RESOLVED}

CLOCKS = ("respond", "resolve")
CALENDARS = ("24x7", "office")
SHIFTS = ((time_of_day(9), time_of_day(13)), (time_of_day(14), time_of_day(18)))
WEEKLY_HOURS = 40
MIN_HOURS, MAX_HOURS = 1 / 3600, 100_000
HEADER = (
    *("case", "clock", "started_at", "stopped_at", "used_minutes", "paused_minutes"),
    *("deadline", "outcome"),
)


@dataclass(frozen=True)
class Options:
    """What to replay and how.

    :ivar data: Path of the log
    :ivar output: Path of the table
    :ivar calendar: one of :data:`CALENDARS`
    :ivar hours: dict of the target in hours of the calendar for each clock
    """

    data: Path
    output: Path
    calendar: str
    hours: dict


def main():
    """Replay the log that the environment names and write its clocks.

    Reads DATA, OUT, CALENDAR, RESPOND and RESOLVE.

    :raise Failure: for whatever the person has to change
    """
    begun = time.monotonic()
    options = read_options(os.environ)
    cases = read_log(options.data)
    results = replay_cases(cases, options)
    write(options.output, table(results))
    events = sum(len(rows) for rows in cases.values())
    say(f"{len(cases)} cases with {events} events from {options.data}")
    for name in CLOCKS:
        outcomes = Counter(clocks[name].outcome for clocks in results.values())
        counts = ", ".join(f"{outcomes[o]} {o}" for o in ("met", "missed", "open"))
        target = f"{options.hours[name]:g} h of {options.calendar}"
        say(f"  {name}, within {target}: {counts}")
    say(f"{options.output} written in {duration(time.monotonic() - begun)}")


def read_options(variables):
    """Return the options that variables of the environment ask for.

    An empty variable counts as not given.

    :param variables: mapping of names to texts
    :return: Options
    :raise Failure: for a value that makes no sense, or when there is no such log
    """
    calendar = variables.get("CALENDAR") or CALENDARS[0]
    if calendar not in CALENDARS:
        raise Failure(f"CALENDAR={calendar} is not known: use 24x7 or office.")
    hours = {
        name: _hours(name.upper(), variables.get(name.upper()) or default)
        for name, default in zip(CLOCKS, ("8", "40"), strict=True)
    }
    data = _existing(variables.get("DATA"))
    output = Path(variables.get("OUT") or OUTPUT).expanduser()
    if output.exists() and output.samefile(data):
        raise Failure(f"OUT={output} is the log itself: name another file.")
    return Options(data, output, calendar, hours)


def _hours(name, text):
    """Return a target in hours from its text."""
    number = re.fullmatch(r"[0-9]+(\.[0-9]+)?", text.strip())
    hours = float(number[0]) if number else 0
    if MIN_HOURS <= hours <= MAX_HOURS:
        return hours
    raise Failure(
        f"{name}={text} is not a target: give hours, a second to {MAX_HOURS},"
        f" for example {name}=8 or {name}=0.5."
    )


def _existing(named):
    """Return the path of the log: the named one, else the shared one."""
    path = Path(named or SHARED).expanduser()
    if path.is_file():
        return path
    shared = SHARED.parent.parent
    if not shared.exists() and (not named or "shared" in path.parts):
        raise Failure(
            f"There is no log to replay: {shared} (../shared beside the project) is"
            " absent. Put it there, or name another log: make replay-log DATA=file"
        )
    raise Failure(f"DATA={path}: there is no such file. Name a log: DATA=file")


# ---- reading -------------------------------------------------------------------------
def read_log(path):
    """Read a log of events.

    :param path: Path of a CSV file with at least the columns :data:`CASE`,
        :data:`ACTIVITY` and :data:`MOMENT`
    :return: dict of the cases in the order of their first line in the file; each a
        list of (moment in naive UTC, activity) by time, equal times as in the file
    :raise Failure: if the file is not such a log; the text names the line
    """
    zone, cases = _zone(), {}
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = {CASE, ACTIVITY, MOMENT} - set(reader.fieldnames or ())
            if missing:
                names = ", ".join(sorted(missing))
                raise Failure(f"{path} is not a log of events: no column {names}.")
            for row in reader:
                case, event = _read_row(row, zone, f"{path}, line {reader.line_num}")
                cases.setdefault(case, []).append(event)
    except (csv.Error, UnicodeDecodeError) as error:
        raise Failure(f"{path} is not a CSV file in UTF-8: {error}") from error
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}") from error
    for events in cases.values():
        events.sort(key=lambda event: event[0])  # stable: ties stay as in the file
    return cases


def _read_row(row, zone, place):
    """Return the case and the (moment, activity) of a row."""
    case, activity, text = (
        (row[name] or "").strip() for name in (CASE, ACTIVITY, MOMENT)
    )
    if not case or not activity:
        raise Failure(f"{place}: no {ACTIVITY if case else CASE}.")
    for shape in FORMATS:
        try:
            local = datetime.strptime(text, shape).replace(tzinfo=zone)
            moment = local.astimezone(timezone.utc).replace(tzinfo=None)
        except (ValueError, OverflowError):
            continue
        return case, (moment, activity)
    raise Failure(f"{place}: {text!r} is not a time like 2012/10/09 14:50:17.000.")


def _zone():
    """Return the time zone of the log."""
    try:
        return ZoneInfo(ZONE)
    except ZoneInfoNotFoundError as error:
        raise Failure(
            f"This machine knows no time zone {ZONE}: install the package tzdata."
        ) from error


# ---- replaying -----------------------------------------------------------------------
def replay_cases(cases, options):
    """Replay both clocks of every case.

    :param cases: as :func:`read_log` returns them
    :param options: Options
    :return: dict of the cases, each a dict of the clocks' names and ``clock.Replay``
    :raise Failure: if a deadline lies beyond the last year that Python knows
    """
    moments = [events[bound][0] for events in cases.values() for bound in (0, -1)]
    intervals = None
    if options.calendar == "office" and moments:
        longest = timedelta(weeks=math.ceil(max(options.hours.values()) / WEEKLY_HOURS))
        intervals = _office(min(moments), max(moments), longest)
    results = {}
    for case, events in cases.items():
        ledgers = {"respond": respond_ledger(events), "resolve": resolve_ledger(events)}
        results[case] = {
            name: replay(ledgers[name], 60 * options.hours[name], intervals)
            for name in CLOCKS
        }
        if any(clock.beyond_horizon for clock in results[case].values()):
            raise Failure(f"{case}: its deadline would lie after the year 9999.")
    return results


def respond_ledger(events):
    """Return the events of the clock ``respond`` of a case.

    :param events: list of (moment in naive UTC, activity), sorted
    :return: list of ``clock.Event``
    """
    steps = [(events[0][0], "start")]
    # The first stop wins, the engine ignores the others.
    steps += [(moment, "stop") for moment, activity in events if activity == TAKEN]
    return _numbered(steps)


def resolve_ledger(events):
    """Return the events of the clock ``resolve`` of a case.

    It leans on the engine's rule that an event acts only in the state it is made for:
    a resume acts on a paused clock, a reopening on a stopped one.

    :param events: list of (moment in naive UTC, activity), sorted
    :return: list of ``clock.Event``
    """
    steps = [(events[0][0], "start")]
    for moment, activity in events:
        steps.append((moment, "resume"))
        if activity not in QUIET:
            steps.append((moment, "reopen"))
        if activity == WAIT:
            steps.append((moment, "pause"))
        elif activity == RESOLVED:
            steps.append((moment, "stop"))
    return _numbered(steps)


def _numbered(steps):
    """Return clock events that act in the order given, also at the same moment."""
    return [Event(moment, kind, n) for n, (moment, kind) in enumerate(steps)]


def _office(first, last, longest):
    """Return the office's open times, reaching beyond all moments and deadlines.

    :param first: earliest moment in naive UTC
    :param last: latest moment in naive UTC
    :param longest: timedelta of the calendar, the longest target in whole weeks
    :raise Failure: if that reaches beyond the last year that Python knows
    """
    zone, spare = _zone(), timedelta(weeks=2)
    try:
        day, end = (first - spare).date(), (last + longest + spare).date()
    except OverflowError as error:
        raise Failure("The log's times are too close to the year 1 or 9999.") from error
    pairs = []
    while day < end:
        if day.weekday() < 5:
            for shift in SHIFTS:
                bounds = (datetime.combine(day, hour, zone) for hour in shift)
                utc = (bound.astimezone(timezone.utc) for bound in bounds)
                pairs.append(tuple(bound.replace(tzinfo=None) for bound in utc))
        day += timedelta(days=1)
    return tools.working_time.normalise(pairs)


# ---- writing -------------------------------------------------------------------------
def table(results):
    """Return the rows of the table as lists of texts, without the header.

    :param results: as :func:`replay_cases` returns them
    """
    return [
        [
            *(case, name, _moment(clock.started_at), _moment(clock.stopped_at)),
            *(_minutes(clock.used), _minutes(clock.paused)),
            *(_moment(clock.deadline), clock.outcome),
        ]
        for case, clocks in results.items()
        for name, clock in clocks.items()
    ]


def _moment(moment):
    """Return a moment as text: whole seconds, what is smaller is cut off."""
    return moment.isoformat(" ", "seconds") if moment else ""


def _minutes(time_span):
    """Return open time in minutes with two decimals, a tie to the even one."""
    minutes = Decimal(time_span // timedelta(microseconds=1)) / 60_000_000
    return str(minutes.quantize(Decimal("0.01"), ROUND_HALF_EVEN))


def write(path, rows):
    """Write the table; a file that is there is replaced only when all is written.

    :param path: Path; its folder is made
    :param rows: list of lists of texts
    :raise Failure: if it cannot be written there
    """
    try:
        target = path.resolve()  # a link stays a link
        if target.exists() and not target.is_file():
            raise Failure(f"OUT={path} is not a file: name a file like {OUTPUT.name}.")
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
        try:
            with open(partial, "w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(HEADER)
                writer.writerows(rows)
            os.replace(partial, target)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise Failure(f"OUT={path} cannot be written: {error.strerror}") from error
