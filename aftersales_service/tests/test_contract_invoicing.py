# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .contract_sale_common import ContractSaleCommon

#: Hours after the start at which a quarter has begun: 2 March, June, September...
QUARTERS = [0, 92 * 24, 184 * 24, 275 * 24]


@tagged("post_install", "-at_install")
class TestContractInvoicing(ContractSaleCommon):
    """Real invoices of contracts, with the order or period by period."""

    def sell(self, machines=1, product=None, **values):
        contract = self.sold(
            self.line_of(self.machines[:machines], product or self.quarterly, **values),
            by_customer=True,
        )
        return contract, contract.sale_line_id

    def invoice(self, order, hours, post=True):
        """Invoice what is due so many hours after the start.

        :return: the invoice, empty if there is nothing to invoice
        """
        with self.at(hours):
            self.contracts(order)._raise_due()
            if order.invoice_status != "to invoice":
                return self.env["account.move"]
            move = order._create_invoices(final=True)
            if post:
                move.action_post()
            return move

    def text(self, move):
        return move.invoice_line_ids.filtered("product_id").name

    def test_with_the_order(self):
        _contract, line = self.sell(2, self.service)
        order = line.order_id
        self.assertEqual(order.invoice_status, "to invoice")
        move = self.invoice(order, 0)
        self.assertEqual(move.amount_total, 2400)
        self.assertIn("03/02/2026 to 03/01/2027", self.text(move))
        self.assertEqual(order.invoice_status, "invoiced")
        self.assertFalse(self.invoice(order, 24 * 200))

    def test_by_quarters(self):
        """Each is due on its first day; in the end exactly what was sold."""
        contract, line = self.sell(2)
        order = line.order_id
        self.assertEqual(
            (line.qty_delivered, order.invoice_status), (0.5, "to invoice")
        )
        texts, total = [], 0
        for hours in QUARTERS:
            move = self.invoice(order, hours)
            self.assertEqual(move.amount_total, 600)
            self.assertIn(contract.name, self.text(move))
            texts.append(self.text(move).splitlines()[-1])
            total += move.amount_total
            self.assertFalse(
                self.invoice(order, hours + 24 * 80), "nothing more is due"
            )
        self.assertEqual(
            [text.split(", ")[1] for text in texts],
            [
                "03/02/2026 to 06/01/2026",
                "06/02/2026 to 09/01/2026",
                "09/02/2026 to 12/01/2026",
                "12/02/2026 to 03/01/2027",
            ],
        )
        self.assertEqual(total, order.amount_total)
        self.assertEqual(order.invoice_status, "invoiced")

    def test_two_periods_at_once(self):
        _contract, line = self.sell()
        move = self.invoice(line.order_id, QUARTERS[2])
        self.assertEqual(move.amount_total, 900)
        self.assertIn("03/02/2026 to 12/01/2026", self.text(move))

    def test_equal_months(self):
        """Twelve equal invoices, although a twelfth has no two decimals."""
        self.by_quarter.invoicing_months = 1
        _contract, line = self.sell(3, price_unit=1000)
        amounts = []
        for month in range(12):
            day = date(2026 + (month + 2) // 12, (month + 2) % 12 + 1, 2)
            hours = (day - date(2026, 3, 2)).days * 24
            amounts.append(self.invoice(line.order_id, hours).amount_total)
        self.assertEqual(amounts, [250] * 12)
        self.assertEqual(line.order_id.invoice_status, "invoiced")

    def test_discount_and_taxes_are_native(self):
        tax = self.env["account.tax"].create(
            {"name": "10 %", "amount": 10, "company_id": self.company.id}
        )
        _contract, line = self.sell(
            discount=50, tax_ids=[Command.set(tax.ids)], price_unit=1000
        )
        move = self.invoice(line.order_id, 0)
        self.assertEqual((move.amount_untaxed, move.amount_total), (125, 137.5))

    def test_nothing_before_it_is_agreed_or_begins(self):
        contract = self.sold(self.line_of(self.machines[0], self.quarterly))
        order = contract.sale_order_id
        self.assertEqual(order.invoice_status, "no")
        with self.at(24):
            contract._activate(signed_by="Mia")
        self.assertEqual(order.invoice_status, "to invoice")
        _later, line = self.sell(aftersales_contract_start="2026-04-01")
        self.assertFalse(self.invoice(line.order_id, 24 * 29))
        self.assertEqual(self.invoice(line.order_id, 24 * 30).amount_total, 300)

    def test_cancelled(self):
        """No further shares; what had begun stays due."""
        contract, line = self.sell()
        order = line.order_id
        self.invoice(order, QUARTERS[0])
        with self.at(QUARTERS[1] + 24):
            contract._cancel("moves away")
        self.assertEqual(line.qty_delivered, 0.5)
        self.assertEqual(self.invoice(order, QUARTERS[2]).amount_total, 300)
        self.assertFalse(self.invoice(order, QUARTERS[3]))

    def test_suspended(self):
        contract, line = self.sell()
        order = line.order_id
        self.invoice(order, QUARTERS[0])
        with self.at(QUARTERS[1] - 240):
            contract._suspend(contract._today(), "not paid")
        self.assertFalse(self.invoice(order, QUARTERS[1] + 24))
        with self.at(QUARTERS[1] + 48):
            contract._resume(contract._today())
        self.assertEqual(self.invoice(order, QUARTERS[1] + 48).amount_total, 300)

    def test_price_changed(self):
        """Later periods cost the new price; what was invoiced stays."""
        _contract, line = self.sell()
        self.invoice(line.order_id, QUARTERS[0])
        line.price_unit = 2000
        self.assertEqual(self.invoice(line.order_id, QUARTERS[1]).amount_total, 500)

    def test_machine_added(self):
        _contract, line = self.sell()
        self.invoice(line.order_id, QUARTERS[0])
        with self.at(24):
            line.write(
                {
                    "aftersales_equipment_ids": [Command.set(self.machines[:2].ids)],
                    "product_uom_qty": 2,
                }
            )
        self.assertEqual(line.qty_delivered, 0.5)
        self.assertEqual(self.invoice(line.order_id, QUARTERS[1]).amount_total, 900)

    def test_paid_all_at_once(self):
        """Invoiced wholly with an online payment, nothing is given back later."""
        _contract, line = self.sell()
        order = line.order_id
        with self.at(0):
            order._force_lines_to_invoice_policy_order()
            move = order._create_invoices()
            move.action_post()
        self.assertEqual(move.amount_total, 1200)
        self.assertIn("03/02/2026 to 03/01/2027", self.text(move))
        self.assertFalse(self.invoice(order, QUARTERS[1]))
        self.assertEqual(order.invoice_status, "invoiced")

    def test_credited_and_invoiced_again(self):
        _contract, line = self.sell()
        order = line.order_id
        move = self.invoice(order, 0, post=False)
        move.button_cancel()
        self.assertEqual(order.invoice_status, "to invoice")
        self.assertEqual(self.invoice(order, 0).amount_total, 300)

    def test_daily_job(self):
        """The job looks at a contract when a period begins, and raises what is due."""
        contract, line = self.sell()
        self.invoice(line.order_id, 0)
        order = line.order_id
        job = self.env.ref("aftersales_service.ir_cron_contract_move")
        for hours, status in ((24, "no"), (QUARTERS[1], "to invoice")):
            with self.at(hours), self.enter_registry_test_mode():
                self.assertIs(job.method_direct_trigger(), True)
            self.env.invalidate_all()
            self.assertEqual(order.invoice_status, status)
        self.assertEqual(line.qty_delivered, 0.5)
        self.assertEqual(contract.next_move_on, date(2026, 9, 2))

    def test_who_pays_the_invoice_has_agreed(self):
        contract = self.sold(self.line_of(self.machines[0]))
        self.assertEqual(contract.state, "waiting")
        with self.at(24):
            move = contract.sale_order_id._create_invoices()
            move.action_post()
            self.assertEqual(contract.state, "waiting")
            wizard = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=move.ids
            )
            wizard.create({})._create_payments()
            self.env.flush_all()
        self.assertEqual((contract.state, contract.signed_by), ("active", False))
        self.assertEqual(contract.start_date, date(2026, 3, 3))

    def pay_online(self, order, amount):
        provider = self.env["payment.provider"].create(
            {"name": "Test Pay", "state": "test", "company_id": self.company.id}
        )
        method = self.env["payment.method"].create({"name": "Card", "code": "test_x"})
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "reference": f"{order.name}-{amount}",
                "amount": amount,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_id.id,
                "operation": "online_redirect",
                "sale_order_ids": [Command.set(order.ids)],
                "state": "done",
            }
        )
        # The entry in the books is the provider's business.
        with patch.object(type(transaction), "_create_payment"):
            transaction._post_process()
        self.env.flush_all()

    def test_paid_online(self):
        """His payment confirms the order, and with it the contract."""
        order = self.quote(
            self.line_of(self.machines[0]),
            require_signature=False,
            require_payment=True,
            prepayment_percent=1,
        )
        with self.at(0):
            self.pay_online(order.sudo(), 1200)
        self.assertEqual((order.state, self.contracts(order).state), ("sale", "active"))

    def test_paid_online_later(self):
        """Confirmed by hand: a part of it is not enough, all of it is."""
        contract = self.sold(self.line_of(self.machines[0]))
        order = contract.sale_order_id
        self.pay_online(order, 200)
        self.assertEqual(contract.state, "waiting")
        self.pay_online(order, 1000)
        self.assertEqual(contract.state, "active")

    def test_order_cancelled(self):
        _contract, line = self.sell()
        line.order_id._action_cancel()
        self.assertEqual(line.order_id.invoice_status, "no")
        self.assertEqual(line.qty_to_invoice, 0)

    def test_invoice_in_the_customers_language(self):
        self.contact.lang = "de_DE"
        _contract, line = self.sell()
        self.assertIn("02.03.2026", self.text(self.invoice(line.order_id, 0)))
