# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class AftersalesDispatchLine(models.Model):
    """Labour and travel of a visit, and the parts it used."""

    _name = "aftersales.dispatch.line"
    _inherit = ["aftersales.dispatch.part.mixin", "hr.mixin"]
    _description = "Visit Line"
    _order = "dispatch_id desc, kind, date, sequence, id"
    _check_company_auto = True

    dispatch_id = fields.Many2one(
        "aftersales.dispatch",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", related="dispatch_id.company_id", store=True, index=True
    )
    kind = fields.Selection(
        [("labour", "Labour"), ("part", "Part"), ("travel", "Travel")],
        required=True,
        default="labour",
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    employee_id = fields.Many2one(
        "hr.employee",
        string="Technician",
        index="btree_not_null",
        check_company=True,
        help="Who worked or travelled.",
    )
    name = fields.Char(string="Description", required=True)
    hours = fields.Float(help="Hours worked or travelled.")
    distance_km = fields.Float(string="Distance (km)")
    product_id = fields.Many2one(
        "product.product",
        string="Part",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="The part in the catalogue; empty for one that is only described.",
    )
    equipment_id = fields.Many2one(
        "aftersales.equipment",
        string="Fitted to",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="The machine that got the part. Empty: the only one of the visit.",
    )
    part_number = fields.Char()
    serial_number = fields.Char(help="Serial number of the part that was fitted.")
    quantity = fields.Float(default=1.0, digits="Product Unit")

    _amounts_positive = models.Constraint(
        "CHECK(hours >= 0 AND distance_km >= 0 AND quantity > 0)",
        "Hours and distance can't be negative, and a part has a quantity above zero.",
    )

    @api.onchange("product_id")
    def _onchange_product_id(self):
        if self.product_id:
            product = self.product_id.with_context(display_default_code=False)
            self.name = product.display_name
            self.part_number = product.default_code

    @api.onchange("kind")
    def _onchange_kind(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        if self.kind in ("labour", "travel") and not self.name:
            self.name = labels[self.kind]
        if self.kind == "part" and self.name in labels.values():
            self.name = False
