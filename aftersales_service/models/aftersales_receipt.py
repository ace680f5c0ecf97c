# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

RECEIPT_STATE_SELECTION = [
    ("issued", "Issued"),
    ("handed", "Handed Over"),
    ("received", "Received by Finance"),
    ("reconciled", "Reconciled"),
    ("filed", "Filed"),
    ("replaced", "Replaced"),
]
MONEY_STATE_SELECTION = [
    ("none", "Nothing Owed"),
    ("unmatched", "Unmatched"),
    ("partial", "Partly Matched"),
    ("matched", "Matched"),
    ("difference", "Difference"),
    ("waived", "Waived"),
]
PAYMENT_METHOD_SELECTION = [
    ("cash", "Cash"),
    ("cheque", "Cheque"),
    ("card", "Card"),
    ("transfer", "Transfer Announced"),
]


class AftersalesReceipt(models.Model):
    """The paper and the money that belong to a service form, on their way to finance."""

    _name = "aftersales.receipt"
    _inherit = ["aftersales.guard.mixin", "mail.thread", "aftersales.activity.mixin"]
    _description = "Receipt of a Service Form"
    _order = "signed_at desc, id desc"
    _rec_names_search = ["name", "partner_id"]

    name = fields.Char(string="Number", required=True, readonly=True)
    form_id = fields.Many2one(
        "aftersales.service.form",
        string="Service Form",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    dispatch_id = fields.Many2one(
        related="form_id.dispatch_id", string="Visit", store=True, index=True
    )
    company_id = fields.Many2one(
        related="form_id.company_id", store=True, index=True
    )
    team_id = fields.Many2one(related="form_id.team_id", store=True, index=True)
    partner_id = fields.Many2one(
        related="form_id.partner_id", string="Customer", store=True, index=True
    )
    signed_at = fields.Datetime(related="form_id.signed_at", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        RECEIPT_STATE_SELECTION,
        required=True,
        default="issued",
        readonly=True,
        index=True,
        tracking=True,
        group_expand=True,
    )
    money_state = fields.Selection(
        MONEY_STATE_SELECTION, string="Money", readonly=True, index=True, default="none"
    )
    batch_id = fields.Many2one(
        "aftersales.receipt.batch",
        string="Envelope",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    step_ids = fields.One2many("aftersales.receipt.step", "receipt_id", string="Steps")

    _form_uniq = models.UniqueIndex(
        "(form_id)", "There is a receipt of this service form already."
    )
    _signed_at_idx = models.Index("(signed_at DESC, id DESC)")


class AftersalesReceiptStep(models.Model):
    """One step of a receipt: who, when, with which note; append-only."""

    _name = "aftersales.receipt.step"
    _description = "Step of a Receipt"
    _order = "id"
    _rec_name = "receipt_id"

    receipt_id = fields.Many2one(
        "aftersales.receipt",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(related="receipt_id.company_id", store=True)
    state = fields.Selection(RECEIPT_STATE_SELECTION, required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Person", required=True, readonly=True, ondelete="restrict"
    )
    at = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    note = fields.Char(readonly=True)
