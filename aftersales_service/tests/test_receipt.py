# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Each version of a service form makes a receipt, with a trace nobody changes."""

import base64
import importlib.util
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import file_path, mute_logger

from .common import drawn_signature
from .common_receipt import ReceiptCommon
from .common_web import photo


@tagged("post_install", "-at_install")
class TestReceipt(ReceiptCommon):
    # === MADE AT SIGNING === #

    def test_signing_makes_a_receipt(self):
        receipt = self.signed()
        form = receipt.form_id
        self.assertEqual(receipt.name, f"{form.name}-v1")
        self.assertEqual(receipt.state, "issued")
        self.assertEqual(receipt.partner_id, form.partner_id)
        self.assertEqual(receipt.signed_at, form.signed_at)
        self.assertEqual(receipt.user_id, self.users["technician"])
        self.assertEqual(receipt.holder_ids, self.users["technician"])
        self.assertEqual(self.steps(receipt), [("issued", self.users["technician"])])
        self.assertEqual(receipt.next_step, "Technician hands it over")

    def test_every_outcome_makes_one(self):
        for outcome in ("remarks", "refused", "absent"):
            with self.subTest(outcome=outcome):
                receipt = self.signed(
                    outcome=outcome,
                    outcome_reason="Nobody opened",
                    customer_comments="Too late",
                )
                self.assertEqual(receipt.outcome, outcome)
                self.assertEqual(receipt.state, "issued")

    def test_no_signature_no_receipt(self):
        """Both come in one transaction: what fails behind it leaves neither."""
        before = self.env["aftersales.receipt"].search_count([])
        with self.at(0):
            visit = self.plan_visit(self.create_ticket())
        self.work_visit(visit)

        def fail(*args, **kwargs):
            raise ValueError("broken")

        self.patch(self.registry["aftersales.ticket"], "_accept", fail)
        with self.assertRaisesRegex(ValueError, "broken"), self.cr.savepoint():
            self.sign(visit)
        self.env.invalidate_all()
        self.assertFalse(visit.form_ids)
        self.assertEqual(self.env["aftersales.receipt"].search_count([]), before)

    def test_technician_without_a_login(self):
        """Who recorded the form has the paper then."""
        with self.at(0):
            visit = self.plan_visit(self.create_ticket())
            visit.technician_ids = [Command.set(self.colleague.ids)]
        dispatcher = self.users["dispatcher"]
        worked = visit.with_user(dispatcher)
        with self.at(2):
            worked.action_depart()
            worked.action_arrive()
            worked.job_ids.write({"work_done": "Hose replaced", "result": "solved"})
            worked.job_ids.answer_ids.write({"answer": "yes"})
            worked.action_finish()
            wizard = self.as_role("dispatcher", "aftersales.service.sign").create(
                {
                    "dispatch_id": visit.id,
                    "outcome": "absent",
                    "outcome_reason": "Gone home",
                    "technician_name": "Carl Colleague",
                    "technician_signature": drawn_signature("Carl"),
                }
            )
            wizard.action_sign()
        self.assertEqual(visit.receipt_ids.user_id, dispatcher)
        self.assertEqual(visit.receipt_ids.holder_ids, dispatcher)
        self.assertEqual(visit.receipt_ids.technician_name, "Carl Colleague")

    # === VERSIONS === #

    def test_a_new_version_replaces_the_older_receipt(self):
        first = self.signed()
        second = self.correct(first)
        self.assertEqual((first.state, second.state), ("replaced", "issued"))
        self.assertEqual(second.name, f"{first.form_id.name}-v2")
        self.assertIn(second.name, first.step_ids[-1].note)
        self.assertFalse(first.remind_at)
        visit = first.dispatch_id
        self.assertEqual(visit.receipt_state, "issued")
        self.assertEqual(visit.receipt_ids, first | second)

    def test_a_handed_or_received_one_is_replaced_as_well(self):
        handed, received = self.signed(), self.signed()
        batch = self.hand_over(handed | received)
        received.with_user(self.cashier).action_receive()
        self.correct(handed)
        self.correct(received)
        self.assertEqual((handed | received).mapped("state"), ["replaced"] * 2)
        # Nothing of the envelope is left to receive.
        self.assertEqual(batch.state, "received")

    def test_what_finance_has_filed_stays(self):
        receipt = self.signed()
        self.hand_over(receipt)
        receipt.with_user(self.cashier).action_receive()
        receipt.with_user(self.cashier).action_file()
        second = self.correct(receipt)
        self.assertEqual((receipt.state, second.state), ("filed", "issued"))
        self.assertEqual(receipt.step_ids[-1].state, "filed")
        self.assertIn(second.name, receipt.step_ids[-1].note)
        self.assertIn(second.name, receipt.message_ids[0].body)

    # === NOBODY WRITES IT === #

    def test_trace_is_append_only(self):
        receipt = self.signed()
        step = receipt.step_ids.sudo()
        for change in (
            lambda: step.write({"note": "Never"}),
            lambda: step.write({"user_id": self.cashier.id}),
            lambda: step.unlink(),
            lambda: receipt.sudo().unlink(),
        ):
            with self.assertRaises(UserError):
                change()

    def test_nobody_writes_a_receipt(self):
        receipt = self.signed()
        for role, user in self.users.items():
            with self.subTest(role=role):
                mine = receipt.with_user(user)
                for values in (
                    {"state": "received"},
                    {"money_state": "matched"},
                    {"holder_ids": [Command.link(user.id)]},
                    {"remind_at": False},
                ):
                    with self.assertRaises(AccessError):
                        mine.write(values)
                for model, values in (
                    ("aftersales.receipt", {"form_id": receipt.form_id.id}),
                    (
                        "aftersales.receipt.step",
                        {"receipt_id": receipt.id, "state": "received"},
                    ),
                    ("aftersales.receipt.batch", {"receipt_ids": receipt.ids}),
                    (
                        "aftersales.receipt.reminder",
                        {"receipt_id": receipt.id, "level": "leader"},
                    ),
                ):
                    with self.assertRaises(AccessError):
                        self.env[model].with_user(user).create(values)

    def test_guarded_even_with_the_right_to_write(self):
        """A customization that gives the right gives no way around the steps."""
        self.env["ir.model.access"].create(
            {
                "name": "all",
                "model_id": self.env["ir.model"]._get_id("aftersales.receipt"),
                "group_id": self.env.ref("base.group_user").id,
                "perm_read": True,
                "perm_write": True,
            }
        )
        receipt = self.signed().with_user(self.cashier)
        with self.assertRaises(AccessError):
            receipt.write({"state": "received"})

    def test_one_receipt_a_form(self):
        receipt = self.signed()
        form = receipt.form_id
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            form._make_receipt()
            self.env.flush_all()

    # === WHO SEES IT === #

    def test_companies_do_not_mix(self):
        receipt = self.signed()
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.make_user("as_stranger", "Stranger", "base.group_user")
        stranger.write(
            {
                "company_ids": [Command.set(elsewhere.ids)],
                "company_id": elsewhere.id,
                "group_ids": [Command.set(self.cashier.group_ids.ids)],
            }
        )
        for record in (receipt, receipt.step_ids, self.put_in(receipt)):
            self.assertTrue(record.with_user(self.cashier).has_access("read"))
            if record._name != "aftersales.receipt.batch":
                self.assertFalse(record.with_user(stranger).has_access("read"))
                continue
            self.assertFalse(record.with_user(stranger).has_access("read"))
        answer = self.env["aftersales.receipt.batch"].with_user(stranger)
        self.assertIn("error", answer.scan(receipt.name))

    def test_complaint_about_a_colleague_is_hidden(self):
        """The receipts of its visits lead to it as well."""
        with self.at(0):
            ticket = self.create_ticket()
        receipt = self.signed(ticket=ticket)
        self.hand_over(receipt)
        now = receipt.signed_at + timedelta(days=6)
        receipt.sudo()._remind(now)
        rows = [receipt, receipt.step_ids, receipt.sudo().reminder_ids]
        for row in rows:
            self.assertTrue(row)
            self.assertTrue(row.with_user(self.other_user).has_access("read"))
        ticket.sudo().write(
            {
                "ticket_type": "complaint",
                "complaint_about_ids": [Command.set(self.other.ids)],
            }
        )
        self.env.flush_all()
        self.env.invalidate_all()
        for row in rows:
            with self.subTest(model=row._name):
                Model = self.env[row._name].with_user(self.other_user)
                self.assertFalse(row.with_env(Model.env).has_access("read"))
                self.assertFalse(Model.search([("id", "in", row.ids)]))
                allowed = row.with_user(self.users["technician"])
                self.assertTrue(allowed.has_access("read"))

    # === PAGES === #

    def test_ticket_visit_and_form_tell(self):
        receipt = self.signed()
        ticket = receipt.dispatch_id.job_ids.ticket_id
        form = receipt.form_id.with_user(self.cashier)
        self.assertEqual(form.receipt_state, "issued")
        self.assertEqual(form.action_view_receipt()["res_id"], receipt.id)
        for page in (ticket, receipt.dispatch_id):
            page = page.with_user(self.users["intake"])
            self.assertEqual(page.receipt_state, "issued")
            self.assertEqual(page.action_view_receipts()["res_id"], receipt.id)
        self.assertEqual(ticket.receipt_count, 1)
        self.hand_over(receipt)
        self.assertEqual(ticket.receipt_state, "handed")
        self.correct(receipt)
        # Of the two the one that counts now.
        self.assertEqual((ticket.receipt_state, ticket.receipt_count), ("issued", 2))

    def test_finance_opens_the_page_without_service_rights(self):
        receipt = self.signed()
        self.hand_over(receipt)
        with Form(receipt.with_user(self.cashier)) as page:
            self.assertTrue(page.can_receive)
            self.assertFalse(page.can_hand_over)
        with Form(receipt.with_user(self.users["technician"])) as page:
            self.assertTrue(page.can_take_out)
            self.assertFalse(page.can_receive)

    def test_list_costs_the_same_for_many(self):
        """The page of a list asks as often for forty receipts as for four."""
        few = [self.signed() for _number in range(2)]
        visit = few[0].dispatch_id
        template = visit.form_ids.copy_data()[0]
        forms = self.env["aftersales.service.form"].sudo()
        for version in range(2, 40):
            forms |= forms.create(
                {
                    **template,
                    "version": version,
                    "signed_at": self.NOW + timedelta(minutes=version),
                }
            )
        for form in forms:
            form._make_receipt()
        Receipt = self.env["aftersales.receipt"].with_user(self.cashier)
        arch = self.env["ir.ui.view"].browse(
            self.env.ref("aftersales_service.aftersales_receipt_view_list").id
        )
        names = set(Receipt.get_view(arch.id, "list")["models"]["aftersales.receipt"])
        spec = {
            name: {"fields": {"display_name": {}}}
            if Receipt._fields[name].relational
            else {}
            for name in names
        }

        def count(limit):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            found = Receipt.web_search_read([], spec, limit=limit)
            self.assertEqual(len(found["records"]), limit)
            return self.cr.sql_log_count - before

        count(4)  # what is kept in memory is read once
        self.assertLessEqual(count(40), count(4))

    # === UPGRADE === #

    def test_forms_of_before_get_receipts(self):
        recent, old, replaced = self.signed(), self.signed(), self.signed()
        latest = self.correct(replaced)
        receipts = recent | old | replaced | latest
        forms = receipts.form_id
        old_form = old.form_id
        now = fields.Datetime.now()
        self.env.flush_all()
        for query, ids in (
            (
                "DELETE FROM aftersales_receipt_step WHERE receipt_id = ANY(%s)",
                receipts,
            ),
            ("DELETE FROM aftersales_receipt WHERE id = ANY(%s)", receipts),
        ):
            self.cr.execute(query, [ids.ids])
        self.cr.execute(
            "UPDATE aftersales_service_form SET signed_at = %s WHERE id = ANY(%s)",
            [now - timedelta(days=3), (forms - old_form).ids],
        )
        self.cr.execute(
            "UPDATE aftersales_service_form SET signed_at = %s WHERE id = %s",
            [now - timedelta(days=90), old_form.id],
        )
        self.env.invalidate_all()
        path = file_path("aftersales_service/migrations/19.0.6.0.0/post-receipts.py")
        spec = importlib.util.spec_from_file_location("post_receipts", path)
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        script.migrate(self.cr, "19.0.5.0.0")
        script.migrate(self.cr, "19.0.5.0.0")  # and nothing twice
        states = {form: form.receipt_ids.state for form in forms}
        self.assertEqual(
            list(states.values()), ["issued", "filed", "replaced", "issued"]
        )
        for form in forms:
            receipt = form.receipt_ids
            self.assertEqual(len(receipt), 1)
            self.assertEqual(receipt.name, f"{form.name}-v{form.version}")
            self.assertEqual(receipt.holder_ids, self.users["technician"])
            self.assertEqual(receipt.user_id, self.users["technician"])
            self.assertEqual(receipt.partner_id, form.partner_id)
            self.assertEqual(receipt.step_ids[0].at, form.signed_at)
            self.assertEqual(bool(receipt.remind_at), receipt.state == "issued")
        filed = old_form.receipt_ids.step_ids
        self.assertEqual(filed.mapped("state"), ["issued", "filed"])
        self.assertEqual(filed[-1].note, "Signed before receipts were kept")
        # They go on like any other.
        batch = self.hand_over(forms[0].receipt_ids)
        self.assertEqual(batch.state, "handed")


@tagged("post_install", "-at_install")
class TestReceiptFiles(ReceiptCommon, HttpCase):
    def attach(self, receipt, login):
        self.authenticate(login, login)
        return self.url_open(
            "/mail/attachment/upload",
            data={
                "csrf_token": self.csrf_token(),
                "thread_id": receipt.id,
                "thread_model": receipt._name,
            },
            files={"ufile": ("cheque.png", photo("PNG"), "image/png")},
        )

    def csrf_token(self):
        page = self.url_open("/odoo").text
        return page.split('csrf_token: "')[1].split('"')[0]

    def test_scans_are_attached_by_whoever_has_the_paper(self):
        receipt = self.signed()
        for login in ("as_technician", "as_finance"):
            self.assertEqual(self.attach(receipt, login).status_code, 200)
        files = receipt._get_mail_thread_data_attachments()
        self.assertEqual(files.mapped("name"), ["cheque.png"] * 2)
        # Customers and colleagues of other departments have no business here.
        self.make_user("as_nobody", "Nobody", "base.group_user")
        self.assertEqual(self.attach(receipt, "as_nobody").status_code, 404)

    def test_files_are_kept_once_filed(self):
        receipt = self.signed()
        self.attach(receipt, "as_technician")
        files = receipt._get_mail_thread_data_attachments()
        self.hand_over(receipt)
        receipt.with_user(self.cashier).action_receive()
        receipt.with_user(self.cashier).action_file()
        for change in (files.unlink, lambda: files.write({"raw": b"other"})):
            with self.assertRaises(UserError):
                change()
        # Something may still be added.
        self.assertEqual(self.attach(receipt, "as_finance").status_code, 200)

    def test_scan_of_a_paper_form_stands_beside(self):
        """It is the form's own file, shown to finance, and first."""
        with self.at(0):
            visit = self.plan_visit(self.create_ticket())
        action = self.as_role("technician", visit).action_file_paper()
        Sign = self.as_role("technician", "aftersales.service.sign")
        with self.at(8):
            wizard = Sign.with_context(**action["context"]).create(
                {
                    "scan": base64.b64encode(photo("PNG")),
                    "scan_name": "scan.png",
                    "signer_name": "Mia Mill",
                    "departed_at": self.NOW + timedelta(hours=1),
                    "arrived_at": self.NOW + timedelta(hours=2),
                    "finished_at": self.NOW + timedelta(hours=4),
                    "paper_signed_at": self.NOW + timedelta(hours=5),
                    "technician_name": "Tara Technician",
                }
            )
            wizard.paper_job_ids.write({"work_done": "By hand", "result": "solved"})
            form = self.env["aftersales.service.form"].browse(
                wizard.action_sign()["res_id"]
            )
        receipt = form.receipt_ids.with_user(self.cashier)
        files = receipt._get_mail_thread_data_attachments()
        scan = files.filtered(lambda file: file.res_field == "scan")
        self.assertEqual(scan.res_model, form._name)
        self.assertEqual(receipt.message_main_attachment_id, scan)
        self.authenticate("as_finance", "as_finance")
        response = self.url_open(f"/web/content/{scan.id}")
        self.assertEqual(response.content, photo("PNG"))
