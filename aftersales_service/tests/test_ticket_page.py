# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What lists and boards read of many tickets: the values of Odoo, at a fixed cost."""

from datetime import timedelta

from lxml import etree

from odoo import fields
from odoo.tests import tagged

from ..models.aftersales_activity_mixin import SUMMARY_FIELDS
from .common import AftersalesCommon

#: A page of tickets with all columns of the list, the number of all of them included.
PAGE_COST = 9


@tagged("post_install", "-at_install")
class TestTicketPage(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tickets = cls.env["aftersales.ticket"].create(
            [
                {"name": f"Hose {number}", "partner_id": cls.contact.id}
                for number in range(40)
            ]
        )
        cls.tickets.activity_ids.unlink()
        cls.reader = cls.users["technician"]
        Type = cls.env["mail.activity.type"]
        cls.types = Type.create(
            [
                {"name": "Plain", "icon": "fa-tasks"},
                {"name": "First", "icon": "fa-a", "decoration_type": "warning"},
                {"name": "Second", "icon": "fa-b", "decoration_type": "warning"},
                {"name": "Danger", "icon": "fa-c", "decoration_type": "danger"},
                {"name": "Dangerous", "icon": "fa-d", "decoration_type": "danger"},
            ]
        )

    def plan(self, ticket, kind, days, user="technician", summary=False):
        return ticket.activity_schedule(
            activity_type_id=self.types[kind].id,
            date_deadline=fields.Date.today() + timedelta(days=days),
            user_id=self.users[user].id,
            summary=summary,
        )

    def plan_many(self):
        """Give tickets each combination that the summary looks at."""
        for number, days in enumerate([-1, 0, 1, 400]):
            self.plan(self.tickets[number], 0, days, summary=f"No. {number}")
        for number, kinds in enumerate(
            [(1, 2, 1), (2, 1), (0, 3, 1), (1, 4, 3), (3, 1, 4), (0, 0), (1, 0)], 4
        ):
            for days, kind in enumerate(kinds):
                self.plan(self.tickets[number], kind, days - 1)
        # The other way round than they were planned; the same day; done; of somebody
        # whose day is another one already.
        self.plan(self.tickets[12], 1, 5)
        self.plan(self.tickets[12], 2, 3)
        self.plan(self.tickets[13], 2, 0)
        self.plan(self.tickets[13], 1, 0)
        self.plan(self.tickets[14], 3, -2).action_done()
        self.plan(self.tickets[15], 3, -2).action_done()
        self.plan(self.tickets[15], 0, 2, user="dispatcher")
        self.users["dispatcher"].tz = "Pacific/Kiritimati"
        self.users["intake"].tz = "Pacific/Pago_Pago"
        for number, user in enumerate(["dispatcher", "intake", "technician"], 16):
            for days in (0, 1):
                self.plan(self.tickets[number + 3 * days], 0, days, user=user)
        self.env.flush_all()

    def shown(self, tickets):
        """Read the summaries of tickets in one go.

        :return: dict of values by the ticket's id
        """
        self.env.invalidate_all()
        rows = tickets.with_user(self.reader).read(
            ["activity_ids", *SUMMARY_FIELDS], load=None
        )
        return {row["id"]: row for row in rows}

    def test_summaries_are_those_of_mail(self):
        self.plan_many()
        together = self.shown(self.tickets)
        # One record alone goes the way of `mail`.
        alone = {}
        for ticket in self.tickets:
            alone |= self.shown(ticket)
        self.assertEqual(together, alone)
        states = {row["activity_state"] for row in together.values()}
        self.assertEqual(states, {"overdue", "today", "planned", False})
        alarms = {row["activity_exception_icon"] for row in together.values()}
        self.assertEqual(alarms, {"fa-a", "fa-b", "fa-c", "fa-d", False})

    def test_summaries_follow_in_the_same_transaction(self):
        self.plan_many()
        read = self.tickets.with_user(self.reader).read
        self.assertFalse(read(["activity_summary"])[30]["activity_summary"])
        activity = self.plan(self.tickets[30], 3, 1, summary="Ask again")
        row = read(list(SUMMARY_FIELDS), load=None)[30]
        self.assertEqual(row["activity_summary"], "Ask again")
        self.assertEqual(row["activity_state"], "planned")
        self.assertEqual(row["activity_exception_decoration"], "danger")
        activity.date_deadline = fields.Date.today() - timedelta(days=3)
        self.types[3].icon = "fa-e"
        row = read(list(SUMMARY_FIELDS), load=None)[30]
        self.assertEqual(row["activity_state"], "overdue")
        self.assertEqual(row["activity_exception_icon"], "fa-e")
        activity.action_done()
        row = read(list(SUMMARY_FIELDS), load=None)[30]
        self.assertFalse(row["activity_state"])

    def test_activities_of_hidden_tickets_stay_hidden(self):
        self.plan_many()
        found = self.tickets.with_user(self.reader).activity_ids
        self.assertEqual(found, self.tickets.activity_ids.with_env(found.env))
        archived = self.tickets.with_user(self.reader).with_context(active_test=False)
        self.assertEqual(len(archived.activity_ids - found), 2, "those that are done")
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        team = self.env["aftersales.team"].create(
            {"name": "Elsewhere", "company_id": elsewhere.id}
        )
        self.tickets[:2].sudo().team_id = team
        self.env.flush_all()
        self.env.invalidate_all()
        mine = self.env["aftersales.ticket"].with_user(self.reader)
        visible = mine.search([("id", "in", self.tickets.ids)])
        self.assertEqual(len(visible), 38)
        self.assertFalse(visible.activity_ids & self.tickets[:2].sudo().activity_ids)

    def page_cost(self, limit):
        """Count the queries of a page of the list, with an empty record cache."""
        Ticket = self.env["aftersales.ticket"].with_user(self.reader)
        arch = etree.fromstring(Ticket.get_view(view_type="list")["arch"])
        names = {node.get("name") for node in arch.iter("field")}
        specification = {
            name: {"fields": {"display_name": {}}}
            if Ticket._fields[name].type == "many2one"
            else {}
            for name in [*names, *SUMMARY_FIELDS]
        }

        def read():
            return Ticket.web_search_read(
                [("name", "like", "Hose")],
                specification,
                limit=limit,
                count_limit=10_001,
            )

        read()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.assertEqual(len(read()["records"]), limit)
        return self.env.cr.sql_log_count - before

    def test_page(self):
        self.plan_many()
        self.env["aftersales.ticket"].search([]).stage_id  # noqa: B018, warms up
        self.assertLessEqual(self.page_cost(4), PAGE_COST)
        self.assertLessEqual(self.page_cost(39), PAGE_COST)

    def test_columns_stand_in_the_order_of_the_stages(self):
        stages = self.env["aftersales.ticket.stage"].search([])
        for number, stage in enumerate(stages[:4]):
            self.tickets[number].sudo().stage_id = stage
        self.env.flush_all()
        Ticket = self.env["aftersales.ticket"].with_user(self.reader)
        mine = [("id", "in", self.tickets[:4].ids)]

        def columns(order="stage_id"):
            groups = Ticket.formatted_read_group(
                mine, ["stage_id"], ["__count"], order=order
            )
            return [group["stage_id"][0] for group in groups]

        self.assertEqual(columns(), stages[:4].ids)
        self.assertEqual(columns("stage_id desc"), stages[:4].ids[::-1])
        self.assertEqual(columns("__count, stage_id"), stages[:4].ids)
        found = Ticket.search(mine, order="stage_id, id").stage_id
        self.assertEqual(found.ids, stages[:4].ids)
        stages[0].sequence = 10_000
        moved = stages[1:4] + stages[0]
        self.assertEqual(columns(), moved.ids, "also when they were moved just now")
        found = Ticket.search(mine, order="stage_id desc").stage_id
        self.assertEqual(found.ids, moved.ids[::-1])
