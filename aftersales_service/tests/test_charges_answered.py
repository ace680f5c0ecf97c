# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Nobody signs for work that costs something without an answer to what it costs."""

import base64
from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import drawn_signature
from .common_parts import PricedPartsCommon
from .common_web import photo
from .test_remote_service import RemoteCommon


@tagged("post_install", "-at_install")
class TestChargesAnswered(PricedPartsCommon, RemoteCommon):
    def served(self):
        """Return a finished visit that costs two hoses of 30."""
        self.put(self.hose_part, 5, self.van)
        visit = self.to_site(self.planned_visit(self.part(self.hose_part, 2)))
        visit.action_finish()
        self.assertEqual(visit.charge_total, 60)
        return visit

    def unanswered(self, words):
        return self.assertRaisesRegex(ValidationError, words)

    # === EACH WAY TO SIGN === #

    def test_dialog_and_telephone_page(self):
        visit = self.served()
        with self.unanswered("Ask the customer"):
            self.sign(visit, charges_answer=False)
        self.assertEqual(visit.state, "to_sign")
        values = {
            "shown_hash": visit.visit_preview()["hash"],
            "outcome": "remarks",
            "customer_comments": "Late",
            "signer_name": "Mia Mill",
            "signature": drawn_signature("Mia").decode(),
            "technician_name": "Tara Technician",
            "technician_signature": drawn_signature("Tara").decode(),
        }
        with self.unanswered("Ask the customer"):
            visit.visit_sign("0123456789-a", values)
        self.assertFalse(visit.form_ids)
        values["charges_answer"] = "accepted"
        visit.visit_sign("0123456789-b", values)
        self.assertEqual((visit.state, visit.charges_accepted), ("done", "accepted"))

    def test_paper(self):
        visit = self.served()
        action = self.as_role("technician", visit).action_file_paper()
        Sign = self.as_role("technician", "aftersales.service.sign")
        signed_at = visit.finished_at + timedelta(seconds=1)
        values = {
            "scan": base64.b64encode(photo("PNG")),
            "scan_name": "scan.png",
            "signer_name": "Mia Mill",
            "paper_signed_at": signed_at,
        }
        Sign = Sign.with_context(**action["context"])
        with self.at(signed_at + timedelta(hours=1)):
            with self.unanswered("this paper costs .*60.* what is ticked"):
                Sign.create(values).action_sign()
            refused = {**values, "outcome": "refused", "outcome_reason": "Leaks"}
            Sign.create(refused).action_sign()
        self.assertEqual((visit.state, visit.charges_accepted), ("done", False))

    def test_whoever_calls_it(self):
        """What a new way to sign forgets is refused where all of them meet."""
        visit = self.served()
        values = {"technician_name": "Tara Technician", "signer_name": "Mia Mill"}
        Form = self.as_role("technician", "aftersales.service.form")
        for outcome in ("accepted", "remarks"):
            with self.unanswered("costs .*60.*accepted or declined"):
                Form._sign(visit, {**values, "outcome": outcome})
        visit._answer_charges("accepted")
        form = Form._sign(visit, {**values, "outcome": "absent"})
        self.assertIsNone(form._get_content()["charges"]["accepted"], "nobody answered")

    # === THE LINK === #

    def test_reason_for_declining_by_link(self):
        visit = self.served()
        seller = self.users["manager"]
        visit.sudo().order_id.user_id = seller
        path = self.send(visit)
        answer = self.fill(path, {"name": "Mia", "charges": ""}, button="accept")
        self.assertIn("Please choose one", answer.text)
        answer = self.fill(
            path,
            {"name": "Mia", "charges": "declined", "charges_reason": "x" * 1001},
            button="accept",
        )
        self.assertIn("1000 characters at most", answer.text)
        self.assertEqual(visit.state, "to_sign")
        reason = "Not <b>agreed</b>\nbefore"
        self.fill(
            path,
            {"name": "Mia", "charges": "declined", "charges_reason": reason},
            button="accept",
        )
        self.assertEqual((visit.state, visit.charges_accepted), ("done", "declined"))
        self.assertEqual(visit.charges_reason, reason)
        activity = visit.sudo().order_id.activity_ids
        self.assertEqual(activity.user_id, seller)
        self.assertIn("Not &lt;b&gt;agreed", activity.note, "as it was typed")

    def test_reason_is_optional_and_only_for_a_no(self):
        visit = self.served()
        path = self.send(visit)
        values = {"name": "Mia", "charges": "accepted", "charges_reason": "Before"}
        self.fill(path, values, button="accept")
        self.assertEqual(
            (visit.charges_accepted, visit.charges_reason), ("accepted", False)
        )
        visit.action_correct()
        visit.line_ids.quantity = 1
        self.fill(
            self.send(visit), {"name": "Mia", "charges": "declined"}, button="accept"
        )
        self.assertEqual(
            (visit.charges_accepted, visit.charges_reason), ("declined", False)
        )
