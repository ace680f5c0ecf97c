# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

#: How we and the customer told each other.
WAY_SELECTION = [
    ("mail", "E-mail or Letter"),
    ("call", "Telephone"),
    ("visit", "In Person"),
    ("portal", "Portal"),
]
ANSWER_SELECTION = [
    ("accepted", "Accepted"),
    ("refused", "Not Accepted"),
    ("none", "No Answer"),
]


class AftersalesComplaintOffer(models.Model):
    """What we offered to settle a complaint, and what the customer said to it.

    Written by the steps of the ticket and by nobody else.
    """

    _name = "aftersales.complaint.offer"
    _description = "Resolution Offered"
    _order = "offered_at desc, id desc"

    ticket_id = fields.Many2one(
        "aftersales.ticket",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="ticket_id.company_id", store=True, index=True)
    text = fields.Text(string="Resolution Offered", required=True, readonly=True)
    offered_at = fields.Datetime(string="Offered On", required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Offered by", required=True, readonly=True
    )
    offer_way = fields.Selection(WAY_SELECTION, string="Offered How", readonly=True)
    answer = fields.Selection(
        ANSWER_SELECTION, string="Customer's Answer", readonly=True
    )
    answer_way = fields.Selection(WAY_SELECTION, string="Answered How", readonly=True)
    answer_note = fields.Text(string="In the Customer's Words", readonly=True)
    answered_at = fields.Datetime(string="Answered On", readonly=True)
    answer_user_id = fields.Many2one(
        "res.users", string="Answer Recorded by", readonly=True
    )
    escalation_reason = fields.Text(string="Escalated Because", readonly=True)

    @api.depends("offered_at", "answer")
    def _compute_display_name(self):
        labels = dict(self._fields["answer"]._description_selection(self.env))
        for offer in self:
            offer.display_name = labels.get(offer.answer) or self.env._("Open offer")
