# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Mails as broken servers send them: each becomes something, none an error."""

import base64
import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from odoo.addons.aftersales_service.models import aftersales_mail_received

from .gateway_common import GatewayCommon

SEED = 20260302
#: Enough for each piece to be in one of the mails: the test checks that.
NUMBER = 250

#: Headers of which each mail has some, `%s` is the address of the team.
SENDERS = (
    b"From: Mia Mill <mia@mill.example.com>",
    b"From: nobody@unknown.example.org",
    b"From: =?utf-8?q?M=C3=BCller?= <m@unknown.example.org>",
    b"From: =?no-such-charset?q?M=C3=BCller?= <m@unknown.example.org>",
    b"From: \xff\xfe broken <b@unknown.example.org>",
    b"From: <>",
    b"From:",
    b"From: no address at all",
    b"From: a@b@c, d@unknown.example.org;;",
    b'From: "unclosed <x@unknown.example.org>',
    b"From: %s",
    b"From: MAILER-DAEMON@mill.example.com",
    b"X-Nobody: here",
    b"From: x\x00y@unknown.example.org",
    b"From: x@unknown.example.org\r\nFrom: y@unknown.example.org",
    b"From: " + b"n" * 5000 + b"@unknown.example.org",
)
SUBJECTS = (
    b"Subject: Press stands still",
    b"Subject:",
    b"X-Subject: none",
    b"Subject: =?utf-8?b?5rOo5oSP?= =?utf-8?b?broken",
    b"Subject: =?martian?b?AAAA?=",
    b"Subject: \x00\x01\x02 null",
    b"Subject: \xe6\xb3\xa8\xe6\x84\x8f raw utf-8",
    b"Subject: \xb0\xa1\xb0\xa2 raw gb2312",
    b"Subject: =?utf-8?q?half_=ED=A0=80_character?=",
    b"Subject: " + b"long " * 4000,
    b"Subject: Re: ST/2026/99999 unknown reference",
    b"Subject: =?utf-8?q?line=0D=0ABcc:_x@y.example.com?=",
    b"Subject: Out of office",
)
EXTRAS = (
    b"Auto-Submitted: auto-replied",
    b"Auto-Submitted: auto-generated",
    b"Auto-Submitted: ;;;",
    b"Precedence: bulk",
    b"List-Id: <x.example.com>",
    b"Return-Path: <>",
    b"Return-Path: \xff",
    b"Date: yesterday",
    b"Date: Thu, 99 Foo 9999 99:99:99 +9999",
    b"Date: Thu, 1 Jan 0001 00:00:00 +1400",
    b"In-Reply-To: <nothing@mill.example.com>",
    b"In-Reply-To: \xff\x00",
    b"References: " + b"<r@x.example.com> " * 2000,
    b"Cc: a@b, <>, =?x?q?y?=, \xff@z.example.com",
    b"Message-ID: <>",
    b"Message-ID:",
    b"Message-ID: \x00\xff <x y@z%s>",
    b"Message-ID: " + b"<" + b"m" * 8000 + b"%s@x.example.com>",
    b"MIME-Version: 7.3",
    b"X-Huge: " + b"x" * 200_000,
    b"not a header at all",
    b" a continuation of nothing",
    b": no name",
    b"Content-Transfer-Encoding: no-such-encoding",
    b"Content-Disposition: attachment; filename*=x''%FF%00; filename=\"a\x00b\"",
)
TYPES = (
    b"text/plain; charset=utf-8",
    b"text/plain; charset=no-such-charset",
    b"text/plain; charset=ascii",
    b"text/plain; charset=utf-16",
    b"text/plain; charset=",
    b"text/html; charset=utf-8",
    b"text/html",
    b"text/calendar; method=REQUEST",
    b"multipart/mixed; boundary=b",
    b"multipart/mixed",
    b"multipart/alternative; boundary=b",
    b"multipart/report; report-type=delivery-status; boundary=b",
    b"multipart/signed; boundary=b",
    b"multipart/related; boundary=b; type=text/html",
    b"message/rfc822",
    b"message/partial; id=1; number=1",
    b"message/delivery-status",
    b"application/ms-tnef; name=winmail.dat",
    b"image/png",
    b"*/*",
    b"binary/octet-stream",
    b";;;",
    b"\xff/\xfe",
)
ENCODINGS = (b"7bit", b"8bit", b"base64", b"quoted-printable", b"x-uuencode")
BODIES = (
    b"",
    b"\r\n",
    b"The press does not stop.",
    b"\x00\x00\x00",
    b"\xff\xfe\xfd raw bytes \x80",
    b"=ZZ=3D=\r\n=E6=B3",
    base64.b64encode(b"good base64"),
    b"!!! not base64 !!!",
    b"<html><body><p>Help</p><img src='cid:x'/></body>",
    b"<html><?xml version='1.0' encoding='utf-16'?><p>x",
    b"<!-- unclosed",
    b"BEGIN:VCALENDAR\r\nEND:VCALENDAR",
    b"Final-Recipient: rfc822; x@y\r\nStatus: 5.0.0",
)


def part(draw, depth):
    """Make a body with its type, parts of parts included.

    :param draw: function that chooses from a sequence
    :return: bytes that begin with headers
    """
    kind = draw(TYPES)
    lines = [b"Content-Type: " + kind]
    if draw((True, False)):
        lines.append(b"Content-Transfer-Encoding: " + draw(ENCODINGS))
    if draw((True, False, False)):
        lines.append(b'Content-Disposition: attachment; filename="winmail.dat"')
    body = draw(BODIES)
    if depth and kind.startswith(b"multipart"):
        parts = [part(draw, depth - 1) for _number in range(draw((0, 1, 2, 3)))]
        body = b"".join(b"--b\r\n" + each + b"\r\n" for each in parts)
        body += draw((b"--b--", b"--b", b""))
    elif depth and kind.startswith(b"message"):
        body = draw(SENDERS) + b"\r\n" + part(draw, depth - 1)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def malformed(draw, address, number):
    """Make a mail to a team, with something wrong in most of them.

    :param draw: function that chooses from a sequence
    :param bytes address: of the team
    :param number: makes the Message-ID unique
    """
    lines = [
        draw((b"To: %s", b"To: Team <%s>", b"Delivered-To: %s", b"Cc: %s")) % address,
        draw(SENDERS).replace(b"%s", address),
        draw(SUBJECTS),
        *[
            draw(EXTRAS).replace(b"%s", number)
            for _extra in range(draw((0, 1, 1, 2, 3)))
        ],
    ]
    if draw((True, True, True, False)):
        lines.insert(0, b"Message-ID: <%s@broken.example.com>" % number)
    return b"\r\n".join(lines) + b"\r\n" + part(draw, 2)


@tagged("post_install", "-at_install")
class TestGatewayMalformed(GatewayCommon):
    def setUp(self):
        super().setUp()
        # Whether mails are alike is another test.
        self.env["ir.config_parameter"].set_param("mail.gateway.loop.threshold", "9999")
        self.patch(aftersales_mail_received, "LOOP_SAME", 9999)

    def fates(self):
        """Count what mails become: messages, tickets, refusals, mails sent back."""
        return (
            self.Ticket.search_count([]),
            self.env["mail.message"].search_count(
                [("model", "=", "aftersales.ticket")]
            ),
            self.Refusal.search_count([]),
            len(self._new_mails),
        )

    def becomes_something(self, raw):
        """Take in a mail and check that something has become of it.

        :return: index of what it was, see `fates`
        """
        before = self.fates()
        self.env["mail.thread"].with_user(self.user_root).message_process(None, raw)
        self.env.flush_all()
        self.env.cr.precommit.run()
        grown = [
            index
            for index, (old, new) in enumerate(zip(before, self.fates(), strict=True))
            if new > old
        ]
        self.assertTrue(grown, f"lost: {raw[:2000]!r}")
        return grown[0]

    def test_fixed_ones(self):
        dice = random.Random(SEED)
        address = self.address.encode()
        found, used = set(), set()

        def draw(values):
            used.add(value := dice.choice(values))
            return value

        with self.mock_mail_gateway(), self.assertNoLogs(level="ERROR"):
            for number in range(NUMBER):
                raw = malformed(draw, address, b"f%d" % number)
                found.add(self.becomes_something(raw))
        self.assertLessEqual({0, 2}, found, "tickets and refusals")
        pieces = {*SENDERS, *SUBJECTS, *EXTRAS, *TYPES, *ENCODINGS, *BODIES}
        self.assertFalse(pieces - used)

    def test_others(self):
        address = self.address.encode()
        numbers = iter(range(10**6))

        @settings(
            max_examples=80,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(data=st.data(), noise=st.binary(max_size=200), at=st.integers(0, 2000))
        def check(data, noise, at):
            number = b"h%d" % next(numbers)
            raw = malformed(
                lambda values: data.draw(st.sampled_from(values)), address, number
            )
            # The first line, by which it reaches us, stays whole; and no two are the
            # same, which would be one mail.
            head = b"To: %s\r\nX-Number: %s\r\n" % (address, number)
            rest = raw[:at] + noise + raw[at:]
            self.becomes_something(head + rest.lstrip(b"\r\n \t"))

        with self.mock_mail_gateway(), self.assertNoLogs(level="ERROR"):
            check()

    def test_what_crashes_is_kept(self):
        """A mail that no rescue helps is recorded with its original."""
        self.team.alias_defaults = "{'no_such_field': 1, 'team_id': -1}"
        raw = self.mail()
        self.assertEqual(self.refused(raw), ["error"])
        refusal = self.Refusal.search([], limit=1)
        self.assertEqual(refusal.original_id.raw, raw)
        self.assertFalse(self.sent, "nothing is sent back for what is kept")
        self.assertFalse(self.take(raw), "and it is not tried for ever")
