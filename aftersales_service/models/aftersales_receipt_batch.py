# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class AftersalesReceiptBatch(models.Model):
    """An envelope with receipts, with a printed list and a barcode."""

    _name = "aftersales.receipt.batch"
    _inherit = ["aftersales.guard.mixin", "mail.thread"]
    _description = "Envelope of Receipts"
    _order = "id desc"

    name = fields.Char(
        string="Number", default="New", copy=False, readonly=True, required=True
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    user_id = fields.Many2one(
        "res.users",
        string="Handed Over By",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    receipt_ids = fields.One2many("aftersales.receipt", "batch_id", string="Receipts")

    _name_company_uniq = models.UniqueIndex(
        "(name, company_id) WHERE name <> 'New'", "The number of an envelope is unique."
    )
