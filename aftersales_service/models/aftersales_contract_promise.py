# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a contract promises: how fast its machines are served."""

from odoo import api, fields, models
from odoo.fields import Domain

from .aftersales_contract import NOT_AGREED_STATES
from .selections import OPEN_STATES


class AftersalesEquipment(models.Model):
    _inherit = "aftersales.equipment"

    def _retake_promises(self, tickets):
        """Match the open tickets about these machines with the policies again.

        A contract that comes into force retargets their clocks by its response class.
        One that ends takes nothing back: see `_is_for`.

        :param tickets: `aftersales.ticket` records that come along
        """
        if (
            "response_class_id"
            not in self.env["aftersales.sla.policy"]._criteria_in_use()
        ):
            return
        # sudo: promises follow from the contract, whoever signs or changes it
        found = (
            self.env["aftersales.ticket"]
            .sudo()
            .search(
                Domain("state", "in", OPEN_STATES)
                & (
                    Domain("equipment_id", "in", self.ids)
                    | Domain("id", "in", tickets.ids)
                )
            )
        )
        found._sync_clocks()


class AftersalesContractLine(models.Model):
    _inherit = "aftersales.contract.line"

    def _is_for(self, ticket, day):
        """Tell whether a ticket was reported under this contract.

        What counts is the day of the report, not the present state: a contract that
        was suspended, cancelled or ended later leaves the promise as it was made.

        :param ticket: `aftersales.ticket`; the one that the contract was quoted for is
            served by it whenever it was reported
        :param date day: of the report, where its machine stands
        """
        self.ensure_one()
        contract = self.contract_id
        if not contract._is_agreed():
            return False
        if ticket in contract.covered_ticket_ids:
            return True
        if self.equipment_id != ticket.equipment_id:
            return False
        return (
            self.date_from <= day <= self.date_to
            and not (contract.cancelled_on and contract.cancelled_on <= day)
            and not any(pause._holds(day) for pause in contract.pause_ids)
        )


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    contract_id = fields.Many2one(
        "aftersales.contract",
        compute="_compute_contract_id",
        help="The agreed contract under which this was reported.",
    )

    @api.depends(
        "equipment_id.contract_line_ids.date_from",
        "equipment_id.contract_line_ids.date_to",
        "equipment_id.contract_line_ids.contract_id.state",
        "equipment_id.contract_line_ids.contract_id.covered_ticket_ids",
        "equipment_id.contract_line_ids.contract_id.pause_ids",
        "reported_at",
    )
    def _compute_contract_id(self):
        found = self._origin._contract_lines()
        for ticket in self:
            lines = found.get(ticket._origin) or self.env["aftersales.contract.line"]
            contracts = lines.contract_id.sorted(lambda c: (c.end_date, c.id))
            ticket.contract_id = contracts[-1:].sudo(False)

    def _contract_lines(self, domain=()):
        """Find the contracts under which these tickets were reported; set-based.

        :param domain: what else is asked of the lines
        :return: dict of ticket -> `aftersales.contract.line` records as sudo, without
            the tickets that have none
        """
        machines = Domain("equipment_id", "in", self.equipment_id.ids)
        covered = Domain("contract_id.covered_ticket_ids", "in", self.ids)
        # sudo: what was agreed binds, whoever reads or classifies the ticket
        Line = self.env["aftersales.contract.line"].sudo()
        lines = Line.search(
            Domain("contract_id.state", "not in", NOT_AGREED_STATES)
            & Domain(domain)
            & (machines | covered),
            order="id",
        )
        # Read for all of them now, not for each one below.
        lines.contract_id.fetch(["covered_ticket_ids", "pause_ids"])
        lines.contract_id.pause_ids.fetch(["date_from", "date_to"])
        by_machine = lines.grouped(lambda line: line.equipment_id.id)
        found = {}
        for ticket in self.sudo() if lines else ():
            near = by_machine.get(ticket.equipment_id.id, Line) | lines.filtered(
                lambda line, ticket=ticket: (
                    ticket in line.contract_id.covered_ticket_ids
                )
            )
            day = ticket.equipment_id and ticket.equipment_id._day_of(
                ticket.reported_at
            )
            mine = near.filtered(
                lambda line, ticket=ticket, day=day: line._is_for(ticket, day)
            )
            if mine:
                found[ticket] = mine
        return found

    def _sla_response_classes(self):
        """Give each ticket the best class of the contracts it was reported under."""
        classes = super()._sla_response_classes()
        found = self._contract_lines([("contract_id.response_class_id", "!=", False)])
        for ticket, lines in found.items():
            best = lines.contract_id.response_class_id.sorted(
                lambda record: (record.sequence, record.id)
            )
            classes[ticket] = best[0].with_env(self.env)
        return classes

    @api.readonly
    def action_view_contract(self):
        self.ensure_one()
        return self.contract_id._get_records_action()
