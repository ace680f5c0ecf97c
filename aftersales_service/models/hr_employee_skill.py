# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.exceptions import AccessError


class HrEmployeeSkill(models.Model):
    _inherit = "hr.employee.skill"

    @api.model_create_multi
    def create(self, vals_list):
        skills = super().create(vals_list)
        skills._check_certifier()
        return skills

    def write(self, vals):
        self._check_certifier()
        res = super().write(vals)
        # What becomes a certificate is one.
        self._check_certifier()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_by_certifier(self):
        self._check_certifier()

    def _check_certifier(self):
        """Let nobody certify himself: visits are planned by certificates.

        Skills that are no certificates stay everybody's own affair.

        :raise AccessError: for anybody but HR, and quality for others than themselves
        """
        user = self.env.user
        if self.env.su or user.has_group("hr.group_hr_user"):
            return
        certificates = self.filtered(lambda row: row.skill_type_id.is_certification)
        if not certificates:
            return
        # sudo: whose certificate it is, not everybody may read employees
        own = user in certificates.sudo().employee_id.user_id
        if own or not self.env["res.users"]._has_aftersales_role("quality"):
            raise AccessError(
                self.env._(
                    "Certificates are entered and changed by HR or quality, and by "
                    "nobody for himself."
                )
            )
