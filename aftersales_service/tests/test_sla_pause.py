# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Waiting: when a clock rests, for how long, and what the ledger says about it."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .sla_common import SlaCommon, utc


@tagged("post_install", "-at_install")
class TestSlaPauseHours(SlaCommon):
    """Cases 1 and 2: of a pause only the open time counts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.office = cls.make_calendar()  # 8-12 and 13-17 UTC
        cls.policy = cls.make_policy("resolve", 16, cls.office)

    def test_pause_before_closing_over_a_holiday(self):
        """Case 1: from Thursday 17:50 to Monday 10:10, Friday is a holiday."""
        self.make_holiday(self.office, utc(5, 23))  # Friday 6 March, local day
        ticket = self.report(utc(5, 8))
        self.move(ticket, "customer", utc(5, 16, 50))
        self.move(ticket, "in_progress", utc(9, 9, 10))
        clock = self.clock(ticket)
        # Thursday 9-13 and 14-17:50 local
        self.assertEqual(clock.used_minutes, 470)
        # ten minutes on Thursday and 70 on Monday
        self.assertEqual(clock.paused_minutes, 80)
        # 8:10 are left: 10:10-13 and 14-18 on Monday are 6:50, so Tuesday 10:20 local
        self.assertEqual(clock.deadline, utc(10, 9, 20))
        with self.at(utc(10, 9, 20)):
            ticket._solve()
        self.assertEqual((clock.outcome, clock.used_minutes), ("met", 960))

    def test_pause_inside_resume_outside_hours(self):
        """Case 2: from 17:00 to 20:00 local, open until 18:00: one hour."""
        ticket = self.report(utc(2, 8))
        self.move(ticket, "customer", utc(2, 16))
        self.move(ticket, "in_progress", utc(2, 19))
        clock = self.clock(ticket)
        self.assertEqual((clock.used_minutes, clock.paused_minutes), (420, 60))
        # 16 hours would end on Tuesday 18:00 local; one more on Wednesday
        self.assertEqual(clock.deadline, utc(4, 9))

    def test_pause_outside_resume_inside_hours(self):
        """Case 2: from 20:00 to 10:00 local, open from 9:00: one hour."""
        ticket = self.report(utc(2, 8))
        self.move(ticket, "customer", utc(2, 19))
        self.move(ticket, "in_progress", utc(3, 9))
        clock = self.clock(ticket)
        self.assertEqual((clock.used_minutes, clock.paused_minutes), (480, 60))
        self.assertEqual(clock.deadline, utc(4, 9))

    def test_pause_outside_hours_costs_nothing(self):
        """Case 2: at night, at lunch and over the weekend nothing is won."""
        ticket = self.report(utc(6, 8))  # Friday
        for begin, end in (
            (utc(6, 12), utc(6, 13)),  # from the closing second to the opening
            (utc(6, 18), utc(9, 6)),  # the weekend
        ):
            self.move(ticket, "customer", begin)
            self.move(ticket, "in_progress", end)
        clock = self.clock(ticket)
        self.assertEqual((clock.used_minutes, clock.paused_minutes), (480, 0))
        self.assertEqual(clock.deadline, utc(9, 17))

    def test_solved_in_one_write_while_paused_after_the_old_deadline(self):
        """Case 3: the pause is deducted, the clock is met and runs no more."""
        ticket = self.report(utc(2, 8))  # due on Tuesday 17:00 UTC
        clock = self.clock(ticket)
        self.assertEqual(clock.deadline, utc(3, 17))
        self.move(ticket, "customer", utc(2, 10))
        self.assertFalse(clock.deadline)
        self.assertFalse(ticket.next_deadline)
        with self.at(utc(5, 9)):
            self.env.invalidate_all()
            self.assertFalse(ticket.is_overdue, "it is the customer's turn")
        self.move(ticket, "solved", utc(5, 9), resolution="Valve opened")
        self.assertEqual((clock.outcome, clock.state), ("met", "stopped"))
        self.assertEqual(clock.used_minutes, 120)
        # Monday 2 + 4, Tuesday 8, Wednesday 8, Thursday 1 hour
        self.assertEqual(clock.paused_minutes, 23 * 60)
        self.assertEqual(clock.stopped_at, utc(5, 9))
        self.assertFalse(clock.running_since or clock.pause_reason)
        self.assertFalse(ticket.waiting_since or ticket.pause_reason)
        before = self.columns(clock)
        self.move(ticket, "closed", utc(10, 9), role="dispatcher")
        self.assertEqual(self.columns(clock), before)
        self.assert_rebuilds(clock)

    def test_cancelled_while_paused(self):
        """Case 3: a cancelled ticket waits for nobody."""
        ticket = self.report(utc(2, 8))
        self.move(ticket, "customer", utc(2, 10))
        self.move(ticket, "cancelled", utc(2, 11), role="dispatcher")
        clock = self.clock(ticket)
        self.assertEqual((clock.outcome, clock.state), ("void", "void"))
        self.assertFalse(ticket.waiting_since or ticket.pause_reason)


@tagged("post_install", "-at_install")
class TestSlaPauseReason(SlaCommon):
    """Which reason stops which clock is the policy's choice."""

    def test_reasons_stop_what_the_policy_says(self):
        """By default the customer stops arrive and resolve, parts stop nothing."""
        ticket = self.report(0, severity="serious")
        clocks = self.clocks(ticket)
        self.move(ticket, "customer", self.NOW.replace(hour=10))
        self.assertEqual(clocks["respond"].state, "running")
        self.assertEqual(clocks["arrive"].state, "paused")
        self.assertEqual(clocks["resolve"].state, "paused")
        self.assertEqual(clocks["resolve"].pause_reason, "customer")
        self.assertEqual(ticket.next_deadline, self.NOW.replace(hour=17))
        self.move(ticket, "parts", self.NOW.replace(hour=12))
        self.assertEqual(set(self.clocks(ticket)), set(clocks))
        for clock in clocks.values():
            self.assertEqual(clock.state, "running", "parts are our own business")
        self.assertEqual(clocks["resolve"].paused_minutes, 120)

    def test_policy_that_rests_for_parts(self):
        self.policies["resolve"].write(
            {"pauses_on_parts": True, "pauses_on_customer": False}
        )
        ticket = self.report(0, severity="serious")
        clock = self.clock(ticket)
        self.move(ticket, "customer", utc(2, 10))
        self.assertEqual(clock.state, "running")
        self.move(ticket, "parts", utc(2, 11))
        self.assertEqual((clock.state, clock.pause_reason), ("paused", "parts"))
        self.move(ticket, "customer", utc(2, 15))
        self.assertEqual(clock.state, "running")
        self.assertEqual((clock.used_minutes, clock.paused_minutes), (120, 240))

    def test_each_pause_is_a_row_with_reason_and_author(self):
        ticket = self.report(0, severity="serious")
        with self.at(1):
            self.as_role("technician", ticket)._await("customer", "Photo of the plate")
        with self.at(3):
            self.as_role("support", ticket)._await("parts", "Hose 3/8")
        self.move(ticket, "in_progress", utc(2, 13), role="dispatcher")
        for kind in ("respond", "arrive", "resolve"):
            rows = self.clock(ticket, kind).event_ids.sorted("sequence")
            self.assertEqual(
                [
                    (row.kind, row.pause_reason, row.reason, row.user_id.login, row.at)
                    for row in rows[1:]
                ],
                [
                    (
                        "pause",
                        "customer",
                        "Photo of the plate",
                        "as_technician",
                        utc(2, 10),
                    ),
                    ("resume", False, False, "as_support", utc(2, 12)),
                    ("pause", "parts", "Hose 3/8", "as_support", utc(2, 12)),
                    ("resume", False, False, "as_dispatcher", utc(2, 13)),
                ],
                kind,
            )
        self.assertFalse(ticket.waiting_since)

    def test_waiting_again_for_the_same_changes_nothing(self):
        ticket = self.report(0, severity="serious")
        self.move(ticket, "customer", utc(2, 10))
        ledger = self.ledger(self.clock(ticket))
        self.move(ticket, "customer", utc(2, 11))
        with self.at(4):
            ticket._wait("customer")
        self.assertEqual(self.ledger(self.clock(ticket)), ledger)
        self.assertEqual(ticket.waiting_since, utc(2, 10))

    def test_waiting_asks_for_a_reason(self):
        plain = self.env["aftersales.ticket.stage"].create(
            {"name": "On Hold", "state": "waiting"}
        )
        ticket = self.report(0, severity="serious")
        technician = self.as_role("technician", ticket)
        with self.assertRaisesRegex(UserError, "what the ticket waits for"):
            technician.stage_id = plain
        self.assertEqual(self.clock(ticket).state, "running")
        with self.at(1):
            technician.write({"stage_id": plain.id, "pause_reason": "customer"})
        self.assertEqual(ticket.state, "waiting")
        self.assertEqual(self.clock(ticket).pause_reason, "customer")
        with self.assertRaises(UserError):
            self.as_role("intake", self.report(0)).pause_reason = "customer"

    def test_created_in_a_waiting_column(self):
        ticket = self.report(0, severity="serious", stage_id=self.stages["customer"].id)
        clock = self.clock(ticket)
        self.assertEqual((clock.state, clock.used_minutes), ("paused", 0))
        self.assertFalse(clock.deadline)
        self.assertEqual(self.clock(ticket, "respond").deadline, utc(2, 17))

    def test_late_clock_stays_late_while_it_waits(self):
        """Waiting hides no broken promise."""
        ticket = self.report(0, severity="serious")
        with self.at(1):
            ticket._arrive()
        self.move(ticket, "customer", utc(6, 9))  # due on the 5th, 24 hours late
        clock = self.clock(ticket)
        self.assertEqual((clock.state, clock.deadline), ("paused", utc(5, 9)))
        with self.at(utc(7, 9)):
            self.env.invalidate_all()
            self.assertTrue(ticket.is_overdue)

    def test_clock_attached_while_waiting_knows_the_wait(self):
        """A serious fault found out while the ticket waits does not run meanwhile."""
        self.make_policy("respond", 100, around_the_clock=True)
        ticket = self.report(0)
        self.move(ticket, "customer", utc(2, 11))
        with self.at(5):
            self.as_role("technician", ticket).severity = "serious"
        clock = self.clock(ticket)
        # from the report at 9:00 to the wait at 11:00
        self.assertEqual((clock.state, clock.used_minutes), ("paused", 120))
        self.move(ticket, "in_progress", utc(2, 19))
        self.assertEqual(clock.paused_minutes, 8 * 60)
        self.assertEqual(clock.deadline, utc(5, 17))

    def test_a_wait_that_was_over_counts_as_well(self):
        """From the report on means with the pauses there were since."""
        self.make_policy("respond", 100, around_the_clock=True)
        ticket = self.report(0)
        self.move(ticket, "customer", utc(2, 11))
        self.move(ticket, "in_progress", utc(2, 15))
        with self.at(7):
            self.as_role("technician", ticket).severity = "serious"
        clock = self.clock(ticket)
        self.assertEqual((clock.used_minutes, clock.paused_minutes), (120, 240))
        self.assertEqual(clock.deadline, utc(5, 13))

    def test_board_cannot_write_the_wait(self):
        """When it began to wait follows from the stage, nobody says so."""
        ticket = self.report(0, severity="serious")
        for values in (
            {"waiting_since": "2026-03-01 00:00:00"},
            {"waiting_since": "2026-03-01 00:00:00", "pause_reason": "customer"},
            {
                "waiting_since": "2026-03-01 00:00:00",
                "stage_id": self.stages["customer"].id,
            },
        ):
            with self.assertRaises(AccessError):
                self.as_role("technician", ticket).write(values)
        self.assertEqual(self.clock(ticket).state, "running")


@tagged("post_install", "-at_install")
class TestSlaChangedWhilePaused(SlaCommon):
    """Case 5: severity, policy or team changed while the clocks rest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.office = cls.make_calendar()
        cls.normal = cls.make_policy("resolve", 16, cls.office, severity="normal")

    def test_severity_changed_while_paused(self):
        """Case 5: the used time is measured with the new policy's hours."""
        ticket = self.report(utc(2, 8))
        self.move(ticket, "customer", utc(2, 14))
        clock = self.clock(ticket)
        self.assertEqual(clock.used_minutes, 300)  # 8-12 and 13-14 UTC
        with self.at(utc(2, 15)):
            self.as_role("technician", ticket).severity = "serious"
        self.assertEqual(self.clock(ticket), clock, "the same clock goes on")
        self.assertEqual(clock.policy_id, self.policies["resolve"])
        # around the clock now: 8-14 UTC are six hours used
        self.assertEqual((clock.state, clock.used_minutes), ("paused", 360))
        self.move(ticket, "in_progress", utc(3, 8))
        self.assertEqual(clock.paused_minutes, 18 * 60)
        # 66 of 72 hours are left
        self.assertEqual(clock.deadline, utc(6, 2))
        self.assertEqual(self.ledger(clock), ["start", "pause", "retarget", "resume"])
        self.assertEqual(clock.event_ids[2].user_id, self.users["technician"])

    def test_policy_swapped_while_paused_for_one_that_does_not_rest(self):
        """Case 5: the wait stays in the ledger, and the new policy ignores it."""
        hasty = self.make_policy(
            "resolve",
            10,
            around_the_clock=True,
            severity="safety",
            pauses_on_customer=False,
        )
        ticket = self.report(utc(2, 8))
        self.move(ticket, "customer", utc(2, 9))
        with self.at(utc(2, 12)):
            self.as_role("technician", ticket).severity = "safety"
        clock = self.clock(ticket)
        self.assertEqual((clock.policy_id, clock.state), (hasty, "running"))
        self.assertEqual((clock.paused_minutes, clock.deadline), (0, utc(2, 18)))
        with self.at(utc(2, 13)):
            self.as_role("dispatcher", ticket).write(
                {"severity": "normal", "severity_reason": "Nobody is in danger"}
            )
        # and back again: an hour was used before the wait, as if nothing had been
        self.assertEqual((clock.state, clock.used_minutes), ("paused", 60))
        self.assertFalse(clock.deadline)
        self.move(ticket, "in_progress", utc(2, 15))
        self.assertEqual(clock.paused_minutes, 5 * 60)  # 9-12 and 13-15
        self.assert_rebuilds(clock)

    def test_team_changed_while_paused(self):
        """Case 5: the clocks of the old team do not stay behind."""
        other = self.env["aftersales.team"].create(
            {"name": "Team South", "company_id": self.company.id}
        )
        self.make_policy("arrive", 20, self.office, team_id=self.team.id)
        south = self.make_policy(
            "resolve", 24, self.office, team_id=other.id, sequence=1
        )
        ticket = self.report(utc(2, 8))
        self.assertEqual(self.outcomes(ticket), {"resolve": "open", "arrive": "open"})
        self.move(ticket, "customer", utc(2, 14))
        with self.at(utc(2, 16)):
            self.as_role("dispatcher", ticket).team_id = other
        clock = self.clock(ticket)
        self.assertEqual(clock.policy_id, south)
        self.assertEqual(self.outcomes(ticket), {"resolve": "open", "arrive": "void"})
        void = self.clock(ticket, "arrive")
        self.assertEqual(void.outcome_reason, "Reclassified")
        self.assertEqual(clock.team_id, other)
        self.assertEqual((clock.state, clock.used_minutes), ("paused", 300))
        self.move(ticket, "in_progress", utc(3, 9))
        # 14-17 on Monday and 8-9 on Tuesday
        self.assertEqual(clock.paused_minutes, 240)
        self.assertEqual(len(ticket.sudo().clock_ids), 2)

    def test_team_with_other_hours_while_paused(self):
        """Case 5: the hours of the new team count, for the whole ledger."""
        other = self.env["aftersales.team"].create(
            {
                "name": "Night Shift",
                "company_id": self.company.id,
                "resource_calendar_id": self.make_calendar(
                    "Night", ((0, 6),), range(7)
                ).id,
            }
        )
        self.normal.resource_calendar_id = False
        self.team.resource_calendar_id = self.office
        ticket = self.report(utc(2, 8))
        self.move(ticket, "customer", utc(2, 14))
        with self.at(utc(2, 16)):
            self.as_role("dispatcher", ticket).team_id = other
        clock = self.clock(ticket)
        self.assertEqual(clock.calendar_id, other.resource_calendar_id)
        self.assertEqual((clock.state, clock.used_minutes), ("paused", 0))
        self.move(ticket, "in_progress", utc(3, 2))
        # nights are 23-5 UTC: three hours of the pause were open
        self.assertEqual(clock.paused_minutes, 180)
        # three hours to 5:00, six and six more nights, one hour: 23-24 on the 5th
        self.assertEqual(clock.deadline, utc(6))
