# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The customer's contracts on the portal, and signing there."""

import re
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import drawn_signature
from .common_contract import CHARGED, FREE, ContractCommon
from .common_web import PASSWORD, WebCommon


class ContractPortalCommon(WebCommon, ContractCommon):
    def setUp(self):
        super().setUp()
        self.equipment = self.make_equipment(
            delivery_date="2020-05-15", serial_number="P300-1"
        )
        self.contract = self.make_contract(
            self.equipment,
            "2026-11-01",
            agreed=False,
            user_id=self.seller.id,
            response_class_id=self.gold.id,
        )
        stranger = self.stranger
        self.foreign_machine = self.make_equipment(
            partner_id=stranger.id, site_id=stranger.id, serial_number="OW-4711"
        )
        self.foreign = self.make_contract(
            self.foreign_machine, "2026-11-01", agreed=False, partner_id=stranger.id
        )
        self.url = f"/my/contracts/{self.contract.id}"

    def login(self):
        self.authenticate(self.portal.login, PASSWORD)

    def text(self, response):
        main = self.tree(response).xpath("//main")
        return " ".join(main[0].text_content().split())

    def sign_page(self, response, **values):
        """Sign as the page's form would, at the address that the page names.

        :return: dict that the route answers with
        """
        found = re.search(r'"callUrl": "([^"]+)"', self.props(response))
        params = {
            "name": "Mia Mill",
            "signature": drawn_signature("Mia").decode(),
            **values,
        }
        answer = self.make_jsonrpc_request(found[1], params)
        # What another process has written.
        self.env.invalidate_all()
        return answer

    def props(self, response):
        forms = self.tree(response).xpath(
            "//owl-component[@name='portal.signature_form']/@props"
        )
        return forms[0] if forms else ""


@tagged("post_install", "-at_install")
class TestContractPortal(ContractPortalCommon):
    # === THE LIST === #

    def test_home_counts_them(self):
        self.login()
        counters = ["aftersales_contract_count", "aftersales_contract_sign_count"]
        ask = {"counters": counters}
        counts = self.make_jsonrpc_request("/my/counters", ask)
        self.assertEqual([counts[name] for name in counters], [1, 1])
        self.contract._activate()
        self.env.flush_all()
        counts = self.make_jsonrpc_request("/my/counters", ask)
        self.assertEqual([counts[name] for name in counters], [1, 0])
        self.assertIn("/my/contracts", self.page("/my").text)

    def test_list_shows_the_own_ones(self):
        self.login()
        draft = self.contract.copy()
        text = self.text(self.page("/my/contracts"))
        self.assertIn(self.contract.name, text)
        self.assertIn("Waiting for Signature", text)
        self.assertIn("P300-1", text)
        for name in (self.foreign.name, draft.name, "OW-4711"):
            self.assertNotIn(name, text)

    def test_list_sorts_and_turns_pages(self):
        self.login()
        for month in range(1, 8):
            self.make_contract(self.equipment, f"2025-0{month}-01")
        with patch(
            "odoo.addons.portal.controllers.portal.CustomerPortal._items_per_page", 5
        ):
            first = self.tree(self.page("/my/contracts?sortby=number"))
            second = self.tree(self.page("/my/contracts/page/2?sortby=number"))
        names = [
            [link.text_content().strip() for link in tree.xpath("//table//td//a")]
            for tree in (first, second)
        ]
        self.assertEqual([len(page) for page in names], [5, 3])
        listed = names[0] + names[1]
        self.assertEqual(listed, sorted(listed))
        self.assertEqual(self.page("/my/contracts?sortby=secret").status_code, 200)

    def test_nobody_without_login(self):
        answer = self.page("/my/contracts", allow_redirects=False)
        self.assertEqual(answer.status_code, 303)
        self.assertIn("/web/login", answer.headers["Location"])

    def test_a_person_of_another_company_sees_none(self):
        other = self._create_portal_user_of(self.stranger)
        self.authenticate(other.login, PASSWORD)
        text = self.text(self.page("/my/contracts"))
        self.assertIn(self.foreign.name, text)
        self.assertNotIn(self.contract.name, text)

    def _create_portal_user_of(self, partner):
        user = self.portal.copy(
            {"login": "other_portal", "partner_id": False, "name": "Olga"}
        )
        user.password = PASSWORD
        user.partner_id.parent_id = partner
        return user

    # === ONE CONTRACT === #

    def test_page_says_what_is_covered(self):
        self.login()
        ticket = self.create_ticket(equipment_id=self.equipment.id)
        hidden = self.create_ticket(
            name="Complaint of Mia",
            equipment_id=self.equipment.id,
            ticket_type="complaint",
        )
        self.contract.note = "Visits on Sundays too"
        text = self.text(self.page(self.url))
        for words in (
            self.contract.name,
            "This contract begins when you have signed it",
            "Covered: parts 100 %, labour 100 %, and travel 100 %.",
            "Response: Somebody answers at once.",
            "Visits on Sundays too",
            "P300-1",
            "11/01/2026",
            "10/31/2027",
            "Sally Seller",
            ticket.reference,
            "Hose leaks",
        ):
            self.assertIn(words, text)
        self.assertNotIn(hidden.name, text)

    def test_page_says_what_is_used_and_left(self):
        self.login()
        self.contract.write(
            {"limits_visits": True, "visit_quota": 3, "limits_hours": True}
        )
        self.contract.hour_quota = 10
        self.contract._activate()
        self.contract._correct("visit", 2, self.as_date("2026-11-05"), "By telephone")
        text = self.text(self.page(self.url))
        self.assertIn("Visits on Site 1 left", text)
        self.assertIn("2 used of 3, from 11/01/2026 to 10/31/2027", text)
        self.assertIn("Hours 10 left", text)

    def test_states_are_told(self):
        self.login()
        self.contract._activate()
        self.contract._suspend(self.contract._today(), "Secret reason")
        text = self.text(self.page(self.url))
        self.assertIn("This contract is suspended since", text)
        self.contract._cancel("Secret reason")
        text = self.text(self.page(self.url))
        self.assertIn("This contract is cancelled from", text)
        self.assertNotIn("Secret reason", text)

    def test_pdf(self):
        self.login()
        answer = self.page(f"{self.url}?report_type=html")
        self.assertIn("P300-1", answer.text)
        with patch.object(
            type(self.env["ir.actions.report"]),
            "_render_qweb_pdf",
            lambda *args, **kwargs: (b"%PDF-1.4", "pdf"),
        ):
            answer = self.page(f"{self.url}?report_type=pdf&download=1")
        self.assertTrue(answer.content.startswith(b"%PDF"))
        self.assertIn("attachment", answer.headers["Content-Disposition"])

    # === ACCESS === #

    def refused(self, url, **options):
        answer = self.page(url, allow_redirects=False, **options)
        self.assertEqual(answer.status_code, 303, url)
        self.assertTrue(answer.headers["Location"].endswith("/my"), url)

    def test_number_of_another_customer(self):
        """Regression 30: changing the number leads to the own pages."""
        self.login()
        token = self.contract._portal_ensure_token()
        for number in (self.foreign.id, self.foreign.id + 10**6):
            for query in ("", "?report_type=pdf", f"?access_token={token}"):
                self.refused(f"/my/contracts/{number}{query}")
            answer = self.make_jsonrpc_request(
                f"/my/contracts/{number}/sign?access_token={token}",
                {"name": "Chell", "signature": drawn_signature("x").decode()},
            )
            self.assertEqual(answer, {"error": "Invalid contract."})
        self.env.invalidate_all()
        self.assertEqual(self.foreign.state, "waiting")

    def test_visitor_needs_the_token(self):
        self.create_ticket(name="Secret oil", equipment_id=self.equipment.id)
        token = self.contract._portal_ensure_token()
        self.refused(self.url)
        self.refused(f"{self.url}?access_token=wrong")
        answer = self.page(f"{self.url}?access_token={token}")
        self.assertIn(self.contract.name, self.text(answer))
        self.assertNotIn("Secret oil", answer.text)

    def test_draft_is_shown_to_nobody(self):
        draft = self.contract.copy()
        token = draft._portal_ensure_token()
        self.refused(f"/my/contracts/{draft.id}?access_token={token}")
        self.login()
        self.refused(f"/my/contracts/{draft.id}")

    def test_rpc_reads_the_own_ones_only(self):
        Contract = self.env["aftersales.contract"].with_user(self.portal)
        self.assertEqual(Contract.search([]), self.contract)
        with self.assertRaises(AccessError):
            Contract.browse(self.foreign.id).read(["name"])
        for method, args in (
            ("write", [{"note": "x"}]),
            ("unlink", []),
            ("action_send", []),
        ):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(Contract.browse(self.contract.id), method)(*args)
        with self.assertRaises(AccessError):
            Contract.create({"template_id": self.template.id})
        with self.assertRaises(AccessError):
            Contract.browse(self.contract.id).line_ids.read(["date_from"])
        # What is odd about it may name contracts of others.
        for name in ("warning", "job_problem", "maintenance_problem"):
            with self.subTest(field=name), self.assertRaises(AccessError):
                Contract.browse(self.contract.id).read([name])

    # === SIGNING === #

    def test_sign(self):
        self.login()
        with self.mock_mail_gateway():
            answer = self.sign_page(self.page(self.url))
        self.assertTrue(answer["force_refresh"], answer)
        contract = self.contract
        self.assertEqual((contract.state, contract.signed_by), ("active", "Mia Mill"))
        self.assertTrue(contract.signed_on and contract.signature)
        message = contract.message_ids.filtered(lambda m: "Signed by" in (m.body or ""))
        self.assertEqual(message.author_id, self.portal.partner_id)
        self.assertEqual(len(message.attachment_ids), 1)
        page = self.page(answer["redirect_url"])
        self.assertIn("Thank you!", self.text(page))
        self.assertFalse(self.props(page), "nothing left to sign")

    def test_sign_by_the_link_in_the_mail(self):
        token = self.contract._portal_ensure_token()
        page = self.page(f"{self.url}?access_token={token}")
        with self.mock_mail_gateway():
            self.sign_page(page)
        self.assertEqual(self.contract.state, "active")
        message = self.contract.message_ids.filtered(
            lambda m: "Signed by" in (m.body or "")
        )
        self.assertEqual(message.author_id, self.customer)

    def test_colleagues_sign_by_right_only(self):
        """Who only reads contracts can't let one begin by the customer's page."""
        technician = self.users["technician"]
        self.authenticate(technician.login, technician.login)
        page = self.page(self.url)
        self.assertIn(self.contract.name, self.text(page))
        token = self.contract._portal_ensure_token()
        for query in ("", f"?access_token={token}"):
            answer = self.make_jsonrpc_request(
                f"{self.url}/sign{query}",
                {
                    "name": "Tim",
                    "signature": drawn_signature("Tim").decode(),
                    "digest": self.contract._digest(),
                },
            )
            self.assertEqual(answer, {"error": "Invalid contract."})
        self.env.invalidate_all()
        self.assertEqual(self.contract.state, "waiting")
        self.authenticate(self.seller.login, self.seller.login)
        with self.mock_mail_gateway():
            answer = self.sign_page(self.page(self.url))
        self.assertNotIn("error", answer)

    def test_refused_signatures(self):
        self.login()
        page = self.page(self.url)
        for values, words in (
            ({"name": " "}, "enter your name"),
            ({"name": None}, "enter your name"),
            ({"signature": None}, "signature is missing"),
            ({"signature": "x"}, "signature is missing"),
            ({"signature": "aGVsbG8="}, "signature is missing"),
            ({"signature": ["x"]}, "signature is missing"),
            ({"signature": "A" * (3 * 1024 * 1024)}, "signature is missing"),
            ({"digest": "0" * 64}, "changed meanwhile"),
        ):
            answer = self.sign_page(page, **values)
            self.assertIn(words, answer["error"])
            self.assertEqual(self.contract.state, "waiting")
            self.assertFalse(self.contract.signed_by)

    def test_what_was_read_is_signed(self):
        self.login()
        for change in (
            {"parts_share": 0.5},
            {"note": "Not on Sundays"},
            {"end_date": "2027-06-30"},
            {"excluded_category_ids": [Command.set(self.filters.ids)]},
            {"line_ids": [Command.create({"equipment_id": self.foreign_machine.id})]},
        ):
            page = self.page(self.url)
            self.contract.write(change)
            answer = self.sign_page(page)
            self.assertIn("changed meanwhile", answer["error"], change)
        with self.mock_mail_gateway():
            answer = self.sign_page(self.page(self.url))
        self.assertNotIn("error", answer)

    def test_signed_once(self):
        self.login()
        page = self.page(self.url)
        with self.mock_mail_gateway():
            self.sign_page(page)
        signed_on = self.contract.signed_on
        answer = self.sign_page(page, name="Somebody Else")
        self.assertIn("doesn't wait for a signature", answer["error"])
        self.assertEqual(
            (self.contract.signed_by, self.contract.signed_on), ("Mia Mill", signed_on)
        )

    def test_without_a_pdf_engine(self):
        self.login()
        page = self.page(self.url)
        with (
            patch.object(
                type(self.env["ir.actions.report"]),
                "_render_qweb_pdf",
                side_effect=OSError("no engine"),
            ),
            mute_logger("odoo.addons.aftersales_service.models"),
            mute_logger(
                "odoo.addons.aftersales_service.models.aftersales_contract_portal"
            ),
            self.mock_mail_gateway(),
        ):
            self.sign_page(page)
        self.assertEqual(self.contract.state, "active")


@tagged("post_install", "-at_install")
class TestContractSigned(ContractPortalCommon):
    """A signature on the portal covers the ticket that it was quoted for.

    In a former attempt it sometimes did not, by the order in which values were
    computed: each way is tried, and whatever was read before is in memory.
    """

    def setUp(self):
        super().setUp()
        self.seller.group_ids += self.env.ref(
            "aftersales_service.aftersales_service_group_intake"
        )
        self.fast = self.env["aftersales.sla.policy"].create(
            {
                "name": "Gold answers",
                "clock": "respond",
                "target_hours": 2,
                "around_the_clock": True,
                "response_class_id": self.gold.id,
                "company_id": self.company.id,
            }
        )
        self.template.response_class_id = self.gold
        self.machine_2 = self.make_equipment(serial_number="P300-2")

    def quoted(self, **values):
        """Report, find, and quote a contract for it.

        :return: ticket, finding and order
        """
        ticket = self.create_ticket(equipment_id=self.machine_2.id)
        finding = self.make_finding(self.machine_2, ticket)
        self.assertEqual(self.who_pays(finding)[0], CHARGED)
        self.assertTrue(ticket.can_quote_contract)
        action = ticket.with_user(self.seller).action_quote_contract()
        wizard = self.env[action["res_model"]].with_user(self.seller)
        action = wizard.browse(action["res_id"]).action_quote()
        order = self.env["sale.order"].browse(action["res_id"])
        order.with_user(self.seller).write(values)
        return ticket, finding, order

    def covered(self, ticket, finding, order):
        """Expect that the ticket is covered, and its clock retargeted."""
        self.env.invalidate_all()
        contract = order.order_line.sudo().aftersales_contract_ids
        self.assertEqual(contract.state, "active")
        self.assertEqual(contract.covered_ticket_ids, ticket)
        self.assertEqual(self.who_pays(finding), [FREE, FREE, FREE])
        self.assertEqual(finding.coverage_id.line_ids.contract_id, contract)
        self.assertEqual(ticket.contract_id, contract)
        self.assertFalse(ticket.can_quote_contract)
        clock = ticket.sudo().clock_ids.filtered(
            lambda c: c.kind == "respond" and c.outcome == "open"
        )
        self.assertEqual(clock.policy_id, self.fast)
        return contract

    def sign_order(self, order):
        """Sign a quotation on its native page."""
        order.action_quotation_sent()
        token = order._portal_ensure_token()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.mock_mail_gateway():
            answer = self.make_jsonrpc_request(
                f"/my/orders/{order.id}/accept",
                {
                    "access_token": token,
                    "name": "Mia Mill",
                    "signature": drawn_signature("Mia").decode(),
                },
            )
        self.assertTrue(answer.get("force_refresh"), answer)

    def test_signed_quotation(self):
        ticket, finding, order = self.quoted(
            require_signature=True, require_payment=False
        )
        self.sign_order(order)
        contract = self.covered(ticket, finding, order)
        self.assertEqual(contract.signed_by, "Mia Mill")
        self.assertEqual(contract.signature, order.signature)

    def test_signed_as_portal_user(self):
        self.login()
        ticket, finding, order = self.quoted(
            require_signature=True, require_payment=False
        )
        self.sign_order(order)
        self.covered(ticket, finding, order)

    def test_confirmed_by_hand_and_signed_later(self):
        ticket, finding, order = self.quoted(
            require_signature=False, require_payment=False
        )
        order.with_user(self.seller).action_confirm()
        contract = order.order_line.sudo().aftersales_contract_ids
        self.assertEqual(contract.state, "waiting")
        self.assertEqual(self.who_pays(finding)[0], CHARGED)
        token = contract._portal_ensure_token()
        page = self.page(f"/my/contracts/{contract.id}?access_token={token}")
        with self.mock_mail_gateway():
            answer = self.sign_page(page)
        self.assertNotIn("error", answer)
        self.covered(ticket, finding, order)

    def test_not_ticked_does_not_cover(self):
        ticket, finding, order = self.quoted(
            require_signature=True,
            require_payment=False,
            aftersales_covers_ticket=False,
        )
        finding.occurred_on = "2026-02-01"
        self.sign_order(order)
        self.env.invalidate_all()
        contract = order.order_line.sudo().aftersales_contract_ids
        self.assertEqual(contract.state, "active")
        self.assertFalse(contract.covered_ticket_ids)
        self.assertEqual(self.codes(finding)[contract.name], "not_started")

    def test_cancelled_order_takes_it_back(self):
        ticket, finding, order = self.quoted(
            require_signature=True, require_payment=False
        )
        finding.occurred_on = "2026-02-01"
        self.sign_order(order)
        contract = self.covered(ticket, finding, order)
        order.with_user(self.seller)._action_cancel()
        self.env.invalidate_all()
        self.assertEqual(contract.state, "cancelled")
        self.assertEqual(self.who_pays(finding)[0], CHARGED)
        # on its first day already
        self.assertEqual(self.codes(finding)[contract.name], "contract_withdrawn")
