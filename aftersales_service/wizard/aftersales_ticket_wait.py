# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.aftersales_ticket_wait import WAIT_ROLES
from ..models.selections import OPEN_STATES, PAUSE_REASON_SELECTION


class AftersalesTicketWait(models.TransientModel):
    """Let a ticket wait, and say what for: its clocks rest as their policies say."""

    _name = "aftersales.ticket.wait"
    _description = "Wait"

    ticket_id = fields.Many2one("aftersales.ticket", required=True, ondelete="cascade")
    reason = fields.Selection(
        PAUSE_REASON_SELECTION, string="What for", required=True, default="customer"
    )
    note = fields.Char(help="What exactly. It stands in the ledger of the promises.")
    effect = fields.Text(string="The Promises", compute="_compute_effect")

    @api.depends("ticket_id", "reason")
    def _compute_effect(self):
        """Say before it happens which promises rest and which run on."""
        for wizard in self:
            # sudo: policies are named to whoever works on the ticket
            clocks = wizard.ticket_id._open_clocks().sudo()
            kinds = dict(clocks._fields["kind"]._description_selection(self.env))
            wizard.effect = "\n".join(
                self.env._("%(promise)s rests until the ticket goes on.", promise=kind)
                if rests
                else self.env._("%(promise)s runs on.", promise=kind)
                for kind, rests in (
                    (kinds[clock.kind], wizard.reason in clock.policy_id._pausing())
                    for clock in clocks
                )
            )

    def action_wait(self):
        """Put the ticket into the waiting stage of the reason.

        :raise AccessError: for a role that doesn't work on tickets
        :raise UserError: when the ticket has ended
        """
        self.ensure_one()
        ticket = self.ticket_id
        self.env["res.users"]._check_aftersales_role(*WAIT_ROLES)
        ticket.check_access("write")
        if ticket.state not in OPEN_STATES:
            raise UserError(self.env._("%s is not open any more.", ticket.display_name))
        note = (self.note or "").strip()
        ticket._await(self.reason, note)
        if note:
            reasons = dict(self._fields["reason"]._description_selection(self.env))
            ticket.message_post(
                body=self.env._(
                    "%(reason)s: %(note)s", reason=reasons[self.reason], note=note
                ),
                subtype_xmlid="mail.mt_note",
            )
        return {"type": "ir.actions.act_window_close"}
