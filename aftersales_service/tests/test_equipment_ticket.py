# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From the nameplate in a report to the machine's file, through real deliveries."""

from odoo import Command, fields
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import AftersalesCommon
from .equipment_common import EquipmentCommon


@tagged("post_install", "-at_install")
class TestEquipmentOfTicket(EquipmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.term.replaced_part_months = 6
        cls.product_hose = cls.env["product.product"].create(
            {"name": "Hose 3/8", "default_code": "H-38"}
        )

    def deliver_press(self, serial="P200-77", partner=None, product=None):
        """Sell and deliver a machine to the customer's site, or to another customer."""
        product = product or self.press
        lot = self.serials(serial, product=product)
        site = {} if partner else {"partner_shipping_id": self.site.id}
        return self.deliver(self.sell((product, 1), partner=partner, **site), lot)

    def test_the_serial_number_names_the_machine(self):
        press = self.deliver_press()
        ticket = self.create_ticket(serial_number=" p200-77 ", product_name="press")
        self.assertEqual(ticket.equipment_id, press)
        self.assertEqual(ticket.serial_number, "P200-77")
        self.assertEqual(ticket.product_name, "Press 200")
        self.assertEqual(ticket.site_id, self.site)

    def test_the_machine_names_the_customer(self):
        press = self.deliver_press()
        ticket = self.create_ticket(partner_id=False)
        self.assertEqual(ticket.equipment_id, press)
        self.assertEqual(ticket.commercial_partner_id, self.customer)

    def test_a_typed_form_finds_the_machine(self):
        press = self.deliver_press()
        Ticket = self.as_role("intake", "aftersales.ticket")
        with Form(Ticket.with_context(default_team_id=self.team.id)) as form:
            form.name = "Leaks"
            form.serial_number = "p200-77"
            self.assertEqual(form.equipment_id, press)
            self.assertEqual(form.partner_id, press.partner_id)
            self.assertEqual(form.site_id, self.site)

    def test_a_later_correction_of_the_nameplate_finds_it(self):
        press = self.deliver_press()
        ticket = self.create_ticket(serial_number="P200-7?")
        self.assertFalse(ticket.equipment_id)
        ticket.serial_number = "P200-77"
        self.assertEqual(ticket.equipment_id, press)

    def test_a_number_of_two_machines_names_none(self):
        self.deliver_press()
        self.deliver_press(product=self.make_product("Mixer", "serial"))
        ticket = self.create_ticket()
        self.assertFalse(ticket.equipment_id)
        self.assertEqual(ticket.serial_number, "P200-77", "what was typed stays")

    def test_the_machine_of_another_customer(self):
        press = self.deliver_press(partner=self.other_customer)
        ticket = self.create_ticket()
        self.assertFalse(ticket.equipment_id, "same number, another customer")
        with self.assertRaises(ValidationError):
            ticket.equipment_id = press
        with self.assertRaises(ValidationError):
            self.create_ticket(finding_ids=[Command.create({"equipment_id": press.id})])

    def test_findings_and_jobs_are_about_the_machine(self):
        press = self.deliver_press()
        ticket = self.create_ticket(finding_ids=[Command.create({})])
        visit = self.plan_visit(ticket)
        self.assertEqual(ticket.finding_ids.equipment_id, press)
        self.assertEqual(visit.job_ids.equipment_id, press)
        self.assertEqual(visit.job_ids.serial_number, "P200-77")

    def test_a_replaced_part_is_in_the_machines_file_once(self):
        press = self.deliver_press()
        ticket = self.create_ticket(
            finding_ids=[Command.create({"fault_id": self.hose.id})]
        )
        visit = self.work_visit(self.plan_visit(ticket))
        part = visit.line_ids.filtered(lambda line: line.kind == "part")
        part.product_id = self.product_hose
        form = self.sign(visit)
        exchanged = press.event_ids.filtered(lambda e: e.kind == "exchanged")
        self.assertEqual(exchanged.mapped("note"), ["Hose 3/8 · H-38"])
        there = press.with_context(tz=press._tz())
        signed_at = fields.Datetime.context_timestamp(there, form.signed_at)
        self.assertEqual(exchanged.date, signed_at.date())
        warranty = press.warranty_ids.filtered(lambda w: w.kind == "part")
        self.assertEqual(warranty.part_product_id, self.product_hose)
        self.assertEqual(warranty.start_date, exchanged.date)

        visit.action_correct()
        visit.action_continue()
        visit.action_finish()
        self.sign(visit, replaces_reason="Wrong hour")
        self.assertEqual(
            len(press.event_ids.filtered(lambda e: e.kind == "exchanged")), 1
        )
        visit.action_correct()
        part.unlink()
        self.assertTrue(warranty.is_void)

    def test_the_form_says_who_pays_and_freezes_it(self):
        self.deliver_press()
        ticket = self.create_ticket(
            finding_ids=[Command.create({"fault_id": self.hose.id})]
        )
        decision = ticket.finding_ids.coverage_id
        self.assertTrue(decision)
        form = self.sign(self.work_visit(self.plan_visit(ticket)))
        content = form._get_content()
        sentence = content["jobs"][0]["findings"][0]["coverage"]["summary"]
        self.assertIn("parts and labour free", sentence)
        self.assertEqual(decision.sudo().form_id, form)
        self.assertIn(sentence, form.content_html)
        self.assertTrue(form._says_the_same())

    def test_delivered_without_a_term_is_certain(self):
        """What was sold without a warranty is charged, and nothing is presumed."""
        mixer = self.make_product("Mixer", "serial", aftersales_warranty_term_id=False)
        machine = self.deliver_press(product=mixer)
        self.assertFalse(machine.warranty_ids)
        ticket = self.create_ticket(
            equipment_id=machine.id,
            finding_ids=[Command.create({"fault_id": self.hose.id})],
        )
        finding = ticket.finding_ids
        payers = finding.coverage_id.line_ids.mapped("payer")
        self.assertEqual(payers, ["customer"] * 3)
        self.assertEqual(finding.coverage_state, "decided")
        self.assertFalse(finding.coverage_id.warning)

    def test_many_reports_ask_for_their_machines_in_one_query(self):
        for number in range(3):
            self.deliver_press(f"P200-{number}")
        values = [
            {
                "name": f"Report {number}",
                "partner_id": self.contact.id,
                "team_id": self.team.id,
                "serial_number": f"P200-{number % 3}",
            }
            for number in range(9)
        ]
        Ticket = self.env["aftersales.ticket"]
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            self.env["aftersales.equipment"]._known_by_nameplate(
                value["serial_number"] for value in values
            )
        tickets = Ticket.create(values)
        self.assertTrue(all(ticket.equipment_id for ticket in tickets))


@tagged("post_install", "-at_install")
class TestNumbers(AftersalesCommon):
    def test_each_company_counts_for_itself(self):
        Sequence = self.env["ir.sequence"]
        other = self.env["res.company"].create({"name": "Other Maker"})
        Sequence.create(
            {
                "name": "Equipment of the other",
                "code": "aftersales.equipment",
                "prefix": "OM-",
                "padding": 3,
                "company_id": other.id,
                "number_increment": 5,
            }
        )
        mine, theirs, next_theirs = Sequence._next_numbers(
            "aftersales.equipment", [self.company, other, other]
        )
        self.assertTrue(mine.startswith("EQ"))
        self.assertEqual([theirs, next_theirs], ["OM-001", "OM-006"])

    def test_a_sequence_without_gaps_is_kept(self):
        sequence = self.env.ref("aftersales_service.sequence_aftersales_equipment")
        sequence.implementation = "no_gap"
        first, second = self.env["ir.sequence"]._next_numbers(
            "aftersales.equipment", [self.company] * 2
        )
        self.assertEqual(int(second[2:]), int(first[2:]) + 1)

    def test_a_thousand_numbers_cost_two_queries(self):
        companies = [self.company] * 1000
        self.env["ir.sequence"]._next_numbers("aftersales.equipment", companies[:1])
        with self.assertQueryCount(2):
            numbers = self.env["ir.sequence"]._next_numbers(
                "aftersales.equipment", companies
            )
        self.assertEqual(len(set(numbers)), 1000)
