# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Sorting a report, and what must be known before it goes on."""

from functools import partial

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models.aftersales_requirement import FACTS
from ..models.selections import SEVERITY_SELECTION, TYPE_SELECTION
from .common import AftersalesCommon


class ClassifyCommon(AftersalesCommon):
    @classmethod
    def lay_ground(cls):
        cls.Requirement = cls.env["aftersales.requirement"]
        cls.stages = {
            state: cls.env["aftersales.ticket.stage"]._for_state(state, cls.team)
            for state in ("new", "assigned", "in_progress", "solved", "cancelled")
        }

    def require(self, *facts, ticket_type="repair"):
        """Let a manager require just these facts of a type."""
        rows = self.as_role("manager", "aftersales.requirement")
        rows.search([("ticket_type", "=", ticket_type)]).write(
            {name: name in facts for name in FACTS}
        )

    def assert_refused(self, words, function):
        """Check that a step is refused with some words, and undo it as a request."""
        with self.assertRaises(UserError) as caught:
            function()
        self.assertIn(words, str(caught.exception))

    def bare(self, **values):
        """Let the intake role enter a report of which nothing is known."""
        return self.as_role("intake", "aftersales.ticket").create(
            {"name": "Something is wrong", "team_id": self.team.id, **values}
        )


@tagged("post_install", "-at_install")
class TestClassifyFacts(ClassifyCommon):
    def test_defaults(self):
        self.assertEqual(
            {row.ticket_type for row in self.Requirement.search([])},
            {value for value, _label in TYPE_SELECTION},
        )
        for value, _label in TYPE_SELECTION:
            expected = ["customer"]
            if value in ("repair", "return", "quality", "maintenance"):
                expected.append("machine")
            ticket = self.bare(ticket_type=value)
            self.assertEqual(ticket._missing_facts(), expected)

    def test_each_fact(self):
        self.require(*FACTS)
        ticket = self.bare()
        self.assertEqual(ticket._missing_facts(), list(FACTS))
        equipment = self.env["aftersales.equipment"].create(
            {
                "product_id": self.env["product.product"].create({"name": "P"}).id,
                "partner_id": self.customer.id,
                "company_id": self.company.id,
            }
        )
        finding = {"fault_id": self.hose.id}
        for fact, values, nothing in (
            ("contact", {"phone": "1"}, {"phone": False}),
            ("contact", {"email_from": "a@b.example.com"}, {"email_from": False}),
            ("machine", {"product_name": "Press"}, {"product_name": "  "}),
            ("machine", {"equipment_id": equipment.id}, {"equipment_id": False}),
            ("serial_number", {"serial_number": "7"}, {"serial_number": " "}),
            ("service_mode", {"service_mode": "remote"}, {"service_mode": False}),
            ("site", {"site_id": self.site.id}, {"site_id": False}),
            ("description", {"description": "<p>x</p>"}, {"description": "<p></p>"}),
            (
                "fault",
                {"finding_ids": [Command.create(finding)]},
                {"finding_ids": [Command.clear(), Command.create({"note": "?"})]},
            ),
            ("customer", {"partner_id": self.customer.id}, {"partner_id": False}),
        ):
            with self.subTest(fact=fact, values=values):
                ticket = self.bare()
                ticket.write(values)
                self.assertNotIn(fact, ticket._missing_facts())
                ticket.write({"product_name": False, "serial_number": False, **nothing})
                self.assertIn(fact, ticket._missing_facts())

    def test_form_shows_what_is_missing(self):
        self.require("customer", "serial_number", "fault")
        with Form(self.as_role("intake", "aftersales.ticket")) as form:
            form.name = "No pressure"
            self.assertEqual(form.missing_facts, "Customer, Serial Number, Fault")
            form.partner_id = self.contact
            form.serial_number = "P-1"
            self.assertEqual(form.missing_facts, "Fault")
            with form.finding_ids.new() as finding:
                finding.fault_id = self.hose
            self.assertFalse(form.missing_facts)
        self.assertEqual(form.record.state, "new")

    def test_refused_by_every_route(self):
        """Whoever moves it on, and however: with all that is missing in one message."""
        self.require("customer", "serial_number", "fault")
        words = "Customer, Serial Number, Fault"
        Wait = self.env["aftersales.ticket.wait"]

        def wait(ticket):
            Wait.with_env(ticket.env).create(
                {"ticket_id": ticket.id, "reason": "customer"}
            ).action_wait()

        def drag(state):
            return lambda t: t.write({"stage_id": self.stages[state].id})

        def rpc(ticket):
            stage = self.stages["in_progress"].id
            call_kw(
                ticket.browse(), "web_save", [ticket.ids, {"stage_id": stage}, {}], {}
            )

        def solve(ticket):
            ticket.resolution = "Done"
            ticket.action_solve()

        for role, route in (
            ("intake", drag("assigned")),
            ("manager", drag("in_progress")),
            ("technician", drag("in_progress")),
            ("technician", lambda ticket: ticket.action_assign_to_me()),
            ("dispatcher", lambda t: t.write({"user_id": self.users["support"].id})),
            ("dispatcher", lambda ticket: ticket.action_plan_visit()),
            ("support", solve),
            ("technician", wait),
            ("intake", rpc),
        ):
            ticket = self.bare()
            with self.subTest(role=role):
                record = self.as_role(role, ticket)
                self.assert_refused(words, partial(route, record))
                self.assertEqual(ticket.state, "new")
        for values in (
            {"user_id": self.users["technician"].id},
            {"stage_id": self.stages["assigned"].id},
        ):
            self.assert_refused(words, partial(self.bare, **values))
        # not around the corner either
        ticket = self.bare()
        ticket.action_cancel()
        for route in (drag("in_progress"), lambda t: t.action_reopen()):
            self.assert_refused(words, partial(route, ticket))
        drag("new")(ticket)
        self.assertEqual(ticket.state, "new", "back to where the facts are asked for")

    def test_several_tickets_are_named_at_once(self):
        first, second = self.bare(), self.bare(partner_id=self.contact.id)
        with self.assertRaises(UserError) as caught:
            (first | second).write({"stage_id": self.stages["assigned"].id})
        message = str(caught.exception)
        self.assertIn(f"{first.display_name} can't go on yet", message)
        self.assertIn("Customer, Product or Equipment", message)
        self.assertIn(second.display_name, message)

    def test_allowed_when_known(self):
        ticket = self.bare()
        ticket.write(
            {
                "partner_id": self.contact.id,
                "product_name": "Press 200",
                "stage_id": self.stages["assigned"].id,
            }
        )
        self.assertEqual(ticket.state, "assigned", "what comes with the step counts")
        # who is out is not asked again
        ticket.write({"product_name": False})
        ticket.stage_id = self.stages["in_progress"]
        self.assertFalse(ticket.missing_facts)

    def test_an_answer_is_never_refused(self):
        """It counts for the promise; the ticket stays where the facts are asked for."""
        ticket = self.bare(partner_id=self.contact.id)
        self.as_role("technician", ticket).message_post(
            body="What does the nameplate say?",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.contact.ids,
        )
        self.assertTrue(ticket.responded_at)
        self.assertEqual(ticket.state, "new")
        self.assertEqual(ticket.missing_facts, "Product or Equipment")
        ticket.product_name = "Press 200"
        ticket._respond()
        self.assertEqual(ticket.state, "in_progress")

    def test_arrival_and_system_are_not_stopped(self):
        ticket = self.bare()
        ticket.sudo()._arrive()
        self.assertEqual(ticket.state, "in_progress")
        ticket = self.bare()
        ticket.sudo().user_id = self.users["technician"]
        self.assertEqual(ticket.state, "assigned")
        ticket = self.bare()
        ticket.action_cancel()
        self.assertEqual(ticket.state, "cancelled", "cancelling needs no facts")

    def test_manager_empties_the_list(self):
        ticket = self.bare()
        for role in ("intake", "dispatcher", "technician", "support", "quality"):
            rows = self.as_role(role, "aftersales.requirement").search([])
            with self.assertRaises(AccessError):
                rows.unlink()
            with self.assertRaises(AccessError):
                rows.write({"customer": False})
        self.as_role("manager", "aftersales.requirement").search([]).unlink()
        self.assertEqual(ticket._missing_facts(), [])
        ticket.stage_id = self.stages["assigned"]

    def test_one_row_for_each_type(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.Requirement.create({"ticket_type": "repair"})
            self.env.flush_all()


@tagged("post_install", "-at_install")
class TestClassify(ClassifyCommon):
    def test_severities_say_what_they_mean(self):
        with Form(self.as_role("intake", "aftersales.ticket")) as form:
            form.name = "x"
            said = set()
            for value, _label in SEVERITY_SELECTION:
                form.severity = value
                said.add(form.severity_definition)
                if value == "serious":
                    self.assertIn("out of use", form.severity_definition)
                    self.assertIn("user can't remove", form.severity_definition)
            self.assertEqual(len(said), len(SEVERITY_SELECTION))
            self.assertNotIn(False, said)

    def test_tagging(self):
        tags = self.as_role("intake", "aftersales.tag").create(
            [{"name": "Fair Machine"}, {"name": "Recall 7"}]
        )
        ticket = self.create_ticket(tag_ids=[Command.set(tags.ids)])
        Ticket = self.as_role("technician", "aftersales.ticket")
        mine = [("id", "=", ticket.id)]
        self.assertEqual(Ticket.search([*mine, ("tag_ids", "ilike", "recall")]), ticket)
        groups = Ticket.formatted_read_group(mine, ["tag_ids"], ["__count"])
        self.assertEqual({group["tag_ids"][0] for group in groups}, set(tags.ids))
        for name in ("Recall 7", "recall 7"):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                self.env["aftersales.tag"].create({"name": name})
                self.env.flush_all()
        for role in ("technician", "quality", "intake"):
            with self.assertRaises(AccessError):
                self.as_role(role, tags).write({"name": "x"})
        with self.assertRaises(AccessError):
            self.as_role("technician", "aftersales.tag").create({"name": "x"})
        self.as_role("manager", tags[0]).name = "Fair"
        self.assertIn("Fair", ticket.tag_ids.mapped("name"))

    def test_properties(self):
        """A dispatcher or manager defines them, others fill them in."""
        definition = [{"name": "plant", "string": "Plant No.", "type": "char"}]
        for role in ("intake", "technician", "support"):
            with self.assertRaises(AccessError):
                self.as_role(role, self.team).ticket_properties_definition = definition
        dispatcher = self.as_role("dispatcher", self.team)
        self.assertTrue(dispatcher.has_access("write"))
        dispatcher.ticket_properties_definition = definition
        for values in (
            {"name": "x"},
            {"name": "x", "ticket_properties_definition": []},
        ):
            self.assert_refused(
                "define the properties", partial(dispatcher.write, values)
            )
        with self.assertRaises(AccessError):
            dispatcher.unlink()
        ticket = self.create_ticket()
        ticket.ticket_properties = {"plant": "North"}
        rows = self.as_role("technician", ticket).read(["ticket_properties"])
        self.assertEqual(rows[0]["ticket_properties"][0]["value"], "North")
        found = ticket.search([("ticket_properties.plant", "=", "North")])
        self.assertEqual(found, ticket)

        def changed(label):
            row = {**definition[0], "string": label, "value": "South"}
            return [{**row, "definition_changed": True}]

        with self.assertRaises(AccessError):
            ticket.write({"ticket_properties": changed("Hacked")})
        ticket.invalidate_recordset()
        self.as_role("dispatcher", ticket).write({"ticket_properties": changed("Hall")})
        names = [p["string"] for p in self.team.ticket_properties_definition]
        self.assertEqual(names, ["Hall"])
        self.as_role("manager", self.team).ticket_properties_definition = []

    def test_properties_of_the_team_before_are_noted(self):
        """Another team notes other things: what was there is in the chatter."""
        row = {"name": "plant", "string": "Plant No.", "type": "char"}
        self.team.ticket_properties_definition = [row]
        other = self.team.copy({"name": "Other", "alias_name": "other.team"})
        other.ticket_properties_definition = []
        ticket = self.create_ticket()
        ticket.ticket_properties = {"plant": "North"}
        self.flush_tracking()
        ticket.team_id = other
        self.flush_tracking()
        values = ticket.message_ids.sudo().tracking_value_ids
        self.assertIn("North", values.mapped("old_value_char"))

    def test_dispatcher_defines_for_teams_of_the_own_company(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        team = self.env["aftersales.team"].create(
            {"name": "Elsewhere", "company_id": elsewhere.id}
        )
        with self.assertRaises(AccessError):
            self.as_role("dispatcher", team).ticket_properties_definition = []

    def test_what_is_archived_cannot_be_chosen(self):
        product = self.env["product.product"].create({"name": "P"})
        equipment = self.env["aftersales.equipment"].create(
            {
                "product_id": product.id,
                "partner_id": self.customer.id,
                "company_id": self.company.id,
            }
        )
        tag = self.env["aftersales.tag"].create({"name": "Old Tag"})
        team = self.team.copy({"name": "Closed Team", "alias_name": "closed.team"})
        ticket = self.create_ticket()
        kept = self.create_ticket(
            equipment_id=equipment.id, tag_ids=[Command.set(tag.ids)]
        )
        equipment.active = False
        tag.active = team.active = False
        for values, name in (
            ({"team_id": team.id}, "Closed Team"),
            ({"equipment_id": equipment.id}, "Archived, choose another equipment"),
            ({"tag_ids": [Command.link(tag.id)]}, "Old Tag"),
        ):
            with self.subTest(values=values):
                self.assert_refused(name, partial(ticket.write, values))
                self.assert_refused(name, partial(self.create_ticket, **values))
        kept.write({"name": "What is there stays"})
        self.assertEqual(kept.equipment_id, equipment)

    def test_wrong_company(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        team = self.env["aftersales.team"].create(
            {"name": "Elsewhere", "company_id": elsewhere.id}
        )
        partner = self.env["res.partner"].create({"name": "Theirs"})
        equipment = self.env["aftersales.equipment"].create(
            {
                "product_id": self.env["product.product"].create({"name": "P"}).id,
                "partner_id": partner.id,
                "company_id": elsewhere.id,
            }
        )
        ticket = self.create_ticket(partner_id=False)
        for values in ({"team_id": team.id}, {"equipment_id": equipment.id}):
            with self.subTest(values=values):
                with self.assertRaises(UserError):
                    ticket.write(values)
                with self.assertRaises(UserError):
                    self.create_ticket(partner_id=False, **values)
