# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A difference that is explained, or an amount that is waived: by two people.

It posts nothing. What is given up is a matter of tax: a credit note corrects it, a
write-off does not, and which of them is right the accountant knows. So the approval
says that the open amount is known and wanted, the receipt is done with it, and the
invoice says natively what is still open until it is credited. Is it credited, the
receipt is matched; does another amount come open, the approval is void, for it was
given for this one.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount

from .aftersales_receipt_money import MONEY, OPEN_MONEY

SETTLEMENT_KIND_SELECTION = [
    ("difference", "Difference"),
    ("waived", "Waived"),
]
SETTLEMENT_STATE_SELECTION = [
    ("proposed", "Proposed"),
    ("approved", "Approved"),
    ("refused", "Turned Down"),
]


class AftersalesReceiptSettlement(models.Model):
    """Why the open amount of a receipt stays open: proposed by one, approved by
    another."""

    _name = "aftersales.receipt.settlement"
    _description = "Settlement of a Receipt"
    _order = "id desc"
    _rec_name = "receipt_id"

    receipt_id = fields.Many2one(
        "aftersales.receipt",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(related="receipt_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(SETTLEMENT_KIND_SELECTION, required=True, readonly=True)
    state = fields.Selection(
        SETTLEMENT_STATE_SELECTION, required=True, readonly=True, default="proposed"
    )
    amount = fields.Monetary(
        string="Open", readonly=True, help="What was open when it was proposed."
    )
    explanation = fields.Char(required=True, readonly=True)
    answer = fields.Char(string="Reason for Refusing", readonly=True)
    proposed_by_id = fields.Many2one(
        "res.users", required=True, readonly=True, ondelete="restrict"
    )
    proposed_at = fields.Datetime(
        required=True, readonly=True, default=fields.Datetime.now
    )
    approved_by_id = fields.Many2one(
        "res.users",
        string="Decided By",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    approved_at = fields.Datetime(string="Decided On", readonly=True)

    _one_proposed = models.UniqueIndex(
        "(receipt_id) WHERE state = 'proposed'",
        "Something is proposed for this receipt already.",
    )
    _two_people = models.Constraint(
        "CHECK(approved_by_id <> proposed_by_id OR state <> 'approved')",
        "A settlement needs a second person.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was settled can't be deleted."))

    def _decide(self, state, answer=None):
        """Approve or refuse what somebody else has proposed.

        :param str state: approved or refused
        :param str answer: why it is refused
        :raise AccessError: without the role, or for one's own proposal or visit
        :raise UserError: when it was decided, or another amount is open by now
        """
        self.ensure_one()
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("finance", "manager")
        receipt = self.receipt_id
        receipt._touch()
        self.invalidate_recordset(["state"])
        if self.state != "proposed":
            raise UserError(self.env._("This was decided already."))
        if state == "approved":
            self._check_second_person()
            if not receipt._fits(self):
                raise UserError(
                    self.env._(
                        "Another amount is open by now. Refuse it, and let the open "
                        "amount be explained again."
                    )
                )
        # sudo: nobody has the right to write settlements but through this method
        self.sudo().write(
            {
                "state": state,
                "answer": answer,
                "approved_by_id": self.env.uid,
                "approved_at": fields.Datetime.now(),
            }
        )
        receipt._tell_settlement(self)
        receipt._follow_money()

    def _check_second_person(self):
        """Let nobody approve what he proposed, or worked for.

        :raise AccessError: otherwise, also with sudo
        """
        if self.env.user == self.proposed_by_id:
            raise AccessError(
                self.env._("You have proposed it yourself: it needs a second person.")
            )
        if self.receipt_id._is_involved():
            raise AccessError(
                self.env._(
                    "You have handed over %s, or worked for it: somebody else decides.",
                    self.receipt_id.name,
                )
            )

    def action_approve(self):
        self._decide("approved")

    def action_refuse(self):
        self._decide("refused")


class AftersalesReceipt(models.Model):
    _inherit = "aftersales.receipt"

    settlement_ids = fields.One2many(
        "aftersales.receipt.settlement",
        "receipt_id",
        string="Settlements",
        groups=MONEY,
    )
    is_settlement_proposed = fields.Boolean(
        string="To Approve",
        compute="_compute_is_settlement_proposed",
        search="_search_is_settlement_proposed",
        groups=MONEY,
    )
    settlement_text = fields.Char(
        string="Explanation", compute="_compute_settlement_text", groups=MONEY
    )
    can_settle = fields.Boolean(
        compute="_compute_can_settle", export_string_translation=False
    )
    can_approve = fields.Boolean(
        compute="_compute_can_settle", export_string_translation=False
    )

    # === COMPUTES === #

    @api.depends("settlement_ids.state")
    def _compute_is_settlement_proposed(self):
        for receipt in self:
            receipt.is_settlement_proposed = bool(receipt._proposed_settlement())

    @api.depends("settlement_ids.state")
    def _compute_settlement_text(self):
        """Show whoever approves what he approves."""
        for receipt in self:
            row = receipt._proposed_settlement()
            labels = dict(row._fields["kind"]._description_selection(self.env))
            receipt.settlement_text = bool(row) and self.env._(
                "%(kind)s of %(amount)s, explained by %(user)s: %(why)s",
                kind=labels[row.kind],
                amount=format_amount(self.env, row.amount, receipt.currency_id),
                user=row.proposed_by_id.name,
                why=row.explanation,
            )

    @api.model
    def _search_is_settlement_proposed(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        settlements = self.env["aftersales.receipt.settlement"]
        return [
            (
                "id",
                "in",
                settlements._search([("state", "=", "proposed")]).subselect(
                    "receipt_id"
                ),
            )
        ]

    @api.depends("state", "money_state", "settlement_ids.state")
    @api.depends_context("uid")
    def _compute_can_settle(self):
        roles = self.env["res.users"]
        is_finance = roles._has_aftersales_role("finance")
        may_approve = roles._has_aftersales_role("finance", "manager")
        for receipt in self:
            # sudo: only whether there is one
            proposed = receipt.sudo()._proposed_settlement()
            receipt.can_settle = (
                is_finance
                and not proposed
                and receipt._may_be_settled()
                and not receipt._is_involved()
            )
            receipt.can_approve = (
                may_approve
                and bool(proposed)
                and proposed.proposed_by_id != self.env.user
                and not receipt._is_involved()
            )

    def _may_be_settled(self):
        """Tell whether something is open that can be explained."""
        self.ensure_one()
        return (
            self.state == "received"
            and self.money_state in OPEN_MONEY
            and not self._is_settled()
        )

    # === WHAT IT DOES TO THE MONEY === #

    @api.depends("settlement_ids.state")
    def _compute_money(self):
        return super()._compute_money()

    def _proposed_settlement(self):
        return self.settlement_ids.filtered(lambda row: row.state == "proposed")[:1]

    def _approved_settlement(self, amount_open=None):
        """Return the approval that holds for what is open now.

        :param float amount_open: in the company's currency, by default as stored
        """
        self.ensure_one()
        approved = self.settlement_ids.filtered(lambda row: row.state == "approved")
        latest = approved.sorted("id")[-1:]
        return latest.filtered(lambda row: self._fits(row, amount_open))

    def _fits(self, settlement, amount_open=None):
        """Tell whether a settlement was made for what is open now."""
        if amount_open is None:
            amount_open = self.amount_open
        compared = self.currency_id.compare_amounts(settlement.amount, amount_open)
        return compared == 0

    def _money(self):
        money = super()._money()
        if money["money_state"] not in OPEN_MONEY:
            return money
        open_amount = money["amount_open"]
        approved = self._approved_settlement(open_amount)
        proposed = self._proposed_settlement()
        if approved:
            # Explained by two people, also where the money went.
            return {**money, "money_state": approved.kind, "is_unbooked": False}
        if proposed.kind == "difference" and self._fits(proposed, open_amount):
            return {**money, "money_state": "difference"}
        return money

    def _is_settled(self):
        return super()._is_settled() or (
            self.money_state in ("difference", "waived")
            # sudo: the state follows from it, whoever asks
            and bool(self.sudo()._approved_settlement())
        )

    def _settled_note(self):
        # sudo: as above
        approved = self.sudo()._approved_settlement()
        if self.money_state == "matched" or not approved:
            return super()._settled_note()
        return self.env._(
            "%(kind)s: %(why)s", kind=self._money_label(), why=approved.explanation
        )

    def _next_step_text(self):
        # sudo: only whether there is one
        if self.state == "received" and self.sudo()._proposed_settlement():
            return self.env._("A second person approves what was explained")
        return super()._next_step_text()

    # === PROPOSING === #

    def _propose_settlement(self, kind, explanation):
        """Explain why something stays open; a second person has to approve it.

        :param str kind: difference or waived
        :param str explanation: in words
        :return: `aftersales.receipt.settlement` record
        :raise AccessError: without the role of finance
        :raise UserError: when nothing is open, or something is proposed already
        """
        self.ensure_one()
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("finance")
        self._touch()
        if self._is_involved():
            raise AccessError(
                self.env._(
                    "You have handed over %s, or worked for it: somebody else of "
                    "finance handles its money.",
                    self.name,
                )
            )
        receipt = self.sudo()  # sudo: nobody has the right to write settlements
        if not receipt._may_be_settled() or receipt._proposed_settlement():
            raise UserError(
                self.env._(
                    "Nothing of %s is to be explained now: it is not received yet, "
                    "nothing is open, or somebody has explained it already.",
                    self.name,
                )
            )
        if not (explanation or "").strip():
            raise UserError(self.env._("Write down the explanation."))
        if kind == "waived" and (
            self.currency_id.compare_amounts(receipt.amount_open, 0.0) <= 0
        ):
            raise UserError(
                self.env._("Only what is still owed can be waived: explain it instead.")
            )
        settlement = receipt.env["aftersales.receipt.settlement"].create(
            {
                "receipt_id": self.id,
                "kind": kind,
                "amount": receipt.amount_open,
                "explanation": explanation.strip(),
                "proposed_by_id": self.env.uid,
            }
        )
        return settlement.with_env(self.env)

    def _tell_settlement(self, settlement):
        """Write down in the receipt's history what was decided."""
        values = dict(settlement._fields["kind"]._description_selection(self.env))
        states = dict(settlement._fields["state"]._description_selection(self.env))
        self.message_post(
            body=self.env._(
                "%(kind)s, %(state)s by %(user)s: %(why)s",
                kind=values[settlement.kind],
                state=states[settlement.state],
                user=self.env.user.name,
                why=settlement.explanation,
            )
        )

    def action_approve_settlement(self):
        """Approve what somebody else has explained."""
        self.ensure_one()
        self._decided_settlement()._decide("approved")

    def action_refuse_settlement(self):
        """Refuse what somebody else has explained."""
        self.ensure_one()
        self._decided_settlement()._decide("refused")

    def _decided_settlement(self):
        settlement = self._proposed_settlement()
        if not settlement:
            raise UserError(
                self.env._("Nothing of %s waits to be approved.", self.name)
            )
        return settlement
