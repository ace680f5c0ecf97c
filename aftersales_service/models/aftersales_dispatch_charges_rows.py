# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a visit charges: rows of plain values, before they become an order."""

from collections import defaultdict
from datetime import UTC, timedelta

from pytz import timezone

from odoo import models

from ..tools import charges as engine
from ..tools import coverage as coverage_engine

#: Class of cost in the coverage decision -> kind of line of the visit.
COST_OF_KIND = {"labour": "labour", "part": "parts", "travel": "travel"}


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    def _charge_rows(self, planned=False):
        """Say what is charged for this visit, and what is free.

        A row is a dict: `key` (what it stands for, stable over corrections), `kind`,
        `product_id` (id or False: only described), `quantity`, `uom_id`, `share` (0-1
        that the customer doesn't pay), `why` (who pays, in words), `description`,
        `ticket_id` (id or False: the visit as a whole), `line_id` (id of the visit
        line or False).

        :param bool planned: before the work: the planned hours stand for labour
        :return: list of rows in the order in which they are shown
        """
        self.ensure_one()
        lang = self.partner_id.lang or self.env.user.lang
        # sudo: employees, decisions and prices, of which the customer sees the result
        visit = self.sudo().with_company(self.company_id).with_context(lang=lang)
        rows = visit._labour_rows(planned)
        rows += [visit._part_row(line, planned) for line in visit._lines_of("part")]
        if visit.mode == "on_site":
            rows += visit._travel_rows()
        order = {ticket.id: index for index, ticket in enumerate(visit._tickets())}
        rows = [row for row in rows if row["quantity"]]
        return sorted(rows, key=lambda row: order.get(row["ticket_id"], len(order)))

    def _tickets(self):
        return self.job_ids.sorted("sequence").ticket_id

    def _lines_of(self, kind):
        return self.line_ids.filtered(lambda line: line.kind == kind)

    # === TIME === #

    def _labour_rows(self, planned):
        """Charge labour of each finding, by normal hours and overtime."""
        groups = defaultdict(lambda: self.env["aftersales.dispatch.line"])
        for line in self._lines_of("labour"):
            groups[(line.job_id, line.finding_id)] |= line
        rows = []
        for (job, finding), lines in groups.items():
            times = engine.rounded(
                *self._tariff_times(lines), self.company_id.aftersales_labour_step
            )
            for charge, time in zip(("labour", "overtime"), times, strict=True):
                if time:
                    rows.append(self._time_row(charge, time, job, finding, lines))
        if planned and not rows and self.planned_hours:
            step = self.company_id.aftersales_labour_step
            planned_time = timedelta(hours=self.planned_hours)
            time, _overtime = engine.rounded(planned_time, timedelta(), step)
            job = self.job_ids if len(self.job_ids) == 1 else self.job_ids[:0]
            rows.append(
                self._time_row(
                    "labour", time, job, job.finding_ids, self._lines_of("labour")
                )
            )
        return rows

    def _tariff_times(self, lines):
        """Split hours into normal time and overtime.

        Hours that were typed without begin and end are normal time.

        :return: two timedelta
        """
        normal = overtime = timedelta()
        timed = lines.filtered(lambda line: line.started_at and line.ended_at)
        for line in lines - timed:
            normal += timedelta(hours=line.hours)
        for calendar, group in timed.grouped(self._calendar_of).items():
            spans = [(line.started_at, line.ended_at) for line in group]
            inside, outside = engine.split(
                spans, self._working_intervals(calendar, spans)
            )
            normal += inside
            overtime += outside
        return normal, overtime

    def _calendar_of(self, line):
        """Return the calendar of the technician, the team or the company."""
        return (
            line.employee_id.resource_calendar_id
            or self.team_id.resource_calendar_id
            or self.company_id.resource_calendar_id
        )

    def _working_intervals(self, calendar, spans):
        """Return the working hours around some work.

        :return: list of (begin, end), naive UTC; None when the hours are flexible, so
            that there is no overtime
        """
        if not calendar or calendar.flexible_hours:
            return None
        # The company is named: the superuser would count everybody's holidays. A
        # private leave of the technician makes no overtime for the customer.
        intervals = calendar._work_intervals_batch(
            min(start for start, _end in spans).replace(tzinfo=UTC),
            max(end for _start, end in spans).replace(tzinfo=UTC),
            domain=[
                ("resource_id", "=", False),
                ("time_type", "=", "leave"),
                ("company_id", "in", [False, self.company_id.id]),
            ],
            tz=timezone(calendar.tz or "UTC"),
        )[False]
        return [
            (
                start.astimezone(UTC).replace(tzinfo=None),
                end.astimezone(UTC).replace(tzinfo=None),
            )
            for start, end, _attendance in intervals
        ]

    def _time_row(self, charge, time, job, finding, lines):
        product = self.company_id._aftersales_charge_product(charge)
        cost = "travel" if charge == "travel" else "labour"
        finding = finding if len(finding) == 1 else finding[:0]
        free, why = self._free_share(cost, job, finding)
        suffix = f":{job.id or 0}:{finding.id or 0}"
        hour = self.env.ref("uom.product_uom_hour")
        return {
            "key": charge + suffix,
            "kind": cost,
            "product_id": product.id,
            "description": product.display_name,
            "quantity": engine.hours(time),
            "uom_id": hour.id,
            "share": free,
            "why": why,
            "ticket_id": job.ticket_id.id,
            "line_id": lines.id if len(lines) == 1 else False,
        }

    # === TRAVEL === #

    def _travel_rows(self):
        """Charge the call-out once, the distance, and the time of the way."""
        none = self.env["aftersales.finding"]
        no_job = self.env["aftersales.dispatch.job"]
        rows, company = [], self.company_id
        free, why = self._free_share("travel", no_job, none)
        callout = company.aftersales_callout_product_id
        if callout:
            rows.append(self._once_row("callout", callout, free, why))
        lines = self._lines_of("travel")
        distance = sum(lines.mapped("distance_km"))
        if company.aftersales_travel_by == "zone":
            Zone = self.env["aftersales.travel.zone"]
            # There and back: a zone ends at a distance from the company.
            zone = Zone._find(company, self.site_id, distance / 2)
            if zone:
                rows.append(self._once_row("zone", zone.product_id, free, why))
        groups = defaultdict(lambda: self.env["aftersales.dispatch.line"])
        for line in lines:
            groups[(line.job_id, line.finding_id)] |= line
        km = company._aftersales_charge_product("km")
        for (job, finding), group in groups.items():
            time = timedelta(hours=sum(group.mapped("hours")))
            time, _none = engine.rounded(
                time, timedelta(), company.aftersales_labour_step
            )
            if time:
                rows.append(self._time_row("travel", time, job, finding, group))
            kilometres = sum(group.mapped("distance_km"))
            if kilometres and company.aftersales_travel_by == "km":
                free, why = self._free_share("travel", job, finding)
                row = self._once_row("km", km, free, why)
                row["key"] += f":{job.id or 0}:{finding.id or 0}"
                row["ticket_id"] = job.ticket_id.id
                row["quantity"] = kilometres
                row["uom_id"] = self.env.ref("uom.product_uom_km").id
                rows.append(row)
        return rows

    def _once_row(self, key, product, free, why):
        return {
            "key": key,
            "kind": "travel",
            "product_id": product.id,
            "description": product.display_name,
            "quantity": 1.0,
            "uom_id": product.uom_id.id,
            "share": free,
            "why": why,
            "ticket_id": False,
            "line_id": False,
        }

    # === PARTS === #

    def _charged_quantity(self, line, planned):
        """Return how many pieces of a part are charged.

        :param line: `aftersales.dispatch.line` of a part
        :param bool planned: for a quotation, before the work
        """
        return (planned and line.planned_quantity) or line.quantity

    def _part_row(self, line, planned=False):
        product = line.product_id
        free, why = self._free_share(
            "parts", line.job_id, line.finding_id, product or None
        )
        return {
            "key": f"part:{line.id}",
            "kind": "part",
            "product_id": product.id,
            "description": product.display_name or line.name,
            "quantity": self._charged_quantity(line, planned),
            "uom_id": product.uom_id.id,
            "share": free,
            "why": why,
            "ticket_id": line.job_id.ticket_id.id,
            "line_id": line.id,
        }

    # === WHO PAYS === #

    def _free_share(self, cost, job, finding, product=None):
        """Say which share of a cost the customer does not pay, and why.

        Where it isn't said for which finding something was done, the one that is best
        for the customer counts: nothing is charged that may be covered.

        :param str cost: parts, labour or travel
        :param job: `aftersales.dispatch.job`; empty for the visit as a whole
        :param finding: `aftersales.finding`, possibly empty
        :param product: `product.product` of a part
        :return: share between 0 and 1, and a sentence in the customer's language
        """
        if finding:
            return self._finding_share(finding, cost, product)
        jobs = job or self.job_ids
        shares = [
            self._finding_share(candidate, cost, product)
            for candidate in jobs.ticket_id.finding_ids
        ]
        shares += [
            self._presumed_share(ticket, cost)
            for ticket in jobs.ticket_id
            if not ticket.finding_ids
        ]
        if not shares:
            return 0.0, self.env._("No warranty or contract is known.")
        free, why = max(shares, key=lambda pair: pair[0])
        if len(shares) > 1 and len({share for share, _why in shares}) > 1:
            why = self.env._(
                "Done for several faults; what is best for you counts: %(why)s", why=why
            )
        return free, why

    def _finding_share(self, finding, cost, product):
        Coverage = self.env["aftersales.coverage"]
        coverage = finding.coverage_id.with_context(lang=self.env.context.get("lang"))
        if not coverage:
            return 0.0, self.env._("No warranty or contract is known.")
        line = coverage.line_ids.filtered(lambda row: row.cost == cost)
        row = (cost, line.payer, line.share, line.source_ref, line.end_date)
        if product:
            row = (cost, *coverage._part_source(product))
            if row[1] == "customer" != line.payer:
                return 0.0, (
                    self.env._("Wear parts are not part of the contract.")
                    if line.payer == "contract"
                    else self.env._("Wear parts are not part of the warranty.")
                )
        payer = row[1]
        free = self._rest(*row[1:3])
        why = Coverage.with_env(self.env)._sentence([row], coverage.is_provisional)
        reasons = [
            rejection._named(rejection._customer_reason())
            for rejection in line.rejection_ids
            # The warranty of another part says nothing about this one.
            if payer == "customer" and rejection.code != "other_part"
        ]
        return free, ". ".join([why, *reasons])

    def _rest(self, payer, share):
        """Return the share that the customer does not pay."""
        return round(1.0 - coverage_engine.customer_share(payer, share), 6)

    def _presumed_share(self, ticket, cost):
        """Say who pays before there is a finding."""
        Finding, Coverage = (
            self.env["aftersales.finding"],
            self.env["aftersales.coverage"],
        )
        inputs = Finding.new({"ticket_id": ticket.id})._coverage_inputs()
        for facts, candidates in inputs.values():
            decision = coverage_engine.decide(facts, candidates)
            line = next(row for row in decision.lines if row.cost == cost)
            end = line.candidate and line.candidate.last_day(cost)
            name = line.candidate and line.candidate.name
            row = (cost, line.payer, line.share, name, end)
            why = Coverage._sentence([row], decision.provisional)
            return self._rest(line.payer, line.share), why
        return 0.0, self.env._("No warranty or contract is known.")
