# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What was paid on site: stated by the technician, booked by finance.

The technician takes the money or is told of a transfer, and says so before the customer
signs. It is a statement on a signed paper, no payment: that is made by finance from the
receipt, see aftersales_receipt_payment.py.
"""

from odoo import fields, models
from odoo.exceptions import ValidationError

from .aftersales_receipt import PAYMENT_METHOD_SELECTION

PAID_FIELDS = ("paid_method", "paid_amount", "paid_reference")


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    paid_method = fields.Selection(
        PAYMENT_METHOD_SELECTION,
        string="Paid on Site",
        copy=False,
        readonly=True,
        help="How the customer paid, as the technician stated it when the form was "
        "signed. Finance makes the payment from the receipt.",
    )
    paid_amount = fields.Monetary(string="Amount Paid", copy=False, readonly=True)
    paid_reference = fields.Char(
        string="Reference of the Payment",
        copy=False,
        readonly=True,
        help="Number of the cheque, of the card's slip or of the transfer.",
    )

    def _guarded_fields(self):
        return super()._guarded_fields() | set(PAID_FIELDS)

    def _payment_content(self):
        """Return what the service form prints of a payment on site.

        :return: dict, empty when nothing was paid: method (code), label, amount,
            currency (code) and reference
        """
        self.ensure_one()
        if not self.paid_method:
            return {}
        return {
            "method": self.paid_method,
            "label": self._label(self, "paid_method"),
            "amount": self.paid_amount,
            "currency": self.currency_id.name,
            "reference": self.paid_reference or None,
        }

    def _visit_payment(self):
        """Return what the page on the phone asks of a payment.

        :return: dict: paid_methods (pairs of code and label), charge_amount (number),
            currency (symbol), and what an earlier version says (paid_method,
            paid_amount, paid_reference)
        """
        self.ensure_one()
        field = self._fields["paid_method"]
        return {
            "paid_methods": field._description_selection(self.env),
            "charge_amount": self.charge_total,
            "currency": self.currency_id.symbol,
            "paid_method": self.paid_method or "",
            "paid_amount": self.paid_amount,
            "paid_reference": self.paid_reference or "",
        }

    def _state_payment(self, method, amount, reference):
        """Keep what the technician says was paid.

        :param str method: code of `PAYMENT_METHOD_SELECTION`, or False
        :param float amount: in the currency of the charges
        :param str reference: number of the cheque, the slip or the transfer
        :raise ValidationError: when it can't be
        """
        self.ensure_one()
        reference = (reference or "").strip()
        compared = self.currency_id.compare_amounts(amount or 0.0, 0.0)
        if compared < 0:
            raise ValidationError(
                self.env._("A payment is above zero. Finance pays money back.")
            )
        if compared and not method:
            raise ValidationError(self.env._("Say how the customer paid."))
        if method and not compared:
            raise ValidationError(self.env._("Say how much the customer paid."))
        if method == "cheque" and not reference:
            raise ValidationError(self.env._("Write down the number of the cheque."))
        # sudo: nobody writes it but through the signature
        self.sudo().write(
            {
                "paid_method": method or False,
                "paid_amount": self.currency_id.round(amount) if method else 0.0,
                # Cash has none: what was typed before it was chosen is not signed.
                "paid_reference": method and method != "cash" and reference,
            }
        )
