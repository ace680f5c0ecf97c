# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which machines a contract covers, from when to when."""

from datetime import timedelta
from itertools import pairwise

from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from .aftersales_contract import ENDED_STATES, NOT_AGREED_STATES

DAY = timedelta(days=1)


class AftersalesContractLine(models.Model):
    _inherit = "aftersales.contract.line"

    @api.depends("contract_id.start_date", "contract_id.end_date")
    def _compute_dates(self):
        """Cover the whole term; when it was agreed, each line has days of its own."""
        for line in self:
            contract = line.contract_id
            follows = contract.state in (False, *NOT_AGREED_STATES)
            if follows or not (line.date_from and line.date_to):
                line.date_from = contract.start_date
                line.date_to = contract.end_date
            else:
                line.date_from, line.date_to = line.date_from, line.date_to

    def _is_empty(self):
        """Tell whether this machine left before it had joined: it was never covered."""
        self.ensure_one()
        return self.date_to < self.date_from

    # === GUARD === #

    def _guarded_fields(self):
        guarded = super()._guarded_fields() | {"join_reason", "leave_reason"}
        return guarded | {"contract_id"} if self else guarded

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_not_agreed()
        lines._check_entered()
        return lines

    def write(self, vals):
        self._check_not_agreed()
        res = super().write(vals)
        if "equipment_id" in vals:
            self._check_entered()
        return res

    def _check_entered(self):
        """Refuse machines of others, or that are gone, where a user enters them.

        What an order sold is made as it was sold: the contract warns about it.
        """
        if not self.env.su:
            for contract, lines in self.grouped("contract_id").items():
                contract._check_eligible(lines.equipment_id)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_agreed(self):
        self._check_not_agreed()

    def _check_not_agreed(self):
        """Refuse to change by hand which machines an agreed contract covers.

        :raise UserError: when a user does it, by whatever route
        """
        if self.env.su:
            return
        for contract in self.contract_id:
            if contract.state not in NOT_AGREED_STATES:
                raise UserError(
                    self.env._(
                        "%s was agreed with the customer: use “Add Equipment” or "
                        "“Remove Equipment”, which keep the day and the reason.",
                        contract.name,
                    )
                )

    # === CHECKS === #

    @api.constrains("contract_id", "equipment_id", "date_from", "date_to")
    def _check_once(self):
        """A machine is in a contract once on each day; several contracts may do."""
        # sudo: all of the contract's lines, whoever writes one
        lines = self.sudo().contract_id.line_ids.filtered(
            lambda line: not line._is_empty()
        )
        lines = lines.sorted(
            lambda line: (line.contract_id.id, line.equipment_id.id, line.date_from)
        )
        for earlier, later in pairwise(lines):
            if (
                earlier.contract_id == later.contract_id
                and earlier.equipment_id == later.equipment_id
                and earlier.date_to >= later.date_from
            ):
                raise ValidationError(
                    self.env._(
                        "%(equipment)s is in %(contract)s already, from %(start)s to "
                        "%(end)s.",
                        equipment=earlier.equipment_id.display_name,
                        contract=earlier.contract_id.name,
                        start=format_date(self.env, earlier.date_from),
                        end=format_date(self.env, earlier.date_to),
                    )
                )

    @api.constrains("date_from", "date_to", "contract_id")
    def _check_within(self):
        for line in self.filtered(lambda line: not line._is_empty()):
            contract = line.contract_id
            if line.date_from < contract.start_date or line.date_to > contract.end_date:
                raise ValidationError(
                    self.env._(
                        "%(equipment)s can be covered by %(contract)s from %(start)s "
                        "to %(end)s only.",
                        equipment=line.equipment_id.display_name,
                        contract=contract.name,
                        start=format_date(self.env, contract.start_date),
                        end=format_date(self.env, contract.end_date),
                    )
                )


class AftersalesContract(models.Model):
    _inherit = "aftersales.contract"

    def _lines_on(self, day):
        """Return the lines of the machines that are in these contracts on a day."""
        return self.line_ids.filtered(
            lambda line: line.date_from <= day <= line.date_to
        )

    def _join(self, equipment, day, reason):
        """Cover more machines from a day on, to the end of the contract.

        Those that are in it on that day already stay as they are.

        :param equipment: `aftersales.equipment` records
        :param date day: first day that is covered
        :param str reason: as it is kept
        :raise UserError: for a day outside the contract, or one that has ended
        :return: the new lines
        """
        self.ensure_one()
        self._check_not_ended()
        self._check_in_term(day)
        self._take_turn()
        # sudo: lines of an agreed contract are written by steps only
        contract = self.sudo()
        known = contract.line_ids.filtered(
            lambda line: line.date_to >= day and not line._is_empty()
        ).equipment_id
        lines = contract.line_ids.create(
            [
                {
                    "contract_id": contract.id,
                    "equipment_id": machine.id,
                    "date_from": day,
                    "date_to": contract.end_date,
                    "join_reason": reason,
                }
                for machine in equipment - known
            ]
        )
        if lines:
            contract._note_machines(
                self.env._("Covered from %s on", format_date(self.env, day)),
                lines.equipment_id,
                reason,
            )
            contract._contract_changed()
        return lines

    def _leave(self, equipment, day, reason):
        """Cover machines no longer, from a day on.

        :param equipment: `aftersales.equipment` records; others than those that are in
            it from that day on are left out
        :param date day: first day that is not covered any more
        :param str reason: as it is kept
        :return: the lines that ended
        """
        self._take_turn()
        # sudo: lines of an agreed contract are written by steps only
        contracts = self.sudo()
        lines = contracts.line_ids.filtered(
            lambda line: (
                line.equipment_id in equipment
                and line.date_to >= day
                and not line._is_empty()
            )
        )
        left = lines.filtered(
            lambda line: line.contract_id.state not in NOT_AGREED_STATES
        )
        for line in left:
            line.write(
                {"date_to": max(day, line.date_from) - DAY, "leave_reason": reason}
            )
        title = self.env._("Not covered from %s on", format_date(self.env, day))
        for contract, gone in lines.grouped("contract_id").items():
            contract._note_machines(title, gone.equipment_id, reason)
        changed = lines.contract_id
        # What was not agreed yet never covered anything.
        (lines - left).unlink()
        changed._contract_changed()
        return left

    def _parties(self):
        """Return whose machines this contract may cover: commercial partners."""
        self.ensure_one()
        # sudo: the order of somebody else
        order = self.sudo().sale_order_id
        return (
            self.partner_id.commercial_partner_id | order.aftersales_owner_ids
        ).sudo(False)

    def _check_eligible(self, equipment):
        """Refuse machines that this contract can't cover.

        :raise UserError: naming what is gone
        :raise ValidationError: naming what is somebody else's
        """
        self.ensure_one()
        equipment._check_in_service()
        equipment._check_served_for(self._parties())

    def _note_machines(self, title, equipment, reason):
        names = ", ".join(equipment.mapped("display_name"))
        self._note(f"{title}: {names}", reason)


class AftersalesEquipment(models.Model):
    _inherit = "aftersales.equipment"

    def write(self, vals):
        """A machine that is gone, or somebody else's, leaves its contracts."""
        gone = vals.get("state", "in_service") != "in_service"
        sold = vals.get("partner_id")
        if not (gone or sold):
            return super().write(vals)
        before = {machine: machine.commercial_partner_id for machine in self}
        res = super().write(vals)
        for machine in self:
            if gone:
                day = machine.ended_on or machine._today()
                contracts = machine._running_contracts(day)
                contracts._leave(machine, day, machine._gone_reason())
            elif before[machine] != machine.commercial_partner_id:
                machine._leave_contracts_of_others()
        return res

    def _gone_reason(self):
        """Say why this machine is not in service any more, as it is kept."""
        return dict(self._fields["state"]._description_selection(self.env))[self.state]

    def _leave_contracts_of_others(self):
        """Let this machine leave the contracts of who neither owns nor uses it now."""
        self.ensure_one()
        # sudo: follows from the change of the owner, whoever records it
        sales = self.sudo().event_ids.filtered(lambda event: event.kind == "owner")
        sales = sales.sorted(lambda event: event.id)[-1:]
        is_this = sales.new_partner_id == self.sudo().partner_id
        day = sales.date if is_this else self._today()
        contracts = self._running_contracts(day).filtered(
            lambda c: not self._served_for(c._parties())
        )
        reason = self.env._("Sold to %s", self.partner_id.display_name)
        contracts._leave(self, day, reason)

    def _running_contracts(self, day):
        """Return the contracts, as sudo, that cover this machine on a day or later."""
        # sudo: the contract binds whoever takes the machine back
        lines = self.env["aftersales.contract.line"].sudo()
        lines = lines.search(
            [
                ("equipment_id", "in", self.ids),
                ("date_to", ">=", day),
                ("contract_id.state", "not in", ENDED_STATES),
            ]
        )
        return lines.contract_id
