# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The rows stay right: in any session, any order, any number."""

from psycopg2 import IntegrityError

from odoo.tests import tagged
from odoo.tools import mute_logger

from .sla_common import SlaCommon, utc

#: PostgreSQL sessions run in whatever zone a server, a role or a pooler gives them.
SESSIONS = ("UTC", "Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati")


@tagged("post_install", "-at_install")
class TestSlaSession(SlaCommon):
    """Case 21: instants are compared in UTC, whatever the session's time zone."""

    def setUp(self):
        super().setUp()
        self.office = self.make_calendar()
        self.make_policy("resolve", 16, self.office, severity="normal")
        self.late = self.report(utc(2, 8), severity="serious")
        self.kept = self.report(utc(2, 8), severity="serious")
        self.office_ticket = self.report(utc(2, 8))
        self.tickets = self.late | self.kept | self.office_ticket
        with self.at(utc(2, 9)):
            self.kept._respond()
        with self.at(utc(2, 16, 30)):
            self.late._respond()

    def session(self, zone):
        self.env.flush_all()
        self.env.cr.execute("SELECT set_config('TimeZone', %s, false)", [zone])
        self.env.invalidate_all()
        self.addCleanup(self.env.cr.execute, "SET TIME ZONE 'UTC'")

    def look(self):
        """Return what lists, searches and reports show at midnight of Tuesday."""
        Ticket, Clock = self.env["aftersales.ticket"], self.env["aftersales.sla.clock"]
        mine = [("id", "in", self.tickets.ids)]
        theirs = [("ticket_id", "in", self.tickets.ids)]
        shown = {}
        for name, moment in (
            ("just before", utc(4, 8)),
            ("just after", utc(4, 8, 0, 1)),
            ("day after", utc(5)),
        ):
            with self.at(moment):
                self.env.invalidate_all()
                shown[name] = (
                    Ticket.search([*mine, ("is_overdue", "=", True)], order="id").ids,
                    Ticket.search([*mine, ("is_overdue", "=", False)], order="id").ids,
                    self.tickets.mapped("is_overdue"),
                    Clock.search([*theirs, ("is_late", "=", True)], order="id").ids,
                    Ticket.search(
                        [*mine, ("next_deadline", "<", "today +1d")], order="id"
                    ).ids,
                    self.team.overdue_ticket_count,
                )
        for zone in ("UTC", "Europe/Berlin", "Asia/Tokyo"):
            shown[zone] = (
                Clock.with_context(tz=zone)._read_group(
                    theirs,
                    ["started_at:day", "kind"],
                    ["hit_rate:avg", "used_hours:avg", "__count"],
                ),
                Clock.with_context(tz=zone)._read_group(
                    theirs, ["stopped_at:hour"], ["hit_rate:avg"]
                ),
                Ticket.with_context(tz=zone)._read_group(
                    mine, ["next_deadline:day"], ["__count"]
                ),
            )
        return shown

    def test_lists_searches_and_hit_rates(self):
        """Case 21: the same in every session, and what it should be in UTC."""
        expected = self.look()
        # the on-site promise of 48 hours ends on Wednesday 8:00 UTC
        self.assertEqual(expected["just before"][0], self.office_ticket.ids)
        self.assertEqual(
            expected["just after"][0],
            (self.late | self.kept | self.office_ticket).sorted("id").ids,
        )
        for zone in SESSIONS:
            with self.subTest(session=zone):
                self.session(zone)
                self.assertEqual(self.look(), expected)

    def test_clocks_run_alike(self):
        """Case 21: deadlines, pauses and ledgers do not know the session."""
        for zone in SESSIONS:
            with self.subTest(session=zone):
                self.session(zone)
                ticket = self.report(utc(5, 8))
                clock = self.clock(ticket)
                # Thursday and Friday
                self.assertEqual(clock.deadline, utc(6, 17))
                self.move(ticket, "customer", utc(5, 16, 50))
                self.move(ticket, "in_progress", utc(6, 8, 10))
                self.env.invalidate_all()
                self.assertEqual(clock.started_at, utc(5, 8))
                self.assertEqual(clock.paused_minutes, 20)
                self.assertEqual(clock.deadline, utc(9, 8, 20))
                self.assertEqual(ticket.next_deadline, utc(9, 8, 20))
                rows = clock.event_ids
                self.assertEqual(
                    rows.mapped("at"), [utc(5, 8), utc(5, 16, 50), utc(6, 8, 10)]
                )
                with self.at(utc(6, 9)):
                    holiday = self.make_holiday(self.office, utc(5, 23))  # Friday
                self.env.invalidate_all()
                # Thursday eight hours less ten minutes; Monday eight, ten minutes on
                # Tuesday
                self.assertEqual(clock.deadline, utc(10, 8, 10))
                with self.at(utc(6, 9)):
                    holiday.unlink()
                self.assert_rebuilds(clock)

    def test_alerts_find_what_is_due(self):
        """Case 21: the job compares in UTC as well."""
        Clock = self.env["aftersales.sla.clock"]
        arrive = self.clock(self.kept, "arrive")
        for zone in SESSIONS:
            with self.subTest(session=zone):
                self.session(zone)
                # the shown level is an hour before Wednesday 8:00
                self.assertEqual(arrive.next_alert_at, utc(4, 7))
                for moment, due in ((utc(4, 6, 59), False), (utc(4, 7, 1), True)):
                    with self.at(moment):
                        found = Clock.search(
                            [
                                ("id", "=", arrive.id),
                                ("next_alert_at", "<=", moment),
                            ]
                        )
                        self.assertEqual(bool(found), due)


@tagged("post_install", "-at_install")
class TestSlaLedger(SlaCommon):
    """The ledger is the truth; the row follows from it."""

    def test_a_long_story_can_be_rebuilt(self):
        """After every step, all clocks follow from ledger and snapshot."""
        office = self.make_calendar()
        for policy in self.policies.values():
            policy.write({"around_the_clock": False, "resource_calendar_id": office.id})
        ticket = self.report(utc(2, 8), severity="serious", resolution="x")
        tell = self.assert_rebuilds
        technician = self.as_role("technician", ticket)
        clocks = ticket.sudo().clock_ids
        tell(clocks)
        self.move(ticket, "customer", utc(2, 10))
        tell(clocks)
        with self.at(utc(2, 11)):
            self.policies["resolve"].target_hours = 10
        self.move(ticket, "parts", utc(3, 9))
        with self.at(utc(3, 10)):
            self.make_holiday(office, utc(3, 23))
        tell(clocks)
        self.move(ticket, "in_progress", utc(5, 9))
        with self.at(utc(5, 10)):
            technician.action_solve()
        tell(clocks)
        with self.at(utc(6, 10)):
            technician.action_reopen()
        tell(clocks)
        with self.at(utc(6, 11)):
            self.as_role("manager", self.clock(ticket))._correct("Agreed", minutes=-30)
        tell(clocks)
        with self.at(utc(6, 12)):
            self.as_role("dispatcher", ticket).action_cancel()
        self.assertEqual(ticket.sudo().clock_ids, clocks)
        tell(clocks)

    def test_order_of_writing_is_no_matter(self):
        """An earlier arrival, entered after a later answer, counts from its moment."""
        ticket = self.report(0, severity="serious")
        with self.at(20):
            ticket._respond(utc(2, 20))
            ticket._arrive(utc(2, 12))
        respond, arrive = self.clock(ticket, "respond"), self.clock(ticket, "arrive")
        self.assertEqual((respond.outcome, respond.used_minutes), ("met", 180))
        self.assertEqual((arrive.outcome, arrive.used_minutes), ("met", 180))
        self.assert_rebuilds(respond | arrive)

    def test_a_clock_of_a_kind_runs_once(self):
        clock = self.clock(self.report(0, severity="serious"), "respond")
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            clock.copy()

    def test_a_copied_ticket_begins_its_own_clocks(self):
        """What was promised for one report is no matter for its copy."""
        ticket = self.report(0, severity="serious")
        self.move(ticket, "customer", utc(2, 10))
        with self.at(9):
            copy = self.as_role("intake", ticket).copy()
        self.assertFalse(copy.waiting_since or copy.pause_reason or copy.has_missed)
        clock = self.clock(copy, "respond")
        self.assertEqual((clock.started_at, clock.deadline), (utc(2, 18), utc(3, 2)))
        self.assertEqual(self.ledger(clock), ["start"])


@tagged("post_install", "-at_install")
class TestSlaCost(SlaCommon):
    """Case 40: what a ticket costs does not depend on how many there are."""

    def cost(self, work):
        """Return the number of queries of some work, flush included."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def multiply(self, ticket, number):
        """Copy a ticket with its clocks and ledgers in SQL.

        :return: the number of tickets there are now
        """
        self.env.flush_all()

        def copy(table, source, values, group):
            self.env.cr.execute(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_name = %s AND column_name <> 'id'",
                [table],
            )
            names = [row[0] for row in self.env.cr.fetchall()]
            columns = ", ".join(f'"{name}"' for name in names)
            picked = ", ".join(values.get(name, f's."{name}"') for name in names)
            self.env.cr.execute(
                f"INSERT INTO {table} ({columns}) SELECT {picked} FROM {source} {group}"
            )
            self.env.cr.execute(f"ANALYZE {table}")

        copy(
            "aftersales_ticket",
            f"aftersales_ticket s, generate_series(1, {number}) g",
            {"reference": "'COPY' || g", "name": "'Copy ' || g"},
            f"WHERE s.id = {ticket.id}",
        )
        copy(
            "aftersales_sla_clock",
            "aftersales_sla_clock s, aftersales_ticket t",
            {"ticket_id": "t.id"},
            f"WHERE s.ticket_id = {ticket.id} AND t.reference LIKE 'COPY%'",
        )
        copy(
            "aftersales_sla_event",
            "aftersales_sla_event s JOIN aftersales_sla_clock o ON o.id = s.clock_id"
            " JOIN aftersales_sla_clock c ON c.kind = o.kind",
            {"clock_id": "c.id"},
            f"WHERE o.ticket_id = {ticket.id} AND c.ticket_id > {ticket.id}"
            " AND c.id NOT IN (SELECT clock_id FROM aftersales_sla_event)",
        )
        self.env.invalidate_all()
        return self.env["aftersales.ticket"].search_count([])

    def test_a_ticket_among_20000_costs_the_same(self):
        """Case 40: creating, moving and answering, in queries."""
        office = self.make_calendar()
        self.policies["resolve"].write(
            {"around_the_clock": False, "resource_calendar_id": office.id}
        )
        Ticket = self.as_role("intake", "aftersales.ticket")
        values = {
            "name": "x",
            "partner_id": self.contact.id,
            "product_name": "Press 200",
            "team_id": self.team.id,
            "severity": "serious",
        }
        made = []

        def measure():
            with self.at(0):
                costs = [self.cost(lambda: made.append(Ticket.create(values)))]
                costs.append(
                    self.cost(lambda: made.append(Ticket.create([values] * 9)))
                )
            ticket = self.as_role("technician", made[-2])
            with self.at(1):
                for stage in ("in_progress", "customer", "parts"):
                    costs.append(
                        self.cost(
                            lambda stage=stage: ticket.write(
                                {"stage_id": self.stages[stage].id}
                            )
                        )
                    )
                costs.append(self.cost(ticket._respond))
            return costs

        measure()  # the first time fills the caches
        few = measure()
        self.assertGreater(self.multiply(made[0], 20000), 20000)
        clocks = self.env["aftersales.sla.clock"].search_count([])
        self.assertGreater(clocks, 60000)
        self.assertEqual(measure(), few)

    def test_a_tenth_ticket_of_a_batch_costs_less(self):
        """Case 40: and so does a tenth ticket in one import."""
        Ticket = self.as_role("intake", "aftersales.ticket")
        values = {"name": "x", "team_id": self.team.id, "severity": "serious"}
        Ticket.create(values)
        one = self.cost(lambda: Ticket.create(values))
        ten = self.cost(lambda: Ticket.create([values] * 10))
        self.assertLess(ten, 5 * one)

    def test_an_edit_among_20000_finished_clocks(self):
        """Case 40: an edit costs what is open, not what is there."""
        ticket = self.report(0, severity="serious")
        with self.at(1):
            ticket._respond()
        spare = self.report(0, severity="serious")
        policy = self.policies["respond"]

        def edit(hours):
            with self.at(2):
                return self.cost(lambda: policy.write({"target_hours": hours}))

        edit(9)
        few = edit(10)
        self.multiply(ticket, 20000)
        self.assertEqual(edit(11), few)
        self.assertEqual(self.clock(spare, "respond").deadline, utc(2, 20))
        self.assertEqual(self.clock(ticket, "respond").target_minutes, 480)
