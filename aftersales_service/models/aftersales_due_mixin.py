# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Work that falls due record by record and is done by a job, a batch at a time.

Exactly once is decided by the database: a batch locks its records (workers take turns
by skipping what is locked) and writes, in one transaction, what is done and when each
record is due again. A worker that dies leaves nothing of its batch behind.
"""

import logging

from psycopg2 import OperationalError

from odoo import api, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: So often a job looks again when others change the records it wants.
ATTEMPTS = 5


class AftersalesDueMixin(models.AbstractModel):
    _name = "aftersales.due.mixin"
    _description = "Records with Work That Falls Due"

    @api.model
    def _lock_by(self, field, until, limit, after=None, where=None):
        """Lock the next records that are due and that no other worker has.

        :param str field: the stored date or moment on which the work is due
        :param until: day, or naive UTC moment; what is due later is left
        :param int limit: how many at most
        :param tuple after: value of the field and id after which to go on
        :param SQL where: what else must hold
        :return: list of tuples of id and value, by value
        :raise OperationalError: if another worker has just changed one
        """
        column = SQL.identifier(field)
        conditions = [SQL("%s <= %s", column, until)]
        if after:
            conditions.append(SQL("(%s, id) > (%s, %s)", column, *after))
        if where:
            conditions.append(where)
        self.env.cr.execute(
            SQL(
                "SELECT id, %(column)s FROM %(table)s WHERE %(conditions)s"
                " ORDER BY %(column)s, id LIMIT %(limit)s"
                " FOR NO KEY UPDATE SKIP LOCKED",
                column=column,
                table=SQL.identifier(self._table),
                conditions=SQL(" AND ").join(conditions),
                limit=limit,
            ),
            log_exceptions=False,
        )
        return self.env.cr.fetchall()

    @api.model
    def _work_off(self, size, lock, work, fail):
        """Do the work that is due, in batches, and a batch that fails one by one.

        Each batch is committed with the progress of the job, which must have been told
        how many remain.

        :param int size: records of a batch
        :param callable lock: as `_lock_by`, of `limit` and `after` or of `only`, the id
            of the one record that is meant
        :param callable work: does the work of the records it is given
        :param callable fail: takes a record and its error, after the rollback
        :return: whether all was done; else there was no time, or others were in the way
        :rtype: bool
        """
        after, attempts = None, 0
        while True:
            records = self.browse()
            try:
                rows = lock(limit=size, after=after)
                records = self.browse(id_ for id_, _value in rows)
                if records:
                    work(records)
            except OperationalError:
                # Another worker was faster: look again at what is left.
                self.env.cr.rollback()
                attempts += 1
                if attempts >= ATTEMPTS:
                    return False
                continue
            except Exception:
                self.env.cr.rollback()
                if not records:
                    raise
                # Whatever is wrong with one record, it stops no other.
                _logger.info("A batch of %s failed; now one by one", self._name)
                for record in records:
                    record._work_off_alone(lock, work, fail)
            if not rows:
                return True
            after, attempts = rows[-1][::-1], 0
            if not self.env["ir.cron"]._commit_progress(len(rows)):
                return False
            self.env.invalidate_all()

    def _work_off_alone(self, lock, work, fail):
        """Do the work of this record if it is still due; see `_work_off`."""
        self.ensure_one()
        try:
            if lock(limit=1, only=self.id):
                work(self)
            self.env["ir.cron"]._commit_progress()
        except OperationalError:
            # Somebody changes it at this moment: the next run looks again.
            self.env.cr.rollback()
        except Exception as error:
            # Bad data of one record is told by `fail` and is no failure of the job.
            self.env.cr.rollback()
            fail(self, error)
