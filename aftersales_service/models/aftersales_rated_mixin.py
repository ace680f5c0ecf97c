# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The customer says how he was served, and nobody who served says it for him."""

from odoo import models
from odoo.exceptions import AccessError


class AftersalesRatedMixin(models.AbstractModel):
    """Records that only the customer rates, by the link in his mail."""

    _name = "aftersales.rated.mixin"
    _inherit = ["mail.thread"]
    _description = "Rated by the Customer Only"

    def message_post(self, **kwargs):
        if kwargs.get("rating_value"):
            # The route for messages posts with the rights of the system: the customer
            # rates by the link in his mail only.
            raise AccessError(self._say_who_rates())
        return super().message_post(**kwargs)

    def _message_update_content(self, message, /, *, rating_value=None, **kwargs):
        if rating_value is not None:
            raise AccessError(self._say_who_rates())
        # sudo: whether a message is a rating is no secret to who may change it
        if message.sudo().rating_ids:
            self._check_rates()
        return super()._message_update_content(
            message, rating_value=rating_value, **kwargs
        )

    def _check_rates(self):
        """Refuse that a rating is given or changed on behalf of a customer.

        The page on which he rates works with the rights of the system.

        :raise AccessError: for everybody else
        """
        if not self.env.su:
            raise AccessError(self._say_who_rates())

    def _say_who_rates(self):
        return self.env._("Only the customer rates how he was served.")
