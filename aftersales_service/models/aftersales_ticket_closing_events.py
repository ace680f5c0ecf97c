# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What may have been the last thing that a solved ticket waited for.

Each event only puts its tickets into the queue of `_queue_closing`, whose work is done
at the end of the transaction, where it can break nothing.
"""

from odoo import api, models

from .aftersales_ticket_closing import FILED_STATES, INVOICED_STATES
from .inside import INSIDE, is_inside

#: Keeps a ticket open until the signature that solves it has made all that it makes.
SIGNING = "aftersales_signing"


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    def _state_changed(self, before):
        res = super()._state_changed(before)
        if not is_inside(self.env, SIGNING):
            self.filtered(lambda ticket: ticket.state == "solved")._queue_closing()
        return res

    def _followup_ended(self, followup):
        res = super()._followup_ended(followup)
        self._queue_closing()
        return res


class AftersalesServiceForm(models.Model):
    _inherit = "aftersales.service.form"

    @api.model
    def _sign(self, dispatch, values, at=None):
        context = {SIGNING: INSIDE}
        model = self.with_context(**context)
        form = super(AftersalesServiceForm, model)._sign(
            dispatch.with_context(**context), values, at
        )
        dispatch.job_ids.ticket_id._queue_closing()
        return form.with_env(self.env)


class AftersalesReceipt(models.Model):
    _inherit = "aftersales.receipt"

    def write(self, vals):
        res = super().write(vals)
        if vals.get("state") in FILED_STATES:
            # sudo: follows from the step, finance sees neither visits nor tickets
            self.sudo().dispatch_id.job_ids.ticket_id._queue_closing()
        return res


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    def _move(self, state, **stamps):
        res = super()._move(state, **stamps)
        if state == "cancelled":
            # sudo: follows from the step, whoever may take it
            self.sudo().job_ids.ticket_id._queue_closing()
        return res


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        # sudo: the orders behind the invoices, whoever posts them
        lines = posted.filtered(lambda move: move.is_sale_document()).sudo()
        lines.invoice_line_ids.sale_line_ids.order_id._queue_aftersales_closing()
        return posted


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _action_confirm(self):
        res = super()._action_confirm()
        self._queue_aftersales_closing()
        return res

    def _action_cancel(self):
        res = super()._action_cancel()
        self._queue_aftersales_closing()
        return res

    def _queue_aftersales_closing(self):
        """Let the tickets of the visits be looked at that these orders charge."""
        # sudo: follows from what happened to the order, whoever did it
        visits = self.sudo().dispatch_id
        visits.job_ids.ticket_id._queue_closing()

    def _aftersales_is_invoiced(self):
        """Tell whether nothing of this order is left to be invoiced.

        :return: bool; an order that costs nothing needs no invoice, and one whose
            invoice is a draft is not invoiced yet
        """
        self.ensure_one()
        if self.currency_id.is_zero(self.amount_total):
            return True
        states = set(self.invoice_ids.mapped("state"))
        return (
            self.state == "sale"
            and self.invoice_status in INVOICED_STATES
            and "posted" in states
            and "draft" not in states
        )
