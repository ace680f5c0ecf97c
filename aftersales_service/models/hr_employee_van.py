# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .aftersales_dispatch_parts import RESERVING


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    van_location_id = fields.Many2one(
        "stock.location",
        string="Van",
        index="btree_not_null",
        groups="hr.group_hr_user",
        tracking=True,
        help="Where the technician keeps his parts. Empty: he takes them from the "
        "field service location of the warehouse.",
    )

    def write(self, vals):
        res = super().write(vals)
        if "van_location_id" in vals:
            # sudo: the parts go with the technician, whoever gives him a van
            visits = self.env["aftersales.dispatch"].sudo()
            visits = visits.search(
                [("technician_ids", "in", self.ids), ("state", "in", RESERVING)]
            )
            visits._sync_parts()
        return res

    @api.constrains("van_location_id", "company_id")
    def _check_van_location(self):
        """Refuse a van that isn't one of the employee's company.

        :raise ValidationError: when the location doesn't lie below the field service
            location of a warehouse of his company
        """
        # sudo: who gives a van needs no stock rights
        for employee in self.sudo().filtered("van_location_id"):
            van = employee.van_location_id
            warehouse = van.warehouse_id
            field_location = warehouse.aftersales_field_loc_id
            if (
                not field_location
                or van == field_location
                or van.aftersales_is_faulty
                or van.usage != "internal"
                or not van._child_of(field_location)
                or warehouse.company_id != employee.company_id
            ):
                raise ValidationError(
                    self.env._(
                        "“%(van)s” can't be the van of %(technician)s: a van lies "
                        "below the field service location of a warehouse of his "
                        "company.",
                        van=van.display_name,
                        technician=employee.name,
                    )
                )
