# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class ResourceCalendarAttendance(models.Model):
    _inherit = "resource.calendar.attendance"

    @api.model_create_multi
    def create(self, vals_list):
        attendances = super().create(vals_list)
        self.env["aftersales.sla.calendar"]._calendars_changed(attendances.calendar_id)
        return attendances

    def write(self, vals):
        before = self.calendar_id
        res = super().write(vals)
        self.env["aftersales.sla.calendar"]._calendars_changed(
            before | self.calendar_id
        )
        return res

    def unlink(self):
        calendars = self.calendar_id
        res = super().unlink()
        self.env["aftersales.sla.calendar"]._calendars_changed(calendars.exists())
        return res
