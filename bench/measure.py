"""The measurements; runs inside Odoo's shell, in a database that is thrown away."""

import json
import re
import statistics
import time
from datetime import datetime, timedelta
from pathlib import Path

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


# What becomes equipment when it is delivered, and what was delivered before.
UNITS = 1_000
PAST_LINES = 100_000
LINES_PER_ORDER = 10
STATUS = Path("/proc/self/status")


def machine(env, **values):
    """Create a product with serial numbers and a term of twelve months."""
    term = env["aftersales.warranty.term"].create({"name": "Bench", "duration": 12})
    return env["product.product"].create(
        {
            "name": "Bench Machine",
            "is_storable": True,
            "tracking": "serial",
            "aftersales_is_serviced": True,
            "aftersales_warranty_term_id": term.id,
            **values,
        }
    )


def deliver(env, product, prefix, count):
    """Sell and deliver some serials of a product.

    :return: the done transfer
    """
    lots = env["stock.lot"].create(
        [{"name": f"{prefix}-{n}", "product_id": product.id} for n in range(count)]
    )
    order = env["sale.order"].create(
        {
            "partner_id": env["res.partner"].create({"name": prefix}).id,
            "order_line": [
                Command.create({"product_id": product.id, "product_uom_qty": count})
            ],
        }
    )
    place = order.warehouse_id.lot_stock_id
    for lot in lots:
        env["stock.quant"]._update_available_quantity(product, place, 1, lot_id=lot)
    order.action_confirm()
    picking = order.picking_ids
    picking.action_assign()
    picking.move_ids.picked = True
    picking.button_validate()
    env.flush_all()
    return picking


def equipment_rows(env):
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
    yield row(
        "equipment_unit", UNITS, statistics.median(times), statistics.median(queries)
    )


def coverage_rows(env, team):
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
        yield row(
            "coverage_decision",
            count,
            *measured(env, lambda f=findings: decide(f), per=count),
        )


def clone(env, record, count, **columns):
    """Copy a row many times in SQL.

    :param columns: SQL of the columns that differ; ``n`` counts from 0
    :return: id of the first copy; the others follow it
    """
    table = record._table
    env.flush_all()
    env.cr.execute(f'SELECT max(id) + 1 FROM "{table}"')
    [(first,)] = env.cr.fetchall()
    env.cr.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = %s AND table_schema = 'public' AND is_generated = 'NEVER'",
        [table],
    )
    names = [name for (name,) in env.cr.fetchall()]
    columns = {"id": f"{first} + n", **columns}
    values = ", ".join(columns.get(name, f'"{name}"') for name in names)
    quoted = ", ".join(f'"{name}"' for name in names)
    env.cr.execute(
        f'INSERT INTO "{table}" ({quoted}) SELECT {values}'
        f' FROM "{table}", generate_series(0, {count - 1}) AS n WHERE id = {record.id}'
    )
    env.cr.execute(
        f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM \"{table}\"))"
    )
    return first


def past_deliveries(env):
    """Copy one real delivery of one machine until there are enough lines.

    :return: the product, which is serviced from now on
    """
    product = machine(env, aftersales_is_serviced=False)
    picking = deliver(env, product, "Past", 1)
    move, order = picking.move_ids, picking.sale_id
    orders = PAST_LINES // LINES_PER_ORDER
    of_order = f"n / {LINES_PER_ORDER}"
    days = f"make_interval(mins => 5 * ({of_order})::integer)"
    when = f"timestamp '2023-01-02 08:00:00' + {days}"
    order_id = clone(env, order, orders, name="'PAST' || n", access_token="NULL")
    line_id = clone(
        env, order.order_line, PAST_LINES, order_id=f"{order_id} + {of_order}"
    )
    picking_id = clone(env, picking, orders, name="'PAST/' || n")
    lot_id = clone(env, move.move_line_ids.lot_id, PAST_LINES, name="'PAST-' || n")
    move_id = clone(
        env,
        move,
        PAST_LINES,
        picking_id=f"{picking_id} + {of_order}",
        sale_line_id=f"{line_id} + n",
        date=when,
    )
    clone(
        env,
        move.move_line_ids,
        PAST_LINES,
        picking_id=f"{picking_id} + {of_order}",
        move_id=f"{move_id} + n",
        lot_id=f"{lot_id} + n",
        date=when,
    )
    product.aftersales_is_serviced = True
    env.invalidate_all()
    env.cr.commit()
    for table in ("stock_move", "stock_move_line", "stock_lot", "sale_order_line"):
        env.cr.execute(f"ANALYZE {table}")
    env.cr.commit()
    return product


def memory(name):
    """Return a figure of this process's memory in MiB: VmRSS now, VmHWM at most."""
    found = re.search(rf"^{name}:\s+(\d+) kB", STATUS.read_text(), re.MULTILINE)
    return int(found[1]) / 1024


def backfill_rows(env):
    """Measure a run through past deliveries: time, queries and memory of all."""
    product = past_deliveries(env)
    run = env["aftersales.equipment.backfill"].create({"product_ids": product.ids})
    begin = time.perf_counter()
    run.action_preview()
    yield row(
        "backfill_preview", PAST_LINES, (time.perf_counter() - begin) * 1000, None
    )
    run.action_start()
    env.cr.commit()
    # One batch first, so that what is loaded once does not count.
    run._work_batch()
    env.cr.commit()
    env.invalidate_all()
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark begins anew
    memory_before = memory("VmRSS")
    before, begin = env.cr.sql_log_count, time.perf_counter()
    env["aftersales.equipment.backfill"]._cron_backfill()
    result = row(
        "backfill",
        PAST_LINES,
        (time.perf_counter() - begin) * 1000,
        (env.cr.sql_log_count - before) / PAST_LINES,
    )
    assert run.created_count == PAST_LINES + 1, run.created_count
    result["memory_mb"] = [memory_before, memory("VmRSS"), memory("VmHWM")]
    yield result


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
    rows += equipment_rows(env)
    rows += coverage_rows(env, team)
    rows += backfill_rows(env)
    with open(path, "w") as stream:
        json.dump(rows, stream, indent=1)
