# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The job that tells people about promises in time: each level of a policy once.

Exactly once is decided by the database: a batch locks its clocks (workers take turns by
skipping what is locked), writes their ledgers (one row a clock and level, by a unique
index) and updates the clocks, with the activities and queued e-mails, in one
transaction. A worker that dies leaves nothing of its batch behind.
"""

import logging
from datetime import timedelta
from functools import partial

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.tools import SQL

from .aftersales_sla_measuring import Measuring, as_row, events_of
from .inside import INSIDE, is_inside

_logger = logging.getLogger(__name__)

ALERT_BATCH_SIZE = 100


class AftersalesSlaClock(models.Model):
    _name = "aftersales.sla.clock"
    _inherit = ["aftersales.sla.clock", "aftersales.due.mixin"]

    # === WHEN THE JOB RUNS === #

    def _trigger_next_alert(self):
        """Ask the job to run when the earliest of these clocks is due."""
        if is_inside(self.env, "sla_alert_job"):
            return  # it asks when it has finished
        moments = [clock.next_alert_at for clock in self if clock.next_alert_at]
        if moments:
            self._trigger_alerts(min(moments))

    @api.model
    def _trigger_alerts(self, moment):
        """Ask the alert job to run at a moment, unless it runs before it anyway.

        The job itself asks for the next due moment when it has run, so that one trigger
        is there at a time, however many clocks there are.

        :param datetime moment: naive UTC; a past one means as soon as possible
        """
        cron = self.env.ref(
            "aftersales_service.ir_cron_sla_alert", raise_if_not_found=False
        )
        if not cron:
            return
        now = fields.Datetime.now()
        at = self._next_minute(moment)
        # A trigger that is due already may be about to be deleted by a running job.
        if not self.env.execute_query(
            SQL(
                "SELECT FROM ir_cron_trigger"
                " WHERE cron_id = %s AND call_at > %s AND call_at <= %s LIMIT 1",
                cron.id,
                now,
                at,
            )
        ):
            cron._trigger(at=at)

    @api.model
    def _trigger_next_run(self, failed):
        """Ask for the next due moment, and for no later one.

        What is still due (another worker has it, or time was up) is due at once.

        :param list failed: ids of clocks that wait for the hourly run
        """
        found = self.env.execute_query(
            SQL(
                "SELECT next_alert_at FROM aftersales_sla_clock"
                " WHERE outcome = 'open' AND next_alert_at IS NOT NULL"
                " AND id <> ALL(%s) ORDER BY next_alert_at, id LIMIT 1",
                failed,
            )
        )
        if not found:
            return
        moment = found[0][0]
        cron = self.env.ref("aftersales_service.ir_cron_sla_alert")
        coming = SQL(
            "FROM ir_cron_trigger WHERE cron_id = %s AND call_at > %s",
            cron.id,
            fields.Datetime.now(),
        )
        try:
            # The first one serves all: the job asks again when it has run.
            self.env.cr.execute(
                SQL(
                    "DELETE FROM ir_cron_trigger WHERE id IN (SELECT id %s"
                    " AND call_at > LEAST(%s, (SELECT MIN(call_at) %s))"
                    " FOR UPDATE SKIP LOCKED)",
                    coming,
                    self._next_minute(moment),
                    coming,
                ),
                log_exceptions=False,
            )
        except OperationalError:
            self.env.cr.rollback()  # another worker has just done so
        self._trigger_alerts(moment)

    @api.model
    def _next_minute(self, moment):
        """Return when the job runs for a moment: clocks due together share one run."""
        moment = max(moment, fields.Datetime.now())
        return moment.replace(second=0, microsecond=0) + timedelta(minutes=1)

    # === THE JOB === #

    @api.model
    def _cron_alert(self):
        """Send the alerts that are due, each level once and in order.

        A clock that fails is logged and left for the next run. The job itself does not
        fail for it: a job that fails for a week is switched off, for all clocks.
        """
        failed = []
        try:
            self.with_context(sla_alert_job=INSIDE)._alert_due(
                fields.Datetime.now(), failed
            )
        except Exception:
            self.env.cr.rollback()  # what was told before is committed
            raise
        finally:
            self._trigger_next_run(failed)
            self.env["ir.cron"]._commit_progress()

    @api.model
    def _alert_due(self, now, failed):
        """Send all alerts that are due at a moment, in batches.

        :param datetime now: naive UTC
        :param list failed: ids of clocks that fail are added to it
        """
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=self.search_count(self._due_domain(now)))

        def fail(clock, _error):
            _logger.exception("The alert of SLA clock %s failed", clock.id)
            failed.append(clock.id)

        if self._work_off(
            ALERT_BATCH_SIZE,
            partial(self._lock_due, now),
            lambda clocks: clocks._send_due_alerts(now),
            fail,
        ):
            progress(remaining=0)

    @api.model
    def _due_domain(self, now):
        return [("outcome", "=", "open"), ("next_alert_at", "<=", now)]

    @api.model
    def _lock_due(self, now, limit, after=None, only=None):
        """Lock the next clocks that are due and that no other worker has.

        :param datetime now: naive UTC
        :return: see `_lock_by`
        """
        is_open = SQL("outcome = 'open'")
        where = SQL("%s AND id = %s", is_open, only) if only else is_open
        return self._lock_by("next_alert_at", now, limit, after, where)

    def _send_due_alerts(self, now):
        """Send every level of these clocks that is due, the earliest first.

        :param datetime now: naive UTC
        """
        # Those of an edited policy or calendar may not be due at all.
        self.filtered("is_stale")._replay_stale()
        due = self._due_levels(now)
        words = self._tell(due)
        self._apply_all(
            [
                (clock, {"kind": "alert", "alert_id": level.id, "reason": reason})
                for (clock, level), reason in zip(due, words, strict=True)
            ]
        )
        # The others wait, as it turned out: for working hours, or for the customer.
        told = self.browse(clock.id for clock, _level in due)
        (self - told)._write_replay()
        self.env.flush_all()

    def _due_levels(self, now):
        """Find the levels of these clocks that are due and were not sent yet.

        :param datetime now: naive UTC
        :return: list of pairs of a clock and an `aftersales.sla.alert`, by moment
        """
        measuring = Measuring(self.env)
        ledgers = self._ledgers()
        alerts = self.env["aftersales.sla.alert"]
        due = []
        for clock in self:
            terms = clock.policy_id._catalogue()[clock.policy_id.id]
            if clock.outcome != "open" or not terms.levels:
                continue
            rows = list(ledgers[clock.id])
            events = events_of(rows, terms.pausing)
            calendar = (terms, clock.snapshot_id, clock.team_id, clock.company_id)
            while found := measuring.next_level(rows, events, *calendar):
                level, moment = found
                if moment > now:
                    break
                sent = {"at": now, "sequence": 0, "kind": "alert"}
                rows.append(as_row({**sent, "alert_id": level.key}))
                due.append((moment, clock.id, level.key))
        due.sort(key=lambda item: item[0])
        # One prefetch for all of them.
        alerts = alerts.browse(dict.fromkeys(key for _moment, _clock, key in due))
        return [
            (
                self.browse(clock_id).with_prefetch(self._prefetch_ids),
                alerts.browse(key).with_prefetch(alerts._prefetch_ids),
            )
            for _moment, clock_id, key in due
        ]
