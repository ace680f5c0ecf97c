# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a telephone saves of a visit: changes, conflicts, the machine, its parts."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import drawn_signature
from .common_phone import KEY, PhoneCommon


@tagged("post_install", "-at_install")
class TestVisitPhoneSave(PhoneCommon):
    # === SAVE === #

    def test_saved_once_however_often_it_is_sent(self):
        self.go()
        change = {
            "on": "line",
            "id": "new-1",
            "set": {"kind": "part", "product_id": self.part.id, "quantity": 2},
        }
        first = self.save(change, key=KEY % "x")
        self.assertEqual(self.save(change, key=KEY % "x"), first)
        [line] = self.dispatch.line_ids
        self.assertEqual(first["ids"], {"new-1": line.id})
        self.assertEqual(
            (line.name, line.part_number, line.quantity, line.job_id),
            ("Hose 3/8", "TEST-H-38", 2, self.job),
        )

    def test_everything_is_saved(self):
        self.go()
        answer = self.job.answer_ids[0]
        photo = drawn_signature().decode()
        start = str(self.NOW)
        result = self.save(
            {"on": "visit", "id": self.visit.id, "set": {"training_topics": "Oil"}},
            {"on": "job", "id": self.job.id, "set": {"result": "revisit"}},
            {"on": "answer", "id": answer.id, "set": {"answer": "na", "note": "Dirt"}},
            {
                "on": "finding",
                "id": "new-f",
                "job": self.job.id,
                "set": {"fault_id": self.hose.id, "cause_id": self.misuse.id},
            },
            {
                "on": "evidence",
                "id": "new-e",
                "finding": "new-f",
                "set": {"image": photo, "name": "Mark.png"},
            },
            {
                "on": "line",
                "id": "new-l",
                "set": {"kind": "labour", "started_at": start, "ended_at": start},
            },
            {
                "on": "photo",
                "id": "new-p",
                "set": {"image": photo, "moment": "after", "job_id": self.job.id},
            },
        )
        finding = self.job.finding_ids
        self.assertEqual(result["ids"]["new-f"], finding.id)
        self.assertEqual(finding.liability, "misuse")
        self.assertEqual(finding.misuse_photo_ids.res_id, finding.id)
        self.assertEqual(self.dispatch.training_topics, "Oil")
        self.assertEqual((answer.answer, answer.note), ("na", "Dirt"))
        self.assertEqual(self.dispatch.line_ids.employee_id, self.technician)
        self.assertTrue(self.dispatch.photo_ids.image_hash)
        # and taken back
        self.save(
            {"on": "line", "id": self.dispatch.line_ids.id, "delete": True},
            {"on": "photo", "id": self.dispatch.photo_ids.id, "delete": True},
        )
        self.assertFalse(self.dispatch.line_ids or self.dispatch.photo_ids)

    def test_nothing_changed_writes_nothing(self):
        self.work()
        before = self.job.write_date
        count = self.env["aftersales.dispatch.sending"].search_count([])
        with self.at(50):
            result = self.save(
                {
                    "on": "job",
                    "id": self.job.id,
                    "set": {"work_done": "Hose replaced"},
                    "was": {"work_done": ""},
                }
            )
            self.env.flush_all()
        self.assertEqual(result, {})
        self.assertEqual(self.job.write_date, before)
        self.assertEqual(
            self.env["aftersales.dispatch.sending"].search_count([]), count
        )

    def test_a_conflict_is_told_and_nothing_is_lost(self):
        self.work()
        self.as_role("dispatcher", self.job).work_done = "Office says"
        result = self.save(
            {
                "on": "job",
                "id": self.job.id,
                "set": {"work_done": "Site says", "result": "revisit"},
                "was": {"work_done": "Hose replaced", "result": "solved"},
            }
        )
        [conflict] = result["conflicts"]
        self.assertEqual(
            (conflict["field"], conflict["mine"], conflict["theirs"]),
            ("work_done", "Site says", "Office says"),
        )
        self.assertEqual(self.job.work_done, "Office says")
        self.assertEqual(self.job.result, "revisit")
        # mine, after all
        self.save(
            {
                "on": "job",
                "id": self.job.id,
                "set": {"work_done": "Site says"},
                "was": {"work_done": "Office says"},
            }
        )
        self.assertEqual(self.job.work_done, "Site says")

    def test_what_is_gone_is_told(self):
        self.go()
        line = self.dispatch.line_ids.create(
            {"dispatch_id": self.dispatch.id, "kind": "part", "name": "Nut"}
        )
        number = line.id
        line.unlink()
        result = self.save({"on": "line", "id": number, "set": {"quantity": 2}})
        self.assertEqual(result["gone"], [{"on": "line", "id": number}])

    def test_refused_values(self):
        self.go()
        other = self.plan_visit(self.create_ticket(), hours=48)
        job = {"on": "job", "id": self.job.id}
        image = {"on": "photo", "id": "new-1"}
        line = {"on": "line", "id": "new-1"}
        for words, change in (
            ("can't be written", {**job, "set": {"dispatch_id": other.id}}),
            (
                "can't be written",
                {"on": "visit", "id": self.visit.id, "set": {"state": "done"}},
            ),
            ("Result", {**job, "set": {"result": "perhaps"}}),
            ("Work Done", {**job, "set": {"work_done": 7}}),
            ("not there any more", {**job, "set": {"equipment_id": 10**8}}),
            ("not a machine of", {**job, "set": {"equipment_id": self.foreign.id}}),
            ("no part of", {**job, "id": other.job_ids.id, "set": {"result": False}}),
            ("not a picture", {**image, "set": {"image": "aGVsbG8="}}),
            ("not a picture", {**image, "set": {"image": "%%%"}}),
            ("without a picture", {**image, "set": {"name": "x"}}),
            ("Hours", {**line, "set": {"hours": "two"}}),
            ("no such job", {"on": "finding", "id": "new-1", "job": 0, "set": {}}),
            ("can't be read", {"on": "users", "id": 1, "set": {}}),
            ("can't be read", {**job, "id": "new-1"}),
            ("can't be deleted", {**job, "delete": True}),
        ):
            with self.assertRaisesRegex(UserError, words), self.env.cr.savepoint():
                self.save(change)
        for wrong in (None, [], {"changes": "x"}, {"changes": [1]}):
            with self.assertRaisesRegex(ValidationError, "can't be read"):
                self.visit.visit_save(self.key(), wrong)

    def test_a_running_timer_is_stopped_first(self):
        self.work()
        line = {"kind": "labour", "started_at": str(self.NOW)}
        ids = self.save({"on": "line", "id": "new-1", "set": line})["ids"]
        with self.assertRaisesRegex(UserError, "still running"):
            self.step("finish")
        ended = str(self.NOW + timedelta(minutes=90))
        self.save({"on": "line", "id": ids["new-1"], "set": {"ended_at": ended}})
        self.assertEqual(self.dispatch.labour_hours, 1.5)
        self.assertEqual(self.step("finish"), {"state": "to_sign"})

    # === MACHINE AND PARTS === #

    def test_the_machine_is_confirmed_by_its_label(self):
        self.go()
        for code in (
            self.press._label_url(),
            "p200 - 77".replace(" - ", "-"),
            "P200-77",
        ):
            found = self.visit.visit_machine(self.job.id, code)
            self.assertTrue(found["is_right"], code)
        self.save({"on": "job", "id": self.job.id, "set": {"scanned": "P200-77"}})
        self.assertTrue(self.job.equipment_checked_at)
        wrong = self.visit.visit_machine(self.job.id, "S3-1")
        self.assertEqual(wrong["equipment"]["id"], self.other.id, "not the stranger's")
        self.assertIn("another machine of the customer", wrong["message"])
        self.assertFalse(
            self.visit.visit_machine(self.job.id, self.foreign._label_url())[
                "equipment"
            ]
        )
        with self.assertRaisesRegex(ValidationError, "is not the machine"):
            self.job.equipment_id = self.press
            self.job._visit_confirm_machine("S3-1")
        self.save(
            {
                "on": "job",
                "id": self.job.id,
                "set": {"equipment_id": self.other.id, "scanned": "S3-1"},
            }
        )
        self.assertEqual(self.job.serial_number, "S3-1")
        self.assertTrue(self.job.equipment_checked_at)
        self.job.equipment_id = self.press
        self.assertFalse(self.job.equipment_checked_at, "another one, not confirmed")

    def test_parts_are_found_by_scan_and_by_words(self):
        for text in ("T4006381333931", "test-h-38"):
            [part] = self.visit.visit_parts(text)
            self.assertEqual((part["id"], part["is_exact"]), (self.part.id, True))
        self.assertIn(
            self.part.id, [part["id"] for part in self.visit.visit_parts("hose")]
        )
        self.part.is_storable = True
        self.part.tracking = "serial"
        self.env["stock.lot"].create({"name": "PUMP-9", "product_id": self.part.id})
        [part] = self.visit.visit_parts("PUMP-9")
        self.assertEqual(part["serial_number"], "PUMP-9")
        self.assertEqual(self.visit.visit_parts(""), [])

    def test_checklists_per_product(self):
        category = self.env["product.category"].create({"name": "Presses"})
        below = category.create({"name": "Big", "parent_id": category.id})
        product, saw = self.env["product.product"].create(
            [{"name": "Press", "categ_id": below.id}, {"name": "Saw"}]
        )
        self.press.product_id, self.other.product_id = product, saw
        lists = self.env["aftersales.checklist"].create(
            [
                {
                    "name": name,
                    "kind": "technical",
                    "item_ids": [Command.create({"name": name})],
                    **values,
                }
                for name, values in (
                    ("Category", {"product_categ_ids": category.ids}),
                    ("Product", {"product_ids": saw.ids}),
                    ("All", {}),
                )
            ]
        )
        ticket = self.create_ticket(equipment_id=self.press.id)
        job = self.plan_visit(ticket, hours=48).job_ids
        asked = job.answer_ids.item_id.checklist_id & lists
        self.assertEqual(set(asked.mapped("name")), {"Category", "All"})
        # another machine: other questions, what was answered stays
        job.answer_ids.filtered(lambda a: a.item_id.name == "Category").answer = "no"
        self.as_role("technician", job).equipment_id = self.other
        asked = job.answer_ids.item_id.checklist_id & lists
        self.assertEqual(set(asked.mapped("name")), {"Category", "All", "Product"})
        with self.assertRaisesRegex(ValidationError, "every machine"):
            lists[0].kind = "conduct"

    # === IMPROPER USE === #

    def test_improper_use_is_proposed_on_the_spot(self):
        self.go()
        ids = self.save(
            {
                "on": "finding",
                "id": "new-f",
                "job": self.job.id,
                "set": {"cause_id": self.misuse.id, "misuse_evidence": "Dents"},
            }
        )["ids"]
        with self.assertRaisesRegex(ValidationError, "photo"), self.env.cr.savepoint():
            self.step("propose_misuse", finding=ids["new-f"])
        self.save(
            {
                "on": "evidence",
                "id": "new-e",
                "finding": ids["new-f"],
                "set": {"image": drawn_signature().decode(), "name": "Dents.png"},
            }
        )
        self.step("propose_misuse", finding=ids["new-f"])
        finding = self.job.finding_ids
        self.assertEqual(finding.misuse_state, "proposed")
        self.assertEqual(finding.misuse_technician_id, self.technician)
        with self.assertRaisesRegex(ValidationError, "no such finding"):
            self.step("propose_misuse", finding=0)
