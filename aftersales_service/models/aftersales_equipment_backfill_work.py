# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime

import psycopg2

from odoo import api, models
from odoo.tools import SQL

#: Moves that are worked and committed at once.
BATCH = 500


class AftersalesEquipmentBackfill(models.Model):
    """The job behind the dialog."""

    _inherit = "aftersales.equipment.backfill"

    @api.model
    def _cron_backfill(self):
        """Work on the runs batch by batch, each committed with its cursor."""
        cron = self.env["ir.cron"]
        runs = self.search([("state", "=", "running")], order="id")
        cron._commit_progress(
            remaining=sum(max(r.total_count - r.done_count, 1) for r in runs)
        )
        for run in runs:
            while run.try_lock_for_update() and run.state == "running":
                count = run._work_batch()
                # Nothing of a batch is needed in the next one.
                self.env.invalidate_all()
                if not cron._commit_progress(count):
                    return
        cron._commit_progress(remaining=0)

    def _work_batch(self):
        """Process the next moves, and keep how far the run has come.

        :return: number of moves
        """
        ids = self._next_move_ids()
        if not ids:
            self.state = "done"
            return 0
        user = self.create_uid
        [(last_id,)] = self.env.execute_query(
            SQL("SELECT COALESCE(max(id), 0) FROM aftersales_equipment")
        )
        Equipment = self.env["aftersales.equipment"].with_user(user)
        Equipment = Equipment.with_context(lang=user.lang)
        issues = []
        moves = self.env["stock.move"].browse(ids)
        equipment = self._process_safely(Equipment, moves, issues)
        self._add_issues(issues)
        kinds = dict(
            self.env["aftersales.equipment.event"]._read_group(
                [("move_id", "in", ids)], ["kind"], ["__count"]
            )
        )
        self.write(
            {
                "cursor_date": moves[-1].date,
                "cursor_id": moves[-1].id,
                "done_count": self.done_count + len(ids),
                "created_count": self.created_count
                + sum(1 for record_id in equipment if record_id > last_id),
                "delivered_count": self.delivered_count
                + kinds.get("delivered", 0)
                + kinds.get("reactivated", 0),
                "returned_count": self.returned_count + kinds.get("returned", 0),
            }
        )
        return len(ids)

    def _next_move_ids(self):
        """Return the ids of the next moves, by date and id, that are not known."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT m.id %s AND (m.date, m.id) > (%s, %s) AND NOT %s"
                " ORDER BY m.date, m.id LIMIT %s",
                self._moves_sql(),
                self.cursor_date or datetime.min,
                self.cursor_id,
                self._known_sql(),
                BATCH,
            )
        )
        return [row[0] for row in rows]

    def _process_safely(self, Equipment, moves, issues):
        """Process moves at once, or one by one when one of them can't be.

        :param list issues: to which tuples of (move, text, is error) are added
        :return: set of ids of the equipment that was created or changed
        """
        notes = []
        try:
            with self.env.cr.savepoint():
                touched = set(Equipment._process_moves(moves, notes).ids)
                self.env.flush_all()
        except psycopg2.OperationalError:
            # Somebody else was at it: the whole batch again, later.
            raise
        except Exception as error:  # noqa: BLE001
            self.env.invalidate_all(flush=False)
            if len(moves) == 1:
                issues.append((moves, str(error), True))
                return set()
            touched = set()
            for move in moves:
                touched |= self._process_safely(Equipment, move, issues)
            return touched
        issues += [(move, text, False) for move, text in notes]
        return touched

    def _add_issues(self, issues):
        """Keep what could not be processed, for whoever looks at the run."""
        if not issues:
            return
        self.env["aftersales.equipment.backfill.issue"].create(
            [
                {
                    "backfill_id": self.id,
                    "move_id": move.id,
                    "is_error": is_error,
                    "date": move.date,
                    "transfer": move.picking_id.name or move.reference,
                    "product_id": move.product_id.id,
                    "message": text,
                }
                for move, text, is_error in issues
            ]
        )
        self.issue_count += len(issues)
