# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    is_field_technician = fields.Boolean(
        string="Field Technician",
        groups="hr.group_hr_user",
        help="Is proposed for service visits, with or without a login. Members of an "
        "after-sales team who are technicians are proposed anyway.",
    )
