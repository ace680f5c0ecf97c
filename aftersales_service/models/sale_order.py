# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from .res_partner import EQUIPMENT_GROUPS


class SaleOrder(models.Model):
    _inherit = "sale.order"

    aftersales_warranty_term_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Warranty Term",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        tracking=True,
        help="Agreed for this order. Empty: as the customer, the products and the "
        "company say. A line may have its own.",
    )
    aftersales_end_user_id = fields.Many2one(
        "res.partner",
        string="End User",
        index="btree_not_null",
        check_company=True,
        help="Who will use the machines, where a dealer buys them.",
    )
    aftersales_owner_ids = fields.Many2many(
        "res.partner",
        compute="_compute_aftersales_owner_ids",
        export_string_translation=False,
        help="Whose equipment may be extended: the customer's and the end user's.",
    )
    aftersales_states_warranty = fields.Boolean(
        compute="_compute_aftersales_states_warranty", export_string_translation=False
    )
    aftersales_has_extension = fields.Boolean(
        compute="_compute_aftersales_states_warranty", export_string_translation=False
    )
    aftersales_warranty_warning = fields.Text(
        compute="_compute_aftersales_warranty_warning", compute_sudo=True
    )
    aftersales_equipment_count = fields.Integer(
        string="Equipment Count",
        compute="_compute_aftersales_equipment_count",
        groups=EQUIPMENT_GROUPS,
    )

    # === COMPUTES === #

    @api.depends(
        "partner_id.commercial_partner_id",
        "aftersales_end_user_id.commercial_partner_id",
    )
    def _compute_aftersales_owner_ids(self):
        for order in self:
            order.aftersales_owner_ids = (
                order.partner_id | order.aftersales_end_user_id
            ).commercial_partner_id

    @api.depends(
        "order_line.aftersales_states_warranty", "order_line.aftersales_is_extension"
    )
    def _compute_aftersales_states_warranty(self):
        for order in self:
            lines = order.order_line
            order.aftersales_states_warranty = any(
                lines.mapped("aftersales_states_warranty")
            )
            order.aftersales_has_extension = any(
                lines.mapped("aftersales_is_extension")
            )

    @api.depends(
        "state",
        "partner_id.country_id",
        "partner_shipping_id.country_id",
        "order_line.aftersales_states_warranty",
        "order_line.aftersales_effective_term_id",
        "order_line.aftersales_is_extension",
        "order_line.aftersales_equipment_ids",
        "order_line.linked_line_id",
        "order_line.product_uom_qty",
    )
    def _compute_aftersales_warranty_warning(self):
        """Warn of terms below the law, and of extensions that extend nothing."""
        for order in self:
            texts = order._aftersales_minimum_warnings()
            if order.state in ("draft", "sent"):
                texts += order._aftersales_extension_problems()
            if order.state == "cancel":
                texts = []
            order.aftersales_warranty_warning = "\n".join(texts)

    def _compute_aftersales_equipment_count(self):
        counts = dict(
            self.env["aftersales.equipment"]._read_group(
                [("sale_order_id", "in", self.ids)], ["sale_order_id"], ["__count"]
            )
        )
        for order in self:
            order.aftersales_equipment_count = counts.get(order._origin, 0)

    # === ACTIONS === #

    @api.readonly
    def action_view_aftersales_equipment(self):
        """Open the equipment that this order delivered."""
        self.ensure_one()
        self.env["aftersales.equipment"].check_access("read")
        domain = [("sale_order_id", "=", self.id)]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Equipment"),
            "res_model": "aftersales.equipment",
            "view_mode": "list,form",
            "domain": domain,
        }

    def action_update_aftersales_terms(self):
        """Find the terms of a quotation's lines anew, as customer and products have
        them now. What a line or the order says itself stays.

        :raise UserError: when an order is confirmed or cancelled
        """
        self.check_access("write")
        if any(order.state not in ("draft", "sent") for order in self):
            raise UserError(
                self.env._("The warranty of a confirmed order is agreed already.")
            )
        self.order_line._aftersales_set_terms()
        return True

    # === CONFIRMATION === #

    def _confirmation_error_message(self):
        message = super()._confirmation_error_message()
        if message:
            return message
        return "\n".join(self._aftersales_extension_problems()) or False

    def _action_confirm(self):
        result = super()._action_confirm()
        self.order_line._aftersales_sync_extensions()
        return result

    def _action_cancel(self):
        result = super()._action_cancel()
        for order in self:
            order.order_line._aftersales_void_extensions(
                self.env._("Order %(order)s was cancelled", order=order.name)
            )
        return result

    # === HELPERS === #

    def _aftersales_country(self):
        """Return the country whose law protects the customer: where it is delivered."""
        self.ensure_one()
        return self.partner_shipping_id.country_id or self.partner_id.country_id

    def _aftersales_minimum_warnings(self):
        """Return one text for each term that undercuts the law of the country.

        :return: list of texts that begin with the products
        """
        self.ensure_one()
        country = self._aftersales_country()
        lines = self.order_line.filtered(
            lambda line: (
                line.aftersales_states_warranty and not line.aftersales_is_extension
            )
        )
        texts = []
        for term, term_lines in lines.grouped("aftersales_effective_term_id").items():
            warning = term._check_minimum(country)
            if warning:
                products = ", ".join(
                    dict.fromkeys(term_lines.product_id.mapped("display_name"))
                )
                texts.append(f"{products}: {warning}")
        return texts

    def _aftersales_extension_problems(self):
        """Return why extended warranties on this order can't be given.

        :return: list of texts, one for each line that has a problem
        """
        self.ensure_one()
        # sudo: the state of equipment, whoever confirms, a customer on the portal too
        lines = self.sudo().order_line.filtered("aftersales_is_extension")
        texts = (line._aftersales_extension_problem() for line in lines)
        return [text for text in texts if text]
