# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who wrote: never a wrong customer, a suggestion where the text gives one."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .gateway_common import GatewayCommon

UNKNOWN = "Nobody <nobody@unknown.example.org>"


@tagged("post_install", "-at_install")
class TestGatewayIdentify(GatewayCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rival = cls.env["res.partner"].create(
            {"name": "Rival", "is_company": True, "phone": "+49 89 7654321"}
        )
        cls.order = cls.env["sale.order"].create(
            {
                "partner_id": cls.customer.id,
                "company_id": cls.company.id,
                "client_order_ref": "PO-4711",
            }
        )
        cls.order.state = "sale"

    def unknown(self, body, **values):
        ticket = self.take(self.mail(body, sender=UNKNOWN, **values))
        self.assertEqual(len(ticket), 1)
        self.assertFalse(ticket.partner_id)
        return ticket

    def test_the_address_alone_decides(self):
        self.equip(self.rival, "RIV-1234")
        ticket = self.take(
            self.mail("RIV-1234 leaks", sender="Somebody <MIA@Mill.Example.com>")
        )
        self.assertEqual(ticket.partner_id, self.contact)
        self.assertFalse(ticket.suggestion_reason)

    def test_no_hint(self):
        partners = self.env["res.partner"].search_count([])
        ticket = self.unknown("It leaks since 2026 at 10:15")
        self.assertFalse(ticket.suggestion_reason)
        self.assertEqual(self.env["res.partner"].search_count([]), partners)

    def test_serial_number(self):
        machine = self.equip(self.customer, "P200-77")
        ticket = self.unknown("Our machine (p200-77) leaks.")
        self.assertEqual(ticket.partner_suggestion_id, self.customer)
        self.assertEqual(ticket.equipment_suggestion_id, machine)
        self.assertEqual(ticket.suggestion_reason, "Serial number P200-77 in the text")
        self.assertFalse(ticket.equipment_id)
        self.as_role("intake", ticket).action_accept_suggestion()
        self.assertEqual(ticket.partner_id, self.customer)
        self.assertEqual(ticket.equipment_id, machine)
        self.assertIn(self.customer, ticket.message_partner_ids)

    def test_new_customer(self):
        ticket = self.unknown("It leaks since 2026 at 10:15")
        for role in ("technician", "quality"):
            with self.assertRaises(AccessError):
                self.as_role(role, ticket).action_new_customer()
        self.as_role("intake", ticket).action_new_customer()
        made = ticket.partner_id
        self.assertEqual(made.name, "Nobody")
        self.assertEqual(made.email, "nobody@unknown.example.org")
        self.assertIn(made, ticket.message_partner_ids)
        with self.assertRaisesRegex(UserError, "triage"):
            self.as_role("intake", ticket).action_new_customer()
        partners = self.env["res.partner"].search_count([])
        second = self.take(self.mail("And it smokes", sender=UNKNOWN))
        self.assertEqual(second.partner_id, made, "known from now on")
        self.assertEqual(self.env["res.partner"].search_count([]), partners)

    def test_new_customer_of_a_known_address(self):
        first = self.unknown("It leaks")
        second = self.unknown("It smokes")
        self.as_role("intake", first).action_new_customer()
        with self.assertRaisesRegex(UserError, "belongs to Nobody"):
            self.as_role("intake", second).action_new_customer()
        second.email_from = "no address"
        with self.assertRaisesRegex(UserError, "neither a name"):
            self.as_role("intake", second).action_new_customer()
        self.assertFalse(second.partner_id)

    def test_new_customer_of_a_call(self):
        call = {"partner_id": False, "caller_name": "Ned New", "phone": "+49 40 999888"}
        first, second = (self.create_ticket(**call) for _number in range(2))
        self.as_role("intake", first).action_new_customer()
        made = first.partner_id
        self.assertEqual((made.name, made.phone), ("Ned New", "+49 40 999888"))
        self.assertFalse(made.email)
        with self.assertRaisesRegex(UserError, "belongs to Ned New"):
            self.as_role("intake", second).action_new_customer()
        second.phone = False
        self.as_role("intake", second).action_new_customer()
        self.assertNotEqual(second.partner_id, made, "a name alone is nobody's")

    def test_telephone(self):
        for text in ("Call 030/123456 -", "Call (030) 12 34 56!", "+49 30 123456"):
            ticket = self.unknown(text)
            self.assertEqual(ticket.partner_suggestion_id, self.customer, text)
            self.assertIn("Telephone", ticket.suggestion_reason)

    def test_order(self):
        for text in (f"Order {self.order.name}", "Your order PO-4711 leaks"):
            ticket = self.unknown("x", subject=text)
            self.assertEqual(ticket.partner_suggestion_id, self.customer, text)
            self.assertIn(self.order.name, ticket.suggestion_reason)

    def test_two_candidates_are_none(self):
        self.equip(self.customer, "P200-77")
        ticket = self.unknown("P200-77. Call me: +49 89 7654321")
        self.assertFalse(ticket.partner_suggestion_id)
        self.assertIn("Rival", ticket.suggestion_reason)
        self.assertIn("Mill & Sons", ticket.suggestion_reason)
        with self.assertRaises(UserError):
            self.as_role("intake", ticket).action_accept_suggestion()

    def test_one_address_of_two_customers(self):
        self.env["res.partner"].create(
            {
                "name": "Mia as well",
                "parent_id": self.rival.id,
                "email": "mia@mill.example.com",
            }
        )
        ticket = self.take(self.mail())
        self.assertFalse(ticket.partner_id)
        self.assertFalse(ticket.message_ids.author_id & (self.contact))
        self.assertIn("Rival", ticket.suggestion_reason)
        self.assertIn("Mill & Sons", ticket.suggestion_reason)

    def test_one_address_of_two_contacts_of_a_customer(self):
        self.env["res.partner"].create(
            {
                "name": "Desk",
                "parent_id": self.customer.id,
                "email": "mia@mill.example.com",
            }
        )
        ticket = self.take(self.mail())
        self.assertEqual(ticket.commercial_partner_id, self.customer)

    def test_other_companies_never_match(self):
        other = self.other_company_team()
        (self.customer | self.contact | self.site).company_id = self.company
        self.equip(self.customer, "P200-77")
        ticket = self.take(
            self.mail(
                f"P200-77, {self.order.name}, call +49 30 123456",
                to=f"service.b@{other.alias_domain}",
            )
        )
        self.assertEqual(ticket.company_id, self.company_2)
        self.assertFalse(ticket.partner_id)
        self.assertFalse(ticket.partner_suggestion_id)
        self.assertFalse(ticket.suggestion_reason)
        self.assertNotIn(self.contact, ticket.message_ids.author_id)

    def test_what_a_colleague_passes_on(self):
        self.equip(self.customer, "P200-77")
        ticket = self.take(
            self.mail("Fwd: P200-77 leaks", sender="support@maker.example.com")
        )
        self.assertFalse(ticket.partner_id)
        self.assertEqual(ticket.partner_suggestion_id, self.customer)

    def test_who_may_accept(self):
        self.equip(self.customer, "P200-77")
        ticket = self.unknown("P200-77")
        for role in ("technician", "support", "finance", "quality"):
            with self.assertRaises(AccessError):
                self.as_role(role, ticket).action_accept_suggestion()
        ticket.sudo()._set_state("in_progress")
        with self.assertRaises(UserError):
            self.as_role("intake", ticket).action_accept_suggestion()
        ticket.sudo()._set_state("new")
        self.as_role("dispatcher", ticket).action_accept_suggestion()
        with self.assertRaises(UserError):
            self.as_role("intake", ticket).action_accept_suggestion()

    def test_a_suggestion_is_not_typed(self):
        ticket = self.unknown("x")
        with self.assertRaises(AccessError):
            self.as_role("technician", ticket).write(
                {"partner_suggestion_id": self.rival.id}
            )

    def test_triage_list(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_ticket_action_triage"
        )
        unknown, known = self.unknown("x"), self.take(self.mail())
        waiting = self.as_role("intake", "aftersales.ticket").search(
            [("state", "=", "new"), ("partner_id", "=", False)]
        )
        self.assertIn("partner_id", action["domain"])
        self.assertIn(unknown, waiting)
        self.assertNotIn(known, waiting)
