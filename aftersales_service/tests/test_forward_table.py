# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who is given a ticket: cases with the expectation written beside each, one a line.

Ann works 9-13 and 14-18 in Berlin, Bob 6-14 in Berlin, Cid 9-17 in New York, all
from Monday to Friday. Dee is no employee: hers are the team's, Monday to Saturday
8-16 in Berlin. Berlin is an hour ahead of UTC until 29 March 2026, then two; New York
is five hours behind until 8 March, then four.

method  least: least loaded; turn: round robin; +team: the team only when nobody is
        there
when    day of March 2026 and time, in UTC. The 2nd is a Monday
off     who has that day off; H: public holiday of the company, all day in Berlin; X:
        one of another company; a: Ann from 10 to 11 UTC
load    open tickets of Ann, Bob, Cid and Dee
last    who was given one last, before him who came before him...; in turn, the last one
gets    who is given the ticket, ~ when nobody is present; - for the team only
"""

from datetime import datetime, timedelta

from odoo import Command
from odoo.tests import new_test_user, tagged

from .sla_common import OFFICE, SlaCommon, utc

TABLE = """
method     when     off  load last | gets
least      02:09:00 .    0000 .    | Ann
least      02:09:00 .    1000 .    | Bob
least      02:09:00 .    2100 .    | Dee
least      02:09:00 .    2202 .    | Ann
least      02:09:00 .    2202 A    | Bob
least      02:09:00 .    2202 BA   | Dee
least      02:09:00 .    1101 DAB  | Bob
least      02:09:00 .    1101 BDA  | Ann
least      02:09:00 .    3201 .    | Dee
least      02:09:00 A    0101 .    | Bob
least      02:09:00 AB   0003 .    | Dee
least      02:10:30 a    0101 .    | Bob
least      02:11:00 a    0101 .    | Ann
least      02:09:59 a    0101 .    | Ann
least      02:04:59 .    0000 .    | Bob~
least      02:05:00 .    0900 .    | Bob
least      02:06:59 .    0900 .    | Bob
least      02:07:00 .    0900 .    | Dee
least      02:07:59 .    0909 .    | Bob
least      02:08:00 .    0909 .    | Ann
least      02:12:00 .    0101 .    | Bob
least      02:12:30 .    0909 .    | Bob
least      02:13:00 .    1001 .    | Ann
least      02:13:30 .    5004 .    | Dee
least      02:14:00 .    5004 .    | Cid
least      02:14:59 .    5054 .    | Dee
least      02:15:00 .    5054 .    | Ann
least      02:17:00 .    0050 .    | Cid
least      02:21:59 .    0090 .    | Cid
least      02:22:00 .    0000 .    | Bob~
least      02:23:00 .    0900 .    | Bob~
least+team 02:23:00 .    0000 .    | -
least+team 02:09:00 .    1001 .    | Bob
least      02:09:00 H    1110 .    | Bob~
least+team 02:09:00 H    0000 .    | -
least      02:09:00 X    1101 .    | Ann
least      06:21:00 .    0090 .    | Cid
least      06:22:30 .    0000 .    | Dee~
least      07:09:00 .    0009 .    | Dee
least      07:15:00 .    0909 .    | Bob~
least      08:10:00 .    0900 .    | Bob~
least+team 08:10:00 .    0000 .    | -
least      09:12:59 .    9909 .    | Bob
least      09:13:00 .    9909 .    | Cid
least      09:13:30 .    2030 .    | Dee
least      09:20:59 .    0090 .    | Cid
least      09:21:00 .    0000 .    | Bob~
least      30:03:59 .    0900 .    | Bob~
least      30:04:00 .    0900 .    | Bob
least      30:07:00 .    1202 .    | Ann
least      30:06:30 .    0201 .    | Dee
turn       02:09:00 .    0000 .    | Ann
turn       02:09:00 .    9999 .    | Ann
turn       02:09:00 .    0000 A    | Bob
turn       02:09:00 .    0909 B    | Dee
turn       02:09:00 .    0000 C    | Dee
turn       02:09:00 .    0000 D    | Ann
turn       02:09:00 B    0000 A    | Dee
turn       02:09:00 A    0000 D    | Bob
turn       02:09:00 ABD  0000 D    | Cid~
turn+team  02:09:00 ABD  0000 D    | -
turn       02:14:30 .    0000 A    | Cid
turn       02:16:00 .    0000 A    | Cid
turn       02:16:00 .    0000 C    | Ann
turn       02:20:00 .    0000 C    | Cid
turn       02:23:00 .    0000 B    | Bob~
turn       02:23:00 .    0000 .    | Bob~
turn       08:10:00 .    0000 D    | Bob~
"""
NAMES = ("Ann", "Bob", "Cid", "Dee")


@tagged("post_install", "-at_install")
class TestForwardTable(SlaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["aftersales.forward.rule"].search([]).action_archive()
        cls.people = {
            name[0]: new_test_user(
                cls.env,
                login=f"as_{name}",
                name=name,
                email=f"{name.lower()}@maker.example.com",
                groups="base.group_user,"
                "aftersales_service.aftersales_service_group_technician",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            for name in NAMES
        }
        shifts = {
            "A": (OFFICE, "Europe/Berlin"),
            "B": (((6, 14),), "Europe/Berlin"),
            "C": (((9, 17),), "America/New_York"),
        }
        cls.employees = {
            key: cls.env["hr.employee"].create(
                {
                    "name": cls.people[key].name,
                    "user_id": cls.people[key].id,
                    "company_id": cls.company.id,
                    "resource_calendar_id": cls.make_calendar(
                        f"Shift {key}", hours, tz=zone
                    ).id,
                    "tz": zone,
                }
            )
            for key, (hours, zone) in shifts.items()
        }
        cls.shift_team = cls.env["aftersales.team"].create(
            {
                "name": "Shifts",
                "company_id": cls.company.id,
                "member_ids": [Command.set([user.id for user in cls.people.values()])],
                "resource_calendar_id": cls.make_calendar(
                    "Team", ((8, 16),), range(6)
                ).id,
            }
        )
        cls.rule = cls.env["aftersales.forward.rule"].create(
            {"name": "All to the shifts", "team_id": cls.shift_team.id}
        )
        cls.other_company = cls.env["res.company"].create({"name": "Other"})

    def take_off(self, off, moment):
        """Let people be away on the day of a moment."""
        midnight = datetime(moment.year, moment.month, moment.day) - timedelta(hours=1)
        Leave = self.env["resource.calendar.leaves"].with_company(self.company)
        Abroad = Leave.with_company(self.other_company)
        day = {"name": "Off", "date_from": midnight}
        day["date_to"] = midnight + timedelta(days=1, seconds=-1)
        for key in off.replace(".", ""):
            if key in "HX":
                # Its company is computed from the environment.
                holiday = (Leave if key == "H" else Abroad).create(day)
                self.assertEqual(holiday.company_id == self.company, key == "H")
            else:
                resource = self.employees.get(key.upper())
                if resource is None:
                    # Who has no employee has no days off but by a resource of his own.
                    resource = self.env["resource.resource"].create(
                        {
                            "name": "Dee",
                            "user_id": self.people[key].id,
                            "company_id": self.company.id,
                            "calendar_id": False,
                            "tz": "Europe/Berlin",
                        }
                    )
                else:
                    resource = resource.resource_id
                values = {**day, "resource_id": resource.id}
                if key == "a":
                    values["date_from"] = moment.replace(hour=10, minute=0)
                    values["date_to"] = moment.replace(hour=11, minute=0)
                values["calendar_id"] = resource.calendar_id.id
                Leave.create(values)

    def run_line(self, method, when, off, load, last):
        """Report at a moment, with what people have and had.

        :return: the new ticket
        """
        method, _sep, absent = method.partition("+")
        day, hour, minute = map(int, when.split(":"))
        moment = utc(day, hour, minute)
        self.rule.write(
            {
                "method": {"least": "least_loaded", "turn": "round_robin"}[method],
                "when_absent": absent or "next",
                "last_user_id": False,
            }
        )
        self.take_off(off, moment)
        # Nobody reads what those who have these would be told.
        dispatcher = self.as_role("dispatcher", "aftersales.ticket").with_context(
            tracking_disable=True, mail_auto_subscribe_no_notify=True
        )
        dispatcher.create(
            [
                {
                    "name": "Has it",
                    "partner_id": self.contact.id,
                    "product_name": "Press",
                    "team_id": self.shift_team.id,
                    "user_id": self.people[name[0]].id,
                }
                for name, count in zip(NAMES, load, strict=True)
                for _number in range(int(count))
            ]
        )
        last = last.replace(".", "")
        self.env["aftersales.forward.turn"].create(
            [
                {
                    "user_id": self.people[key].id,
                    "given_at": moment - timedelta(hours=number + 1),
                }
                for number, key in enumerate(last)
            ]
        )
        if last and method == "turn":
            self.rule.last_user_id = self.people[last[0]]
        return self.report(moment)

    def test_table(self):
        _header, *lines = TABLE.strip().splitlines()
        for line in lines:
            left, _bar, expected = line.partition("|")
            with self.subTest(line), self.cr.savepoint() as savepoint:
                ticket = self.run_line(*left.split()).sudo()
                self.assertEqual(ticket.team_id, self.shift_team)
                note = ticket.message_ids.filtered(lambda m: "by rule" in m.body)
                waits = "nobody is present" in note.body
                got = (ticket.user_id.name or "-") + "~" * bool(
                    ticket.user_id and waits
                )
                self.assertEqual(got, expected.strip())
                self.assertEqual(
                    ticket.activity_ids.user_id, ticket.user_id, "something to do"
                )
                self.assertEqual(ticket.state, "assigned" if ticket.user_id else "new")
                savepoint.rollback()
                self.env.registry.clear_cache()
