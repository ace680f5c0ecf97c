"""The rows of step 2: equipment from deliveries, decisions who pays, Pareto, engine.

They have no bars. They run in a database of their own that is thrown away.
"""

import json
import statistics
import time
from datetime import datetime, timedelta
from pathlib import Path

from odoo import Command, fields

from odoo.addons.aftersales_service.tools import clock as engine
from odoo.addons.aftersales_service.tools import working_time

from . import clock
from .backfill import backfill_rows
from .deliveries import deliver, machine

UNITS = 1_000
DEADLINES = 10_000
PARETO_SIZES = (1_000, 10_000)


def engine_rows(timer):
    """Measure 10,000 deadlines by the pure engine.

    Bare: around the clock, from a start alone. Full: in office hours of ten years,
    with a pause and its end.
    """
    start = datetime(2026, 1, 5, 9)
    started = [engine.Event(at=start, kind="start")]
    ledger = [
        *started,
        engine.Event(at=start + timedelta(hours=2), kind="pause"),
        engine.Event(at=start + timedelta(hours=30), kind="resume"),
    ]
    days = [start + timedelta(days=day) for day in range(3650)]
    office = working_time.normalise([(day, day + timedelta(hours=8)) for day in days])
    for kind, events, intervals in (("bare", started, None), ("full", ledger, office)):
        times = []
        for _run in range(clock.RUNS):
            begin = time.perf_counter()
            for minutes in range(1, DEADLINES + 1):
                engine.replay(events, minutes, intervals)
            times.append((time.perf_counter() - begin) * 1000)
        timer.kind = kind
        timer.add("deadlines_10k", f"{DEADLINES:,}", "ms", statistics.median(times))
    timer.kind = ""


def equipment_rows(env, timer):
    """Measure what a delivery of a thousand serials costs more with equipment."""
    product = machine(env)
    Equipment = type(env["aftersales.equipment"])
    real = Equipment._from_moves
    times, queries = [], []

    def timed(self, moves):
        env.flush_all()
        before, start = env.cr.sql_log_count, time.perf_counter()
        made = real(self, moves)
        env.flush_all()
        times.append((time.perf_counter() - start) * 1000 / UNITS)
        queries.append((env.cr.sql_log_count - before) / UNITS)
        assert len(made) == UNITS
        return made

    Equipment._from_moves = timed
    try:
        for run in range(3):
            deliver(env, product, f"U{run}", UNITS)
            env.invalidate_all()
    finally:
        Equipment._from_moves = real
    timer.add_pair(
        "equipment_unit",
        f"{UNITS:,} serials",
        statistics.median(times),
        statistics.median(queries),
    )


def coverage_rows(env, timer, team):
    """Measure deciding who pays again, for one finding and for fifty.

    The machines are those of `equipment_rows`; each decision supersedes another.
    """
    machines = env["aftersales.equipment"].search([("lot_id", "!=", False)], limit=50)
    tickets = env["aftersales.ticket"].create(
        [
            {
                "name": f"Coverage {index}",
                "team_id": team.id,
                "equipment_id": machine.id,
                "finding_ids": [Command.create({})],
            }
            for index, machine in enumerate(machines)
        ]
    )
    days = iter(range(1, 365))

    def decide(findings):
        """Let the evidence move the day of the fault, which decides anew."""
        day = fields.Date.subtract(fields.Date.today(), days=next(days))
        findings.occurred_on = day

    for count in (1, len(tickets)):
        findings = tickets[:count].finding_ids
        timer.measure(
            "coverage_decision",
            f"{count} finding{'s' if count > 1 else ''}",
            lambda f=findings: decide(f),
            per=count,
        )


def pareto_rows(env, timer, team):
    """Measure the rows of a Pareto of all findings, at two sizes."""
    faults = env["aftersales.fault"].search([])
    Ticket = env["aftersales.ticket"]
    made = 0
    for size in PARETO_SIZES:
        while made < size:
            Ticket.create(
                [
                    {
                        "name": f"Report {number}",
                        "team_id": team.id,
                        "severity": "minor",
                        "finding_ids": [
                            Command.create(
                                {"fault_id": faults[number % len(faults)].id}
                            )
                        ],
                    }
                    for number in range(made, made + 500)
                ]
            )
            made += 500
            env.flush_all()
            env.invalidate_all()
        env.cr.commit()
        pareto = env["aftersales.pareto"].create({})
        timer.measure("pareto", f"{size:,} tickets", pareto._get_rows)


def main(env, wanted, path):
    """Measure what is wanted and write the figures.

    :param set wanted: names of rows; empty for all
    :param str path: file for the figures
    """
    timer = clock.Timer(env, "ours", "")
    # A promise would be measured along with what is measured here.
    env["aftersales.sla.policy"].search([]).active = False
    team = env["aftersales.team"].search([], limit=1)
    if not wanted or "deadlines_10k" in wanted:
        engine_rows(timer)
    if not wanted or "pareto" in wanted:
        pareto_rows(env, timer, team)
    if not wanted or wanted & {"equipment_unit", "coverage_decision"}:
        equipment_rows(env, timer)
        coverage_rows(env, timer, team)
    if not wanted or wanted & {"backfill", "backfill_preview"}:
        backfill_rows(env, timer)
    env.cr.rollback()
    Path(path).write_text(json.dumps(timer.figures))
