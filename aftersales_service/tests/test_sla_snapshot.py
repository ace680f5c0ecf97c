# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What clocks were measured with: kept, found again, never changed."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .sla_common import utc
from .test_sla_edit import SlaEditCommon


@tagged("post_install", "-at_install")
class TestSlaSnapshot(SlaEditCommon):
    """Calendar snapshots: immutable, the same hours are the same row."""

    def test_same_hours_same_row(self):
        first = self.open_clock.snapshot_id
        self.assertTrue(first.is_current)
        self.assertEqual(self.clock(self.report(utc(2, 9))).snapshot_id, first)
        self.assertEqual(self.finished.snapshot_id, first)

    def test_edited_and_edited_back_is_the_first_row_again(self):
        first = self.open_clock.snapshot_id
        with self.at(utc(2, 10)):
            holiday = self.make_holiday(self.office, utc(2, 23))
            second = self.open_clock.snapshot_id
            self.assertNotEqual(second, first)
            self.assertFalse(first.is_current)
            holiday.unlink()
        self.env.invalidate_all()
        self.assertEqual(self.open_clock.snapshot_id, first)
        self.assertTrue(first.is_current)
        self.assertFalse(second.is_current)
        self.assertEqual(
            self.env["aftersales.sla.calendar"].search_count(
                [("resource_calendar_id", "=", self.office.id)]
            ),
            2,
        )

    def test_nobody_changes_a_snapshot(self):
        """Not even the superuser: finished clocks are rebuilt from it."""
        snapshot = self.open_clock.snapshot_id
        for values in (
            {"opening_times": [[0, 1]]},
            {"tz": "UTC"},
            {"digest": "x"},
            {"name": "x"},
            {"company_id": self.company_2.id},
        ):
            with self.assertRaises(UserError):
                snapshot.write(values)

    def test_unused_snapshots_of_the_past_are_cleaned_up(self):
        """Only what measured no clock goes; finished clocks keep theirs."""
        first = self.open_clock.snapshot_id
        Snapshot = self.env["aftersales.sla.calendar"]
        with self.at(utc(2, 10)):
            holiday = self.make_holiday(self.office, utc(2, 23))
            unused = self.open_clock.snapshot_id
            holiday.date_to = utc(4, 22, 59, 59)
        self.env.flush_all()
        Snapshot._gc_unused()
        self.env.invalidate_all()
        self.assertFalse(unused.exists())
        self.assertTrue(first.exists())
        self.assert_rebuilds(self.finished | self.open_clock)

    def test_deleted_calendar_leaves_its_snapshot(self):
        """The hours of the past outlive the calendar."""
        snapshot = self.finished.snapshot_id
        with self.at(utc(2, 10)):
            self.policy.resource_calendar_id = self.make_calendar("New")
        self.finished.flush_recordset()
        self.office.unlink()
        self.env.invalidate_all()
        self.assertTrue(snapshot.exists())
        self.assertFalse(snapshot.resource_calendar_id)
        self.assert_rebuilds(self.finished | self.open_clock)
