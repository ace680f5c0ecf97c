"""Two decisions about one finding at the same moment, with two real connections."""

PREPARE = """
team = env["aftersales.team"].search([], limit=1)
partner = env["res.partner"].create({"name": "Mill & Sons"})
equipment = env["aftersales.equipment"].create({
    "partner_id": partner.id, "product_name": "Press", "delivery_date": "2026-01-01"})
term = env["aftersales.warranty.term"].create({"name": "Race", "duration": 240})
spec = {"equipment_id": equipment.id, "term": term, "sold_on": False,
    "sale_line_id": False, "move_id": False}
warranty, extension = env["aftersales.warranty"]._grant(
    [{**spec, "kind": "base"}, {**spec, "kind": "extension"}])
ticket = env["aftersales.ticket"].create({"name": "Leak", "team_id": team.id,
    "partner_id": partner.id, "equipment_id": equipment.id})
finding = env["aftersales.finding"].create({"ticket_id": ticket.id})
env.cr.commit()
"""
RACE = """
import psycopg2
from odoo.api import Environment
def void(env, record):
    env["aftersales.warranty"].browse(record.id)._void("Race")
    env.flush_all()
with env.registry.cursor() as one, env.registry.cursor() as two:
    first, second = (Environment(cr, env.uid, {}) for cr in (one, two))
    # The second one has looked at the decision before the first one takes another.
    second["aftersales.finding"].browse(finding.id).coverage_id
    void(first, warranty)
    one.commit()
    try:
        void(second, extension)
        two.commit()
        print("BOTH AT ONCE")
    except psycopg2.OperationalError:
        two.rollback()
        second.clear()
        void(second, extension)
        two.commit()
        print("RETRIED")
env.cr.rollback()
env.invalidate_all()
current = finding.coverage_ids.filtered("is_current")
print("CURRENT", len(current), "OF", len(finding.coverage_ids))
print("CHAIN", len(finding.coverage_ids.superseded_by_id))
print("CODES", sorted(current.line_ids[0].rejection_ids.mapped("code")))
"""


def test_one_decision_stands(odoo_env, make_db):
    """Whoever comes second has to try again, and sees the decision of the other."""
    database = make_db("coveragerace", addon=True)
    said = odoo_env.shell(database, PREPARE + RACE)
    assert "RETRIED" in said
    assert "CURRENT 1 OF 3" in said
    assert "CHAIN 2" in said
    assert "CODES ['void', 'void']" in said
