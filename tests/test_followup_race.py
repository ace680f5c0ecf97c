"""The same follow-up is done once, whoever of two calls the customer."""

PREPARE = """
import psycopg2
from odoo import Command
from odoo.api import Environment
team = env["aftersales.team"].search([], limit=1)
company = team.company_id
partner = env["res.partner"].create({"name": "Mill & Sons", "phone": "555"})
employee = env["hr.employee"].create({"name": "Tara", "company_id": company.id})
groups = env.ref("base.group_user") | env.ref(
    "aftersales_service.aftersales_service_group_intake")
ann, bert = env["res.users"].with_context(no_reset_password=True).create([
    {"name": name, "login": "race_" + name, "email": name + "@maker.example.com",
     "group_ids": [Command.set(groups.ids)], "company_id": company.id,
     "company_ids": [Command.set(company.ids)]} for name in ("Ann", "Bert")])
rules = env["aftersales.followup.rule"]
rules.search([]).active = False
rules.create({"name": "All", "max_attempts": 2})
ticket = env["aftersales.ticket"].create({"name": "Leak", "team_id": team.id,
    "partner_id": partner.id})
visit = env["aftersales.dispatch"].create({"team_id": team.id,
    "partner_id": partner.id, "site_id": partner.id,
    "technician_ids": [Command.set(employee.ids)],
    "scheduled_start": "2026-01-05 08:00:00",
    "job_ids": [Command.create({"ticket_id": ticket.id})]})
visit.action_plan(); visit.action_depart(); visit.action_arrive()
visit.job_ids.write({"work_done": "Replaced", "result": "solved"})
visit.job_ids.answer_ids.write({"answer": "yes"})
visit.action_finish()
env["aftersales.service.form"]._sign(visit, {"outcome": "accepted",
    "signer_name": "Mia", "technician_name": "Tara"})
followup = visit.followup_ids
env.cr.commit()
def call(followup, button, answer):
    call = followup.env["aftersales.followup.call"].with_context(
        default_followup_id=followup.id).create({"satisfaction": "5"})
    for line in call.line_ids:
        good = line.question_id.good_answer
        line.answer = good if answer == "good" else {"yes": "no", "no": "yes"}[good]
    getattr(call, button)()
def race(*jobs):
    '''Let two sessions work from the same moment; the second one tries again.'''
    with env.registry.cursor() as one, env.registry.cursor() as two:
        first, second = (Environment(cr, env.uid, {}) for cr in (one, two))
        mine = [each["aftersales.followup"].browse(followup.id).with_user(user.id)
            for each, user in ((first, ann), (second, bert))]
        # What the second one sees is fixed from now on.
        mine[1].state
        call(mine[0], *jobs[0])
        one.commit()
        try:
            call(mine[1], *jobs[1])
            two.commit()
            print("BOTH AT ONCE")
        except psycopg2.OperationalError:
            two.rollback()
            second.transaction.clear()
            try:
                call(mine[1], *jobs[1])
                two.commit()
                print("AGAIN")
            except Exception as error:
                two.rollback()
                print("REFUSED", type(error).__name__, error)
    env.cr.rollback()
    env.invalidate_all()
    print("STATE", followup.state, followup.result, "CALLS", followup.attempt_count)
    print("ANSWERS", len(followup.answer_ids), "TICKET", ticket.state)
"""
DONE = """
race(("action_done", "good"), ("action_done", "bad"))
"""
MISSED = """
race(("action_done", "good"), ("action_not_reached", "good"))
"""
LAST = """
race(("action_not_reached", "good"), ("action_not_reached", "good"))
"""


def test_two_who_have_called_the_same_customer(odoo_env, make_db):
    database = make_db("followupdone", addon=True)
    said = odoo_env.shell(database, PREPARE + DONE)
    assert "REFUSED UserError" in said
    assert "STATE done as_stated CALLS 1" in said
    assert "ANSWERS 7" in said
    assert "TICKET in_progress" not in said


def test_one_has_reached_him_and_the_other_has_not(odoo_env, make_db):
    database = make_db("followupmissed", addon=True)
    said = odoo_env.shell(database, PREPARE + MISSED)
    assert "REFUSED UserError" in said
    assert "STATE done as_stated CALLS 1" in said


def test_two_last_tries_give_up(odoo_env, make_db):
    database = make_db("followuplast", addon=True)
    said = odoo_env.shell(database, PREPARE + LAST)
    assert "AGAIN" in said
    assert "STATE no_answer False CALLS 2" in said
