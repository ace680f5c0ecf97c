# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is left of a contract's quotas, and the only writer of their ledger."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import formatLang
from odoo.tools.misc import clean_context

from ..tools import contract_periods
from ..tools import coverage as coverage_engine
from ..tools import quota as engine

#: Quota -> the fields that say whether it is limited, and to how much.
LIMITS = {
    "visit": ("limits_visits", "visit_quota"),
    "hour": ("limits_hours", "hour_quota"),
    "parts": ("limits_parts", "parts_quota"),
}
#: Quota -> the classes of cost that a contract pays no more when it is used up. Parts
#: have an amount of their own: they go on when the visits are used up.
QUOTA_COSTS = {
    "visit": ("labour", "travel"),
    "hour": ("labour",),
    "parts": ("parts",),
}
#: How a report is served without a visit to the customer.
OFF_SITE_MODES = ("consultation", "remote", "workshop")
#: What changes the included quantities.
QUOTA_FIELDS = {
    "end_date",
    "quota_period",
    "start_date",
    *(name for names in LIMITS.values() for name in names),
}


class AftersalesContract(models.Model):
    _inherit = "aftersales.contract"

    quota_html = fields.Html(
        string="Used and Left",
        compute="_compute_quota_html",
        sanitize=False,
        help="Of the present contract year, or of the whole contract.",
    )
    has_quota = fields.Boolean(
        compute="_compute_has_quota", export_string_translation=False
    )

    # === COMPUTES === #

    @api.depends(*(names[0] for names in LIMITS.values()))
    def _compute_has_quota(self):
        for contract in self:
            contract.has_quota = any(contract[name] for name, _of in LIMITS.values())

    @api.depends("usage_ids", *QUOTA_FIELDS)
    @api.depends_context("lang")
    def _compute_quota_html(self):
        for contract in self:
            rows = contract._quota_table() if contract._dated() else []
            contract.quota_html = rows and self.env["ir.qweb"]._render(
                "aftersales_service.contract_quota_table",
                {"rows": rows, "contract": contract},
            )

    def _dated(self):
        """Tell whether this contract has a first and a last day, in this order."""
        return bool(
            self.start_date and self.end_date and self.start_date <= self.end_date
        )

    def _quota_table(self, day=None):
        """Return the balances of a contract as it is shown: form, portal and PDF.

        :param date day: a day of the period, by default today
        :return: list of dicts: quota, label, unit ("money" for amounts), first and last
            day of the period, included, reserved, consumed, extra, left
        """
        self.ensure_one()
        ledger = self._ledger()
        first = ledger.period(day or self._today())
        last = dict(ledger.periods)[first]
        usage = self.env["aftersales.contract.usage"]
        labels = dict(usage._fields["quota"]._description_selection(self.env))
        rows = []
        for quota in ledger.included:
            balance = ledger.balance(quota, first)
            rows.append(
                {
                    "quota": quota,
                    "label": labels[quota],
                    "unit": "money" if quota == "parts" else "number",
                    "first_day": first,
                    "last_day": last,
                    **balance._asdict(),
                    "left": balance.left,
                }
            )
        return rows

    # === READING THE LEDGER === #

    def _quota_periods(self):
        """Return the first and last day of each period in which quotas count."""
        self.ensure_one()
        if self.quota_period == "year":
            return contract_periods.contract_years(self.start_date, self.end_date)
        return [(self.start_date, self.end_date)]

    def _ledger(self):
        """Return the ledger of a contract: `tools.quota.Ledger`.

        The rows of all contracts that were read together come with one query.
        """
        self.ensure_one()
        # sudo: what is left decides about visits, whoever plans or finishes them
        contract = self.sudo()
        return engine.Ledger(
            {
                quota: contract[amount]
                for quota, (limit, amount) in LIMITS.items()
                if contract[limit]
            },
            contract._quota_periods(),
            [usage._as_row() for usage in contract.usage_ids],
        )

    def _balance(self, quota, day):
        """Return what is included, reserved, consumed and left on a day.

        :param str quota: visit, hour or parts
        :param date day: a day of the period that is asked for
        :return: `tools.quota.Balance`, or None when the quota is not limited
        """
        ledger = self._ledger()
        return ledger.balance(quota, day) if quota in ledger.included else None

    # === WRITING THE LEDGER === #

    def _open_ledgers(self):
        """Return the ledgers of contracts to write in them.

        The rows of the contracts are touched first: of two sessions that want the last
        visit one has to try again, and then finds it taken.

        :return: dict of contract -> `tools.quota.Ledger`
        """
        if self.ids:
            self._take_turn()
        return {contract: contract._ledger() for contract in self}

    @api.model
    def _write_ledgers(self, ledgers, reason=None, order=None):
        """Store what was added to ledgers, and decide again where a quota ended.

        :param dict ledgers: contract -> `tools.quota.Ledger`, as of `_open_ledgers`
        :param str reason: why, in words
        :param order: `sale.order` by which the customer pays what is beyond
        :return: the new rows
        """
        vals_list, changed = [], self.browse()
        for contract, ledger in ledgers.items():
            vals_list += [
                {
                    "contract_id": contract.id,
                    "quota": row.quota,
                    "step": row.step,
                    "quantity": row.quantity,
                    "period_start": row.period,
                    "dispatch_id": row.visit,
                    "round": row.round,
                    "order_id": row.is_extra and contract._order_beyond(row, order).id,
                    "reason": reason,
                }
                for row in ledger.new
            ]
            before = ledger.rows[: len(ledger.rows) - len(ledger.new)]
            if _used_up(ledger, before) != _used_up(ledger, ledger.rows):
                changed |= contract
            ledger.new.clear()
        # sudo: nobody has the right to write the ledger but through these steps; no
        # default of a request's context gets into it
        usage = self.env["aftersales.contract.usage"].sudo()
        usage = usage.with_context(clean_context(self.env.context))
        rows = usage.create(vals_list)
        # sudo: machines of the contract, whoever plans the visit
        machines = changed.sudo().line_ids.equipment_id
        machines._retake_coverage()
        machines._reserve_coming_visits()
        return rows

    def _order_beyond(self, row, order):
        """Return the order by which the customer pays a row beyond the quota.

        What is taken back belongs to the order it was noted with, whatever became of
        that: rows without an order are of what is included.

        :param row: `tools.quota.Row`
        :param order: `sale.order` that pays for more
        :return: `sale.order`
        """
        self.ensure_one()
        if row.quantity > 0:
            return order
        # sudo: the orders of a ledger are not for everybody who corrects a visit
        noted = self.sudo().usage_ids.filtered(
            lambda usage: (
                usage.order_id
                and usage.quota == row.quota
                and usage.dispatch_id.id == row.visit
            )
        )
        return noted.sorted("id")[-1:].order_id

    def _reserve(self, quota, quantity, day, dispatch, whole=True):
        """Reserve for a visit, in each of these contracts.

        :param bool whole: all of it or nothing
        :return: dict of contract -> what is reserved for the visit or used by it
        """
        ledgers = self._open_ledgers()
        granted = {
            contract: ledger.reserve(quota, dispatch.id, quantity, day, whole=whole)
            for contract, ledger in ledgers.items()
        }
        self._write_ledgers(ledgers)
        return granted

    def _consume(self, quota, quantity, day, dispatch, order=None):
        """Note what a visit has used in the end, in each of these contracts.

        :param order: `sale.order`, confirmed: it was beyond what is included
        :raise UserError: when more was used than is left, without an order
        """
        ledgers = self._open_ledgers()
        for contract, ledger in ledgers.items():
            if order and order.state == "sale":
                ledger.consume_extra(quota, dispatch.id, quantity, day)
            else:
                contract._step(ledger.consume, quota, dispatch.id, quantity, day)
        self._write_ledgers(ledgers, order=order)

    def _release(self, dispatches, quotas=engine.QUOTAS, reason=None):
        """Give back what visits have reserved in these contracts."""
        ledgers = self._open_ledgers()
        for ledger in ledgers.values():
            for quota in quotas:
                for dispatch in dispatches:
                    ledger.release(quota, dispatch.id)
        self._write_ledgers(ledgers, reason=reason)

    def _correct(self, quota, quantity, day, reason):
        """Correct by hand what was used.

        :param float quantity: what was used more; less when it is negative
        :param str reason: why
        :raise UserError: below zero, or without a reason
        """
        self.ensure_one()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the usage is corrected."))
        ledgers = self._open_ledgers()
        if quota not in ledgers[self].included:
            raise UserError(self.env._("This contract does not limit that."))
        self._step(ledgers[self].correct, quota, quantity, day)
        self._write_ledgers(ledgers, reason=reason.strip())

    def _step(self, step, quota, *args):
        """Do a step, and say in words why it can't be done."""
        try:
            return step(quota, *args)
        except engine.QuotaError as error:
            usage = self.env["aftersales.contract.usage"]
            labels = dict(usage._fields["quota"]._description_selection(self.env))
            values = {
                "contract": self.name,
                "quota": labels[quota],
                "count": self._quantity_words(quota, error.limit),
            }
            if error.is_back:
                text = self.env._(
                    "Contract %(contract)s, %(quota)s: only %(count)s were used, no "
                    "more can be taken back.",
                    **values,
                )
            else:
                text = self.env._(
                    "Contract %(contract)s, %(quota)s: only %(count)s left. What was "
                    "agreed is never exceeded without an order of the customer.",
                    **values,
                )
            raise UserError(text) from error

    @api.model
    def _quantity_words(self, quota, quantity):
        """Write a quantity of a quota: a number, or an amount with its currency."""
        if quota != "parts":
            return f"{quantity:g}"
        company = self.company_id or self.env.company
        return formatLang(self.env, quantity, currency_obj=company.currency_id)

    @api.constrains(*QUOTA_FIELDS)
    def _check_quota_not_exceeded(self):
        """Refuse terms under which more was used than is included."""
        for contract in self.filtered("usage_ids"):
            ledger = contract._ledger()
            short = [
                quota
                for quota in ledger.included
                for first, _last in ledger.periods
                if ledger.balance(quota, first).left < 0
            ]
            if short:
                raise ValidationError(
                    self.env._(
                        "%(contract)s: more than that was used already.",
                        contract=contract.name,
                    )
                )

    # === COVERAGE === #

    def _quota_refusals(self, finding):
        """Say for what this contract does not pay because a quota is used up.

        What the visits of the ticket have reserved or used themselves does not stand
        in their way. Reports that are served from afar, as their classification or all
        that was done for them says, need no visit.

        :param finding: `aftersales.finding` that is decided about
        :return: list of `tools.coverage.Refusal`
        """
        self.ensure_one()
        ledger = self._ledger()
        if not ledger.included:
            return []
        # sudo: visits decide whoever reads the ticket
        ticket = finding.ticket_id.sudo()._origin
        visits = ticket.job_ids.dispatch_id
        period = ledger.period(visits._quota_day(finding))
        modes = set(visits.filtered(lambda v: v.state != "cancelled").mapped("mode"))
        is_afar = ticket.service_mode in OFF_SITE_MODES or (
            modes and "on_site" not in modes
        )
        refusals = []
        for quota, costs in QUOTA_COSTS.items():
            if (
                quota not in ledger.included
                or (quota == "visit" and is_afar)
                or any(ledger.granted(quota, visit.id) for visit in visits)
                or ledger.balance(quota, period).left > 0
            ):
                continue
            values = {"quota": quota, "included": ledger.included[quota]}
            refusals.append(coverage_engine.Refusal("quota_used_up", values, costs))
        return refusals

    @api.model
    def _used_up_text(self, quota, included):
        """Say that a quota is used up.

        :param str quota: visit, hour or parts
        :param float included: what was included
        """
        if quota == "visit":
            return self.env._(
                "Included visits: %(count)s, all used or planned", count=f"{included:g}"
            )
        if quota == "hour":
            return self.env._(
                "Included hours: %(count)s, all used up", count=f"{included:g}"
            )
        return self.env._(
            "Included amount for parts: %(amount)s, used up",
            amount=self._quantity_words("parts", included),
        )


class AftersalesContractUsage(models.Model):
    _inherit = "aftersales.contract.usage"

    def _as_row(self):
        """Return a row as the pure ledger knows it: `tools.quota.Row`."""
        return engine.Row(
            self.quota,
            self.step,
            self.quantity,
            self.period_start,
            self.dispatch_id.id or None,
            self.round,
            bool(self.order_id),
        )


class AftersalesCoverageRejection(models.Model):
    _inherit = "aftersales.coverage.rejection"

    def _reason_texts(self):
        texts = super()._reason_texts()
        values = self.values or {}
        if self.code == "quota_used_up":
            # sudo: of the contract but the currency of its company is shown
            contract = self.sudo().contract_id
            texts["quota_used_up"] = contract._used_up_text(
                values.get("quota"), values.get("included") or 0
            )
        return texts


def _used_up(ledger, rows):
    """Return which quotas of which periods were used up with some rows."""
    past = engine.Ledger(ledger.included, ledger.periods, list(rows))
    return {
        (quota, first)
        for quota in ledger.included
        for first, _last in ledger.periods
        if past.balance(quota, first).left <= 0
    }
