# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class AftersalesVanAssign(models.TransientModel):
    """Give a technician a van: a location below field service for his parts."""

    _name = "aftersales.van.assign"
    _description = "Give a Van"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    employee_id = fields.Many2one(
        "hr.employee", string="Technician", required=True, check_company=True
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        required=True,
        compute="_compute_warehouse_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        ondelete="cascade",
    )
    field_location_id = fields.Many2one(
        related="warehouse_id.aftersales_field_loc_id", export_string_translation=False
    )
    location_id = fields.Many2one(
        "stock.location",
        string="Van",
        check_company=True,
        ondelete="cascade",
        domain="[('id', 'child_of', field_location_id),"
        " ('id', '!=', field_location_id), ('aftersales_is_faulty', '=', False)]",
    )
    name = fields.Char(string="New Van", help="Plate or name, if it isn't in the list.")

    @api.depends("company_id")
    def _compute_warehouse_id(self):
        Warehouse = self.env["stock.warehouse"]
        for wizard in self:
            domain = [("company_id", "=", wizard.company_id.id)]
            wizard.warehouse_id = Warehouse.search(domain, limit=1)

    def action_assign(self):
        """Make the van if it is new, and give it to the technician.

        :raise AccessError: for those who neither plan visits nor run the stock
        :raise UserError: when no van is named
        """
        self.ensure_one()
        user = self.env.user
        if not user._has_aftersales_role("dispatcher", "manager") and not (
            user.has_group("stock.group_stock_manager")
        ):
            raise AccessError(
                self.env._("Vans are given by dispatchers, managers or the stock.")
            )
        # sudo: a dispatcher has no rights on locations and employees
        location = self.location_id.sudo()
        if not location and (self.name or "").strip():
            location = location.create(
                {
                    "name": self.name.strip(),
                    "usage": "internal",
                    "location_id": self.warehouse_id.aftersales_field_loc_id.id,
                    "company_id": self.company_id.id,
                }
            )
        if not location:
            raise UserError(self.env._("Choose a van, or name a new one."))
        self.employee_id.sudo().van_location_id = location
        return {"type": "ir.actions.act_window_close"}
