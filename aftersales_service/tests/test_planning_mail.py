# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the customer is told of visits, and what planning costs."""

import base64
from contextlib import contextmanager
from datetime import timedelta

import vobject

from odoo.tests import tagged
from odoo.tools import SQL

from .planning_common import MONDAY, PlanningCommon


@tagged("post_install", "-at_install")
class TestPlanningMail(PlanningCommon):
    @contextmanager
    def told(self, *words):
        """Expect one mail to the contact for each word, which its subject contains.

        :return: list that gets the calendar entry of each
        """
        found = []
        before = self.mails()
        yield found
        mails = (self.mails() - before).sorted("id")
        subjects = mails.mapped("subject")
        self.assertEqual(len(mails), len(words), subjects)
        for mail, word in zip(mails, words, strict=True):
            self.assertIn(word, mail.subject)
            self.assertIn("mia@mill.example.com", mail.email_to)
            attachment = mail.attachment_ids
            self.assertEqual(attachment.name, "visit.ics")
            found.append(vobject.readOne(base64.b64decode(attachment.datas).decode()))

    def mails(self):
        return self.env["mail.mail"].search([("model", "=", "aftersales.dispatch")])

    def entry(self, calendar):
        """Return method, UID, sequence and status of a calendar entry."""
        event = calendar.vevent
        return (
            calendar.method.value,
            event.uid.value,
            event.sequence.value,
            event.status.value,
        )

    def test_a_visit_is_told_from_planning_to_departure(self):
        with self.told("is planned") as first:
            visit = self.plan(0)
        event = first[0].vevent
        method, uid, sequence, status = self.entry(first[0])
        self.assertEqual((method, sequence, status), ("REQUEST", "0", "CONFIRMED"))
        self.assertEqual(event.dtstart.value.isoformat(), "2026-03-09T07:00:00+00:00")
        self.assertEqual(event.dtend.value.isoformat(), "2026-03-09T09:00:00+00:00")
        self.assertIn("South Road 5", event.location.value)
        self.assertIn("08:00 - 10:00 (Europe/Berlin)", event.description.value)
        self.assertIn("Tara Technician", event.description.value)
        self.assertIn(self.tickets[0].reference, event.description.value)
        body = self.mails().sorted("id")[-1].body_html
        self.assertIn("08:00 - 10:00 (Europe/Berlin)", body)
        with self.told("has changed") as second:
            visit.write(
                {
                    "scheduled_start": MONDAY + timedelta(hours=1),
                    "scheduled_end": MONDAY + timedelta(hours=2),
                }
            )
        self.assertEqual(
            self.entry(second[0]), ("REQUEST", uid, "1", "CONFIRMED"), "the same one"
        )
        self.assertEqual(
            second[0].vevent.dtstart.value.isoformat(), "2026-03-09T08:00:00+00:00"
        )
        with self.told("has changed") as third:
            visit.technician_ids = self.colleague
        self.assertIn("Carl Colleague", third[0].vevent.description.value)
        self.assertEqual(self.entry(third[0])[2], "2")
        with self.told():
            # Nothing of this is the customer's affair.
            visit.instructions = "Ladder"
            visit.technician_ids = self.colleague
            visit.scheduled_start = visit.scheduled_start
            visit.action_draft()
            visit.action_plan()
        with self.told("on the way") as fourth:
            visit.action_depart()
        self.assertEqual(self.entry(fourth[0])[1:3], (uid, "2"))
        with self.told("is cancelled") as fifth:
            visit.action_cancel()
        self.assertEqual(self.entry(fifth[0]), ("CANCEL", uid, "3", "CANCELLED"))
        notes = visit.message_ids.mapped("body")
        self.assertEqual(sum("mia@mill.example.com was told" in n for n in notes), 5)

    def test_replanned_after_a_reset(self):
        visit = self.plan(0)
        with self.told():
            visit.action_draft()
            visit.scheduled_end += timedelta(hours=1)
        with self.told("has changed"):
            visit.action_plan()
        with self.told("is cancelled"):
            visit.action_draft()
            visit.action_cancel()
        with self.told():
            visit.action_draft()
            visit.action_cancel()

    def test_nobody_is_told(self):
        with self.told():
            self.draft(0).action_cancel()
            remote = self.plan(0, mode="remote")
            remote.scheduled_end += timedelta(hours=1)
            remote.action_cancel()
            self.draft(0, mode="workshop").with_context(import_file=True).action_plan()
            imported = self.draft(0, 5).with_context(import_file=True)
            imported.action_plan()
            self.team.tells_visits = False
            silent = self.plan(1, 24)
            silent.action_depart()
            silent.action_cancel()
            self.team.tells_visits = True
            (self.contact | self.customer | self.site).email = False
            self.tickets.email_from = False
            unknown = self.plan(1, 48)
        self.assertIn("no e-mail address", unknown.message_ids[0].body)

    def test_his_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        template = self.env.ref("aftersales_service.mail_template_visit_planned")
        template.with_context(lang="de_DE").subject = "Besuch {{ object.name }}"
        self.contact.lang = "de_DE"
        with self.told("Besuch") as calendars:
            self.plan(0)
        self.assertIn("Mo. 9", calendars[0].vevent.description.value)
        self.assertIn("Mo. 9", self.mails().sorted("id")[-1].body_html)

    def test_who_reported_is_told(self):
        self.contact.email = self.customer.email = self.site.email = False
        self.tickets[0].email_from = '"Mia" <mia@mill.example.com>'
        with self.told("is planned"):
            self.plan(0)

    def test_a_mail_leaves_at_once_and_alone(self):
        visit = self.draft(0)
        queue = self.env.ref("mail.ir_cron_mail_scheduler_action")
        triggers = self.env["ir.cron.trigger"]
        before = triggers.search([("cron_id", "=", queue.id)])
        visit.action_plan()
        self.assertTrue(triggers.search([("cron_id", "=", queue.id)]) - before)
        mail = self.mails().sorted("id")[-1]
        with self.mock_mail_gateway():
            mail.send()
        self.assertEqual(len(self._mails), 1)
        sent = self._mails[0]
        self.assertEqual(sent["email_to"], ['"Mia Mill" <mia@mill.example.com>'])
        self.assertEqual([name for name, _c, _t in sent["attachments"]], ["visit.ics"])

    # === WHAT IT COSTS === #

    def copy_rows(self, record, number, **values):
        """Copy a record's row many times, with other values: SQL expressions of `n`.

        :return: records
        """
        self.env.flush_all()
        columns = [
            field.name
            for field in record._fields.values()
            if field.store and field.column_type and field.name != "id"
        ]
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s) SELECT %s FROM %s, generate_series(1, %s) n"
                " WHERE %s = %s RETURNING id",
                SQL.identifier(record._table),
                SQL(", ").join(map(SQL.identifier, columns)),
                SQL(", ").join(
                    SQL(values[name])
                    if name in values
                    else SQL.identifier(record._table, name)
                    for name in columns
                ),
                SQL.identifier(record._table),
                number,
                SQL.identifier(record._table, "id"),
                record.id,
            )
        )
        return record.browse(sorted(row[0] for row in self.env.cr.fetchall()))

    def grow(self, technicians, weeks=4):
        """Make technicians, and a planned visit for each of them in each of the weeks.

        Row by row this takes minutes, so that it is done by SQL.
        """
        resources = self.copy_rows(self.colleague.resource_id, technicians)
        first = resources.ids[0] - 1
        versions = self.copy_rows(
            self.colleague.version_id,
            technicians,
            contract_date_start="NULL",
            # Unique by employee, until they are given to theirs.
            date_version="DATE '2025-01-01' - n",
        )
        crew = self.copy_rows(
            self.colleague,
            technicians,
            name="'Technician ' || n",
            resource_id=f"{first} + n",
            current_version_id=f"{versions.ids[0] - 1} + n",
            is_field_technician="TRUE",
            work_contact_id="NULL",
        )
        self.env.cr.execute(
            "UPDATE hr_version v SET employee_id = e.id FROM hr_employee e"
            " WHERE e.current_version_id = v.id AND e.id IN %s",
            [tuple(crew.ids)],
        )
        start = "TIMESTAMP '2026-03-09 07:00:00'"
        week = f"((n - 1) / {technicians}) * INTERVAL '7 days'"
        visits = self.copy_rows(
            self.pattern,
            technicians * weeks,
            name="'BULK-' || nextval('ir_sequence_bulk')",
            state="'planned'",
            scheduled_start=f"{start} + {week}",
            scheduled_end=f"{start} + {week} + INTERVAL '2 hours'",
        )
        field = visits._fields["technician_ids"]
        self.env.cr.execute_values(
            f"INSERT INTO {field.relation} ({field.column1}, {field.column2})"
            " VALUES %s",
            [
                (visit_id, crew.ids[number % technicians])
                for number, visit_id in enumerate(visits.ids)
            ],
        )
        self.env.invalidate_all()

    def queries(self, action):
        """Count the queries of an action that begins with nothing in memory."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        action()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_planning_costs_the_same_with_500_technicians(self):
        self.require(mandatory=False)
        draft = self.draft(0, 24)
        other = self.draft(1, 48, technicians=self.colleague)
        other.action_plan()
        Dispatch = self.as_role("dispatcher", "aftersales.dispatch")
        Ticket = self.as_role("dispatcher", "aftersales.ticket")
        shown = {
            "name": {},
            "planning_state": {},
            "planning_warnings": {},
            "site_time": {},
            "technician_ids": {"fields": {"display_name": {}}},
        }
        week = [
            ("scheduled_start", ">=", MONDAY),
            ("scheduled_start", "<", MONDAY + timedelta(days=7)),
        ]

        def look():
            draft.action_who_can_go()

        def calendar():
            Dispatch.search_read(week, list(shown))

        def listed():
            Dispatch.web_search_read(
                [("state", "=", "planned")], shown, limit=80, order="id"
            )

        def waiting():
            Ticket.web_search_read(
                [("id", "in", self.tickets.ids)],
                {"name": {}, "required_certificates": {}, "next_deadline": {}},
            )

        minutes = iter(range(1, 99))

        def drag():
            start = MONDAY + timedelta(days=2, minutes=next(minutes))
            other.write(
                {
                    "scheduled_start": start,
                    "scheduled_end": start + timedelta(hours=1),
                }
            )

        def plan():
            draft.action_plan()
            draft.action_draft()

        actions = (look, calendar, listed, waiting, drag, plan)
        self.pattern = self.draft(1, 30)
        self.env.cr.execute("CREATE TEMP SEQUENCE ir_sequence_bulk")
        self.grow(40)
        for action in actions:
            action()
        few = {action.__name__: self.queries(action) for action in actions}
        self.grow(460)
        many = {action.__name__: self.queries(action) for action in actions}
        for name, cost in few.items():
            self.assertLessEqual(many[name], cost + 6, f"{name}: {few} {many}")
        self.assertLess(max(many.values()), 120, many)
