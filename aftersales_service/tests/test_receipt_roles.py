# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who may make which step of a receipt, and that nobody makes two that exclude."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import GROUP
from .common_receipt import ReceiptCommon

BUTTONS = {
    "hand over": ("issued", lambda receipt: receipt.action_hand_over()),
    "take out": ("handed", lambda receipt: receipt.action_take_out()),
    "receive": ("handed", lambda receipt: receipt.action_receive()),
    "file": ("received", lambda receipt: receipt.action_file()),
}
MAY = {
    "hand over": {"technician", "dispatcher", "manager"},
    "take out": {"technician", "dispatcher", "manager"},
    "receive": {"finance"},
    "file": {"finance"},
}


@tagged("post_install", "-at_install")
class TestReceiptRoles(ReceiptCommon):
    def receipt_in(self, state):
        receipt = self.signed()
        if state == "issued":
            return receipt
        self.hand_over(receipt)
        if state == "received":
            receipt.with_user(self.cashier).action_receive()
        return receipt

    def test_roles_by_step(self):
        """The whole table: seven roles, four buttons."""
        for button, (state, press) in BUTTONS.items():
            receipt = self.receipt_in(state)
            for role, user in self.users.items():
                with self.subTest(button=button, role=role):
                    point = self.cr.savepoint()
                    with point:
                        if role in MAY[button]:
                            press(receipt.with_user(user))
                        else:
                            with self.assertRaises(AccessError):
                                press(receipt.with_user(user))
                        point.rollback()
                    self.env.invalidate_all()
                    self.assertEqual(receipt.state, state)

    def test_step_checks_the_role_by_itself(self):
        """No other method of ours has to be trusted."""
        receipt = self.signed()
        for role, user in self.users.items():
            mine = receipt.with_user(user)
            with self.subTest(role=role):
                if role not in MAY["hand over"]:
                    with self.assertRaises(AccessError):
                        mine._step("handed")
                for state in ("replaced",):
                    with self.assertRaises(AccessError):
                        mine._step(state)
        self.assertEqual(receipt.state, "issued")

    def test_technicians_hand_over_their_own(self):
        receipt = self.signed()
        other = receipt.with_user(self.other_user)
        self.assertFalse(other.can_hand_over)
        with self.assertRaisesRegex(AccessError, "Technician"):
            other.action_hand_over()
        with self.assertRaises(AccessError):
            other._step("handed")
        self.assertTrue(receipt.with_user(self.users["technician"]).can_hand_over)
        self.assertTrue(receipt.with_user(self.users["dispatcher"]).can_hand_over)

    def test_each_technician_of_the_visit_may(self):
        with self.at(0):
            visit = self.plan_visit(self.create_ticket())
            self.as_role("dispatcher", visit).technician_ids = [
                Command.link(self.other.id)
            ]
        with self.at(2):
            self.work_visit(visit)
            receipt = self.sign(visit).receipt_ids
        self.assertEqual(receipt.holder_ids, self.users["technician"] | self.other_user)
        self.hand_over(receipt, self.other_user)
        self.assertEqual(receipt.handed_by_id, self.other_user)

    # === SEPARATION OF DUTIES === #

    def test_who_handed_over_does_not_receive(self):
        """Also with both roles, and also if nobody else is there."""
        finance = self.env.ref(GROUP % "finance")
        for role in ("dispatcher", "manager"):
            with self.subTest(role=role):
                user = self.users[role]
                user.group_ids = [Command.link(finance.id)]
                receipt = self.signed()
                batch = self.hand_over(receipt, user)
                self.assertFalse(receipt.with_user(user).can_receive)
                with self.assertRaises(AccessError):
                    receipt.with_user(user).action_receive()
                with self.assertRaises(AccessError):
                    batch.with_user(user).action_receive()
                with self.assertRaises(AccessError):
                    receipt.with_user(user).sudo()._step("received")
                self.assertEqual(receipt.state, "handed")
                receipt.with_user(self.cashier).action_receive()
                self.assertEqual(receipt.state, "received")

    def test_technician_does_not_receive_what_another_hands_over_for_him(self):
        technician = self.users["technician"]
        technician.group_ids = [Command.link(self.env.ref(GROUP % "finance").id)]
        receipt = self.signed()
        self.hand_over(receipt, self.users["dispatcher"])
        self.assertFalse(receipt.with_user(technician).can_receive)
        with self.assertRaises(AccessError):
            receipt.with_user(technician).action_receive()

    def test_who_was_there_stays_involved(self):
        """Also when he works for finance now, and is no technician any more."""
        receipt = self.receipt_in("handed")
        user = self.users["technician"]
        user.group_ids = [Command.link(self.env.ref(GROUP % "finance").id)]
        receipt.sudo().handed_by_id = self.users["dispatcher"]
        receipt.dispatch_id.sudo().technician_ids.active = False
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(receipt.with_user(user).can_receive)
        with self.assertRaises(AccessError):
            receipt.with_user(user).action_receive()

    def test_who_received_may_file(self):
        receipt = self.receipt_in("received")
        self.assertTrue(receipt.with_user(self.cashier).can_file)
        receipt.with_user(self.cashier).action_file()
        self.assertEqual(receipt.state, "filed")
        self.assertEqual(
            self.steps(receipt),
            [
                ("issued", self.users["technician"]),
                ("handed", self.users["technician"]),
                ("received", self.cashier),
                ("filed", self.cashier),
            ],
        )

    # === ORDER === #

    def test_steps_have_an_order(self):
        receipt = self.signed()
        mine = receipt.with_user(self.cashier)
        for state in ("received", "reconciled", "filed"):
            with self.subTest(state=state), self.assertRaises(UserError):
                mine._step(state)
        self.hand_over(receipt)
        for state in ("reconciled", "filed"):
            with self.subTest(state=state), self.assertRaises(UserError):
                mine._step(state)
        with self.assertRaises(UserError):
            receipt.with_user(self.users["technician"])._step("handed")
        mine.action_receive()
        with self.assertRaises(UserError):
            mine.action_receive()
        with self.assertRaises(UserError):
            receipt.with_user(self.users["technician"]).action_take_out()

    def test_money_is_not_just_filed(self):
        receipt = self.receipt_in("received")
        receipt.sudo().money_state = "unmatched"
        mine = receipt.with_user(self.cashier)
        self.assertFalse(mine.can_file)
        with self.assertRaisesRegex(UserError, "reconciled"):
            mine.action_file()

    def test_the_end_is_undone_by_the_system_only(self):
        """A payment undone puts a receipt back; nobody does it by a button."""
        receipt = self.receipt_in("received")
        mine = receipt.with_user(self.cashier)
        mine.action_file()
        received_at = receipt.received_at
        with self.assertRaises(AccessError):
            mine._step("received")
        receipt.sudo()._step("received", "The payment was undone")
        self.assertEqual(receipt.state, "received")
        self.assertEqual(receipt.received_by_id, self.cashier)
        self.assertEqual(receipt.received_at, received_at)
