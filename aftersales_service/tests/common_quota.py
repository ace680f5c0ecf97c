# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import Command

from .common_charges import ChargesCommon


class QuotaCommon(ChargesCommon):
    """A machine out of warranty, under contracts that limit visits, hours, parts."""

    @classmethod
    def lay_ground(cls):
        cls.template = cls.env["aftersales.contract.template"].create(
            {
                "name": "Test Care",
                "company_id": cls.company.id,
                "parts_share": 1,
                "labour_share": 1,
                "travel_share": 1,
                "duration": 24,
                "quota_period": "year",
                "limits_visits": True,
                "visit_quota": 2,
            }
        )

    def make_contract(self, machines=None, activate=True, **values):
        """Agree on a contract for machines, by default the one of the ground."""
        machines = self.equipment if machines is None else machines
        contract = self.env["aftersales.contract"].create(
            {
                "template_id": self.template.id,
                "company_id": self.company.id,
                "partner_id": self.customer.id,
                "start_date": "2026-01-10",
                "end_date": "2028-01-09",
                "line_ids": [
                    Command.create({"equipment_id": machine.id}) for machine in machines
                ],
                **values,
            }
        )
        if activate:
            contract._activate()
        return contract

    def report(self, machine=None, cause="wear"):
        """Report a fault of a machine, with a finding unless there is no cause."""
        machine = machine or self.equipment
        ticket = self.create_ticket(equipment_id=machine.id)
        if cause:
            self.set_cause(self.make_finding(machine, ticket), cause)
        return ticket

    def draft(self, ticket, hours=24):
        """Fill in a visit as the dispatcher, without planning it."""
        action = self.as_role("dispatcher", ticket).action_plan_visit()
        visit = self.as_role("dispatcher", "aftersales.dispatch").browse(
            action["res_id"]
        )
        visit.write(
            {
                "technician_ids": [Command.set(self.technician.ids)],
                "scheduled_start": self.moment(hours),
            }
        )
        return visit

    def moment(self, hours):
        with self.at(hours) as moment:
            return moment

    def plan(self, ticket=None, hours=24):
        visit = self.draft(ticket or self.report(), hours)
        visit.action_plan()
        return visit

    def carry_out(self, visit, lines=()):
        """Go there and do the work, up to the signature."""
        visit = self.as_role("technician", visit)
        visit.action_depart()
        visit.action_arrive()
        visit.job_ids.write({"work_done": "Pump replaced", "result": "solved"})
        visit.job_ids.answer_ids.write({"answer": "yes"})
        visit.line_ids = list(lines)
        visit.action_finish()
        return visit

    def sign_beyond(self):
        """Sign a visit beyond the only one, after its quotation was approved.

        :return: the visit, as its technician, and the order
        """
        self.company.aftersales_quote_threshold = 50
        with self.at(0):
            self.plan()
            visit = self.plan(hours=48)
            visit.planned_hours = 2
        with self.at(48):
            self.as_role("technician", visit).action_quote()
            order = visit.sudo().order_id
            self.assertEqual(order.amount_untaxed, 280)
            order.action_confirm()
            visit = self.carry_out(visit, [self.labour(2)])
            self.sign(visit)
        self.company.aftersales_quote_threshold = 0
        return visit, order

    def balance(self, contract, quota="visit", day="2026-03-03"):
        """Return (reserved, consumed, left) of a contract."""
        contract.invalidate_recordset()
        balance = contract._balance(quota, self.day(day))
        return balance.reserved, balance.consumed, balance.left

    def day(self, text):
        return self.env["aftersales.contract"]._fields["start_date"].to_date(text)

    def steps(self, contract, quota="visit"):
        """Return the steps of the ledger in their order."""
        rows = contract.usage_ids.filtered(lambda row: row.quota == quota)
        return rows.sorted("id").mapped("step")
