# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The way of a machine to our workshop and from there, as transfers of stock.

A machine that is repaired stays the customer's: it comes to a location of the type
"customer", so that it is neither valued, nor promised to somebody else, nor a return.
"""

from odoo import api, fields, models
from odoo.fields import NO_ACCESS

STEP_SELECTION = [
    ("receive", "Comes to the Workshop"),
    ("redeliver", "Goes Back"),
    ("replace", "Replacement"),
    ("keep", "Stays with Us"),
]
#: What a machine does without changing its owner.
STAY_STEPS = ("receive", "redeliver")
#: Set by the visit alone; who may write moves must not make a delivery out of these.
LINKS = ("workshop_dispatch_id", "workshop_step")


class ResCompany(models.Model):
    _inherit = "res.company"

    workshop_location_id = fields.Many2one(
        "stock.location",
        copy=False,
        readonly=True,
        help="Where customers' machines are while they are repaired by us.",
    )

    def _aftersales_workshop_location(self):
        """Return where customers' machines are during a repair, made when needed.

        :return: `stock.location` of the type "customer", with sudo
        """
        self.ensure_one()
        # sudo: whoever sends a machine to the workshop, the place is the company's
        company = self.sudo()
        if not company.workshop_location_id:
            customers = self.env.ref("stock.stock_location_customers").sudo()
            company.workshop_location_id = customers.create(
                {
                    "name": self.env._("Customers' Machines in the Workshop"),
                    "usage": "customer",
                    "location_id": customers.location_id.id,
                    "company_id": company.id,
                }
            )
        return company.workshop_location_id


class StockMove(models.Model):
    _inherit = "stock.move"

    workshop_dispatch_id = fields.Many2one(
        "aftersales.dispatch",
        string="Workshop Visit",
        copy=False,
        index="btree_not_null",
        groups=NO_ACCESS,
    )
    workshop_step = fields.Selection(STEP_SELECTION, copy=False, groups=NO_ACCESS)

    def _workshop_links(self):
        """Return the values that make another move of the same step."""
        move = self.sudo()  # sudo: what follows from a move, whoever works on it
        return {
            "workshop_dispatch_id": move.workshop_dispatch_id.id,
            "workshop_step": move.workshop_step,
        }

    def _action_done(self, cancel_backorder=False):
        done = super()._action_done(cancel_backorder=cancel_backorder)
        # sudo: the storekeeper needs no after-sales rights to receive a machine
        ours = done.sudo().filtered("workshop_dispatch_id")
        for dispatch, moves in ours.grouped("workshop_dispatch_id").items():
            dispatch._workshop_moved(moves)
        return done


class StockRule(models.Model):
    _inherit = "stock.rule"

    def _get_custom_move_fields(self):
        return [*super()._get_custom_move_fields(), *LINKS]

    def _push_prepare_move_copy_values(self, move_to_copy, new_date):
        """The next step of a delivery is of the same visit."""
        values = super()._push_prepare_move_copy_values(move_to_copy, new_date)
        return {**values, **move_to_copy._workshop_links()}


class StockPicking(models.Model):
    _inherit = "stock.picking"

    workshop_dispatch_id = fields.Many2one(
        "aftersales.dispatch",
        string="Workshop Visit",
        compute="_compute_workshop_dispatch_id",
    )

    @api.depends("move_ids")
    def _compute_workshop_dispatch_id(self):
        for picking in self:
            # sudo: the link is the visit's, the reader sees what he may
            moves = picking.sudo().move_ids
            picking.workshop_dispatch_id = moves.workshop_dispatch_id[:1].id

    def _create_backorder(self, backorder_moves=None):
        """A backorder is of the same visit."""
        backorders = super()._create_backorder(backorder_moves=backorder_moves)
        for backorder in backorders.sudo():  # sudo: the link is the visit's
            links = backorder.backorder_id.move_ids[:1]._workshop_links()
            if links["workshop_dispatch_id"]:
                backorder.move_ids.write(links)
        return backorders

    def action_view_workshop(self):
        """Open the visit for which a machine comes or goes."""
        self.ensure_one()
        return self.workshop_dispatch_id._get_records_action()


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    workshop_move_ids = fields.One2many(
        "stock.move", "workshop_dispatch_id", groups=NO_ACCESS
    )

    # === TRANSFERS; all of them with sudo: whoever plans needs no stock rights === #

    def _workshop_moves(self, *steps, done=None):
        """Return the moves of some steps that are not cancelled.

        :param bool done: only those that are done, or only those that are not
        :return: `stock.move` with sudo
        """
        # sudo: the state of a machine is shown to whoever reads the visit
        moves = self.sudo().workshop_move_ids.filtered(
            lambda move: move.state != "cancel" and move.workshop_step in steps
        )
        if done is None:
            return moves
        return moves.filtered(lambda move: (move.state == "done") == done)

    def _workshop_warehouse(self):
        """Return the warehouse that delivered the machine, else the company's first."""
        origin = self._workshop_machine()._workshop_origin()
        warehouse = origin.picking_type_id.warehouse_id
        return warehouse or self.env["stock.warehouse"].sudo().search(
            [("company_id", "=", self.company_id.id)], limit=1
        )

    def _workshop_receive(self):
        """Make the transfer that brings the machine to the workshop.

        Of what we delivered it is the return of that delivery.

        :return: `stock.picking` with sudo
        """
        self.ensure_one()
        machine = self._workshop_machine()
        quantity = 1.0 if machine.quantity >= 1 else machine.quantity
        return self._workshop_bring("receive", machine, machine._stock_lot(), quantity)

    def _workshop_keep(self):
        """Make the transfer that takes the machine over for good: a native return.

        :return: `stock.picking` with sudo
        """
        self.ensure_one()
        came = self._workshop_moves("receive", done=True)
        lots, quantity = came.move_line_ids.lot_id, sum(came.mapped("quantity"))
        machine = self._workshop_machine()
        return self._workshop_bring("keep", machine, lots[:1], quantity)

    def _workshop_bring(self, step, machine, lot, quantity):
        """Make a transfer of the machine to us.

        :param str step: "receive" or "keep"
        :return: `stock.picking` with sudo
        """
        workshop = self.company_id._aftersales_workshop_location()
        origin = machine._workshop_origin()
        warehouse = self._workshop_warehouse()
        customers = origin.location_dest_id or self._customer_location()
        if origin:
            picking = self._return_of(origin, quantity)
        else:
            stock = warehouse.in_type_id.default_location_dest_id
            picking = self._new_transfer(
                warehouse.in_type_id, customers, stock, machine.product_id, quantity
            )
        source = customers if step == "receive" else workshop
        target = workshop if step == "receive" else picking.location_dest_id
        values = {"workshop_dispatch_id": self.id, "workshop_step": step}
        if step == "receive":
            # Nothing of the order is taken back: it is delivered, and stays so. What
            # names the order would get a line in it when it is done.
            values["sale_line_id"] = False
            values["reference_ids"] = [fields.Command.clear()]
        values["to_refund"] = step == "keep" and self.workshop_outcome == "refund"
        self._route(picking, source, target, values)
        self._carry(picking.move_ids, lot, quantity)
        return picking

    def _workshop_send_back(self):
        """Make the transfer that brings the repaired machine back to its site.

        :return: `stock.picking` with sudo
        """
        self.ensure_one()
        came = self._workshop_moves("receive", done=True)
        workshop = self.company_id._aftersales_workshop_location()
        quantity = sum(came.mapped("quantity"))
        picking = self._new_transfer(
            self._workshop_warehouse().out_type_id,
            workshop,
            came.location_id[:1],
            came.product_id,
            quantity,
        )
        values = {"workshop_dispatch_id": self.id, "workshop_step": "redeliver"}
        self._route(picking, workshop, came.location_id[:1], values)
        self._carry(picking.move_ids, came.move_line_ids.lot_id[:1], quantity)
        return picking

    def _workshop_replace(self):
        """Order another unit of the machine from the warehouse for the customer.

        By the rules of the warehouse, as for a sale, but without an order.

        :return: `stock.move` with sudo
        """
        self.ensure_one()
        dispatch = self.sudo()  # sudo: stock works for the visit, see above
        machine, company = dispatch._workshop_machine(), dispatch.company_id
        came = dispatch._workshop_moves("receive")
        reference = dispatch.env["stock.reference"].create({"name": dispatch.name})
        customers = machine._workshop_origin().location_dest_id
        values = {
            "company_id": company,
            "date_planned": fields.Datetime.now(),
            "partner_id": dispatch.site_id.id,
            "reference_ids": reference,
            "warehouse_id": dispatch._workshop_warehouse(),
            "workshop_dispatch_id": dispatch.id,
            "workshop_step": "replace",
        }
        rule = dispatch.env["stock.rule"].with_company(company)
        rule.run(
            [
                rule.Procurement(
                    machine.product_id,
                    sum(came.mapped("product_uom_qty")) or 1.0,
                    machine.product_id.uom_id,
                    customers or dispatch._customer_location(),
                    dispatch.name,
                    dispatch.name,
                    company,
                    values,
                )
            ]
        )
        moves = dispatch._workshop_moves("replace", done=False)
        moves.picking_id.action_assign()
        return moves

    def _customer_location(self):
        site = self.site_id.sudo().with_company(self.company_id)
        return site.property_stock_customer

    def _return_of(self, origin, quantity):
        """Return a delivery as its own dialog does.

        :param origin: the done `stock.move` of the delivery, with sudo
        :return: `stock.picking`, confirmed
        """
        wizard = (
            self.sudo()  # sudo: see above
            .env["stock.return.picking"]
            .with_company(self.company_id)
            .with_context(
                active_model="stock.picking",
                active_id=origin.picking_id.id,
                active_ids=origin.picking_id.ids,
            )
            .create({"picking_id": origin.picking_id.id})
        )
        for line in wizard.product_return_moves:
            line.quantity = quantity if line.move_id == origin else 0.0
        return wizard._create_return()

    def _new_transfer(self, picking_type, source, target, product, quantity):
        """Make a transfer of one product to or from the site.

        :return: `stock.picking`, confirmed
        """
        places = {"location_id": source.id, "location_dest_id": target.id}
        move = {
            **places,
            "product_id": product.id,
            "product_uom": product.uom_id.id,
            "product_uom_qty": quantity,
            "company_id": self.company_id.id,
        }
        # sudo: see above
        picking = (
            self.sudo()
            .env["stock.picking"]
            .with_company(self.company_id)
            .create(
                {
                    **places,
                    "picking_type_id": picking_type.id,
                    "partner_id": self.site_id.id,
                    "company_id": self.company_id.id,
                    "move_ids": [fields.Command.create(move)],
                }
            )
        )
        picking.action_confirm()
        return picking

    def _route(self, picking, source, target, values):
        """Say where a transfer goes, and for which visit."""
        places = {"location_id": source.id, "location_dest_id": target.id}
        picking.write({**places, "origin": self.name, "partner_id": self.site_id.id})
        picking.move_ids.write({**places, **values})

    def _carry(self, move, lot, quantity):
        """Say which serial number a transfer carries."""
        move.move_line_ids.unlink()
        line = move._prepare_move_line_vals(quantity=quantity)
        line["lot_id"] = lot.id
        move.env["stock.move.line"].create(line)
        move._recompute_state()

    def _workshop_drop(self, *steps):
        """Cancel the transfers of some steps that are still open."""
        self._workshop_moves(*steps, done=False)._action_cancel()
