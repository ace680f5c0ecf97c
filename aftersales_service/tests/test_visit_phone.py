# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The visit on a telephone: what it reads, saves, steps and signs, and who may."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import AftersalesCommon, drawn_signature

KEY = "0123456789-%s"


class PhoneCommon(AftersalesCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.press, cls.other, cls.foreign = cls.env["aftersales.equipment"].create(
            [
                {
                    "partner_id": partner.id,
                    "product_name": name,
                    "serial_number": serial,
                    "company_id": cls.company.id,
                    "delivery_date": "2025-05-15",
                }
                for partner, name, serial in (
                    (cls.customer, "Press 200", "P200-77"),
                    (cls.customer, "Saw 3", "S3-1"),
                    (cls.env["res.partner"].create({"name": "Else"}), "Saw", "S3-1"),
                )
            ]
        )
        cls.part = cls.env["product.product"].create(
            {
                "name": "Hose 3/8",
                "default_code": "TEST-H-38",
                "barcode": "T4006381333931",
            }
        )
        cls.misuse = cls.env["aftersales.cause"].create(
            {"name": "Test Misuse", "liability": "misuse"}
        )

    def setUp(self):
        super().setUp()
        self.sent = 0
        with self.at(0):
            self.ticket = self.create_ticket(
                severity="serious", equipment_id=self.press.id
            )
            self.dispatch = self.plan_visit(self.ticket)
        self.visit = self.as_role("technician", self.dispatch)
        self.job = self.visit.job_ids

    def key(self):
        self.sent += 1
        return KEY % self.sent

    def save(self, *changes, key=None):
        return self.visit.visit_save(key or self.key(), {"changes": list(changes)})

    def step(self, step, **values):
        return self.visit.visit_step(self.key(), step, values)

    def go(self):
        """Go there, as the technician."""
        self.step("depart")
        self.step("arrive")

    def work(self):
        self.go()
        self.save(
            {
                "on": "job",
                "id": self.job.id,
                "set": {"work_done": "Hose replaced", "result": "solved"},
            }
        )

    def sign_by_phone(self, key, **values):
        preview = self.visit.visit_preview()
        return self.visit.visit_sign(
            key,
            {
                "shown_hash": preview["hash"],
                "outcome": "accepted",
                "signer_name": "Mia Mill",
                "signature": drawn_signature("Mia").decode(),
                "technician_name": "Tara Technician",
                "technician_signature": drawn_signature("Tara").decode(),
                **values,
            },
        )


@tagged("post_install", "-at_install")
class TestVisitPhone(PhoneCommon):
    # === READ === #

    def test_the_day(self):
        with self.at(1):
            [mine] = self.as_role("technician", "aftersales.dispatch").visit_day()
            self.assertEqual(mine["name"], self.dispatch.name)
            self.assertEqual(mine["tz"], "Europe/Berlin")
            self.assertEqual(mine["machines"], ["Press 200 · P200-77"])
            self.assertFalse(self.as_role("manager", "aftersales.dispatch").visit_day())
            with self.assertRaises(AccessError):
                self.as_role("intake", "aftersales.dispatch").visit_day()
        with self.at(-24 * 3):
            self.assertFalse(
                self.as_role("technician", "aftersales.dispatch").visit_day(),
                "what is planned for later is not shown yet",
            )

    def test_read_says_everything(self):
        page = self.visit.visit_read()
        [job] = page["jobs"]
        self.assertEqual(job["reported_fault"], "Oil on the floor")
        self.assertTrue(job["answers"])
        self.assertIn([self.cause.id, "Test Wear", "wear"], page["choices"]["causes"])
        self.assertEqual(page["visit"]["technicians"], ["Tara Technician"])
        self.assertEqual(page["charges"], {})

    def test_read_costs_the_same_for_more(self):
        def cost(lines):
            self.dispatch.line_ids = [
                Command.create({"kind": "labour", "name": "Work", "hours": 1})
                for __ in range(lines)
            ]
            self.env.flush_all()
            self.env.invalidate_all()
            self.visit.visit_read()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self.visit.visit_read()
            return self.env.cr.sql_log_count - start

        one = cost(2)
        more = [
            self.create_ticket(serial_number=f"X-{n}", equipment_id=machine.id)
            for n, machine in enumerate((self.press, self.other))
        ]
        self.dispatch.job_ids = [
            Command.create({"ticket_id": ticket.id}) for ticket in more
        ]
        self.assertEqual(len(self.dispatch.job_ids), 3)
        three = cost(20)
        self.assertLessEqual(three, one + 3, (one, three))
        self.assertLessEqual(three, 70)

    def test_who_may(self):
        for role in ("intake", "support", "quality", "finance"):
            visit = self.as_role(role, self.dispatch)
            for call in (
                lambda visit=visit: visit.visit_read(),
                lambda visit=visit: visit.visit_save(KEY % 1, {"changes": []}),
                lambda visit=visit: visit.visit_step(KEY % 1, "depart", {}),
                lambda visit=visit: visit.visit_sign(KEY % 1, {}),
                lambda visit=visit: visit.visit_preview(),
                lambda visit=visit: visit.visit_machine(self.job.id, "x"),
                lambda visit=visit: visit.visit_parts("x"),
            ):
                with self.assertRaises(AccessError, msg=role):
                    call()
        for role in ("dispatcher", "manager"):
            self.assertTrue(self.as_role(role, self.dispatch).visit_read()["jobs"])
        # a technician who is neither on the visit nor in its team
        self.team.member_ids = [Command.unlink(self.users["technician"].id)]
        self.dispatch.technician_ids = self.colleague
        for call in (self.visit.visit_read, lambda: self.step("depart")):
            with self.assertRaises(AccessError):
                call()
        with self.assertRaises(AccessError):
            self.as_role("technician", "aftersales.dispatch.sending").create(
                {"dispatch_id": self.dispatch.id, "key": KEY % 1, "digest": "x"}
            )

    # === STEPS === #

    def test_steps_of_a_telephone_without_connection(self):
        with self.at(26):
            self.step(
                "depart",
                at=str(self.NOW + timedelta(hours=24)),
                position={"latitude": 48.1, "longitude": 11.5},
            )
            self.step("arrive", at=str(self.NOW + timedelta(hours=25)))
        self.assertEqual(self.dispatch.departed_at, self.NOW + timedelta(hours=24))
        self.assertEqual(self.dispatch.departed_position, "48.10000, 11.50000")
        self.assertEqual(self.dispatch.arrived_at, self.NOW + timedelta(hours=25))
        self.assertFalse(self.dispatch.arrived_position)
        self.assertEqual(self.ticket.arrived_at, self.NOW + timedelta(hours=25))

    def test_impossible_times(self):
        with self.at(30):
            for hours, words in ((31, "ahead"), (5, "more than a day")):
                with self.assertRaisesRegex(ValidationError, words):
                    self.step("depart", at=str(self.NOW + timedelta(hours=hours)))
            self.step("depart", at=str(self.NOW + timedelta(hours=29)))
            with self.assertRaisesRegex(ValidationError, "before the one before"):
                self.step("arrive", at=str(self.NOW + timedelta(hours=28)))
            with self.assertRaisesRegex(ValidationError, "can't be read"):
                self.step("arrive", at="now")
        self.assertEqual(self.dispatch.state, "on_way")

    def test_time_and_place_are_not_forged(self):
        visit = self.visit.with_context(
            aftersales_visit_step=True,
            aftersales_visit_at=self.NOW - timedelta(days=300),
            aftersales_visit_position="0, 0",
        )
        with self.at(24) as now:
            visit.action_depart()
        self.assertEqual(self.dispatch.departed_at, now)
        self.assertFalse(self.dispatch.departed_position)
        with self.assertRaises(AccessError):
            self.visit.arrived_position = "1, 1"

    def test_a_step_sent_twice_is_made_once(self):
        for __ in range(2):
            self.assertEqual(
                self.visit.visit_step(KEY % "a", "depart", {}), {"state": "on_way"}
            )
        self.assertEqual(self.dispatch.state, "on_way")
        with self.assertRaisesRegex(ValidationError, "something else"):
            self.visit.visit_step(KEY % "a", "arrive", {})
        with self.assertRaises(UserError):
            self.step("depart")
        with self.assertRaisesRegex(ValidationError, "no such step"):
            self.step("unlink")

    def test_keys(self):
        for key in ("", "short", "x" * 65, "a' or 1=1 --", 12345678, None):
            with self.assertRaisesRegex(ValidationError, "valid key"):
                self.visit.visit_save(key, {"changes": []})

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

    # === SIGNATURE === #

    def test_signed_once(self):
        self.work()
        self.step("finish")
        preview = self.visit.visit_preview("Well done")
        self.assertIn("Hose replaced", preview["html"])
        self.assertEqual(preview["technician_name"], "Tara Technician")
        first = self.sign_by_phone(KEY % "sign", customer_comments="Well done")
        self.assertEqual(self.dispatch.state, "done")
        values = self.dispatch.form_id
        self.assertEqual((first["id"], first["version"]), (values.id, 1))
        self.assertEqual(self.dispatch.form_id.customer_comments, "Well done")
        self.assertEqual(self.ticket.state, "solved")
        self.assertEqual(self.visit.visit_read()["visit"]["form"]["id"], values.id)
        with self.assertRaisesRegex(UserError, "not possible now"):
            self.save({"on": "job", "id": self.job.id, "set": {"work_done": "More"}})

    def test_the_same_signature_sent_twice(self):
        self.work()
        self.step("finish")
        values = {
            "shown_hash": self.visit.visit_preview()["hash"],
            "outcome": "refused",
            "outcome_reason": "Wants to wait",
            "technician_name": "Tara Technician",
            "technician_signature": drawn_signature("Tara").decode(),
        }
        first = self.visit.visit_sign(KEY % "s", values)
        self.assertEqual(self.visit.visit_sign(KEY % "s", values), first)
        self.assertEqual(len(self.dispatch.form_ids), 1)
        self.assertEqual(self.dispatch.form_id.outcome, "refused")

    def test_changed_while_the_customer_was_reading(self):
        self.work()
        self.step("finish")
        preview = self.visit.visit_preview()
        self.job.work_done = "Something else"
        for shown in (preview["hash"], False):
            with self.assertRaisesRegex(UserError, "was changed"):
                self.sign_by_phone(self.key(), shown_hash=shown)
        with self.assertRaisesRegex(ValidationError, "name and a drawn signature"):
            self.sign_by_phone(self.key(), signature=False)
        with self.assertRaisesRegex(ValidationError, "Say why"):
            self.sign_by_phone(self.key(), outcome="absent")

    def test_old_sendings_are_forgotten(self):
        self.step("depart")
        Sending = self.env["aftersales.dispatch.sending"]
        mine = [("dispatch_id", "=", self.dispatch.id)]
        Sending._gc_old()
        self.assertEqual(Sending.search_count(mine), 1)
        self.env.cr.execute(
            "UPDATE aftersales_dispatch_sending SET create_date = %s",
            [fields.Datetime.now() - timedelta(days=91)],
        )
        Sending.invalidate_model()
        Sending._gc_old()
        self.assertFalse(Sending.search_count(mine))
