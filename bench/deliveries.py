"""Real deliveries of serviced machines, through the ORM."""

from odoo import Command


def machine(env, **values):
    """Create a product with serial numbers and a term of twelve months."""
    term = env["aftersales.warranty.term"].create({"name": "Bench", "duration": 12})
    return env["product.product"].create(
        {
            "name": "Bench Machine",
            "is_storable": True,
            "tracking": "serial",
            "aftersales_is_serviced": True,
            "aftersales_warranty_term_id": term.id,
            **values,
        }
    )


def deliver(env, product, prefix, count):
    """Sell and deliver some serials of a product.

    :return: the done transfer
    """
    lots = env["stock.lot"].create(
        [{"name": f"{prefix}-{n}", "product_id": product.id} for n in range(count)]
    )
    order = env["sale.order"].create(
        {
            "partner_id": env["res.partner"].create({"name": prefix}).id,
            "order_line": [
                Command.create({"product_id": product.id, "product_uom_qty": count})
            ],
        }
    )
    place = order.warehouse_id.lot_stock_id
    for lot in lots:
        env["stock.quant"]._update_available_quantity(product, place, 1, lot_id=lot)
    order.action_confirm()
    picking = order.picking_ids
    picking.action_assign()
    picking.move_ids.picked = True
    picking.button_validate()
    env.flush_all()
    return picking
