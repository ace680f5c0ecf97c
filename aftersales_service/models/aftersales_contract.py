# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.warranty import last_day

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
#: No day leads out of these. An expired contract still becomes a renewed one when its
#: renewal is signed late.
ENDED_STATES = ("expired", "renewed", "cancelled")
#: Written by what happens to a contract, never by hand.
CONSEQUENCE_FIELDS = {
    "state",
    "sale_line_id",
    "renews_id",
    "renewal_ids",
    "usage_ids",
    "pause_ids",
    "signed_by",
    "signed_on",
    "signature",
    "cancelled_on",
    "cancel_reason",
    "moved_on",
    "waiting_since",
    "job_problem",
}
#: What two parties agreed on, beside the terms.
AGREED_FIELDS = {
    "template_id",
    "partner_id",
    "start_date",
    "end_date",
    "line_ids",
    "note",
}


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
        readonly=True,
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
        string="First Day",
        required=True,
        default=fields.Date.context_today,
        copy=False,
    )
    end_date = fields.Date(
        string="Last Day",
        compute="_compute_end_date",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        copy=False,
        help="The last day is covered.",
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
        "aftersales.contract", "renews_id", string="Renewals", copy=False
    )
    line_ids = fields.One2many(
        "aftersales.contract.line", "contract_id", string="Equipment", copy=False
    )
    usage_ids = fields.One2many("aftersales.contract.usage", "contract_id")
    signed_by = fields.Char(copy=False, readonly=True)
    signed_on = fields.Datetime(copy=False, readonly=True)
    signature = fields.Binary(attachment=True, copy=False, readonly=True)
    suspended_since = fields.Date(
        compute="_compute_suspended_since", store=True, copy=False
    )
    cancelled_on = fields.Date(
        string="Cancelled from",
        copy=False,
        readonly=True,
        tracking=True,
        help="From this day on nothing is covered. It may be still to come.",
    )
    cancel_reason = fields.Char(copy=False, readonly=True, tracking=True)
    note = fields.Text(string="Special Agreements")

    _dates_ordered = models.Constraint(
        "CHECK(end_date >= start_date)", "A contract can't end before it begins."
    )
    _name_company_uniq = models.UniqueIndex(
        "(name, company_id) WHERE name <> 'New'", "The number of a contract is unique."
    )
    _sale_line_uniq = models.UniqueIndex(
        "(sale_line_id) WHERE sale_line_id IS NOT NULL AND state <> 'cancelled'",
        "An order line makes one contract; one that was cancelled can be sold anew.",
    )
    _end_date_idx = models.Index("(end_date DESC, id DESC)")

    # === COMPUTES === #

    @api.depends("template_id", "start_date")
    def _compute_end_date(self):
        """Propose the duration of the template; what was agreed on stays."""
        for contract in self:
            template, start = contract.template_id, contract.start_date
            agreed = contract.end_date and contract.state not in NOT_AGREED_STATES
            if template and start and not agreed:
                duration = (template.duration, template.duration_unit)
                contract.end_date = last_day(start, *duration)
            else:
                contract.end_date = contract.end_date

    @api.depends("state", "pause_ids.date_from")
    def _compute_suspended_since(self):
        for contract in self:
            days = contract.state == "suspended" and contract.pause_ids.mapped(
                "date_from"
            )
            contract.suspended_since = max(days or [], default=False)

    @api.onchange("template_id")
    def _onchange_template_id(self):
        """Take over the template's terms; each can be changed until it is agreed."""
        if self.template_id:
            self.update(self._terms_of(self.template_id))

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        templates = self.env["aftersales.contract.template"]
        default = self.env.context.get("default_template_id")
        vals_list = [
            {
                **self._terms_to_write(
                    templates.browse(vals.get("template_id", default))
                ),
                **vals,
            }
            for vals in vals_list
        ]
        for vals in vals_list:
            if vals.get("name", "New") == "New" or not self.env.su:
                sequence = self.env["ir.sequence"].with_company(vals.get("company_id"))
                vals["name"] = sequence.next_by_code("aftersales.contract") or "New"
        return super().create(vals_list)

    def write(self, vals):
        self._check_agreed(vals)
        if vals.get("template_id"):
            template = self.env["aftersales.contract.template"].browse(
                vals["template_id"]
            )
            if any(contract.template_id != template for contract in self):
                vals = {**self._terms_to_write(template), **vals}
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_agreed(self):
        """Keep what was agreed or offered: it is cancelled instead."""
        kept = self.filtered(lambda c: c.state != "draft" or c.sale_line_id)
        if kept:
            raise UserError(
                self.env._(
                    "Only drafts without an order can be deleted. Cancel these "
                    "contracts instead: %(names)s",
                    names=", ".join(kept.mapped("name")),
                )
            )

    # === TERMS === #

    @api.model
    def _terms_of(self, template):
        """Return the terms that a contract copies from its template.

        :param template: `aftersales.contract.template` record
        :return: dict of field -> value as read from the record
        """
        return {name: template[name] for name in self._entitlement_fields()}

    @api.model
    def _terms_to_write(self, template):
        """Return the terms of a template as `create` and `write` take them.

        :param template: `aftersales.contract.template`, possibly empty
        """
        if not template:
            return {}
        return {
            name: self._fields[name].convert_to_write(value, self)
            for name, value in self._terms_of(template).items()
        }

    # === CHECKS === #

    def _guarded_fields(self):
        guarded = super()._guarded_fields() | CONSEQUENCE_FIELDS
        # Both are given when it is entered; the number by the sequence.
        return guarded | {"company_id", "name"} if self else guarded

    def _check_agreed(self, vals):
        """Refuse to change by hand what was agreed with the customer.

        :param dict vals: as of `write`
        :raise UserError: when a user writes it, by whatever route
        """
        if self.env.su:
            return
        agreed = AGREED_FIELDS | set(self._entitlement_fields())
        names = [name for name in vals if name in agreed]
        fixed = self.filtered(lambda c: c.state not in NOT_AGREED_STATES)
        if names and fixed:
            raise UserError(
                self.env._(
                    "%(contract)s was agreed with the customer: its terms, days and "
                    "equipment stay as they are. Add or remove equipment, suspend or "
                    "cancel it with the buttons, or make a new contract.",
                    contract=fixed[0].name,
                )
            )

    # === HELPERS === #

    def _tz(self):
        """Return the time zone in which the days of this contract begin and end."""
        self.ensure_one()
        nobody = self.env["res.partner"]
        # sudo: where the company is, whoever asks
        return nobody._aftersales_tz(nobody, self.company_id.sudo())

    def _today(self):
        """Return the day that it is now at the company of this contract."""
        self.ensure_one()
        return fields.Date.context_today(self.with_context(tz=self._tz()))

    def _by_today(self):
        """Yield pairs of a day and those of these contracts for which it is now."""
        for contracts in self.grouped("company_id").values():
            yield contracts[0]._today(), contracts
