# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Machines that are sent in: the way in, with real transfers, and what is refused."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common_workshop import WorkshopCommon


@tagged("post_install", "-at_install")
class TestWorkshop(WorkshopCommon):
    # === THE WAY IN === #

    def test_sent_in_with_one_click(self):
        """The return of the delivery is expected, with the machine's serial number."""
        visit = self.send_in()
        self.assertEqual(visit.mode, "workshop")
        self.assertEqual(visit.workshop_place, "awaited")
        self.assertEqual(self.report.service_mode, "workshop")
        self.assertEqual(visit.job_ids.equipment_id, self.machine)
        picking = self.pickings(visit, "receive")
        self.assertEqual(picking.return_id, self.order.picking_ids)
        self.assertEqual(picking.picking_type_code, "incoming")
        self.assertEqual(picking.move_line_ids.lot_id, self.lot)
        self.assertEqual(picking.location_dest_id.usage, "customer")
        self.assertEqual(picking.move_ids.state, "assigned")
        self.assertEqual(picking.partner_id, visit.site_id)
        again = self.send_in()
        self.assertEqual(again, visit, "a second click opens the same visit")
        self.assertEqual(len(visit._workshop_moves("receive")), 1)

    def test_stay_is_no_return(self):
        """Received for a repair, it stays the customer's, in service, in warranty."""
        visit = self.send_in()
        before = self.warranty.read(["start_date", "end_date", "is_void"])
        self.receive(visit)
        self.assertEqual(visit.workshop_place, "here")
        self.assertTrue(visit.workshop_received_at)
        self.assertEqual(self.machine.state, "in_service")
        self.assertEqual(self.machine.partner_id, self.customer)
        self.assertEqual(self.warranty.read(list(before[0])[1:]), before)
        self.assertEqual(self.machine.workshop_dispatch_id, visit)
        self.assertEqual(self.order.order_line.qty_delivered, 1)
        self.assertEqual(self.kinds(self.machine), ["delivered", "repair_in"])
        stock = self.press.with_context(warehouse_id=self.warehouse.id)
        self.assertEqual(stock.qty_available, 0, "nobody else gets it")
        self.assertEqual(
            sum(self.pickings(visit, "receive").move_ids.mapped("value")), 0
        )

    def test_storekeeper_finds_the_visit(self):
        visit = self.send_in()
        picking = self.pickings(visit, "receive").with_user(self.storekeeper)
        self.assertEqual(picking.workshop_dispatch_id.id, visit.id)
        self.assertEqual(picking.origin, visit.name)
        with self.assertRaises(AccessError):
            picking.move_ids.write({"workshop_step": "redeliver"})

    def test_machine_from_elsewhere(self):
        """A machine we never delivered comes in as well, with the number as typed."""
        machine = self.as_role("dispatcher", "aftersales.equipment").create(
            {
                "product_id": self.press.id,
                "serial_number": "OLD-9",
                "partner_id": self.customer.id,
            }
        )
        visit = self.send_in(self.ticket_about(machine))
        picking = self.pickings(visit, "receive")
        self.assertFalse(picking.return_id)
        self.assertEqual(picking.move_line_ids.lot_id.name, "OLD-9")
        self.receive(visit)
        self.assertEqual((visit.workshop_place, machine.state), ("here", "in_service"))

    def test_machine_without_serial(self):
        self.put_on_stock(self.pump, 3)
        order = self.sell((self.pump, 2))
        second = self.deliver(order, quantity=2)[1]
        visit = self.send_in(self.ticket_about(second))
        picking = self.pickings(visit, "receive")
        self.assertEqual(picking.move_ids.product_uom_qty, 1)
        self.receive(visit)
        self.assertEqual(visit.workshop_place, "here")
        self.decide(visit, "refund")
        with self.at(72):
            self.validate(self.pickings(visit, "keep"))
        self.assertEqual(second.state, "returned", "this one, not the first")
        self.assertEqual(self.equipment_of(order)[0].state, "in_service")

    def test_lot_of_several(self):
        lot = self.serials("LOT-1", product=self.sensor, quantity=5)
        order = self.sell((self.sensor, 5))
        machine = self.deliver(order, lot, quantity=5)
        visit = self.send_in(self.ticket_about(machine))
        self.assertEqual(visit._workshop_moves("receive").product_uom_qty, 1)
        self.receive(visit)
        self.assertEqual(machine.quantity, 5)

    def test_nameplate_only(self):
        """Without a product stock moves nothing, but the work is recorded."""
        machine = self.as_role("dispatcher", "aftersales.equipment").create(
            {"product_name": "Foreign Pump", "partner_id": self.customer.id}
        )
        visit = self.send_in(self.ticket_about(machine))
        self.assertEqual(visit.workshop_place, "none")
        with self.assertRaisesRegex(UserError, "nameplate only"):
            self.decide(visit, "exchange")
        self.decide(visit, "repair")
        worker = self.work(visit)
        self.assertEqual(self.sign(worker).outcome, "accepted")

    def test_other_serial_came(self):
        """What came is not refused; who is responsible is told."""
        visit = self.send_in()
        other = self.serials("W-2")
        self.deliver(self.sell((self.press, 1)), other)
        self.receive(visit, other)
        self.assertEqual(visit.workshop_place, "here")
        self.assertIn("W-2 instead of W-1", visit.message_ids[1].body)
        self.assertEqual(self.equipment(other).state, "in_service")

    # === REFUSED === #

    def test_who_may(self):
        for role in ("technician", "support", "quality", "finance"):
            with self.subTest(role), self.assertRaises(AccessError):
                self.as_role(role, self.report).action_workshop()
        with self.assertRaises(AccessError):
            self.as_role("intake", self.report).action_workshop()
        self.report.ticket_type = "return"
        visit = self.send_in(role="intake")
        self.assertEqual(visit.workshop_place, "awaited")
        for role in ("intake", "technician"):
            with self.subTest(role), self.assertRaises(AccessError):
                self.as_role(role, visit).action_workshop_decide()
            with self.subTest(role), self.assertRaises(AccessError):
                self.as_role(role, visit)._workshop_decide(
                    "repair", self.report.finding_ids
                )
        self.assertEqual(
            self.as_role("technician", visit).read(["workshop_place"])[0][
                "workshop_place"
            ],
            "awaited",
        )
        with self.assertRaises(AccessError):
            self.as_role("technician", visit).write({"workshop_outcome": "refund"})

    def test_clear_words(self):
        unknown = self.create_ticket(partner_id=self.customer.id, serial_number="X-77")
        with self.assertRaisesRegex(UserError, "No machine with the serial number X"):
            self.send_in(unknown)
        nothing = self.create_ticket(
            partner_id=self.customer.id, serial_number=False, product_name=False
        )
        with self.assertRaisesRegex(UserError, "Say first which machine"):
            self.send_in(nothing)
        self.send_in()
        second = self.ticket_about(self.machine)
        with self.assertRaisesRegex(UserError, "sent in already"):
            self.send_in(second)
        ended = self.ticket_about(self.machine)
        ended._cancel()
        with self.assertRaisesRegex(UserError, "Reopen"):
            self.send_in(ended)

    def test_other_company(self):
        other = self.env["res.company"].create({"name": "Workshop Elsewhere"})
        stranger = new_test_user(
            self.env,
            login="as_elsewhere",
            groups="aftersales_service.aftersales_service_group_dispatcher",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        with self.assertRaises(AccessError):
            self.report.with_user(stranger).action_workshop()
        visit = self.send_in()
        with self.assertRaises(AccessError):
            visit.with_user(stranger).action_workshop_decide()
        mine = self.company._aftersales_workshop_location()
        self.assertNotEqual(mine, other._aftersales_workshop_location())
        self.assertEqual(mine.company_id, self.company)

    # === CANCELLED === #

    def test_cancel_before_it_came(self):
        visit = self.send_in()
        picking = self.pickings(visit, "receive")
        visit.action_cancel()
        self.assertEqual(picking.state, "cancel")
        self.assertEqual(visit.workshop_place, "none")
        visit.action_draft()
        visit.action_workshop_receive()
        self.assertEqual(visit.workshop_place, "awaited")
        with self.assertRaisesRegex(UserError, "already"):
            visit.action_workshop_receive()

    def test_cancel_when_it_is_here(self):
        visit = self.send_in()
        self.receive(visit)
        for cancel in (visit.action_cancel, self.report._cancel):
            with self.assertRaisesRegex(UserError, "is in the workshop"):
                with self.env.cr.savepoint():
                    cancel()
        with self.assertRaisesRegex(UserError, "A machine is sent in"):
            visit.mode = "on_site"

    def test_delete_draft(self):
        visit = self.send_in()
        picking = self.pickings(visit, "receive")
        visit.unlink()
        self.assertEqual(picking.state, "cancel")
