# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who can go on which visit: the facts, gathered for many at once, and judged."""

from collections import defaultdict, namedtuple
from datetime import UTC, timedelta

import pytz

from odoo import api, fields, models
from odoo.tools import SQL, format_date, format_datetime

from ..tools import planning

#: States in which the time of the technicians is taken.
BOOKED_STATES = ("planned", "on_way", "on_site")
DAY = timedelta(days=1)

#: When a visit is, in UTC, and the days that are at the site, in its time zone.
Slot = namedtuple("Slot", "start end first last zone")
#: A visit somebody is planned for.
Booking = namedtuple("Booking", "visit_id name mode start end point")
#: What is known of somebody for a visit; `problems` as of `_planning_problems`.
Judgement = namedtuple("Judgement", "problems distance away")


def _naive(moment):
    return moment.astimezone(UTC).replace(tzinfo=None)


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    def _site_zone(self):
        """Return the name of the time zone at the site of a visit."""
        self.ensure_one()
        return self.env["aftersales.service.form"]._site_tz(self)

    def _slot(self, start=None, end=None):
        """Return when a visit is.

        :param start: naive UTC datetime instead of the planned one
        :param end: the same for the end
        :return: `Slot`, or None without a time
        """
        self.ensure_one()
        start = start or self.scheduled_start
        if not start:
            return None
        end = max(end or self.scheduled_end or start, start)
        zone = self._site_zone()
        first, last = (
            pytz.utc.localize(moment).astimezone(pytz.timezone(zone)).date()
            # What ends at midnight was over the day before.
            for moment in (start, max(start, end - planning.INSTANT))
        )
        return Slot(start, end, first, last, zone)

    # === FACTS === #

    def _required_certificates(self):
        """Find the certificates that the work of visits requires.

        :return: dict of visit -> dict of id of `hr.skill` -> bool, mandatory
        """
        Certificate = self.env["aftersales.certificate"]
        if not Certificate._rules():
            return {visit: {} for visit in self}
        return {
            visit: Certificate._required(
                visit.company_id,
                [
                    (job.equipment_id.product_id.categ_id, job.ticket_id._faults())
                    for job in visit.job_ids
                ],
            )
            for visit in self
        }

    @api.model
    def _certificates_held(self, employees, skill_ids):
        """Return the certificates that employees have or had.

        :return: dict of (employee id, skill id) -> list of (valid from, valid until)
        """
        held = defaultdict(list)
        if skill_ids:
            rows = self.env["hr.employee.skill"].search_fetch(
                [("employee_id", "in", employees.ids), ("skill_id", "in", skill_ids)],
                ["employee_id", "skill_id", "valid_from", "valid_to"],
            )
            for row in rows:
                held[row.employee_id.id, row.skill_id.id].append(
                    (row.valid_from, row.valid_to)
                )
        return held

    @api.model
    def _bookings(self, employees, start, end):
        """Return the visits that employees are planned for, in a time.

        :return: dict of employee id -> list of `Booking`, the earliest first
        """
        booked = defaultdict(list)
        if not employees:
            return booked
        names = ["name", "state", "mode", "site_id", "scheduled_start"]
        self.flush_model([*names, "scheduled_end", "technician_ids"])
        self.env["res.partner"].flush_model(["partner_latitude", "partner_longitude"])
        field = self._fields["technician_ids"]
        rows = self.env.execute_query(
            SQL(
                "SELECT r.%(employee)s, v.id, v.name, v.mode, v.scheduled_start,"
                " v.scheduled_end, p.partner_latitude, p.partner_longitude"
                " FROM aftersales_dispatch v JOIN %(table)s r ON r.%(visit)s = v.id"
                " JOIN res_partner p ON p.id = v.site_id"
                " WHERE r.%(employee)s IN %(employees)s AND v.state IN %(states)s"
                " AND v.scheduled_start < %(end)s AND v.scheduled_end >= %(start)s"
                " ORDER BY v.scheduled_start, v.id",
                employee=SQL.identifier(field.column2),
                visit=SQL.identifier(field.column1),
                table=SQL.identifier(field.relation),
                employees=tuple(employees.ids),
                states=BOOKED_STATES,
                start=start,
                end=end,
            )
        )
        shown = self._shown_bookings({row[1] for row in rows})
        for employee_id, visit_id, name, mode, begin, finish, *point in rows:
            name = name if visit_id in shown else False
            booked[employee_id].append(
                Booking(visit_id, name, mode, begin, finish, _point(*point))
            )
        return booked

    @api.model
    def _shown_bookings(self, visit_ids):
        """Return the ids of those visits that the user may hear of.

        That somebody is busy is no secret; a visit about a complaint about the user
        is. It costs nothing for whom nobody has complained about.

        :param set visit_ids: ids of visits
        """
        if not self.env.user._is_complained_about():
            return visit_ids
        visits = self.sudo(False).browse(visit_ids)
        return set(visits._filtered_access("read").ids)

    @api.model
    def _presence(self, employees, start, end):
        """Return when employees work and when they are away.

        :return: dict of employee id -> list of (start, end) of work, None where no
            hours are agreed; and list of (start, end, `resource.calendar.leaves`)
        """
        start, end = (moment.replace(tzinfo=UTC) for moment in (start, end))
        resources = employees.resource_id
        validity = resources._get_calendars_validity_within_period(start, end)
        by_calendar = defaultdict(lambda: self.env["resource.resource"])
        for resource in resources:
            for calendar in validity[resource.id]:
                by_calendar[calendar] |= resource
        work, away = defaultdict(list), defaultdict(list)
        free = {r.id for r in resources if not r.calendar_id}
        for calendar, members in by_calendar.items():
            leaves = calendar._leave_intervals_batch(start, end, members)
            fixed = calendar and not calendar.flexible_hours
            times = (
                calendar._attendance_intervals_batch(start, end, members)
                if (fixed)
                else {}
            )
            for resource in members:
                valid = validity[resource.id][calendar]
                away[resource.id] += [
                    (_naive(a), _naive(b), leave) for a, b, leave in leaves[resource.id]
                ]
                if not fixed or resource.id in free:
                    free.add(resource.id)
                    continue
                work[resource.id] += [
                    (_naive(a), _naive(b)) for a, b, _m in times[resource.id] & valid
                ]
        return {
            employee.id: (
                None
                if employee.resource_id.id in free
                else sorted(work[employee.resource_id.id]),
                away[employee.resource_id.id],
            )
            for employee in employees
        }

    # === JUDGEMENT === #

    def _judge(self, pairs, slots=None):
        """Say what speaks against employees going on visits.

        The number of queries doesn't depend on how many there are, but on the number
        of months the visits lie in and of calendars the employees have.

        :param pairs: list of (visit, employee)
        :param slots: dict of visit -> `Slot` that is tried instead of the planned one
        :return: dict of (visit, employee) -> `Judgement`
        """
        # sudo: certificates, hours and the visits of others; what is told of them is
        # what whoever plans has to know, and no more
        if not pairs:
            return {}
        self = self.sudo()
        slots = slots or {}
        pairs = [(visit.sudo(), employee.sudo()) for visit, employee in pairs]
        visits = self.browse().union(*(visit for visit, _e in pairs))
        slots = {visit: slots.get(visit) or visit._slot() for visit in visits}
        required = visits._required_certificates()
        employees = self.env["hr.employee"].union(*(e for _v, e in pairs))
        skills = {skill for needed in required.values() for skill in needed}
        held = self._certificates_held(employees, list(skills))
        names = {s.id: s.name for s in self.env["hr.skill"].browse(skills)}
        by_month = defaultdict(list)
        for visit, employee in pairs:
            if slots[visit]:
                by_month[slots[visit].start.strftime("%Y%m")].append((visit, employee))
        judged = {}
        for month in by_month.values():
            start = min(slots[visit].start for visit, _e in month) - DAY
            end = max(slots[visit].end for visit, _e in month) + DAY
            going = self.env["hr.employee"].union(*(e for _v, e in month))
            booked = self._bookings(going, start, end)
            presence = self._presence(going, start, end)
            for visit, employee in month:
                slot = slots[visit]
                certificates = [
                    (names[skill], mandatory, held[employee.id, skill])
                    for skill, mandatory in required[visit].items()
                ]
                work, leaves = presence[employee.id]
                away = visit._judge_leaves(slot, employee, leaves)
                distance = visit._distance(slot, employee, booked[employee.id])
                problems = [
                    *visit._judge_overlaps(slot, employee, booked[employee.id]),
                    *visit._judge_certificates(slot, employee, certificates),
                    *away,
                    *(() if away else visit._judge_hours(slot, employee, work)),
                    *visit._judge_distance(employee, distance),
                ]
                judged[visit, employee] = Judgement(problems, distance, bool(away))
        return judged

    def _problem(self, code, level, employee, text):
        return {
            "code": code,
            "level": level,
            "text": text,
            "employee_id": employee._origin.id,
        }

    def _judge_overlaps(self, slot, employee, bookings):
        for booking in bookings:
            if booking.visit_id == self._origin.id or not planning.overlaps(
                slot.start, slot.end, booking.start, booking.end
            ):
                continue
            # Beside a remote service somebody can do something else.
            both = self.mode == booking.mode == "on_site"
            yield self._problem(
                "overlap",
                "block" if both and not self.override_reason else "warn",
                employee,
                self.env._(
                    "%(employee)s is planned for %(visit)s then: %(start)s - %(end)s",
                    employee=employee.name,
                    visit=booking.name or self.env._("another visit"),
                    start=self._local(booking.start, slot.zone),
                    end=self._local(booking.end, slot.zone, "HH:mm"),
                ),
            )

    def _judge_certificates(self, slot, employee, certificates):
        for name, mandatory, periods in certificates:
            state, day = planning.certificate_state(periods, slot.first, slot.last)
            if state == planning.VALID:
                continue
            level, words = "warn", {"employee": employee.name, "certificate": name}
            if state == planning.EXPIRED:
                text = self.env._(
                    "The certificate %(certificate)s of %(employee)s is valid until "
                    "%(day)s only",
                    day=format_date(self.env, day),
                    **words,
                )
            elif state == planning.FUTURE:
                text = self.env._(
                    "The certificate %(certificate)s of %(employee)s is not valid "
                    "before %(day)s",
                    day=format_date(self.env, day),
                    **words,
                )
            else:
                # Nobody touches the machine from afar.
                if mandatory and self.mode != "remote":
                    level = "block"
                text = self.env._(
                    "%(employee)s has no certificate %(certificate)s", **words
                )
            yield self._problem(f"certificate_{state}", level, employee, text)

    def _judge_leaves(self, slot, employee, leaves):
        away = [
            (start, end, leave)
            for start, end, leave in leaves
            if planning.overlaps(slot.start, slot.end, start, end)
        ]
        problems = []
        for _start, end, leave in away[:1]:
            if leave.resource_id:
                # Why somebody is away is nobody's business.
                text = self.env._(
                    "%(employee)s is away until %(day)s",
                    employee=employee.name,
                    day=self._local(end, slot.zone),
                )
            else:
                text = self.env._(
                    "Holiday of %(employee)s: %(holiday)s",
                    employee=employee.name,
                    holiday=leave.name
                    or self._local(end, slot.zone, self.env._("EEE d MMM")),
                )
            problems.append(self._problem("leave", "warn", employee, text))
        return problems

    def _judge_hours(self, slot, employee, work):
        if work is not None and not planning.within_hours(work, slot.start, slot.end):
            yield self._problem(
                "hours",
                "warn",
                employee,
                self.env._(
                    "Outside the working hours of %(employee)s", employee=employee.name
                ),
            )

    def _judge_distance(self, employee, distance):
        limit = self.team_id.far_km
        if limit and distance is not None and distance > limit:
            yield self._problem(
                "distance",
                "warn",
                employee,
                self.env._(
                    "%(employee)s is %(distance)s km away, in a straight line",
                    employee=employee.name,
                    distance=round(distance),
                ),
            )

    def _distance(self, slot, employee, bookings):
        """Return the way to the site in km, or None when it isn't known.

        It begins where the visit before on the same day is, else at work.
        """
        site = _point(self.site_id.partner_latitude, self.site_id.partner_longitude)
        if self.mode != "on_site" or not site:
            return None
        zone = pytz.timezone(slot.zone)
        before = [
            booking.point
            for booking in bookings
            if booking.visit_id != self._origin.id
            and booking.mode == "on_site"
            and booking.end <= slot.start
            and pytz.utc.localize(booking.end).astimezone(zone).date() == slot.first
        ]
        work = employee.address_id
        origin = (before and before[-1]) or _point(
            work.partner_latitude, work.partner_longitude
        )
        return planning.distance_km(origin, site) if origin else None

    def _local(self, moment, zone, pattern=None):
        """Write a moment of UTC as the clock at the site shows it.

        :param str pattern: of babel, by default day and time in the language's order
        """
        pattern = pattern or self.env._("EEE d MMM HH:mm")
        return format_datetime(self.env, moment, tz=zone, dt_format=pattern)

    def _planning_problems(self):
        """Say what speaks against a visit as it is planned.

        :return: list of dict: code (overlap, certificate_missing, certificate_expired,
            certificate_future, leave, hours, distance), level (block or warn), text in
            the user's language, employee_id
        """
        self.ensure_one()
        return self._problems()[self]

    def _problems(self):
        """Return the planning problems of visits.

        :return: dict of visit -> list as of `_planning_problems`
        """
        pairs = [(v, e) for v in self for e in v.sudo().technician_ids._origin]
        problems = {visit: [] for visit in self}
        for (visit, _employee), judgement in self._judge(pairs).items():
            problems[visit] += judgement.problems
        return problems


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    required_certificates = fields.Char(compute="_compute_required_certificates")

    def _faults(self):
        """Return the faults found on a ticket so far."""
        return self.finding_ids.fault_id

    @api.depends("equipment_id", "finding_ids.fault_id", "company_id")
    def _compute_required_certificates(self):
        Certificate = self.env["aftersales.certificate"]
        # sudo: what is required is no secret; names of certificates are read by all
        tickets = self.sudo()
        required = {
            ticket: Certificate._required(
                ticket.company_id,
                [(ticket.equipment_id.product_id.categ_id, ticket._faults())],
            )
            if Certificate._rules()
            else {}
            for ticket in tickets
        }
        skills = self.env["hr.skill"].sudo()
        skills = skills.browse({skill for row in required.values() for skill in row})
        names = {skill.id: skill.name for skill in skills}
        for ticket in self:
            needed = required[ticket.sudo()]
            ticket.required_certificates = ", ".join(names[skill] for skill in needed)


def _point(latitude, longitude):
    """Return coordinates, or None: 0, 0 means that nobody has looked them up."""
    return (latitude, longitude) if latitude or longitude else None
