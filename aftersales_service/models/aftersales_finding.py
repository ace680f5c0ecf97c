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
        "res.company",
        related="ticket_id.company_id",
        store=True,
        precompute=True,
        index=True,
    )
    team_id = fields.Many2one(
        "aftersales.team",
        related="ticket_id.team_id",
        store=True,
        precompute=True,
        index=True,
    )
    partner_id = fields.Many2one(
        "res.partner",
        related="ticket_id.partner_id",
        store=True,
        precompute=True,
        index=True,
    )
    reported_at = fields.Datetime(
        related="ticket_id.reported_at", store=True, precompute=True, index=True
    )
    severity = fields.Selection(
        related="ticket_id.severity", store=True, precompute=True
    )
    # Not stored: each step of a ticket would look for its findings to copy it.
    ticket_state = fields.Selection(related="ticket_id.state", string="Ticket State")
    equipment_id = fields.Many2one(
        "aftersales.equipment",
        compute="_compute_equipment_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="The machine that failed. Empty: only its nameplate is known.",
    )
    occurred_on = fields.Date(
        help="Day at the site when the fault occurred, where that is evidenced. Empty: "
        "the day of the report counts.",
    )
    part_product_id = fields.Many2one(
        "product.product",
        string="Damaged Part",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="The part that failed, where it is known.",
    )
    part_serial = fields.Char(string="Part Serial Number")
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

    def _guarded_fields(self):
        return super()._guarded_fields() | {"ticket_state"}

    def write(self, vals):
        res = super().write(vals)
        if "ticket_id" in vals:
            # The rules have looked at where it came from, not at where it went.
            self.check_access("write")
        return res

    @api.constrains("equipment_id", "ticket_id")
    def _check_equipment(self):
        for finding in self.filtered("equipment_id"):
            ticket = finding.ticket_id
            if ticket.partner_id:
                finding.equipment_id._check_served_for(
                    ticket.partner_id | ticket.site_id
                )

    @api.depends("ticket_id.equipment_id")
    def _compute_equipment_id(self):
        """Take over the ticket's machine; another one stays where it was found."""
        for finding in self:
            finding.equipment_id = (
                finding.equipment_id or finding.ticket_id.equipment_id
            )

    @api.depends("ticket_id", "equipment_id")
    def _compute_product(self):
        for finding in self:
            for name in ("product_name", "serial_number"):
                finding[name] = (
                    finding.equipment_id[name]
                    or finding[name]
                    or finding.ticket_id[name]
                )

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
