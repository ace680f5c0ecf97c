"""Receipts are received, matched and booked once, whoever clicks at the same time."""

PREPARE = """
import psycopg2
from odoo import Command
from odoo.api import Environment
team = env["aftersales.team"].search([], limit=1)
company = team.company_id
partner = env["res.partner"].create({"name": "Mill & Sons"})
labour = env["product.product"].create({"name": "Hour", "type": "service",
    "list_price": 100, "taxes_id": False, "invoice_policy": "order",
    "uom_id": env.ref("uom.product_uom_hour").id})
company.aftersales_labour_product_id = labour
employee = env["hr.employee"].create({"name": "Tara", "company_id": company.id})
groups = env.ref("account.group_account_basic") | env.ref("base.group_user") | env.ref(
    "aftersales_service.aftersales_service_group_finance")
ann, bert = env["res.users"].with_context(no_reset_password=True).create([
    {"name": name, "login": "race_" + name, "email": name + "@maker.example.com",
     "group_ids": [Command.set(groups.ids)], "company_id": company.id,
     "company_ids": [Command.set(company.ids)]} for name in ("Ann", "Bert")])
def signed(hours, invoiced=True, **paid):
    ticket = env["aftersales.ticket"].create({"name": "Leak", "team_id": team.id,
        "partner_id": partner.id})
    visit = env["aftersales.dispatch"].create({"team_id": team.id,
        "partner_id": partner.id, "site_id": partner.id,
        "technician_ids": [Command.set(employee.ids)],
        "scheduled_start": f"2026-01-{signed.day:02} 08:00:00",
        "job_ids": [Command.create({"ticket_id": ticket.id})]})
    signed.day += 1
    visit.action_plan(); visit.action_depart(); visit.action_arrive()
    visit.job_ids.write({"work_done": "Replaced", "result": "solved"})
    visit.job_ids.answer_ids.write({"answer": "yes"})
    visit.line_ids = [Command.create({"kind": "labour", "name": "Repair",
        "hours": hours, "employee_id": employee.id})]
    visit.action_finish()
    visit.charges_accepted = "accepted"
    if paid:
        visit._state_payment(paid["method"], paid["amount"], False)
    form = env["aftersales.service.form"]._sign(visit, {"outcome": "accepted",
        "signer_name": "Mia", "technician_name": "Tara"})
    receipt = form.receipt_ids
    receipt._step("handed")
    receipt.with_user(ann)._step("received")
    if invoiced:
        receipt.order_ids.action_confirm()
        receipt.order_ids._create_invoices().action_post()
    return receipt
signed.day = 5
def race(work, jobs):
    '''Let two sessions work from the same moment; the second one tries again.'''
    with env.registry.cursor() as one, env.registry.cursor() as two:
        (user1, record1), (user2, record2) = jobs
        first, second = (Environment(cr, env.uid, {}) for cr in (one, two))
        # What the second one sees is fixed from now on.
        second["aftersales.receipt"].browse(record2.id).money_state
        two.execute("SELECT 1")
        work(first["aftersales.receipt"].browse(record1.id).with_user(user1.id))
        one.commit()
        mine = second["aftersales.receipt"].browse(record2.id).with_user(user2.id)
        try:
            work(mine)
            two.commit()
            print("BOTH AT ONCE")
        except psycopg2.OperationalError:
            two.rollback()
            second.transaction.clear()
            try:
                work(mine)
                two.commit()
                print("AGAIN")
            except Exception as error:
                two.rollback()
                print("REFUSED", type(error).__name__, error)
    env.cr.rollback()
    env.invalidate_all()
"""
MATCH = """
receipts = signed(1), signed(1)
payment = env["account.payment"].create({"payment_type": "inbound",
    "partner_type": "customer", "partner_id": partner.id, "amount": 100})
payment.action_post()
env.cr.commit()
race(lambda receipt: receipt.action_match(),
    [(ann, receipts[0]), (bert, receipts[1])])
print("STATES", [receipt.state for receipt in receipts])
print("PAID", [len(receipt.move_ids.reconciled_payment_ids) for receipt in receipts])
"""
STATEMENT = """
receipts = signed(1), signed(1)
bank = env["account.journal"].search(
    [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
line = env["account.bank.statement.line"].create({"journal_id": bank.id,
    "date": "2026-01-06", "payment_ref": "Transfer", "amount": 100,
    "partner_id": partner.id})
env.cr.commit()
race(lambda receipt: receipt.action_match(),
    [(ann, receipts[0]), (bert, receipts[1])])
print("STATES", [receipt.state for receipt in receipts])
print("OPEN", [receipt.amount_open for receipt in receipts])
"""
BOOK = """
receipt = signed(1, invoiced=False, method="cash", amount=100)
env.cr.commit()
def book(receipt):
    action = receipt.action_register_payment()
    wizard = receipt.env[action["res_model"]].browse(action["res_id"])
    wizard.journal_id = wizard.env["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", wizard.company_id.id)], limit=1)
    wizard.action_register()
env["account.journal"].create({"name": "Till", "type": "cash", "code": "TILL",
    "company_id": company.id})
env.cr.commit()
race(book, [(ann, receipt), (bert, receipt)])
print("PAYMENTS", len(receipt.payment_ids), "PAID", receipt.amount_paid)
"""
APPROVE = """
receipt = signed(1)
settlement = receipt.with_user(ann)._propose_settlement("waived", "Goodwill")
env.cr.commit()
race(lambda mine: mine.action_approve_settlement(), [(bert, receipt), (bert, receipt)])
print("STATE", receipt.state, receipt.money_state, settlement.approved_by_id.name)
"""
RECEIVE = """
receipts = signed(1, invoiced=False), signed(1, invoiced=False)
receipts = receipts[0] | receipts[1]
batch = env["aftersales.receipt.batch"].create({"company_id": company.id})
# As they were before finance had them.
env.flush_all()
env.cr.execute("UPDATE aftersales_receipt SET state = 'handed', batch_id = %s,"
    " received_at = NULL, received_by_id = NULL WHERE id IN %s",
    [batch.id, tuple(receipts.ids)])
env.invalidate_all()
batch.handed_at = "2026-01-07 08:00:00"
env.cr.commit()
def receive(mine):
    answer = mine.batch_id.scan_receive(receipts.ids)
    print("SAID", answer.get("error") or answer["message"])
race(receive, [(ann, receipts[0]), (bert, receipts[0])])
print("STATES", receipts.mapped("state"), receipts.received_by_id.mapped("name"))
print("STEPS", [len(receipt.step_ids.filtered(
    lambda step: step.state == "received" and step.batch_id)) for receipt in receipts])
"""


def test_two_accountants_match_the_same_payment(odoo_env, make_db):
    database = make_db("receiptmatch", addon=True)
    said = odoo_env.shell(database, PREPARE + MATCH)
    assert "REFUSED UserError Nothing is open" in said
    assert "STATES ['reconciled', 'received']" in said
    assert "PAID [1, 0]" in said


def test_two_accountants_match_the_same_bank_line(odoo_env, make_db):
    database = make_db("receiptbank", addon=True)
    said = odoo_env.shell(database, PREPARE + STATEMENT)
    assert "REFUSED UserError Nothing is open" in said
    assert "STATES ['reconciled', 'received']" in said
    assert "OPEN [0.0, 100.0]" in said


def test_two_accountants_book_the_same_cash(odoo_env, make_db):
    """It is in the books once, and once in the dialog of the other one."""
    database = make_db("receiptcash", addon=True)
    said = odoo_env.shell(database, PREPARE + BOOK)
    assert "nothing of it is open" in said
    assert "PAYMENTS 1 PAID 100.0" in said


def test_two_who_decide_the_same_settlement(odoo_env, make_db):
    database = make_db("receiptdecide", addon=True)
    said = odoo_env.shell(database, PREPARE + APPROVE)
    assert "REFUSED UserError" in said
    assert "STATE reconciled waived Bert" in said


def test_two_who_receive_the_same_envelope(odoo_env, make_db):
    """The second one is told that nothing is left; each receipt has one step."""
    database = make_db("receiptenvelope", addon=True)
    said = odoo_env.shell(database, PREPARE + RECEIVE)
    assert "2 received." in said
    assert "Nothing of ENV" in said
    assert "BOTH AT ONCE" not in said
    assert "STATES ['received', 'received'] ['Ann']" in said
    assert "STEPS [1, 1]" in said
