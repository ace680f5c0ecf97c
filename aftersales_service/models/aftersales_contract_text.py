# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a contract promises, as the customer reads it."""

from odoo import api, fields, models
from odoo.tools import format_amount, format_date, format_list

from .selections import COST_CLASSES


class AftersalesContractTermsMixin(models.AbstractModel):
    _inherit = "aftersales.contract.terms.mixin"

    statement = fields.Text(string="Text for the Customer")

    def _entitlement_fields(self):
        return [*super()._entitlement_fields(), "statement"]

    def _terms_text(self):
        """Say what is promised, in the present language.

        :return: text with one sentence a line
        """
        return "\n".join(self._terms_lines())

    def _terms_lines(self):
        """Say what is promised, in the present language.

        :return: list of sentences: the text typed for the customer, else one made from
            the terms
        """
        self.ensure_one()
        if self.statement:
            return [line for line in self.statement.splitlines() if line.strip()]
        texts = [
            self._share_text(),
            self._quota_text(),
            *self._cause_texts(),
            self._excluded_text(),
            self._response_text(),
            self._maintenance_text(),
            self._invoicing_text(),
        ]
        return [text for text in texts if text]

    def _share_text(self):
        """Say which costs are covered, and which are not."""
        names = {
            "parts": self.env._("parts"),
            "labour": self.env._("labour"),
            "travel": self.env._("travel"),
        }
        covered = [
            self.env._(
                "%(cost)s %(share)s %%",
                cost=names[cost],
                share=f"{round(self[f'{cost}_share'] * 100, 2):g}",
            )
            for cost in COST_CLASSES
            if self[f"{cost}_share"]
        ]
        charged = [names[cost] for cost in COST_CLASSES if not self[f"{cost}_share"]]
        texts = []
        if covered:
            texts.append(
                self.env._("Covered: %(costs)s.", costs=format_list(self.env, covered))
            )
        if charged:
            texts.append(
                self.env._("Charged: %(costs)s.", costs=format_list(self.env, charged))
            )
        return " ".join(texts)

    def _quota_text(self):
        """Say up to how much is covered, where it is limited."""
        limits = []
        if self.limits_visits:
            one, count = self.env._("1 visit"), self.visit_quota
            many = self.env._("%(n)s visits", n=count)
            limits.append(one if count == 1 else many)
        if self.limits_hours:
            hours = f"{self.hour_quota:g}"
            limits.append(self.env._("%(n)s hours of labour", n=hours))
        if self.limits_parts:
            amount = format_amount(self.env, self.parts_quota, self.currency_id)
            limits.append(self.env._("parts for %(amount)s", amount=amount))
        if not limits:
            return False
        quotas = format_list(self.env, limits)
        if self.quota_period == "year":
            return self.env._("In each contract year up to %(quotas)s.", quotas=quotas)
        return self.env._("In all up to %(quotas)s.", quotas=quotas)

    def _cause_texts(self):
        """Say which causes are covered, and which are not."""
        labels = {True: [], False: []}
        for name in self._entitlement_fields():
            if name.startswith("covers_"):
                label = self._fields[name].get_description(self.env, ["string"])
                labels[bool(self[name])].append(label["string"])
        causes = {key: format_list(self.env, names) for key, names in labels.items()}
        return [
            causes[True]
            and self.env._("Covered causes: %(causes)s.", causes=causes[True]),
            causes[False]
            and self.env._("Not covered: %(causes)s.", causes=causes[False]),
        ]

    def _excluded_text(self):
        # sudo: names of categories, for a customer too
        names = self.sudo().excluded_category_ids.mapped("name")
        return bool(names) and self.env._(
            "Always charged: %(categories)s.", categories=format_list(self.env, names)
        )

    def _response_text(self):
        response = self.response_class_id
        return bool(response) and self.env._(
            "Response: %(promise)s", promise=response.description or response.name
        )

    def _maintenance_text(self):
        count = self.maintenance_per_year
        if count == 1:
            return self.env._("1 maintenance visit a year is included.")
        return bool(count) and self.env._(
            "%(n)s maintenance visits a year are included.", n=count
        )

    def _invoicing_text(self):
        """Say how it is invoiced, where that is not with the order."""
        if self.invoicing != "advance":
            return False
        if self.invoicing_months == 1:
            return self.env._("Invoiced in advance for each month.")
        return self.env._(
            "Invoiced in advance for each %(n)s months.", n=self.invoicing_months
        )


class AftersalesContractTemplate(models.Model):
    _inherit = "aftersales.contract.template"

    customer_text = fields.Text(
        string="The Customer Reads",
        compute="_compute_customer_text",
        help="As quotations, contracts and the portal state it.",
    )

    @api.depends(lambda self: ["company_id", *self._entitlement_fields()])
    @api.depends_context("lang", "company")
    def _compute_customer_text(self):
        for template in self:
            template.customer_text = template._terms_text()

    def _duration_text(self):
        """Return "12 months" or "1 day", in the present language."""
        self.ensure_one()
        number = self.duration
        if self.duration_unit == "day":
            one, many = self.env._("1 day"), self.env._("%(n)s days", n=number)
        else:
            one, many = self.env._("1 month"), self.env._("%(n)s months", n=number)
        return one if number == 1 else many


class AftersalesContract(models.Model):
    _inherit = "aftersales.contract"

    statement = fields.Text(
        string="Text for the Customer",
        copy=False,
        help="Printed instead of the text made from the terms. Copied from the "
        "template, in the customer's language.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        templates = self.env["aftersales.contract.template"].sudo()
        partners = self.env["res.partner"]
        vals_list = [dict(vals) for vals in vals_list]
        for vals in vals_list:
            # sudo: a copy, as that of the other terms
            template = templates.browse(vals.get("template_id"))
            lang = partners.browse(vals.get("partner_id")).lang
            if template.statement and "statement" not in vals:
                vals["statement"] = template.with_context(lang=lang).statement
        return super().create(vals_list)

    def _customer_text(self, lang=None):
        """Say what was agreed on, as the customer reads it.

        :param str lang: code of a language, by default the customer's
        :return: text: the days, what is promised, and the machines
        """
        self.ensure_one()
        # sudo: the customer reads it, on paper or on the portal
        contract = self.sudo().with_context(lang=lang or self.partner_id.lang)
        return "\n".join(contract._customer_lines())

    def _customer_lines(self):
        """Return what `_customer_text` says, in the present language."""
        days = self.env._(
            "Contract %(name)s: %(start)s to %(end)s, last day included",
            name=self.name,
            start=format_date(self.env, self.start_date),
            end=format_date(self.env, self.end_date),
        )
        return [days, *self._terms_lines(), *self._machine_texts()]

    def _machine_texts(self):
        """Name the machines that are covered, with what they are in the books."""
        lines = self.line_ids.filtered(lambda line: not line._is_empty())
        lines = lines.filtered(lambda line: line.date_to == self.end_date)
        return lines.equipment_id._contract_texts()


class AftersalesEquipment(models.Model):
    _inherit = "aftersales.equipment"

    def _contract_texts(self):
        """Name machines on quotations and contracts, in the present language.

        :return: list of texts, one for each kind of machine with its serial numbers
        """
        texts = []
        for product, machines in self.grouped("product_name").items():
            # A machine without a number is told apart by our own one.
            numbers = sorted(
                machine.serial_number or machine.reference for machine in machines
            )
            texts.append(
                self.env._(
                    "%(count)s × %(product)s: %(numbers)s",
                    count=f"{sum(max(machine.quantity, 1) for machine in machines):g}",
                    product=product or self.env._("Machine"),
                    numbers=", ".join(numbers),
                )
            )
        return sorted(texts)
