# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Forwarding: the right team and person have a classified report at once."""

from psycopg2.extensions import TransactionRollbackError
from pytz import UTC, timezone

from odoo import api, fields, models
from odoo.exceptions import UserError

from .aftersales_forward_choice import Given
from .inside import INSIDE, is_inside
from .selections import OPEN_STATES

ACTIVITY_TYPE = "aftersales_service.mail_activity_type_forward"
#: Who may forward by hand.
FORWARD_ROLES = ("intake", "dispatcher", "manager")
#: States in which nobody has taken up what he was given.
UNTOUCHED_STATES = ("new", "assigned")
#: Tickets that the job forwards at a time.
BATCH = 100


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    keeps_team = fields.Boolean(
        string="Keep Team",
        copy=False,
        export_string_translation=False,
        help="Somebody chose the team: forwarding rules leave it as it is.",
    )
    forwarded_at = fields.Datetime(
        string="Forwarded On",
        copy=False,
        readonly=True,
        help="When the ticket was last given to a person or a team, by a rule or by "
        "hand.",
    )
    forward_pending = fields.Boolean(
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="Another report took the same turn: the job forwards this one.",
    )

    _forward_pending_idx = models.Index("(id) WHERE forward_pending")

    def _guarded_fields(self):
        return super()._guarded_fields() | {"forwarded_at", "forward_pending"}

    # === WHAT DECIDES === #

    def _is_classified(self):
        """Tell whether a person can be given a ticket, or it has to be sorted first.

        :return: bool: whether the customer and all that its type requires are known
        """
        self.ensure_one()
        return bool(self.partner_id) and not self._missing_facts()

    def _may_be_given_to(self, users):
        """Leave out those who must not have a ticket.

        Extended by whatever hides tickets from some.

        :param users: `res.users` of its team, with sudo
        :return: `res.users`: here all of them
        """
        self.ensure_one()
        return users

    def _forward_facts(self):
        """Return what decides about the rule of each ticket, as far as rules ask.

        :return: dict of ticket -> dict of criterion -> value, see `tools.matching`
        """
        Rule = self.env["aftersales.forward.rule"]
        # sudo: rules depend on the equipment and the customer's tags, whoever
        # classifies the ticket
        return {
            ticket: {
                name: ticket.sudo()._forward_fact(name)
                for name in Rule._criteria_in_use(ticket.company_id.id)
            }
            for ticket in self
        }

    def _forward_fact(self, name):
        """Return one fact of a ticket.

        :param str name: a criterion of `aftersales.forward.rule`
        """
        self.ensure_one()
        if name == "country_id":
            return (self.site_id.country_id or self.partner_id.country_id).id
        return self._sla_fact(name)

    def _awaiting_forward(self):
        """Return the new tickets without a responsible whose company has rules."""
        rules = self.env["aftersales.forward.rule"]._catalogue()
        if not rules:
            return self.browse()
        return self.filtered(
            lambda ticket: (
                ticket.company_id.id in rules
                and ticket.state == "new"
                and ticket.active
                and not ticket.user_id
            )
        )

    def _forward_basis(self):
        """Return for each ticket all on which forwarding depends."""
        facts = self._forward_facts()
        return {ticket: (ticket._is_classified(), facts[ticket]) for ticket in self}

    # === WHEN === #

    @api.model_create_multi
    def create(self, vals_list):
        # Their findings are part of them: they are forwarded when all is there.
        model = self.with_context(aftersales_forwarding=INSIDE)
        tickets = super(AftersalesTicket, model).create(
            [
                {"keeps_team": True, **vals} if self._chooses_team(vals) else vals
                for vals in vals_list
            ]
        )
        tickets = tickets.with_env(self.env)
        tickets._forward()
        return tickets

    def write(self, vals):
        if (
            vals.get("team_id")
            and not self.env.su
            and any(ticket.team_id.id != vals["team_id"] for ticket in self)
        ):
            vals = {"keeps_team": True, **vals}
        waiting = self._awaiting_forward()
        basis = waiting._forward_basis()
        responsible = {ticket: ticket.user_id for ticket in self if ticket.forwarded_at}
        res = super().write(vals)
        # First what this write has done: what forwarding gives to do now stays.
        self._follow_up_forward_activities(responsible)
        if waiting:
            now = waiting._forward_basis()
            waiting.filtered(lambda ticket: now[ticket] != basis[ticket])._forward()
        return res

    def _merge_into(self, original):
        """What belongs to the others may be just what was missing."""
        res = super()._merge_into(original)
        original._forward()
        return res

    @api.model
    def _chooses_team(self, vals):
        """Tell whether a person names another team than the one he would get anyway.

        What the gateway and the portal deliver has the team of its way in.

        :param dict vals: values of a new ticket
        """
        team_id = vals.get("team_id") or self.env.context.get("default_team_id")
        if not team_id or self.env.su:
            return False
        Team = self.env["aftersales.team"]
        Team._remember()
        # A machine of another company has its report go there, which is no choice.
        company = Team.browse(team_id).company_id or self.env.company
        return team_id != Team._default_team(self.env.user, company).id

    @api.model
    def _cron_forward(self):
        """Forward what could not be forwarded at once, see `_forward`."""
        domain = [("forward_pending", "=", True)]
        tickets = self.search(domain, limit=BATCH, order="id")
        Cron = self.env["ir.cron"]
        remaining = len(tickets)
        if remaining == BATCH:
            remaining = self.search_count(domain)
        Cron._commit_progress(remaining=remaining)
        for ticket in tickets:
            ticket = ticket[0].try_lock_for_update().filtered_domain(domain)
            if ticket:
                ticket.forward_pending = False
                ticket._forward()
            if not Cron._commit_progress(1):
                break

    # === BY RULE === #

    def _forward(self):
        """Give new tickets to the team and person that the rules say, and tell them.

        Whoever is responsible already, and a team that a person chose, stay. Nobody is
        given what is not classified yet. A ticket whose turn another transaction takes
        at the same moment is forwarded by the job, so that no report is refused.
        """
        tickets = self._awaiting_forward()
        if not tickets:
            return
        # sudo: forwarding follows from the rules, whoever reports
        tickets = tickets.sudo()
        plan = self.env["aftersales.forward.rule"]._match(tickets)
        if not plan:
            return
        ready = {ticket: row for ticket, row in plan.items() if ticket._is_classified()}
        try:
            given = self.env["aftersales.forward.rule"]._choose(ready)
        except TransactionRollbackError:
            tickets.browse().union(*plan).forward_pending = True
            self.env.ref("aftersales_service.ir_cron_forward")._trigger()
            return
        for ticket in plan.keys() - given.keys():
            given[ticket] = Given(False, "unclassified")
        self._apply_forward(plan, given)

    @api.model
    def _apply_forward(self, plan, given):
        """Write what was decided: those with the same team and person at once.

        :param dict plan: ticket with sudo -> ForwardRow
        :param dict given: ticket -> Given
        """
        Stage = self.env["aftersales.ticket.stage"]
        groups, words = {}, {}
        for ticket, row in plan.items():
            team = ticket.team_id.browse(row.team_id)
            how = given[ticket]
            if how.user_id and not Stage._for_state("assigned", team):
                # Nowhere to put it: a report must not be lost for that.
                how = Given(False, "no_stage")
            if not how.user_id and team == ticket.team_id:
                continue
            key = (row.team_id, how.user_id)
            groups[key] = groups.get(key, ticket.browse()) | ticket
            words[ticket.id] = (row, how)
        now = fields.Datetime.now()
        for (team_id, user_id), tickets in groups.items():
            vals = {"forwarded_at": now}
            if user_id:
                vals["user_id"] = user_id
            moved = tickets.filtered(lambda t, team_id=team_id: t.team_id.id != team_id)
            for some, more in ((moved, {"team_id": team_id}), (tickets - moved, {})):
                if some:
                    some.write({**vals, **more})
        tickets = self.sudo().browse(words)
        tickets._schedule_forward_activities()
        tickets._log_forward(
            {
                ticket.id: ticket._in_company_language()._say_forward(*words[ticket.id])
                for ticket in tickets
            },
            self.env.ref("base.partner_root"),
        )

    # === BY HAND === #

    def _forward_by_hand(self, team, user, note=False):
        """Give a ticket to a team, and to a person of it where one is named.

        :param team: `aftersales.team` record
        :param user: `res.users` record, possibly empty
        :param str note: why, for the chatter
        :raise AccessError, UserError: when the user may not, or that can't be
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role(*FORWARD_ROLES)
        self.check_access("write")
        team.check_access("read")
        if self.state not in OPEN_STATES:
            raise UserError(self.env._("Reopen the ticket before you forward it."))
        able = self.sudo()._may_be_given_to(team._able_members())
        if user and user not in able:
            raise UserError(
                self.env._(
                    "%(person)s can't be given this ticket: only a member of team "
                    "%(team)s with an after-sales role can.",
                    person=user.name,
                    team=team.name,
                )
            )
        if (team, user) == (self.team_id, self.user_id):
            raise UserError(self.env._("Say where the ticket goes."))
        vals = {"user_id": user.id, "keeps_team": True}
        if team != self.team_id:
            vals["team_id"] = team.id
        # As the user himself: what a team of another company means is checked there.
        self.write(vals)
        # sudo: kept from being written by hand
        ticket = self.sudo()
        ticket.forwarded_at = fields.Datetime.now()
        if user != self.env.user:
            ticket._schedule_forward_activities(note)
        ticket._log_forward(
            {self.id: self._say_forward_by_hand(note)}, self.env.user.partner_id
        )

    def action_forward(self):
        """Open the dialog that gives the ticket to a team and a person."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "aftersales_service.aftersales_ticket_forward_action"
        )
        action["context"] = {"default_ticket_id": self.id}
        return action

    # === IN WORDS === #

    def _in_company_language(self):
        lang = self.company_id.partner_id.lang or self.env.lang
        return self if lang == self.env.lang else self.with_context(lang=lang)

    def _say_forward(self, row, given):
        """Say in one line which rule sent a ticket where, and why.

        :param row: ForwardRow
        :param given: Given
        """
        self.ensure_one()
        rule = self.env["aftersales.forward.rule"].browse(row.id)
        return self.env._(
            "Forwarded to %(target)s by rule %(rule)s: %(criteria)s; %(how)s",
            target=self._say_target(),
            rule=rule.name,
            criteria=rule._say_criteria(),
            how=self._say_how(row, given),
        )

    def _say_target(self):
        if not self.user_id:
            return self.team_id.name
        return self.env._(
            "%(person)s, %(team)s", person=self.user_id.name, team=self.team_id.name
        )

    def _say_how(self, row, given):
        """Say how it came to this person, or to none."""
        if given.how == "least_loaded":
            return self.env._(
                "least loaded of those present (%(count)d open)", count=given.load
            )
        if given.how == "next":
            return self.env._(
                "nobody is present, first to come (%(count)d open)", count=given.load
            )
        if given.how == "unable":
            person = self.env["res.users"].browse(row.user_id).name
            return self.env._(
                "the team only: %(person)s can't be given it", person=person
            )
        return {
            "fixed": self.env._("always the same person"),
            "nobody": self.env._("the team only: nobody is present"),
            "no_stage": self.env._(
                "the team only: it has no stage for assigned tickets"
            ),
            "round_robin": self.env._("next in turn of those present"),
            "team": self.env._("the team only"),
            "unclassified": self.env._("the team only: it is not classified yet"),
        }[given.how]

    def _say_forward_by_hand(self, note):
        target = self._say_target()
        if not (note or "").strip():
            return self.env._("Forwarded to %(target)s by hand", target=target)
        return self.env._(
            "Forwarded to %(target)s by hand: %(note)s",
            target=target,
            note=note.strip(),
        )

    def _log_forward(self, lines, author):
        """Put a line into the chatter of each ticket; who is given it is told apart.

        :param dict lines: id of a ticket -> str
        :param author: `res.partner` record
        """
        if self:
            self._message_log_batch(bodies=lines, author_id=author.id)

    # === ACTIVITIES === #

    def _schedule_forward_activities(self, note=False):
        """Give the responsible of each ticket something to do.

        It is due on the day of the next promise, today where there is none.

        :param str note: what the one who forwards has to say
        """
        tickets = self.filtered("user_id")
        if not tickets:
            return
        kind = self.env["ir.model.data"]._xmlid_to_res_id(
            ACTIVITY_TYPE, raise_if_not_found=False
        )
        # The assignment is told already: the activity brings no message of its own.
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(
            [
                {
                    "activity_type_id": kind,
                    "automated": True,
                    "date_deadline": ticket._forward_deadline(),
                    "note": note,
                    "res_id": ticket.id,
                    "res_model_id": self.env["ir.model"]._get_id(self._name),
                    "summary": ticket.with_context(
                        lang=ticket.user_id.lang or self.env.lang
                    )._say_activity(),
                    "user_id": ticket.user_id.id,
                }
                for ticket in tickets
            ]
        )

    def _say_activity(self):
        return self.env._("Take up the report and answer the customer")

    def _forward_deadline(self):
        """Return the day by which a ticket is to be taken up, where its responsible is.

        :return: date
        """
        self.ensure_one()
        office = self.team_id._office_hours(self.company_id)
        zone = timezone(self.user_id.tz or office.tz or "UTC")
        now = fields.Datetime.now()
        moment = max(now, self.next_deadline or now)
        return UTC.localize(moment).astimezone(zone).date()

    def _follow_up_forward_activities(self, responsible):
        """Take away what was to do where it is done, or is another's to do.

        :param dict responsible: forwarded ticket -> responsible before a write
        """
        over = self.browse(
            ticket.id
            for ticket, user in responsible.items()
            if ticket.user_id != user or ticket.state not in UNTOUCHED_STATES
        )
        if not over:
            return
        kind = self.env["ir.model.data"]._xmlid_to_res_id(
            ACTIVITY_TYPE, raise_if_not_found=False
        )
        # sudo: the activity belongs to another than who takes the ticket over
        activities = over.sudo().activity_ids.filtered(
            lambda one: one.activity_type_id.id == kind and one.automated
        )
        activities.unlink()


class AftersalesFinding(models.Model):
    _inherit = "aftersales.finding"

    @api.model_create_multi
    def create(self, vals_list):
        findings = super().create(vals_list)
        findings._forward_tickets({"fault_id"})
        return findings

    def write(self, vals):
        res = super().write(vals)
        self._forward_tickets(vals.keys())
        return res

    def _forward_tickets(self, names):
        """Forward the tickets that have waited for their fault.

        :param names: names of the fields that were written
        """
        if "fault_id" not in names or any(
            is_inside(self.env, key)
            for key in ("aftersales_forwarding", "aftersales_merging")
        ):
            return
        self.filtered("fault_id").ticket_id._forward()
