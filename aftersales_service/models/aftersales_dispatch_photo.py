# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64

from odoo import api, fields, models

from ..tools import canonical

MOMENT_SELECTION = [
    ("before", "Before"),
    ("after", "After"),
    ("detail", "Detail"),
]


class AftersalesDispatchPhoto(models.Model):
    """A picture that was taken during a visit."""

    _name = "aftersales.dispatch.photo"
    _inherit = "aftersales.dispatch.part.mixin"
    _description = "Photo of a Visit"
    _order = "dispatch_id, sequence, id"
    _check_company_auto = True

    dispatch_id = fields.Many2one(
        "aftersales.dispatch",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    job_id = fields.Many2one(
        "aftersales.dispatch.job",
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        domain="[('dispatch_id', '=', dispatch_id)]",
    )
    company_id = fields.Many2one(
        "res.company", related="dispatch_id.company_id", store=True, index=True
    )
    sequence = fields.Integer(default=10)
    moment = fields.Selection(MOMENT_SELECTION, required=True, default="before")
    name = fields.Char(string="Caption")
    image = fields.Image(required=True, max_width=1600, max_height=1600)
    image_hash = fields.Char(
        string="SHA-256",
        compute="_compute_image_hash",
        store=True,
        help="Of the stored picture.",
    )

    @api.depends("image")
    def _compute_image_hash(self):
        for photo in self.with_context(bin_size=False):
            raw = base64.b64decode(photo.image or b"")
            photo.image_hash = canonical.file_hash(raw) if raw else False
