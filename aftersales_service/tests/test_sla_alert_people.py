# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who is told about a promise, by which way, in which words."""

from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import new_test_user, tagged

from .common import GROUP
from .common_alert import AlertCommon

ROLES = ("to_responsible", "to_leader", "to_dispatcher", "to_manager")


@tagged("post_install", "-at_install")
class TestSlaAlertPeople(AlertCommon):
    def only(self, *names, **values):
        """Let the level tell some roles and no others."""
        return self.set_level(**{name: name in names for name in ROLES}, **values)

    def told(self, ticket):
        return ticket.activity_ids.user_id

    def new_user(self, login, role=None, **values):
        groups = "base.group_user"
        values = {"company_id": self.company.id, **values}
        values.setdefault("company_ids", [Command.set([values["company_id"]])])
        return new_test_user(
            self.env,
            login,
            groups=f"{groups},{GROUP % role}" if role else groups,
            email=f"{login}@maker.example.com",
            **values,
        )

    def run_at(self, hours):
        with self.at(hours):
            self.assertIs(self.run_job(), True)

    # === ROLES === #

    def test_each_role(self):
        mate = self.new_user("as_mate", "dispatcher")
        self.team.leader_id = self.users["support"]
        department = self.env["hr.department"].create({"name": "Quality"})
        department.manager_id = self.env["hr.employee"].create(
            {"name": "Head", "user_id": self.users["quality"].id}
        )
        cases = [
            (("to_responsible",), {}, self.users["technician"]),
            (("to_leader",), {}, self.users["support"]),
            (("to_dispatcher",), {}, self.users["dispatcher"] | mate),
            ((), {"department_id": department.id}, self.users["quality"]),
        ]
        for names, values, expected in cases:
            with self.subTest(names=names, values=values):
                self.only(*names, **{"department_id": False, **values})
                ticket, _clock = self.serious(user_id=self.users["technician"].id)
                self.run_at(7)
                self.assertEqual(self.told(ticket), expected)
                self.assertEqual(len(ticket.activity_ids), len(expected))

    def test_holders_of_the_team_come_first(self):
        mate = self.new_user("as_mate", "dispatcher")
        self.only("to_dispatcher")
        self.team.member_ids |= mate
        ticket, _clock = self.serious()
        self.run_at(7)
        self.assertEqual(self.told(ticket), mate)

    def test_managers_of_another_company_are_not_told(self):
        stranger = self.new_user("as_stranger", "manager", company_id=self.company_2.id)
        both = self.new_user(
            "as_both",
            "manager",
            company_id=self.company_2.id,
            company_ids=[Command.set((self.company | self.company_2).ids)],
        )
        self.only("to_manager")
        ticket, _clock = self.serious()
        self.run_at(7)
        told = self.told(ticket)
        self.assertIn(self.users["manager"], told)
        self.assertIn(both, told)
        self.assertNotIn(stranger, told)

    def test_department_without_a_manager_tells_its_members(self):
        department = self.env["hr.department"].create({"name": "Quality"})
        for role in ("quality", "support"):
            self.env["hr.employee"].create(
                {
                    "name": role,
                    "user_id": self.users[role].id,
                    "department_id": department.id,
                }
            )
        outsider = self.new_user("as_outsider")
        self.env["hr.employee"].create(
            {"name": "x", "user_id": outsider.id, "department_id": department.id}
        )
        self.only(department_id=department.id)
        ticket, _clock = self.serious()
        self.run_at(7)
        self.assertEqual(
            self.told(ticket), self.users["quality"] | self.users["support"]
        )

    def test_each_person_once(self):
        self.only(*ROLES)
        manager = self.users["manager"]
        self.team.member_ids |= manager
        ticket, _clock = self.serious(user_id=manager.id)
        self.run_at(7)
        mine = ticket.activity_ids.filtered(
            lambda activity: activity.user_id == manager
        )
        self.assertEqual(len(mine), 1)

    def test_nobody_at_all_is_said(self):
        self.team.leader_id = False
        self.team.member_ids = False
        self.only("to_responsible")
        ticket, clock = self.serious()
        self.run_at(7)
        self.assertFalse(ticket.activity_ids)
        self.assertEqual(
            self.reasons(clock), ["1 h before the deadline: nobody to tell"]
        )

    def test_rules_of_the_ticket_count(self):
        """Whom a rule hides the ticket from is not told about it."""
        self.env["ir.rule"].create(
            {
                "name": "not for the technician",
                "model_id": self.env["ir.model"]._get_id("aftersales.ticket"),
                "domain_force": "[('user_id', '!=', user.id)]",
            }
        )
        self.only("to_responsible")
        ticket, _clock = self.serious(user_id=self.users["technician"].id)
        self.run_at(7)
        self.assertEqual(self.told(ticket), self.users["manager"], "the leader")

    # === WAYS === #

    def test_activity_brings_no_mail(self):
        ticket, clock = self.serious(user_id=self.users["technician"].id)
        messages = ticket.message_ids
        with self.mock_mail_gateway():
            self.run_at(7)
        self.assertFalse(self._new_mails)
        self.assertEqual(ticket.message_ids, messages)
        self.assertEqual(
            self.reasons(clock), ["1 h before the deadline: activity for Technician"]
        )

    def test_mail_is_internal_and_answers_nobody(self):
        self.only("to_responsible", "to_leader", by_email=True, by_activity=False)
        ticket, clock = self.serious(user_id=self.users["technician"].id)
        with self.mock_mail_gateway():
            self.run_at(7)
        self.assertFalse(ticket.activity_ids)
        self.assertFalse(self._mails, "queued, not sent within the batch")
        mails = self._new_mails.sorted("id")
        people = (self.users["technician"] | self.users["manager"]).partner_id
        self.assertEqual(mails.recipient_ids, people)
        self.assertEqual(len(mails), 2)
        self.assertEqual(mails.mapped("state"), ["outgoing"] * 2)
        self.assertEqual(set(mails.mapped("model")), {"aftersales.ticket"})
        self.assertEqual(set(mails.mapped("res_id")), {ticket.id})
        self.assertEqual(set(mails.mapped("is_internal")), {True})
        self.assertIn("Respond: 1 h before the deadline", mails[0].subject)
        self.assertIn(ticket.reference, mails[0].subject)
        self.assertIn("/mail/view", mails[0].body_html)
        self.assertNotIn(
            self.contact.email, "".join(mail.email_to or "" for mail in mails)
        )
        self.assertFalse(ticket.responded_at)
        self.assertEqual(clock.outcome, "open")
        self.assertEqual(
            self.reasons(clock),
            ["1 h before the deadline: e-mail to Technician, Manager"],
        )
        self.assertNotIn(self.contact, ticket.message_partner_ids - self.contact)

    def test_reply_to_the_mail_stays_internal(self):
        self.only("to_responsible", by_email=True, by_activity=False)
        ticket, clock = self.serious(user_id=self.users["technician"].id)
        with self.mock_mail_gateway():
            self.run_at(7)
            mail = self._new_mails
            reply = self.format(
                MAIL_REPLY,
                to=mail.reply_to,
                sender=self.users["technician"].email,
                parent=mail.message_id,
            )
            with self.at(7.5):
                self.env["mail.thread"].message_process("aftersales.ticket", reply)
        message = ticket.message_ids.sorted("id")[-1]
        self.assertIn("I know", message.body)
        self.assertTrue(message.is_internal or message.subtype_id.internal)
        self.assertFalse(ticket.responded_at, "no answer to the customer")
        self.assertEqual(clock.outcome, "open")

    def format(self, text, **values):
        return text.format(**values)

    def test_without_an_address_an_activity(self):
        self.only("to_responsible", by_email=True, by_activity=False)
        self.users["technician"].email = False
        ticket, _clock = self.serious(user_id=self.users["technician"].id)
        with self.mock_mail_gateway():
            self.run_at(7)
        self.assertFalse(self._new_mails)
        self.assertEqual(self.told(ticket), self.users["technician"])

    def test_language_and_time_zone_of_the_recipient(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        level = self.only("to_responsible", "to_leader", by_email=True)
        french = self.users["technician"]
        french.write({"lang": "fr_FR", "tz": "Asia/Tokyo"})
        self.users["manager"].tz = "America/New_York"
        ticket, clock = self.serious(user_id=french.id)
        clock.sudo().write({"deadline": self.NOW + timedelta(hours=8)})
        with self.mock_mail_gateway():
            self.run_at(7)
        activities = {a.user_id: a for a in ticket.activity_ids}
        # 17:00 UTC is 2:00 of the next day in Tokyo and noon in New York.
        self.assertEqual(activities[french].date_deadline, date(2026, 3, 3))
        self.assertEqual(
            activities[self.users["manager"]].date_deadline, date(2026, 3, 2)
        )
        self.assertIn("3 mars 2026", activities[french].note)
        self.assertIn("March 2, 2026", activities[self.users["manager"]].note)
        self.assertEqual(
            activities[french].summary,
            clock.with_context(lang="fr_FR")._alert_title(
                level.with_context(lang="fr_FR")
            ),
        )
        mails = {mail.recipient_ids: mail for mail in self._new_mails}
        self.assertIn("3 mars 2026", mails[french.partner_id].body_html)
        body = mails[self.users["manager"].partner_id].body_html
        self.assertIn("March 2, 2026", body)
        self.assertIn("12:00", body)

    # === AFTERWARDS === #

    def test_activities_go_when_the_promise_has_ended(self):
        ticket, clock = self.serious(user_id=self.users["technician"].id)
        with self.at(0):
            own = ticket.activity_schedule(
                "aftersales_service.mail_activity_type_sla",
                user_id=self.users["support"].id,
            )
        self.run_at(7)
        self.run_at(47.5)
        both = ticket.activity_ids - own
        self.assertEqual(set(both.sla_clock_id.mapped("kind")), {"respond", "arrive"})
        with self.at(47.6):
            ticket._respond()
        self.assertEqual(ticket.activity_ids.sla_clock_id.kind, "arrive")
        self.assertIn(own, ticket.activity_ids)
        with self.at(47.7):
            self.as_role("manager", ticket).action_cancel()
        self.assertEqual(clock.outcome, "missed")
        self.assertFalse(ticket.activity_ids.sla_clock_id)

    def test_activities_move_with_the_deadline(self):
        technician = self.users["technician"]
        technician.tz = "Europe/Berlin"
        ticket, clock = self.serious(user_id=technician.id)
        self.run_at(7)
        self.assertEqual(ticket.activity_ids.date_deadline, date(2026, 3, 2))
        with self.at(7.5):
            self.as_role("manager", clock)._correct(
                "Agreed", deadline=self.NOW + timedelta(hours=38, minutes=30)
            )
        # 23:30 UTC is half past midnight in Berlin.
        self.assertEqual(ticket.activity_ids.date_deadline, date(2026, 3, 4))
        self.assertIn("March 4, 2026", ticket.activity_ids.note)

    def test_levels_that_tell_nobody_are_refused(self):
        for values in (
            {"by_activity": False},
            {"to_responsible": False},
            {"amount": 0},
            {"unit": "percent", "amount": 101},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.set_level(**values)

    def test_ways_and_people_move_no_clock(self):
        _ticket, clock = self.serious()
        before = clock.next_alert_at
        with self.assertQueryCount(20):
            self.set_level(by_email=True, to_manager=True)
            self.env.flush_all()
        self.assertEqual(clock.next_alert_at, before)


MAIL_REPLY = """From: {sender}
To: {to}
Subject: Re: alert
Message-ID: <reply-to-alert@maker.example.com>
In-Reply-To: {parent}
References: {parent}
Content-Type: text/plain; charset=utf-8

I know
"""
