# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import defaultdict

import pytz

from odoo import models


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        done = super()._action_done(cancel_backorder=cancel_backorder)
        # sudo: the locations and the equipment, whoever validates
        moves = done.sudo().filtered(lambda move: move._aftersales_direction())
        self.env["aftersales.equipment"]._from_moves(moves)
        return done

    def _aftersales_direction(self):
        """Tell whether goods reached or left a customer with this move.

        Only the last step of a delivery reaches the customer; a transit between
        companies doesn't; a dropshipment does.

        :return: "delivery", "return" or False
        """
        self.ensure_one()
        left = self.location_id.usage == "customer"
        reached = self.location_dest_id.usage == "customer"
        if self.state != "done" or left == reached:
            return False
        return "delivery" if reached else "return"

    def _aftersales_parties(self):
        """Find who bought what this move carries, where it goes and who uses it.

        :return: tuple of `res.partner` (customer, site, end user); each can be empty.
            The end user is set where somebody else than the customer receives it.
        """
        self.ensure_one()
        order = self.sale_line_id.order_id
        addresses = [self.picking_id.partner_id, self.partner_id]
        if "supplier" in (self.location_id.usage, self.location_dest_id.usage):
            # The transfer of a dropshipment is addressed to the vendor.
            addresses = [self.partner_id]
        site = next(filter(None, addresses), order.partner_shipping_id)
        customer = order.partner_id or site.commercial_partner_id
        end_user = order.aftersales_end_user_id
        if not end_user and site.commercial_partner_id != (
            customer.commercial_partner_id
        ):
            end_user = site.commercial_partner_id
        return customer, site, end_user

    def _aftersales_day(self, tz):
        """Return the day on which a done move was done, in a time zone.

        :param str tz: name of a time zone
        """
        self.ensure_one()
        return pytz.utc.localize(self.date).astimezone(pytz.timezone(tz)).date()

    def _aftersales_carried(self):
        """Tell what a done move carried, in the product's unit of measure.

        :return: dict of quantities by `stock.lot`; by the empty one what has no lot
        """
        self.ensure_one()
        carried = defaultdict(float)
        for line in self.move_line_ids:
            carried[line.lot_id] += line.quantity_product_uom
        uom = self.product_id.uom_id
        return {
            lot: uom.round(quantity)
            for lot, quantity in carried.items()
            if uom.compare(quantity, 0) > 0
        }
