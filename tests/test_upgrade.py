"""A database of the first version comes over with everything in it."""

VERSION = "19.0.1.0.0"

# After-sales life in version 19.0.1.0.0: typed nameplates, one signed visit.
LIFE = """
import base64, io
from PIL import Image
from odoo import Command
stream = io.BytesIO()
Image.new('RGB', (8, 8), 'black').save(stream, 'PNG')
drawn = base64.b64encode(stream.getvalue())
Partner = env['res.partner']
mill = Partner.create({'name': 'Upgrade Mill', 'is_company': True})
mia = Partner.create({'name': 'Mia', 'parent_id': mill.id})
farm = Partner.create({'name': 'Upgrade Farm', 'is_company': True})
press = env['product.product'].create({
    'name': 'Upgrade Press', 'default_code': 'UP-1', 'is_storable': True,
    'tracking': 'serial'})
lot = env['stock.lot'].create({'name': 'UP-0001', 'product_id': press.id})
team = env['aftersales.team'].search([], limit=1)
def ticket(name, **values):
    return env['aftersales.ticket'].create({'name': name, 'team_id': team.id, **values})
first = ticket('first', severity='serious', partner_id=mia.id,
    product_name='upgrade press', serial_number='up-0001 ')
again = ticket('again', partner_id=mill.id, serial_number='UP-0001')
other = ticket('other', severity='serious', partner_id=farm.id,
    product_name='Old Mixer', serial_number='M 77')
same = ticket('same number elsewhere', partner_id=farm.id, serial_number='UP-0001')
ticket('product only', partner_id=mill.id, product_name='Upgrade Press')
ticket('nobody', product_name='Upgrade Press', serial_number='UP-0009')
env['aftersales.finding'].create([
    {'ticket_id': first.id},
    {'ticket_id': first.id, 'serial_number': 'UP-0002',
     'product_name': 'Upgrade Press'},
    {'ticket_id': other.id},
])
employee = env['hr.employee'].create({'name': 'Upgrade Technician'})
visit = env['aftersales.dispatch'].create({
    'team_id': team.id, 'partner_id': mill.id, 'site_id': mill.id,
    'technician_ids': [Command.set(employee.ids)],
    'scheduled_start': '2026-01-05 08:00:00',
    'job_ids': [Command.create({'ticket_id': first.id})],
})
visit.action_plan(); visit.action_depart(); visit.action_arrive()
visit.job_ids.write({'work_done': 'Hose replaced', 'result': 'solved'})
visit.action_finish()
action = env['aftersales.service.sign'].create({
    'dispatch_id': visit.id, 'signer_name': 'Mia', 'signature': drawn,
    'technician_name': 'Upgrade Technician', 'technician_signature': drawn,
}).action_sign()
env.cr.commit()
"""

READ = """
import json
def plain(value):
    return value.ids if hasattr(value, 'ids') else value
def rows(model, *names):
    found = env[model].search([], order='id')
    return [[plain(record[name]) for name in names] for record in found]
out = {
    'tickets': rows('aftersales.ticket', 'name', 'reference', 'product_name',
        'serial_number', 'state', 'reported_at', 'next_deadline',
        'solved_at'),
    'findings': rows('aftersales.finding', 'ticket_id', 'product_name',
        'serial_number'),
    'jobs': rows('aftersales.dispatch.job', 'ticket_id', 'product_name',
        'serial_number', 'work_done'),
    'forms': rows('aftersales.service.form', 'name', 'version', 'content',
        'content_hash', 'pdf_hash'),
    'clocks': rows('aftersales.sla.clock', 'kind', 'outcome', 'deadline'),
}
print('RESULT ' + json.dumps(out, default=str))
"""

READ_EQUIPMENT = """
import json
E = env['aftersales.equipment']
def machine(record):
    e = record.equipment_id
    return e and [e.partner_id.name, e.product_id.default_code, e.lot_id.name,
        e.product_name, e.serial_number, e.state, e.event_ids.mapped('kind')] or None
form = env['aftersales.service.form'].search([])
form.dispatch_id.action_correct()
print('RESULT ' + json.dumps({
    'count': E.search_count([]),
    'tickets': {t.name: machine(t) for t in env['aftersales.ticket'].search([])},
    'findings': [machine(f) for f in env['aftersales.finding'].search([], order='id')],
    'jobs': [machine(j) for j in env['aftersales.dispatch.job'].search([])],
    'warranties': env['aftersales.warranty'].search_count([]),
    'says_the_same': form._says_the_same(),
}))
env.cr.rollback()
"""


def test_what_was_there_is_there(upgraded):
    assert upgraded.before["forms"] and upgraded.before["clocks"]
    assert upgraded.ask(READ) == upgraded.before


def test_typed_nameplates_become_equipment(upgraded):
    found = upgraded.ask(READ_EQUIPMENT)
    press = [
        "Upgrade Mill", "UP-1", "UP-0001", "Upgrade Press", "UP-0001", "in_service",
        ["imported"],
    ]  # fmt: skip
    second = [
        "Upgrade Mill", "UP-1", False, "Upgrade Press", "UP-0002", "in_service",
        ["imported"],
    ]  # fmt: skip
    mixer = [
        "Upgrade Farm", False, False, "Old Mixer", "M 77", "in_service", ["imported"]
    ]  # fmt: skip
    assert found["count"] == 4
    # One serial number at one customer is one machine, however it was typed.
    assert found["tickets"]["first"] == found["tickets"]["again"] == press
    assert found["tickets"]["other"] == mixer
    # The same number at another customer is another machine.
    assert found["tickets"]["same number elsewhere"][0] == "Upgrade Farm"
    # What names no machine, or no customer, stays text.
    assert found["tickets"]["product only"] is None
    assert found["tickets"]["nobody"] is None
    assert found["findings"] == [press, second, mixer]
    assert found["jobs"] == [press]
    # Nobody knows when these were delivered: nothing is promised silently.
    assert found["warranties"] == 0


def test_a_form_signed_before_says_the_same(upgraded):
    assert upgraded.ask(READ_EQUIPMENT)["says_the_same"]
