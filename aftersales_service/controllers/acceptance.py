# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The page on which a customer signs from afar, or does not."""

from odoo import http
from odoo.http import request

from ..models.aftersales_service_acceptance import MAX_LENGTH
from ..tools import web_report

CHARGES_ANSWERS = ("accepted", "declined")
#: What may be typed in several lines.
MULTILINE = ("remarks", "reason", "charges_reason")
MAX_REQUEST = 2 * 1024 * 1024


class AftersalesAcceptance(http.Controller):
    @http.route(
        "/aftersales/accept/<string:token>",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        website=True,
        sitemap=False,
        multilang=False,
        max_content_length=MAX_REQUEST,
    )
    def accept(self, token, **form):
        """Show what was done, and take the customer's answer."""
        acceptance = request.env["aftersales.service.acceptance"]._of_token(token)
        if not acceptance:
            return self._refuse("invalid", 404)
        # In the language of the mail that led here.
        lang = acceptance._content()["lang"]
        request.update_context(lang=lang)
        acceptance = acceptance.with_context(lang=lang)
        obstacle = acceptance._obstacle(request.env.user)
        if obstacle in ("foreign", "staff"):
            return self._refuse(obstacle, 403)
        if obstacle:
            return self._refuse(obstacle, 200, acceptance)
        content = acceptance._content()
        page = {
            "acceptance": acceptance,
            "content": content,
            "asks_charges": acceptance._asked_charges(content),
            "Form": request.env["aftersales.service.form"].sudo(),
            "pictures": acceptance.dispatch_id._form_pictures(),
            "limits": MAX_LENGTH,
            "values": {
                field: web_report.tidy(form.get(field), keep_lines=field in MULTILINE)
                for field in MAX_LENGTH
            },
            "answer": form.get("answer"),
            "problems": {},
        }
        answer = form.get("charges")
        page["values"]["charges"] = (
            answer if page["asks_charges"] and answer in CHARGES_ANSWERS else None
        )
        if request.httprequest.method != "POST":
            page["values"]["name"] = acceptance._known_signer()
            return self._show(page)
        return self._take(page, form)

    def _show(self, page):
        return request.render("aftersales_service.acceptance_page", page)

    def _refuse(self, obstacle, status, acceptance=None):
        """Say why there is nothing to answer; of whose service it is, nothing.

        :param acceptance: what the visitor may hear about, if anything
        """
        return request.render(
            "aftersales_service.acceptance_refused",
            {"obstacle": obstacle, "acceptance": acceptance},
            status=status,
        )

    def _take(self, page, form):
        """Check the answer and let it count.

        :param dict page: what the page is rendered with
        :param dict form: what was sent
        :return: response
        """
        acceptance, values = page["acceptance"], page["values"]
        drawing = form.get("drawing")
        # Of any type: a program may send a file under each name.
        drawing = drawing if isinstance(drawing, str) else ""
        values["drawing"] = drawing.partition(",")[2] or None
        needed = {"accept": ["name"], "decline": ["reason"]}.get(page["answer"])
        if not needed:
            return self._show(page)
        page["problems"] = acceptance._answer_problems(values, needed)
        if page["asks_charges"] and page["answer"] == "accept":
            if not values["charges"]:
                page["problems"]["charges"] = request.env._("Please choose one.")
        if page["problems"]:
            return self._show(page)
        if page["answer"] == "accept":
            acceptance._accept(values, request.httprequest.remote_addr)
        else:
            acceptance._decline(values)
        # Read again: the page says now what was answered.
        return request.redirect(request.httprequest.path)
