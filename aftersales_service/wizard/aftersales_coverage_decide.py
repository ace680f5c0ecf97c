# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import is_html_empty

from ..models.aftersales_coverage import SETTLEMENT_SELECTION
from ..models.selections import COST_CLASSES
from ..tools import coverage as engine

#: Who a manager may let pay.
DECIDE_PAYER_SELECTION = [
    ("warranty", "Warranty"),
    ("contract", "Contract"),
    ("goodwill", "Goodwill"),
    ("customer", "Customer"),
]


class AftersalesCoverageDecide(models.TransientModel):
    """Let a manager decide who pays: by the terms, otherwise, or as goodwill."""

    _name = "aftersales.coverage.decide"
    _description = "Decide the Coverage"

    finding_id = fields.Many2one(
        "aftersales.finding", required=True, ondelete="cascade"
    )
    equipment_id = fields.Many2one(
        related="finding_id.equipment_id", related_sudo=False
    )
    company_id = fields.Many2one(related="finding_id.company_id", related_sudo=False)
    currency_id = fields.Many2one(related="company_id.currency_id")
    coverage_id = fields.Many2one(
        related="finding_id.coverage_id", string="Present Decision", related_sudo=False
    )
    present = fields.Char(
        related="coverage_id.summary", string="Now", related_sudo=False
    )
    by_terms = fields.Char(
        string="By the Terms",
        compute="_compute_by_terms",
        help="What the terms say with what is known today.",
    )
    by_terms_warning = fields.Text(compute="_compute_by_terms")
    kind = fields.Selection(
        [
            ("automatic", "By the Terms"),
            ("override", "Otherwise"),
            ("goodwill", "As Goodwill"),
        ],
        string="Decide",
        required=True,
        default="automatic",
    )
    reason = fields.Text(help="Why the terms are not followed.")
    warranty_id = fields.Many2one(
        "aftersales.warranty",
        compute="_compute_lines",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        domain="[('equipment_id', '=', equipment_id)]",
        help="The warranty that pays.",
    )
    contract_id = fields.Many2one(
        "aftersales.contract",
        compute="_compute_lines",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        domain="[('line_ids.equipment_id', '=', equipment_id),"
        " ('state', 'not in', ('draft', 'waiting'))]",
        help="The contract that pays.",
    )
    parts_payer = fields.Selection(
        DECIDE_PAYER_SELECTION,
        compute="_compute_lines",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    labour_payer = fields.Selection(
        DECIDE_PAYER_SELECTION,
        compute="_compute_lines",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    travel_payer = fields.Selection(
        DECIDE_PAYER_SELECTION,
        compute="_compute_lines",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    parts_share = fields.Float(
        compute="_compute_lines",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    labour_share = fields.Float(
        compute="_compute_lines",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    travel_share = fields.Float(
        compute="_compute_lines",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    parts_cost = fields.Monetary(compute="_compute_costs")
    labour_cost = fields.Monetary(compute="_compute_costs")
    travel_cost = fields.Monetary(compute="_compute_costs")
    total_cost = fields.Monetary(
        string="Cost So Far",
        compute="_compute_costs",
        help="Hours at the technicians' hourly cost, and parts at their cost, of the "
        "visits to this ticket.",
    )
    customer_cost = fields.Monetary(
        string="Of It the Customer's",
        compute="_compute_effect",
        help="What the customer would pay of the cost with this decision.",
    )

    # After the signature
    corrects_form_id = fields.Many2one(
        "aftersales.service.form",
        string="Signed Form",
        compute="_compute_corrects_form_id",
        help="What the customer has signed; every later decision names it.",
    )
    settlement = fields.Selection(
        SETTLEMENT_SELECTION,
        compute="_compute_effect",
        help="What follows for the customer, who has signed otherwise.",
    )
    notice = fields.Html(
        string="Notice to the Customer", help="Sent to the customer with the decision."
    )

    # === COMPUTES === #

    def _inputs(self):
        """Return the facts and candidates of the finding.

        :raise UserError: when the equipment is not known
        """
        self.ensure_one()
        # sudo: the manager decides on all that the automatic decision looks at
        finding = self.finding_id.sudo()
        inputs = finding._coverage_inputs().get(finding)
        if not inputs:
            raise UserError(
                self.env._("Say first which equipment it is: its warranties decide.")
            )
        return inputs

    @api.depends("finding_id")
    @api.depends_context("lang")
    def _compute_by_terms(self):
        Coverage = self.env["aftersales.coverage"]
        for wizard in self:
            if not wizard.finding_id.equipment_id:
                wizard.by_terms = wizard.by_terms_warning = False
                continue
            decision = engine.decide(*wizard._inputs())
            wizard.by_terms = Coverage._decision_sentence(decision)
            wizard.by_terms_warning = Coverage._warning_text(decision.warnings)

    @api.depends("finding_id")
    def _compute_corrects_form_id(self):
        for wizard in self:
            wizard.corrects_form_id = wizard.coverage_id._signed_form()

    @api.depends("finding_id", "kind")
    def _compute_lines(self):
        """Begin with the present decision; goodwill begins with what is charged."""
        for wizard in self:
            lines = wizard.coverage_id.line_ids
            wizard.warranty_id = lines.warranty_id[:1]
            wizard.contract_id = lines.contract_id[:1]
            for cost in COST_CLASSES:
                line = lines.filtered(lambda row, cost=cost: row.cost == cost)
                payer, share = line.payer or "customer", line.share or 1.0
                if payer == "customer" and wizard.kind == "goodwill":
                    payer, share = "goodwill", 1.0
                wizard[f"{cost}_payer"] = payer
                wizard[f"{cost}_share"] = share

    @api.depends("finding_id")
    def _compute_costs(self):
        for wizard in self:
            costs = wizard.finding_id.ticket_id._cost_so_far()
            for cost in COST_CLASSES:
                wizard[f"{cost}_cost"] = costs[cost]
            wizard.total_cost = sum(costs.values())

    @api.depends(
        "kind",
        "finding_id",
        *(f"{c}_{n}" for c in COST_CLASSES for n in ("payer", "share")),
    )
    def _compute_effect(self):
        for wizard in self:
            if not wizard.finding_id.equipment_id:
                wizard.customer_cost, wizard.settlement = 0, "none"
                continue
            shares = wizard._new_customer_shares()
            wizard.customer_cost = sum(
                share * wizard[f"{cost}_cost"] for cost, share in shares.items()
            )
            wizard.settlement = wizard._settlement_of(shares)

    def _new_customer_shares(self):
        decision = self._decision(*self._inputs())
        return {
            line.cost: engine.customer_share(line.payer, line.share)
            for line in decision.lines
        }

    def _settlement_of(self, shares):
        """Say whether the customer pays more or less than by the signed decision.

        Where one class costs more and another less, the cost so far decides.

        :param dict shares: customer's share of each class of cost by the new decision
        :return: none, charge or credit
        """
        before = self.coverage_id._customer_shares()
        changes = {
            cost: round(shares[cost] - before[cost], 6)
            for cost in COST_CLASSES
            if round(shares[cost] - before[cost], 6)
        }
        if len({change > 0 for change in changes.values()}) == 2:
            total = sum(
                change * (self[f"{cost}_cost"] if self.total_cost else 1)
                for cost, change in changes.items()
            )
        else:
            total = sum(changes.values())
        if not total:
            return "none"
        return "charge" if total > 0 else "credit"

    # === THE DECISION === #

    def _decision(self, facts, candidates):
        """Return what is to be decided.

        :return: `tools.coverage.Decision`; what the terms say stays in it as reasons
        """
        by_terms = engine.decide(facts, candidates)
        if self.kind == "automatic":
            return by_terms
        by_ref = {candidate.ref: candidate for candidate in candidates}
        sources = {
            "warranty": by_ref.get(("aftersales.warranty", self.warranty_id.id)),
            "contract": next(
                (
                    candidate
                    for candidate in candidates
                    if candidate.payer == "contract"
                    and candidate.name == self.contract_id.name
                ),
                None,
            ),
        }
        lines = []
        for line in by_terms.lines:
            payer, share = self[f"{line.cost}_payer"], self[f"{line.cost}_share"]
            if not share:
                payer = "customer"
            chosen = sources.get(payer)
            rejections = [
                r for r in line.rejections if r.candidate != chosen or not r.candidate
            ]
            if line.candidate and line.candidate != chosen:
                rejections.append(engine.Rejection(line.candidate, "overridden"))
            lines.append(
                engine.Line(
                    line.cost,
                    payer,
                    1.0 if payer == "customer" else share,
                    chosen,
                    tuple(rejections),
                )
            )
        return engine.Decision(tuple(lines), False, ())

    def _check_input(self):
        """Check what the manager has entered.

        :raise ValidationError: naming what is missing
        """
        self.ensure_one()
        if self.kind == "automatic":
            return
        if not (self.reason or "").strip():
            raise ValidationError(self.env._("Say why the terms are not followed."))
        payers = [self[f"{cost}_payer"] for cost in COST_CLASSES]
        if not all(payers):
            raise ValidationError(self.env._("Say who pays for each cost."))
        if any(not 0 <= self[f"{cost}_share"] <= 1 for cost in COST_CLASSES):
            raise ValidationError(self.env._("A share lies between 0 % and 100 %."))
        if self.kind == "goodwill" and "goodwill" not in payers:
            raise ValidationError(self.env._("Say what is given as goodwill."))
        if "warranty" in payers and (
            self.warranty_id.equipment_id != self.equipment_id or not self.warranty_id
        ):
            raise ValidationError(
                self.env._("Choose which warranty of this equipment pays.")
            )
        if "contract" in payers and (
            self.equipment_id not in self.contract_id.line_ids.equipment_id
            or not self.contract_id._is_agreed()
        ):
            raise ValidationError(
                self.env._("Choose which contract of this equipment pays.")
            )

    def _check_misuse(self, facts, candidates):
        """Charge nothing more because of improper use before it is determined.

        :raise UserError: when the customer would pay more than by the terms
        """
        if not facts.is_misuse_open:
            return
        by_terms = engine.decide(facts, candidates).lines
        decided = self._decision(facts, candidates).lines
        for old, new in zip(by_terms, decided, strict=True):
            before = engine.customer_share(old.payer, old.share)
            if engine.customer_share(new.payer, new.share) > before:
                raise UserError(
                    self.env._(
                        "Improper use is suspected but not determined: nothing is "
                        "charged because of it."
                    )
                )

    def action_decide(self):
        """Store the decision; after a signature with a notice to the customer.

        :raise AccessError: for a user who is no manager
        :raise UserError, ValidationError: when something is missing
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role("manager")
        finding = self.finding_id
        finding.check_access("write")
        self._check_input()
        form = self.corrects_form_id
        if form and is_html_empty(self.notice):
            raise ValidationError(
                self.env._(
                    "The customer has signed %(form)s, which says otherwise: write the "
                    "notice to the customer.",
                    form=form.display_name,
                )
            )
        inputs = self._inputs()
        self._check_misuse(*inputs)
        old = self.coverage_id
        Coverage = self.env["aftersales.coverage"].sudo()
        # sudo: the manager's right was checked, nobody writes decisions directly
        decision = self._decision(*inputs)
        vals = {
            **Coverage._prepare(finding, *inputs, decision=decision),
            "kind": self.kind,
            "decided_by": self.env.uid,
            "reason": self.reason if self.kind != "automatic" else False,
            "cost": self.total_cost,
        }
        if form:
            vals.update(corrects_form_id=form.id, settlement=self.settlement)
        new = Coverage._record([vals])
        if form:
            new.notice_message_id = self._send_notice()
        self._log_decision(old, new)
        return {"type": "ir.actions.act_window_close"}

    def _send_notice(self):
        """Tell the customer that the signed decision changes.

        :return: the `mail.message`
        :raise UserError: when there is nobody to tell
        """
        ticket = self.finding_id.ticket_id
        if not (ticket.partner_id or ticket.email_from):
            raise UserError(self.env._("Say first who the customer is."))
        return ticket.message_post(
            body=self.notice,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=ticket.partner_id.ids,
        )

    def _log_decision(self, old, new):
        kinds = dict(new._fields["kind"]._description_selection(self.env))
        rows = [
            self.env._(
                "Coverage of %(finding)s: %(new)s.",
                finding=self.finding_id.display_name,
                new=new.with_env(self.env).summary,
            ),
            kinds[new.kind],
        ]
        if old:
            rows.append(self.env._("Before: %(old)s", old=old.summary))
        if new.reason:
            rows.append(self.env._("Reason: %(reason)s", reason=new.reason))
        if new.corrects_form_id:
            labels = dict(SETTLEMENT_SELECTION)
            labels.update(new._fields["settlement"]._description_selection(self.env))
            rows.append(
                self.env._(
                    "Corrects %(form)s: %(settlement)s",
                    form=new.corrects_form_id.display_name,
                    settlement=labels[new.settlement],
                )
            )
        body = Markup("<br/>").join(rows)
        self.finding_id.ticket_id.message_post(body=body, subtype_xmlid="mail.mt_note")
