# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

KIND_SELECTION = [
    ("statement", "As Stated on the Form"),
    ("conduct", "Conduct"),
    ("other", "Other"),
]
STATEMENT_SELECTION = [
    ("work", "Work and Result"),
    ("times", "Times and Hours"),
    ("parts", "Parts"),
    ("charges", "Charges"),
    ("training", "Training"),
    ("outcome", "Outcome and Comments"),
]


class AftersalesFollowupQuestion(models.Model):
    """A question of the script by which a service is verified on the telephone."""

    _name = "aftersales.followup.question"
    _description = "Follow-up Question"
    _order = "sequence, id"

    name = fields.Char(string="Question Asked", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: all.")
    kind = fields.Selection(
        KIND_SELECTION,
        required=True,
        default="statement",
        help="A wrong answer to what the form states reopens the ticket. One about the "
        "conduct of the technician is told to the leader. Others are noted.",
    )
    statement = fields.Selection(
        STATEMENT_SELECTION,
        string="Shown from the Form",
        help="What the signed form says, beside the question.",
    )
    good_answer = fields.Selection(
        [("yes", "Yes"), ("no", "No")],
        required=True,
        default="yes",
        help="The answer that is as it should be.",
    )
