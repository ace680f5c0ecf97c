# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a ticket costs, and that thrift leaves nothing out.

The figures are upper limits, counted with an empty record cache; but for one test
without any SLA policy.
"""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common_coverage import CoverageCommon
from .test_ticket_mail import MAIL

#: Most of it is the gateway finding out who writes to whom.
MAIL_COST = 45


@tagged("post_install", "-at_install")
class TestTicketCost(CoverageCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["aftersales.sla.policy"].search([]).active = False
        cls.equipment = cls.env["aftersales.equipment"].create(
            {
                "product_id": cls.machine.id,
                "partner_id": cls.customer.id,
                "site_id": cls.site.id,
                "delivery_date": fields.Date.today(),
                "company_id": cls.company.id,
            }
        )
        term = cls.env["aftersales.warranty.term"].create(
            {"name": "Test Term", "duration": 12}
        )
        cls.env["aftersales.warranty"]._grant(
            [
                {
                    "equipment_id": cls.equipment.id,
                    "term": term,
                    "kind": "base",
                    "sold_on": False,
                }
            ]
        )
        cls.Ticket = cls.env["aftersales.ticket"].with_user(cls.users["intake"])

    def bare(self):
        return {
            "name": "Hose leaks",
            "partner_id": self.contact.id,
            "product_name": "Press 200",
        }

    def full(self):
        finding = {
            "fault_id": self.hose.id,
            "cause_id": self.causes["manufacturing"].id,
        }
        return {
            **self.bare(),
            "equipment_id": self.equipment.id,
            "severity": "serious",
            "finding_ids": [Command.create(finding)],
        }

    def flush(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.flush_all()

    def cost(self, function):
        """Count the queries of a function that has run before."""
        for _warm_up in range(2):
            function()
            self.flush()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        function()
        self.flush()
        return self.env.cr.sql_log_count - before

    def test_create(self):
        cost = self.cost(lambda: self.Ticket.create(self.bare()))
        self.assertLessEqual(cost, 8)

    def test_create_batch(self):
        batch = [self.bare() for _index in range(100)]
        cost = self.cost(lambda: self.Ticket.create(batch))
        self.assertLessEqual(cost, 10, "no query for each of them")

    def test_create_with_two_clocks(self):
        """The promises cost four statements more, however many tickets there are."""
        self.env["aftersales.sla.policy"].create(
            [
                {
                    "name": clock,
                    "clock": clock,
                    "target_hours": 8,
                    "around_the_clock": True,
                    "alert_ids": [Command.create({"amount": 1})],
                }
                for clock in ("respond", "resolve")
            ]
        )
        made = self.Ticket.create(self.bare())
        self.assertEqual(len(made.sudo().clock_ids), 2)
        cost = self.cost(lambda: self.Ticket.create(self.bare()))
        self.assertLessEqual(cost, 12)
        batch = [self.bare() for _index in range(100)]
        cost = self.cost(lambda: self.Ticket.create(batch))
        self.assertLessEqual(cost, 20, "no query for each of them")

    def test_create_with_decision(self):
        cost = self.cost(lambda: self.Ticket.create(self.full()))
        self.assertLessEqual(cost, 17)
        batch = [self.full() for _index in range(100)]
        cost = self.cost(lambda: self.Ticket.create(batch))
        self.assertLessEqual(cost, 25, "no query for each of them")

    def test_change_stage(self):
        stages = [
            self.env["aftersales.ticket.stage"]._for_state(state, self.team)
            for state in ("assigned", "in_progress")
        ]
        for values in (self.bare(), self.full()):
            ticket = self.Ticket.create(values)
            for _message in range(20):
                ticket.message_post(body="Called again")
            self.flush()

            def move(ticket=ticket):
                stages.reverse()
                ticket.stage_id = stages[0]

            self.assertLessEqual(self.cost(move), 7)
            self.assertEqual(ticket.stage_id, stages[0])

    def test_mail_in(self):
        numbers = iter(range(10))

        def receive():
            number = next(numbers)
            return self.format_and_process(
                MAIL,
                "Mia Mill <mia@mill.example.com>",
                f"test.service@{self.alias_domain}",
                subject=f"Press runs on {number}",
                msg_id=f"<cost-{number}@mill.example.com>",
                target_model="aftersales.ticket",
            )

        with self.mock_mail_gateway():
            self.assertLessEqual(self.cost(receive), MAIL_COST)

    # === NOTHING IS LEFT OUT === #

    def test_who_follows(self):
        ticket = self.Ticket.create(self.bare())
        intake = self.users["intake"].partner_id
        self.assertEqual(ticket.message_partner_ids, intake | self.contact)
        default, _internal, external = self.env[
            "mail.message.subtype"
        ].default_subtypes(ticket._name)
        for follower in ticket.sudo().message_follower_ids:
            expected = default if follower.partner_id == intake else external
            self.assertEqual(follower.subtype_ids, expected)
        own = self.Ticket.create(
            {**self.bare(), "user_id": self.users["intake"].id, "partner_id": intake.id}
        )
        self.assertEqual(own.message_partner_ids, intake, "once for three reasons")
        quiet = self.Ticket.with_context(mail_create_nosubscribe=True)
        self.assertEqual(quiet.create(self.bare()).message_partner_ids, self.contact)
        self.contact.active = False
        self.assertEqual(self.Ticket.create(self.bare()).message_partner_ids, intake)

    def test_creation_is_noted(self):
        subtype = self.env.ref("aftersales_service.mt_ticket_new")
        tickets = self.Ticket.create([self.bare(), self.bare()])
        for ticket in tickets:
            message = ticket.message_ids
            self.assertEqual(len(message), 1)
            self.assertEqual(message.subtype_id, subtype)
            self.assertEqual(message.author_id, self.users["intake"].partner_id)
        quiet = self.Ticket.with_context(mail_create_nolog=True)
        self.assertFalse(quiet.create(self.bare()).message_ids)
        self.users["technician"].notification_type = "inbox"
        subtype.default = True
        ticket = self.Ticket.create(
            {**self.bare(), "user_id": self.users["technician"].id}
        )
        message = ticket.message_ids.filtered(lambda m: m.subtype_id == subtype)
        self.assertEqual(
            message.sudo().notified_partner_ids, self.users["technician"].partner_id
        )

    def test_who_follows_the_stages_is_told(self):
        followed, other = self.Ticket.create([self.bare(), self.bare()])
        subtype = self.env.ref("aftersales_service.mt_ticket_stage")
        support = self.users["support"].partner_id
        followed.message_subscribe(support.ids, subtype.ids)
        self.flush()
        stage = self.env["aftersales.ticket.stage"]._for_state("assigned", self.team)
        (followed | other).write({"stage_id": stage.id, "name": "Hose bursts"})
        self.flush()
        for ticket, told in ((followed, support), (other, support.browse())):
            message = ticket.message_ids[0]
            self.assertEqual(message.subtype_id, subtype)
            self.assertEqual(message.sudo().notified_partner_ids, told)
            values = message.sudo().tracking_value_ids
            self.assertEqual(
                {value.field_id.name: value.new_value_char for value in values},
                {"name": "Hose bursts", "stage_id": stage.name},
            )
        other.name = "Hose burst"
        self.flush()
        self.assertEqual(other.message_ids[0].subtype_id, self.env.ref("mail.mt_note"))

    def test_creation_says_nothing_of_others(self):
        """What else happens in the same transaction is noted as what it is."""
        note = self.env.ref("mail.mt_note")
        before = self.Ticket.create(self.bare())
        self.flush()
        before.name = "Hose bursts"
        created = self.Ticket.create(self.bare())
        created._message_log(body="Looked at")
        self.flush()
        self.assertEqual(before.message_ids[0].subtype_id, note)
        self.assertEqual(created.message_ids[0].subtype_id, note)
        self.assertEqual(len(created.message_ids), 2)

    def test_names_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        stage = self.env["aftersales.ticket.stage"].create({"name": "Checked"})
        chinese = stage.with_context(lang="zh_CN")
        chinese.name = "检查"
        self.env.flush_all()
        for _kept in range(2):
            self.env.invalidate_all()
            chinese._remember()
            stage._remember()
            self.assertEqual(stage.with_context(lang="en_US").name, "Checked")
            self.assertEqual(chinese.name, "检查")

    def test_messages_stay_in_one_thread(self):
        ticket = self.Ticket.create(self.bare())
        first = ticket.message_post(body="First", message_type="comment")
        note = ticket.message_post(body="Note")
        self.assertEqual(note.parent_id, first, "what people write comes first")

    def test_sites_as_the_addresses_say(self):
        Partner = self.env["res.partner"]
        plain = Partner.create({"name": "Plain", "is_company": True})
        child = Partner.create({"name": "Clerk", "parent_id": plain.id})
        invoice = Partner.create(
            {"name": "Books", "parent_id": plain.id, "type": "invoice"}
        )
        person = Partner.create({"name": "Person"})
        closed = Partner.create({"name": "Closed", "is_company": True})
        Partner.create(
            {
                "name": "Old Plant",
                "parent_id": closed.id,
                "type": "delivery",
                "active": False,
            }
        )
        division = Partner.create({"name": "Division", "parent_id": self.customer.id})
        worker = Partner.create({"name": "Worker", "parent_id": division.id})
        hall = Partner.create(
            {"name": "A Hall", "parent_id": division.id, "type": "delivery"}
        )
        desk = Partner.create({"name": "Desk", "parent_id": hall.id})
        below = Partner.create({"name": "Below", "is_company": True})
        boss = Partner.create({"name": "Boss", "parent_id": below.id})
        Partner.create({"name": "Yard", "parent_id": boss.id, "type": "delivery"})
        partners = plain | child | invoice | person | closed
        partners |= division | worker | hall | desk | below | boss
        partners |= self.customer | self.contact | self.site
        sites = self.Ticket._sites_of(partners)
        for partner in partners:
            with self.subTest(partner=partner.name):
                site = partner.address_get(["delivery"])["delivery"]
                self.assertEqual(sites[partner].id, site)
                ticket = self.Ticket.create(
                    {"name": "x", "partner_id": partner.id, "team_id": self.team.id}
                )
                self.assertEqual(ticket.site_id.id, site)

    def test_changed_settings_hold_at_once(self):
        """What is kept in memory is forgotten when somebody changes it."""
        ticket = self.Ticket.create(self.bare())
        self.assertEqual(ticket.team_id, self.team)
        sequence = self.env["ir.sequence"]._sequence_of(
            "aftersales.ticket", self.company
        )
        sequence.prefix = "XX/"
        self.assertTrue(self.Ticket.create(self.bare()).reference.startswith("XX/"))

        day_before = fields.Datetime.now() - timedelta(hours=20)
        late = {**self.bare(), "reported_at": day_before}
        self.Ticket.create(late)
        self.team.backdate_limit_hours = 1
        with self.assertRaises(ValidationError):
            self.Ticket.create(late)

        first = self.env["aftersales.ticket.stage"].create(
            {"name": "Very New", "state": "new", "sequence": -1}
        )
        self.assertEqual(self.Ticket.create(self.bare()).stage_id, first)
        first.state = "assigned"
        self.assertEqual(self.Ticket.create(self.bare()).stage_id, ticket.stage_id)

        other = self.team.copy({"member_ids": [Command.set(self.team.member_ids.ids)]})
        other.sequence = self.team.sequence - 1
        self.assertEqual(self.Ticket.create(self.bare()).team_id, other)
        other.member_ids = False
        self.assertEqual(self.Ticket.create(self.bare()).team_id, self.team)
