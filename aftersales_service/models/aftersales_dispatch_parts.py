# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Parts that a visit takes along: reserved in the van, asked of the storekeeper."""

from collections import defaultdict
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Command

from .inside import is_inside

#: Visits whose parts are reserved.
RESERVING = ("planned", "on_way", "on_site")
#: A change of these moves the parts to another van, customer or day.
ROUTE_FIELDS = {"partner_id", "scheduled_start", "site_id", "team_id", "technician_ids"}


class PartsRoute(NamedTuple):
    """The way of the parts of one visit: records with sudo."""

    #: stock.warehouse whose storekeeper hands over
    warehouse: models.BaseModel
    #: stock.location of the technician's parts
    van: models.BaseModel
    #: stock.location of the customer
    customer: models.BaseModel


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    move_ids = fields.One2many(
        "stock.move",
        "dispatch_id",
        string="Stock Moves",
        groups="stock.group_stock_user",
    )
    missing_part_count = fields.Integer(
        string="Missing Parts",
        compute="_compute_parts_warning",
        search="_search_missing_part_count",
        compute_sudo=True,
    )
    parts_warning = fields.Char(
        compute="_compute_parts_warning", compute_sudo=True, string="Parts"
    )

    @api.depends("line_ids.part_state", "line_ids.kind", "state")
    def _compute_parts_warning(self):
        for dispatch in self:
            missing, coming = 0, 0
            if dispatch.state in RESERVING:
                states = dispatch.line_ids.mapped("part_state")
                missing, coming = states.count("short"), states.count("coming")
            dispatch.missing_part_count = missing
            dispatch.parts_warning = dispatch._say_parts(missing, coming)

    def _say_parts(self, missing, coming):
        """Say on the card of a visit what it has not got yet.

        :param int missing: parts that are nowhere
        :param int coming: parts that the storekeeper has to hand over
        :return: text, or False
        """
        if missing == 1:
            return self.env._("1 part missing")
        if missing:
            return self.env._("%(count)s parts missing", count=missing)
        if coming == 1:
            return self.env._("1 part to be fetched")
        if coming:
            return self.env._("%(count)s parts to be fetched", count=coming)
        return False

    def _search_missing_part_count(self, operator, value):
        """Find the visits that miss a part (`> 0`), or those that miss none."""
        if (operator, value) not in ((">", 0), ("=", 0), ("!=", 0)):
            return NotImplemented
        # sudo: whose parts are missing is shown to all who see the visit
        moves = (
            self.env["stock.move"]
            .sudo()
            ._search(
                [
                    ("dispatch_role", "=", "take"),
                    ("state", "in", ("confirmed", "partially_available", "waiting")),
                    ("dispatch_id.state", "in", RESERVING),
                ]
            )
        )
        inside = operator != "="
        return [("id", "in" if inside else "not in", moves.subselect("dispatch_id"))]

    # === HOOKS === #

    def write(self, vals):
        res = super().write(vals)
        if ROUTE_FIELDS & vals.keys() and not is_inside(self.env, "aftersales_moving"):
            self._sync_parts()
        return res

    def _move(self, state, **stamps):
        if state == "done":
            # As long as the lines can still be written
            self._post_parts()
        res = super()._move(state, **stamps)
        if state == "planned":
            self._reserve_parts()
        elif state in ("draft", "cancelled"):
            self._release_parts()
        elif state == "on_way":
            self._note_missing_parts()
        elif state == "to_sign":
            self._post_parts()
        return res

    def _check_worked(self):
        res = super()._check_worked()
        self.line_ids._check_fitted()
        return res

    def _note_missing_parts(self):
        """Note on the visit which parts it leaves without."""
        bodies = {}
        for dispatch in self:
            missing = dispatch.line_ids.filtered(
                lambda line: line.part_state in ("short", "coming")
            )
            if missing:
                bodies[dispatch.id] = self.env._(
                    "Left without: %(parts)s", parts=", ".join(missing.mapped("name"))
                )
        if bodies:
            self.browse(bodies)._message_log_batch(bodies=bodies)

    # === RESERVATION === #

    def _parts_route(self):
        """Find where the parts of a visit come from and go to.

        :return: `PartsRoute`, or None when the company has no warehouse
        """
        self.ensure_one()
        # sudo: nobody on a visit needs rights on employees or stock
        visit = self.sudo().with_company(self.company_id)
        vans = visit.technician_ids.van_location_id.filtered(
            lambda van: van.active and van.company_id == visit.company_id
        )
        if len(vans) > 1:
            # A colleague who comes along does not move what is loaded already.
            moves = visit.move_ids.filtered(lambda move: move.state != "cancel")
            uses = moves.filtered(lambda move: move.dispatch_role == "use")
            takes = moves.filtered(lambda move: move.dispatch_role == "take")
            vans = (vans & (uses.location_id | takes.location_dest_id)) or vans
        van = vans[:1]
        warehouse = van.warehouse_id or self.env["stock.warehouse"].sudo().search(
            [("company_id", "=", visit.company_id.id)], limit=1
        )
        if not warehouse.aftersales_field_loc_id:
            return None
        return PartsRoute(
            warehouse.with_company(visit.company_id),
            van or warehouse.aftersales_field_loc_id,
            visit.site_id.property_stock_customer,
        )

    def _reserve_parts(self):
        """Reserve the parts of planned visits."""
        self._sync_parts()

    def _release_parts(self):
        """Give back what was reserved for visits that don't take place."""
        self._touch()
        self.line_ids._open_moves()._cancel_for_visit()

    def _sync_parts(self, lines=None):
        """Make the reservations what the lines of the visits ask for.

        :param lines: the lines that were changed, by default all. At the site nothing
            new is reserved but for these.
        """
        for dispatch in self.filtered(lambda visit: visit.state in RESERVING):
            parts = dispatch.line_ids if lines is None else dispatch.line_ids & lines
            # sudo: reservations follow from the lines; whoever may write these needs
            # no stock rights
            parts = parts.sudo().filtered(lambda ln: ln.keeps_stock or ln.move_ids)
            if dispatch.state == "on_site" and lines is None:
                parts = parts.filtered(lambda line: line._open_moves())
            if parts:
                dispatch._sync_visit_parts(parts)

    def _sync_visit_parts(self, parts):
        """Do the work of `_sync_parts` for one visit.

        :param parts: lines of the visit, with sudo
        """
        self._touch()
        route = self._parts_route()
        stale = self.env["stock.move"].sudo()
        wanted = parts.browse()
        for line in parts:
            moves = line._open_moves()
            if line._is_reserved_as_asked(moves, route):
                continue
            stale |= moves
            if line._asked() and route:
                wanted |= line
        # Free for the new ones first: a transfer goes on as long as it has a move.
        stale._do_unreserve()
        self._create_reservations(wanted, route)
        stale._cancel_for_visit()
        self._move_dates(parts._open_moves())

    def _move_dates(self, moves):
        """Bring what is to be handed over to the day of the visit."""
        start = self.scheduled_start
        late = moves.filtered(lambda move: start and move.date != start)
        if late:
            late.write({"date": start, "date_deadline": start})

    def _create_reservations(self, lines, route):
        """Reserve parts in the van; ask the storekeeper for the rest.

        :param lines: lines to reserve for, with sudo
        :param route: `PartsRoute`, used only if there are lines
        """
        if not lines:
            return
        free = {route.van: self._free_in_van(lines.product_id, route.van)}
        in_van, handed_over = [], []
        for line in lines:
            asked, product = line._asked(), line.product_id
            own = asked
            if product.is_storable:
                own = min(asked, max(free[route.van][product], 0))
            free[route.van][product] -= own
            rest = product.uom_id.round(asked - own)
            if product.uom_id.compare(own, 0) > 0:
                in_van.append(line._prepare_move(route, "use", own))
            # What was loaded already is not taken from the stock a second time.
            for van, loaded in line._loaded_elsewhere(route.van).items():
                if van not in free:
                    free[van] = self._free_in_van(lines.product_id, van)
                share = product.uom_id.round(
                    min(rest, loaded, max(free[van][product], 0))
                )
                if product.uom_id.compare(share, 0) > 0:
                    free[van][product] -= share
                    rest = product.uom_id.round(rest - share)
                    handed_over.append((line, share, van))
            if product.uom_id.compare(rest, 0) > 0:
                handed_over.append((line, rest, route.warehouse.lot_stock_id))
        Move = lines.env["stock.move"].with_company(self.company_id)
        takes = Move.create(
            [
                {**line._prepare_move(route, "take", rest), "location_id": place.id}
                for line, rest, place in handed_over
            ]
        )
        uses = Move.create(
            in_van
            + [
                {
                    **line._prepare_move(route, "use", rest),
                    "move_orig_ids": [Command.link(take.id)],
                }
                for (line, rest, _place), take in zip(handed_over, takes, strict=True)
            ]
        )
        # Not merged: each line has its own.
        (takes | uses)._action_confirm(merge=False)
        takes._trigger_scheduler()
        self._note_other_van(takes, route)

    def _note_other_van(self, takes, route):
        """Note on the visit which parts lie in a van that does not go there.

        :param takes: new moves by the storekeeper
        :param route: `PartsRoute`
        """
        stock = route.warehouse.lot_stock_id
        for van, moves in takes.grouped("location_id").items():
            if van == stock:
                continue
            self._message_log(
                body=self.env._(
                    "These parts are in %(old_van)s already: %(parts)s. Transfer "
                    "%(transfer)s brings them to %(van)s.",
                    old_van=van.display_name,
                    parts=", ".join(moves.dispatch_line_id.mapped("name")),
                    transfer=", ".join(moves.picking_id.mapped("name")),
                    van=route.van.display_name,
                )
            )

    def _free_in_van(self, products, van):
        """Tell what nobody has reserved yet.

        :return: dict of quantities by product, in its unit of measure
        """
        field_location = van.warehouse_id.aftersales_field_loc_id
        operator = "=" if van == field_location else "child_of"
        free = defaultdict(float)
        # sudo: quantities in stock
        for product, quantity, reserved in (
            self.env["stock.quant"]
            .sudo()
            ._read_group(
                [("product_id", "in", products.ids), ("location_id", operator, van.id)],
                ["product_id"],
                ["quantity:sum", "reserved_quantity:sum"],
            )
        ):
            free[product] = quantity - reserved
        return free

    def _say_in_short(self):
        """Say on a transfer what it is for.

        :return: text: number, technicians, begin in the zone of the site, and the site
        """
        self.ensure_one()
        start, zone = self.scheduled_start, self._site_zone()
        when = start and self._local(start, zone)
        return " · ".join(
            filter(
                None,
                (
                    self.name,
                    ", ".join(self.technician_ids.mapped("name")),
                    when and f"{when} ({zone})",
                    self.site_id.display_name,
                    self.site_id.city,
                ),
            )
        )

    def action_view_moves(self):
        """Open the moves of the visit, for those with stock rights."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "stock.stock_move_action"
        )
        action["domain"] = [("dispatch_id", "=", self.id)]
        action["context"] = {}
        return action


class AftersalesDispatchLine(models.Model):
    _inherit = "aftersales.dispatch.line"

    def _asked(self):
        """Return how many of a part must be there when the work begins."""
        self.ensure_one()
        return self.planned_quantity if self.keeps_stock else 0.0

    def _loaded_elsewhere(self, van):
        """Tell what was handed over for this visit into other vans, and lies there.

        The visit had another technician, or he another van, when it was loaded.

        :param van: `stock.location` of the van that goes now
        :return: dict of quantity (in the product's unit) by `stock.location`
        """
        self.ensure_one()
        loaded = defaultdict(float)
        # sudo: as in `_open_moves`
        for move in self.sudo().move_ids.filtered(
            lambda move: move.state == "done" and move.product_id == self.product_id
        ):
            for carried in move.move_line_ids:
                quantity = carried.quantity_product_uom
                loaded[carried.location_dest_id] += quantity
                loaded[carried.location_id] -= quantity
        return {
            place: quantity
            for place, quantity in loaded.items()
            if place != van
            and place.usage == "internal"
            and place._child_of(place.warehouse_id.aftersales_field_loc_id)
            and not place.aftersales_is_faulty
            and self.product_id.uom_id.compare(quantity, 0) > 0
        }

    def _is_reserved_as_asked(self, moves, route):
        """Tell whether the open moves of a line are those it needs now."""
        self.ensure_one()
        uses = moves.filtered(lambda move: move.dispatch_role == "use")
        takes = moves.filtered(lambda move: move.dispatch_role == "take")
        if not route or not self.keeps_stock:
            return not moves
        return (
            not self.product_id.uom_id.compare(
                sum(uses.mapped("product_qty")), self._asked()
            )
            and uses.product_id <= self.product_id
            and takes.product_id <= self.product_id
            and uses.location_id <= route.van
            and takes.location_dest_id <= route.van
            and uses.location_dest_id <= route.customer
        )

    def _prepare_move(self, route, role, quantity, reverse=False):
        """Prepare a move of a part.

        :param route: `PartsRoute`
        :param str role: as `stock.move.dispatch_role`
        :param float quantity: in the product's unit of measure
        :param bool reverse: takes back what was moved by mistake
        :return: dict of values
        """
        self.ensure_one()
        visit, warehouse = self.dispatch_id, route.warehouse
        stock, visit_type = warehouse.lot_stock_id, warehouse.aftersales_visit_type_id
        take_type = warehouse.aftersales_take_type_id
        faulty_type = warehouse.aftersales_faulty_type_id
        source, target, operation = {
            "take": (stock, route.van, take_type),
            "use": (route.van, route.customer, visit_type),
            "back": (route.van, stock, take_type),
            "faulty": (route.customer, warehouse.aftersales_faulty_loc_id, faulty_type),
            "scrap": (route.customer, visit._scrap_location(), faulty_type),
        }[role]
        if reverse:
            source, target = target, source
        product = self.product_id
        if role in ("faulty", "scrap"):
            product = self.removed_product_id
        return {
            "product_id": product.id,
            "product_uom_qty": quantity,
            "product_uom": product.uom_id.id,
            "location_id": source.id,
            "location_dest_id": target.id,
            "picking_type_id": operation.id,
            "warehouse_id": warehouse.id,
            "company_id": visit.company_id.id,
            "partner_id": visit.site_id.id,
            "origin": visit.name,
            "date": visit.scheduled_start or fields.Datetime.now(),
            "date_deadline": visit.scheduled_start,
            "dispatch_id": visit.id,
            "dispatch_line_id": self.id,
            "dispatch_role": role,
            # Cancelled by the storekeeper, it is still needed: it waits in the van.
            "propagate_cancel": False,
            # What comes back is not charged.
            "to_refund": reverse,
        }
