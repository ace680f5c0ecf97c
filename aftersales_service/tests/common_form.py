# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64

from lxml import html

from odoo import Command

from .common import AftersalesCommon
from .common_web import photo

REPORT = "aftersales_service.aftersales_service_form_report"
BLANK = "aftersales_service.aftersales_dispatch_blank_report"
CHARGES = {
    "currency": "EUR",
    "lines": [
        {
            "description": "Hose 3/8",
            "kind": "part",
            "quantity": "2",
            "unit": "pcs",
            "price": "45.00",
            "share": "1.0",
            "why": "Warranty until 2027",
            "amount": "0.00",
        },
        {
            "description": "Repair work",
            "kind": "labour",
            "quantity": "1.5",
            "unit": "h",
            "price": "90.00",
            "share": "0.5",
            "why": "Contract pays half",
            "amount": "67.50",
        },
    ],
    "untaxed": "67.50",
    "tax": "12.83",
    "total": "80.33",
    "accepted": None,
}


class FormCommon(AftersalesCommon):
    """A planned visit, and what its forms print."""

    def setUp(self):
        super().setUp()
        with self.at(0):
            self.ticket = self.create_ticket()
            self.planned = self.plan_visit(self.ticket)

    def go(self):
        with self.at(1):
            return self.work_visit(self.planned)

    def add_photos(self, visit):
        # After the work was finished: it is open until somebody signs.
        visit.photo_ids = [
            Command.create({"moment": moment, "name": name, "image": self.image(kind)})
            for moment, name, kind in (
                ("before", "Leak", "PNG"),
                ("after", "Dry", "JPEG"),
            )
        ]

    def image(self, kind):
        return base64.b64encode(photo(kind))

    def text(self, report, records):
        page, _kind = self.env["ir.actions.report"]._render_qweb_html(
            report, records.ids
        )
        body = html.fromstring(page.decode())
        for style in body.xpath("//style"):
            style.text = ""
        return " ".join(body.text_content().split())
