# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .equipment_common import EquipmentCommon


@tagged("post_install", "-at_install")
class TestEquipmentChecks(EquipmentCommon):
    """Bad input gets a clear message or a visible warning."""

    def enter(self, role="intake", **values):
        return self.as_role(role, "aftersales.equipment").create(
            {"partner_id": self.customer.id, "product_name": "Old Press", **values}
        )

    def test_delivery_in_the_future(self):
        with self.at(0):
            with self.assertRaisesRegex(ValidationError, "is in the future"):
                self.enter(delivery_date=date(2026, 3, 3))
            self.enter(delivery_date=date(2026, 3, 2))
        # It is tomorrow already where the machine stands.
        self.site.tz = "Asia/Tokyo"
        with self.at(self.day(2026, 3, 2, 18)):
            self.enter(delivery_date=date(2026, 3, 3), site_id=self.site.id)

    def test_commissioned_before_delivery(self):
        with self.assertRaisesRegex(ValidationError, "before the delivery"):
            self.enter(
                delivery_date=date(2025, 3, 2), commissioning_date=date(2025, 3, 1)
            )

    def test_another_company(self):
        other = self.env["res.company"].create({"name": "Daughter Ltd"})
        equipment = self.enter()
        with self.assertRaisesRegex(UserError, "another company"):
            equipment.sudo().company_id = other
        foreigner = self.env["res.partner"].create(
            {"name": "Foreign Customer", "company_id": other.id}
        )
        with self.assertRaisesRegex(UserError, "Foreign Customer"):
            self.enter(partner_id=foreigner.id)

    def test_lot_of_another_product(self):
        lots = self.serials("C-1", product=self.sensor)
        with self.assertRaisesRegex(ValidationError, "is a serial number of Sensor"):
            self.enter(role="manager", product_id=self.press.id, lot_id=lots.id)

    def test_serial_typed_twice(self):
        first = self.enter(serial_number="C-2")
        self.assertFalse(first.warning)
        second = self.enter(serial_number="C-2")
        first.invalidate_recordset(["warning"])
        self.assertIn(second.reference, first.warning)
        self.assertIn(first.reference, second.warning)
        self.assertFalse(self.enter(serial_number="C-2", product_name="Saw").warning)
        # Also where the serial is one in stock
        self.serials("C-3")
        self.enter(serial_number="C-3", product_id=self.press.id)
        again = self.enter(serial_number="C-3", product_id=self.press.id)
        self.assertIn("in service twice", again.warning)

    def test_nobody_writes_what_follows(self):
        equipment = self.enter()
        for name, value in (
            ("state", "returned"),
            ("ended_on", date(2026, 1, 1)),
            ("reference", "X"),
            ("moved_at", self.NOW),
        ):
            with self.subTest(name), self.assertRaises(AccessError):
                equipment.write({name: value})

    def test_delete(self):
        equipment = self.enter()
        with self.assertRaises(AccessError):
            equipment.unlink()
        self.as_role("manager", equipment).unlink()
        self.assertFalse(equipment.exists())
        # Not what was delivered ...
        lots = self.serials("C-4")
        delivered = self.deliver(self.sell((self.press, 1)), lots)
        with self.assertRaisesRegex(UserError, "only be archived"):
            self.as_role("manager", delivered).unlink()
        # ... nor what somebody reported.
        equipment = self.enter()
        ticket = self.create_ticket(equipment_id=equipment.id)
        self.assertEqual(ticket.equipment_id.id, equipment.id)
        with self.assertRaisesRegex(UserError, "only be archived"):
            self.as_role("manager", equipment).unlink()

    def test_warranty_on_entry(self):
        equipment = self.enter(
            role="manager",
            delivery_date=date(2025, 5, 15),
            entry_term_id=self.term.id,
        )
        self.assertEqual(equipment.warranty_ids.end_date, date(2026, 5, 14))
        with self.assertRaises(AccessError):
            self.enter(delivery_date=date(2025, 5, 15), entry_term_id=self.term.id)
        with self.assertRaisesRegex(UserError, "not later"):
            self.as_role("manager", equipment).entry_term_id = self.term


@tagged("post_install", "-at_install")
class TestEquipmentQueries(EquipmentCommon):
    """Creating equipment is set-based."""

    def queries_of(self, count):
        """Return how many queries the equipment of one delivery takes."""
        lots = self.serials(*[f"Q{count}-{index}" for index in range(count)])
        order = self.sell((self.press, count))
        picking = order.picking_ids
        self.patch(
            type(self.env["aftersales.equipment"]), "_from_moves", lambda *args: None
        )
        with self.at(0):
            self.validate(picking, lots)
        self.env.flush_all()
        self.env.invalidate_all()
        Equipment = self.env["aftersales.equipment"].with_user(self.storekeeper)
        before = self.env.cr.sql_log_count
        with self.at(0):
            made = Equipment._process_moves(picking.move_ids, [])
            self.env.flush_all()
        self.assertEqual(len(made), count)
        return self.env.cr.sql_log_count - before

    def test_queries_do_not_grow_with_the_units(self):
        self.queries_of(1)  # fills caches
        few, many = self.queries_of(10), self.queries_of(90)
        self.assertLessEqual(many - few, 16)

    def test_storekeeper_sees_nothing_of_it(self):
        new_test_user(self.env, "plain_storekeeper", groups="stock.group_stock_user")
        with self.assertRaises(AccessError):
            self.env["aftersales.equipment"].with_user(self.storekeeper).search([])
