"""Reports taken in version 19.0.3.0.0 are as they were after the upgrade."""

VERSION = "19.0.3.0.0"

LIFE = """
from odoo import Command, fields
Partner = env['res.partner']
mill = Partner.create({'name': 'Upgrade Mill', 'is_company': True,
    'phone': '+49 30 1234567'})
mia = Partner.create({'name': 'Mia', 'parent_id': mill.id, 'email': 'mia@mill.example'})
team = env['aftersales.team'].search([], limit=1)
team.alias_name = 'upgrade-service'
def ticket(name, **values):
    return env['aftersales.ticket'].create({'name': name, 'team_id': team.id, **values})
ticket('without a customer')
ticket('without a machine', partner_id=mia.id)
known = ticket('known', partner_id=mia.id, product_name='Press', severity='serious')
twice = ticket('twice', partner_id=mia.id, product_name='Press')
twice._cancel('duplicate', known)
going = ticket('going on', partner_id=mill.id)
going._respond()
MAIL = '''From: Mia <mia@mill.example>
To: upgrade-service@%s
Subject: by mail
Message-ID: <upgrade-1@mill.example>

It leaks.'''
Domain = env['mail.alias.domain']
domain = Domain.search([], limit=1) or Domain.create({'name': 'upgrade.example'})
team.company_id.alias_domain_id = domain
team.alias_id.alias_domain_id = domain
env['mail.thread'].message_process(False, MAIL % domain.name)
env.cr.commit()
"""

READ = """
import json
def message(m):
    return [m.message_type, m.subtype_id.id, m.author_id.id, m.body]
Ticket = env['aftersales.ticket'].with_context(active_test=False)
tickets = Ticket.search([], order='id')
print('RESULT ' + json.dumps({
    'tickets': [[t.name, t.reference, t.state, t.partner_id.id, t.user_id.id,
        t.team_id.id, t.stage_id.id, t.original_id.id, t.cancel_reason, t.channel,
        t.next_deadline, t.message_partner_ids.ids] for t in tickets],
    'messages': [[message(m) for m in t.message_ids] for t in tickets],
    'clocks': [[c.kind, c.outcome, c.deadline, c.used_minutes]
        for c in env['aftersales.sla.clock'].search([], order='id')],
    'activities': len(tickets.activity_ids),
    'mails': env['mail.mail'].search_count([]),
    'partners': env['res.partner'].search_count([]),
}, default=str))
"""

# The same mail again, its answer, a report of nobody, a ticket that goes on.
GO_ON = """
import json
tickets = env['aftersales.ticket'].search([])
by_name = {t.name: t for t in tickets}
team = by_name['by mail'].team_id
to = team.alias_id.display_name
MAIL = '''From: %s
To: %s
Subject: %s
Message-ID: <%s@mill.example>
In-Reply-To: <%s@mill.example>

Again.'''
process = env['mail.thread'].message_process
def mail(*args):
    process(False, MAIL % args)
mail('Mia <mia@mill.example>', to, 'by mail', 'upgrade-1', 'none')
mail('Mia <mia@mill.example>', to, 'Re: by mail', 'upgrade-2', 'upgrade-1')
mail('Who <who@nowhere.example>', to, 'nobody', 'upgrade-3', 'none')
new = env['aftersales.ticket'].search([]) - tickets
intake = env['res.users'].create({'name': 'Ina', 'login': 'upgrade_intake',
    'group_ids': [(4, env.ref('aftersales_service.aftersales_service_group_intake').id),
                  (4, env.ref('base.group_user').id)]})
def refusal(name):
    try:
        with env.cr.savepoint():
            by_name[name].with_user(intake).user_id = env.ref('base.user_admin')
    except Exception as error:
        return str(error)
print('RESULT ' + json.dumps({
    'new': [[t.name, bool(t.partner_id), t.state] for t in new],
    'replies': len(by_name['by mail'].message_ids.filtered(
        lambda m: m.message_type == 'email')),
    'needed': {t.name: t.missing_facts for t in tickets},
    'facts': env['aftersales.requirement'].search_count([]),
    'refused': {n: refusal(n) for n in ('without a customer', 'known')},
    'rules': env['aftersales.forward.rule'].search_count([]),
    'duplicate': by_name['twice'].original_id.name,
}, default=str))
env.cr.rollback()
"""


def test_what_was_there_is_there(upgraded):
    """Nobody gets a mail, a task or a customer by the upgrade."""
    assert len(upgraded.before["tickets"]) == 6 and upgraded.before["clocks"]
    assert upgraded.ask(READ) == upgraded.before


def test_intake_goes_on(upgraded):
    found = upgraded.ask(GO_ON)
    # A mail that came before the upgrade is not a ticket again.
    assert found["new"] == [["nobody", False, "new"]]
    assert found["replies"] == 2
    assert found["facts"] == 9 and not found["rules"]
    assert "Customer" in found["needed"]["without a customer"]
    assert found["needed"]["without a machine"] == "Product or Equipment"
    # What has gone on already is held back by nothing.
    assert not found["needed"]["known"] and not found["needed"]["going on"]
    assert "can't go on yet" in found["refused"]["without a customer"]
    assert found["refused"]["known"] is None
    assert found["duplicate"] == "known"
