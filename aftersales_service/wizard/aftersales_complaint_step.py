# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from ..models.aftersales_complaint_offer import ANSWER_SELECTION, WAY_SELECTION

STEP_SELECTION = [
    ("offer", "Offer a Resolution"),
    ("answer", "Customer's Answer"),
    ("close", "Close without an Answer"),
]


class AftersalesComplaintStep(models.TransientModel):
    """Take the next step of a complaint."""

    _name = "aftersales.complaint.step"
    _description = "Step of a Complaint"

    ticket_id = fields.Many2one("aftersales.ticket", required=True, ondelete="cascade")
    step = fields.Selection(STEP_SELECTION, required=True, default="offer")
    text = fields.Text(string="Resolution Offered")
    way = fields.Selection(
        WAY_SELECTION,
        string="How",
        compute="_compute_way",
        compute_sudo=False,
        store=True,
        readonly=False,
    )
    offered = fields.Text(compute="_compute_offered")
    answer = fields.Selection(ANSWER_SELECTION, default="accepted")
    note = fields.Text(string="In the Customer's Words")
    reason = fields.Text(help="For the leader of the team, who decides.")

    @api.depends("step", "ticket_id")
    def _compute_way(self):
        """Propose a mail where the customer has an address, an answer by telephone."""
        for wizard in self:
            ticket = wizard.ticket_id
            address = ticket.partner_id.email or ticket.email_from
            by_mail = wizard.step == "offer" and address
            wizard.way = "mail" if by_mail else "call"

    @api.depends("ticket_id")
    def _compute_offered(self):
        for wizard in self:
            wizard.offered = wizard.ticket_id and wizard.ticket_id._last_offer().text

    def action_apply(self):
        """Take the step.

        See `_offer_resolution`, `_record_customer_answer` and `_close_unanswered` of
        `aftersales.ticket` for what is refused.
        """
        self.ensure_one()
        ticket = self.ticket_id
        if self.step == "offer":
            ticket._offer_resolution(self.text, self.way)
        elif self.step == "answer":
            ticket._record_customer_answer(
                self.answer, self.way, self.note, self.reason
            )
        else:
            ticket._close_unanswered(self.reason)
        return {"type": "ir.actions.act_window_close"}
