# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import is_html_empty, ormcache

from .selections import TYPE_SELECTION

#: The facts that can be required, each with what tells whether a ticket knows it.
#: A requirement has a box of the same name for each. The severity is none of them: it
#: is never empty.
FACTS = {
    "customer": lambda ticket: bool(ticket.partner_id),
    "contact": lambda ticket: bool(ticket.phone or ticket.email_from),
    "machine": lambda ticket: bool(
        ticket.equipment_id or (ticket.product_name or "").strip()
    ),
    "serial_number": lambda ticket: bool((ticket.serial_number or "").strip()),
    "fault": lambda ticket: bool(ticket.finding_ids.fault_id),
    "service_mode": lambda ticket: bool(ticket.service_mode),
    "site": lambda ticket: bool(ticket.site_id),
    "description": lambda ticket: not is_html_empty(ticket.description),
}


class AftersalesRequirement(models.Model):
    """What must be known of a type of ticket before it goes on to those who serve."""

    _name = "aftersales.requirement"
    _inherit = "aftersales.cached.mixin"
    _description = "Required Facts"
    _order = "id"
    _rec_name = "ticket_type"

    ticket_type = fields.Selection(TYPE_SELECTION, string="Type", required=True)
    customer = fields.Boolean()
    contact = fields.Boolean(string="Phone or E-mail")
    machine = fields.Boolean(string="Product or Equipment")
    serial_number = fields.Boolean()
    fault = fields.Boolean()
    service_mode = fields.Boolean()
    site = fields.Boolean()
    description = fields.Boolean(string="Reported Fault")

    _ticket_type_uniq = models.Constraint(
        "UNIQUE(ticket_type)", "There is a row for this type of ticket already."
    )

    @api.model
    @ormcache("ticket_type")
    def _facts_of(self, ticket_type):
        """Say which facts a type of ticket requires.

        :param str ticket_type: one of TYPE_SELECTION
        :return: tuple of names, in the order of FACTS
        """
        # sudo: what is required is the same for everybody
        row = self.sudo().search([("ticket_type", "=", ticket_type)], limit=1)
        return tuple(name for name in FACTS if row[name])

    @api.model
    def _fact_labels(self, names):
        """Name facts to the reader.

        :param names: iterable of names of FACTS
        :return: str, the labels separated by commas, in the reader's language
        """
        labels = (self._fields[name]._description_string(self.env) for name in names)
        return ", ".join(labels)
