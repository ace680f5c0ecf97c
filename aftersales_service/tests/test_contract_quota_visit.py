# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What visits take of a contract, from their planning to the signature."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_quota import QuotaCommon


@tagged("post_install", "-at_install")
class TestContractQuotaVisit(QuotaCommon):
    def test_reserved_and_consumed(self):
        contract = self.make_contract()
        with self.at(0):
            visit = self.plan()
        self.assertEqual(self.balance(contract), (1, 0, 1))
        self.assertIn("1 of 2 visits left", visit.quota_text)
        self.assertFalse(visit.quota_warning)
        row = contract.usage_ids
        self.assertEqual(
            (row.user_id, row.dispatch_id), (self.users["dispatcher"], visit)
        )
        with self.at(24):
            visit = self.carry_out(visit, [self.labour()])
            self.assertEqual(self.balance(contract), (1, 0, 1))
            self.assertEqual(visit.charge_total, 0)
            self.sign(visit)
        self.assertEqual(self.balance(contract), (0, 1, 1))
        self.assertEqual(self.steps(contract), ["reserve", "consume"])

    def test_without_a_finding(self):
        """Nothing is found yet: what is presumed decides."""
        contract = self.make_contract()
        with self.at(0):
            self.plan(self.report(cause=None))
        self.assertEqual(self.balance(contract), (1, 0, 1))

    def test_refused_and_nobody_present(self):
        contract = self.make_contract()
        for index, outcome in enumerate(("refused", "absent")):
            with self.at(100 * index):
                visit = self.plan(hours=100 * index + 24)
            with self.at(100 * index + 24):
                visit = self.carry_out(visit)
                values = {"outcome_reason": "Shut", "charges_answer": False}
                if outcome == "absent":
                    values |= {"signer_name": False, "signature": False}
                self.sign(visit, outcome=outcome, **values)
            self.assertEqual(self.balance(contract)[1], index + 1)

    def test_cancelled_and_planned_again(self):
        contract = self.make_contract()
        with self.at(0):
            visit = self.plan()
            visit.action_cancel()
            self.assertEqual(self.balance(contract), (0, 0, 2))
            visit.action_draft()
            visit.action_plan()
            self.assertEqual(self.balance(contract), (1, 0, 1))
            visit.action_draft()
        self.assertEqual(self.balance(contract), (0, 0, 2))
        self.assertEqual(self.steps(contract), ["reserve", "release"] * 2)

    def test_rescheduled(self):
        """It keeps its reservation, and counts in the year in which it takes place."""
        contract = self.make_contract()
        with self.at(0):
            visit = self.plan()
            visit.scheduled_start = self.moment(48)
            self.assertEqual(self.steps(contract), ["reserve"])
            visit.scheduled_start = "2027-01-12 08:00:00"
        self.assertEqual(self.balance(contract), (0, 0, 2))
        self.assertEqual(self.balance(contract, day="2027-02-01"), (1, 0, 1))
        self.assertIn("1 of 2 visits left", visit.quota_text)
        with self.at(0):
            visit.scheduled_start = "2027-01-08 08:00:00"
        self.assertEqual(self.balance(contract), (1, 0, 1))

    def test_moved_to_a_year_that_is_full(self):
        """It is no visit of the contract any more, and says so."""
        contract = self.make_contract()
        with self.at(0):
            self.plan(hours=24 * 400)
            self.plan(hours=24 * 401)
            visit = self.plan(hours=24)
            self.assertIn("1 of 2 visits left", visit.quota_text)
            visit.scheduled_start = self.moment(24 * 402)
        self.assertEqual(self.balance(contract), (0, 0, 2))
        self.assertIn("all used or planned", visit.quota_warning)
        self.assertIn("does not pay for labour and travel", visit.message_ids[0].body)

    def test_the_day_at_the_site_counts(self):
        """10 January begins in Tokyo while it is the 9th in UTC."""
        machine = self.make_equipment("Asia/Tokyo", delivery_date="2024-01-01")
        contract = self.make_contract(machine)
        with self.at(0):
            visit = self.draft(self.report(machine))
            visit.scheduled_start = "2027-01-09 16:00:00"
            visit.action_plan()
        self.assertEqual(self.balance(contract, day="2027-01-10"), (1, 0, 1))

    def test_beyond_the_quota(self):
        contract = self.make_contract(visit_quota=1)
        with self.at(0):
            other = self.report(cause="design")
            finding = other.finding_ids
            self.assertEqual(self.who_pays(finding)[1], ("contract", 1.0))
            self.plan()
            # Open decisions about the machines are taken again.
            self.assertEqual(
                self.who_pays(finding),
                [("contract", 1.0), ("customer", 1.0), ("customer", 1.0)],
            )
            self.assertEqual(
                self.codes(finding, "labour"), {contract.name: "quota_used_up"}
            )
            reasons = finding.coverage_id.line_ids.rejection_ids.mapped("reason")
            self.assertIn("Included visits: 1, all used or planned", reasons)
            visit = self.plan(other, hours=48)
        self.assertEqual(self.balance(contract), (1, 0, 0))
        self.assertIn("Make a quotation", visit.quota_warning)
        bodies = "".join(visit.message_ids.mapped("body"))
        self.assertIn("Included visits: 1, all used or planned", bodies)
        with self.at(48):
            visit = self.carry_out(visit, [self.labour(), self.part(self.pump)])
            self.assertEqual(
                self.amounts(visit), {"labour": 100, "callout": 80, "Pump": 0}
            )
            self.sign(visit)
        self.assertEqual(self.balance(contract), (1, 0, 0))

    def test_beyond_by_an_approved_quote(self):
        """The native quotation of the visit, and a row that names its order."""
        contract = self.make_contract(visit_quota=1)
        visit, order = self.sign_beyond()
        row = contract.usage_ids.filtered("order_id")
        self.assertEqual(
            (row.order_id, row.step, row.quantity, row.dispatch_id.id),
            (order, "consume", 1, visit.id),
        )
        self.assertEqual(self.balance(contract), (1, 1, 0))

    def test_released_goes_to_who_waits(self):
        contract = self.make_contract(visit_quota=1)
        with self.at(0):
            first = self.plan()
            second = self.plan(hours=48)
            self.assertTrue(second.quota_warning)
            first.action_cancel()
        second.invalidate_recordset()
        self.assertFalse(second.quota_warning)
        self.assertEqual(self.balance(contract), (1, 0, 0))
        self.assertEqual(
            contract.usage_ids.filtered(lambda r: r.step == "reserve").dispatch_id,
            first | second,
        )

    def test_warranty_pays(self):
        """What the warranty pays, the contract is not asked for."""
        contract = self.make_contract(travel_share=0)
        self.cover("plain")
        with self.at(0):
            visit = self.plan(self.report(cause="manufacturing"))
            self.assertFalse(contract.usage_ids)
            self.assertFalse(visit.quota_text)
            self.plan(self.report(cause="wear"), hours=48)
        self.assertEqual(self.balance(contract), (1, 0, 1))

    def test_found_out_at_the_site(self):
        """It was presumed to be the contract's, and is the warranty's."""
        contract = self.make_contract(travel_share=0)
        with self.at(0):
            ticket = self.report()
            visit = self.plan(ticket)
            self.assertEqual(self.balance(contract), (1, 0, 1))
        self.cover("plain")
        with self.at(24):
            self.set_cause(ticket.finding_ids, "manufacturing")
            visit = self.carry_out(visit, [self.labour()])
            self.assertEqual(self.balance(contract), (0, 0, 2))
            self.sign(visit)
        self.assertEqual(self.steps(contract), ["reserve", "release"])

    def test_remote_and_workshop(self):
        contract = self.make_contract(visit_quota=0)
        with self.at(0):
            ticket = self.report()
            self.assertEqual(self.who_pays(ticket.finding_ids)[1][0], "customer")
            self.as_role("dispatcher", ticket).service_mode = "remote"
            self.assertEqual(self.who_pays(ticket.finding_ids)[1][0], "contract")
            visit = self.draft(ticket)
            visit.mode = "remote"
            visit.action_plan()
        self.assertFalse(contract.usage_ids)
        self.assertFalse(visit.quota_warning)

    def test_two_tickets_of_a_contract(self):
        """One visit to two machines of a contract is one visit."""
        second = self.make_equipment()
        contract = self.make_contract(self.equipment | second)
        with self.at(0):
            visit = self.draft(self.report())
            visit.job_ids = [
                Command.create({"ticket_id": self.report(second).id}),
            ]
            visit.action_plan()
            self.assertEqual(self.balance(contract), (1, 0, 1))
            visit.job_ids[0].unlink()
            self.assertEqual(self.balance(contract), (1, 0, 1))
            visit.job_ids.ticket_id._set_state("in_progress")

    def test_two_contracts(self):
        second = self.make_equipment()
        contracts = self.make_contract() | self.make_contract(second)
        with self.at(0):
            visit = self.draft(self.report())
            visit.action_plan()
            self.assertFalse(contracts[1].usage_ids)
            visit.job_ids = [Command.create({"ticket_id": self.report(second).id})]
        for contract in contracts:
            self.assertEqual(self.balance(contract), (1, 0, 1))
        self.assertEqual(visit.quota_text.count("1 of 2"), 2)

    def test_signed_while_the_visit_is_planned(self):
        contract = self.make_contract(activate=False)
        with self.at(0):
            visit = self.plan()
            self.assertFalse(contract.usage_ids)
            contract._activate()
        self.assertEqual(self.balance(contract), (1, 0, 1))
        visit.invalidate_recordset()
        self.assertIn("1 of 2 visits left", visit.quota_text)

    def test_second_visit_of_a_ticket(self):
        """What was decided for the fault does not pay for a visit beyond."""
        contract = self.make_contract(visit_quota=1)
        with self.at(0):
            ticket = self.report()
            visit = self.plan(ticket)
        with self.at(24):
            visit = self.carry_out(visit)
            visit.job_ids.result = "revisit"
            self.sign(visit)
        finding = ticket.finding_ids
        self.assertEqual(self.who_pays(finding)[1], ("contract", 1.0))
        with self.at(30):
            again = self.plan(ticket, hours=48)
            self.assertTrue(again.quota_warning)
        with self.at(48):
            again = self.carry_out(again, [self.labour()])
            self.assertEqual(self.amounts(again)["labour"], 100)
        self.assertEqual(self.balance(contract), (0, 1, 0))

    # === HOURS AND PARTS === #

    def limited(self, **values):
        return self.make_contract(
            limits_visits=False,
            limits_hours=True,
            hour_quota=3,
            limits_parts=True,
            parts_quota=400,
            **values,
        )

    def work(self, hours, pumps, start=0):
        with self.at(start):
            visit = self.plan(hours=start + 24)
        with self.at(start + 24):
            lines = [self.labour(hours)] if hours else []
            lines += [self.part(self.pump, pumps)] if pumps else []
            return self.carry_out(visit, lines)

    def test_hours_and_parts(self):
        contract = self.limited()
        visit = self.work(2, 1)
        self.assertEqual(visit.charge_total, 0)
        # Shown to the customer, so nobody else gets it meanwhile.
        self.assertEqual(self.balance(contract, "hour"), (2, 0, 1))
        self.assertEqual(self.balance(contract, "parts"), (300, 0, 100))
        with self.at(24):
            visit.action_continue()
            self.assertEqual(self.balance(contract, "hour"), (0, 0, 3))
            visit.action_finish()
            self.sign(visit)
        self.assertEqual(self.balance(contract, "hour"), (0, 2, 1))
        self.assertEqual(self.balance(contract, "parts"), (0, 300, 100))

    def test_the_rest_is_charged(self):
        contract = self.limited()
        with self.at(24):
            self.sign(self.work(2, 1))
        visit = self.work(2, 1, start=100)
        # One hour of two, and a third of the pump.
        self.assertEqual(self.amounts(visit)["labour"], 100)
        self.assertAlmostEqual(self.amounts(visit)["Pump"], 200.01)
        with self.at(124):
            self.sign(visit)
        self.assertEqual(self.balance(contract, "hour"), (0, 3, 0))
        self.assertEqual(self.balance(contract, "parts"), (0, 399.99, 0.01))
        # Decided from now on: the hours are used up.
        with self.at(200):
            ticket = self.report()
            self.assertEqual(
                [payer for payer, _share in self.who_pays(ticket.finding_ids)],
                ["contract", "customer", "contract"],
            )

    def test_excluded_parts_take_nothing(self):
        contract = self.limited(excluded_category_ids=[Command.set(self.filters.ids)])
        with self.at(0):
            visit = self.plan()
        with self.at(24):
            visit = self.carry_out(visit, [self.part(self.filter, 2)])
            self.assertEqual(self.amounts(visit)["Oil Filter"], 40)
            self.sign(visit)
        self.assertEqual(self.balance(contract, "parts"), (0, 0, 400))

    def test_corrected_form(self):
        """A new version corrects the ledger by the difference."""
        contract = self.limited()
        visit = self.work(1, 1)
        with self.at(24):
            self.sign(visit)
            visit.action_correct()
            visit.line_ids.filtered(lambda ln: ln.kind == "labour").hours = 2
            visit.line_ids.filtered(lambda ln: ln.kind == "part").unlink()
            self.sign(visit, replaces_reason="Forgot an hour")
        self.assertEqual(self.balance(contract, "hour"), (0, 2, 1))
        self.assertEqual(self.balance(contract, "parts"), (0, 0, 400))
        self.assertEqual(self.steps(contract, "hour")[-1], "correct")
        self.assertEqual(visit.charge_total, 0)

    def test_correction_taken_back(self):
        contract = self.limited()
        visit = self.work(1, 0)
        with self.at(24):
            self.sign(visit)
            rows = len(contract.usage_ids)
            visit.action_correct()
            visit.action_keep_version()
        self.assertEqual(self.balance(contract, "hour"), (0, 1, 2))
        self.assertEqual(len(contract.usage_ids), rows)

    # === COST, RIGHTS === #

    def test_a_visit_in_the_ledger_is_kept(self):
        self.make_contract()
        with self.at(0):
            visit = self.plan()
            visit.action_cancel()
            with self.assertRaisesRegex(UserError, "ledger"):
                self.as_role("manager", visit).unlink()

    def test_queries(self):
        """Planning costs the same, however many machines the contract has."""
        many = self.make_equipment()
        for _index in range(19):
            many |= self.make_equipment()
        small, large = self.make_contract(), self.make_contract(many)
        counts = []
        with self.at(0):
            for contract in (small, large, large):
                visit = self.draft(self.report(contract.line_ids.equipment_id[0]))
                visit.scheduled_start = self.moment(24 * (len(counts) + 1))
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.cr.sql_log_count
                visit.action_plan()
                self.env.flush_all()
                counts.append(self.cr.sql_log_count - before)
        self.assertLess(max(counts[1:]), counts[0] + 15, counts)
        self.assertLess(max(counts), 150, counts)
