# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When a finding's coverage is decided, and what the decision looks at."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools import coverage as engine
from .inside import is_inside

#: What a decision looks at: a change of one of them takes it again.
COVERAGE_FIELDS = {
    "ticket_id",
    "equipment_id",
    "occurred_on",
    "cause_id",
    "liability",
    "part_product_id",
    "part_serial",
    "misuse_state",
}
#: Tickets whose decisions are history: a warranty given later does not retake them.
ENDED_STATES = ("closed", "cancelled")


class AftersalesFinding(models.Model):
    _inherit = "aftersales.finding"

    coverage_ids = fields.One2many(
        "aftersales.coverage", "finding_id", string="Coverage Decisions", readonly=True
    )
    coverage_id = fields.Many2one(
        "aftersales.coverage",
        compute="_compute_coverage_id",
        search="_search_coverage_id",
        help="The decision that stands: who pays for parts, labour and travel.",
    )
    coverage_summary = fields.Char(
        related="coverage_id.summary", string="Who Pays", related_sudo=False
    )
    coverage_warning = fields.Text(
        related="coverage_id.warning", string="Not Known Yet", related_sudo=False
    )
    coverage_kind = fields.Selection(
        related="coverage_id.kind", string="Decided", related_sudo=False
    )
    coverage_state = fields.Selection(
        [
            ("unknown", "Equipment Not Known"),
            ("provisional", "Presumed"),
            ("decided", "Decided"),
        ],
        compute="_compute_coverage_state",
    )
    coverage_outdated = fields.Boolean(
        string="Decide Again",
        compute="_compute_coverage_outdated",
        help="The decision is signed or a manager's, and what it was taken on has "
        "changed: a manager decides again.",
    )

    # === COMPUTES === #

    @api.depends("coverage_ids.is_current")
    def _compute_coverage_id(self):
        current = self.env["aftersales.coverage"]._current(self._origin)
        by_finding = {coverage.finding_id.id: coverage for coverage in current}
        for finding in self:
            finding.coverage_id = by_finding.get(finding._origin.id)

    def _search_coverage_id(self, operator, value):
        standing = Domain("is_current", "=", True)
        if operator == "any":
            return Domain("coverage_ids", "any", standing & Domain(value))
        if operator != "in":
            return NotImplemented
        domain = Domain("coverage_ids", "any", standing & Domain("id", "in", value))
        if False in value:
            domain |= Domain("coverage_ids", "not any", standing)
        return domain

    @api.depends("coverage_id.is_provisional")
    def _compute_coverage_state(self):
        for finding in self:
            if not finding.coverage_id:
                finding.coverage_state = "unknown"
            elif finding.coverage_id.is_provisional:
                finding.coverage_state = "provisional"
            else:
                finding.coverage_state = "decided"

    @api.depends("coverage_id", *COVERAGE_FIELDS)
    def _compute_coverage_outdated(self):
        """Compare the decision with what the terms say now.

        A candidate that came later and changes nothing does not count.
        """
        # sudo: the terms are read for whoever reads the finding
        fixed = self._origin.sudo().filtered(
            lambda finding: finding.coverage_id and finding.coverage_id._is_fixed()
        )
        inputs = fixed._coverage_inputs()
        outdated = {
            finding.id
            for finding in fixed
            if finding.coverage_id._differs_from(inputs.get(finding))
        }
        for finding in self:
            finding.coverage_outdated = finding._origin.id in outdated

    # === CONSTRAINTS === #

    @api.constrains("occurred_on", "ticket_id", "equipment_id")
    def _check_occurred_on(self):
        for finding in self.filtered("occurred_on"):
            site = finding._at_site()
            if finding.occurred_on > fields.Date.context_today(site):
                raise ValidationError(
                    self.env._("A fault can't occur in the future: check the day.")
                )
            reported_on = site._report_day()
            if finding.occurred_on > reported_on:
                raise ValidationError(
                    self.env._(
                        "A fault can't occur after it was reported on %(date)s.",
                        date=self.env["aftersales.coverage"]._long_date(reported_on),
                    )
                )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        findings = super().create(vals_list)
        findings._decide_coverage(first=True)
        return findings

    def write(self, vals):
        if "ticket_id" in vals and not is_inside(self.env, "aftersales_merging"):
            moved = self.filtered(lambda f: f.ticket_id.id != vals["ticket_id"])
            moved._check_decision_stays()
        res = super().write(vals)
        if COVERAGE_FIELDS & vals.keys():
            self._decide_coverage()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        # sudo: a decision keeps its finding whoever may read it
        if any(coverage._is_fixed() for coverage in self.sudo().coverage_ids) or any(
            finding.misuse_state != "none" for finding in self
        ):
            raise UserError(
                self.env._(
                    "All records are kept: a finding that was signed, decided by a "
                    "manager or examined for improper use can't be deleted."
                )
            )

    def _check_decision_stays(self):
        """Keep findings whose decision binds at the ticket it was taken for.

        :raise UserError: when one was signed or decided by a manager
        """
        # sudo: a decision binds whoever may read it
        if any(coverage._is_fixed() for coverage in self.sudo().coverage_ids):
            raise UserError(
                self.env._(
                    "A finding that was signed or decided by a manager stays with its "
                    "ticket."
                )
            )

    # === THE DECISION === #

    def _decide_coverage(self, first=False):
        """Decide who pays, where something has changed since the present decision.

        Takes no notice of findings without equipment, and leaves decisions that are
        signed or a manager's: see `coverage_outdated`.

        :param bool first: these findings are created in this moment
        :return: the new decisions
        """
        # sudo: a decision follows from the facts, whoever enters them: a storekeeper's
        # delivery gives a warranty as well
        findings = self.sudo() if first else self.sudo().exists()
        Coverage = self.env["aftersales.coverage"].sudo()
        if not findings:
            return Coverage
        standing = Coverage if first else Coverage._current(findings)
        current = {coverage.finding_id: coverage for coverage in standing}
        free = findings.filtered(
            lambda finding: finding not in current or not current[finding]._is_fixed()
        )
        inputs = free._coverage_inputs()
        vals_list, before = [], {}
        for finding, (facts, candidates) in inputs.items():
            old = current.get(finding, Coverage)
            vals = Coverage._prepare(finding, facts, candidates)
            if old.facts != vals["facts"]:
                vals_list.append(vals)
                before[finding] = old
        for finding in free - self.browse(finding.id for finding in inputs):
            # The machine turned out to be another, not known one.
            current.get(finding, Coverage)._end()
        if not vals_list:
            return Coverage
        new = Coverage._record(vals_list, first=first)
        new._log_changes(before)
        return new

    def _coverage_inputs(self):
        """Collect what the decisions look at; set-based.

        :return: dict of finding -> (`Facts`, list of `Candidate`), without the
            findings whose equipment is not known
        """
        known = self.filtered("equipment_id")
        candidates = {}
        for records in known.ticket_id._coverage_candidates():
            for record in records:
                candidates.setdefault(record.equipment_id.id, []).append(record)
        return {
            finding: (
                finding._coverage_facts(),
                [
                    record._prepare_coverage_candidate(finding)
                    for record in candidates.get(finding.equipment_id.id, ())
                ],
            )
            for finding in known
        }

    def _coverage_facts(self):
        """Return what is known about this finding.

        :return: `tools.coverage.Facts`
        """
        self.ensure_one()
        path = self.part_product_id.categ_id.parent_path or ""
        return engine.Facts(
            fault_date=self._fault_day(),
            basis="occurrence" if self.occurred_on else "report",
            liability=self.liability or "unknown",
            misuse=self._misuse_for_coverage(),
            equipment=self.equipment_id.id,
            cause=self.cause_id.id or None,
            part_product=self.part_product_id.id or None,
            part_serial=self.part_serial or None,
            part_categories=tuple(int(part) for part in path.split("/") if part),
            is_delivery_known=bool(
                self.equipment_id.delivery_date or self.equipment_id.move_id
            ),
        )

    def _fault_day(self):
        """Return the day of the fault at the site: as evidenced, else as reported."""
        self.ensure_one()
        return self.occurred_on or self._at_site()._report_day()

    def _at_site(self):
        """Return this finding in the time zone where its machine stands."""
        self.ensure_one()
        ticket = self.ticket_id
        tz = (
            self.equipment_id._tz()
            if self.equipment_id
            else ticket.site_id._aftersales_tz(ticket.partner_id, ticket.company_id)
        )
        return self.with_context(tz=tz)

    def _report_day(self):
        """Return the day of the report in the time zone of the context."""
        return fields.Datetime.context_timestamp(
            self, self.ticket_id.reported_at
        ).date()

    # === SIGNATURE === #

    def _freeze_coverage(self, form):
        """Keep the decisions that a customer has signed for.

        :param form: `aftersales.service.form`; one that was refused or that nobody
            signed binds nobody and freezes nothing
        """
        if form.outcome not in ("accepted", "remarks"):
            return
        # sudo: the signature freezes what it was put under, whoever records it
        current = self.env["aftersales.coverage"].sudo()._current(self)
        current.filtered(lambda coverage: not coverage.form_id).form_id = form

    def _coverage_content(self, lang):
        """Return the present decision for the content of a service form.

        :param str lang: language of the customer
        :return: dict of plain values: summary, provisional, day, lines with cost,
            payer, share, source and until, and the sentences that say why something is
            charged; None without a decision
        """
        self.ensure_one()
        # sudo: who pays is printed whether or not the technician may read the terms
        coverage = self.sudo().with_context(lang=lang).coverage_id
        if not coverage:
            return None
        return coverage._content()

    # === ACTIONS === #

    def action_view_coverage(self):
        """Show all decisions of these findings, the present one first."""
        coverages = self.env["aftersales.coverage"].search(
            [("finding_id", "in", self.ids)], order="is_current desc, id desc"
        )
        if len(coverages.filtered("is_current")) == len(coverages) == 1:
            return coverages._get_records_action()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_coverage_action"
        )
        action["domain"] = [("finding_id", "in", self.ids)]
        action["context"] = {}  # those that stand no longer are shown too
        return action

    def action_decide_coverage(self):
        """Open the dialog in which a manager decides."""
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role("manager")
        if not self.equipment_id:
            raise UserError(
                self.env._("Say first which equipment it is: its warranties decide.")
            )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_coverage_decide_action"
        )
        action["context"] = {"default_finding_id": self.id}
        return action
