# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class AftersalesSupportReply(models.TransientModel):
    """Write to the other side of a question to technical support."""

    _name = "aftersales.support.reply"
    _description = "Answer a Question to Support"

    question_id = fields.Many2one(
        "aftersales.support.question",
        string="About",
        required=True,
        ondelete="cascade",
        export_string_translation=False,
    )
    question = fields.Text(related="question_id.question", related_sudo=False)
    state = fields.Selection(related="question_id.state", related_sudo=False)
    may_answer = fields.Boolean(related="question_id.may_answer", related_sudo=False)
    may_reply = fields.Boolean(related="question_id.may_reply", related_sudo=False)
    text = fields.Text(string="Your Words")

    def _do(self, kind):
        """Do a step of the question; see `_step` there for what is refused."""
        self.ensure_one()
        self.question_id._step(kind, self.text)
        return {"type": "ir.actions.act_window_close"}

    def action_answer(self):
        return self._do("answer")

    def action_ask_back(self):
        return self._do("ask_back")

    def action_return(self):
        return self._do("return")

    def action_reply(self):
        return self._do("reply")

    def action_withdraw(self):
        return self._do("withdraw")
