# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What finance scans or types, and what comes back; where receipts are found."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import GROUP
from .common_receipt import ReceiptCommon

#: What is left of their XML ids.
MENUS = {
    "menu_my": "my",
    "menu_scan": "scan",
    "menu_to_receive": "to_receive",
    "batch_menu": "envelopes",
    "menu_missing": "missing",
    "menu_all": "all",
    "menu_account": "account",
}


@tagged("post_install", "-at_install")
class TestReceiptScan(ReceiptCommon):
    def scan(self, text, user=None):
        Batch = self.env["aftersales.receipt.batch"].with_user(user or self.cashier)
        return Batch.scan(text)

    def test_an_envelope_shows_its_list(self):
        receipts = self.signed() | self.signed()
        batch = self.hand_over(receipts)
        for text in (batch.name, batch.name.lower(), f"  {batch.name}\n"):
            answer = self.scan(text)
            self.assertNotIn("error", answer)
            page = answer["page"]
            self.assertEqual(page["id"], batch.id)
            self.assertEqual(page["handed_by"], "Technician")
        # In the order of the printed list.
        self.assertEqual([row["id"] for row in page["receipts"]], receipts.ids)
        row = next(one for one in page["receipts"] if one["id"] == receipts[0].id)
        self.assertTrue(row["is_expected"])
        self.assertEqual(row["customer"], "Mill & Sons, Mia Mill")
        self.assertEqual(row["outcome"], "Accepted")
        # To look is not to receive.
        self.assertEqual(receipts.mapped("state"), ["handed"] * 2)

    def test_each_code_of_a_form_receives_it(self):
        """The printed code, the hash of older prints, and what is typed."""
        codes = (
            lambda receipt: receipt.form_id._qr_text(),
            lambda receipt: receipt.form_id._verify_path(),
            lambda receipt: receipt.name,
            lambda receipt: receipt.name.lower(),
            lambda receipt: receipt.name.upper(),
            lambda receipt: receipt.form_id.name,
            lambda receipt: receipt.form_id.name.lower(),
        )
        receipts = self.env["aftersales.receipt"]
        for _code in codes:
            receipts |= self.signed()
        batch = self.hand_over(receipts)
        for left, (code, receipt) in enumerate(zip(codes, receipts, strict=True), 1):
            with self.subTest(code=code(receipt)):
                answer = self.scan(code(receipt))
                self.assertNotIn("error", answer)
                self.assertEqual(answer["receipt"], receipt.id)
                self.assertEqual(answer["message"], f"{receipt.name} received.")
                self.assertEqual(answer["page"]["id"], batch.id)
                rows = answer["page"]["receipts"]
                waiting = [row for row in rows if row["is_expected"]]
                self.assertEqual(len(waiting), len(codes) - left)
                self.assertEqual(receipt.received_by_id, self.cashier)
        self.assertEqual(batch.state, "received")

    def test_errors_say_what_to_do(self):
        receipt = self.signed()
        self.assertIn("Scan", self.scan("  ")["error"])
        self.assertIn("4711", self.scan("4711")["error"])
        # Not a wildcard for the first one that comes.
        for text in ("%", "SV/%", "_", "ENV/%"):
            self.assertIn("error", self.scan(text))
        self.assertRegex(
            self.scan(receipt.name)["error"], "not handed over.*Technician"
        )
        batch = self.put_in(receipt)
        self.assertIn(batch.name, self.scan(receipt.name)["error"])
        answer = self.scan(batch.name)
        self.assertTrue(answer["page"]["is_open"])
        batch.with_user(self.users["technician"]).action_hand_over()
        self.scan(receipt.name)
        again = self.scan(receipt.name, self.accountant)
        self.assertRegex(again["error"], "received already.*Finance")
        self.assertEqual(receipt.received_by_id, self.cashier)

    def test_what_no_database_takes(self):
        """Signs that scanners send, or that somebody makes up."""
        receipt = self.signed()
        batch = self.hand_over(receipt)
        for text in ("\x00", "\ud800", "\x1d\x00 ", None, False, [], 0):
            with self.subTest(text=text):
                self.assertIn("Scan", self.scan(text)["error"])
        for text in ("A\x00B", "A\ud800", "x" * 10**5, 4711, ["A"], "9" * 30):
            with self.subTest(text=str(text)[:20]):
                self.assertIn("No envelope", self.scan(text)["error"])
        page = self.scan(f"\x02{batch.name}\x00\r\n")["page"]
        self.assertEqual(page["id"], batch.id)
        self.assertIn("received", self.scan(f"\x1d{receipt.name}")["message"])

    def test_a_number_of_two_companies(self):
        """It is not guessed whose paper lies there; the printed code says it."""
        here, there = self.signed(), self.signed()
        batch = self.hand_over(here)
        other = self.hand_over(there)
        self.env.flush_all()
        self.cr.execute(
            "UPDATE aftersales_receipt SET company_id = %s, name = %s WHERE id = %s",
            [self.company_2.id, here.name, there.id],
        )
        self.cr.execute(
            "UPDATE aftersales_receipt_batch SET company_id = %s, name = %s"
            " WHERE id = %s",
            [self.company_2.id, batch.name, other.id],
        )
        self.env.invalidate_all()
        self.cashier.company_ids = [Command.link(self.company_2.id)]
        both = (self.company | self.company_2).ids
        Batch = self.env["aftersales.receipt.batch"].with_user(self.cashier)
        for text in (batch.name, here.name):
            with self.subTest(text=text):
                answer = Batch.with_context(allowed_company_ids=both).scan(text)
                self.assertIn(self.company_2.name, answer["error"])
        self.assertEqual((here | there).mapped("state"), ["handed"] * 2)
        one = Batch.with_context(allowed_company_ids=self.company.ids)
        self.assertEqual(one.scan(here.name)["receipt"], here.id)
        self.assertEqual(
            Batch.with_context(allowed_company_ids=both).scan(there.form_id._qr_text())[
                "receipt"
            ],
            there.id,
        )

    def test_replaced_ones_lead_to_the_new_version(self):
        receipt = self.signed()
        self.hand_over(receipt)
        newer = self.correct(receipt)
        self.assertIn(newer.name, self.scan(receipt.form_id._qr_text())["error"])
        self.hand_over(newer)
        # The number alone means the latest version.
        self.assertEqual(self.scan(newer.form_id.name)["receipt"], newer.id)
        self.assertEqual(newer.state, "received")

    def test_receive_the_ticked(self):
        there, missing = self.signed(), self.signed()
        batch = self.hand_over(there | missing)
        answer = batch.with_user(self.cashier).scan_receive(there.ids)
        self.assertEqual((there.state, missing.state), ("received", "issued"))
        self.assertIn(missing.name, answer["message"])
        self.assertIn("1 received", answer["message"])
        self.assertEqual(len(answer["page"]["receipts"]), 1)
        again = batch.with_user(self.cashier).scan_receive(there.ids)
        self.assertIn("Nothing", again["error"])

    def test_a_refusal_leaves_nothing_half_done(self):
        """One of two was handed over by who receives: neither is received."""
        mine, other = self.signed(), self.signed()
        batch = self.hand_over(mine | other)
        self.env.flush_all()
        mine.sudo().handed_by_id = self.cashier
        answer = batch.with_user(self.cashier).scan_receive((mine | other).ids)
        self.assertIn(mine.name, answer["error"])
        self.assertEqual((mine | other).mapped("state"), ["handed"] * 2)
        self.assertIn("error", self.scan(mine.name))

    def test_for_finance_only(self):
        batch = self.hand_over(self.signed())
        for role, user in self.users.items():
            mine = batch.with_user(user)
            if role == "finance":
                continue
            with self.subTest(role=role):
                for call in (
                    lambda b=mine: b.scan(batch.name),
                    lambda b=mine: b.scan_page(),
                    lambda b=mine: b.scan_receive(batch.receipt_ids.ids),
                ):
                    with self.assertRaises(AccessError):
                        call()

    def test_an_address_of_another_company(self):
        """The page opens empty: the companies were switched, or the address is old."""
        batch = self.hand_over(self.signed())
        self.cashier.company_ids = [Command.link(self.company_2.id)]
        Batch = self.env["aftersales.receipt.batch"].with_user(self.cashier)
        there = Batch.with_context(allowed_company_ids=self.company_2.ids)
        self.assertFalse(there.browse(batch.id).scan_page()["page"])
        self.assertFalse(there.browse(10**9).scan_page()["page"])
        here = Batch.with_context(allowed_company_ids=self.company.ids)
        self.assertEqual(here.browse(batch.id).scan_page()["page"]["id"], batch.id)

    def test_ids_of_others_are_refused(self):
        """Whatever a request sends, it is checked against the envelope."""
        inside, outside = self.signed(), self.signed()
        batch = self.hand_over(inside)
        self.hand_over(outside)
        mine = batch.with_user(self.cashier)
        self.assertIn(outside.name, mine.scan_receive(outside.ids)["error"])
        self.assertIn("page", mine.scan_receive([10**9]))
        self.assertEqual(outside.state, "handed")


@tagged("post_install", "-at_install")
class TestReceiptMenus(ReceiptCommon):
    def seen_by(self, user, menus):
        """Return the menus that a user sees, with all that they hang on."""
        visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
        return menus.filtered(
            lambda menu: set(map(int, menu.parent_path.split("/")[:-1])) <= visible
        )

    def test_each_entry_opens_a_page(self):
        """Each entry leads somewhere, for each role that sees it."""
        names = {
            self.env.ref(f"aftersales_service.aftersales_receipt_{name}"): short
            for name, short in MENUS.items()
        }
        menus = self.env["ir.ui.menu"].union(*names)
        billing = self.make_user(
            "as_billing", "Billing", "account.group_account_invoice"
        )
        self.assertFalse(self.seen_by(billing, menus))
        billing.group_ids = [Command.link(self.env.ref(GROUP % "finance").id)]
        expected = {
            "technician": {"my", "envelopes", "all"},
            "dispatcher": {"my", "envelopes", "missing", "all"},
            "manager": {"envelopes", "missing", "all"},
            "finance": {"scan", "to_receive", "envelopes", "missing", "all"},
            "intake": set(),
        }
        for user, seen in [
            *((self.users[role], found) for role, found in expected.items()),
            (billing, expected["finance"] | {"account"}),
        ]:
            with self.subTest(user=user.login):
                mine = self.seen_by(user, menus)
                self.assertEqual({names[menu] for menu in mine}, seen)
                for menu in mine:
                    action = menu.with_user(user).action
                    if action._name != "ir.actions.act_window":
                        continue
                    Model = self.env[action.res_model].with_user(user)
                    for _view, kind in action.sudo().views:
                        self.assertTrue(Model.get_view(view_type=kind)["arch"])
                    Model.search([], limit=1).read(["display_name"])
