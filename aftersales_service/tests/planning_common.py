# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from contextlib import contextmanager
from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError

from .common import AftersalesCommon

#: Monday 08:00 in Berlin, which is still in winter time.
MONDAY = datetime(2026, 3, 9, 7, 0)


class PlanningCommon(AftersalesCommon):
    """Technicians in Berlin with office hours, and a certificate for presses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.office = cls.env["resource.calendar"].create(
            {
                "name": "Office",
                "company_id": cls.company.id,
                "tz": "Europe/Berlin",
                "attendance_ids": [
                    Command.create(
                        {
                            "name": f"{day} {begin}",
                            "dayofweek": str(day),
                            "hour_from": begin,
                            "hour_to": end,
                            "day_period": period,
                        }
                    )
                    for day in range(5)
                    for begin, end, period in (
                        (8, 12, "morning"),
                        (13, 17, "afternoon"),
                    )
                ],
            }
        )
        people = cls.technician | cls.colleague
        people.write({"resource_calendar_id": cls.office.id, "tz": "Europe/Berlin"})
        cls.colleague.is_field_technician = True
        cls.team.resource_calendar_id = cls.office
        kind = cls.env["hr.skill.type"].create(
            {
                "name": "Certificates",
                "is_certification": True,
                "skill_ids": [Command.create({"name": "Presses"})],
                "skill_level_ids": [
                    Command.create({"name": "Has It", "level_progress": 100})
                ],
            }
        )
        cls.skill = kind.skill_ids
        cls.tickets = cls.env["aftersales.ticket"].create(
            [
                {
                    "name": name,
                    "partner_id": cls.contact.id,
                    "team_id": cls.team.id,
                    "product_name": "Press 200",
                }
                for name in ("Hose leaks", "Motor hums")
            ]
        )

    def setUp(self):
        super().setUp()
        # All of a test happens on the Monday a week before.
        freezer = freeze_time(self.NOW)
        freezer.start()
        self.addCleanup(freezer.stop)

    @contextmanager
    def refused(self, words, error=UserError):
        """Expect an error, whose request leaves nothing behind."""
        with self.assertRaisesRegex(error, words), self.env.cr.savepoint():
            yield

    def require(self, **values):
        """Require the certificate, of everybody unless told otherwise."""
        return self.as_role("quality", "aftersales.certificate").create(
            {"skill_id": self.skill.id, **values}
        )

    def certify(self, employee, start="2025-01-01", end=False):
        return self.env["hr.employee.skill"].create(
            {
                "employee_id": employee.id,
                "skill_type_id": self.skill.skill_type_id.id,
                "skill_id": self.skill.id,
                "skill_level_id": self.skill.skill_type_id.skill_level_ids.id,
                "valid_from": start,
                "valid_to": end,
            }
        )

    def draft(self, ticket=0, hours=0, length=2, technicians=None, **values):
        """Make a draft of a visit as the dispatcher, `hours` after MONDAY."""
        start = MONDAY + timedelta(hours=hours)
        ticket = self.tickets[ticket] if isinstance(ticket, int) else ticket
        prepared = ticket._prepare_dispatch()
        who = self.technician if technicians is None else technicians
        return self.as_role("dispatcher", "aftersales.dispatch").create(
            {
                **prepared,
                "technician_ids": [Command.set(who.ids)],
                "scheduled_start": start,
                "scheduled_end": start + timedelta(hours=length),
                **values,
            }
        )

    def plan(self, *args, **values):
        visit = self.draft(*args, **values)
        visit.action_plan()
        return visit

    def codes(self, visit):
        """Return what speaks against a visit, as (code, level)."""
        return [(p["code"], p["level"]) for p in visit._planning_problems()]
