# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a visit costs: the order it makes, and how corrections rewrite it."""

from datetime import datetime

from odoo import Command
from odoo.tests import tagged

from .common_charges import ChargesCommon


@tagged("post_install", "-at_install")
class TestCharges(ChargesCommon):
    # === THE ORDER === #

    def test_order(self):
        """It is a native draft of the customer's, with the visit's addresses; lines
        that are free stand on it with their discount, ticket and reasons beside."""
        visit = self.finish("half")
        order = self.order(visit)
        self.assertEqual(order.state, "draft")
        self.assertEqual(order.partner_id, visit.partner_id)
        self.assertEqual(order.partner_shipping_id, visit.site_id)
        self.assertEqual(order.origin, visit.name)
        self.assertEqual(order.company_id, self.company)
        names = order.order_line.filtered("display_type").mapped("name")
        self.assertIn("Hose leaks", names[0])
        self.assertTrue(any("Parts (50 %) free under warranty" in n for n in names))
        pump = order.order_line.filtered(lambda ln: ln.product_id == self.pump)
        self.assertEqual((pump.discount, pump.price_unit), (50, 300))
        self.assertEqual(pump.dispatch_line_id.product_id, self.pump)
        content = visit._charges_content()
        self.assertIsNone(content["accepted"])
        line = next(row for row in content["lines"] if row["description"] == "Pump")
        self.assertEqual(
            (line["kind"], line["quantity"], line["price"], line["share"]),
            ("part", 1, 300, 0.5),
        )
        self.assertIn("warranty", line["why"])
        self.assertEqual(visit.charge_total, content["total"])
        self.assertIn("Pump", visit.charges_html)

    def test_covered_lines_by_setting(self):
        """What is free is left out of the order by setting; the statement names it."""
        self.company.aftersales_show_covered = False
        visit = self.finish("plain")
        self.assertNotIn(self.pump, self.order(visit).order_line.product_id)
        lines = {row["description"]: row for row in visit._charges_content()["lines"]}
        self.assertEqual(lines["Pump"]["share"], 1)
        self.assertEqual(lines["Pump"]["amount"], 0)

    def test_all_free(self):
        """Nothing to pay makes no order, but a statement of what is free and why."""
        visit = self.finish("full", [self.labour(), self.part(self.pump)])
        self.assertFalse(self.order(visit))
        content = visit._charges_content()
        self.assertEqual(content["total"], 0)
        self.assertTrue(all(row["share"] == 1 for row in content["lines"]))
        form = self.sign(visit)
        self.assertEqual(form.outcome, "accepted")
        self.assertFalse(visit.charges_accepted)

    def test_unpriced(self):
        """A company without prices charges nothing, and is told what has none."""
        for product in self.services.values():
            product.list_price = 0
        visit = self.finish("none", [self.labour()])
        self.assertFalse(self.order(visit))
        self.assertEqual(visit._charges_content(), {})
        settings = self.env["res.config.settings"].with_company(self.company)
        self.assertIn("Labour", settings.create({}).aftersales_unpriced)

    def test_described_part(self):
        """A part that is in no catalogue is noted on the order, for sales to price."""
        part = Command.create({"kind": "part", "name": "Old hose", "quantity": 2})
        visit = self.finish("none", [self.labour(), part])
        notes = self.order(visit).order_line.filtered(
            lambda ln: ln.display_type == "line_note"
        )
        self.assertIn("2 x Old hose: to be priced", notes.mapped("name"))
        self.assertEqual(visit.charges_warning, "Old hose")
        # It stays when something else is corrected.
        visit.line_ids = [self.part(self.pump)]
        notes = self.order(visit).order_line.mapped("name")
        self.assertIn("2 x Old hose: to be priced", notes)

    def test_improper_use_not_acknowledged(self):
        """Nothing is charged because of it before the customer has acknowledged it."""
        with self.at(0):
            self.cover("plain")
            visit, finding = self.start_visit()
            self.propose(finding)
            self.approve(finding)
        with self.at(30):
            visit.line_ids = [self.part(self.pump)]
            visit.action_finish()
        self.assertEqual(self.amounts(visit)["Pump"], 0)
        with self.at(31):
            self.notice(finding, "explain").action_explain()
            self.acknowledge(finding)
            visit.action_sign()
        self.assertEqual(self.amounts(visit)["Pump"], 300)

    def test_two_findings(self):
        """Each line follows its finding; where none is named, the best one counts."""
        self.company.aftersales_callout_product_id = False
        with self.at(0):
            self.cover("plain")
            visit, covered = self.start_visit()
            charged = self.make_finding(self.equipment, covered.ticket_id)
            self.set_cause(charged, "wear")
        with self.at(30):
            visit.line_ids = [self.labour(1), self.labour(2), self.labour(4)]
            one, two, _none = visit.line_ids.sorted("hours")
            one.finding_id, two.finding_id = covered, charged
            visit.action_finish()
        rows = {row["quantity"]: row for row in visit._charges_content()["lines"]}
        self.assertEqual([rows[n]["amount"] for n in (1, 2, 4)], [0, 200, 0])
        self.assertIn("best for you", rows[4]["why"])

    def test_zone(self):
        """A zone has one price, in place of the kilometres."""
        zone = self.env["product.product"].create(
            {"name": "City", "type": "service", "list_price": 45, "taxes_id": False}
        )
        self.env["aftersales.travel.zone"].create(
            [
                {
                    "name": name,
                    "company_id": self.company.id,
                    "max_km": km,
                    "product_id": product.id,
                    "sequence": km,
                }
                for name, km, product in (
                    ("Near", 30, self.services["callout"]),
                    ("City", 50, zone),
                )
            ]
        )
        self.company.aftersales_travel_by = "zone"
        amounts = self.amounts(self.finish())
        self.assertEqual(amounts["City"], 45)
        self.assertNotIn("km", amounts)
        self.assertEqual(amounts["callout"], 80)

    def test_holiday_is_overtime(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "company_id": self.company.id,
                "calendar_id": self.calendar.id,
                "date_from": datetime(2026, 3, 2, 22),
                "date_to": datetime(2026, 3, 3, 22),
            }
        )
        amounts = self.amounts(self.finish())
        self.assertNotIn("labour", amounts)
        self.assertEqual(amounts["overtime"], 150 * 2.5)

    # === REWRITING === #

    def test_back_to_work(self):
        """Finishing again rewrites the order; what sales entered by hand stays."""
        visit = self.finish("none", [self.labour(1), self.part(self.pump)])
        order = self.order(visit)
        pump = order.order_line.filtered(lambda ln: ln.product_id == self.pump)
        pump.price_unit = 250
        extra = order.order_line.create(
            {"order_id": order.id, "product_id": self.filter.id}
        )
        with self.at(31):
            visit.action_continue()
            labour = visit.line_ids.filtered(lambda ln: ln.kind == "labour")
            labour.hours = 3
            visit.action_finish()
        self.assertEqual(self.order(visit), order)
        self.assertEqual(pump.price_unit, 250)
        self.assertTrue(extra.exists())
        amounts = self.amounts(visit)
        self.assertEqual((amounts["labour"], amounts["Pump"]), (300, 250))
        self.assertEqual(visit.charge_total, order.amount_total)
        # Entered after the work was finished: the customer reads it before signing.
        visit.line_ids = [self.part(self.filter, 3)]
        self.assertEqual(self.amounts(visit)["Oil Filter"], 60 + 20)
        labour.unlink()
        self.assertNotIn("labour", self.amounts(visit))

    def test_nothing_left(self):
        """An order that charges nothing any more is gone."""
        self.company.aftersales_callout_product_id = False
        visit = self.finish("none", [self.labour(1)])
        order = self.order(visit)
        visit.line_ids.unlink()
        self.assertFalse(order.exists())
        self.assertFalse(self.order(visit))

    def test_supplement(self):
        """What is corrected after the order was confirmed is a supplement, once."""
        self.company.aftersales_callout_product_id = False
        visit = self.finish("none", [self.labour(2), self.part(self.pump)])
        with self.at(31):
            self.sign(visit)
            first = self.order(visit)
            first.action_confirm()
            visit.action_correct()
            labour = visit.line_ids.filtered(lambda ln: ln.kind == "labour")
            labour.hours = 1
            visit.line_ids = [self.part(self.filter)]
            second = self.order(visit)
            self.assertNotEqual(first, second)
            self.assertEqual(first.amount_untaxed, 500)
            self.assertEqual(second.amount_untaxed, -100 + 20)
            self.assertEqual(visit.charge_total, 420)
            labour.hours = 3
            self.assertEqual(self.order(visit), second)
            self.assertEqual(second.amount_untaxed, 100 + 20)
            self.sign(visit, replaces_reason="Hours were wrong")
        self.assertEqual(visit.charge_total, 620)
        self.assertEqual(visit.sudo().order_ids, first | second)

    def test_keep_version(self):
        """A visit that is opened by mistake charges the same, whatever sales did."""
        visit = self.finish("none", [self.labour(2)])
        with self.at(31):
            self.sign(visit)
            statement = visit._charges_content()
            self.order(visit).order_line.filtered("product_id")[0].price_unit = 7
            visit.action_correct()
            visit.action_keep_version()
        self.assertEqual(visit._charges_content(), statement)
        self.assertTrue(statement["accepted"])

    # === PARTS THAT WERE DELIVERED === #

    def test_parts_delivered_once(self):
        """Confirming the order delivers nothing again, and invoices it once."""
        warehouse = self.env["stock.warehouse"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        self.pump.is_storable = True
        (self.pump | self.filter).invoice_policy = "delivery"
        stock, customers = (
            warehouse.lot_stock_id,
            self.env.ref("stock.stock_location_customers"),
        )
        self.env["stock.quant"]._update_available_quantity(self.pump, stock, 5)
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": warehouse.out_type_id.id,
                "location_id": stock.id,
                "location_dest_id": customers.id,
                "partner_id": self.customer.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": 1,
                            "location_id": stock.id,
                            "location_dest_id": customers.id,
                        }
                    )
                    for product in (self.pump, self.filter)
                ],
            }
        )
        picking.action_confirm()
        for move in picking.move_ids:
            move.write({"quantity": 1, "picked": True})
        picking._action_done()
        moves = picking.move_ids
        self.assertEqual(set(moves.mapped("state")), {"done"})
        linked = {move.product_id: move for move in moves}
        Dispatch = type(self.env["aftersales.dispatch"])
        self.patch(
            Dispatch, "_linked_moves", lambda visit, line: linked[line.product_id]
        )
        # The filter is a wear part and charged, the pump is free.
        visit = self.finish("plain", [self.part(self.pump), self.part(self.filter)])
        order = self.order(visit)
        free = order.order_line.filtered(lambda ln: ln.product_id == self.pump)
        charged = order.order_line.filtered(lambda ln: ln.product_id == self.filter)
        self.assertFalse(linked[self.pump].sale_line_id)
        self.assertEqual(linked[self.filter].sale_line_id, charged)
        self.assertEqual(charged.qty_delivered, 1)
        available = self.pump.with_context(location=stock.id).qty_available
        order.action_confirm()
        self.assertEqual(order.picking_ids, picking)
        self.assertEqual(
            self.pump.with_context(location=stock.id).qty_available, available
        )
        self.assertEqual(order.order_line & (free | charged), free | charged)
        self.assertEqual(charged.qty_to_invoice, 1)
        self.assertEqual(free.qty_delivered, 1)
        charged.product_uom_qty = 2
        self.assertEqual(order.picking_ids, picking, "the visit delivers, not sales")
