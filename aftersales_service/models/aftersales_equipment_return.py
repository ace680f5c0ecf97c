# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from math import ceil

from odoo import models
from odoo.fields import Domain
from odoo.tools import format_date

from .aftersales_equipment_unit import Step


class AftersalesEquipment(models.Model):
    _inherit = "aftersales.equipment"

    def _take_back(self, units, notes):
        """End the equipment that customers gave back.

        :param list units: `Unit` of returns
        :param list notes: to which tuples of (move, text) are added, for what came
            back without being known
        :return: list of `Step`
        """
        if not units:
            return []
        known = self._known_returnable(units)
        steps = []
        for unit in units:
            left = unit.quantity
            uom = unit.move.product_id.uom_id
            for equipment in self._order_for_return(unit, known):
                step = self._take_back_one(unit, equipment, left)
                if step:
                    steps.append(step)
                    left -= step.quantity
                if uom.compare(left, 0) <= 0:
                    break
            is_unknown = uom.compare(left, 0) > 0
            if is_unknown and unit.move.product_id.aftersales_is_serviced:
                notes.append((unit.move, self._unknown_return_text(unit, left)))
        return steps

    def _unknown_return_text(self, unit, quantity):
        return self.env._(
            "%(product)s %(serial)s: %(quantity)g came back from %(customer)s that no "
            "equipment in service accounts for.",
            product=unit.move.product_id.display_name,
            serial=unit.lot.name or "",
            quantity=quantity,
            customer=unit.customer.display_name,
        )

    def _known_returnable(self, units):
        """Find the equipment that returns can concern, in two queries.

        :return: dict with ``lots`` (by lot), ``typed`` (without a lot, by product and
            serial number) and ``origins`` (by the move that delivered it)
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
        typed = found.filtered(lambda e: not e.lot_id)
        origins = self.env["stock.move"].union(
            *(unit.move.origin_returned_move_id for unit in units if not unit.lot)
        )
        delivered = Equipment.search(
            company & Domain("move_id", "in", origins.ids), order="unit_number, id"
        )
        return {
            "lots": (found - typed).grouped("lot_id"),
            "typed": typed.grouped(lambda e: (e.product_id, e.serial_number)),
            "origins": delivered.grouped("move_id"),
        }

    def _order_for_return(self, unit, known):
        """Yield the equipment that a return can end, the likeliest first."""
        if not unit.lot:
            origin = unit.move.origin_returned_move_id
            first = known["origins"].get(origin, self.browse())
            first = first.filtered(lambda e: e.state == "in_service")
            yield from first
            yield from self._newest_plain(unit) - first
            return
        key = (unit.move.product_id, unit.lot.name)
        found = known["lots"].get(unit.lot, self.browse())
        found |= known["typed"].get(key, self.browse())

        def likelihood(equipment):
            return (
                equipment.state == "in_service",
                equipment.move_id == unit.move.origin_returned_move_id,
                equipment.commercial_partner_id == unit.owner,
                equipment.end_user_id.commercial_partner_id == unit.owner,
                equipment.moved_at.timestamp() if equipment.moved_at else 0,
            )

        found = found.sorted(likelihood, reverse=True)
        if not unit.is_serial:
            origin = unit.move.origin_returned_move_id
            found = found.filtered(
                lambda e: (
                    e.commercial_partner_id == unit.owner
                    or (origin and e.move_id == origin)
                )
            )
        yield from found

    def _newest_plain(self, unit):
        """Find what else of a product without serial a customer has, newest first.

        Asked only for what the delivery that is returned doesn't account for.
        """
        return self.search(
            [
                ("company_id", "=", self.env.company.id),
                ("product_id", "=", unit.move.product_id.id),
                ("commercial_partner_id", "=", unit.owner.id),
                ("lot_id", "=", False),
                ("state", "=", "in_service"),
                "|",
                ("moved_at", "=", False),
                ("moved_at", "<=", unit.move.date),
            ],
            order="moved_at DESC NULLS LAST, id DESC",
            limit=ceil(unit.quantity) + 1,
        )

    def _take_back_one(self, unit, equipment, quantity):
        """Take up to a quantity of one equipment back.

        :return: `Step`, or None when it can't account for anything
        """
        older = equipment.moved_at and unit.move.date < equipment.moved_at
        entered = equipment._was_entered_after(unit.move)
        if entered or unit.is_serial:
            if entered or older or equipment.state != "in_service":
                if not unit.lot or equipment.commercial_partner_id != unit.owner:
                    return None
                step = self._only_recorded(unit, equipment)
                step.quantity = quantity
                return step
            return self._end_returned(unit, equipment, quantity)
        if equipment.state != "in_service":
            return None
        taken = min(quantity, equipment.quantity)
        if older:
            taken = min(taken, equipment._quantity_at(unit.move.date))
        uom = equipment.product_id.uom_id
        if uom.compare(taken, 0) <= 0:
            return None
        left = equipment.quantity - taken
        if uom.compare(left, 0) > 0:
            equipment.quantity = left
            if not older:
                equipment.moved_at = unit.move.date
            return Step(unit, equipment, "returned", quantity=taken)
        if equipment.lot_id:
            equipment.quantity = 0
        return self._end_returned(unit, equipment, taken)

    def _end_returned(self, unit, equipment, quantity):
        """End an equipment that came back; its warranties are void."""
        equipment.write(
            {
                "state": "returned",
                "ended_on": unit.day,
                "moved_at": unit.move.date,
            }
        )
        reason = self.env._(
            "Returned on %(date)s", date=format_date(self.env, unit.day)
        )
        return Step(unit, equipment, "returned", quantity=quantity, void_reason=reason)

    def _quantity_at(self, moment):
        """Return how much of a lot was there at a moment, by its history."""
        self.ensure_one()
        signs = {"delivered": 1, "reactivated": 1, "imported": 1, "returned": -1}
        quantity = 0.0
        for event in self.event_ids:
            then = event.move_id.date or event.create_date
            if then <= moment:
                quantity += signs.get(event.kind, 0) * event.quantity
        return quantity

    # === WHAT FOLLOWS === #

    def _finish(self, steps):
        """Write the history and end and give warranties, as a set.

        :param list steps: `Step`
        """
        reasons = {}
        for step in steps:
            if step.void_reason:
                ids = reasons.setdefault(step.void_reason, self.browse())
                reasons[step.void_reason] = ids | step.equipment
        for reason, equipment in reasons.items():
            equipment._void_warranties(reason)
        self.env["aftersales.equipment.event"].create(
            [step.event_values() for step in steps]
        )
        given = [step for step in steps if step.warranty]
        if given:
            delivered = self.browse(step.equipment.id for step in given)
            delivered._take_invoice_dates()
            self._grant_base(given)
            self._grant_paired_extensions(given)

    def _void_warranties(self, reason):
        """Void the machine's own warranties; those of replaced parts stay."""
        self.warranty_ids.filtered(
            lambda w: w.kind in ("base", "extension") and not w.is_void
        )._void(reason)

    def _grant_base(self, steps):
        """Give each delivered equipment the warranty that was sold with it."""
        terms = {}
        specs = []
        for step in steps:
            move = step.unit.move
            key = (move.sale_line_id, move.product_id, step.unit.owner)
            if key not in terms:
                terms[key] = self._term_of(step.unit)
            if terms[key]:
                args = (step.equipment, terms[key], "base", move.sale_line_id, move)
                specs.append(self._prepare_grant(*args))
        if specs:
            self.env["aftersales.warranty"]._grant(specs)

    def _term_of(self, unit):
        """Find the term of a delivered unit.

        What the order line says was printed for the customer, so it holds. Where it
        says nothing (a kit, a product that was not serviced when it was sold, no
        order) the term is looked up now.
        """
        line, product = unit.move.sale_line_id, unit.move.product_id
        if line.aftersales_effective_term_id:
            return line.aftersales_effective_term_id
        term, _source = self.env["aftersales.warranty.term"]._resolve(
            self.env.company,
            product=product,
            partner=unit.customer,
            order=line.order_id,
        )
        return term

    def _prepare_grant(self, equipment, term, kind, line, move):
        return {
            "equipment_id": equipment.id,
            "term": term,
            "kind": kind,
            "sale_line_id": line.id,
            "move_id": move.id,
            # With the machine: what is delivered now is not sold apart from it.
            "sold_on": False,
        }

    def _grant_paired_extensions(self, steps):
        """Give the extended warranties that were sold with the machines."""
        orders = self.env["sale.order"].union(
            *(step.unit.move.sale_line_id.order_id for step in steps)
        )
        extended = self.env["sale.order.line"].search(
            [
                ("order_id", "in", orders.ids),
                ("aftersales_is_extension", "=", True),
            ]
        )
        by_line = {}
        for step in steps:
            line = step.unit.move.sale_line_id
            if line.order_id & extended.order_id:
                by_line.setdefault(line, []).append(step)
        specs = []
        for line, line_steps in by_line.items():
            quantities = [step.unit.quantity for step in line_steps]
            units = line._aftersales_extension_units(quantities)
            for step, extensions in zip(line_steps, units, strict=True):
                for extension in extensions.sudo():
                    # As it was sold, whatever became of the product.
                    term = extension.aftersales_effective_term_id
                    args = (step.equipment, term, "extension", extension)
                    specs.append(self._prepare_grant(*args, step.unit.move))
        if specs:
            self.env["aftersales.warranty"]._grant(specs)
