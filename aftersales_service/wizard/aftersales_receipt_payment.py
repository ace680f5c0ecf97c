# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

#: Which kind of journal a way to pay leads to.
JOURNALS = {"cash": "cash"}


class AftersalesReceipt(models.Model):
    _inherit = "aftersales.receipt"

    def action_register_payment(self):
        """Ask for the payment of these receipts, as the technicians stated it.

        :return: dict, the action that opens the dialog
        """
        self._check_payable()
        wizard = self.env["aftersales.receipt.payment"].create(self._prepare_payment())
        return wizard._get_records_action(
            name=self.env._("Register Payment"), target="new"
        )

    def _check_payable(self):
        """Check that a payment can be made from these receipts.

        :raise AccessError: without the rights
        :raise UserError: when nothing is open, or they don't go together
        """
        if not self:
            raise UserError(self.env._("Pick the receipts that were paid."))
        self._check_accountant()
        for receipt in self:
            if not receipt.can_register:
                raise UserError(
                    self.env._(
                        "%s was not received by finance yet, or nothing of it is open.",
                        receipt.name,
                    )
                )
        if len(self) == 1:
            return
        if len(self.company_id) > 1 or len(self._payer()) > 1:
            raise UserError(
                self.env._("One payment comes from one customer, to one company.")
            )
        for receipt in self:
            if not receipt._open_lines():
                raise UserError(
                    self.env._(
                        "One payment for several receipts needs their invoices: %s has "
                        "no open one.",
                        receipt.name,
                    )
                )

    def _payer(self):
        """Return who pays: as the invoices say, else the customer of the visit."""
        lines = self._open_lines()
        return (lines.partner_id or self.partner_id).commercial_partner_id

    def _payment_currency(self):
        """Return the currency that is paid in."""
        stated = self.filtered("announced_amount").announced_currency_id
        if len(stated) == 1:
            return stated
        documents = self._open_lines().currency_id or self.order_ids.currency_id
        return documents if len(documents) == 1 else self.company_id.currency_id

    def _prepare_payment(self):
        """Prepare the dialog: what was stated, else what is open."""
        currency = self._payment_currency()
        unbooked = self.filtered("is_unbooked")
        methods = {receipt.announced_method for receipt in self}
        method = methods.pop() if len(methods) == 1 else False
        day = fields.Date.context_today(self)
        if unbooked == self:
            amount = sum(
                receipt.announced_currency_id._convert(
                    receipt.announced_amount, currency, self.company_id, day
                )
                for receipt in self
            ) - self._booked(currency, day)
        else:
            amount = sum(
                receipt.currency_id._convert(
                    receipt.amount_open, currency, self.company_id, day
                )
                for receipt in self
            )
            lines = self._open_lines()
            if lines and lines.currency_id == currency:
                amount = sum(lines.mapped("amount_residual_currency"))
        memo = (
            *self.mapped("name"),
            *filter(None, self.mapped("announced_reference")),
        )
        return {
            "receipt_ids": [Command.set(self.ids)],
            "company_id": self.company_id.id,
            "partner_id": self._payer().id,
            "currency_id": currency.id,
            "amount": max(amount, 0.0),
            "journal_id": self._payment_journal(method, currency).id,
            "memo": ", ".join(dict.fromkeys(memo)),
            "shown_open": sum(self.mapped("amount_open")),
            "stated": ", ".join(filter(None, (r._stated_text() for r in self))),
        }

    def _booked(self, currency, day):
        """Add up what was paid of these receipts already, in a currency."""
        return sum(
            receipt.currency_id._convert(
                receipt.amount_paid, currency, self.company_id, day
            )
            for receipt in self
        )

    def _payment_journal(self, method, currency):
        """Find the journal that a way to pay leads to.

        :return: `account.journal`, of the same currency where there is one; cash never
            leads to a bank
        """
        Journal = self.env["account.journal"]
        journals = Journal.search(
            [
                *Journal._check_company_domain(self.company_id),
                ("type", "=", JOURNALS.get(method, "bank")),
            ]
        ).filtered("inbound_payment_method_line_ids")
        same = journals.filtered(
            lambda journal: (
                (journal.currency_id or self.company_id.currency_id) == currency
            )
        )
        if not journals:
            raise UserError(
                self.env._(
                    "%(company)s has no journal in which this could be booked: "
                    "“%(way)s”. Ask whoever keeps the accounts to make one.",
                    company=self.company_id.name,
                    way=dict(
                        self._fields["announced_method"]._description_selection(
                            self.env
                        )
                    ).get(method, self.env._("Bank")),
                )
            )
        return (same or journals)[:1]


class AftersalesReceiptPayment(models.TransientModel):
    """The payment that belongs to receipts, made natively by finance."""

    _name = "aftersales.receipt.payment"
    _description = "Payment of Receipts"

    receipt_ids = fields.Many2many(
        "aftersales.receipt", required=True, readonly=True, string="Receipts"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True
    )
    stated = fields.Char(string="Stated on Site", readonly=True)
    amount = fields.Monetary(required=True)
    currency_id = fields.Many2one("res.currency", required=True)
    journal_id = fields.Many2one(
        "account.journal",
        required=True,
        check_company=True,
        domain="[('type', 'in', ('bank', 'cash', 'credit'))]",
    )
    payment_date = fields.Date(
        string="Date", required=True, default=fields.Date.context_today
    )
    memo = fields.Char()
    is_advance = fields.Boolean(
        compute="_compute_is_advance", export_string_translation=False
    )
    shown_open = fields.Float(readonly=True, export_string_translation=False)

    @api.depends("receipt_ids")
    def _compute_is_advance(self):
        for wizard in self:
            wizard.is_advance = not wizard.receipt_ids._open_lines()

    def action_register(self):
        """Make the payment, and reconcile it with the open invoices."""
        self.ensure_one()
        receipts = self.receipt_ids
        # Of two who book the same money one has to try again, and finds it booked.
        receipts._touch()
        receipts._check_payable()
        currency = receipts.company_id.currency_id
        now_open = sum(receipts.mapped("amount_open"))
        if currency.compare_amounts(now_open, self.shown_open):
            raise UserError(
                self.env._(
                    "Something else is open by now: close this window and look again."
                )
            )
        if self.currency_id.compare_amounts(self.amount, 0.0) <= 0:
            raise UserError(self.env._("The payment has to be above zero."))
        payments = self._pay_invoices() if not self.is_advance else self._pay_ahead()
        # sudo: nobody writes by hand which payment belongs to which receipt
        receipts.sudo().payment_ids = [Command.link(pay.id) for pay in payments]
        for receipt in receipts:
            receipt.message_post(
                body=self.env._("Booked: %s", ", ".join(payments.mapped("name")))
            )
        receipts._follow_money()
        return {"type": "ir.actions.act_window_close"}

    def _pay_invoices(self):
        """Pay through the native dialog, which reconciles."""
        lines = self.receipt_ids._open_lines()
        register = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move.line", active_ids=lines.ids)
            .create(
                {
                    "amount": self.amount,
                    "currency_id": self.currency_id.id,
                    "journal_id": self.journal_id.id,
                    "payment_date": self.payment_date,
                    "communication": self.memo,
                    "group_payment": True,
                    # What is missing is explained by two people.
                    "payment_difference_handling": "open",
                }
            )
        )
        if not register.can_edit_wizard:
            raise UserError(
                self.env._(
                    "The invoices are on different accounts or of different "
                    "customers: pay them one by one."
                )
            )
        return register._create_payments()

    def _pay_ahead(self):
        """Book what was paid before the invoice, as the customer's credit."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.partner_id.id,
                "amount": self.amount,
                "currency_id": self.currency_id.id,
                "journal_id": self.journal_id.id,
                "date": self.payment_date,
                "memo": self.memo,
                "company_id": self.company_id.id,
            }
        )
        payment.action_post()
        return payment
