# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who goes, or his van, changes after the parts were planned or loaded."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common_parts import PartsCommon


@tagged("post_install", "-at_install")
class TestVisitVan(PartsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.van_2 = cls.van.copy({"name": "Van 2"})
        cls.colleague.company_id = cls.company
        cls.colleague.van_location_id = cls.van_2
        cls.put(cls.pump, 9, cls.stock)

    def hand_over(self, moves):
        moves.picking_id.with_user(self.storekeeper).button_validate()

    def loaded(self, *commands):
        """Return a planned visit whose 2 pumps are in the technician's van."""
        visit = self.planned_visit(self.part(self.pump, 2), *commands)
        self.hand_over(self.moves(visit, "take"))
        self.assertEqual(self.on_hand(self.pump, self.van), 2)
        return visit

    def another_goes(self, visit, employee=None):
        visit.technician_ids = [Command.set((employee or self.colleague).ids)]

    def finish(self, visit, quantity):
        visit = self.to_site(self.as_role("dispatcher", visit).sudo(False))
        visit.line_ids.filtered("keeps_stock").quantity = quantity
        visit.action_finish()
        return visit

    def takes(self, visit):
        return self.moves(visit, "take", done=False)

    def test_changed_before_loading(self):
        """The storekeeper's list goes to the van that goes."""
        visit = self.planned_visit(self.part(self.pump, 2))
        old = self.takes(visit).picking_id
        self.another_goes(visit)
        take = self.takes(visit)
        self.assertEqual(old.state, "cancel")
        self.assertEqual((take.location_id, take.product_qty), (self.stock, 2))
        self.assertEqual(take.location_dest_id, self.van_2)
        self.assertIn("Carl Colleague", take.picking_id.dispatch_summary)

    def test_changed_after_loading(self):
        """What lies in the old van is brought over, not taken from the stock again."""
        visit = self.loaded()
        self.another_goes(visit)
        take = self.takes(visit)
        self.assertEqual(
            (take.location_id, take.location_dest_id), (self.van, self.van_2)
        )
        self.assertEqual((take.product_qty, take.state), (2, "assigned"))
        self.assertEqual(visit.line_ids.part_state, "coming")
        note = visit.message_ids.filtered(lambda m: "Van 1 already" in m.body)
        self.assertIn(take.picking_id.name, note.body)
        # Nobody else is given what waits there.
        other = self.planned_visit(self.part(self.pump, 1))
        self.assertEqual(self.takes(other).location_id, self.stock)
        self.hand_over(take)
        self.assertEqual(self.on_hand(self.pump, self.van_2), 2)
        self.assertEqual(visit.line_ids.part_state, "reserved")
        self.finish(visit, 2)
        self.assertEqual(self.on_hand(self.pump, self.customers), 2)
        self.assertEqual(self.on_hand(self.pump, self.van_2), 0)
        self.assertEqual(self.on_hand(self.pump, self.stock), 7)

    def test_changed_on_the_way_and_back(self):
        """The van of the technician changes, when he is under way, and back again."""
        visit = self.loaded()
        visit.line_ids.planned_quantity = 3
        self.assertEqual(self.takes(visit).product_qty, 1)
        self.as_role("technician", visit).action_depart()
        self.technician.van_location_id = self.van_2
        takes = self.takes(visit)
        self.assertEqual(
            {(move.location_id, move.product_qty) for move in takes},
            {(self.van, 2), (self.stock, 1)},
        )
        self.assertEqual(takes.location_dest_id, self.van_2)
        self.technician.van_location_id = self.van
        self.assertEqual(self.takes(visit).location_id, self.stock)
        self.assertEqual(self.takes(visit).product_qty, 1)
        self.assertEqual(
            sum(self.moves(visit, "use").mapped("quantity")), 2, "reserved again"
        )

    def test_given_to_somebody_else_meanwhile(self):
        """What was taken out of the old van since then comes from the stock."""
        visit = self.loaded()
        self.put(self.pump, -1, self.van)
        self.another_goes(visit)
        self.assertEqual(
            {(move.location_id, move.product_qty) for move in self.takes(visit)},
            {(self.van, 1), (self.stock, 1)},
        )

    def test_used_though_nobody_brought_them_over(self):
        """They were used: the storekeeper is asked where they came from."""
        visit = self.loaded()
        self.another_goes(visit)
        visit = self.finish(visit, 1)
        take = self.takes(visit)
        self.assertEqual((take.location_id, take.product_qty), (self.van, 1))
        activity = take.picking_id.activity_ids
        self.assertIn("if they came from", activity.note)
        self.assertIn(self.van.display_name, activity.note)
        self.assertEqual(self.on_hand(self.pump, self.customers), 1)
        self.assertEqual(self.on_hand(self.pump, self.van_2), -1)
        self.hand_over(take)
        self.assertEqual(self.on_hand(self.pump, self.van_2), 0)
        self.assertEqual(self.on_hand(self.pump, self.van), 1, "the other one")

    def test_not_used_goes_back_from_where_it_lies(self):
        visit = self.loaded()
        visit.line_ids.unused_goes = "stock"
        self.another_goes(visit)
        visit = self.finish(visit, 0)
        self.assertFalse(self.takes(visit))
        back = self.moves(visit, "back")
        self.assertEqual((back.location_id, back.product_qty), (self.van, 2))
        self.hand_over(back)
        self.assertEqual(self.on_hand(self.pump, self.van), 0)
        self.assertEqual(self.on_hand(self.pump, self.stock), 9)
        self.assertEqual(self.on_hand(self.pump, self.van_2), 0)

    def test_second_technician_comes_along(self):
        """Parts stay in the van they were loaded into, whoever comes first by name."""
        visit = self.loaded()
        visit.technician_ids = [Command.link(self.colleague.id)]
        self.env.invalidate_all()
        technicians = visit.sudo().technician_ids
        self.assertEqual(technicians[0], self.colleague)
        self.assertEqual(len(technicians.van_location_id), 2)
        self.assertEqual(visit._parts_route().van, self.van)
        visit.line_ids.planned_quantity = 3
        self.assertEqual(self.takes(visit).location_id, self.stock)
        self.assertEqual(self.takes(visit).location_dest_id, self.van)
        self.finish(visit, 2)
        self.assertEqual(self.on_hand(self.pump, self.van), 0)

    # === THE STOREKEEPER === #

    def test_storekeeper_sees_what_it_is_for(self):
        visit = self.planned_visit(self.part(self.pump, 2))
        visit.scheduled_start = self.at_hours(24)
        picking = self.takes(visit).picking_id.with_user(self.storekeeper)
        self.assertEqual(picking.origin, visit.name)
        with Form(picking) as form:
            summary = form.dispatch_summary
        for words in (visit.name, "Tara Technician", "Plant South", "Munich"):
            self.assertIn(words, summary)
        # 09:00 UTC at the site, whatever the storekeeper's own zone.
        self.storekeeper.tz = "Asia/Tokyo"
        picking.invalidate_recordset()
        self.assertIn("Tue 3 Mar 10:00 (Europe/Berlin)", picking.dispatch_summary)
        action = picking.action_view_dispatch()
        self.assertEqual(action["res_model"], "stock.move")
        self.assertIn(visit.name, action["name"])
        moves = picking.env["stock.move"].search(action["domain"])
        self.assertEqual(moves.sudo(), self.moves(visit))
        self.assertTrue(moves.mapped("reference"))
        with self.assertRaises(AccessError):
            visit.with_user(self.storekeeper).read(["instructions"])
        with self.assertRaises(AccessError):
            self.takes(visit).picking_id.with_user(
                self.users["quality"]
            ).action_view_dispatch()
        # Who may read both opens the visit.
        self.users["dispatcher"].group_ids |= self.env.ref("stock.group_stock_user")
        action = self.as_role("dispatcher", picking).action_view_dispatch()
        self.assertEqual(action["res_model"], "aftersales.dispatch")

    def test_a_hidden_visit_stays_hidden(self):
        """A technician with stock rights learns nothing of a complaint about him."""
        visit = self.planned_visit(self.part(self.pump, 2))
        visit.technician_ids = [Command.set(self.colleague.ids)]
        self.users["technician"].group_ids |= self.env.ref("stock.group_stock_user")
        ticket = visit.job_ids.ticket_id.sudo()
        ticket.write(
            {
                "ticket_type": "complaint",
                "complaint_about_ids": [Command.set(self.technician.ids)],
            }
        )
        self.env.invalidate_all()
        picking = self.as_role("technician", self.takes(visit).picking_id)
        self.assertFalse(visit.with_user(picking.env.user).has_access("read"))
        self.assertFalse(picking.dispatch_summary)
        self.assertEqual(picking.action_view_dispatch()["res_model"], "stock.move")
