# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who of a team is given a ticket: who may, who is there, and how much each has."""

from dataclasses import dataclass, replace
from datetime import UTC, timedelta

from pytz import timezone

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.intervals import Intervals

from ..tools import forwarding, working_time
from .aftersales_sla_calendar import _whole
from .selections import OPEN_STATES

STAFF = "aftersales_service.aftersales_service_group_staff"
#: Who is away for longer than this is not waited for.
HORIZON = timedelta(days=14)
#: Rules that choose among several.
CHOOSING = (forwarding.LEAST_LOADED, forwarding.ROUND_ROBIN)


@dataclass(frozen=True, slots=True)
class Given:
    """Whom a ticket is given to, and how it came about.

    :ivar user_id: id of `res.users`, or False for the team only
    :ivar how: team (so says the rule), unable (the person of the rule can't be given
        it), nobody, fixed, least_loaded, round_robin, or next (nobody is present)
    :ivar load: open tickets that he had before
    """

    user_id: int | bool
    how: str
    load: int = 0


class AftersalesForwardRule(models.Model):
    _inherit = "aftersales.forward.rule"

    @api.model
    def _choose(self, plan):
        """Choose a person for each ticket, all members looked up at once.

        :param dict plan: `aftersales.ticket` with sudo -> ForwardRow
        :return: dict of ticket -> Given
        :raise psycopg2.extensions.TransactionRollbackError: when another transaction
            takes the same turn; nothing is lost of what this one has done before
        """
        # sudo: who is a member and what he has to do is no matter of who reports
        teams = self.env["aftersales.team"].sudo()
        teams = teams.browse({row.team_id for row in plan.values()})
        able = {team.id: team._able_members() for team in teams}
        draw = self._draw(
            {row for row in plan.values() if row.method in CHOOSING}, able
        )
        result = {}
        for ticket, row in plan.items():
            users = ticket._may_be_given_to(able[row.team_id])
            if row.method in CHOOSING:
                result[ticket] = draw.give(row, users.ids)
            elif row.method == "team":
                result[ticket] = Given(False, "team")
            elif row.user_id in users.ids:
                result[ticket] = Given(row.user_id, "fixed")
            else:
                result[ticket] = Given(False, "unable")
        self._claim(draw)
        return result

    @api.model
    def _draw(self, rows, able):
        """Look up all that decides among several members.

        :param rows: ForwardRow of rules that choose
        :param dict able: id of a team -> `res.users` who may be given its tickets
        :return: Draw
        """
        now = fields.Datetime.now()
        # sudo: as in `_choose`
        rules = self.sudo().browse({row.id for row in rows})
        teams = rules.team_id
        users = self.env["res.users"].sudo().union(*(able[team.id] for team in teams))
        if not users:
            return Draw(now, {}, {}, {})
        # sudo: as in `_choose`; tickets of every team and company are work
        loads = dict(
            self.env["aftersales.ticket"]
            .sudo()
            ._read_group(
                [("user_id", "in", users.ids), ("state", "in", OPEN_STATES)],
                ["user_id"],
                ["__count"],
            )
        )
        turns = self.env["aftersales.forward.turn"].sudo()
        turns = turns.search_fetch([("user_id", "in", users.ids)])
        given = {turn.user_id: turn.given_at for turn in turns}
        members = {
            user.id: forwarding.Member(
                user.id, None, loads.get(user, 0), given.get(user)
            )
            for user in users
        }
        last = {
            rule.id: rule.last_user_id.id
            for rule in rules
            if rule.method == forwarding.ROUND_ROBIN
        }
        return Draw(now, members, teams._present_from(able, now), last)

    @api.model
    def _claim(self, draw):
        """Store whose turns were taken, against whoever takes the same ones now.

        :param draw: Draw
        :raise psycopg2.extensions.TransactionRollbackError: as in `_choose`
        """
        if not draw.taken:
            return
        with self.env.cr.savepoint(flush=False):
            self.env["aftersales.forward.turn"]._take(draw.taken, draw.now)
            if draw.last:
                self.env.cr.execute(
                    SQL(
                        "UPDATE aftersales_forward_rule r SET last_user_id = v.user_id"
                        " FROM unnest(%s, %s::int[]) AS v(id, user_id)"
                        " WHERE r.id = v.id",
                        list(draw.last),
                        [user_id or None for user_id in draw.last.values()],
                    ),
                    log_exceptions=False,
                )
        rules = self.browse(draw.last)
        rules.invalidate_recordset(["last_user_id"], flush=False)


class Draw:
    """Chooses for one ticket after the other, and counts what each was given.

    :ivar now: naive UTC
    :ivar taken: ids of the users who were given a ticket
    :ivar last: id of a rule in turn -> id of the user who had its last turn
    """

    def __init__(self, now, members, presence, last):
        """Prepare the draw.

        :param datetime now: naive UTC
        :param dict members: id of a user -> `tools.forwarding.Member`
        :param dict presence: (id of a team, id of a user) -> since or from when he is
            there for this team (naive UTC), or None
        :param dict last: id of a rule in turn -> id of a user, or False
        """
        self.now = now
        self.last = last
        self.taken = set()
        self._members = members
        self._presence = presence

    def give(self, row, user_ids):
        """Choose who is given one ticket.

        :param row: ForwardRow
        :param user_ids: ids of the members who may be given it
        :return: Given
        """
        choice = forwarding.choose(
            row.method,
            [
                replace(
                    self._members[user_id],
                    present_from=self._presence[row.team_id, user_id],
                )
                for user_id in user_ids
            ],
            self.now,
            self.last.get(row.id) or None,
            row.waits,
        )
        if not choice:
            return Given(False, "nobody")
        user_id, load = choice.member.key, choice.member.load
        self.taken.add(user_id)
        self._members[user_id] = replace(
            choice.member, load=load + 1, given_at=self.now
        )
        if row.id in self.last:
            self.last[row.id] = user_id
        return Given(user_id, row.method if choice.is_present else "next", load)


class AftersalesTeam(models.Model):
    _inherit = "aftersales.team"

    def _able_members(self):
        """Return the members who can be responsible for a ticket of the team.

        :return: active internal users of the team's company with an after-sales role
        """
        self.ensure_one()
        # sudo: as in `aftersales.forward.rule._choose`
        return self.sudo().member_ids.filtered(
            lambda user: (
                user.active
                and not user.share
                and self.company_id in user.company_ids
                and user.has_group(STAFF)
            )
        )

    def _present_from(self, able, now):
        """Look up since or from when people are at work, all of them at once.

        Each has the hours of his employee, in his own zone, less the public holidays of
        the team's company and his time off. Without fixed hours of his own he has those
        of the team; where nobody knows any, he is always there but for his time off.

        :param dict able: id of a team -> `res.users`
        :param datetime now: naive UTC
        :return: dict of (id of a team, id of a user) -> naive UTC: now for who is
            present, else his next hour; None for who is not back within two weeks
        """
        # From a minute ago: what is cut off at the edge need not begin on a minute.
        start = now.replace(tzinfo=UTC) - timedelta(minutes=1)
        span = (start, start + HORIZON)
        # sudo: hours and time off of colleagues decide, whoever reports
        resources = self.env["resource.resource"].sudo()
        users = self.env["res.users"].union(*(able[team.id] for team in self))
        resources = resources.search(
            [("user_id", "in", users.ids), ("resource_type", "=", "user")], order="id"
        )
        off = (
            self.env["resource.calendar"]
            .sudo()
            ._leave_intervals_batch(
                *span,
                resources=resources,
                domain=[("time_type", "=", "leave"), ("resource_id", "!=", False)],
            )
        )
        by_user = resources.grouped("user_id")
        hours, result = {}, {}
        for team in self:
            office = team._office_hours(team.company_id)
            for user in able[team.id]:
                own = _resource_in(
                    team.company_id, by_user.get(user, resources.browse())
                )
                calendar, zone = own.calendar_id, own.tz
                if not calendar or calendar.flexible_hours:
                    calendar, zone = office, office.tz
                key = (calendar, zone, team.company_id)
                if key not in hours:
                    hours[key] = _open_hours(*key, span)
                there = hours[key] - off[own.id] if own else hours[key]
                result[team.id, user.id] = working_time.opening(
                    now, [_pair(*interval) for interval in there]
                )
        return result


def _resource_in(company, resources):
    """Return the resource of a person for a company, else one he has elsewhere."""
    return (resources.filtered(lambda one: one.company_id == company) or resources)[:1]


def _open_hours(calendar, zone, company, span):
    """Return when a calendar is open in a zone, less the holidays of a company."""
    if not calendar:
        return Intervals([(*span, calendar)])
    # The company is named, because the superuser would count everybody's holidays.
    return calendar.sudo()._work_intervals_batch(
        *span,
        domain=[
            ("time_type", "=", "leave"),
            ("company_id", "in", [False, company.id]),
        ],
        tz=timezone(zone or "UTC"),
    )[False]


def _pair(start, end, _records):
    """Return an interval of a calendar in naive UTC; no second before midnight."""
    start, end = _whole(start), _whole(end)
    return start, max(start, end)
