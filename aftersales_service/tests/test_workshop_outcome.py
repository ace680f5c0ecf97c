# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Machines that were sent in: repaired, exchanged or taken back."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common_workshop import WorkshopCommon


@tagged("post_install", "-at_install")
class TestWorkshopOutcome(WorkshopCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = new_test_user(
            cls.env,
            login="as_accountant",
            groups="account.group_account_invoice,"
            "aftersales_service.aftersales_service_group_finance",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

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
