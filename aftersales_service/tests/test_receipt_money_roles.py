# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who may match, book, explain and waive: finance needs no rights of service, service
none of accounting."""

from lxml import html

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import ROLES
from .common_receipt_money import ReceiptMoneyCommon

CASH = {"paid_method": "cash", "paid_amount": 100}
LIST = "aftersales_service.aftersales_receipt_list_report"
BUTTONS = ("action_match", "action_register_payment", "action_view_proposals")


@tagged("post_install", "-at_install")
class TestReceiptMoneyRoles(ReceiptMoneyCommon):
    def test_finance_has_no_rights_of_service(self):
        """The whole way, without any other after-sales role."""
        staff = self.env.ref("aftersales_service.aftersales_service_group_staff")
        self.assertNotIn(staff, self.ann.all_group_ids)
        for model in ("aftersales.ticket", "aftersales.dispatch"):
            self.assertFalse(self.env[model].with_user(self.ann).has_access("read"))
        receipt = self.billed(**CASH)
        Receipt = self.env["aftersales.receipt"].with_user(self.ann)
        for view, kind in (
            ("aftersales_receipt_view_list_money", "list"),
            ("aftersales_receipt_view_form", "form"),
            ("aftersales_receipt_view_kanban", "kanban"),
        ):
            view = self.env.ref("aftersales_service." + view)
            names = Receipt.get_view(view.id, kind)["models"]["aftersales.receipt"]
            self.env.invalidate_all()
            [values] = Receipt.browse(receipt.id).web_read({n: {} for n in names})
            self.assertEqual(values["name"], receipt.name)
        form = Form(receipt.with_user(self.ann))
        self.assertEqual((form.amount_owed, form.amount_open), (100, 100))
        self.register(receipt)
        self.assertEqual(receipt.state, "reconciled")
        mine = receipt.with_user(self.ann)
        for action in (mine.action_view_moves(), mine.action_view_payments()):
            self.assertTrue(action["res_id"])

    def test_without_accounting_rights_nothing_is_booked(self):
        """Finance without accounting sees what is owed, and may explain it."""
        receipt = self.billed(**CASH)
        mine = receipt.with_user(self.clerk)
        self.assertEqual((mine.amount_owed, mine.money_state), (100, "unmatched"))
        self.assertFalse(mine.can_match)
        for method in BUTTONS:
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(mine, method)()
        for name in ("move_ids", "payment_ids", "order_ids", "proposal_text"):
            with self.subTest(name), self.assertRaises(AccessError):
                mine.read([name])
        self.explain(receipt, "waived", "Goodwill", self.clerk)
        self.approve(receipt)
        self.assertEqual(receipt.state, "reconciled")

    def test_accountants_need_the_role_of_finance(self):
        """Accounting rights alone don't open the receipts."""
        receipt = self.billed(**CASH)
        self.assertFalse(
            self.env["aftersales.receipt"].with_user(self.keeper).has_access("read")
        )
        for method in (*BUTTONS, "action_settle", "action_approve_settlement"):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(receipt.with_user(self.keeper), method)()
        # But he pays invoices natively as ever, and the receipt follows.
        register = (
            self.env["account.payment.register"]
            .with_user(self.keeper)
            .with_context(
                active_model="account.move", active_ids=receipt.sudo().move_ids.ids
            )
        )
        register.create({})._create_payments()
        self.settle_transaction()
        self.assertEqual(receipt.state, "reconciled")
        self.assertEqual(
            receipt.step_ids[-1].user_id, self.env.ref("base.user_root"), "the system"
        )

    def test_service_handles_no_money(self):
        """No role but finance books, matches, explains or waives."""
        receipt = self.billed(**CASH)
        buttons = (*BUTTONS, "action_settle")
        for role in ROLES:
            if role == "finance":
                continue
            mine = self.as_role(role, receipt)
            for method in buttons:
                with self.subTest(role=role, method=method):
                    with self.assertRaises(AccessError):
                        getattr(mine, method)()
            for model in (
                "aftersales.receipt.payment",
                "aftersales.receipt.settle",
                "aftersales.receipt.match",
                "aftersales.receipt.settlement",
                "account.payment",
            ):
                with self.subTest(role=role, model=model):
                    self.assertFalse(self.as_role(role, model).has_access("create"))
            with self.subTest(role=role), self.assertRaises(AccessError):
                mine._propose_settlement("waived", "Please")
            if role != "manager":
                with self.subTest(role=role), self.assertRaises(AccessError):
                    mine.read(["amount_owed"])
        self.assertFalse(receipt.sudo().payment_ids)

    def test_nobody_writes_the_money_by_hand(self):
        receipt = self.billed(**CASH)
        for user in (self.ann, self.boss, self.users["technician"]):
            for values in (
                {"money_state": "matched"},
                {"amount_open": 0},
                {"announced_amount": 1},
                {"is_unbooked": False},
            ):
                with self.subTest(user=user.name, values=values):
                    with self.assertRaises(AccessError):
                        receipt.with_user(user).write(values)
        for user in (self.boss, self.users["technician"]):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                receipt.with_user(user)._step("reconciled")

    def printed(self, receipts, user):
        """Return the words of the list of receipts that a user prints."""
        report = self.env["ir.actions.report"].with_user(user)
        page, _kind = report._render_qweb_html(LIST, receipts.ids)
        body = html.fromstring(page.decode())
        for style in body.xpath("//style"):
            style.text = ""
        return " ".join(body.text_content().split())

    def test_printed_list(self):
        """What is owed and open, with its sums, for those who may know it."""
        receipts = self.billed(2) | self.billed(1, **CASH) | self.received(0)
        self.pay(receipts[0].sudo().move_ids, 50)
        for user in (self.ann, self.clerk, self.boss):
            text = self.printed(receipts, user)
            for words in (
                "Owed Open Steps",
                "$ 200.00 $ 150.00",
                "$ 100.00 $ 100.00",
                "Total $ 300.00 $ 250.00",
            ):
                with self.subTest(user=user.name, words=words):
                    self.assertIn(words, text)
        text = self.printed(receipts, self.users["technician"])
        for words in ("Owed Open", "Total", "$ 200.00"):
            self.assertNotIn(words, text)

    def test_reconciled_is_what_is_settled(self):
        """Not even finance, or the system, says so of money that is open."""
        receipt = self.billed(**CASH)
        for mine in (receipt.with_user(self.ann), receipt.sudo()):
            with self.assertRaisesRegex(UserError, "not settled"):
                mine._step("reconciled")
        self.register(receipt)
        self.assertEqual(receipt.state, "reconciled")

    def test_who_carried_it_does_not_book_it(self):
        """A dispatcher of finance who has handed it over handles none of its money."""
        receipt = self.visit_receipt(**CASH)
        carrier = self.make_user(
            "as_carrier",
            "Carrier",
            "base.group_user,account.group_account_basic,"
            "aftersales_service.aftersales_service_group_dispatcher,"
            "aftersales_service.aftersales_service_group_finance",
        )
        with self.at(32):
            self.hand_over(receipt, carrier)
            receipt.with_user(self.ann).action_receive()
        self.invoice(receipt)
        for method in BUTTONS:
            with self.subTest(method), self.assertRaisesRegex(AccessError, "handed"):
                getattr(receipt.with_user(carrier), method)()
        self.assertFalse(receipt.with_user(carrier).can_register)
