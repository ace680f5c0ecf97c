# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from .selections import COST_SELECTION, PAYER_SELECTION


class AftersalesCoverageLine(models.Model):
    """Who pays one class of cost, and why nobody else does."""

    _name = "aftersales.coverage.line"
    _description = "Coverage of a Cost"
    _order = "coverage_id, sequence, id"

    coverage_id = fields.Many2one(
        "aftersales.coverage",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company",
        related="coverage_id.company_id",
        store=True,
        precompute=True,
        index=True,
    )
    sequence = fields.Integer(default=10, readonly=True)
    cost = fields.Selection(
        COST_SELECTION, string="Cost of", required=True, readonly=True
    )
    payer = fields.Selection(PAYER_SELECTION, required=True, readonly=True)
    share = fields.Float(
        required=True,
        readonly=True,
        help="The payer's share; the customer pays the rest.",
    )
    warranty_id = fields.Many2one(
        "aftersales.warranty",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    source_ref = fields.Char(
        string="Chosen", readonly=True, help="The warranty or contract that pays."
    )
    end_date = fields.Date(
        string="Until", readonly=True, help="The last day it pays for this cost."
    )
    rejection_ids = fields.One2many(
        "aftersales.coverage.rejection", "line_id", string="Rejected", readonly=True
    )
    rejected = fields.Text(
        string="Does Not Pay",
        compute="_compute_rejected",
        help="What does not pay, with the reason, in the reader's language.",
    )

    @api.depends("source_ref", "rejection_ids")
    @api.depends_context("lang")
    def _compute_rejected(self):
        for line in self:
            line.rejected = "\n".join(
                rejection._named(rejection.reason) for rejection in line.rejection_ids
            )

    def write(self, vals):  # pylint: disable=method-required-super
        self.check_access("write")
        raise UserError(self.env._("A coverage decision can't be changed."))


class AftersalesCoverageRejection(models.Model):
    """A warranty or contract that was looked at and does not pay, with the reason."""

    _name = "aftersales.coverage.rejection"
    _description = "Rejected Coverage"
    _order = "line_id, id"

    line_id = fields.Many2one(
        "aftersales.coverage.line",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company",
        related="line_id.company_id",
        store=True,
        precompute=True,
        index=True,
    )
    source_ref = fields.Char(string="Warranty or Contract", readonly=True)
    warranty_id = fields.Many2one(
        "aftersales.warranty",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    code = fields.Char(required=True, readonly=True)
    values = fields.Json(readonly=True, export_string_translation=False)
    reason = fields.Char(
        compute="_compute_reason", help="In the reader's language, with the dates."
    )

    @api.depends("code", "values")
    @api.depends_context("lang")
    def _compute_reason(self):
        for rejection in self:
            texts = rejection._reason_texts()
            rejection.reason = texts.get(rejection.code) or rejection.code

    def write(self, vals):  # pylint: disable=method-required-super
        self.check_access("write")
        raise UserError(self.env._("A coverage decision can't be changed."))

    def _named(self, text):
        """Put the name of the warranty or contract before a reason."""
        return f"{self.source_ref}: {text}" if self.source_ref else text

    def _customer_reason(self):
        """Return the reason as the customer reads it.

        Why a warranty was made void was written for colleagues.
        """
        self.ensure_one()
        return self.env._("Void") if self.code == "void" else self.reason

    def _reason_texts(self):
        """Return the sentence of each code, in the language of the environment.

        What brings reasons of its own adds them here.

        :return: dict of code -> text for the values of this rejection
        """
        self.ensure_one()
        return {**self._date_texts(), **self._term_texts(), **self._order_texts()}

    def _day(self, name):
        """Write a date among the values in words, empty when there is none."""
        value = (self.values or {}).get(name)
        return self.env["aftersales.coverage"]._long_date(value) if value else ""

    def _date_texts(self):
        coverage = self.line_id.coverage_id
        values = self.values or {}
        day = self._day("fault_date")
        if coverage.fault_date_basis == "occurrence":
            fault = self.env._("the fault occurred on %(date)s", date=day)
        else:
            fault = self.env._("the fault was reported on %(date)s", date=day)
        trigger = coverage._trigger_words(values.get("trigger"))
        return {
            "not_started": self.env._(
                "Begins on %(date)s, %(fault)s", date=self._day("start"), fault=fault
            ),
            "ended": self.env._(
                "Ended on %(date)s, %(fault)s", date=self._day("end"), fault=fault
            ),
            "trigger_missing": (
                self.env._(
                    "Not started: %(trigger)s is missing; presumed until %(date)s only",
                    trigger=trigger,
                    date=self._day("presumed_until"),
                )
                if values.get("presumed_until")
                else self.env._("Not started: %(trigger)s is missing", trigger=trigger)
            ),
            "no_dates": self.env._("Its dates are missing"),
        }

    def _term_texts(self):
        values = self.values or {}
        liabilities = {
            "design": self.env._("Design defects are not covered"),
            "manufacturing": self.env._("Manufacturing defects are not covered"),
            "purchasing": self.env._("Purchasing defects are not covered"),
            "transport": self.env._("Transport damage is not covered"),
            "misuse": self.env._("Improper use is excluded"),
            "wear": self.env._("Wear is not covered"),
        }
        # sudo: the names of categories, for whoever reads the decision
        categories = self.env["product.category"].sudo()
        names = categories.browse(values.get("categories")).exists().mapped("name")
        return {
            "void": self.env._("Void: %(reason)s", reason=values["reason"])
            if values.get("reason")
            else self.env._("Void"),
            "other_part": self.env._("The finding is not about this part"),
            "not_included": {
                "parts": self.env._("Parts are not included"),
                "labour": self.env._("Labour is not included"),
                "travel": self.env._("Travel is not included"),
            }[self.line_id.cost],
            "liability": liabilities.get(values.get("liability")),
            "excluded_part": self.env._(
                "Excluded part: %(categories)s", categories=", ".join(names)
            ),
            "no_candidate": self.env._("No warranty or contract"),
        }

    def _order_texts(self):
        values = self.values or {}
        percent = self.env["aftersales.coverage"]._percent
        other = values.get("other")
        return {
            "less_share": self.env._(
                "Pays %(share)s, %(other)s pays %(other_share)s",
                share=percent(values.get("share") or 0),
                other_share=percent(values.get("other_share") or 0),
                other=other,
            ),
            "after_warranty": self.env._(
                "%(other)s pays as much, and first", other=other
            ),
            "ends_earlier": self.env._(
                "%(other)s pays as much, and longer", other=other
            ),
            "same": self.env._(
                "%(other)s pays the same and was given first", other=other
            ),
            "overridden": self.env._("A manager decided otherwise"),
        }
