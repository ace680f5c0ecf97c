"""`make replay-log`: by hand, by a second reading, on the real log, and misused."""

import csv
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import log_cases
import pytest
import slow_log

from dev import config

SHARED = config.ROOT.parent / "shared" / "data" / "helpdesk_log.csv"
VARIABLES = ("DATA", "OUT", "CALENDAR", "RESPOND", "RESOLVE")
HEADER = "case,clock,started_at,stopped_at,used_minutes,paused_minutes,deadline,outcome"
FIRST = "Case ID,Activity,Complete Timestamp\n"


def run(*command, folder=config.ROOT, **variables):
    """Run the command with variables; return the finished process."""
    env = {name: v for name, v in os.environ.items() if name not in VARIABLES}
    env.update({name: str(value) for name, value in variables.items()})
    # Without site-packages: Python alone has to do.
    command = command or (sys.executable, "-S", "-B", "-m", "dev", "replay-log")
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def rows_of(output):
    """Return the rows of a table that the command wrote."""
    with open(output, newline="") as file:
        header, *rows = csv.reader(file)
    assert ",".join(header) == HEADER
    return rows


def replayed(data, output, **variables):
    """Replay a log; return the rows and what was printed."""
    done = run(DATA=data, OUT=output, **variables)
    assert done.returncode == 0, done.stderr
    return rows_of(output), done.stdout


def write_log(path, log):
    """Write a log given as lists of case, activity and local time."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Case ID", "Activity", "Resource", "Complete Timestamp"])
        writer.writerows([case, what, "Value 1", when] for case, what, when in log)
    return path


def read_log(path):
    """Return a log as lists of case, activity and local time."""
    with open(path, newline="") as file:
        rows = csv.DictReader(file)
        return [[r["Case ID"], r["Activity"], r["Complete Timestamp"]] for r in rows]


@pytest.mark.parametrize(
    "calendar, text",
    [("24x7", log_cases.ROUND_THE_CLOCK), ("office", log_cases.OFFICE)],
)
def test_by_hand(tmp_path, calendar, text):
    data = write_log(tmp_path / "log.csv", log_cases.log())
    rows, shown = replayed(
        data, tmp_path / "new" / "folder" / "out.csv", CALENDAR=calendar,
        **log_cases.HOURS,
    )  # fmt: skip
    expected = log_cases.expected(text)
    for row, wanted in zip(rows, expected, strict=True):
        assert row == wanted
    assert "22 cases with 71 events" in shown
    assert slow_log.table(log_cases.log(), calendar, 1, 5) == expected


def made_up_log(seed):
    """Return a log of many short cases, dense enough for all that can happen."""
    dice = random.Random(seed)
    kinds = [
        *("Take in charge ticket", "Wait", "Resolve ticket") * 3,
        *("Closed", "VERIFIED", "RESOLVED", "INVALID", "Assign seriousness"),
    ]
    log = []
    for number in range(400):
        day, hour = dice.choice(((10, 0), (24, 8), (28, 1), (26, 15))), 0
        for _event in range(dice.randint(1, 9)):
            # Whole quarters, so that many events fall together or on a border.
            hour += dice.choice((0, 0.25, 0.75, 2, 8, 20))
            quarters = round(4 * (day[1] + hour))
            date, rest = day[0] + quarters // 96, quarters % 96
            month = 10 + (date - 1) // 31
            moment = f"2012/{month:02d}/{(date - 1) % 31 + 1:02d}"
            moment += f" {rest // 4:02d}:{rest % 4 * 15:02d}:00.000"
            log.append([f"Case {number}", dice.choice(kinds), moment])
    dice.shuffle(log)
    return log


@pytest.mark.parametrize("calendar", ["24x7", "office"])
def test_second_reading_of_made_up_cases(tmp_path, calendar):
    log = made_up_log(calendar)
    data = write_log(tmp_path / "log.csv", log)
    for hours in ((8, 40), (0.5, 2)):
        rows, _shown = replayed(
            data, tmp_path / "out.csv", CALENDAR=calendar, RESPOND=hours[0],
            RESOLVE=hours[1],
        )  # fmt: skip
        assert rows == slow_log.table(log, calendar, *hours)
        assert {row[-1] for row in rows} == {"met", "missed", "open"}


@pytest.mark.parametrize("calendar", ["24x7", "office"])
def test_second_reading_of_the_real_log(tmp_path, calendar):
    if not SHARED.is_file():
        # Not a skipped test: the command itself has to say so.
        done = run(CALENDAR=calendar, OUT=tmp_path / "out.csv")
        print(f"{SHARED} is absent: the real log was not replayed.")
        assert done.returncode == 1
        assert "../shared" in done.stderr and "absent" in done.stderr
        return
    rows, shown = replayed(SHARED, tmp_path / "out.csv", CALENDAR=calendar)
    print(shown)
    log = read_log(SHARED)
    expected = slow_log.table(log, calendar, 8, 40)
    assert len(rows) == 2 * len({case for case, *_rest in log})
    for row, wanted in zip(rows, expected, strict=True):
        assert row == wanted


def test_make_passes_its_variables(tmp_path):
    data = write_log(tmp_path / "log.csv", log_cases.log())
    output = tmp_path / "out.csv"
    hours = [f"{name}={value}" for name, value in log_cases.HOURS.items()]
    done = run(
        "make", f"PYTHON={sys.executable}", "replay-log", f"DATA={data}",
        f"OUT={output}", "CALENDAR=office", *hours,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert rows_of(output) == log_cases.expected(log_cases.OFFICE)
    assert "  replay-log " in run("make", "help").stdout


def refused(text, **variables):
    """Check that the command refuses in one line that holds a text."""
    done = run(**variables)
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("error: ")
    assert text in line, line
    assert "Traceback" not in done.stdout + done.stderr


@pytest.fixture
def small(tmp_path):
    """Return a log of one event."""
    path = tmp_path / "small.csv"
    path.write_text(f"{FIRST}1,Closed,2013/01/07 09:00:00.000\n")
    return path


@pytest.mark.parametrize(
    "text, content",
    [
        ("no column Activity, Complete Timestamp", "Case ID,Time\n1,2\n"),
        ("no column", ""),
        ("line 3: '2013-01-07 09:00' is not a time", "1,Closed,2013-01-07 09:00\n"),
        ("line 3: '2013/02/30 09:00:00.000'", "1,Closed,2013/02/30 09:00:00.000\n"),
        ("line 3: '0001/01/01 00:10:00.000'", "1,Closed,0001/01/01 00:10:00.000\n"),
        ("line 3: '' is not a time", "1,Closed\n"),
        ("line 3: no Activity", "1, ,2013/01/07 09:00:00.000\n"),
        ("line 3: no Case ID", ",Closed,2013/01/07 09:00:00.000\n"),
        ("after the year 9999", "2,Closed,9999/12/31 09:00:00.000\n"),
        ("not a CSV file in UTF-8", b"1,\xff\xfe,2013/01/07 09:00:00.000\n"),
        ("not a CSV file in UTF-8", "1," + "x" * 200_000 + ",2013/01/07 09:00\n"),
    ],
)
def test_bad_logs(tmp_path, text, content):
    path = tmp_path / "log.csv"
    content = content if isinstance(content, bytes) else content.encode()
    if "no column" not in text:
        content = f"{FIRST}1,Closed,2013/01/07 09:00:00.000\n".encode() + content
    path.write_bytes(content)
    output = tmp_path / "out.csv"
    output.write_text("from yesterday")
    refused(text, DATA=path, OUT=output)
    assert output.read_text() == "from yesterday"
    assert sorted(os.listdir(tmp_path)) == ["log.csv", "out.csv"]


def test_office_at_the_end_of_time(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(f"{FIRST}1,Closed,9999/12/31 09:00:00.000\n")
    refused("too close to the year", DATA=path, CALENDAR="office")


@pytest.mark.parametrize(
    "name, value",
    [("CALENDAR", "Office"), ("CALENDAR", "8x5")]
    + [("RESPOND", v) for v in ("0", "-1", "nan", "inf", "1e3", "8,5", "1_0", "0.0001")]
    + [("RESOLVE", v) for v in ("x", "100001", "9" * 400)],
)
def test_bad_values(small, tmp_path, name, value):
    refused(f"{name}={value}", DATA=small, OUT=tmp_path / "o.csv", **{name: value})


def test_absent_log(tmp_path):
    refused("there is no such file", DATA=tmp_path / "log.csv")


def test_shared_folder_beside_the_project(tmp_path):
    """A project of nothing but dev/ and tools/: with ../shared, and without."""
    project = tmp_path / "project"
    tools = Path(config.ADDON) / "tools"
    unwanted = shutil.ignore_patterns("__pycache__", "node_modules")
    for folder in (Path("dev"), tools):
        shutil.copytree(config.ROOT / folder, project / folder, ignore=unwanted)
    for variables in ({}, {"DATA": "../shared/data/helpdesk_log.csv"}):
        refused("(../shared beside the project) is absent", folder=project, **variables)
    data = tmp_path / "shared" / "data"
    data.mkdir(parents=True)
    refused("there is no such file", folder=project)
    write_log(data / "helpdesk_log.csv", log_cases.log())
    done = run(folder=project, **log_cases.HOURS)
    assert done.returncode == 0, done.stderr
    rows = rows_of(project / "build" / "clocks.csv")
    assert rows == log_cases.expected(log_cases.ROUND_THE_CLOCK)


def test_outputs_refused(small, tmp_path):
    before = small.read_text()
    refused("is the log itself", DATA=small, OUT=small)
    assert small.read_text() == before
    refused("is not a file", DATA=small, OUT=tmp_path)
    refused("is not a file", DATA=small, OUT="/dev/null")
    refused("cannot be written", DATA=small, OUT=small / "out.csv")
    refused("cannot be written", DATA=small, OUT="/proc/nowhere/out.csv")
    assert os.listdir(tmp_path) == [small.name]


def test_empty_variables_are_defaults(small, tmp_path):
    """A byte order mark, no milliseconds and a log without events are no errors."""
    small.write_text(f"\ufeff{FIRST}\n 7 ,Closed ,2013/01/07 09:00:00\n")
    rows, shown = replayed(small, tmp_path / "o.csv", CALENDAR="", RESPOND="")
    start = "2013-01-07 08:00:00"
    assert rows == [
        ["7", "respond", start, "", "0.00", "0.00", "2013-01-07 16:00:00", "open"],
        ["7", "resolve", start, "", "0.00", "0.00", "2013-01-09 00:00:00", "open"],
    ]
    assert "respond, within 8 h of 24x7: 0 met, 0 missed, 1 open" in shown
    small.write_text(FIRST)
    assert replayed(small, tmp_path / "o.csv", CALENDAR="office")[0] == []


def test_a_link_stays_a_link(small, tmp_path):
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    link.symlink_to(target)
    assert len(replayed(small, link)[0]) == 2
    assert link.is_symlink() and target.is_file()
