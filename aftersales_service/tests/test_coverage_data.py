# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Decisions about real complaints, with their purchase and failure dates."""

import logging
import os
from collections import Counter
from datetime import date, datetime, time
from pathlib import Path

from odoo.tests import tagged

from .common_coverage import CoverageCommon

_logger = logging.getLogger(__name__)

MONTHS = 36
#: Days of failure, receipt and purchase for where the public complaints are absent.
OWN_DAYS = [
    ("20240311", "20240312", "20210312"),
    ("20240312", "20240313", "20210312"),
    ("20240311", "20240311", ""),
    ("", "20240318", "20220101"),
    ("20190101", "20240318", "20200101"),
    ("20240230", "20240401", "20230228"),
    ("20240229", "20240301", "20210228"),
]


def data_file():
    """Find the complaints beside the repository, or where the environment says."""
    root = Path(__file__).resolve().parents[2]
    folders = (
        os.environ.get("AFTERSALES_SHARED_DATA"),
        root.parent / "shared" / "data",
    )
    paths = [Path(folder) / "nhtsa_complaints.tsv" for folder in folders if folder]
    return next((path for path in paths if path.is_file()), None)


def complaints():
    """Read the complaints as lists of columns, or some of our own in their shape."""
    path = data_file()
    if path:
        lines = path.read_text(encoding="latin-1").splitlines()
        return [line.split("\t") for line in lines if line.strip()]
    _logger.info(
        "The public complaints are absent: deciding about %s of our own. Put the "
        "shared data beside the repository or name it in AFTERSALES_SHARED_DATA.",
        len(OWN_DAYS),
    )
    rows = []
    for number, (failed, received, bought) in enumerate(OWN_DAYS):
        row = [""] * 46
        row[0], row[7], row[16], row[22] = f"own {number}", failed, received, bought
        rows.append(row)
    return rows


def day_of(text):
    """Read YYYYMMDD; None for a blank or for what is no day."""
    try:
        return datetime.strptime(text.strip(), "%Y%m%d").date()
    except ValueError:
        return None


def is_covered(bought, day):
    """Count the months by themselves: covered before the same day of the end month."""
    year, month = divmod(bought.year * 12 + bought.month - 1 + MONTHS, 12)
    return bought <= day and (day.year, day.month, day.day) < (
        year,
        month + 1,
        bought.day,
    )


@tagged("post_install", "-at_install")
class TestCoverageData(CoverageCommon):
    def test_complaints(self):
        """Each complaint with a purchase date is decided as an own count decides it."""
        term = self.make_term(name="36 Months", duration=MONTHS)
        rows = complaints()
        seen = Counter()
        for number, row in enumerate(rows):
            failed, received = day_of(row[7]), day_of(row[16])
            bought = day_of(row[22]) if len(row) > 22 else None
            with self.subTest(complaint=row[0]):
                finding = self.complain(number, row, term, failed, received, bought)
                code = self.codes(finding).get(finding.equipment_id.warranty_ids.name)
                day = failed or received
                if not bought:
                    expected = "trigger_missing"
                elif is_covered(bought, day):
                    expected = None
                else:
                    expected = "not_started" if day < bought else "ended"
                self.assertEqual(code, expected)
                payer = "customer" if expected else "warranty"
                self.assertEqual(self.who_pays(finding)[0], (payer, 1.0))
                self.assertEqual(finding.coverage_id.fault_date, day)
                self.assertTrue(finding.coverage_summary)
                seen[expected] += 1
        covered, ended, missing = (5, 3, 50) if data_file() else (3, 2, 1)
        self.assertGreaterEqual(seen[None], covered)
        self.assertGreaterEqual(seen["ended"], ended)
        self.assertGreaterEqual(seen["trigger_missing"], missing)

    def complain(self, number, row, term, failed, received, bought):
        """Report one complaint about a machine delivered on the day of purchase."""
        equipment = self.make_equipment(
            product_name=" ".join(row[3:6]),
            serial_number=f"{row[14].strip()}-{number}",
            product_id=False,
            delivery_date=bought,
        )
        self.grant(equipment, term)
        ticket = self.env["aftersales.ticket"].create(
            {
                "name": row[11][:60] or "Complaint",
                "team_id": self.team.id,
                "partner_id": self.contact.id,
                "equipment_id": equipment.id,
                "reported_at": datetime.combine(received or date.today(), time(12)),
            }
        )
        return self.env["aftersales.finding"].create(
            {"ticket_id": ticket.id, "occurred_on": failed, "note": row[11][:60]}
        )
