# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""From a ticket to the workshop, with one click."""

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .aftersales_workshop import ENDED_STATES, STAY_PLACES
from .selections import OPEN_STATES


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    def action_workshop(self):
        """Send the ticket's machine to the workshop: the visit and its transfer.

        Opens the one under way, if there is one.

        :raise AccessError, UserError: by another role, for an ended ticket, or where
            the machine is not known or sent in already
        """
        self.ensure_one()
        roles = ["dispatcher", "manager"]
        if self.ticket_type == "return":
            roles.append("intake")
        self.env["res.users"]._check_aftersales_role(*roles)
        self.check_access("write")
        self._meet_in_workshop()
        under_way = self.job_ids.dispatch_id.filtered(
            lambda visit: visit.mode == "workshop" and visit.state not in ENDED_STATES
        )
        if under_way:
            return under_way[0]._get_records_action()
        self._check_workshop()
        # sudo: intake sends returned products in, dispatchers plan all the rest
        dispatch = (
            self.sudo()
            .env["aftersales.dispatch"]
            .create({**self._prepare_dispatch(), "mode": "workshop"})
        )
        if self.service_mode != "workshop":
            # sudo: the mode follows from sending it in
            self.sudo().service_mode = "workshop"
        if self.equipment_id.product_id:
            dispatch._workshop_receive()
        return dispatch.with_env(self.env)._get_records_action()

    def _meet_in_workshop(self):
        """Make two meet who send in the same machine at the same time."""
        for record in (self, self.equipment_id):
            if record.ids:
                self.env.cr.execute(
                    SQL(
                        "UPDATE %s SET write_date = write_date WHERE id = %s",
                        SQL.identifier(record._table),
                        record.id,
                    )
                )

    def _check_workshop(self):
        """Refuse to send in what can't be.

        :raise UserError: with what is to be done first
        """
        if self.state not in OPEN_STATES:
            raise UserError(
                self.env._("Reopen the ticket before you send its machine in.")
            )
        if not self.partner_id:
            raise UserError(self.env._("Say first who the customer is."))
        if not self.equipment_id and self.serial_number:
            raise UserError(
                self.env._(
                    "No machine with the serial number %s is known of this customer. "
                    "Enter it in the installed base, and choose it in the ticket.",
                    self.serial_number,
                )
            )
        if not self.equipment_id:
            raise UserError(
                self.env._(
                    "Say first which machine is sent in: choose the equipment of the "
                    "ticket, or enter its serial number."
                )
            )
        self.equipment_id._check_in_service()
        self._in_triage()._check_facts()
        self._check_not_in_workshop()

    def _check_not_in_workshop(self):
        """Refuse to send in a machine that is with us already.

        :raise UserError: naming the visit
        """
        if self.equipment_id.quantity > 1:
            return  # a lot: another piece of it
        # sudo: the machine is here, whether or not the user may see for what
        jobs = (
            self.sudo()
            .env["aftersales.dispatch.job"]
            .search(
                [
                    ("equipment_id", "=", self.equipment_id.id),
                    ("dispatch_id.mode", "=", "workshop"),
                    "|",
                    ("dispatch_id.workshop_place", "in", STAY_PLACES),
                    ("dispatch_id.state", "not in", ENDED_STATES),
                ],
                limit=1,
            )
        )
        if jobs:
            raise UserError(
                self.env._(
                    "%(machine)s is sent in already with %(visit)s.",
                    machine=self.equipment_id.display_name,
                    visit=jobs.dispatch_id.name,
                )
            )


class AftersalesCoverage(models.Model):
    _inherit = "aftersales.coverage"

    def _record(self, vals_list, first=False):
        """What is quoted for an exchange follows the decision who pays."""
        new = super()._record(vals_list, first=first)
        if not first:
            new.finding_id._follow_in_workshop()
        return new


class AftersalesFinding(models.Model):
    _inherit = "aftersales.finding"

    def _decide_coverage(self, first=False):
        """A machine that was exchanged or taken back has lost its warranties by that.

        What was decided before about its faults stands.
        """
        free = self if first or not self else self - self._settled_in_workshop()
        return super(AftersalesFinding, free)._decide_coverage(first=first)

    def _settled_in_workshop(self):
        """Return the findings about machines that have been exchanged or taken back."""
        # sudo: what has moved has moved, whoever enters a fact
        findings = self.sudo().exists()
        visits = findings.env["aftersales.dispatch"].search(
            [
                ("workshop_outcome", "in", ("exchange", "refund")),
                ("job_ids.ticket_id", "in", findings.ticket_id.ids),
            ]
        )
        moved = visits.filtered(
            lambda visit: visit._workshop_moves("replace", "keep", done=True)
        )
        tickets = moved.job_ids.ticket_id
        return findings.filtered(lambda finding: finding.ticket_id in tickets)

    def _follow_in_workshop(self):
        """Let what the workshop charges follow a new decision who pays."""
        # sudo: follows from the decision, whoever takes it
        visits = (
            self.sudo()
            .env["aftersales.dispatch"]
            .search(
                [("workshop_finding_id", "in", self.ids), ("state", "!=", "cancelled")]
            )
        )
        visits._workshop_update_charge()
