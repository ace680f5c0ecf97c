# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the work of a visit has cost, and who bears it."""

from odoo import api, fields, models

from .aftersales_dispatch_charges_rows import COST_OF_KIND
from .selections import COST_SELECTION


class AftersalesDispatchCost(models.Model):
    """Cost of one line of a signed visit, by finding, equipment and product.

    It is written at the signature, and anew with each new version of the form.
    """

    _name = "aftersales.dispatch.cost"
    _description = "Cost of a Visit"
    _order = "date desc, id desc"
    _rec_name = "dispatch_id"

    dispatch_id = fields.Many2one(
        "aftersales.dispatch",
        string="Visit",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company",
        related="dispatch_id.company_id",
        store=True,
        precompute=True,
        index=True,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(required=True, readonly=True, index=True)
    cost = fields.Selection(
        COST_SELECTION, string="Cost of", required=True, readonly=True
    )
    ticket_id = fields.Many2one(
        "aftersales.ticket", readonly=True, index="btree_not_null", ondelete="set null"
    )
    finding_id = fields.Many2one(
        "aftersales.finding", readonly=True, index="btree_not_null", ondelete="set null"
    )
    equipment_id = fields.Many2one(
        "aftersales.equipment",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    product_id = fields.Many2one(
        "product.product",
        string="Machine",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The product that was serviced.",
    )
    part_id = fields.Many2one(
        "product.product",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    quantity = fields.Float(readonly=True, help="Hours, or pieces of a part.")
    amount = fields.Monetary(string="Cost", readonly=True)
    covered = fields.Monetary(
        string="Covered Cost",
        readonly=True,
        help="What the customer doesn't pay: warranty, contract or goodwill bear it.",
    )


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    cost_ids = fields.One2many(
        "aftersales.dispatch.cost",
        "dispatch_id",
        string="Costs",
        readonly=True,
        groups="aftersales_service.aftersales_service_group_manager,"
        "aftersales_service.aftersales_service_group_finance",
    )

    def _write_costs(self):
        """Keep what the visits have cost, line by line, and book the labour."""
        # sudo: costs are for managers and finance, and follow from the signature
        visits = self.sudo()
        visits.cost_ids.unlink()
        values = []
        for visit in visits:
            values += visit.with_company(visit.company_id)._prepare_costs()
        self.env["aftersales.dispatch.cost"].sudo().create(values)
        visits._book_labour()

    def _prepare_costs(self):
        """Prepare what one visit has cost.

        :return: list of dicts for `aftersales.dispatch.cost.create`
        """
        self.ensure_one()
        return [self._prepare_cost(line) for line in self.line_ids]

    def _prepare_cost(self, line):
        job = line.job_id or (
            self.job_ids if len(self.job_ids) == 1 else self.job_ids[:0]
        )
        equipment = line.equipment_id or line.finding_id.equipment_id
        equipment = equipment or job.equipment_id
        cost = COST_OF_KIND[line.kind]
        amount = self._line_cost(line)
        free, _why = self._free_share(
            cost, line.job_id, line.finding_id, line.product_id or None
        )
        return {
            "dispatch_id": self.id,
            "date": line.date,
            "cost": cost,
            "ticket_id": job.ticket_id.id,
            "finding_id": line.finding_id.id,
            "equipment_id": equipment.id,
            "product_id": equipment.product_id.id,
            "part_id": line.product_id.id,
            "quantity": line.quantity if line.kind == "part" else line.hours,
            "amount": amount,
            "covered": amount * free,
        }

    def _line_cost(self, line):
        """Return what a line has cost, in the company's currency.

        A part costs what its moves say, else its standard price; an hour what the
        technician costs.
        """
        if line.kind != "part":
            return line.hours * line.employee_id.hourly_cost
        value = sum(
            abs(move.value) * (1 if move.location_dest_usage == "customer" else -1)
            for move in self._linked_moves(line)
        )
        return value or line.quantity * line.product_id.standard_price

    def _book_labour(self):
        """Book hours at their cost on the company's analytic account.

        A new version books the difference to what was booked before.
        """
        Line = self.env["account.analytic.line"].sudo()
        booked = {
            (dispatch, employee): (amount, hours)
            for dispatch, employee, amount, hours in Line._read_group(
                [("dispatch_id", "in", self.ids)],
                ["dispatch_id", "dispatch_employee_id"],
                ["amount:sum", "unit_amount:sum"],
            )
        }
        values = []
        for visit in self:
            account = visit.company_id.aftersales_cost_account_id
            worked = visit.line_ids.filtered(lambda line: line.kind != "part")
            groups = worked.grouped("employee_id")
            known = {employee for dispatch, employee in booked if dispatch == visit}
            for employee in known | set(groups):
                lines = groups.get(employee, worked.browse())
                hours = sum(lines.mapped("hours"))
                before, hours_before = booked.get((visit, employee), (0.0, 0.0))
                amount = -hours * employee.hourly_cost - before
                if not account or visit.company_id.currency_id.is_zero(amount):
                    continue
                values.append(
                    {
                        "name": visit.name,
                        "date": visit._finished_day(),
                        account.plan_id._column_name(): account.id,
                        "amount": amount,
                        "unit_amount": hours - hours_before,
                        "product_uom_id": self.env.ref("uom.product_uom_hour").id,
                        "company_id": visit.company_id.id,
                        "partner_id": visit.partner_id.id,
                        "dispatch_id": visit.id,
                        "dispatch_employee_id": employee.id,
                    }
                )
        Line.create(values)


class AccountAnalyticLine(models.Model):
    _inherit = "account.analytic.line"

    dispatch_id = fields.Many2one(
        "aftersales.dispatch",
        string="Service Visit",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    dispatch_employee_id = fields.Many2one(
        "hr.employee",
        string="Technician",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )


class AftersalesFinding(models.Model):
    _inherit = "aftersales.finding"

    covered_cost = fields.Float(
        compute="_compute_covered_cost",
        groups="aftersales_service.aftersales_service_group_manager,"
        "aftersales_service.aftersales_service_group_finance",
        help="What warranty, contract or goodwill bore, in the company's currency.",
    )

    @api.depends("coverage_ids")
    def _compute_covered_cost(self):
        sums = dict(
            self.env["aftersales.dispatch.cost"]._read_group(
                [("finding_id", "in", self.ids)], ["finding_id"], ["covered:sum"]
            )
        )
        for finding in self:
            finding.covered_cost = sums.get(finding._origin, 0.0)
