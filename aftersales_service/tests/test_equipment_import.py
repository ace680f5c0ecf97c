# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import csv
import io
from datetime import date

import openpyxl

from odoo.tests import tagged
from odoo.tools import file_open, mute_logger

from .equipment_common import EquipmentCommon


@tagged("post_install", "-at_install")
class TestEquipmentImport(EquipmentCommon):
    """Machines sold before Odoo, through the import of lists."""

    HEADER = (
        "Customer",
        "Product",
        "Product Name",
        "Serial Number",
        "Delivery Date",
        "Commissioning Date",
        "Site",
        "End User",
        "Warranty Term",
        "Warranty until",
    )
    FIELDS = [
        "partner_id",
        "product_id",
        "product_name",
        "serial_number",
        "delivery_date",
        "commissioning_date",
        "site_id",
        "end_user_id",
        "entry_term_id",
        "entry_warranty_until",
    ]
    OPTIONS = {
        "has_headers": True,
        "separator": ",",
        "quoting": '"',
        "encoding": "utf-8",
        "date_format": "%Y-%m-%d",
        "advanced": False,
    }

    def start_import(self, content, file_type, role="manager"):
        return self.as_role(role, "base_import.import").create(
            {
                "res_model": "aftersales.equipment",
                "file": content,
                "file_name": f"equipment.{file_type.rsplit('/', 1)[-1]}",
                "file_type": file_type,
            }
        )

    def run_import(self, *rows, role="manager", dry=False):
        """Import rows of texts in the order of the columns.

        :return: tuple of the equipment and the messages
        """
        stream = io.StringIO()
        writer = csv.writer(stream)
        writer.writerows([self.HEADER, *rows])
        wizard = self.start_import(stream.getvalue().encode(), "text/csv", role)
        with mute_logger("odoo.addons.base_import.models.base_import"):
            result = wizard.execute_import(
                self.FIELDS, list(self.HEADER), dict(self.OPTIONS), dryrun=dry
            )
        records = self.env["aftersales.equipment"].browse(result.get("ids") or [])
        return records, result["messages"]

    def row(self, **values):
        cells = {
            "Customer": "Mill & Sons",
            "Product Name": "Old Press",
            "Delivery Date": "2025-05-15",
            **values,
        }
        return [cells.get(name, "") for name in self.HEADER]

    def test_template_fits_the_columns(self):
        """Whoever fills in the template needs to assign no column."""
        Equipment = self.as_role("manager", "aftersales.equipment")
        [template] = Equipment.get_import_templates()
        with file_open(template["template"].lstrip("/"), "rb") as stream:
            content = stream.read()
        wizard = self.start_import(
            content, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        )
        preview = wizard.parse_preview({"has_headers": True})
        self.assertFalse(preview.get("error"), preview.get("error"))
        self.assertEqual(preview["headers"], list(self.HEADER))
        matches = {
            self.HEADER[int(index)]: path for index, path in preview["matches"].items()
        }
        self.assertEqual(
            matches,
            {
                name: [field]
                for name, field in zip(self.HEADER, self.FIELDS, strict=True)
            },
        )

    def test_csv(self):
        serials = self.serials("I-1")
        equipment, messages = self.run_import(
            self.row(
                **{
                    "Product": "Press 200",
                    "Product Name": "",
                    "Serial Number": "I-1",
                    "Commissioning Date": "2025-06-01",
                    "Site": "Mill & Sons, Plant South",
                    "End User": "Bakery Ltd",
                    "Warranty Term": "12 Months",
                }
            ),
            self.row(
                **{"Serial Number": "OLD-7", "Warranty until": "2026-12-31"},
            ),
            self.row(**{"Serial Number": "OLD-8"}),
        )
        self.assertEqual(messages, [])
        one, two, three = equipment
        self.assertEqual(one.product_id, self.press)
        self.assertEqual(one.lot_id, serials)
        self.assertEqual(one.site_id, self.site)
        self.assertEqual(one.end_user_id, self.other_customer)
        self.assertEqual(one.commissioning_date, date(2025, 6, 1))
        self.assertEqual(one.warranty_ids.term_id, self.term)
        self.assertEqual(one.warranty_ids.start_date, date(2025, 5, 15))
        self.assertEqual(one.warranty_ids.end_date, date(2026, 5, 14))
        self.assertEqual(two.product_name, "Old Press")
        self.assertEqual(two.warranty_ids.start_date, date(2025, 5, 15))
        self.assertEqual(two.warranty_ids.end_date, date(2026, 12, 31))
        self.assertEqual(two.warranty_ids.duration, 596)
        self.assertFalse(three.warranty_ids)
        self.assertEqual(equipment.event_ids.mapped("kind"), ["imported"] * 3)

    def test_row_errors(self):
        """Each names its row; nothing is imported."""
        self.run_import(self.row(**{"Serial Number": "THERE"}))
        wrong = [
            ("Mill", self.row(Customer="Miller & Daughters"), "Miller & Daughters"),
            ("product", self.row(Product="Press 900"), "Press 900"),
            ("future", self.row(**{"Delivery Date": "2099-01-01"}), "in the future"),
            (
                "commissioned",
                self.row(**{"Commissioning Date": "2025-05-14"}),
                "before the delivery",
            ),
            (
                "ends before",
                self.row(**{"Warranty until": "2025-05-14"}),
                "can't end on",
            ),
            (
                "no delivery",
                self.row(**{"Warranty until": "2026-05-14", "Delivery Date": ""}),
                "Enter the delivery date",
            ),
            (
                "both",
                self.row(
                    **{"Warranty until": "2026-05-14", "Warranty Term": "12 Months"}
                ),
                "not both",
            ),
            ("duplicate", self.row(**{"Serial Number": "THERE"}), "there already"),
            ("date", self.row(**{"Delivery Date": "soon"}), "soon"),
        ]
        for name, row, text in wrong:
            with self.subTest(name):
                good = [
                    self.row(**{"Serial Number": f"GOOD {name} {index}"})
                    for index in range(2)
                ]
                equipment, messages = self.run_import(good[0], row, good[1])
                self.assertFalse(equipment)
                errors = [m for m in messages if m["type"] == "error"]
                self.assertIn(text, errors[0]["message"])
                rows = {e["rows"]["from"] for e in errors if "rows" in e}
                # What is no date is found in the column; Odoo names the line.
                expected = set() if name == "date" else {1}
                self.assertEqual(rows, expected, messages)

    def test_duplicate_in_the_file(self):
        twice = self.row(**{"Serial Number": "TWICE"})
        equipment, messages = self.run_import(twice, twice)
        self.assertFalse(equipment)
        self.assertEqual(len(messages), 1)
        self.assertIn("there already", messages[0]["message"])
        self.assertEqual(messages[0]["rows"]["from"], 1)

    def test_dry_run(self):
        self.run_import(self.row(**{"Serial Number": "DRY"}), dry=True)
        self.assertFalse(
            self.env["aftersales.equipment"].search([("serial_number", "=", "DRY")])
        )

    def test_only_managers_give_warranties(self):
        row = self.row(**{"Warranty until": "2026-12-31"})
        equipment, messages = self.run_import(row, role="intake")
        self.assertFalse(equipment)
        self.assertIn("Manager", messages[0]["message"])
        equipment, messages = self.run_import(self.row(), role="intake")
        self.assertTrue(equipment)

    def test_xlsx(self):
        book = openpyxl.Workbook()
        book.active.append(self.HEADER)
        row = self.row(**{"Serial Number": "X-1", "Warranty until": date(2026, 12, 31)})
        row[self.HEADER.index("Delivery Date")] = date(2025, 5, 15)
        book.active.append(row)
        stream = io.BytesIO()
        book.save(stream)
        wizard = self.start_import(
            stream.getvalue(),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
        result = wizard.execute_import(
            self.FIELDS, list(self.HEADER), dict(self.OPTIONS)
        )
        self.assertEqual(result["messages"], [])
        equipment = self.env["aftersales.equipment"].browse(result["ids"])
        self.assertEqual(equipment.delivery_date, date(2025, 5, 15))
        self.assertEqual(equipment.warranty_ids.end_date, date(2026, 12, 31))
