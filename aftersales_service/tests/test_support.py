# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The second line: asking, answering, and what stays with the responsible."""

import threading
from contextlib import ExitStack, contextmanager

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, Command, api
from odoo.exceptions import AccessError, UserError
from odoo.sql_db import db_connect
from odoo.tests import Form, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import GROUP, ROLES
from .sla_common import SlaCommon

#: Seconds that no step takes.
PATIENCE = 60


@tagged("post_install", "-at_install")
class TestSupport(SlaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_supporter = new_test_user(
            cls.env,
            login="as_support_2",
            name="Second Supporter",
            email="support2@maker.example.com",
            groups="base.group_user," + GROUP % "support",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def setUp(self):
        super().setUp()
        self.ticket = self.create_ticket(
            severity="serious", user_id=self.users["technician"].id
        )

    def ask(self, role="technician", text="Which pressure?", supporter=None):
        """Ask through the dialog.

        :return: the new question, as superuser
        """
        wizard = self.as_role(role, "aftersales.support.ask").create(
            {
                "ticket_id": self.ticket.id,
                "question": text,
                "supporter_id": supporter and supporter.id,
            }
        )
        wizard.action_ask()
        return self.ticket.sudo().support_question_ids.sorted("id")[-1]

    def do(self, user, question, step, text=False):
        """Do a step through the dialog, as a user or a role."""
        user = self.users[user] if isinstance(user, str) else user
        wizard = (
            self.env["aftersales.support.reply"]
            .with_user(user)
            .create({"question_id": question.id, "text": text})
        )
        getattr(wizard, f"action_{step}")()

    def to_do(self, user):
        return self.ticket.sudo().activity_ids.filtered(
            lambda a: a.user_id == user and a.support_question_id
        )

    def test_ask_and_answer(self):
        technician, support = self.users["technician"], self.users["support"]
        clocks = [(c.deadline, c.outcome) for c in self.ticket.sudo().clock_ids]
        followers = self.ticket.sudo().message_partner_ids
        question = self.ask(supporter=support)
        self.assertEqual(question.state, "open")
        self.assertEqual(question.asker_id, technician)
        self.assertEqual(self.ticket.support_state, "open")
        activity = self.to_do(support)
        self.assertIn("Which pressure?", activity.note)
        self.do("support", question, "answer", "180 bar <b>cold</b>")
        self.assertEqual(
            (question.state, question.answered_by, question.answer),
            ("answered", support, "180 bar <b>cold</b>"),
        )
        self.assertTrue(question.answered_at)
        self.assertFalse(activity.exists(), "done")
        self.assertFalse(self.ticket.support_state)
        activity = self.to_do(technician)
        self.assertIn("180 bar &lt;b&gt;cold", activity.note)
        notes = self.ticket.sudo().message_ids[:2]
        self.assertEqual(notes[0].author_id, support.partner_id)
        self.assertTrue(all(notes.mapped("is_internal")) or notes.subtype_id.internal)
        # One hand keeps the contact and the promises
        self.assertEqual(self.ticket.user_id, technician)
        self.assertFalse(self.ticket.responded_at)
        self.assertEqual(
            [(c.deadline, c.outcome) for c in self.ticket.sudo().clock_ids], clocks
        )
        self.assertEqual(self.ticket.sudo().message_partner_ids, followers)

    def test_the_customer_hears_nothing(self):
        with self.mock_mail_gateway():
            question = self.ask()
            self.do("support", question, "answer", "180 bar")
        addresses = " ".join(str(mail["email_to"]) for mail in self._mails)
        self.assertNotIn("mill.example.com", addresses)
        for message in self.ticket.sudo().message_ids:
            self.assertNotIn(self.contact, message.notified_partner_ids)

    def test_anybody_is_told_and_takes(self):
        question = self.ask()
        support = self.users["support"]
        notified = self.env["mail.message"].search(
            [("model", "=", "aftersales.ticket"), ("res_id", "=", self.ticket.id)]
        )
        told = notified.filtered(lambda m: "Question to support:" in (m.subject or ""))
        self.assertEqual(
            told.notified_partner_ids, support.partner_id, "of the team first"
        )
        self.as_role("support", question).action_take()
        self.assertEqual(question.supporter_id, support)
        with self.assertRaisesRegex(UserError, "Support has this question"):
            question.with_user(self.other_supporter).action_take()

    def test_ask_back_and_reply(self):
        question = self.ask()
        self.do("support", question, "ask_back", "Cold or warm?")
        self.assertEqual(self.ticket.support_state, "asked_back")
        self.assertTrue(self.to_do(self.users["technician"]))
        self.do("technician", question, "reply", "Cold")
        self.assertEqual(self.ticket.support_state, "open")
        self.assertFalse(self.to_do(self.users["technician"]))
        self.assertIn("Cold", self.to_do(self.users["support"]).note)
        self.do("support", question, "answer", "180 bar")
        self.assertEqual(
            question.step_ids.mapped(lambda s: (s.kind, s.text, s.user_id.login)),
            [
                ("ask", "Which pressure?", "as_technician"),
                ("ask_back", "Cold or warm?", "as_support"),
                ("reply", "Cold", "as_technician"),
                ("answer", "180 bar", "as_support"),
            ],
        )

    def test_return_and_withdraw(self):
        question = self.ask()
        self.do("support", question, "return", "Ask the maker of the valve.")
        self.assertEqual(question.state, "returned")
        self.assertIn("maker", self.to_do(self.users["technician"]).note)
        question = self.ask()
        self.do("technician", question, "withdraw")
        self.assertEqual(question.state, "withdrawn")
        self.assertFalse(self.to_do(self.users["support"]))
        self.assertEqual(self.ticket.support_question_count, 2)

    def test_two_answer(self):
        question = self.ask()
        self.do("support", question, "answer", "180 bar")
        for step in ("answer", "ask_back", "return"):
            with self.assertRaisesRegex(UserError, "Support has changed.*Answered"):
                self.do(self.other_supporter, question, step, "200 bar")
        self.assertEqual(question.answer, "180 bar")
        for step in ("withdraw", "reply"):
            with self.assertRaisesRegex(UserError, "faster"):
                self.do("technician", question, step, "x")

    def test_who_may(self):
        askers = ("technician", "dispatcher", "support", "manager")
        for role in ROLES:
            with self.subTest(role=role):
                ticket = self.as_role(role, self.ticket)
                if role in askers:
                    ticket._ask_support("x")
                    ticket.action_ask_support()
                    continue
                with self.assertRaises(AccessError):
                    ticket._ask_support("x")
                with self.assertRaises(AccessError):
                    self.ask(role)
        question = self.ask(supporter=self.users["support"])
        for role in ("intake", "technician", "dispatcher", "quality", "finance"):
            with self.assertRaises(AccessError, msg=role):
                self.as_role(role, question)._step("answer", "x")
            with self.assertRaises(AccessError, msg=role):
                self.as_role(role, question).action_take()
        stranger = new_test_user(
            self.env,
            login="as_other_technician",
            groups="base.group_user," + GROUP % "technician",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        for step in ("withdraw", "reply"):
            with self.assertRaises(AccessError):
                question.with_user(stranger)._step(step, "x")
        for role in ROLES:
            mine = self.as_role(role, question)
            for call in (
                lambda mine=mine: mine.write({"answer": "forged"}),
                lambda mine=mine: mine.step_ids.write({"text": "forged"}),
                lambda mine=mine: mine.unlink(),
                lambda mine=mine: mine.create(
                    {
                        "ticket_id": self.ticket.id,
                        "question": "x",
                        "asker_id": self.env.uid,
                    }
                ),
            ):
                with self.assertRaises(AccessError, msg=role):
                    call()
        with self.assertRaises(AccessError):
            self.as_role("manager", self.ticket).write({"support_state": "open"})

    def test_bad_input(self):
        for text in (False, "", " \n "):
            with self.assertRaisesRegex(UserError, "Write down"):
                self.as_role("technician", self.ticket)._ask_support(text)
        with self.assertRaisesRegex(UserError, "can't be asked"):
            self.ask(supporter=self.users["intake"])
        with self.assertRaisesRegex(UserError, "can't be asked"):
            self.ask("support", supporter=self.users["support"])
        question = self.ask()
        for step in ("answer", "return", "ask_back"):
            with self.assertRaisesRegex(UserError, "other side"):
                self.do("support", question, step, "  ")
        with self.assertRaisesRegex(UserError, "faster"):
            self.do("technician", question, "reply", "nobody asked back")

    def test_nobody_to_ask(self):
        self.ticket._supporters().group_ids -= self.env.ref(GROUP % "support")
        with self.assertRaisesRegex(UserError, "Nobody else has the role"):
            self.ask()

    def test_ended_tickets(self):
        question = self.ask(supporter=self.users["support"])
        self.as_role("technician", self.ticket).write({"resolution": "Hose"})
        self.as_role("technician", self.ticket).action_solve()
        self.assertEqual(question.state, "withdrawn")
        self.assertFalse(self.ticket.support_state)
        self.assertFalse(self.to_do(self.users["support"]))
        with self.assertRaisesRegex(UserError, "faster"):
            self.do("support", question, "answer", "too late")
        with self.assertRaisesRegex(UserError, "Reopen"):
            self.ask()

    def test_merged_tickets_take_their_questions_along(self):
        question = self.ask(supporter=self.users["support"])
        stays = self.create_ticket(name="Hose leaks again")
        self.as_role("dispatcher", self.ticket)._merge_into(
            self.as_role("dispatcher", stays)
        )
        self.assertEqual(question.ticket_id, stays)
        self.assertEqual((question.state, stays.support_state), ("open", "open"))
        self.assertFalse(self.ticket.support_state)
        self.do("support", question, "answer", "180 bar")
        self.assertFalse(stays.support_state)

    def test_another_company(self):
        question = self.ask()
        stranger = new_test_user(
            self.env,
            login="as_support_elsewhere",
            groups="base.group_user," + GROUP % "support",
            company_id=self.company_2.id,
            company_ids=[Command.set(self.company_2.ids)],
        )
        self.assertNotIn(stranger, self.ticket._supporters())
        with self.assertRaisesRegex(UserError, "can't be asked"):
            self.ask(supporter=stranger)
        theirs = question.with_user(stranger)
        self.assertFalse(theirs.search([]))
        for call in (
            theirs.action_take,
            theirs.action_respond,
            lambda: theirs._step("answer", "x"),
            lambda: theirs.read(["question"]),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_support_sees_what_it_is_asked_and_no_more(self):
        """A company narrows what its people see to their own teams."""
        rule = self.env.ref("aftersales_service.aftersales_ticket_rule_staff")
        rule.domain_force = "[('team_id.member_ids', 'in', [user.id])]"
        other = self.create_ticket(name="Not asked about")
        user = self.other_supporter
        seen = self.env["aftersales.ticket"].with_user(user)
        self.assertFalse(seen.search([("id", "in", (self.ticket | other).ids)]))
        question = self.ask(supporter=user)
        self.assertEqual(
            seen.search([("id", "in", (self.ticket | other).ids)]), self.ticket
        )
        self.assertEqual(question.with_user(user).step_ids.text, "Which pressure?")
        with self.assertRaises(AccessError):
            self.ticket.with_user(user).write({"name": "x"})
        with self.assertRaises(AccessError):
            self.ticket.with_user(user)._ask_support("x")
        self.do(user, question, "answer", "180 bar")
        self.assertEqual(question.state, "answered")
        # Who is not asked sees neither the ticket nor the question
        hidden = self.ask(supporter=self.users["support"])
        hidden.ticket_id = other
        Question = self.env["aftersales.support.question"].with_user(user)
        self.assertEqual(Question.search([]), question.with_user(user))
        self.assertFalse(
            self.env["aftersales.support.step"]
            .with_user(user)
            .search([("question_id", "=", hidden.id)])
        )
        for call in (
            lambda: hidden.with_user(user).read(["question"]),
            lambda: hidden.with_user(user)._step("answer", "x"),
            lambda: hidden.step_ids.with_user(user).read(["text"]),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_open_first_and_oldest_first(self):
        first, second, third = (self.ask(text=f"Q{n}") for n in range(3))
        self.do("support", first, "answer", "x")
        self.do("support", second, "ask_back", "x")
        fourth = self.ask(text="Q4")
        found = self.as_role("support", "aftersales.support.question").search(
            [("ticket_id", "=", self.ticket.id)]
        )
        self.assertEqual(found.ids, [third.id, fourth.id, second.id, first.id])
        self.assertEqual(self.team.support_question_count, 2)

    def test_pages(self):
        question = self.ask()
        for role in ("technician", "support", "dispatcher", "manager", "quality"):
            for view in ("list", "kanban", "form", "search"):
                self.as_role(role, question).get_views([(False, view)])
            Form(self.as_role(role, question))
            Form(self.as_role(role, self.ticket))
        wizard = Form(
            self.as_role("technician", "aftersales.support.ask").with_context(
                default_ticket_id=self.ticket.id
            )
        )
        self.assertIn(self.users["support"].id, wizard.supporter_ids.ids)


@tagged("post_install", "-at_install")
class TestSupportRace(TransactionCase):
    """Two supporters answer at the same time, in transactions that commit."""

    @contextmanager
    def transaction(self):
        cr = db_connect(self.env.cr.dbname).cursor()
        try:
            yield api.Environment(cr, SUPERUSER_ID, {})
            cr.commit()  # pylint: disable=invalid-commit
        finally:
            cr.close()

    def clean_up(self, ticket_id, user_ids):
        with self.transaction() as env:
            ticket = env["aftersales.ticket"].browse(ticket_id)
            ticket.support_question_ids.unlink()
            ticket.clock_ids.event_ids.unlink()
            ticket.unlink()
            users = env["res.users"].browse(user_ids)
            partners = users.partner_id
            users.unlink()
            partners.unlink()

    def test_one_winner(self):
        with self.transaction() as env:
            team = env.ref("aftersales_service.aftersales_team_default")
            users = env["res.users"].create(
                [
                    {
                        "name": f"Racer {number}",
                        "login": f"as_racer_{number}",
                        "company_id": team.company_id.id,
                        "company_ids": [Command.set(team.company_id.ids)],
                        "group_ids": [Command.link(env.ref(GROUP % "support").id)],
                    }
                    for number in range(2)
                ]
            )
            ticket = env["aftersales.ticket"].create(
                {"name": "Race of supporters", "team_id": team.id}
            )
            question_id = ticket._ask_support("Who is faster?").id
            ticket_id, user_ids = ticket.id, users.ids
        self.addCleanup(self.clean_up, ticket_id, user_ids)
        results = []

        def answer(env):
            question = env["aftersales.support.question"].browse(question_id)
            question.with_user(env.context["racer"])._step("answer", "Faster")

        def answer_late(env):
            try:
                answer(env)
            except SerializationFailure as error:
                env.cr.rollback()
                results.append(error)

        with mute_logger("odoo.sql_db"), ExitStack() as stack:
            with self.transaction() as first:
                late = stack.enter_context(self.transaction())
                late = late(context={"racer": user_ids[1]})
                # Sees the question open, and goes on seeing it so.
                late.cr.execute("SELECT state FROM aftersales_support_question")
                answer(first(context={"racer": user_ids[0]}))
                first.flush_all()
                thread = threading.Thread(target=answer_late, args=(late,))
                thread.start()
                thread.join(1)
                self.assertTrue(thread.is_alive(), "it waits for who was faster")
            thread.join(PATIENCE)
            self.assertFalse(thread.is_alive())
        # The server tries once more what could not be serialized, and says why not.
        self.assertEqual(len(results), 1)
        with self.transaction() as env:
            with self.assertRaisesRegex(UserError, "Somebody was faster: Racer 0"):
                answer(env(context={"racer": user_ids[1]}))
            env.cr.rollback()
        with self.transaction() as env:
            question = env["aftersales.support.question"].browse(question_id)
            self.assertEqual(question.answered_by.id, user_ids[0])
            self.assertEqual(question.step_ids.mapped("kind"), ["ask", "answer"])
