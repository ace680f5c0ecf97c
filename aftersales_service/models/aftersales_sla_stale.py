# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Open clocks are measured anew when a policy, a calendar or a holiday changes."""

import logging

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: So many clocks are measured in the request of whoever changed something.
AT_ONCE = 200
BATCH_SIZE = 1000


class AftersalesSlaClock(models.Model):
    _inherit = "aftersales.sla.clock"

    @api.model
    def _mark_stale(self, domain):
        """Let clocks be measured anew: the first ones now, the others by the job.

        :param list domain: which clocks; finished ones are never touched
        """
        # sudo: what follows for a clock does not depend on who may see it
        clocks = self.sudo()
        domain = Domain(domain) & Domain("outcome", "=", "open")
        clocks.flush_model()
        self.env.cr.execute(
            SQL(
                "UPDATE aftersales_sla_clock SET is_stale = TRUE WHERE id IN %s",
                clocks._search(domain).subselect(),
            )
        )
        if not self.env.cr.rowcount:
            return
        clocks.invalidate_model(["is_stale"], flush=False)
        stale = clocks.search(
            domain & Domain("is_stale", "=", True), limit=AT_ONCE + 1, order="id"
        )
        stale[:AT_ONCE]._replay_stale()
        if len(stale) > AT_ONCE:
            self.env.ref("aftersales_service.ir_cron_sla_replay")._trigger()

    def _replay_stale(self, reason=None):
        """Measure these clocks anew and leave a trace where the promise moved.

        :param str reason: what was changed, when the caller knows it
        """
        if not self:
            return
        ledgers = self._ledgers()
        before = {clock.id: (clock.target_minutes, clock.deadline) for clock in self}
        self._write_replay(ledgers)
        now = fields.Datetime.now()
        traces = []
        for clock in self:
            target, deadline = before[clock.id]
            if (clock.target_minutes, clock.deadline) == (target, deadline):
                continue
            sequence = max(row.sequence for row in ledgers[clock.id]) + 1
            traces.append(
                {
                    "clock_id": clock.id,
                    "sequence": sequence,
                    "at": now,
                    "kind": "retarget",
                    "policy_id": clock.policy_id.id,
                    "target_minutes": clock.target_minutes,
                    "reason": reason
                    or (
                        self.env._("The policy was changed")
                        if clock.target_minutes != target
                        else self.env._("Working hours or holidays were changed")
                    ),
                }
            )
        self.env["aftersales.sla.event"].sudo().create(traces)

    @api.model
    def _cron_replay(self):
        """Measure all stale clocks anew, in batches.

        A batch that fails is tried clock by clock; a clock that fails is logged and
        stays marked, and the others go on.
        """
        self._mark_overlooked()
        progress = self.env["ir.cron"]._commit_progress
        stale = Domain("is_stale", "=", True)
        progress(remaining=self.search_count(stale))
        last_id = 0
        while clocks := self.search(
            stale & Domain("id", ">", last_id), limit=BATCH_SIZE, order="id"
        ):
            last_id = clocks.ids[-1]
            self._try_replay_stale(clocks)
            time_left = progress(len(clocks))
            self.env.invalidate_all()
            if not time_left:
                return

    @api.model
    def _mark_overlooked(self):
        """Mark clocks that began while somebody else was editing.

        The one did not see the other: such a clock was measured with hours or a target
        that no longer hold.
        """
        self.flush_model()
        self.env.cr.execute(
            SQL(
                "UPDATE aftersales_sla_clock SET is_stale = TRUE WHERE id IN ("
                " SELECT c.id FROM aftersales_sla_clock c"
                " JOIN aftersales_sla_policy p ON p.id = c.policy_id"
                " LEFT JOIN aftersales_sla_calendar s ON s.id = c.snapshot_id"
                " WHERE c.outcome = 'open' AND c.is_stale IS NOT TRUE"
                " AND (s.is_current = FALSE"
                "  OR ABS(c.target_minutes - p.target_hours * 60) > 0.001))"
            )
        )
        self.invalidate_model(["is_stale"], flush=False)

    @api.model
    def _try_replay_stale(self, clocks):
        """Measure a batch anew, or what of it can be."""
        try:
            with self.env.cr.savepoint():
                clocks._replay_stale()
        except Exception:
            if len(clocks) == 1:
                _logger.exception("SLA clock %s can't be measured", clocks.id)
                return
            for clock in clocks:
                self._try_replay_stale(clock)
