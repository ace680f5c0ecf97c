# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A complaint from its first answer to the one of the customer."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common_complaint import ComplaintCommon


@tagged("post_install", "-at_install")
class TestComplaint(ComplaintCommon):
    def setUp(self):
        super().setUp()
        self.ticket = self.complain()

    def step(self, role, step, ticket=None, **values):
        """Take a step through its dialog."""
        wizard = self.as_role(role, "aftersales.complaint.step").create(
            {"ticket_id": (ticket or self.ticket).id, "step": step, **values}
        )
        with self.mock_mail_gateway():
            wizard.action_apply()
        return wizard

    def offer(self, role="support", way="call", **values):
        return self.step(role, "offer", text="We clean it", way=way, **values)

    def answer(self, answer, role="intake", **values):
        values.setdefault("note", "Asked twice")
        if answer == "refused":
            values.setdefault("reason", "Wants a new floor")
        return self.step(role, "answer", answer=answer, way="call", **values)

    def solve(self, ticket=None):
        self.as_role("dispatcher", ticket or self.ticket).write({"resolution": "Done"})
        self.as_role("dispatcher", ticket or self.ticket).action_solve()

    def assert_open(self, role="intake"):
        """It can't be closed, by the button nor by dragging nor by RPC."""
        ticket = self.as_role(role, self.ticket)
        self.assertEqual(ticket.state, "solved")
        closed = ticket.stage_id._for_state("closed", self.team)
        for close in (
            ticket.action_close,
            lambda: ticket.write({"stage_id": closed.id}),
            lambda: ticket.write({"stage_id": closed.id, "ticket_type": "inquiry"}),
        ):
            # A refusal of the role is one as well.
            with self.assertRaises(UserError):
                close()
        self.assertEqual(ticket.state, "solved")

    # === THE FIRST ANSWER === #

    def test_first_answer_is_due(self):
        """The policy in the data promises it, and an offer by telephone keeps it."""
        policy = self.env.ref(
            "aftersales_service.aftersales_sla_policy_complaint_respond"
        )
        policy.active = True
        ticket = self.complain()
        clock = self.clocks(ticket)["respond"]
        self.assertEqual(clock.policy_id, policy)
        self.assertNotIn("respond", self.clocks(self.create_ticket()))
        self.offer(ticket=ticket)
        self.assertEqual(clock.outcome, "met")

    def test_offer_by_mail(self):
        self.assertEqual(self.ticket.complaint_step, "offer")
        form = Form(
            self.as_role("support", "aftersales.complaint.step").with_context(
                default_ticket_id=self.ticket.id, default_step="offer"
            ),
            "aftersales_service.aftersales_complaint_step_view_form_offer",
        )
        self.assertEqual(form.way, "mail", "he has an address")
        form.text = "We clean <your> floor"
        with self.mock_mail_gateway():
            form.save().action_apply()
        self.assertSentEmail(
            self.users["support"].partner_id,
            self.contact,
            body_content="We clean &lt;your&gt; floor",
        )
        offer = self.ticket.offer_ids
        self.assertEqual(offer.user_id, self.users["support"])
        self.assertTrue(offer.offered_at)
        self.assertTrue(self.ticket.responded_at)
        self.assertEqual(self.ticket.complaint_step, "answer")

    def test_offer_without_address(self):
        ticket = self.complain(partner_id=False)
        with self.assertRaises(UserError):
            self.offer(way="mail", ticket=ticket)
        self.assertFalse(ticket.offer_ids)

    # === THE CUSTOMER'S ANSWER === #

    def test_accepted(self):
        self.offer()
        self.solve()
        self.assert_open()
        self.answer("accepted")
        self.assertEqual(self.ticket.complaint_step, "settled")
        self.assertEqual(self.ticket.offer_ids.answer_user_id, self.users["intake"])
        self.as_role("intake", self.ticket).action_close()
        self.assertEqual(self.ticket.state, "closed")

    def test_no_answer_says_how_he_was_asked(self):
        self.offer()
        with self.assertRaises(UserError):
            self.answer("none", note=" ")
        self.answer("none")
        self.solve()
        self.as_role("intake", self.ticket).action_close()
        self.assertEqual(self.ticket.state, "closed")

    def test_not_accepted_is_escalated(self):
        """It goes to the leader with the reason, counts, and stays open."""
        self.offer()
        with self.assertRaises(UserError):
            self.answer("refused", reason="")
        for count in (1, 2):
            self.answer("refused")
            self.assertEqual(self.ticket.escalation_count, count)
            activities = self.decisions(self.ticket)
            self.assertEqual(activities.user_id, self.leader)
            self.assertIn("new floor", activities[0].note)
            self.assertEqual(self.ticket.complaint_step, "again")
            wizard = (
                self.env["aftersales.complaint.step"]
                .with_user(self.leader)
                .create(
                    {"ticket_id": self.ticket.id, "text": "A new one", "way": "call"}
                )
            )
            wizard.action_apply()
            self.assertFalse(self.decisions(self.ticket), "the leader has decided")
        self.assertEqual(
            self.ticket.offer_ids.sorted("id").mapped("answer"),
            ["refused", "refused", False],
        )
        self.solve()
        self.assert_open()

    def test_refused_stays_open(self):
        self.offer()
        self.answer("refused")
        self.solve()
        for role in ("intake", "dispatcher", "manager"):
            self.assert_open(role)

    def test_manager_is_told_about_the_leader(self):
        """A complaint about the leader is not decided by him."""
        ticket = self.complain_about(self.boss)
        self.offer(ticket=ticket)
        self.answer("refused", ticket=ticket)
        told = self.decisions(ticket).filtered("note").user_id
        self.assertIn(self.users["manager"], told)
        self.assertNotIn(self.leader, told)

    def test_order_of_steps(self):
        with self.assertRaises(UserError):
            self.answer("accepted")
        self.offer()
        with self.assertRaises(UserError):
            self.offer()
        self.answer("accepted")
        with self.assertRaises(UserError):
            self.answer("refused")
        with self.assertRaises(UserError):
            self.offer()
        with self.assertRaises(UserError):
            self.offer(ticket=self.create_ticket())

    # === CLOSING WITHOUT === #

    def test_manager_says_why(self):
        self.offer()
        self.solve()
        for role in ("intake", "technician", "support", "dispatcher"):
            with self.assertRaises(AccessError):
                self.step(role, "close", reason="Moved away")
        with self.assertRaises(UserError):
            self.step("manager", "close", reason=" ")
        self.step("manager", "close", reason="Moved away")
        self.assertEqual(self.ticket.state, "closed")
        self.assertEqual(self.ticket.unanswered_reason, "Moved away")
        self.as_role("intake", self.ticket).action_reopen()
        self.assertFalse(self.ticket.unanswered_reason, "another end, another reason")
        self.solve()
        self.assert_open()

    def test_nothing_by_hand(self):
        """Nobody writes the answer past the steps."""
        self.offer()
        offer = self.ticket.offer_ids
        for role in ("intake", "dispatcher", "manager"):
            ticket = self.as_role(role, self.ticket)
            for vals in (
                {"customer_answer": "accepted"},
                {"escalation_count": 0},
                {"unanswered_reason": "None"},
                {"offer_ids": [Command.update(offer.id, {"answer": "accepted"})]},
            ):
                with self.assertRaises(AccessError):
                    ticket.write(vals)
            with self.assertRaises(AccessError):
                self.as_role(role, offer).write({"answer": "accepted"})
            with self.assertRaises(AccessError):
                self.as_role(role, offer).unlink()

    def test_another_type(self):
        """A complaint at work is called something else by who answers for it."""
        self.offer()
        for role in ("intake", "technician", "support"):
            with self.assertRaises(AccessError):
                self.as_role(role, self.ticket).ticket_type = "inquiry"
        self.as_role("dispatcher", self.ticket).ticket_type = "inquiry"
        self.assertFalse(self.ticket.complaint_step)

    def test_other_roles(self):
        for role in ("finance", "quality"):
            with self.assertRaises(AccessError):
                self.as_role(role, self.ticket).action_offer_resolution()

    # === MERGING === #

    def test_merge(self):
        """It goes on in a complaint only, with what was offered."""
        self.offer()
        self.answer("refused")
        dispatcher = self.as_role("dispatcher", self.ticket)
        with self.assertRaises(UserError):
            dispatcher._merge_into(self.create_ticket())
        other = self.complain()
        dispatcher._merge_into(other)
        self.assertEqual(other.offer_ids.text, "We clean it")
        self.assertEqual(other.complaint_step, "again")
        self.assertEqual(other.escalation_count, 1)

    def test_filter(self):
        view = self.env.ref("aftersales_service.aftersales_ticket_view_search")
        self.assertIn("complaint_unanswered", view.get_combined_arch())
        domain = [
            ("customer_answer", "not in", ("accepted", "none")),
            ("id", "=", self.ticket.id),
        ]
        Ticket = self.env["aftersales.ticket"]
        self.assertTrue(Ticket.search(domain))
        self.offer()
        self.answer("accepted")
        self.assertFalse(Ticket.search(domain))
