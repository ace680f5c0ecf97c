# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import Command

from .common import AftersalesCommon


class GatewayCommon(AftersalesCommon):
    """Mails as bytes, taken in as the gateway does."""

    @classmethod
    def lay_ground(cls):
        cls.address = f"test.service@{cls.alias_domain}"
        cls.Ticket = cls.env["aftersales.ticket"]
        cls.Refusal = cls.env["aftersales.mail.refusal"]
        cls.Received = cls.env["aftersales.mail.received"]
        cls.number = 0

    def mail(
        self,
        body="The press does not stop.",
        sender="Mia Mill <mia@mill.example.com>",
        subject="Press runs on",
        headers=(),
        message_id=None,
        to=None,
    ):
        """Write a mail of plain text.

        :param headers: further lines
        :return: bytes
        """
        type(self).number += 1
        lines = [
            f"From: {sender}",
            f"To: {to or self.address}",
            f"Subject: {subject}",
            f"Message-ID: {message_id or f'<{self.number}@mill.example.com>'}",
            "MIME-Version: 1.0",
            *headers,
        ]
        if not any(line.lower().startswith("content-type") for line in headers):
            lines.append("Content-Type: text/plain; charset=utf-8")
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body.encode()

    def take(self, raw, model=None):
        """Let the gateway's user take in a mail.

        :return: the tickets that were made
        """
        before = self.Ticket.search([], order="id desc", limit=1).id or 0
        with self.mock_mail_gateway():
            self.env["mail.thread"].with_user(self.user_root).message_process(
                model, raw
            )
            self.sent = list(self._new_mails)
        self.env.flush_all()
        return self.Ticket.search([("id", ">", before)])

    def refused(self, raw):
        """Let the gateway refuse a mail.

        :return: the reasons of the refusals it has recorded
        """
        before = self.Refusal.search([]).ids
        self.assertFalse(self.take(raw))
        return self.Refusal.search([("id", "not in", before)]).mapped("reason")

    def equip(self, partner, serial, **values):
        """Put a machine into the installed base."""
        return self.env["aftersales.equipment"].create(
            {
                "product_name": "Press 200",
                "serial_number": serial,
                "partner_id": partner.id,
                "company_id": self.company.id,
                **values,
            }
        )

    def other_company_team(self):
        self.users["intake"].company_ids = [Command.link(self.company_2.id)]
        return self.env["aftersales.team"].create(
            {
                "name": "Team B",
                "company_id": self.company_2.id,
                "alias_name": "service.b",
                "alias_contact": "everyone",
            }
        )
