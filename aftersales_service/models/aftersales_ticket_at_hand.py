# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is at hand while answering: documents, and what helped before."""

from markupsafe import Markup, escape

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL

from ..tools import anonymous, words
from .aftersales_ticket_suggest import FOUND
from .selections import OPEN_STATES

#: Who writes to customers.
SEND_ROLES = ("intake", "dispatcher", "technician", "support", "manager")
#: Earlier tickets that are shown, and that are compared by their words.
SHOWN = 5
COMPARED = 150
#: Documents and products that are looked for at most.
DOCUMENTS = 50
PRODUCTS = 5
#: People of an earlier customer whose names are left out.
PEOPLE = 500
#: Longer parts of a person's name are left out alone as well.
SHORT_NAME = 2
#: The states of a ticket on which somebody found the remedy.
HELPED_STATES = ("solved", "closed")


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    def at_hand(self):
        """Gather what helps to answer, as far as the user may read it.

        :return: dict of `documents` and `tickets`: lists of dicts, the best first;
            `may_send`: whether the user writes to customers; `has_product`
        """
        self.ensure_one()
        self.check_access("read")
        products = self._products_at_hand()
        return {
            "documents": [
                {
                    "id": document.id,
                    "name": document.name,
                    "product": product.display_name,
                    "version": document.aftersales_version or False,
                    "is_internal": document.aftersales_is_internal,
                }
                for document, product in self._documents_at_hand(products).items()
            ],
            "tickets": [
                {
                    "id": ticket.id,
                    "reference": ticket.reference,
                    "name": ticket.name,
                    "product": ticket.product_name or False,
                    "faults": ", ".join(ticket.finding_ids.fault_id.mapped("name")),
                    "resolution": ticket.resolution,
                    "same_fault": same_fault,
                    "same_product": same_product,
                }
                for ticket, (same_fault, same_product) in self._helped_before().items()
            ],
            "has_product": bool(products),
            "may_send": self._may_send(),
        }

    # === DOCUMENTS === #

    def _products_at_hand(self):
        """Return the products that a ticket is about, damaged parts as well.

        Without a machine of the installed base it is what the nameplate says.

        :return: `product.product` records
        """
        self.ensure_one()
        findings = self.finding_ids
        products = (self.equipment_id | findings.equipment_id).product_id
        name = (self.product_name or "").strip()
        if not products and name:
            escaped = name.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
            products = products.search(
                (
                    Domain("name", "=ilike", escaped)
                    | Domain("default_code", "=ilike", escaped)
                )
                & Domain("company_id", "in", [False, self.company_id.id]),
                limit=PRODUCTS,
            )
        return products | findings.part_product_id

    def _documents_at_hand(self, products):
        """Find the technical documents of products, of this company's only.

        :param products: `product.product` records
        :return: dict of `product.document` -> the product or template it is of
        """
        owners = {
            (record._name, record.id): record
            for record in [*products.product_tmpl_id, *products]
        }
        if not owners:
            return {}
        Document = self.env["product.document"]
        documents = Document.search(
            (
                Domain("res_model", "=", "product.product")
                & Domain("res_id", "in", products.ids)
                | Domain("res_model", "=", "product.template")
                & Domain("res_id", "in", products.product_tmpl_id.ids)
            )
            & Domain("aftersales_is_technical", "=", True)
            & (
                Domain("company_id", "=", False)
                | Domain("company_id", "parent_of", self.company_id.ids)
            ),
            limit=DOCUMENTS,
        )
        return {doc: owners[doc.res_model, doc.res_id] for doc in documents}

    def action_send_document(self, document_id):
        """Open the composer with a document attached, as it is today.

        :param int document_id: id of a `product.document` that is at hand
        :raise AccessError: for somebody who does not write to customers
        :raise UserError: for a document that is internal or of another product
        """
        self.ensure_one()
        self._check_may_send()
        at_hand = self._documents_at_hand(self._products_at_hand())
        document = next((doc for doc in at_hand if doc.id == document_id), None)
        if not document:
            raise UserError(
                self.env._("This is no technical document of the ticket's product.")
            )
        document._check_not_internal()
        ticket = self._in_customer_language()
        name = document.name
        if document.aftersales_version:
            name = ticket.env._(
                "%(document)s, version %(version)s",
                document=name,
                version=document.aftersales_version,
            )
        if document.type == "url":
            link = Markup('<a href="%s">%s</a>') % (document.url, name)
            return self._compose(ticket.env._("You find here: %s", link))
        # sudo: a copy of what the user reads; the composer's until it is sent
        file = document.ir_attachment_id.sudo()
        file = file.with_context(disable_product_documents_creation=True).copy(
            {"name": document.name, "res_model": "mail.compose.message", "res_id": 0}
        )
        return self._compose(escape(ticket.env._("Attached: %s", name)), file)

    # === WHAT HELPED BEFORE === #

    def _helped_before(self):
        """Find tickets that were solved, of the same fault or in similar words.

        Those of the same fault and product come first, then those of the same fault,
        then those of the same product; among equals the words of the report decide.

        :return: dict of ticket -> whether its fault and its product are the same
        """
        self.ensure_one()
        faults = self.finding_ids.fault_id.ids
        wanted, together = words.choose(self._word_frequencies(), FOUND)
        sources = []
        asked = SQL("%s::tsquery", words.to_query(wanted, together))
        if faults:
            has_fault = SQL("finding.fault_id IN %s", tuple(faults))
            sources.append(self._solved_candidates(self._has_finding(has_fault), True))
        if wanted:
            sources.append(self._solved_candidates(self._has_words(asked), False))
        if not sources:
            return {}
        Ticket = self.env["aftersales.ticket"]
        Ticket.flush_model()
        self.env["aftersales.finding"].flush_model(["ticket_id", "fault_id"])
        rows = self.env.execute_query(
            SQL(
                """
                WITH candidate AS MATERIALIZED (
                    SELECT id, bool_or(same_fault) AS same_fault,
                           bool_or(same_product) AS same_product
                      FROM (%s) AS found
                  GROUP BY id
                     )
                SELECT candidate.id, same_fault, same_product
                  FROM candidate
                  JOIN aftersales_ticket ticket ON ticket.id = candidate.id
              ORDER BY same_fault AND same_product DESC, same_fault DESC,
                       same_product DESC, %s DESC, candidate.id DESC
                 LIMIT %s
                """,
                SQL(" UNION ALL ").join(sources),
                SQL("ts_rank(%s, %s)", self._words_of("ticket"), asked)
                if wanted
                else SQL("ticket.id"),
                SHOWN,
            )
        )
        # Read together: each is one of them all.
        tickets = Ticket.browse(row[0] for row in rows)
        return {
            ticket: (same_fault, same_product)
            for ticket, (_id, same_fault, same_product) in zip(
                tickets, rows, strict=True
            )
        }

    def _solved_domain(self):
        """Say which tickets may tell what helped."""
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("id", "!=", self.id)
            & Domain("state", "in", HELPED_STATES)
            & Domain("resolution", "not in", [False, ""])
        )

    def _solved_candidates(self, condition, same_fault):
        """Prepare the search of solved tickets, the newest and same product first.

        :param condition: function from the alias of the table to SQL
        :param bool same_fault: what is known of their fault
        :return: SQL of a query in brackets: id, same_fault, same_product
        """
        Ticket = self.env["aftersales.ticket"].with_context(active_test=False)
        query = Ticket._search(self._solved_domain(), order="id desc", limit=FOUND)
        query.add_where(condition(query.table))
        return SQL(
            """
            (SELECT id, %s AS same_fault,
                    coalesce(lower(product_name) = lower(%s), FALSE) AS same_product
               FROM (%s) AS solved
           ORDER BY same_product DESC, id DESC
              LIMIT %s)
            """,
            same_fault,
            self.product_name or None,
            query.select(
                SQL.identifier(query.table, "id"),
                SQL.identifier(query.table, "product_name"),
            ),
            COMPARED,
        )

    def _has_words(self, asked):
        return lambda alias: SQL("%s @@ %s", self._words_of(alias), asked)

    def _has_finding(self, condition):
        return lambda alias: SQL(
            "EXISTS (SELECT FROM aftersales_finding finding"
            " WHERE finding.ticket_id = %s AND %s)",
            SQL.identifier(alias, "id"),
            condition,
        )

    def action_send_resolution(self, ticket_id):
        """Open the composer with what solved an earlier ticket.

        Nothing else of that ticket goes along: no file, no message, and what names its
        customer in the text is left out.

        :param int ticket_id: id of a solved `aftersales.ticket` of this company
        :raise AccessError: for somebody who may not read it or write to customers
        :raise UserError: for a ticket that does not tell what helped
        """
        self.ensure_one()
        self._check_may_send()
        other = self.with_context(active_test=False).search(
            self._solved_domain() & Domain("id", "=", ticket_id)
        )
        if not other or not other.resolution.strip():
            raise UserError(self.env._("This ticket doesn't say what solved it."))
        text = other._resolution_for(self)
        ticket = self._in_customer_language()
        body = Markup("<p>%s</p><p>%s</p>") % (
            ticket.env._("This has helped in a similar case:"),
            Markup("<br/>").join(text.splitlines()),
        )
        return self._compose(body)

    def _resolution_for(self, other):
        """Return the resolution in words that the customer of another ticket may read.

        :param other: `aftersales.ticket` record
        """
        self.ensure_one()
        # sudo: names are left out whether or not the user may see the contacts
        ticket = self.sudo()
        customer = ticket.commercial_partner_id
        text = ticket.resolution.strip()
        if customer and customer == other.sudo().commercial_partner_id:
            return text
        people = ticket.partner_id | ticket.site_id | customer
        if customer:
            people |= people.with_context(active_test=False).search(
                [("commercial_partner_id", "=", customer.id)], limit=PEOPLE
            )
        persons = people.filtered(lambda person: not person.is_company)
        return anonymous.without(
            text,
            names=[
                *people.mapped("name"),
                *people.mapped("commercial_company_name"),
                *people.mapped("street"),
                ticket.serial_number,
                ticket.reference,
            ],
            words=[
                part
                for name in persons.mapped("name")
                for part in (name or "").split()
                if len(part) > SHORT_NAME or not part.isascii()
            ],
            phones=[*people.mapped("phone"), ticket.phone],
        )

    # === SENDING === #

    def _may_send(self):
        return self.env["res.users"]._has_aftersales_role(*SEND_ROLES)

    def _check_may_send(self):
        """Check that the user may write to the customer of this ticket now.

        :raise AccessError, UserError: otherwise
        """
        self.env["res.users"]._check_aftersales_role(*SEND_ROLES)
        self.check_access("write")
        if self.state not in (*OPEN_STATES, "solved"):
            raise UserError(
                self.env._("Reopen the ticket before you write to the customer.")
            )
        if not (self.partner_id or self.email_from):
            raise UserError(
                self.env._("Say first who the customer is, or the e-mail address.")
            )

    def _in_customer_language(self):
        lang = self.partner_id.lang
        return self.with_context(lang=lang) if lang else self

    def _compose(self, body, attachment=None):
        """Open the composer for a message to the customer; nothing is sent yet.

        :param body: Markup, or text that is escaped
        :param attachment: `ir.attachment` record of the composer
        """
        context = {
            "default_model": self._name,
            "default_res_ids": self.ids,
            "default_composition_mode": "comment",
            "default_subtype_xmlid": "mail.mt_comment",
            "default_partner_ids": self.partner_id.ids,
            "default_body": body,
        }
        if attachment:
            context["default_attachment_ids"] = [Command.set(attachment.ids)]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write to the Customer"),
            "res_model": "mail.compose.message",
            "views": [(False, "form")],
            "target": "new",
            "context": context,
        }

    def message_post(self, **kwargs):
        """Send what was written in the composer as what is written below a ticket."""
        comment_id = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment")
        if kwargs.get("subtype_id") == comment_id and not kwargs.get("subtype_xmlid"):
            kwargs["subtype_xmlid"] = "mail.mt_comment"
            del kwargs["subtype_id"]
        return super().message_post(**kwargs)
