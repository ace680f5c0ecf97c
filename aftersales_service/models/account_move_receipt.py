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
        index="btree_not_null",
        copy=False,
        readonly=True,
        ondelete="restrict",
        groups=MONEY,
        help="The receipt that its money belongs to.",
    )

    # Not computed: it changes with the signatures, and not for other orders at all.
    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders.filtered("dispatch_id")._join_receipt()
        return orders

    def write(self, vals):
        res = super().write(vals)
        if "dispatch_id" in vals:
            self._join_receipt()
        return res

    def _join_receipt(self):
        """What is charged after the signature belongs to the latest receipt.

        What is charged before waits for it: see `aftersales.receipt._take_money`.
        """
        for order in self.sudo():  # sudo: follows from the visit, whoever charges it
            visit = order.dispatch_id
            receipts = visit.receipt_ids.filtered(
                lambda receipt, visit=visit: (
                    visit.state == "done" and receipt.state != "replaced"
                )
            )
            order.aftersales_receipt_id = receipts.sorted("form_id")[-1:]
