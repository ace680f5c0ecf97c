# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common_parts import PartsCommon


@tagged("post_install", "-at_install")
class TestPartsReserve(PartsCommon):
    def test_warehouse_has_what_field_service_needs(self):
        faulty = self.warehouse.aftersales_faulty_loc_id
        self.assertEqual(self.field_loc.location_id, self.warehouse.view_location_id)
        self.assertEqual(faulty.location_id, self.field_loc)
        self.assertFalse(faulty._should_be_valued(), "broken parts are worth nothing")
        self.assertEqual(self.warehouse.aftersales_take_type_id.code, "internal")
        self.assertEqual(self.warehouse.aftersales_visit_type_id.code, "outgoing")
        self.assertEqual(self.warehouse.aftersales_faulty_type_id.code, "incoming")
        other = self.env["stock.warehouse"].create(
            {"name": "Second", "code": "SND", "company_id": self.company.id}
        )
        self.assertEqual(
            other.aftersales_faulty_loc_id.location_id, other.aftersales_field_loc_id
        )
        types = other.aftersales_take_type_id | other.aftersales_visit_type_id
        self.assertEqual(types.warehouse_id, other)
        other._aftersales_prepare()
        self.assertEqual(
            self.env["stock.location"].search_count(
                [("warehouse_id", "=", other.id), ("name", "=", "Field Service")]
            ),
            1,
        )

    def test_a_part_reaches_the_storekeeper_without_stock_rights(self):
        """Case 39: asked for without a sale, by somebody without stock rights."""
        self.put(self.pump, 5, self.stock)
        for role in ("technician", "support", "dispatcher"):
            self.assertFalse(self.users[role].has_group("stock.group_stock_user"))
            visit = self.planned_visit(self.part(self.pump), role=role)
            take = self.moves(visit, "take")
            picking = take.picking_id.with_user(self.storekeeper)
            self.assertEqual(picking.state, "assigned", role)
            self.assertEqual(picking.origin, visit.name)
            self.assertEqual(picking.partner_id, self.site)
            self.assertEqual(picking.location_id, self.stock)
            self.assertEqual(picking.location_dest_id, self.van)
            self.assertEqual(
                picking.picking_type_id, self.warehouse.aftersales_take_type_id
            )
            self.assertFalse(take.sale_line_id)
            self.assertEqual(visit.line_ids.part_state, "coming")
            self.assertEqual(visit.parts_warning, "1 part to be fetched")
            with self.assertRaises(AccessError):
                self.as_role(role, take).read(["product_id"])

    def test_the_storekeeper_hands_over(self):
        self.put(self.pump, 5, self.stock)
        visit = self.planned_visit(self.part(self.pump, 2))
        picking = self.moves(visit, "take").picking_id.with_user(self.storekeeper)
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        self.assertEqual(self.on_hand(self.pump, self.van), 2)
        use = self.moves(visit, "use")
        self.assertEqual((use.state, use.quantity), ("assigned", 2))
        self.assertEqual(use.reference, visit.name)
        self.assertEqual(visit.line_ids.part_state, "reserved")
        self.assertFalse(visit.parts_warning)

    def test_the_van_first(self):
        self.put(self.pump, 1, self.van)
        self.put(self.pump, 5, self.stock)
        visit = self.planned_visit(self.part(self.pump, 3))
        self.assertEqual(self.moves(visit, "take").product_qty, 2)
        uses = self.moves(visit, "use").sorted("product_qty")
        self.assertEqual(uses.mapped("product_qty"), [1, 2])
        self.assertEqual(uses.mapped("state"), ["assigned", "waiting"])
        # The next visit of the same van doesn't get the same part.
        other = self.planned_visit(self.part(self.pump, 1), hours=48)
        self.assertEqual(self.moves(other, "take").product_qty, 1)

    def test_colleagues_vans_and_faulty_parts_are_left_alone(self):
        self.put(self.pump, 3, self.van)
        self.put(self.pump, 3, self.warehouse.aftersales_faulty_loc_id)
        self.technician.van_location_id = False
        self.put(self.pump, 1, self.field_loc)
        visit = self.planned_visit(self.part(self.pump, 2))
        use = self.moves(visit, "use").filtered(lambda m: m.state == "assigned")
        self.assertEqual(use.product_qty, 1)
        self.assertEqual(use.move_line_ids.location_id, self.field_loc)
        self.assertEqual(self.moves(visit, "take").location_dest_id, self.field_loc)
        self.assertEqual(visit.line_ids.part_state, "short")

    def test_shortage_is_seen_before_departure(self):
        self.put(self.pump, 1, self.stock)
        visit = self.planned_visit(
            self.part(self.pump, 2), self.part(self.hose_part, 1)
        )
        self.assertEqual(visit.missing_part_count, 2)
        self.assertEqual(visit.parts_warning, "2 parts missing")
        Visit = self.as_role("technician", "aftersales.dispatch")
        self.assertIn(visit, Visit.search([("missing_part_count", ">", 0)]))
        self.put(self.pump, 9, self.stock)
        self.put(self.hose_part, 9, self.stock)
        self.moves(visit, "take").picking_id.with_user(self.storekeeper).action_assign()
        visit.invalidate_recordset()
        self.assertEqual(visit.missing_part_count, 0)
        self.assertNotIn(visit, Visit.search([("missing_part_count", ">", 0)]))
        self.as_role("technician", visit).action_depart()
        self.assertEqual(visit.state, "on_way", "nobody is held back")
        bodies = " ".join(visit.message_ids.mapped("body"))
        self.assertIn("Left without", bodies)

    def test_parts_are_added_changed_and_removed(self):
        self.put(self.pump, 9, self.stock)
        self.put(self.hose_part, 9, self.van)
        visit = self.planned_visit(self.part(self.pump, 1))
        technician = self.as_role("technician", visit)
        technician.line_ids = [self.part(self.hose_part, 2)]
        hose = technician.line_ids.filtered(lambda ln: ln.product_id == self.hose_part)
        self.assertEqual(hose.planned_quantity, 2, "one number before the work")
        self.assertEqual(hose.part_state, "reserved")
        picking = self.moves(visit, "take").picking_id
        pump = technician.line_ids - hose
        pump.quantity = 4
        self.assertEqual(pump.planned_quantity, 4)
        take = self.moves(visit, "take")
        self.assertEqual((take.product_qty, take.quantity), (4, 4))
        self.assertEqual(take.picking_id, picking, "the storekeeper's list stays one")
        hose.product_id = self.pump
        self.assertEqual(sum(self.moves(visit, "take").mapped("product_qty")), 6)
        self.assertFalse(
            self.moves(visit).filtered(lambda m: m.product_id != self.pump)
        )
        pump.unlink()
        self.assertEqual(sum(self.moves(visit, "take").mapped("product_qty")), 2)
        hose.unlink()
        self.assertFalse(self.moves(visit))
        self.assertEqual(picking.state, "cancel")
        self.assertNothingReserved()

    def assertNothingReserved(self):
        self.env.flush_all()
        quants = self.env["stock.quant"].search(
            [("product_id", "in", (self.pump | self.hose_part | self.board).ids)]
        )
        self.assertEqual(sum(quants.mapped("reserved_quantity")), 0)

    def test_cancelled_and_taken_back_visits_release(self):
        self.put(self.pump, 1, self.van)
        self.put(self.pump, 9, self.stock)
        visit = self.planned_visit(self.part(self.pump, 3))
        visit.action_draft()
        self.assertNothingReserved()
        self.assertFalse(self.moves(visit))
        visit.action_plan()
        self.assertEqual(sum(self.moves(visit, "use").mapped("product_qty")), 3)
        visit.action_cancel()
        self.assertNothingReserved()
        visit.action_draft()
        visit.unlink()
        self.assertNothingReserved()

    def test_another_technician_another_van(self):
        self.put(self.pump, 2, self.van)
        van = self.van.copy({"name": "Van 2"})
        self.colleague.company_id = self.company
        self.colleague.van_location_id = van
        self.put(self.pump, 1, van)
        self.put(self.pump, 9, self.stock)
        visit = self.planned_visit(self.part(self.pump, 2))
        self.assertFalse(self.moves(visit, "take"))
        visit.technician_ids = [Command.set(self.colleague.ids)]
        self.assertEqual(self.moves(visit).location_id, van | self.stock)
        self.assertEqual(self.moves(visit, "take").product_qty, 1)
        self.assertEqual(self.moves(visit, "take").location_dest_id, van)

    def test_replanning_moves_the_day(self):
        visit = self.planned_visit(self.part(self.pump, 2))
        moves = self.moves(visit)
        visit.scheduled_start += timedelta(days=3)
        self.assertEqual(self.moves(visit), moves, "the same moves")
        self.assertEqual(set(moves.mapped("date")), {visit.scheduled_start})

    def test_described_parts_and_services_move_nothing(self):
        service = self.env["product.product"].create(
            {"name": "Disposal", "type": "service"}
        )
        visit = self.planned_visit(self.part(service))
        visit.line_ids = [Command.create({"kind": "part", "name": "Cable tie"})]
        visit.action_draft()
        visit.action_plan()
        self.assertFalse(any(visit.line_ids.mapped("keeps_stock")))
        self.assertFalse(self.moves(visit))
        self.assertFalse(any(visit.line_ids.mapped("part_state")))

    def test_parts_are_asked_for_on_the_form(self):
        visit = self.planned_visit()
        with Form(self.as_role("technician", visit)) as form:
            with form.line_ids.new() as line:
                line.kind = "part"
                line.product_id = self.as_role("technician", self.pump)
                self.assertEqual(line.planned_quantity, 1)
                line.planned_quantity = 2
            with form.line_ids.new() as line:
                line.kind = "part"
                line.name = "Cable tie"
                line.quantity = 5
        pump, tie = visit.line_ids.sorted("id")
        self.assertEqual((pump.planned_quantity, pump.quantity), (2, 2))
        self.assertEqual(pump.part_state, "short")
        self.assertEqual((tie.quantity, tie.keeps_stock), (5, False))

    def test_who_may_ask_for_parts(self):
        visit = self.planned_visit()
        for role in ("intake", "quality", "finance"):
            with self.assertRaises(AccessError, msg=role):
                self.as_role(role, "aftersales.dispatch.line").create(
                    {**self.part(self.pump)[2], "dispatch_id": visit.id}
                )
        Line = self.as_role("support", "aftersales.dispatch.line")
        with self.assertRaises(AccessError):
            Line.create({"dispatch_id": visit.id, "name": "Work", "hours": 3})
        line = Line.create({**self.part(self.pump)[2], "dispatch_id": visit.id})
        with self.assertRaises(AccessError):
            line.write({"kind": "labour"})
        with self.assertRaises(AccessError):
            line.write({"keeps_stock": False})
        # a technician of no team, not on the visit
        self.team.member_ids = [Command.unlink(self.users["technician"].id)]
        visit.technician_ids = [Command.set(self.colleague.ids)]
        with self.assertRaises(AccessError):
            self.as_role("technician", line).quantity = 3
        with self.assertRaises(AccessError):
            self.as_role("technician", line).unlink()
        self.assertTrue(line.exists())

    def test_vans_are_given_by_those_who_plan(self):
        Wizard = self.as_role("dispatcher", "aftersales.van.assign")
        with Form(Wizard) as form:
            form.employee_id = self.as_role("dispatcher", self.colleague)
            form.name = "B-XY 12"
        self.colleague.company_id = self.company
        form.record.action_assign()
        van = self.colleague.van_location_id
        self.assertEqual((van.name, van.location_id), ("B-XY 12", self.field_loc))
        with self.assertRaises(AccessError):
            self.as_role("technician", "aftersales.van.assign").create(
                {"employee_id": self.technician.id, "name": "x"}
            )
        for wrong in (
            self.stock,
            self.field_loc,
            self.warehouse.aftersales_faulty_loc_id,
        ):
            with self.assertRaises(ValidationError):
                self.technician.van_location_id = wrong

    def test_the_van_of_another_company_is_not_used(self):
        other = self.env["res.company"].create({"name": "Other Maker"})
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", other.id)], limit=1
        )
        self.assertTrue(warehouse.aftersales_field_loc_id, "made with the company")
        van = self.env["stock.location"].create(
            {
                "name": "Their Van",
                "location_id": warehouse.aftersales_field_loc_id.id,
                "company_id": other.id,
            }
        )
        with self.assertRaises(ValidationError):
            self.technician.van_location_id = van
        self.put(self.pump, 3, van)
        visit = self.planned_visit(self.part(self.pump))
        self.assertEqual(visit.line_ids.part_state, "short")
        self.assertEqual(self.moves(visit).company_id, self.company)

    def test_parts_needed_and_their_forecast(self):
        self.put(self.pump, 1, self.stock)
        first = self.planned_visit(self.part(self.pump, 1))
        second = self.planned_visit(self.part(self.pump, 3), hours=48)
        with self.at(1):
            lines = (first | second).line_ids
            self.assertEqual(lines.warehouse_id, self.warehouse)
            self.assertEqual(first.line_ids.forecast_quantity, 0)
            self.assertEqual(second.line_ids.forecast_quantity, -3)
        orderpoint = self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": self.pump.id,
                "location_id": self.stock.id,
                "warehouse_id": self.warehouse.id,
                "product_min_qty": 0,
                "product_max_qty": 0,
                "trigger": "manual",
            }
        )
        with self.at(1):
            self.assertEqual(orderpoint.qty_forecast, -3)
            self.assertEqual(orderpoint.qty_to_order, 3)
        action = second.line_ids.with_user(self.storekeeper).sudo().action_replenish()
        self.assertEqual(action["context"]["default_product_id"], self.pump.id)
        with self.assertRaises(UserError):
            second.line_ids.action_take_successor()
