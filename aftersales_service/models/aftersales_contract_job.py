# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class AftersalesContract(models.Model):
    _inherit = "aftersales.contract"

    moved_on = fields.Date(
        string="State as of",
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="The day by which its state was taken.",
    )
    job_problem = fields.Text(
        string="Problem",
        copy=False,
        readonly=True,
        help="Why the daily job could not do its work on this contract.",
    )

    @api.model
    def _move_on(self):
        """Give contracts the states of the day, and quote the renewals."""

    def _quote_renewal(self):
        """Quote the renewal of this contract, once; a hook of the sales part.

        :return: the draft `sale.order`, possibly empty
        """
        return self.env["sale.order"]
