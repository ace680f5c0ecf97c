# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.aftersales_service.tools import coverage as engine

#: Repairs that are not over.
OPEN_REPAIRS = ("draft", "confirmed", "under_repair")


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    repair_ids = fields.One2many(
        "repair.order",
        "dispatch_id",
        string="Repair Orders",
        groups="stock.group_stock_user",
    )
    repair_name = fields.Char(
        string="Repair Order", compute="_compute_repair", compute_sudo=True
    )
    repair_state = fields.Selection(
        [
            ("draft", "New"),
            ("confirmed", "Confirmed"),
            ("under_repair", "Under Repair"),
            ("done", "Repaired"),
        ],
        string="Repair",
        compute="_compute_repair",
        compute_sudo=True,
        help="Of the repair order; who repairs sees the order itself.",
    )

    @api.depends("repair_ids.state", "repair_ids.name")
    def _compute_repair(self):
        for dispatch in self:
            repair = dispatch._workshop_repairs()[:1]
            dispatch.repair_name = repair.name
            dispatch.repair_state = repair.state

    def _workshop_repairs(self, *states):
        """Return the repair orders of visits that are not cancelled.

        :param str states: only those in one of these states
        :return: `repair.order` with sudo
        """
        # sudo: the state of the repair is shown to whoever reads the visit
        repairs = self.sudo().repair_ids
        return repairs.filtered(
            lambda repair: (
                repair.state in states if states else repair.state != "cancel"
            )
        )

    def action_view_repairs(self):
        """Open the repair order, for those who repair."""
        self.ensure_one()
        repairs = self.env["repair.order"].browse(self._workshop_repairs().ids)
        repairs.check_access("read")
        return repairs._get_records_action(name=self.env._("Repair Order"))

    # === THE ORDER === #

    def _workshop_repair(self):
        """Make the repair order for the machine that is here, once."""
        res = super()._workshop_repair()
        if not self._workshop_repairs():
            self._touch()
            # sudo: whoever decides or receives needs no right to repair
            orders = self.sudo().env["repair.order"].with_company(self.company_id)
            orders.create(self._prepare_repair())._follow_coverage()
        return res

    def _prepare_repair(self):
        """Prepare the repair order for the machine as it was received.

        :return: dict for `repair.order.create`
        """
        self.ensure_one()
        dispatch = self.sudo()  # sudo: see `_workshop_repair`
        came = dispatch._workshop_moves("receive", done=True)
        workshop = dispatch.company_id._aftersales_workshop_location()
        warehouse = dispatch._workshop_warehouse()
        ticket = dispatch.job_ids.ticket_id[:1]
        return {
            "company_id": dispatch.company_id.id,
            "partner_id": dispatch.partner_id.id,
            "product_id": came.product_id[:1].id,
            "lot_id": came.move_line_ids.lot_id[:1].id,
            "product_qty": sum(came.mapped("quantity")),
            "picking_id": came.picking_id[:1].id,
            "picking_type_id": warehouse.repair_type_id.id,
            # It stays where customers' machines are, and is nobody's stock.
            "product_location_src_id": workshop.id,
            "product_location_dest_id": workshop.id,
            "user_id": ticket.user_id.id,
            "internal_notes": ticket.description,
            "dispatch_id": dispatch.id,
            "ticket_id": ticket.id,
        }

    def _workshop_part_share(self, product):
        """Return what the customer pays of one part.

        :param product: `product.product` of the part
        :return: share between 0 and 1
        """
        # sudo: what is decided holds whoever reads it
        coverage = self.sudo().workshop_finding_id.coverage_id
        if not coverage:
            return 1.0
        return engine.customer_share(*coverage._part_payer(product.sudo()))

    def _workshop_update_charge(self):
        """Let the open repair orders follow a new decision of who pays."""
        res = super()._workshop_update_charge()
        self._workshop_repairs()._follow_coverage()
        return res

    def _workshop_revoke(self):
        """Withdraw the repair order with the decision.

        :raise UserError: when the repair has begun
        """
        if self._workshop_repairs("under_repair", "done"):
            raise UserError(
                self.env._(
                    "The repair %s has begun: the decision stands.", self.repair_name
                )
            )
        repairs = self._workshop_repairs("draft", "confirmed")
        repairs.action_repair_cancel()
        # Written before another one takes its place.
        repairs.flush_recordset(["state"])
        return super()._workshop_revoke()

    # === STEPS === #

    def _repair_started(self):
        """Whoever repairs has begun the work of the visit."""
        planned = self.filtered(lambda visit: visit.state == "planned")
        if planned:
            planned._move("on_site", arrived_at=fields.Datetime.now())

    def _repair_done(self, repair):
        """Propose the end of the work, when the repair is done.

        :param repair: the `repair.order`
        """
        self.ensure_one()
        said = self._plain_text(repair.internal_notes)
        notes = said if said != self._plain_text(repair.ticket_id.description) else ""
        for job in self.job_ids:
            job.work_done = job.work_done or notes or self.env._("Repaired")
            job.result = job.result or "solved"
        people = self.technician_ids.user_id | self._workshop_responsible()
        self.message_post(
            body=self.env._(
                "The repair %s is done. Check what is written down as the work, and "
                "finish it.",
                repair.name,
            ),
            partner_ids=people.partner_id.ids,
            subtype_xmlid="mail.mt_note",
        )

    def action_finish(self):
        """The work is not finished before the repair is.

        A repair order that nobody has touched is not needed.

        :raise UserError: while the repair goes on
        """
        self._check_worker()
        open_ = self._workshop_repairs(*OPEN_REPAIRS)
        unused = open_.filtered(lambda repair: repair.state == "draft")
        unused = unused.filtered(lambda repair: not repair.move_ids)
        going_on = open_ - unused
        if going_on:
            raise UserError(
                self.env._(
                    "The repair %s goes on: end it first.",
                    ", ".join(going_on.mapped("name")),
                )
            )
        res = super().action_finish()
        unused.action_repair_cancel()
        return res

    # === WHAT IS SIGNED === #

    def _repair_parts(self):
        """Return the parts that repairs have built in.

        :return: done `stock.move`, with sudo
        """
        moves = self._workshop_repairs("done").move_ids
        return moves.filtered(
            lambda move: move.state == "done" and move.repair_line_type == "add"
        )

    def _lines_content(self, schema):
        """The parts of the repair are on the service form as well."""
        content = super()._lines_content(schema)
        for move in self._repair_parts():
            product = move.product_id.with_context(
                lang=self.env.context.get("lang"), display_default_code=False
            )
            serials = move.move_line_ids.lot_id.mapped("name")
            values = {
                "description": product.display_name,
                "part_number": product.default_code or None,
                "serial": ", ".join(serials) or None,
                "quantity": move.quantity,
            }
            if schema >= 4:
                values.update(
                    planned=None,
                    removed_serial=None,
                    removed_fate=None,
                    ticket=self.job_ids[:1].ticket_id.reference or None,
                )
            content["part"].append(values)
        return content

    def _record_exchanges(self):
        """The parts of the repair are in the machine's file, and have a warranty."""
        res = super()._record_exchanges()
        Event = self.env["aftersales.equipment.event"]
        for dispatch in self:
            machine = dispatch._workshop_machine()
            moves = dispatch._repair_parts()
            known = Event.search(
                [("move_id", "in", moves.ids), ("kind", "=", "exchanged")]
            )
            moves -= known.move_id
            if machine and moves:
                dispatch._record_repair_parts(machine, moves)
        return res

    def _record_repair_parts(self, machine, moves):
        """Write parts into the file of a machine, and give their warranties."""
        day = self._finished_day()
        rows = [
            (
                move,
                move.product_id.display_name,
                ", ".join(move.move_line_ids.lot_id.mapped("name")),
            )
            for move in moves
        ]
        self.env["aftersales.equipment.event"].create(
            [
                {
                    "equipment_id": machine.id,
                    "date": day,
                    "kind": "exchanged",
                    "quantity": move.quantity,
                    "note": " · ".join(filter(None, (name, serials))),
                    "move_id": move.id,
                }
                for move, name, serials in rows
            ]
        )
        self.env["aftersales.warranty"]._grant_parts(
            [
                {
                    "equipment_id": machine.id,
                    "replaced_on": day,
                    "product_id": move.product_id.id,
                    "part_name": name,
                    "part_serial": serials,
                }
                for move, name, serials in rows
            ]
        )
