# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class AftersalesChecklistAnswer(models.Model):
    """The technician's answer to one question on one job."""

    _name = "aftersales.checklist.answer"
    _inherit = "aftersales.dispatch.part.mixin"
    _description = "Checklist Answer"
    _order = "job_id, sequence, id"
    _rec_name = "item_id"

    job_id = fields.Many2one(
        "aftersales.dispatch.job", required=True, index=True, ondelete="cascade"
    )
    dispatch_id = fields.Many2one(
        "aftersales.dispatch", related="job_id.dispatch_id", store=True, index=True
    )
    item_id = fields.Many2one(
        "aftersales.checklist.item",
        string="Question",
        required=True,
        index=True,
        ondelete="restrict",
    )
    sequence = fields.Integer(default=10)
    answer = fields.Selection(
        [("yes", "Yes"), ("no", "No"), ("na", "Not Applicable")],
    )
    note = fields.Char()

    _job_item_uniq = models.Constraint(
        "UNIQUE(job_id, item_id)", "A question is answered once on a job."
    )

    def _visit(self):
        return self.job_id.dispatch_id
