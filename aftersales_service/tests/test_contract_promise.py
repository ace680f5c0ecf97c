# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How fast a contract promises to serve, and that its end takes nothing back.

"Case n" are the numbers of the project's list of known failures of such systems.
"""

from odoo import Command
from odoo.tests import tagged

from .common_contract import ContractCommon
from .sla_common import SlaCommon, utc


@tagged("post_install", "-at_install")
class TestContractPromise(SlaCommon, ContractCommon):
    def setUp(self):
        super().setUp()
        self.plain = self.make_policy("respond", 24, around_the_clock=True)
        self.fast = self.make_policy(
            "respond", 4, around_the_clock=True, response_class_id=self.gold.id
        )
        self.medium = self.make_policy(
            "respond", 8, around_the_clock=True, response_class_id=self.silver.id
        )
        self.equipment = self.make_equipment()

    def gold_contract(self, machines=None, *args, **values):
        values.setdefault("response_class_id", self.gold.id)
        return self.make_contract(machines or self.equipment, *args, **values)

    def answer(self, ticket):
        """Return policy, deadline and outcome of the answer that is promised."""
        clock = self.clock(ticket, "respond")
        return clock.policy_id, clock.deadline, clock.outcome

    def reported(self, moment=0, **values):
        values.setdefault("equipment_id", self.equipment.id)
        return SlaCommon.report(self, moment, **values)

    # === IN FORCE === #

    def test_the_class_of_the_contract_decides(self):
        self.gold_contract()
        ticket = self.reported()
        self.assertEqual(ticket._sla_response_class(), self.gold)
        self.assertEqual(self.answer(ticket), (self.fast, utc(2, 13), "open"))
        clock = self.clock(ticket, "respond")
        self.assertEqual(clock.matched_on, "response_class_id")
        other = self.reported(equipment_id=self.make_equipment().id)
        self.assertFalse(other._sla_response_class())
        self.assertEqual(self.answer(other)[0], self.plain)

    def test_the_best_of_several(self):
        self.gold_contract(response_class_id=self.silver.id)
        self.assertEqual(self.answer(self.reported())[0], self.medium)
        self.gold_contract()
        self.gold_contract(response_class_id=False)
        self.assertEqual(self.answer(self.reported())[0], self.fast)

    def test_not_signed_and_not_begun_promise_nothing(self):
        offer = self.gold_contract(agreed=False)
        self.gold_contract(None, "2026-03-03")
        ticket = self.reported()
        self.assertEqual(self.answer(ticket)[0], self.plain)
        with self.at(1):
            offer._cancel("Too expensive")
        self.assertEqual(self.answer(self.reported(2))[0], self.plain)

    def test_suspended_promises_nothing_new(self):
        contract = self.gold_contract()
        with self.at(0):
            contract._suspend(self.as_date("2026-03-02"), "Invoice not paid")
        self.assertEqual(self.answer(self.reported())[0], self.plain)

    def test_machine_named_later(self):
        self.gold_contract()
        ticket = self.reported(equipment_id=False)
        self.assertEqual(self.answer(ticket)[0], self.plain)
        with self.at(1):
            self.as_role("intake", ticket).equipment_id = self.equipment
        self.assertEqual(self.answer(ticket), (self.fast, utc(2, 13), "open"))

    # === OPEN CLOCKS FOLLOW === #

    def test_signature_retargets_open_clocks(self):
        ticket = self.reported()
        contract = self.gold_contract(agreed=False)
        self.assertEqual(self.answer(ticket), (self.plain, utc(3, 9), "open"))
        with self.at(1):
            contract._activate()
        self.assertEqual(self.answer(ticket), (self.fast, utc(2, 13), "open"))
        clock = self.clock(ticket, "respond")
        self.assertEqual(self.ledger(clock), ["start", "retarget"])
        self.assertEqual(ticket.next_deadline, utc(2, 13))
        self.assert_rebuilds(clock)

    def test_finished_clocks_stay(self):
        ticket = self.reported()
        with self.at(1):
            self.as_role("technician", ticket)._respond(self.NOW)
        self.assertEqual(self.answer(ticket)[2], "met")
        self.gold_contract()
        self.assertEqual(self.answer(ticket)[0], self.plain)

    def test_machine_that_joins_retargets(self):
        contract = self.gold_contract(self.make_equipment())
        ticket = self.reported(equipment_id=self.equipment.id)
        self.assertEqual(self.answer(ticket)[0], self.plain)
        with self.at(1):
            contract._join(self.equipment, self.as_date("2026-03-02"), "One more")
        self.assertEqual(self.answer(ticket)[0], self.fast)

    def test_the_ticket_it_was_quoted_for(self):
        """Reported on Monday, signed on Wednesday from Wednesday on."""
        ticket = self.reported()
        other = self.reported()
        with self.at(48):
            self.gold_contract(
                None,
                "2026-03-04",
                covered_ticket_ids=[Command.set(ticket.ids)],
                response_class_id=self.silver.id,
            )
        self.assertEqual(self.answer(ticket)[0], self.medium)
        self.assertEqual(self.answer(other)[0], self.plain)

    # === CASE 6 === #

    def kept_after(self, end):
        """Report under a contract, let it end, and write on the ticket.

        :param end: function that ends the contract
        """
        contract = self.gold_contract()
        ticket = self.reported()
        before = self.answer(ticket)
        self.assertEqual(before, (self.fast, utc(2, 13), "open"))
        with self.at(self.day(3, hour=9)):
            end(contract)
            self.assertEqual(self.answer(ticket), before)
            ticket._sync_clocks()
            self.as_role("dispatcher", ticket).service_mode = "remote"
            self.as_role("dispatcher", ticket).ticket_type = "support"
        self.assertEqual(self.answer(ticket), before)
        self.assertEqual(ticket.next_deadline, utc(2, 13))
        new = self.reported(self.day(4))
        self.assertEqual(self.answer(new)[0], self.plain)
        return contract

    def test_case_6_cancelled(self):
        contract = self.kept_after(lambda c: c._cancel("Machine sold"))
        self.assertEqual(contract.state, "cancelled")

    def test_case_6_suspended(self):
        contract = self.kept_after(
            lambda c: c._suspend(self.as_date("2026-03-03"), "Not paid")
        )
        self.assertEqual(contract.state, "suspended")

    def test_case_6_left(self):
        self.kept_after(
            lambda c: c._leave(self.equipment, self.as_date("2026-03-03"), "Sold")
        )

    def test_case_6_expired(self):
        contract = self.gold_contract(None, "2025-03-03")
        ticket = self.reported()
        before = self.answer(ticket)
        self.assertEqual(before[0], self.fast)
        with self.at(self.day(5)):
            contract._catch_up()
            self.assertEqual(contract.state, "expired")
            self.as_role("dispatcher", ticket).service_mode = "remote"
        self.assertEqual(self.answer(ticket), before)

    # === COST === #

    def test_looked_up_for_all_at_once(self):
        machines = [self.make_equipment() for _ in range(10)]
        self.gold_contract(self.equipment.union(*machines))
        tickets = [self.reported(equipment_id=machine.id) for machine in machines]
        counts = []
        for number in (2, 10):
            chosen = tickets[0].union(*tickets[:number])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            classes = chosen.sudo()._sla_response_classes()
            counts.append(self.cr.sql_log_count - before)
            self.assertEqual(set(classes.values()), {self.gold})
        self.assertEqual(counts[0], counts[1])

    def test_nothing_is_asked_without_policies_of_classes(self):
        (self.fast | self.medium).action_archive()
        self.gold_contract()
        names = self.env["aftersales.sla.policy"]._criteria_in_use()
        self.assertNotIn("response_class_id", names)
        ticket = self.reported()
        self.assertNotIn("response_class_id", ticket._sla_facts()[ticket])
        self.assertEqual(self.answer(ticket)[0], self.plain)
