# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What invoices, payments and orders know of receipts: which ones, and nothing more."""

from odoo import api, fields, models

from .aftersales_receipt_money import MONEY


class AccountMove(models.Model):
    _inherit = "account.move"

    # Also what makes an invoice without a receipt cheap: it has none to tell.
    receipt_ids = fields.Many2many(
        "aftersales.receipt",
        "aftersales_receipt_move_rel",
        "move_id",
        "receipt_id",
        string="Service Receipts",
        copy=False,
        readonly=True,
        groups=MONEY,
    )


class AccountPayment(models.Model):
    _inherit = "account.payment"

    receipt_ids = fields.Many2many(
        "aftersales.receipt",
        "aftersales_receipt_payment_rel",
        "payment_id",
        "receipt_id",
        string="Service Receipts",
        copy=False,
        readonly=True,
        groups=MONEY,
    )

    def action_view_receipts(self):
        self.ensure_one()
        return self.receipt_ids._get_records_action(name=self.env._("Receipts"))


class SaleOrder(models.Model):
    _inherit = "sale.order"

    aftersales_receipt_id = fields.Many2one(
        "aftersales.receipt",
        string="Service Receipt",
        compute="_compute_aftersales_receipt_id",
        store=True,
        index="btree_not_null",
        copy=False,
        ondelete="restrict",
        groups=MONEY,
        help="The receipt that its money belongs to.",
    )

    @api.depends("dispatch_id")
    def _compute_aftersales_receipt_id(self):
        """What is charged after the signature belongs to the latest receipt."""
        for order in self:
            receipts = order.dispatch_id.receipt_ids.filtered(
                lambda receipt: receipt.state != "replaced"
            )
            order.aftersales_receipt_id = receipts.sorted("form_id")[-1:]
