# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a visit takes of the quotas of contracts: reserved, consumed, released."""

from datetime import datetime

import pytz

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import coverage as engine
from .inside import INSIDE, is_inside

#: Visits that have reserved what they take.
RESERVING = ("planned", "on_way", "on_site", "to_sign")
#: Visits that will take place, or do.
COMING = ("planned", "on_way", "on_site")
#: Visits about whose price the customer can still be asked.
BEFORE_THE_END = ("draft", *COMING)
#: A change of these may let a visit count in another contract year, or not at all.
COUNTING_FIELDS = {"mode", "scheduled_start"}
#: What belongs to a visit of a technician.
VISIT_COSTS = ("labour", "travel")


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    quota_text = fields.Char(
        string="Of the Contract",
        compute="_compute_quota_text",
        help="How many visits the contracts that pay for this one have left.",
    )
    quota_warning = fields.Text(
        string="Beyond the Contract", compute="_compute_quota_text"
    )

    # === COMPUTES === #

    @api.depends(
        "job_ids.ticket_id.finding_ids.coverage_id", "mode", "scheduled_start", "state"
    )
    @api.depends_context("lang")
    def _compute_quota_text(self):
        # sudo: what is left is shown to all who see the visit
        visits = self.sudo()
        known = visits._quota_contracts()
        for visit in visits:
            texts, warnings = [], []
            claims = visit._quota_claims(known) if visit.state != "cancelled" else known
            for contract in claims.filtered("limits_visits").sorted("id"):
                ledger, day = contract._ledger(), visit._quota_day()
                granted = ledger.granted("visit", visit._origin.id)
                balance = ledger.balance("visit", day)
                if granted or (visit.state == "draft" and balance.left > 0):
                    texts.append(visit._say_visits_left(contract, balance, granted))
                elif visit.state in BEFORE_THE_END and balance.left <= 0:
                    warnings.append(visit._say_beyond(contract))
            visit.quota_text = ", ".join(texts)
            visit.quota_warning = "\n".join(warnings)

    def _say_visits_left(self, contract, balance, granted):
        values = {
            "contract": contract.name,
            "left": f"{balance.left:g}",
            "included": f"{balance.included:g}",
        }
        if granted:
            return self.env._(
                "%(contract)s includes this visit: %(left)s of %(included)s visits "
                "left",
                **values,
            )
        return self.env._(
            "%(contract)s: %(left)s of %(included)s visits left", **values
        )

    def _say_beyond(self, contract):
        return self.env._(
            "%(contract)s does not pay for labour and travel of this visit. "
            "%(reason)s. Make a quotation.",
            contract=contract.name,
            reason=contract._used_up_text("visit", contract.visit_quota),
        )

    # === HOOKS === #

    def write(self, vals):
        res = super().write(vals)
        if COUNTING_FIELDS & vals.keys():
            self.filtered(lambda visit: visit.state in RESERVING)._reserve_visits()
        return res

    def _move(self, state, **stamps):
        res = super()._move(state, **stamps)
        if state == "planned":
            self._reserve_visits(telling=True)
        elif state in ("draft", "cancelled"):
            self._release_quotas()
        elif state == "on_site" and "finished_at" in stamps:
            # The work goes on: its hours and parts are known when it is finished.
            self._release_quotas(("hour", "parts"))
        elif state == "done":
            self._consume_quotas()
        return res

    def _settle_charges(self):
        """What is decided otherwise after the signature corrects the ledger as well."""
        self._reserve_work()
        res = super()._settle_charges()
        self._consume_quotas()
        return res

    def _write_charges(self):
        """Reserve the hours and parts first, so that what the customer reads holds."""
        for visit in self.filtered(lambda visit: visit.state == "to_sign"):
            visit._reserve_work()
        return super()._write_charges()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_ledger(self):
        # sudo: the ledger keeps its visits, whoever may read it
        usage = self.env["aftersales.contract.usage"].sudo()
        if usage.search_count([("dispatch_id", "in", self.ids)], limit=1):
            usage._raise_kept()

    # === WHICH CONTRACTS === #

    def _quota_contracts(self):
        """Find the limited contracts that may have to do with these visits.

        :return: `aftersales.contract` with sudo: of the machines, and those from which
            the visits have taken something
        """
        # sudo: contracts decide, whoever plans
        visits = self._origin.sudo()
        tickets = visits.job_ids.ticket_id
        machines = tickets.equipment_id | tickets.finding_ids.equipment_id
        limited = (
            Domain("limits_visits", "=", True)
            | Domain("limits_hours", "=", True)
            | Domain("limits_parts", "=", True)
        )
        return (
            self.env["aftersales.contract"]
            .sudo()
            .search(
                Domain("usage_ids", "any", [("dispatch_id", "in", visits.ids)])
                | (limited & Domain("line_ids.equipment_id", "in", machines.ids)),
                order="id",
            )
        )

    def _quota_claims(self, known, reserving=False):
        """Return the contracts from which this visit takes a visit, if there is one.

        These pay for its labour or its way, or would, were their visits not used up.
        Maintenance comes beside the included visits.

        :param known: `_quota_contracts`, to save the search where there are none
        :param bool reserving: without those for whose visit it is settled that the
            customer pays
        :return: `aftersales.contract`
        """
        self.ensure_one()
        contracts = known.browse()
        if not known or self.mode != "on_site":
            return contracts
        for ticket in self.job_ids.ticket_id:
            if ticket._is_maintenance():
                continue
            for finding in ticket.finding_ids:
                for line in finding.coverage_id.line_ids:
                    contracts |= line._claimed_contracts(reserving)
            if not ticket.finding_ids:
                contracts |= ticket._claimed_if_presumed()
        return contracts.filtered("limits_visits")

    # === DAYS === #

    def _quota_day(self, finding=None):
        """Return the day at the site on which a visit counts.

        :param finding: `aftersales.finding` for which these are all visits: the day of
            the next one, or today
        """
        visit = self if finding is None else self._next_on_site()
        moment = visit.finished_at or visit.arrived_at or visit.scheduled_start
        if finding is not None and not moment:
            return fields.Date.context_today(finding._at_site())
        zone = visit.site_id._aftersales_tz(visit.partner_id, visit.company_id)
        moment = pytz.utc.localize(moment or datetime.now())
        return moment.astimezone(pytz.timezone(zone)).date()

    def _next_on_site(self):
        """Return the next of these visits that somebody still makes."""
        coming = self.filtered(
            lambda visit: (
                visit.mode == "on_site"
                and visit.scheduled_start
                and visit.state not in ("done", "cancelled")
            )
        )
        return coming.sorted("scheduled_start")[:1]

    # === STEPS === #

    def _reserve_visits(self, telling=False):
        """Reserve a visit of each contract that pays for these; release the others.

        A visit that is moved to another contract year counts there.

        :param bool telling: note it where there is none left; it is noted anyway where
            there is none left any more
        """
        known = self._quota_contracts()
        if not known:
            return
        # sudo: decisions and contracts, whoever plans; once about all of it
        visits = self.sudo().with_context(aftersales_reserving=INSIDE)
        findings = visits.job_ids.ticket_id.finding_ids
        findings._decide_coverage()
        claims = {visit: visit._quota_claims(known, True) for visit in visits}
        involved = known.filtered("limits_visits")
        ledgers = involved.with_env(visits.env)._open_ledgers()
        beyond = []
        for visit, contracts in claims.items():
            day = visit._quota_day()
            for contract, ledger in ledgers.items():
                need = 1 if contract in contracts else 0
                before = ledger.granted("visit", visit.id)
                got = ledger.reserve("visit", visit.id, need, day, whole=True)
                if need and not got and (before or telling):
                    beyond.append((visit, contract))
        rows = involved._write_ledgers(ledgers)
        if rows:
            # What has reserved its visit is not refused for it any more.
            findings._decide_coverage()
        self._tell_beyond(beyond)
        freed = rows.filtered(lambda row: row.step == "release").sudo().contract_id
        # Others may wait for what these visits need no more.
        freed.line_ids.equipment_id.with_env(self.env)._reserve_coming_visits(self)

    def _follow_quotas(self):
        """Reserve anew for those of these visits that will take place."""
        self.filtered(lambda visit: visit.state in COMING)._reserve_visits()

    def _tell_beyond(self, beyond):
        """Note on visits that their contract does not pay for them.

        :param list beyond: pairs of visit and contract
        """
        bodies = {}
        for visit, contract in beyond:
            bodies.setdefault(visit.id, []).append(visit._say_beyond(contract))
        if bodies:
            texts = {visit: "\n".join(lines) for visit, lines in bodies.items()}
            self.browse(texts)._message_log_batch(bodies=texts)

    def _reserve_work(self):
        """Reserve the visit, hours and parts that a finished visit takes.

        The customer reads and signs for the rest.
        """
        self.ensure_one()
        self._reserve_visits()
        known = self._quota_contracts()
        if not known:
            return
        needs = self._work_needs(self._unlimited_rows())
        day = self._quota_day()
        ledgers = known._open_ledgers()
        for contract, ledger in ledgers.items():
            for quota in ledger.included.keys() - {"visit"}:
                need = needs.get((contract.id, quota), 0.0)
                ledger.reserve(quota, self.id, need, day)
        known._write_ledgers(ledgers)

    def _release_quotas(self, quotas=("visit", "hour", "parts")):
        """Give back what visits have reserved that don't take place."""
        # sudo: the ledger follows from the visit, whoever cancels it
        held = self.env["aftersales.contract"].sudo()
        held = held.search([("usage_ids", "any", [("dispatch_id", "in", self.ids)])])
        held._release(self, quotas)

    def _consume_quotas(self):
        """Note what signed visits have used; a new version corrects the difference."""
        for visit in self:
            known = visit._quota_contracts()
            if not known:
                continue
            claims = visit.sudo()._quota_claims(known)
            needs = visit._work_needs(visit._charge_rows())
            quote = visit._quotes().filtered(lambda order: order.state == "sale")[-1:]
            day = visit._quota_day()
            ledgers = known._open_ledgers()
            for contract, ledger in ledgers.items():
                if "visit" in ledger.included:
                    got = contract in claims and ledger.granted("visit", visit.id)
                    contract._step(ledger.consume, "visit", visit.id, got or 0.0, day)
                    extra = 1.0 if contract in claims and not got and quote else 0.0
                    ledger.consume_extra("visit", visit.id, extra, day)
                for quota in ledger.included.keys() - {"visit"}:
                    need = needs.get((contract.id, quota), 0.0)
                    contract._step(ledger.consume, quota, visit.id, need, day)
            known._write_ledgers(ledgers, order=quote)

    def _jobs_changed(self):
        """Reserve anew what visits take, after another job."""
        self.filtered(lambda visit: visit.state in RESERVING)._reserve_visits()


class AftersalesDispatchJob(models.Model):
    _inherit = "aftersales.dispatch.job"

    @api.model_create_multi
    def create(self, vals_list):
        jobs = super().create(vals_list)
        jobs.dispatch_id._jobs_changed()
        return jobs

    def write(self, vals):
        visits = self.dispatch_id
        res = super().write(vals)
        if {"dispatch_id", "ticket_id"} & vals.keys():
            (visits | self.dispatch_id)._jobs_changed()
        return res

    def unlink(self):
        visits = self.dispatch_id
        res = super().unlink()
        visits.exists()._jobs_changed()
        return res


class AftersalesCoverage(models.Model):
    _inherit = "aftersales.coverage"

    @api.model
    def _record(self, vals_list, first=False):
        """Visits that are planned already follow who pays from now on.

        A contract that pays has to have a visit left for them; one that does not pay
        any more gets it back.
        """
        new = super()._record(vals_list, first=first)
        if not is_inside(self.env, "aftersales_reserving"):
            new.ticket_id.job_ids.dispatch_id._follow_quotas()
        return new


class AftersalesCoverageLine(models.Model):
    _inherit = "aftersales.coverage.line"

    def _claimed_contracts(self, reserving=False):
        """Return the contracts that a visit for this cost takes a visit from.

        :param bool reserving: see `aftersales.dispatch._quota_claims`
        """
        self.ensure_one()
        if self.cost not in VISIT_COSTS:
            return self.contract_id.browse()
        contracts = self.contract_id
        is_settled = reserving and self.coverage_id._is_fixed()
        if engine.customer_share(self.payer, self.share) and not is_settled:
            used_up = self.rejection_ids.filtered(
                lambda row: _is_visit_used_up(row.code, row.values or {})
            )
            contracts |= used_up.contract_id
        return contracts


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    def write(self, vals):
        res = super().write(vals)
        if "service_mode" in vals:
            # Served from afar, a report needs none of the included visits.
            # sudo: decisions follow from the facts, whoever corrects the ticket
            self.sudo().finding_ids._decide_coverage()
        if "equipment_id" in vals:
            # sudo: as above; without a finding it is the machine that is presumed
            self.sudo().job_ids.dispatch_id._follow_quotas()
        return res

    def _presumed_decision(self):
        """Return what is decided as long as there is no finding.

        :return: `tools.coverage.Decision`, None when the equipment is not known
        """
        self.ensure_one()
        # sudo: the terms are read for whoever plans
        finding = self.env["aftersales.finding"].sudo().new({"ticket_id": self.id})
        for inputs in finding._coverage_inputs().values():
            return engine.decide(*inputs)
        return None

    def _claimed_if_presumed(self):
        """Return the contracts that a visit takes a visit from, without a finding."""
        decision = self._presumed_decision()
        contracts = self.env["aftersales.contract"].sudo()
        for line in decision.lines if decision else ():
            if line.cost not in VISIT_COSTS:
                continue
            contracts |= contracts._of_candidate(line.candidate)
            if not engine.customer_share(line.payer, line.share):
                continue
            for rejection in line.rejections:
                if _is_visit_used_up(rejection.code, rejection.values):
                    contracts |= contracts._of_candidate(rejection.candidate)
        return contracts


class AftersalesEquipment(models.Model):
    _inherit = "aftersales.equipment"

    def _reserve_coming_visits(self, others=None):
        """Let the coming visits to these machines follow what contracts pay now.

        Those without a finding have no decision that would do it.

        :param others: `aftersales.dispatch` that know already
        """
        if not self or is_inside(self.env, "aftersales_reserving"):
            return
        tickets = Domain("equipment_id", "in", self.ids) | Domain(
            "finding_ids.equipment_id", "in", self.ids
        )
        # sudo: visits follow from contracts, whoever changes those
        visits = self.env["aftersales.dispatch"].sudo()
        visits = visits.search(
            Domain("state", "in", COMING)
            & Domain("mode", "=", "on_site")
            & Domain("job_ids.ticket_id", "any", tickets),
            order="scheduled_start, id",
        )
        (visits - (others or visits.browse()))._reserve_visits()


class AftersalesContract(models.Model):
    _inherit = "aftersales.contract"

    @api.model
    def _of_candidate(self, candidate):
        """Return the contract behind a candidate of a decision, possibly empty.

        :param candidate: `tools.coverage.Candidate` or None
        """
        if candidate is None or candidate.payer != "contract":
            return self.browse()
        model, res_id = candidate.ref
        return self.env[model].browse(res_id).contract_id


def _is_visit_used_up(code, values):
    return code == "quota_used_up" and values.get("quota") == "visit"
