# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A ticket that waits for somebody else: why, since when, and that its clocks rest."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from .selections import PAUSE_REASON_SELECTION

#: Who may let a ticket wait, and go on.
WAIT_ROLES = ("intake", "technician", "support", "dispatcher", "manager")


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    pause_reason = fields.Selection(
        PAUSE_REASON_SELECTION,
        string="Waits for",
        copy=False,
        readonly=True,
        help="Why it is not our turn.",
    )
    waiting_since = fields.Datetime(copy=False, readonly=True)
    # === CRUD === #

    def _guarded_fields(self):
        return super()._guarded_fields() | {"pause_reason", "waiting_since"}

    @api.model_create_multi
    def create(self, vals_list):
        tickets = super().create(vals_list)
        waiting = tickets.filtered(lambda ticket: ticket.state == "waiting")
        for stage, some in waiting.grouped("stage_id").items():
            some._check_wait(stage, False)
        waiting._follow_wait()
        return tickets

    def write(self, vals):
        if "waiting_since" in vals or not {"stage_id", "pause_reason"} & vals.keys():
            return super().write(vals)
        vals = dict(vals)
        reason = vals.pop("pause_reason", False)
        if vals.get("stage_id"):
            self.env["aftersales.ticket.stage"]._remember()
            self._check_wait(self.stage_id.browse(vals["stage_id"]), reason)
        elif reason and any(ticket.state != "waiting" for ticket in self):
            raise UserError(self.env._("Only a waiting ticket waits for something."))
        res = super().write(vals)
        self._follow_wait(reason)
        return res

    # === BEGIN AND END === #

    def _wait(self, reason, note=False, at=None):
        """Begin to wait, or wait for something else: the clocks rest.

        Each wait is in the ledger of every open clock; whether that one rests is the
        choice of its policy. The same wait with another note goes on since when it
        began, and the ledger keeps the new note as well.

        :param str reason: one of PAUSE_REASON_SELECTION
        :param str note: what exactly, for the ledger
        :param datetime at: naive UTC, by default now
        """
        at = at or fields.Datetime.now()
        tickets = self.filtered(lambda ticket: ticket.pause_reason != reason)
        # A new note on the same wait costs its clocks no minute: the wait goes on.
        noted = tickets | self if note else tickets
        if not noted:
            return
        pairs = []
        for clock in noted._open_clocks():
            if clock.ticket_id.waiting_since:
                pairs.append((clock, {"kind": "resume", "at": at}))
            pause = {"kind": "pause", "at": at, "pause_reason": reason, "reason": note}
            pairs.append((clock, pause))
        # sudo: that it waits follows from the stage
        tickets.sudo().write({"pause_reason": reason, "waiting_since": at})
        self.env["aftersales.sla.clock"]._apply_all(pairs)

    def _resume(self, note=False, at=None):
        """Wait no longer: the clocks run on.

        :param str note: what came, for the ledger
        :param datetime at: naive UTC, by default now
        """
        at = at or fields.Datetime.now()
        tickets = self.filtered("waiting_since")
        if not tickets:
            return
        tickets._open_clocks()._apply({"kind": "resume", "at": at, "reason": note})
        # sudo: that it waits no longer follows from the stage
        tickets.sudo().write({"pause_reason": False, "waiting_since": False})

    def _await(self, reason, note=False):
        """Put tickets into the waiting stage of a reason, as the dialog does.

        :param str reason: one of PAUSE_REASON_SELECTION
        :param str note: what exactly, for the ledger
        """
        self._wait(reason, note)
        Stage = self.env["aftersales.ticket.stage"]
        for team, tickets in self.grouped("team_id").items():
            stages = Stage.search(
                [("state", "=", "waiting"), ("team_ids", "in", [False, team.id])]
            )
            stage = (
                stages.filtered(lambda stage: stage.pause_reason == reason)
                or stages.filtered(lambda stage: not stage.pause_reason)
                or stages
            )[:1]
            if not stage:
                tickets._set_state("waiting")  # says what is missing
            # sudo: the stage follows from what is waited for
            tickets.sudo().write({"stage_id": stage.id})

    def _check_wait(self, stage, reason):
        """A ticket that waits says what for.

        :param stage: `aftersales.ticket.stage` record the tickets come to
        :param str reason: what was given with it, possibly empty
        :raise UserError: when neither the writer nor the stage says it
        """
        if stage.state != "waiting" or reason or stage.pause_reason:
            return
        if any(not ticket.pause_reason for ticket in self):
            raise UserError(
                self.env._(
                    "Say what the ticket waits for: use the button Wait, or the "
                    "column of the reason."
                )
            )

    def _follow_wait(self, reason=False):
        """Let the clocks rest or run on, as the stages say."""
        for ticket in self:
            if ticket.state == "waiting":
                ticket._wait(
                    reason or ticket.stage_id.pause_reason or ticket.pause_reason
                )
        self.filtered(lambda ticket: ticket.state != "waiting")._resume()

    # === THE CUSTOMER ANSWERS === #

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        """Go on when the customer, for whom a ticket waits, writes to us."""
        recipients = super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
        if self and self.pause_reason == "customer" and self._is_reaction(message):
            self._go_on(self.env._("The customer answered"))
        return recipients

    def _is_reaction(self, message):
        """Tell whether somebody outside wrote a message, not his mail program.

        A reply to a note of ours is a note for Odoo; the customer has answered.
        """
        # sudo: the author is not readable by everyone
        message = message.sudo()
        return message.message_type in (
            "comment",
            "email",
        ) and not self._is_colleague(message.author_id)

    def _go_on(self, note=False, at=None):
        """Take waiting tickets up again.

        :param str note: what came, for the ledger
        :param datetime at: naive UTC, by default now
        """
        waiting = self.filtered(lambda ticket: ticket.state == "waiting")
        waiting._resume(note, at)
        waiting._set_state("in_progress")

    # === ACTIONS === #

    def action_go_on(self):
        """Wait no longer: the clocks that rested run on."""
        self.env["res.users"]._check_aftersales_role(*WAIT_ROLES)
        self.check_access("write")
        if any(ticket.state != "waiting" for ticket in self):
            raise UserError(self.env._("Only a waiting ticket can go on."))
        self._go_on()
