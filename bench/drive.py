"""What is measured inside Odoo's shell at each size; runs once for each database."""

import json
import statistics
import time
from pathlib import Path

from . import clock, plan
from .fieldservice import Fieldservice
from .helpdesk import Helpdesk
from .ours import Ours
from .side import BATCH

SIDES = {side.name: side for side in (Ours, Helpdesk, Fieldservice)}
DUE = 500
REPLAYED = 10_000


def create_rows(side, timer, total):
    """Measure creating tickets, one by one and in batches."""
    size = f"{total:,} tickets"
    side.settle()
    timer.measure("create_one", size, side.create_one)
    timer.measure("create_batch", size, side.create_batch, per=BATCH)
    timer.add_pair("create_one", f"{size}, second of a request", *_second(side, timer))


def _second(side, timer):
    """Measure the second of two creations in one transaction, its cache being warm."""
    runs = []

    def both():
        side.create_one()
        timer.finish()
        before, start = side.env.cr.sql_log_count, time.perf_counter()
        side.create_one()
        timer.finish()
        spent = (time.perf_counter() - start) * 1000
        runs.append((spent, side.env.cr.sql_log_count - before))

    timer.medians(both)
    times, queries = zip(*runs[1:], strict=True)
    return statistics.median(times), statistics.median(queries)


def stage_rows(side, timer, total):
    """Measure a stage change there and back; the dearer way counts."""
    for name, old in (("stage_write", False), ("stage_write_old", True)):
        ticket, stages, forth, back = side.moves(old)
        ways = []
        for before, move in (("assigned", forth), ("in_progress", back)):
            if ticket.stage_id != stages[before]:
                ticket.stage_id = stages[before]
                side.env.flush_all()
                side.env.cr.precommit.run()
            side.env.cr.commit()
            ways.append(timer.medians(move))
            # What a move would have changed stays as it was: an old ticket stays old.
        times, queries = zip(*ways, strict=True)
        timer.add_pair(name, f"{total:,} tickets", max(times), max(queries))


def mail_rows(side, timer, total):
    """Measure an inbound mail."""
    timer.measure("mail_in", f"{total:,} tickets", side.receive)


def alert_rows(side, timer, total):
    """Measure the alert job with nothing due and with the same number newly due."""
    size = f"{total // 2:,} open tickets"
    # Some of the filling may have come due while other things were measured.
    side.settle()
    assert not side.due_count(), "something is due before it should be"
    runs = [_job(side) for _run in range(clock.RUNS + 1)][1:]
    timer.add_pair("alert_idle", size, *map(statistics.median, zip(*runs, strict=True)))
    copier = side.due_copier()
    runs = []
    for _run in range(clock.RUNS):
        first = copier.copy(DUE // 2)
        side.env.cr.commit()
        assert side.due_count() == DUE, side.due_count()
        runs.append(_job(side))
        assert not side.due_count(), "the job has left something"
        side.delete_from(first)
    timer.add_pair(
        "alert_sweep",
        f"{size}, {DUE} due",
        *map(statistics.median, zip(*runs, strict=True)),
    )


def _job(side):
    """Run the alert job, its commits included.

    :return: tuple of milliseconds and queries
    """
    side.env.invalidate_all()
    before, start = side.env.cr.sql_log_count, time.perf_counter()
    side.alert()
    side.env.cr.commit()
    spent = (time.perf_counter() - start) * 1000
    return spent, side.env.cr.sql_log_count - before


def replay_rows(side, timer, total):
    """Measure a calendar's edit with the replay of the clocks that it moves."""
    first = side.replay_copies(REPLAYED // 2)
    runs = []
    for _run in range(clock.RUNS):
        before = side.replay_deadlines()
        side.env.invalidate_all()
        queries, start = side.env.cr.sql_log_count, time.perf_counter()
        side.edit_calendar()
        spent = (time.perf_counter() - start) * 1000
        runs.append((spent, side.env.cr.sql_log_count - queries))
        assert side.replay_deadlines() != before, "the replay has moved nothing"
    side.delete_from(first)
    timer.add_pair(
        "calendar_replay",
        f"{REPLAYED:,} open clocks",
        *map(statistics.median, zip(*runs, strict=True)),
    )


MEASURES = {
    "create": create_rows,
    "stage": stage_rows,
    "mail": mail_rows,
    "alert": alert_rows,
    "replay": replay_rows,
}
#: fieldservice takes no mail; the peers have no alert job and replay nothing.
PARTS = {
    "ours": {"create", "stage", "mail", "alert", "replay"},
    "helpdesk": {"create", "stage", "mail"},
    "fieldservice": {"create", "stage"},
}


def main(env, name, full, totals, wanted, path):
    """Fill a database to some sizes and measure at each.

    :param str name: key of SIDES
    :param bool full: measure full tickets
    :param list totals: sizes of the plan, or others that are only filled to
    :param list wanted: names of rows; empty for all
    :param str path: file for the figures
    """
    side = SIDES[name](env, full)
    timer = clock.Timer(side.env, name, "full" if full else "bare")
    if not side.seeds():
        side.prepare()
    for total in totals:
        start = time.perf_counter()
        side.grow(total)
        print(
            f"  filled to {total:,} in {time.perf_counter() - start:.0f} s", flush=True
        )
        for part in plan.PLAN.get(total, ()):
            if part not in PARTS[name] or wanted and not wanted & plan.NAMES[part]:
                continue
            start = time.perf_counter()
            MEASURES[part](side, timer, total)
            print(f"  {part} in {time.perf_counter() - start:.0f} s", flush=True)
    env.cr.rollback()
    Path(path).write_text(json.dumps(timer.figures))
