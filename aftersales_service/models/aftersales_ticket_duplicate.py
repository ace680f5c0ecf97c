# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which other tickets may be about the same: shown, never decided."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools import similarity
from .selections import OPEN_STATES

#: Reports of one customer with like subjects count as one matter for so long.
DUPLICATE_SPAN = timedelta(days=14)
#: More are not compared: the latest are the likely ones.
CANDIDATE_LIMIT = 500
#: What of the others is compared.
COMPARED = (
    "commercial_partner_id",
    "company_id",
    "equipment_id",
    "name",
    "reported_at",
    "serial_number",
)


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    possible_duplicate_count = fields.Integer(
        string="Possible Duplicates",
        compute="_compute_possible_duplicate_count",
        help="Open tickets about the same machine, or of the same customer with a "
        "like subject within two weeks.",
    )

    @api.depends(
        "commercial_partner_id", "company_id", "equipment_id", "name", "serial_number"
    )
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_possible_duplicate_count(self):
        found = self._possible_duplicates()
        for ticket in self:
            ticket.possible_duplicate_count = len(found[ticket])

    def _possible_duplicates(self):
        """Find the open tickets that may be about the same as these.

        That is: the same equipment, the same serial number as typed, or the same
        customer with a like subject within two weeks. Tickets that have ended have
        none. One query for all, through the indexes of these fields, with the rights
        of the user.

        :return: dict of ticket -> `aftersales.ticket` records of the same company,
            the earliest report first
        """
        none = self.browse()
        found = dict.fromkeys(self, none)
        asking = self.filtered(lambda ticket: ticket.state in OPEN_STATES)
        alike = [ticket._duplicate_domain() for ticket in asking]
        alike = [domain for domain in alike if not domain.is_false()]
        if not alike:
            return found
        candidates = self.search_fetch(
            Domain("state", "in", OPEN_STATES)
            & Domain("company_id", "in", asking.company_id.ids)
            & Domain.OR(alike),
            COMPARED,
            order="reported_at DESC, id DESC",
            limit=CANDIDATE_LIMIT,
        ).sorted(lambda ticket: (ticket.reported_at, ticket.id))
        grams = {other: similarity.trigrams(other.name) for other in candidates}
        for ticket in asking:
            own = similarity.trigrams(ticket.name)
            found[ticket] = (candidates - ticket._origin).filtered(
                lambda other, ticket=ticket, own=own: ticket._is_like(
                    other, similarity.similarity(own, grams[other])
                )
            )
        return found

    def _duplicate_domain(self):
        """Say where the possible duplicates of a ticket are, more rather than less.

        :return: `Domain` on fields with an index of their own
        """
        self.ensure_one()
        domain = Domain.FALSE
        if self.equipment_id:
            domain |= Domain("equipment_id", "in", self.equipment_id._origin.ids)
        if serial := (self.serial_number or "").strip():
            escaped = serial.replace("\\", r"\\").replace("%", r"\%")
            domain |= Domain("serial_number", "=ilike", escaped.replace("_", r"\_"))
        if self.commercial_partner_id and self.name:
            reported = self.reported_at or fields.Datetime.now()
            domain |= (
                Domain("commercial_partner_id", "=", self.commercial_partner_id.id)
                & Domain("reported_at", ">=", reported - DUPLICATE_SPAN)
                & Domain("reported_at", "<=", reported + DUPLICATE_SPAN)
            )
        return domain

    def _is_like(self, other, likeness):
        """Tell whether another ticket may be about the same.

        :param other: `aftersales.ticket` record
        :param float likeness: of the two subjects, see `tools.similarity`
        """
        self.ensure_one()
        if other.company_id != self.company_id:
            return False
        if self.equipment_id and other.equipment_id:
            # Two machines are two matters, whatever the subjects say.
            return self.equipment_id._origin == other.equipment_id
        key = self.equipment_id._serial_key
        serials = key(self.serial_number), key(other.serial_number)
        if all(serials):
            return serials[0] == serials[1]
        reported = self.reported_at or fields.Datetime.now()
        return (
            likeness >= similarity.ALIKE
            and bool(self.commercial_partner_id)
            and other.commercial_partner_id == self.commercial_partner_id._origin
            and abs(other.reported_at - reported) <= DUPLICATE_SPAN
        )

    def action_view_possible_duplicates(self):
        """Show the tickets that may be about the same, this one among them."""
        self.ensure_one()
        self.check_access("read")
        tickets = self | self._possible_duplicates()[self]
        return tickets._get_records_action(
            name=self.env._("Possible Duplicates"), view_mode="list,form"
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_named(self):
        """Keep tickets in which others go on: those would lead nowhere.

        :raise UserError: naming some of the others
        """
        # sudo: the others count whether or not the user may see them
        others = self.sudo().with_context(active_test=False).duplicate_ids - self.sudo()
        if others:
            raise UserError(
                self.env._(
                    "%(ticket)s can't be deleted: others go on in it, such as "
                    "%(others)s. Archive it, or delete the others first.",
                    ticket=", ".join(others.original_id.mapped("reference")),
                    others=", ".join(others[:5].mapped("reference")),
                )
            )
