# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from .selections import LIABILITY_SELECTION


class AftersalesFinding(models.Model):
    """What was found on a ticket: which fault, why, and who answers for it.

    Statistics count findings, not tickets: one report can be about several faults.
    """

    _name = "aftersales.finding"
    _inherit = "aftersales.guard.mixin"
    _description = "Finding"
    _order = "ticket_id desc, sequence, id"
    _check_company_auto = True

    ticket_id = fields.Many2one(
        "aftersales.ticket", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", related="ticket_id.company_id", store=True, index=True
    )
    team_id = fields.Many2one(
        "aftersales.team", related="ticket_id.team_id", store=True, index=True
    )
    partner_id = fields.Many2one(
        "res.partner", related="ticket_id.partner_id", store=True, index=True
    )
    reported_at = fields.Datetime(
        related="ticket_id.reported_at", store=True, index=True
    )
    severity = fields.Selection(related="ticket_id.severity", store=True)
    ticket_state = fields.Selection(
        related="ticket_id.state", string="Ticket State", store=True
    )
    product_name = fields.Char(
        string="Product",
        compute="_compute_product",
        store=True,
        readonly=False,
        precompute=True,
    )
    serial_number = fields.Char(
        compute="_compute_product", store=True, readonly=False, precompute=True
    )
    fault_id = fields.Many2one(
        "aftersales.fault",
        index=True,
        ondelete="restrict",
        check_company=True,
        help="Which component or problem. Empty: not classified yet.",
    )
    cause_id = fields.Many2one(
        "aftersales.cause",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    liability = fields.Selection(
        LIABILITY_SELECTION,
        compute="_compute_liability",
        store=True,
        readonly=False,
        precompute=True,
        help="Who answers for it. Follows the cause unless found otherwise.",
    )
    misuse_evidence = fields.Text(
        help="What shows improper use: marks, counters, photos, statements."
    )
    note = fields.Char(string="Details")

    def write(self, vals):
        res = super().write(vals)
        if "ticket_id" in vals:
            # The rules have looked at where it came from, not at where it went.
            self.check_access("write")
        return res

    @api.depends("ticket_id")
    def _compute_product(self):
        for finding in self:
            ticket = finding.ticket_id
            finding.product_name = finding.product_name or ticket.product_name
            finding.serial_number = finding.serial_number or ticket.serial_number

    @api.depends("cause_id")
    def _compute_liability(self):
        for finding in self:
            finding.liability = finding.cause_id.liability or "unknown"

    @api.depends("fault_id", "cause_id", "note")
    def _compute_display_name(self):
        for finding in self:
            finding.display_name = (
                finding.fault_id.display_name
                or finding.note
                or self.env._("Not classified")
            )
