# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The fourth edition of the service form, and the earlier ones beside it."""

import base64
import hashlib
from datetime import datetime
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_form import BLANK, CHARGES, REPORT, FormCommon


@tagged("post_install", "-at_install")
class TestServiceFormContent(FormCommon):
    # === CONTENT === #

    def test_details(self):
        visit = self.go()
        self.add_photos(visit)
        visit.write(
            {
                "training_topics": "Daily check",
                "training_attendees": "Otto Operator\n\n Peter Press ",
            }
        )
        labour = visit.line_ids.filtered(lambda ln: ln.kind == "labour")
        labour.write(
            {
                "started_at": datetime(2026, 3, 2, 23, 30),
                "ended_at": datetime(2026, 3, 3, 1, 0),
            }
        )
        form = self.sign(visit)
        content = form._get_content()
        self.assertEqual(content["schema"], 5)
        line = content["labour"][0]
        self.assertEqual(
            (line["date"], line["started_at"], line["ended_at"], line["hours"]),
            ("2026-03-03", "2026-03-02T23:30:00", "2026-03-03T01:00:00", 1.5),
            "the day on which it began at the site",
        )
        self.assertEqual(content["part"][0]["removed_fate"], None)
        self.assertEqual(content["part"][0]["ticket"], self.ticket.reference)
        self.assertEqual(
            content["training"],
            {"topics": "Daily check", "attendees": ["Otto Operator", "Peter Press"]},
        )
        lists = {answer["list"] for answer in content["jobs"][0]["checklist"]}
        self.assertEqual(
            lists, set(visit.job_ids.answer_ids.item_id.checklist_id.mapped("name"))
        )
        self.assertEqual(
            [(p["label"], p["caption"], p["sha256"]) for p in content["photos"]],
            [(p.moment.capitalize(), p.name, p.image_hash) for p in visit.photo_ids],
        )
        self.assertTrue(form._says_the_same())
        text = self.text(REPORT, form)
        for words in (
            "12:30 AM – 2:00",
            "Otto Operator, Peter Press",
            "Before · Leak",
        ):
            self.assertIn(words, text)

    def test_earlier_editions_keep_their_hashes(self):
        visit = self.go()
        self.add_photos(visit)
        visit.training_topics = "Daily check"
        values = {
            "name": visit.name,
            "version": 1,
            "outcome": "accepted",
            "signed_at": False,
            "technician_name": "T",
            "recorded_by": self.users["technician"].id,
        }
        content = visit._prepare_form_content(values, 3)
        self.assertEqual(
            content.keys(),
            {
                *("schema", "lang", "tz", "number", "version", "replaces_reason"),
                *("company", "customer", "site", "visit", "jobs", "labour", "part"),
                *("travel", "customer_comments", "signature"),
            },
        )
        day = visit.line_ids[0].date.isoformat()
        self.assertEqual(
            {kind: content[kind] for kind in ("labour", "part", "travel")},
            {
                "labour": [
                    {
                        "description": "Repair",
                        "date": day,
                        "technician": None,
                        "hours": 1.5,
                    }
                ],
                "part": [
                    {
                        "description": "Hose 3/8",
                        "part_number": "H-38",
                        "serial": None,
                        "quantity": 2.0,
                    }
                ],
                "travel": [
                    {
                        "description": "Way",
                        "date": day,
                        "technician": None,
                        "hours": 1.0,
                        "distance_km": 80.0,
                    }
                ],
            },
        )
        self.assertEqual(
            content["jobs"][0]["checklist"][0].keys(), {"question", "answer", "note"}
        )
        self.assertEqual(
            content["signature"],
            {
                "outcome": "Accepted",
                "outcome_reason": None,
                "signer_name": None,
                "signer_role": None,
                "signed_at": None,
                "customer_image_sha256": None,
                "technician_name": "T",
                "technician_image_sha256": None,
                "recorded_by": "Technician",
                "acceptance": "drawn",
                "acceptance_note": None,
                "signer_ip": None,
            },
        )

    def test_form_of_the_third_edition_is_printed(self):
        visit = self.go()
        prepare = type(visit)._prepare_form_content
        with patch.object(
            type(visit),
            "_prepare_form_content",
            lambda self, values, schema=3: prepare(self, values, schema),
        ):
            form = self.sign(visit)
        self.assertEqual(form._get_content()["schema"], 3)
        self.assertTrue(form._says_the_same())
        self.assertIn("Hose 3/8", self.text(REPORT, form))
        self.assertIn("Hose 3/8", form.content_html)

    # === PHOTOS === #

    def test_printed_photo_is_the_hashed_one(self):
        visit = self.go()
        self.add_photos(visit)
        form = self.sign(visit)
        pictures = form._pictures(small=False)
        self.assertEqual(set(pictures), set(visit.photo_ids.mapped("image_hash")))
        for sha, uri in pictures.items():
            raw = base64.b64decode(uri.partition(",")[2])
            self.assertEqual(hashlib.sha256(raw).hexdigest(), sha)
        page = self.env["ir.actions.report"]._render_qweb_html(REPORT, form.ids)[0]
        for uri in pictures.values():
            self.assertIn(uri, page.decode())

    def test_photos_are_locked_with_their_files(self):
        visit = self.go()
        self.add_photos(visit)
        form = self.sign(visit)
        with self.assertRaisesRegex(UserError, "signed and locked"):
            visit.photo_ids[0].image = self.image("PNG")
        with self.assertRaisesRegex(UserError, "signed and locked"):
            visit.photo_ids[0].unlink()
        files = self.env["ir.attachment"].search(
            [
                ("res_model", "in", (form._name, "aftersales.dispatch.photo")),
                ("res_id", "in", form.ids + visit.photo_ids.ids),
                ("res_field", "in", ("image", False)),
            ]
        )
        self.assertEqual(len(files), 4, "two photos, and their copies")
        for file in files:
            with self.assertRaisesRegex(UserError, "signed"):
                file.raw = b"x"
            with self.assertRaisesRegex(UserError, "signed"):
                file.unlink()

    def test_correction_may_show_other_photos(self):
        visit = self.go()
        self.add_photos(visit)
        first = self.sign(visit)
        visit.action_correct()
        gone = visit.photo_ids[0].image_hash
        visit.photo_ids[0].unlink()
        second = self.sign(visit, replaces_reason="Wrong photo")
        self.assertIn(gone, first._pictures())
        self.assertNotIn(gone, second._pictures())
        self.assertIn("data:image", first.content_html)

    # === CHARGES === #

    def test_charges_are_printed_in_words(self):
        visit = self.go()
        before = visit._work_hash()
        for accepted, said in (
            (True, "The customer accepts the charges."),
            (False, "The customer does not accept the charges."),
        ):
            charges = {**CHARGES, "accepted": accepted}
            with patch.object(type(visit), "_form_charges", lambda self, c=charges: c):
                hashes = {visit._work_hash()}
                if visit.state == "done":
                    visit.action_correct()
                form = self.sign(visit, replaces_reason="Asked again")
            text = self.text(REPORT, form)
            for words in (
                "Statement of Charges",
                "Warranty until 2027",
                "Free",
                "50 %",
                "67.50 €",
                "80.33 €",
                said,
            ):
                self.assertIn(words, text)
        open_charges = {**CHARGES, "accepted": None}
        with patch.object(type(visit), "_form_charges", lambda self: open_charges):
            hashes.add(visit._work_hash())
        self.assertEqual(len(hashes), 1, "the answer is given while signing")
        self.assertNotIn(before, hashes)

    # === TIME ZONE === #

    def test_monday_morning_on_every_print(self):
        """Regression 38: Monday 08:00 at the site, for every reader."""
        self.site.tz = "Pacific/Auckland"
        # Sunday evening in Europe and in UTC.
        self.planned.scheduled_start = datetime(2026, 3, 1, 19, 0)
        for zone in ("UTC", "America/Los_Angeles", "Asia/Shanghai"):
            for user in self.users.values():
                user.tz = zone
            blank = self.text(BLANK, self.as_role("technician", self.planned))
            self.assertIn("3/2/26, 8:00 AM", blank)
            self.assertIn("Pacific/Auckland", blank)
        form = self.sign(self.go())
        for zone in ("UTC", "America/Los_Angeles"):
            self.users["finance"].tz = zone
            page = self.text(REPORT, self.as_role("finance", form))
            self.assertIn("3/2/26, 8:00 AM", page)
