# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import format_date, format_list

from ..tools import warranty as days
from .selections import (
    COST_CLASSES,
    DURATION_UNIT_SELECTION,
    TRIGGER_SELECTION,
)

KIND_SELECTION = [
    ("base", "Warranty"),
    ("extension", "Extension"),
    ("part", "Replaced Part"),
]
#: Copied from the term when the warranty is given, besides the entitlement.
TERM_FIELDS = [
    "duration",
    "duration_unit",
    "parts_duration",
    "labour_duration",
    "travel_duration",
    "start_trigger",
    "has_cap",
    "cap_duration",
    "replaced_part_months",
]
#: A manager may type these for a warranty that he enters by hand.
DATE_FIELDS = [
    "start_date",
    "parts_end_date",
    "labour_end_date",
    "travel_end_date",
    "end_date",
]
CLASS_START_FIELDS = [f"{cost}_start_date" for cost in COST_CLASSES]


class AftersalesWarranty(models.Model):
    """One term as it was given to one equipment; later edits of the term leave it.

    All days are days at the site; the last day is inclusive.
    """

    _name = "aftersales.warranty"
    _inherit = [
        "aftersales.guard.mixin",
        "aftersales.entitlement.mixin",
        "mail.thread",
    ]
    _description = "Warranty"
    _order = "equipment_id, start_date, id"
    _check_company_auto = True

    name = fields.Char(
        string="Number", required=True, readonly=True, default="New", copy=False
    )
    kind = fields.Selection(KIND_SELECTION, required=True, default="base")
    equipment_id = fields.Many2one(
        "aftersales.equipment",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one(
        "res.company",
        related="equipment_id.company_id",
        store=True,
        index=True,
        precompute=True,
    )
    partner_id = fields.Many2one(
        "res.partner",
        related="equipment_id.partner_id",
        store=True,
        index=True,
        precompute=True,
    )
    product_id = fields.Many2one(
        "product.product",
        related="equipment_id.product_id",
        store=True,
        index=True,
        precompute=True,
    )

    # As copied from the term
    term_id = fields.Many2one(
        "aftersales.warranty.term",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="The term it was copied from.",
    )
    duration = fields.Integer(default=12)
    duration_unit = fields.Selection(
        DURATION_UNIT_SELECTION, required=True, default="month"
    )
    parts_duration = fields.Integer(default=12)
    labour_duration = fields.Integer(default=12)
    travel_duration = fields.Integer(default=12)
    start_trigger = fields.Selection(
        TRIGGER_SELECTION, string="Starts with", required=True, default="delivery"
    )
    has_cap = fields.Boolean(string="Limited from Delivery")
    cap_duration = fields.Integer(string="At Most from Delivery")
    replaced_part_months = fields.Integer(string="Months on Replaced Parts")

    # Dates, derived from the triggers
    granted_on = fields.Date(
        string="Granted on",
        help="Day an extension was sold, or a part was replaced. Empty for an "
        "extension that was sold with the machine: the day of the delivery.",
    )
    start_date = fields.Date(
        string="Start",
        index=True,
        tracking=True,
        help="Empty: the trigger has not come yet.",
    )
    parts_start_date = fields.Date(
        string="Parts from",
        help="An extension begins, for each cost, after what it extends.",
    )
    labour_start_date = fields.Date(string="Labour from")
    travel_start_date = fields.Date(string="Travel from")
    parts_end_date = fields.Date(string="Parts until")
    labour_end_date = fields.Date(string="Labour until")
    travel_end_date = fields.Date(string="Travel until")
    end_date = fields.Date(
        string="End", index=True, tracking=True, help="The last day of all."
    )
    covered_from = fields.Date(
        compute="_compute_covered_from",
        help="A machine is protected from its delivery on, also before the time of its "
        "warranty begins to run.",
    )
    state = fields.Selection(
        [
            ("pending", "Not Started"),
            ("running", "Running"),
            ("ended", "Ended"),
            ("void", "Void"),
        ],
        compute="_compute_state",
        search="_search_state",
    )
    is_void = fields.Boolean(
        string="Void",
        readonly=True,
        copy=False,
        tracking=True,
        help="Returned, replaced, cancelled.",
    )
    void_reason = fields.Char(readonly=True, copy=False, tracking=True)
    is_manual = fields.Boolean(
        string="Entered by Hand",
        readonly=True,
        copy=False,
        help="A manager has entered it, for example for a machine sold long ago.",
    )
    summary = fields.Char(
        compute="_compute_summary",
        help="What it gives and until when, in one sentence.",
    )
    warning = fields.Text(
        compute="_compute_warning", help="What is missing or contradicts."
    )

    # Where it comes from
    sale_line_id = fields.Many2one(
        "sale.order.line",
        string="Order Line",
        index="btree_not_null",
        readonly=True,
        ondelete="set null",
    )
    move_id = fields.Many2one(
        "stock.move",
        string="Delivery Move",
        index="btree_not_null",
        readonly=True,
        ondelete="set null",
    )
    extends_id = fields.Many2one(
        "aftersales.warranty",
        index="btree_not_null",
        readonly=True,
        ondelete="cascade",
    )

    # Of a replaced part
    part_product_id = fields.Many2one(
        "product.product", string="Part", index="btree_not_null", ondelete="restrict"
    )
    part_name = fields.Char(string="Part Description")
    part_serial = fields.Char(string="Part Serial Number")
    dispatch_line_id = fields.Many2one(
        "aftersales.dispatch.line",
        index="btree_not_null",
        readonly=True,
        ondelete="set null",
    )

    # A visit line that is processed twice at once: one of them gives way.
    _once_per_visit_line = models.UniqueIndex(
        "(dispatch_line_id) WHERE dispatch_line_id IS NOT NULL AND NOT is_void",
        "The part of this visit line has a warranty already.",
    )
    _order_of_dates = models.Constraint(
        "CHECK(end_date >= start_date)", "A warranty can't end before it starts."
    )

    # === CONSTRAINTS === #

    @api.constrains("start_date", "end_date")
    def _check_order_of_dates(self):
        for warranty in self:
            warranty._refuse_end_before_start(warranty, warranty.equipment_id)

    def _refuse_end_before_start(self, values, equipment):
        """Check dates before the database does, in words that say what to correct.

        :param values: dict or warranty with a start and an end
        :param equipment: `aftersales.equipment` to name
        :raise ValidationError: when the last day is before the first one
        """
        start, end = values["start_date"], values["end_date"]
        if start and end and end < start:
            raise ValidationError(
                self.env._(
                    "The warranty of %(equipment)s would end on %(end)s, before it "
                    "starts on %(start)s. Correct one of the two days.",
                    equipment=equipment.display_name,
                    end=format_date(self.env, end),
                    start=format_date(self.env, start),
                )
            )

    # === COMPUTES === #

    @api.depends("is_void", "start_date", "end_date", "equipment_id.site_id.tz")
    def _compute_state(self):
        """Judge by the day at the site of each machine."""
        todays = self.equipment_id._todays()
        for warranty in self:
            today = todays.get(warranty.equipment_id)
            if warranty.is_void:
                warranty.state = "void"
            elif not (warranty.start_date and today) or warranty.start_date > today:
                warranty.state = "pending"
            elif warranty.end_date < today:
                warranty.state = "ended"
            else:
                warranty.state = "running"

    def _search_state(self, operator, value):
        """Search by state, with the reader's day as today.

        A database query can't ask for the day of each site: around midnight, a site in
        another time zone can be a day off here. The state of a record is exact.
        """
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        live = Domain("is_void", "=", False)
        started = live & Domain("start_date", "<=", today)
        domains = {
            "void": Domain("is_void", "=", True),
            "pending": live
            & (Domain("start_date", "=", False) | Domain("start_date", ">", today)),
            "running": started & Domain("end_date", ">=", today),
            "ended": started & Domain("end_date", "<", today),
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    @api.depends("kind", "start_date", "equipment_id.delivery_date")
    def _compute_covered_from(self):
        for warranty in self:
            starts = [warranty._covered_from(cost) for cost in warranty._paid_costs()]
            warranty.covered_from = min(filter(None, starts), default=False)

    def _covered_from(self, cost):
        """Return the first day on which a cost is covered.

        :param str cost: parts, labour or travel
        :return: date; for a base warranty the delivery, if that is before the start:
            also while its start is not known. False when nothing is known
        """
        self.ensure_one()
        if self.kind == "base":
            delivery = self.equipment_id.delivery_date
            return days.covered_from(self.start_date, delivery) or False
        return self.start_date and self[f"{cost}_start_date"]

    def _paid_costs(self):
        """Return the classes of cost of which it pays a share; all if none."""
        self.ensure_one()
        paid = [cost for cost in COST_CLASSES if self[f"{cost}_share"]]
        return paid or list(COST_CLASSES)

    @api.depends("is_void", "void_reason", "start_date", "end_date", "start_trigger")
    @api.depends_context("lang")
    def _compute_summary(self):
        for warranty in self:
            if warranty.is_void:
                warranty.summary = self.env._(
                    "Void: %(reason)s", reason=warranty.void_reason or ""
                )
            elif not warranty.start_date:
                warranty.summary = warranty._pending_text()
            else:
                text = "; ".join(warranty._summary_parts())
                warranty.summary = text[:1].upper() + text[1:]

    def _pending_text(self):
        """Say what a warranty without a start waits for."""
        self.ensure_one()
        if self.kind == "extension":
            return self.env._("Starts when the warranty ends that it extends.")
        return {
            "delivery": self.env._("Starts with the delivery, which has no date yet."),
            "commissioning": self.env._(
                "Starts with the commissioning, which has no date yet."
            ),
            "invoice": self.env._("Starts with the invoice, which has no date yet."),
        }[self.start_trigger]

    def _summary_parts(self):
        """Tell what is free until when, costs of the same day together."""
        labels = {
            "parts": self.env._("parts"),
            "labour": self.env._("labour"),
            "travel": self.env._("travel"),
        }
        ends, nothing = {}, []
        for cost in COST_CLASSES:
            share, end = self[f"{cost}_share"], self[f"{cost}_end_date"]
            if not share or not end:
                nothing.append(labels[cost])
                continue
            label = labels[cost]
            if share < 1:
                label = self.env._(
                    "%(cost)s (%(share)d %%)", cost=label, share=round(100 * share)
                )
            ends.setdefault(end, []).append(label)
        parts = [
            self.env._(
                "%(costs)s free until %(date)s",
                costs=format_list(self.env, costs),
                date=format_date(self.env, end),
            )
            for end, costs in ends.items()
        ]
        if nothing:
            parts.append(
                self.env._(
                    "%(costs)s not included", costs=format_list(self.env, nothing)
                )
            )
        return parts

    @api.depends("kind", "part_name", "part_product_id", "name")
    def _compute_display_name(self):
        for warranty in self:
            part = warranty.part_name or warranty.part_product_id.name
            warranty.display_name = (
                f"{warranty.name} ({part})"
                if warranty.kind == "part" and part
                else warranty.name
            )
