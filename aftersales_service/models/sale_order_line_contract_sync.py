# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How contracts follow the order lines that sell them."""

from odoo import Command, api, models
from odoo.exceptions import UserError

from .aftersales_contract import ENDED_STATES, NOT_AGREED_STATES
from .inside import INSIDE

#: What is sold by a contract line, after the order was confirmed too.
CONTRACT_SOLD_FIELDS = {
    "product_id",
    "product_uom_qty",
    "product_uom_id",
    "aftersales_equipment_ids",
    "aftersales_contract_start",
    "aftersales_renews_id",
}
#: What an agreed contract can't follow.
AGREED_LINE_FIELDS = {"aftersales_contract_start", "aftersales_renews_id"}


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        added = lines.filtered(
            lambda line: line.state == "sale" and line.aftersales_is_contract
        )
        added._aftersales_sync_contracts()
        return lines

    def write(self, vals):
        if not CONTRACT_SOLD_FIELDS & vals.keys():
            return super().write(vals)
        # sudo: the equipment and contracts behind the lines, whoever changes them
        sold = self.sudo().filtered(lambda line: line.state == "sale")
        before = {
            line.id: (
                line.aftersales_contract_template_id,
                line.aftersales_equipment_ids,
                line.aftersales_is_contract and line._aftersales_units() > 0,
                {name: line[name] for name in AGREED_LINE_FIELDS},
            )
            for line in sold
        }
        result = super().write(vals)
        for line in sold:
            line._aftersales_follow(*before[line.id])
        return result

    def unlink(self):
        """Keep the contracts of a cancelled order that is tidied up."""
        # sudo: whoever may delete the line
        contracts = self.sudo().aftersales_contract_ids
        cancelled = contracts.filtered(lambda contract: contract.state == "cancelled")
        cancelled.write({"sale_line_id": False})
        return super().unlink()

    # === MAKING === #

    def _aftersales_sync_contracts(self, by_customer=False):
        """Make the contracts of confirmed lines that have none.

        Safe to repeat: a line has one contract that is not cancelled.

        :param bool by_customer: he has confirmed himself, by signature or payment
        :raise UserError: when a line names no machine, too few or too many
        """
        # sudo: the sale makes the contract, whoever confirms it
        lines = self.sudo().filtered(
            lambda line: line.aftersales_is_contract and line._aftersales_units() > 0
        )
        problems = [line._aftersales_contract_problem() for line in lines]
        if any(problems):
            raise UserError("\n".join(problem for problem in problems if problem))
        missing = lines.filtered(lambda line: not line._aftersales_live_contract())
        if not missing:
            return
        # All of it is there before anything is decided about its machines.
        Contract = self.env["aftersales.contract"].sudo()
        contracts = Contract.with_context(aftersales_decide_later=INSIDE).create(
            [line._prepare_aftersales_contract() for line in missing]
        )
        missing.invalidate_recordset(["aftersales_contract_ids"])
        contracts.with_context(aftersales_decide_later=False)._offered(by_customer)

    def _prepare_aftersales_contract(self):
        """Return the values of the contract that this line sells."""
        self.ensure_one()
        order, (start, end) = self.order_id, self._aftersales_contract_days()
        return {
            "template_id": self.aftersales_contract_template_id.id,
            "company_id": order.company_id.id,
            "partner_id": order.partner_id.id,
            "user_id": order.user_id.id,
            "start_date": start,
            "end_date": end,
            "sale_line_id": self.id,
            "renews_id": self.aftersales_renews_id.id,
            "covered_ticket_ids": [Command.set(self._aftersales_covered_ticket().ids)],
            "line_ids": [
                Command.create({"equipment_id": machine.id})
                for machine in self.aftersales_equipment_ids
            ],
        }

    # === FOLLOWING === #

    def _aftersales_follow(self, template, equipment, was_sold, agreed):
        """Let the contract of this line follow what was changed on it.

        :param template: `aftersales.contract.template` that it sold before
        :param equipment: `aftersales.equipment` that it named before
        :param bool was_sold: it sold a contract before
        :param dict agreed: what an agreed contract can't follow, as it was
        """
        self.ensure_one()
        is_sold = self.aftersales_is_contract and self._aftersales_units() > 0
        contract = self._aftersales_live_contract()
        is_other = template != self.aftersales_contract_template_id
        if contract and contract.state not in ENDED_STATES:
            if not is_sold or is_other:
                self._aftersales_withdraw(contract, is_other and is_sold)
            elif contract.state in NOT_AGREED_STATES:
                self._aftersales_rewrite(contract)
            else:
                self._aftersales_join_and_leave(contract, equipment, agreed)
        # What somebody cancelled on the contract stays cancelled.
        if is_sold and (is_other or not was_sold or contract):
            self._aftersales_sync_contracts()

    def _aftersales_withdraw(self, contract, is_replaced):
        """Cancel a contract that is no longer on the order.

        :param bool is_replaced: another contract is sold instead
        :raise UserError: for what the customer has agreed to
        """
        if is_replaced and contract.state not in NOT_AGREED_STATES:
            raise UserError(
                self.env._(
                    "%(contract)s was agreed with the customer. Cancel it first, or "
                    "sell the other contract on a line of its own.",
                    contract=contract.name,
                )
            )
        contract._cancel(
            self.env._("No longer on order %(order)s", order=self.order_id.name)
        )

    def _aftersales_rewrite(self, contract):
        """Let a contract that nobody has signed be what the line says now."""
        start, end = self._aftersales_contract_days()
        named = self.aftersales_equipment_ids
        lines = contract.line_ids
        gone = lines.filtered(lambda line: line.equipment_id not in named)
        contract.write(
            {
                "start_date": start,
                "end_date": end,
                "renews_id": self.aftersales_renews_id.id,
                "line_ids": [
                    *(Command.delete(line.id) for line in gone),
                    *(
                        Command.create({"equipment_id": machine.id})
                        for machine in named - lines.equipment_id
                    ),
                ],
            }
        )

    def _aftersales_join_and_leave(self, contract, before, agreed):
        """Let machines join and leave an agreed contract today.

        What joined or left on the contract itself is none of the line's business.

        :param before: `aftersales.equipment` that the line named before
        :param dict agreed: what the contract can't follow, as it was
        :raise UserError: when something was changed that was agreed
        """
        changed = [name for name, value in agreed.items() if self[name] != value]
        if changed:
            raise UserError(
                self.env._(
                    "%(contract)s was agreed with the customer: its days stay as they "
                    "are.",
                    contract=contract.name,
                )
            )
        named = self.aftersales_equipment_ids
        day = max(contract._today(), contract.start_date)
        reason = self.env._("Changed on order %(order)s", order=self.order_id.name)
        if before - named:
            contract._leave(before - named, day, reason)
        if named - before:
            contract._join(named - before, day, reason)

    def _aftersales_cancel_contracts(self, reason):
        """Cancel what these lines sold and has not ended.

        :param str reason: as it is kept on the contracts
        """
        # sudo: who may cancel the order cancels its contracts
        contracts = self.sudo().aftersales_contract_ids
        live = contracts.filtered(lambda c: c.state not in ENDED_STATES)
        if live:
            live._cancel(reason)
