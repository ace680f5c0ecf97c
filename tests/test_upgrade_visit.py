"""Visits of version 19.0.4.0.0 keep what was signed, and reserve what is planned."""

VERSION = "19.0.4.0.0"

LIFE = """
import base64, io
from PIL import Image
from odoo import Command
stream = io.BytesIO()
Image.new('RGB', (8, 8), 'black').save(stream, 'PNG')
drawn = base64.b64encode(stream.getvalue())
mill = env['res.partner'].create({'name': 'Upgrade Mill', 'is_company': True})
team = env['aftersales.team'].search([], limit=1)
pump, board = env['product.product'].create([
    {'name': 'Pump', 'default_code': 'P-1', 'is_storable': True},
    {'name': 'Board', 'is_storable': True, 'tracking': 'serial'}])
stock = env['stock.warehouse'].search(
    [('company_id', '=', team.company_id.id)], limit=1).lot_stock_id
env['stock.quant']._update_available_quantity(pump, stock, 3)
employee = env['hr.employee'].create({'name': 'Upgrade Technician'})
def visit(name, *parts):
    ticket = env['aftersales.ticket'].create({
        'name': name, 'team_id': team.id, 'partner_id': mill.id})
    return env['aftersales.dispatch'].create({
        'team_id': team.id, 'partner_id': mill.id, 'site_id': mill.id,
        'instructions': name,
        'technician_ids': [Command.set(employee.ids)],
        'scheduled_start': '2026-01-05 08:00:00',
        'job_ids': [Command.create({'ticket_id': ticket.id})],
        'line_ids': [Command.create({'kind': 'part', **part}) for part in parts]})
typed = {'name': 'Hose 3/8', 'part_number': 'H-38', 'quantity': 2}
known = {'name': 'Pump', 'product_id': pump.id, 'quantity': 2}
visit('draft', known)
visit('planned', known, typed).action_plan()
visit('short', {**known, 'quantity': 9}).action_plan()
for name in ('at work', 'signed', 'corrected'):
    there = visit(name, known, typed, {
        'name': 'Board', 'product_id': board.id, 'serial_number': 'B-1'})
    there.action_plan(); there.action_depart(); there.action_arrive()
    there.job_ids.write({'work_done': 'Replaced', 'result': 'solved'})
    if name == 'at work':
        continue
    there.action_finish()
    env['aftersales.service.sign'].create({
        'dispatch_id': there.id, 'signer_name': 'Mia', 'signature': drawn,
        'technician_name': 'T', 'technician_signature': drawn}).action_sign()
    if name == 'corrected':
        there.action_correct()
env.cr.commit()
"""

READ = """
import json
forms = env['aftersales.service.form'].search([], order='id')
lines = env['aftersales.dispatch.line'].search([], order='id')
print('RESULT ' + json.dumps({
    'forms': [[f.name, f.version, f.content, f.content_hash, f.pdf_hash]
        for f in forms],
    'lines': [[n.dispatch_id.id, n.kind, n.name, n.product_id.id, n.quantity,
        n.part_number, n.serial_number] for n in lines],
    'mails': env['mail.mail'].search_count([]),
    'delivered': env['stock.move'].search_count([('state', '=', 'done')]),
}))
"""

READ_PARTS = """
import json
visits = {v.instructions: v for v in env['aftersales.dispatch'].search([])}
moves = env['stock.move'].search([('dispatch_id', '!=', False)])
forms = env['aftersales.service.form'].search([])
warehouses = env['stock.warehouse'].search([])
signed = visits['signed']
out = {
    'moves': sorted([m.dispatch_id.instructions, m.dispatch_role, m.product_qty,
        m.state] for m in moves),
    'keeps': {n: sorted(l.name for l in v.line_ids if l.keeps_stock)
        for n, v in visits.items()},
    'planned': {n: sum(v.line_ids.mapped('planned_quantity'))
        for n, v in visits.items()},
    'warning': {n: v.parts_warning for n, v in visits.items()},
    'warehouses': [bool(w.aftersales_take_type_id and w.aftersales_visit_type_id
        and w.aftersales_faulty_loc_id.location_id == w.aftersales_field_loc_id)
        for w in warehouses],
    'same': [form._says_the_same() for form in forms],
}
signed.action_correct()
signed.action_keep_version()
visits['corrected'].action_keep_version()
work = visits['at work']
work.action_finish()
out['after'] = sorted([m.dispatch_id.instructions, m.dispatch_role, m.product_id.name,
    m.product_qty] for m in env['stock.move'].search(
        [('dispatch_id', '!=', False), ('state', '=', 'done')]))
print('RESULT ' + json.dumps(out))
env.cr.rollback()
"""


def test_what_was_there_is_there(upgraded):
    """What was typed and signed stays; nothing is moved for it."""
    assert len(upgraded.before["forms"]) == 2
    assert upgraded.ask(READ) == upgraded.before


def test_planned_visits_ask_for_their_parts(upgraded):
    found = upgraded.ask(READ_PARTS)
    assert found["warehouses"] and all(found["warehouses"])
    # 3 in stock: the first planned visit gets its two, the other the third one.
    assert found["moves"] == [
        ["planned", "take", 2.0, "assigned"],
        ["planned", "use", 2.0, "waiting"],
        ["short", "take", 9.0, "partially_available"],
        ["short", "use", 9.0, "waiting"],
    ]
    assert found["warning"]["short"] == "1 part missing"
    assert found["keeps"] == {
        "draft": ["Pump"],
        "planned": ["Pump"],
        "short": ["Pump"],
        "at work": ["Board", "Pump"],
        "signed": [],
        "corrected": [],
    }
    assert found["planned"]["draft"] == 2 and found["planned"]["signed"] == 0
    assert found["same"] == [True, True]
    # Signed before, moved by nobody; what is finished now, is moved.
    assert found["after"] == [
        ["at work", "use", "Board", 1.0],
        ["at work", "use", "Pump", 2.0],
    ]
