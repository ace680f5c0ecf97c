# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class ResourceCalendarLeaves(models.Model):
    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._tell_promises()
        return leaves

    def write(self, vals):
        calendars = self._closed_calendars()
        personal = self.filtered("resource_id")
        res = super().write(vals)
        # Rules look at what a record was before: the time off of one employee must not
        # become everybody's, which would move all promises.
        personal.filtered(lambda leave: not leave.resource_id).check_access("write")
        self._tell_promises(calendars)
        return res

    def unlink(self):
        calendars = self._closed_calendars()
        res = super().unlink()
        self.env["aftersales.sla.calendar"]._calendars_changed(calendars)
        return res

    def _closed_calendars(self):
        """Return the calendars that these holidays close.

        The time off of one person closes nothing. A holiday without a calendar closes
        all of them.
        """
        holidays = self.filtered(lambda leave: not leave.resource_id)
        if all(leave.calendar_id for leave in holidays):
            return holidays.calendar_id
        # sudo: who enters a holiday need not see the promises that follow from it
        snapshots = self.env["aftersales.sla.calendar"].sudo()
        return snapshots.search([("is_current", "=", True)]).resource_calendar_id

    def _tell_promises(self, before=None):
        """Let the open clocks know that other hours are open.

        :param before: `resource.calendar` records that were closed until now
        """
        calendars = self._closed_calendars()
        self.env["aftersales.sla.calendar"]._calendars_changed(
            calendars | before if before else calendars
        )
