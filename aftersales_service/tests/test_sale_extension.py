# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date, datetime

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .test_sale_warranty import SaleWarrantyCommon


@tagged("post_install", "-at_install")
class TestSaleExtension(SaleWarrantyCommon):
    """Extended warranties that are sold: which machine they are for."""

    # === WHAT CAN'T BE GIVEN === #

    def refused(self, order, text):
        """Confirm, and expect a message that was on the form as a warning before."""
        self.assertIn(text, order.aftersales_warranty_warning)
        with self.assertRaisesRegex(UserError, text):
            order.action_confirm()

    def test_extension_without_machine(self):
        order = self.create_order(self.extension)
        self.assertTrue(order.aftersales_has_extension)
        self.refused(order, "extends no machine")
        self.create_order(
            {"product_id": self.extension.id, "product_uom_qty": 0}
        ).action_confirm()

    def test_extension_of_which_machine(self):
        """Two machines, and the extension is not said to belong to either."""
        order = self.create_order(self.product, self.product, self.extension)
        self.refused(order, "extends no machine")
        order.order_line[2].linked_line_id = order.order_line[1]
        order.action_confirm()

    def test_extension_with_its_only_machine(self):
        order = self.create_order(self.product, self.spare, self.extension)
        machine, _spare, extension = order.order_line
        self.assertEqual(extension._aftersales_machine_line(), machine)
        order.action_confirm()
        self.assertEqual(machine._aftersales_paired_extensions(1), extension)

    def test_extension_linked_to_no_machine(self):
        order = self.create_order(self.product, self.spare, self.extension)
        order.order_line[2].linked_line_id = order.order_line[1]
        self.refused(order, "extends no machine")

    def test_more_extensions_than_machines(self):
        line = {"product_id": self.extension.id, "product_uom_qty": 3}
        order = self.create_order(
            {"product_id": self.product.id, "product_uom_qty": 2}, line
        )
        self.refused(order, "3 sold, for 2 of Press 200")
        machine = self.register_machine()
        order = self.create_order(
            {**line, "aftersales_equipment_ids": [Command.set(machine.ids)]}
        )
        self.refused(order, "3 sold, but machines named on the line: 1")

    def test_extension_term_of_another_company(self):
        self.term_extension.sudo().company_id = self.company_b
        order = self.create_order(self.product, self.extension)
        self.refused(order, "belongs to another company")

    def test_equipment_of_somebody_else(self):
        """Only what the customer or the end user of the order has is extended."""
        dealer = self.env["res.partner"].create({"name": "Dealer"})
        machine = self.register_machine(partner_id=dealer.id)
        line = {
            "product_id": self.extension.id,
            "aftersales_equipment_ids": [Command.set(machine.ids)],
        }
        with self.assertRaises(ValidationError) as caught:
            self.create_order(line)
        self.assertIn("neither to the customer", str(caught.exception))
        order = self.create_order(line, aftersales_end_user_id=dealer.id)
        order.aftersales_end_user_id = False
        self.refused(order, "neither to the customer")

    def test_equipment_of_another_company(self):
        machine = self.register_machine(company_id=self.company_b.id)
        order = self.create_order(self.extension)
        with self.assertRaises(UserError):
            order.sudo().order_line.aftersales_equipment_ids = machine

    def test_extension_units(self):
        """The first units delivered get the extensions, as many as were sold."""
        order = self.create_order(
            {"product_id": self.product.id, "product_uom_qty": 3},
            {"product_id": self.extension.id, "product_uom_qty": 2},
            {"product_id": self.extension.id, "product_uom_qty": 1},
        )
        machine, two, one = order.order_line
        self.assertEqual(
            machine._aftersales_extension_units([1, 1, 1]),
            [self.env["sale.order.line"]] * 3,
            "a quotation gives nothing",
        )
        order.action_confirm()
        units = machine._aftersales_extension_units([1, 1, 1])
        self.assertEqual(units, [two | one, two, self.env["sale.order.line"]])
        lots = machine._aftersales_extension_units([2, 1])
        self.assertEqual(lots, [two | one, self.env["sale.order.line"]])
        self.assertEqual(machine._aftersales_paired_extensions(3), two | one)
        self.assertFalse(machine._aftersales_paired_extensions(0))

    def test_extension_on_paper(self):
        order = self.create_order(self.product, self.extension)
        order.order_line[0].aftersales_warranty_term_id = self.term_order
        html = self.render(order)
        self.assertEqual(html.count("Extended warranty: lengthened by 12 months"), 1)
        machine = self.register_machine()
        order = self.create_order(
            {
                "product_id": self.extension.id,
                "aftersales_equipment_ids": [Command.set(machine.ids)],
            }
        )
        self.assertIn(
            f"Extended warranty of {machine.display_name}: lengthened",
            order.order_line._aftersales_statement(),
        )
        self.country.aftersales_minimum_months = 24
        self.customer.country_id = self.country
        self.assertFalse(order.aftersales_warranty_warning, "it comes on top")


@tagged("post_install", "-at_install")
class TestSaleExtensionGiven(SaleWarrantyCommon):
    """Extended warranties as they are given, taken back and given again."""

    def extensions(self, line):
        """Return the extensions that a line gave and that are not void."""
        return self.env["aftersales.warranty"].search(
            [
                ("sale_line_id", "=", line.id),
                ("kind", "=", "extension"),
                ("is_void", "=", False),
            ]
        )

    def sell_for(self, *machines, **values):
        """Enter a quotation of an extension for machines known already."""
        equipment = self.env["aftersales.equipment"].union(*machines)
        return self.create_order(
            {
                "product_id": self.extension.id,
                "product_uom_qty": len(equipment),
                "aftersales_equipment_ids": [Command.set(equipment.ids)],
            },
            **values,
        )

    def deliver(self, order, quantity):
        """Deliver some of the open goods of an order, the rest as a backorder."""
        picking = order.sudo().picking_ids.filtered(lambda p: p.state == "assigned")
        picking.move_ids.write({"quantity": quantity, "picked": True})
        picking.with_context(skip_backorder=True).button_validate()
        return self.env["aftersales.equipment"].search(
            [("sale_order_id", "=", order.id)], order="id"
        )

    def test_named_equipment(self):
        """Given at the confirmation, by a salesman, on the day at the site."""
        machine = self.register_machine(site_id=self.site.id)
        order = self.sell_for(machine)
        self.assertFalse(self.extensions(order.order_line))
        with self.at(datetime(2026, 3, 2, 23, 30)):
            order.action_confirm()
        warranty = self.extensions(order.order_line)
        self.assertEqual(warranty.equipment_id, machine)
        self.assertEqual(warranty.term_id, self.term_extension)
        self.assertEqual(warranty.start_date, date(2026, 3, 3))
        self.assertEqual(warranty.end_date, date(2027, 3, 2))

    def test_several_machines(self):
        machines = self.register_machine()
        machines |= self.register_machine(serial_number="P100-2")
        order = self.sell_for(machines)
        order.action_confirm()
        self.assertEqual(self.extensions(order.order_line).equipment_id, machines)

    def test_machine_of_the_end_user(self):
        user = self.env["res.partner"].create({"name": "End User"})
        machine = self.register_machine(partner_id=user.id)
        order = self.sell_for(machine, aftersales_end_user_id=user.id)
        order.action_confirm()
        self.assertEqual(self.extensions(order.order_line).equipment_id, machine)

    def test_never_twice(self):
        machine = self.register_machine()
        order = self.sell_for(machine)
        line = order.order_line
        order.action_confirm()
        first = self.extensions(line)
        with self.assertRaises(UserError):
            order.action_confirm()
        line._aftersales_sync_extensions()
        self.assertEqual(self.extensions(line), first)
        order.action_cancel()
        self.assertFalse(self.extensions(line))
        self.assertTrue(first.is_void)
        self.assertIn(order.name, first.void_reason)
        order.action_draft()
        order.action_confirm()
        again = self.extensions(line)
        self.assertEqual(len(again), 1)
        self.assertNotEqual(again, first)

    def test_term_as_sold(self):
        """The extension's term is the one of the order, not the product's of later."""
        machine = self.register_machine()
        order = self.sell_for(machine)
        order.action_confirm()
        order.action_cancel()
        order.action_draft()
        self.extension.aftersales_extension_term_id = self.term_company
        order.action_confirm()
        self.assertEqual(self.extensions(order.order_line).term_id, self.term_extension)

    def test_line_added_after_confirmation(self):
        machine = self.register_machine()
        order = self.create_order(self.spare)
        order.action_confirm()
        with self.assertRaises(UserError) as caught:
            order.order_line = [Command.create({"product_id": self.extension.id})]
        self.assertIn("extends no machine", str(caught.exception))
        order.order_line = [
            Command.create(
                {
                    "product_id": self.extension.id,
                    "aftersales_equipment_ids": [Command.set(machine.ids)],
                }
            )
        ]
        line = order.order_line[1]
        self.assertEqual(self.extensions(line).equipment_id, machine)
        line.product_uom_qty = 0
        self.assertFalse(self.extensions(line), "it is no longer sold")
        line.product_uom_qty = 1
        self.assertEqual(len(self.extensions(line)), 1)

    def test_other_machine_named_after_confirmation(self):
        first = self.register_machine()
        second = self.register_machine(serial_number="P100-2")
        order = self.sell_for(first)
        order.action_confirm()
        line = order.order_line
        line.aftersales_equipment_ids = second
        self.assertEqual(self.extensions(line).equipment_id, second)
        line.write(
            {
                "product_uom_qty": 2,
                "aftersales_equipment_ids": [Command.set((first | second).ids)],
            }
        )
        self.assertEqual(self.extensions(line).equipment_id, first | second)

    def test_machine_out_of_service(self):
        machine = self.register_machine()
        order = self.sell_for(machine)
        machine.sudo().state = "ended"
        with self.assertRaisesRegex(UserError, "no longer in service"):
            order.action_confirm()

    def test_sold_with_the_machine(self):
        """Given with the delivery, after the machine's own warranty."""
        self.product.aftersales_warranty_term_id = self.term_order
        order = self.create_order(
            {"product_id": self.product.id, "product_uom_qty": 3},
            {"product_id": self.extension.id, "product_uom_qty": 2},
        )
        order.action_confirm()
        line = order.order_line[1]
        self.assertFalse(self.extensions(line), "nothing is delivered")
        machines = self.deliver(order, 1)
        self.assertEqual(self.extensions(line).equipment_id, machines)
        base = machines.warranty_ids.filtered(lambda w: w.kind == "base")
        self.assertEqual((self.extensions(line).start_date - base.end_date).days, 1)
        machines = self.deliver(order, 2)
        self.assertEqual(len(machines), 3)
        self.assertEqual(self.extensions(line).equipment_id, machines[:2])
        self.assertEqual(order.aftersales_equipment_count, 3)

    def test_sold_after_the_delivery(self):
        """An extension added to the order of a delivered machine is given at once."""
        self.product.aftersales_warranty_term_id = self.term_order
        order = self.create_order({"product_id": self.product.id, "product_uom_qty": 2})
        order.action_confirm()
        machines = self.deliver(order, 2)
        order.order_line = [
            Command.create(
                {
                    "product_id": self.extension.id,
                    "linked_line_id": order.order_line.id,
                }
            )
        ]
        line = order.order_line[1]
        self.assertEqual(self.extensions(line).equipment_id, machines[0])
        line.product_uom_qty = 2
        self.assertEqual(self.extensions(line).equipment_id, machines)
        line.product_uom_qty = 1
        self.assertEqual(self.extensions(line).equipment_id, machines[0])

    def test_queries(self):
        """Giving twenty extensions asks the database as often as giving two."""

        def count(number):
            machines = self.env["aftersales.equipment"].union(
                *(self.register_machine(serial_number=f"Q{i}") for i in range(number))
            )
            order = self.create_order(
                *(
                    {
                        "product_id": self.extension.id,
                        "aftersales_equipment_ids": [Command.set(machine.ids)],
                    }
                    for machine in machines
                )
            )
            order.action_confirm()
            self.assertEqual(
                sum(len(self.extensions(line)) for line in order.order_line), number
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            order.order_line._aftersales_sync_extensions()
            return self.cr.sql_log_count - before

        few, many = count(2), count(20)
        self.assertLessEqual(many, few)
