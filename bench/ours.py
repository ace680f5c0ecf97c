"""This addon in the benchmark."""

from datetime import timedelta

from odoo import Command, fields

from . import clone, seeds
from .side import SKIPPED, Side

#: Hours of the two promises of every program.
TARGETS = {"respond": 20.0, "resolve": 80.0}
REPLAY_SEEDS = 20
NEVER = "interval '100 years'"


class Ours(Side):
    """This addon: the intake role reports, a technician who dispatches works."""

    name = "ours"
    model = "aftersales.ticket"
    agent_login = "technician"
    sign = "CASE WHEN t.next_deadline > now() AT TIME ZONE 'UTC' THEN 1 ELSE -1 END"
    unique = {
        ("aftersales_ticket", "name"): "'Copy ' || {id} || ' ' || t.name",
        ("aftersales_ticket", "reference"): "'C' || {id}",
        ("aftersales_equipment", "reference"): "'C' || {id}",
        ("aftersales_equipment", "serial_number"): "'C' || {id}",
        ("aftersales_equipment", "serial_key"): "'C' || {id}",
    }

    # === FILLING === #

    def prepare(self):
        """Make users, teams, policies and seeds, through the ORM."""
        group = "aftersales_service.aftersales_service_group_"
        seeds.mail_domain(self.env)
        seeds.user(self.env, "intake", f"{group}intake")
        agent = seeds.user(
            self.env, "technician", f"{group}technician", f"{group}dispatcher"
        )
        seeds.user(self.env, "boss", f"{group}manager", f"{group}quality")
        Team = self.env["aftersales.team"]
        Team.search([], limit=1).write({"name": "First", "member_ids": agent.ids})
        Team.create(
            [{"name": name, "member_ids": agent.ids} for name in ("Second", "Replay")]
        )
        team = Team.search([("name", "=", "Replay")])
        team.resource_calendar_id = self.env.company.resource_calendar_id.copy(
            {"name": "Replay"}
        )
        self._make_policies()
        self.customers = seeds.customers(self.env)
        if self.full:
            self._make_machines()
        self._make_seeds(agent)
        self.env.cr.commit()
        # What is late was told of before the measured job.
        self.env["aftersales.sla.clock"]._cron_alert()
        self._hide_due_seeds(agent)
        self.env["mail.mail"].search([]).unlink()
        self.env.cr.commit()

    def _make_policies(self):
        Policy = self.env["aftersales.sla.policy"]
        Policy.search([]).active = False
        Policy.create(
            [
                {
                    "name": f"Bench {clock}",
                    "clock": clock,
                    "target_hours": hours,
                    "alert_ids": [Command.create({"amount": 1})],
                }
                for clock, hours in TARGETS.items()
            ]
        )

    def _make_machines(self):
        term = self.env["aftersales.warranty.term"].create(
            {"name": "Bench", "duration": 12}
        )
        product = self.env["product.product"].create(
            {
                "name": "Bench Machine",
                "is_storable": True,
                "aftersales_is_serviced": True,
                "aftersales_warranty_term_id": term.id,
            }
        )
        self.env["aftersales.equipment"].create(
            [
                {
                    "product_id": product.id,
                    "partner_id": customer.id,
                    "serial_number": f"SEED-{number}",
                    "delivery_date": fields.Date.subtract(
                        fields.Date.today(), days=15 * number
                    ),
                }
                for number, customer in enumerate(self.customers)
            ]
        )

    def _machine(self, customer):
        return self.env["aftersales.equipment"].search(
            [("partner_id", "=", customer.id), ("serial_number", "=like", "SEED-%")],
            limit=1,
        )

    def _values(self, name, customer, team, **values):
        """Return the values of a ticket, with its machine when it is a full one."""
        if self.full:
            fault = self.env["aftersales.fault"].search([], limit=1)
            cause = self.env["aftersales.cause"].search([], limit=1)
            values["equipment_id"] = self._machine(customer).id
            values["finding_ids"] = [
                Command.create({"fault_id": fault.id, "cause_id": cause.id})
            ]
        return {
            "name": name,
            "partner_id": customer.id,
            "team_id": team.id,
            "description": seeds.TEXT % name,
            **values,
        }

    def _teams(self):
        return self.env["aftersales.team"].search([("name", "!=", "Replay")])

    def _make_seeds(self, agent):
        """Create tickets of many ages and let them go their way."""
        teams, severities = self._teams(), ("minor", "normal", "serious", "safety")
        now = fields.Datetime.now()
        values = [
            self._values(
                f"Seed {pattern.subject}",
                self.customers[pattern.customer],
                teams[pattern.index % len(teams)],
                severity=severities[pattern.index % 4],
                ticket_type=("repair", "support")[pattern.index % 2],
                reported_at=pattern.reported_at,
            )
            for pattern in seeds.Pattern.all()
        ]
        values.append(
            self._values(
                "Old",
                self.customers[0],
                teams[0],
                reported_at=now - timedelta(days=730),
            )
        )
        values.append(
            self._values(
                "Young",
                self.customers[1],
                teams[0],
                reported_at=now - timedelta(hours=12),
            )
        )
        replay = self.env["aftersales.team"].search([("name", "=", "Replay")])
        values += [
            self._values(
                f"Replay {number}",
                self.customers[number],
                replay,
                reported_at=now - timedelta(hours=12 + 13 * number),
            )
            for number in range(REPLAY_SEEDS)
        ]
        tickets = self.Model.create(values)
        for pattern, ticket in zip(seeds.Pattern.all(), tickets, strict=False):
            self._go(ticket, pattern, agent)
        self._dress(tickets, agent)

    def _dress(self, tickets, agent):
        """Date tickets as they were reported; full ones get activity and messages."""
        (tickets - tickets.filtered("user_id"))[-22:].user_id = agent
        if self.full:
            seeds.fill_chatter(tickets, agent)
            for ticket in tickets.filtered(
                lambda ticket: ticket.state not in ("solved", "closed")
            ):
                ticket.activity_schedule(
                    "mail.mail_activity_data_todo", user_id=agent.id, summary="Call"
                )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE aftersales_ticket SET create_date = reported_at WHERE id = ANY(%s)",
            [tickets.ids],
        )
        self.env.invalidate_all()

    def _go(self, ticket, pattern, agent):
        """Let a seed come to the state of its pattern."""
        if pattern.state == "new":
            return
        ticket.user_id = agent
        hour = timedelta(hours=1)
        if pattern.state == "assigned":
            return
        ticket._respond(ticket.reported_at + hour)
        if pattern.is_open:
            return
        ticket.resolution = "Replaced"
        ticket._solve(ticket.reported_at + (3 + pattern.index) * hour)
        if pattern.state == "closed":
            ticket._set_state("closed")

    def _hide_due_seeds(self, agent):
        """Make a ticket whose two alerts are due, and hide it from the job."""
        ticket = self.Model.create(
            self._values(
                "Due",
                self.customers[2],
                self._teams()[0],
                reported_at=fields.Datetime.now() - timedelta(days=30),
                user_id=agent.id,
            )
        )
        self._dress(ticket, agent)
        self.env.cr.execute(
            f"UPDATE aftersales_sla_clock SET next_alert_at = next_alert_at + {NEVER}"
            " WHERE ticket_id = %s",
            [ticket.id],
        )
        self.env.invalidate_all()

    def roots(self):
        found = super().roots()
        if self.full:
            found.append(found[0].equipment_id)
        return found

    # === WHAT IS MEASURED === #

    def create(self, count):
        team, customers = self._known()
        Ticket = self.as_user("intake", self.Model)
        values = []
        for number in range(count):
            place = number % len(customers)
            vals = {
                "name": f"Report {number}",
                "partner_id": customers[place],
                "team_id": team,
                "description": seeds.TEXT % number,
                "severity": "serious",
            }
            if self.full:
                vals["equipment_id"] = self._machines[place]
                vals["finding_ids"] = [
                    Command.create({"fault_id": self._fault, "cause_id": self._cause})
                ]
            values.append(vals)
        return Ticket.create(values)

    def _known(self):
        """Look up once, outside of what is measured, what the values need."""
        if not hasattr(self, "_looked_up"):
            seeded = self.seeds()
            self._looked_up = self._teams()[:1].id, seeded.partner_id.ids
            self._fault = self.env["aftersales.fault"].search([], limit=1).id
            self._cause = self.env["aftersales.cause"].search([], limit=1).id
            if self.full:
                self._machines = [
                    self._machine(customer).id for customer in seeded.partner_id
                ]
        return self._looked_up

    def moves(self, old):
        ticket = self.Model.search([("name", "=", "Old" if old else "Young")])
        Stage = self.env["aftersales.ticket.stage"]
        stages = {
            state: Stage.search([("state", "=", state)], limit=1)
            for state in ("assigned", "in_progress")
        }
        worked_on = self.as_user(self.agent_login, ticket)

        def forth():
            worked_on.write({"stage_id": stages["in_progress"].id})

        def back():
            worked_on.write({"stage_id": stages["assigned"].id})

        return ticket, stages, forth, back

    def address(self):
        alias = self._teams()[:1].alias_id
        return f"{alias.alias_name}@{alias.alias_domain_id.name}"

    # === ALERTS === #

    def due_copier(self):
        """Return what multiplies the ticket whose alerts are due."""
        unique = {
            **self.unique,
            ("aftersales_sla_clock", "next_alert_at"): f"t.next_alert_at - {NEVER}",
        }
        roots = [self.Model.search([("name", "=", "Due")])]
        return clone.Copier(self.env, roots, "-1", unique, SKIPPED)

    def due_count(self):
        """Count the clocks whose next alert is due."""
        return self.env["aftersales.sla.clock"].search_count(
            [("outcome", "=", "open"), ("next_alert_at", "<=", fields.Datetime.now())]
        )

    def alert(self):
        """Run the alert job to its end."""
        self.env["aftersales.sla.clock"]._cron_alert()

    def settle(self):
        """Run the alert job, which then waits for the next moment of an open clock."""
        self.alert()
        self.env.cr.commit()

    # === REPLAY === #

    def _replay_team(self):
        return self.env["aftersales.team"].search([("name", "=", "Replay")])

    def replay_copies(self, tickets):
        """Multiply the tickets whose calendar will be edited.

        :param int tickets: how many copies, each with two open clocks
        :return: id of the first copy
        """
        roots = self.Model.search([("name", "=like", "Replay %")])
        copier = clone.Copier(self.env, [roots], "-1", self.unique, SKIPPED)
        first = copier.copy(tickets // len(roots))
        self.env.cr.commit()
        copier.vacuum()
        self.env.invalidate_all()
        return first

    def replay_deadlines(self):
        """Return a sum over the deadlines of these clocks, to see them move."""
        self.env.cr.execute(
            "SELECT count(*), sum(extract(epoch FROM deadline))"
            " FROM aftersales_sla_clock WHERE team_id = %s AND outcome = 'open'",
            [self._replay_team().id],
        )
        return self.env.cr.fetchone()

    def edit_calendar(self):
        """Move the end of one working day and let the clocks follow.

        Each edit gives hours that no calendar had before.
        """
        day = self._replay_team().resource_calendar_id.attendance_ids[-1]
        day.hour_to += 0.25
        self.env.cr.commit()
        self.env["aftersales.sla.clock"]._cron_replay()
        self.env.cr.commit()

    # === DELETING === #

    def delete_from(self, first):
        """Delete copies and what belongs to them by model and id."""
        for table, column in clone.BY_MODEL:
            self.env.cr.execute(
                f"DELETE FROM {table} WHERE {column} = %s AND res_id >= %s",
                [self.model, first],
            )
        self.env.cr.execute("DELETE FROM aftersales_ticket WHERE id >= %s", [first])
        self.env.cr.commit()
        self.env.invalidate_all(flush=False)
