# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a technician learns of a complaint about himself: nothing, by any way."""

import base64
import json

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common_complaint import ComplaintCommon

#: Models that lead to a ticket, and by which field.
LEADING = {
    "aftersales.ticket": "id",
    "aftersales.finding": "ticket_id",
    "aftersales.sla.clock": "ticket_id",
    "aftersales.sla.event": "clock_id.ticket_id",
    "aftersales.coverage": "ticket_id",
    "aftersales.coverage.line": "coverage_id.ticket_id",
    "aftersales.dispatch": "job_ids.ticket_id",
    "aftersales.dispatch.job": "ticket_id",
    "aftersales.dispatch.line": "dispatch_id.job_ids.ticket_id",
    "aftersales.checklist.answer": "dispatch_id.job_ids.ticket_id",
    "aftersales.service.form": "dispatch_id.job_ids.ticket_id",
}


class HiddenCase(ComplaintCommon):
    """A complaint about the technician, with all that can hang on one."""

    @classmethod
    def lay_ground(cls):
        cls.make_policy()
        cls.equipment = cls.env["aftersales.equipment"].create(
            {
                "product_name": "Press 200",
                "serial_number": "P200-77",
                "partner_id": cls.customer.id,
                "company_id": cls.company.id,
            }
        )

    def rich_complaint(self):
        """Let one complaint have findings, a visit of a colleague, files and notes."""
        ticket = self.complain_about(
            equipment_id=self.equipment.id,
            finding_ids=[Command.create({"fault_id": self.hose.id})],
        )
        visit = self.as_role("dispatcher", ticket).action_plan_visit()
        visit = self.env["aftersales.dispatch"].browse(visit["res_id"])
        visit.technician_ids = self.colleague
        visit.line_ids = [
            Command.create({"kind": "labour", "name": "Cleaning", "hours": 1})
        ]
        self.env["ir.attachment"].create(
            {
                "name": "floor.txt",
                "datas": base64.b64encode(b"oil"),
                "res_model": ticket._name,
                "res_id": ticket.id,
            }
        )
        ticket.message_post(body="He left oil", subtype_xmlid="mail.mt_note")
        return ticket


@tagged("post_install", "-at_install")
class TestComplaintHidden(HiddenCase):
    def seen(self, user, model, path, ticket):
        Model = self.env[model].with_user(user).with_context(active_test=False)
        return Model.search([(path, "=", ticket.id)])

    def test_every_model_that_leads_there(self):
        """Each is hidden from him and shown to a colleague, archived or not."""
        ticket = self.rich_complaint()
        for archived in (False, True):
            ticket.sudo().active = not archived
            for model, path in LEADING.items():
                with self.subTest(model=model, archived=archived):
                    everything = self.env[model].with_context(active_test=False)
                    rows = everything.search([(path, "=", ticket.id)])
                    if model not in (
                        "aftersales.checklist.answer",
                        "aftersales.service.form",
                    ):
                        self.assertTrue(rows, "there is something to hide")
                    support = self.users["support"]
                    self.assertEqual(self.seen(support, model, path, ticket), rows)
                    self.assertFalse(self.seen(self.accused, model, path, ticket))
                    for row in rows.with_user(self.accused):
                        self.assertFalse(row.has_access("read"))
                        self.assertFalse(row.has_access("write"))

    def test_ratings_and_questions(self):
        """What hangs on it by a number or by its own check is hidden as well."""
        ticket = self.complain_about()
        other = self.create_ticket()
        found = {}
        for one in (ticket, other):
            # sudo: only the customer's page makes ratings
            rating = (
                self.env["rating.rating"]
                .sudo()
                .create(
                    {
                        "res_model_id": self.env["ir.model"]._get_id(one._name),
                        "res_id": one.id,
                        "rating": 1,
                        "feedback": "Oil on the floor",
                        "consumed": True,
                    }
                )
            )
            question = self.as_role("dispatcher", one)._ask_support("Who was it?")
            found[one] = (rating, question)
        for user, expected in (
            (self.accused, [other]),
            (self.users["support"], [ticket, other]),
        ):
            ratings = self.env["rating.rating"].with_user(user).search([])
            questions = self.env["aftersales.support.question"].with_user(user)
            for number, got in enumerate((ratings, questions.search([]))):
                rows = [found[one][number].id for one in expected]
                self.assertEqual(sorted(got.ids), sorted(rows))
        hidden_rating, hidden_question = found[ticket]
        self.assertFalse(hidden_rating.with_user(self.accused).has_access("read"))
        self.assertFalse(hidden_question.with_user(self.accused).has_access("read"))

    def test_ways_of_asking(self):
        ticket = self.rich_complaint()
        other = self.create_ticket(name="Left oil pump")
        Ticket = self.as_role("technician", "aftersales.ticket")
        self.assertEqual(Ticket.search([("name", "ilike", "left oil")]), other)
        self.assertEqual([row[0] for row in Ticket.name_search("left oil")], other.ids)
        self.assertEqual(Ticket.search_count([("id", "in", ticket.ids)]), 0)
        groups = Ticket.formatted_read_group(
            [("id", "in", (ticket | other).ids)], ["ticket_type"], ["__count"]
        )
        self.assertEqual(
            [(row["ticket_type"], row["__count"]) for row in groups], [("repair", 1)]
        )
        with self.assertRaises(AccessError):
            ticket.with_user(self.accused).read(["name"])
        with self.assertRaises(AccessError):
            ticket.with_user(self.accused).write({"name": "Nothing"})

    def test_counters_and_statistics(self):
        """Buttons of the customer, the machine and the team count without it."""
        other = self.create_ticket(equipment_id=self.equipment.id)

        def counts(role):
            self.env.invalidate_all()
            pareto = self.as_role(role, "aftersales.pareto").create({})
            return (
                self.as_role(role, self.customer).aftersales_ticket_count,
                self.as_role(role, self.equipment).ticket_count,
                self.as_role(role, self.equipment).dispatch_count,
                self.as_role(role, self.team).open_ticket_count,
                self.as_role(role, other).possible_duplicate_count,
                sum(row.count for row in pareto._get_rows())
                + pareto._count_without_finding(),
                len(self.as_role(role, self.equipment).ticket_ids),
            )

        before = counts("technician")
        self.assertEqual(before, counts("support"))
        self.rich_complaint()
        self.assertEqual(counts("technician"), before)
        after = counts("support")
        self.assertTrue(
            all(now > then for now, then in zip(after, before, strict=True)), after
        )

    def test_messages_and_files(self):
        """Nor his own words on it, nor what names him, nor what was sent to him."""
        ticket = self.create_ticket(user_id=self.accused.id)
        partner = self.accused.partner_id
        own = ticket.with_user(self.accused).message_post(
            body="Cleaned up", subtype_xmlid="mail.mt_comment"
        )
        named = ticket.message_post(
            body="Look", partner_ids=partner.ids, subtype_xmlid="mail.mt_note"
        )
        self.assertIn(partner, named.notified_partner_ids)
        self.assertTrue(named.with_user(self.accused).has_access("read"))
        ticket.write(
            {
                "ticket_type": "complaint",
                "complaint_about_ids": [Command.link(self.technician.id)],
            }
        )
        attachment = self.env["ir.attachment"].create(
            {"name": "f", "raw": b"x", "res_model": ticket._name, "res_id": ticket.id}
        )
        messages = ticket.sudo().message_ids
        Message = self.as_role("technician", "mail.message")
        domain = [("model", "=", ticket._name), ("res_id", "=", ticket.id)]
        self.assertFalse(Message.search(domain))
        self.assertFalse(Message.search_count(domain))
        self.assertFalse(Message._read_group(domain, ["model"], ["__count"]))
        self.assertFalse(Message.search([("id", "in", (own | named).ids)]))
        for message in messages:
            self.assertFalse(message.with_user(self.accused).has_access("read"))
        self.assertFalse(named.sudo().notified_partner_ids & partner)
        with self.assertRaises(AccessError):
            attachment.with_user(self.accused).read(["raw"])
        self.assertFalse(
            self.as_role("technician", "ir.attachment").search(
                [("id", "=", attachment.id)]
            )
        )
        self.assertTrue(self.as_role("support", "mail.message").search(domain))
        self.assertTrue(attachment.with_user(self.users["support"]).has_access("read"))

    def test_he_is_told_nothing(self):
        """He is out as responsible, follower and addressee, before and after."""
        ticket = self.create_ticket(user_id=self.accused.id)
        partner = self.accused.partner_id
        ticket.message_subscribe(partner.ids)
        ticket.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.accused.id
        )
        ticket.write(
            {
                "ticket_type": "complaint",
                "complaint_about_ids": [Command.link(self.technician.id)],
            }
        )
        self.assertFalse(ticket.user_id)
        self.assertNotIn(partner, ticket.message_partner_ids)
        self.assertFalse(
            ticket.sudo().activity_ids.filtered(lambda a: a.user_id == self.accused)
        )
        ticket.message_subscribe((partner | self.contact).ids)
        self.assertNotIn(partner, ticket.message_partner_ids)
        self.assertIn(self.contact, ticket.message_partner_ids)
        with self.mock_mail_gateway():
            message = ticket.message_post(
                body="Dear Mia",
                partner_ids=(partner | self.contact).ids,
                subtype_xmlid="mail.mt_comment",
                outgoing_email_to=self.accused.email,
            )
        self.assertNotIn(partner, message.sudo().notified_partner_ids)
        self.assertIn(self.contact, message.sudo().notified_partner_ids)
        told = {address for mail in self._mails for address in mail["email_to"]}
        self.assertFalse([one for one in told if self.accused.email in one])
        with self.assertRaises(UserError):
            ticket.activity_schedule(
                "mail.mail_activity_data_todo", user_id=self.accused.id
            )

    def test_names_of_links(self):
        """What leads to it without rights of its own gives its number only."""
        ticket = self.complain_about()
        log = self.as_role("technician", "aftersales.call.log").create(
            {"ticket_id": ticket.id, "summary": "x", "contact_name": "x"}
        )
        self.env.invalidate_all()
        [row] = log.read(["ticket_id"])
        self.assertEqual(row["ticket_id"][1], f"[{ticket.reference}]")
        self.assertIn("oil", self.as_role("support", ticket).display_name)
        with self.assertRaises(AccessError):
            log.action_log()

    def test_other_logins(self):
        """A login given later, and one of an archived employee, see nothing."""
        ticket = self.complain_about(self.colleague)
        user = self.users["quality"]
        self.assertTrue(ticket.with_user(user).has_access("read"))
        self.colleague.user_id = user
        self.assertFalse(ticket.with_user(user).has_access("read"))
        self.assertFalse(ticket.with_user(user).search([("id", "=", ticket.id)]))
        self.colleague.active = False
        self.env.invalidate_all()
        self.assertFalse(ticket.with_user(user).has_access("read"))
        self.assertFalse(ticket.with_user(user).search([("id", "=", ticket.id)]))
        with self.assertRaises(UserError):
            self.colleague.unlink()

    def test_a_copy_is_hidden_as_well(self):
        copy = self.complain_about().copy()
        self.assertFalse(copy.with_user(self.accused).has_access("read"))

    def test_no_new_work_for_him(self):
        ticket = self.complain_about()
        with self.assertRaises(ValidationError):
            ticket.user_id = self.accused
        with self.assertRaises(ValidationError):
            self.complain_about(user_id=self.accused.id)
        with self.assertRaises(UserError):
            self.as_role("dispatcher", ticket)._forward_by_hand(self.team, self.accused)
        visit = self.as_role("dispatcher", ticket).action_plan_visit()
        visit = self.env["aftersales.dispatch"].browse(visit["res_id"])
        with self.assertRaises(UserError):
            visit.technician_ids = self.technician

    def test_where_he_has_a_visit(self):
        """A visit of his stays his: the complaint is a ticket of its own."""
        ticket = self.create_ticket(ticket_type="complaint")
        self.plan_visit(ticket)
        with self.assertRaises(UserError):
            ticket.complaint_about_ids = self.technician

    def test_about_yourself(self):
        ticket = self.complain()
        with self.assertRaises(UserError):
            self.as_role("technician", ticket).complaint_about_ids = self.technician

    def test_only_of_complaints(self):
        with self.assertRaises(ValidationError):
            self.complain_about(ticket_type="repair")
        with self.assertRaises(ValidationError):
            self.as_role("manager", self.complain_about()).ticket_type = "repair"

    def test_take_off(self):
        """Only the leader and a manager take a name off; it is noted."""
        ticket = self.complain_about()
        for role in ("intake", "support", "dispatcher"):
            with self.assertRaises(AccessError):
                self.as_role(role, ticket).complaint_about_ids = False
        ticket.with_user(self.leader).complaint_about_ids = False
        self.assertTrue(ticket.with_user(self.accused).has_access("read"))
        notes = ticket.message_ids.mapped("body")
        self.assertTrue([note for note in notes if "Tara Technician any more" in note])

    def test_other_tickets(self):
        """Nothing hidden goes on where he sees it, nor the other way round."""
        hidden = self.complain_about()
        shown = self.complain()
        for one, other in ((hidden, shown), (shown, hidden)):
            dispatcher = self.as_role("dispatcher", one)
            with self.assertRaises(UserError):
                dispatcher._merge_into(other)
            with self.assertRaises(UserError):
                dispatcher._cancel("duplicate", other)
        same = self.complain_about()
        self.as_role("dispatcher", same)._merge_into(hidden)
        self.assertEqual(same.original_id, hidden)

    # === WHO DECIDES === #

    def test_leader_is_told(self):
        ticket = self.complain_about()
        self.assertEqual(self.decisions(ticket).user_id, self.leader)
        # The other one has no login: nobody has to be told twice.
        ticket.complaint_about_ids = [Command.link(self.colleague.id)]
        self.assertEqual(len(self.decisions(ticket)), 1)

    def test_manager_is_told_about_the_leader(self):
        ticket = self.complain_about(self.boss)
        people = self.decisions(ticket).user_id
        self.assertIn(self.users["manager"], people)
        self.assertNotIn(self.leader, people)

    def test_another_team(self):
        ticket = self.complain_about()
        team = self.team.copy(
            {"name": "Other", "alias_name": "x", "leader_id": self.users["support"].id}
        )
        self.as_role("dispatcher", ticket).team_id = team
        self.assertIn(self.users["support"], self.decisions(ticket).user_id)

    def test_answer_to_an_ended_one(self):
        """The customer's mail comes in though the leader is complained about."""
        ticket = self.complain_about(self.boss)
        ticket.sudo()._set_state("solved")
        self.assertEqual(ticket.state, "solved")
        ticket.sudo()._ask_about_answer(self.contact.id)
        answer = self.env.ref("aftersales_service.mail_activity_type_answer")
        asked = ticket.sudo().activity_ids.filtered(
            lambda one: one.activity_type_id == answer
        )
        self.assertEqual(len(asked), 1)
        self.assertNotEqual(asked.user_id, self.leader)

    # === COST === #

    def test_costs_nothing(self):
        """Who is not complained about has no condition in his queries."""
        Rule = self.env["ir.rule"]
        free = Rule.with_user(self.users["support"])._compute_domain(
            "aftersales.ticket"
        )
        self.complain_about()
        self.assertEqual(
            repr(free),
            repr(
                Rule.with_user(self.users["support"])._compute_domain(
                    "aftersales.ticket"
                )
            ),
        )
        self.assertNotIn("complaint_about_ids", repr(free))
        domain = Rule.with_user(self.accused)._compute_domain("aftersales.ticket")
        self.assertIn("complaint_about_ids", repr(domain))

        def cost(user):
            Ticket = self.env["aftersales.ticket"].with_user(user)
            for _warm_up in range(2):
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                Ticket.web_search_read([], {"name": {}}, limit=80)
            return self.env.cr.sql_log_count - before

        self.assertLessEqual(cost(self.accused), cost(self.users["support"]))


@tagged("post_install", "-at_install")
class TestComplaintHiddenHttp(HiddenCase, HttpCase):
    def test_over_http(self):
        """The web client's routes and files give him nothing."""
        ticket = self.rich_complaint()
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", ticket._name), ("res_id", "=", ticket.id)], limit=1
        )
        passwords = {
            user: f"{user.login}-password"
            for user in (self.accused, self.users["support"])
        }
        for user, password in passwords.items():
            user.sudo().password = password
        self.env.flush_all()

        def ask(route, **params):
            answer = self.url_open(
                route,
                data=json.dumps({"params": params}),
                headers={"Content-Type": "application/json"},
            )
            return answer.json()

        def call(model, method, *args, **kwargs):
            return ask(
                f"/web/dataset/call_kw/{model}/{method}",
                model=model,
                method=method,
                args=args,
                kwargs=kwargs,
            )

        for user, sees in ((self.accused, False), (self.users["support"], True)):
            self.authenticate(user.login, passwords[user])
            with self.subTest(user=user.login), mute_logger("odoo.http"):
                read = call(
                    "aftersales.ticket",
                    "web_read",
                    ticket.ids,
                    specification={"name": {}},
                )
                self.assertEqual("error" not in read, sees)
                found = call("aftersales.ticket", "search", [["id", "=", ticket.id]])
                self.assertEqual(bool(found["result"]), sees)
                thread = ask(
                    "/mail/thread/messages",
                    thread_model=ticket._name,
                    thread_id=ticket.id,
                )
                messages = thread["result"]["messages"]
                of_ticket = ticket.sudo().message_ids.ids
                self.assertEqual(bool(set(messages) & set(of_ticket)), sees)
                file = self.url_open(f"/web/content/{attachment.id}")
                self.assertEqual(file.status_code == 200, sees)
