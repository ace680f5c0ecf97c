# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What became of the service: the smart buttons of orders and customers."""

from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain

#: Who sees what became of the service of his customers and orders.
SELLERS = "sales_team.group_sale_salesman"


class SaleOrder(models.Model):
    _inherit = "sale.order"

    aftersales_service_count = fields.Integer(
        string="Service", compute="_compute_aftersales_service_count", groups=SELLERS
    )

    def _compute_aftersales_service_count(self):
        """Count the services of what these orders sold, charge or keep in service."""
        groups = self.env["aftersales.service.report"]._read_group(
            self._aftersales_service_domain(),
            ["sale_order_id", "contract_order_id", "dispatch_id"],
            ["__count"],
        )
        counts = defaultdict(int)
        for sold, contract, visit, count in groups:
            # sudo: the orders of a visit, whoever counts
            charging = visit.sudo().order_ids
            for order_id in {*sold.ids, *contract.ids, *charging.ids}:
                counts[order_id] += count
        for order in self:
            order.aftersales_service_count = counts[order.id]

    def _aftersales_service_domain(self):
        """Return the domain of the services of these orders."""
        # sudo: the number of the visit that an order charges; sales sees no more of it
        visits = self.sudo().dispatch_id
        return Domain.OR(
            [
                Domain("sale_order_id", "in", self.ids),
                Domain("contract_order_id", "in", self.ids),
                Domain("dispatch_id", "in", visits.ids),
            ]
        )

    @api.readonly
    def action_view_aftersales_service(self):
        """Open the services of what this order sold or charges."""
        self.ensure_one()
        Report = self.env["aftersales.service.report"]
        Report.check_access("read")
        return Report._open(
            self.env._("Service of %s", self.name),
            list(self._aftersales_service_domain()),
        )


class ResPartner(models.Model):
    _inherit = "res.partner"

    aftersales_service_count = fields.Integer(
        string="Service", compute="_compute_aftersales_service_count", groups=SELLERS
    )

    def _compute_aftersales_service_count(self):
        """Count the services of each customer, those of its contacts included."""
        counts = self.env["aftersales.service.report"]._count_by(
            "commercial_partner_id", self.commercial_partner_id
        )
        for partner in self:
            entity = partner.commercial_partner_id
            partner.aftersales_service_count = counts.get(entity.id, 0)

    @api.readonly
    def action_view_aftersales_service(self):
        """Open what became of the reports of this customer."""
        self.ensure_one()
        Report = self.env["aftersales.service.report"]
        Report.check_access("read")
        return Report._open(
            self.env._("Service of %s", self.display_name),
            [("commercial_partner_id", "=", self.commercial_partner_id.id)],
        )
