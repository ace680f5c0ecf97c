# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the customer pays on the spot, said before he signs."""

from odoo import api, fields, models

from ..models.aftersales_receipt import PAYMENT_METHOD_SELECTION


class AftersalesServiceSign(models.TransientModel):
    _inherit = "aftersales.service.sign"

    paid_method = fields.Selection(
        PAYMENT_METHOD_SELECTION,
        string="Paid on Site",
        compute="_compute_paid",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        help="Leave it empty if the customer pays the invoice.",
    )
    paid_amount = fields.Monetary(
        string="Amount Paid",
        compute="_compute_paid_amount",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    paid_reference = fields.Char(
        string="Reference of the Payment",
        compute="_compute_paid",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )

    @api.depends("dispatch_id")
    def _compute_paid(self):
        """Begin with what the version before says."""
        for sign in self:
            sign.paid_method = sign.dispatch_id.paid_method
            sign.paid_reference = sign.dispatch_id.paid_reference

    @api.depends("dispatch_id", "paid_method")
    def _compute_paid_amount(self):
        """Most pay what is charged."""
        for sign in self:
            visit = sign.dispatch_id
            if not sign.paid_method:
                sign.paid_amount = 0.0
            elif not sign.paid_amount:
                same = sign.paid_method == visit.paid_method
                sign.paid_amount = visit.paid_amount if same else visit.charge_total

    def _check_complete(self):
        """Check what was paid, and keep it for what is signed now.

        :raise ValidationError: when it can't be
        """
        res = super()._check_complete()
        if self.outcome == "absent":
            paid = (False, 0.0, False)
        else:
            paid = (self.paid_method, self.paid_amount, self.paid_reference)
        self.dispatch_id._state_payment(*paid)
        return res
