# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import UTC, datetime, timedelta

from pytz import timezone

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, ormcache

from ..tools import canonical, working_time

#: Longest horizon: a promise that needs more calendar years has no deadline.
MAX_YEARS = 64
EPOCH = datetime(1970, 1, 1)


class AftersalesSlaCalendar(models.Model):
    """The opening times of a calendar as clocks were measured with them.

    Content-addressed and immutable: the same hours are stored once, other hours are
    another row. So a clock can be rebuilt years later, whatever became of the
    calendar and its holidays.
    """

    _name = "aftersales.sla.calendar"
    _description = "Calendar Snapshot"
    _order = "id desc"

    name = fields.Char(required=True, help="The calendar's name at that time.")
    resource_calendar_id = fields.Many2one(
        "resource.calendar", string="Working Hours", index="btree_not_null"
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, ondelete="cascade"
    )
    tz = fields.Char(string="Time Zone", required=True)
    first_year = fields.Integer(required=True, aggregator=None)
    end_year = fields.Integer(
        required=True, aggregator=None, help="The first year after the horizon."
    )
    opening_times = fields.Json(
        help="Pairs of seconds since 1970-01-01 00:00 UTC: opening and closing.",
    )
    open_hours = fields.Float(required=True, aggregator=None)
    digest = fields.Char(
        required=True, help="SHA-256 of the canonical JSON of all of this."
    )
    is_current = fields.Boolean(
        default=True, help="Whether the calendar still has these hours."
    )

    _digest_uniq = models.UniqueIndex(
        "(digest)", "These opening times are stored already."
    )
    _current_idx = models.Index(
        "(resource_calendar_id, company_id, first_year, end_year) WHERE is_current"
    )

    def write(self, vals):
        if vals.keys() - {"is_current", "resource_calendar_id"}:
            raise UserError(self.env._("What clocks were measured with never changes."))
        self.env.registry.clear_cache()
        return super().write(vals)

    # === FINDING AND MAKING === #

    @api.model
    def _for(self, calendar, company, first_year, end_year):
        """Find the snapshot of a calendar's present hours, or make it.

        :param calendar: `resource.calendar` record
        :param company: `res.company` whose holidays count
        :param int first_year: first year (UTC) of the horizon
        :param int end_year: first year after the horizon
        :return: `aftersales.sla.calendar` record
        """
        # sudo: snapshots are made by the rules, whoever causes a clock to be measured
        snapshots = self.sudo()
        key = (calendar.id, company.id, first_year, end_year)
        try:
            return snapshots.browse(snapshots._known_id(*key))
        except LookupError:
            found = snapshots.search(self._current_domain(*key), limit=1, order="id")
        return found or snapshots._make(calendar, company, first_year, end_year)

    @api.model
    @ormcache("calendar_id", "company_id", "first_year", "end_year")
    def _known_id(self, calendar_id, company_id, first_year, end_year):
        """Find the current snapshot in memory.

        Forgotten whenever one is made or no longer holds. Those of this transaction are
        not remembered: they may be rolled back.

        :return: id
        :raise LookupError: when there is none; that is not remembered
        """
        domain = self._current_domain(calendar_id, company_id, first_year, end_year)
        before = ("create_date", "<", self.env.cr.now())
        found = self.sudo().search([*domain, before], limit=1, order="id")
        if not found:
            raise LookupError
        return found.id

    @api.model
    def _current_domain(self, calendar_id, company_id, first_year, end_year):
        return [
            ("is_current", "=", True),
            ("resource_calendar_id", "=", calendar_id),
            ("company_id", "=", company_id),
            ("first_year", "=", first_year),
            ("end_year", "=", end_year),
        ]

    @api.model
    def _make(self, calendar, company, first_year, end_year):
        """Store the present hours of a calendar, unless they are stored already."""
        self._guard(calendar)
        times = self._opening_times(calendar, company, first_year, end_year)
        seconds = sum(end - start for start, end in times)
        content = {
            "calendar": calendar.id,
            "company": company.id,
            "tz": calendar.tz or "UTC",
            "years": [first_year, end_year],
            "opening_times": times,
        }
        digest = canonical.content_hash(content)
        same = self.search([("digest", "=", digest)], limit=1)
        if same:
            same.is_current = True
            return same
        return self.create(
            {
                "name": calendar.name,
                "resource_calendar_id": calendar.id,
                "company_id": company.id,
                "tz": calendar.tz or "UTC",
                "first_year": first_year,
                "end_year": end_year,
                "opening_times": times,
                "open_hours": seconds / 3600.0,
                "digest": digest,
            }
        )

    @api.model
    def _opening_times(self, calendar, company, first_year, end_year):
        """Return the open times of a calendar, less the holidays of a company.

        :return: list of [opening, closing] in seconds since 1970 (UTC), disjoint
        """
        # sudo: hours and holidays are no secret, and not everyone may read them. The
        # company is named, because the superuser would count everybody's holidays.
        intervals = calendar.sudo()._work_intervals_batch(
            datetime(first_year, 1, 1, tzinfo=UTC),
            datetime(end_year, 1, 1, tzinfo=UTC),
            domain=[
                ("time_type", "=", "leave"),
                ("company_id", "in", [False, company.id]),
            ],
            tz=timezone(calendar.tz or "UTC"),
        )[False]
        pairs = [(_whole(start), _whole(end)) for start, end, _attendance in intervals]
        merged = working_time.normalise(pair for pair in pairs if pair[0] <= pair[1])
        return [
            [_seconds(start), _seconds(end)]
            for start, end in zip(merged.starts, merged.ends, strict=True)
        ]

    # === USE === #

    def _intervals(self):
        """Return the open times for the engine.

        :return: `tools.working_time.Intervals`; None, which is 24/7, for no snapshot
        """
        return self._parse(self.id) if self else None

    @ormcache("snapshot_id")
    def _parse(self, snapshot_id):
        # Rows never change, so what was read once is good for ever.
        # No hours at all are stored as nothing.
        pairs = self.browse(snapshot_id).sudo().opening_times or []
        return working_time.normalise(
            (EPOCH + timedelta(seconds=start), EPOCH + timedelta(seconds=end))
            for start, end in pairs
        )

    @api.model
    def _calendars_changed(self, calendars):
        """Forget what calendars were and let the open clocks be measured anew.

        :param calendars: `resource.calendar` records whose hours or holidays changed
        """
        if not calendars:
            return
        # sudo: who edits a holiday need not see the clocks that follow from it
        self._guard(calendars)
        self.sudo().search(
            [("resource_calendar_id", "in", calendars.ids), ("is_current", "=", True)]
        )._no_longer_hold()

    @api.model
    def _guard(self, calendars):
        """Let whoever edits a calendar and whoever takes a snapshot take turns.

        Otherwise the snapshot of hours that somebody is just editing would hold for
        ever, and two that are taken at once would meet in the unique index. The later
        transaction fails here and is tried again by Odoo.

        :param calendars: `resource.calendar` records
        """
        self.env.cr.execute(
            SQL(
                "UPDATE resource_calendar SET write_date = write_date"
                " WHERE id = ANY(%s)",
                calendars.ids,
            )
        )

    def _no_longer_hold(self):
        """Let the open clocks that these hours measured be measured anew."""
        if not self:
            return
        self.is_current = False
        self.env["aftersales.sla.clock"]._mark_stale(
            [("snapshot_id", "in", self.ids), ("outcome", "=", "open")]
        )

    @api.autovacuum
    def _gc_unused(self):
        """Delete snapshots of hours that no longer hold and measured no clock."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM aftersales_sla_calendar s WHERE NOT s.is_current"
                " AND NOT EXISTS (SELECT FROM aftersales_sla_clock c"
                " WHERE c.snapshot_id = s.id)"
            )
        )


def _whole(moment):
    """Return a moment in UTC without what calendars leave of a full day.

    Odoo ends a day at 23:59:59.999999 and a holiday at 23:59:59: the second after it
    would count as open.

    :param datetime moment: aware
    :return: naive UTC
    """
    moment = moment.astimezone(UTC).replace(tzinfo=None)
    if moment.second == 59:
        moment = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return moment.replace(microsecond=0)


def _seconds(moment):
    return int((moment - EPOCH).total_seconds())
