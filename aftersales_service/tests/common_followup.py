# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from .common import AftersalesCommon

#: How everything is as it should be.
GOOD = {"statement": "yes", "conduct": "no", "other": "yes"}


class FollowupCommon(AftersalesCommon):
    """One rule, by which every signed visit is followed up on the telephone."""

    @classmethod
    def lay_ground(cls):
        rules = cls.env["aftersales.followup.rule"]
        rules.search([]).active = False
        cls.rule = rules.create({"name": "All", "due_days": 2, "max_attempts": 2})

    def visit(self, **values):
        """Let a visit be made and signed.

        :param values: of the ticket
        :return: its form
        """
        ticket = self.create_ticket(severity="serious", **values)
        return self.sign(self.work_visit(self.plan_visit(ticket)))

    def follow(self, form):
        """Return the follow-up of a form, as the system sees it."""
        self.env.invalidate_all()
        return form.dispatch_id.followup_ids.sudo()

    def open_call(self, followup, role="intake"):
        """Open the dialog of a call, as the button does."""
        action = self.as_role(role, followup).action_call()
        self.assertEqual(action["res_model"], "aftersales.followup.call")
        Call = self.as_role(role, action["res_model"])
        return Call.with_context(**action["context"]).create({})

    def call(self, followup, role="intake", answers=None, **values):
        """Let somebody call and note the answers, good ones by default.

        :param dict answers: wrong kinds of questions -> answer, or statement -> answer
        """
        call = self.open_call(followup, role)
        for line in call.line_ids:
            question = line.question_id
            line.answer = (answers or {}).get(
                question.kind, "yes" if question.good_answer == "yes" else "no"
            )
        call.write({"satisfaction": "5", **values})
        call.action_done()
        return call

    def leader_told(self, ticket):
        """Return what leaders have to do on a ticket because of follow-ups."""
        kind = self.env.ref("aftersales_service.mail_activity_type_followup_bad")
        return ticket.sudo().activity_ids.filtered(
            lambda each: each.activity_type_id == kind
        )
