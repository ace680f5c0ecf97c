# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import io

from lxml import html
from PIL import Image

from odoo import Command
from odoo.tests import HttpCase

from .gateway_common import GatewayCommon

PASSWORD = "portal-pass-1"
REPORT = "/aftersales/report"


def photo(kind="PNG"):
    """Draw a small picture.

    :return: bytes
    """
    stream = io.BytesIO()
    Image.new("RGB", (12, 9), "red").save(stream, kind)
    return stream.getvalue()


class WebCommon(GatewayCommon, HttpCase):
    """The public pages as a browser without JavaScript uses them."""

    @classmethod
    def lay_ground(cls):
        # One page: that of the team here.
        cls.env["aftersales.team"].search([("web_form", "=", True)]).web_form = False
        cls.team.web_form = True
        # pylint: disable-next=no-search-all
        cls.env["aftersales.web.hit"].search([]).unlink()
        cls.portal = cls._create_portal_user()
        cls.portal.password = PASSWORD
        cls.portal.company_ids = [Command.set(cls.company.ids)]
        cls.portal.company_id = cls.company
        cls.portal.partner_id.write(
            {"parent_id": cls.customer.id, "email": "chell@mill.example.com"}
        )
        cls.stranger = cls.env["res.partner"].create(
            {"name": "Other Works", "email": "other@works.example.com"}
        )

    def page(self, url, **options):
        """Open a page.

        :return: response
        """
        self.env.flush_all()
        return self.url_open(url, **options)

    def tree(self, response):
        """Return the main part of a page as an element."""
        return html.fromstring(response.content)

    def fill(self, url, values, files=(), button=None):
        """Fill in the form of a page, keep what it contains already, and send it.

        :param dict values: name -> text
        :param files: of the field `photos`: pairs of name and content
        :param str button: value of the button that is pressed, if there are several
        :return: response, redirects followed
        """
        tree = self.tree(self.page(url))
        forms = tree.xpath("//form[@method='post']")
        if button:
            forms = [f for f in forms if f.xpath(f".//button[@value='{button}']")]
            values = {**values, "answer": button}
        data = {
            name: value
            for name, value in forms[0].fields.items()
            if name and value is not None and name != "photos"
        }
        sent = [("photos", (name, content)) for name, content in files]
        response = self.page(
            url, data={**data, **values}, files=sent or None, method="POST"
        )
        self.env.invalidate_all()
        return response

    def newest(self):
        return self.Ticket.search([], order="id desc", limit=1)
