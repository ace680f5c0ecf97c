# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The job that tells leaders of follow-ups that nobody did in time, once each."""

import logging

from odoo import api, fields, models

_logger = logging.getLogger(__name__)

ACTIVITY_TYPE_LATE = "aftersales_service.mail_activity_type_followup_late"
BATCH_SIZE = 100


class AftersalesFollowup(models.Model):
    _inherit = "aftersales.followup"

    @api.model
    def _late_domain(self):
        return [
            ("state", "in", ("to_do", "no_answer")),
            ("reminded_at", "=", False),
            ("due_date", "<", fields.Date.context_today(self)),
        ]

    @api.model
    def _cron_remind(self):
        """Tell the leaders of what is late, each follow-up in a transaction of its own.

        One that fails is logged and left for the next run: it stops no other.
        """
        progress = self.env["ir.cron"]._commit_progress
        domain = self._late_domain()
        progress(remaining=self.search_count(domain))
        last_id = 0
        while late := self.search(
            [*domain, ("id", ">", last_id)], limit=BATCH_SIZE, order="id"
        ):
            for followup_id in late.ids:
                self.browse(followup_id)._remind_alone(domain)
                if not progress(1):
                    return
            last_id = late.ids[-1]

    def _remind_alone(self, domain):
        """Remind of one follow-up that is still late and that no other worker has."""
        try:
            with self.env.cr.savepoint():
                self.try_lock_for_update().filtered_domain(domain)._remind()
        except Exception:
            self.env.invalidate_all(flush=False)
            _logger.exception("The reminder of follow-up %s failed", self.id)

    def _remind(self):
        """Tell the leader that a customer was not asked in time."""
        for followup in self:
            followup.reminded_at = fields.Datetime.now()
            for user in followup._leader_of(followup.ticket_ids[:1]):
                followup.with_context(
                    lang=user.lang or self.env.lang
                ).activity_schedule(
                    ACTIVITY_TYPE_LATE,
                    date_deadline=fields.Date.context_today(followup),
                    user_id=user.id,
                )
