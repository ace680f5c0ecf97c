# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Forwarding by rules: when, whereto, and what is left alone."""

import logging
from datetime import date

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import GROUP
from .common_forward import ForwardCommon
from .sla_common import utc

_logger = logging.getLogger(__name__)

#: Queries of a ticket with two clocks, and of what a rule for one person adds.
COST, FIXED_COST = 12, 16


@tagged("post_install", "-at_install")
class TestForwardRule(ForwardCommon):
    def test_at_once(self):
        """Team, person, something to do, word of it, and a line that says why."""
        self.make_rule("Presses", ticket_type="repair", severity="serious")
        ticket = self.report(0, severity="serious")
        hand = self.hands[0]
        self.assertEqual((ticket.team_id, ticket.user_id), (self.hydraulics, hand))
        self.assertEqual(ticket.state, "assigned")
        self.assertEqual(ticket.forwarded_at, self.NOW)
        line = self.line(ticket)
        self.assertEqual(
            line.preview,
            "Forwarded to Hand 0, Hydraulics by rule Presses: Type Repair Report, "
            "Severity Serious; always the same person",
        )
        self.assertTrue(line.is_internal)
        to_do = self.to_do(ticket)
        self.assertEqual(to_do.user_id, hand)
        self.assertEqual(to_do.date_deadline, date(2026, 3, 2))
        self.assertIn(hand.partner_id, ticket.message_partner_ids)
        told = self.env["mail.message"].search(
            [("model", "=", ticket._name), ("res_id", "=", ticket.id)]
        )
        told = told.filtered(lambda m: hand.partner_id in m.notified_partner_ids)
        self.assertEqual(len(told), 1, "once, not for each reason")
        self.assertEqual(told.message_type, "user_notification")

    def test_an_assignment_is_no_answer(self):
        """The promises run on as they did."""
        self.make_rule()
        clocks = self.clocks(self.report(0, severity="serious"))
        self.assertEqual(set(clocks), {"respond", "arrive", "resolve"})
        for clock in clocks.values():
            self.assertEqual((clock.outcome, clock.state), ("open", "running"))
        self.assertEqual(clocks["respond"].deadline, utc(2, 17))

    def test_by_mail(self):
        self.make_rule()
        ticket = self.receive()
        self.assertEqual(ticket.team_id, self.hydraulics)
        self.assertEqual(ticket.user_id, self.hands[0])
        self.assertEqual(ticket.state, "assigned")
        self.assertEqual(self.to_do(ticket).user_id, self.hands[0])
        self.assertEqual(len(self.line(ticket)), 1)

    def test_unknown_sender_waits_for_triage(self):
        """The team may be right already; a person is given it when the customer is."""
        self.make_rule()
        ticket = self.receive("Who <who@nowhere.example.com>")
        self.assertFalse(ticket.partner_id or ticket.user_id or self.to_do(ticket))
        self.assertEqual((ticket.team_id, ticket.state), (self.hydraulics, "new"))
        self.assertIn("not classified yet", self.line(ticket).body)
        ticket = self.as_role("intake", ticket)
        ticket.partner_id = self.contact
        self.assertEqual(ticket.user_id, self.hands[0])

    def test_what_is_required_comes_first(self):
        """Nobody is given what lacks a fact its type requires; naming it forwards."""
        self.env["aftersales.requirement"].search(
            [("ticket_type", "=", "repair")]
        ).machine = True
        self.make_rule()
        ticket = self.create_ticket(product_name=False, serial_number=False)
        self.assertEqual(ticket._missing_facts(), ["machine"])
        self.assertFalse(ticket.user_id or self.to_do(ticket))
        self.assertEqual((ticket.team_id, ticket.state), (self.hydraulics, "new"))
        self.assertIn("not classified yet", self.line(ticket).body)
        self.as_role("intake", ticket).product_name = "Press"
        self.assertEqual((ticket.user_id, ticket.state), (self.hands[0], "assigned"))
        self.assertEqual(len(self.to_do(ticket)), 1)

    def test_reclassified(self):
        self.make_rule(severity="safety")
        ticket = self.create_ticket()
        self.assertEqual((ticket.team_id, ticket.state), (self.team, "new"))
        ticket.name = "Pump leaks"
        self.assertFalse(ticket.user_id)
        ticket.severity = "safety"
        self.assertEqual(ticket.user_id, self.hands[0])
        self.assertEqual(ticket.team_id, self.hydraulics)

    def test_each_classification(self):
        """Whatever of it changes leads to its rule."""
        tag = self.env["res.partner.category"].create({"name": "Gold"})
        category = self.env["product.category"].create({"name": "Presses"})
        equipment = self.env["aftersales.equipment"].create(
            {
                "product_id": self.env["product.product"]
                .create({"name": "Press", "categ_id": category.id})
                .id,
                "partner_id": self.customer.id,
                "company_id": self.company.id,
            }
        )
        golden = self.env["res.partner"].create(
            {"name": "Golden", "category_id": [Command.set(tag.ids)]}
        )
        abroad = self.env["res.partner"].create(
            {"name": "Abroad", "country_id": self.env.ref("base.jp").id}
        )
        for criterion, change in (
            ({"ticket_type": "complaint"}, {"ticket_type": "complaint"}),
            ({"service_mode": "remote"}, {"service_mode": "remote"}),
            ({"product_category_id": category.id}, {"equipment_id": equipment.id}),
            ({"partner_tag_id": tag.id}, {"partner_id": golden.id}),
            ({"country_id": self.env.ref("base.jp").id}, {"site_id": abroad.id}),
        ):
            with self.subTest(criterion):
                rule = self.make_rule(**criterion)
                ticket = self.create_ticket()
                self.assertFalse(ticket.user_id)
                ticket.write(change)
                self.assertEqual(ticket.user_id, self.hands[0])
                rule.active = False

    def test_most_specific_first(self):
        Category = self.env["res.partner.category"]
        above = Category.create({"name": "Customers"})
        below = Category.create({"name": "Gold", "parent_id": above.id})
        self.customer.category_id = below
        one, two, three = self.hands
        self.make_rule(sequence=1, user_id=one.id)
        broad = self.make_rule(sequence=0, user_id=two.id, partner_tag_id=above.id)
        self.assertEqual(self.create_ticket().user_id, two, "a tag above")
        near = self.make_rule(sequence=9, user_id=three.id, partner_tag_id=below.id)
        self.assertEqual(self.create_ticket().user_id, three, "the nearer one")
        (near | broad).unlink()
        second = self.make_rule(sequence=2, user_id=two.id, severity="normal")
        third = self.make_rule(sequence=1, user_id=three.id, ticket_type="repair")
        self.assertEqual(self.create_ticket().user_id, three, "the upper one")
        third.sequence = 3
        self.assertEqual(self.create_ticket().user_id, two)
        both = self.make_rule(
            sequence=9, user_id=one.id, severity="normal", ticket_type="repair"
        )
        self.assertEqual(self.create_ticket().user_id, one, "more criteria")
        (both | second).active = False
        third.ticket_type = "training"
        self.assertEqual(self.create_ticket().user_id, one, "for every ticket")

    def test_country_of_the_site(self):
        """The customer's own country counts where that of the site is not known."""
        japan, france = self.env.ref("base.jp"), self.env.ref("base.fr")
        self.make_rule(country_id=japan.id)
        self.customer.country_id = self.contact.country_id = japan
        self.assertTrue(self.create_ticket().user_id)
        self.site.country_id = france
        self.assertFalse(self.create_ticket().user_id)

    # === WHAT IS LEFT ALONE === #

    def test_own_choices_stay(self):
        self.make_rule()
        technician = self.users["technician"]
        ticket = self.create_ticket(user_id=technician.id)
        self.assertEqual((ticket.team_id, ticket.user_id), (self.team, technician))
        ticket.severity = "serious"
        self.assertEqual((ticket.team_id, ticket.user_id), (self.team, technician))

        third = self.hydraulics.copy({"name": "Third"})
        ticket = self.create_ticket(team_id=third.id)
        self.assertEqual((ticket.team_id, ticket.state), (third, "new"))
        self.assertTrue(ticket.keeps_team)
        self.make_rule(severity="serious", team_id=third.id, user_id=self.hands[1].id)
        ticket.severity = "serious"
        self.assertEqual(ticket.team_id, third)
        self.assertEqual(ticket.user_id, self.hands[1], "the rule of that team")

    def test_chosen_later(self):
        rule = self.make_rule(severity="serious")
        third = self.hydraulics.copy({"name": "Third"})
        ticket = self.create_ticket()
        ticket.team_id = third
        ticket.severity = "serious"
        self.assertEqual((ticket.team_id, ticket.user_id.ids), (third, []))
        other = self.create_ticket()
        other.write({"team_id": self.team.id, "severity": "serious"})
        self.assertEqual(other.team_id, rule.team_id, "named, but not changed")

    def test_only_new_tickets(self):
        ticket = self.create_ticket()
        self.as_role("technician", ticket).message_post(
            body="We are on it",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.contact.ids,
        )
        self.assertEqual(ticket.state, "in_progress")
        self.make_rule()
        ticket.severity = "serious"
        self.assertEqual((ticket.team_id, ticket.user_id.ids), (self.team, []))

    def test_another_team_keeps_the_stage(self):
        """Case 33: the stage is not reset, nor told again."""
        stage = self.env["aftersales.ticket.stage"].create(
            {"name": "Sorted", "state": "new", "sequence": 90}
        )
        ticket = self.create_ticket(stage_id=stage.id)
        ticket.message_subscribe(
            self.users["support"].partner_id.ids,
            self.env.ref("aftersales_service.mt_ticket_stage").ids,
        )
        self.make_rule(method="team", severity="serious")
        self.flush_tracking()
        before = ticket.message_ids
        ticket.severity = "serious"
        self.flush_tracking()
        self.assertEqual((ticket.team_id, ticket.stage_id), (self.hydraulics, stage))
        told = (ticket.message_ids - before).sudo()
        self.assertFalse(told.notified_partner_ids)
        self.assertNotIn(
            "stage_id", told.tracking_value_ids.field_id.mapped("name"), "as it was"
        )
        self.assertFalse(ticket.user_id or self.to_do(ticket))
        self.assertIn("; the team only", self.line(ticket).body)

    def test_same_team_and_nobody_says_nothing(self):
        self.make_rule(method="team", team_id=self.team.id)
        ticket = self.create_ticket()
        self.assertFalse(self.line(ticket) or ticket.forwarded_at)

    def test_other_companies(self):
        """Rules of another company never apply, by whatever way."""
        abroad = self.env["aftersales.team"].create(
            {
                "name": "Team B",
                "company_id": self.company_2.id,
                "alias_name": "service.b",
                "alias_contact": "everyone",
                "member_ids": [Command.set(self.hands.ids)],
            }
        )
        theirs = self.make_rule("B", team_id=abroad.id, method="team", sequence=0)
        self.assertEqual(theirs.company_id, self.company_2)
        values = {"name": "x", "partner_id": self.contact.id, "team_id": self.team.id}
        Ticket = self.env["aftersales.ticket"]
        for model in (Ticket, Ticket.with_company(self.company_2), Ticket.sudo()):
            self.assertEqual(model.create(values).team_id, self.team)
        self.assertEqual(self.receive().team_id, self.team)
        # Nor do ours take what was sent to them.
        self.make_rule()
        mailed = self.receive(
            to=f"service.b@{abroad.alias_domain}", msg_id="<b@x>", subject="To B"
        )
        self.assertEqual((mailed.team_id, mailed.company_id), (abroad, self.company_2))
        self.assertEqual(self.create_ticket().team_id, self.hydraulics)

    def test_who_cannot_have_it(self):
        """A rule names somebody who left: the team has the report all the same."""
        self.make_rule()
        hand = self.hands[0]
        changes = {
            "no member": lambda: self.hydraulics.write(
                {"member_ids": [Command.unlink(hand.id)]}
            ),
            "archived": lambda: hand.write({"active": False}),
            "other company": lambda: hand.write(
                {
                    "company_ids": [Command.set(self.company_2.ids)],
                    "company_id": self.company_2.id,
                }
            ),
            "no role": lambda: hand.write(
                {"group_ids": [Command.unlink(self.env.ref(GROUP % "technician").id)]}
            ),
        }
        for name, change in changes.items():
            with self.subTest(name), self.cr.savepoint() as savepoint:
                change()
                mailed = self.receive(subject=name, msg_id=f"<{name[:2]}@x>")
                for ticket in (self.create_ticket(), mailed):
                    self.assertEqual(ticket.team_id, self.hydraulics)
                    self.assertEqual((ticket.state, ticket.user_id.ids), ("new", []))
                    self.assertIn("Hand 0 can't be given it", self.line(ticket).preview)
                savepoint.rollback()
                self.env.registry.clear_cache()

    def test_a_team_without_the_stage(self):
        """Nothing is lost for a board that was set up otherwise."""
        self.make_rule()
        stages = self.env["aftersales.ticket.stage"].search(
            [("state", "=", "assigned")]
        )
        stages.team_ids = self.team
        ticket = self.create_ticket()
        self.assertEqual((ticket.team_id, ticket.state), (self.hydraulics, "new"))
        self.assertIn("no stage", self.line(ticket).body)

    def test_archived_team_and_rule(self):
        rule = self.make_rule()
        self.hydraulics.active = False
        self.assertEqual(self.create_ticket().team_id, self.team)
        self.hydraulics.active = True
        self.assertEqual(self.create_ticket().team_id, self.hydraulics)
        rule.active = False
        self.assertEqual(self.create_ticket().team_id, self.team)

    # === TURNS AND LOAD === #

    def test_a_batch_goes_round(self):
        """Tickets of one import count for each other, and cost no query each."""
        for method in ("least_loaded", "round_robin"):
            with self.subTest(method), self.at(0):
                rule = self.make_rule(method=method)
                values = {"name": "x", "partner_id": self.contact.id}
                Ticket = self.as_role("intake", "aftersales.ticket")
                tickets = Ticket.create([values] * 6)
                users = tickets.mapped(lambda ticket: ticket.user_id.id)
                self.assertEqual(users, self.hands.ids * 2)
                lines = [self.line(ticket).preview for ticket in tickets]
                self.assertEqual(len(lines), 6)
                if method == "least_loaded":
                    self.assertIn("those present (0 open)", lines[0])
                    self.assertIn("those present (1 open)", lines[3])
                else:
                    self.assertEqual(rule.last_user_id, self.hands[2])
                    self.assertIn("next in turn", lines[0])
                rule.active = False

    def test_two_rules_share_the_load(self):
        self.make_rule(method="least_loaded", ticket_type="repair")
        self.make_rule(method="least_loaded", ticket_type="training")
        with self.at(0):
            users = [
                self.create_ticket(ticket_type=kind).user_id.id
                for kind in ("repair", "training", "repair")
            ]
        self.assertEqual(users, self.hands.ids)

    def test_ended_tickets_are_no_load(self):
        self.make_rule(method="least_loaded")
        with self.at(0):
            tickets = self.create_ticket() | self.create_ticket() | self.create_ticket()
            for ticket in tickets[1:]:
                self.as_role("dispatcher", ticket).action_cancel()
            self.assertEqual(self.create_ticket().user_id, self.hands[1])

    def test_a_report_that_fails_takes_no_turn(self):
        """What is rolled back was not given."""
        rule = self.make_rule(method="round_robin")
        with self.at(0):
            with self.assertRaises(ZeroDivisionError), self.cr.savepoint():
                self.assertEqual(self.create_ticket().user_id, self.hands[0])
                raise ZeroDivisionError
            self.assertFalse(rule.last_user_id)
            turns = self.env["aftersales.forward.turn"]
            self.assertFalse(turns.search([("user_id", "in", self.hands.ids)]))
            self.assertEqual(self.create_ticket().user_id, self.hands[0])
            self.assertEqual(rule.last_user_id, self.hands[0])

    def test_the_job_forwards_what_waits(self):
        """What met another report at its turn."""
        tickets = self.create_ticket() | self.create_ticket()
        with self.assertRaises(AccessError):
            tickets.forward_pending = True
        tickets.sudo().forward_pending = True
        taken = tickets[1]
        self.as_role("technician", taken).action_assign_to_me()
        self.make_rule()
        with self.enter_registry_test_mode():
            job = self.env.ref("aftersales_service.ir_cron_forward")
            self.assertIs(job.method_direct_trigger(), True)
        self.env.invalidate_all()
        self.assertEqual(tickets[0].user_id, self.hands[0])
        self.assertEqual(taken.user_id, self.users["technician"])
        self.assertFalse(any(tickets.mapped("forward_pending")))

    # === WHAT IS TO DO === #

    def test_due_when_the_promise_is_where_he_is(self):
        """The next promise is at 17:00 UTC: in Tokyo that is tomorrow."""
        self.make_rule()
        self.hands[0].tz = "Asia/Tokyo"
        ticket = self.report(0, severity="serious")
        self.assertEqual(self.to_do(ticket).date_deadline, date(2026, 3, 3))
        plain = self.report(utc(2, 20))
        self.assertFalse(plain.next_deadline)
        self.assertEqual(self.to_do(plain).date_deadline, date(2026, 3, 3), "today")

    def test_done_when_it_is_taken_up(self):
        self.make_rule()
        ticket = self.create_ticket()
        own = self.as_role("dispatcher", ticket).activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.hands[0].id
        )
        ticket.with_user(self.hands[0]).message_post(
            body="We are on it",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.contact.ids,
        )
        self.assertEqual(ticket.state, "in_progress")
        self.assertFalse(self.to_do(ticket))
        self.assertTrue(own.exists(), "what people planned stays")

    def test_taken_over_by_another(self):
        self.make_rule()
        ticket = self.create_ticket()
        self.as_role("technician", ticket).action_assign_to_me()
        self.assertFalse(self.to_do(ticket))

    # === RIGHTS === #

    def test_who_keeps_the_rules(self):
        rule = self.make_rule()
        for role in ("intake", "dispatcher", "technician", "support", "quality"):
            own = self.as_role(role, rule)
            self.assertEqual(own.name, "All")
            with self.assertRaises(AccessError):
                own.active = False
        self.as_role("manager", rule).name = "Everything"
        with self.assertRaises(AccessError):
            self.as_role("finance", rule).read(["name"])

    def test_a_person_is_named_and_a_member(self):
        with self.assertRaises(ValidationError):
            self.make_rule(user_id=False)
        with self.assertRaises(ValidationError):
            self.make_rule(user_id=self.users["technician"].id)

    # === COST === #

    def cost(self, values):
        Ticket = self.as_role("intake", "aftersales.ticket")

        def create():
            Ticket.create([dict(one) for one in values])
            self.env.flush_all()
            self.env.cr.precommit.run()
            self.env.flush_all()

        for _warm_up in range(2):
            create()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        create()
        return self.env.cr.sql_log_count - before

    def test_cost(self):
        """No rule costs nothing, one for a person about what assigning him costs."""
        self.policies["arrive"].active = False
        values = {"name": "x", "partner_id": self.contact.id, "severity": "serious"}
        self.assertLessEqual(self.cost([values]), COST)
        theirs = self.env["aftersales.team"].create(
            {"name": "Team B", "company_id": self.company_2.id}
        )
        self.make_rule(team_id=theirs.id, method="team", severity="serious")
        self.assertLessEqual(self.cost([values]), COST, "another company's")
        by_hand = {**values, "user_id": self.hands[0].id}
        assigned = self.cost([by_hand])
        self.make_rule()
        fixed = self.cost([values])
        _logger.info("%s queries by hand, %s by a rule", assigned, fixed)
        self.assertLessEqual(fixed - assigned, FIXED_COST, (assigned, fixed))
