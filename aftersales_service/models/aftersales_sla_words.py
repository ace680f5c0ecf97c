# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A clock in words: why it has this policy and this deadline."""

from odoo import api, fields, models
from odoo.tools import format_datetime, format_duration

from .selections import PAUSE_REASON_SELECTION


class AftersalesSlaClock(models.Model):
    _inherit = "aftersales.sla.clock"

    match_reason = fields.Char(string="Why This Promise", compute="_compute_reason")
    deadline_reason = fields.Text(
        string="Why This Deadline",
        compute="_compute_deadline_reason",
        help="Times are in your time zone.",
    )

    @api.depends("matched_on", "policy_id")
    @api.depends_context("lang")
    def _compute_reason(self):
        policies = self.env["aftersales.sla.policy"]
        labels = policies.fields_get(policies._criteria(), ["string"])
        for clock in self:
            names = [
                labels[name]["string"]
                for name in (clock.matched_on or "").split(",")
                if name in labels
            ]
            clock.match_reason = (
                self.env._(
                    "The ticket fits the policy by: %(criteria)s",
                    criteria=", ".join(names),
                )
                if names
                else self.env._("The policy is for every ticket")
            )

    @api.depends(
        "match_reason", "deadline", "outcome", "state", "event_ids", "calendar_id"
    )
    @api.depends_context("lang", "tz")
    def _compute_deadline_reason(self):
        for clock in self:
            # sudo: policies and calendars are named to whoever may read the ticket
            clock_sudo = clock.sudo()
            lines = [
                clock_sudo._say_promise(),
                clock_sudo._say_hours(),
                clock_sudo._say_pauses(),
                *clock_sudo._say_corrections(),
                clock_sudo._say_deadline(),
            ]
            clock.deadline_reason = "\n".join(line for line in lines if line)

    def _say_promise(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        return self.env._(
            "%(promise)s within %(hours)s, by the policy “%(policy)s”. %(reason)s.",
            promise=kinds[self.kind],
            hours=format_duration(self.target_hours),
            policy=self.policy_id.name,
            reason=self.match_reason,
        )

    def _say_hours(self):
        started = self._say_moment(self.started_at)
        if not self.snapshot_id:
            return self.env._("Counts around the clock from %(start)s.", start=started)
        return self.env._(
            "Counts the hours of “%(calendar)s” (%(zone)s), less holidays, from "
            "%(start)s.",
            calendar=self.snapshot_id.name,
            zone=self.snapshot_id.tz,
            start=started,
        )

    def _say_pauses(self):
        """Say how long it rested; a wait that the policy does not honour is named."""
        if self.state == "paused":
            reasons = dict(self._pause_reasons())
            return self.env._(
                "Rests now: %(reason)s. %(hours)s of earlier pauses are not counted.",
                reason=reasons.get(self.pause_reason, self.env._("Paused")),
                hours=format_duration(self.paused_minutes / 60.0),
            )
        if self.paused_minutes:
            return self.env._(
                "%(hours)s of pauses are not counted.",
                hours=format_duration(self.paused_minutes / 60.0),
            )
        if self.event_ids.filtered("pause_reason"):
            return self.env._("Waiting does not pause this promise, by its policy.")
        return ""

    def _pause_reasons(self):
        field = self.env["aftersales.ticket"]._fields["pause_reason"]
        return field._description_selection(self.env) or PAUSE_REASON_SELECTION

    def _say_corrections(self):
        lines = []
        for event in self.event_ids.filtered(lambda event: event.kind == "correction"):
            values = {"who": event.user_id.name, "why": event.reason}
            if event.agreed_deadline:
                lines.append(
                    self.env._(
                        "Set by hand to %(moment)s by %(who)s: %(why)s",
                        moment=self._say_moment(event.agreed_deadline),
                        **values,
                    )
                )
            if event.minutes:
                lines.append(
                    self.env._(
                        "Corrected by %(minutes)+g minutes by %(who)s: %(why)s",
                        minutes=event.minutes,
                        **values,
                    )
                )
        return lines

    def _say_deadline(self):
        if self.outcome == "void":
            return self.env._(
                "Void: %(reason)s", reason=self.outcome_reason or self.env._("Ended")
            )
        if self.deadline:
            return self.env._(
                "So it is due %(moment)s.", moment=self._say_moment(self.deadline)
            )
        if self.state == "paused":
            return self.env._("It has no deadline until it goes on.")
        return self.env._(
            "These working hours never reach the target: there is no deadline."
        )

    def _say_moment(self, moment):
        # A pattern: weekday, day, month, year and time, as the language has them.
        pattern = self.env._("EEE d MMM y HH:mm")
        return format_datetime(self.env, moment, dt_format=pattern)
