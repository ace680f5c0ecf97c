# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Maintenance visits that contracts include: prepared ahead, once each."""

import logging
from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.fields import Command, Domain

from ..tools import maintenance as engine
from .aftersales_contract import IN_FORCE_STATES

_logger = logging.getLogger(__name__)

#: So many days ahead a visit is prepared.
AHEAD = 60
#: So many days a visit is still prepared after it was due, if the job did not run.
LATE = 30
BATCH_SIZE = 50
#: Hour at the site that is proposed to the dispatcher.
PROPOSED_HOUR = 9
#: Visits that nobody has set out for.
COMING_STATES = ("draft", "planned")


class AftersalesContractMaintenance(models.Model):
    """One maintenance visit that a contract includes, to one site."""

    _name = "aftersales.contract.maintenance"
    _description = "Maintenance Visit of a Contract"
    _order = "date desc, id desc"
    _rec_name = "contract_id"

    contract_id = fields.Many2one(
        "aftersales.contract",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        related="contract_id.company_id", store=True, index=True
    )
    number = fields.Integer(
        required=True, readonly=True, help="The first, second... of the contract."
    )
    date = fields.Date(string="Due On", required=True, readonly=True)
    site_id = fields.Many2one(
        "res.partner", required=True, readonly=True, index=True, ondelete="restrict"
    )
    dispatch_id = fields.Many2one(
        "aftersales.dispatch",
        string="Visit",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    dispatch_state = fields.Selection(
        related="dispatch_id.state", string="State of the Visit"
    )
    # Who reads the contract need not read tickets: salespeople, finance.
    ticket_ids = fields.One2many(
        "aftersales.ticket",
        "maintenance_id",
        groups="aftersales_service.aftersales_service_group_staff",
    )
    is_dropped = fields.Boolean(
        string="Dropped",
        readonly=True,
        help="The contract did not cover any machine there when it was due.",
    )
    is_told = fields.Boolean(readonly=True, export_string_translation=False)

    _once = models.UniqueIndex(
        "(contract_id, number, site_id) WHERE is_dropped IS NOT TRUE",
        "This maintenance visit was prepared already.",
    )

    def _words(self, lang):
        """Name the visit: "Maintenance 2 of 4, contract SC/2026/00001"."""
        self.ensure_one()
        return self.with_context(lang=lang).env._(
            "Maintenance %(number)s of %(count)s, contract %(contract)s",
            number=self.number,
            count=len(self.contract_id._maintenance_days()),
            contract=self.contract_id.name,
        )

    def _prepare_tickets(self, machines):
        """Prepare one ticket a machine, so that each keeps its own history."""
        self.ensure_one()
        contract = self.contract_id
        lang = contract.partner_id.lang or contract.company_id.partner_id.lang
        return [
            {
                "name": self._words(lang),
                "ticket_type": "maintenance",
                "service_mode": "on_site",
                "channel": "visit",
                "partner_id": contract.partner_id.id,
                "site_id": self.site_id.id,
                "equipment_id": machine.id,
                "team_id": contract._maintenance_team().id,
                "user_id": False,
                "maintenance_id": self.id,
            }
            for machine in machines
        ]

    def _prepare_dispatch(self):
        """Prepare the draft that the dispatcher plans."""
        self.ensure_one()
        contract = self.contract_id
        zone = pytz.timezone(
            self.site_id._aftersales_tz(contract.partner_id, contract.company_id)
        )
        local = zone.localize(datetime.combine(self.date, time(PROPOSED_HOUR)))
        lang = contract.company_id.partner_id.lang
        return {
            "team_id": contract._maintenance_team().id,
            "partner_id": contract.partner_id.id,
            "site_id": self.site_id.id,
            "scheduled_start": local.astimezone(pytz.utc).replace(tzinfo=None),
            "instructions": self._words(lang),
            "job_ids": [
                Command.create({"ticket_id": ticket.id}) for ticket in self.ticket_ids
            ],
        }


class AftersalesContract(models.Model):
    _inherit = "aftersales.contract"

    maintenance_ids = fields.One2many(
        "aftersales.contract.maintenance", "contract_id", string="Maintenance Visits"
    )
    maintenance_problem = fields.Char(
        string="Maintenance Not Prepared",
        copy=False,
        readonly=True,
        groups="base.group_user",
    )

    def _guarded_fields(self):
        return super()._guarded_fields() | {"maintenance_problem"}

    # === WHAT IS DUE === #

    def _maintenance_days(self):
        """Return the days on which maintenance is due, in their order."""
        self.ensure_one()
        return engine.due_days(
            self.start_date, self.end_date, self.maintenance_per_year
        )

    def _maintenance_team(self):
        """Return the team whose dispatchers plan the visits of this contract."""
        self.ensure_one()
        team = self.env["aftersales.team"]
        return team.with_company(self.company_id)._default_team(
            self.env.user, self.company_id
        )

    def _maintained(self, day):
        """Return the machines that this contract maintains on a day.

        :return: `aftersales.equipment`, empty where the contract isn't in force then
        """
        self.ensure_one()
        if not self._in_force_on(day):
            return self.line_ids.equipment_id.browse()
        return self._lines_on(day).equipment_id

    def _maintenance_due(self, today):
        """Return the visits to prepare now that are not there yet.

        :return: list of (number, day, site, machines)
        """
        self.ensure_one()
        window = (today - timedelta(days=LATE), today + timedelta(days=AHEAD))
        due = [
            (number, day)
            for number, day in enumerate(self._maintenance_days(), 1)
            if window[0] <= day <= window[1]
        ]
        if not due:
            return []
        rows = self.maintenance_ids.filtered(lambda row: not row.is_dropped)
        there = {(row.number, row.site_id) for row in rows}
        # A machine that has moved to another site is maintained once all the same.
        known = {
            (row.number, ticket.equipment_id)
            for row in rows
            for ticket in row.ticket_ids
            if ticket.state != "cancelled"
        }
        result = []
        for number, day in due:
            machines = self._maintained(day)
            machines -= machines.browse().union(*(m for n, m in known if n == number))
            by_site = machines.grouped(self._maintenance_site)
            result += [
                (number, day, site, machines)
                for site, machines in by_site.items()
                if (number, site) not in there
            ]
        return result

    def _maintenance_site(self, machine):
        """Return the address where a machine is maintained."""
        return machine.site_id or machine.partner_id or self.partner_id

    # === THE JOB === #

    def _prepare_maintenance(self, today=None):
        """Make the maintenance visits that are due soon, once each.

        Each is a ticket for each machine and a draft visit for each site.

        :param date today: by default today at the company
        :return: the new `aftersales.contract.maintenance`
        """
        # sudo: tickets and visits follow from the contract
        contracts = self.sudo().with_context(mail_create_nosubscribe=True)
        due = {
            contract: contract._maintenance_due(today or contract._today())
            for contract in contracts
        }
        due = {contract: visits for contract, visits in due.items() if visits}
        rows = self.env["aftersales.contract.maintenance"].sudo()
        if not due:
            return rows
        # Of two jobs one has to try again, and finds the visits of the other.
        contracts.browse().union(*due)._take_turn()
        vals_list, machines = [], []
        for contract, visits in due.items():
            for number, day, site, covered in visits:
                vals_list.append(
                    {
                        "contract_id": contract.id,
                        "number": number,
                        "date": day,
                        "site_id": site.id,
                    }
                )
                machines.append(covered)
        rows = rows.create(vals_list)
        rows._make_visits(machines)
        return rows

    def _try_prepare_maintenance(self):
        """Prepare one contract's visits; what fails is noted and stops no other."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._prepare_maintenance()
                problem = False
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it
            _logger.warning("No maintenance of %s: %s", self.display_name, error)
            self.env.invalidate_all()
            problem = str(error)
        if (self.maintenance_problem or False) != problem:
            # sudo: noted by the job
            self.sudo().maintenance_problem = problem

    @api.model
    def _cron_prepare_maintenance(self):
        """Prepare the maintenance visits of all contracts in force, batch by batch."""
        progress = self.env["ir.cron"]._commit_progress
        today = fields.Date.context_today(self)
        domain = (
            Domain("state", "in", IN_FORCE_STATES)
            & Domain("maintenance_per_year", ">", 0)
            & Domain("start_date", "<=", today + timedelta(days=AHEAD))
            & Domain("end_date", ">=", today - timedelta(days=LATE))
        )
        progress(remaining=self.search_count(domain))
        last_id = 0
        while found := self.search(
            domain & Domain("id", ">", last_id), limit=BATCH_SIZE, order="id"
        ):
            last_id = found[-1].id
            # Workers take turns; what another one has is left to it.
            for contract in found.try_lock_for_update():
                contract._try_prepare_maintenance()
            if not progress(len(found)):
                return

    # === WHEN THE CONTRACT CHANGES === #

    def _contract_changed(self):
        equipment = super()._contract_changed()
        self._sync_maintenance()
        return equipment

    def _sync_maintenance(self):
        """Bring visits that nobody has set out for to what the contract covers."""
        # sudo: follows from the contract, whoever changes it
        rows = self.env["aftersales.contract.maintenance"].sudo()
        rows.search(
            [
                ("contract_id", "in", self.ids),
                ("is_dropped", "=", False),
                ("dispatch_id.state", "in", COMING_STATES),
            ]
        )._follow_contract()


class AftersalesEquipment(models.Model):
    _inherit = "aftersales.equipment"

    def write(self, vals):
        """Maintenance that nobody has set out for follows a machine to its new site."""
        res = super().write(vals)
        if {"partner_id", "site_id"} & vals.keys():
            # sudo: follows from the machine, whoever moves it
            self.sudo().contract_line_ids.contract_id._sync_maintenance()
        return res
