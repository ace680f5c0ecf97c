# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is at hand while the telephone is: who calls, his tickets, his machines."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..models.selections import OPEN_STATES
from ..tools import identify
from ..tools.caller import asked, literal
from .aftersales_call import CALL_ROLES

#: So many of a kind are proposed.
LIMIT = 6
#: So many tickets and machines are shown beside a call.
OVERVIEW_LIMIT = 5

TICKET_SHOWN = ("reference", "name", "state", "stage_id", "reported_at", "equipment_id")
MACHINE_FOUND = ("product_name", "serial_number", "partner_id", "reference")


class AftersalesCall(models.TransientModel):
    _inherit = "aftersales.call"

    @api.model
    @api.readonly
    def search_caller(self, text):
        """Find who may be calling, while it is typed.

        By the last digits of a telephone number, parts of a name, a serial number or
        the reference of a ticket. A constant number of queries, each by an index.

        :param str text: what was typed so far
        :return: list of dict with kind (ticket, customer or equipment), label, detail,
            and as id and name, or False: partner, equipment, ticket
        :raise AccessError: for who takes no calls
        """
        self.env["res.users"]._check_aftersales_role(*CALL_ROLES)
        text = text if isinstance(text, str) else ""
        what = asked(text)
        machines = self._machines_called(what)
        partners = self.env["res.partner"]._aftersales_callers(what, LIMIT)
        # One query for whatever is named beside them.
        (partners | machines.partner_id).fetch(["complete_name"])
        return [
            *map(self._ticket_option, self._tickets_called(text)),
            *map(self._customer_option, partners),
            *map(self._machine_option, machines),
        ]

    @api.model
    def _tickets_called(self, text):
        named = identify.references(text)
        Ticket = self.env["aftersales.ticket"]
        return named and Ticket.search_fetch(
            [("reference", "in", named)], TICKET_SHOWN, limit=LIMIT
        )

    @api.model
    def _machines_called(self, what):
        """Find machines in service by the beginning of a serial number.

        :param what: `tools.caller.Asked`
        """
        Equipment = self.env["aftersales.equipment"]
        if not what.serial:
            return Equipment
        domain = Domain("serial_key", "=", what.serial) | Domain(
            "serial_number", "=ilike", literal(what.serial) + "%"
        )
        return Equipment.search_fetch(
            domain & Domain("state", "=", "in_service"), MACHINE_FOUND, limit=LIMIT
        )

    @api.model
    def _option(self, kind, label, detail, **records):
        """Describe one proposal."""
        option = {"kind": kind, "label": label, "detail": detail}
        for name in ("partner", "equipment", "ticket"):
            record = records.get(name)
            option[name] = bool(record) and {
                "id": record.id,
                "display_name": record.display_name,
            }
        return option

    @api.model
    def _ticket_option(self, ticket):
        is_open = ticket.state in OPEN_STATES
        return self._option(
            "ticket",
            ticket.display_name,
            ticket.partner_id.complete_name or self.env._("Customer not known"),
            partner=ticket.partner_id,
            equipment=ticket.equipment_id,
            ticket=is_open and ticket,
        )

    @api.model
    def _customer_option(self, partner):
        detail = " · ".join(filter(None, (partner.phone, partner.city)))
        return self._option("customer", partner.complete_name, detail, partner=partner)

    @api.model
    def _machine_option(self, machine):
        label = " · ".join(filter(None, (machine.serial_number, machine.product_name)))
        return self._option(
            "equipment",
            label,
            machine.partner_id.complete_name,
            partner=machine.partner_id,
            equipment=machine,
        )

    # === BESIDE THE CALL === #

    @api.model
    def _overview(self, partner, machine):
        """Say what is known of a caller: his latest tickets and his machines.

        :param partner: `res.partner` record, possibly empty
        :param machine: `aftersales.equipment` record that goes first, possibly empty
        :return: dict of lists: tickets, the open ones first, and machines
        """
        partner, machine = partner._origin, machine._origin
        if not partner:
            return {"tickets": [], "machines": []}
        return {
            "tickets": self._tickets_beside(partner, machine),
            "machines": self._machines_beside(partner, machine),
        }

    @api.model
    def _tickets_beside(self, partner, machine):
        Ticket = self.env["aftersales.ticket"]
        own = Domain("commercial_partner_id", "=", partner.commercial_partner_id.id)
        open_ones = Ticket.search_fetch(
            own & Domain("state", "in", OPEN_STATES),
            TICKET_SHOWN,
            limit=OVERVIEW_LIMIT,
            order="reported_at desc, id desc",
        )
        ended = Ticket.search_fetch(
            own & Domain("state", "not in", OPEN_STATES),
            TICKET_SHOWN,
            limit=max(OVERVIEW_LIMIT - len(open_ones), 2),
            order="reported_at desc, id desc",
        )
        # What is about the same machine first.
        tickets = open_ones.sorted(
            lambda ticket: not machine or ticket.equipment_id != machine
        )
        return [
            {
                "id": ticket.id,
                "display_name": ticket.display_name,
                "is_open": ticket.state in OPEN_STATES,
                "stage": ticket.stage_id.name,
                "reported": format_date(
                    self.env,
                    fields.Datetime.context_timestamp(self, ticket.reported_at),
                ),
                "is_same": bool(machine) and ticket.equipment_id == machine,
            }
            for ticket in tickets | ended
        ]

    @api.model
    def _machines_beside(self, partner, machine):
        customer = partner.commercial_partner_id.id
        Equipment = self.env["aftersales.equipment"]
        machines = Equipment.search(
            Domain("state", "=", "in_service")
            & (
                Domain("commercial_partner_id", "=", customer)
                | Domain("end_user_id.commercial_partner_id", "=", customer)
            ),
            limit=OVERVIEW_LIMIT,
        )
        # In place, where it is among them: the keys of the others stay.
        machines |= machine
        states = dict(
            Equipment._fields["warranty_state"]._description_selection(self.env)
        )
        return [
            {
                "id": found.id,
                "display_name": found.display_name,
                "name": found.product_name or found.reference,
                "serial": found.serial_number or "",
                "warranty_state": found.warranty_state,
                "coverage": self._coverage_words(found, states),
                "site": found.site_id.city or "",
                "is_chosen": found == machine,
            }
            for found in machines
        ]

    @api.model
    def _coverage_words(self, machine, states):
        """Say in a few words whether a machine is under warranty.

        :param dict states: label of each state of warranties
        """
        end = machine.warranty_end_date
        if machine.warranty_state in ("running", "ending"):
            return self.env._(
                "Warranty until %(date)s", date=format_date(self.env, end)
            )
        if machine.warranty_state == "ended" and end:
            return self.env._(
                "Warranty ended on %(date)s", date=format_date(self.env, end)
            )
        return (
            self.env._("Warranty not started")
            if machine.warranty_state == "pending"
            else states[machine.warranty_state]
        )
