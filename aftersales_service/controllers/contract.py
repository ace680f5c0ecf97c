# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The customer's contracts on the portal: what is covered, used and left; signing."""

from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager


class AftersalesContractPortal(CustomerPortal):
    # === LIST === #

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        Contract = request.env["aftersales.contract"]
        if "aftersales_contract_count" in counters:
            values["aftersales_contract_count"] = (
                Contract.search_count(self._contract_domain())
                if Contract.has_access("read")
                else 0
            )
        if "aftersales_contract_sign_count" in counters:
            waiting = [*self._contract_domain(), ("state", "=", "waiting")]
            values["aftersales_contract_sign_count"] = (
                Contract.search_count(waiting) if Contract.has_access("read") else 0
            )
        return values

    def _contract_domain(self):
        """Return the domain of the visitor's contracts; drafts are nobody's yet."""
        owner = request.env.user.partner_id.commercial_partner_id
        return [("commercial_partner_id", "=", owner.id), ("state", "!=", "draft")]

    def _contract_sortings(self):
        return {
            "end": {
                "label": request.env._("Last Day"),
                "order": "end_date desc, id desc",
            },
            "number": {"label": request.env._("Number"), "order": "name, id"},
            "state": {"label": request.env._("State"), "order": "state, id desc"},
        }

    @http.route(
        ["/my/contracts", "/my/contracts/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
    )
    def portal_my_contracts(self, page=1, sortby=None, **_kwargs):
        """List the contracts of the visitor's company."""
        Contract = request.env["aftersales.contract"]
        sortings = self._contract_sortings()
        sortby = sortby if sortby in sortings else "end"
        domain = self._contract_domain()
        if not Contract.has_access("read"):
            return request.redirect("/my")
        pager = portal_pager(
            url="/my/contracts",
            url_args={"sortby": sortby},
            total=Contract.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        contracts = Contract.search(
            domain,
            order=sortings[sortby]["order"],
            limit=self._items_per_page,
            offset=pager["offset"],
        )
        request.session["my_contracts_history"] = contracts.ids[:100]
        return request.render(
            "aftersales_service.portal_my_contracts",
            {
                **self._prepare_portal_layout_values(),
                # sudo: the visitor's own contracts, found by their rule, with the
                # names of their machines
                "contracts": contracts.sudo(),
                "page_name": "aftersales_contract",
                "default_url": "/my/contracts",
                "pager": pager,
                "searchbar_sortings": sortings,
                "sortby": sortby,
            },
        )

    # === ONE CONTRACT === #

    def _contract_of(self, contract_id, access_token):
        """Return the contract as sudo, if the visitor may see it.

        :raise AccessError, MissingError: when he may not, or there is none
        """
        contract_sudo = self._document_check_access(
            "aftersales.contract", contract_id, access_token=access_token
        )
        # A colleague sees what the customer sees, and a draft is not shown to him.
        if contract_sudo.state == "draft" and not request.env.user._is_internal():
            raise MissingError(request.env._("This contract doesn't exist."))
        return contract_sudo

    @http.route(
        "/my/contracts/<int:contract_id>", type="http", auth="public", website=True
    )
    def portal_contract(
        self,
        contract_id,
        access_token=None,
        report_type=None,
        download=False,
        message=None,
        **kwargs,
    ):
        """Show a contract, or print it."""
        try:
            contract_sudo = self._contract_of(contract_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        if report_type in ("html", "pdf", "text"):
            return self._show_report(
                model=contract_sudo,
                report_type=report_type,
                report_ref="aftersales_service.aftersales_contract_report",
                download=download,
            )
        if request.env.user._is_public():
            # Who comes by the link of a mail reads in the language of the mail.
            lang = contract_sudo._printed_lang()
            request.update_context(lang=lang)
            contract_sudo = contract_sudo.with_context(lang=lang)
        values = {
            "contract": contract_sudo,
            "page_name": "aftersales_contract",
            "message": message if message == "sign_ok" else None,
            "report_type": "html",
            "reports": self._contract_reports(contract_sudo),
            "today": contract_sudo._today(),
            "backend_url": f"/odoo/aftersales.contract/{contract_sudo.id}",
        }
        values = self._get_page_view_values(
            contract_sudo,
            access_token,
            values,
            "my_contracts_history",
            False,
            **kwargs,
        )
        return request.render("aftersales_service.portal_contract", values)

    def _contract_reports(self, contract_sudo):
        """Return the open tickets of the contract, for who is signed in as customer.

        A link can be passed on: it shows the contract, and not what was reported.
        """
        owner = request.env.user.partner_id.commercial_partner_id
        if owner != contract_sudo.commercial_partner_id:
            return request.env["aftersales.ticket"]
        return contract_sudo._open_reports()

    @http.route(
        "/my/contracts/<int:contract_id>/sign",
        type="jsonrpc",
        auth="public",
        website=True,
    )
    def portal_contract_sign(
        self, contract_id, access_token=None, name=None, signature=None, digest=None
    ):
        """Take the customer's signature.

        :return: dict for the native signature form
        """
        # The form of the portal passes what stands in its address.
        args = request.httprequest.args
        access_token = access_token or args.get("access_token")
        try:
            contract_sudo = self._contract_of(contract_id, access_token)
        except (AccessError, MissingError):
            return {"error": request.env._("Invalid contract.")}
        user = request.env.user
        contract = request.env["aftersales.contract"].browse(contract_id)
        # A colleague may read the page; a contract begins by who may change it.
        if user._is_internal() and not contract.has_access("write"):
            return {"error": request.env._("Invalid contract.")}
        author = contract_sudo.partner_id if user._is_public() else user.partner_id
        problem = contract_sudo._sign_online(
            name, signature, digest or args.get("digest"), author
        )
        if problem:
            return {"error": problem}
        return {
            "force_refresh": True,
            "redirect_url": contract_sudo.get_portal_url(
                query_string="&message=sign_ok"
            ),
        }
