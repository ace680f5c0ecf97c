# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Case 23: agents can't edit their own clocks, by any route."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .common import ROLES
from .sla_common import SlaCommon, utc

AGENTS = tuple(role for role in ROLES if role != "manager")
LATER = "2030-01-01 00:00:00"


def refusal(record, name):
    """Return the error that a call ends with.

    A row of the ledger can't be written by anybody: that is no matter of rights.
    """
    ledger = record._name == "aftersales.sla.event" and name in ("write", "web_save")
    return UserError if ledger else AccessError


class SlaRoutesCommon(SlaCommon):
    """A late ticket of the technician, who would like it to be in time."""

    def setUp(self):
        super().setUp()
        self.policies["arrive"].resource_calendar_id = self.make_calendar()
        self.policies["arrive"].around_the_clock = False
        self.ticket = self.report(
            0, severity="serious", user_id=self.users["technician"].id
        )
        self.respond = self.clock(self.ticket, "respond")
        self.arrive = self.clock(self.ticket, "arrive")
        self.before = self.state()

    def state(self):
        clocks = self.ticket.sudo().clock_ids
        tickets = self.columns(self.ticket)[0]
        names = (
            "next_deadline",
            "has_missed",
            "waiting_since",
            "pause_reason",
            "reported_at",
            "responded_at",
        )
        return (
            self.columns(clocks),
            self.columns(clocks.event_ids),
            self.columns(clocks.snapshot_id),
            {name: tickets[name] for name in names},
        )

    def assert_untouched(self):
        self.env.invalidate_all()
        self.assertEqual(self.state(), self.before)


@tagged("post_install", "-at_install")
class TestSlaRoutes(SlaRoutesCommon):
    def test_records_by_rpc(self):
        """Case 23: write, create and unlink, also for the lowest group."""
        records = {
            self.respond: {"deadline": LATER},
            self.respond.event_ids[0]: {"at": LATER},
            self.arrive.snapshot_id: {"is_current": False},
            self.policies["respond"]: {"target_hours": 99},
            self.policies["respond"].alert_ids: {"amount": 0.5},
        }
        for role in AGENTS:
            for record, values in records.items():
                mine = self.as_role(role, record)
                with self.subTest(role=role, model=record._name):
                    for name, args in (
                        ("write", [record.ids, values]),
                        ("web_save", [record.ids, values, {}]),
                        ("unlink", [record.ids]),
                        ("copy", [record.ids]),
                        ("create", [[values]]),
                    ):
                        with self.assertRaises(refusal(record, name), msg=name):
                            call_kw(mine.browse(), name, args, {})
        # the manager edits policies and levels, and neither clocks nor ledgers
        for record in (
            self.respond,
            self.respond.event_ids[0],
            self.arrive.snapshot_id,
        ):
            for name, args in (
                ("write", [record.ids, records.get(record, {})]),
                ("unlink", [record.ids]),
                ("create", [[{}]]),
            ):
                with self.assertRaises(refusal(record, name)):
                    call_kw(self.as_role("manager", record).browse(), name, args, {})
        with self.assertRaises(UserError):
            self.respond.event_ids.write({"at": utc(2)})  # not even the superuser
        self.assert_untouched()

    def test_private_methods_are_private(self):
        """Case 23: what moves clocks can't be called from outside."""
        clock, ticket = self.respond, self.ticket
        for record, names in (
            (
                clock,
                (
                    "_apply",
                    "_apply_all",
                    "_correct",
                    "_start",
                    "_store",
                    "_write_replay",
                    "_mark_stale",
                    "_replay_stale",
                    "_cron_replay",
                    "_write_multi",
                    "_write",
                ),
            ),
            (
                ticket,
                (
                    "_respond",
                    "_arrive",
                    "_solve",
                    "_accept",
                    "_keep",
                    "_wait",
                    "_await",
                    "_resume",
                    "_void_clocks",
                    "_copy_clocks",
                    "_sync_clocks",
                    "_set_state",
                ),
            ),
        ):
            for name in names:
                self.assertTrue(hasattr(record, name), name)
                with self.assertRaisesRegex(AccessError, "Private"):
                    call_kw(
                        self.as_role("manager", record).browse(),
                        name,
                        [record.ids],
                        {},
                    )
        # none of the public ones takes a moment or a deadline
        self.assertEqual(
            {
                name
                for name in dir(type(clock))
                if name.startswith("action_") and "archive" not in name
            },
            {"action_correct"},
        )
        for role in AGENTS:
            with self.assertRaises(AccessError):
                self.as_role(role, clock).action_correct()
            with self.assertRaises(AccessError):
                self.as_role(role, clock)._correct("Mine", minutes=-600)
        self.assert_untouched()

    def test_commands_through_the_ticket(self):
        """Case 23: one2many commands are checked as the lines themselves."""
        clock, event = self.respond, self.respond.event_ids[0]
        for commands in (
            [Command.update(clock.id, {"deadline": LATER})],
            [Command.update(clock.id, {"event_ids": [Command.delete(event.id)]})],
            [
                Command.update(
                    clock.id,
                    {"event_ids": [Command.create({"kind": "stop", "at": utc(2)})]},
                )
            ],
            [Command.delete(clock.id)],
            [Command.unlink(clock.id)],
            [Command.clear()],
            [Command.set([])],
            [
                Command.create(
                    {
                        "policy_id": clock.policy_id.id,
                        "kind": "respond",
                        "outcome": "met",
                        "target_minutes": 1,
                    }
                )
            ],
        ):
            for role in ("technician", "intake", "dispatcher", "manager"):
                with self.assertRaises(AccessError, msg=f"{role} {commands}"):
                    self.as_role(role, self.ticket).write({"clock_ids": commands})
                    self.env.flush_all()
        with self.assertRaises(AccessError):
            self.create_ticket(
                clock_ids=[
                    Command.create({"policy_id": clock.policy_id.id, "kind": "respond"})
                ]
            )
        self.assert_untouched()

    def test_linking_a_clock_of_another_ticket(self):
        """Case 23: a met clock can't be taken over from another ticket."""
        other = self.report(0, severity="minor")
        with self.assertRaises(AccessError):
            self.as_role("technician", other).write(
                {"clock_ids": [Command.link(self.respond.id)]}
            )
            self.env.flush_all()
        self.assert_untouched()

    def test_defaults_in_the_context(self):
        """Case 23: neither for the ticket nor for the rows made behind it."""
        keys = {
            "next_deadline": LATER,
            "has_missed": False,
            "waiting_since": LATER,
            "responded_at": LATER,
            "deadline": LATER,
            "agreed_deadline": LATER,
            "outcome": "met",
            "target_minutes": 1,
            "target_hours": 99,
            "started_at": LATER,
            "at": LATER,
            "minutes": -600,
            "user_id": self.users["intake"].id,
            "sequence": 7,
            "is_agreed": True,
            "is_stale": True,
            "is_current": False,
            "event_ids": [Command.create({"kind": "stop", "at": utc(2)})],
        }
        context = {f"default_{name}": value for name, value in keys.items()}
        Ticket = self.as_role("technician", "aftersales.ticket")
        values = {
            "name": "x",
            "team_id": self.team.id,
            "severity": "serious",
            "partner_id": self.contact.id,
            "product_name": "Press 200",
        }
        with self.assertRaises(AccessError):
            Ticket.with_context(
                default_clock_ids=[Command.create({"kind": "resolve"})]
            ).create(values)
        with self.at(0):
            ticket = Ticket.with_context(**context).create(values)
        for kind, deadline in (
            ("respond", utc(2, 17)),
            ("resolve", utc(5, 9)),
        ):
            clock = self.clock(ticket, kind)
            self.assertEqual((clock.outcome, clock.deadline), ("open", deadline))
            self.assertFalse(clock.is_agreed or clock.is_stale)
            row = clock.event_ids
            self.assertEqual((row.kind, row.at, row.minutes), ("start", utc(2, 9), 0))
            self.assertEqual(row.user_id, self.users["technician"])
            self.assertFalse(row.agreed_deadline)
        self.assertEqual(ticket.next_deadline, utc(2, 17))
        self.assertFalse(ticket.waiting_since or ticket.responded_at)
        self.assertTrue(self.arrive.snapshot_id.is_current)
        # what follows from later work is clean as well
        context.pop("default_user_id")
        self.as_role("technician", self.ticket).with_context(**context).write(
            {"severity": "safety"}
        )
        self.as_role("technician", self.ticket).write({"severity": "safety"})
        self.assertFalse(
            self.ticket.clock_ids.event_ids.filtered(
                lambda row: row.agreed_deadline or row.minutes
            )
        )

    def test_defaults_in_the_context_of_a_policy_edit(self):
        """Case 23: an edit corrects nothing by the way, without a reason."""
        with self.at(1):
            self.as_role("manager", self.policies["respond"]).with_context(
                default_agreed_deadline=LATER, default_minutes=-600
            ).target_hours = 6
        self.assertEqual(self.respond.deadline, utc(2, 15))
        self.assertFalse(self.respond.event_ids.filtered("agreed_deadline"))

    def test_waiting_for_something_without_waiting(self):
        """Case 23: what a ticket waits for comes with the wait, not before it."""
        with self.at(0):
            with self.assertRaises(AccessError):
                self.create_ticket(severity="serious", pause_reason="customer")
            ticket = self.as_role("technician", "aftersales.ticket").with_context(
                default_pause_reason="customer"
            )
            ticket = ticket.create(
                {
                    "name": "x",
                    "team_id": self.team.id,
                    "severity": "serious",
                    "partner_id": self.contact.id,
                    "product_name": "Press 200",
                }
            )
        self.assertFalse(ticket.pause_reason)
        self.move(ticket, "customer", utc(2, 10))
        self.assertEqual(self.clock(ticket).state, "paused")

    def test_import(self):
        """Case 23: the import of a file is no way around."""
        ticket_id = self.ticket.get_external_id()
        self.env["ir.model.data"].create(
            {
                "module": "test",
                "name": "late_ticket",
                "model": "aftersales.ticket",
                "res_id": self.ticket.id,
            }
        )
        self.assertFalse(ticket_id[self.ticket.id])
        for role in ("technician", "intake", "manager"):
            for names, row in (
                (["id", "next_deadline"], ["test.late_ticket", LATER]),
                (["id", "has_missed"], ["test.late_ticket", "False"]),
                (["id", "waiting_since"], ["test.late_ticket", "2026-03-02 09:00:00"]),
                (["id", "reported_at"], ["test.late_ticket", "2026-03-02 20:00:00"]),
                ([".id", "clock_ids/.id"], [str(self.ticket.id), str(self.respond.id)]),
                (
                    [".id", "clock_ids/.id", "clock_ids/deadline"],
                    [str(self.ticket.id), str(self.respond.id), LATER],
                ),
            ):
                with self.at(20):
                    result = self.as_role(role, "aftersales.ticket").load(names, [row])
                if names[-1] != "clock_ids/.id":
                    self.assertFalse(result["ids"], (role, names))
                self.assert_untouched()
            for model, names, row in (
                (
                    "aftersales.sla.clock",
                    [".id", "deadline"],
                    [str(self.respond.id), LATER],
                ),
                (
                    "aftersales.sla.event",
                    ["clock_id/.id", "kind", "at", "sequence"],
                    [str(self.respond.id), "Stop", "2026-03-02 10:00:00", "9"],
                ),
            ):
                result = self.as_role(role, model).load(names, [row])
                self.assertFalse(result["ids"])
                self.assert_untouched()

    def test_stored_copies(self):
        """Case 23: nobody writes what lists show."""
        for role in (*AGENTS, "manager"):
            for values in (
                {"next_deadline": LATER},
                {"next_deadline": False},
                {"has_missed": False},
                {"waiting_since": False},
                {"responded_at": LATER},
                {"arrived_at": "2026-03-02 10:00:00"},
                {"reported_at": LATER},
            ):
                with self.assertRaises(AccessError, msg=f"{role} {values}"):
                    self.as_role(role, self.ticket).write(values)
        self.assert_untouched()

    def test_archiving_and_deleting(self):
        """Case 23: a late ticket is neither hidden nor removed by an agent."""
        with self.at(100):
            for role in AGENTS:
                with self.assertRaises(AccessError):
                    self.as_role(role, self.ticket).action_archive()
                with self.assertRaises(AccessError):
                    self.as_role(role, self.ticket).unlink()
            # one that ended late may be put away; its promises stay in the reports
            self.ticket._respond()
            self.ticket.resolution = "Done"
            self.as_role("technician", self.ticket).action_solve()
            Clock = self.env["aftersales.sla.clock"]
            asked = [("team_id", "=", self.team.id)]
            rate = Clock._read_group(asked, [], ["hit_rate:avg", "__count"])
            self.as_role("technician", self.ticket).action_archive()
        self.assertEqual(
            Clock._read_group(asked, [], ["hit_rate:avg", "__count"]), rate
        )
        self.assertEqual(rate, [(0.0, 3)])

    def test_moment_of_the_report(self):
        """Case 23: a report neither comes in later nor is moved."""
        for hours in (1, -25):
            with self.at(0) as now, self.assertRaises(ValidationError):
                self.as_role("technician", "aftersales.ticket").create(
                    {
                        "name": "x",
                        "team_id": self.team.id,
                        "reported_at": now + timedelta(hours=hours),
                    }
                )

    def test_messages_are_not_backdated(self):
        """Case 23: an answer counts when it is posted, whatever date it names."""
        with self.at(9), self.mock_mail_gateway():
            self.as_role("technician", self.ticket).message_post(
                body="We look at it",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                date="2026-03-02 10:00:00",
            )
        self.assertEqual(
            (self.respond.outcome, self.respond.used_minutes), ("missed", 540)
        )

    def test_message_as_somebody_else(self):
        """Case 23: a message in the customer's name is no answer of ours."""
        with self.at(1), self.mock_mail_gateway():
            self.as_role("technician", self.ticket).message_post(
                body="Thanks",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                author_id=self.contact.id,
            )
        self.assertEqual(self.respond.outcome, "open")
        # and a customer's user can't speak for us, nor see the ticket of another
        portal = self._create_portal_user()
        with self.assertRaises(AccessError):
            self.ticket.with_user(portal).message_post(
                body="Answered", author_id=self.users["technician"].partner_id.id
            )
        self.assertEqual(self.respond.outcome, "open")
