# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _post_process(self):
        """Who has paid an order online has agreed to its contracts.

        Those of an order that was confirmed by his payment have begun already; others
        waited for his signature.
        """
        result = super()._post_process()
        received = self.filtered(lambda tx: tx.state in ("authorized", "done"))
        # sudo: follows from the payment, whoever it is noted by
        for order in received.sudo().sale_order_ids:
            if order.state == "sale" and order._is_paid():
                order.order_line.aftersales_contract_ids._activate()
        return result
