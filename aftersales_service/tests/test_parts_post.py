# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_parts import PartsCommon


@tagged("post_install", "-at_install")
class TestPartsPost(PartsCommon):
    def finish(self, visit):
        """Finish the work of a visit, and return it."""
        visit.action_finish()
        self.env.flush_all()
        return visit

    def delivered(self, product, lot=None):
        return self.on_hand(product, self.customers, lot)

    def test_what_was_used_leaves_once(self):
        self.put(self.pump, 3, self.van)
        before = self.delivered(self.pump)
        visit = self.to_site(self.planned_visit(self.part(self.pump, 2)))
        self.assertEqual(self.delivered(self.pump), before, "not before the end")
        for _turn in range(3):
            self.finish(visit)
            self.assertEqual(self.delivered(self.pump) - before, 2)
            self.assertEqual(self.on_hand(self.pump, self.van), 1)
            visit.action_continue()
        self.finish(visit)
        self.sign(visit)
        self.assertEqual(len(self.moves(visit, done=True)), 1)
        self.assertFalse(self.moves(visit, done=False))
        move = self.moves(visit)
        self.assertEqual(move.dispatch_line_id, visit.line_ids)
        self.assertEqual(visit.line_ids.part_state, "used")

    def test_only_the_difference_is_moved(self):
        self.put(self.pump, 5, self.van)
        visit = self.to_site(self.planned_visit(self.part(self.pump, 2)))
        self.finish(visit)
        visit.action_continue()
        visit.line_ids.quantity = 3
        self.finish(visit)
        self.assertEqual(self.on_hand(self.pump, self.van), 2)
        visit.action_continue()
        visit.line_ids.quantity = 1
        self.finish(visit)
        self.assertEqual(self.on_hand(self.pump, self.van), 4)
        # Changed while it waits for the signature
        visit.line_ids.quantity = 2
        self.sign(visit)
        self.assertEqual(self.on_hand(self.pump, self.van), 3)
        # A new version of the form
        visit.action_correct()
        visit.line_ids.product_id = self.hose_part
        self.sign(visit, replaces_reason="Wrong part")
        self.assertEqual(self.on_hand(self.pump, self.van), 5)
        self.assertEqual(self.on_hand(self.hose_part, self.van), -2)
        self.assertEqual(self.delivered(self.pump), 0)
        visit.action_correct()
        visit.line_ids = [
            Command.delete(visit.line_ids.id),
            Command.create({"kind": "labour", "name": "Repair", "hours": 1}),
        ]
        self.sign(visit, replaces_reason="No part at all")
        self.assertEqual(self.on_hand(self.hose_part, self.van), 0)
        self.assertFalse(self.delivered(self.hose_part))

    def test_kept_version_moves_nothing(self):
        self.put(self.pump, 2, self.van)
        visit = self.to_site(self.planned_visit(self.part(self.pump, 1)))
        self.finish(visit)
        self.sign(visit)
        visit.action_correct()
        visit.action_keep_version()
        self.assertEqual(self.on_hand(self.pump, self.van), 1)
        self.assertEqual(len(self.moves(visit)), 1)

    def test_unused_stays_in_the_van_or_goes_back(self):
        self.put(self.pump, 2, self.van)
        self.put(self.hose_part, 2, self.van)
        visit = self.to_site(
            self.planned_visit(self.part(self.pump, 2), self.part(self.hose_part, 2))
        )
        pump, hose = visit.line_ids.sorted("id")
        pump.quantity = 0
        hose.write({"quantity": 1, "unused_goes": "stock"})
        self.finish(visit)
        self.assertEqual(pump.part_state, "unused")
        self.assertEqual(self.on_hand(self.pump, self.van), 2)
        back = self.moves(visit, "back")
        self.assertEqual((back.product_qty, back.state), (1, "assigned"))
        self.assertEqual(back.picking_id.origin, visit.name)
        visit.action_continue()
        self.finish(visit)
        self.assertEqual(self.moves(visit, "back"), back, "asked once")
        back.picking_id.with_user(self.storekeeper).button_validate()
        self.assertEqual(self.on_hand(self.hose_part, self.stock), 1)
        form = self.sign(visit)
        self.assertEqual(self.moves(visit, "back"), back)
        parts = form._get_content()["part"]
        self.assertEqual([part["description"] for part in parts], ["Hose 3/8"])
        events = self.env["aftersales.equipment.event"].search(
            [("dispatch_line_id", "=", pump.id)]
        )
        self.assertFalse(events, "what was not used was not fitted")

    def test_reserved_but_used_elsewhere_is_never_lost(self):
        """The technician used what nobody had handed over."""
        self.warehouse.aftersales_storekeeper_id = self.storekeeper
        self.put(self.pump, 5, self.stock)
        visit = self.to_site(self.planned_visit(self.part(self.pump, 3)))
        visit.line_ids.quantity = 2
        visit.line_ids = [self.part(self.hose_part, 1)]
        self.finish(visit)
        self.assertEqual(self.delivered(self.pump), 2)
        self.assertEqual(self.on_hand(self.pump, self.van), -2)
        takes = self.moves(visit, "take")
        self.assertEqual(
            {move.product_id: move.product_qty for move in takes},
            {self.pump: 2, self.hose_part: 1},
        )
        activity = takes.picking_id.activity_ids
        self.assertEqual(activity.user_id, self.storekeeper)
        self.assertIn(visit.name, activity.summary)
        visit.action_continue()
        self.finish(visit)
        self.assertEqual(self.moves(visit, "take"), takes, "asked once")
        take = takes.filtered(lambda move: move.product_id == self.pump)
        take.with_user(self.storekeeper).picked = True
        take._action_done()
        self.assertEqual(self.on_hand(self.pump, self.van), 0)
        self.assertEqual(self.on_hand(self.pump, self.stock), 3)
        self.assertEqual(self.delivered(self.pump), 2)

    def test_a_serial_number_is_asked_for(self):
        fitted = self.lot("B-100")
        self.put(self.board, 1, self.van, fitted)
        visit = self.to_site(self.planned_visit(self.part(self.board)))
        with self.assertRaisesRegex(UserError, "serial or lot number"):
            visit.action_finish()
        visit.line_ids.write({"serial_number": "B-100", "quantity": 2})
        with self.assertRaisesRegex(UserError, "one line for each"):
            visit.action_finish()
        visit.line_ids.write({"quantity": 1, "removed_fate": "returned"})
        with self.assertRaisesRegex(UserError, "old part"):
            visit.action_finish()
        visit.line_ids.removed_serial = "B-007"
        self.finish(visit)
        line = visit.line_ids.sudo()
        self.assertEqual(line.lot_id, fitted)
        self.assertEqual(self.delivered(self.board, fitted), 1)
        self.assertEqual(self.on_hand(self.board, self.van), 0)
        self.assertEqual(line.removed_lot_id.name, "B-007", "made: nobody knew it")
        faulty = self.warehouse.aftersales_faulty_loc_id
        self.assertEqual(self.on_hand(self.board, faulty, line.removed_lot_id), 1)
        # The wrong number was read
        visit.action_continue()
        other = self.lot("B-101")
        self.put(self.board, 1, self.van, other)
        visit.line_ids.serial_number = "B-101"
        visit.line_ids.removed_fate = "left"
        self.finish(visit)
        self.assertEqual(self.delivered(self.board, other), 1)
        self.assertEqual(self.on_hand(self.board, self.van, fitted), 1)
        self.assertEqual(self.on_hand(self.board, faulty), 0)

    def test_an_unknown_serial_number_is_recorded(self):
        visit = self.to_site(self.planned_visit())
        visit.line_ids = [self.part(self.board, serial_number="NEW-1")]
        self.finish(visit)
        lot = visit.line_ids.sudo().lot_id
        self.assertEqual(lot.name, "NEW-1")
        self.assertEqual(self.delivered(self.board, lot), 1)
        self.assertEqual(self.on_hand(self.board, self.van, lot), -1)
        self.assertTrue(self.moves(visit, "take"), "the storekeeper is told")

    def test_old_parts_come_back_or_are_scrapped(self):
        self.put(self.pump, 5, self.van)
        self.put(self.hose_part, 5, self.van)
        visit = self.to_site(
            self.planned_visit(self.part(self.pump, 2), self.part(self.hose_part, 1))
        )
        pump, hose = visit.line_ids.sorted("id")
        pump.removed_fate = "returned"
        hose.write({"removed_fate": "scrapped", "removed_product_id": self.pump.id})
        self.finish(visit)
        faulty = self.warehouse.aftersales_faulty_loc_id
        self.assertEqual(self.on_hand(self.pump, faulty), 2)
        scrap = self.moves(visit, "scrap")
        self.assertEqual((scrap.product_id, scrap.state), (self.pump, "done"))
        self.assertEqual(scrap.location_dest_id.usage, "inventory")
        self.assertEqual(self.moves(visit, "faulty").value, 0)

    def test_the_file_of_the_machine_shows_the_exchange(self):
        machine = self.env["aftersales.equipment"].create(
            {
                "company_id": self.company.id,
                "partner_id": self.customer.id,
                "product_name": "Press 200",
                "serial_number": "P200-78",
            }
        )
        self.put(self.board, 1, self.van, self.lot("B-200"))
        visit = self.draft_visit(self.part(self.board))
        visit.job_ids.equipment_id = machine
        visit.action_plan()
        visit = self.to_site(visit)
        visit.line_ids.write(
            {
                "serial_number": "B-200",
                "removed_fate": "returned",
                "removed_serial": "B-001",
            }
        )
        self.finish(visit)
        self.sign(visit)
        event = machine.event_ids.filtered(lambda e: e.kind == "exchanged")
        for text in ("Board", "B-200", "B-001", "Comes Back"):
            self.assertIn(text, event.note)
        self.assertEqual(machine.state, "in_service")

    def test_the_rest_of_the_stock_is_not_touched(self):
        """What another visit has reserved in the van is its own."""
        self.put(self.pump, 2, self.van)
        other = self.planned_visit(self.part(self.pump, 1))
        visit = self.to_site(self.planned_visit(self.part(self.pump, 1)))
        self.finish(visit)
        self.assertEqual(other.line_ids.part_state, "reserved")

    def test_planning_costs_no_more_per_part_than_stock(self):
        products = self.env["product.product"].create(
            [{"name": f"Part {n}", "is_storable": True} for n in range(21)]
        )
        for product in products:
            self.put(product, 9, self.stock)
        one = self.draft_visit(self.part(products[0]))
        many = self.draft_visit(*(self.part(product) for product in products[1:]))
        counts = []
        for visit in (one, many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            visit.action_plan()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        per_part = (counts[1] - counts[0]) / 19
        # A transfer of stock alone needs about as many: search of a rule of removal,
        # of quants, their lock and update.
        self.assertLess(per_part, 14, counts)
        self.assertLess(counts[0], 200, counts)
