# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class SaleOrder(models.Model):
    """Orders that sell after-sales contracts."""

    _inherit = "sale.order"

    aftersales_ticket_id = fields.Many2one(
        "aftersales.ticket",
        string="Answers Ticket",
        index="btree_not_null",
        copy=False,
        readonly=True,
        check_company=True,
        ondelete="set null",
        groups="aftersales_service.aftersales_service_group_staff",
        help="The ticket out of warranty that this quotation answers.",
    )
    aftersales_ticket_name = fields.Char(
        string="Answers Service Ticket",
        compute="_compute_aftersales_ticket_name",
        compute_sudo=True,
        help="The ticket out of warranty that this quotation answers.",
    )
    aftersales_covers_ticket = fields.Boolean(
        string="Covers the Reported Fault",
        copy=False,
        help="The contract pays for this ticket too, although its fault came before "
        "the first day.",
    )
    aftersales_has_contract = fields.Boolean(
        compute="_compute_aftersales_has_contract", export_string_translation=False
    )
    aftersales_names_equipment = fields.Boolean(
        compute="_compute_aftersales_has_contract", export_string_translation=False
    )
    aftersales_contract_count = fields.Integer(
        string="Contract Count",
        compute="_compute_aftersales_contract_count",
        groups="sales_team.group_sale_salesman",
    )

    # === COMPUTES === #

    @api.depends("aftersales_ticket_id.reference", "aftersales_ticket_id.name")
    def _compute_aftersales_ticket_name(self):
        # sudo by the field: who sells sees the ticket's number and title only
        for order in self:
            order.aftersales_ticket_name = order.aftersales_ticket_id.display_name

    @api.depends(
        "order_line.aftersales_is_contract", "order_line.aftersales_is_extension"
    )
    def _compute_aftersales_has_contract(self):
        for order in self:
            has_contract = any(order.order_line.mapped("aftersales_is_contract"))
            order.aftersales_has_contract = has_contract
            order.aftersales_names_equipment = (
                has_contract or order.aftersales_has_extension
            )

    @api.depends(
        "order_line.aftersales_is_contract",
        "order_line.aftersales_contract_start",
        "order_line.aftersales_renews_id",
    )
    def _compute_aftersales_warranty_warning(self):
        """Tell of contracts that can't be made, or of machines covered twice."""
        res = super()._compute_aftersales_warranty_warning()
        for order in self.filtered("aftersales_has_contract"):
            texts = [order.aftersales_warranty_warning or ""]
            if order.state in ("draft", "sent"):
                texts += order._aftersales_contract_problems()
            if order.state != "cancel":
                for line in order._aftersales_contract_lines():
                    texts += line._aftersales_contract_warnings()
            order.aftersales_warranty_warning = "\n".join(filter(None, texts))
        return res

    def _compute_aftersales_contract_count(self):
        counts = dict(
            self.env["aftersales.contract"]._read_group(
                [("sale_order_id", "in", self.ids)], ["sale_order_id"], ["__count"]
            )
        )
        for order in self:
            order.aftersales_contract_count = counts.get(order._origin, 0)

    # === ACTIONS === #

    @api.readonly
    def action_view_aftersales_contracts(self):
        """Open the contracts that this order sold."""
        self.ensure_one()
        contracts = self.env["aftersales.contract"].search(
            [("sale_order_id", "=", self.id)]
        )
        return contracts._get_records_action(name=self.env._("Contracts"))

    # === CONFIRMATION === #

    def _confirmation_error_message(self):
        message = super()._confirmation_error_message()
        if message:
            return message
        return "\n".join(self._aftersales_contract_problems()) or False

    def _action_confirm(self):
        result = super()._action_confirm()
        for order in self:
            order.order_line._aftersales_sync_contracts(
                by_customer=order._aftersales_is_agreed()
            )
        return result

    def _action_cancel(self):
        confirmed = self.filtered(lambda order: order.state == "sale")
        self._aftersales_note_renewals(self - confirmed)
        result = super()._action_cancel()
        for order in confirmed:
            order.order_line._aftersales_cancel_contracts(
                self.env._("Order %(order)s was cancelled", order=order.name)
            )
        return result

    def _aftersales_is_agreed(self):
        """Tell whether the customer has confirmed himself: signed or paid online."""
        self.ensure_one()
        # sudo: payments, whoever confirms
        order = self.sudo()
        is_paid = order.amount_paid > 0 and order._is_confirmation_amount_reached()
        return bool(order.signed_on or is_paid)

    # === HELPERS === #

    def _aftersales_contract_lines(self):
        """Return the lines that sell contracts, whoever asks for them."""
        # sudo: the state of equipment, whoever confirms, a customer on the portal too
        return self.sudo().order_line.filtered("aftersales_is_contract")

    def _aftersales_contract_problems(self):
        """Return why contracts on this order can't be made.

        :return: list of texts, one for each line that has a problem
        """
        self.ensure_one()
        lines = self._aftersales_contract_lines()
        texts = (line._aftersales_contract_problem() for line in lines)
        return [text for text in texts if text]

    def _aftersales_note_renewals(self, quotations):
        """Note on contracts that the quotation to renew them was cancelled."""
        # sudo: follows from the cancellation, also by the customer
        for order in quotations.sudo():
            for contract in order.order_line.aftersales_renews_id:
                contract._note(
                    self.env._(
                        "The quotation %(order)s to renew it was cancelled",
                        order=order.name,
                    )
                )
