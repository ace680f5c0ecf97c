"""Equipment from past deliveries, of which most are copied in SQL."""

import re
import time
from pathlib import Path

from .deliveries import deliver, machine

PAST_LINES = 100_000
LINES_PER_ORDER = 10
STATUS = Path("/proc/self/status")


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


def backfill_rows(env, timer):
    """Measure a run through past deliveries: time, queries and memory of all."""
    product = past_deliveries(env)
    run = env["aftersales.equipment.backfill"].create({"product_ids": product.ids})
    begin = time.perf_counter()
    run.action_preview()
    size = f"{PAST_LINES:,} lines"
    timer.add("backfill_preview", size, "ms", (time.perf_counter() - begin) * 1000)
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
    spent = (time.perf_counter() - begin) * 1000
    queries = env.cr.sql_log_count - before
    assert run.created_count == PAST_LINES + 1, run.created_count
    timer.add("backfill", size, "ms", spent)
    timer.add("backfill", f"{size}, of each", "queries", queries / PAST_LINES)
    for when, figure in (
        ("after the first batch", memory_before),
        ("at the end", memory("VmRSS")),
        ("at most", memory("VmHWM")),
    ):
        timer.add("backfill", f"{size}, memory {when}", "MiB", figure)
