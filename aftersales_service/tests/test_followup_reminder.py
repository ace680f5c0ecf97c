# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Leaders are told once of customers that were not asked in time."""

from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import GROUP
from .common_followup import FollowupCommon

LATE = "aftersales_service.mail_activity_type_followup_late"


@tagged("post_install", "-at_install")
class TestFollowupReminder(FollowupCommon):
    def run_job(self):
        cron = self.env.ref("aftersales_service.ir_cron_followup_remind")
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.assertIs(cron.method_direct_trigger(), True)
        self.env.invalidate_all()

    def told(self, followup):
        kind = self.env.ref(LATE)
        return followup.activity_ids.filtered(lambda a: a.activity_type_id == kind)

    def late(self, count=1):
        """Let some visits be signed whose follow-ups are late at 24 * 5."""
        with self.at(0):
            followups = self.env["aftersales.followup"]
            for _turn in range(count):
                followups |= self.follow(self.visit())
        return followups

    def test_not_before_it_is_late(self):
        followup = self.late()
        with self.at(24 * 2):
            self.run_job()
            self.assertFalse(self.told(followup), "due today")
        with self.at(24 * 3):
            self.run_job()
            self.assertEqual(self.told(followup).user_id, self.team.leader_id)

    def test_once(self):
        followup = self.late()
        for day in (4, 5, 6):
            with self.at(24 * day):
                self.run_job()
        self.assertEqual(len(self.told(followup)), 1)
        self.assertTrue(followup.reminded_at)

    def test_who_was_not_reached_either(self):
        followup = self.late()
        for _turn in range(2):
            self.open_call(followup).action_not_reached()
        self.assertEqual(followup.state, "no_answer")
        with self.at(24 * 5):
            self.run_job()
        self.assertEqual(len(self.told(followup)), 1)

    def test_not_of_what_has_ended(self):
        done, cancelled = self.late(2)
        self.call(done)
        cancelled._cancel("Told us")
        with self.at(24 * 5):
            self.run_job()
        self.assertFalse(self.told(done | cancelled))

    def test_the_leader_who_was_there_is_not_told(self):
        self.technician.user_id = self.team.leader_id
        boss = self.users["quality"]
        boss.group_ids |= self.env.ref(GROUP % "manager")
        self.team.member_ids |= boss
        followup = self.late()
        with self.at(24 * 5):
            self.run_job()
        self.assertEqual(self.told(followup).user_id, boss)

    def test_one_that_fails_stops_no_other(self):
        followups = self.late(3)
        cls = self.registry["aftersales.followup"]
        remind, bad = cls._remind, followups[1]

        def fail_for_one(this):
            remind(this)
            if bad in this:
                raise ValueError("No leader")

        with self.at(24 * 5):
            with (
                patch.object(cls, "_remind", fail_for_one),
                mute_logger(
                    "odoo.addons.aftersales_service.models.aftersales_followup_reminder"
                ),
            ):
                self.run_job()
            self.assertEqual(len(self.told(followups - bad)), 2)
            self.assertFalse(self.told(bad), "nothing is left of it")
            self.assertFalse(bad.reminded_at)
            self.run_job()
            self.assertEqual(len(self.told(bad)), 1, "the next run does it")
            self.assertEqual(len(self.told(followups)), 3)
