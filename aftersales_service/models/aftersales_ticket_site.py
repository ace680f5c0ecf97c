# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The customer of a ticket and where his equipment stands, read in one go."""

from odoo import api, models

#: What a new ticket, its followers and its first message ask of a contact.
PARTNER_FIELDS = (
    "active",
    "commercial_partner_id",
    "company_id",
    "email",
    "email_normalized",
    "is_company",
    "lang",
    "name",
    "parent_id",
    "partner_share",
    "phone",
    "type",
    "tz",
)


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    @api.depends("partner_id")
    def _compute_site_id(self):
        nowhere = self.filtered(lambda ticket: not ticket.site_id)
        sites = self._sites_of(nowhere.partner_id._origin)
        for ticket in nowhere.filtered("partner_id"):
            ticket.site_id = sites.get(ticket.partner_id._origin)

    def _check_company(self, fnames=None):
        """Contacts that belong to no company fit all: leave them out."""
        if fnames is None or "company_id" in fnames:
            fnames = self._fields
        names = set(fnames) - {"company_id"}
        tickets = self.sudo()  # sudo: as the check itself reads them
        for name in names & {"partner_id", "site_id"}:
            if not any(ticket[name].company_id for ticket in tickets):
                names.discard(name)
        return super()._check_company(names)

    @api.model
    def _add_sites(self, vals_list):
        """Say for new tickets where the equipment stands, all customers in one query.

        :param list vals_list: values of new tickets
        :return: list of completed values
        """
        if self.default_get(["site_id"]):
            return vals_list
        Partner = self.env["res.partner"]
        partner_ids, given_ids = (
            {vals.get(name) for vals in vals_list} - {None, False}
            for name in ("partner_id", "site_id")
        )
        sites = self._sites_of(Partner.browse(partner_ids), Partner.browse(given_ids))
        site_ids = {partner.id: site.id for partner, site in sites.items()}
        return [
            {"site_id": site_ids.get(vals.get("partner_id"), False), **vals}
            if vals.get("partner_id")
            else vals
            for vals in vals_list
        ]

    @api.model
    def _sites_of(self, partners, others=()):
        """Return where the equipment of customers stands, as `address_get` says.

        Reads the customers, who creates the ticket and the delivery addresses in one
        query.

        :param partners: `res.partner` records
        :param others: `res.partner` records that are asked of as well
        :return: dict of partner -> `res.partner`
        """
        if not partners:
            return {}
        # sudo: addresses are read for whoever enters the ticket
        Partner = self.env["res.partner"].sudo().with_context(active_test=False)
        ids = partners.union(self.env.user.partner_id, *others).ids
        companies = Partner._search([("id", "in", ids)]).subselect(
            "commercial_partner_id"
        )
        known = Partner.search_fetch(
            [
                ("commercial_partner_id", "in", companies),
                "|",
                "|",
                ("id", "in", ids),
                ("type", "=", "delivery"),
                ("is_company", "=", True),
            ],
            PARTNER_FIELDS,
        )
        addresses = known.filtered(lambda p: p.active and p.type == "delivery")
        by_company = addresses.grouped("commercial_partner_id")
        return {
            partner: self._site_among(
                partner, by_company.get(partner.commercial_partner_id, known.browse())
            )
            for partner in partners
        }

    @api.model
    def _site_among(self, partner, addresses):
        """Choose where a customer's equipment stands, as `address_get` would.

        :param partner: `res.partner` record
        :param addresses: delivery addresses of its company, in their order
        :return: `res.partner` record: an address of the contact or of those above it
        """
        level = partner.sudo()  # sudo: as in `_sites_of`
        levels = [level]
        while not level.is_company and level.parent_id:
            level = level.parent_id
            levels.append(level)
        if partner.type in ("contact", "delivery") and all(
            address in levels or address.parent_id in levels for address in addresses
        ):
            for level in levels:
                if level.type == "delivery":
                    return partner.browse(level.id)
                for address in addresses:
                    if address.parent_id == level:
                        return partner.browse(address.id)
            return partner
        return partner.browse(partner.address_get(["delivery"])["delivery"])
