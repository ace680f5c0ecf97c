# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is kept of follow-ups and never changed: draws, attempts and answers."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import sampling
from .aftersales_followup_question import KIND_SELECTION

ANSWER_SELECTION = [("yes", "Yes"), ("no", "No"), ("na", "Doesn't Know")]


class AftersalesFollowupKept(models.AbstractModel):
    """Rows that are added and never changed or deleted, by nobody."""

    _name = "aftersales.followup.kept"
    _description = "Kept of Follow-ups"

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(
            self.env._(
                "What is kept of a follow-up can't be changed: %s", self._description
            )
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._(
                "What is kept of a follow-up can't be deleted: %s", self._description
            )
        )


class AftersalesFollowupDraw(models.Model):
    """How it was decided whether a signed visit is followed up.

    There is one for each version of a form that a rule is for, drawn or not: whoever
    audits them draws again, and finds that none was left out by hand.
    """

    _name = "aftersales.followup.draw"
    _inherit = ["aftersales.followup.kept"]
    _description = "Draw of a Follow-up"
    _order = "id desc"
    _rec_name = "form_id"

    form_id = fields.Many2one(
        "aftersales.service.form",
        string="Service Form",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(related="form_id.company_id")
    rule_id = fields.Many2one(
        "aftersales.followup.rule",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    seed = fields.Char(required=True, readonly=True)
    share = fields.Float(string="Sample Share", readonly=True, aggregator="avg")
    value = fields.Float(
        string="Drawn Value",
        readonly=True,
        aggregator=False,
        help="Where the form's number falls between 0 and 1. It is in the sample when "
        "that is less than the share.",
    )
    is_drawn = fields.Boolean(string="Followed Up", readonly=True)
    is_confirmed = fields.Boolean(
        string="Confirmed",
        compute="_compute_is_confirmed",
        help="Drawn again just now, with the same result.",
    )

    _form_uniq = models.UniqueIndex(
        "(form_id)", "It is decided once whether a service form is followed up."
    )

    @api.depends("form_id", "seed", "share", "value", "is_drawn")
    def _compute_is_confirmed(self):
        for draw in self:
            # sudo: only the number of the form is read
            number = draw.form_id.sudo().name or ""
            value = sampling.drawn_value(draw.seed or "", number)
            draw.is_confirmed = (
                abs(draw.value - value) < 1e-12
                and sampling.is_drawn(draw.seed or "", number, draw.share)
                == draw.is_drawn
            )


class AftersalesFollowupAttempt(models.Model):
    """One call to the customer, whether it reached him or not."""

    _name = "aftersales.followup.attempt"
    _inherit = ["aftersales.followup.kept"]
    _description = "Attempt of a Follow-up"
    _order = "id"
    _rec_name = "at"

    followup_id = fields.Many2one(
        "aftersales.followup",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    at = fields.Datetime(
        string="When", required=True, readonly=True, default=fields.Datetime.now
    )
    user_id = fields.Many2one(
        "res.users",
        string="Called by",
        required=True,
        readonly=True,
        ondelete="restrict",
        default=lambda self: self.env.user,
    )
    reached = fields.Boolean(readonly=True)
    contact_name = fields.Char(string="Spoken with", readonly=True)
    phone = fields.Char(readonly=True)
    note = fields.Char(readonly=True)


class AftersalesFollowupAnswer(models.Model):
    """What the customer answered to one question, beside what the form stated."""

    _name = "aftersales.followup.answer"
    _inherit = ["aftersales.followup.kept"]
    _description = "Answer of a Follow-up"
    _order = "id"

    followup_id = fields.Many2one(
        "aftersales.followup",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    question_id = fields.Many2one(
        "aftersales.followup.question",
        string="Of the Script",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    # As they were when it was asked: the script changes.
    name = fields.Char(string="Question Asked", required=True, readonly=True)
    kind = fields.Selection(KIND_SELECTION, required=True, readonly=True)
    stated = fields.Text(string="The Form Says", readonly=True)
    answer = fields.Selection(ANSWER_SELECTION, required=True, readonly=True)
    note = fields.Char(readonly=True)
    is_wrong = fields.Boolean(string="Not as It Should Be", readonly=True)

    _question_uniq = models.UniqueIndex(
        "(followup_id, question_id)", "A question is answered once."
    )
