# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import Counter
from datetime import datetime, time

import pytz
from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..tools import pareto


class AftersalesPareto(models.TransientModel):
    """Choose what a Pareto chart of findings is about."""

    _name = "aftersales.pareto"
    _description = "Pareto of Findings"

    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: fields.Date.context_today(self) - relativedelta(years=1),
    )
    date_to = fields.Date(
        string="To", required=True, default=lambda self: fields.Date.context_today(self)
    )
    team_ids = fields.Many2many("aftersales.team", string="Teams", help="Empty: all.")
    level = fields.Integer(
        string="Level of the Catalogue",
        default=1,
        required=True,
        help="1: the top components; 2: what they are made of; and so on.",
    )
    bar_limit = fields.Integer(
        string="Bars",
        default=12,
        required=True,
        help="The faults that come after are counted together as the last bar.",
    )

    def _check_choice(self):
        """Check the period and the numbers.

        :raise ValidationError: when they make no sense
        """
        self.ensure_one()
        if self.date_from > self.date_to:
            raise ValidationError(self.env._("The period ends before it begins."))
        if self.level < 1:
            raise ValidationError(self.env._("The catalogue begins at level 1."))
        if not 1 <= self.bar_limit <= 20:
            raise ValidationError(self.env._("A chart has 1 to 20 bars."))

    def _get_period(self):
        """Return the chosen days as moments.

        :return: tuple of naive UTC datetimes, the end exclusive; days begin in the
            reader's time zone
        """
        zone = pytz.timezone(self.env.user.tz or "UTC")
        bounds = (self.date_from, self.date_to + relativedelta(days=1))
        return tuple(
            zone.localize(datetime.combine(day, time.min))
            .astimezone(pytz.utc)
            .replace(tzinfo=None)
            for day in bounds
        )

    def _get_domain(self):
        """Return the findings that are counted, as the reader may see them."""
        start, end = self._get_period()
        domain = Domain("reported_at", ">=", start) & Domain("reported_at", "<", end)
        domain &= Domain("ticket_state", "!=", "cancelled")
        domain &= Domain("company_id", "in", self.env.companies.ids)
        if self.team_ids:
            domain &= Domain("team_id", "in", self.team_ids.ids)
        return domain

    def _get_rows(self):
        """Count the findings by fault at the chosen level.

        :return: list of `tools.pareto` rows, shares from 0 to 1
        """
        self.ensure_one()
        groups = self.env["aftersales.finding"]._read_group(
            self._get_domain(), ["fault_id"], ["__count"]
        )
        faults = self.env["aftersales.fault"].union(*(fault for fault, _n in groups))
        tops = faults._at_level(self.level)
        counts = Counter()
        for fault, count in groups:
            counts[tops[fault.id].display_name if fault else None] += count
        return pareto.pareto(
            counts,
            limit=self.bar_limit,
            other_label=self.env._("Other"),
            unclassified_label=self.env._("Not classified"),
        )

    def _count_without_finding(self):
        """Count the tickets of the period that nobody has classified yet."""
        start, end = self._get_period()
        domain = [
            ("reported_at", ">=", start),
            ("reported_at", "<", end),
            ("state", "!=", "cancelled"),
            ("company_id", "in", self.env.companies.ids),
            ("finding_ids", "=", False),
        ]
        if self.team_ids:
            domain.append(("team_id", "in", self.team_ids.ids))
        return self.env["aftersales.ticket"].search_count(domain)

    def action_print(self):
        self.ensure_one()
        self._check_choice()
        report = self.env.ref("aftersales_service.aftersales_pareto_report")
        # config: the document layout that Odoo would ask for first is not used
        action = report.report_action(self, config=False)
        return {**action, "close_on_report_download": True}
