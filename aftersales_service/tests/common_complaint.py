# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import Command
from odoo.tests import new_test_user

from .common import GROUP
from .sla_common import SlaCommon


class ComplaintCommon(SlaCommon):
    """A leader, and complaints of the mill."""

    @classmethod
    def lay_ground(cls):
        cls.leader = new_test_user(
            cls.env,
            login="as_leader",
            name="Lea Leader",
            email="lea@maker.example.com",
            groups=f"base.group_user,{GROUP % 'dispatcher'}",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.boss = cls.env["hr.employee"].create(
            {"name": "Lea Leader", "user_id": cls.leader.id}
        )
        cls.team.leader_id = cls.leader
        cls.accused = cls.users["technician"]
        cls.kind = cls.env.ref("aftersales_service.mail_activity_type_complaint")

    def complain(self, **values):
        """Let the intake role enter a complaint."""
        return self.create_ticket(
            **{"name": "Left oil on our floor", "ticket_type": "complaint", **values}
        )

    def complain_about(self, employee=None, **values):
        """Let the intake role enter a complaint about the technician."""
        employee = employee or self.technician
        about = [Command.set(employee.ids)]
        return self.complain(complaint_about_ids=about, **values)

    def decisions(self, ticket):
        """Return the activities of those who decide."""
        return ticket.sudo().activity_ids.filtered(
            lambda one: one.activity_type_id == self.kind
        )
