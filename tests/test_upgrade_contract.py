"""Visits of version 19.0.5.0.0 get receipts; nothing else of them changes."""

VERSION = "19.0.5.0.0"

# Visits that were signed, corrected, refused, absent or are still at work; an order of
# sales, one that charges a visit and was invoiced, and one that is a draft.
LIFE = """
import base64, io, itertools
from PIL import Image
from odoo import Command
stream = io.BytesIO()
Image.new('RGB', (8, 8), 'black').save(stream, 'PNG')
drawn = base64.b64encode(stream.getvalue())
env.company.aftersales_callout_product_id = False
mill = env['res.partner'].create({'name': 'Upgrade Mill', 'is_company': True})
team = env['aftersales.team'].search([], limit=1)
pump = env['product.product'].create({
    'name': 'Pump', 'is_storable': True, 'list_price': 300, 'taxes_id': False,
    'invoice_policy': 'order'})
stock = env['stock.warehouse'].search(
    [('company_id', '=', team.company_id.id)], limit=1).lot_stock_id
env['stock.quant']._update_available_quantity(pump, stock, 20)
employee = env['hr.employee'].create({'name': 'Upgrade Technician'})
days = itertools.count(5)
def sign(there, **values):
    outcome = values.get('outcome', 'accepted')
    answer = 'accepted' if outcome in ('accepted', 'remarks') else False
    env['aftersales.service.sign'].create({
        'dispatch_id': there.id, 'signer_name': 'Mia', 'signature': drawn,
        'technician_name': 'T', 'technician_signature': drawn,
        'charges_answer': answer, **values}).action_sign()
def visit(name, sells=False):
    ticket = env['aftersales.ticket'].create({
        'name': name, 'team_id': team.id, 'partner_id': mill.id})
    part = {'kind': 'part', 'name': 'Pump', 'product_id': pump.id, 'quantity': 1}
    there = env['aftersales.dispatch'].create({
        'team_id': team.id, 'partner_id': mill.id, 'site_id': mill.id,
        'instructions': name,
        'technician_ids': [Command.set(employee.ids)],
        'scheduled_start': f'2026-01-{next(days):02} 08:00:00',
        'job_ids': [Command.create({'ticket_id': ticket.id})],
        'line_ids': [Command.create(part)] if sells else []})
    there.action_plan(); there.action_depart(); there.action_arrive()
    there.job_ids.write({'work_done': 'Looked at it', 'result': 'solved'})
    return there
visit('at work')
signed = visit('signed', sells=True)
signed.action_finish()
sign(signed)
signed.order_id.action_confirm()
signed.order_id._create_invoices().action_post()
draft = visit('not invoiced', sells=True)
draft.action_finish()
sign(draft)
corrected = visit('corrected')
corrected.action_finish()
sign(corrected)
corrected.action_correct()
sign(corrected, replaces_reason='Typing mistake')
open_again = visit('open again')
open_again.action_finish()
sign(open_again)
open_again.action_correct()
refused = visit('refused')
refused.action_finish()
sign(refused, outcome='refused', outcome_reason='Still leaks')
absent = visit('absent')
absent.action_finish()
sign(absent, outcome='absent', outcome_reason='Nobody there', signer_name=False,
    signature=False)
order = env['sale.order'].create({'partner_id': mill.id, 'order_line': [
    Command.create({'product_id': pump.id, 'product_uom_qty': 2})]})
order.action_confirm()
closed = env['aftersales.ticket'].search([('name', '=', 'corrected')])
closed.action_close()
env.cr.commit()
"""

READ = """
import json
forms = env['aftersales.service.form'].search([], order='id')
tickets = env['aftersales.ticket'].search([], order='id')
orders = env['sale.order'].search([], order='id')
lines = orders.order_line.sorted('id')
moves = env['account.move'].search([], order='id')
print('RESULT ' + json.dumps({
    'forms': [[f.name, f.version, f.content, f.content_hash, f.pdf_hash]
        for f in forms],
    'unchanged': [f._says_the_same() for f in forms
        if f.is_latest and f.dispatch_id.state == 'done'],
    'tickets': [[t.name, t.state, str(t.closed_at), t.write_uid.id] for t in tickets],
    'visits': [[v.instructions, v.state, v.charge_total]
        for v in env['aftersales.dispatch'].search([], order='id')],
    # Orders that charge a visit learn of their receipt, others are not touched.
    'orders': [[o.name, o.state, o.invoice_status, o.amount_total,
        not o.dispatch_id and str(o.write_date)] for o in orders],
    'lines': [[n.name, n.product_uom_qty, n.price_unit, n.qty_delivered,
        n.qty_invoiced, n.aftersales_term_source, str(n.write_date)] for n in lines],
    'invoices': [[m.name, m.state, m.payment_state, m.amount_residual] for m in moves],
    'mails': env['mail.mail'].search_count([]),
    'activities': env['mail.activity'].search_count([]),
}))
"""

READ_NEW = """
import json
receipts = env['aftersales.receipt'].search([], order='id')
lines = env['sale.order.line'].search([])
out = {
    'receipts': sorted([r.dispatch_id.instructions, r.form_id.version, r.state]
        for r in receipts),
    'money': {r.dispatch_id.instructions: r.money_state for r in receipts
        if r.state != 'replaced'},
    'names': len(set(receipts.mapped('name'))),
    'steps': [len(r.step_ids) for r in receipts],
    'same': [[r.partner_id == r.form_id.partner_id, r.team_id == r.form_id.team_id,
        r.company_id == r.form_id.company_id, r.signed_at == r.form_id.signed_at]
        for r in receipts],
    'rules': env['aftersales.team'].search([]).mapped('closing_rule'),
    'new rule': env['aftersales.team'].create({'name': 'New'}).closing_rule,
    'contract lines': len(lines.filtered('aftersales_is_contract')),
    'contracts': env['aftersales.contract'].search_count([]),
    'service': sorted([row.subject, row.state, row.invoice_state]
        for row in env['aftersales.service.report'].search([])),
}
env['aftersales.ticket']._cron_close()
env.flush_all()
out['after the job'] = [[t.name, t.state]
    for t in env['aftersales.ticket'].search([], order='id')]
print('RESULT ' + json.dumps(out))
env.cr.rollback()
"""


def test_what_was_there_is_there(upgraded):
    """What was signed, ordered, invoiced and closed stays; nobody gets a mail."""
    assert len(upgraded.before["forms"]) == 7
    assert all(upgraded.before["unchanged"])
    assert upgraded.ask(READ) == upgraded.before


def test_receipts_of_what_was_signed(upgraded):
    """Each version of a form has one, with its number; those replaced say so."""
    found = upgraded.ask(READ_NEW)
    assert found["receipts"] == [
        ["absent", 1, "issued"],
        ["corrected", 1, "replaced"],
        ["corrected", 2, "issued"],
        ["not invoiced", 1, "issued"],
        ["open again", 1, "issued"],
        ["refused", 1, "issued"],
        ["signed", 1, "issued"],
    ]
    assert all(all(row) for row in found["same"])
    assert min(found["steps"]) >= 1


def test_nothing_closes_by_itself(upgraded):
    """Teams that were there close their tickets by hand, as they did."""
    found = upgraded.ask(READ_NEW)
    assert set(found["rules"]) == {"manual"}
    assert found["new rule"] == "invoiced"
    before = [row[:2] for row in upgraded.before["tickets"]]
    assert found["after the job"] == before


def test_orders_are_not_computed_anew(upgraded):
    """The new columns of big tables are added empty: none of their rows is computed."""
    assert upgraded.ask(READ_NEW)["contract lines"] == 0
    computed = [
        line
        for line in upgraded.log
        if "Prepare computation of" in line
        and ("sale.order" in line or "account.move" in line or "stock.move" in line)
    ]
    assert computed == []


def test_sales_sees_what_became_of_it(upgraded):
    """What was served before the upgrade stands in the list as well."""
    rows = {row[0]: row[1:] for row in upgraded.ask(READ_NEW)["service"]}
    assert rows["at work"] == ["work", "nothing"]
    assert rows["signed"] == ["invoiced", "invoiced"]
    assert rows["not invoiced"] == ["issued", "to_invoice"]
    assert rows["corrected"] == ["closed", "nothing"]
