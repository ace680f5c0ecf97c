# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date

from odoo import Command
from odoo.tests import tagged

from .equipment_common import EquipmentCommon


@tagged("post_install", "-at_install")
class TestEquipmentReturn(EquipmentCommon):
    """Returns end equipment; what comes again is known."""

    def test_delivered_returned_delivered_again(self):
        """Case 24: the warranty follows the last valid delivery."""
        lots = self.serials("R-1", "R-2", "R-3")
        order = self.sell((self.press, 3))
        equipment = self.deliver(order, lots)
        self.give_back(order.picking_ids, lots=lots[1], moment=24 * 10)
        one, two, three = equipment
        self.assertEqual(
            equipment.mapped("state"), ["in_service", "returned", "in_service"]
        )
        self.assertEqual(two.ended_on, date(2026, 3, 12))
        self.assertTrue(two.warranty_ids.is_void)
        self.assertIn("Returned on", two.warranty_ids.void_reason)
        self.assertFalse((one | three).warranty_ids.filtered("is_void"))

        again = self.sell((self.press, 1))
        self.deliver(again, lots[1], moment=24 * 20)
        self.assertEqual(self.equipment(lots[1]), two)
        self.assertEqual(two.state, "in_service")
        self.assertFalse(two.ended_on)
        self.assertEqual(two.sale_order_id, again)
        self.assertEqual(
            two.event_ids.sorted("id").mapped("kind"),
            ["delivered", "returned", "reactivated"],
        )
        valid = two.warranty_ids.filtered(lambda w: not w.is_void)
        self.assertEqual(valid.mapped("start_date"), [date(2026, 3, 22)])
        self.assertFalse(two.warning)

    def test_delivered_again_to_another(self):
        lots = self.serials("R-4")
        order = self.sell((self.press, 1))
        first = self.deliver(order, lots)
        self.give_back(order.picking_ids, lots=lots)
        self.deliver(
            self.sell((self.press, 1), partner=self.other_customer), lots, moment=72
        )
        second = self.equipment(lots) - first
        self.assertEqual(first.state, "returned")
        self.assertTrue(first.warranty_ids.is_void)
        self.assertEqual(second.state, "in_service")
        self.assertEqual(second.partner_id, self.other_customer)
        self.assertFalse(second.warranty_ids.is_void)
        self.assertFalse(second.warning)

    def test_lot_comes_back_in_parts(self):
        lot = self.serials("RL-1", product=self.sensor, quantity=10)
        order = self.sell((self.sensor, 5))
        equipment = self.deliver(order, lot, 5)
        picking = order.picking_ids
        self.give_back(picking, 2, lots=lot)
        self.assertEqual(equipment.quantity, 3)
        self.assertEqual(equipment.state, "in_service")
        self.assertFalse(equipment.warranty_ids.is_void)
        self.give_back(picking, 3, lots=lot, moment=72)
        self.assertEqual(equipment.quantity, 0)
        self.assertEqual(equipment.state, "returned")
        self.assertTrue(equipment.warranty_ids.is_void)
        self.deliver(self.sell((self.sensor, 4)), lot, 4, moment=96)
        self.assertEqual(self.equipment(lot), equipment)
        self.assertEqual(equipment.quantity, 4)
        self.assertEqual(equipment.state, "in_service")
        self.assertEqual(len(equipment.warranty_ids), 2)

    def test_untracked_by_the_delivery_they_came_with(self):
        self.put_on_stock(self.pump, 10)
        first, second = self.sell((self.pump, 2)), self.sell((self.pump, 2))
        ours = self.deliver(first)
        later = self.deliver(second, moment=24)
        self.give_back(first.picking_ids, 1)
        self.assertEqual(ours.mapped("state"), ["returned", "in_service"])
        self.assertEqual(set(later.mapped("state")), {"in_service"})
        # Sent there again, as a return of the return: the same machine.
        back = first.picking_ids.filtered(lambda p: p.picking_type_code == "incoming")
        self.give_back(back, 1, moment=72)
        self.assertEqual(ours.mapped("state"), ["in_service"] * 2)
        self.assertEqual(ours[0].event_ids.sorted("id")[-1].kind, "reactivated")
        self.assertEqual(
            len(
                self.env["aftersales.equipment"].search(
                    [("product_id", "=", self.pump.id)]
                )
            ),
            4,
        )

    def test_untracked_without_origin(self):
        """The newest of that customer, and a note on what nobody knows."""
        self.put_on_stock(self.pump, 10)
        old = self.deliver(self.sell((self.pump, 1)))
        new = self.deliver(self.sell((self.pump, 1)), moment=24)
        picking = self.receive_from_customer(self.pump, 1)
        self.assertEqual(old.state, "in_service")
        self.assertEqual(new.state, "returned")
        picking = self.receive_from_customer(self.pump, 3)
        self.assertEqual(old.state, "returned")
        self.assertIn("2 came back", picking.message_ids[0].body)

    def receive_from_customer(self, product, quantity, moment=48):
        customers = self.env.ref("stock.stock_location_customers")
        picking = self.env["stock.picking"].create(
            {
                "partner_id": self.customer.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "location_id": customers.id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": quantity,
                            "location_id": customers.id,
                            "location_dest_id": self.warehouse.lot_stock_id.id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        with self.at(moment):
            return self.validate(picking)

    def test_unknown_return_of_other_goods_is_silent(self):
        picking = self.receive_from_customer(self.screw, 3)
        self.assertFalse(
            picking.message_ids.filtered(lambda m: "came back" in (m.body or ""))
        )

    def test_no_longer_serviced(self):
        """Machines that are there stay followed; no new ones come."""
        lots = self.serials("R-5", "R-6")
        order = self.sell((self.press, 2))
        equipment = self.deliver(order, lots[0])
        self.press.aftersales_is_serviced = False
        self.deliver(order, lots[1], moment=24)
        self.assertFalse(self.equipment(lots[1]))
        first = order.picking_ids.sorted("id")[0]
        self.give_back(first, lots=lots[0])
        self.assertEqual(equipment.state, "returned")

    def test_serial_delivered_twice_to_another(self):
        """Without a return between: a warning on both, no traceback."""
        lots = self.serials("R-7")
        first = self.deliver(self.sell((self.press, 1)), lots)
        self.correct_stock(lots)
        self.deliver(
            self.sell((self.press, 1), partner=self.other_customer), lots, moment=24
        )
        second = self.equipment(lots) - first
        for equipment in first | second:
            self.assertEqual(equipment.state, "in_service")
            self.assertIn("in service twice", equipment.warning)
            self.assertIn("without a return", equipment.message_ids[0].body)
        # Settled by the return of the first
        self.give_back(first.picking_id, lots=lots)
        self.assertEqual(first.state, "returned")
        (first | second).invalidate_recordset(["warning"])
        self.assertFalse(first.warning or second.warning)

    def test_serial_delivered_twice_to_the_same(self):
        lots = self.serials("R-8")
        equipment = self.deliver(self.sell((self.press, 1)), lots)
        self.correct_stock(lots)
        self.deliver(self.sell((self.press, 1)), lots, moment=24)
        self.assertEqual(self.equipment(lots), equipment)
        self.assertIn("without a return", equipment.warning)
        self.assertEqual(equipment.warranty_ids.mapped("is_void"), [True, False])

    def test_owner_changed_between(self):
        """The serial that comes back is the machine, whoever owns it now."""
        lots = self.serials("R-9")
        order = self.sell((self.press, 1))
        equipment = self.deliver(order, lots)
        equipment.sudo().partner_id = self.other_customer
        self.give_back(order.picking_ids, lots=lots)
        self.assertEqual(equipment.state, "returned")
