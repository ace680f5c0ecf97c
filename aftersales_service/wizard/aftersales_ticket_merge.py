# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.aftersales_ticket_merge import MERGE_ACROSS_ROLES, MERGE_ROLES
from ..models.selections import OPEN_STATES


class AftersalesTicketMerge(models.TransientModel):
    """Make one ticket of several reports of the same matter."""

    _name = "aftersales.ticket.merge"
    _description = "Merge Tickets"

    ticket_ids = fields.Many2many(
        "aftersales.ticket",
        string="Tickets",
        required=True,
        help="Take out what is another matter.",
    )
    original_id = fields.Many2one(
        "aftersales.ticket",
        string="Ticket That Stays",
        compute="_compute_original_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        required=True,
        ondelete="cascade",
        help="The others are cancelled; all that belongs to them goes to this one.",
    )
    company_ids = fields.Many2many(
        "res.company", compute="_compute_company_ids", export_string_translation=False
    )
    warning = fields.Text(compute="_compute_warning")

    @api.model
    def default_get(self, fields):
        """Begin with the selection; with what resembles it, when it is only one.

        :raise AccessError: for a role that may not merge
        """
        self.env["res.users"]._check_aftersales_role(*MERGE_ROLES)
        values = super().default_get(fields)
        if (
            "ticket_ids" in fields
            and self.env.context.get("active_model") == "aftersales.ticket"
        ):
            ids = self.env.context.get("active_ids") or []
            tickets = self.env["aftersales.ticket"].browse(ids).exists()
            if len(tickets) == 1:
                tickets |= tickets._possible_duplicates()[tickets]
            values["ticket_ids"] = [Command.set(tickets.ids)]
        return values

    @api.depends("ticket_ids")
    def _compute_company_ids(self):
        for wizard in self:
            wizard.company_ids = wizard.ticket_ids.company_id

    @api.depends("ticket_ids")
    def _compute_original_id(self):
        """Propose the oldest report that is open, one that is signed first."""
        for wizard in self:
            tickets = wizard.ticket_ids._origin
            if wizard.original_id in tickets:
                continue
            able = tickets.filtered(lambda ticket: ticket.state in OPEN_STATES)
            # sudo: a signature counts whether or not the user may see it
            signed = able.filtered(lambda t: t.sudo().job_ids.dispatch_id.form_ids)
            wizard.original_id = (signed or able).sorted(
                lambda ticket: (ticket.reported_at, ticket.id)
            )[:1]

    @api.depends("ticket_ids", "original_id")
    def _compute_warning(self):
        """Say what should make one think before two matters are mixed up."""
        for wizard in self:
            tickets = wizard.ticket_ids._origin
            customers = tickets.commercial_partner_id
            texts = []
            if len(customers) > 1:
                names = ", ".join(customers.mapped("display_name"))
                texts.append(
                    self.env._(
                        "Different customers: %s. From then on each of them gets the "
                        "answers to the other.",
                        names,
                    )
                )
                if not self.env["res.users"]._has_aftersales_role(*MERGE_ACROSS_ROLES):
                    texts.append(
                        self.env._("Only a dispatcher or a manager may merge these.")
                    )
            if len(tickets.equipment_id) > 1:
                texts.append(
                    self.env._(
                        "Different equipment: %s.",
                        ", ".join(tickets.equipment_id.mapped("display_name")),
                    )
                )
            if len(tickets.company_id) > 1:
                texts.append(
                    self.env._("Tickets of different companies can't be merged.")
                )
            wizard.warning = "\n".join(texts)

    def action_merge(self):
        """Merge the others into the ticket that goes on, and show that one.

        :raise AccessError, UserError: see `aftersales.ticket._merge_into`
        """
        self.ensure_one()
        if self.original_id not in self.ticket_ids:
            raise UserError(self.env._("Choose which of the tickets goes on."))
        (self.ticket_ids - self.original_id)._merge_into(self.original_id)
        return self.original_id._get_records_action()
