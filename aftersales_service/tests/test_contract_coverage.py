# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What contracts pay, and when it is decided again."""

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common_contract import CHARGED, FREE, WARRANTY, ContractCommon


@tagged("post_install", "-at_install")
class TestContractCoverage(ContractCommon):
    def setUp(self):
        super().setUp()
        # Out of warranty since 15 May 2021
        self.equipment = self.make_equipment(delivery_date="2020-05-15")
        self.warranty = self.grant(self.equipment, self.make_term())

    def found(self, moment=0, **values):
        """Write down a finding on a ticket reported at a moment."""
        return self.make_finding(self.equipment, self.report(moment), **values)

    # === WHO PAYS === #

    def test_the_contract_pays_and_is_named(self):
        contract = self.make_contract(self.equipment)
        finding = self.found()
        self.assertEqual(self.who_pays(finding), [FREE, FREE, FREE])
        lines = finding.coverage_id.line_ids
        self.assertEqual(lines.contract_id, contract)
        self.assertEqual(set(lines.mapped("source_ref")), {contract.name})
        self.assertFalse(lines.warranty_id)
        self.assertEqual(self.codes(finding)[self.warranty.name], "ended")
        self.set_cause(finding, "wear")
        self.assertEqual(
            finding.coverage_summary,
            f"Parts, labour, and travel free under contract {contract.name} until "
            "February 28, 2027",
        )
        content = self.as_role("technician", finding)._coverage_content("en_US")
        self.assertEqual(
            (content["lines"][0]["payer"], content["lines"][0]["source"]),
            ("Contract", contract.name),
        )

    def test_presumed_before_there_is_a_finding(self):
        contract = self.make_contract(self.equipment)
        ticket = self.report(equipment_id=self.equipment.id)
        seen = self.as_role("intake", ticket)
        self.assertIn(f"contract {contract.name}", seen.coverage_summary)
        self.assertEqual(seen.contract_id, contract)
        self.assertFalse(seen.can_quote_contract)

    def test_days_decide(self):
        """The last day is covered, whatever became of the contract since."""
        contract = self.make_contract(self.equipment, "2025-03-03")
        self.assertEqual(contract.end_date, self.as_date("2026-03-02"))
        with self.at(self.day(20)):
            contract._catch_up()
            self.assertEqual(contract.state, "expired")
            ticket = self.report(self.day(3))
            finding = self.make_finding(self.equipment, ticket)
            self.assertEqual(self.who_pays(finding)[0], CHARGED)
            self.assertEqual(self.codes(finding)[contract.name], "ended")
            finding.occurred_on = "2026-03-02"
            self.assertEqual(self.who_pays(finding)[0], FREE)
            finding.occurred_on = "2025-03-02"
            self.assertEqual(self.codes(finding)[contract.name], "not_started")

    def test_the_day_is_the_one_at_the_site(self):
        """On 1 March in Tokyo it is still February in Berlin and in UTC."""
        tokyo = self.make_equipment("Asia/Tokyo")
        contract = self.make_contract(tokyo)
        ticket = self.report(self.day(28, 2, 16))
        finding = self.make_finding(tokyo, ticket)
        self.assertEqual(self.who_pays(finding)[0], FREE)
        losa = self.make_equipment("America/Los_Angeles")
        contract = self.make_contract(losa)
        finding = self.make_finding(losa, self.report(self.day(1, 3, 5)))
        self.assertEqual(self.codes(finding)[contract.name], "not_started")

    def test_warranty_pays_before_a_contract(self):
        machine = self.make_equipment(delivery_date="2025-06-01")
        warranty = self.grant(machine, self.make_term())
        contract = self.make_contract(machine)
        finding = self.make_finding(machine, self.report())
        self.assertEqual(self.who_pays(finding), [WARRANTY, WARRANTY, FREE])
        self.assertEqual(self.codes(finding), {contract.name: "after_warranty"})
        self.assertIn(
            f"{warranty.name} pays as much, and first",
            finding.coverage_id.line_ids[0].rejected,
        )

    def test_terms(self):
        contract = self.make_contract(
            self.equipment,
            parts_share=0.5,
            travel_share=0,
            excluded_category_ids=[Command.set(self.filters.ids)],
        )
        finding = self.found(part_product_id=self.pump.id)
        self.assertEqual(self.who_pays(finding), [("contract", 0.5), FREE, CHARGED])
        finding.part_product_id = self.filter
        self.assertEqual(self.codes(finding)[contract.name], "excluded_part")
        finding.part_product_id = False
        self.set_cause(finding, "transport")
        self.assertEqual(self.codes(finding)[contract.name], "liability")

    def test_accidental_damage(self):
        """Improper use is paid by a contract that says so, once it is determined."""
        for covers, payer in ((False, CHARGED), (True, FREE)):
            with self.subTest(covers=covers):
                machine = self.make_equipment()
                self.make_contract(machine, covers_misuse=covers)
                finding = self.make_finding(machine, self.report())
                self.propose(finding)
                self.approve(finding)
                self.notice(finding, "explain").action_explain()
                self.acknowledge(finding)
                self.assertEqual(finding.misuse_state, "determined")
                self.assertEqual(self.who_pays(finding)[0], payer)

    def test_part_that_the_chosen_one_excludes(self):
        """Oil filters: not under the warranty, but under a full-service contract."""
        machine = self.make_equipment(delivery_date="2025-06-01")
        term = self.make_term(excluded_category_ids=self.filters.ids)
        warranty = self.grant(machine, term)
        contract = self.make_contract(machine)
        coverage = self.make_finding(machine, self.report()).coverage_id
        self.assertEqual(coverage._part_payer(self.pump), WARRANTY)
        self.assertEqual(coverage._part_source(self.pump)[2], warranty.name)
        self.assertEqual(
            coverage._part_source(self.filter),
            ("contract", 1.0, contract.name, self.as_date("2027-02-28")),
        )
        # what was decided stays, whatever becomes of the terms
        self.assertEqual(coverage._part_payer(self.env["product.product"]), WARRANTY)

    def test_charges_name_the_contract(self):
        contract = self.make_contract(
            self.equipment, excluded_category_ids=[Command.set(self.filters.ids)]
        )
        ticket = self.report(equipment_id=self.equipment.id)
        finding = self.make_finding(self.equipment, ticket)
        with self.at(0):
            visit = self.plan_visit(ticket)
        free, why = visit._free_share("labour", visit.job_ids, finding)
        self.assertEqual(free, 1.0)
        self.assertIn(f"under contract {contract.name}", why)
        free, why = visit._free_share("parts", visit.job_ids, finding, self.filter)
        self.assertEqual((free, why), (0.0, "Wear parts are not part of the contract."))
        ticket.finding_ids.unlink()
        why = visit._free_share("travel", visit.job_ids, ticket.finding_ids)[1]
        self.assertIn(f"under contract {contract.name}", why)

    # === WHAT DOES NOT PAY === #

    def test_not_signed_yet(self):
        contract = self.make_contract(self.equipment, agreed=False)
        finding = self.found()
        self.assertEqual(self.who_pays(finding)[0], CHARGED)
        self.assertEqual(self.codes(finding)[contract.name], "contract_not_signed")
        line = finding.coverage_id.line_ids[0]
        self.assertIn(f"{contract.name}: Not signed yet", line.rejected)
        self.assertEqual(line.rejection_ids.contract_id, contract)
        contract._activate()
        self.assertEqual(self.who_pays(finding)[0], FREE)

    def test_withdrawn_offer_never_paid(self):
        contract = self.make_contract(self.equipment, agreed=False)
        with self.at(48):
            contract._cancel("The customer chose another offer")
        finding = self.found()
        self.assertEqual(self.codes(finding)[contract.name], "contract_withdrawn")
        self.assertFalse(contract._is_agreed())

    def test_draft_is_no_candidate(self):
        contract = self.make_contract(self.equipment, agreed=False)
        draft = contract.copy(
            {"line_ids": [Command.create({"equipment_id": self.equipment.id})]}
        )
        self.assertEqual(draft.state, "draft")
        self.assertNotIn(draft.name, self.codes(self.found()))

    def test_suspended_days_are_not_covered(self):
        contract = self.make_contract(self.equipment)
        with self.at(self.day(10)):
            contract._suspend(self.as_date("2026-03-10"), "Invoice not paid")
            before = self.found(self.day(9))
            during = self.found(self.day(10))
        self.assertEqual(self.who_pays(before)[0], FREE)
        self.assertEqual(self.codes(during)[contract.name], "contract_suspended")
        self.assertIn("Suspended on March 10", during.coverage_id.line_ids[0].rejected)
        with self.at(self.day(20)):
            contract._resume(self.as_date("2026-03-20"), "Paid")
            self.assertEqual(contract.state, "active")
            after = self.found(self.day(20))
        self.assertEqual(self.who_pays(during)[0], CHARGED)
        self.assertEqual(self.who_pays(after)[0], FREE)

    def test_cancelled_contract_leaves_earlier_faults_covered(self):
        contract = self.make_contract(self.equipment)
        finding = self.found()
        with self.at(self.day(10)):
            contract._cancel("Machine sold")
            late = self.found(self.day(10))
        self.assertEqual(self.who_pays(finding)[0], FREE)
        self.assertEqual(self.codes(late)[contract.name], "contract_cancelled")
        self.assertIn("Cancelled on March 10", late.coverage_id.line_ids[0].rejected)

    # === TAKEN AGAIN === #

    def test_taken_again_when_a_machine_joins_or_leaves(self):
        other = self.make_equipment()
        contract = self.make_contract(other)
        finding = self.found(self.day(5))
        self.assertEqual(self.who_pays(finding)[0], CHARGED)
        with self.at(self.day(5)):
            contract._join(
                self.equipment, self.as_date("2026-03-05"), "Bought one more"
            )
        self.assertEqual(self.who_pays(finding)[0], FREE)
        with self.at(self.day(6)):
            contract._leave(self.equipment, self.as_date("2026-03-05"), "By mistake")
        self.assertEqual(self.who_pays(finding)[0], CHARGED)

    def test_taken_again_when_terms_and_days_change(self):
        contract = self.make_contract(self.equipment)
        finding = self.found(self.day(5))
        contract.parts_share = 0.25
        self.assertEqual(self.who_pays(finding)[0], ("contract", 0.25))
        contract.line_ids.date_to = "2026-03-04"
        self.assertEqual(self.codes(finding)[contract.name], "ended")
        contract.line_ids.unlink()
        self.assertNotIn(contract.name, self.codes(finding))

    def test_days_of_an_offer_follow_its_contract(self):
        """Computed days of a line count too: nobody calls its `write`."""
        contract = self.make_contract(self.equipment, agreed=False)
        finding = self.found(self.day(5))
        contract.write({"start_date": "2026-03-06"})
        contract._activate()
        self.assertEqual(self.codes(finding)[contract.name], "not_started")
        self.assertEqual(contract.line_ids.date_from, self.as_date("2026-03-06"))

    def test_what_was_signed_stays(self):
        ticket = self.report(equipment_id=self.equipment.id)
        finding = self.make_finding(self.equipment, ticket)
        with self.at(0):
            visit = self.work_visit(self.plan_visit(ticket, 1))
            form = self.sign(visit)
        signed = finding.coverage_id
        self.assertEqual(signed.form_id, form)
        self.make_contract(self.equipment)
        self.env.invalidate_all()
        self.assertEqual(finding.coverage_id, signed)
        self.assertEqual(self.who_pays(finding)[0], CHARGED)
        self.assertTrue(finding.coverage_outdated, "a manager decides again")

    def test_ended_tickets_are_history(self):
        finding = self.found()
        coverage = finding.coverage_id
        with self.at(1):
            self.as_role("manager", "aftersales.ticket.cancel").create(
                {"ticket_id": finding.ticket_id.id, "reason": "withdrawn"}
            ).action_cancel_ticket()
        self.make_contract(self.equipment)
        self.assertEqual(finding.coverage_id, coverage)

    def test_told_on_the_ticket(self):
        finding = self.found()
        self.set_cause(finding, "wear")
        contract = self.make_contract(self.equipment)
        notes = "".join(finding.ticket_id.message_ids.mapped("body"))
        self.assertIn(f"free under contract {contract.name}", notes)

    # === THE TICKET IT WAS QUOTED FOR === #

    def test_covered_ticket_is_covered_from_its_fault(self):
        ticket = self.report(self.day(2), equipment_id=self.equipment.id)
        finding = self.make_finding(self.equipment, ticket, occurred_on="2026-02-20")
        later = self.make_finding(self.equipment, self.report(self.day(3)))
        contract = self.make_contract(
            self.equipment, "2026-03-09", covered_ticket_ids=[Command.set(ticket.ids)]
        )
        self.assertEqual(self.who_pays(finding), [FREE, FREE, FREE])
        self.assertEqual(self.who_pays(later)[0], CHARGED)
        self.assertEqual(ticket.contract_id, contract)
        self.assertFalse(later.ticket_id.contract_id)
        # and when it is named, or taken back, later
        contract.covered_ticket_ids = [Command.clear()]
        self.assertEqual(self.who_pays(finding)[0], CHARGED)
        contract.covered_ticket_ids = [Command.set(ticket.ids)]
        self.assertEqual(self.who_pays(finding)[0], FREE)

    def test_covered_ticket_of_a_dropped_contract(self):
        """Who cancels pays for what came before, if it was not signed for."""
        ticket = self.report(equipment_id=self.equipment.id)
        finding = self.make_finding(self.equipment, ticket)
        contract = self.make_contract(
            self.equipment, "2026-03-09", covered_ticket_ids=[Command.set(ticket.ids)]
        )
        self.assertEqual(self.who_pays(finding)[0], FREE)
        with self.at(self.day(12)):
            contract._cancel("Changed his mind")
        self.assertEqual(self.codes(finding)[contract.name], "contract_cancelled")

    def test_any_order_of_writing(self):
        """Contract, machines, ticket and state in any order lead to the same."""
        orders = (
            ("line", "ticket", "state"),
            ("line", "state", "ticket"),
            ("state", "line", "ticket"),
            ("state", "ticket", "line"),
            ("ticket", "line", "state"),
            ("ticket", "state", "line"),
        )
        for order in orders:
            with self.subTest(order=order):
                machine = self.make_equipment()
                ticket = self.report(equipment_id=machine.id)
                finding = self.make_finding(machine, ticket)
                contract = self.make_contract(
                    self.env["aftersales.equipment"], "2026-03-09", agreed=False
                )
                steps = {
                    "line": lambda c=contract, m=machine: c.line_ids.create(
                        {"contract_id": c.id, "equipment_id": m.id}
                    ),
                    "ticket": lambda c=contract, t=ticket: c.write(
                        {"covered_ticket_ids": [Command.link(t.id)]}
                    ),
                    "state": contract._activate,
                }
                # whatever was read before is in memory
                self.assertEqual(self.who_pays(finding)[0], CHARGED)
                self.assertTrue(ticket.coverage_charges)
                for step in order:
                    steps[step]()
                self.assertEqual(self.who_pays(finding)[0], FREE)

    # === A MANAGER DECIDES === #

    def decide(self, finding, **values):
        wizard = self.as_role("manager", "aftersales.coverage.decide").create(
            {"finding_id": finding.id, **values}
        )
        wizard.action_decide()

    def test_a_manager_lets_the_contract_pay(self):
        contract = self.make_contract(self.equipment, "2026-03-09")
        finding = self.found(self.day(5))
        self.assertEqual(self.who_pays(finding)[0], CHARGED)
        values = {
            "kind": "override",
            "reason": "Promised on the telephone",
            "parts_payer": "contract",
            "parts_share": 1,
            "labour_payer": "customer",
            "travel_payer": "customer",
        }
        with self.assertRaisesRegex(ValidationError, "which contract"):
            self.decide(finding, **values)
        foreign = self.make_contract(self.make_equipment())
        with self.assertRaisesRegex(ValidationError, "which contract"):
            self.decide(finding, contract_id=foreign.id, **values)
        self.decide(finding, contract_id=contract.id, **values)
        self.assertEqual(self.who_pays(finding), [FREE, CHARGED, CHARGED])
        self.assertEqual(finding.coverage_id.line_ids[0].contract_id, contract)

    # === COST === #

    def test_many_findings_cost_no_more_queries_than_few(self):
        machines = [self.make_equipment() for _ in range(12)]
        self.make_contract(self.equipment.union(*machines))
        findings = [
            self.make_finding(machine, self.report(equipment_id=machine.id))
            for machine in machines
        ]
        counts = []
        for number in (2, 12):
            chosen = self.env["aftersales.finding"].union(*findings[:number])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertEqual(len(chosen.sudo()._coverage_inputs()), number)
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_activation_decides_in_bounded_queries(self):
        machines = [self.make_equipment() for _ in range(10)]
        counts = []
        for chosen in (machines[:2], machines[2:]):
            contract = self.make_contract(
                self.equipment.browse().union(*chosen), agreed=False
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            contract._activate()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 4)
