# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a stay in our workshop does, and does not do, to a machine."""

from odoo import fields, models
from odoo.exceptions import UserError

from .aftersales_warranty_dates import DERIVED_FIELDS
from .aftersales_workshop_stock import STAY_STEPS


class AftersalesEquipment(models.Model):
    _inherit = "aftersales.equipment"

    workshop_dispatch_id = fields.Many2one(
        "aftersales.dispatch",
        string="In the Workshop",
        compute="_compute_workshop_dispatch_id",
        help="The workshop visit for which it is on its way to us, or with us.",
    )

    def _compute_workshop_dispatch_id(self):
        jobs = self.env["aftersales.dispatch.job"].search(
            [
                ("equipment_id", "in", self.ids),
                ("dispatch_id.workshop_place", "in", ("awaited", "here", "leaving")),
            ]
        )
        visits = {job.equipment_id: job.dispatch_id for job in jobs}
        for equipment in self:
            equipment.workshop_dispatch_id = visits.get(equipment)

    def action_view_workshop(self):
        """Open the visit for which the machine is in the workshop."""
        self.ensure_one()
        return self.workshop_dispatch_id._get_records_action()

    def _workshop_origin(self):
        """Return the delivery that a return can undo, as far as stock made it.

        :return: done `stock.move` to the customer, with sudo; empty for a machine that
            came otherwise: before the system, from elsewhere, from a vendor
        """
        # sudo: whoever sends a machine to the workshop reads no stock moves
        move = self.sudo().move_id
        carried = not self.lot_id or self.lot_id in move.sudo().move_line_ids.lot_id
        native = (
            move.state == "done"
            and move.picking_id
            and move.picking_type_id.code == "outgoing"
            and move.product_id == self.product_id
            and move.company_id == self.company_id
        )
        return move if native and carried else move.browse()

    def _stock_lot(self):
        """Return the lot of the machine, made where only its number is known.

        :return: `stock.lot` with sudo; empty when the storekeeper has to read it
        """
        # sudo: whoever sends a machine to the workshop reads no lots
        product, lot = self.product_id.sudo(), self.sudo().lot_id
        if lot or product.tracking == "none" or not self.serial_number:
            return lot
        company = self.company_id
        found = lot.search(
            [
                ("product_id", "=", product.id),
                ("name", "=", self.serial_number),
                ("company_id", "in", [False, company.id]),
            ],
            limit=1,
        )
        return found or lot.create(
            {
                "product_id": product.id,
                "name": self.serial_number,
                "company_id": company.id,
            }
        )

    def _check_movable(self):
        """Refuse what only stock can do to a machine that stock doesn't know.

        :raise UserError: for a machine without a product
        """
        for equipment in self.filtered(lambda e: not e.product_id):
            raise UserError(
                self.env._(
                    "%s is known by its nameplate only. Choose its product first: "
                    "then the storekeeper can receive it and send another one.",
                    equipment.display_name,
                )
            )

    # === MOVES === #

    def _moves_to_process(self, moves):
        """A machine that comes for a repair is not given back."""
        # sudo: the links of moves, whoever validates them
        stays = moves.sudo().filtered(lambda move: move.workshop_step in STAY_STEPS)
        return super()._moves_to_process(moves - stays)

    def _order_for_return(self, unit, known):
        """What stays with us after a visit is the machine of that visit."""
        visit = unit.move.workshop_dispatch_id
        first = visit._workshop_machine() if visit else self.browse()
        yield from first
        for equipment in super()._order_for_return(unit, known):
            if equipment != first:
                yield equipment

    def _finish(self, steps):
        """A machine that replaces another goes on with the warranties of that one.

        Unless the customer pays all of it: then it is sold like a new one.
        """
        replaced = [
            step
            for step in steps
            if step.unit.is_delivery and step.unit.move.workshop_step == "replace"
        ]
        for step in replaced:
            visit = step.unit.move.workshop_dispatch_id
            step.warranty = not visit.workshop_warranties_go_on
            step.note = self.env._(
                "Replaces %s", visit._workshop_machine().display_name
            )
        res = super()._finish(steps)
        for step in replaced:
            step.unit.move.workshop_dispatch_id._workshop_replaced(step)
        return res

    def _record_stay(self, moves):
        """Write into the history that the machine came to us, or went back.

        :param moves: done `stock.move` of one machine, with sudo
        """
        self.ensure_one()
        kinds = {"receive": "repair_in", "redeliver": "repair_out"}
        zone = self._tz()
        self.env["aftersales.equipment.event"].create(
            [
                {
                    "equipment_id": self.id,
                    "kind": kinds[move.workshop_step],
                    "date": move._aftersales_day(zone),
                    "move_id": move.id,
                    "quantity": move.quantity,
                    "note": move.workshop_dispatch_id.name,
                }
                for move in moves
            ]
        )


class AftersalesWarranty(models.Model):
    _inherit = "aftersales.warranty"

    continues_id = fields.Many2one(
        "aftersales.warranty",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The warranty of the machine that this one replaces; its days hold on.",
    )

    def _guarded_fields(self):
        return super()._guarded_fields() | {"continues_id"}

    def _derive_dates(self, source, triggers, previous, siblings, derived):
        """The days of a warranty that goes on are those it had before."""
        if isinstance(source, models.BaseModel) and source.continues_id:
            return {name: source[name] for name in DERIVED_FIELDS}
        return super()._derive_dates(source, triggers, previous, siblings, derived)

    def _continue_on(self, equipment, move):
        """Let warranties go on with the machine that replaces theirs.

        They end for the machine they were given to.

        :param equipment: the `aftersales.equipment` that replaces theirs
        :param move: the `stock.move` that delivered it
        :return: the new warranties
        """
        quiet = self._quiet()
        given = quiet.browse()
        new = {}
        ranks = {"base": 0, "extension": 1}
        # In a loop: an extension needs what it extends, and machines have one or two.
        for warranty in self.sudo().sorted(lambda w: (ranks[w.kind], w.id)):
            begun = bool(warranty.start_date)
            created = quiet.create(
                [
                    {
                        **warranty._copy_values(warranty),
                        "equipment_id": equipment.id,
                        "term_id": warranty.term_id.id,
                        "kind": warranty.kind,
                        "granted_on": warranty.granted_on,
                        "sale_line_id": warranty.sale_line_id.id,
                        "move_id": move.id,
                        "extends_id": new.get(warranty.extends_id, given[:0]).id,
                        "continues_id": warranty.id if begun else False,
                    }
                ]
            )
            if begun:
                created.write({name: warranty[name] for name in DERIVED_FIELDS})
            new[warranty] = created
            given |= created
        self._void(self.env._("Replaced by %s", equipment.display_name))
        return given
