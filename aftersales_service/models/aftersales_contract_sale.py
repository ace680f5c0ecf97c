# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Contracts and the orders that sell and renew them."""

from datetime import timedelta

from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools.warranty import last_day
from .aftersales_contract import NOT_AGREED_STATES

DAY = timedelta(days=1)


class AftersalesContract(models.Model):
    _inherit = "aftersales.contract"

    covered_ticket_ids = fields.Many2many(
        "aftersales.ticket",
        relation="aftersales_contract_covered_ticket_rel",
        column1="contract_id",
        column2="ticket_id",
        string="Tickets Covered from Before",
        copy=False,
        readonly=True,
        groups="aftersales_service.aftersales_service_group_staff",
        help="Reported before the first day, and agreed to be covered all the same.",
    )
    renewal_quoted_on = fields.Date(copy=False, readonly=True)

    def _guarded_fields(self):
        return super()._guarded_fields() | {"covered_ticket_ids", "renewal_quoted_on"}

    # === SIGNING === #

    def _offered(self, by_customer):
        """Let contracts of a confirmed order begin, or wait for the signature.

        :param bool by_customer: he has confirmed the order himself
        """
        agreed = self.filtered(lambda c: by_customer or not c.needs_signature)
        (self - agreed)._await_signature()
        for order, contracts in agreed.grouped("sale_order_id").items():
            signed = by_customer and order.signed_on
            contracts._activate(
                signed_by=signed and order.signed_by,
                signed_on=signed,
                signature=signed and order.signature,
            )

    def _activate(self, signed_by=None, signed_on=None, signature=None):
        """Begin on the day of the signature where no first day was agreed on."""
        # sudo: the customer signs
        for contract in self.sudo().filtered(lambda c: c.state == "waiting"):
            line, today = contract.sale_line_id, contract._today()
            is_open = not (line.aftersales_contract_start or line.aftersales_renews_id)
            if line and is_open and contract.start_date < today:
                template = contract.template_id
                last = last_day(today, template.duration, template.duration_unit)
                contract.write({"start_date": today, "end_date": last})
        return super()._activate(
            signed_by=signed_by, signed_on=signed_on, signature=signature
        )

    # === RENEWING === #

    def action_quote_renewal(self):
        """Open the quotation that renews this contract; make it if there is none."""
        self.ensure_one()
        self.check_access("read")
        self.env["sale.order"].check_access("create")
        order = self._renewal_orders()[:1]
        if not order:
            # Asked for by hand: what was quoted before has been declined.
            self.sudo().renewal_quoted_on = False
            order = self._quote_renewal()
        if not order:
            raise UserError(self._renewal_problem())
        return order.sudo(False)._get_records_action()

    def _quote_renewal(self):
        """Quote the renewal of this contract, once.

        Of two who do so at the same time, the second one is refused by the database,
        tries again and finds it quoted.

        :return: the draft `sale.order`; empty when it was quoted before or can't be
        """
        self.ensure_one()
        nothing = self.env["sale.order"]
        self._take_turn()
        # sudo: the daily job, or who may sell
        contract = self.sudo()
        contract.invalidate_recordset(["renewal_quoted_on"])
        if contract.renewal_quoted_on or contract._renewal_orders():
            return nothing
        contract.renewal_quoted_on = contract._today()
        problem = contract._renewal_problem()
        if problem:
            contract._note(self.env._("The renewal was not quoted"), problem)
            return nothing
        order = (
            self.env["sale.order"]
            .sudo()
            .with_company(contract.company_id)
            .create(contract._prepare_renewal())
        )
        contract._announce_renewal(order)
        return order

    def _renewal_orders(self):
        """Return the orders, not cancelled, that renew this contract."""
        self.ensure_one()
        # sudo: who may sell sees that it was quoted by a colleague
        lines = self.env["sale.order.line"].sudo()
        lines = lines.search(
            [("aftersales_renews_id", "=", self.id), ("state", "!=", "cancel")],
            order="id desc",
        )
        return lines.order_id

    def _renewal_problem(self):
        """Return why this contract can't be renewed, or False."""
        self.ensure_one()
        contract = self.sudo()
        if contract.state in (*NOT_AGREED_STATES, "cancelled", "renewed"):
            return self.env._("%s is not a contract that could be renewed.", self.name)
        if not contract._renewal_product():
            return self.env._(
                "No product sells “%s” any more.", contract.template_id.display_name
            )
        if not contract._renewal_equipment():
            return self.env._("No machine is covered to the end.")
        return False

    def _renewal_product(self):
        """Return the product that sells this contract again."""
        product = self.sale_line_id.product_id
        if (
            product.active
            and product.sale_ok
            and product.aftersales_contract_template_id
        ):
            return product
        template = self.template_id
        products = template.product_ids.filtered(
            lambda p: (
                p.sale_ok
                and p.service_tracking == "aftersales_contract"
                and p.company_id.id in (False, self.company_id.id)
            )
        )
        return products[:1].product_variant_id

    def _renewal_equipment(self):
        """Return the machines that are covered on the last day and still in service."""
        machines = self._lines_on(self.end_date).equipment_id
        return machines.filtered(lambda machine: machine.state == "in_service")

    def _prepare_renewal(self):
        """Return the values of the quotation that renews this contract."""
        self.ensure_one()
        line, machines = self.sale_line_id, self._renewal_equipment()
        product = self._renewal_product()
        template = product.aftersales_contract_template_id
        order = {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "user_id": self._seller().id,
            "origin": self.name,
            "order_line": [
                Command.create(
                    {
                        "product_id": product.id,
                        "product_uom_qty": template._quantity_for(machines),
                        "aftersales_equipment_ids": [Command.set(machines.ids)],
                        "aftersales_contract_start": self.end_date + DAY,
                        "aftersales_renews_id": self.id,
                    }
                )
            ],
        }
        sold = line.order_id
        if sold:
            order["partner_invoice_id"] = sold.partner_invoice_id.id
            order["partner_shipping_id"] = sold.partner_shipping_id.id
            order["aftersales_end_user_id"] = sold.aftersales_end_user_id.id
        return order

    def _announce_renewal(self, order):
        """Tell the salesperson that a renewal waits to be checked and sent."""
        order.message_post(
            body=self.env._(
                "Renewal of %(contract)s, which ends on %(end)s.",
                contract=self.name,
                end=format_date(self.env, self.end_date),
            ),
            subtype_xmlid="mail.mt_note",
        )
        self._note(self.env._("Renewal quoted"), order.name)
        user = self._person_in_charge()
        if user:
            # A manager who stands in for the salesperson need not read orders.
            record = order if user == order.user_id else self
            record.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._(
                    "Check and send the renewal of %(contract)s", contract=self.name
                ),
                user_id=user.id,
            )
