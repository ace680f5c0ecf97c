# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The customer reads the quotation of a contract on his page, and signs or declines."""

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tests.common import JsonRpcException

from .common import drawn_signature
from .contract_sale_common import ContractSaleCommon

PASSWORD = "portal-pass-1"


@tagged("post_install", "-at_install")
class TestContractQuotePortal(ContractSaleCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.logins = {}
        for name, parent in (("mill", cls.customer), ("other", cls.stranger)):
            user = new_test_user(
                cls.env,
                f"portal_{name}",
                groups="base.group_portal",
                password=PASSWORD,
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            user.partner_id.parent_id = parent
            cls.logins[name] = user

    def sent(self, *lines, **values):
        order = self.create_order(
            *(lines or [self.line_of(self.machines[:2])]),
            require_signature=True,
            require_payment=False,
            **values,
        )
        order.action_quotation_sent()
        self.env.flush_all()
        return order

    def login(self, name="mill"):
        self.env.flush_all()
        self.authenticate(self.logins[name].login, PASSWORD)

    def sign(self, order, **values):
        result = self.make_jsonrpc_request(
            f"/my/orders/{order.id}/accept",
            {
                "name": "Mia Mill",
                "signature": drawn_signature("Mia").decode(),
                **values,
            },
        )
        self.env.invalidate_all()
        return result

    def decline(self, order, reason):
        page = self.url_open(f"/my/orders/{order.id}")
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        self.url_open(
            f"/my/orders/{order.id}/decline",
            data={"decline_message": reason, "csrf_token": token},
        )
        self.env.invalidate_all()

    def test_read_and_sign(self):
        order = self.sent()
        self.login()
        page = self.url_open(f"/my/orders/{order.id}").text
        for text in (
            "After-sales contract for 12 months from the day of the order",
            "Covered: parts 100 % and labour 50 %. Charged: travel.",
            "In each contract year up to 4 visits.",
            "Always charged: Oil and Filters.",
            "A technician comes within 24 hours.",
            "2 maintenance visits a year are included.",
            "P100-1",
            "P100-2",
        ):
            self.assertIn(text, page)
        self.assertNotIn("P100-3", page)
        self.assertNotIn("error", self.sign(order))
        contract = self.contracts(order)
        self.assertRecordValues(
            contract, [{"state": "active", "signed_by": "Mia Mill"}]
        )
        self.assertTrue(contract.signature)
        self.assertEqual(contract.line_ids.equipment_id, self.machines[:2])
        page = self.url_open(f"/my/orders/{order.id}").text
        self.assertIn(f"Contract {contract.name}:", page)
        self.assertIn("error", self.sign(order), "signed already")
        self.assertEqual(self.contracts(order), contract)

    def test_signed_by_link(self):
        """Who has the link of the mail needs no login."""
        order = self.sent()
        order.sudo()._portal_ensure_token()
        self.env.flush_all()
        self.authenticate(None, None)
        self.assertIn("error", self.sign(order, access_token="guessed"))
        self.assertFalse(self.contracts(order))
        self.assertNotIn(
            "error", self.sign(order, access_token=order.sudo().access_token)
        )
        self.assertEqual(self.contracts(order).state, "active")

    def test_stranger(self):
        order = self.sent()
        self.login("other")
        self.assertNotIn("P100-1", self.url_open(f"/my/orders/{order.id}").text)
        self.assertIn("error", self.sign(order))
        self.assertFalse(self.contracts(order))

    def test_declined(self):
        order = self.sent()
        self.login()
        self.decline(order, "Too expensive")
        self.assertEqual(order.state, "cancel")
        self.assertFalse(self.contracts(order))
        self.assertFalse(order.order_line.aftersales_contract_ids)

    def test_renewal_declined(self):
        """Who sold the contract reads it there."""
        contract = self.sold(self.line_of(self.machines[0]), by_customer=True)
        renewal = contract._quote_renewal()
        renewal.require_signature = True
        renewal.action_quotation_sent()
        self.login()
        self.decline(renewal, "We sell the press")
        notes = str(contract.message_ids.mapped("body"))
        self.assertIn(f"{renewal.name} to renew it was cancelled", notes)
        self.assertEqual(contract.state, "active")

    def test_covers_the_ticket(self):
        """The fault that the quotation answers is named on the page, and covered."""
        ticket = self.create_ticket(
            equipment_id=self.machines[0].id, partner_id=self.contact.id
        )
        order = self.sent()
        order.sudo().write(
            {"aftersales_ticket_id": ticket.id, "aftersales_covers_ticket": True}
        )
        self.login()
        page = self.url_open(f"/my/orders/{order.id}").text
        self.assertIn(f"({ticket.reference}) is covered too.", page)
        self.sign(order)
        self.assertEqual(self.contracts(order).covered_ticket_ids, ticket)

    def test_machine_gone_meanwhile(self):
        """Nothing is half done: no order, no contract."""
        order = self.sent()
        self.machines[0].sudo().state = "ended"
        self.login()
        with (
            self.assertLogs("odoo.http", "WARNING"),
            self.assertRaises(JsonRpcException),
        ):
            self.sign(order)
        self.env.invalidate_all()
        self.assertFalse(self.contracts(order))
