# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The public page on which everybody can report a fault."""

from werkzeug.datastructures import FileStorage

from odoo import http
from odoo.http import request

from ..models.aftersales_ticket_web import (
    MAX_PHOTO_MB,
    MAX_PHOTOS,
    PHOTO_TYPES,
)
from ..tools import web_report

#: Where the page that says thank you finds what it is about.
SESSION_KEY = "aftersales_reported"
#: People don't see this field; programs fill it in.
TRAP = "homepage"
MAX_REQUEST = (MAX_PHOTOS + 1) * MAX_PHOTO_MB * 2 * 1024 * 1024


class AftersalesReport(http.Controller):
    @http.route(
        ["/aftersales/report", "/aftersales/report/<int:team_id>"],
        type="http",
        auth="public",
        methods=["GET", "POST"],
        website=True,
        sitemap=False,
        max_content_length=MAX_REQUEST,
    )
    def report(self, team_id=None, **form):
        """Show the form; make a ticket of what was sent."""
        team = request.env["aftersales.team"]._web_team(team_id)
        if not team:
            return request.render("aftersales_service.web_report_closed", status=404)
        Ticket = request.env["aftersales.ticket"]
        partner = Ticket._web_customer(request.env.user, team)
        machines = Ticket._web_machines(partner, team)
        page = {
            "team": team,
            "partner": partner,
            "machines": machines,
            "limits": web_report.MAX_LENGTH,
            "max_photos": MAX_PHOTOS,
            "max_photo_mb": MAX_PHOTO_MB,
            "photo_types": ",".join(PHOTO_TYPES),
            "trap": TRAP,
            "problems": {},
            "values": web_report.clean({}),
            "chosen": "",
            "had_photos": False,
        }
        if request.httprequest.method != "POST":
            return self._show(page)
        return self._take(page, form)

    def _show(self, page, status=200):
        return request.render("aftersales_service.web_report", page, status=status)

    def _take(self, page, form):
        """Check what was sent and make a ticket of it.

        :param dict page: what the page is rendered with
        :param dict form: what was sent
        :return: response
        """
        partner, machines = page["partner"], page["machines"]
        values = web_report.clean(form)
        if partner:
            values["name"] = partner.name or values["name"]
            values["email"] = partner.email_normalized or values["email"]
        photos = [
            ((file.filename or "")[:100], file.read())
            for file in request.httprequest.files.getlist("photos")
            if isinstance(file, FileStorage) and file.filename
        ]
        Ticket = request.env["aftersales.ticket"]
        problems = Ticket._web_problems(values, photos)
        chosen = form.get("equipment_id") or ""
        machine = machines.filtered(lambda machine: str(machine.id) == chosen)
        if chosen and not machine:
            problems["equipment_id" if machines else "page"] = request.env._(
                "Please choose one of your machines."
            )
        if form.get(TRAP):
            problems["page"] = request.env._(
                "Something was filled in that people don't see. Please send it again."
            )
        page.update(
            values=values, problems=problems, chosen=chosen, had_photos=bool(photos)
        )
        if problems:
            return self._show(page)
        if not request.env["aftersales.web.hit"]._take(self._visitor(partner)):
            problems["page"] = request.env._(
                "Many reports came from your address within an hour. Please try again "
                "later, or call us."
            )
            return self._show(page, status=429)
        ticket = Ticket._report_from_web(
            page["team"], values, photos, partner=partner, machine=machine
        )
        request.session[SESSION_KEY] = {
            "reference": ticket.reference,
            "team_id": page["team"].id,
            "has_address": bool(values["email"]) and page["team"].acknowledge,
        }
        return request.redirect("/aftersales/report/sent")

    def _visitor(self, partner):
        """Return by what a visitor is counted: his login, else his address."""
        if partner:
            return f"user {request.env.uid}"
        return web_report.network(request.httprequest.remote_addr)

    @http.route(
        "/aftersales/report/sent",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def sent(self, **_unused):
        """Say thank you, with the number of what this visitor has just reported."""
        reported = request.session.get(SESSION_KEY)
        if not reported:
            return request.redirect("/aftersales/report")
        # sudo: only the name of the company is shown
        team = request.env["aftersales.team"].sudo().browse(reported["team_id"])
        return request.render(
            "aftersales_service.web_report_sent",
            {"team": team.exists(), **reported},
        )
