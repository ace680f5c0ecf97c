# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.exceptions import AccessError


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model
    def _check_aftersales_role(self, *roles):
        """Check that the current user has one of some roles.

        Sudo passes, for what the system does by itself.

        :param str roles: intake, technician, dispatcher, support, finance, quality,
            manager
        :raise AccessError: when the user has none of them
        """
        prefix = "aftersales_service.aftersales_service_group_"
        if self.env.su or any(self.env.user.has_group(prefix + role) for role in roles):
            return
        names = [self.env.ref(prefix + role).sudo().display_name for role in roles]
        # sudo: the names of groups, for the message
        raise AccessError(
            self.env._(
                "This needs one of the after-sales roles: %(roles)s",
                roles=", ".join(names),
            )
        )
