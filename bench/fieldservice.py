"""The community's fieldservice, which has no promises, in the benchmark."""

from datetime import timedelta

from odoo import fields

from . import seeds
from .side import Side


class Fieldservice(Side):
    """fieldservice: its dispatcher creates orders and moves them."""

    name = "fieldservice"
    model = "fsm.order"
    agent_login = "agent"
    sign = (
        "CASE WHEN t.scheduled_date_start > now() AT TIME ZONE 'UTC' THEN 1 ELSE -1 END"
    )
    unique = {("fsm_order", "name"): "'Copy ' || {id} || ' ' || t.name"}

    def prepare(self):
        """Make a user, locations, a worker, a stage between and seeds."""
        seeds.mail_domain(self.env)
        agent = seeds.user(self.env, "agent", "fieldservice.group_fsm_dispatcher")
        self.env["fsm.stage"].create(
            {
                "name": "In Progress",
                "sequence": 40,
                "stage_type": "order",
                "custom_color": "#ECF0F1",
            }
        )
        worker = self.env["fsm.person"].create({"name": "Worker"})
        locations = self.env["fsm.location"].create(
            [
                {"name": f"Site {customer.name}", "owner_id": customer.id}
                for customer in seeds.customers(self.env)
            ]
        )
        self._make_seeds(agent, worker, locations)
        self.env.flush_all()
        self.env["mail.mail"].search([]).unlink()
        self.env.cr.commit()

    def _make_seeds(self, agent, worker, locations):
        patterns = seeds.Pattern.all()
        values = []
        for pattern in patterns:
            planned = pattern.reported_at + timedelta(hours=20)
            values.append(
                {
                    "name": f"Seed {pattern.subject}",
                    "location_id": locations[pattern.customer].id,
                    "person_id": pattern.state != "new" and worker.id,
                    "description": pattern.text,
                    "priority": str(pattern.index % 4),
                    "request_early": pattern.reported_at,
                    "scheduled_date_start": planned,
                    "scheduled_duration": 2,
                }
            )
        values += [
            {"name": name, "location_id": locations[0].id, "person_id": worker.id}
            for name in ("Old", "Young")
        ]
        orders = self.Model.create(values)
        ages = [pattern.age for pattern in patterns]
        ages += [timedelta(days=730), timedelta(hours=12)]
        self.env.flush_all()
        for order, age in zip(orders, ages, strict=True):
            self.env.cr.execute(
                "UPDATE fsm_order SET create_date = %s WHERE id = %s",
                [fields.Datetime.now() - age, order.id],
            )
        self.env.invalidate_all()
        for pattern, order in zip(patterns, orders, strict=False):
            if pattern.state == "in_progress":
                order.stage_id = self._stage("In Progress")
            elif not pattern.is_open:
                order.action_complete()
        if self.full:
            seeds.fill_chatter(orders, agent)
            for order in orders.filtered(lambda order: not order.is_closed):
                order.activity_schedule(
                    "mail.mail_activity_data_todo", user_id=agent.id, summary="Call"
                )

    def _stage(self, name):
        return self.env["fsm.stage"].search(
            [("name", "=", name), ("stage_type", "=", "order")], limit=1
        )

    def create(self, count):
        if not hasattr(self, "_looked_up"):
            self._looked_up = self.seeds().location_id.ids
        places = self._looked_up
        return self.as_user("agent", self.Model).create(
            [
                {
                    "location_id": places[number % len(places)],
                    "description": seeds.TEXT % number,
                    "priority": "2",
                }
                for number in range(count)
            ]
        )

    def moves(self, old):
        order = self.Model.search([("name", "=", "Old" if old else "Young")])
        stages = {
            "assigned": self._stage("New"),
            "in_progress": self._stage("In Progress"),
        }
        worked_on = self.as_user(self.agent_login, order)

        def forth():
            worked_on.write({"stage_id": stages["in_progress"].id})

        def back():
            worked_on.write({"stage_id": stages["assigned"].id})

        return order, stages, forth, back

    def address(self):
        raise NotImplementedError("fieldservice takes no mail")
