# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_date, format_list
from odoo.tools.sql import column_exists, create_column

from ..tools.warranty import last_day
from .aftersales_contract import ENDED_STATES, NOT_AGREED_STATES

DAY = timedelta(days=1)


class SaleOrderLine(models.Model):
    """Lines that sell an after-sales contract: what it covers, and what is wrong."""

    _inherit = "sale.order.line"

    aftersales_is_contract = fields.Boolean(
        compute="_compute_aftersales_contract_template_id",
        store=True,
        precompute=True,
        export_string_translation=False,
    )
    aftersales_contract_template_id = fields.Many2one(
        "aftersales.contract.template",
        compute="_compute_aftersales_contract_template_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    aftersales_contract_start = fields.Date(
        string="Contract Starts On",
        copy=False,
        help="Empty: the day of the confirmation, or the day after the contract that "
        "is renewed.",
    )
    aftersales_renews_id = fields.Many2one(
        "aftersales.contract",
        string="Renews Contract",
        copy=False,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="The new contract begins on the day after this one.",
    )
    aftersales_contract_ids = fields.One2many(
        "aftersales.contract", "sale_line_id", groups="sales_team.group_sale_salesman"
    )

    def _auto_init(self):
        """Add the columns here: no order before sold a contract, so that there is
        nothing to compute for them."""
        columns = {
            "aftersales_is_contract": "bool",
            "aftersales_contract_template_id": "int4",
        }
        for name, sql_type in columns.items():
            if not column_exists(self.env.cr, self._table, name):
                create_column(self.env.cr, self._table, name, sql_type)
        return super()._auto_init()

    @api.depends("product_id")
    def _compute_aftersales_contract_template_id(self):
        for line in self:
            product = line.product_id
            is_contract = product.service_tracking == "aftersales_contract"
            line.aftersales_is_contract = is_contract
            line.aftersales_contract_template_id = (
                is_contract and product.aftersales_contract_template_id
            )

    @api.onchange("aftersales_equipment_ids", "aftersales_contract_template_id")
    def _onchange_aftersales_contract(self):
        """Sell as many as machines are named, as long as it is a quotation."""
        quotes = self.filtered(
            lambda line: line.aftersales_is_contract and line.state != "sale"
        )
        for line in quotes:
            template = line.aftersales_contract_template_id
            if template and line.aftersales_equipment_ids:
                line.product_uom_qty = template._quantity_for(
                    line.aftersales_equipment_ids
                )

    def _get_protected_fields(self):
        return super()._get_protected_fields() + [
            "aftersales_contract_start",
            "aftersales_renews_id",
        ]

    # === WHEN AND HOW MUCH === #

    def _aftersales_contract_days(self):
        """Return the days of the contract that this line sells, if confirmed now.

        :return: first and last day
        """
        self.ensure_one()
        template, renewed = (
            self.aftersales_contract_template_id,
            self.aftersales_renews_id,
        )
        nobody = self.env["res.partner"]
        zone = nobody._aftersales_tz(
            nobody, self.company_id or self.order_id.company_id
        )
        today = fields.Date.context_today(self.with_context(tz=zone))
        start = (
            self.aftersales_contract_start
            or (renewed and renewed.end_date + DAY)
            or today
        )
        return start, last_day(start, template.duration, template.duration_unit)

    def _aftersales_live_contract(self):
        """Return the contract of this line that was not cancelled."""
        # sudo: whoever confirms, changes or reads the order, a customer too
        contracts = self.sudo().aftersales_contract_ids
        return contracts.filtered(lambda contract: contract.state != "cancelled")

    # === WHAT IS WRONG === #

    def _aftersales_equipment_problem(self):
        """A contract may cover machines of others; only those that are gone can't be
        covered."""
        if not self.aftersales_is_contract:
            return super()._aftersales_equipment_problem()
        ended = self.aftersales_equipment_ids.filtered(
            lambda equipment: equipment.state != "in_service"
        )
        if ended and self.state not in ("sale", "cancel"):
            return self.env._(
                "%(machines)s: is no longer in service.",
                machines=format_list(self.env, ended.mapped("display_name")),
            )
        return False

    def _aftersales_contract_problem(self):
        """Return why the contract of this line can't be made, or False.

        A line without quantity is an offer that was not taken: it has no problem.
        """
        self.ensure_one()
        template = self.aftersales_contract_template_id
        if self._aftersales_units() <= 0:
            return False
        product = self.product_id.display_name
        if not template:
            return self.env._("%s: has no contract template.", product)
        if template.company_id.id not in (False, self.company_id.id):
            return self.env._(
                "%s: its contract template belongs to another company.", product
            )
        if not self.aftersales_equipment_ids:
            return self.env._("%s: name the equipment that it covers.", product)
        renewed = self.aftersales_renews_id
        owners = self.order_id.aftersales_owner_ids
        if renewed and renewed.commercial_partner_id not in owners:
            return self.env._(
                "%(product)s: %(contract)s, which it renews, is not a contract of this "
                "customer.",
                product=product,
                contract=renewed.name,
            )
        return (
            self._aftersales_contract_count_problem()
            or self._aftersales_equipment_problem()
        )

    def _aftersales_contract_count_problem(self):
        """Return that the machines are not as many as were sold, or False."""
        if not self.aftersales_contract_template_id.is_per_machine:
            return False
        units, named = self._aftersales_units(), self.aftersales_equipment_ids
        contract = self._aftersales_live_contract()
        # Machines that have left may be charged for the time they were in it.
        known = named
        if contract.state not in (False, *NOT_AGREED_STATES):
            known |= contract.line_ids.equipment_id
        most = self._aftersales_machine_count(known)
        if len(named) <= units <= most:
            return False
        return self.env._(
            "%(product)s: %(units)s sold, but machines named on the line: "
            "%(machines)s.",
            product=self.product_id.display_name,
            units=f"{units:g}",
            machines=f"{self._aftersales_machine_count(named):g}",
        )

    def _aftersales_contract_warnings(self):
        """Return what a salesperson should know before he sends the quotation.

        :return: list of texts; nothing of it holds him back
        """
        self.ensure_one()
        if not (self.aftersales_contract_template_id and self.aftersales_equipment_ids):
            return []
        return [
            *self._aftersales_foreign_warnings(),
            *self._aftersales_twice_warnings(),
        ]

    def _aftersales_foreign_warnings(self):
        owners = self.order_id.aftersales_owner_ids
        foreign = self.aftersales_equipment_ids.filtered(
            lambda machine: (
                not (
                    machine.commercial_partner_id
                    | machine.end_user_id.commercial_partner_id
                )
                & owners
            )
        )
        return [
            self.env._(
                "%(machines)s: belongs to %(owner)s.",
                machines=format_list(self.env, machines.mapped("display_name")),
                owner=owner.display_name,
            )
            for owner, machines in foreign.grouped("commercial_partner_id").items()
        ]

    def _aftersales_twice_warnings(self):
        """Tell which machines are in another contract for some of the time."""
        start, end = self._aftersales_contract_days()
        own = self._aftersales_live_contract()
        lines = self.env["aftersales.contract.line"].search(
            [
                ("equipment_id", "in", self.aftersales_equipment_ids._origin.ids),
                ("contract_id.state", "not in", ("draft", *ENDED_STATES)),
                ("contract_id", "not in", own.ids),
                ("date_from", "<=", end),
                ("date_to", ">=", start),
            ],
            order="id",
        )
        texts = []
        for contract, same in lines.grouped("contract_id").items():
            machines = same.filtered(lambda line: not line._is_empty()).equipment_id
            if machines:
                texts.append(
                    self.env._(
                        "%(machines)s: is in %(contract)s until %(end)s already.",
                        machines=format_list(self.env, machines.mapped("display_name")),
                        contract=contract.name,
                        end=format_date(self.env, contract.end_date),
                    )
                )
        return texts

    # === WHAT THE CUSTOMER READS === #

    def _aftersales_statement(self):
        if not self.aftersales_is_contract:
            return super()._aftersales_statement()
        return "\n".join(self._aftersales_contract_statement()) or False

    def _aftersales_contract_statement(self):
        """Say what the contract of this line promises, in the customer's language.

        :return: list of texts for the quotation, its PDF and the customer's page
        """
        self.ensure_one()
        # sudo: the customer reads it on the portal
        line = self.sudo().with_context(lang=self.order_id._get_lang())
        template = line.aftersales_contract_template_id
        contract = line._aftersales_live_contract()
        if not template:
            return []
        if contract:
            texts = contract._customer_lines()
        else:
            machines = line.aftersales_equipment_ids
            texts = [
                line._aftersales_days_text(),
                *template._terms_lines(),
                *machines._contract_texts(),
            ]
        return [*texts, *line._aftersales_covered_texts()]

    def _aftersales_days_text(self):
        """Say from when to when a contract that is offered will last."""
        template, renewed = (
            self.aftersales_contract_template_id,
            self.aftersales_renews_id,
        )
        duration = template._duration_text()
        if not (self.aftersales_contract_start or renewed):
            return self.env._(
                "After-sales contract for %(duration)s from the day of the order",
                duration=duration,
            )
        start, end = self._aftersales_contract_days()
        values = {
            "duration": duration,
            "start": format_date(self.env, start),
            "end": format_date(self.env, end),
        }
        if renewed:
            return self.env._(
                "Renewal of %(contract)s for %(duration)s: %(start)s to %(end)s, last "
                "day included",
                contract=renewed.name,
                **values,
            )
        return self.env._(
            "After-sales contract for %(duration)s: %(start)s to %(end)s, last day "
            "included",
            **values,
        )

    def _aftersales_covered_ticket(self):
        """Return the ticket from before the contract that is covered too.

        Only where the line names its machine: without it the contract has nothing to
        do with the ticket, whatever the order answers.
        """
        self.ensure_one()
        order = self.order_id
        ticket = order.aftersales_ticket_id
        broken = ticket.equipment_id | ticket.finding_ids.equipment_id
        is_covered = order.aftersales_covers_ticket and (
            broken & self.aftersales_equipment_ids
        )
        return ticket if is_covered else ticket.browse()

    def _aftersales_covered_texts(self):
        """Say which fault from before the contract is covered."""
        ticket = self._aftersales_covered_ticket()
        if not ticket:
            return []
        machine, moment = ticket.equipment_id, ticket.reported_at
        day = machine._day_of(moment) if machine else moment.date()
        return [
            self.env._(
                "The fault reported on %(date)s (%(ticket)s) is covered too.",
                date=format_date(self.env, day),
                ticket=ticket.reference,
            )
        ]
