# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Orders that charge what a visit did; their parts are delivered by the visit."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.http import request
from odoo.tools import html2plaintext


class SaleOrder(models.Model):
    _inherit = "sale.order"

    dispatch_id = fields.Many2one(
        "aftersales.dispatch",
        string="Service Visit",
        index="btree_not_null",
        copy=False,
        readonly=True,
        check_company=True,
        ondelete="set null",
        help="The visit whose work this order charges.",
    )
    dispatch_rows = fields.Json(
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="What the visit wrote into this order, so that what sales changes by hand "
        "stays, and nothing is charged twice.",
    )
    dispatch_is_quote = fields.Boolean(
        string="Quote before the Work", copy=False, readonly=True
    )
    dispatch_approved_total = fields.Monetary(
        string="Approved Amount",
        copy=False,
        readonly=True,
        help="What the customer approved before the work, taxes included.",
    )
    dispatch_declined_at = fields.Datetime(
        string="Declined On",
        copy=False,
        readonly=True,
        help="When the customer declined this quote for a visit.",
    )
    dispatch_decline_reason = fields.Char(
        string="Reason for Declining", copy=False, readonly=True
    )

    def _is_written_by_visit(self):
        """Tell whether the visit may still write this order.

        A draft is; so is a quote for the visit, until something is invoiced: it is
        completed by what was really done.
        """
        self.ensure_one()
        if not self.dispatch_is_quote:
            return self.state == "draft"
        return (
            self.state != "cancel"
            and not self.locked
            and not any(self.order_line.mapped("qty_invoiced"))
        )

    def _action_confirm(self):
        """Keep what the customer has approved before the work."""
        res = super()._action_confirm()
        for order in self.filtered("dispatch_is_quote"):
            # sudo: follows from the confirmation, whoever confirms
            order.sudo().dispatch_approved_total = order.amount_total
            order.sudo().dispatch_id._quote_approved(order)
        return res

    def _action_cancel(self):
        """Tell those who go that the customer himself has declined their quote.

        What sales withdraws is no answer of the customer.
        """
        declined = self.browse()
        if self._is_asked_by_customer():
            declined = self.filtered(
                lambda order: (
                    order.dispatch_is_quote and order.state in ("draft", "sent")
                )
            )
        res = super()._action_cancel()
        # sudo: follows from the customer's answer
        declined.sudo().dispatch_declined_at = fields.Datetime.now()
        return res

    def _is_asked_by_customer(self):
        """Tell whether the customer himself does what is done now.

        The pages of the portal act for him as the superuser.
        """
        user = request.env.user if request else self.env.user
        return user.share

    def _message_post_after_hook(self, message, msg_vals):
        """Take the customer's words over that come with his refusal."""
        if self.dispatch_declined_at and not self.dispatch_decline_reason:
            if self.state == "cancel" and self._is_asked_by_customer():
                # sudo: as in `_action_cancel`
                order = self.sudo()
                order.dispatch_decline_reason = html2plaintext(message.body).strip()
                order.dispatch_id._quote_declined(order)
        return super()._message_post_after_hook(message, msg_vals)

    def action_draft(self):
        """What is offered again is declined no more."""
        # sudo: follows from the button, whoever may press it
        self.filtered("dispatch_declined_at").sudo().write(
            {"dispatch_declined_at": False, "dispatch_decline_reason": False}
        )
        return super().action_draft()

    def action_view_dispatch(self):
        self.ensure_one()
        return self.dispatch_id._get_records_action()


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    dispatch_line_id = fields.Many2one(
        "aftersales.dispatch.line",
        string="Visit Line",
        index="btree_not_null",
        copy=False,
        readonly=True,
        ondelete="set null",
    )
    dispatch_key = fields.Char(
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="What of the visit it charges. Empty: entered by sales.",
    )

    @api.depends("dispatch_key", "move_ids")
    def _compute_qty_delivered_method(self):
        """A part of a visit was delivered by the visit: by the moves that are linked,
        or, where there are none, as written down."""
        res = super()._compute_qty_delivered_method()
        for line in self:
            if line.dispatch_key and not line.move_ids:
                line.qty_delivered_method = "manual"
        return res

    def _action_launch_stock_rule(self, *, previous_product_uom_qty=False):
        """Never deliver again what the visit delivers itself."""
        others = self.filtered(lambda line: not line.dispatch_key)
        return super(SaleOrderLine, others)._action_launch_stock_rule(
            previous_product_uom_qty=previous_product_uom_qty
        )


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    order_ids = fields.One2many(
        "sale.order",
        "dispatch_id",
        string="Orders",
        readonly=True,
        groups="sales_team.group_sale_salesman,account.group_account_readonly,"
        "account.group_account_invoice",
        help="Quotes, the order, and supplements for corrections.",
    )

    def _live_orders(self):
        """Return the orders that count: those that are not cancelled, oldest first."""
        # sudo: technicians have no sales rights; they see but the statement
        orders = self.env["sale.order"].sudo()
        return orders.search(
            Domain("dispatch_id", "in", self.ids) & Domain("state", "!=", "cancel"),
            order="id",
        )

    def action_view_orders(self):
        """Open the orders of this visit, as the sales app allows."""
        self.ensure_one()
        orders = self.env["sale.order"].search([("dispatch_id", "=", self.id)])
        return orders._get_records_action(name=self.env._("Orders"))
