# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A machine that is sent in: repaired and sent back, exchanged, or taken back."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

OUTCOME_SELECTION = [
    ("repair", "Repair and Send Back"),
    ("exchange", "Exchange"),
    ("refund", "Take Back and Refund"),
]
PLACE_SELECTION = [
    ("none", "No Transfer"),
    ("awaited", "On Its Way to Us"),
    ("here", "In the Workshop"),
    ("leaving", "Ready to Go Back"),
    ("back", "Back at the Customer"),
    ("kept", "Stays with Us"),
]
#: Where a machine is while its visit is not over.
STAY_PLACES = ("awaited", "here", "leaving")
ENDED_STATES = ("done", "cancelled")
#: What follows from the decision and from stock.
WORKSHOP_FIELDS = {
    "workshop_outcome",
    "workshop_finding_id",
    "workshop_warranty_ids",
    "workshop_warranties_go_on",
    "workshop_replaced_by_id",
    "workshop_order_id",
    "workshop_invoice_id",
    "workshop_credit_id",
}


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    workshop_outcome = fields.Selection(
        OUTCOME_SELECTION, string="Decision", copy=False, readonly=True, tracking=True
    )
    workshop_place = fields.Selection(
        PLACE_SELECTION,
        string="Machine",
        compute="_compute_workshop_place",
        store=True,
        help="Where the machine is that was sent in.",
    )
    workshop_received_at = fields.Datetime(
        string="Machine Received", compute="_compute_workshop_place", store=True
    )
    workshop_finding_id = fields.Many2one(
        "aftersales.finding",
        string="Who Pays Follows from",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    workshop_coverage = fields.Char(
        related="workshop_finding_id.coverage_summary", string="Who Pays"
    )
    workshop_replaced_by_id = fields.Many2one(
        "aftersales.equipment",
        string="Replaced by",
        copy=False,
        readonly=True,
        index="btree_not_null",
    )
    workshop_warranty_ids = fields.Many2many(
        "aftersales.warranty",
        "aftersales_dispatch_workshop_warranty_rel",
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="The warranties that go on with the machine that replaces this one.",
    )
    workshop_warranties_go_on = fields.Boolean(
        copy=False, readonly=True, export_string_translation=False
    )
    workshop_can_decide = fields.Boolean(
        compute="_compute_workshop_can", export_string_translation=False
    )
    workshop_can_send_back = fields.Boolean(
        compute="_compute_workshop_can", export_string_translation=False
    )
    workshop_can_undo = fields.Boolean(
        compute="_compute_workshop_can", export_string_translation=False
    )

    # === COMPUTES === #

    @api.depends(
        "mode",
        "workshop_move_ids.state",
        "workshop_move_ids.workshop_step",
        "workshop_move_ids.date",
    )
    def _compute_workshop_place(self):
        for dispatch in self:
            if dispatch.mode != "workshop":
                dispatch.workshop_place = dispatch.workshop_received_at = False
                continue
            came = dispatch._workshop_moves("receive")
            dispatch.workshop_place = dispatch._workshop_where(came)
            done = came.filtered(lambda move: move.state == "done")
            dispatch.workshop_received_at = done[:1].date

    def _workshop_where(self, came):
        """Tell where the machine is by its transfers.

        :param came: the moves to the workshop
        :return: value of `workshop_place`
        """
        back, kept = self._workshop_moves("redeliver"), self._workshop_moves("keep")
        if kept and "done" in kept.mapped("state"):
            return "kept"
        if back:
            return "back" if "done" in back.mapped("state") else "leaving"
        if came:
            return "here" if "done" in came.mapped("state") else "awaited"
        return "none"

    @api.depends("mode", "state", "workshop_outcome", "workshop_place", "can_plan")
    def _compute_workshop_can(self):
        for dispatch in self:
            open_ = dispatch.mode == "workshop" and dispatch.can_plan
            dispatch.workshop_can_decide = bool(
                open_
                and not dispatch.workshop_outcome
                and dispatch.state not in ENDED_STATES
            )
            dispatch.workshop_can_send_back = bool(
                dispatch.mode == "workshop"
                and dispatch.workshop_outcome == "repair"
                and dispatch.workshop_place == "here"
                and dispatch.state in ("to_sign", "done")
            )
            dispatch.workshop_can_undo = bool(
                open_
                and dispatch.workshop_outcome
                and dispatch.state not in ENDED_STATES
                and not dispatch._workshop_moves(
                    "replace", "redeliver", "keep", done=True
                )
            )

    # === CRUD AND STEPS === #

    def _guarded_fields(self):
        return super()._guarded_fields() | WORKSHOP_FIELDS

    def _unlocked_fields(self):
        """What becomes of the machine after the signature is not what was signed."""
        return super()._unlocked_fields() | WORKSHOP_FIELDS

    @api.ondelete(at_uninstall=False)
    def _unlink_workshop(self):
        """What was to come is not expected any more."""
        self._workshop_release()

    def _move(self, state, **stamps):
        res = super()._move(state, **stamps)
        if state == "cancelled":
            self.filtered(lambda d: d.mode == "workshop")._workshop_release()
        return res

    def write(self, vals):
        if vals.get("mode", "workshop") != "workshop":
            self._check_workshop_mode()
        return super().write(vals)

    def _check_workshop_mode(self):
        """Refuse to make a visit of what a machine was sent in for.

        :raise UserError: when the machine is expected or with us
        """
        for dispatch in self:
            if dispatch._workshop_moves("receive"):
                raise UserError(
                    self.env._(
                        "A machine is sent in for %s: cancel it, and plan a visit.",
                        dispatch.name,
                    )
                )

    def _workshop_machine(self):
        """Return the machine that was sent in, with the rights of the caller."""
        return self.job_ids.equipment_id[:1]

    def _check_workshop(self):
        """Refuse what is only for the workshop, and for whom it is not.

        :raise AccessError, UserError: otherwise
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role("dispatcher", "manager")
        self.check_access("write")
        self._touch()
        if self.mode != "workshop":
            raise UserError(
                self.env._("Nothing was sent in for %s: it is a visit.", self.name)
            )

    def _check_workshop_open(self):
        """Refuse to decide about what is over.

        :raise UserError: for a visit that is signed or cancelled
        """
        self._check_state("draft", "planned", "on_way", "on_site", "to_sign")

    def _workshop_release(self):
        """Expect nothing any more: the open transfers and the decision are off.

        :raise UserError: while the machine is with us
        """
        for dispatch in self.filtered(lambda d: d.mode == "workshop"):
            if dispatch.workshop_place in ("here", "leaving"):
                raise UserError(
                    self.env._(
                        "The machine of %s is in the workshop. Decide what becomes of "
                        "it, or send it back first.",
                        dispatch.name,
                    )
                )
            dispatch._workshop_revoke()
            dispatch._workshop_drop("receive")

    # === ACTIONS === #

    def action_workshop_receive(self):
        """Expect the machine again, after its transfer was cancelled."""
        self._check_workshop()
        self._check_workshop_open()
        if self.workshop_place != "none":
            raise UserError(self.env._("The machine is expected or with us already."))
        self._workshop_machine()._check_movable()
        self._workshop_receive()
        return True

    def action_workshop_decide(self):
        """Open the dialog that asks what becomes of the machine."""
        self._check_workshop()
        self._check_workshop_open()
        self._check_workshop_undecided()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_workshop_decide_action"
        )
        action["context"] = {"default_dispatch_id": self.id}
        return action

    def _check_workshop_undecided(self):
        """Each machine is decided about once.

        :raise UserError: when somebody has decided already
        """
        if self.workshop_outcome:
            labels = dict(
                self._fields["workshop_outcome"]._description_selection(self.env)
            )
            raise UserError(
                self.env._(
                    "It is decided already: %(outcome)s. Revoke that first, as long as "
                    "nothing has moved.",
                    outcome=labels[self.workshop_outcome],
                )
            )

    def _workshop_decide(self, outcome, finding, note=False):
        """Decide what becomes of the machine, and begin it.

        :param str outcome: repair, exchange or refund
        :param finding: `aftersales.finding` whose coverage says who pays
        :param str note: why, for the colleagues
        :raise AccessError, UserError: when it is not possible, or decided already
        """
        self._check_workshop()
        self._check_workshop_open()
        self._check_workshop_undecided()
        machine = self._workshop_machine()
        if outcome != "repair":
            machine._check_movable()
            machine._check_in_service()
        if outcome != "repair" and self.workshop_place in ("none", "leaving", "back"):
            raise UserError(
                self.env._(
                    "The machine is neither with us nor on its way to us: it can't be "
                    "exchanged or taken back."
                )
            )
        # sudo: written by the decision only, which has checked who decides
        self.sudo().write(
            {"workshop_outcome": outcome, "workshop_finding_id": finding.id}
        )
        self.sudo().write(self._workshop_prepare(outcome))
        if note:
            self._message_log(body=note)
        if outcome == "exchange":
            self._workshop_replace()
            self._workshop_charge()
        elif outcome == "refund":
            self._workshop_ask_credit()
        self._workshop_go_on()

    def _workshop_prepare(self, outcome):
        """Return what is to be kept of the moment of a decision.

        :return: dict for `write`
        """
        machine = self._workshop_machine()
        own = machine.sudo().warranty_ids.filtered(
            lambda warranty: (
                warranty.kind in ("base", "extension") and not warranty.is_void
            )
        )
        goes_on = outcome == "exchange" and self._workshop_customer_share() < 1
        return {
            "workshop_warranty_ids": [
                fields.Command.set(own.ids if outcome == "exchange" else [])
            ],
            "workshop_warranties_go_on": bool(goes_on),
        }

    def action_workshop_revoke(self):
        """Take the decision back, as long as nothing has moved because of it."""
        self._check_workshop()
        self._check_workshop_open()
        self._workshop_revoke()
        return True

    def _workshop_revoke(self):
        """Take the decision back.

        :raise UserError: when something has moved because of it
        """
        self.ensure_one()
        if not self.workshop_outcome:
            return
        moved = self._workshop_moves("replace", "keep", done=True)
        if moved or self.workshop_credit_id:
            raise UserError(
                self.env._(
                    "Something has moved already for %s: the decision stands.",
                    self.name,
                )
            )
        self._workshop_drop("replace", "keep", "redeliver")
        self._workshop_drop_charge()
        # sudo: written by the decision only, see `_workshop_decide`
        self.sudo().write({name: False for name in WORKSHOP_FIELDS})

    def action_workshop_send_back(self):
        """Order the repaired machine to be sent back to its site."""
        self.ensure_one()
        self._check_worker()
        self._touch()
        if not self.workshop_can_send_back:
            raise UserError(
                self.env._(
                    "A machine goes back when it is in the workshop, to be repaired, "
                    "and the work is finished."
                )
            )
        self._workshop_send_back()
        return True

    def action_view_workshop_pickings(self):
        """Open the transfers of the machine, for those who may see transfers."""
        self.ensure_one()
        moves = self._workshop_moves("receive", "redeliver", "replace", "keep")
        pickings = self.env["stock.picking"].browse(moves.picking_id.ids)
        pickings.check_access("read")
        return pickings._get_records_action(name=self.env._("Transfers"))

    # === WHAT FOLLOWS === #

    def _workshop_moved(self, moves):
        """Go on after transfers of the machine were done.

        :param moves: done `stock.move`, with sudo
        """
        self.ensure_one()
        self._touch()
        machine = self._workshop_machine()
        stays = moves.filtered(lambda m: m.workshop_step in ("receive", "redeliver"))
        if machine and stays:
            machine._record_stay(stays)
            self._workshop_tell_other(machine, stays)
        labels = dict(moves._fields["workshop_step"]._description_selection(self.env))
        lines = [
            Markup("<li>%s: %s, %s</li>")
            % (labels[m.workshop_step], m.product_id.display_name, m.reference)
            for m in moves
        ]
        self._message_log(body=Markup("<ul>%s</ul>") % Markup().join(lines))
        self._workshop_go_on()

    def _workshop_tell_other(self, machine, moves):
        """Note when another machine came than was expected."""
        lots = moves.move_line_ids.lot_id
        expected = machine.sudo().lot_id
        if expected and lots - expected:
            self.message_post(
                body=self.env._(
                    "Another serial number came than was expected: %(came)s instead of "
                    "%(expected)s. Ask the customer, and correct the machine.",
                    came=", ".join((lots - expected).mapped("name")),
                    expected=expected.name,
                ),
                partner_ids=self._workshop_responsible().partner_id.ids,
                subtype_xmlid="mail.mt_note",
            )

    def _workshop_responsible(self):
        """Return who is told about the machine: of the ticket, else of the team."""
        ticket = self.sudo().job_ids.ticket_id[:1]  # sudo: whoever moves the machine
        return ticket.user_id or ticket.team_id.leader_id

    def _workshop_go_on(self):
        """Do what the decision and the arrival of the machine together make possible.

        Called after each of the two; does nothing a second time.
        """
        self.ensure_one()
        outcome = self.workshop_outcome
        if self.workshop_place == "here":
            if outcome == "repair":
                self._workshop_repair()
            elif outcome and not self._workshop_moves("keep"):
                self._workshop_keep()
        if self._workshop_is_settled():
            self._workshop_close()

    def _workshop_repair(self):
        """Begin the repair of a machine that is here; for what works with repairs."""

    def _workshop_is_settled(self):
        """Tell whether everything has moved that an exchange or a refund moves."""
        kept = self.workshop_place == "kept"
        if self.workshop_outcome == "exchange":
            return kept and bool(self.workshop_replaced_by_id)
        return kept and self.workshop_outcome == "refund"

    def _workshop_close(self):
        """End a visit whose machine is exchanged or taken back.

        What was worked meanwhile is signed for; else there is nothing to sign.
        """
        # sudo: follows from the transfers, whoever validates them
        dispatch = self.sudo()
        if dispatch.state in ENDED_STATES:
            return
        if dispatch.workshop_outcome == "exchange":
            said = self.env._(
                "Exchanged for %s", dispatch.workshop_replaced_by_id.display_name
            )
        else:
            said = self.env._("Taken back for a refund")
        for job in dispatch.job_ids:
            job.work_done = job.work_done or said
            job.result = job.result or "solved"
        if dispatch.line_ids or dispatch.form_id:
            return
        dispatch._move("done", finished_at=fields.Datetime.now())
        solved = dispatch.job_ids.filtered(lambda job: job.result == "solved")
        for job in solved:
            job.ticket_id.resolution = job.ticket_id.resolution or job.work_done
        solved.ticket_id._solve(reason=dispatch.name)

    def _workshop_replaced(self, step):
        """Note which machine came instead, with the warranties that go on.

        :param step: `Step` of the delivery
        """
        self.ensure_one()
        dispatch = self.sudo()  # sudo: follows from the delivery, see `_finish`
        old = dispatch._workshop_machine()
        dispatch.workshop_replaced_by_id = step.equipment.id
        dispatch.env["aftersales.equipment.event"].create(
            [
                {
                    "equipment_id": old.id,
                    "kind": "replaced",
                    "date": step.unit.day,
                    "move_id": step.unit.move.id,
                    "quantity": step.unit.quantity,
                    "note": step.equipment.display_name,
                }
            ]
        )
        if dispatch.workshop_warranties_go_on:
            warranties = dispatch.workshop_warranty_ids
            warranties._continue_on(step.equipment, step.unit.move)
