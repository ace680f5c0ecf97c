# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_list

from ..models.selections import OPEN_STATES

SALES = "sales_team.group_sale_salesman"
#: Who may ask sales for a quote without making one himself.
ASK_ROLES = ("intake", "dispatcher", "manager")


class AftersalesContractQuote(models.TransientModel):
    """Quote a contract for machines of one customer, or ask sales to do so."""

    _name = "aftersales.contract.quote"
    _description = "Quote a Contract"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one("res.partner", string="Customer", required=True)
    owner_id = fields.Many2one(
        related="partner_id.commercial_partner_id", related_sudo=False
    )
    equipment_ids = fields.Many2many("aftersales.equipment", required=True)
    ticket_id = fields.Many2one(
        "aftersales.ticket", ondelete="cascade", help="Reported out of warranty."
    )
    ticket_reference = fields.Char(compute="_compute_ticket_reference")
    covers_ticket = fields.Boolean(
        string="Covers This Ticket",
        help="Once the customer has signed, the contract pays for this ticket too, "
        "although it was reported before.",
    )
    product_id = fields.Many2one(
        "product.product",
        string="Contract",
        compute="_compute_product_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        domain="[('service_tracking', '=', 'aftersales_contract'),"
        " ('aftersales_contract_template_id', '!=', False),"
        " ('company_id', 'in', (False, company_id))]",
        help="The service product that sells the contract.",
    )
    template_id = fields.Many2one(
        related="product_id.aftersales_contract_template_id", related_sudo=False
    )
    terms = fields.Text(compute="_compute_terms", string="It Promises")
    start_date = fields.Date(
        string="Starts On",
        compute="_compute_start_date",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        help="Empty: the day of the confirmation.",
    )
    warning = fields.Text(compute="_compute_warning")

    can_sell = fields.Boolean(compute="_compute_can_sell")
    salesperson_id = fields.Many2one(
        "res.users",
        compute="_compute_salesperson_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        domain=lambda self: [
            ("all_group_ids", "in", self.env.ref(SALES).ids),
            ("share", "=", False),
        ],
        help="Who is asked to quote.",
    )
    note = fields.Text(string="Note for Sales")

    # === COMPUTES === #

    @api.depends_context("uid")
    def _compute_can_sell(self):
        self.can_sell = self.env.user.has_group(SALES)

    @api.depends("ticket_id")
    def _compute_ticket_reference(self):
        for wizard in self:
            # sudo: who sells the contract need not read the ticket it is about
            wizard.ticket_reference = wizard.ticket_id.sudo().reference

    @api.depends("owner_id", "equipment_ids", "company_id")
    def _compute_product_id(self):
        for wizard in self:
            wizard.product_id = wizard.product_id or wizard._usual_product()

    @api.depends("product_id")
    @api.depends_context("lang")
    def _compute_terms(self):
        for wizard in self:
            template = wizard.template_id
            wizard.terms = template._terms_text() if template else False

    @api.depends("equipment_ids", "ticket_id")
    def _compute_start_date(self):
        """Begin where the first warranty ends, so that no machine has a gap."""
        today = fields.Date.context_today(self)
        for wizard in self:
            ends = [machine.warranty_end_date for machine in wizard.equipment_ids]
            later = ends and all(end and end >= today for end in ends)
            wizard.start_date = (
                min(ends) + timedelta(days=1)
                if later and not wizard.ticket_id
                else False
            )

    @api.depends("owner_id", "company_id")
    def _compute_salesperson_id(self):
        for wizard in self:
            wizard.salesperson_id = wizard._usual_salesperson()

    @api.depends("equipment_ids", "owner_id")
    def _compute_warning(self):
        """Tell what is under contract or quoted already."""
        for wizard in self:
            texts = []
            machines = wizard.equipment_ids._origin
            taken = machines.filtered("has_contract")
            if taken:
                texts.append(
                    self.env._(
                        "Under contract already, or waiting for the signature: "
                        "%(machines)s.",
                        machines=format_list(self.env, taken.mapped("display_name")),
                    )
                )
            orders = wizard._open_quotes()
            if orders:
                texts.append(
                    self.env._(
                        "Quoted already: %(orders)s.",
                        orders=format_list(self.env, orders.mapped("name")),
                    )
                )
            wizard.warning = "\n".join(texts) or False

    # === WHAT IS FILLED IN === #

    @api.model
    def _open(self, equipment, ticket=None):
        """Open the dialog.

        :param equipment: `aftersales.equipment`, several of one customer
        :param ticket: `aftersales.ticket` that was reported out of warranty
        :raise AccessError: for who neither sells nor asks for it
        :raise UserError: when the machines can't be in one contract
        """
        if not self.env.user.has_group(SALES):
            self.env["res.users"]._check_aftersales_role(*ASK_ROLES)
        equipment.check_access("read")
        self._check_machines(equipment)
        wizard = self.create(self._prepare_values(equipment, ticket))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Quote a Contract"),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    @api.model
    def _prepare_values(self, equipment, ticket):
        owner = equipment.partner_id
        if len(owner) > 1:
            owner = owner.commercial_partner_id
        asked = ticket or self._chargeable_ticket(equipment)
        return {
            "company_id": equipment.company_id.id,
            "partner_id": (ticket.partner_id if ticket else owner).id,
            "equipment_ids": [Command.set(equipment.ids)],
            "ticket_id": asked.id,
            "covers_ticket": bool(ticket),
        }

    @api.model
    def _chargeable_ticket(self, equipment):
        """Find the open ticket about these machines that the customer pays.

        :return: `aftersales.ticket`, empty when there is none or more than one
        """
        # sudo: who sells need not read tickets; he sees the number only
        tickets = (
            self.env["aftersales.ticket"]
            .sudo()
            .search(
                [
                    ("equipment_id", "in", equipment.ids),
                    ("state", "in", OPEN_STATES),
                    ("ticket_type", "!=", "complaint"),
                ],
                limit=20,
            )
            .filtered("coverage_charges")
        )
        return tickets if len(tickets) == 1 else tickets.browse()

    def _usual_product(self):
        """Choose the contract that is offered.

        :return: `product.product`: what this customer had last, what is offered with
            the machine, what was quoted last, else the first in the catalogue
        """
        self.ensure_one()
        Product = self.env["product.product"]
        domain = (
            Domain("service_tracking", "=", "aftersales_contract")
            & Domain("aftersales_contract_template_id.active", "=", True)
            & Domain("company_id", "in", (False, self.company_id.id))
        )
        last = self.env["aftersales.contract"].search(
            [
                ("commercial_partner_id", "=", self.owner_id.id),
                ("company_id", "=", self.company_id.id),
            ],
            order="id desc",
            limit=1,
        )
        optional = self.equipment_ids.product_id.optional_product_ids
        # sudo: what was sold last, of which nothing but the product is used
        sold = (
            self.env["sale.order.line"]
            .sudo()
            .search(
                [
                    ("aftersales_is_contract", "=", True),
                    ("company_id", "=", self.company_id.id),
                ],
                order="id desc",
                limit=1,
            )
        )
        for narrower in (
            Domain("id", "=", last.sudo().sale_line_id.product_id.id),
            Domain("aftersales_contract_template_id", "=", last.template_id.id or 0),
            Domain("product_tmpl_id", "in", optional.ids),
            Domain("id", "=", sold.product_id.id),
            Domain.TRUE,
        ):
            found = Product.search(
                domain & narrower, order="aftersales_contract_template_id, id", limit=1
            )
            if found:
                return found
        return Product

    def _usual_salesperson(self):
        """Find who sells to this customer.

        :return: `res.users` with sales rights, empty when nobody has them
        """
        self.ensure_one()
        # sudo: orders and users, of which nothing but the salesperson's name is shown
        partner = self.partner_id.sudo()
        order = (
            self.env["sale.order"]
            .sudo()
            .search(
                [
                    ("partner_id.commercial_partner_id", "=", self.owner_id.id),
                    ("company_id", "=", self.company_id.id),
                    ("user_id", "!=", False),
                ],
                order="id desc",
                limit=1,
            )
        )
        known = partner.user_id | partner.commercial_partner_id.user_id | order.user_id
        sellers = known.filtered(lambda user: user.active and user.has_group(SALES))
        if not sellers:
            for group in ("sales_team.group_sale_manager", SALES):
                sellers = sellers.search(
                    [
                        ("all_group_ids", "in", self.env.ref(group).ids),
                        ("company_ids", "in", self.company_id.ids),
                        ("share", "=", False),
                    ],
                    order="id desc",
                    limit=1,
                )
                if sellers:
                    break
        return sellers[:1].sudo(False)

    def _open_quotes(self):
        """Return the quotations of contracts for these machines."""
        self.ensure_one()
        # sudo: their numbers are told to whoever would quote once more
        lines = (
            self.env["sale.order.line"]
            .sudo()
            .search(
                [
                    ("aftersales_is_contract", "=", True),
                    ("aftersales_equipment_ids", "in", self.equipment_ids._origin.ids),
                    ("state", "in", ("draft", "sent")),
                ]
            )
        )
        return lines.order_id

    # === CHECKS === #

    @api.model
    def _check_machines(self, equipment):
        """Check that machines can be in one contract.

        :raise UserError: when they can't
        """
        if not equipment:
            raise UserError(self.env._("Choose the equipment to quote a contract for."))
        if len(equipment.commercial_partner_id) > 1:
            raise UserError(
                self.env._(
                    "A contract is with one customer. The machines you chose belong "
                    "to: %(customers)s.",
                    customers=format_list(
                        self.env,
                        equipment.commercial_partner_id.mapped("display_name"),
                    ),
                )
            )
        if len(equipment.company_id) > 1:
            raise UserError(
                self.env._("A contract is made by one company: choose its machines.")
            )
        ended = equipment.filtered(lambda machine: machine.state != "in_service")
        if ended:
            raise UserError(
                self.env._(
                    "No longer in service: %(machines)s.",
                    machines=format_list(self.env, ended.mapped("display_name")),
                )
            )

    # === ACTIONS === #

    def action_quote(self):
        """Make the quotation and open it.

        :raise AccessError: for who doesn't sell
        """
        self.ensure_one()
        self.env["sale.order"].check_access("create")
        self._check_machines(self.equipment_ids)
        if not self.product_id:
            raise ValidationError(self.env._("Choose the contract to quote."))
        Order = self.env["sale.order"].with_company(self.company_id)
        order = Order.create(self._prepare_order())
        if self.ticket_id:
            # sudo: who sells need not read the ticket that his quote answers
            order.sudo().write(
                {
                    "aftersales_ticket_id": self.ticket_id.id,
                    "aftersales_covers_ticket": self.covers_ticket,
                }
            )
        return order._get_records_action(views=[(False, "form")], target="current")

    def _prepare_order(self):
        """Return the values of the quotation."""
        self.ensure_one()
        template = self.product_id.aftersales_contract_template_id
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "origin": self.ticket_reference,
            "order_line": [
                Command.create(
                    {
                        "product_id": self.product_id.id,
                        "product_uom_qty": template._quantity_for(self.equipment_ids),
                        "aftersales_equipment_ids": [
                            Command.set(self.equipment_ids.ids)
                        ],
                        "aftersales_contract_start": self.start_date,
                    }
                )
            ],
        }

    def action_ask(self):
        """Ask sales for the quote: an activity on the machine, which sales may read.

        :raise AccessError: for who has nothing to do with it
        :raise UserError: when nobody sells
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role(*ASK_ROLES)
        if not self.salesperson_id:
            raise UserError(
                self.env._(
                    "Nobody has the right to sell. Tell your administrator to give "
                    "it to somebody."
                )
            )
        self._check_machines(self.equipment_ids)
        self.equipment_ids.check_access("read")
        # sudo: who asks need not be allowed to change the machine
        self.equipment_ids[0].sudo().activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._(
                "Quote a contract for %(customer)s",
                customer=self.owner_id.display_name,
            ),
            note=self._ask_text(),
            user_id=self.salesperson_id.id,
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(name)s is asked for the quote.", name=self.salesperson_id.name
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _ask_text(self):
        """Write what sales needs to know."""
        machines = format_list(self.env, self.equipment_ids.mapped("display_name"))
        texts = [self.env._("Equipment: %(machines)s", machines=machines)]
        if self.ticket_id:
            texts.append(
                self.env._(
                    "Reported out of warranty: %(ticket)s", ticket=self.ticket_reference
                )
            )
        if self.note:
            texts.append(self.note)
        return Markup().join(Markup("<p>%s</p>") % text for text in texts)
