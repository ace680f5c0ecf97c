# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Tickets and draft visits of maintenance, and what becomes of them."""

from odoo import api, fields, models
from odoo.fields import Domain

from .aftersales_contract_maintenance import COMING_STATES

#: Visits that somebody has set out for and that are not signed yet.
UNDER_WAY_STATES = ("on_way", "on_site", "to_sign")
UNCOVERED_ACTIVITY_TYPE = "aftersales_service.mail_activity_type_contract_visit"
STAFF = "aftersales_service.aftersales_service_group_staff"


class AftersalesContractMaintenance(models.Model):
    _inherit = "aftersales.contract.maintenance"

    def _make_visits(self, machines):
        """Make the tickets and draft visits of new rows.

        :param list machines: `aftersales.equipment` of each row
        """
        tickets = self.env["aftersales.ticket"].sudo()
        tickets.create(
            [
                vals
                for row, covered in zip(self, machines, strict=True)
                for vals in row._prepare_tickets(covered)
            ]
        )
        visits = self.env["aftersales.dispatch"].sudo()
        visits = visits.create([row._prepare_dispatch() for row in self])
        for row, visit in zip(self, visits, strict=True):
            row.dispatch_id = visit

    def _follow_contract(self):
        """Bring visits that nobody has set out for to what their contract covers.

        A draft is changed, or cancelled where nothing is left of it. A planned visit is
        called off when its contract is cancelled for good. Where the contract may cover
        it again, or the visit has other work too, the dispatcher is asked, who knows
        what was agreed with the customer.
        """
        for row in self:
            contract = row.contract_id
            covered = contract._maintained(row.date).filtered(
                lambda machine, row=row, contract=contract: (
                    contract._maintenance_site(machine) == row.site_id
                )
            )
            if row.dispatch_id.state == "draft":
                row._change_draft(covered)
            elif covered:
                row._take_back_question()
            elif contract.state == "cancelled" and row._is_all_of_visit():
                row._call_off()
            else:
                row._tell_dispatcher()

    def _is_all_of_visit(self):
        """Tell whether the planned visit is for this maintenance and nothing else."""
        self.ensure_one()
        tickets = self.dispatch_id.job_ids.ticket_id
        return tickets <= self.ticket_ids and not tickets._visits_in(UNDER_WAY_STATES)

    def _tickets_to_drop(self):
        """Return the tickets that can be cancelled: nobody is at work for them."""
        self.ensure_one()
        return self.ticket_ids.filtered(
            lambda ticket: (
                ticket.state not in ("closed", "cancelled")
                and not ticket._visits_in(UNDER_WAY_STATES)
            )
        )

    def _call_off(self):
        """Cancel the planned visit of a contract that has been cancelled.

        The customer and the technicians hear of it as of any visit that is cancelled.
        """
        self.ensure_one()
        visit = self.dispatch_id
        self._answer_question()
        visit._message_log(
            body=self.env._(
                "Called off: contract %s was cancelled.", self.contract_id.name
            )
        )
        self.is_dropped = True
        # Their cancellation cancels the visit with them.
        self._tickets_to_drop()._cancel("withdrawn")
        if visit.state in COMING_STATES:
            visit._cancel()

    def _change_draft(self, covered):
        """Let a draft visit be to these machines and no others of the contract."""
        self.ensure_one()
        visit = self.dispatch_id
        gone = self._tickets_to_drop().filtered(
            lambda ticket: ticket.equipment_id not in covered
        )
        known = (self.ticket_ids - gone).equipment_id
        tickets = self.env["aftersales.ticket"].sudo()
        new = tickets.create(self._prepare_tickets(covered - known))
        visit.job_ids.filtered(lambda job: job.ticket_id in gone).unlink()
        for ticket in new:
            visit.job_ids.create({"dispatch_id": visit.id, "ticket_id": ticket.id})
        if gone:
            gone._cancel("withdrawn")
        if not covered:
            # What the dispatcher has added to the draft goes on without it.
            if not visit.job_ids:
                visit._cancel()
            self.is_dropped = True

    def _tell_dispatcher(self):
        """Ask the dispatcher once what becomes of a visit that is planned."""
        self.ensure_one()
        if self.is_told:
            return
        visit = self.dispatch_id
        leader = visit.team_id.leader_id.filtered("active")
        user = leader or self._dispatchers()[:1] or self.env.user
        told = visit.with_context(lang=user.lang)
        told.activity_schedule(
            UNCOVERED_ACTIVITY_TYPE,
            note=told.env._(
                "Contract %s was suspended, cancelled or changed: ask the customer, "
                "and cancel the visit where it is not wanted.",
                self.contract_id.name,
            ),
            user_id=user.id,
        )
        self.is_told = True

    def _take_back_question(self):
        """Tell the dispatcher that the contract covers the planned visit again."""
        self.ensure_one()
        if self.is_told:
            self._answer_question(
                self.env._(
                    "Contract %s covers this maintenance again.", self.contract_id.name
                )
            )
            self.is_told = False

    def _answer_question(self, feedback=False):
        """Close what the dispatcher was asked about the planned visit, if he was.

        :param str feedback: kept in the visit's history with the question
        """
        self.dispatch_id.activity_feedback([UNCOVERED_ACTIVITY_TYPE], feedback=feedback)

    def _dispatchers(self):
        """Return who plans visits in the company of this one: `res.users`."""
        self.ensure_one()
        group = self.env.ref("aftersales_service.aftersales_service_group_dispatcher")
        domain = Domain("all_group_ids", "in", group.ids)
        domain &= Domain("company_ids", "in", self.company_id.ids)
        domain &= Domain("share", "=", False)
        return self.env["res.users"].search(domain, order="id")


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    def _move(self, state, **stamps):
        res = super()._move(state, **stamps)
        if state not in COMING_STATES:
            # sudo: whoever answers it, by going there or by cancelling
            self.sudo().activity_unlink([UNCOVERED_ACTIVITY_TYPE])
        return res


class AftersalesDispatchLine(models.Model):
    _inherit = "aftersales.dispatch.line"

    @api.depends("job_id")
    def _compute_finding_id(self):
        """Time at a maintenance is maintenance, unless a finding is named."""
        named = {line: line.finding_id for line in self}
        res = super()._compute_finding_id()
        for line, finding in named.items():
            ticket = line.job_id.ticket_id
            if line.kind != "part" and ticket and ticket._is_maintenance():
                line.finding_id = finding & ticket.finding_ids
        return res


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    maintenance_id = fields.Many2one(
        "aftersales.contract.maintenance",
        string="Maintenance of a Contract",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        groups=STAFF,
    )

    def _guarded_fields(self):
        return super()._guarded_fields() | {"maintenance_id"}

    def _is_maintenance(self):
        """Tell whether this is a maintenance that a contract includes."""
        self.ensure_one()
        # sudo: who pays is decided whoever reads
        return self.ticket_type == "maintenance" and bool(self.sudo().maintenance_id)

    def _awaiting_forward(self):
        """Maintenance waits for the dispatcher, not for a person by a rule."""
        waiting = super()._awaiting_forward()
        return waiting.filtered(lambda ticket: not ticket._is_maintenance())
