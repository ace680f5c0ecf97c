"""Push a file of complaints through a running server; see `make replay`.

Reads AFTERSALES_URL, AFTERSALES_DB and AFTERSALES_ODOO (Odoo's start script), DATA
(the input) and AFTERSALES_OUTPUT (the folder of the results).
"""

import os
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from dev.replay import chain, ground, intake, mails, service, summary  # noqa: E402
from dev.replay import complaints as rows_of  # noqa: E402
from dev.replay.client import ServerRefused  # noqa: E402
from dev.replay.letterbox import LetterBox  # noqa: E402

SHARED = ROOT.parent / "shared" / "data" / "nhtsa_complaints.tsv"
SAMPLE = Path(__file__).with_name("sample.tsv")


class NoInput(Exception):
    """The input cannot be read; the text says why."""


PROBLEMS = (ground.SetupFailed, ServerRefused, summary.BadFile, chain.ChainBroken)


def choose_input():
    """Return the path of the input and say which it is."""
    if named := os.environ.get("DATA"):
        path = Path(named).expanduser()
        if not path.is_file():
            raise NoInput(f"DATA={named}: there is no such file.")
        print(f"Input: {path}")
    elif SHARED.is_file():
        path = SHARED
        print(f"Input: {path}")
    else:
        path = SAMPLE
        print(f"Input: the project's own small sample {path.relative_to(ROOT)},")
        print(f"  because {SHARED} is absent. DATA=file chooses another one.")
    return path


class Timer:
    """Prints what a stage did and how long it took."""

    def __init__(self):
        self.since = time.monotonic()

    def done(self, text):
        """Print the line of a stage that has ended."""
        now = time.monotonic()
        print(f"  {now - self.since:6.1f} s  {text}", flush=True)
        self.since = now


def _counted(counts):
    """Return counts as words, the empty ones left out."""
    shown = [f"{number} {name}" for name, number in counts.items() if number]
    return ", ".join(shown) or "nothing new"


def run(data, url, database, odoo, output):
    """Carry the complaints of a file from the mail to the Pareto chart.

    :return: dict of the summary
    """
    timer = Timer()
    lines, complaints, rejected = rows_of.read(data)
    timer.done(
        f"read {lines} lines: {len(complaints)} complaints,"
        f" {len(rejected)} lines rejected"
    )
    people = ground.users(url, database, odoo)
    timer.done(f"{len(people)} users with a key each")
    with LetterBox() as letters:
        place = ground.settings(people, letters.port)
        place.update(chain.offers(people))
        known = ground.known_customers(people["intake"], complaints)
        timer.done(f"mail domain {ground.ALIAS_DOMAIN}, {known} customers registered")
        outcomes, refusals = intake.push(
            people["gateway"], complaints, place["address"]
        )
        timer.done(
            f"mail gateway: {outcomes['new']} mails taken,"
            f" {outcomes['known']} recognised, {outcomes['refused']} refused"
        )
        places = intake.locate(people["intake"], complaints)
        made = intake.classify(people, complaints, places)
        timer.done(f"classified: {_counted(made)}")
        entered = [one for one in complaints if one.rows[0].key in places]
        carried, repairs = Counter(), []
        chosen = rows_of.chosen(entered, len(service.ENDINGS))
        # An input of fewer complaints has fewer visits.
        for complaint, ending in zip(chosen, service.ENDINGS, strict=False):
            repair = chain.Repair(
                people, place, complaint, places[complaint.rows[0].key], ending
            )
            repair.carry()
            repairs.append(repair)
            carried[ending] += 1
        timer.done(f"visits at their end: {_counted(carried)}")
        envelope, told = chain.finish(people, repairs)
        timer.done(
            f"{len(told)} receipts at their end, tickets closed;"
            f" {letters.count(mails.SENDERS)} letters left for customers"
        )
    result, tickets = summary.collect(people, complaints, rejected, refusals, lines)
    result["repairs"] = told
    result["files"] = summary.write_files(
        people, tickets, place["team_id"], envelope, output
    )
    summary.write_summary(result, output)
    timer.done(f"{len(result['files'])} PDFs and summary.json in {output}")
    summary.show(result, people["admin"].doors)
    return result


def main():
    """Run the replay as the environment describes it; return the exit code."""
    try:
        path = choose_input()
        output = os.environ.get("AFTERSALES_OUTPUT") or ROOT / "build" / "replay"
        result = run(
            path.read_bytes(),
            os.environ["AFTERSALES_URL"].rstrip("/"),
            os.environ["AFTERSALES_DB"],
            os.environ["AFTERSALES_ODOO"],
            Path(output),
        )
    except (NoInput, OSError, *PROBLEMS) as e:
        print(f"\nerror: {e}", file=sys.stderr)
        return 1
    except KeyError as missing:
        print(f"\nerror: {missing} is not set; use 'make replay'", file=sys.stderr)
        return 1
    entered = result["tickets"] + result["joined"] + len(result["rejected"])
    if entered != result["lines"]:
        print(f"\nerror: {result['lines']} lines, but {entered} in the summary")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
