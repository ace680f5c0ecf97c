# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Random stories of real people on real tickets: the ledger stays the truth."""

import random
from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .sla_common import OFFICE, SlaCommon, utc

SEEDS = (11, 12, 13)
STEPS = 60
TICKETS = 3
WORKERS = ("intake", "technician", "support", "dispatcher", "manager")


@tagged("post_install", "-at_install")
class TestSlaRandom(SlaCommon):
    """What is refused is refused in words, and whatever happened can be replayed."""

    def set_up_story(self):
        self.env["aftersales.sla.policy"].search([]).action_archive()
        self.calendar = self.make_calendar()
        self.team.resource_calendar_id = self.calendar
        self.other = self.env["aftersales.team"].create(
            {"name": "Other", "company_id": self.company.id}
        )
        levels = [
            Command.create({"amount": 2}),
            Command.create({"timing": "after", "amount": 50, "unit": "percent"}),
        ]
        self.story_policies = (
            self.make_policy("respond", 3, alert_ids=levels)
            | self.make_policy("resolve", 20, alert_ids=levels)
            | self.make_policy(
                "resolve",
                9,
                severity="serious",
                reopen_rule="anew",
                pauses_on_parts=True,
            )
            | self.make_policy("arrive", 12, around_the_clock=True, severity="serious")
            | self.make_policy("arrive", 30, ticket_type="training", from_report=False)
        )

    # === WHAT PEOPLE DO === #

    def do_wait(self, ticket, role):
        self.as_role(role, "aftersales.ticket.wait").create(
            {
                "ticket_id": ticket.id,
                "reason": self.dice.choice(("customer", "parts")),
            }
        ).action_wait()

    def do_go_on(self, ticket, role):
        self.as_role(role, ticket).action_go_on()

    def do_drag(self, ticket, role):
        stage = self.dice.choice(list(self.stages.values()))
        self.as_role(role, ticket).write({"stage_id": stage.id, "resolution": "Done"})

    def do_call(self, ticket, role):
        called = self.now - timedelta(minutes=self.dice.choice((0, 10, 300)))
        self.as_role(role, "aftersales.call.log").create(
            {"ticket_id": ticket.id, "called_at": called, "summary": "Said so"}
        ).action_log()

    def do_customer_answers(self, ticket, role):
        ticket.with_user(self.env.ref("base.user_root")).message_post(
            body="Here it is",
            author_id=self.contact.id,
            message_type="email",
            subtype_xmlid="mail.mt_comment",
        )

    def do_arrive(self, ticket, role):
        ticket._arrive(self.now - timedelta(minutes=self.dice.choice((0, 45))))

    def do_solve(self, ticket, role):
        self.as_role(role, ticket).write({"resolution": "New hose"})
        self.as_role(role, ticket).action_solve()

    def do_sign_later(self, ticket, role):
        ticket._solve(self.now - timedelta(minutes=self.dice.choice((5, 200))))

    def do_close(self, ticket, role):
        self.as_role(role, ticket).action_close()

    def do_reopen(self, ticket, role):
        self.as_role(role, ticket).action_reopen()

    def do_cancel(self, ticket, role):
        self.as_role(role, ticket)._cancel(self.dice.choice((False, "withdrawn")))

    def do_classify(self, ticket, role):
        field, values = self.dice.choice(
            (
                ("severity", ("minor", "serious")),
                ("ticket_type", ("repair", "training")),
                ("team_id", (self.team.id, self.other.id)),
            )
        )
        self.as_role(role, ticket).write(
            {field: self.dice.choice(values), "severity_reason": "Looked at"}
        )

    def do_classify_all(self, ticket, role):
        self.as_role(role, self.tickets).write(
            {"severity": self.dice.choice(("minor", "serious")), "severity_reason": "x"}
        )

    def do_edit_policy(self, ticket, role):
        policy = self.dice.choice(list(self.story_policies))
        self.as_role("manager", policy).write(
            self.dice.choice(
                (
                    {"target_hours": self.dice.choice((0.5, 4, 16, 400))},
                    {"pauses_on_parts": self.dice.random() < 0.5},
                    {"around_the_clock": self.dice.random() < 0.5},
                    {"active": self.dice.random() < 0.6},
                )
            )
        )

    def do_edit_calendar(self, ticket, role):
        hours = self.dice.choice((OFFICE, ((7, 12), (15, 20)), ((0, 24),)))
        self.calendar.write({"attendance_ids": self.attendances(hours)})

    def do_holiday(self, ticket, role):
        day = self.now.replace(hour=0, minute=0, second=0)
        self.make_holiday(self.calendar, day + timedelta(self.dice.randint(-2, 3)))

    def do_no_holiday(self, ticket, role):
        self.calendar.leave_ids[:1].unlink()

    def do_correct(self, ticket, role):
        clock = self.dice.choice(ticket.sudo().clock_ids or [False])
        if clock:
            by = self.as_role(self.dice.choice(("manager", role)), clock)
            if self.dice.random() < 0.3:
                by._correct("Agreed", deadline=self.now + timedelta(hours=7))
            else:
                by._correct("Ours", minutes=self.dice.choice((-90, 30, 600)))

    def do_alert(self, ticket, role):
        due = self.env["aftersales.sla.clock"].search(
            [("outcome", "=", "open"), ("next_alert_at", "<=", self.now)]
        )
        due.filtered(lambda clock: clock.ticket_id in self.tickets)._send_due_alerts(
            self.now
        )

    # === WHAT HOLDS WHATEVER THEY DO === #

    def check_invariants(self, story):
        self.env.flush_all()
        self.env.invalidate_all()
        for ticket in self.tickets.sudo():
            clocks = ticket.clock_ids
            said = (*story[-12:], ticket.reference)
            opened = clocks.filtered(lambda clock: clock.outcome == "open")
            deadlines = [clock.deadline for clock in opened if clock.deadline]
            self.assertEqual(ticket.next_deadline, min(deadlines, default=False), said)
            self.assertEqual(
                ticket.has_missed, "missed" in clocks.mapped("outcome"), said
            )
            self.assertEqual(
                bool(ticket.waiting_since), ticket.state == "waiting", said
            )
            for clock in clocks:
                self.check_clock(clock, (*said, clock.kind, clock.id))

    def check_clock(self, clock, said):
        ticket = clock.ticket_id
        self.assertEqual(clock._rebuild(), {}, said)
        outcome = {"stopped": ("met", "missed"), "void": ("void",)}
        self.assertIn(clock.outcome, outcome.get(clock.state, ("open",)), said)
        self.assertEqual(bool(clock.running_since), clock.state == "running", said)
        self.assertEqual(bool(clock.stopped_at), clock.outcome != "open", said)
        if clock.outcome in ("met", "missed") and not clock.is_agreed:
            kept = clock.used_minutes <= clock.target_minutes + 1e-6
            self.assertEqual(clock.outcome == "met", kept, said)
        if clock.outcome != "open":
            self.assertFalse(clock.next_alert_at, said)
            return
        self.assertFalse(clock.is_stale, said)
        # An open promise is open on its ticket, and rests only while that waits.
        rests = ticket.pause_reason in (clock.rests_for or "").split(",")
        self.assertEqual(clock.state, "paused" if rests else "running", said)
        self.assertNotEqual(ticket.state, "cancelled", said)
        if clock.kind != "respond":
            self.assertNotIn(ticket.state, ("solved", "closed"), said)
        if clock.kind == "respond":
            self.assertFalse(ticket.responded_at, said)
        since = clock.running_since
        late_before = since and clock.deadline and clock.deadline <= since
        if clock.state == "running" and not clock.is_agreed and not late_before:
            # used + remaining = target: the deadline is when nothing remains
            self.assertFalse(clock._is_broken(clock.deadline), said)
            later = clock.deadline + timedelta(days=9)
            self.assertTrue(clock._is_broken(later), said)

    def test_random_stories(self):
        """Hundreds of steps: errors only in words, and every ledger replays."""
        self.set_up_story()
        steps = sorted(name for name in dir(self) if name.startswith("do_"))
        done = dict.fromkeys(steps, 0)
        for seed in SEEDS:
            self.dice = random.Random(seed)
            self.now = utc(2, 8)
            self.tickets = self.env["aftersales.ticket"]
            story = [seed]
            for number in range(STEPS):
                self.now += timedelta(minutes=self.dice.choice((0, 1, 37, 180, 1500)))
                step = self.dice.choice(steps)
                role = self.dice.choice(WORKERS)
                with self.at(self.now):
                    if number < TICKETS:
                        self.tickets |= self.create_ticket(
                            severity=self.dice.choice(("minor", "serious"))
                        ).with_env(self.env)
                        continue
                    ticket = self.dice.choice(list(self.tickets))
                    story.append((str(self.now), step, role, ticket.reference))
                    try:
                        with self.env.cr.savepoint():
                            getattr(self, step)(ticket, role)
                            self.env.flush_all()
                        done[step] += 1
                    except (AccessError, UserError) as error:  # ValidationError too
                        story.append(str(error)[:60])
                        # What a failed request remembered is forgotten with it.
                        self.env.invalidate_all()
                        self.env.registry.clear_cache()
                    self.check_invariants(story)
        # No step is always refused: the stories would tell nothing of it.
        self.assertFalse([step for step, times in done.items() if not times])
