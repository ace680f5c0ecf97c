# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date
from odoo.tools.misc import clean_context

from ..tools import coverage as engine
from .selections import COST_CLASSES, LIABILITY_SELECTION

KIND_SELECTION = [
    ("automatic", "By the Terms"),
    ("override", "Decided by a Manager"),
    ("goodwill", "Goodwill"),
]
SETTLEMENT_SELECTION = [
    ("none", "Nothing Changes"),
    ("charge", "Supplementary Charge"),
    ("credit", "Credit"),
]
#: What may still be written on a decision: that it was printed, told, or superseded.
OPEN_FIELDS = {"form_id", "is_current", "notice_message_id", "superseded_by_id"}


class AftersalesCoverage(models.Model):
    """The decision who pays for parts, labour and travel of one finding, and why.

    A decision is superseded by a newer one, never edited. The signature freezes the
    one that was printed.
    """

    _name = "aftersales.coverage"
    _description = "Coverage Decision"
    _order = "finding_id, id desc"
    _check_company_auto = True

    finding_id = fields.Many2one(
        "aftersales.finding",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    ticket_id = fields.Many2one(
        "aftersales.ticket",
        related="finding_id.ticket_id",
        store=True,
        precompute=True,
        index=True,
    )
    company_id = fields.Many2one(
        "res.company",
        related="finding_id.company_id",
        store=True,
        precompute=True,
        index=True,
    )
    equipment_id = fields.Many2one(
        "aftersales.equipment", readonly=True, index="btree_not_null"
    )
    kind = fields.Selection(KIND_SELECTION, required=True, readonly=True)
    is_current = fields.Boolean(
        string="Current", default=True, readonly=True, index=True
    )
    superseded_by_id = fields.Many2one(
        "aftersales.coverage",
        string="Superseded by",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    is_provisional = fields.Boolean(
        string="Provisional",
        readonly=True,
        help="Something is not known yet: presumed covered until found otherwise.",
    )

    # What it was decided on
    fault_date = fields.Date(
        string="Day of the Fault",
        readonly=True,
        help="Day at the site when the fault occurred, or was reported.",
    )
    fault_date_basis = fields.Selection(
        [("occurrence", "Occurrence"), ("report", "Report")], readonly=True
    )
    cause_id = fields.Many2one(
        "aftersales.cause", readonly=True, index="btree_not_null"
    )
    liability = fields.Selection(LIABILITY_SELECTION, readonly=True)
    facts = fields.Json(
        readonly=True,
        export_string_translation=False,
        help="Everything the decision looked at; it is taken again when this changes.",
    )

    # When and by whom
    decided_at = fields.Datetime(
        string="Decided On", required=True, readonly=True, default=fields.Datetime.now
    )
    decided_by = fields.Many2one(
        "res.users", readonly=True, help="Empty: by the terms, automatically."
    )
    reason = fields.Text(readonly=True)
    cost = fields.Monetary(
        readonly=True,
        groups="aftersales_service.aftersales_service_group_manager,"
        "aftersales_service.aftersales_service_group_finance",
        help="What the work cost when a manager decided.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")

    # Signature
    form_id = fields.Many2one(
        "aftersales.service.form",
        string="Printed on",
        readonly=True,
        index="btree_not_null",
        help="The signed form that says so; it freezes the decision.",
    )
    corrects_form_id = fields.Many2one(
        "aftersales.service.form",
        string="Corrects",
        readonly=True,
        index="btree_not_null",
        help="The signed form that said otherwise.",
    )
    settlement = fields.Selection(
        SETTLEMENT_SELECTION,
        readonly=True,
        help="What a decision after the signature leads to.",
    )
    notice_message_id = fields.Many2one(
        "mail.message",
        string="Notice to the Customer",
        readonly=True,
        index="btree_not_null",
    )

    line_ids = fields.One2many("aftersales.coverage.line", "coverage_id", readonly=True)
    warning_codes = fields.Json(readonly=True, export_string_translation=False)
    summary = fields.Char(
        compute="_compute_summary", help="The decision in one plain sentence."
    )
    warning = fields.Text(
        compute="_compute_warning", help="What is not known yet, in plain sentences."
    )

    # One winner where two decide at the same time.
    _current_uniq = models.UniqueIndex(
        "(finding_id) WHERE is_current", "This finding was decided at the same time."
    )

    # === COMPUTES === #

    @api.depends("line_ids", "is_provisional")
    @api.depends_context("lang")
    def _compute_summary(self):
        for coverage in self:
            rows = [
                (line.cost, line.payer, line.share, line.source_ref, line.end_date)
                for line in coverage.line_ids
            ]
            coverage.summary = self._sentence(rows, coverage.is_provisional)

    @api.depends("warning_codes")
    @api.depends_context("lang")
    def _compute_warning(self):
        for coverage in self:
            coverage.warning = self._warning_text(coverage.warning_codes)

    @api.depends("finding_id", "decided_at")
    def _compute_display_name(self):
        for coverage in self:
            coverage.display_name = self.env._(
                "Coverage of %(finding)s, %(date)s",
                # sudo: finance reads decisions, not what they are about
                finding=coverage.finding_id.sudo().display_name,
                date=format_date(self.env, coverage.decided_at),
            )

    # === NEVER EDITED === #

    def write(self, vals):
        self.check_access("write")
        if vals.keys() - OPEN_FIELDS:
            raise UserError(
                self.env._("A coverage decision can't be changed. Take a new one.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A coverage decision can't be deleted."))

    def _is_fixed(self):
        """Tell whether only a manager takes a new decision: signed, or by a manager."""
        self.ensure_one()
        return bool(self._signed_form()) or self.kind != "automatic"

    def _signed_form(self):
        """Return the form that binds: it says so, or the customer was told otherwise.

        :return: `aftersales.service.form`, empty before any signature
        """
        return self.form_id or self.corrects_form_id

    @api.model
    def _record(self, vals_list, first=False):
        """Store new decisions; each supersedes the present one of its finding.

        :param list vals_list: values as of `create`, one a finding
        :param bool first: the findings are created in this moment: nobody else knows
            them, and none is decided yet
        :return: the new decisions
        """
        # sudo: decisions follow from the facts, nobody has the right to write them, not
        # through defaults in the context either
        Coverage = self.with_context(clean_context(self.env.context)).sudo()
        findings = self.env["aftersales.finding"].browse(
            vals["finding_id"] for vals in vals_list
        )
        old = Coverage if first else Coverage._supersede(findings)
        new = Coverage.create(vals_list)
        successor = {coverage.finding_id: coverage for coverage in new}
        for coverage in old:
            coverage.superseded_by_id = successor[coverage.finding_id]
        findings.invalidate_recordset(["coverage_id"])
        return new.with_env(self.env).sudo()

    def _supersede(self, findings):
        """End the present decisions of findings that get new ones.

        :return: the decisions that have ended
        """
        # Two who decide at the same time meet on the finding: one has to try again,
        # and then sees the decision of the other.
        self.env.cr.execute(
            SQL(
                "UPDATE aftersales_finding SET write_date = write_date WHERE id IN %s",
                tuple(findings.ids),
            )
        )
        old = self._current(findings)
        old._end()
        return old

    def _end(self):
        """Let decisions stand no longer; they stay readable."""
        if self:
            self.write({"is_current": False})
            # The index that allows one current decision looks at each row at once.
            self.flush_recordset(["is_current"])

    @api.model
    def _current(self, findings):
        """Return the decisions that stand now, of all these findings in one query."""
        return self.search(
            [("finding_id", "in", findings.ids), ("is_current", "=", True)]
        )

    # === BUILDING === #

    @api.model
    def _prepare(self, finding, facts, candidates, decision=None):
        """Prepare the values of a decision.

        :param facts: `tools.coverage.Facts`
        :param list candidates: `tools.coverage.Candidate` of each warranty or contract
        :param decision: `tools.coverage.Decision`, by default what the terms say
        :return: dict for `create`
        """
        by_terms = engine.decide(facts, candidates)
        decision = decision or by_terms
        return {
            "finding_id": finding.id,
            "equipment_id": facts.equipment,
            "kind": "automatic",
            "is_provisional": decision.provisional,
            "fault_date": facts.fault_date,
            "fault_date_basis": facts.basis,
            "cause_id": facts.cause,
            "liability": facts.liability,
            "facts": {
                **engine.as_json(facts, candidates),
                "by_terms": engine.plain(by_terms.results()),
            },
            "warning_codes": [list(pair) for pair in decision.warnings],
            "line_ids": [
                fields.Command.create(self._prepare_line(line, sequence))
                for sequence, line in enumerate(decision.lines)
            ],
        }

    @api.model
    def _prepare_line(self, line, sequence):
        return {
            "sequence": sequence,
            "cost": line.cost,
            "payer": line.payer,
            "share": line.share,
            "end_date": line.candidate.last_day(line.cost) if line.candidate else False,
            **self._prepare_source(line.candidate),
            "rejection_ids": [
                fields.Command.create(
                    {
                        "code": rejection.code,
                        "values": engine.plain(rejection.values),
                        **self._prepare_source(rejection.candidate),
                    }
                )
                for rejection in line.rejections
            ],
        }

    @api.model
    def _prepare_source(self, candidate):
        """Name a candidate on a line; contracts add their own field."""
        if not candidate:
            return {"source_ref": False, "warranty_id": False}
        model, res_id = candidate.ref
        return {
            "source_ref": candidate.name,
            "warranty_id": res_id if model == "aftersales.warranty" else False,
        }

    def _differs_from(self, inputs):
        """Tell whether this was decided on other facts, or would end otherwise.

        :param tuple inputs: `Facts` and candidates now; None when the equipment is not
            known any more
        """
        self.ensure_one()
        if not inputs:
            return True
        now = self._prepare(self.finding_id, *inputs)["facts"]
        before = self.facts or {}
        return any(now[name] != before.get(name) for name in ("finding", "by_terms"))

    def _log_changes(self, before):
        """Note on the tickets what is paid otherwise than before.

        :param dict before: finding -> decision that stood until now
        """
        bodies = {}
        for coverage in self:
            old = before[coverage.finding_id]
            if old and old._results() != coverage._results():
                line = Markup("<p>%s</p>") % coverage.sudo(False)._change_text(old)
                ticket = coverage.ticket_id
                bodies[ticket.id] = bodies.get(ticket.id, Markup()) + line
        if bodies:
            tickets = self.env["aftersales.ticket"].sudo().browse(bodies)
            tickets._message_log_batch(bodies=bodies)

    def _change_text(self, old):
        return self.env._(
            "Coverage of %(finding)s: %(new)s. Before: %(old)s.",
            finding=self.sudo().finding_id.display_name,
            new=self.sudo().summary,
            old=old.sudo().summary,
        )

    def _results(self):
        """Return payer and share of each class of cost, to be compared."""
        return [(line.cost, line.payer, line.share) for line in self.line_ids]

    def _content(self):
        """Return this decision as plain values, see `finding._coverage_content`."""
        self.ensure_one()
        lines = self.line_ids
        labels = {
            name: dict(lines._fields[name]._description_selection(self.env))
            for name in ("cost", "payer")
        }
        why = []
        for line in lines.filtered(lambda row: row.payer == "customer"):
            for rejection in line.rejection_ids:
                text = rejection._named(rejection._customer_reason())
                sentence = f"{labels['cost'][line.cost]}: {text}"
                why.append(sentence)
        return {
            "summary": self.summary,
            "provisional": self.is_provisional,
            "day": self.fault_date.isoformat(),
            "lines": [
                {
                    "cost": labels["cost"][line.cost],
                    "payer": labels["payer"][line.payer],
                    "share": line.share,
                    "source": line.source_ref or None,
                    "until": line.end_date.isoformat() if line.end_date else None,
                }
                for line in lines
            ],
            "reasons": why,
        }

    # === WHAT FOLLOWS === #

    def _customer_shares(self):
        """Return what the customer pays of each class of cost.

        :return: dict of cost -> share between 0 and 1; all of it without a decision
        """
        shares = dict.fromkeys(COST_CLASSES, 1.0)
        for line in self.line_ids:
            shares[line.cost] = engine.customer_share(line.payer, line.share)
        return shares

    def _charges_work(self):
        """Tell whether the customer pays for parts or labour; travel is often his."""
        return any(
            line.cost != "travel" and line.payer == "customer" for line in self.line_ids
        )

    def _part_payer(self, product):
        """Say who pays for one part used in the repair, see `_part_source`.

        :return: tuple of payer and his share
        """
        return self._part_source(product)[:2]

    def _part_source(self, product):
        """Say who pays for one part used in the repair, and by what.

        What covers the repair does not cover parts of its excluded categories: oil and
        filters are charged although the broken pump is free, unless something else
        that would have paid as well includes them.

        :param product: `product.product` of the part; empty for one that is only
            described
        :return: tuple of payer, share, name of the warranty or contract, last day
        """
        self.ensure_one()
        line = self.line_ids.filtered(lambda row: row.cost == "parts")
        path = {
            int(part) for part in (product.categ_id.parent_path or "").split("/")[:-1]
        }
        # As it was when this was decided: terms that are changed later change nothing.
        known = {row["name"]: row for row in (self.facts or {}).get("candidates", ())}
        chosen = known.get(line.source_ref, {})
        if not path & set(chosen.get("excluded_categories", ())):
            return line.payer, line.share, line.source_ref, line.end_date
        outdone = line.rejection_ids.filtered(lambda r: r.code in engine.OUTDONE)
        names = [name for name in outdone.mapped("source_ref") if name in known]
        others = [
            row
            for row in (known[name] for name in names)
            if not path & set(row["excluded_categories"])
        ]
        if not others:
            return "customer", 1.0, False, False
        best = min(others, key=engine.plain_rank)
        end = (best["presumed_until"] if best["is_pending"] else best["ends"])["parts"]
        return (
            best["payer"],
            best["shares"]["parts"],
            best["name"],
            fields.Date.to_date(end),
        )
