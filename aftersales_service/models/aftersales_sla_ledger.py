# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Writing a clock: its ledger grows, and the row follows from the whole of it."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import clean_context

from .aftersales_sla_measuring import (
    REVIVING,
    ROW_FIELDS,
    LedgerRow,
    Measuring,
    as_row,
)

#: A correction of more is a slip of the pen; the engine ends at the year 9999.
MOST_MINUTES = 100_000 * 60.0
#: Up to so many clocks are kept in memory after they were written.
CACHED = 100
#: What ends something -> what began it.
CAUSES = {"stop": REVIVING, "resume": REVIVING | {"pause"}}


class AftersalesSlaClock(models.Model):
    _inherit = "aftersales.sla.clock"

    # === THE LEDGER === #

    @api.model
    def _start(self, vals_list):
        """Create clocks together with the first rows of their ledgers.

        :param list vals_list: dicts with ``ticket``, ``policy``, ``criteria``, ``at``
            (naive UTC) and, for what happened before the clock was attached,
            ``events``: list of values of `aftersales.sla.event`
        :return: the new clocks
        """
        measuring = Measuring(self.env)
        clock_vals, events_of = [], []
        for vals in vals_list:
            ticket, policy = vals["ticket"], vals["policy"]
            events = [{"kind": "start", "at": vals["at"]}, *vals.get("events", ())]
            events = [{"sequence": n, **row} for n, row in enumerate(events, 1)]
            events_of.append(events)
            calendar = measuring.calendar(policy, ticket.team_id, ticket.company_id)
            clock_vals.append(
                {
                    "ticket_id": ticket.id,
                    "policy_id": policy.id,
                    "kind": policy._catalogue()[policy.id].rule.group,
                    "matched_on": ",".join(vals["criteria"]),
                    **measuring.measure(
                        [as_row(event) for event in events],
                        policy,
                        calendar,
                        ticket.team_id,
                        ticket.company_id,
                    ),
                }
            )
        # sudo: clocks are made by the rules, never by the user's own right
        clocks = (
            self.sudo().with_context(clean_context(self.env.context)).create(clock_vals)
        )
        clocks.env["aftersales.sla.event"].create(
            [
                {**event, "clock_id": clock.id}
                for clock, events in zip(clocks, events_of, strict=True)
                for event in events
            ]
        )
        clocks.ticket_id._copy_clocks()
        clocks._trigger_next_alert()
        return clocks

    def _apply(self, event):
        """Add a row to the ledger of each of these clocks and replay it.

        :param dict event: values of an `aftersales.sla.event`: at least ``kind``;
            ``at`` is naive UTC and defaults to now; ``matched_on`` goes with a
            retarget
        """
        self._apply_all([(clock, event) for clock in self])

    @api.model
    def _apply_all(self, pairs):
        """Add rows to ledgers, each to that of its own clock, and replay these.

        :param list pairs: tuples of a clock and an event as in `_apply`
        """
        if not pairs:
            return
        # sudo: the ledger is written by what happens, not by a right of the user
        clocks = (
            self.browse(dict.fromkeys(clock.id for clock, _event in pairs))
            .sudo()
            .with_context(clean_context(self.env.context))
        )
        ledgers = clocks._ledgers()
        now = fields.Datetime.now()
        new_rows, changes, revived = [], {}, clocks.browse()
        for clock, event in pairs:
            clock = clock.with_env(clocks.env)
            event = {"at": now, **event}
            matched_on = event.pop("matched_on", None)
            if event["kind"] == "retarget":
                changes[clock.id] = {"policy_id": event["policy_id"]}
                if matched_on is not None:
                    changes[clock.id]["matched_on"] = matched_on
            if event["kind"] == "reopen":
                event.update(clock._prepare_reopening())
            if event["kind"] in REVIVING:
                revived |= clock
            event["at"] = _not_before_cause(event, ledgers[clock.id])
            event["sequence"] = 1 + max(
                (row.sequence for row in ledgers[clock.id]), default=0
            )
            ledgers[clock.id].append(as_row(event))
            new_rows.append({**event, "clock_id": clock.id})
        clocks.env["aftersales.sla.event"].create(new_rows)
        clocks._write_replay(ledgers, changes, revived)

    def _prepare_reopening(self):
        """Prepare what a reopening carries over, by the rule of the policy.

        Only what was kept or broken begins anew: cancelling and reopening a late ticket
        would be a way out.
        """
        self.ensure_one()
        anew = self.policy_id.reopen_rule == "anew" and self.outcome != "void"
        return {
            "minutes": 0.0 if anew else self.used_minutes,
            "outcome": self.outcome,
        }

    def _correct(self, reason, minutes=0.0, deadline=False):
        """Correct clocks by hand, as a manager, with a row in the ledger.

        :param str reason: why, in words
        :param float minutes: calendar minutes added to the used time; negative gives
            the time back
        :param datetime deadline: naive UTC; a deadline agreed with the customer, which
            neither pauses nor calendars move until the clock is reopened
        :raise AccessError: for anybody but a manager
        :raise UserError: without a reason or anything to correct, or for a void clock
        """
        self.env["res.users"]._check_aftersales_role("manager")
        self.ticket_id.check_access("write")
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the clock is corrected."))
        if not abs(minutes or 0.0) <= MOST_MINUTES:  # nor is NaN
            raise UserError(self.env._("A correction is at most 100,000 hours."))
        if not minutes and not deadline:
            raise UserError(self.env._("Nothing to correct: enter minutes or a date."))
        if "void" in self.mapped("outcome"):
            raise UserError(self.env._("A void promise can't be corrected."))
        if deadline and any(deadline <= clock.started_at for clock in self):
            raise UserError(
                self.env._("The deadline can't be before the clock started.")
            )
        self._apply(
            {
                "kind": "correction",
                "minutes": minutes,
                "agreed_deadline": deadline,
                "reason": reason.strip(),
            }
        )

    def _ledgers(self):
        """Read the whole ledger of each clock, in one query.

        :return: dict of clock id -> list of LedgerRow in the order they act
        """
        ledgers = {clock_id: [] for clock_id in self.ids}
        if not ledgers:
            return ledgers
        self.env["aftersales.sla.event"].flush_model()
        columns = SQL(", ").join(map(SQL.identifier, ROW_FIELDS))
        for clock_id, *values in self.env.execute_query(
            SQL(
                "SELECT clock_id, %s FROM aftersales_sla_event WHERE clock_id = ANY(%s)"
                " ORDER BY clock_id, at, sequence, id",
                columns,
                list(ledgers),
            )
        ):
            ledgers[clock_id].append(LedgerRow(*values))
        return ledgers

    # === WHAT FOLLOWS FROM IT === #

    def _write_replay(self, ledgers=None, changes=None, revived=None):
        """Store what the ledgers say, on the clocks and on their tickets.

        :param dict ledgers: clock id -> list of LedgerRow; read when not given
        :param dict changes: clock id -> values that are written as well
        :param revived: clocks that had ended and go on
        """
        if not self:
            return
        ledgers = self._ledgers() if ledgers is None else ledgers
        measuring = Measuring(self.env)
        vals_list = []
        for clock in self:
            vals = (changes or {}).get(clock.id, {})
            policy = clock.policy_id.browse(vals.get("policy_id", clock.policy_id.id))
            rows = ledgers[clock.id]
            if clock.outcome == "open" or clock in (revived or ()):
                calendar = measuring.calendar(policy, clock.team_id, clock.company_id)
                measured = measuring.measure(
                    rows, policy, calendar, clock.team_id, clock.company_id
                )
            else:
                measured = measuring.measure_finished(rows, clock)
            vals_list.append({**vals, **measured})
        # The job need not be asked again for a moment that it knows.
        moved = self.browse(
            clock.id
            for clock, vals in zip(self, vals_list, strict=True)
            if vals["next_alert_at"] and vals["next_alert_at"] != clock.next_alert_at
        )
        self._store(vals_list)
        self.ticket_id._copy_clocks()
        moved._trigger_next_alert()

    def _store(self, vals_list):
        """Write the rows of clocks, thousands at once if need be.

        Of what all of them are measured with anew, most stays as it was: only columns
        in which something changes are written.
        """
        self.flush_recordset()
        columns = [
            {
                name: self._fields[name].convert_to_column(value, clock)
                for name, value in vals.items()
            }
            for clock, vals in zip(self, vals_list, strict=True)
        ]
        known = {
            name: self._fields[name]._get_cache(self.env)
            for name in {name for vals in vals_list for name in vals}
        }
        names = {
            name
            for clock_id, row in zip(self._ids, columns, strict=True)
            for name, value in row.items()
            if known[name].get(clock_id, ...) != value
        }
        if not names:
            return
        self._write_multi(
            [
                {name: row[name] for name in names & row.keys()} or {"is_stale": False}
                for row in columns
            ]
        )
        self.modified(names)
        if len(self) > CACHED:
            self.invalidate_recordset(names, flush=False)
            return
        for clock, vals in zip(self, vals_list, strict=True):
            clock._update_cache(vals, validate=False)

    def _rebuild(self):
        """Measure a clock again from its ledger and its own snapshot.

        :return: dict of stored values that differ -> what they should be
        """
        self.ensure_one()
        measured = Measuring(self.env).measure_finished(
            self._ledgers()[self.id], self.sudo()
        )
        return {
            name: value
            for name, value in measured.items()
            if name != "next_alert_at"
            and self._fields[name].convert_to_column(value, self)
            != self._fields[name].convert_to_column(
                self._fields[name].convert_to_write(self[name], self), self
            )
        }


def _not_before_cause(event, rows):
    """Return when a row acts: what ends something can't come before its beginning.

    A call or signature that is entered later may lie before the clock was attached or
    reopened. In the order of time it would end nothing, and the clock run for ever.

    :param dict event: values of an `aftersales.sla.event`
    :param list rows: LedgerRow before it
    :return: naive UTC
    """
    causes = CAUSES.get(event["kind"], ())
    return max([event["at"], *(row.at for row in rows if row.kind in causes)])
