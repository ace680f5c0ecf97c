# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .contract_sale_common import ContractSaleCommon

TODAY = date(2026, 3, 2)


@tagged("post_install", "-at_install")
class TestContractSaleChange(ContractSaleCommon):
    """What becomes of the contract when the order is changed after its confirmation."""

    def waiting(self, count=2):
        contract = self.sold(self.line_of(self.machines[:count]))
        self.assertEqual(contract.state, "waiting")
        return contract, contract.sale_line_id.with_user(self.salesman)

    def agreed(self, count=2):
        contract = self.sold(self.line_of(self.machines[:count]), by_customer=True)
        self.assertEqual(contract.state, "active")
        return contract, contract.sale_line_id.with_user(self.salesman)

    def change(self, line, days=10, **values):
        """Change an order line so many days after the confirmation."""
        with self.at(24 * days):
            line.write(values)
            self.env.flush_all()

    def name_machines(self, line, equipment, quantity=None, days=10):
        self.change(
            line,
            days,
            aftersales_equipment_ids=[Command.set(equipment.ids)],
            product_uom_qty=quantity or len(equipment),
        )

    # === BEFORE THE SIGNATURE === #

    def test_waiting_follows_the_line(self):
        contract, line = self.waiting()
        self.name_machines(line, self.machines[1:])
        self.assertEqual(contract.line_ids.equipment_id, self.machines[1:])
        self.change(line, aftersales_contract_start="2026-06-01")
        self.assertEqual(
            (contract.start_date, contract.end_date),
            (date(2026, 6, 1), date(2027, 5, 31)),
        )
        self.assertEqual(set(contract.line_ids.mapped("date_from")), {date(2026, 6, 1)})
        self.assertEqual(contract.state, "waiting")

    def test_another_contract_before_the_signature(self):
        contract, line = self.waiting()
        self.change(line, product_id=self.quarterly.id)
        self.assertEqual(contract.state, "cancelled")
        new = self.live(line.order_id)
        self.assertEqual(new.template_id, self.by_quarter)
        self.assertEqual(new.line_ids.equipment_id, self.machines[:2])
        self.change(line, product_id=self.spare.id)
        self.assertFalse(self.live(line.order_id))

    # === AFTER THE SIGNATURE === #

    def test_machines_join_and_leave(self):
        contract, line = self.agreed()
        self.name_machines(line, self.machines[1:])
        lines = contract.line_ids.grouped("equipment_id")
        left, stayed, joined = (lines[machine] for machine in self.machines)
        changed = date(2026, 3, 12)
        self.assertEqual(
            (left.date_from, left.date_to), (TODAY, date(2026, 3, 11)), "last day"
        )
        self.assertIn(line.order_id.name, left.leave_reason)
        self.assertEqual((stayed.date_from, stayed.date_to), (TODAY, contract.end_date))
        self.assertEqual(
            (joined.date_from, joined.date_to), (changed, contract.end_date)
        )
        self.assertEqual(self.covered(contract, TODAY), self.machines[:2])
        self.assertEqual(self.covered(contract, changed), self.machines[1:])

    def test_before_its_first_day(self):
        contract = self.sold(
            self.line_of(self.machines[:2], aftersales_contract_start="2026-05-01"),
            by_customer=True,
        )
        line = contract.sale_line_id
        self.name_machines(line, self.machines[1:])
        self.assertEqual(self.covered(contract, date(2026, 5, 1)), self.machines[1:])

    def test_what_was_done_on_the_contract_stays(self):
        """The line knows nothing of it, and undoes nothing."""
        contract, line = self.agreed()
        with self.at(24):
            contract._join(self.foreign, date(2026, 3, 3), "by phone")
            contract._leave(self.machines[0], date(2026, 3, 3), "sold on")
        self.change(line, price_unit=900)
        self.change(line, product_uom_qty=3)
        in_it = self.covered(contract, date(2026, 3, 20))
        self.assertEqual(in_it, self.machines[1] | self.foreign)

    def test_price(self):
        contract, line = self.agreed()
        self.change(line, price_unit=1000)
        self.assertEqual(line.order_id.amount_total, 2000)
        self.assertEqual(self.covered(contract, date(2026, 4, 1)), self.machines[:2])
        self.assertEqual(contract.state, "active")

    def test_quantity_lowered_without_saying_which(self):
        contract, line = self.agreed()
        with (
            self.assertRaisesRegex(UserError, "1 sold, but machines named"),
            self.cr.savepoint(),
        ):
            self.change(line, product_uom_qty=1)
        self.env.invalidate_all()
        self.name_machines(line, self.machines[0])
        self.assertEqual(self.covered(contract, date(2026, 3, 12)), self.machines[0])

    def test_machine_left_is_charged_for_its_time(self):
        """One and a half machines: the second one left half way."""
        contract, line = self.agreed()
        self.name_machines(line, self.machines[0], quantity=1.5, days=180)
        self.assertEqual(line.product_uom_qty, 1.5)
        with self.assertRaisesRegex(UserError, "2.5 sold"):
            self.name_machines(line, self.machines[0], quantity=2.5, days=181)
        self.assertEqual(contract.state, "active")

    def test_quantity_zero_and_back(self):
        for contract, line in (self.waiting(), self.agreed()):
            order = line.order_id
            state = contract.state
            self.change(line, product_uom_qty=0)
            self.assertEqual(contract.state, "cancelled")
            self.assertIn(order.name, contract.cancel_reason)
            if state == "active":
                self.assertEqual(contract.cancelled_on, date(2026, 3, 12))
            self.change(line, product_uom_qty=2, days=11)
            new = self.live(order)
            self.assertEqual(new.state, "waiting", "to be signed anew")
            self.assertEqual(new.start_date, date(2026, 3, 13))

    def test_agreed_terms_stay(self):
        contract, line = self.agreed()
        other = self.sold(self.line_of(self.machines[2]), by_customer=True)
        for values in (
            {"product_id": self.quarterly.id},
            {"aftersales_contract_start": "2026-06-01"},
            {"aftersales_renews_id": other.id},
        ):
            with (
                self.subTest(values),
                self.assertRaisesRegex(UserError, "was agreed with the customer"),
                self.cr.savepoint(),
            ):
                self.change(line, **values)
            self.env.invalidate_all()
        self.assertEqual((contract.start_date, contract.state), (TODAY, "active"))

    def test_line_added_later(self):
        """The customer has signed the order, not this line."""
        contract, line = self.agreed(1)
        order = line.order_id
        with self.at(240):
            order.write(
                {
                    "order_line": [
                        Command.create(self.line_of(self.machines[1])),
                        Command.create({"product_id": self.spare.id}),
                    ]
                }
            )
        old, new = self.contracts(order)
        self.assertEqual((old, old.state), (contract, "active"))
        self.assertEqual((new.state, new.start_date), ("waiting", date(2026, 3, 12)))
        self.assertEqual(new.line_ids.equipment_id, self.machines[1])
        with self.assertRaisesRegex(UserError, "name the equipment"):
            order.write(
                {"order_line": [Command.create({"product_id": self.service.id})]}
            )

    # === CANCELLED, AND CONFIRMED AGAIN === #

    def test_order_cancelled(self):
        contract, line = self.agreed()
        with self.at(240):
            line.order_id._action_cancel()
        self.assertEqual(contract.state, "cancelled")
        self.assertEqual(contract.cancelled_on, date(2026, 3, 12))
        self.assertIn("was cancelled", contract.cancel_reason)

    def test_confirmed_again(self):
        """What was cancelled stays so; the customer is asked again."""
        contract, line = self.agreed()
        order = line.order_id
        with self.at(240):
            order._action_cancel()
            order.action_draft()
            order.action_confirm()
        new = self.live(order)
        self.assertEqual(len(self.contracts(order)), 2)
        self.assertEqual((contract.state, new.state), ("cancelled", "waiting"))
        self.assertEqual(new.start_date, date(2026, 3, 12))
        with self.at(241):
            order._action_cancel()
            order.action_draft()
            self.sign_order(order)
        newest = self.live(order)
        self.assertEqual((newest.state, new.state), ("active", "cancelled"))
        self.assertNotIn(newest, contract | new)

    def test_cancelled_on_the_contract(self):
        """It stays cancelled, whatever else changes on the line."""
        contract, line = self.agreed()
        with self.at(24):
            contract._cancel("the customer moves")
        self.change(line, product_uom_qty=2, price_unit=5)
        self.assertFalse(self.live(line.order_id))
        with self.at(300):
            line.order_id._action_cancel()
        self.assertEqual(contract.cancel_reason, "the customer moves")

    def test_line_of_a_cancelled_order_deleted(self):
        contract, line = self.agreed()
        order = line.order_id
        with self.assertRaises(UserError), self.cr.savepoint():
            line.unlink()
        order._action_cancel()
        line.unlink()
        self.env.flush_all()
        self.assertRecordValues(
            contract,
            [{"state": "cancelled", "sale_line_id": False, "sale_order_id": False}],
        )

    def test_locked_order(self):
        contract, line = self.agreed()
        line.order_id.action_lock()
        for values in (
            {"aftersales_equipment_ids": [Command.set(self.machines.ids)]},
            {"aftersales_contract_start": "2026-06-01"},
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                self.change(line, **values)
            self.env.invalidate_all()
        line.order_id.action_unlock()
        self.name_machines(line, self.machines)
        self.assertEqual(self.covered(contract, date(2026, 3, 12)), self.machines)

    def test_copied_order(self):
        contract, line = self.agreed()
        copy = line.order_id.copy()
        self.assertFalse(copy.order_line.aftersales_equipment_ids)
        self.assertFalse(self.contracts(copy))

    # === RENEWED === #

    def test_renewal(self):
        contract, _line = self.agreed(3)
        self.machines[2].sudo().state = "ended"
        with self.at(24 * 310):
            order = contract._quote_renewal()
            self.assertFalse(contract._quote_renewal(), "once")
        new = order.order_line
        self.assertEqual((order.state, order.partner_id), ("draft", self.contact))
        self.assertEqual(order.user_id, self.salesman)
        self.assertEqual(new.aftersales_equipment_ids, self.machines[:2])
        self.assertEqual((new.product_id, new.product_uom_qty), (self.service, 2))
        self.assertEqual(
            order.activity_ids.mapped("user_id"), self.salesman, "to check and send"
        )
        self.assertIn(contract.name, order.activity_ids.summary)
        self.assertIn(f"Renewal of {contract.name}", new._aftersales_statement())
        with self.at(24 * 320):
            self.sign_order(order)
        renewal = self.contracts(order)
        self.assertRecordValues(
            renewal,
            [
                {
                    "renews_id": contract.id,
                    "start_date": date(2027, 3, 2),
                    "end_date": date(2028, 3, 1),
                    "state": "active",
                }
            ],
        )
        with self.at(24 * 370):
            contract._catch_up()
        self.assertEqual(contract.state, "renewed")

    def test_renewal_declined(self):
        """The job doesn't ask again; a person may."""
        contract, _line = self.agreed()
        with self.at(24 * 310):
            order = contract._quote_renewal()
            order._action_cancel()
            self.assertIn(
                f"{order.name} to renew it was cancelled",
                str(contract.message_ids.mapped("body")),
            )
            self.assertFalse(contract._quote_renewal())
            action = contract.with_user(self.salesman).action_quote_renewal()
            again = self.env["sale.order"].browse(action["res_id"])
            self.assertNotEqual(again, order)
            self.assertEqual(again.order_line.aftersales_renews_id, contract)
            action = contract.with_user(self.salesman).action_quote_renewal()
            self.assertEqual(action["res_id"], again.id, "the open one")

    def test_renewal_of_who_left(self):
        """Somebody who is there gets it on his list."""
        contract, _line = self.agreed()
        self.salesman.active = False
        with self.at(24 * 310):
            order = contract._quote_renewal()
        self.assertFalse(order.user_id)
        activity = (order.activity_ids | contract.sudo().activity_ids).filtered(
            lambda a: contract.name in (a.summary or "")
        )
        self.assertEqual(len(activity), 1)
        self.assertTrue(activity.user_id.active)

    def test_renewal_without_product(self):
        contract, _line = self.agreed()
        self.service.active = False
        self.assertFalse(contract._quote_renewal())
        self.assertIn("No product sells", str(contract.message_ids.mapped("body")))
        self.assertFalse(contract._renewal_orders())

    def test_renewal_of_somebody_elses_contract(self):
        contract, _line = self.agreed()
        order = self.quote(
            self.line_of(self.foreign, aftersales_renews_id=contract.id),
            partner_id=self.stranger.id,
        )
        with self.assertRaisesRegex(UserError, "not a contract of this customer"):
            order.action_confirm()
