# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from ..models.aftersales_workshop import OUTCOME_SELECTION


class AftersalesWorkshopDecide(models.TransientModel):
    """Decide what becomes of a machine that was sent in."""

    _name = "aftersales.workshop.decide"
    _description = "Decision in the Workshop"

    dispatch_id = fields.Many2one("aftersales.dispatch", required=True, readonly=True)
    company_id = fields.Many2one(
        related="dispatch_id.company_id", compute_sudo=False, related_sudo=False
    )
    ticket_ids = fields.Many2many(
        "aftersales.ticket", compute="_compute_ticket_ids", compute_sudo=False
    )
    outcome = fields.Selection(
        OUTCOME_SELECTION,
        required=True,
        compute="_compute_outcome",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    finding_id = fields.Many2one(
        "aftersales.finding",
        compute="_compute_finding_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        domain="[('ticket_id', 'in', ticket_ids)]",
        help="Who pays follows from its coverage.",
    )
    finding_count = fields.Integer(
        compute="_compute_ticket_ids",
        compute_sudo=False,
        export_string_translation=False,
    )
    coverage = fields.Char(
        string="Who Pays", related="finding_id.coverage_summary", related_sudo=False
    )
    available = fields.Float(
        string="In Stock",
        compute="_compute_available",
        compute_sudo=False,
        digits="Product Unit",
        help="Of the same product, not promised to anybody.",
    )
    proposal = fields.Char(
        string="Proposed Because",
        compute="_compute_proposal",
        compute_sudo=False,
    )
    note = fields.Text(string="Reason", help="For the colleagues.")

    @api.depends("dispatch_id")
    def _compute_ticket_ids(self):
        for decide in self:
            decide.ticket_ids = decide.dispatch_id.job_ids.ticket_id
            decide.finding_count = len(decide.ticket_ids.finding_ids)

    @api.depends("dispatch_id")
    def _compute_outcome(self):
        for decide in self:
            decide.outcome = decide._propose()[0]

    @api.depends("dispatch_id")
    def _compute_proposal(self):
        for decide in self:
            decide.proposal = decide._propose()[1]

    def _propose(self):
        """Propose an outcome: a refund is given by who decides, never by itself.

        :return: tuple of outcome, and why
        """
        self.ensure_one()
        tickets = self.dispatch_id.job_ids.ticket_id
        coverage = tickets.finding_ids[:1].coverage_id
        if tickets.mapped("ticket_type") != ["return"]:
            return "repair", self.env._("A repair was asked for.")
        if not coverage:
            return "repair", self.env._("It is not decided yet who pays.")
        if coverage._customer_shares()["parts"] >= 1:
            return "repair", self.env._("The machine is not covered.")
        if self.available > 0:
            return "exchange", self.env._(
                "The machine is covered, and another one is in stock."
            )
        return "repair", self.env._("The machine is covered, but none is in stock.")

    @api.depends("dispatch_id")
    def _compute_finding_id(self):
        for decide in self:
            decide.finding_id = decide.dispatch_id.job_ids.ticket_id.finding_ids[:1]

    @api.depends("dispatch_id")
    def _compute_available(self):
        for decide in self:
            # sudo: whoever decides reads no stock
            dispatch = decide.dispatch_id.sudo()
            product = dispatch._workshop_machine().product_id
            here = product.with_context(warehouse_id=dispatch._workshop_warehouse().id)
            decide.available = here.free_qty

    def action_decide(self):
        """Begin what was decided.

        :raise AccessError, UserError: see `aftersales.dispatch._workshop_decide`
        """
        self.ensure_one()
        finding = self.finding_id or self._new_finding()
        self.dispatch_id._workshop_decide(self.outcome, finding, self.note)
        return {"type": "ir.actions.act_window_close"}

    def _new_finding(self):
        """Enter a finding about the machine, so that it is decided who pays.

        :return: `aftersales.finding`, presumed and not classified
        """
        ticket = self.dispatch_id.job_ids.ticket_id[:1]
        machine = self.dispatch_id._workshop_machine()
        return self.env["aftersales.finding"].create(
            {"ticket_id": ticket.id, "equipment_id": machine.id}
        )
