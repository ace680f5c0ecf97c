# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The promises of a ticket: which clocks it has, and what lists need to know."""

from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .selections import OPEN_STATES, UNPROMISED_TYPES

#: Fields of a ticket that may lead to other policies or hours.
RECLASSIFYING = {
    "equipment_id",
    "partner_id",
    "service_mode",
    "severity",
    "team_id",
    "ticket_type",
}
#: Kinds of events that are copied to a clock which is attached later.
WAITS = ("pause", "resume")
ENDS = ("stop", "void")


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    has_missed = fields.Boolean(
        string="Broken Promise",
        copy=False,
        readonly=True,
        help="At least one promise to the customer was missed.",
    )
    sla_warning = fields.Char(compute="_compute_sla_warning")

    def _compute_sla_warning(self):
        """Tell about promises that have no deadline because nothing ever opens."""
        for ticket in self:
            # sudo: clocks and calendars follow from rules; their names are no secret
            endless = ticket.sudo().clock_ids.filtered(
                lambda clock: clock.state == "running" and not clock.deadline
            )
            calendars = endless.calendar_id
            ticket.sla_warning = (
                self.env._(
                    "Promises without a deadline: %s has no working hours that are "
                    "long enough. Tell whoever keeps the calendars.",
                    ", ".join(calendars.mapped("display_name")),
                )
                if calendars
                else False
            )

    def _guarded_fields(self):
        return super()._guarded_fields() | {"has_missed"}

    # === WHAT DECIDES ABOUT POLICIES === #

    def _sla_response_class(self):
        """Return the response class that a contract promises for this ticket.

        :return: `aftersales.response.class` record, empty without a contract
        """
        self.ensure_one()
        return self._sla_response_classes()[self]

    def _sla_response_classes(self):
        """Return the response class of each ticket; set-based.

        Extended by whatever knows contracts.

        :return: dict of ticket -> `aftersales.response.class`, possibly empty
        """
        return dict.fromkeys(self, self.env["aftersales.response.class"])

    def _sla_facts(self):
        """Return what decides about the promises of each ticket.

        Only what some policy asks for is looked up.

        :return: dict of ticket -> dict of criterion -> value, see `tools.matching`
        """
        names = self.env["aftersales.sla.policy"]._criteria_in_use()
        # sudo: promises depend on the equipment and the customer's tags, whoever
        # classifies the ticket
        tickets = self.sudo()
        facts = {
            ticket: {name: ticket._sla_fact(name) for name in names}
            for ticket in tickets
        }
        if "response_class_id" in names:
            classes = tickets._sla_response_classes()
            for ticket in tickets:
                facts[ticket]["response_class_id"] = classes[ticket].id
        return {ticket: facts[ticket] for ticket in self}

    def _sla_fact(self, name):
        """Return one fact of a ticket.

        :param str name: a criterion of `aftersales.sla.policy`
        """
        self.ensure_one()
        if name == "product_category_id":
            return _path(self.equipment_id.product_id.categ_id)
        if name == "partner_tag_id":
            partner = self.partner_id | self.commercial_partner_id
            return _nearest(_path(tag) for tag in partner.category_id)
        if name == "unpromised_type":
            return self.ticket_type in UNPROMISED_TYPES and self.ticket_type
        if name == "response_class_id":
            return False  # asked for all tickets at once, see `_sla_facts`
        value = self[name]
        return value.id if isinstance(value, models.BaseModel) else value

    # === CLOCKS === #

    def _open_clocks(self, kind=None):
        """Return the open clocks of these tickets.

        :param str kind: respond, arrive or resolve; all of them when empty
        """
        # sudo: clocks follow from the work of people who need no right on them
        return self.sudo().clock_ids.filtered(
            lambda clock: clock.outcome == "open" and kind in (None, clock.kind)
        )

    def _void_clocks(self, reason, at=None):
        """End all open clocks with an outcome that is neither met nor missed.

        :param str reason: why the promises are needed no longer
        :param datetime at: naive UTC, by default now
        """
        self._open_clocks()._apply(
            {
                "kind": "void",
                "at": at or fields.Datetime.now(),
                "reason": reason,
            }
        )

    def _prepare_end(self, kind, at, reason):
        """Prepare the end of what is no longer needed.

        What was broken before stays missed: voiding it would be a way out.

        :param str kind: respond or arrive
        :param datetime at: end (naive UTC)
        :param str reason: why it is no longer needed
        :return: list of pairs for `aftersales.sla.clock._apply_all`
        """
        return [
            (
                clock,
                {
                    "kind": "stop" if clock._is_broken(at) else "void",
                    "at": at,
                    "reason": reason,
                },
            )
            for clock in self._open_clocks(kind)
        ]

    def _sync_clocks(self, reopened_at=None):
        """Attach, retarget or void clocks so that they fit the classification.

        Finished clocks stay as they are.

        :param datetime reopened_at: start of newly attached clocks (naive UTC); by
            default the report or now, as the policy says
        """
        tickets = self.filtered(lambda ticket: ticket.state in OPEN_STATES)
        if not tickets:
            return
        Clock = self.env["aftersales.sla.clock"]
        now = fields.Datetime.now()
        facts = tickets._sla_facts()
        matches = self.env["aftersales.sla.policy"]._match(tickets, facts)
        starts, changes, revive = [], [], []
        for ticket in tickets:
            winners = matches[ticket]
            live, ended = ticket._clocks_by_kind()
            for kind, (policy, criteria) in winners.items():
                clock = live.get(kind)
                owed = kind in ended and not ticket._kept_at(kind)
                if not clock and reopened_at and owed:
                    clock = ended[kind]
                    revive.append((clock, {"kind": "reopen", "at": reopened_at}))
                    revive += [(clock, event) for event in ticket._present_wait(now)]
                    open_now = True
                else:
                    open_now = bool(clock) and clock.outcome == "open"
                if not clock:
                    starts.append(ticket._prepare_clock(policy, criteria, reopened_at))
                elif (
                    clock.policy_id != policy
                    and open_now
                    and not clock.policy_id._outlasts(policy, facts[ticket], ticket)
                ):
                    retarget = (
                        policy.with_env(self.env).sudo()._prepare_retarget_event()
                    )
                    retarget["matched_on"] = ",".join(criteria)
                    changes.append((clock, retarget))
            for kind in live.keys() - winners.keys():
                clock = live[kind]
                # A policy that was archived goes on where it was promised.
                if clock.outcome == "open" and not clock.policy_id._still_fits(
                    facts[ticket], ticket.company_id
                ):
                    changes += ticket._prepare_end(
                        kind, now, self.env._("Reclassified")
                    )
        Clock._apply_all(revive + changes)
        Clock._start([vals for vals in starts if vals])

    def _clocks_by_kind(self):
        """Return the clocks of a ticket, the latest of each kind.

        :return: tuple of two dicts of kind -> `aftersales.sla.clock`: those that are
            not void, and the void ones
        """
        self.ensure_one()
        # sudo: clocks are read for their tickets whoever classifies or reopens them
        clocks = self.sudo().clock_ids.sorted("id")
        return (
            {clock.kind: clock for clock in clocks if clock.outcome != "void"},
            {clock.kind: clock for clock in clocks if clock.outcome == "void"},
        )

    def _prepare_clock(self, policy, criteria, reopened_at):
        """Prepare a clock of this ticket, with what happened before it was attached.

        :return: dict for `aftersales.sla.clock._start`, or None when the promise was
            kept before the policy came to apply
        """
        self.ensure_one()
        terms = policy._catalogue()[policy.id]
        now = fields.Datetime.now()
        if reopened_at:
            at = reopened_at
        elif terms.from_report or not self.create_date:
            at = self.reported_at
        else:
            # sudo: as in `_clocks_by_kind`
            before = self.sudo().clock_ids.filtered(
                lambda clock: clock.policy_id.id == policy.id and clock.started_at
            )
            # There and back again is no new promise.
            at = min([max(now, self.reported_at), *before.mapped("started_at")])
        kept_at = self._kept_at(terms.rule.group)
        if kept_at and kept_at < at:
            return None
        events = self._earlier_waits(at, now)
        if kept_at:
            events.append({"kind": "stop", "at": kept_at})
        return {
            "ticket": self,
            "policy": policy,
            "criteria": criteria,
            "at": at,
            "events": events,
        }

    def _kept_at(self, kind):
        """Return when a promise was kept, with a clock or without.

        :param str kind: respond, arrive or resolve
        :return: naive UTC, False when it is still owed
        """
        self.ensure_one()
        return {"respond": self.responded_at, "arrive": self.arrived_at}.get(kind)

    def _earlier_waits(self, at, now):
        """Return the waits of this ticket since a moment, for a clock attached later.

        They are taken from the ledgers of its other clocks; while there was none, only
        the present wait is known.

        :param datetime at: start of the clock (naive UTC)
        :return: list of values of `aftersales.sla.event`
        """
        self.ensure_one()
        # sudo: as in `_clocks_by_kind`
        waits = {}
        for clock in self.sudo().clock_ids:
            ended = None
            for row in clock.event_ids.sorted(lambda row: (row.at, row.sequence)):
                if row.kind in ENDS:
                    ended = row
                elif row.kind == "reopen" and ended:
                    # The end of the ticket was the end of its wait.
                    key = (ended.at, ended.sequence, "resume")
                    waits[key] = {"kind": "resume", "at": ended.at}
                elif row.kind in WAITS:
                    waits[row.at, row.sequence, row.kind] = {
                        "kind": row.kind,
                        "at": row.at,
                        "pause_reason": row.pause_reason,
                        "reason": row.reason,
                        "user_id": row.user_id.id,
                    }
        known = [waits[key] for key in sorted(waits) if key[0] >= at]
        if not self.waiting_since and known and known[-1]["kind"] == "pause":
            # Nobody noted when it ended: in doubt the time is ours.
            known.append({"kind": "resume", "at": known[-1]["at"]})
        if self.waiting_since and self.waiting_since <= now:
            present = {
                "kind": "pause",
                "at": max(at, self.waiting_since),
                "pause_reason": self.pause_reason,
            }
            if not any(
                row["kind"] == "pause" and row["at"] == present["at"] for row in known
            ):
                known.append(present)
        return known

    def _present_wait(self, now):
        """Return the pause of a clock that goes on while its ticket waits."""
        if not self.waiting_since:
            return []
        return [{"kind": "pause", "at": now, "pause_reason": self.pause_reason}]

    # === RECLASSIFICATION === #

    def write(self, vals):
        if not RECLASSIFYING & vals.keys():
            return super().write(vals)
        broken = self._broken_clocks()
        teams = {ticket: ticket.team_id for ticket in self}
        res = super().write(vals)
        moved = self.browse(
            ticket.id for ticket, team in teams.items() if ticket.team_id != team
        )
        # Another company has other policies, another team may have other hours.
        moved.filtered(
            lambda ticket: teams[ticket].company_id != ticket.company_id
        )._sync_clocks()
        moved._open_clocks()._replay_stale(self.env._("The team was changed"))
        if not self.env.su:
            self._check_still_broken(broken)
        return res

    def _broken_clocks(self):
        """Return the open clocks that are past what was promised."""
        now = fields.Datetime.now()
        return self._open_clocks().filtered(lambda clock: clock._is_broken(now))

    def _check_still_broken(self, broken):
        """A promise that is broken is not healed by classifying the ticket otherwise.

        :param broken: `aftersales.sla.clock` records that were broken before
        :raise AccessError: for anybody but a dispatcher or manager
        """
        now = fields.Datetime.now()
        healed = broken.filtered(
            lambda clock: clock.outcome == "open" and not clock._is_broken(now)
        )
        # Not as sudo: a stage follows as sudo from what a user did.
        users = self.env["res.users"].sudo(False)
        if (
            healed
            and self.env.uid != SUPERUSER_ID
            and not users._has_aftersales_role("dispatcher", "manager")
        ):
            raise AccessError(
                self.env._(
                    "A promise of %s is late already, and would not be any more. Only "
                    "a dispatcher or a manager may change this.",
                    ", ".join(healed.ticket_id.mapped("reference")),
                )
            )

    # === STORED COPIES === #

    def _copy_clocks(self):
        """Store what lists ask for; called by the clocks and only by them.

        That is the earliest open deadline, and whether a promise was broken.
        """
        if not self:
            return
        names = ["next_deadline", "has_missed"]
        self.env["aftersales.sla.clock"].flush_model()
        self.flush_recordset(names)
        self.env.cr.execute(
            SQL(
                "UPDATE aftersales_ticket t"
                " SET next_deadline = c.deadline, has_missed = c.missed"
                " FROM (SELECT ticket_id,"
                "  MIN(deadline) FILTER (WHERE outcome = 'open') AS deadline,"
                "  BOOL_OR(outcome = 'missed') AS missed"
                "  FROM aftersales_sla_clock WHERE ticket_id = ANY(%s)"
                "  GROUP BY ticket_id) c"
                " WHERE t.id = c.ticket_id"
                " AND (t.next_deadline, COALESCE(t.has_missed, FALSE))"
                "  IS DISTINCT FROM (c.deadline, c.missed)",
                list(self.ids),
            )
        )
        self.modified(names)
        self.invalidate_recordset(names, flush=False)


def _path(record):
    """Return a node of a tree and those above it: id -> how far up."""
    ids = [int(part) for part in (record.parent_path or "").split("/") if part]
    return {node: distance for distance, node in enumerate(reversed(ids))}


def _nearest(paths):
    """Return the union of paths, each node with its smallest distance."""
    found = {}
    for path in paths:
        for node, distance in path.items():
            found[node] = min(distance, found.get(node, distance))
    return found
