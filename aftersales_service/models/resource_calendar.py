# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models
from odoo.exceptions import ValidationError

#: Fields of a calendar that say which hours are open.
HOUR_FIELDS = {
    "attendance_ids",
    "duration_based",
    "flexible_hours",
    "full_time_required_hours",
    "global_leave_ids",
    "hours_per_day",
    "leave_ids",
    "schedule_type",
    "two_weeks_calendar",
    "tz",
}


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def write(self, vals):
        res = super().write(vals)
        if HOUR_FIELDS & vals.keys():
            self.env.registry.clear_cache()
            self.env["aftersales.sla.calendar"]._calendars_changed(self)
        return res

    def unlink(self):
        # sudo: who deletes a calendar need not see the clocks that follow from it
        snapshots = self.env["aftersales.sla.calendar"].sudo()
        current = snapshots.search(
            [("resource_calendar_id", "in", self.ids), ("is_current", "=", True)]
        )
        res = super().unlink()
        # Policies, teams and companies fall back to other hours.
        self.env.registry.clear_cache()
        current._no_longer_hold()
        return res

    def _check_measures_promises(self):
        """Refuse calendars that can't say when an hour counts.

        :raise ValidationError: for flexible hours
        """
        for calendar in self.filtered("flexible_hours"):
            raise ValidationError(
                self.env._(
                    "%s has flexible hours: nobody can tell when a promise is due. "
                    "Take working hours with fixed times.",
                    calendar.display_name,
                )
            )
