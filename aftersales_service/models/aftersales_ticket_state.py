# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What follows when something happens to a ticket: stamps, stages and clocks."""

from odoo import fields, models
from odoo.exceptions import UserError

from .selections import OPEN_STATES

#: Who may end a ticket, and how.
STEP_ROLES = {
    "solved": ("technician", "support", "dispatcher", "manager"),
    "closed": ("intake", "dispatcher", "manager"),
    "cancelled": ("intake", "dispatcher", "manager"),
}


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    # === WHAT HAPPENS === #

    def _respond(self, at=None, reason=False):
        """The customer was answered: by mail, by telephone or face to face.

        :param datetime at: moment of the answer (naive UTC), by default now
        :param str reason: what the answer was, for the ledger
        """
        at = at or fields.Datetime.now()
        self._keep("respond", "responded_at", at, reason)
        self.filtered(lambda ticket: ticket.state in ("new", "assigned"))._set_state(
            "in_progress"
        )

    def _arrive(self, at=None, reason=False):
        """A technician arrived at the site, which answers the customer as well.

        :param datetime at: moment of the arrival (naive UTC), by default now
        :param str reason: which visit it was, for the ledger
        """
        at = at or fields.Datetime.now()
        self._respond(at, reason)
        self._keep("arrive", "arrived_at", at, reason)

    def _keep(self, kind, stamp, at, reason):
        """Note that a promise was kept, also when an earlier moment is entered later.

        :param str kind: respond or arrive
        :param str stamp: the ticket's field that says since when
        :param datetime at: the moment (naive UTC)
        """
        tickets = self.filtered(lambda t: not t[stamp] or t[stamp] > at)
        # sudo: the stamp and the clocks follow from what was done
        tickets.sudo().write({stamp: at})
        clocks = tickets.sudo().clock_ids.filtered(
            lambda clock: (
                clock.kind == kind
                and clock.outcome != "void"
                and (not clock.stopped_at or clock.stopped_at > at)
            )
        )
        # A clock that was attached after the moment was kept from its start.
        clocks._apply_all(
            [
                (
                    clock,
                    {
                        "kind": "stop",
                        "at": max(at, clock.started_at),
                        "reason": reason,
                    },
                )
                for clock in clocks
            ]
        )

    def _solve(self, at=None, reason=False):
        """The fault is removed or the question answered.

        :param datetime at: moment of the solution (naive UTC), by default now
        :param str reason: how it was solved, for the ledger
        """
        at = at or fields.Datetime.now()
        tickets = self.filtered(lambda ticket: ticket.state in OPEN_STATES)
        tickets._mark_solved(at, reason)
        tickets._set_state("solved")

    def _accept(self, form):
        """The customer signed for a visit: what it solved is solved.

        :param form: `aftersales.service.form` record, with its outcome
        """
        if form.outcome not in ("accepted", "remarks"):
            return
        solved = form.dispatch_id.job_ids.filtered(
            lambda job: job.ticket_id in self and job.result == "solved"
        )
        for job in solved:
            if not job.ticket_id.resolution:
                job.ticket_id.resolution = job.work_done
        solved.ticket_id._solve(form.signed_at, form.display_name)

    def _followups_open(self):
        """Return what has still to be asked of the customer after the service.

        :return: records, empty when nothing has; a ticket that has some stays open
        """
        return self.browse()

    # === WHO MAY, AND WHEN === #

    def _check_step(self, state, resolution=None):
        """Refuse a step of another role, out of order, or without its words.

        :param str state: the state the tickets come to
        :param str resolution: the words that are written together with the step
        :raise AccessError, UserError: whether by a button or by dragging on the board
        """
        if self.env.su:
            return
        if state in STEP_ROLES:
            self.env["res.users"]._check_aftersales_role(*STEP_ROLES[state])
        for ticket in self:
            if state == "solved" and ticket.state not in OPEN_STATES:
                raise UserError(
                    self.env._("%s is not open any more.", ticket.display_name)
                )
            if (
                state == "solved"
                and not (resolution or ticket.resolution or "").strip()
            ):
                raise UserError(
                    self.env._(
                        "Write down what solved %s: the next technician learns from "
                        "it.",
                        ticket.reference,
                    )
                )
            if state == "closed" and ticket.state != "solved":
                raise UserError(self.env._("Only a solved ticket can be closed."))
            if state == "cancelled" and ticket.state == "closed":
                raise UserError(self.env._("A closed ticket can't be cancelled."))

    # === WHAT FOLLOWS === #

    def _set_state(self, state):
        """Move tickets to the first stage of their team that has the state.

        :param str state: the new state
        :raise UserError: when no such stage exists
        """
        for team, tickets in self.grouped("team_id").items():
            stage = self.env["aftersales.ticket.stage"]._for_state(state, team)
            if not stage:
                raise UserError(
                    self.env._(
                        "Team %(team)s has no stage with the state %(state)s.",
                        team=team.display_name,
                        state=dict(
                            stage._fields["state"]._description_selection(self.env)
                        )[state],
                    )
                )
            # sudo: the stage follows from what happened; buttons check the right
            tickets.sudo().write({"stage_id": stage.id})

    def _move_from_new_to_assigned(self):
        self.filtered(lambda ticket: ticket.state == "new")._set_state("assigned")

    def _state_changed(self, before):
        """Do what follows from other stages: stamps and clocks.

        Called after each write of the stage, by a button, by dragging or by import.

        :param dict before: ticket -> state before the write
        """
        now = fields.Datetime.now()
        changed = self.filtered(lambda ticket: before[ticket] != ticket.state)
        for state, tickets in changed.grouped("state").items():
            was_open = tickets.filtered(lambda ticket: before[ticket] in OPEN_STATES)
            if state == "cancelled":
                tickets._check_no_visit_under_way()
                tickets._cancel_planned_visits()
                for words, some in tickets.grouped(
                    lambda ticket: ticket._cancel_words()
                ).items():
                    some._void_clocks(words)
            elif state in ("solved", "closed"):
                was_open.filtered(lambda t: not t.solved_at)._mark_solved(now)
                if state == "closed":
                    # sudo: the stamp follows from the stage
                    tickets.sudo().write({"closed_at": now})
                    self.env["aftersales.sla.clock"]._apply_all(
                        tickets._prepare_end(
                            "respond", now, self.env._("Closed without an answer")
                        )
                    )
            else:
                (tickets - was_open)._mark_reopened(now)

    def _mark_solved(self, at, reason=False):
        """Stamp the solution, stop what it fulfils and void what it makes needless."""
        # sudo: the stamp follows from the solution
        self.sudo().write({"solved_at": at})
        pairs = [
            (clock, {"kind": "stop", "at": at, "reason": reason})
            for clock in self._open_clocks("resolve")
        ]
        pairs += self._prepare_end(
            "arrive", at, self.env._("Solved before anyone had to go")
        )
        self.env["aftersales.sla.clock"]._apply_all(pairs)

    def _mark_reopened(self, at):
        """Let the resolve clocks run on; attach what applies and is not there."""
        # sudo: the stamps follow from the stage
        self.sudo().write({"solved_at": False, "closed_at": False})
        # sudo: clocks are read for their tickets whoever reopens them
        stopped = self.sudo().clock_ids.filtered(
            lambda clock: clock.kind == "resolve" and clock.outcome in ("met", "missed")
        )
        missed = stopped.filtered(
            lambda clock: (
                clock.outcome == "missed" and clock.policy_id.reopen_rule == "continue"
            )
        )
        stopped._apply({"kind": "reopen", "at": at})
        self._sync_clocks(reopened_at=at)
        self._check_still_broken(missed)

    def _visits_in(self, states):
        # sudo: a visit counts whether or not the user may see it
        return self.sudo().job_ids.dispatch_id.filtered(
            lambda dispatch: dispatch.state in states
        )

    def _check_no_visit_under_way(self):
        visits = self._visits_in(("on_way", "on_site", "to_sign"))
        if visits:
            raise UserError(
                self.env._(
                    "A technician is on the way or at work. End the visit first: %s",
                    ", ".join(visits.mapped("name")),
                )
            )

    def _cancel_planned_visits(self):
        visits = self._visits_in(("draft", "planned"))
        visits.filtered(
            lambda visit: all(job.ticket_id in self for job in visit.job_ids)
        )._cancel()
