# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.fields import Command

#: So many proposals are shown.
MOST_SHOWN = 12


class AftersalesReceipt(models.Model):
    _inherit = "aftersales.receipt"

    def action_view_proposals(self):
        """Show all that may pay this receipt.

        :return: dict, the action that opens the dialog
        """
        self.ensure_one()
        self._check_accountant()
        wizard = self.env["aftersales.receipt.match"].create(
            {
                "receipt_id": self.id,
                "line_ids": [
                    Command.create(
                        {
                            "key": self._proposal_key(proposal),
                            "what": self._proposal_what(proposal),
                            "why": self._proposal_why(proposal),
                            "score": proposal.score,
                        }
                    )
                    for proposal in self._proposals(MOST_SHOWN)
                ],
            }
        )
        return wizard._get_records_action(
            name=self.env._("What May Pay It"), target="new"
        )


class AftersalesReceiptMatch(models.TransientModel):
    """What may pay a receipt, to choose from."""

    _name = "aftersales.receipt.match"
    _description = "Proposals for a Receipt"

    receipt_id = fields.Many2one("aftersales.receipt", required=True, readonly=True)
    currency_id = fields.Many2one(related="receipt_id.currency_id")
    amount_open = fields.Monetary(related="receipt_id.amount_open")
    line_ids = fields.One2many("aftersales.receipt.match.line", "match_id")


class AftersalesReceiptMatchLine(models.TransientModel):
    """One proposal."""

    _name = "aftersales.receipt.match.line"
    _description = "Proposal for a Receipt"
    _order = "score desc, id"

    match_id = fields.Many2one(
        "aftersales.receipt.match", required=True, readonly=True, ondelete="cascade"
    )
    key = fields.Char(readonly=True, export_string_translation=False)
    what = fields.Char(string="Payment", readonly=True)
    why = fields.Char(string="Because", readonly=True)
    score = fields.Integer(readonly=True)

    def action_match(self):
        self.ensure_one()
        self.match_id.receipt_id.with_context(proposal=self.key).action_match()
        return {"type": "ir.actions.act_window_close"}
