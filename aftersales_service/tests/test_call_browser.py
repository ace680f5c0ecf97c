# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import HttpCase, tagged

from .test_call import CallCommon


@tagged("post_install", "-at_install", "-standard", "aftersales_browser")
class TestCallBrowser(CallCommon, HttpCase):
    """A call is written down with the keyboard only, in fewer than ten keys."""

    def last(self):
        return self.env["aftersales.ticket"].search([], order="id desc", limit=1)

    def test_new_ticket(self):
        self.start_tour("/odoo/service-tickets", "aftersales_call", login="as_intake")
        ticket = self.last()
        self.assertEqual(ticket.name, "Does not press")
        self.assertEqual(ticket.partner_id, self.contact)
        self.assertEqual(ticket.equipment_id, self.press)
        self.assertEqual(ticket.channel, "phone")
        self.assertIn("It hums", ticket.description)

    def test_open_ticket(self):
        ticket = self.create_ticket()
        self.start_tour("/odoo", "aftersales_call_again", login="as_intake")
        self.assertEqual(self.last(), ticket)
        self.assertIn("Asks when we come", ticket.message_ids[0].body)

    def test_new_customer(self):
        self.start_tour("/odoo", "aftersales_call_unknown", login="as_intake")
        ticket = self.last()
        self.assertEqual(ticket.name, "Wants a price")
        self.assertEqual(ticket.partner_id.name, "Nina New")
        self.assertEqual(ticket.partner_id.phone, "+49 40 9998887")

    def test_not_for_everybody(self):
        """The key does nothing for those who take no calls."""
        self.browser_js(
            "/odoo",
            """
            const press = () => window.dispatchEvent(new KeyboardEvent("keydown",
                {key: "c", code: "KeyC", altKey: true, shiftKey: true, bubbles: true}));
            press();
            setTimeout(() => document.querySelector(".modal")
                ? console.error("opened") : console.log("test successful"), 1500);
            """,
            "odoo.isReady === true",
            login="as_quality",
        )
