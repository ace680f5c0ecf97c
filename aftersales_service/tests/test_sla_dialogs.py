# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The promises as people meet them: through dialogs, buttons and filters."""

from ast import literal_eval
from datetime import timedelta

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import ROLES
from .sla_common import SlaCommon

#: Who may use which dialog.
ALLOWED = {
    "aftersales.ticket.wait": {
        "intake",
        "technician",
        "support",
        "dispatcher",
        "manager",
    },
    "aftersales.ticket.cancel": {"intake", "dispatcher", "manager"},
    "aftersales.clock.correct": {"manager"},
}


class DialogCase(SlaCommon):
    @classmethod
    def lay_ground(cls):
        cls.policies["resolve"].pauses_on_parts = True

    def setUp(self):
        super().setUp()
        with self.at(0):
            self.ticket = self.create_ticket(severity="serious")

    def dialog(self, role, model, record, **values):
        """Open a dialog on a record as a role and fill it in.

        :return: the saved dialog
        """
        name = "clock_id" if model == "aftersales.clock.correct" else "ticket_id"
        Model = self.as_role(role, model).with_context(**{f"default_{name}": record.id})
        with Form(Model) as form:
            for field, value in values.items():
                setattr(form, field, value)
        return form.record

    def let_wait(self, reason="customer", note=False, role="technician"):
        wizard = self.dialog(
            role, "aftersales.ticket.wait", self.ticket, reason=reason, note=note
        )
        wizard.action_wait()

    def cancel(self, reason, original=None, role="dispatcher"):
        values = {"original_id": original} if original else {}
        self.dialog(
            role, "aftersales.ticket.cancel", self.ticket, reason=reason, **values
        ).action_cancel_ticket()

    def last_event(self, kind):
        return self.clocks(self.ticket)[kind].event_ids.sorted("sequence")[-1]


@tagged("post_install", "-at_install")
class TestDialogAccess(DialogCase):
    def test_each_role_has_its_dialogs(self):
        for model, roles in ALLOWED.items():
            for role in ROLES:
                Model = self.as_role(role, model)
                self.assertEqual(
                    Model.has_access("create"), role in roles, f"{role} {model}"
                )

    def test_portal_has_none(self):
        portal = new_test_user(self.env, "mill_portal", groups="base.group_portal")
        for model in ALLOWED:
            with self.assertRaises(AccessError):
                self.env[model].with_user(portal).create({})

    def test_a_dialog_is_its_users(self):
        wizard = self.dialog("technician", "aftersales.ticket.wait", self.ticket)
        with self.assertRaises(AccessError):
            self.as_role("dispatcher", wizard).action_wait()

    def test_quality_and_finance_can_neither_wait_nor_go_on(self):
        self.let_wait()
        for role in ("quality", "finance"):
            with self.assertRaises(AccessError):
                self.as_role(role, self.ticket).action_go_on()
        self.assertEqual(self.ticket.state, "waiting")

    def test_nobody_writes_what_the_dialogs_write(self):
        other = self.create_ticket()
        for role in ("technician", "dispatcher", "manager"):
            ticket = self.as_role(role, self.ticket)
            for vals in (
                {"cancel_reason": "duplicate"},
                {"original_id": other.id},
                {"waiting_since": self.NOW},
                {"has_missed": False},
                {"next_deadline": self.NOW},
            ):
                with self.assertRaises(AccessError, msg=f"{role} {vals}"):
                    ticket.write(vals)
        for role in ROLES:
            clock = self.as_role(role, self.ticket.sudo().clock_ids[0])
            with self.assertRaises(AccessError):
                clock.write({"deadline": self.NOW})
            with self.assertRaises(AccessError):
                clock.event_ids.unlink()


@tagged("post_install", "-at_install")
class TestWait(DialogCase):
    def test_waiting_rests_what_the_policy_says(self):
        with self.at(2) as now:
            self.let_wait("customer", "Photo of the nameplate")
        clocks = self.clocks(self.ticket)
        self.assertEqual(self.ticket.state, "waiting")
        self.assertEqual(self.ticket.stage_id.pause_reason, "customer")
        self.assertEqual(self.ticket.waiting_since, now)
        self.assertEqual(clocks["respond"].state, "running")
        self.assertEqual(clocks["arrive"].state, "paused")
        row = self.last_event("arrive")
        self.assertEqual(
            (row.kind, row.pause_reason, row.reason, row.user_id),
            ("pause", "customer", "Photo of the nameplate", self.users["technician"]),
        )
        self.assertIn("Photo of the nameplate", self.ticket.message_ids[0].body)

    def test_the_dialog_says_before_what_rests(self):
        wizard = self.dialog(
            "dispatcher", "aftersales.ticket.wait", self.ticket, reason="parts"
        )
        effect = wizard.effect.splitlines()
        self.assertIn("Respond runs on.", effect)
        self.assertIn("Arrive on Site runs on.", effect)
        self.assertIn("Resolve rests until the ticket goes on.", effect)

    def test_going_on_resumes(self):
        deadline = self.clocks(self.ticket)["arrive"].deadline
        with self.at(2):
            self.let_wait("customer")
        with self.at(5):
            self.as_role("support", self.ticket).action_go_on()
        self.assertEqual(self.ticket.state, "in_progress")
        self.assertFalse(self.ticket.pause_reason or self.ticket.waiting_since)
        self.assertEqual(
            self.clocks(self.ticket)["arrive"].deadline, deadline + timedelta(hours=3)
        )
        with self.assertRaises(UserError):
            self.as_role("support", self.ticket).action_go_on()

    def test_an_ended_ticket_waits_for_nothing(self):
        wizard = self.dialog("dispatcher", "aftersales.ticket.wait", self.ticket)
        self.as_role("dispatcher", self.ticket).action_cancel()
        with self.assertRaises(UserError):
            wizard.action_wait()

    def call(self, role="support", **values):
        log = self.dialog(
            role,
            "aftersales.call.log",
            self.ticket,
            summary="Nameplate read out",
            **values,
        )
        log.action_log()

    def test_an_answer_by_telephone_counts_as_much_as_an_email(self):
        """Regression 16: the call resumes, from the moment of the call."""
        with self.at(2):
            self.let_wait("customer")
        with self.at(6):
            self.call(called_at=self.NOW + timedelta(hours=5))
        self.assertEqual(self.ticket.state, "in_progress")
        row = self.last_event("arrive")
        self.assertEqual((row.kind, row.at), ("resume", self.NOW + timedelta(hours=5)))
        self.assertIn("Mia Mill", row.reason)

    def test_a_call_that_settled_nothing_goes_on_waiting(self):
        with self.at(2):
            self.let_wait("customer")
        with self.at(4):
            self.call(reached=False)
            self.assertEqual(self.ticket.state, "waiting")
            self.call(goes_on=False)
        self.assertEqual(self.ticket.state, "waiting")
        self.assertEqual(self.clocks(self.ticket)["arrive"].state, "paused")
        self.assertTrue(self.ticket.responded_at, "he was reached all the same")

    def test_a_call_brings_no_parts(self):
        with self.at(2):
            self.let_wait("parts")
        with self.at(4):
            self.call()
        self.assertEqual(self.ticket.pause_reason, "parts")


@tagged("post_install", "-at_install")
class TestCancel(DialogCase):
    def outcomes(self):
        clocks = self.ticket.sudo().clock_ids
        return set(clocks.mapped("outcome")), set(clocks.mapped("outcome_reason"))

    def test_the_reason_is_in_the_ledger(self):
        self.cancel("withdrawn", role="intake")
        self.assertEqual(self.ticket.state, "cancelled")
        self.assertEqual(self.ticket.cancel_reason, "withdrawn")
        self.assertEqual(self.outcomes(), ({"void"}, {"Customer Withdrew"}))

    def test_duplicate_and_merged_name_the_ticket_that_goes_on(self):
        """Regression 13: an outcome of its own, neither met nor missed."""
        original = self.create_ticket(name="Hose leaks again", severity="serious")
        self.cancel("duplicate", original)
        self.assertEqual(
            self.outcomes(), ({"void"}, {f"Duplicate of {original.display_name}"})
        )
        self.assertEqual(original.duplicate_ids, self.ticket)
        self.assertIn(self.ticket.reference, original.message_ids[0].body)
        self.assertTrue(original.next_deadline, "its own promises go on")
        other = self.ticket = self.create_ticket(severity="serious")
        self.cancel("merged", original)
        self.assertEqual(
            self.outcomes(), ({"void"}, {f"Merged into {original.display_name}"})
        )
        self.assertIn(other, original.duplicate_ids)

    def test_the_other_ticket_must_fit(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        ended = self.create_ticket()
        self.as_role("dispatcher", ended).action_cancel()
        team_b = self.env["aftersales.team"].create(
            {"name": "B", "company_id": self.company_2.id}
        )
        of_b = self.env["aftersales.ticket"].create({"name": "x", "team_id": team_b.id})
        ticket = self.as_role("manager", self.ticket)
        self.users["manager"].company_ids = [Command.link(self.company_2.id)]
        ticket = ticket.with_context(
            allowed_company_ids=(self.company | self.company_2).ids
        )
        for original in (
            self.ticket,
            ended,
            of_b,
            self.create_ticket(partner_id=stranger.id),
            self.ticket.browse(),
        ):
            with self.assertRaises(UserError):
                ticket._cancel("duplicate", original.with_env(ticket.env))
        with self.assertRaises(UserError):
            ticket._cancel("withdrawn", self.create_ticket())
        self.assertEqual(self.ticket.state, "new")
        self.assertFalse(self.ticket.cancel_reason)

    def test_only_who_may_cancel(self):
        with self.assertRaises(AccessError):
            self.as_role("technician", self.ticket)._cancel("withdrawn")
        with self.assertRaises(AccessError):
            self.as_role("technician", self.ticket).action_cancel()

    def test_without_the_dialog_it_is_cancelled_all_the_same(self):
        self.as_role("dispatcher", self.ticket).action_cancel()
        self.assertEqual(self.outcomes(), ({"void"}, {"Ticket cancelled"}))

    def test_reopened_is_nobodys_duplicate(self):
        original = self.create_ticket(severity="serious")
        self.cancel("duplicate", original)
        self.as_role("dispatcher", self.ticket).action_reopen()
        self.assertFalse(self.ticket.cancel_reason or self.ticket.original_id)
        self.assertIn("resolve", self.clocks(self.ticket))

    def test_another_reason_forgets_the_other_ticket(self):
        original = self.create_ticket()
        Model = self.as_role("dispatcher", "aftersales.ticket.cancel").with_context(
            default_ticket_id=self.ticket.id
        )
        with Form(Model) as form:
            form.reason = "duplicate"
            form.original_id = original
            form.reason = "mistake"
        form.record.action_cancel_ticket()
        self.assertFalse(self.ticket.original_id)


@tagged("post_install", "-at_install")
class TestCorrect(DialogCase):
    def correct(self, role="manager", **values):
        clock = self.clocks(self.ticket)["arrive"]
        return self.dialog(
            role, "aftersales.clock.correct", clock, reason="No power there", **values
        )

    def test_the_dialog_shows_what_becomes_of_the_deadline(self):
        clock = self.clocks(self.ticket)["arrive"]
        before = clock.deadline
        with self.at(3):
            wizard = self.correct(how="give", minutes=90)
            self.assertEqual(wizard.deadline_before, before)
            self.assertEqual(wizard.deadline_after, before + timedelta(minutes=90))
            self.assertEqual(clock.deadline, before, "nothing is written before")
            wizard.action_correct()
        self.assertEqual(clock.deadline, before + timedelta(minutes=90))
        row = self.last_event("arrive")
        self.assertEqual(
            (row.kind, row.reason, row.minutes, row.user_id),
            ("correction", "No power there", -90, self.users["manager"]),
        )

    def test_more_time_counted(self):
        clock = self.clocks(self.ticket)["arrive"]
        before = clock.deadline
        with self.at(3):
            self.correct(how="take", minutes=30).action_correct()
        self.assertEqual(clock.deadline, before - timedelta(minutes=30))
        wizard = self.correct(how="take", minutes=-30)
        with self.assertRaises(UserError):
            wizard.action_correct()

    def test_an_agreed_deadline_is_not_moved_by_pauses(self):
        """Regression 17."""
        agreed = self.NOW + timedelta(hours=100)
        clock = self.clocks(self.ticket)["arrive"]
        with self.at(3):
            wizard = self.correct(how="agree", deadline=agreed)
            self.assertEqual(wizard.deadline_after, agreed)
            wizard.action_correct()
        with self.at(4):
            self.let_wait("customer")
        with self.at(9):
            self.as_role("support", self.ticket).action_go_on()
        self.assertEqual(clock.deadline, agreed)
        self.assertTrue(clock.is_agreed)

    def test_a_finished_clock_is_corrected_with_its_own_hours(self):
        clock = self.clocks(self.ticket)["arrive"]
        with self.at(49):
            self.ticket._arrive()
            self.assertEqual(clock.outcome, "missed")
            wizard = self.correct(how="give", minutes=120)
            shown = wizard.deadline_after
            wizard.action_correct()
        self.assertEqual(clock.outcome, "met")
        self.assertEqual(clock.deadline, shown)

    def test_agents_cannot_correct(self):
        clock = self.clocks(self.ticket)["arrive"]
        for role in set(ROLES) - {"manager"}:
            with self.assertRaises(AccessError, msg=role):
                self.as_role(role, clock).action_correct()
            with self.assertRaises(AccessError, msg=role):
                self.as_role(role, clock)._correct("mine", minutes=-60)
        action = self.as_role("manager", clock).action_correct()
        self.assertEqual(action["res_model"], "aftersales.clock.correct")
        self.assertEqual(action["context"]["default_clock_id"], clock.id)


@tagged("post_install", "-at_install")
class TestTicketFilters(DialogCase):
    def found(self, name):
        """Search with a filter of the tickets' search view."""
        view = self.env.ref("aftersales_service.aftersales_ticket_view_search")
        arch = self.env["aftersales.ticket"].get_view(view.id, "search")["arch"]
        node = etree.fromstring(arch).find(f".//filter[@name='{name}']")
        domain = literal_eval(node.get("domain"))
        return self.env["aftersales.ticket"].search(
            [("team_id", "=", self.team.id), *domain]
        )

    def test_no_clock_is_not_hidden_and_no_broken_promise_is_fine(self):
        """Regression 20."""
        with self.at(0):
            without = self.create_ticket()
        with self.at(9):
            self.ticket._respond()  # late; arrival and solution are still open
        with self.at(10):
            late = self.create_ticket(
                severity="serious", reported_at=self.NOW + timedelta(hours=1)
            )
            fine = self.create_ticket(severity="serious")
            self.env.flush_all()
            self.assertEqual(self.found("overdue"), late)
            self.assertEqual(
                self.found("not_overdue"), without | fine | self.ticket, "without too"
            )
            self.assertEqual(self.found("late_or_broken"), late | self.ticket)
            self.assertNotIn(self.ticket, self.found("overdue"))

    def test_waiting_by_reason(self):
        self.let_wait("parts")
        self.assertEqual(self.found("waiting_parts"), self.ticket)
        self.assertFalse(self.found("waiting_customer"))

    def test_grouped_by_the_day_of_the_next_promise(self):
        self.create_ticket()
        groups = self.env["aftersales.ticket"].formatted_read_group(
            [("team_id", "=", self.team.id)], ["next_deadline:day"], ["__count"]
        )
        self.assertEqual(sum(group["__count"] for group in groups), 2)
        self.assertIn(False, [group["next_deadline:day"] for group in groups])


@tagged("post_install", "-at_install")
class TestPromiseAnalysis(DialogCase):
    def test_void_promises_leave_the_hit_rate(self):
        with self.at(1):
            self.ticket._respond()
            late = self.create_ticket(
                severity="serious", reported_at=self.NOW - timedelta(hours=9)
            )
            late._respond()
            void = self.create_ticket(severity="serious")
            self.as_role("dispatcher", void).action_cancel()
        ((rate, count),) = self.env["aftersales.sla.clock"]._read_group(
            [("team_id", "=", self.team.id), ("kind", "=", "respond")],
            [],
            ["hit_rate:avg", "__count"],
        )
        self.assertEqual((rate, count), (0.5, 3))
