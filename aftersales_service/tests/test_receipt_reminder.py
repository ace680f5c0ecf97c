# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Missing receipts: who is reminded, when, and how often."""

from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import aftersales_receipt_reminder as job
from .common_receipt import ReceiptCommon

LOGGER = "odoo.addons.aftersales_service.models.aftersales_receipt_reminder"
KIND = "aftersales_service.mail_activity_type_receipt"


@tagged("post_install", "-at_install")
class TestReceiptReminder(ReceiptCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leader = cls.team.leader_id

    def run_job(self, days):
        """Let the job run some days after NOW."""
        with (
            self.at(24 * days),
            self.enter_registry_test_mode(),
        ):
            result = self.env.ref(job.CRON).method_direct_trigger()
        self.assertIs(result, True)
        self.env.invalidate_all()

    def told(self, receipt):
        """Return who was reminded, in the order of the reminders."""
        return [(row.level, row.user_id) for row in receipt.sudo().reminder_ids]

    def activities(self, receipt):
        kind = self.env.ref(KIND)
        return receipt.sudo().activity_ids.filtered(
            lambda one: one.activity_type_id == kind
        )

    def test_technician_then_leader_each_once(self):
        receipt = self.signed(hours=2)
        technician = self.users["technician"]
        self.assertEqual(receipt.remind_at, receipt.signed_at + timedelta(days=5))
        self.run_job(5)
        self.assertEqual(self.told(receipt), [])
        self.run_job(5.1)
        self.run_job(6)
        self.assertEqual(self.told(receipt), [("technician", technician)])
        activity = self.activities(receipt)
        self.assertEqual(activity.user_id, technician)
        self.assertIn(receipt.name, activity.summary)
        self.assertIn("Mill &amp; Sons", activity.note)
        self.run_job(10)
        self.assertEqual(len(self.told(receipt)), 1)
        self.run_job(10.2)
        self.run_job(20)
        self.run_job(90)
        self.assertEqual(
            self.told(receipt), [("technician", technician), ("leader", self.leader)]
        )
        self.assertEqual(self.activities(receipt).user_id, technician | self.leader)
        self.assertFalse(receipt.remind_at)

    def test_handed_over_is_not_received(self):
        receipt = self.signed()
        self.hand_over(receipt)
        self.run_job(6)
        activity = self.activities(receipt)
        self.assertIn("did not arrive", activity.summary)

    def test_receiving_ends_it(self):
        receipt = self.signed()
        self.run_job(6)
        self.assertTrue(self.activities(receipt))
        self.hand_over(receipt)
        receipt.with_user(self.cashier).action_receive()
        self.assertFalse(self.activities(receipt))
        self.assertFalse(receipt.remind_at)
        self.run_job(60)
        self.assertEqual(len(self.told(receipt)), 1)

    def test_in_time_nobody_is_told(self):
        receipt = self.signed()
        self.hand_over(receipt)
        receipt.with_user(self.cashier).action_receive()
        self.run_job(60)
        self.assertEqual(self.told(receipt), [])

    def test_replaced_ends_it(self):
        receipt = self.signed()
        self.run_job(6)
        newer = self.correct(receipt)
        self.assertFalse(self.activities(receipt))
        self.run_job(60)
        self.assertEqual(len(self.told(receipt)), 1)
        self.assertTrue(newer.remind_at)

    def test_missing_from_its_envelope_is_asked_for_at_once(self):
        """A new round: the technician again, then the leader again."""
        receipt, other = self.signed(), self.signed()
        self.run_job(6)
        batch = self.hand_over(receipt | other)
        with self.at(24 * 7):
            batch.with_user(self.cashier)._receive(other.with_user(self.cashier))
            self.assertEqual(receipt.remind_at, fields.Datetime.now())
        self.assertFalse(self.activities(receipt))
        self.run_job(7.1)
        self.run_job(7.2)
        self.assertEqual(
            [level for level, _user in self.told(receipt)], ["technician"] * 2
        )
        self.assertEqual(len(self.activities(receipt)), 1)
        self.run_job(12.5)
        self.assertEqual(self.told(receipt)[-1], ("leader", self.leader))

    # === WHO === #

    def test_somebody_who_can_see_it(self):
        """Who left the company is not reminded: the next one is."""
        receipt = self.signed()
        self.users["technician"].sudo().active = False
        self.run_job(6)
        self.assertEqual(self.told(receipt), [("technician", self.leader)])
        receipt = self.signed()
        self.leader.sudo().active = False
        self.run_job(6)
        self.run_job(12)
        managers = self.env.ref(
            "aftersales_service.aftersales_service_group_manager"
        ).all_user_ids
        for _level, user in self.told(receipt):
            self.assertIn(user, managers - self.leader)

    # === THE SETTING === #

    def test_days_of_the_team(self):
        self.team.receipt_reminder_days = 2
        receipt = self.signed()
        self.assertEqual(receipt.remind_at, receipt.signed_at + timedelta(days=2))
        self.team.receipt_reminder_days = 8
        self.assertEqual(receipt.remind_at, receipt.signed_at + timedelta(days=8))
        self.run_job(6)
        self.assertEqual(self.told(receipt), [])
        self.run_job(9)
        self.assertEqual(len(self.told(receipt)), 1)
        reminded = receipt.sudo().reminder_ids.at
        self.team.receipt_reminder_days = 1
        self.assertEqual(receipt.remind_at, reminded + timedelta(days=1))

    def test_zero_days_is_never(self):
        early = self.signed()
        self.team.receipt_reminder_days = 0
        late = self.signed()
        self.assertFalse(early.remind_at or late.remind_at)
        self.run_job(60)
        self.assertEqual(self.told(early | late), [])
        with self.at(24 * 60):
            self.assertFalse((early | late).filtered("is_missing"))
            self.assertFalse(self.missing() & (early | late))
        self.team.receipt_reminder_days = 3
        self.assertEqual(early.remind_at, early.signed_at + timedelta(days=3))
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.team.receipt_reminder_days = -1
            self.env.flush_all()

    def missing(self):
        Receipt = self.env["aftersales.receipt"].with_user(self.cashier)
        return Receipt.search([("is_missing", "=", True)])

    def test_list_of_missing_ones(self):
        """The list says the same as the field, to finance as well."""
        late, handed, received = (self.signed() for _number in range(3))
        self.hand_over(handed | received)
        received.with_user(self.cashier).action_receive()
        ours = late | handed | received
        for days, expected in ((4, ours.browse()), (6, late | handed)):
            with self.at(24 * days):
                self.env.invalidate_all()
                self.assertEqual(self.missing() & ours, expected)
                mine = ours.with_user(self.cashier)
                self.assertEqual(mine.filtered("is_missing"), expected)
                Receipt = self.env["aftersales.receipt"]
                others = Receipt.search([("is_missing", "=", False)])
                self.assertEqual(others & ours, ours - expected)

    # === THE JOB === #

    def test_each_reminder_is_one_row(self):
        receipt = self.signed()
        self.run_job(6)
        row = receipt.sudo().reminder_ids
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            with self.cr.savepoint():
                row.create(
                    {
                        "receipt_id": receipt.id,
                        "round": row.round,
                        "level": row.level,
                        "at": row.at,
                    }
                )
        for change in (lambda: row.write({"round": 7}), row.unlink):
            with self.assertRaises(UserError):
                change()

    def test_one_that_fails_stops_no_other(self):
        """Batches of two, with a broken one in the middle."""
        receipts = self.env["aftersales.receipt"]
        for _number in range(4):
            receipts |= self.signed()
        broken = receipts[1]
        find = type(receipts)._whom_to_remind

        def whom(receipt, level):
            if receipt == broken:
                raise ValueError("broken")
            return find(receipt, level)

        with (
            patch.object(job, "REMINDER_BATCH_SIZE", 2),
            patch.object(type(receipts), "_whom_to_remind", whom),
            self.assertLogs(LOGGER, "ERROR") as logs,
        ):
            self.run_job(6)
        self.assertEqual(len(logs.output), 1)
        self.assertIn(str(broken.id), logs.output[0])
        for receipt in receipts:
            self.assertEqual(len(self.told(receipt)), int(receipt != broken))
        # The next run makes up for it.
        self.run_job(6.1)
        self.assertEqual(len(self.told(broken)), 1)

    def test_costs_what_is_due(self):
        """The job looks into an index of those that wait, whatever is stored."""
        receipt = self.signed()
        self.env.flush_all()
        # With a handful of rows PostgreSQL would choose otherwise.
        self.cr.execute("SET LOCAL enable_seqscan = off")
        self.cr.execute("SET LOCAL enable_bitmapscan = off")
        self.cr.execute(
            "EXPLAIN SELECT id, remind_at FROM aftersales_receipt WHERE remind_at <= %s"
            " AND (remind_at, id) > (%s, %s) ORDER BY remind_at, id LIMIT 100",
            [receipt.remind_at, receipt.signed_at, 0],
        )
        plan = "\n".join(row[0] for row in self.cr.fetchall())
        self.assertIn("aftersales_receipt_remind_idx", plan)
        self.assertNotIn("Sort", plan)

    def test_in_the_language_of_who_is_told(self):
        self.env["res.lang"]._activate_lang("de_DE")
        technician = self.users["technician"]
        technician.sudo().lang = "de_DE"
        receipt = self.signed()
        self.run_job(6)
        # The day as he writes it.
        self.assertIn("02.03.2026", self.activities(receipt).note)

    def test_by_the_clock_of_who_is_told(self):
        """An evening in UTC is the next morning in Shanghai."""
        self.users["technician"].sudo().tz = "Asia/Shanghai"
        receipt = self.signed(hours=14)
        self.assertEqual(str(receipt.signed_at), "2026-03-02 23:00:00")
        self.run_job(6)
        self.assertIn("03/03/2026", self.activities(receipt).note)

    def test_technician_of_another_company_today(self):
        """Whoever moved to another company does not see it: his leader is told."""
        receipt = self.signed()
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.users["technician"].sudo().write(
            {
                "company_ids": [Command.set(elsewhere.ids)],
                "company_id": elsewhere.id,
            }
        )
        self.run_job(6)
        self.assertEqual(self.told(receipt), [("technician", self.leader)])
