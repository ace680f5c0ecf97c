# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import Command
from odoo.tests import new_test_user

from .common import GROUP
from .sla_common import SlaCommon
from .test_ticket_mail import MAIL


class ForwardCommon(SlaCommon):
    """A second team, whose members are told of what is theirs."""

    @classmethod
    def lay_ground(cls):
        cls.env["aftersales.forward.rule"].search([]).action_archive()
        # Who is served is enough here, test_what_is_required_comes_first asks for more.
        cls.env["aftersales.requirement"].search([]).machine = False
        cls.hands = cls.env["res.users"].union(
            *(
                new_test_user(
                    cls.env,
                    login=f"as_hand_{number}",
                    name=f"Hand {number}",
                    email=f"hand{number}@maker.example.com",
                    groups="base.group_user," + GROUP % "technician",
                    company_id=cls.company.id,
                    company_ids=[Command.set(cls.company.ids)],
                )
                for number in range(3)
            )
        )
        cls.hands.notification_type = "inbox"
        cls.hydraulics = cls.env["aftersales.team"].create(
            {
                "name": "Hydraulics",
                "company_id": cls.company.id,
                "member_ids": [Command.set(cls.hands.ids)],
                "resource_calendar_id": cls.make_calendar().id,
            }
        )

    @classmethod
    def make_rule(cls, name="All", **values):
        """Make a rule that gives to the first of the hands, unless told otherwise."""
        if values.setdefault("method", "fixed") == "fixed":
            values.setdefault("user_id", cls.hands[0].id)
        values.setdefault("team_id", cls.hydraulics.id)
        return cls.env["aftersales.forward.rule"].create({"name": name, **values})

    def line(self, ticket):
        """Return the latest line of the chatter that tells of forwarding."""
        lines = ticket.sudo().message_ids.filtered(lambda m: "Forwarded" in m.body)
        return lines[:1]

    def to_do(self, ticket):
        """Return the activities that forwarding made."""
        kind = self.env.ref("aftersales_service.mail_activity_type_forward")
        return ticket.sudo().activity_ids.filtered(lambda a: a.activity_type_id == kind)

    def receive(self, email_from="Mia Mill <mia@mill.example.com>", **values):
        """Let the gateway deliver a mail to the team."""
        to = values.pop("to", f"test.service@{self.alias_domain}")
        with self.mock_mail_gateway():
            return self.format_and_process(
                MAIL,
                email_from,
                to,
                subject=values.pop("subject", "Press runs on"),
                target_model="aftersales.ticket",
                **values,
            )
