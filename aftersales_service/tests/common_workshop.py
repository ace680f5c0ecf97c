# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import Command

from .equipment_common import EquipmentCommon


class WorkshopCommon(EquipmentCommon):
    """A machine that was sold and delivered, and a report about it."""

    @classmethod
    def lay_ground(cls):
        cls.lot = cls.serials("W-1")
        cls.order = cls.sell((cls.press, 1), partner=cls.customer)
        cls.machine = cls.deliver(cls.order, cls.lot)
        cls.warranty = cls.machine.warranty_ids
        cls.report = cls.ticket_about(cls.machine)

    @classmethod
    def ticket_about(cls, machine, **values):
        return cls.create_ticket(
            equipment_id=machine.id, partner_id=cls.customer.id, **values
        )

    def send_in(self, ticket=None, role="dispatcher"):
        """Press the button; return the visit as the dispatcher sees it."""
        action = self.as_role(role, ticket or self.report).action_workshop()
        return self.as_role("dispatcher", "aftersales.dispatch").browse(
            action["res_id"]
        )

    def pickings(self, visit, *steps):
        return visit._workshop_moves(*steps).picking_id

    def receive(self, visit, lots=None):
        with self.at(48):
            picking = self.validate(self.pickings(visit, "receive"), lots)
        visit.invalidate_recordset()
        return picking

    def decide(self, visit, outcome, role="dispatcher", **values):
        wizard = self.as_role(role, "aftersales.workshop.decide").create(
            {"dispatch_id": visit.id, "outcome": outcome, **values}
        )
        wizard.action_decide()
        visit.invalidate_recordset()

    def work(self, visit):
        """Work in the workshop up to the signature."""
        visit.write(
            {
                "technician_ids": [Command.set(self.technician.ids)],
                "scheduled_start": self.NOW,
            }
        )
        visit.action_plan()
        worker = self.as_role("technician", visit)
        worker.action_arrive()
        worker.job_ids.write({"work_done": "Seal replaced", "result": "solved"})
        worker.job_ids.answer_ids.write({"answer": "yes"})
        worker.action_finish()
        return worker

    def kinds(self, machine):
        return machine.event_ids.sorted("id").mapped("kind")
