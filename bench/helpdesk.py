"""The community's helpdesk_mgmt with helpdesk_mgmt_sla in the benchmark."""

from datetime import timedelta

from odoo import fields

from . import seeds
from .side import Side

STAGES = {
    "new": "helpdesk_mgmt.helpdesk_ticket_stage_new",
    "assigned": "helpdesk_mgmt.helpdesk_ticket_stage_new",
    "in_progress": "helpdesk_mgmt.helpdesk_ticket_stage_in_progress",
    "solved": "helpdesk_mgmt.helpdesk_ticket_stage_done",
    "closed": "helpdesk_mgmt.helpdesk_ticket_stage_done",
}


class Helpdesk(Side):
    """helpdesk_mgmt with two policies; its user group does everything."""

    name = "helpdesk"
    model = "helpdesk.ticket"
    agent_login = "agent"
    sign = (
        "CASE WHEN EXISTS (SELECT 1 FROM helpdesk_ticket_sla s WHERE s.ticket_id = t.id"
        " AND s.state = 'in_progress' AND s.deadline < now() AT TIME ZONE 'UTC')"
        " OR t.closed_date IS NOT NULL THEN -1 ELSE 1 END"
    )
    unique = {
        ("helpdesk_ticket", "name"): "'Copy ' || {id} || ' ' || t.name",
        ("helpdesk_ticket", "number"): "'HTC' || {id}",
    }

    def prepare(self):
        """Make users, teams, two policies and seeds, through the ORM."""
        seeds.mail_domain(self.env)
        agent = seeds.user(self.env, "agent", "helpdesk_mgmt.group_helpdesk_user")
        seeds.user(self.env, "boss", "helpdesk_mgmt.group_helpdesk_manager")
        teams = self.env["helpdesk.ticket.team"].create(
            [
                {
                    "name": name,
                    "user_ids": [(6, 0, agent.ids)],
                    "use_sla": True,
                    "alias_name": name.lower(),
                    "alias_contact": "everyone",
                }
                for name in ("First", "Second")
            ]
        )
        self.env["helpdesk.sla"].create(
            [
                {
                    "name": "Bench respond",
                    "team_ids": [(6, 0, teams.ids)],
                    "stage_id": self.env.ref(STAGES["in_progress"]).id,
                    "hours": 20,
                },
                {
                    "name": "Bench resolve",
                    "team_ids": [(6, 0, teams.ids)],
                    "stage_id": self.env.ref(STAGES["solved"]).id,
                    "hours": 80,
                    "ignore_stage_ids": [
                        (
                            4,
                            self.env.ref(
                                "helpdesk_mgmt.helpdesk_ticket_stage_awaiting"
                            ).id,
                        )
                    ],
                },
            ]
        )
        self._make_seeds(agent, teams)
        self.env.flush_all()
        self.env["mail.mail"].search([]).unlink()
        self.env.cr.commit()

    def _make_seeds(self, agent, teams):
        customers = seeds.customers(self.env)
        patterns = seeds.Pattern.all()
        values = [
            self._values(
                f"Seed {pattern.subject}",
                customers[pattern.customer],
                teams[pattern.index % 2],
                user_id=pattern.state != "new" and agent.id,
                priority=str(pattern.index % 4),
            )
            for pattern in patterns
        ]
        for number, name in enumerate(("Old", "Young")):
            values.append(
                self._values(name, customers[number], teams[0], user_id=agent.id)
            )
        tickets = self.Model.create(values)
        ages = [pattern.age for pattern in patterns]
        ages += [timedelta(days=730), timedelta(hours=12)]
        self.env.flush_all()
        for ticket, age in zip(tickets, ages, strict=True):
            self._backdate(ticket, age)
        self.env.invalidate_all()
        # The deadlines count from the creation, in the team's calendar.
        tickets.ticket_sla_ids._compute_deadline()
        for pattern, ticket in zip(patterns, tickets, strict=False):
            if pattern.state not in ("new", "assigned"):
                ticket.stage_id = self.env.ref(STAGES[pattern.state])
        if self.full:
            seeds.fill_chatter(tickets, agent)
            for ticket in tickets.filtered(lambda ticket: not ticket.closed):
                ticket.activity_schedule(
                    "mail.mail_activity_data_todo", user_id=agent.id, summary="Call"
                )

    def _backdate(self, ticket, age):
        moment = fields.Datetime.now() - age
        self.env.cr.execute(
            "UPDATE helpdesk_ticket SET create_date = %s, last_stage_update = %s"
            " WHERE id = %s",
            [moment, moment, ticket.id],
        )
        self.env.cr.execute(
            "UPDATE helpdesk_ticket_sla SET create_date = %s, last_state_date = %s"
            " WHERE ticket_id = %s",
            [moment, moment, ticket.id],
        )

    @staticmethod
    def _values(name, customer, team, **values):
        return {
            "name": name,
            "partner_id": customer.id,
            "partner_name": customer.name,
            "partner_email": customer.email,
            "team_id": team.id,
            "description": seeds.TEXT % name,
            **values,
        }

    def _teams(self):
        return self.env["helpdesk.ticket.team"].search([], order="id")

    def create(self, count):
        if not hasattr(self, "_looked_up"):
            self._looked_up = self._teams()[0].id, self.seeds().partner_id.ids
        team, customers = self._looked_up
        return self.as_user("agent", self.Model).create(
            [
                {
                    "name": f"Report {number}",
                    "partner_id": customers[number % len(customers)],
                    "team_id": team,
                    "description": seeds.TEXT % number,
                    "priority": "2",
                }
                for number in range(count)
            ]
        )

    def moves(self, old):
        ticket = self.Model.search([("name", "=", "Old" if old else "Young")])
        stages = {
            state: self.env.ref(STAGES[state]) for state in ("assigned", "in_progress")
        }
        worked_on = self.as_user(self.agent_login, ticket)

        def forth():
            worked_on.write({"stage_id": stages["in_progress"].id})

        def back():
            worked_on.write({"stage_id": stages["assigned"].id})

        return ticket, stages, forth, back

    def address(self):
        alias = self._teams()[0].alias_id
        return f"{alias.alias_name}@{alias.alias_domain_id.name}"
