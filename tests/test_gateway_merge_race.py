"""A mail for a ticket that is being merged, with two real connections."""

import itertools
import textwrap

import pytest

NUMBERS = itertools.count(1)
PREPARE = """
import threading, time
import psycopg2
from odoo.api import Environment
from odoo.exceptions import UserError
company = env.ref("base.main_company")
company.alias_domain_id = company.alias_domain_id or env["mail.alias.domain"].create(
    {"name": "maker.example.com"})
team = env.ref("aftersales_service.aftersales_team_default")
team.write({"alias_name": "service", "alias_contact": "everyone"})
address = f"m{NUMBER}@mill.example.org"
partner = env["res.partner"].create({"name": "Mill & Sons", "email": address})
a, b, c = env["aftersales.ticket"].create([
    {"name": name, "team_id": team.id, "partner_id": partner.id} for name in "ABC"])
question = a.message_post(body="Which one?", message_type="comment",
    subtype_xmlid="mail.mt_comment")
threads = {"reply": "Re: it\\r\\nIn-Reply-To: " + question.message_id,
    "number": f"Re: {a.reference}"}
MAIL = (
    f"From: {address}\\r\\nTo: {team.alias_email}\\r\\n"
    f"Subject: {threads[THREAD]}\\r\\nMessage-ID: <word{NUMBER}@example.com>\\r\\n"
    "Content-Type: text/plain\\r\\n\\r\\nword of the customer"
)
env.cr.commit()
def take(env):
    # As a fetcher, which tries again by itself.
    env["mail.thread"].with_context(fetchmail_cron_running=True).message_process(
        False, MAIL)
    env.flush_all()
def merge(env, ticket=a, original=b):
    env["aftersales.ticket"].browse(ticket.id)._merge_into(
        env["aftersales.ticket"].browse(original.id))
    env.flush_all()
def merge_again(env):
    try:
        merge(env)
        print("BLIND")
    except psycopg2.OperationalError:
        print("AGAIN")
        env.cr.rollback()
        env.clear()
        merge(env)
    env.cr.commit()
def waits(env):
    for _attempt in range(600):
        env.cr.execute("SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()")
        if env.cr.fetchone()[0]:
            return True
        time.sleep(0.05)
def look(env):
    env["aftersales.ticket"].browse((a | b | c).ids).mapped("state")
"""
OPENED = """
with env.registry.cursor() as one, env.registry.cursor() as two:
    first, second = (Environment(cr, env.uid, {}) for cr in (one, two))
"""
RACES = {
    # The mail comes while the merge is not committed: it waits, and follows.
    "merge first": """
merge(first)
look(second)
def work():
    take(second)
    two.commit()
thread = threading.Thread(target=work)
thread.start()
with env.registry.cursor() as watch:
    print("WAITED", waits(Environment(watch, env.uid, {})))
if FURTHER:
    merge(first, b, c)
one.commit()
thread.join(60)
""",
    # The mail is in and not committed: who merges is told to look again.
    "mail first": """
look(first)
take(second)
try:
    merge(first)
    print("BLIND")
except UserError as error:
    print("BUSY", error)
one.rollback()
first.clear()
look(first)
two.commit()
merge_again(first)
""",
    # The mail is committed, but who merges has looked before.
    "mail unseen": """
look(first)
take(second)
two.commit()
merge_again(first)
""",
}
AFTERWARDS = """
env.cr.rollback()
env.invalidate_all()
print("WORDS", [t.name for t in a | b | c if any(
    "word of the customer" in m.body for m in t.message_ids)], a.state,
    len(env["aftersales.ticket"].search([("partner_id", "=", partner.id)])))
"""


@pytest.fixture(scope="module")
def database(make_db):
    """Return a database of which each race uses tickets of its own."""
    return make_db("mail_merge", addon=True)


@pytest.mark.parametrize("thread", ["reply", "number"])
@pytest.mark.parametrize(
    ("race", "said", "end"),
    [
        ("merge first", "WAITED True", "B"),
        ("merge first, then further", "WAITED True", "C"),
        ("mail first", "BUSY", "B"),
        ("mail unseen", "AGAIN", "B"),
    ],
)
def test_mail_ends_where_the_ticket_goes_on(
    odoo_env, database, race, said, end, thread
):
    """The mail is in the ticket that stays, and nowhere else."""
    name, _comma, further = race.partition(",")
    printed = odoo_env.shell(
        database,
        f"THREAD, FURTHER, NUMBER = {thread!r}, {bool(further)}, {next(NUMBERS)}\n"
        + PREPARE
        + OPENED
        + textwrap.indent(RACES[name], "    ")
        + AFTERWARDS,
    )
    assert "BLIND" not in printed
    assert said in printed
    assert f"WORDS ['{end}'] cancelled 3" in printed
