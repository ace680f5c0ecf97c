# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.addons.base.tests.test_ir_cron import CronMixinCase

from .sla_common import SlaCommon

JOB = "aftersales_service.ir_cron_sla_alert"


class AlertCommon(SlaCommon, CronMixinCase):
    """Serious tickets with an alert one hour before each of their deadlines."""

    def run_job(self):
        """Run the alert job as the scheduler does; return True if it went well."""
        with self.enter_registry_test_mode():
            result = self.env.ref(JOB).method_direct_trigger()
        self.env.invalidate_all()
        return result

    def alerts(self, clock):
        """Return the offsets of the levels that were told, in the ledger's order."""
        events = clock.event_ids.filtered(lambda event: event.kind == "alert")
        return events.mapped("alert_id.offset")

    def reasons(self, clock):
        """Return who was told and how, in the ledger's order."""
        events = clock.event_ids.filtered(lambda event: event.kind == "alert")
        return events.mapped("reason")

    def serious(self, **values):
        """Return a serious ticket reported at NOW, and its respond clock."""
        with self.at(0):
            ticket = self.create_ticket(severity="serious", **values)
        return ticket, self.clocks(ticket)["respond"]

    def set_level(self, **values):
        """Change the one level of the respond policy and return it."""
        level = self.policies["respond"].alert_ids
        level.write(values)
        return level
