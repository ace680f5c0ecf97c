# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What an exchange costs the customer, and what a refund gives him back."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

INVOICE_GROUP = "account.group_account_invoice"


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    workshop_order_id = fields.Many2one(
        "sale.order",
        string="Quotation of the Exchange",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="What the customer pays for the machine that replaces his.",
    )
    workshop_invoice_id = fields.Many2one(
        "account.move",
        string="Invoice to Credit",
        copy=False,
        readonly=True,
        index="btree_not_null",
    )
    workshop_credit_id = fields.Many2one(
        "account.move",
        string="Credit Note",
        copy=False,
        readonly=True,
        index="btree_not_null",
    )

    def _workshop_customer_share(self):
        """Return what the customer pays of the machine that replaces his.

        As the coverage of the finding decides about parts.

        :return: share between 0 and 1
        """
        # sudo: what is decided holds whoever reads it
        coverage = self.sudo().workshop_finding_id.coverage_id
        return coverage._customer_shares()["parts"]

    # === EXCHANGE === #

    def _workshop_charge(self):
        """Quote what the customer pays of an exchange: nothing, a share, or all of it.

        The line is linked with the delivery, so that it is delivered only once.
        """
        self.ensure_one()
        share = self._workshop_customer_share()
        moves = self._workshop_moves("replace", done=False)
        if not share or not moves:
            return
        # sudo: a quotation follows from the decision; sales confirms it
        orders = self.sudo().env["sale.order"].with_company(self.company_id)
        order = orders.create(
            {
                "partner_id": self.partner_id.id,
                "partner_shipping_id": self.site_id.id,
                "company_id": self.company_id.id,
                "warehouse_id": moves.warehouse_id[:1].id,
                "origin": self.name,
                "order_line": [
                    Command.create(
                        {
                            "product_id": moves.product_id.id,
                            "product_uom_qty": sum(moves.mapped("product_uom_qty")),
                            "move_ids": [Command.link(move.id) for move in moves],
                        }
                    )
                ],
            }
        )
        order.order_line._apply_free_share(1 - share)
        self.sudo().workshop_order_id = order

    def _workshop_update_charge(self):
        """Let a quotation that is not confirmed follow a new decision of who pays."""
        for dispatch in self.sudo():  # sudo: see `_workshop_charge`
            order = dispatch.workshop_order_id
            open_ = dispatch.workshop_outcome == "exchange" and (
                dispatch.state != "cancelled"
            )
            if order.state in ("draft", "sent"):
                share = dispatch._workshop_customer_share()
                for line in order.order_line:
                    line._apply_free_share(1 - share)
            elif open_ and not order:
                dispatch._workshop_charge()
            if open_ and not dispatch.workshop_replaced_by_id:
                goes_on = dispatch._workshop_customer_share() < 1
                dispatch.workshop_warranties_go_on = goes_on

    def _workshop_drop_charge(self):
        """Withdraw the quotation of an exchange that doesn't take place.

        :raise UserError: when the customer has ordered it
        """
        order = self.sudo().workshop_order_id  # sudo: see `_workshop_charge`
        if order.state == "sale":
            raise UserError(
                self.env._(
                    "The customer has ordered the exchange with %s: cancel that first.",
                    order.name,
                )
            )
        if order:
            order.order_line.move_ids.sale_line_id = False
            order._action_cancel()

    # === REFUND === #

    def _workshop_find_invoice(self):
        """Return the last invoice that charged the machine.

        :return: posted `account.move` with sudo, possibly empty
        """
        # sudo: whoever decides needs no right to read invoices
        line = self._workshop_machine().sudo().sale_line_id
        invoices = line.invoice_lines.move_id.filtered(
            lambda move: move.move_type == "out_invoice" and move.state == "posted"
        )
        return invoices.sorted(lambda move: (move.invoice_date, move.id))[-1:]

    def _workshop_ask_credit(self):
        """Credit the machine, or ask finance to: nothing is posted.

        Who may write invoices gets the draft of the credit note at once.
        """
        self.ensure_one()
        invoice = self._workshop_find_invoice()
        if not invoice:
            self._message_log(
                body=self.env._(
                    "No invoice of the machine is known: there is nothing to credit, "
                    "or finance does it by hand."
                )
            )
            return
        # sudo: written by the decision only
        self.sudo().workshop_invoice_id = invoice
        if self.env.user.has_group(INVOICE_GROUP):
            invoice.with_env(self.env).action_workshop_credit()
            return
        accountant = self._workshop_accountant(invoice)
        if accountant:
            # sudo: the activity is for somebody else, on what the caller can't read
            invoice.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=accountant.id,
                summary=self.env._("Credit the returned machine"),
                note=self._workshop_credit_note(),
            )

    def _workshop_accountant(self, invoice):
        """Return who writes the credit note: of the finance role first.

        :return: `res.users`, possibly empty
        """
        group = self.env.ref(INVOICE_GROUP)
        finance = self.env.ref("aftersales_service.aftersales_service_group_finance")
        # sudo: users of other groups
        users = self.env["res.users"].sudo()
        able = users.search(
            Domain("all_group_ids", "in", group.ids)
            & Domain("company_ids", "in", invoice.company_id.ids)
            & Domain("share", "=", False),
            order="id",
        )
        first = able.filtered(lambda user: finance in user.all_group_ids)
        return (first & invoice.invoice_user_id or first or able)[:1]

    def _workshop_credit_note(self):
        """Say what finance has to know, with the button that does it."""
        machine = self._workshop_machine()
        return self.env._(
            "%(visit)s: %(machine)s is taken back from %(customer)s. The button "
            "“Credit the Returned Machine” above makes the draft of the credit note.",
            visit=self.name,
            machine=machine.display_name,
            customer=self.partner_id.display_name,
        )

    def _workshop_credited_lines(self, invoice):
        """Return which lines of an invoice charged the machine, and how much of them.

        :param invoice: `account.move`
        :return: dict of `account.move.line` to the quantity to credit
        """
        machine = self._workshop_machine()
        lines = invoice.invoice_line_ids.filtered(
            lambda line: machine.sale_line_id in line.sale_line_ids
        )
        came = sum(self._workshop_moves("receive").mapped("product_qty")) or 1.0
        return {line: min(came, line.quantity) for line in lines[:1]}


class AccountMove(models.Model):
    _inherit = "account.move"

    workshop_refund_ids = fields.One2many(
        "aftersales.dispatch",
        "workshop_invoice_id",
        # Accountants see but whether there is one: they read no visits.
        groups="aftersales_service.aftersales_service_group_staff",
        export_string_translation=False,
    )
    workshop_has_refund = fields.Boolean(
        compute="_compute_workshop_has_refund",
        groups=INVOICE_GROUP,
        export_string_translation=False,
    )

    def _compute_workshop_has_refund(self):
        for move in self:
            # sudo: the accountant reads no visits
            refunds = move.sudo().workshop_refund_ids
            move.workshop_has_refund = any(
                not refund.workshop_credit_id for refund in refunds
            )

    def action_workshop_credit(self):
        """Make the draft of the credit note for a machine that was taken back.

        It credits the machine only, of all that the invoice charged; it is posted by
        the accountant.

        :raise AccessError, UserError: without the right, or when it is made already
        """
        self.ensure_one()
        self.check_access("write")
        # sudo: the accountant reads no visits
        waiting = self.sudo().workshop_refund_ids.filtered(
            lambda visit: not visit.workshop_credit_id
        )
        if not waiting:
            raise UserError(
                self.env._("There is no machine to credit, or it is credited already.")
            )
        visit = waiting[0]
        visit._touch()
        lines = visit._workshop_credited_lines(self.sudo())
        reversal = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=self.ids)
            .create({"reason": visit.name, "journal_id": self.journal_id.id})
        )
        reversal.refund_moves()
        credit = reversal.new_move_ids
        kept = {line.sale_line_ids: quantity for line, quantity in lines.items()}
        commands = []
        for line in credit.invoice_line_ids:
            if line.sale_line_ids in kept:
                values = {"quantity": kept.pop(line.sale_line_ids)}
                commands.append(Command.update(line.id, values))
            else:
                commands.append(Command.delete(line.id))
        credit.write({"invoice_line_ids": commands})
        visit.workshop_credit_id = credit
        self.activity_ids.filtered(lambda a: a.user_id == self.env.user).action_done()
        return credit._get_records_action()
