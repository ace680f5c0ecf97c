# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
import time
from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .contract_sale_common import ContractSaleCommon

_logger = logging.getLogger(__name__)

TODAY = date(2026, 3, 2)
LAST = date(2027, 3, 1)


@tagged("post_install", "-at_install")
class TestContractProduct(ContractSaleCommon):
    """Products that sell contracts."""

    def test_what_a_product_may_be(self):
        product = self.service.product_tmpl_id
        for values, words in (
            ({"aftersales_contract_template_id": False}, "choose its template"),
            ({"type": "consu"}, "must be a service"),
            ({"service_tracking": "no"}, "must be a service"),
            ({"aftersales_extension_term_id": self.term_extension.id}, "not both"),
            ({"invoice_policy": "delivery"}, "invoiced as its contract template"),
        ):
            with (
                self.subTest(values),
                self.assertRaisesRegex(ValidationError, words),
                self.cr.savepoint(),
            ):
                product.write(values)
            self.env.invalidate_all()

    def test_policy_follows_the_template(self):
        self.assertEqual(self.service.invoice_policy, "order")
        self.assertEqual(self.quarterly.invoice_policy, "delivery")
        self.template.invoicing = "advance"
        self.assertEqual(self.service.invoice_policy, "delivery")

    def test_policy_stays_while_contracts_run(self):
        self.sold(self.line_of(self.machines[0]))
        with (
            self.assertRaisesRegex(ValidationError, "sold by this template"),
            self.cr.savepoint(),
        ):
            self.template.invoicing = "advance"
        self.env.invalidate_all()
        with self.assertRaisesRegex(ValidationError, "invoiced as agreed then"):
            self.service.aftersales_contract_template_id = self.by_quarter

    def test_form(self):
        """A salesperson who may make products makes one on the form."""
        self.salesman.group_ids |= self.env.ref("product.group_product_manager")
        form = Form(self.env["product.template"].with_user(self.salesman))
        form.name = "Gold"
        form.type = "service"
        form.service_tracking = "aftersales_contract"
        form.aftersales_contract_template_id = self.by_quarter
        product = form.save()
        self.assertEqual(product.invoice_policy, "delivery")
        self.assertIn("for each 3 months", product.product_tooltip)
        form = Form(product)
        form.service_tracking = "no"
        self.assertFalse(form.aftersales_contract_template_id)

    def test_what_the_customer_reads(self):
        self.assertEqual(
            self.template._terms_lines(),
            [
                "Covered: parts 100 % and labour 50 %. Charged: travel.",
                "In each contract year up to 4 visits.",
                "Covered causes: Design Defects, Manufacturing Defects, Purchasing "
                "Defects, and Wear.",
                "Not covered: Transport Damage and Accidental Damage.",
                "Always charged: Oil and Filters.",
                "Response: A technician comes within 24 hours.",
                "2 maintenance visits a year are included.",
            ],
        )
        self.assertIn(
            "Invoiced in advance for each 3 months.", self.by_quarter.customer_text
        )
        self.template.statement = "All but the oil.\n\nFor a year."
        self.assertEqual(
            self.template._terms_lines(), ["All but the oil.", "For a year."]
        )


@tagged("post_install", "-at_install")
class TestContractSale(ContractSaleCommon):
    """From the quotation to the contract."""

    def refused(self, order, text):
        """Confirm, and expect a message that was on the form as a warning before."""
        self.assertIn(text, order.aftersales_warranty_warning)
        with self.assertRaisesRegex(UserError, text), self.cr.savepoint():
            order.action_confirm()
        self.env.invalidate_all()
        self.assertFalse(self.contracts(order))

    # === THE QUOTATION === #

    def test_quantity_follows_the_machines(self):
        order = self.quote()
        with Form(order) as form, form.order_line.new() as line:
            line.product_id = self.service
            for machine in self.machines[:2]:
                line.aftersales_equipment_ids.add(machine)
        self.assertEqual(order.order_line.product_uom_qty, 2)
        self.assertEqual(order.amount_total, 2400)
        self.template.is_per_machine = False
        with Form(order) as form, form.order_line.edit(0) as line:
            line.aftersales_equipment_ids.add(self.machines[2])
        self.assertEqual(order.order_line.product_uom_qty, 1)

    def test_machines_must_be_as_many_as_sold(self):
        self.refused(self.quote({"product_id": self.service.id}), "name the equipment")
        order = self.quote({**self.line_of(self.machines), "product_uom_qty": 2})
        self.refused(order, "2 sold, but machines named on the line: 3")
        self.template.is_per_machine = False
        order.action_confirm()
        self.assertEqual(len(self.contracts(order).line_ids), 3)

    def test_offer_without_quantity(self):
        order = self.quote({"product_id": self.service.id, "product_uom_qty": 0})
        order.action_confirm()
        self.assertFalse(self.contracts(order))

    def test_machine_out_of_service(self):
        order = self.quote(self.line_of(self.machines[0]))
        self.machines[0].sudo().state = "ended"
        self.refused(order, "no longer in service")
        with self.assertRaises(ValidationError):
            self.quote(self.line_of(self.machines[0]))

    def test_warned_of_machines_of_others(self):
        order = self.quote(self.line_of(self.foreign))
        self.assertIn("belongs to Bakery Ltd", order.aftersales_warranty_warning)
        order.action_confirm()
        self.assertEqual(self.contracts(order).line_ids.equipment_id, self.foreign)

    def test_warned_of_two_contracts(self):
        first = self.sold(self.line_of(self.machines[:2]), by_customer=True)
        order = self.quote(self.line_of(self.machines[1:]))
        with self.at(0):
            self.assertIn(
                f"P100-2: is in {first.name} until", order.aftersales_warranty_warning
            )
            self.assertNotIn("P100-3", order.aftersales_warranty_warning)
            order.order_line.aftersales_contract_start = "2027-03-02"
            self.assertFalse(order.aftersales_warranty_warning)

    def test_customers_machines_first_others_by_serial(self):
        """As the widget of the line asks for them."""
        Equipment = (
            self.env["aftersales.equipment"]
            .with_user(self.salesman)
            .with_context(aftersales_owner_ids=self.customer.ids)
        )
        domain = [("company_id", "=", self.company.id), ("state", "=", "in_service")]

        def found(text):
            return [row[0] for row in Equipment.name_search(text, domain)]

        self.assertEqual(found("P100"), self.machines.sorted("id", reverse=True).ids)
        self.assertNotIn(self.foreign.id, found(""))
        self.assertFalse(found("Oven"), "only by the whole number")
        self.assertFalse(found("OV-47"))
        self.assertEqual(found("ov-4711"), self.foreign.ids)
        self.foreign.sudo().state = "ended"
        self.assertFalse(found("ov-4711"))

    def test_statement(self):
        order = self.quote(self.line_of(self.machines[:2]))
        text = order.order_line._aftersales_statement()
        self.assertIn(
            "After-sales contract for 12 months from the day of the order", text
        )
        self.assertIn("Covered: parts 100 %", text)
        self.assertIn("2 × Press 100: P100-1, P100-2", text)
        self.assertIn("P100-2", text)
        order.order_line.aftersales_contract_start = "2026-05-01"
        text = order.order_line._aftersales_statement()
        self.assertIn("05/01/2026 to 04/30/2027, last day included", text)
        self.assertIn("within 24 hours", self.render(order))
        with self.at(0):
            order.action_confirm()
        contract = self.contracts(order)
        self.assertIn(
            f"Contract {contract.name}: 05/01/2026 to 04/30/2027",
            order.order_line._aftersales_statement(),
        )

    def test_statement_in_the_customers_language(self):
        self.contact.lang = "de_DE"
        self.template.with_context(lang="de_DE").statement = "Alles inbegriffen."
        order = self.quote(
            self.line_of(self.machines[0], aftersales_contract_start="2026-05-01")
        )
        text = order.order_line._aftersales_statement()
        self.assertIn("Alles inbegriffen.", text)
        self.assertIn("01.05.2026", text)
        with self.at(0):
            order.action_confirm()
        contract = self.contracts(order)
        self.assertEqual(contract.statement, "Alles inbegriffen.")
        self.template.with_context(lang="de_DE").statement = "Nichts mehr."
        self.assertIn("Alles inbegriffen.", contract._customer_text())

    # === THE CONTRACT === #

    def test_confirmed_by_hand_waits(self):
        contract = self.sold(self.line_of(self.machines[:2]))
        self.assertRecordValues(
            contract,
            [
                {
                    "state": "waiting",
                    "partner_id": self.contact.id,
                    "user_id": self.salesman.id,
                    "company_id": self.company.id,
                    "start_date": TODAY,
                    "end_date": LAST,
                    "labour_share": 0.5,
                    "visit_quota": 4,
                    "quota_period": "year",
                    "response_class_id": self.response.id,
                    "maintenance_per_year": 2,
                    "excluded_category_ids": self.excluded.ids,
                }
            ],
        )
        self.assertEqual(contract.line_ids.equipment_id, self.machines[:2])
        self.assertEqual(set(contract.line_ids.mapped("date_to")), {LAST})
        # The terms are copies.
        self.template.labour_share = 0
        self.assertEqual(contract.labour_share, 0.5)

    def test_no_signature_needed(self):
        self.template.needs_signature = False
        contract = self.sold(self.line_of(self.machines[0]))
        self.assertEqual((contract.state, contract.signed_by), ("active", False))

    def test_signed_online(self):
        contract = self.sold(self.line_of(self.machines[0]), by_customer=True)
        self.assertEqual((contract.state, contract.signed_by), ("active", "Mia Mill"))
        self.assertTrue(contract.signature)
        self.assertEqual(contract.signed_on, contract.sale_order_id.signed_on)

    def test_begins_on_the_day_it_is_signed(self):
        """Confirmed by hand, signed two weeks later; an agreed first day stays."""
        contract = self.sold(self.line_of(self.machines[0]))
        fixed = self.sold(
            self.line_of(self.machines[1], aftersales_contract_start="2026-03-05")
        )
        with self.at(14 * 24):
            (contract | fixed)._activate(signed_by="Mia")
        self.assertEqual(
            (contract.start_date, contract.end_date),
            (date(2026, 3, 16), date(2027, 3, 15)),
        )
        self.assertEqual(contract.line_ids.date_from, date(2026, 3, 16))
        self.assertEqual(fixed.start_date, date(2026, 3, 5))
        self.assertEqual(set((contract | fixed).mapped("state")), {"active"})

    def test_two_lines_two_contracts(self):
        order = self.quote(
            self.line_of(self.machines[0]),
            self.line_of(self.machines[1:], self.quarterly),
            self.spare,
        )
        with self.at(0):
            order.action_confirm()
        contracts = self.contracts(order)
        self.assertEqual(contracts.template_id, self.template | self.by_quarter)
        self.assertEqual(order.aftersales_contract_count, 2)
        self.assertEqual(
            order.action_view_aftersales_contracts()["res_model"], "aftersales.contract"
        )

    def test_safe_to_repeat(self):
        contract = self.sold(self.line_of(self.machines[0]), by_customer=True)
        contract.sale_order_id.order_line._aftersales_sync_contracts()
        self.assertEqual(self.contracts(contract.sale_order_id), contract)

    def test_salesman_of_another_company(self):
        """Neither the template nor the machines of another company are sold."""
        self.template.company_id = self.company_b
        order = self.quote()
        with self.assertRaises(UserError):
            order.write({"order_line": [Command.create(self.line_of(self.machines))]})
            order.action_confirm()

    def test_who_may_not(self):
        """A technician reads contracts, and sells none."""
        contract = self.sold(self.line_of(self.machines[0]))
        technician = self.as_role("technician", contract)
        self.assertEqual(technician.state, "waiting")
        with self.assertRaises(AccessError):
            technician.action_quote_renewal()
        with self.assertRaises(AccessError):
            contract.with_user(self.salesman).read(["covered_ticket_ids"])
        with self.assertRaises(AccessError):
            contract.with_user(self.salesman).renewal_quoted_on = TODAY

    # === THE TICKET IT ANSWERS === #

    def test_covers_the_reported_fault(self):
        with self.at(-240):
            ticket = self.create_ticket(equipment_id=self.machines[0].id)
        for covers in (False, True):
            order = self.quote(self.line_of(self.machines[0]))
            order.sudo().write(
                {"aftersales_ticket_id": ticket.id, "aftersales_covers_ticket": covers}
            )
            self.assertIn(ticket.reference, order.aftersales_ticket_name)
            with self.assertRaises(AccessError):
                order.read(["aftersales_ticket_id"])
            text = order.order_line._aftersales_statement()
            told = f"({ticket.reference}) is covered too."
            self.assertEqual(told in text, covers)
            with self.at(0):
                self.sign_order(order)
            self.assertEqual(self.contracts(order).covered_ticket_ids == ticket, covers)

    # === HOW MUCH IT COSTS === #

    def test_bounded_queries(self):
        """A contract for 200 machines is confirmed with the queries of one for 20."""
        machines = self.env["aftersales.equipment"].create(
            [
                {
                    "product_name": "Sensor",
                    "partner_id": self.customer.id,
                    "serial_number": f"S-{number}",
                    "company_id": self.company.id,
                }
                for number in range(220)
            ]
        )
        self.template.needs_signature = False
        counts, seconds = {}, {}
        for some in (machines[:20], machines[20:]):
            order = self.quote(self.line_of(some))
            self.env.flush_all()
            self.env.invalidate_all()
            before, begun = self.cr.sql_log_count, time.monotonic()
            order.action_confirm()
            self.env.flush_all()
            seconds[len(some)] = time.monotonic() - begun
            counts[len(some)] = self.cr.sql_log_count - before
            self.assertEqual(len(self.contracts(order).line_ids), len(some))
        _logger.info("Contracts of 20 and 200 machines: %s, %s", counts, seconds)
        self.assertLessEqual(max(counts.values()), 80, counts)
        self.assertLessEqual(seconds[200], 5, seconds)
