# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

from ..models.aftersales_receipt_settlement import SETTLEMENT_KIND_SELECTION


class AftersalesReceipt(models.Model):
    _inherit = "aftersales.receipt"

    def action_settle(self):
        """Ask why something stays open.

        :return: dict, the action that opens the dialog
        """
        self.ensure_one()
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("finance")
        is_owed = self.currency_id.compare_amounts(self.amount_open, 0.0) > 0
        is_begun = not self.currency_id.is_zero(self.amount_paid)
        wizard = self.env["aftersales.receipt.settle"].create(
            {
                "receipt_id": self.id,
                "kind": "waived" if is_owed and not is_begun else "difference",
            }
        )
        return wizard._get_records_action(
            name=self.env._("Explain What Is Open"), target="new"
        )


class AftersalesReceiptSettle(models.TransientModel):
    """Why the open amount of a receipt stays open."""

    _name = "aftersales.receipt.settle"
    _description = "Explain What Is Open"

    receipt_id = fields.Many2one("aftersales.receipt", required=True, readonly=True)
    currency_id = fields.Many2one(related="receipt_id.currency_id")
    amount_owed = fields.Monetary(related="receipt_id.amount_owed")
    amount_paid = fields.Monetary(related="receipt_id.amount_paid")
    amount_open = fields.Monetary(related="receipt_id.amount_open")
    kind = fields.Selection(
        SETTLEMENT_KIND_SELECTION, string="What", required=True, default="difference"
    )
    explanation = fields.Char()

    def action_propose(self):
        self.ensure_one()
        self.receipt_id._propose_settlement(self.kind, self.explanation)
        return {"type": "ir.actions.act_window_close"}
