# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class RatingRating(models.Model):
    _inherit = "rating.rating"

    # Who knows it rates in the customer's name: it stands in his mail only.
    access_token = fields.Char(groups="base.group_system")

    @api.model_create_multi
    def create(self, vals_list):
        ratings = super().create(vals_list)
        ratings._check_of_customer()
        return ratings

    def write(self, vals):
        self._check_of_customer()
        res = super().write(vals)
        self._check_of_customer()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_of_customer(self):
        self._check_of_customer()

    def _check_of_customer(self):
        """Refuse that somebody but the customer rates how he was served.

        :raise AccessError: for a user
        """
        rated = self.env["aftersales.rated.mixin"]
        # sudo: of which record it is decides, not whether the user may read that
        for model in set(self.sudo().mapped("res_model")):
            if isinstance(self.env.get(model), type(rated)):
                rated._check_rates()
