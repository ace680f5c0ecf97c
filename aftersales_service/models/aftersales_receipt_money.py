# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The money of a receipt: what is owed, what has come, and what that makes of it.

All of it is computed from the native documents: orders, invoices, credit notes and
payments. Whatever changes there, also by native buttons, changes it here; a receipt
that was reconciled goes back when its payment is undone. What invoices and payments
have to do with receipts is kept on their side in a relation, so that those without a
receipt cost one look at it.
"""

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import format_amount

from .aftersales_receipt import (
    KEPT_STATES,
    MONEY_STATE_SELECTION,
    PAYMENT_METHOD_SELECTION,
)

#: Who reads invoices and payments.
ACCOUNTING = "account.group_account_readonly,account.group_account_invoice"
#: Who reads what is owed.
MONEY = (
    "aftersales_service.aftersales_service_group_finance,"
    "aftersales_service.aftersales_service_group_manager," + ACCOUNTING
)
LIVE_MOVES = ("draft", "posted")
#: Natively done, whatever the residual says: payments without a journal entry.
PAID_STATES = ("paid", "in_payment", "reversed")
BOOKED_STATES = ("in_process", "paid")
#: Somebody has to do something about the money.
OPEN_MONEY = ("unmatched", "partial", "difference")
FINANCE = "aftersales_service.aftersales_service_group_finance"
QUEUE = "aftersales.receipt.money"


class AftersalesReceipt(models.Model):
    _inherit = "aftersales.receipt"

    order_ids = fields.One2many(
        "sale.order",
        "aftersales_receipt_id",
        string="Orders",
        readonly=True,
        groups="sales_team.group_sale_salesman," + ACCOUNTING,
    )
    move_ids = fields.Many2many(
        "account.move",
        "aftersales_receipt_move_rel",
        "receipt_id",
        "move_id",
        string="Invoices",
        compute="_compute_move_ids",
        store=True,
        groups=ACCOUNTING,
        help="Invoices and credit notes of the orders.",
    )
    payment_ids = fields.Many2many(
        "account.payment",
        "aftersales_receipt_payment_rel",
        "receipt_id",
        "payment_id",
        string="Payments",
        readonly=True,
        groups=ACCOUNTING,
        help="Made by finance from this receipt.",
    )
    move_count = fields.Integer(compute="_compute_counts", groups=ACCOUNTING)
    payment_count = fields.Integer(compute="_compute_counts", groups=ACCOUNTING)
    announced_method = fields.Selection(
        PAYMENT_METHOD_SELECTION,
        string="Paid on Site",
        readonly=True,
        help="As the technician stated it on the signed form.",
    )
    announced_amount = fields.Monetary(
        string="Stated Amount",
        currency_field="announced_currency_id",
        readonly=True,
        aggregator=None,
    )
    announced_currency_id = fields.Many2one(
        "res.currency", string="Currency of the Stated Amount", readonly=True
    )
    announced_reference = fields.Char(string="Stated Reference", readonly=True)
    amount_owed = fields.Monetary(
        string="Owed",
        compute="_compute_money",
        store=True,
        groups=MONEY,
        help="The orders while they are not invoiced, then the invoices and credit "
        "notes, in the currency of the company.",
    )
    amount_paid = fields.Monetary(
        string="Paid",
        compute="_compute_money",
        store=True,
        groups=MONEY,
        help="Reconciled with the invoices, and booked from this receipt beside.",
    )
    amount_open = fields.Monetary(
        string="Open",
        compute="_compute_money",
        store=True,
        groups=MONEY,
        help="Below zero: paid too much.",
    )
    document_currency_id = fields.Many2one(
        "res.currency",
        string="Currency of the Documents",
        compute="_compute_document",
        groups=MONEY,
    )
    document_amount = fields.Monetary(
        string="Owed, Foreign Currency",
        compute="_compute_document",
        currency_field="document_currency_id",
        groups=MONEY,
        help="What the documents say, where their currency is not the company's.",
    )
    money_state = fields.Selection(
        MONEY_STATE_SELECTION, compute="_compute_money", store=True, default=None
    )
    is_unbooked = fields.Boolean(
        string="Not Booked Yet",
        compute="_compute_money",
        store=True,
        help="The technician took money that is not in the books.",
    )

    # What finance's list shows first, in its order.
    _money_idx = models.Index(
        "(signed_at DESC, id DESC)"
        " WHERE money_state IN ('unmatched', 'partial', 'difference')"
    )
    _unbooked_idx = models.Index("(signed_at DESC, id DESC) WHERE is_unbooked")

    # === WHAT BELONGS TO IT === #

    @api.depends("order_ids.order_line.invoice_lines")
    def _compute_move_ids(self):
        for receipt in self:
            moves = receipt.order_ids.order_line.invoice_lines.move_id
            receipt.move_ids = moves.filtered(lambda move: move.is_sale_document(True))

    @api.depends("move_ids", "payment_ids")
    def _compute_counts(self):
        for receipt in self:
            receipt.move_count = len(receipt.move_ids)
            receipt.payment_count = len(receipt.payment_ids)

    @api.depends("move_ids.currency_id", "order_ids.currency_id", "amount_owed")
    def _compute_document(self):
        for receipt in self:
            # sudo: what is owed is finance's to know, with or without other rights
            orders = receipt.sudo()._live_orders()
            currency = orders.currency_id
            is_foreign = len(currency) == 1 and currency != receipt.currency_id
            receipt.document_currency_id = is_foreign and currency
            moves = receipt.sudo().move_ids.filtered(lambda mv: mv.state in LIVE_MOVES)
            receipt.document_amount = is_foreign and (
                sum(moves.mapped("amount_total_in_currency_signed"))
                if moves
                else sum(orders.mapped("amount_total"))
            )

    def _live_orders(self):
        return self.order_ids.filtered(lambda order: order.state != "cancel")

    def _take_money(self):
        """Take over the orders and payments of the visit, unless finance is done."""
        self.ensure_one()
        receipt = self.sudo()  # sudo: follows from the signature
        others = receipt.dispatch_id.receipt_ids - receipt
        kept = others.filtered(lambda other: other.state in KEPT_STATES)
        orders = receipt.env["sale.order"].search(
            [("dispatch_id", "=", receipt.dispatch_id.id)]
        )
        (orders - kept.order_ids).aftersales_receipt_id = receipt
        older = others - kept
        receipt.payment_ids = older.payment_ids
        older.payment_ids = False
        return receipt

    # === WHAT IS OWED AND PAID === #

    @api.depends(
        "state",
        "announced_amount",
        "order_ids.state",
        "order_ids.amount_total",
        "order_ids.currency_rate",
        "order_ids.invoice_status",
        "move_ids.state",
        "move_ids.payment_state",
        "move_ids.amount_total_signed",
        "move_ids.amount_residual_signed",
        "payment_ids.state",
        "payment_ids.move_id.line_ids.amount_residual",
    )
    def _compute_money(self):
        for receipt in self:
            receipt.update(receipt._money())
        self._follow_later()

    def _money(self):
        """Reckon what is owed and paid, in the company's currency.

        :return: dict of values of the fields of `_compute_money`
        """
        self.ensure_one()
        currency = self.currency_id
        owed = settled = 0.0
        is_coming = is_open = False
        if self.state != "replaced":
            for order, parts in self._order_parts():
                values = self._order_money(order, parts)
                owed += values["owed"]
                settled += values["settled"]
                is_coming |= values["is_coming"]
                is_open |= values["is_open"]
        credit = self._credit()
        owed, paid = currency.round(owed), currency.round(settled + credit)
        money = {
            "amount_owed": owed,
            "amount_paid": paid,
            "amount_open": currency.round(owed - paid),
            "is_unbooked": self._is_unbooked(paid),
        }
        is_settled = not (is_coming or is_open) and currency.is_zero(credit)
        money["money_state"] = self._money_state(
            money, is_settled, not currency.is_zero(settled)
        )
        return money

    def _money_state(self, money, is_settled, is_begun):
        """Say in a word how it stands.

        :param dict money: see `_money`, without the state
        :param bool is_settled: all is invoiced, and no invoice or payment is open
        :param bool is_begun: something was reconciled
        """
        currency = self.currency_id
        owes = not currency.is_zero(money["amount_owed"])
        pays = not currency.is_zero(money["amount_paid"])
        if money["is_unbooked"]:
            # Whatever the invoices say: somebody has the money in his pocket.
            if is_settled and owes:
                return "difference"
            return "partial" if is_begun else "unmatched"
        if is_settled:
            return "matched" if owes or pays else "none"
        if currency.compare_amounts(money["amount_open"], 0.0) < 0:
            return "difference"
        return "partial" if is_begun else "unmatched"

    def _order_parts(self):
        """Share invoices out to the orders they charge.

        An invoice may charge several visits, or other things as well.

        :return: list of an order and a list of pairs: `account.move`, and the part of
            it (0 to 1) that belongs to the order
        """
        parts = {order: [] for order in self._live_orders()}
        for move in self.move_ids.filtered(lambda mv: mv.state in LIVE_MOVES):
            totals = {}
            for line in move.invoice_line_ids:
                order = line.sale_line_ids.order_id[:1]
                if order:
                    totals[order] = totals.get(order, 0.0) + line.price_total
            whole = sum(totals.values())
            for order in totals.keys() & parts.keys():
                part = totals[order] / whole if whole else 1 / len(totals)
                parts[order].append((move, 1.0 if len(totals) == 1 else part))
        return list(parts.items())

    def _order_money(self, order, parts):
        """Reckon one order.

        :param parts: see `_order_parts`
        :return: dict: owed, settled, is_coming (an invoice has to be made or posted)
            and is_open (an invoice is not reconciled)
        """
        currency = self.currency_id
        invoiced = sum(move.amount_total_signed * part for move, part in parts)
        posted = [(move, part) for move, part in parts if move.state == "posted"]
        is_credited = any(move.move_type == "out_refund" for move, _part in parts)
        is_whole = order.invoice_status in ("invoiced", "upselling") or is_credited
        owed = invoiced
        if not parts or not is_whole:
            # What is not invoiced yet is owed as it was ordered.
            owed = order.amount_total / (order.currency_rate or 1.0)
        residuals = [
            0.0
            if move.payment_state in PAID_STATES
            else move.amount_residual_signed * part
            for move, part in posted
        ]
        billed = sum(move.amount_total_signed * part for move, part in posted)
        return {
            "owed": owed,
            "settled": billed - sum(residuals),
            "is_coming": len(posted) < len(parts)
            or not currency.is_zero(currency.round(owed - billed)),
            "is_open": not all(map(currency.is_zero, residuals)),
        }

    def _credit(self):
        """Add up what was booked from this receipt and is not reconciled yet.

        What is left of a payment for several receipts counts for the first of them.

        :return: float in the company's currency, below zero for what was paid back
        """
        self.ensure_one()
        payments = self.payment_ids.filtered(
            lambda pay: (
                pay.state in BOOKED_STATES
                and min(pay.receipt_ids.ids) == self._origin.id
            )
        )
        lines = payments.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        return -sum(lines.mapped("amount_residual"))

    def _is_unbooked(self, paid):
        """Tell whether the technician took money that nobody has booked.

        :param float paid: what has come, in the company's currency
        """
        self.ensure_one()
        if (
            self.state == "replaced"
            or not self.announced_method
            or self.announced_method == "transfer"
        ):
            return False
        stated = self._stated_amount()
        return self.currency_id.compare_amounts(stated, paid) > 0

    def _stated_amount(self):
        """Return what the technician stated, in the company's currency."""
        self.ensure_one()
        foreign = self.announced_currency_id or self.currency_id
        return foreign._convert(
            self.announced_amount,
            self.currency_id,
            self.company_id,
            self.signed_at.date() if self.signed_at else fields.Date.today(),
        )

    # === WHAT FOLLOWS === #

    def _is_settled(self):
        """Tell whether nobody has to do anything about the money any more."""
        self.ensure_one()
        return self.money_state == "matched"

    def _money_step(self):
        """Return the state that follows from the money, None when it stays."""
        self.ensure_one()
        if self.state == "received" and self._is_settled():
            return "reconciled"
        if (
            self.state in KEPT_STATES
            and self.money_state in OPEN_MONEY
            and not self._is_settled()
        ):
            return "received"
        return None

    def _follow_later(self):
        """Move receipts behind their money before the transaction ends.

        Not at once: what is computed now may be computed anew by the next line of code.
        """
        ids = [receipt.id for receipt in self if receipt.id and receipt._money_step()]
        if not ids:
            return
        precommit = self.env.cr.precommit
        if QUEUE not in precommit.data:
            precommit.data[QUEUE] = set()
            precommit.add(self.browse()._follow_queue)
        precommit.data[QUEUE].update(ids)

    @api.model
    def _follow_queue(self):
        ids = self.env.cr.precommit.data.pop(QUEUE, ())
        self.browse(sorted(ids)).exists().sudo(False)._follow_money()

    def _follow_money(self):
        """Reconcile what is settled, and put back what is not any more.

        The step is made in the name of who matched, if he is of finance; else, and
        whenever a receipt goes back, by the system.
        """
        is_finance = self.env.user.has_group(FINANCE)
        for receipt in self.sudo():  # sudo: follows from the money, whoever moves it
            state = receipt._money_step()
            if state == "reconciled":
                person = receipt if is_finance else receipt.with_user(SUPERUSER_ID)
                person._step("reconciled", receipt._settled_note())
            elif state:
                note = self.env._(
                    "The money is open again: %(state)s (%(user)s)",
                    state=receipt._money_label(),
                    user=self.env.user.name,
                )
                receipt.with_user(SUPERUSER_ID)._step("received", note)
                receipt.message_post(body=note)

    def _settled_note(self):
        """Say in a step why a receipt is reconciled."""
        return self._money_label()

    def _money_label(self):
        self.ensure_one()
        labels = self._fields["money_state"]._description_selection(self.env)
        return dict(labels)[self.money_state]

    def _stepped(self, state):
        res = super()._stepped(state)
        if state == "received":
            self._follow_money()
        return res

    # === WORDS === #

    def _next_step_text(self):
        text = super()._next_step_text()
        if text or self.state != "received":
            return text
        if self.is_unbooked:
            return self.env._("Finance books what was paid on site")
        if self.money_state in OPEN_MONEY:
            return self.env._("Finance matches the payment, or explains what is open")
        return text

    def _stated_text(self):
        """Return what was paid on site, as a text."""
        self.ensure_one()
        if not self.announced_method:
            return ""
        labels = self._fields["announced_method"]._description_selection(self.env)
        currency = self.announced_currency_id or self.currency_id
        return self.env._(
            "%(amount)s (%(method)s)",
            amount=format_amount(self.env, self.announced_amount, currency),
            method=dict(labels)[self.announced_method],
        )

    def _printed_amount(self):
        return self._stated_text() or super()._printed_amount()

    # === BUTTONS === #

    def action_view_moves(self):
        self.ensure_one()
        return self.move_ids._get_records_action(name=self.env._("Invoices"))

    def action_view_payments(self):
        self.ensure_one()
        return self.payment_ids._get_records_action(name=self.env._("Payments"))

    def action_view_orders(self):
        self.ensure_one()
        return self.order_ids._get_records_action(name=self.env._("Orders"))


class AftersalesServiceForm(models.Model):
    _inherit = "aftersales.service.form"

    def _prepare_receipt(self):
        return {**super()._prepare_receipt(), **self._prepare_stated()}

    def _prepare_stated(self):
        """Return what the receipt says of a payment on site.

        What finance is done with, from a version before, is not awaited again.
        """
        self.ensure_one()
        visit = self.dispatch_id.sudo()
        currency = visit.currency_id
        kept = visit.receipt_ids.filtered(lambda old: old.state in KEPT_STATES)
        amount = visit.paid_amount - sum(kept.mapped("announced_amount"))
        if not visit.paid_method or currency.compare_amounts(amount, 0.0) <= 0:
            return {}
        return {
            "announced_method": visit.paid_method,
            "announced_amount": amount,
            "announced_currency_id": currency.id,
            "announced_reference": visit.paid_reference,
        }

    def _make_receipt(self):
        return super()._make_receipt()._take_money()
