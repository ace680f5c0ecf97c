# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the parts of a repair order cost, and what the customer is charged for them.

Repair orders have quotations of their own: the statement of charges names them, so that
the customer reads all that he pays, and the visit doesn't charge it again.
"""

from odoo import models


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    # === COST === #

    def _prepare_costs(self):
        """The parts of the repair have cost something as well."""
        costs = super()._prepare_costs()
        return costs + [self._prepare_repair_cost(mv) for mv in self._repair_parts()]

    def _prepare_repair_cost(self, move):
        """Prepare the cost of a part that was built in: its value in stock.

        :param move: done `stock.move` of a repair order
        :return: dict for `aftersales.dispatch.cost.create`
        """
        product, machine = move.product_id, self._workshop_machine()
        quantity = self._repair_quantity(move)
        price = product.with_company(self.company_id).standard_price
        amount = abs(move.value) or quantity * price
        return {
            "dispatch_id": self.id,
            "date": self._finished_day(),
            "cost": "parts",
            "ticket_id": self.job_ids.ticket_id[:1].id,
            "finding_id": self.workshop_finding_id.id,
            "equipment_id": machine.id,
            "product_id": machine.product_id.id,
            "part_id": product.id,
            "quantity": quantity,
            "amount": amount,
            "covered": amount * (1 - self._workshop_part_share(product)),
        }

    def _repair_quantity(self, move):
        """Return how many parts were built in, in the product's unit."""
        return move.product_uom._compute_quantity(move.quantity, move.product_id.uom_id)

    # === STATEMENT === #

    def _statement(self, rows):
        """Name what the quotation of the repair charges, or that it follows."""
        content = super()._statement(rows)
        parts = self._repair_parts()
        if not parts:
            return content
        order = self._repair_order()
        if not content:
            currency = order.currency_id or self.company_id.currency_id
            zeros = dict.fromkeys(("untaxed", "tax", "total"), 0.0)
            content = {"currency": currency.name, "lines": [], **zeros}
        Currency = self.env["res.currency"].with_context(active_test=False)
        currency = Currency.search([("name", "=", content["currency"])])
        sold = self._repair_sold(order)
        lines, left = [], sold
        for move in parts:
            own = left & move.sale_line_id
            left -= own
            row = self._repair_row(move, order)
            lines.append(self._statement_line(row, own, currency))
        for line in left:
            row = self._repair_other_row(line, order)
            lines.append(self._statement_line(row, line, currency))
        totals = {
            "untaxed": sum(sold.mapped("price_subtotal")),
            "tax": sum(sold.mapped("price_tax")),
            "total": sum(sold.mapped("price_total")),
        }
        if order and order.currency_id != currency:
            # Sales has changed the price list of one of them.
            def convert(amount):
                return order.currency_id._convert(
                    amount, currency, self.company_id, order.date_order.date()
                )

            totals = {name: convert(amount) for name, amount in totals.items()}
            for line in lines:
                line.update({key: convert(line[key]) for key in ("price", "amount")})
        return {
            **content,
            "lines": [*content["lines"], *lines],
            **{
                name: currency.round(content[name] + amount)
                for name, amount in totals.items()
            },
        }

    def _repair_order(self):
        """Return the quotation or order of the repair.

        :return: `sale.order` with sudo, possibly empty
        """
        orders = self._workshop_repairs("done").sale_order_id
        return orders.filtered(lambda order: order.state != "cancel")[:1]

    def _repair_sold(self, order):
        """Return the lines of an order that charge this repair."""
        lines = order.order_line.filtered(
            lambda line: not line.display_type and line.product_uom_qty
        )
        repairs = self._workshop_repairs("done")
        if order.repair_order_ids - repairs:
            # Those of other machines are not this visit's.
            return lines & repairs.move_ids.sale_line_id
        return lines

    def _repair_row(self, move, order):
        """Say of one part of the repair what is free, and by what it is charged.

        :return: dict as of `_charge_rows`, as far as the statement reads it
        """
        product = move.product_id
        share, why = self._finding_share(self.workshop_finding_id, "parts", product)
        return {
            "description": product.with_context(
                display_default_code=False
            ).display_name,
            "kind": "part",
            "quantity": self._repair_quantity(move),
            "uom_id": product.uom_id.id,
            "share": share,
            "why": ". ".join(filter(None, [why, share < 1 and self._repair_by(order)])),
        }

    def _repair_other_row(self, line, order):
        """Say of a line that sales has added what it is: as `_repair_row`."""
        return {
            "description": line.name.split("\n")[0],
            "kind": "other",
            "quantity": line.product_uom_qty,
            "uom_id": line.product_uom_id.id,
            "share": 0.0,
            "why": self._repair_by(order),
        }

    def _repair_by(self, order):
        """Say by what the repair is charged."""
        if not order:
            return self.env._("Charged by a quotation of its own, which follows")
        return self.env._("Charged by quotation %(order)s", order=order.name)

    # === WHAT FOLLOWS === #

    def _charging_order(self):
        """Where the visit charges nothing itself, the repair may do."""
        return super()._charging_order() or self._repair_order()

    def _move(self, state, **stamps):
        res = super()._move(state, **stamps)
        if state == "done":
            self._ask_repair_quotation()
        return res

    def _ask_repair_quotation(self):
        """Ask for the quotation of parts that the customer pays, if there is none."""
        for visit in self.sudo():  # sudo: whoever signs needs no right to repair
            charged = visit._repair_parts().filtered(
                lambda move, visit=visit: visit._workshop_part_share(move.product_id)
            )
            repair = charged.repair_id[:1]
            user = repair.user_id or visit._workshop_responsible()[:1]
            if not repair or visit._repair_order() or repair.activity_ids or not user:
                continue
            repair.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=visit.with_context(lang=user.lang).env._("Charge the repair"),
                note=visit.with_context(lang=user.lang).env._(
                    "%(visit)s is signed. The customer pays %(parts)s, and there is no "
                    "quotation yet.",
                    visit=visit.name,
                    parts=", ".join(charged.product_id.mapped("display_name")),
                ),
            )
