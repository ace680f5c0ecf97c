# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which policy a ticket gets, and the reason that is stored with it."""

from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .equipment_common import EquipmentCommon
from .sla_common import SlaCommon, utc
from .test_ticket_mail import MAIL


@tagged("post_install", "-at_install")
class TestSlaPolicy(SlaCommon):
    def test_default_policies_are_the_promise(self):
        """Serious faults: response in 8 hours, on site in 48, around the clock."""
        for severity in ("serious", "safety"):
            for clock, hours in (("respond", 8), ("arrive", 48)):
                policy = self.env.ref(
                    f"aftersales_service.aftersales_sla_policy_{severity}_{clock}"
                )
                self.assertEqual(policy.target_hours, hours)
                self.assertTrue(policy.from_report and policy.around_the_clock)
                self.assertEqual(len(policy.alert_ids), 1)

    def test_serious_ticket_gets_its_clocks(self):
        """Several policies of different clocks run at once."""
        ticket = self.report(0, severity="serious")
        clocks = self.clocks(ticket)
        self.assertEqual(set(clocks), {"respond", "arrive", "resolve"})
        self.assertEqual(clocks["respond"].deadline, utc(2, 17))
        self.assertEqual(clocks["arrive"].deadline, utc(4, 9))
        self.assertEqual(clocks["resolve"].deadline, utc(5, 9))
        self.assertEqual(ticket.next_deadline, utc(2, 17))
        for clock in clocks.values():
            self.assertEqual(clock.policy_id, self.policies[clock.kind])
            self.assertEqual(clock.matched_on, "severity")
            self.assertIn("Severity", clock.match_reason)
            self.assertEqual(self.ledger(clock), ["start"])
        self.assertFalse(self.create_ticket().clock_ids)

    def test_policy_without_target_is_refused(self):
        """Case 22: a promise of nothing would be met at birth."""
        for hours in (0, -1):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                with self.cr.savepoint():
                    self.policies["respond"].target_hours = hours
                    self.env.flush_all()
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                with self.cr.savepoint():
                    self.make_policy("respond", hours)

    def test_policy_with_less_than_a_second_is_refused(self):
        """Case 22: what rounds to no time at all is no target."""
        tiny = 1e-12  # hours; no microsecond
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.make_policy("respond", tiny)
            self.env.flush_all()

    def test_used_policy_is_archived_not_deleted(self):
        self.create_ticket(severity="serious")
        with self.assertRaisesRegex(UserError, "Archive"):
            self.policies["respond"].unlink()

    def test_an_archived_policy_keeps_what_it_promised(self):
        ticket = self.create_ticket(severity="serious")
        self.policies["respond"].action_archive()
        ticket.severity = "serious"
        self.assertEqual(self.clocks(ticket)["respond"].outcome, "open")
        ticket.ticket_type = "support"
        self.assertEqual(self.clocks(ticket)["respond"].outcome, "open")

    def test_policy_for_all_companies_leans_on_no_company(self):
        """What holds for every company can't have the hours of one."""
        with self.assertRaisesRegex(UserError, "every company"):
            self.make_policy("respond", 8, self.make_calendar(), company_id=False)


@tagged("post_install", "-at_install")
class TestSlaMatch(SlaCommon):
    """Case 14: two policies match, a deterministic winner, the reason stored."""

    def winner(self, kind="respond", **values):
        return self.clock(self.create_ticket(**values), kind).policy_id

    def test_more_criteria_win(self):
        broad = self.make_policy("respond", 1, sequence=0)
        typed = self.make_policy("respond", 2, ticket_type="repair")
        both = self.make_policy(
            "respond", 3, ticket_type="repair", severity="serious", sequence=99
        )
        self.assertEqual(self.winner(severity="serious"), both)
        self.assertEqual(self.winner(), typed)
        self.assertEqual(self.winner(ticket_type="support"), broad)
        clock = self.clock(self.create_ticket(severity="serious"), "respond")
        self.assertEqual(set(clock.matched_on.split(",")), {"ticket_type", "severity"})
        self.assertIn("Type", clock.match_reason)
        self.assertIn("Severity", clock.match_reason)
        clock = self.clock(self.create_ticket(ticket_type="support"), "respond")
        self.assertFalse(clock.matched_on)
        self.assertIn("every ticket", clock.match_reason)

    def test_ties_are_decided_by_sequence_then_by_age(self):
        base = {"severity": "minor", "around_the_clock": True}
        first = self.make_policy("respond", 5, team_id=self.team.id, **base)
        second = self.make_policy("respond", 4, ticket_type="repair", **base)
        third = self.make_policy("respond", 3, ticket_type="repair", **base)
        self.assertEqual(self.winner(severity="minor"), first, "the older one")
        third.sequence = 9
        self.assertEqual(self.winner(severity="minor"), third, "the lower sequence")
        second.sequence = 9
        self.assertEqual(self.winner(severity="minor"), second, "older of the two")

    def test_each_criterion_of_the_ticket(self):
        """Team, type, severity and service mode: fits with, not without."""
        other = self.env["aftersales.team"].create(
            {"name": "Other", "company_id": self.company.id}
        )
        for criterion, value, else_value in (
            ("team_id", self.team.id, other.id),
            ("ticket_type", "training", "repair"),
            ("severity", "minor", "normal"),
            ("service_mode", "remote", "on_site"),
            ("service_mode", "workshop", False),
        ):
            with self.subTest(criterion=criterion):
                policy = self.make_policy("arrive", 5, **{criterion: value})
                ticket = self.create_ticket(**{criterion: value})
                clock = self.clock(ticket, "arrive")
                self.assertEqual(clock.policy_id, policy)
                self.assertEqual(clock.matched_on, criterion)
                label = policy.fields_get([criterion])[criterion]["string"]
                self.assertIn(label, clock.match_reason)
                self.assertFalse(self.winner("arrive", **{criterion: else_value}))
                policy.active = False

    def test_customer_tag_and_those_above_it(self):
        """A tag is found on the contact or its company, and up its tree."""
        Tag = self.env["res.partner.category"]
        gold = Tag.create({"name": "Gold"})
        export = Tag.create({"name": "Gold Export", "parent_id": gold.id})
        policy = self.make_policy("respond", 5, partner_tag_id=gold.id)
        self.assertFalse(self.winner())
        self.customer.category_id = export  # of the company, below the policy's tag
        self.assertEqual(self.winner(), policy)
        self.assertEqual(self.winner(partner_id=self.customer.id), policy)
        self.customer.category_id = False
        self.contact.category_id = gold
        self.assertEqual(self.winner(), policy)
        nearer = self.make_policy("respond", 6, partner_tag_id=export.id, sequence=99)
        self.contact.category_id = export
        self.assertEqual(self.winner(), nearer, "the nearest tag, whatever sequence")
        clock = self.clock(self.create_ticket(), "respond")
        self.assertEqual(clock.matched_on, "partner_tag_id")
        self.assertIn("Customer Tag", clock.match_reason)

    def test_customer_known_later(self):
        """An unknown sender's ticket gets the customer's promise when he is known."""
        gold = self.env["res.partner.category"].create({"name": "Gold"})
        self.customer.category_id = gold
        policy = self.make_policy(
            "respond", 5, partner_tag_id=gold.id, around_the_clock=True
        )
        ticket = self.report(0, partner_id=False)
        self.assertFalse(ticket.clock_ids)
        with self.at(2):
            self.as_role("intake", ticket).partner_id = self.contact
        clock = self.clock(ticket, "respond")
        self.assertEqual((clock.policy_id, clock.deadline), (policy, utc(2, 14)))

    def test_response_class_of_the_contract(self):
        """The class comes through the named seam that contracts will fill."""
        gold = self.env["aftersales.response.class"].create({"name": "Gold"})
        plain = self.make_policy("respond", 8, around_the_clock=True)
        policy = self.make_policy(
            "respond", 2, around_the_clock=True, response_class_id=gold.id
        )
        self.assertEqual(self.winner(), plain)
        with self.contract(gold):
            ticket = self.create_ticket()
        clock = self.clock(ticket, "respond")
        self.assertEqual(clock.policy_id, policy)
        self.assertEqual(clock.matched_on, "response_class_id")
        self.assertIn("Response Class", clock.match_reason)

    def contract(self, response_class):
        """Let every ticket have a contract of a class."""
        return patch.object(
            type(self.env["aftersales.ticket"]),
            "_sla_response_classes",
            lambda tickets: dict.fromkeys(
                tickets, response_class.with_env(tickets.env)
            ),
        )

    def test_contract_that_ends_takes_nothing_back(self):
        """Case 6: the target stays, whatever is written after the end."""
        gold = self.env["aftersales.response.class"].create({"name": "Gold"})
        policy = self.make_policy(
            "respond", 2, around_the_clock=True, response_class_id=gold.id
        )
        with self.contract(gold):
            ticket = self.report(0)
        clock = self.clock(ticket, "respond")
        self.assertEqual(clock.deadline, utc(2, 11))
        with self.at(1):
            self.as_role("intake", ticket).ticket_type = "support"
            self.as_role("intake", ticket).service_mode = "remote"
            self.as_role("intake", ticket).severity = "serious"
        # serious faults have a policy of their own; it replays, it does not blank
        self.assertEqual(self.clock(ticket, "respond"), clock)
        self.assertEqual(clock.outcome, "open")
        self.assertTrue(clock.deadline and ticket.next_deadline)
        with self.contract(gold):
            other = self.report(0)
        with self.at(1):
            self.as_role("intake", other).ticket_type = "support"
        clock = self.clock(other, "respond")
        self.assertEqual(
            (clock.policy_id, clock.deadline, clock.outcome),
            (policy, utc(2, 11), "open"),
        )
        # also when hours or targets are edited after the end
        with self.at(1):
            policy.target_hours = 3
        self.assertEqual(clock.deadline, utc(2, 12))

    def test_contract_that_ends_leaves_a_broader_policy_aside(self):
        """Case 6: the customer keeps the faster promise, not the general one."""
        gold = self.env["aftersales.response.class"].create({"name": "Gold"})
        self.make_policy("respond", 24, around_the_clock=True)
        policy = self.make_policy(
            "respond", 2, around_the_clock=True, response_class_id=gold.id
        )
        with self.contract(gold):
            ticket = self.report(0)
        with self.at(1):
            self.as_role("intake", ticket).ticket_type = "support"
            self.as_role("intake", ticket).service_mode = "remote"
        clock = self.clock(ticket, "respond")
        self.assertEqual((clock.policy_id, clock.deadline), (policy, utc(2, 11)))

    def test_other_policy_retargets(self):
        self.make_policy("respond", 2, severity="safety", around_the_clock=True)
        ticket = self.report(0, severity="serious")
        with self.at(1):
            ticket.severity = "safety"
        clock = self.clock(ticket, "respond")
        self.assertEqual(clock.policy_id.target_hours, 2)
        self.assertEqual((clock.started_at, clock.deadline), (utc(2, 9), utc(2, 11)))
        row = clock.event_ids[-1]
        self.assertEqual((row.kind, row.target_minutes), ("retarget", 120))
        self.assertEqual(row.policy_id, clock.policy_id)


@tagged("post_install", "-at_install")
class TestSlaMatchEquipment(SlaCommon, EquipmentCommon):
    """The product of real equipment: sold and delivered."""

    def test_product_category_of_the_equipment_and_those_above_it(self):
        Category = self.env["product.category"]
        machines = Category.create({"name": "Machines"})
        presses = Category.create({"name": "Presses", "parent_id": machines.id})
        self.press.categ_id = presses
        order = self.sell((self.press, 1))
        equipment = self.deliver(order, self.serials("P-1"))
        self.assertEqual(equipment.product_id.categ_id, presses)
        broad = self.make_policy("arrive", 5, product_category_id=machines.id)
        ticket = self.report(24, serial_number="P-1")
        self.assertEqual(ticket.equipment_id, equipment)
        clock = self.clock(ticket, "arrive")
        self.assertEqual(clock.policy_id, broad)
        self.assertEqual(clock.matched_on, "product_category_id")
        self.assertIn("Product Category", clock.match_reason)
        near = self.make_policy(
            "arrive", 6, product_category_id=presses.id, sequence=99
        )
        self.assertEqual(
            self.clock(self.report(24, serial_number="P-1"), "arrive").policy_id, near
        )
        # without equipment, or for something else, it is not for this ticket
        self.assertFalse(self.clock(self.report(24), "arrive"))
        # and when the machine is found out later, the clock begins with the report
        ticket = self.report(24, serial_number="unreadable")
        with self.at(26):
            self.as_role("technician", ticket).serial_number = "P-1"
        self.assertEqual(ticket.equipment_id, equipment)
        clock = self.clock(ticket, "arrive")
        self.assertEqual((clock.policy_id, clock.started_at), (near, utc(3, 9)))

    def test_moved_category_counts_where_it_is(self):
        """The tree is read when the ticket is classified."""
        Category = self.env["product.category"]
        machines = Category.create({"name": "Machines"})
        presses = Category.create({"name": "Presses"})
        self.press.categ_id = presses
        equipment = self.deliver(self.sell((self.press, 1)), self.serials("P-2"))
        policy = self.make_policy("arrive", 5, product_category_id=machines.id)
        self.assertFalse(self.report(24, equipment_id=equipment.id).clock_ids)
        presses.parent_id = machines
        ticket = self.report(24, equipment_id=equipment.id)
        self.assertEqual(self.clock(ticket, "arrive").policy_id, policy)


@tagged("post_install", "-at_install")
class TestSlaMatchCompany(SlaCommon):
    """Case 19: a policy of another company never attaches, by whatever way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.theirs = cls.make_policy("arrive", 1, company_id=cls.company_2.id)
        cls.team_b = cls.env["aftersales.team"].create(
            {
                "name": "Team B",
                "company_id": cls.company_2.id,
                "alias_name": "service.b",
                "alias_contact": "everyone",
            }
        )

    def test_superuser(self):
        values = {"name": "x", "team_id": self.team.id}
        Ticket = self.env["aftersales.ticket"]
        for tickets in (
            Ticket.create(values),
            Ticket.with_company(self.company_2).create(values),
            Ticket.with_context(
                allowed_company_ids=(self.company_2 | self.company).ids
            ).create(values),
        ):
            self.assertFalse(tickets.clock_ids)

    def test_mail_gateway(self):
        """Case 19: mail to A's alias gives A's promises, to B's alias B's."""
        ours = self.make_policy("arrive", 9)
        for team, policy in ((self.team, ours), (self.team_b, self.theirs)):
            with self.at(0), self.mock_mail_gateway():
                ticket = self.format_and_process(
                    MAIL,
                    "Mia Mill <mia@mill.example.com>",
                    f"{team.alias_name}@{team.alias_domain}",
                    subject=f"Press of {team.name} runs on",
                    target_model="aftersales.ticket",
                    msg_id=f"<{team.id}@mill.example.com>",
                )
            self.assertEqual(ticket.company_id, team.company_id)
            self.assertEqual(self.clock(ticket, "arrive").policy_id, policy)
            self.assertEqual(len(ticket.clock_ids), 1)

    def test_portal(self):
        """Case 19: a portal user's report is entered with elevated rights."""
        portal = self._create_portal_user()
        ticket = (
            self.env["aftersales.ticket"]
            .with_user(portal)
            .sudo()
            .create({"name": "x", "team_id": self.team.id})
        )
        self.assertFalse(ticket.clock_ids)

    def test_reclassified_by_the_superuser(self):
        """Case 19: what is attached later is of the ticket's company as well."""
        self.theirs.severity = "minor"
        ticket = self.create_ticket().sudo()
        ticket.with_company(self.company_2).severity = "minor"
        self.assertFalse(ticket.clock_ids)

    def test_reopened_by_the_superuser(self):
        ticket = self.create_ticket(severity="serious").sudo()
        ticket._solve()
        ticket.with_company(self.company_2)._set_state("in_progress")
        self.assertEqual(set(ticket.clock_ids.policy_id), set(self.policies.values()))

    def test_handed_over_to_the_other_company(self):
        """Case 19: the ticket leaves its old company's promises behind."""
        ticket = self.report(0, severity="serious")
        with self.at(1):
            ticket.sudo().team_id = self.team_b
        self.assertEqual(
            self.outcomes(ticket),
            {"respond": "void", "arrive": "open", "resolve": "void"},
        )
        self.assertEqual(self.clock(ticket, "arrive").policy_id, self.theirs)
        self.assertEqual(ticket.sudo().clock_ids.company_id, self.company_2)

    def test_policy_that_changes_its_company(self):
        """Case 19: new tickets follow at once, nothing is remembered."""
        self.assertFalse(self.create_ticket().clock_ids)
        self.theirs.write({"company_id": self.company.id})
        self.assertEqual(self.create_ticket().clock_ids.policy_id, self.theirs)
        self.theirs.write({"company_id": False})
        self.assertEqual(self.create_ticket().clock_ids.policy_id, self.theirs)
