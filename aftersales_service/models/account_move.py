# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        posted._start_aftersales_warranties()
        return posted

    def _start_aftersales_warranties(self):
        """Tell the equipment of invoiced order lines that it was invoiced.

        Works for accountants without an after-sales role.
        """
        invoices = self.filtered(lambda move: move.move_type == "out_invoice")
        # sudo: the order lines and machines behind the invoice, whoever posts it
        sale_lines = invoices.sudo().invoice_line_ids.sale_line_ids
        if sale_lines:
            self.env["aftersales.equipment"].sudo().search(
                [
                    ("sale_line_id", "in", sale_lines.ids),
                    ("invoice_date", "=", False),
                ]
            )._take_invoice_dates()

    def _invoice_paid_hook(self):
        """Who has paid a contract has agreed to it, though he signed nothing."""
        result = super()._invoice_paid_hook()
        invoices = self.filtered(lambda move: move.move_type == "out_invoice")
        # sudo: follows from the payment, whoever enters it
        paid = invoices.sudo().invoice_line_ids.sale_line_ids
        paid.aftersales_contract_ids._activate()
        return result
