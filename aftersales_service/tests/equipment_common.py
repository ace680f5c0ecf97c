# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime

from odoo import Command
from odoo.tests import Form, new_test_user

from .common import AftersalesCommon


class EquipmentCommon(AftersalesCommon):
    """Serviced products, and a storekeeper without after-sales rights who delivers."""

    @classmethod
    def lay_ground(cls):
        cls.storekeeper = new_test_user(
            cls.env,
            login="as_storekeeper",
            groups="stock.group_stock_user",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.storekeeper.group_ids += cls.env.ref("stock.group_production_lot")
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.term = cls.env["aftersales.warranty.term"].create(
            {"name": "12 Months", "duration": 12}
        )
        cls.press = cls.make_product("Press 200", "serial")
        cls.sensor = cls.make_product("Sensor", "lot")
        cls.pump = cls.make_product("Pump", "none")
        cls.screw = cls.make_product("Screw", "none", aftersales_is_serviced=False)
        cls.other_customer = cls.env["res.partner"].create(
            {"name": "Bakery Ltd", "is_company": True, "tz": "Europe/Berlin"}
        )

    @classmethod
    def make_product(cls, name, tracking, **values):
        """Make a product that is serviced, with a warranty of twelve months."""
        return cls.env["product.product"].create(
            {
                "name": name,
                "is_storable": True,
                "tracking": tracking,
                "invoice_policy": "delivery",
                "aftersales_is_serviced": True,
                "aftersales_warranty_term_id": cls.term.id,
                **values,
            }
        )

    @classmethod
    def serials(cls, *names, product=None, quantity=1.0):
        """Put serial numbers, or lots, of a product on stock."""
        lots = cls.env["stock.lot"].create(
            [{"name": name, "product_id": (product or cls.press).id} for name in names]
        )
        for lot in lots:
            cls.put_on_stock(lot.product_id, quantity, lot)
        return lots

    @classmethod
    def put_on_stock(cls, product, quantity, lot=None):
        cls.env["stock.quant"]._update_available_quantity(
            product, cls.warehouse.lot_stock_id, quantity, lot_id=lot
        )

    def correct_stock(self, lot):
        """Find a serial number on stock that is at a customer in the books."""
        customers = self.env.ref("stock.stock_location_customers")
        self.env["stock.quant"]._update_available_quantity(
            lot.product_id, customers, -1, lot_id=lot
        )
        self.put_on_stock(lot.product_id, 1, lot)

    @classmethod
    def sell(cls, *lines, partner=None, **values):
        """Confirm an order of (product, quantity) pairs.

        :return: `sale.order`
        """
        order = cls.env["sale.order"].create(
            {
                "partner_id": (partner or cls.customer).id,
                "company_id": cls.company.id,
                "warehouse_id": cls.warehouse.id,
                "order_line": [
                    Command.create(
                        {"product_id": product.id, "product_uom_qty": quantity}
                    )
                    for product, quantity in lines
                ],
                **values,
            }
        )
        order.action_confirm()
        return order

    @classmethod
    def validate(cls, picking, lots=None, quantity=None):
        """Validate a transfer as the storekeeper; what is left is a backorder.

        :param lots: those that are taken, each with one unit or ``quantity``
        """
        picking = picking.with_user(cls.storekeeper)
        picking.action_assign()
        for move in picking.move_ids:
            if lots is not None:
                mine = lots.filtered(lambda lot, m=move: lot.product_id == m.product_id)
                if move.has_tracking == "none":
                    continue
                move.move_line_ids.unlink()
                cls.env["stock.move.line"].with_user(cls.storekeeper).create(
                    [
                        {
                            "move_id": move.id,
                            "lot_id": lot.id,
                            "product_id": move.product_id.id,
                            "quantity": quantity or 1.0,
                            "location_id": move.location_id.id,
                            "location_dest_id": move.location_dest_id.id,
                            "picking_id": picking.id,
                        }
                        for lot in mine
                    ]
                )
            elif quantity is not None:
                move.quantity = quantity
        picking.move_ids.picked = True
        action = picking.button_validate()
        if isinstance(action, dict):
            wizard = (
                cls.env[action["res_model"]]
                .with_user(cls.storekeeper)
                .with_context(**action["context"])
            )
            Form(wizard).save().process()
        assert picking.state == "done", picking.state
        return picking.sudo()

    @classmethod
    def deliver(cls, order, lots=None, quantity=None, moment=None):
        """Deliver what of an order is ready.

        :return: the equipment of the order
        """
        picking = order.picking_ids.filtered(
            lambda p: (
                p.state not in ("done", "cancel") and p.picking_type_code == "outgoing"
            )
        )[:1]
        with cls.at(moment or cls.NOW):
            cls.validate(picking, lots, quantity)
        return cls.equipment_of(order)

    def give_back(self, picking, quantity=1.0, lots=None, moment=48, product=None):
        """Return goods of a delivery through the return dialog.

        :return: the validated return
        """
        with self.at(moment):
            wizard = (
                self.env["stock.return.picking"]
                .with_user(self.storekeeper)
                .with_context(active_id=picking.id, active_model="stock.picking")
                .create({})
            )
            for line in wizard.product_return_moves:
                if not product or line.product_id == product:
                    line.quantity = quantity * (len(lots) if lots else 1)
            action = wizard.action_create_returns()
            back = self.env["stock.picking"].browse(action["res_id"])
            return self.validate(back, lots, quantity if lots else None)

    @classmethod
    def equipment_of(cls, order):
        return cls.env["aftersales.equipment"].search(
            [("sale_order_id", "=", order.id)], order="id"
        )

    def equipment(self, lot):
        """Return all equipment of a lot, the oldest first."""
        return self.env["aftersales.equipment"].search(
            [("lot_id", "in", lot.ids)], order="id"
        )

    def day(self, year, month, day, hour=9):
        return datetime(year, month, day, hour)
