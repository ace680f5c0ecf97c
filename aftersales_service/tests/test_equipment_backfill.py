# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models import aftersales_equipment_backfill_work as backfill
from .equipment_common import EquipmentCommon

CRON = "aftersales_service.ir_cron_equipment_backfill"


@tagged("post_install", "-at_install")
class TestEquipmentBackfill(EquipmentCommon):
    """Equipment from deliveries that were done before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.products = cls.press | cls.sensor | cls.pump
        cls.products.aftersales_is_serviced = False

    def past(self):
        """Deliver and take back while nobody thinks of service.

        Five deliveries: one of two presses, one of which came back and went to
        another customer; a lot in two parts; three pumps.
        """
        serials = self.serials("B-1", "B-2")
        lot = self.serials("BL-1", product=self.sensor, quantity=10)
        self.put_on_stock(self.pump, 3)
        order = self.sell((self.press, 2))
        self.deliver(order, serials)
        self.give_back(order.picking_ids, lots=serials[0], moment=24 * 5)
        self.deliver(
            self.sell((self.press, 1), partner=self.other_customer),
            serials[0],
            moment=24 * 10,
        )
        self.deliver(self.sell((self.sensor, 3)), lot, 3, moment=24 * 11)
        self.deliver(self.sell((self.sensor, 2)), lot, 2, moment=24 * 12)
        self.deliver(self.sell((self.pump, 3)), moment=24 * 13)
        self.assertFalse(self.known())
        self.products.aftersales_is_serviced = True
        return serials, lot

    def known(self):
        return self.env["aftersales.equipment"].search(
            [("product_id", "in", self.products.ids)], order="id"
        )

    def new_run(self, **values):
        return self.as_role("manager", "aftersales.equipment.backfill").create(
            {"product_ids": self.products.ids, **values}
        )

    def work(self):
        """Let the job run until it has nothing to do."""
        with self.enter_registry_test_mode():
            self.assertIs(self.env.ref(CRON).method_direct_trigger(), True)
        self.env.invalidate_all()

    def test_preview_writes_nothing(self):
        self.past()
        run = self.new_run()
        run.action_preview()
        self.assertFalse(self.known())
        found = {
            line.product_id: (
                line.delivery_count,
                line.return_count,
                line.known_count,
                line.equipment_count,
            )
            for line in run.line_ids
        }
        self.assertEqual(
            found,
            {
                self.press: (2, 1, 0, 3),
                self.sensor: (2, 0, 0, 1),
                self.pump: (1, 0, 0, 3),
            },
        )
        self.assertIn("B-1", run.sample)
        self.assertIn("Mill &amp; Sons", run.sample)
        run.action_start()
        self.work()
        self.assertEqual(len(self.known()), 7)
        again = self.new_run()
        again.action_preview()
        self.assertEqual(again.line_ids.mapped("equipment_count"), [0, 0, 0])
        self.assertEqual(sorted(again.line_ids.mapped("known_count")), [1, 2, 3])

    def test_run(self):
        """As if they had been equipment when they were delivered."""
        serials, lot = self.past()
        run = self.new_run()
        run.action_start()
        self.assertEqual(run.state, "running")
        self.work()
        self.assertEqual(run.state, "done")
        self.assertEqual(run.progress, 100)
        self.assertEqual((run.total_count, run.done_count), (6, 6))
        self.assertEqual((run.created_count, run.returned_count), (7, 1))
        self.assertEqual(run.issue_count, 0)
        back, again = self.equipment(serials[0])
        self.assertEqual(back.state, "returned")
        self.assertEqual(back.ended_on, date(2026, 3, 7))
        self.assertTrue(back.warranty_ids.is_void)
        self.assertEqual(again.partner_id, self.other_customer)
        self.assertEqual(again.warranty_ids.start_date, date(2026, 3, 12))
        self.assertFalse(again.warning)
        self.assertEqual(self.equipment(lot).quantity, 5)
        self.assertEqual(self.equipment(lot).event_ids.user_id, self.users["manager"])
        # Again: nothing changes.
        before = self.known().read()
        self.new_run().action_start()
        self.work()
        self.assertEqual(self.known().read(), before)

    def test_in_small_batches_and_killed_half_way(self):
        serials, lot = self.past()
        run = self.new_run()
        run.action_start()
        with patch.object(backfill, "BATCH", 2):
            with patch.object(
                type(self.env["ir.cron"]), "_commit_progress", return_value=0
            ):
                self.env["aftersales.equipment.backfill"]._cron_backfill()
            self.env.invalidate_all()
            self.assertEqual((run.state, run.done_count), ("running", 2))
            self.assertAlmostEqual(run.progress, 100 * 2 / 6)
            run.action_stop()
            self.work()
            self.assertEqual(run.done_count, 2)
            run.action_start()
            self.work()
        self.assertEqual((run.state, run.done_count), ("done", 6))
        self.assertEqual(len(self.known()), 7)
        self.assertEqual(self.equipment(lot).quantity, 5)

    def test_errors_do_not_stop_it(self):
        serials, _lot = self.past()
        Equipment = type(self.env["aftersales.equipment"])
        real = Equipment._prepare_from_unit

        def broken(equipment, unit):
            if unit.lot == serials[1]:
                raise UserError("Broken machine")  # pylint: disable=translation-required
            return real(equipment, unit)

        run = self.new_run()
        run.action_start()
        self.patch(Equipment, "_prepare_from_unit", broken)
        self.work()
        self.assertEqual(run.state, "done")
        self.assertEqual(run.done_count, 6)
        # The first transfer carried the broken one; its return is not known either.
        errors = run.issue_ids.filtered("is_error")
        self.assertEqual(errors.message, "Broken machine")
        self.assertEqual(errors.product_id, self.press)
        notes = run.issue_ids - errors
        self.assertIn("came back", notes.message)
        self.assertEqual(run.issue_count, 2)
        self.assertFalse(self.equipment(serials[1]))
        self.assertTrue(self.equipment(serials[0]))
        # Put right, a second run takes what was left.
        self.patch(Equipment, "_prepare_from_unit", real)
        self.new_run().action_start()
        self.work()
        self.assertEqual(self.equipment(serials[1]).state, "in_service")

    def test_dates_and_products(self):
        self.past()
        run = self.new_run(
            date_from=date(2026, 3, 14),
            date_to=date(2026, 3, 14),
            product_ids=(self.sensor | self.pump).ids,
        )
        run.action_start()
        self.work()
        self.assertEqual(self.known().mapped("quantity"), [2])

    def test_older_moves_do_not_override_newer_ones(self):
        """What was delivered since then stays as it is."""
        serials = self.serials("B-3")
        lot = self.serials("BL-2", product=self.sensor, quantity=20)
        order = self.sell((self.press, 1))
        self.deliver(order, serials)
        self.give_back(order.picking_ids, lots=serials, moment=24)
        self.deliver(self.sell((self.sensor, 3)), lot, 3)
        self.products.aftersales_is_serviced = True
        self.deliver(self.sell((self.press, 1)), serials, moment=24 * 30)
        self.deliver(self.sell((self.sensor, 5)), lot, 5, moment=24 * 30)
        equipment = self.equipment(serials)
        run = self.new_run()
        run.action_start()
        self.work()
        self.assertEqual(self.equipment(serials), equipment)
        self.assertEqual(equipment.state, "in_service")
        self.assertEqual(equipment.delivery_date, date(2026, 4, 1))
        self.assertEqual(len(equipment.warranty_ids), 1)
        self.assertFalse(equipment.warranty_ids.is_void)
        self.assertEqual(len(equipment.event_ids), 3)
        self.assertFalse(equipment.warning)
        self.assertEqual(self.equipment(lot).quantity, 8)
        self.assertEqual(self.equipment(lot).delivery_date, date(2026, 4, 1))
        self.assertEqual(run.issue_count, 0)

    def test_what_was_typed_is_connected(self):
        serials = self.serials("B-4")
        self.deliver(self.sell((self.press, 1)), serials)
        typed = self.as_role("manager", "aftersales.equipment").create(
            {
                "partner_id": self.customer.id,
                "product_id": self.press.id,
                "serial_number": "B-4",
                "delivery_date": date(2026, 2, 27),
                "entry_warranty_until": date(2027, 12, 31),
            }
        )
        self.products.aftersales_is_serviced = True
        self.new_run().action_start()
        self.work()
        self.assertEqual(self.equipment(serials), typed.sudo())
        self.assertTrue(typed.sudo().move_id)
        self.assertEqual(typed.delivery_date, date(2026, 2, 27))
        self.assertEqual(typed.warranty_ids.mapped("end_date"), [date(2027, 12, 31)])

    def test_what_was_typed_stays_as_it_was_typed(self):
        """It shows what is now; past moves only tell how it came to be."""
        serials = self.serials("B-5")
        lot = self.serials("BL-3", product=self.sensor, quantity=10)
        order = self.sell((self.press, 1))
        self.deliver(order, serials)
        self.give_back(order.picking_ids, lots=serials, moment=24)
        self.deliver(self.sell((self.sensor, 3)), lot, 3)
        self.deliver(self.sell((self.sensor, 2)), lot, 2, moment=24)
        enter = self.as_role("intake", "aftersales.equipment").create
        values = {"partner_id": self.customer.id, "delivery_date": date(2026, 2, 1)}
        press = enter(
            {**values, "product_id": self.press.id, "serial_number": "B-5"}
        ).sudo()
        sensors = enter(
            {**values, "product_id": self.sensor.id, "lot_id": lot.id, "quantity": 4}
        ).sudo()
        self.products.aftersales_is_serviced = True
        self.new_run().action_start()
        self.work()
        self.assertEqual(self.known(), press | sensors)
        self.assertEqual(press.state, "in_service")
        self.assertEqual(
            press.event_ids.sorted("id").mapped("kind"),
            ["imported", "delivered", "returned"],
        )
        self.assertEqual(sensors.quantity, 4)
        self.assertEqual(press.delivery_date, date(2026, 2, 1))

    def test_only_managers(self):
        self.past()
        run = self.new_run()
        with self.assertRaises(AccessError):
            self.as_role("intake", run).action_start()
        with self.assertRaises(AccessError):
            self.as_role("dispatcher", "aftersales.equipment.backfill").action_open()
        with self.assertRaises(AccessError):
            run.write({"state": "done"})
        self.assertEqual(
            self.as_role("manager", "aftersales.equipment.backfill").action_open()[
                "res_id"
            ],
            run.id,
        )
        run.action_start()
        with self.assertRaisesRegex(UserError, "already"):
            self.new_run().action_start()
