"""The rows of step 6: contracts sold and moved on by their job, the list of receipts.

They have no bars. They run in a database of their own that is thrown away.
"""

import base64
import io
import json
import time
from datetime import timedelta
from pathlib import Path

from lxml import etree
from PIL import Image

from odoo import Command, fields

from . import clock, seeds
from .backfill import clone, memory

MACHINES = 200
CONTRACTS = 10_000
DUE = 1_000
RECEIPTS = 100_000


def contract_product(env):
    """Make a product that sells a contract which is in force without a signature."""
    template = env["aftersales.contract.template"].create(
        {"name": "Bench", "needs_signature": False}
    )
    return env["product.product"].create(
        {
            "name": "Bench Contract",
            "type": "service",
            "service_tracking": "aftersales_contract",
            "aftersales_contract_template_id": template.id,
            "list_price": 100,
        }
    )


def contract_order(env, product, count):
    """Quote a contract for some machines of one customer."""
    customer = env["res.partner"].create({"name": f"Owner of {count}"})
    press = env["product.product"].create({"name": "Bench Press"})
    machines = env["aftersales.equipment"].create(
        [
            {
                "product_id": press.id,
                "partner_id": customer.id,
                "serial_number": f"C{count}-{number}",
            }
            for number in range(count)
        ]
    )
    return env["sale.order"].create(
        {
            "partner_id": customer.id,
            "order_line": [
                Command.create(
                    {
                        "product_id": product.id,
                        "product_uom_qty": count,
                        "aftersales_equipment_ids": [Command.set(machines.ids)],
                    }
                )
            ],
        }
    )


def order_rows(env, timer, product):
    """Measure the confirmation of an order with one contract for many machines."""
    for count in (1, MACHINES):
        order = contract_order(env, product, count)
        env.cr.commit()
        size = f"{count} machine{'s' if count > 1 else ''}"
        timer.measure("contract_order", size, order.action_confirm)


def state_rows(env, timer, product):
    """Measure the daily job over contracts of which none, then some, are due."""
    order = contract_order(env, product, 1)
    order.action_confirm()
    contract = env["aftersales.contract"].search([("sale_order_id", "=", order.id)])
    assert contract.state == "active", contract.state
    first = clone(
        env,
        contract,
        CONTRACTS - 1,
        name="'BENCH' || n",
        access_token="NULL",
        sale_line_id="NULL",
        sale_order_id="NULL",
    )
    clone(env, contract.line_ids, CONTRACTS - 1, contract_id=f"{first} + n")
    env.invalidate_all()
    env.cr.commit()
    for table in ("aftersales_contract", "aftersales_contract_line"):
        env.cr.execute(f"ANALYZE {table}")
    move_on(env)  # what is loaded once does not count
    size = f"{CONTRACTS:,} contracts"
    timer.add_pair("contract_states", f"{size}, none due", *move_on(env))
    today = fields.Date.today()
    env.cr.execute(
        "UPDATE aftersales_contract SET start_date = %(start)s,"
        " end_date = %(yesterday)s, moved_on = %(yesterday)s, next_move_on = %(today)s"
        " WHERE id >= %(first)s AND id < %(first)s + %(due)s",
        {
            "start": today - timedelta(days=365),
            "yesterday": today - timedelta(days=1),
            "today": today,
            "first": first,
            "due": DUE,
        },
    )
    env.invalidate_all(flush=False)
    env.cr.commit()
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark begins anew
    spent, queries = move_on(env)
    expired = env["aftersales.contract"].search_count([("state", "=", "expired")])
    assert expired == DUE, expired
    due = f"{size}, {DUE:,} due"
    timer.add_pair("contract_states", due, spent, queries)
    timer.add("contract_states", f"{due}, memory at most", "MiB", memory("VmHWM"))


def move_on(env):
    """Run the daily job to its end.

    :return: tuple of milliseconds and number of queries
    """
    env.invalidate_all()
    before, start = env.cr.sql_log_count, time.perf_counter()
    env["aftersales.contract"]._move_on()
    env.cr.commit()
    return (time.perf_counter() - start) * 1000, env.cr.sql_log_count - before


def signed_visit(env):
    """Do a visit with charges up to the signature.

    :return: its `aftersales.service.form`
    """
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), "black").save(stream, "PNG")
    drawn = base64.b64encode(stream.getvalue())
    labour = env.ref("aftersales_service.product_labour")
    labour.list_price = 90
    env.company.aftersales_labour_product_id = labour
    customer = env["res.partner"].create({"name": "Payer"})
    team = env["aftersales.team"].search([], limit=1)
    ticket = env["aftersales.ticket"].create(
        {"name": "Leaks", "team_id": team.id, "partner_id": customer.id}
    )
    worker = env["hr.employee"].create({"name": "Bench Worker"})
    visit = env["aftersales.dispatch"].create(
        {
            **ticket._prepare_dispatch(),
            "technician_ids": [Command.set(worker.ids)],
            "scheduled_start": fields.Datetime.now(),
        }
    )
    visit.action_plan()
    visit.action_depart()
    visit.action_arrive()
    visit.job_ids.write({"work_done": "Replaced", "result": "solved"})
    visit.line_ids = [
        Command.create(
            {"kind": "labour", "name": "Repair", "hours": 2, "employee_id": worker.id}
        )
    ]
    visit.action_finish()
    env["aftersales.service.sign"].create(
        {
            "dispatch_id": visit.id,
            "signer_name": "Mia",
            "signature": drawn,
            "technician_name": "Worker",
            "technician_signature": drawn,
            "charges_answer": "accepted",
        }
    ).action_sign()
    return visit.form_id


def many_receipts(env):
    """Copy a visit, its order, its form and its receipt until there are enough."""
    form = signed_visit(env)
    visit = form.dispatch_id
    receipt = env["aftersales.receipt"].search([("form_id", "=", form.id)])
    assert visit.order_id and receipt
    count = RECEIPTS - 1
    when = "timestamp '2024-01-02 08:00:00' + make_interval(mins => 10 * n)"
    order_id = clone(
        env,
        visit.order_id,
        count,
        name="'BENCH' || n",
        access_token="NULL",
        dispatch_id="NULL",
    )
    visit_id = clone(env, visit, count, name="'BENCH/' || n", order_id=f"{order_id}+n")
    env.cr.execute(
        "UPDATE sale_order SET dispatch_id = id - %(order)s + %(visit)s"
        " WHERE id >= %(order)s",
        {"order": order_id, "visit": visit_id},
    )
    form_id = clone(
        env, form, count, dispatch_id=f"{visit_id} + n", name="'BENCH/' || n"
    )
    receipt_id = clone(
        env,
        receipt,
        count,
        name="'BENCH/' || n",
        form_id=f"{form_id} + n",
        dispatch_id=f"{visit_id} + n",
        signed_at=when,
        state="(ARRAY['issued', 'handed', 'received', 'filed', 'filed'])[1 + n % 5]",
        batch_id="NULL",
    )
    env.invalidate_all()
    env.cr.commit()
    for table in (
        "sale_order",
        "aftersales_dispatch",
        "aftersales_service_form",
        "aftersales_receipt",
    ):
        env.cr.execute(f"ANALYZE {table}")
    env.cr.commit()
    return receipt_id


def list_request(model):
    """Return what the web client asks for to show the list of a model.

    :return: dict, the specification of `web_search_read`
    """
    arch = etree.fromstring(model.get_view(view_type="list")["arch"])
    names = {
        node.get("name")
        for node in arch.iter("field")
        if node.getparent().tag in ("list", "header")
    }
    named = {"fields": {"display_name": {}}}
    return {
        name: named if model._fields[name].relational else {} for name in sorted(names)
    }


def receipt_rows(env, timer):
    """Measure finance's list of many receipts, a page of eighty."""
    many_receipts(env)
    seeds.user(
        env,
        "accountant",
        "aftersales_service.aftersales_service_group_finance",
        "account.group_account_invoice",
    )
    env.cr.commit()
    accountant = env["res.users"].search([("login", "=", "accountant")])
    Receipt = env["aftersales.receipt"].with_user(accountant)
    request = list_request(Receipt)
    size = f"{RECEIPTS:,} receipts"
    Path("/proc/self/clear_refs").write_text("5")
    for words, domain in (
        ("all", []),
        ("to receive", [("state", "=", "handed")]),
        ("to reconcile", [("state", "=", "received")]),
    ):
        timer.measure(
            "receipt_list",
            f"{size}, {words}",
            lambda domain=domain: Receipt.web_search_read(domain, request, limit=80),
        )
    timer.measure(
        "receipt_list",
        f"{size}, by state",
        lambda: Receipt.formatted_read_group([], ["state"], ["__count"]),
    )
    timer.add("receipt_list", f"{size}, memory at most", "MiB", memory("VmHWM"))


def main(env, wanted, path):
    """Measure what is wanted and write the figures.

    :param set wanted: names of rows; empty for all
    :param str path: file for the figures
    """
    timer = clock.Timer(env, "ours", "")
    env["aftersales.sla.policy"].search([]).active = False
    if not wanted or wanted & {"contract_order", "contract_states"}:
        product = contract_product(env)
        if not wanted or "contract_order" in wanted:
            order_rows(env, timer, product)
        if not wanted or "contract_states" in wanted:
            state_rows(env, timer, product)
    if not wanted or "receipt_list" in wanted:
        receipt_rows(env, timer)
    env.cr.rollback()
    Path(path).write_text(json.dumps(timer.figures))
