# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The second line: what a technician asks technical support about a ticket."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import plaintext2html

#: Who may ask, and take up what comes back.
ASK_ROLES = ("technician", "dispatcher", "support", "manager")
#: Who may answer.
ANSWER_ROLES = ("support", "manager")

STATE_SELECTION = [
    ("open", "With Support"),
    ("asked_back", "Asked Back"),
    ("answered", "Answered"),
    ("returned", "Returned"),
    ("withdrawn", "Withdrawn"),
]
#: In the order in which they are to be looked at.
WAITING_STATES = ("open", "asked_back")

#: What can be done: to questions in which state, and what becomes of them.
STEPS = {
    "take": (("open",), "open"),
    "ask_back": (("open",), "asked_back"),
    "reply": (("asked_back",), "open"),
    "answer": (WAITING_STATES, "answered"),
    "return": (WAITING_STATES, "returned"),
    "withdraw": (WAITING_STATES, "withdrawn"),
}
#: What support does; the rest is up to who has asked.
SUPPORT_STEPS = ("take", "ask_back", "answer", "return")
#: What makes no sense without words.
WORDED_STEPS = ("ask_back", "reply", "answer", "return")

ASKED_TYPE = "aftersales_service.mail_activity_type_support_asked"
ANSWERED_TYPE = "aftersales_service.mail_activity_type_support_answered"


class AftersalesSupportQuestion(models.Model):
    """One question about a ticket to technical support, up to its answer.

    The ticket stays with its responsible, and its clocks run on. Questions change by
    the methods here only: nobody has the right to write them.
    """

    _name = "aftersales.support.question"
    _description = "Question to Technical Support"
    _order = "urgency, asked_at, id"
    _rec_names_search = ["question", "ticket_id"]

    ticket_id = fields.Many2one(
        "aftersales.ticket", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company",
        related="ticket_id.company_id",
        store=True,
        precompute=True,
        index=True,
    )
    team_id = fields.Many2one(
        "aftersales.team",
        related="ticket_id.team_id",
        store=True,
        precompute=True,
        index=True,
    )
    question = fields.Text(required=True)
    answer = fields.Text(help="What support said last.")
    asker_id = fields.Many2one(
        "res.users", string="Asked by", required=True, index=True, ondelete="restrict"
    )
    asked_at = fields.Datetime(
        string="Asked", required=True, default=lambda self: fields.Datetime.now()
    )
    supporter_id = fields.Many2one(
        "res.users",
        index="btree_not_null",
        ondelete="restrict",
        help="Who is asked or has taken it. Empty: anybody of technical support.",
    )
    answered_by = fields.Many2one(
        "res.users", index="btree_not_null", ondelete="restrict"
    )
    answered_at = fields.Datetime(string="Answered")
    state = fields.Selection(STATE_SELECTION, required=True, default="open")
    urgency = fields.Integer(
        compute="_compute_urgency",
        store=True,
        precompute=True,
        export_string_translation=False,
        help="Where it stands in lists: first what waits for support.",
    )
    step_ids = fields.One2many(
        "aftersales.support.step", "question_id", string="History"
    )
    user_id = fields.Many2one(related="ticket_id.user_id", string="Responsible")
    may_answer = fields.Boolean(compute="_compute_may", export_string_translation=False)
    may_reply = fields.Boolean(compute="_compute_may", export_string_translation=False)

    _urgency_asked_at_idx = models.Index("(urgency, asked_at, id)")

    @api.depends("state")
    def _compute_urgency(self):
        for question in self:
            waits = question.state in WAITING_STATES
            question.urgency = (
                WAITING_STATES.index(question.state) if waits else len(WAITING_STATES)
            )

    @api.depends("ticket_id.reference", "question")
    def _compute_display_name(self):
        for question in self:
            words = (question.question or "").split()
            short = " ".join(words)[:60]
            question.display_name = f"[{question.ticket_id.reference}] {short}"

    @api.depends("state", "asker_id", "user_id")
    @api.depends_context("uid")
    def _compute_may(self):
        roles = self.env["res.users"]
        answers = roles._has_aftersales_role(*ANSWER_ROLES)
        for question in self:
            waits = question.state in WAITING_STATES
            question.may_answer = waits and answers
            question.may_reply = waits and question._is_askers()

    def _is_askers(self):
        """Tell whether the user is on the side of who asked."""
        self.ensure_one()
        roles = self.env["res.users"]
        return roles._has_aftersales_role("dispatcher", "manager") or (
            self.env.user in (self.asker_id | self.sudo().ticket_id.user_id)
            and roles._has_aftersales_role(*ASK_ROLES)
        )

    # === WHO SEES THEM === #

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
        """Find only what is asked about tickets that the user may see."""
        if not (self.env.su or bypass_access):
            # Whatever rules hide a ticket hide what is asked about it as well.
            tickets = self.env["aftersales.ticket"].with_context(active_test=False)
            domain = Domain(domain) & Domain("ticket_id", "in", tickets._search([]))
        return super()._search(
            domain, offset, limit, order, bypass_access=bypass_access, **kwargs
        )

    def _check_access(self, operation):
        """Hide what is asked about tickets that the user may not see."""
        result = super()._check_access(operation)
        if self.env.su or not any(self._ids):
            return result
        allowed = self - result[0] if result else self
        tickets = allowed.sudo().ticket_id.sudo(False)
        seen = set(tickets._filtered_access("read").ids)
        hidden = allowed.filtered(lambda q: q.sudo().ticket_id.id not in seen)
        if not hidden:
            return result
        forbidden = hidden | (result[0] if result else hidden)
        return forbidden, lambda: AccessError(
            self.env._("You don't have access to the ticket that this is asked about.")
        )

    # === STEPS === #

    def action_take(self):
        """Take an open question that nobody has taken yet.

        :raise AccessError: for somebody who is not of technical support
        :raise UserError: when somebody has it already, or it does not wait any more
        """
        self.ensure_one()
        self._step("take")

    def action_respond(self):
        """Open the dialog in which support answers, or who has asked replies."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_support_reply_action"
        )
        action["context"] = {"default_question_id": self.id}
        return action

    def action_view_ticket(self):
        self.ensure_one()
        self.check_access("read")
        return self.ticket_id._get_records_action()

    def _step(self, kind, text=False):
        """Do something with a question, and tell the other side.

        Of several who do so at the same moment the first one wins: all write the state
        of the question, so the database lets the others try again, who find it changed.

        :param str kind: a key of `STEPS`
        :param str text: what is said to the other side
        :raise AccessError: for somebody who may not
        :raise UserError: when the question has changed, or words are missing
        """
        self.ensure_one()
        self.check_access("read")
        self._check_step(kind, text)
        text = (text or "").strip()
        vals = {"state": STEPS[kind][1]}
        if kind in SUPPORT_STEPS and not self.supporter_id:
            vals["supporter_id"] = self.env.uid
        if kind in ("answer", "return"):
            vals.update(
                answer=text,
                answered_by=self.env.uid,
                answered_at=fields.Datetime.now(),
            )
        # sudo: nobody writes questions by hand; this step is checked above
        self.sudo().write(vals)
        self._record(kind, text)
        if kind != "take":
            self._tell(kind, text)

    def _check_step(self, kind, text):
        """Check that the user may do something with the question now.

        :raise AccessError, UserError: otherwise
        """
        roles = self.env["res.users"]
        if kind in SUPPORT_STEPS:
            roles._check_aftersales_role(*ANSWER_ROLES)
        elif not self._is_askers():
            raise AccessError(
                self.env._(
                    "Only who asked, the responsible of the ticket or a dispatcher "
                    "can do this."
                )
            )
        if self.state not in STEPS[kind][0]:
            raise UserError(self._say_too_late())
        if kind == "take" and self.supporter_id:
            raise UserError(
                self.env._("%s has this question already.", self.supporter_id.name)
            )
        if kind in WORDED_STEPS and not (text or "").strip():
            raise UserError(self.env._("Write what the other side should know."))

    def _say_too_late(self):
        """Say why a step does not fit any more."""
        last = self.sudo().step_ids[-1:]
        states = dict(self._fields["state"]._description_selection(self.env))
        return self.env._(
            "Somebody was faster: %(person)s has changed this question to "
            '"%(state)s". Read it before you go on.',
            person=last.user_id.name or self.asker_id.name,
            state=states[self.state],
        )

    @api.model
    def _ask(self, ticket, text, supporter):
        """Record a new question and tell support; see `ticket._ask_support`."""
        # sudo: nobody creates questions by hand; the ticket has checked who asks
        question = self.sudo().create(
            {
                "ticket_id": ticket.id,
                "question": text,
                "asker_id": self.env.uid,
                "supporter_id": supporter.id,
            }
        )
        question = question.sudo(False)
        question._record("ask", text)
        question._tell("ask", text)
        return question

    def _end(self):
        """Withdraw what still waits: the tickets have ended."""
        words = self.env._("The ticket has ended.")
        # sudo: it follows from the end, whoever ends the ticket
        questions = self.sudo().filtered(lambda q: q.state in WAITING_STATES)
        if not questions:
            return
        questions.write({"state": "withdrawn"})
        questions._record("withdraw", words)
        questions._drop_activities()

    def _record(self, kind, text):
        """Keep a step, and let the tickets say where their questions are."""
        # sudo: as in `_step`
        self.env["aftersales.support.step"].sudo().create(
            [
                {
                    "question_id": question.id,
                    "kind": kind,
                    "text": text,
                    "user_id": self.env.uid,
                }
                for question in self
            ]
        )
        self.sudo().ticket_id._follow_support()

    # === WHO IS TOLD === #

    def _tell(self, kind, text):
        """Leave a note on the ticket and give the other side something to do."""
        self.ensure_one()
        kinds = self.step_ids._fields["kind"]._description_selection(self.env)
        label = dict(kinds)[kind]
        ticket = self.ticket_id
        ticket.message_post(
            body=plaintext2html(
                f"{label}: {text}" if text else label, container_tag="div"
            ),
            subtype_xmlid="mail.mt_note",
        )
        self._drop_activities()
        if kind == "withdraw":
            return
        if kind in ("ask", "reply"):
            person = self.supporter_id
            if not person.active:
                # Nobody is asked, or somebody who has left: whoever can takes it.
                self._tell_anybody(text)
                return
            kind_xmlid = ASKED_TYPE
        else:
            person = self._who_goes_on()
            kind_xmlid = ANSWERED_TYPE
        if person:
            self._schedule(person, kind_xmlid, text)

    def _who_goes_on(self):
        """Choose who takes up what support says.

        The responsible, else who has asked; where the ticket is hidden from both, who
        decides about it.

        :return: `res.users` with sudo, possibly empty
        """
        # sudo: who must not see the ticket is not readable by everyone
        ticket = self.sudo().ticket_id
        people = ticket._may_be_given_to(ticket.user_id | self.sudo().asker_id)
        [in_charge] = ticket._people_in_charge().values()
        return (people.filtered("active") or in_charge)[:1]

    def _release(self, users):
        """Let others take what waits for people from whom the ticket is hidden.

        :param users: `res.users` records
        """
        # sudo: it follows from the hiding, whoever hides the ticket
        for question in self.sudo():
            if question.state in WAITING_STATES and question.supporter_id in users:
                question.supporter_id = False
                question._tell_anybody(question.question)

    def _schedule(self, person, type_xmlid, text):
        """Give somebody an activity on the ticket, without making him a follower."""
        # sudo: who follows is not readable by everyone
        ticket = self.sudo().ticket_id
        followers = ticket.message_partner_ids
        # sudo: what is to be done follows from the question
        activity = (
            ticket.with_user(self.env.user)
            .sudo()
            .activity_schedule(
                type_xmlid,
                user_id=person.id,
                note=plaintext2html(text or "", container_tag="div"),
            )
        )
        activity.support_question_id = self.id
        if person.partner_id not in followers:
            # The customer's contact stays in one hand: he is asked, not taken along.
            ticket.message_unsubscribe(person.partner_id.ids)

    def _tell_anybody(self, text):
        """Tell those of support who come into question that somebody asks."""
        people = self.ticket_id._supporters(nearest=True) - self.env.user
        if not people:
            return
        self.ticket_id.message_notify(
            partner_ids=people.partner_id.ids,
            subject=self.env._("Question to support: %s", self.ticket_id.display_name),
            body=plaintext2html(text, container_tag="div"),
        )

    def _drop_activities(self):
        """Take away what nobody has to do any more."""
        # sudo: the activities of a question follow from it, whoever has them
        self.env["mail.activity"].sudo().search(
            [("support_question_id", "in", self.ids)]
        ).unlink()
