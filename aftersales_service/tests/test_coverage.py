# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When the coverage of a finding is decided, superseded and shown.

"Case n" are the numbers of the project's list of known failures of such systems.
"""

from ast import literal_eval
from datetime import date, datetime

from lxml import etree
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import ROLES
from .common_coverage import CoverageCommon

FREE = ("warranty", 1.0)
CHARGED = ("customer", 1.0)


@tagged("post_install", "-at_install")
class TestCoverage(CoverageCommon):
    def setUp(self):
        super().setUp()
        self.equipment = self.make_equipment(delivery_date="2025-05-15")
        self.warranty = self.grant(self.equipment, self.make_term(duration=24))

    def report(self, **values):
        with self.at(0):  # 2 March 2026
            return self.create_ticket(**values)

    # === WHEN IT IS TAKEN === #

    def test_taken_when_the_equipment_becomes_known(self):
        ticket = self.report()
        with self.at(1):
            finding = self.make_finding(self.equipment.browse(), ticket)
            self.assertFalse(finding.coverage_id)
            self.assertEqual(finding.coverage_state, "unknown")
            self.assertFalse(ticket.coverage_summary)
            self.as_role("intake", ticket).equipment_id = self.equipment
        coverage = finding.coverage_id
        self.assertEqual(finding.coverage_state, "provisional")
        self.assertEqual(self.who_pays(finding), [FREE, FREE, CHARGED])
        self.assertEqual(coverage.kind, "automatic")
        self.assertFalse(coverage.decided_by)
        self.assertEqual(
            (coverage.fault_date, coverage.fault_date_basis, coverage.liability),
            (date(2026, 3, 2), "report", "unknown"),
        )
        self.assertIn("cause is not known yet", coverage.warning)

    def test_retaken_when_the_facts_change_and_superseded(self):
        finding = self.make_finding(self.equipment, self.report())
        ticket = finding.ticket_id
        first = finding.coverage_id
        self.set_cause(finding, "wear")
        second = finding.coverage_id
        self.assertEqual(self.who_pays(finding), [CHARGED] * 3)
        self.assertEqual(second.cause_id, self.causes["wear"])
        self.assertEqual((first.is_current, first.superseded_by_id), (False, second))
        self.assertEqual(
            first.line_ids.mapped("payer"), ["warranty", "warranty", "customer"]
        )
        finding.part_product_id = self.pump
        third = finding.coverage_id
        other = self.make_equipment(delivery_date="2020-01-01")
        self.grant(other, self.make_term())
        finding.equipment_id = other
        self.assertEqual(self.codes(finding), {other.warranty_ids.name: "ended"})
        self.assertEqual(finding.coverage_id.equipment_id, other)
        self.assertEqual(len(finding.coverage_ids), 4)
        self.assertEqual(third.superseded_by_id, finding.coverage_id)
        readable = self.as_role("intake", finding.coverage_ids)
        self.assertTrue(all(readable.mapped("summary")))
        action = self.as_role("intake", ticket).action_view_coverage()
        self.assertEqual(action["domain"], [("finding_id", "in", finding.ids)])
        # Those that stand no longer are not filtered away here
        self.assertFalse(action["context"])

    def test_a_visit_tells_the_technician_who_pays(self):
        ticket = self.report()
        ticket.equipment_id = self.equipment
        visit = self.plan_visit(ticket)
        job = self.as_role("technician", visit.job_ids)
        self.assertIn(self.warranty.name, job.coverage_summary)
        finding = self.make_finding(self.equipment, ticket)
        self.set_cause(finding, "wear")
        self.assertEqual(job.coverage_summary, ticket.coverage_summary)
        self.assertNotIn(self.warranty.name, job.coverage_summary)

    def test_found_by_who_pays(self):
        coverage = self.make_finding(self.equipment, self.report()).coverage_id
        Coverage = self.as_role("quality", self.env["aftersales.coverage"])
        view = Coverage.get_view(view_type="search")["arch"]
        for name, found in (
            ("payer_warranty", True),
            ("payer_contract", False),
            ("goodwill", False),
            ("payer_customer", True),
        ):
            [node] = etree.fromstring(view).xpath(f"//filter[@name='{name}']")
            domain = literal_eval(node.get("domain"))
            self.assertEqual(coverage in Coverage.search(domain), found, name)

    def test_not_retaken_when_nothing_changes(self):
        finding = self.make_finding(self.equipment, self.report())
        coverage = finding.coverage_id
        finding.write({"note": "Again", "cause_id": False, "liability": "unknown"})
        finding.ticket_id.write({"site_id": finding.ticket_id.site_id.id})
        finding._decide_coverage()
        self.assertEqual(finding.coverage_ids, coverage)

    def test_equipment_turns_out_to_be_unknown(self):
        finding = self.make_finding(self.equipment, self.report())
        coverage = finding.coverage_id
        finding.ticket_id.equipment_id = False
        finding.equipment_id = False
        self.assertFalse(finding.coverage_id)
        self.assertEqual((coverage.is_current, coverage.exists()), (False, coverage))

    def test_retaken_when_a_warranty_changes(self):
        finding = self.make_finding(self.equipment, self.report())
        self.warranty._void("Returned on 1 March 2026")
        self.assertEqual(self.who_pays(finding), [CHARGED] * 3)
        rejection = finding.coverage_id.line_ids[0].rejection_ids
        self.assertEqual(rejection.reason, "Void: Returned on 1 March 2026")
        self.grant(self.equipment, self.make_term(travel_share=1, duration=24))
        self.assertEqual(self.who_pays(finding), [FREE] * 3)

    def test_given_by_somebody_without_a_role(self):
        finding = self.make_finding(self.make_equipment(), self.report())
        clerk = new_test_user(self.env, "clerk", groups="stock.group_stock_user")
        Warranty = self.env["aftersales.warranty"].with_user(clerk)
        equipment = finding.equipment_id
        equipment.delivery_date = "2026-01-01"
        spec = {"equipment_id": equipment.id, "kind": "base", "sold_on": False}
        term = self.make_term()
        Warranty._grant(
            [{**spec, "term": term, "sale_line_id": False, "move_id": False}]
        )
        self.assertEqual(self.who_pays(finding)[0], FREE)

    def test_decisions_of_ended_tickets_are_history(self):
        finding = self.make_finding(self.equipment, self.report())
        coverage = finding.coverage_id
        ticket = finding.ticket_id
        self.as_role("technician", ticket).resolution = "Hose replaced"
        self.as_role("technician", ticket).action_solve()
        self.as_role("intake", ticket).action_close()
        self.warranty._void("Returned")
        self.assertEqual(finding.coverage_id, coverage)
        self.set_cause(finding, "wear")
        self.assertNotEqual(finding.coverage_id, coverage, "a new cause counts")

    def test_pending_warranty(self):
        equipment = self.make_equipment(delivery_date="2025-05-15")
        term = self.make_term(start_trigger="commissioning")
        warranty = self.grant(equipment, term)
        finding = self.make_finding(equipment, self.report())
        self.set_cause(finding, "design")
        self.assertEqual(self.who_pays(finding), [FREE, FREE, CHARGED])
        coverage = finding.coverage_id
        self.assertTrue(coverage.is_provisional)
        self.assertIn("the commissioning date is missing", coverage.warning)
        self.assertIn(
            f"under warranty {warranty.name} until May 14, 2026", coverage.summary
        )
        unknown = self.make_equipment()
        self.grant(unknown, self.make_term())
        finding = self.make_finding(unknown, self.report())
        self.assertEqual(set(self.codes(finding).values()), {"trigger_missing"})
        reason = finding.coverage_id.line_ids[0].rejection_ids.reason
        self.assertEqual(reason, "Not started: the delivery date is missing")
        unknown.sudo().delivery_date = "2026-01-10"
        unknown.warranty_ids._recompute_dates()
        self.assertEqual(self.who_pays(finding), [FREE, FREE, CHARGED])

    def test_no_warranty(self):
        equipment = self.make_equipment(delivery_date="2025-05-15")
        finding = self.make_finding(equipment, self.report())
        self.assertEqual(self.who_pays(finding), [CHARGED] * 3)
        self.assertEqual(self.codes(finding), {False: "no_candidate"})
        coverage = finding.coverage_id
        self.assertEqual(coverage.summary, "Parts, labour, and travel charged")
        self.assertEqual(coverage.line_ids[0].rejected, "No warranty or contract")

    def test_nobody_knows_the_warranty(self):
        """A machine entered by hand of which nothing is known is not simply charged."""
        old = self.make_equipment()
        ticket = self.create_ticket(equipment_id=old.id)
        self.assertIn("Presumed: parts, labour,", ticket.coverage_summary)
        finding = self.make_finding(old, ticket)
        self.assertEqual(finding.coverage_id.warning_codes, [["delivery_unknown", {}]])
        self.assertEqual(finding.coverage_state, "provisional")
        self.assertIn("Nobody knows its warranty", ticket.coverage_warning)
        old.delivery_date = "2020-01-01"
        self.assertEqual(finding.coverage_state, "decided")
        self.assertFalse(finding.coverage_id.warning)

    def test_several_findings_of_one_ticket(self):
        ticket = self.report(equipment_id=self.equipment.id)
        hose = self.make_finding(self.equipment, ticket, note="Hose")
        paint = self.make_finding(self.equipment, ticket, fault_id=self.fault.id)
        self.set_cause(hose, "design")
        self.set_cause(paint, "wear")
        self.assertEqual(self.who_pays(hose), [FREE, FREE, CHARGED])
        self.assertEqual(self.who_pays(paint), [CHARGED] * 3)
        html = self.as_role("intake", ticket).coverage_summary
        self.assertEqual(html.count("<li>"), 2)
        self.assertIn(f"{hose.display_name}: Parts and labour free", html)
        self.assertIn(f"{paint.display_name}: Parts, labour, and travel charged", html)

    # === DAYS === #

    def test_evidenced_day_counts_before_the_report(self):
        self.warranty._void("Replaced by the next one")
        self.grant(self.equipment, self.make_term(duration=9))  # to 14 February 2026
        finding = self.make_finding(self.equipment, self.report())
        name = self.equipment.warranty_ids[-1].name
        self.assertEqual(self.codes(finding)[name], "ended")
        reason = finding.coverage_id.line_ids[0].rejection_ids[-1].reason
        self.assertEqual(
            reason,
            "Ended on February 14, 2026, the fault was reported on March 2, 2026",
        )
        finding.occurred_on = "2026-02-14"
        self.assertEqual(finding.coverage_id.fault_date_basis, "occurrence")
        self.assertEqual(self.who_pays(finding)[0], FREE)
        finding.occurred_on = "2026-02-15"
        self.assertEqual(self.who_pays(finding)[0], CHARGED)
        finding.occurred_on = "1901-01-01"
        self.assertEqual(self.codes(finding)[name], "not_started")

    def test_impossible_days_are_refused(self):
        finding = self.make_finding(self.equipment, self.report())
        with self.assertRaisesRegex(
            ValidationError, "after it was reported on March 2"
        ):
            finding.occurred_on = "2026-03-03"
        with self.at(0), self.assertRaisesRegex(ValidationError, "in the future"):
            finding.occurred_on = "2026-03-03"
        tokyo = self.make_equipment("Asia/Tokyo", delivery_date="2025-05-15")
        with self.at(datetime(2026, 3, 2, 20)):  # it is the 3rd there
            late = self.make_finding(tokyo, self.report(), occurred_on="2026-03-02")
            with self.assertRaises(ValidationError):
                late.occurred_on = "2026-03-03"

    # === PARTS AND LABOUR APART === #

    def test_case_29_parts_and_labour_are_judged_apart(self):
        """A free part with charged travel; oil and filters never covered."""
        equipment = self.make_equipment(delivery_date="2025-05-15")
        term = self.make_term(
            excluded_category_ids=self.filters.ids, labour_share=0.5, covers_wear=True
        )
        warranty = self.grant(equipment, term)
        finding = self.make_finding(
            equipment, self.report(), part_product_id=self.pump.id
        )
        self.set_cause(finding, "wear")
        self.assertEqual(self.who_pays(finding), [FREE, ("warranty", 0.5), CHARGED])
        coverage = finding.coverage_id
        self.assertEqual(
            coverage.summary,
            f"Parts free under warranty {warranty.name} until May 14, 2026; labour "
            f"(50 %) free under warranty {warranty.name} until May 14, 2026; travel "
            "charged",
        )
        self.assertEqual(coverage._part_payer(self.pump), FREE)
        self.assertEqual(coverage._part_payer(self.filter), CHARGED)
        finding.part_product_id = self.filter
        self.assertEqual(self.who_pays(finding), [CHARGED, ("warranty", 0.5), CHARGED])
        self.assertEqual(
            finding.coverage_id.line_ids.mapped("rejected"),
            [
                f"{warranty.name}: Excluded part: Filters",
                "",
                f"{warranty.name}: Travel is not included",
            ],
        )

    # === WORDS === #

    def test_plain_sentence(self):
        finding = self.make_finding(self.equipment, self.report())
        name = self.warranty.name
        sentence = (
            f"arts and labour free under warranty {name} until May 14, 2027; travel "
            "charged"
        )
        self.assertEqual(finding.coverage_summary, f"Presumed: p{sentence}")
        self.set_cause(finding, "design")
        self.assertEqual(finding.coverage_summary, f"P{sentence}")
        self.assertIn(f"P{sentence}", finding.ticket_id.coverage_summary)
        self.env["res.lang"]._activate_lang("de_DE")
        self.assertIn(
            "14. Mai 2027", finding.with_context(lang="de_DE").coverage_summary
        )

    def test_presumed_before_there_is_a_finding(self):
        ticket = self.report(equipment_id=self.equipment.id)
        seen = self.as_role("intake", ticket)
        self.assertIn("Presumed: parts and labour free", seen.coverage_summary)
        self.assertIn("cause is not known", seen.coverage_warning)
        self.assertFalse(ticket.finding_ids.coverage_ids)

    def test_content_for_the_form(self):
        finding = self.make_finding(self.equipment, self.report())
        content = self.as_role("technician", finding)._coverage_content("en_US")
        self.assertEqual(content["day"], "2026-03-02")
        self.assertTrue(content["provisional"])
        self.assertEqual(
            content["lines"][0],
            {
                "cost": "Parts",
                "payer": "Warranty",
                "share": 1.0,
                "source": self.warranty.name,
                "until": "2027-05-14",
            },
        )
        self.assertEqual(
            content["reasons"],
            [f"Travel: {self.warranty.name}: Travel is not included"],
        )
        nameplate = self.make_finding(self.equipment.browse(), self.report())
        self.assertIsNone(nameplate._coverage_content("en_US"))

    def test_chatter_is_quiet(self):
        finding = self.make_finding(self.equipment, self.report())
        ticket = finding.ticket_id

        def notes():
            bodies = ticket.message_ids.mapped("body")
            return [body for body in bodies if "Coverage of" in body]

        self.set_cause(finding, "design")
        finding.part_product_id = self.pump
        self.assertEqual(len(finding.coverage_ids), 3)
        self.assertFalse(notes(), "nobody pays more or less")
        self.set_cause(finding, "wear")
        self.assertEqual(len(notes()), 1)
        self.assertIn(
            "Parts, labour, and travel charged. Before: Parts and", notes()[0]
        )

    # === WHO MAY === #

    def test_nobody_writes_decisions(self):
        finding = self.make_finding(self.equipment, self.report())
        coverage = finding.coverage_id
        line = coverage.line_ids[0]
        rejection = coverage.line_ids[2].rejection_ids
        for role in ROLES:
            for record, vals in (
                (coverage, {"kind": "goodwill"}),
                (coverage, {"is_current": False}),
                (line, {"share": 0.0}),
                (rejection, {"code": "void"}),
            ):
                seen = self.as_role(role, record)
                with self.subTest(role=role, model=record._name):
                    seen.read()
                    with self.assertRaises(AccessError):
                        seen.write(vals)
                    with self.assertRaises(AccessError):
                        seen.create(vals)
                    with self.assertRaises(AccessError):
                        seen.unlink()
        for record in (coverage, line, rejection):
            with self.assertRaisesRegex(UserError, "can't be changed"):
                record.sudo().write({"company_id": False})
        with self.assertRaisesRegex(UserError, "can't be deleted"):
            coverage.sudo().unlink()

    def test_one_decision_stands(self):
        finding = self.make_finding(self.equipment, self.report())
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.env["aftersales.coverage"].create(
                {"finding_id": finding.id, "kind": "automatic"}
            )

    def test_findings_of_manager_decisions_stay(self):
        finding = self.make_finding(self.equipment, self.report())
        spare = self.make_finding(self.equipment, finding.ticket_id)
        self.as_role("technician", spare).unlink()
        self.propose(finding)
        with self.assertRaisesRegex(UserError, "All records are kept"):
            self.as_role("technician", finding).unlink()

    def test_equipment_of_another_company(self):
        foreign = self.env["aftersales.equipment"].create(
            {
                "partner_id": self.customer.id,
                "product_name": "Press",
                "company_id": self.company_2.id,
            }
        )
        with self.assertRaises(UserError):
            self.make_finding(foreign, self.report())

    # === COST === #

    def test_queries_of_one_and_of_many_decisions(self):
        def count(number):
            ticket = self.report(equipment_id=self.equipment.id)
            findings = self.env["aftersales.finding"].create(
                [{"ticket_id": ticket.id, "note": str(i)} for i in range(number)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            self.env.cr.execute(
                "UPDATE aftersales_finding SET liability = 'wear' WHERE id IN %s",
                [tuple(findings.ids)],
            )
            before = self.env.cr.sql_log_count
            findings._decide_coverage()
            self.env.flush_all()
            self.assertEqual(len(findings.coverage_ids), 2 * number)
            return self.env.cr.sql_log_count - before

        count(1)  # warm up
        one, many = count(1), count(50)
        # Measured: 32 and 36, with cold caches and the note on the ticket.
        self.assertLessEqual(one, 36)
        self.assertLessEqual(many, one + 8)
