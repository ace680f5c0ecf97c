# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who can go: the technicians of a company, the best for a visit first."""

from collections import defaultdict, namedtuple
from datetime import UTC, datetime, timedelta

import pytz

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools import planning
from .res_users import ROLE_PREFIX
from .selections import OPEN_STATES

WEEK = timedelta(days=7)
#: How far ahead a free time is proposed.
AHEAD = timedelta(days=14)
#: How long a visit takes, until somebody knows better.
USUAL = timedelta(hours=2)

#: A technician with what speaks for and against him; texts in the user's language.
Candidate = namedtuple("Candidate", "employee facts level reasons against")


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    def _technicians(self):
        """Return who goes on visits like this one.

        :return: `hr.employee` records with sudo: field technicians of the company, and
            the technicians of the team
        """
        self.ensure_one()
        # sudo: whoever plans needs no HR rights
        employees, visit = self.env["hr.employee"].sudo(), self.sudo()
        group = self.env.ref(f"{ROLE_PREFIX}technician")
        domain = Domain("company_id", "=", visit.company_id.id) & (
            Domain("is_field_technician", "=", True)
            | Domain(
                "user_id", "in", (visit.team_id.member_ids & group.all_user_ids).ids
            )
        )
        found = employees.search(domain, order="name, id")
        # Whom the customer complains about isn't sent to him, and nobody is told why.
        about = visit.job_ids.ticket_id.complaint_about_ids
        found = found.filtered(
            lambda one: one not in about and not one.user_id & about.user_id
        )
        return found | visit.technician_ids._origin

    def _candidates(self, slot=None):
        """Judge everybody who might go.

        :param slot: `Slot` that is tried instead of the planned time
        :return: list of `Candidate`, the best first
        """
        self.ensure_one()
        slot = slot or self._slot()
        employees = self._technicians()
        pairs = [(self, employee) for employee in employees]
        judged = self._judge(pairs, {self: slot} if slot else None)
        known = self._familiarity(employees)
        load = self._load(employees, slot)
        candidates = []
        for employee in employees:
            judgement = judged.get((self, employee))
            machine, customer = known[employee.id]
            problems = judgement.problems if judgement else []
            blocks = sum(problem["level"] == "block" for problem in problems)
            facts = planning.Facts(
                blocks=blocks,
                warnings=len(problems) - blocks,
                away=bool(judgement and judgement.away),
                distance=judgement.distance if judgement else None,
                machine_visits=machine,
                customer_visits=customer,
                load_hours=load[employee.id],
            )
            level = "block" if blocks else "warn" if problems else "fits"
            against = [problem["text"] for problem in problems]
            candidates.append(
                Candidate(employee, facts, level, self._reasons(facts), against)
            )
        return sorted(
            candidates, key=lambda c: (*planning.rank(c.facts), c.employee.id)
        )

    def _reasons(self, facts):
        """Say what speaks for somebody."""
        reasons = []
        if facts.machine_visits:
            reasons.append(
                self.env._("Knows the machine (visits: %(n)s)", n=facts.machine_visits)
            )
        elif facts.customer_visits:
            reasons.append(
                self.env._(
                    "Knows the customer (visits: %(n)s)", n=facts.customer_visits
                )
            )
        if facts.distance is not None:
            reasons.append(self.env._("%(km)s km away", km=round(facts.distance)))
        hours = f"{facts.load_hours:.1f}".removesuffix(".0")
        reasons.append(
            self.env._("%(hours)s h planned that week", hours=hours)
            if facts.load_hours
            else self.env._("Nothing planned that week")
        )
        return reasons

    def _familiarity(self, employees):
        """Count the visits of employees to the machines and the customer of this one.

        :return: dict of employee id -> (visits to a machine, visits to the customer)
        """
        # sudo: visits count whether or not the user may see them
        visits = self.sudo()
        done = Domain("state", "=", "done") & Domain(
            "technician_ids", "in", employees.ids
        )
        customer = visits.partner_id.commercial_partner_id
        machines = visits.job_ids.equipment_id._origin
        counts = [
            dict(
                visits._read_group(done & domain, ["technician_ids"], ["__count"])
                if needed
                else ()
            )
            for domain, needed in (
                (Domain("job_ids.equipment_id", "in", machines.ids), machines),
                (Domain("partner_id", "child_of", customer.ids), customer),
            )
        ]
        return {
            employee.id: tuple(count.get(employee, 0) for count in counts)
            for employee in employees
        }

    def _load(self, employees, slot):
        """Add up the hours that employees are planned for in the week of a visit.

        :return: dict of employee id -> hours, without this visit
        """
        load = defaultdict(float)
        if not slot:
            return load
        zone = pytz.timezone(slot.zone)
        monday = slot.first - timedelta(days=slot.first.weekday())
        local = zone.localize(datetime.combine(monday, datetime.min.time()))
        start = local.astimezone(UTC).replace(tzinfo=None)
        booked = self._bookings(employees, start, start + WEEK)
        for employee_id, bookings in booked.items():
            load[employee_id] = sum(
                (booking.end - booking.start).total_seconds() / 3600
                for booking in bookings
                if booking.visit_id != self._origin.id
            )
        return load

    def _proposed_start(self):
        """Propose when somebody could go: the next full working hour from now.

        :return: naive UTC datetime
        """
        now = fields.Datetime.now()
        start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        # sudo: working hours are no secret, and not everyone may read them
        visit = self.sudo()
        calendar = visit.team_id._office_hours(visit.company_id)
        if not calendar:
            return start
        zone = pytz.timezone(calendar.tz or "UTC")
        begin = start.replace(tzinfo=UTC)
        work = calendar._work_intervals_batch(
            begin,
            begin + AHEAD,
            domain=[
                ("time_type", "=", "leave"),
                ("company_id", "in", [False, visit.company_id.id]),
            ],
            tz=zone,
        )[False]
        spans = planning.working_spans([(a, b) for a, b, _attendance in work])
        for opening, closing in spans:
            if closing - opening >= USUAL:
                return opening.astimezone(UTC).replace(tzinfo=None)
        return start

    def action_who_can_go(self):
        """Open the dialog that shows who can go."""
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role("dispatcher", "manager")
        self.check_access("write")
        self._check_state("draft", "planned")
        return self.env["aftersales.dispatch.assign"]._open(
            {
                "dispatch_id": self.id,
                "scheduled_start": self.scheduled_start,
                "scheduled_end": self.scheduled_end,
            }
        )


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    def action_who_can_go(self):
        """Open the dialog that shows who can go; a visit is made when one is chosen.

        :raise AccessError, UserError: by another role, for an ended ticket, or when
            nobody has said who the customer is
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role("dispatcher", "manager")
        self.check_access("write")
        if self.state not in OPEN_STATES:
            raise UserError(self.env._("Reopen the ticket before you plan a visit."))
        if not self.partner_id:
            raise UserError(self.env._("Say first who the customer is."))
        draft = self.job_ids.dispatch_id.filtered(lambda visit: visit.state == "draft")
        if draft:
            return draft[0].action_who_can_go()
        return self.env["aftersales.dispatch.assign"]._open({"ticket_id": self.id})
