# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The statement of charges of a visit, and the draft order behind it."""

from odoo import api, fields, models
from odoo.tools.misc import clean_context

from ..tools import charges as engine

CHARGE_FIELDS = {
    "charges",
    "charges_accepted",
    "charges_reason",
    "order_id",
}


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    order_id = fields.Many2one(
        "sale.order",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        groups="sales_team.group_sale_salesman,account.group_account_readonly,"
        "account.group_account_invoice",
        help="The order that charges this visit; the latest one after corrections.",
    )
    charges = fields.Json(
        string="Content of the Statement",
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="The statement as the customer is shown it, see _charges_content.",
    )
    charges_accepted = fields.Selection(
        [("accepted", "Accepted"), ("declined", "Declined")],
        string="Charges Are",
        copy=False,
        readonly=True,
        help="What the customer said to the charges when signing.",
    )
    charges_reason = fields.Char(
        string="Reason for Declining the Charges", copy=False, readonly=True
    )
    currency_id = fields.Many2one(
        "res.currency", compute="_compute_charge_total", string="Currency of Charges"
    )
    charge_total = fields.Monetary(
        string="Charges",
        compute="_compute_charge_total",
        help="What the customer pays, taxes included.",
    )
    charges_html = fields.Html(
        string="Statement of Charges",
        compute="_compute_charges_html",
        sanitize=False,
    )
    charges_warning = fields.Char(
        string="Not Priced",
        compute="_compute_charge_total",
        help="What the customer would pay, but has no price.",
    )

    # === COMPUTES === #

    @api.depends("charges", "company_id.currency_id")
    def _compute_charge_total(self):
        names = {(dispatch.charges or {}).get("currency") for dispatch in self}
        currencies = self.env["res.currency"].with_context(active_test=False)
        known = {
            currency.name: currency
            for currency in currencies.search([("name", "in", list(names - {None}))])
        }
        for dispatch in self:
            charges = dispatch.charges or {}
            dispatch.currency_id = known.get(
                charges.get("currency"), dispatch.company_id.currency_id
            )
            dispatch.charge_total = charges.get("total", 0.0)
            unpriced = [
                line["description"]
                for line in charges.get("lines", ())
                if line["share"] < 1 and not line["price"]
            ]
            dispatch.charges_warning = ", ".join(dict.fromkeys(unpriced))

    @api.depends("charges", "charges_accepted")
    def _compute_charges_html(self):
        for dispatch in self:
            content = dispatch._charges_content()
            dispatch.charges_html = content and self.env["ir.qweb"]._render(
                "aftersales_service.statement_of_charges",
                {
                    "content": content,
                    "currency": dispatch.currency_id,
                    "percent": self.env["aftersales.coverage"]._percent,
                },
                lang=self.env.lang,
            )

    def _guarded_fields(self):
        return super()._guarded_fields() | CHARGE_FIELDS

    # === STATEMENT === #

    def _charges_content(self):
        """Return the statement of charges, for the service form and the phone.

        :return: dict of plain values, empty when there is nothing to state: currency,
            lines (description, kind, quantity, unit, price, share that is free between
            0 and 1, why, amount), untaxed, tax, total, and accepted (True, False or
            None). Amounts are in the currency; price and amount are without taxes,
            price is 0.0 where nothing is priced
        """
        self.ensure_one()
        # sudo: the statement is the customer's, whoever shows it to him
        visit = self.sudo()
        if not visit.charges:
            return {}
        answers = {"accepted": True, "declined": False}
        return {**visit.charges, "accepted": answers.get(visit.charges_accepted)}

    def _form_charges(self):
        """What the service form prints of the charges."""
        return self._charges_content()

    def _as_cashier(self):
        """Return the visit in the customer's language, with the right to sell.

        :return: the visit for `sudo`, without defaults of a request's context
        """
        self.ensure_one()
        # sudo: technicians have no sales rights; the order follows from the work
        context = {
            **clean_context(self.env.context),
            "lang": self.partner_id.lang or self.env.user.lang,
            "mail_create_nosubscribe": True,
        }
        return self.with_context(context).with_company(self.company_id).sudo()

    def _write_charges(self):
        """Bring the order and the statement to what the visit says now.

        It changes nothing where nothing has changed, so that it may be called whenever
        the customer is about to read. What sales entered by hand stays.
        """
        for visit in self:
            visit = visit._as_cashier()
            visit._touch()
            rows = visit._charge_rows()
            order = visit._write_order(rows)
            statement = visit._statement(rows)
            if statement != (visit.charges or {}) or order != visit.order_id:
                visit.write(
                    {
                        "charges": statement,
                        "order_id": order.id,
                        "charges_accepted": False,
                    }
                )

    def _statement(self, rows):
        """State what is free and what is charged, as the orders price it."""
        self.ensure_one()
        orders = self._live_orders()
        if not orders and not any(row["share"] for row in rows):
            return {}
        currency = orders[:1].currency_id or self.company_id.currency_id
        left = orders.order_line.filtered(
            lambda line: not line.display_type and line.product_uom_qty
        )
        lines = []
        for row in rows:
            key = self._row_key(row)
            own = left.filtered(lambda ln, key=key: ln.dispatch_key == key)
            left -= own
            lines.append(self._statement_line(row, own, currency))
        for line in left:
            if line.dispatch_key and currency.is_zero(line.price_subtotal):
                # Nothing is said of what is free no more.
                continue
            row = {
                "description": line.name.split("\n")[0],
                "kind": "other",
                "quantity": line.product_uom_qty,
                "uom_id": line.product_uom_id.id,
                "share": 0.0,
                "why": "",
            }
            lines.append(self._statement_line(row, line, currency))
        return {
            "currency": currency.name,
            "lines": lines,
            "untaxed": currency.round(sum(orders.mapped("amount_untaxed"))),
            "tax": currency.round(sum(orders.mapped("amount_tax"))),
            "total": currency.round(sum(orders.mapped("amount_total"))),
        }

    def _statement_line(self, row, lines, currency):
        unit = self.env["uom.uom"].browse(row["uom_id"])
        price, first = 0.0, lines[:1]
        if first:
            price = first.tax_ids.compute_all(
                first.price_unit,
                currency=currency,
                product=first.product_id,
                partner=first.order_id.partner_shipping_id,
            )["total_excluded"]
        why = row["why"]
        if row["share"] < 1 and not price:
            why = ". ".join(filter(None, [why, self.env._("The price follows")]))
        return {
            "description": row["description"],
            "kind": row["kind"],
            "quantity": row["quantity"],
            "unit": unit.name or "",
            "price": currency.round(price),
            "share": float(row["share"]),
            "why": why,
            "amount": currency.round(sum(lines.mapped("price_subtotal"))),
        }

    # === THE ORDER === #

    @api.model
    def _row_key(self, row):
        """Name what is charged: the same thing, from the same one, at the same share.

        Whatever else changes is another quantity of it.
        """
        names = ("key", "product_id", "uom_id", "share")
        return "|".join(str(row[name] or 0) for name in names)

    def _write_order(self, rows):
        """Write what is charged into the order that is still open.

        :return: `sale.order` that charges the visit, empty when nothing is charged
        """
        orders = self._live_orders()
        target = orders.filtered(lambda order: order._is_written_by_visit())[-1:]
        is_sold = any(map(self._is_sellable, rows))
        wanted = {
            self._row_key(row): row
            for row in rows
            if is_sold and (row["share"] < 1 or self.company_id.aftersales_show_covered)
        }
        rows = self._rows_beside(wanted, orders - target)
        if not rows and not target:
            return orders[-1:]
        if not target:
            target = orders.create(self._prepare_order(orders))
        if target.dispatch_rows != rows:
            self._sync_order(target, rows)
        if not target.order_line and target.state == "draft":
            target.unlink()
            return (orders - target)[-1:]
        self._link_deliveries(target, rows)
        return target

    def _link_deliveries(self, order, rows):
        """Link the moves of parts that were ordered before they were moved.

        What is entered while the customer waits to sign is charged at once, and moved
        before he reads.
        """
        lines = {line.dispatch_key: line for line in order.order_line}
        for row in rows:
            line = lines.get(self._row_key(row))
            if not line or row["kind"] != "part" or not row["product_id"]:
                continue
            values = self._prepare_change(row, line)
            if values["move_ids"]:
                line.write({"move_ids": values["move_ids"]})

    def _is_sellable(self, row):
        """Tell whether a charged row gives reason for an order.

        Services without a price and parts that are only described don't.
        """
        product = self.env["product.product"].browse(row["product_id"] or [])
        if row["share"] >= 1 or not product:
            return False
        pricelist = self.partner_id.property_product_pricelist
        return product.type != "service" or bool(
            product.lst_price
            if not pricelist
            else pricelist._get_product_price(product, row["quantity"] or 1.0)
        )

    def _rows_beside(self, wanted, orders):
        """Return what is to be ordered beside orders that stay as they are.

        :param dict wanted: key -> row of all that is charged
        :param orders: `sale.order` that nobody writes any more
        :return: list of rows; what was charged too much has a negative quantity
        """
        closed = self._written(orders)
        rest = engine.difference(
            {key: row["quantity"] for key, row in wanted.items()},
            {key: row["quantity"] for key, row in closed.items()},
        )
        known = {**closed, **wanted}
        keys = [*wanted, *(key for key in closed if key not in wanted)]
        rows = [{**known[key], "quantity": rest[key]} for key in keys if key in rest]
        # What is taken back may have been deleted from the visit.
        lines = self.env["aftersales.dispatch.line"].browse(
            row["line_id"] for row in rows if row["line_id"]
        )
        there = set(lines.exists().ids)
        return [
            {**row, "line_id": row["line_id"] in there and row["line_id"]}
            for row in rows
        ]

    @api.model
    def _written(self, orders):
        """Add up what orders charge that stay as they are.

        :return: dict of key -> row with the quantity of all of them
        """
        result = {}
        for order in orders:
            for row in order.dispatch_rows or ():
                key = self._row_key(row)
                before = result.get(key, {}).get("quantity", 0.0)
                result[key] = {**row, "quantity": before + row["quantity"]}
        return result

    def _prepare_order(self, orders):
        """Prepare the order; customer, prices, taxes and addresses are native.

        :param orders: the orders of this visit that stand, which fix the price list
        """
        values = {
            "partner_id": self.partner_id.id,
            "partner_shipping_id": self.site_id.id,
            "company_id": self.company_id.id,
            "dispatch_id": self.id,
            "origin": self.name,
        }
        if orders:
            values["pricelist_id"] = orders[0].pricelist_id.id
        return values

    def _sync_order(self, order, rows):
        """Let an order say what is charged; leave alone what has not changed.

        :param list rows: all that the visit has to charge on this order
        """
        before = {self._row_key(row): row for row in order.dispatch_rows or ()}
        ours = order.order_line.filtered(lambda ln: ln.dispatch_key)
        ours.filtered("display_type").unlink()
        ours = ours.exists()
        lines = {line.dispatch_key: line for line in ours}
        wanted = {self._row_key(row): row for row in rows}
        spare = ours.filtered(lambda line: line.dispatch_key not in wanted)
        new = []
        for sequence, row in enumerate(rows):
            key = self._row_key(row)
            values = {"sequence": 10 * sequence + 15}
            line = (
                lines.get(key)
                or spare.filtered(
                    lambda ln, row=row: ln.product_id.id == row["product_id"]
                )[:1]
            )
            spare -= line
            if not line:
                # What sales has deleted by hand stays deleted, until it changes.
                if before.get(key) != row or not row["product_id"]:
                    new.append((row, values))
                continue
            if before.get(key) != row:
                values.update(self._prepare_change(row, line))
            line.write(values)
            if before.get(key) != row:
                line._apply_free_share(row["share"])
        if order.state == "sale":
            spare.product_uom_qty = 0
        else:
            spare.unlink()
        created = self.env["sale.order.line"].create(
            [
                {**self._prepare_charge_line(row), **values, "order_id": order.id}
                for row, values in new
            ]
        )
        for line, (row, _values) in zip(created, new, strict=True):
            line._apply_free_share(row["share"])
        self._add_notes(order, rows)
        order.dispatch_rows = rows

    def _prepare_change(self, row, line):
        values = self._prepare_charge_line(row)
        for name in ("product_id", "product_uom_id", "name", "display_type"):
            values.pop(name, None)
        linked = line.move_ids
        values["move_ids"] = [
            command
            for command in values.get("move_ids", ())
            if command[1] not in linked.ids
        ]
        return values

    def _prepare_charge_line(self, row):
        """Prepare one line of the order. The one place where moves are linked.

        :param dict row: see `_charge_rows`
        :return: dict for `sale.order.line.create`, without the order
        """
        key = self._row_key(row)
        if not row["product_id"]:
            return {
                "display_type": "line_note",
                "dispatch_key": key,
                "name": self.env._(
                    "%(quantity)g x %(part)s: to be priced",
                    quantity=row["quantity"],
                    part=row["description"],
                ),
            }
        values = {
            "product_id": row["product_id"],
            "product_uom_qty": row["quantity"],
            "product_uom_id": row["uom_id"],
            "dispatch_key": key,
            "dispatch_line_id": row["line_id"],
        }
        line = self.env["aftersales.dispatch.line"].browse(row["line_id"] or [])
        # A covered part never gets a line of an order: `sale_stock` would charge the
        # other parts of its picking as well.
        if line.exists() and row["kind"] == "part" and row["share"] < 1:
            moves = self._linked_moves(line).filtered(lambda mv: not mv.sale_line_id)
            values["move_ids"] = [fields.Command.link(move.id) for move in moves]
        # Linking moves that are done counts nothing by itself: see `repair`.
        values["qty_delivered"] = row["quantity"]
        return values

    def _linked_moves(self, line):
        """Return the moves that have brought a part to the customer, or taken it back.

        :param line: `aftersales.dispatch.line` of parts
        :return: `stock.move`
        """
        # sudo: technicians need no stock rights
        return line.sudo().move_ids.filtered(
            lambda move: move.dispatch_role == "use" and move.state == "done"
        )

    def _add_notes(self, order, rows):
        """Name the ticket above its lines, and below them who pays and why."""
        tickets = {ticket.id: ticket for ticket in self._tickets()}
        groups = {}
        for sequence, row in enumerate(rows):
            groups.setdefault(row["ticket_id"], []).append((10 * sequence + 15, row))
        notes = []
        for ticket_id, numbered in groups.items():
            ticket = tickets.get(ticket_id)
            notes.append(
                {
                    "display_type": "line_section",
                    "sequence": numbered[0][0] - 1,
                    "dispatch_key": f"section:{ticket_id or 0}",
                    "name": f"{ticket.reference}: {ticket.name}"
                    if ticket
                    else self.env._("Visit %s", self.name),
                }
            )
            whys = dict.fromkeys(row["why"] for _number, row in numbered if row["why"])
            notes.append(
                {
                    "display_type": "line_note",
                    "sequence": numbered[-1][0] + 1,
                    "dispatch_key": f"note:{ticket_id or 0}",
                    "name": "\n".join(whys),
                }
            )
        self.env["sale.order.line"].create(
            [{**note, "order_id": order.id} for note in notes if note["name"]]
        )


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _apply_free_share(self, share):
        """Take off what somebody else pays, beside what the price list takes off."""
        self.ensure_one()
        if self.display_type:
            return
        self.discount = 0.0
        self._compute_discount()
        if share:
            self.discount = engine.discount(share, self.discount)
