# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A form that the customer signs from afar: after remote service, or after a visit."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import email_normalize, formataddr

from .aftersales_service_acceptance import ACCEPTANCE_STATES, VALID
from .selections import OPEN_STATES


class AftersalesDispatchLine(models.Model):
    _inherit = "aftersales.dispatch.line"

    @api.constrains("kind", "dispatch_id")
    def _check_travel(self):
        self.dispatch_id._check_no_travel()


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    acceptance_ids = fields.One2many(
        "aftersales.service.acceptance", "dispatch_id", string="Links for Acceptance"
    )
    acceptance_state = fields.Selection(
        ACCEPTANCE_STATES, string="Acceptance", compute="_compute_acceptance"
    )
    acceptance_email = fields.Char(string="Link Sent to", compute="_compute_acceptance")
    acceptance_expires_at = fields.Datetime(
        string="Link Valid until", compute="_compute_acceptance"
    )
    acceptance_reason = fields.Char(
        string="Reason for Declining", compute="_compute_acceptance"
    )
    acceptance_is_late = fields.Boolean(
        compute="_compute_acceptance", export_string_translation=False
    )

    @api.depends("acceptance_ids.state")
    def _compute_acceptance(self):
        now = fields.Datetime.now()
        for dispatch in self:
            last = dispatch.acceptance_ids.sorted("id")[-1:]
            dispatch.acceptance_state = last.state
            dispatch.acceptance_email = last.email
            dispatch.acceptance_expires_at = last.expires_at
            dispatch.acceptance_reason = last.reason
            dispatch.acceptance_is_late = bool(
                last.state == "sent" and last.expires_at < now
            )

    @api.constrains("mode")
    def _check_no_travel(self):
        """Refuse travel where nobody travels.

        :raise ValidationError: for a remote service with a line of travel
        """
        for dispatch in self.filtered(lambda visit: visit.mode == "remote"):
            if "travel" in dispatch.line_ids.mapped("kind"):
                raise ValidationError(
                    self.env._(
                        "%s is a remote service: nobody travels. Delete the travel, "
                        "or plan a visit on site.",
                        dispatch.name,
                    )
                )

    # === ACCEPTANCE === #

    def _check_remote(self):
        """Refuse what is only for remote service.

        :raise UserError: for a visit, which is signed on the spot or by a link
        """
        if any(dispatch.mode != "remote" for dispatch in self):
            raise UserError(
                self.env._("Only a remote service is accepted by telephone.")
            )

    def _acceptance_address(self):
        """Find who is asked to accept.

        :return: `res.partner`, address
        :raise UserError: when no address is known
        """
        self.ensure_one()
        tickets = self.job_ids.ticket_id
        people = tickets.partner_id | self.partner_id
        for partner in people:
            if partner.email_normalized:
                return partner, formataddr(
                    (partner.name or "", partner.email_normalized)
                )
        for ticket in tickets:
            if email_normalize(ticket.email_from or ""):
                return people[:1], ticket.email_from
        if self.mode == "remote":
            message = self.env._(
                "No e-mail address of %s is known. Call the customer and record the "
                "acceptance by telephone.",
                self.partner_id.display_name,
            )
        else:
            message = self.env._(
                "No e-mail address of %s is known. Enter one in the contact, or let "
                "the customer sign on the spot or on paper.",
                self.partner_id.display_name,
            )
        raise UserError(message)

    def action_send_acceptance(self):
        """Send the customer a link under which he signs or declines.

        For a visit as well, when nobody who may sign was at the site. Whoever signs on
        the spot meanwhile withdraws the link.

        :raise AccessError, UserError: by another role, before the work is finished, or
            when no address is known
        """
        self.ensure_one()
        self._check_worker()
        self._touch()
        self._check_state("to_sign")
        self._check_worked()
        partner, email = self._acceptance_address()
        # sudo: technicians are printed whether or not the user may read employees
        technician = self.sudo().technician_ids[:1].name or self.env.user.name
        previous = self.form_id
        self._withdraw_acceptances()
        # sudo: nobody has the right to write requests but through this method
        acceptance = (
            self.env["aftersales.service.acceptance"]
            .sudo()
            .create(
                {
                    "dispatch_id": self.id,
                    "partner_id": partner.id,
                    "email": email,
                    "user_id": self.env.uid,
                    "technician_name": technician,
                    "replaces_reason": self._correction_words() if previous else False,
                    "work_hash": self._work_hash(),
                    "expires_at": fields.Datetime.now() + VALID,
                }
            )
        )
        name = "mail_template_acceptance"
        if self.mode != "remote":
            name += "_visit"
        template = self.env.ref(f"aftersales_service.{name}")
        template.sudo().send_mail(acceptance.id)
        self.message_post(
            body=self.env._("The service form was sent to %s for acceptance.", email),
            subtype_xmlid="mail.mt_note",
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Sent to %s", email),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _correction_words(self):
        """Say, in the customer's language, why he is asked a second time."""
        lang = self.partner_id.lang or self.env.user.lang
        return self.with_context(lang=lang).env._(
            "Corrected after version %s", self.form_id.version
        )

    def _withdraw_acceptances(self):
        """Make links that wait for an answer worthless."""
        # sudo: they follow from the visit, whoever works on it
        waiting = self.sudo().acceptance_ids.filtered(lambda a: a.state == "sent")
        waiting.state = "withdrawn"
        waiting.flush_recordset(["state"])

    def action_accept_by_phone(self):
        """Record that the customer accepted, or did not, on the telephone."""
        self.ensure_one()
        self._check_remote()
        action = self.action_sign()
        action["name"] = self.env._("Acceptance by Telephone")
        action["context"] = {**action["context"], "default_acceptance": "phone"}
        return action

    def _move(self, state, **stamps):
        """What was sent counts no more when the work goes on or is done."""
        res = super()._move(state, **stamps)
        if state != "to_sign":
            self._withdraw_acceptances()
        return res


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    def action_remote_service(self):
        """Open the form of a remote service: the one under way, else a new one.

        :raise AccessError, UserError: by another role, for an ended ticket, or when
            nobody is there who could have done it
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role(
            "technician", "dispatcher", "manager"
        )
        self.check_access("write")
        under_way = self.job_ids.dispatch_id.filtered(
            lambda visit: (
                visit.mode == "remote" and visit.state not in ("done", "cancelled")
            )
        )
        if under_way:
            return under_way[0]._get_records_action()
        if self.state not in OPEN_STATES:
            raise UserError(
                self.env._("Reopen the ticket before you serve the customer again.")
            )
        if not self.partner_id:
            raise UserError(self.env._("Say first who the customer is."))
        self._in_triage()._check_facts()
        # sudo: technicians begin remote services, the dispatcher plans all others
        dispatch = self.env["aftersales.dispatch"].sudo().create(self._prepare_remote())
        dispatch.action_plan()
        dispatch = dispatch.with_env(self.env)
        dispatch.action_arrive()
        return dispatch._get_records_action()

    def _move_visits(self, stays):
        """Make links worthless that were sent for a ticket which goes on elsewhere.

        The customer would accept a form that names another ticket; who has sent it is
        told to send it anew.
        """
        sent = self.job_ids.dispatch_id.acceptance_ids.filtered(
            lambda acceptance: acceptance.state == "sent"
        )
        res = super()._move_visits(stays)
        for acceptance in sent:
            acceptance.dispatch_id._withdraw_acceptances()
            acceptance.dispatch_id.message_post(
                body=self.env._(
                    "The ticket goes on in %s: send the service form to the customer "
                    "again.",
                    stays.display_name,
                ),
                author_id=self.env.user.partner_id.id,
                partner_ids=acceptance.user_id.partner_id.ids,
                subtype_xmlid="mail.mt_note",
            )
        return res

    def _prepare_remote(self):
        """Prepare the values of a remote service that begins now.

        :return: dict for `aftersales.dispatch.create`
        """
        company = self.company_id
        users = self.env.user | self.user_id
        # sudo: employees are not readable by every user
        employee = users.with_company(company).sudo().employee_id[:1]
        if not employee:
            raise UserError(
                self.env._(
                    "You are no employee of %s, nor is anybody responsible who is. "
                    "Assign the ticket to the technician first.",
                    company.name,
                )
            )
        job = {"ticket_id": self.id, "work_done": self.resolution}
        return {
            **self._prepare_dispatch(),
            "mode": "remote",
            "scheduled_start": fields.Datetime.now(),
            "technician_ids": [Command.set(employee.ids)],
            "job_ids": [Command.create(job)],
        }
