# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A ticket whose responsible asks technical support keeps responsible and clocks."""

from odoo import fields, models
from odoo.exceptions import UserError

from .aftersales_support_question import ASK_ROLES, WAITING_STATES
from .res_users import ROLE_PREFIX
from .selections import OPEN_STATES


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    support_question_ids = fields.One2many(
        "aftersales.support.question", "ticket_id", string="Questions to Support"
    )
    support_question_count = fields.Integer(
        string="Number of Questions", compute="_compute_support_question_count"
    )
    # A plain copy: a ticket on which nobody has asked costs nothing to end.
    support_state = fields.Selection(
        [("open", "With Support"), ("asked_back", "Support Asks Back")],
        string="Second Line",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="A question to technical support waits. The responsible keeps the ticket.",
    )

    def _compute_support_question_count(self):
        counts = dict(
            self.env["aftersales.support.question"]._read_group(
                [("ticket_id", "in", self.ids)], ["ticket_id"], ["__count"]
            )
        )
        for ticket in self:
            ticket.support_question_count = counts.get(ticket._origin, 0)

    def _guarded_fields(self):
        return super()._guarded_fields() | {"support_state", "support_question_ids"}

    # === ASKING === #

    def _supporters(self, nearest=False):
        """Return who can be asked about the ticket.

        :param bool nearest: only those of the ticket's team, where it has some
        :return: active users with sudo who have the role in the ticket's company, less
            those from whom the ticket is hidden
        """
        self.ensure_one()
        # sudo: who has which role is not readable by everyone
        ticket = self.sudo()
        people = self.env.ref(ROLE_PREFIX + "support").sudo().all_user_ids
        people = people.filtered(
            lambda user: (
                user.active and not user.share and ticket.company_id in user.company_ids
            )
        )
        people = ticket._may_be_given_to(people)
        return (nearest and people & ticket.team_id.member_ids) or people

    def _ask_support(self, text, supporter=None):
        """Ask technical support about a ticket; the ticket stays where it is.

        :param str text: the question
        :param supporter: `res.users` record; empty: anybody of technical support
        :return: `aftersales.support.question` record
        :raise AccessError: for somebody who may not work on the ticket
        :raise UserError: for a ticket that has ended, or when nobody can be asked
        """
        self.ensure_one()
        supporter = supporter or self.env["res.users"]
        self.env["res.users"]._check_aftersales_role(*ASK_ROLES)
        self.check_access("write")
        if self.state not in OPEN_STATES or not self.active:
            raise UserError(self.env._("Reopen the ticket before you ask about it."))
        text = (text or "").strip()
        if not text:
            raise UserError(self.env._("Write down what support should tell you."))
        people = self._supporters() - self.env.user
        if not people:
            raise UserError(
                self.env._(
                    "Nobody else has the role Technical Support in %s. A manager gives "
                    "it under Settings, Users.",
                    self.company_id.name,
                )
            )
        if supporter and supporter not in people:
            raise UserError(
                self.env._(
                    "%s can't be asked about this ticket: choose somebody else of "
                    "technical support.",
                    supporter.name,
                )
            )
        return self.env["aftersales.support.question"]._ask(self, text, supporter)

    def action_ask_support(self):
        """Open the dialog that asks technical support."""
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role(*ASK_ROLES)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_support_ask_action"
        )
        action["context"] = {"default_ticket_id": self.id}
        return action

    def action_view_support_questions(self):
        """Show what was asked about the ticket, what waits first."""
        self.ensure_one()
        self.check_access("read")
        questions = self.support_question_ids
        return questions._get_records_action(name=self.env._("Questions to Support"))

    # === WHAT FOLLOWS === #

    def _follow_support(self):
        """Copy where the questions of tickets are."""
        groups = self.env["aftersales.support.question"]._read_group(
            [("ticket_id", "in", self.ids), ("state", "in", WAITING_STATES)],
            ["ticket_id"],
            ["state:array_agg"],
        )
        waiting = dict(groups)
        for ticket in self:
            states = waiting.get(ticket, ())
            # What we have to say ourselves comes first.
            state = next((s for s in ("asked_back", "open") if s in states), False)
            if ticket.support_state != state:
                ticket.support_state = state

    def _state_changed(self, before):
        res = super()._state_changed(before)
        ended = self.filtered(
            lambda ticket: ticket.support_state and ticket.state not in OPEN_STATES
        )
        # sudo: whoever ends a ticket need not see what was asked
        ended.sudo().support_question_ids._end()
        return res

    def _move_values(self, stays):
        """Let what was asked about merged tickets go on in the one that stays."""
        res = super()._move_values(stays)
        questions = self.support_question_ids
        if questions:
            questions.write({"ticket_id": stays.id})
            (self | stays)._follow_support()
        return res


class AftersalesTeam(models.Model):
    _inherit = "aftersales.team"

    support_question_count = fields.Integer(
        string="Questions with Support", compute="_compute_support_question_count"
    )

    def _compute_support_question_count(self):
        counts = dict(
            self.env["aftersales.support.question"]._read_group(
                [("team_id", "in", self.ids), ("state", "=", "open")],
                ["team_id"],
                ["__count"],
            )
        )
        for team in self:
            team.support_question_count = counts.get(team, 0)
