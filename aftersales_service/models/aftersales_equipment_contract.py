# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The contracts of an equipment, and the machines that could have one."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from .aftersales_contract import ENDED_STATES, IN_FORCE_STATES

#: Who may read contracts.
CONTRACT_GROUPS = (
    "aftersales_service.aftersales_service_group_staff,"
    "aftersales_service.aftersales_service_group_finance,"
    "sales_team.group_sale_salesman"
)


class AftersalesEquipment(models.Model):
    _inherit = "aftersales.equipment"

    contract_line_ids = fields.One2many(
        "aftersales.contract.line",
        "equipment_id",
        string="In Contracts",
        groups=CONTRACT_GROUPS,
    )
    contract_id = fields.Many2one(
        "aftersales.contract",
        string="Contract in Force",
        compute="_compute_contract_id",
        search="_search_contract_id",
        groups=CONTRACT_GROUPS,
        help="The contract that covers it today.",
    )
    contract_end_date = fields.Date(
        related="contract_id.end_date", string="Contract End", groups=CONTRACT_GROUPS
    )
    has_contract = fields.Boolean(
        string="Under Contract",
        compute="_compute_has_contract",
        search="_search_has_contract",
        groups=CONTRACT_GROUPS,
        help="A contract covers it today or will, or waits for the signature.",
    )
    contract_count = fields.Integer(
        compute="_compute_contract_count", groups=CONTRACT_GROUPS
    )
    is_contract_quoted = fields.Boolean(
        string="Quoted",
        compute="_compute_is_contract_quoted",
        groups="sales_team.group_sale_salesman",
        help="A quotation of a contract for it is open.",
    )
    warranty_days_left = fields.Integer(
        compute="_compute_warranty_days_left",
        search="_search_warranty_days_left",
        help="Days until the last day of the warranty; 0 on the day itself, and when "
        "it has ended or there is none.",
    )

    # === COMPUTES === #

    @api.depends(
        "contract_line_ids.date_from",
        "contract_line_ids.date_to",
        "contract_line_ids.contract_id.state",
    )
    def _compute_contract_id(self):
        todays = self._todays()
        lines = self._standing_lines(IN_FORCE_STATES).grouped("equipment_id")
        for equipment in self:
            today = todays[equipment]
            found = lines.get(equipment._origin, self.contract_line_ids.browse())
            found = found.filtered(
                lambda line, today=today: (
                    line.date_from <= today <= line.date_to
                    and line.contract_id._in_force_on(today)
                )
            )
            found = found.sorted(lambda line: (line.date_to, line.id))
            equipment.contract_id = found[-1:].contract_id

    def _search_contract_id(self, operator, value):
        """Search by contract, with the reader's day as today."""
        if operator not in ("in", "any"):
            return NotImplemented
        today = fields.Date.context_today(self)
        covers = (
            Domain("date_from", "<=", today)
            & Domain("date_to", ">=", today)
            & Domain("contract_id.state", "in", IN_FORCE_STATES)
        )
        if operator == "any":
            return Domain(
                "contract_line_ids", "any", covers & Domain("contract_id", "any", value)
            )
        domain = Domain(
            "contract_line_ids", "any", covers & Domain("contract_id", "in", value)
        )
        if False in value:
            domain |= ~Domain("contract_line_ids", "any", covers)
        return domain

    @api.depends("contract_line_ids.date_to", "contract_line_ids.contract_id.state")
    def _compute_has_contract(self):
        todays = self._todays()
        lines = self._standing_lines().grouped("equipment_id")
        for equipment in self:
            equipment.has_contract = any(
                line.date_to >= todays[equipment]
                for line in lines.get(equipment._origin, ())
            )

    def _search_has_contract(self, operator, value):
        """Search what is covered or will be, with the reader's day as today."""
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        has = Domain(
            "contract_line_ids",
            "any",
            Domain("date_to", ">=", today)
            & Domain("contract_id.state", "not in", (*ENDED_STATES, "draft")),
        )
        return Domain.OR(has if wanted else ~has for wanted in value)

    def _standing_lines(self, states=None):
        """Return the lines of these machines in contracts that have not ended.

        :param states: of the contracts; by default those that lead to a contract
        :return: `aftersales.contract.line` records
        """
        domain = Domain("equipment_id", "in", self._origin.ids)
        domain &= (
            Domain("contract_id.state", "in", states)
            if states
            else Domain("contract_id.state", "not in", (*ENDED_STATES, "draft"))
        )
        return self.env["aftersales.contract.line"].search(domain, order="id")

    @api.depends("contract_line_ids")
    def _compute_contract_count(self):
        groups = self.env["aftersales.contract.line"]._read_group(
            [("equipment_id", "in", self.ids)],
            ["equipment_id"],
            ["contract_id:count_distinct"],
        )
        counts = dict(groups)
        for equipment in self:
            equipment.contract_count = counts.get(equipment, 0)

    def _compute_is_contract_quoted(self):
        lines = self.env["sale.order.line"].search(
            [
                ("aftersales_is_contract", "=", True),
                ("aftersales_equipment_ids", "in", self._origin.ids),
                ("state", "in", ("draft", "sent")),
            ]
        )
        quoted = lines.aftersales_equipment_ids
        for equipment in self:
            equipment.is_contract_quoted = equipment._origin in quoted

    @api.depends("warranty_end_date")
    def _compute_warranty_days_left(self):
        todays = self._todays()
        for equipment in self:
            end = equipment.warranty_end_date
            left = (end - todays[equipment]).days if end else 0
            equipment.warranty_days_left = max(left, 0)

    def _search_warranty_days_left(self, operator, value):
        """Search warranties that run today and end within, or after, so many days."""
        if (
            operator not in ("<=", "<", ">=", ">", "in")
            or operator == "in"
            and any(
                not isinstance(days, int) or isinstance(days, bool) for days in value
            )
        ):
            return NotImplemented
        today = fields.Date.context_today(self)
        runs = Domain("warranty_end_date", ">=", today)
        # A day that no calendar has is as good as the last one.
        if operator == "in":
            ends = [today + timedelta(min(max(days, 0), 36500)) for days in value]
            return runs & Domain("warranty_end_date", "in", ends)
        end = today + timedelta(min(max(int(value), -1), 36500))
        return runs & Domain("warranty_end_date", operator, end)

    # === ACTIONS === #

    @api.readonly
    def action_view_contracts(self):
        self.ensure_one()
        return self.contract_line_ids.contract_id._get_records_action(
            name=self.env._("Contracts")
        )

    def action_quote_contract(self):
        """Open the dialog that quotes a contract for these machines."""
        return self.env["aftersales.contract.quote"]._open(equipment=self)
