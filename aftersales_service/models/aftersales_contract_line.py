# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class AftersalesContractLine(models.Model):
    """One equipment in a contract, from the day it joined to the day it left."""

    _name = "aftersales.contract.line"
    _inherit = ["aftersales.guard.mixin"]
    _description = "Equipment in a Contract"
    _order = "contract_id desc, id"
    _rec_name = "equipment_id"
    _check_company_auto = True

    contract_id = fields.Many2one(
        "aftersales.contract", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="contract_id.company_id", store=True)
    contract_state = fields.Selection(
        related="contract_id.state", store=True, string="State of the Contract"
    )
    partner_id = fields.Many2one(related="contract_id.partner_id")
    equipment_id = fields.Many2one(
        "aftersales.equipment",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
    )
    date_from = fields.Date(
        string="Covered From",
        compute="_compute_dates",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    date_to = fields.Date(
        string="Covered To",
        compute="_compute_dates",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="The last day is covered.",
    )
    join_reason = fields.Char(readonly=True)
    leave_reason = fields.Char(readonly=True)

    _dates_ordered = models.Constraint(
        "CHECK(date_to >= date_from - 1)",
        "A machine can't leave a contract before it joined.",
    )
