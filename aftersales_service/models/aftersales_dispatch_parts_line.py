# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The parts of a visit: what is asked for, what was used, what came out."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

#: Until the work begins, what is planned and what is used is one number.
BEFORE_WORK = ("draft", "planned", "on_way")
#: A change of these changes what must be reserved.
ASKED_FIELDS = {"kind", "planned_quantity", "product_id", "quantity", "dispatch_id"}
PART_STATE_SELECTION = [
    ("short", "Missing"),
    ("coming", "Being Prepared"),
    ("reserved", "Reserved"),
    ("used", "Used"),
    ("unused", "Not Used"),
    ("returned", "Goes Back"),
]
FATE_SELECTION = [
    ("returned", "Comes Back"),
    ("scrapped", "Scrapped"),
    ("left", "Left with the Customer"),
]


class AftersalesDispatchLine(models.Model):
    _inherit = "aftersales.dispatch.line"

    planned_quantity = fields.Float(
        string="Planned",
        digits="Product Unit",
        copy=False,
        help="How many the technician takes along. They are reserved in his van, and "
        "asked of the storekeeper where the van has too few.",
    )
    keeps_stock = fields.Boolean(
        compute="_compute_keeps_stock",
        store=True,
        precompute=True,
        copy=False,
        help="The part is moved in stock. Not so what is only described, and what was "
        "signed before visits moved their parts.",
    )
    tracking = fields.Selection(
        related="product_id.tracking", export_string_translation=False
    )
    lot_id = fields.Many2one(
        "stock.lot",
        string="Lot/Serial Fitted",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        copy=False,
        domain="[('product_id', '=', product_id)]",
    )
    unused_goes = fields.Selection(
        [("van", "Stays in the Van"), ("stock", "Back to Stock")],
        string="If Not Used",
        default="van",
    )
    removed_fate = fields.Selection(
        FATE_SELECTION,
        string="Old Part",
        copy=False,
        help="What becomes of the part that was taken out.",
    )
    removed_product_id = fields.Many2one(
        "product.product",
        string="Part Taken Out",
        compute="_compute_removed_product_id",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="If it was another one than the part that was fitted.",
    )
    removed_serial = fields.Char(
        string="Old Serial Number", copy=False, help="Of the part that was taken out."
    )
    removed_lot_id = fields.Many2one(
        "stock.lot",
        string="Old Lot",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        copy=False,
        domain="[('product_id', '=', removed_product_id)]",
    )
    move_ids = fields.One2many(
        "stock.move",
        "dispatch_line_id",
        string="Stock Moves",
        groups="stock.group_stock_user",
    )
    part_state = fields.Selection(
        PART_STATE_SELECTION,
        string="Availability",
        compute="_compute_part_state",
        compute_sudo=True,
    )

    # A planned part need not be used.
    _amounts_positive = models.Constraint(
        "CHECK(hours >= 0 AND distance_km >= 0 AND quantity >= 0"
        " AND planned_quantity >= 0)",
        "Hours, distances and quantities can't be negative.",
    )
    _part_has_quantity = models.Constraint(
        "CHECK(kind <> 'part' OR quantity > 0 OR planned_quantity > 0 OR keeps_stock)",
        "A part has a quantity above zero.",
    )

    # === COMPUTES === #

    @api.depends("kind", "product_id")
    def _compute_keeps_stock(self):
        for line in self:
            line.keeps_stock = line.kind == "part" and line.product_id.type == "consu"

    @api.depends("product_id")
    def _compute_removed_product_id(self):
        for line in self:
            line.removed_product_id = line.product_id

    @api.depends(
        "dispatch_id.state",
        "keeps_stock",
        "move_ids.quantity",
        "move_ids.state",
        "planned_quantity",
        "product_id",
        "quantity",
        "unused_goes",
    )
    def _compute_part_state(self):
        for line in self:
            line.part_state = line._find_part_state() if line.keeps_stock else False

    def _find_part_state(self):
        """Say where the part is: see `PART_STATE_SELECTION`."""
        self.ensure_one()
        state, uom = self.dispatch_id.state, self.product_id.uom_id
        if state in ("draft", "cancelled") or not state:
            return False
        if state in ("to_sign", "done"):
            if uom.compare(self.quantity, 0) > 0:
                return "used"
            return "returned" if self.unused_goes == "stock" else "unused"
        if uom.is_zero(self.planned_quantity):
            return False
        open_moves = self._open_moves()
        reserved = self._reserved(open_moves, "use")
        if uom.compare(reserved, self.planned_quantity) >= 0:
            return "reserved"
        coming = self._reserved(open_moves, "take")
        if uom.compare(reserved + coming, self.planned_quantity) >= 0:
            return "coming"
        return "short"

    def _open_moves(self):
        """Return the moves of these lines that are still to be done."""
        # sudo: nobody on a visit needs stock rights to see what he takes along
        return self.sudo().move_ids.filtered(
            lambda move: move.state not in ("done", "cancel")
        )

    def _reserved(self, moves, role):
        """Sum up what is reserved for moves of a role, in the product's unit."""
        return sum(
            move.product_uom._compute_quantity(move.quantity, self.product_id.uom_id)
            for move in moves
            if move.dispatch_role == role
        )

    # === CHECKS === #

    @api.constrains("lot_id", "product_id", "removed_lot_id", "removed_product_id")
    def _check_lots(self):
        for line in self.sudo():  # sudo: technicians don't read lots
            for lot, product in (
                (line.lot_id, line.product_id),
                (line.removed_lot_id, line.removed_product_id),
            ):
                if lot and lot.product_id != product:
                    raise ValidationError(
                        self.env._(
                            "“%(lot)s” is no serial number of %(product)s.",
                            lot=lot.name,
                            product=product.display_name or line.name,
                        )
                    )

    def _check_fitted(self):
        """Check that stock can be told which parts were used and taken out.

        :raise UserError: when a serial number is missing
        """
        for line in self.sudo():  # sudo: technicians don't read lots
            if not line.keeps_stock or line.product_id.uom_id.is_zero(line.quantity):
                continue
            if line.tracking != "none" and not (line.lot_id or line.serial_number):
                raise UserError(
                    self.env._(
                        "Write down the serial or lot number of the part that was "
                        "fitted: %(part)s.",
                        part=line.name,
                    )
                )
            if line.tracking == "serial" and line.product_id.uom_id.compare(
                line.quantity, 1
            ):
                raise UserError(
                    self.env._(
                        "%(part)s has serial numbers: make one line for each.",
                        part=line.name,
                    )
                )
            if (
                line.removed_fate in ("returned", "scrapped")
                and line.removed_product_id.tracking != "none"
                and not (line.removed_lot_id or line.removed_serial)
            ):
                raise UserError(
                    self.env._(
                        "Write down the serial or lot number of the old part that was "
                        "taken out: %(part)s.",
                        part=line.removed_product_id.display_name,
                    )
                )

    def _settle_lots(self):
        """Find the lots of the serial numbers that were typed, or make them.

        A number that stock doesn't know is still the one on the part: the record is
        not lost for it.
        """
        missing = []
        for line in self:
            for lot, text, product in (
                ("lot_id", "serial_number", line.product_id),
                ("removed_lot_id", "removed_serial", line.removed_product_id),
            ):
                number = (line[text] or "").strip()
                if product.tracking != "none" and number and not line[lot]:
                    missing.append((line, lot, product, number))
        if not missing:
            return
        Lot = self.env["stock.lot"]
        company = self.dispatch_id.company_id
        known = Lot.search(
            [
                ("product_id", "in", [product.id for _l, _f, product, _n in missing]),
                ("name", "in", [number for *_rest, number in missing]),
                ("company_id", "in", [company.id, False]),
            ]
        )
        lots = {(lot.product_id, lot.name): lot for lot in known}
        new = dict.fromkeys(
            (product, number)
            for _l, _f, product, number in missing
            if (product, number) not in lots
        )
        created = Lot.create(
            [
                {"product_id": product.id, "name": number, "company_id": company.id}
                for product, number in new
            ]
        )
        lots.update(zip(new, created, strict=True))
        for line, field_name, product, number in missing:
            line[field_name] = lots[product, number]

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        visits = self.env["aftersales.dispatch"].browse(
            [vals.get("dispatch_id") for vals in vals_list if vals.get("dispatch_id")]
        )
        state = {visit.id: visit.state for visit in visits}
        vals_list = [
            self._one_quantity(vals, state.get(vals.get("dispatch_id")), 1.0)
            for vals in vals_list
        ]
        lines = super().create(vals_list)
        lines._follow_lots()
        parts = lines.filtered("keeps_stock")
        parts.dispatch_id._sync_parts(parts)
        return lines

    def write(self, vals):
        if "lot_id" in vals and "serial_number" not in vals and len(self) == 1:
            # sudo: technicians don't read lots
            lot = self.env["stock.lot"].sudo().browse(vals["lot_id"] or [])
            vals = {**vals, "serial_number": lot.name}
        # A new serial number is another part than the lot that was chosen before.
        if "serial_number" in vals and "lot_id" not in vals:
            vals = {**vals, "lot_id": False}
        if "removed_serial" in vals and "removed_lot_id" not in vals:
            vals = {**vals, "removed_lot_id": False}
        if vals.keys() & {"planned_quantity", "quantity"}:
            before = self.filtered(lambda ln: ln.dispatch_id.state in BEFORE_WORK)
            if before and self - before:
                super(AftersalesDispatchLine, self - before).write(vals)
                return before.write(vals)
            vals = self._one_quantity(vals, self[:1].dispatch_id.state)
        if "dispatch_id" in vals:
            self._check_not_moved(vals["dispatch_id"])
        res = super().write(vals)
        if "kind" in vals:
            # Technical support may write parts only.
            self.check_access("write")
        if vals.keys() & ASKED_FIELDS:
            parts = self.filtered(lambda ln: ln.keeps_stock or ln.sudo().move_ids)
            parts.dispatch_id._sync_parts(parts)
        return res

    def _check_not_moved(self, dispatch_id):
        """Keep parts with the visit that has reserved or used them.

        :param dispatch_id: id of the visit that gets the lines
        :raise UserError: when stock has moves of them for another visit
        """
        # sudo: moves, which technicians don't read
        moves = self.sudo().move_ids.filtered(lambda move: move.state != "cancel")
        if moves.dispatch_id.filtered(lambda visit: visit.id != dispatch_id):
            raise UserError(
                self.env._(
                    "These parts are reserved or used by their visit. Delete them "
                    "there, and enter them on the other one: %(parts)s",
                    parts=", ".join(moves.dispatch_line_id.mapped("name")),
                )
            )

    def unlink(self):
        self.check_access("unlink")
        self.dispatch_id._take_back_parts(self)
        return super().unlink()

    @api.model
    def _one_quantity(self, vals, state, default=None):
        """Plan what is entered before the work begins.

        :param dict vals: of a line to be created or written
        :param state: of the visit
        :param default: quantity of a new line that says none
        :return: dict with both quantities
        """
        kind = vals.get("kind", "part" if default is None else "labour")
        if state not in BEFORE_WORK or kind != "part":
            return vals
        quantity = vals.get("planned_quantity", vals.get("quantity"))
        if default is not None:
            quantity = quantity or vals.get("quantity") or default
        if quantity is None:
            return vals
        return {**vals, "planned_quantity": quantity, "quantity": quantity}

    def _follow_lots(self):
        """Let new lines with a lot say its number."""
        for line in self.filtered(lambda ln: ln.lot_id and not ln.serial_number):
            # sudo: technicians don't read lots
            line.serial_number = line.sudo().lot_id.name

    @api.onchange("planned_quantity")
    def _onchange_planned_quantity(self):
        if self.dispatch_id.state in BEFORE_WORK:
            self.quantity = self.planned_quantity

    @api.onchange("product_id")
    def _onchange_asked(self):
        if self.kind == "part" and self.dispatch_id.state in BEFORE_WORK:
            self.planned_quantity = self.planned_quantity or self.quantity or 1.0

    def _exchange_note(self):
        note = super()._exchange_note()
        if not self.removed_serial:
            return note
        fates = dict(self._fields["removed_fate"]._description_selection(self.env))
        old = self.env._("old part %(serial)s", serial=self.removed_serial)
        return " · ".join(filter(None, (note, old, fates.get(self.removed_fate))))
