"""A second reading of an event log, made of the words of the task alone.

Slow on purpose and without any code of the project: the clock of a case is a list of
spans (running, waiting), and open time is added up shift by shift, day by day.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ROME, UTC = ZoneInfo("Europe/Rome"), ZoneInfo("UTC")
NOTHING = timedelta()
DAY = timedelta(days=1)


def office(start):
    """Yield the open spans of the office that end after a moment, for ever."""
    day = start.astimezone(ROME).date()
    while True:
        if day.isoweekday() <= 5:
            for opens, closes in ((9, 13), (14, 18)):
                span = [
                    datetime(day.year, day.month, day.day, hour, tzinfo=ROME)
                    for hour in (opens, closes)
                ]
                opening, closing = (moment.astimezone(UTC) for moment in span)
                if closing > start:
                    yield max(opening, start), closing
        day += DAY


def always(start):
    """Yield the one open span of a calendar that never closes."""
    yield start, start + 100_000 * DAY


CALENDARS = {"24x7": always, "office": office}


def open_time(start, end, calendar):
    """Return the open time between two moments."""
    total = NOTHING
    for opening, closing in calendar(start):
        if opening >= end:
            break
        total += min(closing, end) - opening
    return total


def run_on(start, amount, calendar):
    """Return the first moment at which an amount of open time has passed."""
    if not amount:
        return start
    for opening, closing in calendar(start):
        if closing - opening >= amount:
            return opening + amount
        amount -= closing - opening
    raise AssertionError("a calendar has no end")


class Clock:
    """One clock of one case while its events are read."""

    def __init__(self, start, target, calendar):
        self.start, self.target, self.calendar = start, target, calendar
        self.now, self.since, self.stop = "running", start, None
        self.used, self.paused, self.reached = NOTHING, NOTHING, None
        # The last running span: when it began, and what was used before it.
        self.last, self.before = start, NOTHING

    def change(self, moment, state):
        """Go from one state into another."""
        spent = open_time(self.since, moment, self.calendar)
        if self.now == "running":
            if self.reached is None and self.used + spent >= self.target:
                need = self.target - self.used
                self.reached = run_on(self.since, need, self.calendar)
            self.used += spent
        elif self.now == "waiting":
            self.paused += spent
            if state == "stopped":  # the wait has ended here, running on from here
                self.before, self.last = self.used, moment
        if state == "running":
            self.before = self.used
        if self.now == "running":
            self.last = self.since
        self.now, self.since = state, moment
        self.stop = moment if state == "stopped" else None

    def row(self):
        """Return what the table shows of the clock, texts made here as well."""
        outcome = "open"
        if self.stop:
            outcome = "met" if self.used <= self.target else "missed"
        deadline = self.reached
        if deadline is None and self.now != "waiting":
            last = self.since if self.now == "running" else self.last
            deadline = run_on(last, self.target - self.before, self.calendar)
        return [
            show(self.start), show(self.stop), minutes(self.used), minutes(self.paused),
            show(deadline), outcome,
        ]  # fmt: skip


def show(moment):
    """Return a moment in UTC as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def minutes(amount):
    """Return minutes with two decimals."""
    return f"{amount.total_seconds() / 60:.2f}"


def respond(events, target, calendar):
    """Return the row of the first answer."""
    clock = Clock(events[0][0], target, calendar)
    answers = [moment for moment, what in events if what == "Take in charge ticket"]
    if answers:
        clock.change(answers[0], "stopped")
    return clock.row()


def resolve(events, target, calendar):
    """Return the row of the solution."""
    clock = Clock(events[0][0], target, calendar)
    for moment, what in events:
        if clock.now == "stopped" and what in (
            "Closed", "VERIFIED", "RESOLVED", "Resolve ticket"
        ):  # fmt: skip
            continue
        state = {"Wait": "waiting", "Resolve ticket": "stopped"}.get(what, "running")
        if (clock.now, state) != ("running", "running"):  # a new Wait is a new wait
            clock.change(moment, state)
    return clock.row()


def table(log, calendar, respond_hours, resolve_hours):
    """Return the rows of a log given as lists of case, activity and local time."""
    cases = {}
    for case, activity, local in log:
        moment = datetime.strptime(local, "%Y/%m/%d %H:%M:%S.%f").replace(tzinfo=ROME)
        cases.setdefault(case, []).append((moment.astimezone(UTC), activity))
    rows = []
    for case, events in cases.items():
        events.sort(key=lambda event: event[0])
        for name, hours, read in (
            ("respond", respond_hours, respond),
            ("resolve", resolve_hours, resolve),
        ):
            target = timedelta(hours=hours)
            rows.append([case, name, *read(events, target, CALENDARS[calendar])])
    return rows
