"""Two people merge the same tickets at the same moment, with two real connections."""

import pytest

PREPARE = """
team = env["aftersales.team"].search([], limit=1)
partner = env["res.partner"].create({"name": "Mill & Sons", "email": "m@example.com"})
a, b, c = env["aftersales.ticket"].create([
    {"name": name, "team_id": team.id, "partner_id": partner.id} for name in "ABC"])
a.message_post(body="word of A")
b.message_post(body="word of B")
env.cr.commit()
"""
RACE = """
import psycopg2
from odoo.api import Environment
from odoo.exceptions import UserError
def merge(env, ticket, original):
    env["aftersales.ticket"].browse(ticket.id)._merge_into(
        env["aftersales.ticket"].browse(original.id))
    env.flush_all()
with env.registry.cursor() as one, env.registry.cursor() as two:
    first, second = (Environment(cr, env.uid, {}) for cr in (one, two))
    # The second one has looked at the tickets before the first one merges them.
    second["aftersales.ticket"].browse((a | b | c).ids).mapped("state")
    merge(first, a, b)
    if %(early)s:
        try:
            merge(second, *(%(second)s))
            print("BOTH")
        except UserError as error:
            print("BUSY", error)
        two.rollback()
        second.clear()
        second["aftersales.ticket"].browse((a | b | c).ids).mapped("state")
    one.commit()
    try:
        merge(second, *(%(second)s))
        two.commit()
        print("BLIND")
    except psycopg2.OperationalError:
        print("AGAIN")
        two.rollback()
        second.clear()
        try:
            merge(second, *(%(second)s))
            two.commit()
            print("AFTERWARDS")
        except UserError as error:
            print("REFUSED", error)
            two.rollback()
env.cr.rollback()
env.invalidate_all()
words = {t.name: [w for w in "AB" if any(
    "word of " + w in m.body for m in t.message_ids)] for t in a | b | c}
print("WORDS", words, [t.state for t in a | b | c])
"""


@pytest.fixture(scope="module")
def database(make_db):
    """Return the name of a database with the addon."""
    return make_db("merge_race", addon=True)


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize(
    ("second", "refused", "words"),
    [
        ("a, c", True, "{'A': [], 'B': ['A', 'B'], 'C': []}"),
        ("b, a", True, "{'A': [], 'B': ['A', 'B'], 'C': []}"),
        ("b, c", False, "{'A': [], 'B': [], 'C': ['A', 'B']}"),
    ],
)
def test_one_winner(odoo_env, database, early, second, refused, words):
    """The second one is told so, or sees what the first one did; no word is lost."""
    script = PREPARE + RACE % {"second": second, "early": early}
    said = odoo_env.shell(database, script)
    assert "BOTH" not in said
    assert "BLIND" not in said
    assert ("BUSY" in said) == early
    assert "AGAIN" in said
    assert ("REFUSED" in said) == refused
    assert f"WORDS {words}" in said
