# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date, datetime
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tests import Form, tagged

from .contract_life_common import ContractLifeCommon

TODAY = date(2026, 3, 2)


@tagged("post_install", "-at_install")
class TestContractTerms(ContractLifeCommon):
    """Terms and days: copied from the template, and fixed once they are agreed."""

    def test_terms_are_copied(self):
        contract = self.draft(travel_share=0.8)
        self.assertRegex(contract.name, r"^SC/\d{4}/\d{5}$")
        self.assertEqual(contract.state, "draft")
        self.assertEqual(contract.visit_quota, 4)
        self.assertTrue(contract.limits_visits)
        self.assertEqual(contract.response_class_id, self.gold)
        self.assertEqual(contract.excluded_category_ids, self.categ_spares)
        self.assertEqual(contract.travel_share, 0.8, "what is said itself wins")
        self.template.write({"visit_quota": 9, "excluded_category_ids": False})
        self.assertEqual(contract.visit_quota, 4)
        self.assertEqual(contract.excluded_category_ids, self.categ_spares)

    def test_another_template_on_a_draft(self):
        contract = self.draft()
        half = self.template.copy({"name": "Half", "duration": 6, "visit_quota": 2})
        contract.template_id = half
        self.assertEqual(contract.visit_quota, 2)
        self.assertEqual(contract.end_date, date(2026, 9, 1))
        self.assertEqual(set(contract.line_ids.mapped("date_to")), {date(2026, 9, 1)})
        contract.write({"template_id": self.template.id, "visit_quota": 7})
        self.assertEqual(contract.visit_quota, 7)

    def test_entered_on_the_form(self):
        form = Form(self.Contract.with_user(self.salesman))
        form.partner_id = self.contact
        form.template_id = self.template
        self.assertEqual(form.visit_quota, 4, "the salesperson sees what he offers")
        self.assertEqual(form.end_date, date(2027, 3, 1), "the last day is covered")
        form.visit_quota = 5
        form.start_date = date(2026, 4, 1)
        with form.line_ids.new() as line:
            line.equipment_id = self.press
        contract = form.save()
        self.assertEqual(contract.visit_quota, 5)
        self.assertEqual(contract.end_date, date(2027, 3, 31))
        line = contract.line_ids
        self.assertEqual(
            (line.date_from, line.date_to), (date(2026, 4, 1), date(2027, 3, 31))
        )

    def test_days_of_a_template_in_days(self):
        self.template.write({"duration": 30, "duration_unit": "day"})
        self.assertEqual(self.draft().end_date, date(2026, 3, 31))

    def test_copy_begins_today(self):
        with self.on("2026-05-05"):
            copied = self.agreed().copy()
        self.assertEqual(copied.state, "draft")
        self.assertEqual(copied.start_date, date(2026, 5, 5))
        self.assertEqual(copied.end_date, date(2027, 5, 4))
        self.assertFalse(copied.line_ids)
        self.assertEqual(copied.visit_quota, 4)

    def test_agreed_stays(self):
        """No term, day or machine of an agreed contract is written by hand."""
        contract = self.draft()
        contract.write({"travel_share": 0.2, "note": "Keys at the gate"})
        contract.action_activate()
        for user in (self.salesman, self.boss, self.users["manager"]):
            as_user = contract.with_user(user)
            for values in (
                {"travel_share": 1},
                {"covers_misuse": True},
                {"visit_quota": 99},
                {"excluded_category_ids": [Command.clear()]},
                {"renewal_notice_days": 0},
                {"partner_id": self.customer.id},
                {"template_id": self.template.copy().id},
                {"start_date": date(2026, 1, 1)},
                {"end_date": date(2030, 1, 1)},
                {"note": "Free forever"},
                {"line_ids": [Command.clear()]},
            ):
                with self.subTest(values=values), self.assertRaises(UserError):
                    as_user.write(values)
            line = as_user.line_ids[0]
            with self.assertRaises(UserError):
                line.date_to = date(2026, 12, 31)
            with self.assertRaises(UserError):
                line.unlink()
            with self.assertRaises(UserError):
                line.create({"contract_id": contract.id, "equipment_id": self.press.id})
        self.assertEqual(contract.travel_share, 0.2)
        contract.user_id = self.boss

    def test_only_drafts_are_deleted(self):
        contract = self.draft()
        with self.assertRaises(AccessError):
            contract.unlink()
        contract.with_user(self.users["manager"]).unlink()
        offered = self.draft(needs_signature=True)
        offered.action_await_signature()
        for kept in (offered, self.agreed()):
            with self.assertRaises(UserError):
                kept.with_user(self.users["manager"]).unlink()


@tagged("post_install", "-at_install")
class TestContractLife(ContractLifeCommon):
    """States, by buttons and dialogs; what is covered on which day."""

    # === TAKING EFFECT === #

    def test_nobody_writes_the_state(self):
        for user in (self.salesman, self.users["manager"]):
            contract = self.draft(user=user)
            for values in (
                {"state": "active"},
                {"signed_by": "Me"},
                {"cancelled_on": TODAY},
                {"moved_on": TODAY},
                {"next_move_on": TODAY},
                {"company_id": self.company_b.id},
                {"renews_id": contract.id},
                {"pause_ids": [Command.clear()]},
            ):
                with self.subTest(values=values), self.assertRaises(AccessError):
                    contract.write(values)
            with self.assertRaises(AccessError):
                self.draft(user=user, state="active")
            context = self.Contract.with_user(user).with_context(default_state="active")
            sneaked = context.create(
                {"partner_id": self.customer.id, "template_id": self.template.id}
            )
            self.assertEqual(sneaked.state, "draft")

    def test_activated_without_signature(self):
        contract = self.draft()
        self.assertFalse(contract._in_force_on(TODAY))
        contract.action_activate()
        self.assertEqual(contract.state, "active")
        self.assertTrue(contract._in_force_on(TODAY))
        self.assertFalse(contract.signed_by)
        with self.assertRaises(UserError):
            contract.action_activate()
        with self.assertRaises(UserError):
            contract.action_await_signature()

    def test_waits_for_the_signature(self):
        contract = self.draft(needs_signature=True)
        with self.assertRaisesRegex(UserError, "signature"):
            contract.action_activate()
        contract.action_await_signature()
        self.assertEqual(contract.state, "waiting")
        self.assertFalse(contract._in_force_on(TODAY))
        contract.visit_quota = 6
        with self.assertRaises(UserError):
            self.step(contract, "sign", date=date(2026, 3, 3), signed_by="Mia")
        with self.assertRaises(UserError):
            self.step(contract, "sign", signed_by=False)
        self.step(contract, "sign", date=date(2026, 3, 1), signed_by="Mia Mill")
        self.assertEqual(contract.state, "active")
        self.assertEqual(contract.signed_by, "Mia Mill")
        self.assertEqual(contract.signed_on, datetime(2026, 3, 1, 12))
        with self.assertRaises(UserError):
            self.step(contract, "sign", signed_by="Mia Mill")

    def test_activation_is_safe_to_repeat(self):
        """A customer who signs twice, or pays after he signed, changes nothing."""
        contract = self.draft()
        contract._activate(signed_by="Mia", signed_on=self.NOW)
        contract._suspend(TODAY, "Unpaid")
        contract._activate(signed_by="Somebody", signed_on=datetime(2026, 5, 1))
        self.assertEqual(contract.state, "suspended")
        self.assertEqual(contract.signed_by, "Mia")

    def test_needs_machines(self):
        contract = self.draft()
        contract.line_ids.unlink()
        self.assertIn("No machine", contract.warning)
        with self.assertRaisesRegex(UserError, "no machine"):
            contract.action_activate()

    def test_signed_ahead_covers_from_its_start(self):
        contract = self.agreed(start_date=date(2026, 4, 1))
        self.assertEqual(contract.state, "active")
        self.assertFalse(contract._in_force_on(date(2026, 3, 31)))
        self.assertTrue(contract._in_force_on(date(2026, 4, 1)))

    def test_signed_when_it_is_expiring_or_over(self):
        contract = self.draft(start_date=date(2025, 4, 1))
        contract.action_activate()
        self.assertEqual(contract.state, "expiring")
        contract = self.draft(start_date=date(2024, 4, 1))
        contract.action_activate()
        self.assertEqual(contract.state, "expired")

    def test_last_day_is_covered(self):
        """Also when somebody asks after it has expired."""
        contract = self.agreed()
        self.assertTrue(self.run_job("2027-03-05"))
        self.assertEqual(contract.state, "expired")
        for day, expected in (
            (date(2026, 3, 1), False),
            (date(2026, 3, 2), True),
            (date(2027, 3, 1), True),
            (date(2027, 3, 2), False),
        ):
            self.assertEqual(contract._in_force_on(day), expected, day)
            domain = contract._in_force_domain(day)
            found = self.Contract.search(domain & Domain("id", "=", contract.id))
            self.assertEqual(bool(found), expected, day)

    # === PAUSES === #

    def test_suspended_and_resumed(self):
        contract = self.agreed()
        with self.assertRaisesRegex(UserError, "why"):
            self.step(contract, "suspend", reason=" ")
        with self.on("2026-05-01"):
            self.step(contract, "suspend", reason="Invoice unpaid")
            self.assertEqual(contract.state, "suspended")
            self.assertEqual(contract.suspended_since, date(2026, 5, 1))
            self.assertFalse(contract._in_force_on(date(2026, 6, 1)))
        with self.on("2026-05-11"):
            self.step(contract, "resume", reason="Paid")
        self.assertEqual(contract.state, "active")
        self.assertFalse(contract.suspended_since)
        pause = contract.pause_ids
        self.assertEqual(pause.date_to, date(2026, 5, 10))
        self.assertEqual(pause.reason, "Invoice unpaid")
        self.assertEqual(pause.user_id, self.salesman)
        for day, expected in (
            (date(2026, 4, 30), True),
            (date(2026, 5, 1), False),
            (date(2026, 5, 10), False),
            (date(2026, 5, 11), True),
        ):
            self.assertEqual(contract._in_force_on(day), expected, day)
            domain = contract._in_force_domain(day)
            found = self.Contract.search(domain & Domain("id", "=", contract.id))
            self.assertEqual(bool(found), expected, day)
        self.assertEqual(contract.end_date, date(2027, 3, 1), "no day is added")

    def test_resumed_on_the_day_it_was_suspended(self):
        contract = self.agreed()
        self.step(contract, "suspend", reason="Oops")
        self.step(contract, "resume")
        self.assertEqual(contract.state, "active")
        self.assertTrue(contract._in_force_on(TODAY))
        self.assertTrue(contract.pause_ids._is_empty(), "kept, but it paused nothing")
        self.step(contract, "suspend", reason="Again")
        self.assertEqual(contract.state, "suspended")

    def test_no_day_is_paused_twice(self):
        contract = self.agreed()
        contract._suspend(date(2026, 5, 1), "Unpaid")
        with self.assertRaises(ValidationError):
            contract._suspend(date(2026, 6, 1), "Unpaid")
        with self.assertRaises(ValidationError):
            contract._suspend(date(2026, 4, 1), "Unpaid")
        contract._resume(date(2026, 5, 10))
        with self.assertRaises(ValidationError):
            contract._suspend(date(2026, 5, 9), "Unpaid")
        contract._suspend(date(2026, 5, 10), "Unpaid")
        other = self.agreed()
        other._suspend(date(2026, 5, 1), "Unpaid")

    def test_planned_pause(self):
        contract = self.agreed()
        self.step(contract, "suspend", date=date(2026, 4, 1), reason="Plant closed")
        self.assertEqual(contract.state, "active")
        self.assertTrue(contract.planned_pause)
        self.assertIn("Plant closed", contract.announcement)
        self.assertFalse(contract._in_force_on(date(2026, 4, 1)))
        self.run_job("2026-03-31")
        self.assertEqual(contract.state, "active")
        self.run_job("2026-04-01")
        self.assertEqual(contract.state, "suspended")
        with self.on("2026-04-01"):
            self.assertFalse(contract.planned_pause)
            self.assertFalse(contract.announcement)

    def test_planned_pause_is_taken_back(self):
        contract = self.agreed()
        contract._suspend(date(2026, 4, 1), "Plant closed")
        self.step(contract, "resume", reason="It works on")
        self.assertFalse(contract.announcement)
        self.assertTrue(contract._in_force_on(date(2026, 4, 1)))
        self.run_job("2026-04-02")
        self.assertEqual(contract.state, "active")

    def test_planned_resumption(self):
        contract = self.agreed()
        contract._suspend(TODAY, "Plant closed")
        self.step(contract, "resume", date=date(2026, 4, 1))
        self.assertEqual(contract.state, "suspended")
        self.run_job("2026-04-01")
        self.assertEqual(contract.state, "active")

    def test_nothing_to_suspend_or_resume(self):
        draft, ended = self.draft(), self.agreed(start_date=date(2024, 1, 1))
        for contract in (draft, ended):
            with self.assertRaises(UserError):
                contract.action_suspend()
            with self.assertRaises(UserError):
                contract.action_resume()
        with self.assertRaises(UserError):
            self.step(self.agreed(), "resume")
        contract = self.agreed()
        with self.assertRaisesRegex(UserError, "runs from"):
            self.step(contract, "suspend", date=date(2027, 3, 2), reason="Late")
        contract._suspend(date(2026, 4, 1), "Plant closed")
        with self.assertRaises(UserError):
            self.step(contract, "resume", date=date(2026, 3, 31))

    # === CANCELLING === #

    def test_cancelled_today(self):
        contract = self.agreed()
        with self.assertRaisesRegex(UserError, "why"):
            self.step(contract, "cancel")
        with self.on("2026-05-01"):
            self.step(contract, "cancel", reason="Plant sold")
        self.assertEqual(contract.state, "cancelled")
        self.assertEqual(contract.cancel_reason, "Plant sold")
        self.assertTrue(contract._in_force_on(date(2026, 4, 30)))
        self.assertFalse(contract._in_force_on(date(2026, 5, 1)))
        with self.assertRaises(UserError):
            contract.action_cancel()
        with self.assertRaises(UserError):
            contract._set_state("active")

    def test_cancelled_later(self):
        contract = self.agreed()
        self.step(contract, "cancel", date=date(2026, 6, 1), reason="Plant closes")
        self.assertEqual(contract.state, "active")
        self.assertIn("Plant closes", contract.announcement)
        self.assertTrue(contract._in_force_on(date(2026, 5, 31)))
        self.assertFalse(contract._in_force_on(date(2026, 6, 1)))
        self.run_job("2026-05-31")
        self.assertEqual(contract.state, "active")
        self.run_job("2026-06-01")
        self.assertEqual(contract.state, "cancelled")

    def test_cancellation_is_withdrawn(self):
        contract = self.agreed()
        with self.assertRaises(UserError):
            contract.action_withdraw_cancellation()
        self.step(contract, "cancel", date=date(2026, 6, 1), reason="Plant closes")
        contract.action_withdraw_cancellation()
        self.assertFalse(contract.cancel_reason)
        self.run_job("2026-06-02")
        self.assertEqual(contract.state, "active")

    def test_offers_are_cancelled_at_once(self):
        waiting = self.draft(needs_signature=True)
        waiting.action_await_signature()
        for contract in (self.draft(), waiting):
            self.step(contract, "cancel", reason="No interest")
            self.assertEqual(contract.state, "cancelled")
            self.assertFalse(contract._in_force_on(date(2026, 3, 1)))
            self.assertFalse(contract._in_force_on(TODAY))

    def test_past_days_are_for_managers(self):
        yesterday = date(2026, 4, 30)
        contract = self.agreed()
        with self.on("2026-05-01"):
            for kind in ("suspend", "cancel"):
                with self.assertRaisesRegex(UserError, "manager"):
                    self.step(contract, kind, date=yesterday, reason="Unpaid")
            manager = self.users["manager"]
            self.step(contract, "suspend", manager, date=yesterday, reason="Unpaid")
            self.assertEqual(contract.state, "suspended")
            with self.assertRaisesRegex(UserError, "manager"):
                self.step(contract, "resume", date=yesterday)
            self.step(contract, "cancel", manager, date=yesterday, reason="Unpaid")
        self.assertEqual(contract.state, "cancelled")

    # === THE WRITER === #

    def test_states_that_cannot_follow(self):
        active, cancelled = self.agreed(), self.draft()
        cancelled._cancel("No interest")
        for contract, state in (
            (active, "draft"),
            (active, "waiting"),
            (cancelled, "active"),
            (cancelled, "draft"),
        ):
            with self.subTest(state=state), self.assertRaises(UserError):
                contract._set_state(state)

    def test_whatever_depends_on_it_is_told(self):
        """After each change of what is covered, when it can be read."""
        told = []

        def changed(contract):
            for one in contract:
                told.append((one.state, len(one.line_ids), len(one.pause_ids)))
            return contract.line_ids.equipment_id

        Model = self.env.registry["aftersales.contract"]
        with patch.object(Model, "_contract_changed", changed):
            contract = self.draft(self.press)
            self.assertFalse(told)
            contract.action_activate()
            self.assertEqual(told.pop(), ("active", 1, 0))
            contract._suspend(TODAY, "Unpaid")
            self.assertEqual(told.pop(), ("suspended", 1, 1))
            contract._resume(TODAY)
            self.assertEqual(told.pop(), ("active", 1, 1))
            contract._join(self.drill, TODAY, "Bought")
            self.assertEqual(told.pop(), ("active", 2, 1))
            contract._leave(self.drill, TODAY, "Sold")
            self.assertEqual(told.pop(), ("active", 2, 1))
            contract._cancel("Plant sold")
            self.assertEqual(told.pop(), ("cancelled", 2, 1))
            self.assertFalse(told, "once each")
        self.assertEqual(contract._contract_changed(), self.press | self.drill)

    def test_history_is_kept(self):
        contract = self.agreed()
        self.flush_tracking()
        self.step(contract, "suspend", reason="Invoice unpaid")
        self.flush_tracking()
        tracked = contract.sudo().message_ids.tracking_value_ids
        self.assertIn("Suspended", tracked.mapped("new_value_char"))
        self.assertIn("Invoice unpaid", "".join(contract.message_ids.mapped("body")))

    # === DAYS === #

    def test_a_day_is_a_day_at_the_company(self):
        """At 20:00 UTC of 1 April it is 2 April in Auckland, where the company is."""
        self.company.partner_id.tz = "Pacific/Auckland"
        contract = self.agreed(start_date=date(2026, 3, 10))
        with self.on("2026-04-01", hour=20):
            self.assertEqual(contract._today(), date(2026, 4, 2))
            self.step(contract, "suspend", reason="Unpaid")
        self.assertEqual(contract.suspended_since, date(2026, 4, 2))
