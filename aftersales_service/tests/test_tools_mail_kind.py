# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import email
import email.policy

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.aftersales_service.tools import mail_kind

EXAMPLES = settings(deadline=None, database=None, derandomize=True, max_examples=300)


def head(*lines):
    return mail_kind.read_headers("\r\n".join(lines).encode() + b"\r\n\r\n")


@tagged("post_install", "-at_install")
class TestMailKind(BaseCase):
    def test_kinds(self):
        for kind, lines in (
            (None, ["From: a@b.c", "Subject: Automatic reply"]),
            (None, ["Auto-Submitted: no", "X-Auto-Response-Suppress: All"]),
            (None, ["Auto-Submitted: auto-generated", "Precedence: bulk"]),
            ("auto_reply", ["Auto-Submitted: Auto-Replied; x=y"]),
            ("auto_reply", ["X-Auto-Response-Suppress: All", "Subject: 自动回复: x"]),
            ("list", ["List-Id: x"]),
            ("list", ["Precedence: List"]),
            ("list", ["Precedence: bulk", "List-Post: <mailto:x@y.example.com>"]),
            ("bulk", ["Precedence: bulk", "List-Id: x"]),
            ("bulk", ["Precedence: junk", "List-Post: <mailto:x@y.example.com>"]),
            ("bulk", ["List-Id: x", "List-Post: NO (announcements)"]),
            ("bulk", ["List-Unsubscribe-Post: List-Unsubscribe=One-Click"]),
            (None, ["List-Unsubscribe: <mailto:x@y.example.com>"]),
            ("bounce", ["Return-Path: < >"]),
            ("bounce", ["From: <postmaster@x.example.com>"]),
            ("calendar", ["Content-Type: text/calendar"]),
        ):
            self.assertEqual(mail_kind.automatic_kind(head(*lines)), kind, lines)
        self.assertTrue(mail_kind.is_automatic(head("Auto-Submitted: auto-generated")))
        self.assertFalse(mail_kind.is_automatic(head("List-Id: x"), lists=False))

    def test_likeness(self):
        likeness = mail_kind.likeness
        again = likeness("Re: AW: Away, ST/2026/00001", "Back on 2026-03-04\n> Hello")
        self.assertEqual(
            likeness("Away, ST/2026/00002", "<p>Back on 2027-01-02</p>"), again
        )
        self.assertNotEqual(
            likeness("Away", "Machine 2"), likeness("Away", "Machine 3")
        )
        self.assertEqual(
            likeness("Away", "Case 2", ticket_id=7),
            likeness("Case 3: Away", "Case 3", ticket_id=7),
        )
        self.assertNotEqual(
            likeness("Call", " ", ticket_id=7), likeness("Come", "", ticket_id=7)
        )
        self.assertNotEqual(
            likeness("Away", "Case 2", ticket_id=7),
            likeness("Away", "Case 2", ticket_id=8),
        )
        keys = {
            likeness("Form", "See", files)
            for files in ((), (b"",), (b"1",), (b"2",), ("2", b""), ("half \ud800",))
        }
        self.assertEqual(len(keys), 6)
        self.assertEqual(likeness("x", "y", ("2",)), likeness("x", "y", (b"2",)))

    def test_whose_list(self):
        domains = {"maker.example.com"}
        for expected, line in (
            (True, "List-Id: Service <service.maker.example.com>"),
            (True, "List-Id: <maker.example.com>"),
            (True, "List-Id: service.maker.example.com"),
            (True, "List-Post: <mailto:service@MAKER.example.com>"),
            (False, "List-Id: Service <service.notmaker.example.com>"),
            (False, "List-Id: maker.example.com <news.mill.example.com>"),
            (False, "List-Id: <maker.example.com.mill.example.org>"),
            (False, "List-Id:"),
            (False, "List-Post: NO"),
        ):
            found = mail_kind.is_list_of(head(line), domains)
            self.assertEqual(found, expected, line)

    @EXAMPLES
    @given(st.binary(max_size=80), st.sampled_from(["List-Id", "List-Post"]))
    def test_any_list(self, value, name):
        raw = name.encode() + b": " + value + b"\r\n\r\n"
        message = mail_kind.read_headers(raw)
        self.assertIn(mail_kind.is_list_of(message, {"a.b"}), (True, False))
        mail_kind.automatic_kind(message)

    def test_identity(self):
        raw = b"From: a@b.c\r\n\r\nx"
        made = mail_kind.message_id(raw, mail_kind.read_headers(raw))
        self.assertEqual(made, mail_kind.message_id(raw, mail_kind.read_headers(raw)))
        self.assertNotEqual(made, mail_kind.message_id(raw + b"y", head("From: a")))

    @EXAMPLES
    @given(st.text())
    def test_clean(self, text):
        cleaned = mail_kind.clean(text)
        self.assertNotIn("\x00", cleaned)
        cleaned.encode()
        self.assertEqual(mail_kind.clean(cleaned), cleaned)
        if "\x00" not in text and not any(0xD800 <= ord(c) <= 0xDFFF for c in text):
            self.assertEqual(cleaned, text)

    @EXAMPLES
    @given(
        st.lists(st.binary(max_size=60), max_size=8),
        st.binary(max_size=200),
    )
    def test_rescue(self, lines, body):
        """Whatever comes, what is made of it can be read and holds the original."""
        raw = b"\r\n".join(
            [b"To: team@maker.example.com", b"From: a@b.example.com", *lines, b"", body]
        )
        message = email.message_from_bytes(
            mail_kind.rescue(raw), policy=email.policy.SMTP
        )
        text, original = message.iter_parts()
        self.assertIsInstance(text.get_content(), str)
        self.assertEqual(original.get_content(), raw)
        self.assertIn("team@maker.example.com", message["To"])
        self.assertEqual(
            mail_kind.addresses(mail_kind.read_headers(raw))[0],
            "team@maker.example.com",
        )
