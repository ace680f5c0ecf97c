# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from dataclasses import replace

import psycopg2

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from .aftersales_equipment_unit import Step, Unit, waves
from .inside import INSIDE

_logger = logging.getLogger(__name__)

#: The history is the event rows: no tracking messages for a thousand machines.
QUIET = {
    "tracking_disable": True,
    "mail_create_nosubscribe": True,
    "mail_create_nolog": True,
}


class AftersalesEquipment(models.Model):
    _inherit = "aftersales.equipment"

    moved_at = fields.Datetime(
        string="Last Stock Move",
        readonly=True,
        copy=False,
        help="When it was last delivered or returned; an older transfer that is "
        "processed later doesn't change where it is.",
    )

    def _guarded_fields(self):
        return super()._guarded_fields() | {"moved_at"}

    @api.model
    def _from_moves(self, moves):
        """Create, reactivate and end equipment as goods reach or leave customers.

        A move is processed once. Works for whoever validates the transfer, in the
        company of each move, and never refuses it: what can't be understood is a note
        on the transfer.

        :param moves: `stock.move`; those that are not done or don't concern a
            customer are left out
        :return: the equipment that was created or changed, with sudo
        """
        if not moves:
            return self.sudo().browse()
        notes = []
        # What is not ours fails here, as it would without us.
        self.env.flush_all()
        equipment = self._process_safely(moves, notes)
        bodies = {}
        for move, note in notes:
            bodies.setdefault(move.picking_id, []).append(note)
        for picking, texts in bodies.items():
            for text in texts if picking else ():
                picking._message_log(body=text)
        return equipment

    @api.model
    def _process_safely(self, moves, notes):
        """Do the work of `_process_moves`, one by one when that fails for all.

        :param list notes: to which what failed is added too
        :return: the equipment that was created or changed, with sudo
        """
        found = []
        try:
            with self.env.cr.savepoint():
                equipment = self._process_moves(moves, found)
                self.env.flush_all()
        except psycopg2.OperationalError:
            # Somebody else was at it: the whole transfer again.
            raise
        except Exception as error:  # noqa: BLE001
            self.env.invalidate_all(flush=False)
            if len(moves) > 1:
                return self.sudo().union(
                    *(self._process_safely(move, notes) for move in moves)
                )
            _logger.warning("No equipment of %s", moves, exc_info=True)
            text = self.env._(
                "%(product)s: no equipment could be recorded. %(error)s When this is "
                "corrected, a manager can process the past deliveries.",
                product=moves.product_id.display_name,
                error=error,
            )
            notes.append((moves, text))
            return self.sudo().browse()
        notes += found
        return equipment

    @api.model
    def _process_moves(self, moves, notes):
        """Do the work of `_from_moves`, without telling anybody.

        :param list notes: to which tuples of (move, text) are added, for what could
            not be understood
        :return: the equipment that was created or changed, with sudo
        """
        # sudo: a storekeeper needs no after-sales rights to deliver a machine
        moves = self.sudo()._moves_to_process(moves.sudo())
        equipment = self.sudo().browse()
        for company, company_moves in moves.grouped("company_id").items():
            Equipment = self.sudo().with_company(company).with_context(**QUIET)
            units = Equipment._units(company_moves.with_company(company), notes)
            for group in waves(units):
                steps = Equipment._deliver([u for u in group if u.is_delivery])
                returned = [u for u in group if not u.is_delivery]
                steps += Equipment._take_back(returned, notes)
                Equipment._finish(steps)
                equipment |= Equipment.browse(step.equipment.id for step in steps)
        return equipment.with_context(self.env.context)

    def _moves_to_process(self, moves):
        """Leave out the moves that concern no equipment or are processed already.

        :return: moves in chronological order
        """
        moves = moves.filtered(lambda move: move._aftersales_direction())
        plain = moves.product_id.filtered(lambda p: not p.aftersales_is_serviced)
        if plain:
            # A machine stays one when its product is no longer serviced.
            known = self.with_context(active_test=False)._read_group(
                [("product_id", "in", plain.ids)], ["product_id"]
            )
            plain -= self.env["product.product"].union(*(row[0] for row in known))
            moves = moves.filtered(lambda move: move.product_id not in plain)
        if moves:
            done = self.env["aftersales.equipment.event"]._read_group(
                [("move_id", "in", moves.ids)], ["move_id"]
            )
            moves -= self.env["stock.move"].union(*(row[0] for row in done))
        return moves.sorted(lambda move: (move.date, move.id))

    def _units(self, moves, notes):
        """Tell what each move carried, to or from whom.

        :return: list of `Unit`
        """
        units = []
        zones, usable = {}, {}
        company = self.env.company
        for move in moves:
            customer, site, end_user = self._parties_in_company(move, usable, notes)
            if not customer:
                continue
            key = (customer, site)
            if key not in zones:
                zones[key] = site._aftersales_tz(customer, company)
            base = Unit(
                move=move,
                lot=move.move_line_ids.lot_id.browse(),
                quantity=0.0,
                number=0,
                customer=customer,
                site=site,
                end_user=end_user,
                day=move._aftersales_day(zones[key]),
            )
            for lot, quantity in move._aftersales_carried().items():
                if lot or not base.is_delivery:
                    units.append(replace(base, lot=lot, quantity=quantity))
                else:
                    units += self._plain_units(base, quantity)
        return units

    def _plain_units(self, base, quantity):
        """Make a unit of each piece that has no serial; of a fraction only one."""
        count = round(quantity)
        if base.move.product_id.uom_id.compare(quantity, count):
            return [replace(base, quantity=quantity, number=1)]
        return [
            replace(base, quantity=1.0, number=number) for number in range(1, count + 1)
        ]

    def _parties_in_company(self, move, usable, notes):
        """Find customer, site and end user, as far as this company may use them.

        :param dict usable: whether a partner may be used, filled on the way
        :return: list of three `res.partner`
        """
        parties = move._aftersales_parties()
        for partner in parties:
            if partner not in usable:
                domain = partner._check_company_domain(self.env.company)
                usable[partner] = bool(partner.filtered_domain(domain))
        foreign = [
            partner.display_name
            for partner in parties
            if partner and not usable[partner]
        ]
        text = ""
        if foreign:
            text = self.env._(
                "%(product)s: left out of the equipment, because of another company: "
                "%(partners)s",
                product=move.product_id.display_name,
                partners=", ".join(foreign),
            )
        elif not parties[0]:
            text = self.env._(
                "%(product)s: no equipment, because the transfer names no customer.",
                product=move.product_id.display_name,
            )
        if text:
            notes.append((move, text))
        return [partner if usable[partner] else partner.browse() for partner in parties]

    # === DELIVERY === #

    def _deliver(self, units):
        """Create equipment, or deliver known equipment again.

        :param list units: `Unit` of deliveries, each lot once
        :return: list of `Step`
        """
        if not units:
            return []
        known = self._known_equipment(units)
        steps, new = [], []
        for unit in units:
            equipment = self._match(unit, known)
            if equipment:
                steps.append(self._deliver_known(unit, equipment))
            elif unit.move.product_id.aftersales_is_serviced:
                new.append(unit)
        created = self.create([self._prepare_from_unit(unit) for unit in new])
        steps += [
            Step(unit, equipment, "delivered", warranty=True)
            for unit, equipment in zip(new, created, strict=True)
        ]
        self._tell_delivered_twice(steps, known)
        return steps

    def _known_equipment(self, units):
        """Find the equipment that deliveries can concern, in a few queries.

        :return: dict with ``lots`` (by lot), ``typed`` (without a lot, by product,
            owner and serial number), ``sold`` (owners before, by equipment) and
            ``returned`` (plain units by the move that brought them back)
        """
        Equipment = self.with_context(active_test=False)
        company = Domain("company_id", "=", self.env.company.id)
        lots = self.env["stock.lot"].union(*(unit.lot for unit in units))
        found = Equipment.search(
            company
            & (
                Domain("lot_id", "in", lots.ids)
                | Domain("lot_id", "=", False)
                & Domain("product_id", "in", lots.product_id.ids)
                & Domain("serial_number", "in", lots.mapped("name"))
            )
        )
        sold = self.env["aftersales.equipment.event"].search(
            [("equipment_id", "in", found.ids), ("kind", "=", "owner")]
        )
        typed = found.filtered(lambda e: not e.lot_id)
        back = self.env["stock.move"].union(
            *(unit.move.origin_returned_move_id for unit in units if not unit.lot)
        )
        returns = self.env["aftersales.equipment.event"].search(
            [("move_id", "in", back.ids), ("kind", "=", "returned")]
        )
        return {
            "lots": (found - typed).grouped("lot_id"),
            "typed": {
                (e.product_id, e.commercial_partner_id, e.serial_number): e
                for e in typed
            },
            "sold": sold.grouped("equipment_id"),
            "returned": {
                move: list(events.equipment_id.filtered(lambda e: not e.lot_id))
                for move, events in returns.grouped("move_id").items()
            },
        }

    def _match(self, unit, known):
        """Find the equipment that a delivered unit is.

        :return: equipment or an empty one
        """
        if not unit.lot:
            pool = known["returned"].get(unit.move.origin_returned_move_id, [])
            for equipment in pool:
                mine = equipment.commercial_partner_id == unit.owner
                if mine and equipment.state == "returned":
                    pool.remove(equipment)
                    return equipment
            return self.browse()
        here = known["lots"].get(unit.lot, self.browse())
        mine = here.filtered(lambda e: e.commercial_partner_id == unit.owner)
        if mine:
            return max(mine, key=lambda e: (e.state == "in_service", e.id))
        key = (unit.move.product_id, unit.owner, unit.lot.name)
        if key in known["typed"]:
            return known["typed"][key]
        for equipment in here:
            # The owner has changed since: this move is how the first one got it.
            for event in known["sold"].get(equipment, ()):
                seller = event.old_partner_id.commercial_partner_id
                if seller == unit.owner and event.date >= unit.day:
                    return equipment
        return self.browse()

    def _deliver_known(self, unit, equipment):
        """Deliver a known equipment to its customer: again, more of it, or for the
        first time in stock's books."""
        if equipment._was_entered_after(unit.move):
            return self._link(unit, equipment)
        if equipment.moved_at:
            if unit.move.date < equipment.moved_at and unit.is_serial:
                return self._only_recorded(unit, equipment)
        elif equipment.state == "in_service" and (
            not equipment.delivery_date or equipment.delivery_date >= unit.day
        ):
            return self._link(unit, equipment)
        if equipment.state == "in_service" and unit.lot and not unit.is_serial:
            return self._add_quantity(unit, equipment)
        return self._deliver_again(unit, equipment)

    def _was_entered_after(self, move):
        """Tell whether somebody entered this equipment when the move was past.

        Then it is as it was entered, and the move only shows how it came to be.
        """
        self.ensure_one()
        return move.date <= self.create_date and "imported" in (
            self.event_ids.mapped("kind")
        )

    def _only_recorded(self, unit, equipment):
        note = self.env._("Processed later; changes nothing.")
        kind = "delivered" if unit.is_delivery else "returned"
        return Step(unit, equipment, kind, note=note)

    def _link(self, unit, equipment):
        """Connect an entered equipment with its delivery; what was typed stays."""
        found = self._prepare_from_unit(unit)
        values = {
            name: found[name]
            for name in ("lot_id", "site_id", "end_user_id", "delivery_date")
            if not equipment[name]
        }
        if not equipment.moved_at or equipment.moved_at <= unit.move.date:
            values |= {
                name: found[name]
                for name in ("move_id", "sale_line_id", "unit_number", "moved_at")
            }
        equipment.write(values)
        has_own = equipment.warranty_ids.filtered(lambda w: w.kind == "base")
        given = equipment.state == "in_service" and not has_own
        return Step(unit, equipment, "delivered", warranty=given)

    def _add_quantity(self, unit, equipment):
        """Add to a lot in service.

        What comes later has its own warranty, so the dates become those of the last
        delivery. What is older than the last move only counts.
        """
        values = {"quantity": equipment.quantity + unit.quantity}
        later = not equipment.delivery_date or equipment.delivery_date < unit.day
        newer = not equipment.moved_at or equipment.moved_at <= unit.move.date
        if newer:
            values |= {"move_id": unit.move.id, "moved_at": unit.move.date}
        if newer and later:
            values |= {
                "sale_line_id": unit.move.sale_line_id.id,
                "delivery_date": unit.day,
                "commissioning_date": False,
                "invoice_date": False,
            }
        equipment.write(values)
        waiting = equipment.warranty_ids.filtered(
            lambda w: w.kind == "base" and not w.is_void and not w.start_date
        )
        given = newer and later and not waiting
        return Step(unit, equipment, "delivered", warranty=given)

    def _deliver_again(self, unit, equipment):
        """Take an equipment back into service; its earlier warranties are void."""
        note = ""
        if equipment.state == "in_service":
            note = self.env._("Delivered again without a return between.")
            body = self.env._(
                "Delivered again with %(transfer)s without a return between. Please "
                "check where this serial number is.",
                transfer=unit.move.picking_id.name or unit.move.display_name,
            )
            equipment._message_log(body=body)
        reason = self.env._(
            "Delivered again on %(date)s", date=format_date(self.env, unit.day)
        )
        # The dates are those of a new delivery; what was given before is void below.
        equipment.with_context(aftersales_keep_warranties=INSIDE).write(
            {
                **self._prepare_from_unit(unit),
                "state": "in_service",
                "ended_on": False,
                "active": True,
                "commissioning_date": False,
                "invoice_date": False,
            }
        )
        return Step(
            unit,
            equipment,
            "reactivated",
            note=note,
            warranty=True,
            void_reason=reason,
        )

    def _prepare_from_unit(self, unit):
        """Prepare the values that an equipment takes from its delivery."""
        return {
            "company_id": self.env.company.id,
            "product_id": unit.move.product_id.id,
            "lot_id": unit.lot.id,
            "quantity": unit.quantity,
            "partner_id": unit.customer.id,
            "site_id": unit.site.id,
            "end_user_id": unit.end_user.id,
            "sale_line_id": unit.move.sale_line_id.id,
            "move_id": unit.move.id,
            "unit_number": unit.number,
            "delivery_date": unit.day,
            "moved_at": unit.move.date,
        }

    def _tell_delivered_twice(self, steps, known):
        """Note on both where a serial is in service at two customers."""
        bodies = {}
        for step in steps:
            here = known["lots"].get(step.unit.lot, self.browse()) | step.equipment
            both = here.filtered(lambda e: e.state == "in_service")
            if not step.unit.is_serial or step.equipment not in both or len(both) < 2:
                continue
            for equipment in both:
                bodies[equipment.id] = self.env._(
                    "Serial number %(serial)s was delivered with %(transfer)s without "
                    "a return between: %(equipment)s are both in service.",
                    serial=step.unit.lot.name,
                    transfer=step.unit.move.picking_id.name
                    or step.unit.move.display_name,
                    equipment=", ".join(both.mapped("reference")),
                )
        if bodies:
            self.browse(bodies)._message_log_batch(bodies=bodies)
