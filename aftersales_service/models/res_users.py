# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.exceptions import AccessError

ROLE_PREFIX = "aftersales_service.aftersales_service_group_"


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model
    def _has_aftersales_role(self, *roles):
        """Tell whether the current user has one of some roles.

        Sudo has all of them, for what the system does by itself.

        :param str roles: intake, technician, dispatcher, support, finance, quality,
            manager
        """
        return self.env.su or any(
            self.env.user.has_group(ROLE_PREFIX + role) for role in roles
        )

    @api.model
    def _check_aftersales_role(self, *roles):
        """Check that the current user has one of some roles.

        :param str roles: as of `_has_aftersales_role`
        :raise AccessError: when the user has none of them
        """
        if self._has_aftersales_role(*roles):
            return
        names = [self.env.ref(ROLE_PREFIX + role).sudo().display_name for role in roles]
        # sudo: the names of groups, for the message
        raise AccessError(
            self.env._(
                "This needs one of the after-sales roles: %(roles)s",
                roles=", ".join(names),
            )
        )
