# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.aftersales_followup import PLANNING_ROLES, SATISFACTION_SELECTION, UNHAPPY
from ..models.aftersales_followup_rows import ANSWER_SELECTION


class AftersalesFollowupCall(models.TransientModel):
    """Ask the customer by the script, or note that nobody was reached."""

    _name = "aftersales.followup.call"
    _description = "Call the Customer"

    followup_id = fields.Many2one(
        "aftersales.followup", required=True, ondelete="cascade"
    )
    phone = fields.Char(
        compute="_compute_contact",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    contact_name = fields.Char(
        string="Spoken with",
        compute="_compute_contact",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    technician_name = fields.Char(
        related="followup_id.technician_name", related_sudo=False
    )
    line_ids = fields.One2many(
        "aftersales.followup.call.line", "call_id", string="Questions Asked"
    )
    satisfaction = fields.Selection(
        SATISFACTION_SELECTION, string="How happy are you with our service?"
    )
    customer_words = fields.Text(string="Customer's Words")
    note = fields.Char(help="Why nobody was reached, or when to call again.")
    reopens = fields.Boolean(
        compute="_compute_consequence", export_string_translation=False
    )
    tells = fields.Boolean(
        compute="_compute_consequence", export_string_translation=False
    )
    all_ticket_ids = fields.Many2many(
        "aftersales.ticket",
        related="followup_id.ticket_ids",
        related_sudo=False,
        export_string_translation=False,
    )
    has_choice = fields.Boolean(
        compute="_compute_has_choice", export_string_translation=False
    )
    ticket_ids = fields.Many2many(
        "aftersales.ticket",
        "aftersales_followup_call_ticket_rel",
        string="Reopened",
        compute="_compute_reopened",
        compute_sudo=False,
        store=True,
        readonly=False,
        domain="[('id', 'in', all_ticket_ids)]",
        help="What the customer means, when a visit was about several tickets.",
    )

    @api.depends("followup_id")
    def _compute_contact(self):
        # What follow-ups tell of visits is for who may read them: any can be named.
        self.followup_id.check_access("read")
        for call in self:
            call.phone = call.followup_id.phone
            # sudo: who may do the follow-up is told whom to ask for
            form = call.followup_id.sudo().form_id
            call.contact_name = (
                form.signer_name or call.followup_id.contact_id.name or ""
            )

    @api.depends("followup_id")
    def _compute_has_choice(self):
        for call in self:
            call.has_choice = len(call.followup_id.ticket_ids) > 1

    @api.depends("followup_id")
    def _compute_reopened(self):
        for call in self:
            call.ticket_ids = call.followup_id.ticket_ids

    @api.depends("line_ids.answer", "satisfaction")
    def _compute_consequence(self):
        """Say what an answer does before it is kept."""
        for call in self:
            wrong = call.line_ids.filtered(lambda line: line._is_wrong())
            kinds = set(wrong.question_id.mapped("kind"))
            call.reopens = "statement" in kinds or call.satisfaction in UNHAPPY
            call.tells = call.reopens or "conduct" in kinds

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        if values.get("followup_id") and "line_ids" in fields_list:
            followup = self.env["aftersales.followup"].browse(values["followup_id"])
            values["line_ids"] = [
                Command.create({"question_id": question.id})
                for question in self._script(followup)
            ]
        return values

    @api.model
    def _script(self, followup):
        """Return what is asked.

        :param followup: `aftersales.followup`
        :return: `aftersales.followup.question`
        """
        companies = (False, followup.company_id.id)
        return self.env["aftersales.followup.question"].search(
            [("company_id", "in", companies)]
        )

    def _check_may_call(self):
        """Check once more: the dialog may have been open for long.

        :raise AccessError, UserError: for who was there, and for what has ended
        """
        self.ensure_one()
        self.followup_id._check_may_do()
        self.followup_id._check_open()

    def _check_complete(self):
        """Leave no question out.

        :raise UserError: when one was not asked
        """
        asked = self.line_ids.filtered("answer").question_id
        if missing := self._script(self.followup_id) - asked:
            raise UserError(
                self.env._("Not asked yet: %s", "\n".join(missing.mapped("name")))
            )
        # Who says nothing at all need not be happy or unhappy.
        if not self.satisfaction and any(line.answer != "na" for line in self.line_ids):
            raise UserError(self.env._("Ask how happy the customer is."))

    def _attempt(self):
        return {
            "phone": self.phone,
            "contact_name": self.contact_name,
            "note": self.note,
        }

    def action_done(self):
        """Keep the answers."""
        self._check_may_call()
        self._check_complete()
        followup = self.followup_id
        lines = self.line_ids.filtered("answer")
        stated = lines.filtered(
            lambda line: line.question_id.kind == "statement" and line.answer != "na"
        )
        result = stated and (
            "not_as_stated" if any(line._is_wrong() for line in stated) else "as_stated"
        )
        followup._note_attempt(True, **self._attempt())
        followup._finish(
            {
                "result": result or False,
                "satisfaction": self.satisfaction,
                "customer_words": self.customer_words,
                "done_by": self.env.uid,
            },
            [line._prepare_answer() for line in lines],
            self.ticket_ids,
        )
        return {"type": "ir.actions.act_window_close"}

    def action_not_reached(self):
        """Keep that nobody was reached."""
        self._check_may_call()
        self.followup_id._note_attempt(False, **self._attempt())
        return {"type": "ir.actions.act_window_close"}


class AftersalesFollowupCallLine(models.TransientModel):
    """One question that is being asked."""

    _name = "aftersales.followup.call.line"
    _description = "Question of a Call"
    _order = "id"

    call_id = fields.Many2one(
        "aftersales.followup.call", required=True, ondelete="cascade"
    )
    question_id = fields.Many2one(
        "aftersales.followup.question",
        string="Of the Script",
        required=True,
        ondelete="cascade",
    )
    stated = fields.Text(string="The Form Says", compute="_compute_stated")
    text = fields.Html(
        string="Question Asked", compute="_compute_stated", sanitize=False
    )
    answer = fields.Selection(ANSWER_SELECTION)
    note = fields.Char()

    @api.depends("question_id", "call_id.followup_id")
    def _compute_stated(self):
        # As of the dialog: what was signed is read with the rights of the system.
        self.call_id.followup_id.check_access("read")
        for line in self:
            question = line.question_id
            line.stated = line.call_id.followup_id._stated(question.statement)
            line.text = Markup("<div>%s</div>") % (question.name or "")
            if line.stated:
                line.text += (
                    Markup(
                        "<div class='text-muted small border-start ps-2 mt-1'"
                        " style='white-space: pre-line'>%s</div>"
                    )
                    % line.stated
                )

    def _is_wrong(self):
        self.ensure_one()
        good = self.question_id.good_answer
        return self.answer in ("yes", "no") and self.answer != good

    def _prepare_answer(self):
        """Return what is kept of this answer, as it was asked."""
        self.ensure_one()
        question = self.question_id
        return {
            "question_id": question.id,
            "name": question.name,
            "kind": question.kind,
            "stated": self.stated,
            "answer": self.answer,
            "note": self.note,
            "is_wrong": self._is_wrong(),
        }


class AftersalesFollowupCancel(models.TransientModel):
    """Give up asking, and say why."""

    _name = "aftersales.followup.cancel"
    _description = "Cancel Follow-up"

    followup_id = fields.Many2one(
        "aftersales.followup", required=True, ondelete="cascade"
    )
    reason = fields.Char(required=True)

    def action_cancel_followup(self):
        self.ensure_one()
        self.followup_id._check_may_do()
        self.env["res.users"]._check_aftersales_role(*PLANNING_ROLES)
        if not self.reason.strip():
            raise UserError(self.env._("Say why nobody asks the customer."))
        self.followup_id._cancel(self.reason.strip())
        return {"type": "ir.actions.act_window_close"}
