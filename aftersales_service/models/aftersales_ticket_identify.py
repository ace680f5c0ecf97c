# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who wrote: what the address says decides, what the text says is a suggestion."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import (
    SQL,
    email_normalize,
    html2plaintext,
    parse_contact_from_email,
)

from ..tools import identify
from ..tools.caller import asked

#: Written by the gateway, never by hand.
SUGGESTION_FIELDS = {
    "partner_suggestion_id",
    "equipment_suggestion_id",
    "suggestion_reason",
}


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    partner_suggestion_id = fields.Many2one(
        "res.partner",
        string="Suggested Customer",
        copy=False,
        readonly=True,
        index="btree_not_null",
        check_company=True,
        help="Whom the numbers in the text point to, where the address is unknown.",
    )
    equipment_suggestion_id = fields.Many2one(
        "aftersales.equipment",
        string="Suggested Equipment",
        copy=False,
        readonly=True,
        index="btree_not_null",
        check_company=True,
    )
    suggestion_reason = fields.Char(
        string="Hint at the Customer", copy=False, readonly=True
    )

    def _guarded_fields(self):
        return super()._guarded_fields() | SUGGESTION_FIELDS

    @api.model
    def _who_wrote(self, msg_dict, values):
        """Say who the customer of a mail is, or who could be.

        :param dict msg_dict: the parsed mail; loses an author who is not certain
        :param dict values: values that the alias gives
        :return: dict of values for the new ticket
        """
        team = self.env["aftersales.team"].browse(values.get("team_id"))
        company = team.company_id or self.env.company
        author = self.env["res.partner"].browse(msg_dict.get("author_id") or [])
        if values.get("partner_id"):
            return {}
        known = self._contacts_by_address([self._address_of(msg_dict)], company)
        if self._is_colleague(author):
            # What a colleague passes on was written by somebody else.
            known = known.browse()
        elif len(known.commercial_partner_id) > 1:
            msg_dict["author_id"] = False
            return {
                "partner_id": False,
                "suggestion_reason": self.env._(
                    "Several customers have this address: %(names)s",
                    names=", ".join(known.commercial_partner_id.mapped("name")),
                ),
            }
        elif author not in known:
            # Somebody else's contact, or none in this company.
            msg_dict["author_id"] = known[:1].id
        if known:
            return {"partner_id": (known & author or known[:1]).id}
        text = html2plaintext(msg_dict.get("body") or "")
        return {
            "partner_id": False,
            **self._suggest_customer(
                f"{msg_dict.get('subject') or ''}\n{text}", company
            ),
        }

    @api.model
    def _address_of(self, msg_dict):
        return email_normalize(msg_dict.get("email_from") or "")

    @api.model
    def _contacts_by_address(self, addresses, company):
        """Find the contacts that have some addresses, as a company sees them.

        :param list addresses: normalized addresses
        :param company: `res.company` that serves
        :return: `res.partner` records, the oldest first
        """
        Partner = self.env["res.partner"]
        addresses = [address for address in addresses if address]
        if not addresses:
            return Partner
        # sudo: the gateway's user need not read contacts
        found = Partner.sudo().search_fetch(
            [
                ("email_normalized", "in", addresses),
                ("company_id", "in", [False, company.id]),
            ],
            ["commercial_partner_id", "company_id", "name"],
            order="id",
        )
        return found.with_env(self.env)

    # === WHAT THE TEXT SAYS === #

    @api.model
    def _suggest_customer(self, text, company):
        """Suggest whose report it could be, by the numbers in its text.

        :param str text: subject and body, plain
        :param company: `res.company` that serves
        :return: dict of values for the ticket, empty without any hint
        """
        hints = [
            *self._hints_of_phones(text, company),
            *self._hints_of_numbers(text, company),
        ]
        verdict = identify.judge(hints)
        reason = "; ".join(verdict.words)
        if verdict.is_torn:
            ids = list(dict.fromkeys(hint.customer for hint in hints))
            # sudo: only names are read, those of this company's customers
            names = self.env["res.partner"].sudo().browse(ids).mapped("name")
            return {
                "suggestion_reason": self.env._(
                    "Points to several customers, %(names)s: %(reason)s",
                    names=", ".join(filter(None, names)),
                    reason=reason,
                )
            }
        if not verdict.customer:
            return {}
        return {
            "partner_suggestion_id": verdict.customer,
            "equipment_suggestion_id": verdict.machine,
            "suggestion_reason": reason,
        }

    @api.model
    def _hints_of_phones(self, text, company):
        keys = identify.phone_keys(text)
        if not keys:
            return []
        rows = self.env.execute_query(
            SQL(
                "SELECT commercial_partner_id, phone FROM res_partner"
                " WHERE phone IS NOT NULL AND active"
                " AND right(regexp_replace(phone, '[^0-9]', '', 'g'), 8) IN %s"
                " AND (company_id IS NULL OR company_id = %s) ORDER BY id LIMIT 20",
                tuple(keys),
                company.id,
            )
        )
        own = self._own_entities()
        return [
            identify.Hint(
                customer, self.env._("Telephone %(phone)s in the text", phone=phone)
            )
            for customer, phone in rows
            if customer not in own
        ]

    @api.model
    def _own_entities(self):
        """Return the ids of the contacts of our companies: no customers."""
        # sudo: the gateway's user need not read all companies
        companies = self.env["res.company"].sudo().search([])  # pylint: disable=no-search-all
        return set(companies.partner_id.ids)

    @api.model
    def _hints_of_numbers(self, text, company):
        tokens = identify.number_tokens(text)
        if not tokens:
            return []
        # sudo: the gateway's user need not be one of the staff
        machines = (
            self.env["aftersales.equipment"]
            .sudo()
            .search_fetch(
                [
                    ("serial_key", "in", list(tokens)),
                    ("state", "=", "in_service"),
                    ("company_id", "=", company.id),
                ],
                ["serial_number", "commercial_partner_id"],
                limit=20,
                order="id",
            )
        )
        hints = [
            identify.Hint(
                machine.commercial_partner_id.id,
                self.env._(
                    "Serial number %(serial)s in the text", serial=machine.serial_number
                ),
                machine.id,
            )
            for machine in machines
        ]
        words = list({*tokens, *tokens.values()})
        # sudo: as above
        orders = (
            self.env["sale.order"]
            .sudo()
            .search_fetch(
                Domain("company_id", "=", company.id)
                & Domain("state", "=", "sale")
                & (
                    Domain("name", "in", words)
                    | Domain("client_order_ref", "in", words)
                ),
                ["name", "partner_id"],
                limit=20,
                order="id",
            )
        )
        return hints + [
            identify.Hint(
                order.partner_id.commercial_partner_id.id,
                self.env._("Order %(order)s in the text", order=order.name),
            )
            for order in orders
        ]

    # === ACTIONS === #

    def action_accept_suggestion(self):
        """Take the suggested customer, and the machine that was found.

        :raise AccessError, UserError: by another role, or when there is none
        """
        self.env["res.users"]._check_aftersales_role("intake", "dispatcher", "manager")
        self.check_access("write")
        for ticket in self:
            if ticket.state != "new" or ticket.partner_id:
                raise UserError(
                    self.env._("%s waits in no triage.", ticket.display_name)
                )
            suggested = ticket.partner_suggestion_id
            if not suggested:
                raise UserError(
                    self.env._("Nobody is suggested for %s.", ticket.display_name)
                )
            values = {"partner_id": suggested.id}
            machine = ticket.equipment_suggestion_id
            if machine and not ticket.equipment_id:
                values["equipment_id"] = machine.id
            ticket.write(values)

    def action_new_customer(self):
        """Make a contact of whoever reported, and the customer of the ticket of him.

        His company is entered on the contact, where it is known.

        :raise AccessError, UserError: by another role, outside of triage, of nobody
            with an address or a name, or when he is known already
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role("intake", "dispatcher", "manager")
        self.check_access("write")
        if self.state != "new" or self.partner_id:
            raise UserError(self.env._("%s waits in no triage.", self.display_name))
        name, email = parse_contact_from_email(self.email_from)
        email = email_normalize(email)
        name = self.caller_name or (email and name) or email
        if not name:
            raise UserError(
                self.env._(
                    "%s says neither a name nor an e-mail address: enter the name of "
                    "the caller, or choose a customer.",
                    self.display_name,
                )
            )
        self._check_unknown(email)
        self.partner_id = self.env["res.partner"].create(
            {"name": name, "email": email, "phone": self.phone}
        )

    def _check_unknown(self, email):
        """Check that nobody has the address of who reported, or else his number.

        :param email: normalized address, possibly False
        :raise UserError: naming whoever has it
        """
        if email:
            known = self._contacts_by_address([email], self.company_id)
        else:
            number = asked(self.phone)
            Partner = self.env["res.partner"]
            known = number.phone and Partner._aftersales_callers(number, 1)
        if known:
            raise UserError(
                self.env._(
                    "%(address)s belongs to %(names)s: choose the customer.",
                    address=email or self.phone,
                    # sudo: names of customers of this company only
                    names=", ".join(known.sudo().mapped("display_name")),
                )
            )
