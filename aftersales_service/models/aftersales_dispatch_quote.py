# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Paid work above a threshold needs a quotation that the customer has approved."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import formatLang

QUOTE_FIELDS = {"quote_waived_by", "quote_waived_at", "quote_waived_reason"}


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    planned_hours = fields.Float(
        copy=False, help="Hours of labour that a quotation reckons with."
    )
    quote_state = fields.Selection(
        [
            ("none", "No Quote"),
            ("open", "Waits for Approval"),
            ("approved", "Approved"),
            ("waived", "Not Asked For"),
            ("declined", "Declined"),
        ],
        string="Quote",
        compute="_compute_quote",
    )
    quote_approved = fields.Float(
        string="Approved Amount",
        compute="_compute_quote",
        help="What the customer approved, taxes included.",
    )
    quote_html = fields.Html(
        string="Quotation", compute="_compute_quote", sanitize=False
    )
    quote_decline_reason = fields.Char(
        string="Why It Was Declined", compute="_compute_quote"
    )
    quote_waived_by = fields.Many2one(
        "res.users", string="Quote Waived by", copy=False, readonly=True
    )
    quote_waived_at = fields.Datetime(
        string="Quote Waived On", copy=False, readonly=True
    )
    quote_waived_reason = fields.Char(
        string="Reason without a Quote", copy=False, readonly=True
    )

    _planned_hours_positive = models.Constraint(
        "CHECK(planned_hours >= 0)", "Planned hours can't be negative."
    )

    @api.depends(
        "quote_waived_by",
        "quote_waived_at",
        "order_ids.amount_total",
        "order_ids.dispatch_approved_total",
        "order_ids.dispatch_decline_reason",
        "order_ids.dispatch_declined_at",
        "order_ids.dispatch_is_quote",
        "order_ids.state",
    )
    def _compute_quote(self):
        by_visit = self._quotes().grouped("dispatch_id")
        for dispatch in self:
            quotes = by_visit.get(dispatch._origin.sudo(), self.env["sale.order"])
            own = quotes.filtered(lambda order: order.state != "cancel")
            approved = own.filtered(lambda order: order.state == "sale")
            declined = dispatch._last_declined(quotes)
            dispatch.quote_approved = sum(approved.mapped("dispatch_approved_total"))
            dispatch.quote_decline_reason = declined.dispatch_decline_reason
            if declined:
                dispatch.quote_state = "declined"
            elif own - approved:
                dispatch.quote_state = "open"
            elif approved:
                dispatch.quote_state = "approved"
            else:
                dispatch.quote_state = "waived" if dispatch.quote_waived_by else "none"
            latest = own[-1:]
            dispatch.quote_html = bool(latest) and self.env["ir.qweb"]._render(
                "aftersales_service.quote_to_approve", {"order": latest}
            )

    def _quotes(self):
        """Return the quotes that count and those the customer declined, oldest first.

        :return: `sale.order` with sudo
        """
        # sudo: the state of the quotation, for those without sales rights
        return (
            self.env["sale.order"]
            .sudo()
            .search(
                Domain("dispatch_id", "in", self.ids)
                & Domain("dispatch_is_quote", "=", True)
                & (
                    Domain("state", "!=", "cancel")
                    | Domain("dispatch_declined_at", "!=", False)
                ),
                order="id",
            )
        )

    def _last_declined(self, quotes):
        """Return the quote that was declined, if nothing has followed on it.

        What follows is a new quote, or a manager who waives it.

        :param quotes: `_quotes` of this visit
        :return: `sale.order` with sudo, possibly empty
        """
        last = quotes[-1:].filtered(lambda order: order.state == "cancel")
        waived = self.quote_waived_at
        if last and waived and waived >= last.dispatch_declined_at:
            return last.browse()
        return last

    def _guarded_fields(self):
        return super()._guarded_fields() | QUOTE_FIELDS

    # === THE THRESHOLD === #

    def _quote_threshold(self):
        """Return from which amount on this visit needs an approved quotation.

        :return: amount with taxes in the company's currency; zero: never
        """
        self.ensure_one()
        # sudo: a setting, whoever finishes the work
        visit = self.sudo().with_company(self.company_id)
        return (
            visit.partner_id.commercial_partner_id.aftersales_quote_threshold
            or visit.team_id.quote_threshold
            or visit.company_id.aftersales_quote_threshold
        )

    def _check_approved(self):
        """Refuse to finish paid work that the customer has not approved.

        What the customer has declined is not charged, however little it is.

        :raise UserError: when it costs more than the threshold, or more than was
            approved and tolerated, unless a manager has waived the quotation
        """
        quotes = self._quotes().grouped("dispatch_id")
        for visit in self:
            declined = visit._last_declined(
                quotes.get(visit.sudo(), self.env["sale.order"])
            )
            threshold = 0.0 if declined else visit._quote_threshold()
            if not declined and (not threshold or visit.quote_waived_by):
                continue
            # sudo: amounts of the order, of which the message names the total
            orders = visit._live_orders()
            total = sum(
                order.amount_total / (order.currency_rate or 1) for order in orders
            )
            approved = sum(
                order.dispatch_approved_total / (order.currency_rate or 1)
                for order in orders
                if order.state == "sale"
            )
            tolerance = 1 + visit.company_id.aftersales_quote_tolerance / 100
            currency = visit.company_id.currency_id
            if (
                currency.compare_amounts(total, max(threshold, approved * tolerance))
                <= 0
            ):
                continue
            values = {
                "total": formatLang(self.env, total, currency_obj=currency),
                "limit": formatLang(self.env, threshold, currency_obj=currency),
                "approved": formatLang(self.env, approved, currency_obj=currency),
            }
            if declined:
                raise UserError(
                    self.env._(
                        "The customer has declined the quotation %(order)s: "
                        "“%(reason)s”. The work costs %(total)s, approved are "
                        "%(approved)s. Let the customer approve a new quotation, take "
                        "out what is charged, or ask a manager to waive it.",
                        order=declined.name,
                        reason=declined.dispatch_decline_reason or "",
                        **values,
                    )
                )
            if approved:
                raise UserError(
                    self.env._(
                        "The work costs %(total)s, the customer has approved "
                        "%(approved)s. Let the customer approve the difference by a "
                        "new quotation, or ask a manager to waive it.",
                        **values,
                    )
                )
            raise UserError(
                self.env._(
                    "The work costs %(total)s. Above %(limit)s the customer approves a "
                    "quotation first: make a quotation, or ask a manager to waive it.",
                    **values,
                )
            )

    # === STEPS === #

    def action_quote(self):
        """Make a quotation of what is planned, or of what was done so far.

        A second one, after the first was approved, asks for the difference.

        :return: action of the dialog that sends it, or of the approval on the spot for
            those who have no sales rights
        """
        self.ensure_one()
        self._check_worker()
        self._check_state("draft", "planned", "on_way", "on_site")
        visit = self._as_cashier()
        visit._touch()
        order = visit._write_quote()
        if not self.env["sale.order"].has_access("write"):
            return self.action_approve_quote()
        return order.with_env(self.env).action_quotation_send()

    def _write_quote(self):
        """Write the quotation that is open, or a new one.

        :return: `sale.order`
        """
        orders = self._live_orders()
        target = orders.filtered(lambda o: o.state in ("draft", "sent"))[-1:]
        rows = [row for row in self._charge_rows(planned=True) if row["share"] < 1]
        if not any(map(self._is_sellable, rows)):
            raise UserError(
                self.env._(
                    "Nothing is charged, so there is nothing to approve. Plan hours or "
                    "parts, and see to their prices."
                )
            )
        wanted = {self._row_key(row): row for row in rows}
        rest = self._rows_beside(wanted, orders - target)
        if not rest and not target:
            raise UserError(
                self.env._("The customer has approved all of this already.")
            )
        if not target:
            target = orders.create(self._prepare_order(orders))
        target.write({"dispatch_is_quote": True, "require_signature": True})
        self._sync_order(target, rest)
        self.write({"order_id": target.id})
        return target

    def action_approve_quote(self):
        """Let the customer approve the quotation on the technician's phone."""
        self.ensure_one()
        self._check_worker()
        return self._open_quote_dialog("approve", self.env._("Approve the Quotation"))

    def action_waive_quote(self):
        """Let a manager do without a quotation, with a reason."""
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role("manager")
        self.check_access("write")
        return self._open_quote_dialog("waive", self.env._("Work without a Quotation"))

    def _open_quote_dialog(self, purpose, name):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_quote_approve_action"
        )
        action["name"] = name
        action["context"] = {
            "default_dispatch_id": self.id,
            "default_purpose": purpose,
        }
        return action

    def _quote_to_approve(self):
        """Return the quotation that waits for the customer.

        :return: `sale.order`, for `sudo`
        :raise UserError: when there is none
        """
        self.ensure_one()
        quotes = self._live_orders().filtered("dispatch_is_quote")
        waiting = quotes.filtered(lambda order: order._has_to_be_signed())[-1:]
        if not waiting:
            raise UserError(self.env._("No quotation waits for an approval."))
        return waiting

    def _quote_approved(self, order):
        """Note that the customer has approved a quotation.

        :param order: `sale.order`, just confirmed
        """
        for visit in self:
            visit._message_log(
                body=self.env._(
                    "Quotation %(order)s was approved: %(amount)s",
                    order=order.name,
                    amount=formatLang(
                        self.env,
                        order.dispatch_approved_total,
                        currency_obj=order.currency_id,
                    ),
                )
            )

    def _quote_declined(self, order):
        """Tell those who go that the customer doesn't want the work at this price.

        :param order: `sale.order`, just declined
        """
        for visit in self:
            users = visit.technician_ids.user_id | order.create_uid
            users = users.filtered(lambda user: user.active and not user.share)
            lang = visit.technician_ids.user_id[:1].lang or order.create_uid.lang
            visit.with_context(lang=lang).message_post(
                body=visit.with_context(lang=lang).env._(
                    "The customer has declined quotation %(order)s: “%(reason)s”. "
                    "Nothing more is charged without a new one.",
                    order=order.name,
                    reason=order.dispatch_decline_reason,
                ),
                author_id=order.partner_id.id,
                partner_ids=users.partner_id.ids,
                subtype_xmlid="mail.mt_note",
            )

    def _drop_quotes(self):
        """A cancelled visit offers nothing any more.

        What was approved already is for sales to cancel.
        """
        quotes = self._live_orders().filtered("dispatch_is_quote")
        quotes.filtered(lambda order: order.state in ("draft", "sent"))._action_cancel()
        for order in quotes.filtered(lambda order: order.state == "sale"):
            order._message_log(
                body=self.env._("The visit %s was cancelled.", order.dispatch_id.name)
            )
