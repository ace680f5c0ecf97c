# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which payment belongs to a receipt: proposals, and native reconciliation.

The scores are in tools/reconcile.py. Candidates are what Odoo itself keeps open:
journal items of payments and credit notes on the customer's account, and lines of bank
statements, whose counterpart is moved from the suspense account to the customer's.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL, format_amount, format_date

from ..tools import reconcile
from .aftersales_receipt_money import ACCOUNTING

ACCOUNTANT = "account.group_account_invoice"
#: Of each kind of candidate, the newest ones.
MOST_CANDIDATES = 80
LINE, STATEMENT = "line", "statement"


class AftersalesReceipt(models.Model):
    _inherit = "aftersales.receipt"

    proposal_key = fields.Char(
        compute="_compute_proposal", groups=ACCOUNTING, export_string_translation=False
    )
    proposal_text = fields.Char(
        string="Proposal", compute="_compute_proposal", groups=ACCOUNTING
    )
    can_match = fields.Boolean(
        compute="_compute_can_match", export_string_translation=False
    )
    can_register = fields.Boolean(
        compute="_compute_can_match", export_string_translation=False
    )

    # === WHO MAY === #

    @api.depends("state", "money_state", "is_unbooked")
    @api.depends_context("uid")
    def _compute_can_match(self):
        may = self._is_accountant()
        for receipt in self:
            is_open = (
                may
                and receipt.state != "replaced"
                and receipt.money_state in ("unmatched", "partial", "difference")
                and not receipt._is_involved()
            )
            receipt.can_match = is_open
            receipt.can_register = (
                is_open
                and receipt.state not in ("issued", "handed")
                and (
                    receipt.is_unbooked
                    or receipt.currency_id.compare_amounts(receipt.amount_open, 0) > 0
                )
            )

    @api.model
    def _is_accountant(self):
        """Tell whether the user handles money: of finance, with accounting rights."""
        return self.env["res.users"]._has_aftersales_role("finance") and (
            self.env.su or self.env.user.has_group(ACCOUNTANT)
        )

    def _check_accountant(self):
        """Check that the user may book and match the money of these receipts.

        :raise AccessError: without both rights, or who worked for it himself
        """
        self.check_access("read")
        self.env["res.users"]._check_aftersales_role("finance")
        if not self._is_accountant():
            raise AccessError(
                self.env._("Payments need the accounting right “Invoicing” as well.")
            )
        for receipt in self:
            if receipt._is_involved():
                raise AccessError(
                    self.env._(
                        "You have handed over %s, or worked for it: somebody else of "
                        "finance handles its money.",
                        receipt.name,
                    )
                )

    # === WHAT IS OPEN === #

    def _open_lines(self):
        """Return what is owed and open: journal items on customers' accounts."""
        return self.move_ids.filtered(
            lambda move: move.state == "posted"
        ).line_ids.filtered(
            lambda line: (
                line.account_type == "asset_receivable"
                and not line.reconciled
                and line.amount_residual > 0
            )
        )

    def _candidate_lines(self, targets):
        """Find payments, credit notes and other credits of the same customer.

        :param targets: `account.move.line` records of `_open_lines`
        """
        customers = targets.partner_id.commercial_partner_id
        return self.env["account.move.line"].search(
            Domain("account_id", "in", targets.account_id.ids)
            & Domain("parent_state", "=", "posted")
            & Domain("reconciled", "=", False)
            & Domain("amount_residual", "<", 0)
            & Domain("company_id", "in", targets.company_id.ids)
            & Domain("partner_id", "in", customers.ids),
            order="date desc, id desc",
            limit=MOST_CANDIDATES,
        )

    def _candidate_statements(self, targets):
        """Find lines of bank statements that nobody has matched.

        Those who may not write them get none.
        """
        Statement = self.env["account.bank.statement.line"]
        if not Statement.has_access("write"):
            return Statement
        return Statement.search(
            Domain("is_reconciled", "=", False)
            & Domain("amount", ">", 0)
            & Domain("company_id", "in", targets.company_id.ids),
            order="internal_index desc",
            limit=MOST_CANDIDATES,
        )

    # === PROPOSALS === #

    @api.depends("money_state", "move_ids.line_ids.amount_residual")
    @api.depends_context("uid")
    def _compute_proposal(self):
        for receipt in self:
            found = receipt._proposals() if receipt.can_match else []
            proposal = found[0] if found else False
            receipt.proposal_key = proposal and self._proposal_key(proposal)
            receipt.proposal_text = proposal and self.env._(
                "%(what)s: %(why)s",
                what=receipt._proposal_what(proposal),
                why=self._proposal_why(proposal),
            )

    def _proposals(self, limit=5):
        """Propose what may pay this receipt.

        :return: list of `tools.reconcile.Proposal`, the likeliest first
        """
        self.ensure_one()
        targets = self._open_lines()
        if not targets:
            return []
        currency = self._match_currency(targets)
        sources = self._candidate_lines(targets), self._candidate_statements(targets)
        return reconcile.propose(
            [self._target_item(line, currency) for line in targets],
            [
                *(self._line_item(line, currency) for line in sources[0]),
                *(self._statement_item(line, currency) for line in sources[1]),
            ],
            limit,
        )

    def _match_currency(self, targets):
        """Return the currency that amounts are compared in."""
        currency = targets.currency_id
        return currency if len(currency) == 1 else self.company_id.currency_id

    @api.model
    def _units(self, amount, currency):
        """Return an amount in the smallest unit of its currency."""
        return round(abs(amount) / currency.rounding)

    def _line_amount(self, line, currency):
        if line.currency_id == currency:
            return line.amount_residual_currency
        return line.company_currency_id._convert(
            line.amount_residual, currency, line.company_id, line.date
        )

    def _target_item(self, line, currency):
        move = line.move_id
        # sudo: the numbers that a customer may have been told
        receipts = move.sudo().receipt_ids & self.sudo()
        names = (
            move.name,
            move.payment_reference,
            move.ref,
            *receipts.order_ids.mapped("name"),
            *receipts.mapped("name"),
            *receipts.dispatch_id.mapped("name"),
            *receipts.mapped("announced_reference"),
        )
        return reconcile.Item(
            key=(LINE, line.id),
            amount=self._units(self._line_amount(line, currency), currency),
            partner=line.partner_id.commercial_partner_id.id or None,
            day=move.invoice_date or line.date,
            names=tuple(filter(None, names)),
        )

    def _line_item(self, line, currency):
        words = (line.name, line.ref, line.move_name, line.payment_id.memo)
        return reconcile.Item(
            key=(LINE, line.id),
            amount=self._units(self._line_amount(line, currency), currency),
            partner=line.partner_id.commercial_partner_id.id or None,
            day=line.date,
            words=" | ".join(filter(None, words)),
        )

    def _statement_item(self, statement, currency):
        _liquidity, suspense, _others = statement._seek_for_lines()
        if suspense.currency_id == currency:
            amount = sum(suspense.mapped("amount_currency"))
        else:
            amount = statement.company_currency_id._convert(
                sum(suspense.mapped("balance")),
                currency,
                statement.company_id,
                statement.date,
            )
        words = (statement.payment_ref, statement.ref, statement.partner_name)
        return reconcile.Item(
            key=(STATEMENT, statement.id),
            # What is left on the suspense account is a credit.
            amount=self._units(amount, currency) if amount < 0 else 0,
            partner=statement.partner_id.commercial_partner_id.id or None,
            day=statement.date,
            words=" | ".join(filter(None, words)),
        )

    # === WORDS === #

    @api.model
    def _proposal_key(self, proposal):
        """Return the text that names a proposal again when its button is pressed."""
        return ",".join(
            f"{kind}:{number}"
            for kind, number in (*proposal.targets, *proposal.sources)
        )

    def _proposal_what(self, proposal):
        """Name what pays."""
        currency = self._match_currency(self._open_lines())
        names = []
        for kind, number in proposal.sources:
            if kind == STATEMENT:
                line = self.env["account.bank.statement.line"].browse(number)
                name = self.env._("Bank: %s", line.payment_ref or line.move_id.name)
            else:
                line = self.env["account.move.line"].browse(number)
                name = line.move_id.name or line.name
            names.append(f"{name}, {format_date(self.env, line.date)}")
        return self.env._(
            "%(amount)s of %(names)s",
            amount=format_amount(
                self.env, proposal.amount * currency.rounding, currency
            ),
            names="; ".join(names),
        )

    @api.model
    def _proposal_why(self, proposal):
        """Say why it is proposed."""
        words = {
            "reference": self.env._("it names it"),
            "amount": self.env._("the same amount"),
            "sum": self.env._("together the same amount"),
            "part": self.env._("another amount"),
            "partner": self.env._("the same customer"),
            "date": self.env._("about the same time"),
        }
        return ", ".join(words[reason] for reason in proposal.reasons)

    # === MATCHING === #

    def action_match(self):
        """Reconcile with what is proposed.

        For one receipt the proposal that was shown (`proposal` in the context names
        it), by default the likeliest; for several those that nobody has to look at.
        """
        self._check_accountant()
        self._touch()
        if len(self) == 1:
            self._match(self.env.context.get("proposal"))
            return None
        matched = self._match_certain()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if matched else "warning",
                "message": self.env._(
                    "%(number)s of %(all)s receipts were matched. Look at the others "
                    "one by one.",
                    number=len(matched),
                    all=len(self),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _match(self, key=None):
        """Reconcile one receipt.

        :param str key: of the proposal, by default the likeliest
        :raise UserError: when it is not open any more
        """
        self.ensure_one()
        for proposal in self._proposals(limit=MOST_CANDIDATES):
            if key in (None, self._proposal_key(proposal)):
                self._apply(proposal)
                return
        raise UserError(
            self.env._(
                "What was proposed is not open any more: somebody else was faster. "
                "Look at the receipt again."
            )
            if key
            else self.env._("Nothing is open that would pay %s.", self.name)
        )

    def _match_certain(self):
        """Reconcile what fits so well that nobody has to look, each payment once.

        :return: the receipts that were matched
        """
        done = self.browse()
        groups, items, currencies = {}, {}, {}
        for receipt in self:
            targets = receipt._open_lines()
            if not (targets and receipt.can_match):
                continue
            currency = receipt._match_currency(targets)
            key = (receipt.company_id, currency)
            currencies.setdefault(key, {})[receipt.id] = [
                receipt._target_item(line, currency) for line in targets
            ]
            found = items.setdefault(key, {})
            for line in receipt._candidate_lines(targets):
                found[line] = receipt._line_item(line, currency)
            for line in receipt._candidate_statements(targets):
                found[line] = receipt._statement_item(line, currency)
        for key, groups in currencies.items():
            groups = self._without_shared(groups)
            for number, proposal in reconcile.assign(
                groups, items[key].values()
            ).items():
                receipt = self.browse(number)
                receipt._apply(proposal)
                done |= receipt
        return done

    @api.model
    def _without_shared(self, groups):
        """Leave out targets that several receipts share: who looks decides."""
        counts = {}
        for items in groups.values():
            for item in items:
                counts[item.key] = counts.get(item.key, 0) + 1
        return {
            number: items
            for number, items in groups.items()
            if all(counts[item.key] == 1 for item in items)
        }

    def _apply(self, proposal):
        """Reconcile natively.

        The entries are touched first: of two who match the same payment at the same
        time one has to try again, and finds it gone.
        """
        self.ensure_one()
        Line = self.env["account.move.line"]
        targets = Line.browse(number for _kind, number in proposal.targets)
        lines, statements = Line, self.env["account.bank.statement.line"]
        for kind, number in proposal.sources:
            if kind == LINE:
                lines |= lines.browse(number)
            else:
                statements |= statements.browse(number)
        moves = targets.move_id | lines.move_id | statements.move_id
        self._touch_moves(moves)
        for statement in statements:
            lines |= statement._aftersales_counterpart(targets)
        (targets | lines).reconcile()
        self.message_post(
            body=self.env._(
                "Matched: %(what)s",
                what=", ".join((lines.move_id | targets.move_id).mapped("name")),
            )
        )
        self._follow_money()

    @api.model
    def _touch_moves(self, moves):
        """Make two who reconcile the same entries at the same time meet."""
        moves.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE account_move SET write_date = write_date WHERE id IN %s",
                tuple(moves.ids),
            )
        )


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"

    def _aftersales_counterpart(self, targets):
        """Move what pays from the suspense account to the customer's account.

        As when it is reconciled by hand: the rest stays where it is, for others.

        :param targets: `account.move.line` records that are paid
        :return: `account.move.line`, the new counterpart
        :raise UserError: when nothing is left on the suspense account
        """
        self.ensure_one()
        _liquidity, suspense, _others = self._seek_for_lines()
        if len(suspense) != 1 or suspense.amount_currency >= 0:
            raise UserError(
                self.env._(
                    "%s was matched already: somebody else was faster.",
                    self.payment_ref or self.move_id.name,
                )
            )
        company = self.company_id.currency_id
        if all(line.currency_id == suspense.currency_id for line in targets):
            wanted = sum(targets.mapped("amount_residual_currency"))
            share = wanted / -suspense.amount_currency
        else:
            share = sum(targets.mapped("amount_residual")) / -suspense.balance
        share = min(share, 1.0)
        part = {
            "amount_currency": suspense.currency_id.round(
                suspense.amount_currency * share
            ),
            "balance": company.round(suspense.balance * share),
        }
        rest = {name: suspense[name] - value for name, value in part.items()}
        customer = targets.partner_id.commercial_partner_id
        values = {
            **part,
            "account_id": targets.account_id[:1].id,
            "partner_id": customer[:1].id,
        }
        commands = [Command.update(suspense.id, values)]
        if not suspense.currency_id.is_zero(rest["amount_currency"]):
            commands.append(
                Command.create(
                    {
                        **rest,
                        "name": suspense.name,
                        "account_id": suspense.account_id.id,
                        "partner_id": suspense.partner_id.id,
                        "currency_id": suspense.currency_id.id,
                    }
                )
            )
        self.move_id.with_context(skip_readonly_check=True).write(
            {"line_ids": commands}
        )
        return suspense
