# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Maintenance visits that contracts include: prepared ahead, once each."""

from ast import literal_eval
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.aftersales_service.tools.maintenance import due_days

from .common import GROUP
from .common_quota import QuotaCommon

CONTRACT = "odoo.addons.aftersales_service.models.aftersales_contract_maintenance"


@tagged("post_install", "-at_install")
class TestContractMaintenance(QuotaCommon):
    def setUp(self):
        super().setUp()
        # Due on 24 February and 26 May, and six times after that.
        self.contract = self.make_contract(maintenance_per_year=4)

    def run_job(self, hours=0):
        with self.at(hours), self.enter_registry_test_mode():
            cron = self.env.ref("aftersales_service.ir_cron_contract_maintenance")
            self.assertIs(cron.sudo().method_direct_trigger(), True)
        self.env.invalidate_all()

    def rows(self, contract=None):
        return (contract or self.contract).maintenance_ids

    # === DAYS === #

    def test_days(self):
        first, last = (fields.Date.to_date(day) for day in ("2026-01-01", "2026-12-31"))
        self.assertEqual(due_days(first, last, 0), [])
        self.assertEqual(
            due_days(first, last, 2),
            [fields.Date.to_date("2026-04-02"), fields.Date.to_date("2026-10-01")],
        )
        self.assertEqual(len(due_days(first, first, 12)), 1)
        for per_year in range(1, 53):
            days = due_days(first, last + timedelta(days=365), per_year)
            self.assertEqual(len(days), 2 * per_year)
            self.assertEqual(days, sorted(set(days)))
            gaps = {(b - a).days for a, b in zip(days, days[1:], strict=False)}
            self.assertLessEqual(max(gaps) - min(gaps), 1)
            # The next contract goes on at the same distance.
            edge = (days[0] - first).days + (last - days[-1]).days + 366
            self.assertLessEqual(abs(edge - max(gaps)), 1)

    # === THE JOB === #

    def test_prepared_ahead(self):
        self.run_job()
        row = self.rows()
        self.assertEqual((row.number, str(row.date)), (1, "2026-02-24"))
        visit, ticket = row.dispatch_id, row.ticket_ids
        self.assertEqual((visit.state, visit.mode), ("draft", "on_site"))
        self.assertEqual(visit.site_id, self.equipment.site_id)
        self.assertEqual(visit.job_ids.ticket_id, ticket)
        self.assertEqual(visit.job_ids.equipment_id, self.equipment)
        self.assertFalse(visit.technician_ids)
        self.assertIn(self.contract.name, ticket.name)
        self.assertEqual(
            (ticket.ticket_type, ticket.equipment_id, ticket.state, ticket.company_id),
            ("maintenance", self.equipment, "new", self.company),
        )
        # At nine o'clock in Berlin
        self.assertEqual(str(visit.scheduled_start), "2026-02-24 08:00:00")

    def test_once(self):
        for hours in (0, 1, 24, 24 * 7):
            self.run_job(hours)
        self.assertEqual(len(self.rows()), 1)
        # 26 May is 85 days after NOW.
        self.run_job(24 * 24)
        self.assertEqual(len(self.rows()), 1)
        self.run_job(24 * 25)
        self.assertEqual(sorted(self.rows().mapped("number")), [1, 2])
        self.run_job(24 * 365)
        self.assertNotIn(4, self.rows().mapped("number"), "too late for that")

    def test_one_visit_a_site(self):
        machines = self.make_equipment() | self.make_equipment("Asia/Tokyo")
        machines |= self.make_equipment("Asia/Tokyo")
        contract = self.make_contract(machines, maintenance_per_year=4)
        self.run_job()
        rows = self.rows(contract)
        self.assertEqual(rows.site_id, machines.site_id)
        tokyo = rows.filtered(lambda row: row.site_id == self.sites["Asia/Tokyo"])
        self.assertEqual(len(tokyo.dispatch_id.job_ids), 2)
        self.assertEqual(tokyo.ticket_ids.equipment_id, machines[1:])
        self.assertEqual(str(tokyo.dispatch_id.scheduled_start), "2026-02-24 00:00:00")

    def test_one_bad_contract_stops_no_other(self):
        bad = self.contract
        good = self.make_contract(self.make_equipment(), maintenance_per_year=4)
        origin = type(bad)._prepare_maintenance

        def prepare(contract, *args):
            rows = origin(contract, *args)
            if contract == bad:
                raise ValueError("broken")
            return rows

        with (
            patch.object(type(bad), "_prepare_maintenance", prepare),
            self.assertLogs(CONTRACT, "WARNING"),
        ):
            self.run_job()
        self.assertFalse(self.rows(bad))
        self.assertEqual(len(self.rows(good)), 1)
        self.assertEqual(bad.maintenance_problem, "broken")
        self.run_job()
        self.assertEqual(len(self.rows(bad)), 1)
        self.assertFalse(bad.maintenance_problem)

    def test_in_batches(self):
        for _index in range(4):
            self.make_contract(self.make_equipment(), maintenance_per_year=4)
        with patch(f"{CONTRACT}.BATCH_SIZE", 2):
            self.run_job()
        rows = self.env["aftersales.contract.maintenance"].search([])
        self.assertEqual(len(rows), 5)
        self.assertEqual(len(rows.contract_id), 5)

    def test_only_what_is_in_force(self):
        waiting = self.make_contract(activate=False, maintenance_per_year=4)
        none = self.make_contract()
        early = self.make_contract(
            start_date="2026-08-01", end_date="2027-07-31", maintenance_per_year=4
        )
        self.run_job()
        for contract in (waiting, none, early):
            self.assertFalse(self.rows(contract))

    def test_machines_that_are_covered_then(self):
        other = self.make_equipment()
        contract = self.make_contract(self.equipment | other, maintenance_per_year=4)
        with self.at(-24 * 10):
            contract._leave(other, fields.Date.to_date("2026-02-22"), "Scrapped")
        self.run_job()
        self.assertEqual(self.rows(contract).ticket_ids.equipment_id, self.equipment)

    # === NO PROMISE, NO QUOTA, NO CHARGE === #

    def test_no_promise(self):
        policies = self.env["aftersales.sla.policy"]
        values = {"clock": "arrive", "target_hours": 8, "company_id": self.company.id}
        policies.create({**values, "name": "All"})
        self.run_job()
        ticket = self.rows().ticket_ids
        self.assertFalse(ticket.sudo().clock_ids)
        asked = policies.create(
            {**values, "name": "Asked for", "ticket_type": "maintenance"}
        )
        with self.at(0):
            ticket._sync_clocks()
            self.assertEqual(ticket.sudo().clock_ids.policy_id, asked)
            # A report that turns out to be one is promised nothing any more.
            asked.active = False
            report = self.create_ticket()
            self.assertEqual(self.clocks(report)["arrive"].policy_id.name, "All")
            report.ticket_type = "maintenance"
            self.assertFalse(self.clocks(report))

    def test_waits_for_the_dispatcher(self):
        self.env["aftersales.forward.rule"].create(
            {
                "name": "All",
                "company_id": self.company.id,
                "team_id": self.team.id,
                "user_id": self.users["support"].id,
                "method": "fixed",
            }
        )
        self.run_job()
        ticket = self.rows().ticket_ids
        self.assertFalse(ticket.user_id)
        action = self.env.ref("aftersales_service.aftersales_ticket_action_to_dispatch")
        found = self.as_role("dispatcher", "aftersales.ticket").search(
            fields.Domain(literal_eval(action.domain))
        )
        self.assertIn(ticket, found)

    def carry_out_maintenance(self, lines):
        visit = self.as_role("dispatcher", self.rows().dispatch_id)
        with self.at(24):
            visit.write(
                {
                    "technician_ids": [Command.set(self.technician.ids)],
                    "scheduled_start": self.moment(48),
                    "scheduled_end": self.moment(50),
                }
            )
            visit.action_plan()
        with self.at(48):
            visit = self.carry_out(visit, lines)
            self.sign(visit)
        return visit

    def test_beside_the_included_visits(self):
        """It is paid with the contract; filters and oil are not."""
        self.contract.write(
            {
                "travel_share": 0,
                "labour_share": 0.5,
                "excluded_category_ids": [Command.set(self.filters.ids)],
            }
        )
        self.run_job()
        visit = self.carry_out_maintenance(
            [self.labour(2), self.part(self.pump), self.part(self.filter)]
        )
        self.assertEqual(
            self.amounts(visit),
            {"labour": 0, "callout": 0, "Pump": 0, "Oil Filter": 20},
        )
        self.assertFalse(self.contract.usage_ids)
        self.assertFalse(visit.quota_text)
        self.assertEqual(self.rows().ticket_ids.state, "solved")

    def test_what_is_found_is_decided_by_the_terms(self):
        self.contract.write({"labour_share": 0.5})
        self.run_job()
        ticket = self.rows().ticket_ids
        with self.at(1):
            finding = self.make_finding(self.equipment, ticket)
            self.set_cause(finding, "wear")
        found = self.labour(2)
        found[2]["finding_id"] = finding.id
        visit = self.carry_out_maintenance([self.labour(1), found])
        self.assertEqual(self.amounts(visit)["labour"], 100)
        self.assertEqual(self.amounts(visit)["callout"], 0)

    # === THE CONTRACT CHANGES === #

    def test_cancelled(self):
        self.run_job()
        row = self.rows()
        with self.at(0):
            self.contract._cancel("Sold", fields.Date.to_date("2026-02-20"))
        self.assertEqual(row.dispatch_id.state, "cancelled")
        self.assertEqual(row.ticket_ids.state, "cancelled")
        self.assertTrue(row.is_dropped)

    def test_suspended_and_resumed(self):
        self.run_job()
        self.run_job(24 * 30)
        coming = self.rows().filtered(lambda row: row.number == 2)
        with self.at(24 * 31):
            self.contract._suspend(fields.Date.to_date("2026-04-02"), "Not paid")
            self.assertEqual(coming.dispatch_id.state, "cancelled")
            # What was due before it is carried out.
            self.assertEqual(
                (self.rows() - coming).mapped("dispatch_id.state"), ["draft"]
            )
        self.run_job(24 * 32)
        self.assertEqual(len(self.rows()), 2)
        with self.at(24 * 40):
            self.contract._resume(fields.Date.to_date("2026-04-11"), "Paid")
        self.run_job(24 * 41)
        again = self.rows().filtered(lambda row: not row.is_dropped)
        self.assertEqual(sorted(again.mapped("number")), [1, 2])

    def plan_coming(self):
        """Prepare the first visit and plan it: the customer knows when it is."""
        self.run_job()
        visit = self.as_role("dispatcher", self.rows().dispatch_id)
        with self.at(1):
            visit.write(
                {
                    "technician_ids": [Command.set(self.technician.ids)],
                    "scheduled_start": self.moment(48),
                    "scheduled_end": self.moment(50),
                }
            )
            visit.action_plan()
        return visit.sudo()

    def test_planned_visits_of_a_pause_are_the_dispatchers(self):
        visit = self.plan_coming()
        with self.at(2):
            self.contract._suspend(fields.Date.to_date("2026-02-20"), "Not paid")
            self.contract._contract_changed()
        self.assertEqual(visit.state, "planned")
        activity = visit.activity_ids
        self.assertEqual(len(activity), 1, "asked once")
        dispatchers = self.env["res.users"].search(
            [("all_group_ids", "in", self.env.ref(GROUP % "dispatcher").ids)]
        )
        self.assertIn(activity.user_id, visit.team_id.leader_id or dispatchers)
        self.assertIn("does not cover", activity.summary)
        # Covered again, it is no question any more; the next time it is one again.
        with self.at(3):
            self.contract._resume(fields.Date.to_date("2026-02-20"), "Paid")
            self.assertFalse(visit.activity_ids)
            self.assertIn("covers this maintenance", visit.message_ids[0].body)
            self.contract._suspend(fields.Date.to_date("2026-02-21"), "Not paid")
        self.assertEqual(len(visit.activity_ids), 1)
        # The dispatcher has decided.
        self.as_role("dispatcher", visit).action_cancel()
        self.assertFalse(visit.activity_ids)

    def test_who_left_is_not_asked(self):
        visit = self.plan_coming()
        gone = self.users["dispatcher"].copy({"login": "as_gone", "active": False})
        visit.team_id.leader_id = gone
        with self.at(2):
            self.contract._suspend(fields.Date.to_date("2026-02-20"), "Not paid")
        self.assertTrue(visit.activity_ids.user_id.active)

    def test_planned_visits_of_a_cancelled_contract_are_called_off(self):
        visit = self.plan_coming()
        row = self.rows()
        with self.at(2):
            self.contract._cancel("Sold", fields.Date.to_date("2026-02-20"))
        self.assertEqual(visit.state, "cancelled")
        self.assertEqual(row.ticket_ids.state, "cancelled")
        self.assertTrue(row.is_dropped)
        self.assertFalse(visit.activity_ids)
        bodies = " ".join(visit.message_ids.mapped("body"))
        self.assertIn(f"{self.contract.name} was cancelled", bodies)

    def test_planned_visits_after_a_coming_cancellation(self):
        """Until the day comes it can be withdrawn: the dispatcher is asked."""
        visit = self.plan_coming()
        self.run_job(24 * 30)
        coming = self.rows().filtered(lambda row: row.number == 2).dispatch_id
        coming.write(
            {
                "technician_ids": [Command.set(self.technician.ids)],
                "scheduled_start": self.moment(24 * 85),
                "scheduled_end": self.moment(24 * 85 + 2),
            }
        )
        with self.at(24 * 31):
            coming.action_plan()
            self.contract._cancel("Sold", fields.Date.to_date("2026-05-01"))
            self.assertEqual(coming.state, "planned")
            self.assertEqual(len(coming.activity_ids), 1)
            self.contract._withdraw_cancellation()
            self.assertFalse(coming.activity_ids)
            self.contract._cancel("Sold", fields.Date.to_date("2026-05-01"))
            self.assertEqual(len(coming.activity_ids), 1)
        with self.at(24 * 62):
            self.contract._catch_up()
        self.assertEqual(self.contract.state, "cancelled")
        self.assertEqual(coming.state, "cancelled")
        self.assertFalse(coming.activity_ids)
        # What was due before that day is still owed.
        self.assertEqual(visit.state, "planned")

    def test_planned_visits_with_other_work_are_not_called_off(self):
        visit = self.plan_coming()
        other = self.create_ticket(equipment_id=self.equipment.id)
        visit.job_ids.create({"dispatch_id": visit.id, "ticket_id": other.id})
        with self.at(2):
            self.contract._cancel("Sold", fields.Date.to_date("2026-02-20"))
        self.assertEqual(visit.state, "planned")
        self.assertNotEqual(other.state, "cancelled")
        self.assertEqual(len(visit.activity_ids), 1)

    def test_somebody_is_at_work_already(self):
        """He ends his visit; the one that was to follow goes, the contract as well."""
        self.run_job()
        row = self.rows()
        visit = row.dispatch_id.copy({"technician_ids": self.technician.ids})
        self.assertEqual(visit.job_ids.ticket_id, row.ticket_ids)
        visit.state = "on_way"
        with self.at(2):
            self.contract._cancel("Sold", fields.Date.to_date("2026-02-20"))
        self.assertEqual(self.contract.state, "cancelled")
        self.assertEqual(visit.state, "on_way")
        self.assertNotEqual(row.ticket_ids.state, "cancelled")

    def test_machines_join_and_leave_a_draft(self):
        other = self.make_equipment()
        self.run_job(-24 * 20)
        row = self.rows()
        with self.at(-24 * 19):
            self.contract._join(other, fields.Date.to_date("2026-02-12"), "Bought")
            self.assertEqual(
                row.dispatch_id.job_ids.equipment_id, self.equipment | other
            )
            self.contract._leave(
                self.equipment, fields.Date.to_date("2026-02-14"), "Sold"
            )
            self.assertEqual(row.dispatch_id.job_ids.equipment_id, other)
            self.assertEqual(row.dispatch_id.state, "draft")
        self.assertFalse(row.is_dropped)
        gone = row.ticket_ids.filtered(lambda t: t.equipment_id == self.equipment)
        self.assertEqual(gone.state, "cancelled")

    def test_machine_moves_before_its_maintenance(self):
        """The draft goes with it; nobody goes to the place where it was."""
        self.run_job(-24 * 20)
        old = self.rows()
        with self.at(-24 * 19):
            self.equipment.site_id = self.sites["Asia/Tokyo"]
            self.assertEqual(
                (old.is_dropped, old.dispatch_id.state), (True, "cancelled")
            )
        self.run_job(-24 * 19)
        new = self.rows() - old
        self.assertEqual(new.site_id, self.sites["Asia/Tokyo"])
        self.assertEqual(new.dispatch_id.job_ids.equipment_id, self.equipment)

    def test_machine_moves_after_its_maintenance(self):
        self.run_job()
        self.carry_out_maintenance([self.labour(1)])
        with self.at(72):
            self.equipment.site_id = self.sites["Asia/Tokyo"]
        self.run_job(73)
        self.assertEqual(len(self.rows()), 1)

    # === RIGHTS === #

    def test_nobody_writes_the_plan(self):
        self.run_job()
        for role in ("manager", "dispatcher", "technician"):
            row = self.as_role(role, self.rows())
            self.assertEqual(row.number, 1)
            with self.subTest(role), self.assertRaises(AccessError):
                row.write({"number": 9})
            with self.subTest(role), self.assertRaises(AccessError):
                row.unlink()
            with self.subTest(role), self.assertRaises(AccessError):
                row.create({"contract_id": self.contract.id})
        with self.assertRaises(AccessError):
            self.as_role("manager", self.create_ticket()).write(
                {"maintenance_id": self.rows().id}
            )
