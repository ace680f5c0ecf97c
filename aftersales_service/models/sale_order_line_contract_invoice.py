# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Contracts that are invoiced in advance, period by period, by native invoices.

What is due counts as delivered; sale does the rest: it shows the order as to be
invoiced, and makes the invoice of what was not invoiced yet.
"""

from datetime import timedelta
from fractions import Fraction

from odoo import api, fields, models
from odoo.tools import format_date

from ..tools import contract_periods
from .aftersales_contract import NOT_AGREED_STATES

METHOD = "aftersales_contract"
DAY = timedelta(days=1)
#: How many decimals a price may get so that the amount of a period is exact.
PRICE_DIGITS = range(2, 9)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    qty_delivered_method = fields.Selection(
        selection_add=[(METHOD, "Periods of a Contract")]
    )

    # === WHAT IS DUE === #

    @api.depends("product_id", "aftersales_contract_ids.invoicing")
    def _compute_qty_delivered_method(self):
        res = super()._compute_qty_delivered_method()
        for line in self:
            if line._aftersales_is_by_period():
                line.qty_delivered_method = METHOD
        return res

    @api.depends(
        "product_uom_qty",
        "qty_invoiced",
        "aftersales_contract_ids.state",
        "aftersales_contract_ids.start_date",
        "aftersales_contract_ids.end_date",
        "aftersales_contract_ids.cancelled_on",
        "aftersales_contract_ids.suspended_since",
    )
    def _compute_qty_delivered(self):
        return super()._compute_qty_delivered()

    def _prepare_qty_delivered(self):
        delivered = super()._prepare_qty_delivered()
        for line in self:
            if line.qty_delivered_method == METHOD:
                delivered[line] = line._aftersales_quantity_due()
        return delivered

    def _aftersales_is_by_period(self):
        """Tell whether this line is invoiced period by period."""
        self.ensure_one()
        template = self.aftersales_contract_template_id
        if not self.aftersales_is_contract:
            return False
        contract = self._aftersales_invoiced_contract()
        return (contract or template).invoicing == "advance"

    def _aftersales_invoiced_contract(self):
        """Return the contract whose periods are invoiced.

        :return: the present one, else the one that was cancelled last
        """
        # sudo: whoever invoices
        contracts = self.sudo().aftersales_contract_ids.sorted("id")
        return self._aftersales_live_contract() or contracts[-1:]

    def _aftersales_quantity_due(self):
        """Return how much of this line is due: all periods that have begun.

        What was invoiced before it was due, such as all of it when the customer paid
        all of it online, stays as long as the contract goes on.
        """
        self.ensure_one()
        contract = self._aftersales_invoiced_contract()
        if not contract:
            return 0.0
        due = contract._quantity_due(self.product_uom_qty, self._aftersales_digits())
        if contract.cancelled_on or contract.state == "cancelled":
            return due
        return max(due, min(self.qty_invoiced, self.product_uom_qty))

    @api.model
    def _aftersales_digits(self):
        return self.env["decimal.precision"].precision_get("Product Unit")

    # === THE INVOICE === #

    def _prepare_invoice_line(self, **optional_values):
        values = super()._prepare_invoice_line(**optional_values)
        contract = self.aftersales_is_contract and self._aftersales_live_contract()
        if not contract:
            return values
        period = contract.start_date, contract.end_date
        if self.qty_delivered_method == METHOD and self.qty_to_invoice > 0:
            period = self._aftersales_invoiced_period(contract) or period
            values["price_unit"] = self._aftersales_period_price(contract)
        text = self._aftersales_period_text(contract, period)
        values["name"] = f"{values['name']}\n{text}"
        return values

    def _aftersales_invoiced_period(self, contract):
        """Return the days that are paid with what is to be invoiced now."""
        return contract_periods.periods_between(
            self.product_uom_qty,
            contract.start_date,
            contract.end_date,
            contract.invoicing_months,
            self.qty_invoiced,
            self.qty_invoiced + self.qty_to_invoice,
            self._aftersales_digits(),
        )

    def _aftersales_period_text(self, contract, period):
        """Say which days an invoice is for, in the customer's language."""
        env = self.with_context(lang=self.order_id._get_lang()).env
        return env._(
            "%(contract)s, %(start)s to %(end)s",
            contract=contract.name,
            start=format_date(env, period[0]),
            end=format_date(env, period[1]),
        )

    def _aftersales_period_price(self, contract):
        """Return the unit price by which the amount of the period is exact.

        A twelfth of one contract is 0.08 in quantities of two decimals, and 0.09 now
        and then: at the same price, equal months would not cost the same.
        """
        currency = self.currency_id
        total = self.price_unit * self.product_uom_qty
        upto = self.qty_invoiced + self.qty_to_invoice
        amount = currency.round(
            total * float(self._aftersales_exact_share(contract, upto))
        ) - currency.round(
            total * float(self._aftersales_exact_share(contract, self.qty_invoiced))
        )
        quantity = self.qty_to_invoice
        for price in (
            self.price_unit,
            *(round(amount / quantity, digits) for digits in PRICE_DIGITS),
        ):
            if not currency.compare_amounts(price * quantity, amount):
                return price
        return self.price_unit

    def _aftersales_exact_share(self, contract, quantity):
        """Return the share of a contract that a rounded quantity stands for."""
        digits, months = self._aftersales_digits(), contract.invoicing_months
        days = contract.start_date, contract.end_date
        upto = Fraction(0)
        if not quantity:
            return upto
        for share, (first, _last) in zip(
            contract_periods.shares(*days, months),
            contract_periods.periods(*days, months),
            strict=True,
        ):
            upto += share
            due = contract_periods.quantity_due(
                self.product_uom_qty, *days, months, first, digits
            )
            if abs(due - quantity) < 10**-digits / 2:
                return upto
        return Fraction(str(quantity)) / Fraction(str(self.product_uom_qty or 1))


class AftersalesContract(models.Model):
    _inherit = "aftersales.contract"

    def _quantity_due(self, ordered, digits):
        """Return how much of an ordered quantity is due.

        :param float ordered: units on the order line
        :param int digits: decimals of quantities
        """
        self.ensure_one()
        day = self._due_day()
        if not day or day < self.start_date:
            return 0.0
        return contract_periods.quantity_due(
            ordered, self.start_date, self.end_date, self.invoicing_months, day, digits
        )

    def _due_day(self):
        """Return the day by which periods have begun, or False while none can.

        A period that begins while the contract is suspended is due when it is resumed;
        one that begins after the cancellation never is.
        """
        day = self._today()
        if self.state in NOT_AGREED_STATES:
            return False
        if self.state == "cancelled" and not self.cancelled_on:
            return False
        if self.cancelled_on:
            day = min(day, self.cancelled_on - DAY)
        if self.suspended_since:
            day = min(day, self.suspended_since - DAY)
        return day

    # === THE JOB === #

    def _days_of_change(self):
        """Look at the contract on the day on which a period begins, too."""
        days = super()._days_of_change()
        if self._due_day() and self.invoicing == "advance":
            begins = contract_periods.periods(
                self.start_date, self.end_date, self.invoicing_months
            )
            days |= {first for first, _last in begins}
        return days

    def _move_due(self, today):
        res = super()._move_due(today)
        self._raise_due()
        return res

    def _raise_due(self):
        """Count what is due of these contracts, as of now, on their order lines."""
        # sudo: the job
        lines = self.sudo().sale_line_id.filtered(
            lambda line: line.qty_delivered_method == METHOD
        )
        for line in lines:
            due = line._aftersales_quantity_due()
            if due != line.qty_delivered:
                line.qty_delivered = due
        lines.flush_recordset()
