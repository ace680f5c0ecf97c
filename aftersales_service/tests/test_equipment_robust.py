# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date, timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .equipment_common import EquipmentCommon

LOGGER = "odoo.addons.aftersales_service.models.aftersales_equipment_stock"


@tagged("post_install", "-at_install")
class TestDeliveryNeverBreaks(EquipmentCommon):
    """What we can't do is a note on the transfer; the goods leave all the same."""

    def test_contradicting_days(self):
        """Typed as commissioned before the machine was delivered."""
        lots = self.serials("N-1", "N-2")
        typed = (
            self.env["aftersales.equipment"]
            .with_user(self.users["dispatcher"])
            .create(
                {
                    "partner_id": self.customer.id,
                    "product_name": "Press 200",
                    "serial_number": "N-1",
                    "commissioning_date": self.NOW.date() - timedelta(days=5),
                }
            )
        )
        typed.sudo().product_id = self.press
        order = self.sell((self.press, 2), (self.pump, 1))
        self.put_on_stock(self.pump, 1)
        with self.assertLogs(LOGGER, "WARNING"):
            self.deliver(order, lots)
        self.assertEqual(order.picking_ids.state, "done")
        notes = order.picking_ids.message_ids.mapped("body")
        self.assertEqual(sum("can't be commissioned on" in note for note in notes), 1)
        self.assertEqual(self.equipment_of(order).product_id, self.pump)
        self.assertFalse(typed.lot_id)
        # Corrected, past deliveries can be processed.
        typed.sudo().commissioning_date = False
        self.env["aftersales.equipment"]._from_moves(order.picking_ids.move_ids)
        self.assertEqual(typed.lot_id, lots[0])
        self.assertEqual(typed.delivery_date, self.NOW.date())
        self.assertTrue(self.equipment(lots[1]))

    def test_one_move_that_fails(self):
        """The other moves of the transfer get their equipment, once."""
        lots = self.serials("N-3")
        self.put_on_stock(self.pump, 2)
        order = self.sell((self.press, 1), (self.pump, 2))
        Equipment = self.env.registry["aftersales.equipment"]
        original = Equipment._term_of

        def term_of(self, unit):
            if unit.lot:
                raise RuntimeError("Out of order")
            return original(self, unit)

        with (
            patch.object(Equipment, "_term_of", term_of),
            self.assertLogs(LOGGER, "WARNING") as logs,
        ):
            equipment = self.deliver(order, lots)
        self.assertEqual(len(logs.output), 1)
        self.assertEqual(equipment.product_id, self.pump)
        self.assertEqual(len(equipment), 2)
        self.assertEqual(len(equipment.warranty_ids), 2)
        self.assertIn("Out of order", str(order.picking_ids.message_ids.mapped("body")))

    def test_term_stays_in_its_company(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        lots = self.serials("N-4")
        order = self.sell((self.press, 1))
        with self.assertRaisesRegex(ValidationError, "Another company has promised"):
            self.term.company_id = other
        self.term.company_id = self.company
        equipment = self.deliver(order, lots)
        self.assertEqual(equipment.warranty_ids.term_id, self.term)
        with self.assertRaisesRegex(ValidationError, "Another company has promised"):
            self.term.company_id = other

    def test_extension_as_sold(self):
        """What becomes of the extension's product doesn't change what was sold."""
        term, other = self.env["aftersales.warranty.term"].create(
            [{"name": "One More Year"}, {"name": "One More Month", "duration": 1}]
        )
        extension = self.env["product.product"].create(
            {
                "name": "Extended Warranty",
                "type": "service",
                "aftersales_extension_term_id": term.id,
            }
        )
        lots = self.serials("N-5", "N-6")
        orders = [self.sell((self.press, 1), (extension, 1)) for _ in range(2)]
        for order, lot, later in zip(orders, lots, (other, False), strict=True):
            extension.aftersales_extension_term_id = later
            equipment = self.deliver(order, lot)
            given = equipment.warranty_ids.filtered(lambda w: w.kind == "extension")
            self.assertEqual(given.term_id, term)
            self.assertEqual(given.end_date, date(2028, 3, 1))

    def test_archived_on_the_way(self):
        """Product, customer and term are archived between sale and delivery."""
        lots = self.serials("N-7")
        order = self.sell((self.press, 1))
        self.press.product_tmpl_id.active = False
        self.customer.active = self.term.active = False
        equipment = self.deliver(order, lots)
        self.assertEqual(equipment.warranty_ids.term_id, self.term)
        # An archived machine comes back and is delivered again.
        equipment.active = False
        self.give_back(order.picking_ids, lots=lots)
        self.assertEqual(equipment.state, "returned")
        self.press.product_tmpl_id.active = self.customer.active = True
        self.deliver(self.sell((self.press, 1)), lots, moment=72)
        self.assertTrue(equipment.active)
        self.assertEqual(equipment.state, "in_service")

    def test_values_of_a_context(self):
        """What a caller presets is for his form, not for the history."""
        equipment = self.deliver(self.sell((self.press, 1)), self.serials("N-8"))
        self.put_on_stock(self.pump, 1)
        other = self.sell((self.pump, 1)).picking_ids.move_ids
        context = {"default_move_id": other.id, "default_quantity": 7}
        event = equipment.with_context(**context)._add_events(
            "commissioned", date(2026, 3, 3)
        )
        self.assertFalse(event.move_id or event.quantity)


@tagged("post_install", "-at_install")
class TestEquipmentGoesAround(EquipmentCommon):
    """One serial number that comes back to who had it before."""

    def setUp(self):
        super().setUp()
        self.lots = self.serials("C-1")
        order = self.sell((self.press, 1))
        self.first = self.deliver(order, self.lots)
        self.give_back(order.picking_ids, lots=self.lots)
        again = self.sell((self.press, 1), partner=self.other_customer)
        self.second = self.deliver(again, self.lots, moment=72)

    def test_corrected_serial(self):
        """A number that was mistyped in stock is corrected on the machine too."""
        self.lots.with_user(self.storekeeper).name = "c-1 b"
        both = self.first | self.second
        self.assertEqual(set(both.mapped("serial_number")), {"c-1 b"})
        self.assertEqual(set(both.mapped("serial_key")), {"C-1B"})

    def test_sold_back(self):
        """Who had it once buys it from the second owner."""
        with self.at(24 * 10):
            wizard = self.as_role("dispatcher", "aftersales.equipment.change").create(
                {
                    "equipment_ids": [Command.set(self.second.ids)],
                    "date": self.second.delivery_date + timedelta(days=2),
                    "partner_id": self.customer.id,
                }
            )
            wizard.action_apply()
        self.assertEqual(self.second.partner_id, self.customer)
        self.assertFalse(self.second.warning)
        # It comes back from him, and is the one that is delivered again.
        self.give_back(self.second.picking_id, lots=self.lots, moment=24 * 20)
        self.assertEqual(self.second.state, "returned")
        self.deliver(self.sell((self.press, 1)), self.lots, moment=24 * 21)
        self.assertEqual(self.second.state, "in_service")
        self.assertEqual(self.first.state, "returned")

    def test_customers_become_one(self):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer | self.other_customer).ids, self.customer)
        both = self.first | self.second
        self.assertEqual(both.exists(), both)
        self.assertEqual(both.commercial_partner_id, self.customer)
        self.assertEqual(both.mapped("state"), ["returned", "in_service"])


@tagged("post_install", "-at_install")
class TestEquipmentByRpc(EquipmentCommon):
    """What forms don't let anybody write, calls can't either."""

    def test_delivered(self):
        equipment = self.deliver(self.sell((self.press, 1)), self.serials("G-1"))
        for role in ("intake", "technician", "support", "dispatcher", "manager"):
            mine = self.as_role(role, equipment)
            for name, value in (
                ("warranty_end_date", "2099-01-01"),
                ("serial_key", "X"),
                ("partner_id", self.other_customer.id),
                ("site_id", self.other_customer.id),
                ("end_user_id", self.other_customer.id),
                ("delivery_date", "2020-01-01"),
                ("commissioning_date", "2026-03-02"),
                ("invoice_date", "2020-01-01"),
                ("product_id", self.pump.id),
                ("lot_id", False),
                ("serial_number", "X"),
                ("quantity", 5),
            ):
                with (
                    self.subTest(role=role, field=name),
                    self.assertRaisesRegex(AccessError, name),
                ):
                    mine.write({name: value})
            mine.note = "<p>Third hall</p>"

    def test_entered(self):
        """A machine entered by hand is corrected by hand, its owner with a record."""
        machine = self.as_role("dispatcher", "aftersales.equipment").create(
            {"partner_id": self.customer.id, "product_name": "Press 100"}
        )
        machine.write({"delivery_date": "2020-01-01", "serial_number": "G-2"})
        with self.assertRaisesRegex(AccessError, "partner_id"):
            machine.partner_id = self.other_customer
        defaults = {"default_warranty_end_date": "2099-01-01"}
        Equipment = self.as_role("dispatcher", "aftersales.equipment")
        other = Equipment.with_context(**defaults).create(
            {"partner_id": self.customer.id, "product_name": "Press 100"}
        )
        self.assertFalse(other.warranty_end_date)

    def test_duplicate(self):
        """A copy is another machine, in service and without a serial number."""
        order = self.sell((self.press, 1))
        equipment = self.deliver(order, self.serials("G-3"))
        self.give_back(order.picking_ids, lots=equipment.lot_id)
        copy = self.as_role("manager", equipment).copy()
        self.assertEqual(copy.partner_id, self.customer)
        self.assertEqual(copy.state, "in_service")
        self.assertFalse(copy.lot_id or copy.move_id or copy.sudo().warranty_ids)
