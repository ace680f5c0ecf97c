# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Forms signed before receipts were kept get theirs, all at once.

- A version that was replaced since: its receipt is ``replaced``.
- The latest version, signed within the last 30 days: ``issued``. Whoever was there
  hands its paper over, if finance has not got it; he is reminded when the days of his
  team have passed from the upgrade on, not from the signature, so that nobody is
  called for a month of work on the first morning.
- The latest version of older ones: ``filed``. What became of the paper is not known
  any more; a note of the step says so.

A form that has a receipt keeps it, so that the script may run again.
"""

import logging

from odoo import SUPERUSER_ID, api

_logger = logging.getLogger(__name__)

OPEN_DAYS = 30
RECEIPTS = """
    INSERT INTO aftersales_receipt (
        name, form_id, dispatch_id, company_id, team_id, partner_id, signed_at,
        user_id, state, money_state, reminder_count, reminder_round, remind_at,
        create_uid, write_uid, create_date, write_date)
    SELECT f.name || '-v' || f.version, f.id, f.dispatch_id, f.company_id, f.team_id,
           f.partner_id, f.signed_at, COALESCE(technician.user_id, f.recorded_by),
           s.state, 'none', 0, 0,
           CASE WHEN s.state = 'issued' AND t.receipt_reminder_days > 0
                THEN %(now)s + t.receipt_reminder_days * INTERVAL '1 day' END,
           %(robot)s, %(robot)s, %(now)s, %(now)s
      FROM aftersales_service_form f
      LEFT JOIN aftersales_team t ON t.id = f.team_id
      LEFT JOIN LATERAL (
        SELECT e.user_id
          FROM aftersales_dispatch_hr_employee_rel r
          JOIN hr_employee e ON e.id = r.hr_employee_id
         WHERE r.aftersales_dispatch_id = f.dispatch_id AND e.user_id IS NOT NULL
         ORDER BY e.name, e.id LIMIT 1) technician ON TRUE
     CROSS JOIN LATERAL (
        SELECT CASE WHEN EXISTS (SELECT FROM aftersales_service_form n
                                  WHERE n.replaces_id = f.id) THEN 'replaced'
                    WHEN f.signed_at >= %(now)s - %(days)s * INTERVAL '1 day'
                    THEN 'issued' ELSE 'filed' END AS state) s
     WHERE NOT EXISTS (SELECT FROM aftersales_receipt p WHERE p.form_id = f.id)
     ORDER BY f.id
 RETURNING id
"""
HOLDERS = """
    INSERT INTO aftersales_receipt_res_users_rel (aftersales_receipt_id, res_users_id)
    SELECT p.id, f.recorded_by
      FROM aftersales_receipt p
      JOIN aftersales_service_form f ON f.id = p.form_id
     WHERE p.id = ANY(%(ids)s)
     UNION
    SELECT p.id, e.user_id
      FROM aftersales_receipt p
      JOIN aftersales_dispatch_hr_employee_rel r
        ON r.aftersales_dispatch_id = p.dispatch_id
      JOIN hr_employee e ON e.id = r.hr_employee_id
     WHERE p.id = ANY(%(ids)s) AND e.user_id IS NOT NULL
        ON CONFLICT DO NOTHING
"""
STEPS = """
    INSERT INTO aftersales_receipt_step (
        receipt_id, company_id, state, user_id, at, note,
        create_uid, write_uid, create_date, write_date)
    SELECT p.id, p.company_id, s.state, s.user_id, s.at, s.note,
           %(robot)s, %(robot)s, %(now)s, %(now)s
      FROM aftersales_receipt p
      JOIN aftersales_service_form f ON f.id = p.form_id
     CROSS JOIN LATERAL (
        VALUES (1, 'issued', f.recorded_by, f.signed_at, NULL),
               (2, p.state, %(robot)s, %(now)s, %(note)s)
        ) s (number, state, user_id, at, note)
     WHERE p.id = ANY(%(ids)s) AND (s.number = 1 OR p.state <> 'issued')
     ORDER BY p.id, s.number
"""


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    env.flush_all()
    values = {
        "now": env.cr.now(),
        "robot": SUPERUSER_ID,
        "days": OPEN_DAYS,
        "note": env["aftersales.receipt"]._note_of_before(),
    }
    cr.execute(RECEIPTS, values)
    values["ids"] = [row[0] for row in cr.fetchall()]
    cr.execute(HOLDERS, values)
    cr.execute(STEPS, values)
    env.invalidate_all()
    _logger.info("%s receipts of forms signed before", len(values["ids"]))
