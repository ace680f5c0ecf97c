# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Moves of parts that belong to a service visit."""

from odoo import api, fields, models

from .inside import INSIDE

#: What a move of a visit does. "take": from the stock into the van, by the
#: storekeeper; "back": from the van into the stock, by him too. The others are done by
#: the visit itself and need no transfer: "use": from the van to the customer;
#: "faulty" and "scrap": what was taken out of the machine.
ROLE_SELECTION = [
    ("take", "Taken Along"),
    ("use", "Used"),
    ("back", "Brought Back"),
    ("faulty", "Faulty Part"),
    ("scrap", "Scrapped Part"),
]
BY_STOREKEEPER = ("take", "back")


class StockMove(models.Model):
    _inherit = "stock.move"

    dispatch_id = fields.Many2one(
        "aftersales.dispatch",
        string="Service Visit",
        index="btree_not_null",
        readonly=True,
        copy=False,
        check_company=True,
    )
    dispatch_line_id = fields.Many2one(
        "aftersales.dispatch.line",
        string="Visit Line",
        index="btree_not_null",
        readonly=True,
        copy=False,
        check_company=True,
    )
    dispatch_role = fields.Selection(
        ROLE_SELECTION, string="On the Visit", readonly=True, copy=False
    )

    @api.depends("dispatch_id.name")
    def _compute_reference(self):
        own = self.filtered(lambda move: move._is_moved_by_visit())
        for move in own:
            # sudo: the number of the visit, for a storekeeper
            move.reference = move.sudo().dispatch_id.name
        return super(StockMove, self - own)._compute_reference()

    def _is_moved_by_visit(self):
        """Tell whether the visit itself does this move, without a transfer."""
        self.ensure_one()
        return bool(self.dispatch_role) and self.dispatch_role not in BY_STOREKEEPER

    def _cancel_for_visit(self):
        """Cancel moves of a visit; of what was only reserved nothing is kept."""
        self._action_cancel()
        self.filtered(lambda move: move._is_moved_by_visit()).unlink()

    def _should_be_assigned(self):
        return not self._is_moved_by_visit() and super()._should_be_assigned()

    def _get_source_document(self):
        if self._is_moved_by_visit() and self.dispatch_id.has_access("read"):
            return self.dispatch_id
        return super()._get_source_document()

    def _prepare_move_split_vals(self, qty):
        values = super()._prepare_move_split_vals(qty)
        if self.dispatch_id:
            # What is handed over later is for the same visit.
            values.update(
                dispatch_id=self.dispatch_id.id,
                dispatch_line_id=self.dispatch_line_id.id,
                dispatch_role=self.dispatch_role,
            )
        return values

    @api.model
    def _prepare_merge_moves_distinct_fields(self):
        return super()._prepare_merge_moves_distinct_fields() + ["dispatch_line_id"]

    # === ONE TRANSFER A VISIT === #

    def _key_assign_picking(self):
        return super()._key_assign_picking() + (self.dispatch_id,)

    def _search_picking_for_assignation_domain(self):
        domain = super()._search_picking_for_assignation_domain()
        return [*domain, ("dispatch_id", "=", self.dispatch_id.id)]

    def _get_new_picking_values(self):
        values = super()._get_new_picking_values()
        if self.dispatch_id:
            values["dispatch_id"] = self.dispatch_id[:1].id
        return values

    # === RESERVATION === #

    def _update_reserved_quantity_vals(
        self,
        need,
        location_id,
        lot_id=None,
        package_id=None,
        owner_id=None,
        strict=True,
    ):
        move = self._only_in(location_id)
        return super(StockMove, move)._update_reserved_quantity_vals(
            need, location_id, lot_id, package_id, owner_id, strict
        )

    def _only_in(self, location):
        """Keep a visit from taking a part out of a colleague's van.

        :return: self, for which the field service location is without what lies below
        """
        self.ensure_one()
        # sudo: locations of the warehouse
        field_location = location.sudo().warehouse_id.aftersales_field_loc_id
        if self.dispatch_id and location == field_location:
            return self.with_context(aftersales_exact_location=INSIDE)
        return self

    # === EQUIPMENT === #

    def _aftersales_parties(self):
        if self._is_moved_by_visit():
            # sudo: customer and site, whoever finishes the visit
            visit = self.sudo().dispatch_id
            return visit.partner_id, visit.site_id, self.env["res.partner"]
        return super()._aftersales_parties()


class StockPicking(models.Model):
    _inherit = "stock.picking"

    dispatch_id = fields.Many2one(
        "aftersales.dispatch",
        string="Service Visit",
        index="btree_not_null",
        readonly=True,
        copy=False,
        check_company=True,
        help="The visit that these parts are for.",
    )
    dispatch_summary = fields.Char(
        string="For the Visit",
        compute="_compute_dispatch_summary",
        help="Who goes there, when and where. Times are those of the site.",
    )

    @api.depends("dispatch_id", "location_id")
    @api.depends_context("lang", "uid")
    def _compute_dispatch_summary(self):
        """Tell who prepares the parts what they are for, without rights on visits."""
        staff = self.env.user.has_group(
            "aftersales_service.aftersales_service_group_staff"
        )
        for picking in self:
            # sudo: the sentence only; what is hidden from its own staff stays hidden
            visit = picking.sudo().dispatch_id
            if staff and not visit.sudo(False).has_access("read"):
                visit = visit.browse()
            picking.dispatch_summary = bool(visit) and visit._say_in_short()
            # Without several locations the transfer doesn't show where it starts.
            place = picking.sudo().location_id  # sudo: as above
            field_location = place.warehouse_id.aftersales_field_loc_id
            if visit and field_location and place._child_of(field_location):
                picking.dispatch_summary += f" · {place.display_name} →"

    def action_view_dispatch(self):
        """Open the visit; for those who see no visits, all that moves for it."""
        self.ensure_one()
        self.check_access("read")
        # The number only is read of a visit that the user may not see.
        visit = self.dispatch_id
        if visit.has_access("read"):
            return visit._get_records_action(name=self.env._("Service Visit"))
        action = visit.action_view_moves()
        action["name"] = self.env._("Parts of %s", visit.sudo().name)  # sudo: as above
        return action

    def _create_backorder_picking(self):
        backorder = super()._create_backorder_picking()
        backorder.dispatch_id = self.dispatch_id
        return backorder
