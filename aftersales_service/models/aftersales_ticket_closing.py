# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When a solved ticket closes by itself: by its team's rule, if nothing is missing."""

import logging

from odoo import SUPERUSER_ID, api, fields, models

from .aftersales_ticket_complaint import SETTLED

_logger = logging.getLogger(__name__)

CLOSING_RULE_SELECTION = [
    ("manual", "By Hand"),
    ("accepted", "Service Accepted"),
    ("filed", "Accepted, Receipt Filed"),
    ("invoiced", "Accepted, Receipt Filed, Charges Invoiced"),
]
#: With these outcomes the customer has accepted a service.
ACCEPTED_OUTCOMES = ("accepted", "remarks")
#: In these states finance needs nothing more of a receipt.
FILED_STATES = ("reconciled", "filed")
#: Invoice states of an order of which nothing is left to be invoiced.
INVOICED_STATES = ("invoiced", "upselling")
#: More of them at a time are left to the job: whoever caused it need not wait.
AT_ONCE = 20
BATCH_SIZE = 200
#: The place in a transaction where tickets wait for its end.
QUEUE = "aftersales.closing"


class AftersalesTeam(models.Model):
    _inherit = "aftersales.team"

    closing_rule = fields.Selection(
        CLOSING_RULE_SELECTION,
        string="Tickets Close",
        required=True,
        default="invoiced",
        tracking=True,
        help="When a solved ticket closes by itself. Accepted: the customer has signed "
        "for the last visit. Receipt filed: finance has filed or reconciled the "
        "receipts. Charges invoiced: nothing that the customer pays is left to be "
        "invoiced. The rule counts for tickets that are solved already, too. Any of "
        "them can be closed by hand before.",
    )

    def write(self, vals):
        res = super().write(vals)
        if vals.get("closing_rule", "manual") != "manual":
            self.env["aftersales.ticket"]._trigger_closing()
        return res


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    closing_missing = fields.Text(
        string="Closes by Itself When", compute="_compute_closing_missing"
    )

    @api.depends("state", "team_id")
    def _compute_closing_missing(self):
        waiting = self.filtered(lambda ticket: ticket._closes_by_itself())
        gaps = waiting._closing_gaps()
        for ticket in self:
            texts = gaps.get(ticket, ())
            ticket.closing_missing = "\n".join(f"• {text}" for text in texts)

    def _closes_by_itself(self):
        """Tell whether this is a solved ticket that its team's rule may close."""
        self.ensure_one()
        # sudo: the rule of the team, whoever looks at the ticket
        rule = self.sudo().team_id.closing_rule
        return self.state == "solved" and rule not in (False, "manual")

    # === WHAT IS MISSING === #

    def _closing_missing(self):
        """Say what is missing until this ticket closes by itself.

        :return: list of sentences that go on after "closes by itself when"; empty when
            nothing is missing, or when the rule is to close by hand
        """
        self.ensure_one()
        return self._closing_gaps()[self]

    def _closing_gaps(self):
        """Collect what is missing for each of these tickets, in few queries.

        :return: dict of ticket -> list of sentences
        """
        # sudo: visits, receipts and invoices count whoever asks; no amounts are told
        tickets = self.sudo()
        visits = tickets.job_ids.dispatch_id.filtered(lambda d: d.state != "cancelled")
        receipts = self.env["aftersales.receipt"].sudo()
        receipts = receipts.search([("dispatch_id", "in", visits.ids)], order="id")
        receipts = receipts.filtered(lambda receipt: receipt.state != "replaced")
        by_visit = receipts.grouped("dispatch_id")
        orders = visits._closing_orders()
        to_ask = tickets._followups_open().ticket_ids
        gaps = {}
        for ticket in tickets:
            rule, texts = ticket.team_id.closing_rule, []
            own = ticket.job_ids.dispatch_id & visits
            if rule in ("accepted", "filed", "invoiced"):
                texts += ticket._gaps_of_acceptance(own)
            if rule in ("filed", "invoiced"):
                texts += ticket._gaps_of_receipts(own, by_visit)
            if rule == "invoiced":
                texts += ticket._gaps_of_invoices(own, by_visit, orders)
            if rule != "manual" and ticket in to_ask:
                texts.append(
                    self.env._("the customer was asked whether it was as stated")
                )
            gaps[ticket.with_env(self.env)] = texts
        return gaps

    def _gaps_of_acceptance(self, visits):
        """Return what is missing until the customer has accepted the service.

        :param visits: `aftersales.dispatch` of this ticket that were not cancelled
        """
        if self.ticket_type == "complaint":
            if not self.unanswered_reason and self.customer_answer not in SETTLED:
                return [self.env._("the customer has accepted what he was offered")]
            if not visits:
                return []
        going_on = visits.filtered(lambda visit: visit.state != "done")
        texts = [
            self.env._("visit %s is signed or cancelled", visit.name)
            for visit in going_on
        ]
        last = (visits - going_on).form_id.sorted(lambda f: (f.signed_at, f.id))[-1:]
        if last.outcome not in ACCEPTED_OUTCOMES and not going_on:
            texts.append(self.env._("the customer has accepted the service by signing"))
        return texts

    def _gaps_of_receipts(self, visits, receipts):
        """Return what is missing until finance has filed the receipts.

        :param dict receipts: visit -> its `aftersales.receipt` that were not replaced
        """
        states = dict(
            self.env["aftersales.receipt"]
            ._fields["state"]
            ._description_selection(self.env)
        )
        texts = []
        for visit in visits.filtered("form_id"):
            own = receipts.get(visit)
            if not own:
                texts.append(
                    self.env._("there is a receipt of %s", visit.form_id.display_name)
                )
            for receipt in own or ():
                if receipt.state not in FILED_STATES:
                    texts.append(
                        self.env._(
                            "finance has filed receipt %(receipt)s (now: %(state)s)",
                            receipt=receipt.display_name,
                            state=states[receipt.state],
                        )
                    )
        return texts

    def _gaps_of_invoices(self, visits, receipts, orders):
        """Return what is missing until all that is charged is invoiced.

        What finance has waived is not waited for.

        :param dict orders: visit -> `sale.order` that charge it
        """
        texts = []
        for visit in visits:
            own = receipts.get(visit)
            if own and own[-1].money_state == "waived":
                continue
            for order in orders[visit]:
                if not order._aftersales_is_invoiced():
                    texts.append(self.env._("order %s is invoiced", order.name))
        return texts

    # === CLOSING === #

    def _queue_closing(self):
        """Look at these tickets at the end of the transaction, once.

        What happens in it may concern a ticket several times, and comes in any order.
        """
        if not self.ids:
            return
        precommit = self.env.cr.precommit
        queue = precommit.data.setdefault(QUEUE, set())
        if not queue:
            precommit.add(self.sudo()._close_queued)
        queue.update(self.ids)

    def _close_queued(self):
        """Close what has waited for the end of the transaction."""
        ids = self.env.cr.precommit.data.pop(QUEUE, set())
        if len(ids) > AT_ONCE:
            self._trigger_closing()
        else:
            self.browse(sorted(ids))._try_close()

    def _try_close(self):
        """Close those of these tickets whose team's rule is fulfilled.

        What goes wrong with a ticket is logged and hinders nobody: neither the invoice
        that was the last thing missing, nor another ticket. The job tries again.

        :return: the tickets that were closed
        """
        # sudo: follows from what happened, whoever did it; the author is the system
        tickets = self.with_user(SUPERUSER_ID).exists()
        closed = tickets.browse()
        try:
            with self.env.cr.savepoint():
                tickets = tickets.filtered(lambda ticket: ticket._closes_by_itself())
                gaps = tickets._closing_gaps()
        except Exception:  # noqa: BLE001 - see above
            _logger.warning("It is not known which tickets close", exc_info=True)
            return closed
        for ticket in tickets.filtered(lambda ticket: not gaps[ticket]):
            try:
                with self.env.cr.savepoint():
                    ticket._close_by_rule()
            except Exception:  # noqa: BLE001 - see above
                _logger.warning("%s did not close", ticket.reference, exc_info=True)
            else:
                closed |= ticket
        return closed.with_env(self.env)

    def _close_by_rule(self):
        """Close a ticket for which nothing is missing."""
        self.ensure_one()
        rules = dict(
            self.team_id._fields["closing_rule"]._description_selection(self.env)
        )
        self._set_state("closed")
        self._message_log(
            body=self.env._(
                "Closed by itself: %s", rules[self.team_id.closing_rule].lower()
            )
        )

    def action_close(self):
        """Close by hand; what the team's rule still waits for is noted."""
        waiting = self.filtered(lambda ticket: ticket._closes_by_itself())
        gaps = waiting._closing_gaps()
        res = super().action_close()
        for ticket, texts in gaps.items():
            if texts:
                # sudo: a note follows from the button, which has checked the right
                ticket.sudo()._message_log(
                    body=self.env._("Closed by hand, before: %s", "; ".join(texts)),
                    author_id=self.env.user.partner_id.id,
                )
        return res

    # === JOB === #

    @api.model
    def _trigger_closing(self):
        """Let the job look at all solved tickets soon."""
        # sudo: nobody but the system asks for the job
        cron = self.env.ref(
            "aftersales_service.ir_cron_ticket_closing", raise_if_not_found=False
        )
        if cron:
            cron.sudo()._trigger()

    @api.model
    def _cron_close(self):
        """Close the solved tickets whose rule is fulfilled by now.

        Each batch is a transaction: a job that is killed has closed those before, and
        goes on with the others the next time.
        """
        progress = self.env["ir.cron"]._commit_progress
        domain = [("state", "=", "solved"), ("team_id.closing_rule", "!=", "manual")]
        last_id = 0
        while tickets := self.search(
            [*domain, ("id", ">", last_id)], limit=BATCH_SIZE, order="id"
        ):
            last_id = tickets[-1].id
            tickets._try_close()
            if not progress(len(tickets), remaining=len(tickets)):
                return
            self.env.invalidate_all()
        progress(remaining=0)


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    def _closing_orders(self):
        """Return the orders that charge these visits.

        :return: dict of visit -> `sale.order` with sudo
        """
        orders = self._live_orders()
        by_visit = orders.grouped("dispatch_id")
        result = {}
        for visit in self:
            # sudo: as of the orders of a visit
            other = visit.sudo()._charging_order()
            other = other.filtered(lambda order: order.state != "cancel")
            result[visit] = by_visit.get(visit, orders.browse()) | other
        return result
