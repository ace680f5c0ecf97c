# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a finished visit does in stock: each part leaves it exactly once.

The moves that are done are compared with what the lines say; only the difference is
moved. So it doesn't matter how often a visit is finished, taken up again or corrected.
"""

from collections import defaultdict

from odoo import models
from odoo.fields import Command

from .inside import INSIDE

#: Which way the moves of a role go when nothing is taken back.
TO_CUSTOMER = ("use",)


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    def _post_parts(self):
        """Move in stock what the lines of finished visits say was used and taken out.

        :raise UserError: when a serial number is missing
        """
        for dispatch in self:
            # sudo: technicians need no stock rights; which parts follows from the lines
            parts = dispatch.line_ids.sudo().filtered(
                lambda ln: ln.keeps_stock or ln.move_ids
            )
            if parts:
                dispatch._touch()
                parts._check_fitted()
                parts.with_company(dispatch.company_id)._settle_lots()
                dispatch._post_lines(parts)

    def _take_back_parts(self, lines):
        """Undo in stock what lines did that are about to be deleted."""
        for dispatch in self:
            # sudo: as in `_post_parts`
            parts = (dispatch.line_ids & lines).sudo().filtered("move_ids")
            if parts:
                dispatch._check_unlocked()
                dispatch._post_lines(parts, nothing=True)

    def _post_lines(self, parts, nothing=False):
        """Move the difference between what the lines say and what was moved.

        :param parts: lines of one visit, with sudo
        :param bool nothing: as if the lines said that nothing was used
        """
        self.ensure_one()
        route = self._parts_route()
        if not route:
            return
        Move = parts.env["stock.move"].with_company(self.company_id)
        reserved = {line: line._open_moves() for line in parts}
        # What the visit had reserved is free for what it used.
        uses = Move.union(*reserved.values()).filtered(
            lambda move: move.dispatch_role == "use"
        )
        uses._do_unreserve()
        vals_list, takes_vals, unneeded = [], [], uses
        taken = defaultdict(float)
        for line in parts:
            wanted = {} if nothing else line._wanted_moves()
            line_vals, lacking, returned = line._prepare_difference(
                wanted, route, taken
            )
            vals_list += line_vals
            stale, lacking = line._settle_takes(
                reserved[line] - uses, uses, lacking, returned
            )
            unneeded |= reserved[line] - uses if nothing else stale
            if lacking:
                takes_vals.append(line._prepare_move(route, "take", lacking))
        Move.create(vals_list)._action_done()
        unneeded._cancel_for_visit()
        takes = Move.create(takes_vals)
        takes._action_confirm(merge=False)
        if not nothing:
            self._tell_storekeeper(parts, route)
            self._bring_back(parts, route)

    def _tell_storekeeper(self, parts, route):
        """Ask the storekeeper about parts that were used but never handed over."""
        takes = parts._open_moves().filtered(lambda move: move.dispatch_role == "take")
        for picking in takes.picking_id:
            if picking.activity_ids:
                continue
            picking.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("Used on %(visit)s", visit=self.name),
                note=self.env._(
                    "The technician has used these parts, but nobody handed them over. "
                    "Process this transfer if they came from %(place)s, or cancel it "
                    "and correct the quantity in %(van)s.",
                    place=picking.location_id.display_name,
                    van=picking.location_dest_id.display_name,
                ),
                user_id=route.warehouse.aftersales_storekeeper_id.id,
            )

    def _bring_back(self, parts, route):
        """Let the storekeeper take back into the stock what was not used."""
        vals_list, stale = [], parts.env["stock.move"]
        for line in parts:
            moves = line.move_ids.filtered(
                lambda m: m.dispatch_role == "back" and m.state != "cancel"
            )
            unused = 0.0
            if line.unused_goes == "stock" and line.keeps_stock:
                unused = max(line.planned_quantity - line.quantity, 0)
            done = moves.filtered(lambda move: move.state == "done")
            waiting = moves - done
            rest = unused - sum(done.mapped("product_qty"))
            uom = (line.product_id | moves.product_id)[:1].uom_id
            if not uom or not uom.compare(rest, sum(waiting.mapped("product_qty"))):
                continue
            stale |= waiting
            # First what never left the van of the technician who was to go before.
            for van, loaded in line._loaded_elsewhere(route.van).items():
                share = uom.round(min(rest, loaded))
                if uom.compare(share, 0) > 0:
                    vals = line._prepare_move(route, "back", share)
                    vals_list.append({**vals, "location_id": van.id})
                    rest = uom.round(rest - share)
            if uom.compare(rest, 0) > 0:
                vals_list.append(line._prepare_move(route, "back", rest))
        parts.env["stock.move"].create(vals_list)._action_confirm(merge=False)
        stale._action_cancel()

    def _scrap_location(self):
        """Return where the parts go that are thrown away."""
        # sudo: a location of the company
        return (
            self.env["stock.location"]
            .sudo()
            .search(
                [
                    ("usage", "=", "inventory"),
                    ("company_id", "in", [self.company_id.id, False]),
                ],
                order="company_id, id",
                limit=1,
            )
        )


class AftersalesDispatchLine(models.Model):
    _inherit = "aftersales.dispatch.line"

    def _wanted_moves(self):
        """Tell what this line says was moved.

        :return: dict of quantities (in the product's unit) by role, product and lot
        """
        self.ensure_one()
        uom = self.product_id.uom_id
        if not self.keeps_stock or uom.compare(self.quantity, 0) <= 0:
            return {}
        wanted = {("use", self.product_id, self.lot_id): self.quantity}
        role = {"returned": "faulty", "scrapped": "scrap"}.get(self.removed_fate)
        old = self.removed_product_id
        if role and old.type == "consu":
            wanted[role, old, self.removed_lot_id] = self.quantity
        return wanted

    def _moved(self):
        """Tell what was moved for this line: as `_wanted_moves`."""
        self.ensure_one()
        moved = defaultdict(float)
        for move in self.move_ids.filtered(
            lambda m: m.state == "done" and m._is_moved_by_visit()
        ):
            role = move.dispatch_role
            side = move.location_dest_id if role in TO_CUSTOMER else move.location_id
            sign = 1 if side.usage == "customer" else -1
            for move_line in move.move_line_ids:
                key = (role, move.product_id, move_line.lot_id)
                moved[key] += sign * move_line.quantity_product_uom
        return moved

    def _prepare_difference(self, wanted, route, taken):
        """Prepare the moves that make what was moved what the line says.

        :param dict wanted: as `_wanted_moves`
        :param route: `PartsRoute`
        :param dict taken: what earlier lines take, by quant; filled on the way
        :return: tuple of a list of values, the quantity the van has not got, and the
            quantity that comes back into it for good
        """
        self.ensure_one()
        moved, vals_list, missing, returned = self._moved(), [], 0.0, 0.0
        # First what comes back, so that it can be used again.
        keys = sorted(
            {**moved, **wanted}, key=lambda k: wanted.get(k, 0) - moved.get(k, 0)
        )
        for role, product, lot in keys:
            key = (role, product, lot)
            difference = wanted.get(key, 0.0) - moved.get(key, 0.0)
            sign = product.uom_id.compare(difference, 0)
            if not sign:
                continue
            if role == "use":
                returned -= difference
            if sign < 0:
                for vals, quantity in self._prepare_back(route, key, -difference):
                    shares = [(vals["location_id"], quantity)]
                    vals_list.append(self._with_lines(vals, lot, shares))
                continue
            vals = self._prepare_move(route, role, difference)
            vals.update(product_id=product.id, product_uom=product.uom_id.id)
            shares = [(vals["location_id"], difference)]
            if role == "use" and product.is_storable:
                shares, lacking = self._shares(
                    route.van, product, lot, difference, taken
                )
                missing += lacking
            vals_list.append(self._with_lines(vals, lot, shares))
        return vals_list, missing, max(returned, 0.0)

    def _with_lines(self, vals, lot, shares):
        """Complete the values of a move by what it carries.

        :param list shares: of (id of a location, quantity) it takes from
        """
        commands = [
            Command.create(
                {
                    "product_id": vals["product_id"],
                    "product_uom_id": vals["product_uom"],
                    "lot_id": lot.id,
                    "location_id": location_id,
                    "location_dest_id": vals["location_dest_id"],
                    "company_id": vals["company_id"],
                    "quantity": quantity,
                    "picked": True,
                }
            )
            for location_id, quantity in shares
        ]
        return {**vals, "move_line_ids": commands, "picked": True}

    def _prepare_back(self, route, key, quantity):
        """Prepare what takes back what was moved by mistake: to where it came from.

        The visit may have got another technician, with another van, since then.

        :param key: role, product and lot, as of `_wanted_moves`
        :param float quantity: in the product's unit
        :return: list of (dict of values of a move, quantity)
        """
        role, product, lot = key
        moves = self.move_ids.filtered(
            lambda move: (
                move.state == "done"
                and move.dispatch_role == role
                and move.product_id == product
            )
        )
        there = defaultdict(float)
        for carried in moves.move_line_ids.filtered(lambda line: line.lot_id == lot):
            way = (carried.location_id.id, carried.location_dest_id.id)
            is_back = carried.move_id.to_refund
            amount = carried.quantity_product_uom
            there[way[::-1] if is_back else way] += -amount if is_back else amount
        result, rest, uom = [], quantity, product.uom_id
        # The last ones first.
        for (source, target), amount in reversed(there.items()):
            share = uom.round(min(amount, rest))
            if uom.compare(share, 0) <= 0:
                continue
            vals = self._prepare_move(route, role, share, reverse=True)
            vals.update(
                product_id=product.id,
                product_uom=uom.id,
                location_id=target,
                location_dest_id=source,
            )
            result.append((vals, share))
            rest = uom.round(rest - share)
        return result

    def _shares(self, van, product, lot, quantity, taken):
        """Find where in the van a part lies.

        :param dict taken: quantities taken from a quant before, filled on the way
        :return: tuple of a list of (id of a location, quantity), and the quantity that
            the van has not got: it is taken from the van all the same
        """
        Quant = self.env["stock.quant"]
        if van == van.warehouse_id.aftersales_field_loc_id:
            Quant = Quant.with_context(aftersales_exact_location=INSIDE)
        shares, rest, uom = defaultdict(float), quantity, product.uom_id
        for quant in Quant._gather(product, van, lot_id=lot or None):
            free = quant.quantity - quant.reserved_quantity - taken[quant]
            share = min(free, rest)
            if uom.compare(share, 0) <= 0 or (quant.lot_id and not lot):
                continue
            taken[quant] += share
            shares[quant.location_id.id] += share
            rest = uom.round(rest - share)
        if uom.compare(rest, 0) > 0:
            shares[van.id] += rest
        return list(shares.items()), max(rest, 0.0)

    def _settle_takes(self, moves, uses, lacking, returned):
        """Choose which transfers of a finished visit are not needed any more.

        What the van has not got but was used keeps its transfer from the stock: the
        storekeeper confirms that it came from there.

        :param moves: open moves of the line by the storekeeper
        :param uses: moves for which parts were reserved until now
        :param float lacking: quantity the van has not got
        :param float returned: quantity that came back into the van
        :return: tuple of the moves to be cancelled, and the quantity that is lacking
            without a transfer
        """
        self.ensure_one()
        stale = moves.browse()
        for take in moves.filtered(lambda move: move.dispatch_role == "take"):
            uom = take.product_id.uom_id
            keep = take.product_qty
            if take.move_dest_ids & uses:
                keep = min(keep, lacking)
                lacking = uom.round(lacking - keep)
            else:
                less = min(keep, returned)
                keep, returned = uom.round(keep - less), uom.round(returned - less)
            if uom.compare(keep, 0) <= 0:
                stale |= take
            elif uom.compare(keep, take.product_qty):
                take.product_uom_qty = keep
                take._action_assign()  # less demand loses the whole reservation
        return stale, lacking
