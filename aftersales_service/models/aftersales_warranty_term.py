# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .selections import COST_CLASSES, DURATION_UNIT_SELECTION, TRIGGER_SELECTION

#: The classes a statutory minimum speaks of: the way is what laws leave open.
STATUTORY_CLASSES = ("parts", "labour")

#: Whose damage a customer takes for covered without being told.
USUAL_CAUSES = {"covers_design", "covers_manufacturing", "covers_purchasing"}


def longest_days(months):
    """Return how many days so many months have at most, whenever they begin.

    :param int months: number of months
    :return: number of days: 366 for 12 months
    """
    starts = (date(2023 + n // 12, n % 12 + 1, 1) for n in range(48))
    return max((start + relativedelta(months=months) - start).days for start in starts)


class AftersalesWarrantyTerm(models.Model):
    """What is promised with a sale: how long, from when, and which costs."""

    _name = "aftersales.warranty.term"
    _inherit = "aftersales.entitlement.mixin"
    _description = "Warranty Term"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty: shared by all companies."
    )
    is_no_warranty = fields.Boolean(
        string="No Warranty",
        help="Says explicitly that nothing is promised, and stops the search for "
        "another term.",
    )
    duration = fields.Integer(default=12)
    duration_unit = fields.Selection(
        DURATION_UNIT_SELECTION, required=True, default="month"
    )
    has_own_durations = fields.Boolean(
        string="Different for Parts, Labour and Travel",
        help="Parts, labour and travel are covered for different times.",
    )
    parts_duration = fields.Integer(
        compute="_compute_own_durations", store=True, readonly=False, precompute=True
    )
    labour_duration = fields.Integer(
        compute="_compute_own_durations", store=True, readonly=False, precompute=True
    )
    travel_duration = fields.Integer(
        compute="_compute_own_durations", store=True, readonly=False, precompute=True
    )
    start_trigger = fields.Selection(
        TRIGGER_SELECTION, string="Starts with", required=True, default="delivery"
    )
    has_cap = fields.Boolean(
        string="Limited from Delivery",
        help="Ends at the latest so long after the delivery, however late it started.",
    )
    cap_duration = fields.Integer(
        string="At Most from Delivery", help="In the unit of the duration."
    )
    replaced_part_months = fields.Integer(
        string="Months on Replaced Parts",
        help="A replaced part is covered for the remainder of the warranty, or for so "
        "many months of its own if that is longer. 0: the remainder only.",
    )
    category_ids = fields.Many2many(
        "product.category",
        relation="aftersales_warranty_term_category_rel",
        string="For Product Categories",
        help="Where this term is a customer's, it is for products of these categories "
        "and of those below them. Empty: for all products.",
    )
    statement = fields.Text(
        string="Text for the Customer",
        translate=True,
        help="Printed on quotations instead of the text made from the term.",
    )
    customer_text = fields.Text(
        string="The Customer Reads",
        compute="_compute_customer_text",
        help="As quotations, orders and the portal state it.",
    )
    statutory_warning = fields.Text(compute="_compute_statutory_warning")

    _duration_positive = models.Constraint(
        "CHECK(is_no_warranty IS TRUE OR (duration > 0 AND parts_duration > 0"
        " AND labour_duration > 0 AND travel_duration > 0))",
        'A warranty lasts at least one day or month. For none, tick "No Warranty".',
    )
    _cap_positive = models.Constraint(
        "CHECK(is_no_warranty IS TRUE OR has_cap IS NOT TRUE OR cap_duration > 0)",
        "The limit from the delivery is at least one day or month.",
    )
    _replaced_part_months_positive = models.Constraint(
        "CHECK(replaced_part_months >= 0)",
        "The months on replaced parts can't be negative.",
    )
    # Beyond it, dates leave the calendar.
    _at_most_a_century = models.Constraint(
        "CHECK(GREATEST(duration, parts_duration, labour_duration, travel_duration,"
        " cap_duration, replaced_part_months)"
        " <= CASE duration_unit WHEN 'day' THEN 36500 ELSE 1200 END)",
        "A warranty lasts at most a hundred years.",
    )

    # === COMPUTES === #

    @api.depends("duration", "has_own_durations")
    def _compute_own_durations(self):
        for term in self:
            for cost in COST_CLASSES:
                name = f"{cost}_duration"
                if not term.has_own_durations or not term[name]:
                    term[name] = term.duration

    @api.depends(lambda self: ["statement", *self._statement_fields()])
    @api.depends_context("lang")
    def _compute_customer_text(self):
        for term in self:
            term.customer_text = term._statement(self.env.lang)

    @api.depends(lambda self: ["company_id", *self._statement_fields()])
    @api.depends_context("allowed_company_ids")
    def _compute_statutory_warning(self):
        """Compare with the strictest of the countries of its companies.

        A term that a product sells as an extension comes on top of another one, so
        that nothing is said about it.
        """
        # sudo: whether a product of another company sells it as an extension
        extensions = (
            self.env["product.template"]
            .sudo()
            ._read_group(
                [("aftersales_extension_term_id", "in", self.ids)],
                ["aftersales_extension_term_id"],
            )
        )
        extension_ids = {term.id for (term,) in extensions}
        for term in self:
            companies = term.company_id or self.env.companies
            countries = companies.country_id.sorted("aftersales_minimum_months")
            if term._origin.id in extension_ids:
                term.statutory_warning = False
            else:
                term.statutory_warning = term._check_minimum(countries[-1:])

    # === CONSTRAINTS === #

    @api.constrains("company_id")
    def _check_company_of_promises(self):
        """Keep a term where it was promised: the delivery has to give it."""
        uses = (
            ("aftersales.warranty", "term_id", Domain.TRUE),
            (
                "sale.order.line",
                "aftersales_effective_term_id",
                Domain("state", "=", "sale"),
            ),
        )
        for term in self.filtered("company_id"):
            foreign = Domain("company_id", "!=", term.company_id.id)
            for model, name, domain in uses:
                # sudo: what other companies have promised
                promises = self.env[model].sudo()
                if promises.search_count(
                    Domain(name, "=", term.id) & foreign & domain, limit=1
                ):
                    raise ValidationError(
                        self.env._(
                            'Another company has promised "%(term)s" to customers. '
                            "Copy the term instead of moving it.",
                            term=term.name,
                        )
                    )

    # === WHICH TERM === #

    @api.model
    def _resolve(self, company, product=None, partner=None, order=None, line=None):
        """Find the term that applies to a sale; the most specific one wins.

        A term that belongs to another company is passed over. An unset one inherits;
        the explicit "No Warranty" is found like any other and so ends the search.

        :param company: `res.company` that sells
        :param product: `product.product` or `product.template`; by default the line's
        :param partner: the customer, or a contact of his; by default the order's
        :param order: `sale.order`; by default the line's
        :param line: `sale.order.line`
        :return: tuple of the term, possibly empty, and where it comes from: "line",
            "order", "partner", "product", "category", "company" or False
        """
        # sudo: what is promised doesn't depend on who asks
        line = (line or self.env["sale.order.line"]).sudo()
        order = (order or line.order_id).sudo()
        product = (product or line.product_id).sudo()
        partner = (partner or order.partner_id).sudo()
        candidates = self._resolve_candidates(company, product, partner, order, line)
        for term, source in candidates:
            if term and term.company_id.id in (False, company.id):
                return self.browse(term.id), source
        return self.browse(), False

    @api.model
    def _resolve_candidates(self, company, product, partner, order, line):
        """Yield the terms that could apply, the most specific one first.

        :return: generator of (term, source), with empty terms; see `_resolve`
        """
        template = product.with_company(company)
        if template._name == "product.product":
            template = template.product_tmpl_id
        customer = partner.commercial_partner_id.with_company(company)
        agreed = customer.aftersales_warranty_term_id
        yield line.aftersales_warranty_term_id, "line"
        yield order.aftersales_warranty_term_id, "order"
        if agreed._is_for(template.categ_id):
            yield agreed, "partner"
        yield template.aftersales_warranty_term_id, "product"
        category = template.categ_id
        while category:
            yield category.aftersales_warranty_term_id, "category"
            category = category.parent_id
        yield company.sudo().aftersales_warranty_term_id, "company"

    def _is_for(self, category):
        """Tell whether this term, where it is a customer's, is for a category.

        :param category: `product.category`, possibly empty
        """
        if not self.category_ids:
            return True
        ancestors = (category.parent_path or "").split("/")
        return any(str(named.id) in ancestors for named in self.category_ids)

    # === STATUTORY MINIMUM === #

    def _check_minimum(self, country):
        """Compare the term with the statutory minimum of a country.

        The minimum is for the whole cost of parts and of labour. An empty term, as
        "No Warranty", gives nothing.

        :param country: `res.country`, possibly empty
        :return: warning in the user's language, or False
        """
        months = country.aftersales_minimum_months
        if not months or self._reaches(months):
            return False
        if not self:
            return self.env._(
                "No warranty is stated. The statutory minimum in %(country)s is "
                "%(months)s months for parts and labour.",
                country=country.name,
                months=months,
            )
        return self.env._(
            "“%(term)s” gives less than the statutory minimum in %(country)s: "
            "%(months)s months for parts and labour.",
            term=self.display_name,
            country=country.name,
            months=months,
        )

    def _reaches(self, months):
        """Tell whether parts and labour are free for so many months or longer.

        Days are compared with the longest such months there are, and a limit from
        the delivery may end it as early as that.

        :param int months: how long it should be
        """
        if not self or self.is_no_warranty:
            return False
        wanted = longest_days(months) if self.duration_unit == "day" else months
        lasts = [self[f"{cost}_duration"] for cost in STATUTORY_CLASSES]
        if self.has_cap:
            lasts.append(self.cap_duration)
        free = all(self[f"{cost}_share"] >= 1 for cost in STATUTORY_CLASSES)
        return free and min(lasts) >= wanted

    # === TEXT FOR THE CUSTOMER === #

    @api.model
    def _statement_fields(self):
        """Return the names of the fields from which the text is made."""
        return [
            *self._entitlement_fields(),
            "is_no_warranty",
            "duration_unit",
            *(f"{cost}_duration" for cost in COST_CLASSES),
            "start_trigger",
            "has_cap",
            "cap_duration",
            "replaced_part_months",
        ]

    def _statement(self, lang, extension=False):
        """Say what is promised, as the customer reads it.

        :param str lang: code of the language, by default the user's
        :param bool extension: it lengthens another warranty
        :return: the text typed for the customer, else one made from the fields
        """
        self.ensure_one()
        # sudo: the customer reads it, on paper or on the portal
        term = self.sudo().with_context(lang=lang or self.env.lang)
        if term.statement:
            return term.statement
        if term.is_no_warranty:
            return term.env._("No warranty")
        lasts = max(
            (term[f"{cost}_duration"] for cost in term._covered_costs()), default=0
        )
        costs = ", ".join(term._cost_text(cost, lasts) for cost in COST_CLASSES)
        head = term._time_text(lasts or term.duration, extension)
        return "; ".join([head, costs, *term._condition_texts()])

    def _covered_costs(self):
        """Return the classes of cost of which some share is free."""
        return [cost for cost in COST_CLASSES if self[f"{cost}_share"] > 0]

    def _duration_text(self, number, unit=None):
        """Return "12 months" or "1 day"."""
        if (unit or self.duration_unit) == "day":
            one, many = self.env._("1 day"), self.env._("%(n)s days", n=number)
        else:
            one, many = self.env._("1 month"), self.env._("%(n)s months", n=number)
        return one if number == 1 else many

    def _time_text(self, lasts, extension):
        """Return how long it lasts and from when.

        :param int lasts: in the unit of the duration
        :param bool extension: it lengthens another warranty
        """
        duration = self._duration_text(lasts)
        if extension:
            return self.env._("lengthened by %(duration)s", duration=duration)
        if self.start_trigger == "commissioning":
            text = self.env._("%(duration)s from commissioning", duration=duration)
        elif self.start_trigger == "invoice":
            text = self.env._("%(duration)s from the invoice date", duration=duration)
        else:
            text = self.env._("%(duration)s from delivery", duration=duration)
        if not self.has_cap:
            return text
        return self.env._(
            "%(time)s, at most %(duration)s from delivery",
            time=text,
            duration=self._duration_text(self.cap_duration),
        )

    def _cost_text(self, cost, lasts):
        """Return which share of a class of cost is free, and for how long if shorter.

        :param str cost: value of `COST_SELECTION`
        :param int lasts: how long the longest one lasts
        """
        share, duration = self[f"{cost}_share"], self[f"{cost}_duration"]
        names = {
            "parts": self.env._("parts"),
            "labour": self.env._("labour"),
            "travel": self.env._("travel"),
        }
        values = {"cost": names[cost], "share": f"{round(share * 100, 2):g}"}
        if not share:
            return self.env._("%(cost)s not included", **values)
        if duration == lasts:
            return self.env._("%(cost)s %(share)s %%", **values)
        values["duration"] = self._duration_text(duration)
        return self.env._("%(cost)s %(share)s %% for %(duration)s", **values)

    def _condition_texts(self):
        """Return what differs from the usual: causes, replaced parts, exclusions."""
        labels = {
            name: self._fields[name].get_description(self.env, ["string"])["string"]
            for name in self._entitlement_fields()
            if name.startswith("covers_") and self[name] != (name in USUAL_CAUSES)
        }
        more = ", ".join(label for name, label in labels.items() if self[name])
        less = ", ".join(label for name, label in labels.items() if not self[name])
        parts = ", ".join(self.excluded_category_ids.mapped("name"))
        months = self._duration_text(self.replaced_part_months, "month")
        texts = [
            more and self.env._("also for: %(causes)s", causes=more),
            less and self.env._("not for: %(causes)s", causes=less),
            self.replaced_part_months
            and self.env._("replaced parts at least %(duration)s", duration=months),
            parts and self.env._("excluded parts: %(categories)s", categories=parts),
        ]
        return [text for text in texts if text]
