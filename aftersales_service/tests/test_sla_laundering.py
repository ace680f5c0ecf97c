# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Case 23: ways to make a late promise look kept, each of them closed."""

import contextlib

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .sla_common import utc
from .test_sla_routes import SlaRoutesCommon


@tagged("post_install", "-at_install")
class TestSlaLaundering(SlaRoutesCommon):
    """Case 23: after the deadline no classification makes a promise kept."""

    def assert_broken(self, ticket, kind="resolve"):
        """The promise is missed, or still open and late."""
        self.env.invalidate_all()
        clock = self.clock(ticket, kind)
        self.assertTrue(clock.is_late, f"{clock.outcome} {clock.deadline}")
        self.assertTrue(ticket.has_missed or ticket.is_overdue)

    def assert_refused(self, ticket, role="technician", **values):
        """Who is no dispatcher can't classify a late promise away."""
        # What comes before the refusal is undone, as the request would be.
        with self.assertRaisesRegex(AccessError, "late already"), self.cr.savepoint():
            self.as_role(role, ticket).write(values)
            self.env.flush_all()
        self.assert_broken(ticket)

    def test_type_without_a_promise(self):
        self.make_policy("resolve", 8, ticket_type="repair", around_the_clock=True)
        ticket = self.report(0)
        with self.at(50):
            self.as_role("technician", ticket).ticket_type = "inquiry"
            self.assert_broken(ticket)
            self.assertEqual(self.clock(ticket).outcome, "missed")
            # and back again: no second chance
            self.as_role("technician", ticket).ticket_type = "repair"
            self.assert_broken(ticket)
            self.assertEqual(len(ticket.sudo().clock_ids), 1)

    def test_type_with_a_longer_promise(self):
        """Reclassified when it is late already: late it stays."""
        self.make_policy("resolve", 8, ticket_type="repair", around_the_clock=True)
        self.make_policy("resolve", 100, ticket_type="inquiry", around_the_clock=True)
        ticket = self.report(0)
        with self.at(50):
            for role in ("technician", "support", "intake"):
                self.assert_refused(ticket, role, ticket_type="inquiry")
        with self.at(60):
            ticket._solve()
        self.assertEqual(self.clock(ticket).outcome, "missed")

    def test_dispatcher_may_put_a_wrong_type_right(self):
        """Somebody has to: it stays in the ledger, with his name."""
        self.make_policy("resolve", 8, ticket_type="repair", around_the_clock=True)
        self.make_policy("resolve", 100, ticket_type="inquiry", around_the_clock=True)
        ticket = self.report(0)
        with self.at(50):
            self.as_role("dispatcher", ticket).ticket_type = "inquiry"
        clock = self.clock(ticket)
        self.assertEqual((clock.outcome, clock.deadline), ("open", utc(6, 13)))
        row = clock.event_ids[-1]
        self.assertEqual(
            (row.kind, row.user_id, row.at),
            ("retarget", self.users["dispatcher"], utc(4, 11)),
        )

    def test_type_in_time_is_nobodys_secret(self):
        """What is not late yet may be classified by whoever serves it."""
        self.make_policy("resolve", 8, ticket_type="repair", around_the_clock=True)
        self.make_policy("resolve", 100, ticket_type="inquiry", around_the_clock=True)
        ticket = self.report(0)
        with self.at(7):
            self.as_role("technician", ticket).ticket_type = "inquiry"
        self.assertEqual(self.clock(ticket).deadline, utc(6, 13))

    def test_type_changed_while_it_is_solved(self):
        """Solved late, reclassified, reopened, solved again: it was late."""
        self.make_policy("resolve", 8, ticket_type="repair", around_the_clock=True)
        self.make_policy("resolve", 100, ticket_type="inquiry", around_the_clock=True)
        ticket = self.report(0, resolution="Restarted")
        technician = self.as_role("technician", ticket)
        with self.at(50):
            technician.action_solve()
        self.assertEqual(self.clock(ticket).outcome, "missed")
        with self.at(51):
            technician.ticket_type = "inquiry"
            self.assert_broken(ticket)
        with self.at(52):
            with contextlib.suppress(AccessError), self.cr.savepoint():
                technician.action_reopen()  # late again, or refused
            self.assert_broken(ticket)

    def test_severity_raised_to_a_longer_promise(self):
        """Serious to safety is no way out where safety has more time."""
        self.make_policy("resolve", 500, severity="safety", around_the_clock=True)
        with self.at(80):
            self.assert_refused(self.ticket, severity="safety")

    def test_team_with_a_longer_promise(self):
        slow = self.env["aftersales.team"].create(
            {"name": "Slow", "company_id": self.company.id}
        )
        self.make_policy("resolve", 8, team_id=self.team.id, around_the_clock=True)
        self.make_policy("resolve", 100, team_id=slow.id, around_the_clock=True)
        ticket = self.report(0)
        with self.at(50):
            self.assert_refused(ticket, team_id=slow.id)

    def test_team_with_other_hours(self):
        """A team that is closed at night does not heal what was late."""
        self.make_policy("resolve", 8)
        self.team.resource_calendar_id = self.make_calendar("A", ((0, 24),), range(7))
        other = self.env["aftersales.team"].create(
            {
                "name": "B",
                "company_id": self.company.id,
                "resource_calendar_id": self.make_calendar("B", ((9, 10),)).id,
            }
        )
        ticket = self.report(0)
        with self.at(9):
            self.assert_refused(ticket, team_id=other.id)

    def test_cancelled_and_reopened(self):
        """A late ticket that is cancelled and opened again is late again."""
        for rule in ("continue", "anew"):
            with self.subTest(rule=rule):
                self.policies["resolve"].reopen_rule = rule
                ticket = self.report(0, severity="serious")
                intake = self.as_role("intake", ticket)
                with self.at(80):
                    intake.action_cancel()
                with self.at(81):
                    intake.action_reopen()
                    self.assert_broken(ticket)

    def test_waiting_after_the_deadline(self):
        with self.at(9):
            self.as_role("technician", self.ticket)._await("customer", "Later")
            self.assert_broken(self.ticket, "respond")

    def test_holiday_of_an_employee_that_becomes_everybodys(self):
        """An agent may enter time off of his own, and none for all."""
        self.technician.resource_calendar_id = self.arrive.calendar_id
        Leave = self.as_role("technician", "resource.calendar.leaves")
        mine = Leave.create(
            {
                "name": "Mine",
                "resource_id": self.technician.resource_id.id,
                "calendar_id": self.arrive.calendar_id.id,
                "date_from": utc(2, 23),
                "date_to": utc(3, 22, 59, 59),
            }
        )
        self.assert_untouched()
        for values in (
            {"resource_id": False},
            {"resource_id": False, "calendar_id": False},
        ):
            with self.assertRaises(AccessError):
                mine.write(values)
                self.env.flush_all()
        with self.assertRaises(AccessError):
            Leave.create({"date_from": utc(2, 23), "date_to": utc(3, 22)})
        self.assert_untouched()
