"""Errors to make on purpose in the clock engine; see ``mutants``.

Each is a name, a text that stands once in the file, and the text put in its place.
"""

CLOCK = (
    # ---- pauses ----
    (
        "a pause counts as used",
        "self.paused += working_time.overlap(self.since, at, self.intervals)",
        "self.runs.append("
        "(self.since, working_time.overlap(self.since, at, self.intervals)))",
    ),
    (
        "only the last pause counts",
        "self.paused += working_time.overlap(",
        "self.paused = working_time.overlap(",
    ),
    (
        "a pause is measured in closed time too",
        "self.paused += working_time.overlap(self.since, at, self.intervals)",
        "self.paused += at - self.since",
    ),
    (
        "a pause is measured from the start of the clock",
        "self.paused += working_time.overlap(self.since,",
        "self.paused += working_time.overlap(self.started_at,",
    ),
    (
        "a second pause begins anew",
        '"pause": {"running"}',
        '"pause": {"running", "paused"}',
    ),
    (
        "a stop while paused is ignored",
        '"stop": {"running", "paused"}',
        '"stop": {"running"}',
    ),
    (
        "a stop while paused resumes nothing",
        "            if ends:",
        "            if 0:",
    ),
    (
        "the resume of a stop lies where the pause began",
        "self.runs.append((at, ZERO))",
        "self.runs.append((self.since, ZERO))",
    ),
    (
        "every pause ends in a run of its own",
        "            if ends:",
        "            if not ends:",
    ),
    (
        "a void while paused resumes as a stop does not",
        'ends=kind in ("stop", "void")',
        'ends=kind == "void"',
    ),
    ("a stopped clock resumes", '{"paused"},', '{"paused", "stopped"},'),
    ("a paused clock starts again", '"start": {"new",', '"start": {"new", "paused",'),
    (
        "paused clocks show a deadline",
        'self.state == "paused" and used < self.target',
        "False",
    ),
    (
        "paused clocks hide what was reached",
        'self.state == "paused" and used < self.target',
        'self.state == "paused"',
    ),
    (
        "exactly the target is hidden while paused",
        'self.state == "paused" and used < self.target',
        'self.state == "paused" and used <= self.target',
    ),
    ("paused time is not told", "paused=self.paused,", "paused=ZERO,"),
    # ---- runs ----
    (
        "a run is measured in closed time too",
        "spent = working_time.overlap(self.since, at, self.intervals)",
        "spent = at - self.since",
    ),
    (
        "a run is measured from the start of the clock",
        "spent = working_time.overlap(self.since,",
        "spent = working_time.overlap(self.started_at,",
    ),
    (
        "a run begins where it ended",
        "self.runs.append((self.since, spent))",
        "self.runs.append((at, spent))",
    ),
    (
        "only the last run counts",
        "self.runs.append((self.since, spent))",
        "self.runs = [(self.since, spent)]",
    ),
    (
        "time while stopped counts as used",
        '        if self.state == "running":\n            spent',
        '        if self.state in ("running", "stopped"):\n            spent',
    ),
    (
        "a run never moves on",
        "        self.since = at\n\n    def _close",
        "\n    def _close",
    ),
    # ---- reopening ----
    (
        "reopening restarts",
        "        if event.minutes is None:\n            return\n        carried",
        "        self._begin(event.at)\n        if event.minutes is None:\n"
        "            return\n        carried",
    ),
    ("a stopped clock stays so", '"reopen": {"stopped", "void"}', '"reopen": {"void"}'),
    ("a void clock stays so", '"reopen": {"stopped", "void"}', '"reopen": {"stopped"}'),
    (
        "carried minutes are ignored",
        "carried = timedelta(minutes=event.minutes)",
        "return",
    ),
    (
        "carried minutes are nothing",
        "carried = timedelta(minutes=event.minutes)",
        "carried = ZERO",
    ),
    (
        "carried minutes are added",
        "self.constant = carried",
        "self.constant += carried",
    ),
    (
        "carried runs are measured again",
        "        self.constant = carried\n        self.runs = []",
        "        self.constant = carried",
    ),
    (
        "carried exactly the target",
        "if carried >= self.target",
        "if carried > self.target",
    ),
    ("carried with nothing before", "self.target and self.runs:", "self.target:"),
    (
        "a deadline after the earlier stop",
        "min(earlier or self.stopped_at, self.stopped_at)",
        "earlier or self.stopped_at",
    ),
    (
        "the earlier stop as the deadline",
        "min(earlier or self.stopped_at, self.stopped_at)",
        "self.stopped_at",
    ),
    (
        "carried minutes reach back to the start",
        "        else:\n            self.reached_at = event.at\n",
        "",
    ),
    (
        "a reopening that begins has no start",
        "self.started_at = self.reached_at = event.at",
        "self.reached_at = event.at",
    ),
    (
        "a reopening that begins was never reached",
        "self.started_at = self.reached_at = event.at",
        "self.started_at = event.at",
    ),
    (
        "a reopened clock is still stopped",
        "        else:\n            self.stopped_at = None\n",
        "",
    ),
    # ---- void ----
    (
        "void does not end",
        '        if kind in ("stop", "void"):\n',
        '        if kind == "stop":\n',
    ),
    (
        "void moves the stop",
        "self.stopped_at = self.stopped_at or at",
        "self.stopped_at = at",
    ),
    (
        "void counts as stopped",
        'outcome = "void" if self.state == "void" else "open"',
        'outcome = "open"',
    ),
    (
        "void shows a deadline",
        'self.state in ("new", "void") or',
        'self.state == "new" or',
    ),
    ("nothing new is void", '"void": {"new", "running"', '"void": {"running"'),
    ("nothing stopped is void", '"paused", "stopped"}', '"paused"}'),
    ("nothing paused is void", '"paused", "stopped"}', '"stopped"}'),
    ("nothing running is void", '{"new", "running", "paused"', '{"new", "paused"'),
    ("a void clock never starts anew", '{"new", "void"},', '{"new"},'),
    ("a stopped clock starts anew", '{"new", "void"},', '{"new", "void", "stopped"},'),
    ("a running clock starts anew", '{"new", "void"},', '{"new", "void", "running"},'),
    (
        "anew with the old pauses",
        "        self.paused = ZERO\n",
        '        self.paused = getattr(self, "paused", ZERO)\n',
    ),
    (
        "anew with the old runs",
        "] = []  # (start, open time)",
        '] = getattr(self, "runs", [])',
    ),
    (
        "anew with the old start",
        "        self.started_at = at\n",
        '        self.started_at = getattr(self, "started_at", at) or at\n',
    ),
    # ---- corrections ----
    (
        "corrections are ignored",
        "self.constant += timedelta(minutes=event.minutes)",
        "pass",
    ),
    (
        "corrections change their sign",
        "self.constant += timedelta(",
        "self.constant -= timedelta(",
    ),
    (
        "only the last correction counts",
        "self.constant += timedelta(",
        "self.constant = timedelta(",
    ),
    (
        "corrections only while running",
        '        if kind == "correction":',
        '        if kind == "correction" and self.state == "running":',
    ),
    (
        "a correction before the start is lost",
        'correction = self.constant if self.state == "new" else ZERO',
        "correction = ZERO",
    ),
    (
        "a correction survives a new beginning",
        'correction = self.constant if self.state == "new" else ZERO',
        "correction = self.constant",
    ),
    (
        "a correction moves no outcome",
        "self.runs), self.constant)",
        "self.runs), ZERO)",
    ),
    (
        "a correction moves no deadline",
        "need = self.target - self.constant",
        "need = self.target",
    ),
    # ---- order ----
    (
        "order of writing",
        "sorted(events, key=lambda event: event.order)",
        "list(events)",
    ),
    (
        "order of sequence before time",
        "            self.at,\n            self.sequence,",
        "            self.sequence,\n            self.at,",
    ),
    ("no sequence", "            self.sequence,\n", ""),
    ("no order of kinds", "            _RANK[self.kind],\n", ""),
    (
        "kinds backwards",
        "            _RANK[self.kind],",
        "            -_RANK[self.kind],",
    ),
    ("carrying reopenings last", "            not carries,", "            carries,"),
    ("no order of minutes", "self.minutes if carries else 0.0", "0.0"),
    ("minutes backwards", "self.minutes if carries else 0.0", "-(self.minutes or 0.0)"),
    # ---- deadline ----
    ("constant exactly the target", "if need <= ZERO:", "if need < ZERO:"),
    (
        "reached by the constant at no time",
        "            return self.reached_at",
        "            return None",
    ),
    ("reached at the end of a run, later", "if spent >= need:", "if spent > need:"),
    ("earlier runs are forgotten", "            need -= spent\n", "            pass\n"),
    ("the run that goes on is forgotten", "runs = [*runs, (self.since, ZERO)]", "pass"),
    (
        "the deadline of the first run",
        "working_time.advance(runs[-1][0], need",
        "working_time.advance(runs[0][0], need",
    ),
    (
        "the whole target from the last run on",
        "working_time.advance(runs[-1][0], need",
        "working_time.advance(runs[-1][0], self.target",
    ),
    (
        "the whole target from an earlier run on",
        "return working_time.advance(start, need",
        "return working_time.advance(start, self.target",
    ),
    (
        "a deadline in closed time",
        "working_time.advance(runs[-1][0], need, self.intervals)",
        "working_time.advance(runs[-1][0], need, None)",
    ),
    (
        "no deadline before the start is no horizon",
        '("running", "stopped")',
        '("running",)',
    ),
    (
        "a paused clock has no horizon",
        '("running", "stopped")',
        '("running", "stopped", "paused")',
    ),
    # ---- target and outcome ----
    ("target in seconds", "target = timedelta(minutes=", "target = timedelta(seconds="),
    ("a target of nothing", "if target <= ZERO:", "if target < ZERO:"),
    (
        "a target without end",
        "target_minutes is None or not math.isfinite(target_minutes)",
        "target_minutes is None",
    ),
    ("exactly the target is missed", '"met" if used <= self', '"met" if used < self'),
    ("all is met", '"met" if used <= self.target else "missed"', '"met"'),
    (
        "open is missed",
        'if self.state == "stopped":\n            outcome',
        'if self.state in ("stopped", "running"):\n            outcome',
    ),
    ("remaining the other way", "self.target - self.used", "self.used - self.target"),
    (
        "running since the start",
        "running_since=self.since if",
        "running_since=self.started_at if",
    ),
    # ---- countdown ----
    ("the countdown does not know now", "event.at <= now]", "event.at < now]"),
    ("the countdown knows the future", "event.at <= now]", "True]"),
    (
        "the countdown stands still",
        "return clock.used + working_time",
        "return clock.used + 0 * working_time",
    ),
    (
        "the countdown runs in closed time",
        "working_time.overlap(clock.running_since, now, intervals)",
        "(now - clock.running_since)",
    ),
    # ---- what is refused ----
    ("any kind of event", "if self.kind not in _RANK:", "if not self.kind:"),
    ("events with a time zone", "        working_time.check_naive(self.at)\n", ""),
    ("corrections by nothing", 'if self.kind == "correction":', "if False:"),
    ("endless minutes", "elif not math.isfinite(self.minutes):", "elif False:"),
    ("alerts act", 'TRACE = {"retarget", "alert"}', 'TRACE = {"retarget"}'),
)

WORKING_TIME = (
    ("closed time counts as open", "min(moment, self.ends[index])", "moment"),
    ("the first interval is lost", "if index < 0:", "if index <= 0:"),
    (
        "what was open before is lost",
        "return self.before[index] + min",
        "return min",
    ),
    (
        "the horizon's last moment is beyond it",
        "elapsed > self.total",
        "elapsed >= self.total",
    ),
    (
        "no end of the horizon",
        "        if elapsed > self.total:\n            return None\n",
        "",
    ),
    (
        "a closing second is the next opening",
        "bisect_left(self.before, elapsed)",
        "bisect_right(self.before, elapsed)",
    ),
    ("time runs from the opening on", "+ (elapsed - self.before[index])", "+ elapsed"),
    ("empty intervals stay", "        if start == end:\n            continue\n", ""),
    ("touching intervals stay apart", "start <= ends[-1]:", "start < ends[-1]:"),
    (
        "a leave is ignored: gaps are closed",
        "if ends and start <= ends[-1]:",
        "if ends:",
    ),
    (
        "an interval inside another cuts it short",
        "ends[-1] = max(ends[-1], end)",
        "ends[-1] = end",
    ),
    (
        "an overlap is not merged",
        "ends[-1] = max(ends[-1], end)",
        "pass",
    ),
    (
        "intervals in their given order",
        "sorted(intervals, key=_checked)",
        "map(_checked, intervals)",
    ),
    (
        "sums are one interval ahead",
        "        before.append(total)\n        total += end - start\n",
        "        total += end - start\n        before.append(total)\n",
    ),
    (
        "prepared intervals are prepared again",
        "intervals is None or isinstance(intervals, Intervals)",
        "intervals is None",
    ),
    (
        "an empty pair is refused",
        '    if end < start:\n        raise ValueError(f"interval',
        '    if end <= start:\n        raise ValueError(f"interval',
    ),
    (
        "a pair may go backwards",
        '    if end < start:\n        raise ValueError(f"interval',
        '    if False:\n        raise ValueError(f"interval',
    ),
    ("openings with a time zone", "    check_naive(start)\n", ""),
    ("closings with a time zone", "    check_naive(end)\n", ""),
    (
        "time may run backwards",
        '    if end < start:\n        raise ValueError(f"end',
        '    if False:\n        raise ValueError(f"end',
    ),
    (
        "no time at all is refused",
        '    if end < start:\n        raise ValueError(f"end',
        '    if end <= start:\n        raise ValueError(f"end',
    ),
    ("24/7 is never open", "        return end - start\n", "        return ZERO\n"),
    ("a negative amount", "    if amount < ZERO:", "    if False:"),
    ("an amount of zero is refused", "    if amount < ZERO:", "    if amount <= ZERO:"),
    ("zero moves to the opening", "    if not amount:\n        return start\n", ""),
    ("the horizon instead of the start", "intervals.elapsed(start) + amount", "amount"),
    ("the year 9999 breaks", "except OverflowError:", "except ZeroDivisionError:"),
    ("any moment is naive", "moment.tzinfo is not None", "False"),
)

#: Changes that no test can see, each with the reason.
EQUIVALENT = {
    "a clock that has not started shows a deadline": (
        "clock.py",
        'self.state in ("new", "void") or',
        'self.state == "void" or',
        "it has no run and no moment of its own from which to count, so none is found",
    ),
    "an opening moment belongs to the interval before": (
        "working_time.py",
        "bisect_right(self.starts, moment) - 1",
        "bisect_left(self.starts, moment) - 1",
        "at an opening the interval before gives its whole length: the same sum;"
        " before the first opening both give nothing",
    ),
}

MUTATIONS = {"clock.py": CLOCK, "working_time.py": WORKING_TIME}
