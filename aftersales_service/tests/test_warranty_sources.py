# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Warranties that begin with real deliveries and invoices."""

from datetime import date, datetime

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .equipment_common import EquipmentCommon


@tagged("post_install", "-at_install")
class TestWarrantySources(EquipmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["account.chart.template"].try_loading(
            "generic_coa", company=cls.company, install_demo=False
        )
        cls.accountant = new_test_user(
            cls.env,
            login="as_accountant",
            groups="account.group_account_invoice",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.invoice_term = cls.env["aftersales.warranty.term"].create(
            {"name": "From Invoice", "duration": 12, "start_trigger": "invoice"}
        )
        cls.press.aftersales_warranty_term_id = cls.invoice_term
        cls.pump.aftersales_warranty_term_id = cls.invoice_term
        cls.prepaid = cls.make_product(
            "Prepaid Pump",
            "none",
            invoice_policy="order",
            aftersales_warranty_term_id=cls.invoice_term.id,
        )

    def invoice(self, order, day):
        """Invoice what can be, and post it as the accountant."""
        invoice = order._create_invoices()
        invoice.invoice_date = day
        invoice = invoice.with_user(self.accountant)
        with self.at(datetime(day.year, day.month, day.day, 9)):
            invoice.action_post()
        return invoice.sudo()

    def reverse(self, invoice, day):
        """Take an invoice back as a whole."""
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id, "date": day})
        )
        credit_note = self.env["account.move"].browse(wizard.reverse_moves()["res_id"])
        if credit_note.state == "draft":
            credit_note.action_post()
        lines = (invoice | credit_note).line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        lines.filtered(lambda line: not line.reconciled).reconcile()
        self.assertEqual(invoice.payment_state, "reversed")

    def test_delivery_at_night_in_tokyo(self):
        """23:30 in UTC is the next day at the site."""
        tokyo = self.env["res.partner"].create(
            {"name": "Tokyo Works", "tz": "Asia/Tokyo", "type": "delivery"}
        )
        self.press.aftersales_warranty_term_id = self.term
        for site, day in (
            (tokyo, date(2026, 5, 15)),
            (self.site, date(2026, 5, 15)),
            (self.customer, date(2026, 5, 15)),
        ):
            lot = self.serials(f"P-{site.id}")
            order = self.sell((self.press, 1), partner_shipping_id=site.id)
            machine = self.deliver(order, lot, moment=datetime(2026, 5, 14, 23, 30))
            self.assertEqual(machine.delivery_date, day)
            self.assertEqual(machine.warranty_ids.start_date, day)
            self.assertEqual(machine.warranty_ids.end_date, date(2027, 5, 14))
        lot = self.serials("P-EVENING")
        order = self.sell((self.press, 1), partner_shipping_id=self.site.id)
        machine = self.deliver(order, lot, moment=datetime(2026, 5, 14, 21, 59))
        self.assertEqual(machine.warranty_ids.end_date, date(2027, 5, 13))

    def test_delivered_then_invoiced(self):
        """An accountant without after-sales role starts the warranty of three units."""
        lots = self.serials("P-1", "P-2", "P-3")
        order = self.sell((self.press, 3))
        machines = self.deliver(order, lots)
        self.assertEqual(set(machines.mapped("warranty_state")), {"pending"})
        with self.assertRaises(AccessError):
            machines.with_user(self.accountant).check_access("read")
        self.invoice(order, date(2026, 3, 20))
        for machine in machines:
            self.assertEqual(machine.invoice_date, date(2026, 3, 20))
            self.assertEqual(machine.warranty_ids.start_date, date(2026, 3, 20))
            self.assertEqual(machine.warranty_ids.end_date, date(2027, 3, 19))
            self.assertEqual(machine.warranty_ids.covered_from, date(2026, 3, 2))
            event = machine.event_ids.filtered(lambda e: e.kind == "invoiced")
            self.assertEqual(event.date, date(2026, 3, 20))
            self.assertEqual(event.user_id, self.accountant)

    def test_invoiced_in_steps(self):
        """Each unit of one line takes the date of its own invoice."""
        lots = self.serials("P-1", "P-2", "P-3")
        order = self.sell((self.press, 3))
        first = self.deliver(order, lots[:1])
        self.invoice(order, date(2026, 3, 10))
        machines = self.deliver(order, lots[1:], moment=datetime(2026, 4, 20, 9))
        later = machines - first
        self.assertEqual(first.invoice_date, date(2026, 3, 10))
        self.assertEqual(later.mapped("invoice_date"), [False, False])
        self.assertEqual(set(later.warranty_ids.mapped("state")), {"pending"})
        self.invoice(order, date(2026, 4, 30))
        self.assertEqual(first.invoice_date, date(2026, 3, 10))
        self.assertEqual(later.mapped("invoice_date"), [date(2026, 4, 30)] * 2)
        self.assertEqual(
            set(later.warranty_ids.mapped("end_date")), {date(2027, 4, 29)}
        )

    def test_invoiced_before_the_delivery(self):
        """What is delivered after the invoice takes its date."""
        self.put_on_stock(self.prepaid, 3)
        order = self.sell((self.prepaid, 3))
        self.invoice(order, date(2026, 2, 10))
        machines = self.deliver(order)
        self.assertEqual(len(machines), 3)
        for machine in machines:
            self.assertEqual(machine.invoice_date, date(2026, 2, 10))
            self.assertEqual(machine.warranty_ids.start_date, date(2026, 2, 10))

    def test_reversed_invoice_does_not_count(self):
        self.put_on_stock(self.prepaid, 1)
        order = self.sell((self.prepaid, 1))
        wrong = self.invoice(order, date(2026, 2, 10))
        self.reverse(wrong, date(2026, 2, 12))
        self.invoice(order, date(2026, 2, 20))
        machine = self.deliver(order)
        self.assertEqual(machine.invoice_date, date(2026, 2, 20))

    def test_reversed_afterwards_is_a_difference(self):
        """A given date is compared and shown, not overwritten."""
        self.put_on_stock(self.pump, 1)
        order = self.sell((self.pump, 1))
        machine = self.deliver(order)
        invoice = self.invoice(order, date(2026, 3, 10))
        self.reverse(invoice, date(2026, 3, 12))
        self.invoice(order, date(2026, 3, 25))
        self.assertEqual(machine.invoice_date, date(2026, 3, 10))
        with self.at(datetime(2026, 4, 1, 9)):
            wizard = self.as_role("manager", "aftersales.warranty.rebuild").create(
                {"equipment_ids": [Command.set(machine.ids)]}
            )
            wizard.action_compare()
            self.assertEqual(len(wizard.line_ids), 2)
            wizard.action_apply()
        self.assertEqual(machine.invoice_date, date(2026, 3, 25))
        self.assertEqual(machine.warranty_ids.start_date, date(2026, 3, 25))

    def test_more_of_a_lot_is_no_difference(self):
        """What was delivered before keeps the days of its own delivery."""
        for trigger in ("delivery", "commissioning"):
            with self.subTest(trigger=trigger):
                self.term.start_trigger = trigger
                lot = self.serials(f"L-{trigger}", product=self.sensor, quantity=5)
                machine = self.deliver(self.sell((self.sensor, 2)), lot, 2)
                if trigger == "commissioning":
                    machine.sudo().commissioning_date = date(2026, 3, 5)
                first = machine.warranty_ids
                start = first.start_date
                self.deliver(self.sell((self.sensor, 3)), lot, 3, moment=24 * 30)
                self.assertEqual(len(machine.warranty_ids), 2)
                with self.at(datetime(2026, 4, 20, 9)):
                    Rebuild = self.as_role("manager", "aftersales.warranty.rebuild")
                    wizard = Rebuild.create(
                        {"equipment_ids": [Command.set(machine.ids)]}
                    )
                    wizard.action_compare()
                self.assertFalse(wizard.line_ids)
                self.assertEqual(first.start_date, start)

    def test_invoice_that_is_gone_is_a_difference(self):
        """Cancelled without another one: the warranty waits again, on demand."""
        self.put_on_stock(self.pump, 1)
        order = self.sell((self.pump, 1))
        machine = self.deliver(order)
        invoice = self.invoice(order, date(2026, 3, 10))
        invoice.button_draft()
        invoice.button_cancel()
        self.assertEqual(machine.invoice_date, date(2026, 3, 10))
        with self.at(datetime(2026, 4, 1, 9)):
            wizard = self.as_role("manager", "aftersales.warranty.rebuild").create(
                {"equipment_ids": [Command.set(machine.ids)]}
            )
            wizard.action_compare()
            self.assertEqual(len(wizard.line_ids), 2)
            wizard.action_apply()
            self.assertFalse(machine.invoice_date)
            self.assertEqual(machine.warranty_ids.state, "pending")
            self.assertIn("invoice date is missing", machine.warning)
            self.invoice(order, date(2026, 3, 25))
        self.assertEqual(machine.warranty_ids.start_date, date(2026, 3, 25))

    def test_typed_invoice_date_is_no_difference(self):
        """No invoice here says otherwise; it was written elsewhere."""
        self.put_on_stock(self.pump, 1)
        machine = self.deliver(self.sell((self.pump, 1)))
        machine.invoice_date = date(2026, 3, 2)
        with self.at(datetime(2026, 4, 1, 9)):
            wizard = self.as_role("manager", "aftersales.warranty.rebuild").create(
                {"equipment_ids": [Command.set(machine.ids)]}
            )
            wizard.action_compare()
            self.assertFalse(wizard.line_ids)

    def test_corrected_delivery_is_a_difference(self):
        """A corrected moment of delivery: the day at the site follows on demand."""
        self.press.aftersales_warranty_term_id = self.term
        order = self.sell((self.press, 1))
        machine = self.deliver(order, self.serials("P-1"))
        warranty = machine.warranty_ids
        machine.move_id.date = datetime(2026, 2, 27, 23, 30)
        self.assertEqual(warranty.start_date, date(2026, 3, 2))
        with self.at(datetime(2026, 4, 1, 9)):
            wizard = self.as_role("manager", "aftersales.warranty.rebuild").create(
                {"equipment_ids": [Command.set(machine.ids)]}
            )
            wizard.action_compare()
            self.assertEqual(len(wizard.line_ids), 2)
            wizard.action_apply()
        self.assertEqual(machine.delivery_date, date(2026, 2, 28))
        self.assertEqual(warranty.start_date, date(2026, 2, 28))
        self.assertEqual(warranty.end_date, date(2027, 2, 27))

    def test_posting_other_invoices(self):
        """Invoices without equipment are posted as ever."""
        order = self.sell((self.screw, 2))
        self.put_on_stock(self.screw, 2)
        self.deliver(order)
        invoice = self.invoice(order, date(2026, 3, 10))
        self.assertEqual(invoice.state, "posted")
        self.assertFalse(self.equipment_of(order))

    def test_queries_of_a_large_invoice(self):
        """Forty more machines on an invoice cost no query each."""
        counts = []
        for number in (5, 45):
            lots = self.serials(*(f"P-{number}-{i}" for i in range(number)))
            order = self.sell((self.press, number))
            machines = self.deliver(order, lots)
            invoice = order._create_invoices()
            invoice.invoice_date = date(2026, 3, 10)
            invoice._post()
            machines.invoice_date = False
            machines.warranty_ids.write({"start_date": False, "end_date": False})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            invoice._start_aftersales_warranties()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
            self.assertEqual(set(machines.mapped("invoice_date")), {date(2026, 3, 10)})
        self.assertLess(counts[1] - counts[0], 15, counts)
