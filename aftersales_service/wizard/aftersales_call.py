# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from ..models.selections import (
    CHANNEL_SELECTION,
    OPEN_STATES,
    SEVERITY_SELECTION,
    TYPE_SELECTION,
)
from ..tools.caller import asked

#: Who takes calls.
CALL_ROLES = ("intake", "dispatcher", "technician", "support", "manager")
#: What a person writes down here. Mails and web forms come in by themselves.
CALL_CHANNELS = ("phone", "visit", "letter")
#: What is handed on to the ticket as it is.
TICKET_FIELDS = (
    "name",
    "ticket_type",
    "severity",
    "channel",
    "reported_at",
    "phone",
    "caller_name",
    "product_name",
    "serial_number",
)


class AftersalesCall(models.TransientModel):
    """Write down a call: a new ticket, or one more word on an open one."""

    _name = "aftersales.call"
    _description = "New Call"

    # Who calls; what follows is read with the rights of who fills the form in
    caller = fields.Char(
        help="What was typed to find the caller by: a telephone number, a name, a "
        "serial number or the reference of a ticket."
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        compute="_compute_partner_id",
        compute_sudo=False,
        store=True,
        readonly=False,
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id", related_sudo=False
    )
    caller_name = fields.Char(
        string="Caller's Name",
        compute="_compute_caller_name",
        compute_sudo=False,
        store=True,
        readonly=False,
    )
    phone = fields.Char(
        compute="_compute_phone", compute_sudo=False, store=True, readonly=False
    )
    overview = fields.Json(compute="_compute_overview", export_string_translation=False)

    # What it is about
    ticket_id = fields.Many2one(
        "aftersales.ticket",
        string="Open Ticket",
        help="The call is logged on this ticket; no other one is made.",
    )
    equipment_id = fields.Many2one(
        "aftersales.equipment",
        compute="_compute_equipment_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        domain="commercial_partner_id and ['|',"
        " ('commercial_partner_id', '=', commercial_partner_id),"
        " ('end_user_id', 'child_of', commercial_partner_id)] or []",
    )
    product_name = fields.Char(
        string="Product",
        compute="_compute_nameplate",
        compute_sudo=False,
        store=True,
        readonly=False,
        help="As on the nameplate.",
    )
    serial_number = fields.Char(
        compute="_compute_nameplate",
        compute_sudo=False,
        store=True,
        readonly=False,
        help="As on the nameplate.",
    )
    name = fields.Char(string="Subject")
    description = fields.Text(help="As the customer put it.")
    attachment_ids = fields.Many2many(
        "ir.attachment", string="Scans", help="The fax or letter, or a picture."
    )

    # How it is served
    ticket_type = fields.Selection(
        TYPE_SELECTION, string="Type", required=True, default="repair"
    )
    severity = fields.Selection(SEVERITY_SELECTION, required=True, default="normal")
    channel = fields.Selection(
        [pair for pair in CHANNEL_SELECTION if pair[0] in CALL_CHANNELS],
        required=True,
        default="phone",
    )
    reported_at = fields.Datetime(
        string="Came In",
        required=True,
        default=lambda self: fields.Datetime.now(),
        help="When it was reported. The promises count from here.",
    )
    team_id = fields.Many2one(
        "aftersales.team",
        compute="_compute_team_id",
        compute_sudo=False,
        store=True,
        readonly=False,
    )

    # What a call on an open ticket has brought
    is_answered = fields.Boolean(
        string="Was Answered",
        help="The caller got his answer from us: the promise to respond is kept.",
    )
    awaits_customer = fields.Boolean(
        compute="_compute_awaits_customer", export_string_translation=False
    )
    goes_on = fields.Boolean(
        string="Gave What We Waited for",
        compute="_compute_goes_on",
        compute_sudo=False,
        store=True,
        readonly=False,
        help="The ticket goes on and its promises run again.",
    )

    # === COMPUTES === #

    @api.depends("ticket_id", "equipment_id")
    def _compute_partner_id(self):
        for call in self:
            call.partner_id = (
                call.partner_id
                or call.ticket_id.partner_id
                or call.equipment_id.partner_id
            )

    @api.depends("ticket_id", "partner_id")
    def _compute_equipment_id(self):
        """Follow the ticket; a machine of somebody else is none of this caller."""
        for call in self:
            machine = call.ticket_id.equipment_id or call.equipment_id
            if machine and call.partner_id and not machine._served_for(call.partner_id):
                machine = machine.browse()
            call.equipment_id = machine

    @api.depends("equipment_id")
    def _compute_nameplate(self):
        for call in self:
            machine = call.equipment_id
            call.product_name = machine.product_name or call.product_name
            call.serial_number = machine.serial_number or call.serial_number

    @api.depends("caller", "partner_id")
    def _compute_caller_name(self):
        """Take a name that was typed, unless it has found a customer."""
        for call in self:
            text = asked(call.caller)
            is_name = text.words and not text.serial and not call.partner_id
            if is_name:
                call.caller_name = call.caller.strip()
            elif call.partner_id and call.caller_name == (call.caller or "").strip():
                call.caller_name = False
            else:
                call.caller_name = call.caller_name

    @api.depends("caller", "partner_id")
    def _compute_phone(self):
        """Where to call back: the number that was typed goes before the known one."""
        for call in self:
            typed = asked(call.caller).is_phone and call.caller.strip()
            call.phone = typed or call.partner_id.phone or call.phone

    @api.depends("equipment_id", "ticket_id")
    def _compute_team_id(self):
        Team = self.env["aftersales.team"]
        for call in self:
            company = call.equipment_id.company_id or self.env.company
            if call.ticket_id:
                call.team_id = call.ticket_id.team_id
            elif call.team_id.company_id != company:
                call.team_id = Team._default_team(self.env.user, company)
            else:
                call.team_id = call.team_id

    @api.depends("ticket_id")
    def _compute_awaits_customer(self):
        for call in self:
            call.awaits_customer = call.ticket_id.pause_reason == "customer"

    @api.depends("ticket_id")
    def _compute_goes_on(self):
        """In doubt the time is ours, not the customer's."""
        for call in self:
            call.goes_on = call.ticket_id.pause_reason == "customer"

    @api.depends("partner_id", "equipment_id")
    @api.depends_context("lang", "uid", "allowed_company_ids")
    def _compute_overview(self):
        for call in self:
            call.overview = call._overview(call.partner_id, call.equipment_id)

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        """The ticket of another customer is none of this caller."""
        customer = self.ticket_id.commercial_partner_id
        if customer and self.partner_id.commercial_partner_id != customer:
            self.ticket_id = False

    # === ACTIONS === #

    def action_save(self):
        """Make the ticket, or log the call on the one that was picked.

        :return: action that opens the ticket
        :raise AccessError, UserError, ValidationError: by another role, or with values
            that a ticket can't have
        """
        return self._save()._get_records_action()

    def action_save_new(self):
        """Do as `action_save`, and open the form for the next call.

        :return: action that says what was saved and opens an empty form
        """
        ticket = self._save()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_call_action"
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Saved: %s"),
                "links": [
                    {
                        "label": ticket.display_name,
                        "url": f"/odoo/service-tickets/{ticket.id}",
                    }
                ],
                "next": action,
            },
        }

    def _save(self):
        """Check who calls for it, and write the call down.

        :return: `aftersales.ticket` record
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role(*CALL_ROLES)
        self._check_scans()
        return self._log_on_ticket() if self.ticket_id else self._make_ticket()

    def _make_ticket(self):
        """Make a ticket of the call. Nobody becomes a customer by calling.

        :return: `aftersales.ticket` record
        :raise UserError: without a subject
        """
        if not (self.name or "").strip():
            raise UserError(self.env._("Say in a few words what the call is about."))
        ticket = self.env["aftersales.ticket"].create(self._prepare_ticket())
        self._hand_over_scans(ticket)
        return ticket

    def _prepare_ticket(self):
        """Prepare the values of the ticket, as for `aftersales.ticket.create`."""
        values = {name: self[name] for name in TICKET_FIELDS}
        values.update(
            description=plaintext2html(self.description) if self.description else False,
            equipment_id=self.equipment_id.id,
            partner_id=self.partner_id.id,
            user_id=False,
        )
        if self.team_id:
            values["team_id"] = self.team_id.id
        return values

    def _log_on_ticket(self):
        """Log the call on the open ticket that was picked.

        On one that was merged meanwhile it is logged where that goes on.

        :return: `aftersales.ticket` record
        :raise AccessError, UserError, ValidationError: for a ticket that has ended or
            is somebody else's, or a moment that can't be
        """
        # sudo: who had it merged meanwhile is none of this user's matter
        ticket = self.ticket_id.sudo()._merged_end().with_env(self.env)
        ticket.check_access("write")
        if ticket.state not in OPEN_STATES:
            raise UserError(
                self.env._(
                    "%s has ended. Reopen it, or make a new ticket of the call.",
                    ticket.display_name,
                )
            )
        customer, caller = self.ticket_id.commercial_partner_id, self.partner_id
        if customer and caller and caller.commercial_partner_id != customer:
            raise UserError(
                self.env._(
                    "%(ticket)s is a ticket of %(customer)s, not of %(caller)s.",
                    ticket=ticket.display_name,
                    customer=customer.display_name,
                    caller=caller.display_name,
                )
            )
        summary = "\n".join(
            text.strip() for text in (self.name, self.description) if text
        )
        if not summary.strip():
            raise UserError(self.env._("Say in a few words what the call is about."))
        log = self.env["aftersales.call.log"].create(
            {
                "ticket_id": ticket.id,
                "called_at": self.reported_at,
                "is_incoming": True,
                "reached": self.is_answered,
                "goes_on": self.goes_on,
                "contact_name": self.caller_name or caller.name or self.caller,
                "summary": summary,
            }
        )
        log.action_log()
        self._hand_over_scans(ticket)
        return ticket

    # === SCANS === #

    def _check_scans(self):
        """Take files that the user has uploaded here, and no others.

        :raise UserError: for a file of another record or person
        """
        # sudo: whose a file is, is asked before anything is done with it
        for scan in self.attachment_ids.sudo():
            if scan.res_model != self._name or scan.create_uid != self.env.user:
                raise UserError(self.env._("%s was not added to this call.", scan.name))

    def _hand_over_scans(self, ticket):
        """Let the files belong to the ticket, and show them in its history.

        :param ticket: `aftersales.ticket` record
        """
        scans = self.attachment_ids
        if scans:
            scans.write({"res_model": ticket._name, "res_id": ticket.id})
            ticket.message_post(
                body=self.env._("Came with the report"),
                attachment_ids=scans.ids,
                subtype_xmlid="mail.mt_note",
            )
