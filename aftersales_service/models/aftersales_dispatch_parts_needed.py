# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which parts the planned visits need, and whether there will be enough."""

from datetime import datetime, time

from odoo import api, fields, models


class AftersalesDispatchLine(models.Model):
    _inherit = "aftersales.dispatch.line"

    visit_start = fields.Datetime(related="dispatch_id.scheduled_start", store=True)
    partner_id = fields.Many2one(related="dispatch_id.partner_id", string="Customer")
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        compute="_compute_warehouse_id",
        compute_sudo=True,
        store=True,
        help="Whose storekeeper hands the part over.",
    )
    forecast_quantity = fields.Float(
        string="Forecast",
        digits="Product Unit",
        compute="_compute_forecast_quantity",
        compute_sudo=True,
        help="What will be left in the warehouse and its vans when all that is planned "
        "until this visit has come and gone.",
    )

    @api.depends("dispatch_id.technician_ids", "dispatch_id.company_id", "keeps_stock")
    def _compute_warehouse_id(self):
        """Find the warehouses: one for each visit, not for each line."""
        parts = self.filtered("keeps_stock")
        (self - parts).warehouse_id = False
        for visit, lines in parts.grouped("dispatch_id").items():
            route = visit._parts_route()
            lines.warehouse_id = route.warehouse if route else False

    @api.depends("product_id", "visit_start", "warehouse_id")
    def _compute_forecast_quantity(self):
        parts = self.filtered(lambda ln: ln.keeps_stock and ln.product_id.is_storable)
        (self - parts).forecast_quantity = 0
        for (warehouse, day), lines in parts.grouped(
            lambda ln: (ln.warehouse_id, ln.visit_start and ln.visit_start.date())
        ).items():
            context = {"warehouse_id": warehouse.id}
            if day:
                last = max(day, fields.Date.today())
                context["to_date"] = datetime.combine(last, time.max)
            for line in lines.with_context(**context):
                line.forecast_quantity = line.product_id.virtual_available

    def action_view_visit(self):
        """Open the visit that needs the part."""
        self.ensure_one()
        return self.dispatch_id._get_records_action(name=self.env._("Visit"))

    def action_replenish(self):
        """Open Odoo's replenishment of the part, for those with stock rights."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "stock.action_product_replenish"
        )
        action["context"] = {
            "default_product_id": self.product_id.id,
            "default_product_tmpl_id": self.product_id.product_tmpl_id.id,
            "default_warehouse_id": self.warehouse_id.id,
            "default_quantity": max(-self.forecast_quantity, self.planned_quantity),
        }
        return action
