# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

CONTRACT_STATE_SELECTION = [
    ("draft", "Draft"),
    ("waiting", "Waiting for Signature"),
    ("active", "Active"),
    ("suspended", "Suspended"),
    ("expiring", "Expiring"),
    ("expired", "Expired"),
    ("renewed", "Renewed"),
    ("cancelled", "Cancelled"),
]
#: In these states a contract pays, from its start to its end.
IN_FORCE_STATES = ("active", "expiring")
#: States that come before anything was agreed.
NOT_AGREED_STATES = ("draft", "waiting")
#: States that nothing leads out of.
ENDED_STATES = ("expired", "renewed", "cancelled")


class AftersalesContract(models.Model):
    """An after-sales contract of a customer; its terms are copies."""

    _name = "aftersales.contract"
    _inherit = [
        "aftersales.guard.mixin",
        "aftersales.contract.terms.mixin",
        "portal.mixin",
        "mail.thread",
        "aftersales.activity.mixin",
    ]
    _description = "After-Sales Contract"
    _order = "end_date desc, id desc"
    _rec_names_search = ["name", "partner_id", "line_ids.equipment_id"]
    _check_company_auto = True

    name = fields.Char(
        string="Number", default="New", copy=False, readonly=True, required=True
    )
    state = fields.Selection(
        CONTRACT_STATE_SELECTION,
        required=True,
        default="draft",
        copy=False,
        index=True,
        tracking=True,
        group_expand=True,
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    template_id = fields.Many2one(
        "aftersales.contract.template",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        tracking=True,
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id", store=True, index=True
    )
    user_id = fields.Many2one(
        "res.users", string="Salesperson", index="btree_not_null", tracking=True
    )
    start_date = fields.Date(
        string="First Day", required=True, default=fields.Date.context_today
    )
    end_date = fields.Date(
        string="Last Day", required=True, help="The last day is covered."
    )
    sale_line_id = fields.Many2one(
        "sale.order.line",
        string="Order Line",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    sale_order_id = fields.Many2one(
        "sale.order",
        string="Order",
        related="sale_line_id.order_id",
        store=True,
        index="btree_not_null",
    )
    renews_id = fields.Many2one(
        "aftersales.contract",
        string="Renewal of",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    renewal_ids = fields.One2many(
        "aftersales.contract", "renews_id", string="Renewed By"
    )
    line_ids = fields.One2many(
        "aftersales.contract.line", "contract_id", string="Equipment", copy=True
    )
    usage_ids = fields.One2many("aftersales.contract.usage", "contract_id")
    signed_by = fields.Char(copy=False, readonly=True)
    signed_on = fields.Datetime(copy=False, readonly=True)
    signature = fields.Binary(attachment=True, copy=False, readonly=True)
    suspended_since = fields.Date(copy=False, readonly=True)
    cancelled_on = fields.Date(copy=False, readonly=True)
    cancel_reason = fields.Char(copy=False, readonly=True, tracking=True)
    note = fields.Text(string="Special Agreements")

    _dates_ordered = models.Constraint(
        "CHECK(end_date >= start_date)", "A contract can't end before it begins."
    )
    _name_company_uniq = models.UniqueIndex(
        "(name, company_id) WHERE name <> 'New'", "The number of a contract is unique."
    )
    _sale_line_uniq = models.UniqueIndex(
        "(sale_line_id) WHERE sale_line_id IS NOT NULL",
        "An order line makes one contract.",
    )
    _end_date_idx = models.Index("(end_date DESC, id DESC)")

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("name", "New") == "New":
                sequence = self.env["ir.sequence"].with_company(vals.get("company_id"))
                vals["name"] = sequence.next_by_code("aftersales.contract") or "New"
        return super().create(vals_list)
