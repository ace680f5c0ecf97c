# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What contracts leave of the charges of a visit, and what is beyond them."""

import math

from odoo import models
from odoo.tools import formatLang

#: Kind of charge -> the quota that it takes from.
QUOTA_OF_KIND = {"labour": "hour", "part": "parts"}
#: Shares are rounded down to hundredths of a percent, which orders can say exactly.
SHARE_STEPS = 10000


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    # === WHO PAYS === #

    def _finding_share(self, finding, cost, product):
        """A visit beyond the included ones is charged, whatever was decided before."""
        free, why = super()._finding_share(finding, cost, product)
        contract = self._finding_contract(finding, cost, product)
        return self._share_of_visit(cost, finding.ticket_id, contract, free, why)

    def _presumed_share(self, ticket, cost):
        free, why = super()._presumed_share(ticket, cost)
        contract = ticket._presumed_contract(cost)
        return self._share_of_visit(cost, ticket, contract, free, why)

    def _share_of_visit(self, cost, ticket, contract, free, why):
        """Take back what a contract would pay if it had a visit left for this one."""
        if cost == "parts" or not contract or self._is_granted(contract, ticket):
            return free, why
        text = contract.with_env(self.env)._used_up_text("visit", contract.visit_quota)
        return 0.0, f"{contract.name}: {text}"

    def _is_granted(self, contract, ticket):
        """Tell whether a contract pays for the visit itself.

        :param contract: `aftersales.contract` that pays by its terms
        :param ticket: `aftersales.ticket` that it pays for; maintenance comes beside
            the included visits, what else is done on its day doesn't
        """
        if (
            not contract.limits_visits
            or self.mode != "on_site"
            or ticket._is_maintenance()
        ):
            return True
        ledger = contract._ledger()
        if ledger.granted("visit", self.id):
            return True
        # Nothing is reserved yet: what a quotation offers is what would be.
        return self.state == "draft" and (
            ledger.balance("visit", self._quota_day()).left > 0
        )

    def _free_share(self, cost, job, finding, product=None):
        """What belongs to a maintenance visit is paid with the contract."""
        contract = self._maintained_under(job, finding)
        if contract and (cost == "travel" or (cost == "labour" and not finding)):
            why = self.env._("Maintenance under contract %s", contract.name)
            return 1.0, why
        if contract and product and not finding:
            path = {
                int(i) for i in (product.categ_id.parent_path or "").split("/")[:-1]
            }
            if path & set(contract.excluded_category_ids.ids):
                return 0.0, self.env._("Wear parts are not part of the contract.")
        return super()._free_share(cost, job, finding, product)

    def _maintained_under(self, job, finding):
        """Return the contract whose maintenance a cost belongs to, possibly none."""
        tickets = finding.ticket_id or (job or self.job_ids).ticket_id
        maintained = tickets.filtered(lambda ticket: ticket._is_maintenance())
        # sudo: contracts, whoever works
        return maintained.sudo().maintenance_id.contract_id[:1]

    def _finding_contract(self, finding, cost, product=None):
        """Return the contract that pays a cost of a finding, possibly none."""
        coverage = finding.coverage_id
        line = coverage.line_ids.filtered(lambda row: row.cost == cost)
        # A finding without a machine has no decision.
        if not product or not coverage:
            return line.contract_id
        payer, _share, name, _end = coverage._part_source(product)
        contracts = line.contract_id | line.rejection_ids.contract_id
        if payer != "contract":
            return contracts.browse()
        return contracts.filtered(lambda contract: contract.name == name)[:1]

    def _paying_contract(self, cost, job, finding, product=None):
        """Return the contract by which a cost is free, as `_free_share` chooses.

        :return: `aftersales.contract`, empty where something else pays as much
        """
        none = self.env["aftersales.contract"]
        if finding:
            return self._finding_contract(finding, cost, product)
        choices = []
        for ticket in (job or self.job_ids).ticket_id:
            for candidate in ticket.finding_ids:
                free, _why = self._finding_share(candidate, cost, product)
                contract = self._finding_contract(candidate, cost, product)
                choices.append((free, not contract, contract))
            if not ticket.finding_ids:
                free, _why = self._presumed_share(ticket, cost)
                contract = ticket._presumed_contract(cost)
                choices.append((free, not contract, contract))
        best = max(choices, key=lambda choice: choice[:2], default=None)
        return best[2] if best and best[0] else none

    # === ROWS === #

    def _time_row(self, charge, time, job, finding, lines):
        row = super()._time_row(charge, time, job, finding, lines)
        finding = finding if len(finding) == 1 else finding[:0]
        return self._with_contract(row, job, finding)

    def _part_row(self, line, planned=False):
        row = super()._part_row(line, planned)
        product = line.product_id or None
        return self._with_contract(row, line.job_id, line.finding_id, product)

    def _with_contract(self, row, job, finding, product=None):
        """Add to a row which contract limits how much of it is free, if one does."""
        quota = QUOTA_OF_KIND.get(row["kind"])
        if not row["share"] or not quota:
            return row
        if quota == "hour" and not finding and self._maintained_under(job, finding):
            # Beside what is included otherwise.
            return row
        cost = "parts" if quota == "parts" else "labour"
        contract = self._paying_contract(cost, job, finding, product)
        limited = contract.limits_hours if quota == "hour" else contract.limits_parts
        return {**row, "contract_id": contract.id} if limited else row

    def _unlimited_rows(self, planned=False):
        """Return the charges as if no contract were limited, see `_charge_rows`."""
        # pylint: disable-next=super-method-mismatch
        return super()._charge_rows(planned)

    def _charge_rows(self, planned=False):
        rows = self._unlimited_rows(planned)
        if not any(row.get("contract_id") for row in rows):
            return rows
        lang = self.partner_id.lang or self.env.user.lang
        visit = self.sudo().with_company(self.company_id).with_context(lang=lang)
        return visit._limit_rows(rows)

    def _limit_rows(self, rows):
        """Charge what is beyond the hours and the amount for parts of contracts."""
        left, result = {}, []
        for row in rows:
            contract = self.env["aftersales.contract"].browse(row.get("contract_id"))
            if not contract:
                result.append(row)
                continue
            quota = QUOTA_OF_KIND[row["kind"]]
            key = (contract.id, quota)
            if key not in left:
                left[key] = self._allowance(contract, quota)
            need = self._row_need(row)
            got = max(min(need, round(left[key], 2)), 0.0)
            left[key] -= got
            if got >= need:
                result.append(row)
            elif quota == "hour":
                result += self._split_hours(row, got, contract)
            else:
                result.append(self._lower_share(row, got / need, contract))
        return result

    def _allowance(self, contract, quota):
        """Return how much of a quota this visit may have."""
        ledger = contract._ledger()
        granted = ledger.granted(quota, self.id)
        if self.state in ("to_sign", "done"):
            return granted
        return granted + ledger.balance(quota, self._quota_day()).left

    def _split_hours(self, row, hours, contract):
        """Let a row be free for some hours, and charge the others."""
        beyond = {
            **{name: value for name, value in row.items() if name != "contract_id"},
            "quantity": round(row["quantity"] - hours, 2),
            "share": 0.0,
            "why": self._say_limit(contract, "hour"),
        }
        return [{**row, "quantity": hours}, beyond] if hours else [beyond]

    def _lower_share(self, row, part, contract):
        """Let a smaller share of parts be free."""
        share = math.floor(row["share"] * part * SHARE_STEPS + 1e-6) / SHARE_STEPS
        why = ". ".join(filter(None, [row["why"], self._say_limit(contract, "parts")]))
        return {**row, "share": share, "why": why}

    def _say_limit(self, contract, quota):
        """Say in the customer's words that a contract has a limit."""
        if quota == "hour":
            return self.env._(
                "%(contract)s: %(count)s hours are included",
                contract=contract.name,
                count=f"{contract.hour_quota:g}",
            )
        return self.env._(
            "%(contract)s: parts for %(amount)s are included",
            contract=contract.name,
            amount=formatLang(
                self.env,
                contract.parts_quota,
                currency_obj=contract.company_id.currency_id,
            ),
        )

    # === HOW MUCH === #

    def _row_need(self, row):
        """Return how many hours, or what amount, a contract pays in a row."""
        if QUOTA_OF_KIND[row["kind"]] == "hour":
            return round(row["quantity"], 2)
        return round(self._part_price(row) * row["quantity"] * row["share"], 2)

    def _work_needs(self, rows):
        """Add up what contracts pay in rows.

        :return: dict of (id of the contract, quota) -> hours or amount
        """
        needs = {}
        for row in rows:
            if row.get("contract_id"):
                key = (row["contract_id"], QUOTA_OF_KIND[row["kind"]])
                needs[key] = round(needs.get(key, 0.0) + self._row_need(row), 2)
        return needs

    def _part_price(self, row):
        """Return the sales price of a part without tax, in the company's currency."""
        # sudo: prices, of which technicians see but the sum
        visit = self.sudo().with_company(self.company_id)
        product = visit.env["product.product"].browse(row["product_id"] or [])
        if not product:
            return 0.0
        company, partner = visit.company_id, visit.partner_id
        price, pricelist = product.lst_price, partner.property_product_pricelist
        if pricelist:
            price = pricelist._get_product_price(
                product, row["quantity"] or 1.0, currency=company.currency_id
            )
        taxes = product.taxes_id._filter_taxes_by_company(company)
        return taxes.compute_all(
            price, currency=company.currency_id, product=product, partner=partner
        )["total_excluded"]


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    def _presumed_contract(self, cost):
        """Return the contract that is presumed to pay, as long as nothing is found."""
        decision = self._presumed_decision()
        chosen = [
            line.candidate
            for line in (decision.lines if decision else ())
            if line.cost == cost
        ]
        contracts = self.env["aftersales.contract"].sudo()
        return contracts._of_candidate(chosen[0] if chosen else None)
