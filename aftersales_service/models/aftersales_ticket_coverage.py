# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What could pay for a ticket, and the sentence that says what does."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import coverage as engine
from .aftersales_finding_coverage import ENDED_STATES
from .inside import INSIDE, is_inside
from .selections import COST_CLASSES

#: What moves the day of the fault or its machine.
TICKET_FIELDS = {"equipment_id", "partner_id", "reported_at", "site_id", "team_id"}
#: What a warranty says about who pays.
WARRANTY_FIELDS = {
    "equipment_id",
    "is_void",
    "kind",
    "part_product_id",
    "part_serial",
    "start_date",
    *(f"{cost}_{name}" for cost in COST_CLASSES for name in ("start_date", "end_date")),
}


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    coverage_summary = fields.Html(
        string="Who Pays",
        compute="_compute_coverage_summary",
        help="The decision of each finding in a plain sentence; before there is a "
        "finding, what is presumed.",
    )
    coverage_warning = fields.Text(compute="_compute_coverage_summary")
    coverage_charges = fields.Boolean(
        string="Customer Pays",
        compute="_compute_coverage_summary",
        export_string_translation=False,
        help="Parts or labour of a finding are charged to the customer.",
    )
    coverage_outdated = fields.Boolean(
        string="Coverage to Decide Again", compute="_compute_coverage_outdated"
    )

    # === COMPUTES === #

    @api.depends("finding_ids.coverage_id", "finding_ids.display_name", "equipment_id")
    @api.depends_context("lang")
    def _compute_coverage_summary(self):
        presumed = self._presumed_coverage()
        for ticket in self:
            rows = [
                (
                    finding.display_name,
                    coverage.summary,
                    coverage.warning,
                    coverage._charges_work(),
                )
                for finding in ticket.finding_ids
                if (coverage := finding.coverage_id)
            ] or presumed.get(ticket, [])
            if len(rows) == 1:
                html = Markup("<p>%s</p>") % rows[0][1]
            else:
                items = (Markup("<li>%s: %s</li>") % row[:2] for row in rows)
                html = rows and Markup("<ul>%s</ul>") % Markup().join(items)
            ticket.coverage_summary = html or False
            warnings = dict.fromkeys(row[2] for row in rows if row[2])
            ticket.coverage_warning = "\n".join(warnings) or False
            ticket.coverage_charges = any(row[3] for row in rows)

    def _presumed_coverage(self):
        """Say what would be decided for findings that are not written down yet.

        :return: dict of ticket -> list of (False, sentence, warnings, whether parts or
            labour are charged), without those that have findings or no equipment
        """
        early = self.filtered(lambda t: t.equipment_id and not t.finding_ids)
        # sudo: the terms are read for whoever reads the ticket
        Finding = self.env["aftersales.finding"].sudo()
        findings = {Finding.new({"ticket_id": t.id}): t for t in early}
        Coverage = self.env["aftersales.coverage"]
        rows = {}
        for finding, inputs in Finding.union(*findings)._coverage_inputs().items():
            decision = engine.decide(*inputs)
            row = (
                False,
                Coverage._decision_sentence(decision),
                Coverage._warning_text(decision.warnings),
                any(
                    line.cost != "travel" and line.payer == "customer"
                    for line in decision.lines
                ),
            )
            rows[findings[finding]] = [row]
        return rows

    @api.depends("finding_ids.coverage_outdated")
    def _compute_coverage_outdated(self):
        for ticket in self:
            ticket.coverage_outdated = any(
                ticket.finding_ids.mapped("coverage_outdated")
            )

    # === WHAT FOLLOWS === #

    def write(self, vals):
        res = super().write(vals)
        if TICKET_FIELDS & vals.keys():
            # sudo: decisions follow from the facts, whoever corrects the ticket
            self.sudo().finding_ids._decide_coverage()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        # sudo: findings go with their ticket, and so do the reasons to keep them
        self.sudo().finding_ids._unlink_except_decided()

    def _change_customer(self, before, vals):
        """What one customer has accepted does not bind another."""
        res = super()._change_customer(before, vals)
        changed = self.filtered(
            lambda ticket: (
                before[ticket].commercial_partner_id
                != ticket.partner_id.commercial_partner_id
            )
        )
        # sudo: what was signed binds, whoever may read it
        decisions = changed.sudo().finding_ids.coverage_ids
        if any(coverage._signed_form() for coverage in decisions):
            raise UserError(
                self.env._(
                    "The customer has signed who pays: the ticket stays with this "
                    "customer."
                )
            )
        # sudo: the steps are undone whoever corrects the customer
        changed.sudo().finding_ids.filtered(
            lambda finding: (
                finding.misuse_state == "determined" or finding.misuse_notice_id
            )
        )._reset_misuse(self.env._("The finding was changed after it was examined."))
        return res

    def _coverage_candidates(self, date=None):
        """Yield what could pay for these tickets' findings, ended and void included.

        Contracts add theirs. All is read at once, so that many findings cost no more
        queries than one.

        :param date: day of the fault where it is one and the same, for candidates that
            depend on it; each record also sees the finding it is asked about
        :return: generator of recordsets, whose records have `equipment_id` and
            `_prepare_coverage_candidate(finding)`
        """
        equipment = self.equipment_id | self.finding_ids.equipment_id
        yield self.env["aftersales.warranty"].search_fetch(
            [("equipment_id", "in", equipment.ids)], order="id"
        )

    def _freeze_coverage(self, form):
        """Keep the decisions that a customer has signed for, see the findings' method.

        :param form: `aftersales.service.form` that prints them
        """
        self.finding_ids._freeze_coverage(form)

    def _cost_so_far(self):
        """Add up what the visits to this ticket have cost.

        A visit to several tickets costs each of them an equal part.

        :return: dict of cost -> amount in the company's currency; hours of technicians
            without an hourly cost count nothing
        """
        costs = dict.fromkeys(COST_CLASSES, 0.0)
        kinds = {"part": "parts", "labour": "labour", "travel": "travel"}
        # sudo: hourly costs are for HR only; the manager sees but the sum
        for line in self.sudo().job_ids.dispatch_id.line_ids:
            line = line.with_company(line.company_id)
            if line.kind == "part":
                amount = line.quantity * line.product_id.standard_price
            else:
                amount = line.hours * line.employee_id.hourly_cost
            visited = len(line.dispatch_id.job_ids.ticket_id)
            costs[kinds[line.kind]] += amount / visited
        return costs

    # === ACTIONS === #

    def action_view_coverage(self):
        return self.finding_ids.action_view_coverage()

    def action_decide_coverage(self):
        """Let a manager decide about the only finding, or choose one."""
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role("manager")
        findings = self.finding_ids.filtered("equipment_id")
        if not findings:
            raise UserError(
                self.env._("Write down a finding with its equipment first.")
            )
        if len(findings) == 1:
            return findings.action_decide_coverage()
        return self.finding_ids._get_records_action(name=self.env._("Findings"))


class AftersalesEquipment(models.Model):
    _inherit = "aftersales.equipment"

    def write(self, vals):
        res = super().write(vals)
        if "delivery_date" in vals:
            # From here on a warranty that waits for its trigger is presumed to protect.
            self._retake_coverage()
        return res

    def _retake_coverage(self):
        """Decide again about the findings of these machines whose tickets go on.

        What was decided for a ticket that has ended is history.
        """
        if is_inside(self.env, "aftersales_decide_later"):
            return
        # sudo: findings follow from warranties, whoever gives or changes those
        findings = (
            self.env["aftersales.finding"]
            .sudo()
            .search(
                [
                    ("equipment_id", "in", self.ids),
                    ("ticket_state", "not in", ENDED_STATES),
                ]
            )
        )
        findings._decide_coverage()


class AftersalesWarranty(models.Model):
    _inherit = "aftersales.warranty"

    @api.model_create_multi
    def create(self, vals_list):
        warranties = super().create(vals_list)
        warranties.equipment_id._retake_coverage()
        return warranties

    def write(self, vals):
        equipment = self.equipment_id
        res = super().write(vals)
        if (WARRANTY_FIELDS | set(self._entitlement_fields())) & vals.keys():
            (equipment | self.equipment_id)._retake_coverage()
        return res

    def _recompute_dates(self):
        """Decide once about all of them, not after each."""
        later = self.with_context(aftersales_decide_later=INSIDE)
        res = super(AftersalesWarranty, later)._recompute_dates()
        self.equipment_id._retake_coverage()
        return res

    def unlink(self):
        equipment = self.equipment_id
        res = super().unlink()
        equipment.exists()._retake_coverage()
        return res

    def _prepare_coverage_candidate(self, finding):
        """Prepare this warranty for a decision.

        :param finding: `aftersales.finding` that is decided about
        :return: `tools.coverage.Candidate`
        """
        self.ensure_one()
        is_pending = not self.start_date
        is_part = self.kind == "part"
        ends = {cost: self[f"{cost}_end_date"] for cost in COST_CLASSES}
        endless = tuple(cost for cost in COST_CLASSES if not ends[cost])
        return engine.Candidate(
            ref=(self._name, self.id),
            name=self.name,
            payer="warranty",
            kind=self.kind,
            starts={cost: self._covered_from(cost) or None for cost in COST_CLASSES},
            ends={cost: end or None for cost, end in ends.items()},
            is_pending=is_pending,
            trigger=self.start_trigger if is_pending else None,
            presumed_until={
                cost: self._presumed_until(cost) or None for cost in COST_CLASSES
            },
            shares={cost: self[f"{cost}_share"] for cost in COST_CLASSES},
            liabilities=tuple(sorted(self._covered_liabilities())),
            excluded_categories=tuple(sorted(self.excluded_category_ids.ids)),
            part_product=(is_part and self.part_product_id.id) or None,
            part_serial=(is_part and self.part_serial) or None,
            is_void=self.is_void,
            void_reason=self.void_reason or None,
            # A warranty never lasts for ever: without an end its dates are wrong.
            refusals=(engine.Refusal("no_dates", {}, endless),)
            if endless and not is_pending
            else (),
        )
