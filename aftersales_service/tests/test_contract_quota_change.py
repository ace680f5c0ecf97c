# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What becomes of reserved and used visits when something changes afterwards."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_quota import QuotaCommon


@tagged("post_install", "-at_install")
class TestContractQuotaChange(QuotaCommon):
    def setUp(self):
        super().setUp()
        self.contract = self.make_contract(visit_quota=1)

    def assert_free(self, machine=None):
        """See that nothing holds the only visit, and that another one may have it."""
        self.assertEqual(self.balance(self.contract), (0, 0, 1))
        visit = self.plan(self.report(machine), hours=48)
        self.assertIn("includes this visit", visit.quota_text)
        self.assertEqual(self.balance(self.contract), (1, 0, 0))

    # === WHO HOLDS A VISIT THAT IS PLANNED === #

    def test_ticket_of_another_machine(self):
        other = self.make_equipment(delivery_date="2024-01-01")
        with self.at(0):
            visit = self.plan(self.report(cause=None))
            self.assertEqual(self.balance(self.contract), (1, 0, 0))
            visit.job_ids.ticket_id.equipment_id = other
            self.assertEqual(self.balance(self.contract), (0, 0, 1))
            visit.job_ids.ticket_id.equipment_id = self.equipment
            self.assertEqual(self.balance(self.contract), (1, 0, 0))
            self.assertIn("includes this visit", visit.quota_text)

    def test_warranty_pays_instead(self):
        """A cause that is found gives the visit back that the contract had reserved."""
        self.contract.travel_share = 0
        with self.at(0):
            visit = self.plan()
            self.cover("plain")
            self.set_cause(visit.job_ids.ticket_id.finding_ids, "manufacturing")
            self.assert_free()

    def test_machine_left(self):
        other = self.make_equipment(delivery_date="2024-01-01")
        with self.at(0):
            self.contract._join(other, self.day("2026-01-12"), "Bought")
            self.plan(hours=100)
            self.contract._leave(self.equipment, self.day("2026-03-01"), "Sold")
            self.assert_free(other)

    def test_suspended(self):
        """What was reported in the pause stays without the contract."""
        with self.at(0):
            self.plan(hours=100)
            self.contract._suspend(self.contract._today(), "Unpaid")
            self.assertEqual(self.balance(self.contract), (0, 0, 1))
        with self.at(30):
            self.contract._resume(self.day("2026-03-03"))
            self.assert_free()

    def test_who_waits_without_a_finding(self):
        """A visit that is given back goes to the next one, and its quote is free."""
        with self.at(0):
            first = self.plan(self.report(cause=None))
            second = self.plan(self.report(cause=None), hours=48)
            self.assertIn("all used or planned", second.quota_warning)
            first.action_cancel()
            self.assertEqual(self.balance(self.contract), (1, 0, 0))
            second.invalidate_recordset()
            self.assertIn("includes this visit", second.quota_text)
            self.assertFalse(second.quota_warning)
            second.planned_hours = 2
            rows = second._charge_rows(planned=True)
            self.assertEqual({row["share"] for row in rows}, {1})

    def test_who_waits_for_another_year(self):
        """A visit that is moved away leaves its place to who waits."""
        with self.at(0):
            first, second = self.plan(), self.plan(hours=48)
            first.scheduled_start = "2027-02-08 08:00:00"
            self.assertIn("includes this visit", second.quota_text)
        self.assertEqual(self.balance(self.contract), (1, 0, 0))
        self.assertEqual(self.balance(self.contract, day="2027-03-03"), (1, 0, 0))

    def test_contract_in_force_later(self):
        """A visit that was planned before takes what the contract includes."""
        machine = self.make_equipment(delivery_date="2024-01-01")
        with self.at(0):
            visit = self.plan(self.report(machine, cause=None))
            self.assertFalse(visit.quota_text)
            contract = self.make_contract(machine, visit_quota=1)
            self.assertEqual(self.balance(contract), (1, 0, 0))
            visit.invalidate_recordset()
            self.assertIn("includes this visit", visit.quota_text)

    # === WHAT WAS SIGNED === #

    def beyond(self):
        """Sign a second visit that is beyond the quota; the first one is planned."""
        with self.at(0):
            first, second = self.plan(hours=200), self.plan()
        with self.at(24):
            second = self.carry_out(second, [self.labour(2)])
            self.sign(second)
        return first, second

    def test_customer_pays_what_he_signed(self):
        """He does not lose a visit as well when one is given back later."""
        first, visit = self.beyond()
        self.assertEqual(visit.charge_total, 280)
        with self.at(30):
            first.action_cancel()
            visit.action_correct()
            visit.action_sign()
            visit.action_keep_version()
            self.assertEqual(self.balance(self.contract), (0, 0, 1))
            visit.action_correct()
            visit.job_ids.work_done = "Pump and hose replaced"
            self.sign(visit, replaces_reason="A word was missing")
        self.assertEqual(visit.charge_total, 280)
        self.assertEqual(self.balance(self.contract), (0, 0, 1))
        self.assertEqual(self.steps(self.contract), ["reserve", "release"])

    def test_order_beyond_is_cancelled(self):
        """What was ordered beyond the quota stays beyond it."""
        visit, order = self.sign_beyond()
        self.assertEqual(self.balance(self.contract), (1, 1, 0))
        with self.at(48):
            order.action_cancel()
            visit.action_correct()
            visit.line_ids.filtered(lambda ln: ln.kind == "labour").hours = 3
            self.sign(visit, replaces_reason="Forgot an hour")
            self.assertEqual(self.balance(self.contract), (1, 0, 0))
            visit.action_correct()
            visit.action_keep_version()
            self.assertEqual(self.balance(self.contract), (1, 0, 0))
            third = self.plan(hours=72)
        self.assertIn("all used or planned", third.quota_warning)
        rows = self.contract.usage_ids.filtered(lambda row: row.dispatch_id == visit)
        self.assertEqual(rows.order_id, order)

    def test_work_goes_on_in_the_next_year(self):
        contract = self.make_contract(
            limits_visits=False, limits_hours=True, hour_quota=3
        )
        self.contract._cancel("Replaced", self.day("2026-01-11"))
        with self.at(0):
            visit = self.plan()
        with self.at(24):
            visit = self.carry_out(visit, [self.labour(1)])
            self.sign(visit)
        with self.at(24 * 400):
            visit.action_correct()
            visit.action_continue()
            visit.line_ids.filtered(lambda ln: ln.kind == "labour").hours = 2
            visit.action_finish()
            self.sign(visit, replaces_reason="Forgot an hour")
        self.assertEqual(self.balance(contract, "hour"), (0, 2, 1))
        self.assertEqual(self.balance(contract, "hour", "2027-03-03"), (0, 0, 3))

    # === WHAT NEEDS NO VISIT === #

    def test_served_from_afar(self):
        """Who never comes takes no visit, whatever the ticket was classified as."""
        self.contract.visit_quota = 0
        for mode in (False, "on_site"):
            with self.at(0), self.subTest(mode):
                ticket = self.report()
                ticket.service_mode = mode
                action = self.as_role("technician", ticket).action_remote_service()
                visit = self.env["aftersales.dispatch"].browse(action["res_id"])
                visit.line_ids = [self.labour(2)]
                self.assertEqual(visit._charge_rows()[0]["share"], 1)
                self.assertFalse(visit.quota_warning)

    def test_repair_on_the_day_of_a_maintenance(self):
        """What is repaired under another contract is not free for the maintenance."""
        maintained = self.make_equipment(delivery_date="2024-01-01")
        plan = self.make_contract(maintained, visit_quota=1, maintenance_per_year=4)
        with self.at(0):
            plan._prepare_maintenance()
            ticket = self.report()
            visit = self.plan(ticket)
        with self.at(24):
            visit = self.carry_out(visit)
            visit.job_ids.result = "revisit"
            self.sign(visit)
            self.assertEqual(self.balance(self.contract), (0, 1, 0))
        with self.at(30):
            visit = plan.maintenance_ids.dispatch_id
            visit.job_ids = [Command.create({"ticket_id": ticket.id})]
            visit.technician_ids = self.technician
            visit.scheduled_start = self.moment(48)
            self.as_role("dispatcher", visit).action_plan()
            self.assertIn(self.contract.name, visit.quota_warning)
        with self.at(48):
            job = visit.job_ids.filtered(lambda job: job.ticket_id == ticket)
            labour = self.labour(2)
            labour[2].update(job_id=job.id, finding_id=ticket.finding_ids.id)
            visit = self.carry_out(visit, [labour])
        self.assertEqual(visit.charge_total, 200)
        self.assertEqual(self.balance(self.contract), (0, 1, 0))
        self.assertFalse(plan.usage_ids)

    # === WORDS === #

    def test_amounts_are_written_as_amounts(self):
        contract = self.make_contract(limits_parts=True, parts_quota=1234567.89)
        with self.assertRaisesRegex(UserError, "1,234,567.89"):
            contract._correct("parts", 2000000, self.day("2026-03-03"), "Agreed")

    def test_currency_of_the_contract(self):
        """Whoever reads it, with whichever companies."""
        foreign = self.env.ref("base.CHF")
        foreign.active = True
        other = self.env["res.company"].create(
            {"name": "Swiss", "currency_id": foreign.id}
        )
        text = self.contract.with_company(other)._used_up_text("parts", 100)
        self.assertIn(self.company.currency_id.symbol, text)
        self.assertNotIn(foreign.symbol, text)
