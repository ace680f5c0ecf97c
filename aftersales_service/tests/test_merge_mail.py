# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Several reports become one ticket: where later mails go."""

from odoo.tests import tagged

from .common_merge import MergeCase


@tagged("post_install", "-at_install")
class TestMergeMail(MergeCase):
    def test_later_mail_lands_in_the_one_that_stays(self):
        second = self.receive(msg_id="<a@mill.example.com>")
        self.merge(second, self.first)
        answer = self.receive(
            msg_id="<b@mill.example.com>",
            subject="Re: Press runs on",
            extra="In-Reply-To: <a@mill.example.com>",
        )
        self.assertFalse(answer, "no new ticket")
        last = self.first.message_ids.filtered(lambda m: m.message_type == "email")
        self.assertEqual(last[0].message_id, "<b@mill.example.com>")

    def test_answer_to_what_was_written_after_the_merge(self):
        third = self.create_ticket(name="Still leaks")
        self.merge(self.second, self.first)
        self.merge(self.first, third)
        written = self.as_role("support", self.second).message_post(
            body="Written on the cancelled one", subtype_xmlid="mail.mt_comment"
        )
        self.assertEqual(written.res_id, self.second.id)
        before = self.second.message_ids
        self.receive(
            msg_id="<c@mill.example.com>",
            subject="Re: Oil",
            extra=f"In-Reply-To: {written.message_id}",
        )
        self.assertEqual(self.second.message_ids, before)
        self.assertIn("<c@mill.example.com>", third.message_ids.mapped("message_id"))

    def test_mail_to_the_ticket_itself(self):
        self.merge(self.second, self.first)
        with self.mock_mail_gateway():
            self.env["mail.thread"].message_process(
                "aftersales.ticket",
                "From: mia@mill.example.com\nTo: nobody@example.com\n"
                "Message-ID: <direct@x>\nSubject: Direct\n\nHelp",
                thread_id=self.second.id,
            )
        self.assertIn("<direct@x>", self.first.message_ids.mapped("message_id"))

    def test_duplicate_keeps_its_own_mails(self):
        """Only a merged ticket passes on what it gets."""
        second = self.receive(msg_id="<d@mill.example.com>")
        self.as_role("dispatcher", second)._cancel("duplicate", self.first)
        self.receive(
            msg_id="<e@x>",
            subject="Re: Press runs on",
            extra="In-Reply-To: <d@mill.example.com>",
        )
        self.assertIn("<e@x>", second.message_ids.mapped("message_id"))

    def test_cycle_ends(self):
        """Nobody can make one; a broken import must not hang the gateway."""
        third = self.create_ticket()
        ring = self.first | self.second | third
        for ticket, following in zip(ring, ring[1:] + ring[:1], strict=True):
            ticket.sudo().write(
                {"cancel_reason": "merged", "original_id": following.id}
            )
        self.assertIn(self.first._merged_end(), ring)
        self.first.sudo().original_id = self.first
        self.assertEqual(self.first._merged_end(), self.first)

    def test_mail_to_a_deleted_ticket_makes_a_new_one(self):
        second = self.receive(msg_id="<f@x>")
        gone = second.id
        self.assertEqual(second._follow_merged(gone), gone)
        second.unlink()
        self.assertEqual(self.first._follow_merged(gone), gone)
