# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The page that confirms what a printed service form says."""

from odoo import http
from odoo.http import request

from ..tools import web_report

#: How many codes one address may try within an hour.
LIMIT = 60
SCOPE = "aftersales-verify"


class AftersalesVerify(http.Controller):
    @http.route(
        "/aftersales/verify/<string:token>",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
        multilang=False,
    )
    def verify(self, token, **_unused):
        """Say what is known of the form whose printed code led here."""
        form = request.env["aftersales.service.form"]._of_code(token)
        return self._show(form) if form else self._unknown()

    @http.route(
        "/aftersales/verify",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        website=True,
        sitemap=False,
        multilang=False,
        max_content_length=64 * 1024,
    )
    def enter(self, code=None, **_unused):
        """Take a code that was typed or pasted."""
        if request.httprequest.method != "POST":
            return request.render("aftersales_service.verify_enter", {"found": None})
        form = request.env["aftersales.service.form"]._of_code(code)
        if not form:
            return self._unknown()
        # Its own address: the page can be read again and passed on.
        return request.redirect(form._verify_path())

    def _show(self, form):
        """Show what is known, in the language of the paper."""
        request.update_context(lang=form._get_content()["lang"])
        values = form.with_env(request.env(su=True))._verify_values()
        return request.render("aftersales_service.verify_page", {"known": values})

    def _unknown(self):
        """Say the same of all that was never printed here, and not too often."""
        visitor = web_report.network(request.httprequest.remote_addr)
        hits = request.env["aftersales.web.hit"]
        if not hits._take(visitor, scope=SCOPE, limit=LIMIT):
            return request.render(
                "aftersales_service.verify_enter", {"found": "often"}, status=429
            )
        return request.render(
            "aftersales_service.verify_enter", {"found": "unknown"}, status=404
        )
