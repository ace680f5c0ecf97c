# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The repair order of a machine that was sent in, from the ticket to the invoice."""

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_repair import RepairCommon


@tagged("post_install", "-at_install")
class TestRepair(RepairCommon):
    # === THE ORDER === #

    def test_made_once_when_it_is_here(self):
        visit = self.send_in()
        repair = self.repair_of(visit)
        self.assertEqual(repair.lot_id, self.lot)
        self.assertEqual(repair.product_id, self.press)
        self.assertEqual(repair.product_qty, 1)
        self.assertEqual(repair.partner_id, self.customer)
        self.assertEqual(repair.ticket_id, visit.job_ids.ticket_id)
        self.assertEqual(repair.product_location_src_id.usage, "customer")
        self.assertTrue(repair.under_warranty)
        visit._workshop_go_on()
        self.assertEqual(len(visit._workshop_repairs()), 1)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            visit.sudo().repair_ids.sudo().copy().dispatch_id = visit
            self.env.flush_all()

    def test_who_sees_and_who_writes(self):
        visit = self.send_in()
        worker = self.as_role("technician", visit)
        self.assertEqual(worker.read(["repair_state"])[0]["repair_state"], "draft")
        with self.assertRaises(AccessError):
            worker.action_view_repairs()
        repair = self.repair_of(visit)
        for values in ({"under_warranty": False}, {"dispatch_id": False}):
            with self.subTest(values), self.assertRaises(AccessError):
                repair.write(values)
        own = self.env["repair.order"].with_user(self.salesman).create({})
        own.under_warranty = True
        with self.assertRaises(AccessError):
            own.customer_share = 0.5

    # === FROM BEGIN TO END === #

    def test_repaired_signed_sent_back(self):
        """The parts are on the form and in the file, and moved only once."""
        visit = self.send_in()
        self.plan(visit)
        repair = self.repair_of(visit)
        self.add_part(repair, 2)
        self.finish_repair(repair)
        visit.invalidate_recordset()
        self.assertEqual((visit.state, visit.repair_state), ("on_site", "done"))
        self.assertTrue(visit.job_ids.work_done)
        worker = self.as_role("technician", visit)
        worker.job_ids.answer_ids.write({"answer": "yes"})
        worker.action_finish()
        form = self.sign(worker)
        part = form._get_content()["part"]
        self.assertEqual(
            [(p["description"], p["quantity"]) for p in part], [("Seal", 2)]
        )
        self.assertTrue(form._says_the_same())
        events = self.machine.event_ids.filtered(lambda e: e.kind == "exchanged")
        self.assertEqual(events.note, "Seal")
        given = self.machine.warranty_ids.filtered(lambda w: w.kind == "part")
        self.assertEqual(given.part_product_id, self.part)
        visit.sudo()._record_exchanges()
        self.assertEqual(len(self.machine.warranty_ids - self.warranty), 1)
        stock = self.part.with_context(warehouse_id=self.warehouse.id)
        self.assertEqual(stock.qty_available, 3)
        worker.action_workshop_send_back()
        with self.at(96):
            self.validate(visit._workshop_moves("redeliver").picking_id)
        self.assertEqual(visit.workshop_place, "back")
        self.assertEqual(self.machine.state, "in_service")
        self.assertFalse(self.warranty.is_void)

    def test_not_finished_before_the_repair(self):
        visit = self.send_in()
        self.plan(visit)
        repair = self.repair_of(visit)
        self.add_part(repair)
        repair.action_validate()
        worker = self.as_role("technician", visit)
        worker.action_arrive()
        worker.job_ids.write({"work_done": "Seal", "result": "solved"})
        with self.assertRaisesRegex(UserError, "goes on"):
            worker.action_finish()
        repair.action_repair_cancel()
        worker.action_finish()
        self.assertEqual(visit.state, "to_sign")

    def test_unused_order_is_withdrawn(self):
        visit = self.send_in()
        self.plan(visit)
        worker = self.as_role("technician", visit)
        worker.action_arrive()
        worker.job_ids.write({"work_done": "Cleaned", "result": "solved"})
        repair = self.repair_of(visit)
        worker.action_finish()
        self.assertEqual(repair.state, "cancel")

    def test_revoked(self):
        visit = self.send_in()
        first = self.repair_of(visit)
        visit.action_workshop_revoke()
        self.assertEqual(first.state, "cancel")
        self.decide(visit, "repair")
        second = self.repair_of(visit)
        self.assertNotEqual(first, second)
        second.action_validate()
        second.action_repair_start()
        with self.assertRaisesRegex(UserError, "has begun"):
            visit.action_workshop_revoke()

    def test_exchange_has_no_repair(self):
        self.serials("R-NEW")
        visit = self.send_in("exchange")
        self.assertFalse(visit._workshop_repairs())

    # === WHO PAYS === #

    def quote(self, visit):
        repair = self.repair_of(visit)
        self.add_part(repair)
        repair.action_create_sale_order()
        return repair, repair.sale_order_id.order_line

    def test_covered_costs_nothing(self):
        _repair, line = self.quote(self.send_in())
        self.assertEqual((line.price_unit, line.price_subtotal), (0, 0))

    def test_share_is_a_discount(self):
        self.give_term(0.75)
        repair, line = self.quote(self.send_in())
        self.assertFalse(repair.under_warranty)
        self.assertAlmostEqual(repair.customer_share, 0.25)
        self.assertAlmostEqual(line.price_subtotal, 20)
        self.add_part(repair, 2)
        self.assertAlmostEqual(repair.sale_order_id.amount_untaxed, 60)

    def test_not_covered_is_charged_once(self):
        self.warranty._void("Test")
        visit = self.send_in()
        self.plan(visit)
        repair, line = self.quote(visit)
        self.assertEqual(line.price_subtotal, 80)
        order = repair.sale_order_id
        order.action_confirm()
        self.assertFalse(order.picking_ids, "the repair moves its parts itself")
        self.finish_repair(repair)
        self.assertEqual(line.qty_delivered, 1)
        invoice = order.sudo()._create_invoices()
        self.assertEqual(invoice.amount_untaxed, 80)
        stock = self.part.with_context(warehouse_id=self.warehouse.id)
        self.assertEqual(stock.qty_available, 4)

    def test_excluded_part_is_charged(self):
        """What the warranty doesn't cover is charged beside what it does."""
        self.part.categ_id = self.env["product.category"].create({"name": "Seals"})
        self.warranty.sudo().excluded_category_ids = self.part.categ_id
        repair, line = self.quote(self.send_in())
        self.assertTrue(repair.under_warranty)
        self.assertEqual(line.price_subtotal, 80)

    def test_new_decision_before_the_order(self):
        """The quotation follows a new decision; a confirmed order doesn't."""
        visit = self.send_in()
        repair, line = self.quote(visit)
        self.warranty._void("Test")
        repair.invalidate_recordset()
        self.assertFalse(repair.under_warranty)
        self.assertEqual(line.price_subtotal, 80)
        self.give_term(0.5)
        self.assertAlmostEqual(line.price_subtotal, 40)
        repair.sale_order_id.action_confirm()
        self.machine.warranty_ids._void("Test")
        self.assertAlmostEqual(line.price_subtotal, 40)
