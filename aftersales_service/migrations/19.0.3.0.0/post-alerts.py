# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One trigger of the alert job takes the place of one for each clock."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    cr.execute("ALTER TABLE aftersales_sla_alert DROP COLUMN offset_hours")
    job = env.ref("aftersales_service.ir_cron_sla_alert", raise_if_not_found=False)
    if not job:
        return
    cr.execute("DELETE FROM ir_cron_trigger WHERE cron_id = %s", [job.id])
    clocks = env["aftersales.sla.clock"]
    first = clocks.search(
        [("outcome", "=", "open"), ("next_alert_at", "!=", False)],
        order="next_alert_at, id",
        limit=1,
    )
    if first:
        clocks._trigger_alerts(first.next_alert_at)
