# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, timedelta

from odoo import Command

from .common import AftersalesCommon

#: Office hours with a lunch gap: in winter 8-12 and 13-17 UTC, in summer an hour less.
OFFICE = ((9, 13), (14, 18))
WORKDAYS = range(5)


def utc(day, hour=0, minute=0, second=0, month=3, year=2026):
    """Return a moment of March 2026, where most stories play (naive UTC)."""
    return datetime(year, month, day, hour, minute, second)


class SlaCommon(AftersalesCommon):
    """The company's own policies for serious faults, around the clock.

    The shipped ones are put away, so that they are no matter in these tests.
    """

    @classmethod
    def lay_ground(cls):
        cls.env["aftersales.sla.policy"].search([]).action_archive()
        cls.policies = {
            clock: cls.env["aftersales.sla.policy"].create(
                {
                    "name": f"Serious {clock}",
                    "clock": clock,
                    "target_hours": hours,
                    "around_the_clock": True,
                    "severity": "serious",
                    "company_id": cls.company.id,
                    "alert_ids": [Command.create({"amount": 1})],
                }
            )
            for clock, hours in (("respond", 8), ("arrive", 48), ("resolve", 72))
        }
        cls.stages = {}
        for stage in cls.env["aftersales.ticket.stage"].search([]):
            cls.stages.setdefault(stage.pause_reason or stage.state, stage)

    # === MAKING === #

    @classmethod
    def make_calendar(
        cls, name="Office", hours=OFFICE, days=WORKDAYS, tz="Europe/Berlin", **values
    ):
        """Make working hours.

        :param hours: pairs of opening and closing, local time, each day the same
        :param days: days of the week, 0 is Monday
        """
        return cls.env["resource.calendar"].create(
            {
                "name": name,
                "tz": tz,
                "company_id": cls.company.id,
                "attendance_ids": cls.attendances(hours, days),
                **values,
            }
        )

    @classmethod
    def attendances(cls, hours, days=WORKDAYS):
        """Return the commands that replace the attendances of a calendar."""
        return [Command.clear()] + [
            Command.create(
                {
                    "name": f"{day} {start}",
                    "dayofweek": str(day),
                    "hour_from": start,
                    "hour_to": end,
                    "day_period": "morning" if start < 12 else "afternoon",
                }
            )
            for day in days
            for start, end in hours
        ]

    @staticmethod
    def make_holiday(calendar, first, last=None, **values):
        """Close a calendar on whole days, for the company it comes with.

        :param datetime first: midnight of the first day, in UTC
        :param datetime last: the last second of the last day, in UTC; by default of
            the first day
        """
        holiday = calendar.env["resource.calendar.leaves"].create(
            {
                "name": "Closed",
                "calendar_id": calendar.id,
                "date_from": first,
                "date_to": last or first + timedelta(days=1, seconds=-1),
                **values,
            }
        )
        # Its company is computed from the environment: not from that of a later reader.
        holiday.flush_recordset()
        return holiday

    @classmethod
    def make_policy(cls, clock="resolve", hours=8, calendar=None, **values):
        """Make a policy for every ticket of the company."""
        return cls.env["aftersales.sla.policy"].create(
            {
                "name": f"{clock} in {hours} h",
                "clock": clock,
                "target_hours": hours,
                "resource_calendar_id": calendar.id if calendar else False,
                "company_id": cls.company.id,
                **values,
            }
        )

    def report(self, moment, **values):
        """Let the intake role enter a call at a moment.

        :param moment: as in `at`
        """
        with self.at(moment):
            return self.create_ticket(**values)

    def clock(self, ticket, kind="resolve"):
        """Return the latest clock of a kind, void or not."""
        clocks = ticket.sudo().clock_ids.filtered(lambda clock: clock.kind == kind)
        return clocks.sorted("id")[-1:]

    def move(self, ticket, stage, moment, role="technician", **values):
        """Drag a ticket to another column of the board.

        :param str stage: a state, or what a waiting stage waits for
        """
        with self.at(moment):
            self.as_role(role, ticket).write(
                {"stage_id": self.stages[stage].id, **values}
            )

    # === LOOKING === #

    def outcomes(self, ticket):
        """Return the outcome of the latest clock of each kind."""
        clocks = ticket.sudo().clock_ids.sorted("id")
        return {clock.kind: clock.outcome for clock in clocks}

    def ledger(self, clock):
        """Return the ledger in short: what happened, in order."""
        return clock.event_ids.sorted("sequence").mapped("kind")

    def columns(self, records):
        """Return all stored columns of rows, straight from the database."""
        self.env.flush_all()
        self.env.cr.execute(
            f"SELECT * FROM {records._table} WHERE id = ANY(%s) ORDER BY id",
            [records.ids],
        )
        return self.env.cr.dictfetchall()

    def assert_rebuilds(self, clocks):
        """Ledger and snapshot alone give what is stored."""
        self.env.invalidate_all()
        for clock in clocks:
            self.assertEqual(clock._rebuild(), {}, clock.kind)

    def run_replay(self):
        """Run the job that measures clocks anew, as the scheduler would.

        :return: True, or the action that shows an error
        """
        with self.enter_registry_test_mode():
            result = self.env.ref(
                "aftersales_service.ir_cron_sla_replay"
            ).method_direct_trigger()
        self.env.invalidate_all()
        return result
