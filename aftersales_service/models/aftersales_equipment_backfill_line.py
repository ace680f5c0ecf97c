# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class AftersalesEquipmentBackfillLine(models.Model):
    """What a run through past deliveries would do for one product."""

    _name = "aftersales.equipment.backfill.line"
    _description = "Preview of Past Deliveries"
    _order = "delivery_count desc, id"

    backfill_id = fields.Many2one(
        "aftersales.equipment.backfill",
        required=True,
        index=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company", related="backfill_id.company_id", store=True, index=True
    )
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="cascade", index=True
    )
    delivery_count = fields.Integer(string="Deliveries", readonly=True)
    return_count = fields.Integer(string="Returns", readonly=True)
    known_count = fields.Integer(
        string="Already Known",
        readonly=True,
        help="Deliveries and returns that have been processed.",
    )
    equipment_count = fields.Integer(string="Equipment to Create", readonly=True)


class AftersalesEquipmentBackfillIssue(models.Model):
    """A past delivery or return that could not be processed, or not wholly."""

    _name = "aftersales.equipment.backfill.issue"
    _description = "Problem with a Past Delivery"
    _order = "id"

    backfill_id = fields.Many2one(
        "aftersales.equipment.backfill",
        required=True,
        index=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company", related="backfill_id.company_id", store=True, index=True
    )
    is_error = fields.Boolean(string="Error", readonly=True)
    move_id = fields.Many2one(
        "stock.move", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    date = fields.Datetime(readonly=True)
    transfer = fields.Char(readonly=True)
    product_id = fields.Many2one(
        "product.product", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    message = fields.Text(readonly=True)
