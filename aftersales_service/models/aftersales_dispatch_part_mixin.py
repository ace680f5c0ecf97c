# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class AftersalesDispatchPartMixin(models.AbstractModel):
    """What belongs to a visit and is locked with it once the customer has signed."""

    _name = "aftersales.dispatch.part.mixin"
    _inherit = "aftersales.guard.mixin"
    _description = "Part of a Visit"

    def _visit(self):
        """Return the visits these records belong to."""
        return self.dispatch_id

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._visit()._check_unlocked()
        return records

    def write(self, vals):
        self._visit()._check_unlocked()
        res = super().write(vals)
        if vals.keys() & {"dispatch_id", "job_id"}:
            self._visit()._check_unlocked()
            # The rules have looked at where it came from, not at where it went.
            self.check_access("write")
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_signed(self):
        self._visit()._check_unlocked()
