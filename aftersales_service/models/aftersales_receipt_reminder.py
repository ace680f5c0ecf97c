# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Missing receipts: the technician is reminded, then the leader of his team.

Exactly once is decided by the database, as with the alerts of promises: a batch locks
its receipts (workers take turns by skipping what is locked), writes one row for each
reminder (unique), the activities and the next moment in one transaction.
"""

import logging
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from .aftersales_receipt import ON_THE_WAY_STATES

_logger = logging.getLogger(__name__)

REMINDER_BATCH_SIZE = 100
ACTIVITY_TYPE = "aftersales_service.mail_activity_type_receipt"
CRON = "aftersales_service.ir_cron_receipt_reminder"
LEVELS = ("technician", "leader")


class AftersalesTeam(models.Model):
    _inherit = "aftersales.team"

    receipt_reminder_days = fields.Integer(
        string="Receipts Are Missing after (Days)",
        default=5,
        help="Days from the signature until finance has the receipt. The technician is "
        "reminded then, and the leader of the team after the same time again. Zero: "
        "nobody is reminded.",
    )

    _receipt_reminder_days_positive = models.Constraint(
        "CHECK(receipt_reminder_days >= 0)", "The days can't be negative."
    )

    def write(self, vals):  # pylint: disable=method-required-super
        res = super().write(vals)
        if "receipt_reminder_days" in vals:
            # sudo: reminders follow from the setting, whoever makes it
            self.env["aftersales.receipt"].sudo()._postpone_reminders(self)
        return res


class AftersalesReceiptReminder(models.Model):
    """One reminder of a missing receipt, so that it is given once."""

    _name = "aftersales.receipt.reminder"
    _description = "Reminder of a Missing Receipt"
    _order = "id"
    _rec_name = "receipt_id"

    receipt_id = fields.Many2one(
        "aftersales.receipt",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(related="receipt_id.company_id", store=True)
    round = fields.Integer(
        readonly=True, help="Counts anew when an envelope arrived without the receipt."
    )
    level = fields.Selection(
        [("technician", "Technician"), ("leader", "Team Leader")],
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one(
        "res.users", string="Person", readonly=True, ondelete="restrict"
    )
    at = fields.Datetime(string="When", required=True, readonly=True)

    _level_uniq = models.UniqueIndex(
        "(receipt_id, round, level)", "This reminder was given already."
    )

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("A reminder that was given can't be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A reminder that was given can't be deleted."))


class AftersalesReceipt(models.Model):
    _name = "aftersales.receipt"
    _inherit = ["aftersales.receipt", "aftersales.due.mixin"]

    reminder_ids = fields.One2many(
        "aftersales.receipt.reminder", "receipt_id", string="Reminders"
    )
    remind_at = fields.Datetime(
        string="Next Reminder",
        readonly=True,
        help="When somebody is reminded, unless finance has received it by then.",
    )
    reminder_round = fields.Integer(readonly=True, export_string_translation=False)
    reminder_count = fields.Integer(
        string="Reminders of this Round", readonly=True, export_string_translation=False
    )

    _remind_idx = models.Index("(remind_at, id) WHERE remind_at IS NOT NULL")

    # === WHEN === #

    def _days(self):
        # sudo: finance does not read teams, but counts their days
        return timedelta(days=self.sudo().team_id.receipt_reminder_days)

    @api.model_create_multi
    def create(self, vals_list):
        receipts = super().create(vals_list)
        for receipt in receipts:
            days = receipt._days()
            if days and receipt.state in ON_THE_WAY_STATES:
                receipt.remind_at = receipt.signed_at + days
        return receipts

    def _stepped(self, state):
        res = super()._stepped(state)
        if state not in ON_THE_WAY_STATES:
            self._stop_reminding()
        return res

    def _stop_reminding(self):
        """Remind nobody any more: finance has them, or they are replaced."""
        # sudo: the reminders belong to others than who receives
        receipts = self.sudo()
        receipts.filtered("remind_at").remind_at = False
        reminded = receipts.filtered("reminder_count")
        if reminded:
            reminded.activity_unlink([ACTIVITY_TYPE])

    def _go_missing(self):
        res = super()._go_missing()
        self._remind_anew()
        return res

    def _remind_anew(self):
        """Begin a new round of reminders at once."""
        # sudo: as above, they belong to others
        receipts = self.sudo().filtered(lambda receipt: receipt._days())
        if not receipts:
            return
        receipts.activity_unlink([ACTIVITY_TYPE])
        for receipt in receipts:
            receipt.write(
                {
                    "remind_at": fields.Datetime.now(),
                    "reminder_count": 0,
                    "reminder_round": receipt.reminder_round + 1,
                }
            )
        self.env.ref(CRON).sudo()._trigger()

    @api.model
    def _postpone_reminders(self, teams):
        """Reckon anew when somebody is reminded, for teams with another number of days.

        :param teams: `aftersales.team` records
        """
        if not teams:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE aftersales_receipt r SET remind_at = CASE"
                " WHEN t.receipt_reminder_days > 0 THEN"
                " COALESCE((SELECT MAX(m.at) FROM aftersales_receipt_reminder m"
                " WHERE m.receipt_id = r.id), r.signed_at)"
                " + t.receipt_reminder_days * INTERVAL '1 day' END"
                " FROM aftersales_team t WHERE t.id = r.team_id AND t.id IN %s"
                " AND r.state IN %s AND COALESCE(r.reminder_count, 0) < %s",
                tuple(teams.ids),
                ON_THE_WAY_STATES,
                len(LEVELS),
            )
        )
        self.invalidate_model(["remind_at"])

    # === THE JOB === #

    @api.model
    def _cron_remind(self):
        """Remind of the receipts that are due, a batch at a time.

        A receipt that fails is logged and left for the next run.
        """
        now = fields.Datetime.now()
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=self.search_count([("remind_at", "<=", now)]))
        if self._work_off(
            REMINDER_BATCH_SIZE,
            partial(self._lock_due, now),
            lambda receipts: receipts._remind(now),
            lambda receipt, _error: _logger.exception(
                "The reminder of receipt %s failed", receipt.id
            ),
        ):
            progress(remaining=0)

    @api.model
    def _lock_due(self, now, limit, after=None, only=None):
        """Lock the next receipts that are due and that no other worker has.

        :param datetime now: naive UTC
        :return: see `_lock_by`
        """
        self.flush_model(["remind_at"])
        where = SQL("id = %s", only) if only else None
        return self._lock_by("remind_at", now, limit, after, where)

    def _remind(self, now):
        """Give the next reminder of these receipts, and reckon the one behind it.

        :param datetime now: naive UTC
        """
        rows, activities = [], []
        for receipt in self:
            level = LEVELS[receipt.reminder_count : receipt.reminder_count + 1]
            days = receipt._days()
            if not level or not days or receipt.state not in ON_THE_WAY_STATES:
                receipt.remind_at = False
                continue
            user = receipt._whom_to_remind(*level)
            rows.append(
                {
                    "receipt_id": receipt.id,
                    "round": receipt.reminder_round,
                    "level": level[0],
                    "user_id": user.id,
                    "at": now,
                }
            )
            if user:
                activities.append(receipt._prepare_reminder(user, *level))
            is_last = level[0] == LEVELS[-1]
            receipt.write(
                {
                    "remind_at": False if is_last else now + days,
                    "reminder_count": receipt.reminder_count + 1,
                }
            )
        self.env["aftersales.receipt.reminder"].create(rows)
        # The list of missing receipts is one click away: no e-mail for each of them.
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(
            activities
        )
        self.env.flush_all()

    # === WHO === #

    def _whom_to_remind(self, level):
        """Find who is reminded: somebody who can still see the receipt.

        :param str level: technician or leader
        :return: `res.users`, one of them, or none when there is really nobody
        """
        self.ensure_one()
        leader = self.team_id.leader_id
        own = [self.user_id, self.form_id.recorded_by]
        for user in [*(own if level == "technician" else ()), leader]:
            if self._can_remind(user):
                return user
        managers = self.env.ref(
            "aftersales_service.aftersales_service_group_manager"
        ).all_user_ids
        return next(filter(self._can_remind, managers.sorted("id")), leader.browse())

    def _can_remind(self, user):
        return (
            user.active
            and not user.share
            # Of all companies he may choose, not of those the job runs in.
            and self.with_user(user)
            .with_context(allowed_company_ids=None)
            .has_access("read")
        )

    def _prepare_reminder(self, user, level):
        """Prepare the activity that reminds a user, in his words and by his clock."""
        self.ensure_one()
        receipt = self.with_context(lang=user.lang or self.env.lang, tz=user.tz)
        if level == "leader":
            summary = receipt.env._(
                "Receipt %(receipt)s of %(person)s is missing",
                receipt=receipt.name,
                person=receipt.user_id.name,
            )
        elif receipt.state == "handed":
            summary = receipt.env._(
                "Receipt %s did not arrive at finance", receipt.name
            )
        else:
            summary = receipt.env._("Bring receipt %s to finance", receipt.name)
        return {
            "activity_type_id": self.env.ref(ACTIVITY_TYPE).id,
            "automated": True,
            "res_id": self.id,
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "summary": summary,
            "note": receipt.env._(
                "%(customer)s signed on %(day)s. Finance has not received it.",
                customer=receipt.partner_id.display_name,
                day=format_date(receipt.env, receipt.signed_at),
            ),
            "user_id": user.id,
            "date_deadline": fields.Date.context_today(receipt.with_user(user)),
        }
