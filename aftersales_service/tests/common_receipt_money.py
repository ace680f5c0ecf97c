# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields
from odoo.tests import Form

from .common import GROUP
from .common_charges import ChargesCommon
from .common_receipt import FINANCE, ReceiptCommon

ACCOUNTANT = FINANCE + ",account.group_account_basic"


class ReceiptMoneyCommon(ChargesCommon, ReceiptCommon):
    """Visits that are charged 100 an hour, and accountants who handle the money."""

    @classmethod
    def lay_ground(cls):
        cls.company.aftersales_callout_product_id = False
        cls.cash = cls.env["account.journal"].create(
            {
                "name": "Till",
                "type": "cash",
                "code": "TILL",
                "company_id": cls.company.id,
            }
        )
        cls.bank = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.company.id)], limit=1
        )
        cls.ann = cls.make_user("as_ann", "Ann", ACCOUNTANT)
        cls.bert = cls.make_user("as_bert", "Bert", ACCOUNTANT)
        cls.clerk = cls.make_user("as_clerk", "Clerk", FINANCE)
        cls.keeper = cls.make_user(
            "as_keeper", "Keeper", "base.group_user,account.group_account_user"
        )
        cls.boss = cls.make_user(
            "as_boss", "Boss", "base.group_user," + GROUP % "manager"
        )

    # === THE VISIT === #

    def visit_receipt(self, hours=1, **values):
        """Work a visit that is charged by the hour, and have it signed.

        :return: its `aftersales.receipt`, as nobody in particular
        """
        visit = self.finish(lines=[self.labour(hours)] if hours else [])
        with self.at(31):
            return self.sign(visit, **values).receipt_ids

    def receive(self, receipt):
        """Bring a receipt to finance: Ann receives it."""
        with self.at(32):
            self.hand_over(receipt)
            receipt.with_user(self.ann).action_receive()
            self.settle_transaction()

    def received(self, hours=1, **values):
        receipt = self.visit_receipt(hours, **values)
        self.receive(receipt)
        return receipt

    def billed(self, hours=1, **values):
        """Return a receipt that finance has, and whose order was invoiced."""
        receipt = self.received(hours, **values)
        self.invoice(receipt)
        return receipt

    # === NATIVE STEPS === #

    def orders(self, receipt):
        return receipt.sudo().order_ids

    def invoice(self, receipt, post=True):
        """Confirm and invoice what the receipts' visits charge, natively."""
        with self.at(33):
            orders = self.orders(receipt)
            orders.filtered(lambda order: order.state == "draft").action_confirm()
            moves = orders._create_invoices(final=True)
            if post:
                moves.action_post()
            self.settle_transaction()
        return moves

    def pay(self, moves, amount=None, journal=None, **values):
        """Pay invoices by the native dialog, as an accountant does it."""
        if amount is not None:
            values["amount"] = amount
        register = (
            self.env["account.payment.register"]
            .with_user(self.bert)
            .with_context(active_model="account.move", active_ids=moves.ids)
            .create({"journal_id": (journal or self.bank).id, **values})
        )
        payments = register._create_payments()
        self.settle_transaction()
        return payments.with_env(self.env)

    def statement(self, amount, ref="Transfer", partner=None, **values):
        """Let a line come in by the bank's statement."""
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.bank.id,
                "date": fields.Date.to_date("2026-03-05"),
                "payment_ref": ref,
                "amount": amount,
                "partner_id": (partner or self.env["res.partner"]).id,
                **values,
            }
        )

    def credit(self, invoice, amount=None):
        """Make and post a credit note of an invoice by its native dialog."""
        reversal = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        note = self.env["account.move"].browse(reversal.refund_moves()["res_id"])
        if amount is not None:
            line = note.invoice_line_ids.filtered(
                lambda ln: ln.display_type == "product"
            )
            line[0].write({"price_unit": amount, "quantity": 1})
        note.action_post()
        self.settle_transaction()
        return note

    def undo(self, moves):
        """Unreconcile invoices, as the native button does it."""
        moves.line_ids.remove_move_reconcile()
        self.settle_transaction()

    def settle_transaction(self):
        """Do what is done before a transaction ends."""
        self.env.cr.flush()

    # === OUR STEPS === #

    def register(self, receipt, user=None, **values):
        """Make the payment from receipts by the dialog."""
        user = user or self.ann
        action = receipt.with_user(user).action_register_payment()
        wizard = self.env[action["res_model"]].with_user(user).browse(action["res_id"])
        if values:
            with Form(wizard) as dialog:
                for name, value in values.items():
                    setattr(dialog, name, value)
        wizard.action_register()
        self.settle_transaction()
        return receipt.sudo().payment_ids

    def explain(self, receipt, kind="difference", why="Scratched cover", user=None):
        """Propose a settlement by the dialog."""
        user = user or self.ann
        action = receipt.with_user(user).action_settle()
        wizard = self.env[action["res_model"]].with_user(user).browse(action["res_id"])
        with Form(wizard) as dialog:
            dialog.kind = kind
            dialog.explanation = why
        wizard.action_propose()
        self.settle_transaction()
        return receipt.sudo().settlement_ids[:1]

    def approve(self, receipt, user=None):
        receipt.with_user(user or self.bert).action_approve_settlement()
        self.settle_transaction()

    def money(self, receipt):
        """Return what is owed, paid and open, and the two states."""
        receipt = receipt.sudo()
        return (
            receipt.amount_owed,
            receipt.amount_paid,
            receipt.amount_open,
            receipt.money_state,
            receipt.state,
        )

    def make_foreign(self, rate=2.0):
        """Return a currency of which the company's one is worth `rate`."""
        own = self.company.currency_id
        Currency = self.env["res.currency"].with_context(active_test=False)
        names = [("name", "in", ("EUR", "USD", "GBP"))]
        foreign = (Currency.search(names) - own)[0]
        foreign.active = True
        foreign.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {
                "name": "2020-01-01",
                "rate": rate,
                "currency_id": foreign.id,
                "company_id": self.company.id,
            }
        )
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Abroad",
                "currency_id": foreign.id,
                "company_id": self.company.id,
            }
        )
        customer = self.customer.with_company(self.company)
        customer.property_product_pricelist = pricelist
        return foreign
