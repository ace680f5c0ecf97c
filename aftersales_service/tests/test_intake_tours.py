# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A normal morning of an intake person, each task with its clicks and keys.

The tours count them as they go, see static/tests/tours/effort.js; the table of
docs/intake_morning.md has the same numbers.
"""

from ast import literal_eval

from odoo import Command
from odoo.tests import HttpCase, tagged

from .common_forward import ForwardCommon
from .gateway_common import GatewayCommon

UNKNOWN = "Nina New <nina.new@unknown.example.org>"
BOARD = "/odoo/service-tickets"
TRIAGE = "/odoo/service-triage"


class MorningCase(GatewayCommon, ForwardCommon, HttpCase):
    """A team with mail, another one that rules forward to, a customer's machine."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact.phone = "+49 30 4711457"
        cls.press = cls.env["aftersales.equipment"].create(
            {
                "product_name": "Press 200",
                "serial_number": "P200-77",
                "partner_id": cls.customer.id,
                "company_id": cls.company.id,
            }
        )

    def morning(self, name, url):
        """Do a task as the intake person, from where it starts."""
        self.env.flush_all()
        self.start_tour(url, f"aftersales_intake_{name}", login="as_intake")
        self.env.invalidate_all()

    def report(self, subject, body="It does not go on.", **values):
        """Let a mail come in.

        :return: its ticket
        """
        ticket = self.take(self.mail(body, subject=subject, **values))
        self.assertEqual(len(ticket), 1)
        return ticket

    def last(self):
        return self.Ticket.search([], order="id desc", limit=1)


class ByFingers:
    """Tasks that need no keyboard."""

    allow_inherited_tests_method = True

    def in_triage(self):
        """Let two strangers write; the text of one names a machine."""
        return (
            self.report("Leaks again", "P200-77 leaks again.", sender=UNKNOWN),
            self.report("A question", "Do you serve our presses?", sender=UNKNOWN),
        )

    def test_04_accept(self):
        ticket, question = self.in_triage()
        self.morning("accept", TRIAGE)
        self.assertEqual(ticket.partner_id, self.customer)
        self.assertEqual(ticket.equipment_id, self.press)
        self.assertFalse(question.partner_id)

    def test_05_new_customer(self):
        _ticket, question = self.in_triage()
        self.morning("new_customer", TRIAGE)
        customer = question.partner_id
        self.assertEqual(customer.name, "Nina New")
        self.assertEqual(customer.email, "nina.new@unknown.example.org")
        self.assertFalse(customer.user_ids)
        self.assertIn(customer, question.message_partner_ids)

    def test_07_merge(self):
        machine = {"equipment_id": self.press.id}
        first = self.report("Leaks since Monday")
        first.write(machine)
        second = self.report("Leaks still", "The floor is wet.")
        second.write(machine)
        self.morning("merge", BOARD)
        self.assertEqual(second.state, "cancelled")
        self.assertEqual(second.original_id, first)
        self.assertEqual(first.state, "new")
        self.assertTrue(first.message_ids.filtered(lambda m: "floor is wet" in m.body))


@tagged("post_install", "-at_install", "-standard", "aftersales_browser")
class TestCallTours(MorningCase):
    def test_01_call(self):
        self.morning("call", BOARD)
        ticket = self.last()
        self.assertEqual(ticket.name, "Does not press")
        self.assertIn("It hums, then stops.", ticket.description)
        self.assertEqual(ticket.partner_id, self.contact)
        self.assertEqual(ticket.equipment_id, self.press)
        self.assertEqual(ticket.channel, "phone")
        self.assertEqual(ticket.state, "new")

    def test_02_call_unknown(self):
        partners = self.env["res.partner"].search_count([])
        self.morning("call_unknown", BOARD)
        ticket = self.last()
        self.assertEqual(ticket.name, "Asks for a service")
        self.assertEqual(ticket.phone, "+49 40 9998887")
        self.assertEqual(ticket.caller_name, "Ned New")
        self.assertFalse(ticket.partner_id)
        self.assertEqual(self.env["res.partner"].search_count([]), partners)
        triage = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_ticket_action_triage"
        )
        self.assertTrue(ticket.filtered_domain(literal_eval(triage["domain"])))

    def test_03_call_again(self):
        ticket = self.create_ticket()
        before = self.Ticket.search_count([])
        self.morning("call_again", BOARD)
        self.assertEqual(self.Ticket.search_count([]), before)
        self.assertIn("Asks when we come", ticket.message_ids[0].body)
        self.assertEqual(ticket.message_ids[0].author_id.user_ids, self.users["intake"])

    def test_11_letter(self):
        self.morning("letter", BOARD)
        ticket = self.last()
        self.assertEqual(ticket.name, "Wants the floor cleaned")
        self.assertEqual(ticket.partner_id, self.contact)
        self.assertEqual(ticket.channel, "letter")
        scan = ticket.message_ids.attachment_ids
        self.assertEqual(scan.name, "letter.pdf")
        self.assertTrue(scan.raw.startswith(b"%PDF"))


@tagged("post_install", "-at_install", "-standard", "aftersales_browser")
class TestAnswerTours(MorningCase):
    def test_09_answer(self):
        ticket = self.report("Which oil does it need?")
        ticket.ticket_type = "inquiry"
        with self.mock_mail_gateway():
            self.morning("answer", BOARD)
        self.assertEqual(ticket.state, "closed")
        self.assertEqual(ticket.resolution, "HLP 46, as on page 12, Mia.")
        self.assertSentEmail(
            self.users["intake"].partner_id, self.contact, body_content="HLP 46"
        )

    def test_10_complaint(self):
        ticket = self.report("Oil on our floor")
        ticket.ticket_type = "complaint"
        with self.mock_mail_gateway():
            self.morning("complaint", BOARD)
        self.assertSentEmail(
            self.users["intake"].partner_id,
            self.contact,
            body_content="We clean it for free",
        )
        self.assertEqual(ticket.offer_ids.text, "We clean it for free")
        self.assertEqual(ticket.customer_answer, "accepted")


@tagged("post_install", "-at_install", "-standard", "aftersales_browser")
class TestTriageTours(ByFingers, MorningCase):
    def test_06_classify(self):
        self.env["aftersales.requirement"].search([]).machine = True
        self.make_rule("Serious to Hydraulics", severity="serious")
        self.create_ticket(
            name="Zylomat smokes and squeaks",
            finding_ids=[Command.create({"fault_id": self.hose.id})],
        )
        ticket = self.report("Zylomat smokes")
        self.assertEqual(ticket.partner_id, self.contact)
        self.morning("classify", BOARD)
        self.assertEqual(ticket.ticket_type, "quality")
        self.assertEqual(ticket.severity, "serious")
        self.assertEqual(ticket.equipment_id, self.press)
        self.assertEqual(ticket.finding_ids.fault_id, self.hose)
        self.assertEqual(ticket.team_id, self.hydraulics)
        self.assertEqual(ticket.user_id, self.hands[0])
        self.assertEqual(ticket.state, "assigned")
        self.assertEqual(self.to_do(ticket).user_id, self.hands[0])


@tagged("post_install", "-at_install", "-standard", "aftersales_browser")
class TestTriageOnThePhone(ByFingers, MorningCase):
    """What takes no keyboard takes no more on a phone."""

    browser_size = "390x844"
    touch_enabled = True


@tagged("post_install", "-at_install", "-standard", "aftersales_browser")
class TestForwardTours(MorningCase):
    def test_08_forward(self):
        self.make_rule("Safety only", severity="safety")
        ticket = self.report("Press stands")
        self.morning("forward", BOARD)
        self.assertEqual(ticket.team_id, self.hydraulics)
        self.assertEqual(ticket.user_id, self.hands[1])
        self.assertEqual(ticket.state, "assigned")
        self.assertIn("since 2019", self.to_do(ticket).note)

    def test_12_became(self):
        self.make_rule("All to Hydraulics")
        ticket = self.create_ticket()
        self.assertEqual(ticket.user_id, self.hands[0])
        reasons = self.refused(
            self.mail(
                "Our press 7 is out of order since 8:00.",
                subject="Press 7 is out of order",
                headers=["Auto-Submitted: auto-replied"],
            )
        )
        self.assertEqual(reasons, ["auto_reply"])
        self.morning("became", BOARD)
        ticket = self.last()
        self.assertEqual(ticket.name, "Press 7 is out of order")
        self.assertIn("since 8:00", ticket.description)
        self.assertEqual(ticket.partner_id, self.contact)
        self.assertEqual(
            ticket.message_ids.attachment_ids.mapped("name"), ["original.eml"]
        )
