# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Machines that are sent in: repaired, exchanged, taken back, with real transfers."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .equipment_common import EquipmentCommon


@tagged("post_install", "-at_install")
class TestWorkshop(EquipmentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse_stock = cls.warehouse.lot_stock_id
        cls.accountant = new_test_user(
            cls.env,
            login="as_accountant",
            groups="account.group_account_invoice,"
            "aftersales_service.aftersales_service_group_finance",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def setUp(self):
        super().setUp()
        self.lot = self.serials("W-1")
        self.order = self.sell((self.press, 1), partner=self.customer)
        self.machine = self.deliver(self.order, self.lot)
        self.warranty = self.machine.warranty_ids
        self.report = self.ticket_about(self.machine)

    def ticket_about(self, machine, **values):
        return self.create_ticket(
            equipment_id=machine.id, partner_id=self.customer.id, **values
        )

    def send_in(self, ticket=None, role="dispatcher"):
        """Press the button; return the visit as the dispatcher sees it."""
        action = self.as_role(role, ticket or self.report).action_workshop()
        return self.as_role("dispatcher", "aftersales.dispatch").browse(
            action["res_id"]
        )

    def pickings(self, visit, *steps):
        return visit._workshop_moves(*steps).picking_id

    def receive(self, visit, lots=None):
        with self.at(48):
            picking = self.validate(self.pickings(visit, "receive"), lots)
        visit.invalidate_recordset()
        return picking

    def decide(self, visit, outcome, role="dispatcher", **values):
        wizard = self.as_role(role, "aftersales.workshop.decide").create(
            {"dispatch_id": visit.id, "outcome": outcome, **values}
        )
        wizard.action_decide()
        visit.invalidate_recordset()

    def work(self, visit):
        """Work in the workshop up to the signature."""
        visit.write(
            {
                "technician_ids": [Command.set(self.technician.ids)],
                "scheduled_start": self.NOW,
            }
        )
        visit.action_plan()
        worker = self.as_role("technician", visit)
        worker.action_arrive()
        worker.job_ids.write({"work_done": "Seal replaced", "result": "solved"})
        worker.job_ids.answer_ids.write({"answer": "yes"})
        worker.action_finish()
        return worker

    def kinds(self, machine):
        return machine.event_ids.sorted("id").mapped("kind")

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

    # === REPAIR === #

    def test_repair_and_back(self):
        """After the signature it goes back: the same machine, its warranty running."""
        visit = self.send_in()
        self.receive(visit)
        self.decide(visit, "repair")
        with self.assertRaisesRegex(UserError, "goes back when"):
            visit.action_workshop_send_back()
        worker = self.work(visit)
        self.sign(worker)
        self.assertEqual((visit.state, self.report.state), ("done", "solved"))
        self.assertTrue(visit.workshop_can_send_back)
        worker.action_workshop_send_back()
        self.assertEqual(visit.workshop_place, "leaving")
        with self.assertRaisesRegex(UserError, "goes back when"):
            worker.action_workshop_send_back()
        picking = self.pickings(visit, "redeliver")
        self.assertEqual(picking.picking_type_code, "outgoing")
        self.assertEqual(picking.move_line_ids.lot_id, self.lot)
        with self.at(96):
            self.validate(picking)
        self.assertEqual(visit.workshop_place, "back")
        self.assertEqual(self.equipment(self.lot), self.machine)
        self.assertEqual(self.machine.warranty_ids, self.warranty)
        self.assertFalse(self.warranty.is_void)
        self.assertEqual(self.machine.delivery_date, self.NOW.date())
        self.assertEqual(
            self.kinds(self.machine), ["delivered", "repair_in", "repair_out"]
        )
        self.assertEqual(self.order.order_line.qty_delivered, 1)
        self.assertFalse(self.machine.workshop_dispatch_id)

    def test_second_repair_and_real_return(self):
        """It can come again, and can be given back for good after all."""
        for _time in range(2):
            report = self.ticket_about(self.machine)
            visit = self.send_in(report)
            self.receive(visit)
            self.decide(visit, "repair")
            self.sign(self.work(visit))
            self.as_role("technician", visit).action_workshop_send_back()
            with self.at(96):
                self.validate(self.pickings(visit, "redeliver"))
        self.give_back(self.order.picking_ids[:1], lots=self.lot, moment=200)
        self.assertEqual(self.machine.state, "returned")
        self.assertTrue(self.warranty.is_void)

    # === EXCHANGE === #

    def test_exchange_in_warranty(self):
        """Another machine goes out for nothing; the warranty goes on with it."""
        new = self.serials("W-NEW")
        visit = self.send_in()
        self.receive(visit)
        self.decide(visit, "exchange")
        self.assertFalse(visit.workshop_order_id, "covered: nothing is quoted")
        replace = self.pickings(visit, "replace")
        self.assertEqual(replace.picking_type_code, "outgoing")
        self.assertEqual(replace.move_line_ids.lot_id, new)
        end = self.warranty.end_date
        with self.at(60):
            self.validate(replace)
        other = visit.workshop_replaced_by_id
        self.assertEqual(other.lot_id, new)
        self.assertEqual(other.partner_id, self.customer)
        carried = other.warranty_ids
        self.assertEqual(carried.continues_id, self.warranty)
        self.assertEqual((carried.end_date, carried.kind), (end, "base"))
        self.assertTrue(self.warranty.is_void)
        self.assertIn("Replaced by", self.warranty.void_reason)
        self.assertEqual(self.machine.state, "in_service", "until we keep it")
        with self.at(72):
            self.validate(self.pickings(visit, "keep"))
        self.assertEqual(
            (self.machine.state, visit.workshop_place), ("returned", "kept")
        )
        self.assertEqual((visit.state, self.report.state), ("done", "solved"))
        self.assertIn("W-NEW", visit.job_ids.work_done)
        self.assertIn("free under warranty", visit.workshop_coverage)
        self.assertEqual(self.order.order_line.qty_delivered, 1)
        self.assertEqual(self.order.order_line.qty_to_invoice, 1)
        carried._recompute_dates()
        self.assertEqual(carried.end_date, end, "rebuilding changes nothing")
        other.sudo().delivery_date = self.day(2026, 3, 1).date()
        self.assertEqual(carried.end_date, end)

    def test_exchange_kept_first(self):
        """Whichever transfer is done first, the warranty is not lost."""
        self.serials("W-NEW")
        visit = self.send_in()
        self.receive(visit)
        self.decide(visit, "exchange")
        with self.at(60):
            self.validate(self.pickings(visit, "keep"))
        self.assertTrue(self.warranty.is_void)
        with self.at(72):
            self.validate(self.pickings(visit, "replace"))
        carried = visit.workshop_replaced_by_id.warranty_ids
        self.assertEqual(carried.end_date, self.warranty.end_date)
        self.assertEqual(visit.state, "done")

    def test_exchange_charged(self):
        """What the customer pays is quoted, and delivered once."""
        self.serials("W-NEW")
        term = self.env["aftersales.warranty.term"].create(
            {"name": "Half", "duration": 12, "parts_share": 0.75}
        )
        self.warranty._void("Test")
        self.env["aftersales.warranty"]._grant(
            [{"equipment_id": self.machine.id, "term": term}]
        )
        visit = self.send_in()
        self.receive(visit)
        self.decide(visit, "exchange")
        order = visit.sudo().workshop_order_id
        self.assertEqual(order.state, "draft")
        self.assertAlmostEqual(order.order_line.discount, 75)
        order.action_confirm()
        self.assertEqual(order.picking_ids, self.pickings(visit, "replace"))
        with self.at(60):
            self.validate(order.picking_ids)
        self.assertEqual(order.order_line.qty_delivered, 1)
        self.assertEqual(len(order.order_line), 1)
        self.assertEqual(order._create_invoices().invoice_line_ids.quantity, 1)

    def test_exchange_keeps_what_the_price_list_takes_off(self):
        """The customer's share is of his price, not of the catalogue's."""
        self.env.ref("base.group_user").implied_ids = [
            Command.link(self.env.ref("sale.group_discount_per_so_line").id)
        ]
        item = {"compute_price": "percentage", "percent_price": 10}
        prices = self.env["product.pricelist"].create(
            {"name": "VIP", "item_ids": [Command.create(item)]}
        )
        customer = self.customer.with_company(self.company)
        customer.property_product_pricelist = prices
        self.serials("W-NEW")
        self.warranty._void("Test")
        visit = self.send_in()
        self.receive(visit)
        self.decide(visit, "exchange")
        line = visit.sudo().workshop_order_id.order_line
        self.assertAlmostEqual(line.discount, 10)
        term = self.env["aftersales.warranty.term"].create(
            {"name": "Half", "duration": 12, "parts_share": 0.5}
        )
        self.env["aftersales.warranty"]._grant(
            [{"equipment_id": self.machine.id, "term": term}]
        )
        visit.sudo().workshop_finding_id._decide_coverage()
        self.assertAlmostEqual(visit._workshop_customer_share(), 0.5)
        self.assertAlmostEqual(line.discount, 55)

    def test_exchange_paid_is_sold(self):
        """Outside of the warranty it is a sale, with the warranty of a new machine."""
        self.serials("W-NEW")
        self.warranty._void("Test")
        visit = self.send_in()
        self.receive(visit)
        self.decide(visit, "exchange")
        self.assertEqual(visit.sudo().workshop_order_id.order_line.discount, 0)
        with self.at(60):
            self.validate(self.pickings(visit, "replace"))
        new = visit.workshop_replaced_by_id.warranty_ids
        self.assertEqual(new.term_id, self.term)
        self.assertFalse(new.continues_id)
        self.assertEqual(new.start_date, self.day(2026, 3, 4).date())

    def test_exchange_follows_coverage(self):
        """A new decision of who pays changes the quotation that is not confirmed."""
        self.serials("W-NEW")
        visit = self.send_in()
        self.decide(visit, "exchange")
        self.assertFalse(visit.workshop_order_id)
        self.warranty._void("Test")
        visit.invalidate_recordset()
        self.assertEqual(visit.sudo().workshop_order_id.order_line.discount, 0)
        self.assertFalse(visit.workshop_warranties_go_on)

    def test_decided_once_and_revoked(self):
        new = self.serials("W-NEW")
        visit = self.send_in()
        self.decide(visit, "exchange")
        with self.assertRaisesRegex(UserError, "decided already: Exchange"):
            self.decide(visit, "refund")
        with self.assertRaisesRegex(UserError, "decided already"):
            visit.action_workshop_decide()
        replace = self.pickings(visit, "replace")
        visit.action_workshop_revoke()
        self.assertEqual((visit.workshop_outcome, replace.state), (False, "cancel"))
        self.assertEqual(new.quant_ids[:1].reserved_quantity, 0)
        self.decide(visit, "exchange")
        with self.at(60):
            self.validate(self.pickings(visit, "replace"))
        self.assertFalse(visit.workshop_can_undo)
        with self.assertRaisesRegex(UserError, "moved already"):
            visit.action_workshop_revoke()
        with self.assertRaisesRegex(UserError, "moved already"):
            visit.action_cancel()

    # === REFUND === #

    def invoice(self):
        invoice = self.order._create_invoices()
        invoice.action_post()
        return invoice

    def test_refund(self):
        """The machine stays with us; finance gets the draft with one click."""
        self.report.ticket_type = "return"
        invoice = self.invoice()
        visit = self.send_in()
        self.receive(visit)
        self.decide(visit, "refund")
        self.assertEqual(visit.workshop_invoice_id, invoice)
        self.assertFalse(visit.workshop_credit_id)
        activity = invoice.activity_ids
        self.assertEqual(activity.user_id, self.accountant)
        self.assertIn("W-1", activity.note)
        with self.at(72):
            self.validate(self.pickings(visit, "keep"))
        self.assertEqual(self.machine.state, "returned")
        self.assertTrue(self.warranty.is_void)
        self.assertEqual((visit.state, visit.workshop_place), ("done", "kept"))
        self.assertEqual(self.order.order_line.qty_delivered, 0)
        with self.assertRaises(AccessError):
            self.as_role("dispatcher", invoice).action_workshop_credit()
        asked = invoice.with_user(self.accountant)
        self.assertTrue(asked.workshop_has_refund)
        asked.action_workshop_credit()
        credit = visit.workshop_credit_id
        self.assertEqual((credit.state, credit.move_type), ("draft", "out_refund"))
        self.assertEqual(credit.amount_total, invoice.amount_total)
        self.assertEqual(self.order.order_line.qty_invoiced, 0)
        self.assertEqual(self.order.order_line.qty_to_invoice, 0)
        with self.assertRaisesRegex(UserError, "credited already"):
            asked.action_workshop_credit()

    def test_refund_of_one_machine(self):
        """Of an invoice for more, the machine alone is credited."""
        lots = self.serials("M-1", "M-2")
        self.put_on_stock(self.screw, 10)
        self.order = self.sell((self.press, 2), (self.screw, 10))
        self.deliver(self.order, lots)
        invoice = self.invoice()
        machine = self.equipment(lots[0])
        visit = self.send_in(self.ticket_about(machine))
        self.users["dispatcher"].group_ids += self.env.ref(
            "account.group_account_invoice"
        )
        self.decide(visit, "refund")
        credit = visit.workshop_credit_id
        line = credit.invoice_line_ids
        self.assertEqual((line.product_id, line.quantity), (self.press, 1))
        self.assertFalse(invoice.activity_ids)
        with self.assertRaisesRegex(UserError, "moved already"):
            visit.action_workshop_revoke()

    def test_refund_without_invoice(self):
        visit = self.send_in()
        self.decide(visit, "refund")
        self.assertFalse(visit.workshop_invoice_id)
        visit.action_workshop_revoke()
        self.decide(visit, "repair")
        self.receive(visit)
        self.assertFalse(visit._workshop_moves("keep"))

    def test_work_is_signed_all_the_same(self):
        """What was worked before an exchange is signed for, not closed unseen."""
        self.serials("W-NEW")
        visit = self.send_in()
        self.receive(visit)
        visit.write(
            {
                "line_ids": [
                    Command.create({"kind": "labour", "name": "Search", "hours": 1})
                ]
            }
        )
        self.decide(visit, "exchange")
        with self.at(60):
            self.validate(self.pickings(visit, "replace"))
            self.validate(self.pickings(visit, "keep"))
        self.assertEqual(visit.state, "draft")
        self.assertIn("Exchanged for", visit.job_ids.work_done)
