# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Regression 33: another team neither resets the stage nor tells of it again."""

from odoo import Command
from odoo.tests import tagged

from .sla_common import SlaCommon


@tagged("post_install", "-at_install")
class TestTicketTeam(SlaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.team.copy({"name": "Other", "alias_name": "other.team"})
        Stage = cls.env["aftersales.ticket.stage"]
        cls.own_progress, cls.their_progress = Stage.create(
            [
                {
                    "name": f"Workshop {team.name}",
                    "state": "in_progress",
                    "sequence": 90,
                    "team_ids": [Command.set(team.ids)],
                }
                for team in (cls.team, cls.other)
            ]
        )
        cls.stage_event = cls.env.ref("aftersales_service.mt_ticket_stage")
        cls.listener = cls.env["res.partner"].create(
            {"name": "Listener", "email": "listener@maker.example.com"}
        )

    def setUp(self):
        super().setUp()
        with self.at(0):
            self.ticket = self.create_ticket(severity="serious")
        self.ticket.message_subscribe(
            self.listener.ids, (self.stage_event | self.env.ref("mail.mt_note")).ids
        )
        self.flush_tracking()

    def change_team(self, team=None, role="dispatcher"):
        """Change the team as a role would, and return the messages that say so."""
        before = self.ticket.message_ids
        with self.mock_mail_gateway(), self.at(1):
            self.as_role(role, self.ticket).team_id = team or self.other
            self.flush_tracking()
        self.env.invalidate_all()
        return self.ticket.message_ids - before

    def assert_quiet(self, messages):
        self.assertNotIn(self.stage_event, messages.subtype_id)
        self.assertFalse(self._new_mails.filtered("recipient_ids"))

    def test_stage_of_all_teams_stays(self):
        self.ticket._respond()
        self.flush_tracking()
        stage = self.ticket.stage_id
        self.assertFalse(stage.team_ids)
        self.assert_quiet(self.change_team())
        self.assertEqual(self.ticket.stage_id, stage)

    def test_stage_that_both_use_stays(self):
        self.own_progress.team_ids |= self.other
        self.ticket.stage_id = self.own_progress
        self.flush_tracking()
        self.assert_quiet(self.change_team())
        self.assertEqual(self.ticket.stage_id, self.own_progress)

    def test_stage_the_new_team_has_not_becomes_one_of_the_same_state(self):
        self.ticket.stage_id = self.own_progress
        self.flush_tracking()
        messages = self.change_team()
        self.assertEqual(self.ticket.state, "in_progress")
        self.assertIn(
            self.ticket.stage_id, self.stages["in_progress"] | self.their_progress
        )
        self.assert_quiet(messages)
        self.assertTrue(messages.sudo().tracking_value_ids, "but it is noted")

    def test_wait_goes_on(self):
        waiting = self.own_progress.create(
            {
                "name": "For the customer of ours",
                "state": "waiting",
                "pause_reason": "customer",
                "team_ids": [Command.set(self.team.ids)],
            }
        )
        self.policies["resolve"].pauses_on_parts = True
        with self.at(0.5):
            self.ticket.stage_id = waiting
        since, reason = self.ticket.waiting_since, self.ticket.pause_reason
        rows = self.ticket.sudo().clock_ids.event_ids
        self.flush_tracking()
        self.change_team()
        self.assertEqual(self.ticket.state, "waiting")
        self.assertEqual(self.ticket.stage_id.pause_reason, "customer")
        self.assertEqual(
            (self.ticket.waiting_since, self.ticket.pause_reason), (since, reason)
        )
        added = self.ticket.sudo().clock_ids.event_ids - rows
        self.assertFalse(set(added.mapped("kind")) & {"pause", "resume"})

    def test_without_a_stage_of_the_state_it_stays_where_it_is(self):
        self.ticket.stage_id = self.own_progress
        self.stages["in_progress"].search([("state", "=", "in_progress")]).write(
            {"team_ids": [Command.set(self.team.ids)]}
        )
        self.change_team()
        self.assertEqual(self.ticket.stage_id, self.own_progress)

    def test_another_stage_in_the_same_step_is_told(self):
        """Who changes both at once means the stage."""
        before = self.ticket.message_ids
        self.as_role("dispatcher", self.ticket).write(
            {"team_id": self.other.id, "stage_id": self.their_progress.id}
        )
        self.flush_tracking()
        messages = self.ticket.message_ids - before
        self.assertIn(self.stage_event, messages.subtype_id)
        self.assertEqual(self.ticket.stage_id, self.their_progress)


@tagged("post_install", "-at_install")
class TestWaitNote(SlaCommon):
    def test_the_same_wait_keeps_a_new_note(self):
        self.policies["resolve"].pauses_on_parts = True
        with self.at(0):
            ticket = self.create_ticket(severity="serious")
        for hour, note in ((1, "Hose ordered"), (5, "Comes on Friday"), (6, False)):
            with self.at(hour):
                self.as_role("technician", "aftersales.ticket.wait").create(
                    {"ticket_id": ticket.id, "reason": "parts", "note": note}
                ).action_wait()
        clock = self.clocks(ticket)["resolve"]
        notes = clock.event_ids.filtered(lambda row: row.kind == "pause")
        self.assertEqual(
            notes.sorted("sequence").mapped("reason"),
            ["Hose ordered", "Comes on Friday"],
        )
        with self.at(1) as began:
            self.assertEqual(ticket.waiting_since, began)
        with self.at(9):
            self.as_role("technician", ticket).action_go_on()
        self.assertEqual(clock.paused_minutes, 8 * 60)
        self.assertEqual(clock.used_minutes, 60)
