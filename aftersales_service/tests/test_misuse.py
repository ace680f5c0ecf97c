# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Improper use: evidence, a second person, the customer; then and only then charged."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .common import GROUP
from .common_coverage import CoverageCommon

STEP_VALUES = {
    "misuse_state": "determined",
    "misuse_proposed_by": 1,
    "misuse_approved_by": 1,
    "misuse_approved_at": "2026-01-01 00:00:00",
    "misuse_channel": "call",
    "misuse_customer_name": "Somebody",
    "misuse_acknowledged_at": "2026-01-01 00:00:00",
}


@tagged("post_install", "-at_install")
class TestMisuse(CoverageCommon):
    def setUp(self):
        super().setUp()
        self.equipment = self.make_equipment(delivery_date="2025-05-15")
        self.warranty = self.grant(self.equipment, self.make_term())
        with self.at(0):  # 2 March 2026
            self.ticket = self.create_ticket(equipment_id=self.equipment.id)
        self.finding = self.make_finding(self.equipment, self.ticket)

    def payers(self):
        return self.finding.coverage_id.line_ids.mapped("payer")

    def assert_not_charged(self):
        self.assertEqual(self.payers(), ["warranty", "warranty", "customer"])
        coverage = self.finding.coverage_id
        self.assertTrue(coverage.is_provisional)
        self.assertIn("suspected but not determined", coverage.warning)

    # === THE WAY === #

    def test_the_whole_way(self):
        with self.at(1):
            self.propose(self.finding)
        self.assertEqual(self.finding.misuse_state, "proposed")
        self.assertEqual(self.finding.misuse_proposed_by, self.users["technician"])
        self.assert_not_charged()
        with self.at(2):
            self.approve(self.finding)
        self.assertEqual(self.finding.misuse_approved_by, self.users["quality"])
        self.assert_not_charged()
        with self.at(3):
            self.acknowledge(self.finding)
        self.assertEqual(self.finding.misuse_state, "determined")
        self.assertEqual(self.payers(), ["customer"] * 3)
        coverage = self.finding.coverage_id
        self.assertFalse(coverage.is_provisional or coverage.warning)
        self.assertEqual(
            coverage.line_ids[0].rejected,
            f"{self.warranty.name}: Improper use is excluded",
        )
        self.assertEqual(self.finding.misuse_acknowledged_by, self.users["support"])
        notes = " ".join(self.ticket.message_ids.mapped("body"))
        for text in (
            "Improper use proposed",
            "Improper use approved",
            "acknowledged by Mia Mill (Telephone Call)",
            "Parts, labour, and travel charged",
        ):
            self.assertIn(text, notes)

    def test_merely_said(self):
        self.set_cause(self.finding, "misuse")
        self.assertEqual(self.finding.misuse_state, "none")
        self.assert_not_charged()

    def test_term_that_covers_improper_use(self):
        self.warranty._void("Replaced")
        self.grant(self.equipment, self.make_term(covers_misuse=True))
        self.propose(self.finding)
        self.approve(self.finding)
        self.acknowledge(self.finding)
        self.assertEqual(self.payers(), ["warranty", "warranty", "customer"])
        self.assertFalse(self.finding.coverage_id.is_provisional)

    # === PROPOSE === #

    def test_evidence_is_complete(self):
        worker = self.as_role("technician", self.finding)
        with self.assertRaisesRegex(UserError, "cause whose liability"):
            worker.action_propose_misuse()
        self.set_cause(self.finding, "misuse")
        with self.assertRaisesRegex(
            ValidationError, "Misuse Evidence, Found by, Found On, at least one photo"
        ):
            worker.action_propose_misuse()
        text = self.as_role("technician", "ir.attachment").create(
            {
                "name": "notes.txt",
                "raw": b"broken",
                "res_model": worker._name,
                "res_id": worker.id,
            }
        )
        worker.write(
            {
                "misuse_evidence": "Seal broken",
                "misuse_photo_ids": [Command.link(text.id)],
                "misuse_technician_id": self.technician.id,
                "misuse_date": fields.Date.today() + timedelta(days=2),
            }
        )
        with self.assertRaisesRegex(ValidationError, "Missing: at least one photo"):
            worker.action_propose_misuse()
        worker.misuse_photo_ids = [Command.link(self.make_photo(worker).id)]
        with self.assertRaisesRegex(ValidationError, "in the future"):
            worker.action_propose_misuse()
        worker.misuse_date = "2026-03-02"
        worker.action_propose_misuse()
        with self.assertRaisesRegex(UserError, "in the state To Approve"):
            worker.action_propose_misuse()

    def test_who_proposes(self):
        for role in ("intake", "quality", "finance"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_role(role, self.finding).action_propose_misuse()

    def test_photos_of_an_unsaved_finding_become_its_own(self):
        photo = self.as_role("technician", "ir.attachment").create(
            {"name": "p.png", "raw": self.photo_bytes, "res_model": self.finding._name}
        )
        finding = self.make_finding(
            self.equipment, self.ticket, misuse_photo_ids=[Command.link(photo.id)]
        )
        self.assertEqual(photo.res_id, finding.id)
        self.as_role("quality", finding).misuse_photo_ids.mapped("name")

    # === APPROVE === #

    def test_who_approves(self):
        self.propose(self.finding)
        for role in ("intake", "technician", "dispatcher", "finance"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.approve(self.finding, role)
        self.assertTrue(self.as_role("quality", self.finding).misuse_can_approve)
        self.assertFalse(self.as_role("dispatcher", self.finding).misuse_can_approve)
        self.approve(self.finding, "manager")
        with self.assertRaisesRegex(UserError, "To Be Acknowledged"):
            self.approve(self.finding)

    def test_approved_by_a_second_person(self):
        self.propose(self.finding)
        both = new_test_user(
            self.env,
            "both",
            groups=f"base.group_user,{GROUP % 'support'},{GROUP % 'technician'}",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.finding.sudo().misuse_proposed_by = both
        with self.assertRaisesRegex(UserError, "Somebody else approves"):
            self.finding.with_user(both).action_approve_misuse()
        self.assertFalse(self.finding.with_user(both).misuse_can_approve)
        # The technician who found it, proposed by a colleague
        self.finding.sudo().misuse_proposed_by = self.users["dispatcher"]
        self.technician.user_id = both
        with self.assertRaisesRegex(UserError, "Somebody else approves"):
            self.finding.with_user(both).action_approve_misuse()
        self.approve(self.finding, "support")

    def test_approval_sees_the_evidence(self):
        self.propose(self.finding)
        self.as_role("technician", self.finding).misuse_evidence = " "
        with self.assertRaisesRegex(ValidationError, "Misuse Evidence"):
            self.approve(self.finding)
        self.assertEqual(self.finding.misuse_state, "proposed")

    # === CHANGED AFTERWARDS === #

    def test_changes_after_the_approval_start_anew(self):
        worker = self.as_role("technician", self.finding)
        changes = (
            {"misuse_evidence": "Something else"},
            {"misuse_photo_ids": [Command.clear()]},
            {"misuse_date": "2026-03-01"},
            {"misuse_technician_id": self.colleague.id},
            {"cause_id": self.causes["wear"].id},
            {"liability": "unknown"},
            {"equipment_id": self.make_equipment().id},
        )
        for vals in changes:
            with self.subTest(vals=vals):
                worker.equipment_id = self.equipment
                self.propose(self.finding)
                self.approve(self.finding)
                self.acknowledge(self.finding)
                worker.write(vals)
                self.assertEqual(self.finding.misuse_state, "none")
                self.assertFalse(self.finding.misuse_approved_by)
                self.assertFalse(self.finding.misuse_channel)
                self.assertIn("no longer stands", self.notes())

    def notes(self):
        return " ".join(self.ticket.message_ids.mapped("body"))

    def test_same_values_change_nothing(self):
        self.propose(self.finding)
        self.approve(self.finding)
        worker = self.as_role("technician", self.finding)
        worker.write(
            {"misuse_evidence": worker.misuse_evidence, "cause_id": worker.cause_id.id}
        )
        self.assertEqual(self.finding.misuse_state, "approved")

    def test_better_evidence_before_the_approval(self):
        self.propose(self.finding)
        worker = self.as_role("technician", self.finding)
        worker.misuse_evidence = "Seal broken, and a witness"
        self.assertEqual(self.finding.misuse_state, "proposed")
        worker.cause_id = self.causes["design"]
        self.assertEqual(self.finding.misuse_state, "none")
        self.assertEqual(self.payers(), ["warranty", "warranty", "customer"])
        self.assertFalse(self.finding.coverage_id.is_provisional)

    def test_approved_photos_stay(self):
        self.propose(self.finding)
        photo = self.finding.misuse_photo_ids
        photo.with_user(self.users["technician"]).name = "seal.png"
        self.approve(self.finding)
        with self.assertRaisesRegex(UserError, "Photos of improper use"):
            photo.with_user(self.users["technician"]).raw = b"other"
        with self.assertRaisesRegex(UserError, "Photos of improper use"):
            photo.with_user(self.users["technician"]).unlink()

    def test_nobody_writes_the_steps(self):
        self.propose(self.finding)
        for role in ("technician", "support", "quality", "manager"):
            for name, value in STEP_VALUES.items():
                with self.subTest(role=role, name=name), self.assertRaises(AccessError):
                    self.as_role(role, self.finding).write({name: value})
        Finding = self.as_role("technician", "aftersales.finding").with_context(
            default_misuse_state="determined", default_misuse_channel="call"
        )
        finding = Finding.create({"ticket_id": self.ticket.id})
        self.assertEqual(finding.misuse_state, "none")
        self.assertFalse(finding.misuse_channel)
        self.assertEqual(self.finding.copy().misuse_state, "none")

    # === THE CUSTOMER === #

    def test_explained_after_the_approval_only(self):
        self.propose(self.finding)
        for purpose in ("explain", "acknowledge"):
            notice = self.notice(
                self.finding, purpose, customer_name="Mia", note="Yes", channel="call"
            )
            with self.subTest(purpose=purpose), self.assertRaises(UserError):
                getattr(notice, f"action_{purpose}")()
        with self.assertRaises(AccessError):
            self.notice(self.finding, "explain", role="finance")

    def test_explanation_and_reply_by_mail(self):
        self.propose(self.finding)
        self.approve(self.finding)
        early = self.reply("It was like that")
        notice = self.notice(self.finding, "explain")
        self.assertIn("Seal broken", notice.body)
        self.assertIn("March 2, 2026", notice.body)
        with self.mock_mail_gateway():
            notice.action_explain()
        message = self.finding.misuse_notice_id
        self.assertEqual(message.author_id, self.users["support"].partner_id)
        self.assertIn(self.contact, message.partner_ids)
        self.assertEqual(message.attachment_ids, self.finding.misuse_photo_ids)
        own = self.ticket.with_user(self.users["support"]).message_post(
            body="Please answer", subtype_xmlid="mail.mt_comment"
        )
        answer = self.reply("We accept it")
        dialog = self.notice(self.finding, "acknowledge", channel="mail")
        self.assertEqual((dialog.reply_ids, dialog.message_id), (answer, answer))
        self.assertEqual(dialog.customer_name, self.contact.name)
        self.assertIn("We accept it", dialog.reply_body)
        for wrong in (early, own, answer.browse()):
            dialog.message_id = wrong
            with self.assertRaisesRegex(ValidationError, "came after the explanation"):
                dialog.action_acknowledge()
        self.acknowledge(
            self.finding, channel="mail", message_id=answer.id, customer_name="Mia"
        )
        self.assertEqual(self.finding.misuse_message_id, answer)
        self.assertEqual(self.payers(), ["customer"] * 3)

    def reply(self, body):
        return self.ticket.sudo().message_post(
            body=body,
            author_id=self.contact.id,
            message_type="email",
            subtype_xmlid="mail.mt_comment",
        )

    def test_call(self):
        with self.at(1):
            self.propose(self.finding)
            self.approve(self.finding)
        for message, values in (
            ("what was said", {"note": " "}),
            ("what was said", {"acknowledged_at": False}),
            (
                "before it is made",
                {"acknowledged_at": fields.Datetime.now() + timedelta(1)},
            ),
            ("earlier than the finding", {"acknowledged_at": self.NOW}),
            ("who has accepted", {"customer_name": " "}),
            ("how the customer", {"channel": False}),
        ):
            with (
                self.subTest(message),
                self.assertRaisesRegex(ValidationError, message),
            ):
                self.acknowledge(self.finding, **values)
        at = self.NOW + timedelta(hours=5)
        self.acknowledge(self.finding, acknowledged_at=at)
        self.assertEqual(self.finding.misuse_acknowledged_at, at)
        self.assertEqual(self.finding.misuse_customer_note, "Accepts it")

    def test_signed_form(self):
        with self.at(1):
            visit = self.plan_visit(self.ticket)
            self.propose(self.finding)
        with self.at(25):
            form = self.sign(self.work_visit(visit))
        with self.at(1):
            other = self.create_ticket()
            foreign = self.sign(self.work_visit(self.plan_visit(other)))
        self.approve(self.finding)
        with self.assertRaisesRegex(ValidationError, "service form of this ticket"):
            self.acknowledge(self.finding, channel="signed", form_id=foreign.id)
        self.acknowledge(self.finding, channel="signed", form_id=form.id)
        self.assertEqual(self.finding.misuse_form_id, form)
        self.assertEqual(self.finding.misuse_acknowledged_at, form.signed_at)

    def test_form_signed_before_the_finding_or_refused(self):
        with self.at(1):
            visit = self.plan_visit(self.ticket)
            early = self.sign(self.work_visit(visit, result="revisit"))
        with self.at(2):
            self.propose(self.finding)
            refused = self.sign(
                self.work_visit(self.plan_visit(self.ticket)),
                outcome="refused",
                outcome_reason="Not his fault, he says",
            )
        self.approve(self.finding)
        for form in (early, refused):
            with self.assertRaisesRegex(ValidationError, "signed after the finding"):
                self.acknowledge(self.finding, channel="signed", form_id=form.id)

    def test_customer_without_address(self):
        self.propose(self.finding)
        self.approve(self.finding)
        self.ticket.sudo().write({"email_from": False})
        self.contact.email = False
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            self.notice(self.finding, "explain").action_explain()

    # === WITHDRAW === #

    def test_withdraw(self):
        with self.assertRaisesRegex(UserError, "not proposed"):
            self.notice(self.finding, "withdraw", reason="x").action_withdraw()
        self.propose(self.finding)
        with self.assertRaisesRegex(ValidationError, "Say why"):
            self.notice(self.finding, "withdraw", "technician").action_withdraw()
        self.notice(
            self.finding, "withdraw", "technician", reason="Wrong photo"
        ).action_withdraw()
        self.assertEqual(self.finding.misuse_state, "none")
        self.assertIn("Wrong photo", self.notes())
        self.propose(self.finding)
        self.approve(self.finding)
        self.acknowledge(self.finding)
        withdrawal = self.notice(self.finding, "withdraw", "technician", reason="x")
        with self.assertRaises(AccessError):
            withdrawal.action_withdraw()
        self.notice(
            self.finding, "withdraw", "quality", reason="Laboratory: material"
        ).action_withdraw()
        self.assert_not_charged()

    def test_forms_of_the_roles(self):
        """Each role opens the finding and the dialogs, and one step is offered."""
        for role in ("intake", "technician", "support", "quality", "manager"):
            with Form(self.as_role(role, self.finding)) as form:
                form.note = role
        self.propose(self.finding)
        self.approve(self.finding)
        Notice = self.as_role("intake", "aftersales.misuse.notice").with_context(
            default_finding_id=self.finding.id, default_purpose="acknowledge"
        )
        form = Form(Notice)
        form.customer_name = "Mia Mill"
        form.note = "Accepts it"
        form.save().action_acknowledge()
        self.assertEqual(self.finding.misuse_state, "determined")

    def test_dialogs_open(self):
        for name in ("explain", "acknowledge", "withdraw"):
            action = getattr(
                self.as_role("support", self.finding), f"action_{name}_misuse"
            )()
            self.assertEqual(action["context"]["default_purpose"], name)
            with self.assertRaises(AccessError):
                getattr(
                    self.as_role("finance", self.finding), f"action_{name}_misuse"
                )()
