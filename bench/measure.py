"""The measurements; runs inside Odoo's shell, in a database that is thrown away."""

import json
import statistics
import time
from datetime import datetime, timedelta

from odoo import Command, fields
from odoo.tests import new_test_user

from odoo.addons.aftersales_service.tools import clock, working_time

RUNS = 5
SIZES = (1_000, 10_000)
GROUP = "aftersales_service.aftersales_service_group_intake"


def measured(env, function, per=1):
    """Run a function five times.

    :param per: how many things one run does; figures are for one of them
    :return: tuple of median milliseconds and median number of queries
    """
    times, queries = [], []
    for _run in range(RUNS):
        env.invalidate_all()
        before, start = env.cr.sql_log_count, time.perf_counter()
        function()
        env.flush_all()
        times.append((time.perf_counter() - start) * 1000 / per)
        queries.append((env.cr.sql_log_count - before) / per)
    return statistics.median(times), statistics.median(queries)


def engine_rows():
    """Measure the pure engine."""
    start = datetime(2026, 1, 5, 9)
    event = [clock.Event(at=start, kind="start")]
    days = [start + timedelta(days=day) for day in range(3650)]
    office = working_time.normalise([(day, day + timedelta(hours=8)) for day in days])
    for name, intervals in (("24x7", None), ("office", office)):
        times = []
        for _run in range(RUNS):
            begin = time.perf_counter()
            for minutes in range(1, 10_001):
                clock.replay(event, minutes, intervals)
            times.append((time.perf_counter() - begin) * 1000)
        yield row("deadlines_10k", name, statistics.median(times), None)


def row(name, size, median_ms, queries):
    """Make a row of the results."""
    return {"name": name, "size": size, "median_ms": median_ms, "queries": queries}


def fill(env, team, fault, size):
    """Create tickets with a finding until there are so many."""
    Ticket = env["aftersales.ticket"]
    missing = size - Ticket.search_count([])
    for _batch in range(max(missing, 0) // 500):
        Ticket.create([values(team, fault, index) for index in range(500)])
        env.flush_all()
        env.invalidate_all()


def values(team, fault, index):
    """Make the values of a serious ticket with one finding."""
    return {
        "name": f"Report {index}",
        "team_id": team.id,
        "severity": "serious",
        "finding_ids": [Command.create({"fault_id": fault[index % len(fault)].id})],
    }


def alert_rows(env, size):
    """Measure the alert job, idle and with a hundred clocks newly due."""
    clocks = env["aftersales.sla.clock"]
    due = [("outcome", "=", "open"), ("next_alert_at", "<=", fields.Datetime.now())]

    def idle():
        clocks.search(due, limit=100, order="next_alert_at, id")

    yield row("alert_idle", size, *measured(env, idle))
    batches = iter(
        [
            clocks.search([("next_alert_at", "!=", False)], limit=100, offset=100 * run)
            for run in range(RUNS)
        ]
    )

    def sweep():
        for one in next(batches):
            one.next_alert_at = fields.Datetime.now()
            one._send_alert(one.policy_id.alert_ids[:1])
            one._apply({"kind": "alert", "alert_id": one.policy_id.alert_ids[:1].id})

    yield row("alert_sweep", size, *measured(env, sweep, per=100))


def main(env, path):
    """Measure everything and write the rows."""
    env = env(context={**env.context, "mail_notrack": False})
    user = new_test_user(env, "bench", groups=f"base.group_user,{GROUP}")
    team = env["aftersales.team"].search([], limit=1)
    fault = env["aftersales.fault"].search([])
    rows = list(engine_rows())
    as_user = env["aftersales.ticket"].with_user(user)
    for size in SIZES:
        fill(env, team, fault, size)
        one = values(team, fault, 1)
        rows.append(
            row("create_one", size, *measured(env, lambda o=one: as_user.create(o)))
        )
        many = [values(team, fault, index) for index in range(100)]
        rows.append(
            row(
                "create_batch",
                size,
                *measured(env, lambda m=many: as_user.create(m), per=100),
            )
        )
        rows += alert_rows(env, size)
        pareto = env["aftersales.pareto"].create({})
        rows.append(row("pareto", size, *measured(env, pareto._get_rows)))
    with open(path, "w") as stream:
        json.dump(rows, stream, indent=1)
