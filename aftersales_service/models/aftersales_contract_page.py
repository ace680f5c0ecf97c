# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the page of a contract shows and lets people do."""

from datetime import datetime, time

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from .aftersales_contract import ENDED_STATES, NOT_AGREED_STATES

#: So many machines are named where many could be.
NAMES_SHOWN = 3


class AftersalesContract(models.Model):
    _inherit = "aftersales.contract"

    equipment_count = fields.Integer(
        string="Machines", compute="_compute_equipment_count"
    )
    ticket_count = fields.Integer(
        compute="_compute_ticket_count",
        groups="aftersales_service.aftersales_service_group_staff",
    )
    planned_pause = fields.Boolean(
        compute="_compute_announcement", export_string_translation=False
    )
    announcement = fields.Text(
        compute="_compute_announcement", help="What is still to come."
    )
    warning = fields.Text(
        compute="_compute_warning",
        # It names contracts of other customers, and portal users read their own.
        groups="base.group_user",
        help="What is missing or contradicts.",
    )
    renewal_id = fields.Many2one(
        "aftersales.contract", string="Renewed By", compute="_compute_renewal_id"
    )
    owner_ids = fields.Many2many(
        "res.partner",
        compute="_compute_owner_ids",
        export_string_translation=False,
        help="Whose machines it may cover.",
    )

    # === COMPUTES === #

    @api.depends("line_ids")
    def _compute_equipment_count(self):
        counts = dict(
            self.env["aftersales.contract.line"]._read_group(
                [("contract_id", "in", self.ids)],
                ["contract_id"],
                ["equipment_id:count_distinct"],
            )
        )
        for contract in self:
            contract.equipment_count = counts.get(contract._origin, 0)

    def _compute_ticket_count(self):
        for contract in self:
            contract.ticket_count = self.env["aftersales.ticket"].search_count(
                contract._ticket_domain()
            )

    def _ticket_domain(self):
        """Find what was reported about the machines of this contract in its days."""
        self.ensure_one()
        after = fields.Date.add(self.end_date, days=1)
        return [
            ("equipment_id", "in", self.line_ids.equipment_id.ids),
            ("reported_at", ">=", self._midnight(self.start_date)),
            ("reported_at", "<", self._midnight(after)),
        ]

    def _midnight(self, day):
        """Return when a day of this contract begins, as naive UTC."""
        self.ensure_one()
        zone = pytz.timezone(self._tz())
        local = zone.localize(datetime.combine(day, time.min))
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    @api.depends("partner_id", "sale_order_id")
    def _compute_owner_ids(self):
        for contract in self:
            contract.owner_ids = contract._parties()

    @api.depends("renewal_ids.state")
    def _compute_renewal_id(self):
        for contract in self:
            standing = contract.renewal_ids.filtered(lambda c: c.state != "cancelled")
            contract.renewal_id = standing.sorted("id")[-1:]

    @api.depends("state", "cancelled_on", "cancel_reason", "pause_ids.date_to")
    def _compute_announcement(self):
        for contract in self:
            texts = []
            pause = contract._pause_to_end()
            running = contract.state not in (*NOT_AGREED_STATES, *ENDED_STATES)
            contract.planned_pause = (
                running and pause and pause.date_from > contract._today()
            )
            if contract.planned_pause:
                texts.append(
                    self.env._(
                        "Will be suspended from %(date)s on: %(reason)s",
                        date=format_date(self.env, pause.date_from),
                        reason=pause.reason,
                    )
                )
            if running and contract.cancelled_on:
                texts.append(
                    self.env._(
                        "Will be cancelled from %(date)s on: %(reason)s",
                        date=format_date(self.env, contract.cancelled_on),
                        reason=contract.cancel_reason,
                    )
                )
            contract.announcement = "\n".join(texts)

    @api.depends(
        "state",
        "partner_id",
        "start_date",
        "job_problem",
        "line_ids.equipment_id",
        "line_ids.date_from",
        "line_ids.date_to",
    )
    def _compute_warning(self):
        for contract in self:
            if contract.state in ENDED_STATES:
                contract.warning = False
                continue
            # sudo: whoever reads the contract reads what is odd about it
            texts = contract.sudo()._warnings()
            contract.warning = "\n".join(text for text in texts if text)

    def _warnings(self):
        """Yield what is odd about this contract, in the reader's language."""
        self.ensure_one()
        today = self._today()
        yield self.job_problem
        if self.state == "waiting" and self.start_date <= today:
            yield self.env._("The customer has not signed yet: nothing is covered.")
        lines = self.line_ids.filtered(
            lambda line: (
                line.equipment_id
                and line.date_to
                and line.date_from
                and line.date_to >= max(today, line.date_from)
            )
        )
        if not lines and self._origin:
            yield self.env._("No machine is covered: add the equipment.")
        machines = lines.equipment_id
        gone = machines.filtered(lambda machine: machine.state != "in_service")
        if gone:
            yield self.env._(
                "No longer in service: %(names)s",
                names=", ".join(gone.mapped("display_name")),
            )
        foreign = machines - machines._served_for(self._parties())
        if foreign and self.partner_id:
            yield self.env._(
                "Not machines of %(customer)s: %(names)s",
                customer=self.partner_id.display_name,
                names=", ".join(foreign.mapped("display_name")),
            )
        yield from self._double_cover(lines)

    def _double_cover(self, lines):
        """Yield which other contracts cover some of these machines on the same days.

        That is allowed: a decision takes what covers best. Mostly it is a mistake.
        """
        own = lines.grouped(lambda line: line.equipment_id._origin)
        others = self.env["aftersales.contract.line"].search(
            [
                ("equipment_id", "in", lines.equipment_id.ids),
                ("contract_id", "!=", self._origin.id),
                ("contract_id.state", "not in", ("draft", *ENDED_STATES)),
            ],
            order="contract_id, id",
        )
        double = others.filtered(
            lambda other: any(
                line.date_from <= other.date_to
                and other.date_from <= line.date_to
                and not other._is_empty()
                for line in own[other.equipment_id]
            )
        )
        for contract, covered in double.grouped("contract_id").items():
            names = covered.equipment_id.mapped("display_name")
            shown = names[:NAMES_SHOWN] + ["…"] * (len(names) > NAMES_SHOWN)
            yield self.env._(
                "%(contract)s (%(start)s to %(end)s) covers %(count)s of these "
                "machines on the same days: %(names)s",
                contract=contract.name,
                start=format_date(self.env, contract.start_date),
                end=format_date(self.env, contract.end_date),
                count=len(names),
                names=", ".join(shown),
            )

    # === SMART BUTTONS === #

    @api.readonly
    def action_view_order(self):
        """Open the order that sold this contract."""
        self.ensure_one()
        self.env["sale.order"].check_access("read")
        return self.sale_order_id._get_records_action()

    @api.readonly
    def action_view_equipment(self):
        """Open the machines of this contract, also those that have left."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Equipment of %s", self.name),
            "res_model": "aftersales.equipment",
            "view_mode": "list,form",
            "domain": [("id", "in", self.line_ids.equipment_id.ids)],
        }

    @api.readonly
    def action_view_tickets(self):
        """Open what was reported about the machines of this contract in its days."""
        self.ensure_one()
        self.env["aftersales.ticket"].check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Tickets of %s", self.name),
            "res_model": "aftersales.ticket",
            "view_mode": "list,kanban,form",
            "domain": self._ticket_domain(),
            "context": {"create": False},
        }

    # === STEPS === #

    def action_await_signature(self):
        """Offer a draft to the customer: it waits for his signature.

        :raise UserError: when it is no draft, or covers no machine
        """
        self._check_offer("draft")
        self._await_signature()
        return True

    def action_activate(self):
        """Let a draft take effect whose terms ask for no signature.

        :raise UserError: when it is no draft, covers no machine, or has to be signed
        """
        self._check_offer("draft")
        for contract in self:
            if contract.needs_signature:
                raise UserError(
                    self.env._(
                        "%s starts with the customer's signature: let it wait.",
                        contract.name,
                    )
                )
        self._activate()
        return True

    def action_sign(self):
        """Open the dialog that records a signature on paper."""
        self._check_offer("draft", "waiting")
        return self._open_step("sign", self.env._("Signed on Paper"))

    def action_suspend(self):
        """Open the dialog that suspends this contract."""
        self.check_access("write")
        self._check_agreed_state()
        return self._open_step("suspend", self.env._("Suspend Contract"))

    def action_resume(self):
        """Open the dialog that ends the pause, or takes back a planned one."""
        self.check_access("write")
        self._check_agreed_state()
        return self._open_step("resume", self.env._("Resume Contract"))

    def action_cancel(self):
        """Open the dialog that cancels this contract."""
        self.check_access("write")
        self._check_not_ended()
        return self._open_step("cancel", self.env._("Cancel Contract"))

    def action_withdraw_cancellation(self):
        """Let this contract go on, whose cancellation was still to come."""
        self.check_access("write")
        self._withdraw_cancellation()
        return True

    def action_join(self):
        """Open the dialog that adds machines."""
        return self._open_equipment("join", self.env._("Add Equipment"))

    def action_leave(self):
        """Open the dialog that removes machines."""
        return self._open_equipment("leave", self.env._("Remove Equipment"))

    def _open_step(self, step, name):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "aftersales.contract.step",
            "view_mode": "form",
            "target": "new",
            "context": {"default_contract_id": self.id, "default_step": step},
        }

    def _open_equipment(self, operation, name):
        self.ensure_one()
        self.check_access("write")
        self._check_agreed_state()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "aftersales.contract.equipment",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_contract_id": self.id,
                "default_operation": operation,
            },
        }

    def _check_offer(self, *states):
        """Check that a user may let these contracts take effect.

        :param states: in which they must be
        :raise UserError: for the first that can't
        """
        self.check_access("write")
        for contract in self:
            if contract.state not in states:
                raise UserError(
                    self.env._("%s was agreed already, or has ended.", contract.name)
                )
            if not contract.line_ids:
                raise UserError(
                    self.env._(
                        "%s covers no machine yet: add the equipment.", contract.name
                    )
                )
            contract._check_eligible(contract.line_ids.equipment_id)
