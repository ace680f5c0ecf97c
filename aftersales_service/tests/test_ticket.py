# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import AftersalesCommon


@tagged("post_install", "-at_install")
class TestTicket(AftersalesCommon):
    def test_call_entry_by_form(self):
        """What the intake person sees when a customer calls."""
        Ticket = self.as_role("intake", "aftersales.ticket")
        with Form(Ticket) as form:
            self.assertEqual(form.team_id, self.team, "the team of the user")
            form.name = "No pressure"
            form.partner_id = self.contact
            self.assertEqual(form.email_from, self.contact.email)
            self.assertEqual(form.site_id, self.site)
        ticket = form.record
        self.assertRegex(ticket.reference, r"^ST/\d{4}/\d{5}$")
        self.assertEqual(ticket.state, "new")
        self.assertEqual(ticket.channel, "phone")
        self.assertIn(self.contact, ticket.message_partner_ids)

    def test_reference_is_unique(self):
        first, second = self.create_ticket(), self.create_ticket()
        self.assertNotEqual(first.reference, second.reference)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            second.sudo().reference = first.reference
            self.env.flush_all()

    def test_found_by_reference_subject_and_serial(self):
        ticket = self.create_ticket()
        for text in (ticket.reference, "hose leaks", "p200-77"):
            found = self.env["aftersales.ticket"].name_search(text)
            self.assertIn(ticket.id, [record_id for record_id, _name in found])

    def test_backdating(self):
        now = datetime.now().replace(microsecond=0)
        self.create_ticket(reported_at=now - timedelta(hours=23))
        for moment in (now - timedelta(hours=25), now + timedelta(hours=1)):
            with self.assertRaises(ValidationError):
                self.create_ticket(reported_at=moment)
        ticket = self.as_role("manager", "aftersales.ticket").create(
            {
                "name": "Found in the letter box",
                "team_id": self.team.id,
                "channel": "letter",
                "reported_at": now - timedelta(days=9),
            }
        )
        with self.assertRaises(AccessError):
            ticket.reported_at = now

    def test_lowering_severity_needs_dispatcher_and_reason(self):
        ticket = self.create_ticket(severity="serious")
        with self.assertRaises(AccessError):
            ticket.write({"severity": "normal", "severity_reason": "Exaggerated"})
        dispatcher = self.as_role("dispatcher", ticket)
        with self.assertRaisesRegex(UserError, "Say why"):
            dispatcher.write({"severity": "normal"})
        with self.assertRaisesRegex(UserError, "Say why"):
            dispatcher.write({"severity": "normal", "severity_reason": "  "})
        dispatcher.write({"severity": "normal", "severity_reason": "Runs again"})
        self.assertEqual(ticket.severity, "normal")
        ticket.severity = "safety"  # raising is anybody's

    def test_consequences_cannot_be_written(self):
        ticket = self.create_ticket(severity="serious")
        for role in ("intake", "technician", "dispatcher", "manager"):
            for name in (
                "next_deadline",
                "responded_at",
                "arrived_at",
                "solved_at",
                "closed_at",
                "reference",
            ):
                with self.assertRaises(AccessError, msg=f"{role} {name}"):
                    self.as_role(role, ticket).write({name: False})
        with self.assertRaises(AccessError):
            self.create_ticket(responded_at=self.NOW)

    def test_assignment_moves_to_assigned_once(self):
        ticket = self.create_ticket()
        self.as_role("technician", ticket).action_assign_to_me()
        self.assertEqual(ticket.user_id, self.users["technician"])
        self.assertEqual(ticket.state, "assigned")
        ticket._respond()
        ticket.user_id = self.users["support"]
        self.assertEqual(ticket.state, "in_progress")

    def test_team_change_keeps_the_stage(self):
        ticket = self.create_ticket()
        ticket._respond()
        other = self.team.copy({"name": "Other", "alias_name": "other.team"})
        messages = ticket.message_ids
        ticket.team_id = other
        self.flush_tracking()
        self.assertEqual(ticket.state, "in_progress")
        self.assertFalse(
            (ticket.message_ids - messages).filtered(
                lambda m: (
                    m.subtype_id == self.env.ref("aftersales_service.mt_ticket_stage")
                )
            )
        )

    def test_solve_needs_words_and_role(self):
        ticket = self.create_ticket()
        with self.assertRaises(AccessError):
            ticket.action_solve()
        technician = self.as_role("technician", ticket)
        with self.assertRaisesRegex(UserError, "next technician"):
            technician.action_solve()
        technician.resolution = "Valve was closed"
        technician.action_solve()
        self.assertEqual(ticket.state, "solved")
        with self.assertRaises(UserError):
            technician.action_solve()
        with self.assertRaises(AccessError):
            technician.action_close()
        ticket.action_close()
        self.assertTrue(ticket.closed_at)
        with self.assertRaises(UserError):
            ticket.action_cancel()
        ticket.action_reopen()
        self.assertEqual(ticket.state, "in_progress")
        self.assertFalse(ticket.solved_at or ticket.closed_at)

    def test_records_are_kept(self):
        manager = self.as_role("manager", self.create_ticket())
        manager._respond()
        with self.assertRaisesRegex(UserError, "kept"):
            manager.unlink()
        manager.action_cancel()
        manager.unlink()

    def test_team_without_a_stage_for_the_state(self):
        self.env["aftersales.ticket.stage"].search([("state", "=", "solved")]).unlink()
        ticket = self.create_ticket(resolution="Done")
        with self.assertRaisesRegex(UserError, "no stage"):
            self.as_role("technician", ticket).action_solve()

    def test_finding_follows_ticket_and_cause(self):
        ticket = self.create_ticket()
        finding = self.as_role("technician", "aftersales.finding").create(
            {"ticket_id": ticket.id, "fault_id": self.hose.id}
        )
        self.assertEqual(finding.product_name, "Press 200")
        self.assertEqual(finding.liability, "unknown")
        finding.cause_id = self.cause
        self.assertEqual(finding.liability, "wear")
        finding.liability = "misuse"
        self.assertEqual(finding.liability, "misuse", "a finding may say otherwise")
        self.assertEqual(finding.display_name, "Test Component / Test Hose")
        self.assertEqual(self.fault.finding_count, 1, "components included")

    def test_fault_tree(self):
        self.assertEqual((self.fault.level, self.hose.level), (1, 2))
        with self.assertRaises(UserError):
            self.fault.parent_id = self.hose
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.hose.copy({"name": "Test Hose"})
            self.env.flush_all()

    def test_partner_counts_tickets_of_its_contacts(self):
        self.create_ticket()
        self.create_ticket(partner_id=self.customer.id)
        partner = self.as_role("intake", self.contact)
        self.assertEqual(partner.aftersales_ticket_count, 2)
        action = partner.action_view_aftersales_tickets()
        self.assertEqual(
            self.env["aftersales.ticket"].search_count(action["domain"]), 2
        )
