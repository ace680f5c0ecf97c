# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.fields import Domain

#: What can happen to a question to support.
KIND_SELECTION = [
    ("ask", "Question to support"),
    ("take", "Taken"),
    ("ask_back", "Support asks back"),
    ("reply", "Reply to support"),
    ("answer", "Answer of support"),
    ("return", "Returned by support"),
    ("withdraw", "Question to support withdrawn"),
]


class AftersalesSupportStep(models.Model):
    """What was said about a question to technical support, by whom and when."""

    _name = "aftersales.support.step"
    _description = "Step of a Question to Support"
    _order = "id"

    question_id = fields.Many2one(
        "aftersales.support.question", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="question_id.company_id", store=True, precompute=True, index=True
    )
    kind = fields.Selection(
        KIND_SELECTION,
        string="What",
        required=True,
        readonly=True,
    )
    text = fields.Text(readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Who", required=True, readonly=True, ondelete="restrict"
    )
    at = fields.Datetime(
        string="When",
        required=True,
        readonly=True,
        default=lambda self: fields.Datetime.now(),
    )

    def _search(
        self,
        domain,
        offset=0,
        limit=None,
        order=None,
        *,
        bypass_access=False,
        **kwargs,
    ):
        """Find only steps of questions that the user may see."""
        if not (self.env.su or bypass_access):
            questions = self.env["aftersales.support.question"]._search([])
            domain = Domain(domain) & Domain("question_id", "in", questions)
        return super()._search(
            domain, offset, limit, order, bypass_access=bypass_access, **kwargs
        )

    def _check_access(self, operation):
        """Hide the steps of questions that the user may not see."""
        result = super()._check_access(operation)
        if self.env.su or result or not any(self._ids):
            return result
        questions = self.sudo().question_id.sudo(False)
        hidden = questions._check_access("read")
        if not hidden:
            return result
        records, error = hidden
        return self.filtered(lambda s: s.sudo().question_id in records.sudo()), error
