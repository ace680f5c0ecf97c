# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The job that moves contracts on: each on the day on which something changes.

Once and no more is decided by the database, as for the alerts of promises: a batch
locks its contracts (workers take turns by skipping what is locked) and writes their
states with the day by which they were taken, what follows from them and the renewals,
in one transaction. A worker that dies leaves nothing of its batch behind.
"""

import logging
from datetime import date, timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, plaintext2html

from .aftersales_contract import ENDED_STATES
from .aftersales_contract_state import UNSIGNED_ACTIVITY_TYPE

_logger = logging.getLogger(__name__)

MOVE_BATCH_SIZE = 100
#: So often the job looks again when others change the contracts it wants.
ATTEMPTS = 5
#: A salesperson is reminded of a contract that the customer has not signed by then.
DAYS_TO_SIGN = 7
PROBLEM_ACTIVITY_TYPE = "aftersales_service.mail_activity_type_contract_problem"
DAY = timedelta(days=1)
_FIRST = (date.min, 0)


class AftersalesContract(models.Model):
    _inherit = "aftersales.contract"

    moved_on = fields.Date(
        string="State as of",
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="The day by which its state was taken.",
    )
    waiting_since = fields.Date(copy=False, readonly=True)
    next_move_on = fields.Date(
        compute="_compute_next_move_on",
        store=True,
        export_string_translation=False,
        help="The day on which the job looks at it.",
    )
    job_problem = fields.Text(
        string="Problem",
        copy=False,
        readonly=True,
        groups="base.group_user",
        help="Why the job could not do its work on this contract.",
    )

    _next_move_idx = models.Index(
        "(company_id, next_move_on, id) WHERE next_move_on IS NOT NULL"
    )

    @api.depends(
        "state",
        "moved_on",
        "waiting_since",
        "start_date",
        "end_date",
        "renewal_notice_days",
        "cancelled_on",
        "job_problem",
        "pause_ids.date_from",
        "pause_ids.date_to",
    )
    def _compute_next_move_on(self):
        """Find the first day on which something changes that was not looked at yet."""
        for contract in self:
            last = contract.moved_on or date.min
            days = contract._days_of_change()
            if contract.job_problem and contract.state not in ENDED_STATES:
                days.add(last + DAY)  # once more, the day after
            contract.next_move_on = min(
                (day for day in days if day and day > last), default=False
            )

    def _days_of_change(self):
        """Return the days on which the state of this contract can change.

        :return: set of dates, possibly with False
        """
        self.ensure_one()
        if self.state == "waiting":
            remind = self.waiting_since and self.waiting_since + DAYS_TO_SIGN * DAY
            return {remind, self.end_date + DAY}
        if self.state == "draft" or self.state in ENDED_STATES:
            return set()
        days = {self.start_date, self._notice_day(), self.end_date + DAY}
        days.add(self.cancelled_on)
        for pause in self.pause_ids:
            days |= {pause.date_from, pause.date_to and pause.date_to + DAY}
        return days

    # === THE JOB === #

    @api.model
    def _move_on(self):
        """Give contracts the states of the day, and quote their renewals.

        A contract that fails is noted on itself and left for the next day. The job does
        not fail for it: a job that fails for a week is switched off, for all contracts.
        """
        progress = self.env["ir.cron"]._commit_progress
        # sudo: the job sees the contracts of all companies
        # pylint: disable-next=no-search-all
        companies = self.env["res.company"].sudo().search([])
        todays = {company: self._today_at(company) for company in companies}
        progress(
            remaining=sum(
                self.search_count(self._due_domain(company, today))
                for company, today in todays.items()
            )
        )
        for company, today in todays.items():
            if not self.with_company(company)._move_company(company, today):
                return
        progress(remaining=0)

    @api.model
    def _today_at(self, company):
        """Return the day that it is now at a company."""
        nobody = self.env["res.partner"]
        zone = nobody._aftersales_tz(nobody, company)
        return fields.Date.context_today(self.with_context(tz=zone))

    @api.model
    def _due_domain(self, company, today):
        return [("company_id", "=", company.id), ("next_move_on", "<=", today)]

    @api.model
    def _move_company(self, company, today):
        """Move the contracts of one company that are due, in batches.

        :param date today: day that it is at the company
        :return: whether there is time for more
        """
        last, attempts = _FIRST, 0
        while True:
            contracts = self.browse()
            try:
                rows = self._lock_due(company, today, last, MOVE_BATCH_SIZE)
                contracts = self.browse(id_ for id_, _day in rows)
                if contracts:
                    contracts._move_due(today)
            except OperationalError:
                # Another worker was faster: look again at what is left.
                self.env.cr.rollback()
                attempts += 1
                if attempts >= ATTEMPTS:
                    return True
                continue
            except Exception:
                self.env.cr.rollback()
                _logger.info("A batch of contracts failed and is moved one by one")
                self._move_one_by_one(company, today, contracts.ids)
            if not rows:
                return True
            last, attempts = rows[-1][::-1], 0
            if not self.env["ir.cron"]._commit_progress(len(rows)):
                return False
            self.env.invalidate_all()

    @api.model
    def _lock_due(self, company, today, last, limit, only=None):
        """Lock the next contracts that are due and that no other worker has.

        :param tuple last: day and id of the contract after which to go on
        :param int limit: how many at most
        :param int only: id of the one contract that is meant
        :return: list of tuples of id and `next_move_on`, by day
        :raise OperationalError: if another worker has just changed one
        """
        self.env.cr.execute(
            SQL(
                "SELECT id, next_move_on FROM aftersales_contract"
                " WHERE company_id = %s AND next_move_on <= %s"
                " AND (next_move_on, id) > (%s, %s)%s"
                " ORDER BY next_move_on, id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED",
                company.id,
                today,
                *last,
                SQL(" AND id = %s", only) if only else SQL(),
                limit,
            ),
            log_exceptions=False,
        )
        return self.env.cr.fetchall()

    @api.model
    def _move_one_by_one(self, company, today, contract_ids):
        """Move a batch that failed, so that one contract stops no other."""
        for contract_id in contract_ids:
            contract = self.browse(contract_id)
            try:
                if self._lock_due(company, today, _FIRST, 1, only=contract_id):
                    contract._move_due(today)
                self.env["ir.cron"]._commit_progress()
            except OperationalError:
                # Somebody changes it at this moment: the next run looks again.
                self.env.cr.rollback()
            except Exception as error:
                self.env.cr.rollback()
                contract._keep_problem(error)

    def _keep_problem(self, error):
        """Note on this contract that it could not be moved, after the rollback."""
        try:
            self._note_problem(error)
            self.env.flush_all()
            self.env["ir.cron"]._commit_progress()
        except Exception:
            self.env.cr.rollback()
            _logger.exception("The problem of contract %s could not be noted", self.id)

    # === THE WORK === #

    def _move_due(self, today):
        """Do what the day asks for on these contracts of one company.

        :param date today: day that it is at the company
        """
        problems = {contract: contract.job_problem for contract in self}
        self.filtered("job_problem").write({"job_problem": False})
        waiting = self.filtered(lambda c: c.state == "waiting")
        waiting._move_waiting(today)
        agreed = self - waiting
        agreed._catch_up()
        for contract in agreed.filtered(lambda c: c._wants_renewal_quote()):
            contract._quote_renewal_safely(problems[contract])
        self.env.flush_all()

    def _move_waiting(self, today):
        """Remind of what the customer has not signed; what has ended is given up."""
        late = self.filtered(lambda c: c.end_date < today)
        for contract in late:
            contract._cancel(self.env._("Not signed before its last day"))
        for contract in self - late:
            contract._tell_salesperson(UNSIGNED_ACTIVITY_TYPE)
        self.write({"moved_on": today})

    def _wants_renewal_quote(self):
        """Tell whether the renewal of this contract is quoted now."""
        self.ensure_one()
        return (
            self.state == "expiring"
            and not self.cancelled_on
            and all(renewal.state == "cancelled" for renewal in self.renewal_ids)
        )

    def _make_up_for_renewal(self):
        """Let the job quote renewals whose day passed while nothing was quoted."""
        # sudo: written by steps only
        for contract in self.sudo().filtered(lambda c: c._wants_renewal_quote()):
            contract.moved_on = contract._notice_day() - DAY

    def _quote_renewal(self):
        """Quote the renewal of this contract, once; a hook of the sales part.

        :return: the draft `sale.order`, possibly empty
        """
        self.ensure_one()
        return self.env["sale.order"]

    def _quote_renewal_safely(self, problem):
        """Quote the renewal; what can't be quoted moves on by its days all the same.

        :param str problem: what was noted on the contract before, if anything
        """
        try:
            with self.env.cr.savepoint():
                self._quote_renewal()
                self.env.flush_all()
        except OperationalError:
            raise
        except Exception as error:
            self._note_problem(error, problem)

    # === WHAT WENT WRONG === #

    def _note_problem(self, error, before=None):
        """Note on this contract why the job failed, and tell its salesperson once.

        :param Exception error: what was raised
        :param str before: what was noted already
        """
        if isinstance(error, UserError):
            problem = str(error)
            _logger.info("Contract %s could not be moved: %s", self.id, problem)
        else:
            problem = self.env._("Unexpected error: %s", repr(error))
            _logger.error("Contract %s could not be moved", self.id, exc_info=error)
        known = before or self.job_problem
        self.job_problem = problem
        if not known:
            self.message_post(body=problem, subtype_xmlid="mail.mt_note")
            self._tell_salesperson(PROBLEM_ACTIVITY_TYPE, problem)

    def _tell_salesperson(self, kind, note=""):
        """Give who sold this contract an activity on it, else a manager.

        :param str kind: XML id of the type of the activity, which says what it is about
        :param str note: plain text
        """
        self.ensure_one()
        user = self._person_in_charge()
        if user:
            self.with_context(lang=user.lang or self.env.lang).activity_schedule(
                kind, user_id=user.id, note=plaintext2html(note) if note else False
            )

    def _person_in_charge(self):
        """Return the user who looks after this contract, possibly none."""
        self.ensure_one()
        # sudo: who has which role is not readable by everyone
        managers = self.env.ref("aftersales_service.aftersales_service_group_manager")
        return self._seller() or self._present(managers.sudo().all_user_ids)[:1]

    def _seller(self):
        """Return the salesperson of this contract or its order, if still there."""
        self.ensure_one()
        # sudo: the order of somebody else
        contract = self.sudo()
        return self._present(contract.user_id | contract.sale_order_id.user_id)[:1]

    def _present(self, users):
        """Return those of some users who work in the company of this contract."""
        company = self.sudo().company_id
        return users.filtered(lambda u: u.active and company in u.company_ids)
