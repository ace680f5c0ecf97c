# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date

from psycopg2 import IntegrityError

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .equipment_common import EquipmentCommon


@tagged("post_install", "-at_install")
class TestEquipmentDelivery(EquipmentCommon):
    """Deliveries become equipment."""

    def test_serials(self):
        lots = self.serials("P-1", "P-2")
        order = self.sell((self.press, 2), (self.screw, 5))
        self.put_on_stock(self.screw, 5)
        equipment = self.deliver(order, lots)
        self.assertEqual(equipment.mapped("serial_number"), ["P-1", "P-2"])
        self.assertEqual(equipment.partner_id, self.customer)
        self.assertEqual(equipment.mapped("quantity"), [1, 1])
        self.assertEqual(equipment.mapped("state"), ["in_service"] * 2)
        self.assertEqual(equipment.sale_line_id, order.order_line[0])
        self.assertEqual(equipment.company_id, self.company)
        self.assertEqual(set(equipment.mapped("delivery_date")), {date(2026, 3, 2)})
        self.assertEqual(len(equipment.warranty_ids), 2)
        self.assertEqual(
            set(equipment.warranty_ids.mapped("end_date")), {date(2027, 3, 1)}
        )
        events = equipment.event_ids
        self.assertEqual(events.mapped("kind"), ["delivered"] * 2)
        self.assertEqual(events.user_id, self.storekeeper)
        self.assertFalse(
            self.storekeeper.has_group(
                "aftersales_service.aftersales_service_group_staff"
            )
        )

    def test_second_unit_of_untracked_product(self):
        """Case 28: it is another equipment, also in a later delivery."""
        self.put_on_stock(self.pump, 10)
        first = self.deliver(self.sell((self.pump, 2)))
        self.assertEqual(first.mapped("unit_number"), [1, 2])
        second = self.deliver(self.sell((self.pump, 1)), moment=24)
        self.assertEqual(len(first | second), 3)
        self.assertEqual(set(second.mapped("delivery_date")), {date(2026, 3, 3)})
        self.assertEqual(len((first | second).warranty_ids), 3)

    def test_fraction_is_one_equipment(self):
        self.pump.uom_id = self.env.ref("uom.product_uom_meter")
        self.put_on_stock(self.pump, 10)
        equipment = self.deliver(self.sell((self.pump, 2.5)))
        self.assertEqual(equipment.mapped("quantity"), [2.5])

    def test_other_unit_of_measure(self):
        self.put_on_stock(self.pump, 30)
        order = self.sell()
        order.order_line = [
            Command.create(
                {
                    "product_id": self.pump.id,
                    "product_uom_qty": 2,
                    "product_uom_id": self.env.ref("uom.product_uom_dozen").id,
                }
            )
        ]
        equipment = self.deliver(order)
        self.assertEqual(len(equipment), 24)
        self.assertEqual(set(equipment.mapped("quantity")), {1.0})

    def test_lot_is_one_equipment_with_a_quantity(self):
        lot = self.serials("L-1", product=self.sensor, quantity=20)
        equipment = self.deliver(self.sell((self.sensor, 5)), lot, 5)
        self.assertEqual(equipment.quantity, 5)
        # The same day: more of it under the same warranty.
        self.deliver(self.sell((self.sensor, 2)), lot, 2, moment=1)
        self.assertEqual(self.equipment(lot), equipment)
        self.assertEqual(equipment.quantity, 7)
        self.assertEqual(len(equipment.warranty_ids), 1)
        # Later: what comes later has its own warranty.
        self.deliver(self.sell((self.sensor, 3)), lot, 3, moment=24 * 30)
        self.assertEqual(equipment.quantity, 10)
        self.assertEqual(
            equipment.warranty_ids.mapped("start_date"),
            [date(2026, 3, 2), date(2026, 4, 1)],
        )
        events = equipment.event_ids.sorted("id")
        self.assertEqual(events.mapped("quantity"), [5, 2, 3])
        # Another customer has his own.
        self.deliver(
            self.sell((self.sensor, 1), partner=self.other_customer), lot, 1, moment=800
        )
        self.assertEqual(self.equipment(lot).mapped("quantity"), [10, 1])
        self.assertFalse(any(self.equipment(lot).mapped("warning")))

    def test_two_lines_of_one_lot(self):
        lot = self.serials("L-2", product=self.sensor, quantity=20)
        order = self.sell((self.sensor, 2), (self.sensor, 3))
        picking = order.picking_ids
        picking.action_assign()
        with self.at(0):
            self.validate(picking)
        self.assertEqual(self.equipment(lot).quantity, 5)

    def test_multi_step(self):
        self.warehouse.delivery_steps = "pick_pack_ship"
        lots = self.serials("P-3")
        order = self.sell((self.press, 1))
        for _step in range(2):
            picking = order.picking_ids.filtered(lambda p: p.state == "assigned")
            with self.at(0):
                self.validate(picking, lots)
            self.assertFalse(self.equipment(lots))
        picking = order.picking_ids.filtered(lambda p: p.state == "assigned")
        with self.at(24):
            self.validate(picking, lots)
        equipment = self.equipment(lots)
        self.assertEqual(equipment.delivery_date, date(2026, 3, 3))
        self.assertEqual(equipment.sale_order_id, order)

    def test_partial_delivery_and_backorder(self):
        lots = self.serials("P-4", "P-5")
        order = self.sell((self.press, 2))
        first = self.deliver(order, lots[0])
        self.assertEqual(first.lot_id, lots[0])
        both = self.deliver(order, lots[1], moment=24)
        self.assertEqual(both.lot_id, lots)
        self.assertEqual(
            both.mapped("delivery_date"), [date(2026, 3, 2), date(2026, 3, 3)]
        )

    def test_dropshipment(self):
        """From the vendor straight to the customer; the transfer is the vendor's."""
        lot = self.serials("P-6")
        order = self.sell((self.press, 1))
        order.picking_ids.action_cancel()
        vendor = self.env["res.partner"].create({"name": "Vendor"})
        supplier = self.env.ref("stock.stock_location_suppliers")
        picking = self.env["stock.picking"].create(
            {
                "partner_id": vendor.id,
                "picking_type_id": self.warehouse.out_type_id.id,
                "location_id": supplier.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.press.id,
                            "product_uom_qty": 1,
                            "location_id": supplier.id,
                            "location_dest_id": self.env.ref(
                                "stock.stock_location_customers"
                            ).id,
                            "sale_line_id": order.order_line.id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.move_ids.partner_id = False
        with self.at(0):
            self.validate(picking, lot)
        equipment = self.equipment(lot)
        self.assertEqual(equipment.partner_id, self.customer)
        self.assertEqual(equipment.site_id, order.partner_shipping_id)

    def test_site_and_end_user(self):
        lots = self.serials("P-7", "P-8", "P-9")
        # A site of the customer's own
        order = self.sell((self.press, 1), partner_shipping_id=self.site.id)
        equipment = self.deliver(order, lots[0])
        self.assertEqual(equipment.site_id, self.site)
        self.assertFalse(equipment.end_user_id)
        # A dealer's customer
        elsewhere = self.env["res.partner"].create(
            {"name": "Shop", "parent_id": self.other_customer.id, "type": "delivery"}
        )
        order = self.sell((self.press, 1), partner_shipping_id=elsewhere.id)
        equipment = self.deliver(order, lots[1])
        self.assertEqual(equipment.partner_id, self.customer)
        self.assertEqual(equipment.site_id, elsewhere)
        self.assertEqual(equipment.end_user_id, self.other_customer)
        # Named on the order
        order = self.sell(
            (self.press, 1), aftersales_end_user_id=self.other_customer.id
        )
        equipment = self.deliver(order, lots[2])
        self.assertEqual(equipment.end_user_id, self.other_customer)

    def test_delivery_day_is_the_sites(self):
        self.site.tz = "Asia/Tokyo"
        lots = self.serials("P-10")
        order = self.sell((self.press, 1), partner_shipping_id=self.site.id)
        equipment = self.deliver(order, lots, moment=self.day(2026, 3, 2, 18))
        self.assertEqual(equipment.delivery_date, date(2026, 3, 3))

    def test_delivery_without_an_order(self):
        lot = self.serials("P-11")
        picking = self.env["stock.picking"].create(
            {
                "partner_id": self.site.id,
                "picking_type_id": self.warehouse.out_type_id.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.press.id,
                            "product_uom_qty": 1,
                            "location_id": self.warehouse.lot_stock_id.id,
                            "location_dest_id": self.env.ref(
                                "stock.stock_location_customers"
                            ).id,
                        }
                    )
                ],
            }
        )
        nobody = picking.copy({"partner_id": False})
        picking.action_confirm()
        with self.at(0):
            self.validate(picking, lot)
        equipment = self.equipment(lot)
        self.assertEqual(equipment.partner_id, self.customer)
        self.assertEqual(equipment.site_id, self.site)
        self.assertEqual(equipment.warranty_ids.term_id, self.term)
        # Without a customer: a visible note, and the delivery is done.
        lot = self.serials("P-12")
        nobody.action_confirm()
        nobody.move_ids.partner_id = False
        with self.at(0):
            self.validate(nobody, lot)
        self.assertFalse(self.equipment(lot))
        self.assertIn("names no customer", nobody.message_ids[0].body)

    def test_no_term_no_warranty(self):
        """Case 25: no term is no warranty, and never refuses a delivery."""
        self.press.aftersales_warranty_term_id = False
        lots = self.serials("P-13")
        equipment = self.deliver(self.sell((self.press, 1)), lots)
        self.assertTrue(equipment)
        self.assertFalse(equipment.warranty_ids)

    def test_customer_of_another_company(self):
        """A contact of another company is left out and named, not refused."""
        lots = self.serials("P-14")
        order = self.sell(
            (self.press, 1), aftersales_end_user_id=self.other_customer.id
        )
        other = self.env["res.company"].create({"name": "Other"})
        self.other_customer.company_id = other
        picking = order.picking_ids
        equipment = self.deliver(order, lots)
        self.assertEqual(equipment.partner_id, self.customer)
        self.assertFalse(equipment.end_user_id)
        self.assertIn("another company", picking.message_ids[0].body)

    def test_two_companies(self):
        other = self.env["res.company"].create({"name": "Daughter Ltd"})
        self.env.user.company_ids += other
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", other.id)], limit=1
        )
        self.storekeeper.company_ids += other
        lots = self.serials("P-15")
        env = self.env(context={**self.env.context, "allowed_company_ids": [other.id]})
        theirs = env["stock.lot"].create(
            {"name": "P-16", "product_id": self.press.id, "company_id": other.id}
        )
        env["stock.quant"]._update_available_quantity(
            self.press, warehouse.lot_stock_id, 1, lot_id=theirs
        )
        order = env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "company_id": other.id,
                "warehouse_id": warehouse.id,
                "order_line": [
                    Command.create({"product_id": self.press.id, "product_uom_qty": 1})
                ],
            }
        )
        order.action_confirm()
        ours = self.deliver(self.sell((self.press, 1)), lots)
        self.validate(order.picking_ids.with_company(self.company), theirs)
        equipment = self.equipment(theirs)
        self.assertEqual(equipment.company_id, other)
        self.assertEqual(ours.company_id, self.company)
        # The product's term is set in the first company only.
        self.assertTrue(ours.warranty_ids)
        self.assertFalse(equipment.warranty_ids)

    def test_transit_between_companies(self):
        lots = self.serials("P-17")
        transit = self.env.ref("stock.stock_location_inter_company")
        transit.active = True
        picking = self.env["stock.picking"].create(
            {
                "partner_id": self.customer.id,
                "picking_type_id": self.warehouse.out_type_id.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": transit.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.press.id,
                            "product_uom_qty": 1,
                            "location_id": self.warehouse.lot_stock_id.id,
                            "location_dest_id": transit.id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        self.validate(picking, lots)
        self.assertFalse(self.equipment(lots))

    def test_processed_once(self):
        lots = self.serials("P-18")
        order = self.sell((self.press, 1))
        equipment = self.deliver(order, lots)
        again = self.env["aftersales.equipment"]._from_moves(order.picking_ids.move_ids)
        self.assertFalse(again)
        self.assertEqual(len(equipment.event_ids), 1)
        self.assertEqual(len(equipment.warranty_ids), 1)

    def test_entered_before_its_delivery(self):
        """A machine that was typed in is the one that is delivered."""
        lots = self.serials("P-19")
        typed = self.as_role("intake", "aftersales.equipment").create(
            {
                "partner_id": self.contact.id,
                "product_id": self.press.id,
                "serial_number": "P-19",
            }
        )
        self.assertEqual(typed.lot_id, lots)
        self.assertEqual(typed.event_ids.mapped("kind"), ["imported"])
        self.assertEqual(typed.event_ids.user_id, self.users["intake"])
        self.deliver(self.sell((self.press, 1)), lots)
        self.assertEqual(self.equipment(lots), typed.sudo())
        self.assertEqual(typed.delivery_date, date(2026, 3, 2))
        self.assertEqual(typed.partner_id, self.contact)
        self.assertEqual(len(typed.warranty_ids), 1)

    def test_entered_and_then_delivered(self):
        """An entry with an older delivery has been delivered before."""
        lots = self.serials("P-22", "P-23")
        new, old = self.as_role("intake", "aftersales.equipment").create(
            [
                {
                    "partner_id": self.customer.id,
                    "product_id": self.press.id,
                    "serial_number": lot.name,
                    "delivery_date": day,
                }
                for lot, day in zip(lots, (False, date(2020, 1, 1)), strict=True)
            ]
        )
        # After they were entered
        moment = self.day(2040, 1, 9)
        self.deliver(self.sell((self.press, 2)), lots, moment=moment)
        self.assertEqual(self.equipment(lots), (new | old).sudo())
        self.assertEqual(new.delivery_date, date(2040, 1, 9))
        self.assertEqual(old.delivery_date, date(2040, 1, 9))
        self.assertNotIn("without a return", new.warning or "")
        self.assertIn("without a return", old.warning)

    def test_one_event_of_a_move(self):
        """A move that two process at once is refused by the database."""
        lots = self.serials("P-24")
        equipment = self.deliver(self.sell((self.press, 1)), lots)
        event = equipment.event_ids
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            event.copy()
            self.env.flush_all()

    def test_extension_sold_with_the_machine(self):
        term = self.env["aftersales.warranty.term"].create(
            {"name": "One More Year", "duration": 12}
        )
        extension = self.env["product.product"].create(
            {
                "name": "Extended Warranty",
                "type": "service",
                "aftersales_extension_term_id": term.id,
            }
        )
        lots = self.serials("P-20", "P-21")
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [
                    Command.create({"product_id": self.press.id, "product_uom_qty": 2})
                ],
            }
        )
        order.order_line = [
            Command.create(
                {
                    "product_id": extension.id,
                    "product_uom_qty": 1,
                    "linked_line_id": order.order_line.id,
                }
            )
        ]
        order.action_confirm()
        self.deliver(order, lots[0])
        equipment = self.deliver(order, lots[1], moment=24)
        extended = equipment.warranty_ids.filtered(lambda w: w.kind == "extension")
        self.assertEqual(len(extended), 1)
        self.assertEqual(extended.equipment_id.lot_id, lots[0])
        self.assertEqual(extended.sale_line_id, order.order_line[1])
        self.assertEqual(extended.end_date, date(2028, 3, 1))
