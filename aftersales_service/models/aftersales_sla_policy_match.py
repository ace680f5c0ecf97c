# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which policies a ticket gets. All policies are read once and kept in memory."""

from dataclasses import dataclass

from odoo import api, models
from odoo.tools import ormcache

from ..tools.levels import Level
from ..tools.matching import Rule, winners
from .aftersales_sla_policy import CRITERIA
from .selections import UNPROMISED_TYPES


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """What the engine needs to know of a policy, apart from any transaction."""

    rule: Rule
    company_id: int | bool
    active: bool
    target_minutes: float
    from_report: bool
    around_the_clock: bool
    pausing: frozenset[str]
    levels: tuple[Level, ...]


class AftersalesSlaPolicy(models.Model):
    _inherit = "aftersales.sla.policy"

    @api.model
    @ormcache()
    def _catalogue(self):
        """Read all policies, those put away too: clocks go on where they were promised.

        Forgotten whenever a policy or a level is written.

        :return: dict of id -> PolicyRow
        """
        # sudo: whoever creates a ticket starts its clocks, mail gateway included; the
        # company is compared in `_match`
        policies = self.sudo().with_context(active_test=False)
        # A company has dozens of policies, not thousands.
        policies = policies.search([])  # pylint: disable=no-search-all
        return {policy.id: policy._catalogue_row() for policy in policies}

    def _catalogue_row(self):
        """Return what the engine needs to know of a policy."""
        self.ensure_one()
        criteria = []
        for name in self._criteria():
            value = self[name]
            if value:
                criteria.append((name, value if isinstance(value, str) else value.id))
        return PolicyRow(
            rule=Rule(self.id, self.clock, self.sequence, tuple(criteria)),
            company_id=self.company_id.id,
            active=self.active,
            target_minutes=self.target_hours * 60.0,
            from_report=self.from_report,
            around_the_clock=self.around_the_clock,
            pausing=self._pausing(),
            levels=tuple(alert._as_level() for alert in self.alert_ids),
        )

    @api.model
    @ormcache("policy_id", "team_id", "company_id")
    def _calendar_id_for(self, policy_id, team_id, company_id):
        """Find the working hours of a clock, see `_calendar_for`.

        Forgotten whenever a policy, a team, a company's hours or a calendar is written.

        :return: id, False when every hour counts
        """
        # sudo: which hours count is no secret, and not everyone may read calendars
        env = self.sudo().env
        policy = env["aftersales.sla.policy"].browse(policy_id)
        return policy._calendar_for(
            env["aftersales.team"].browse(team_id),
            env["res.company"].browse(company_id),
        ).id

    @api.model
    def _criteria(self):
        """Return the names of the facts of a ticket that decide about policies."""
        return CRITERIA

    @api.model
    def _criteria_in_use(self):
        """Return the criteria that any active policy has: the others need no query.

        Whether nobody waits for it always counts, see `_is_for_type`.
        """
        return {"unpromised_type"} | {
            name
            for row in self._catalogue().values()
            if row.active
            for name, _value in row.rule.criteria
        }

    @api.model
    def _match(self, tickets, facts=None):
        """Choose for each ticket and clock the most specific policy.

        More criteria beat fewer; then the product category or tag nearest to the
        ticket; then the lower sequence; then the older policy. So the winner is always
        the same.

        :param tickets: `aftersales.ticket` records
        :param dict facts: what `_sla_facts` gives for them, looked up when not given
        :return: dict of ticket -> dict of clock -> (policy, list of criteria)
        """
        active = [row for row in self._catalogue().values() if row.active]
        result = {}
        for ticket, known in (facts or tickets._sla_facts()).items():
            rules = [
                row.rule
                for row in active
                if row.company_id in (False, ticket.company_id.id)
                and _is_for_type(row, ticket.ticket_type)
            ]
            # sudo: as in `_catalogue`
            result[ticket] = {
                clock: (
                    self.sudo().browse(rule.key),
                    [name for name, _value in rule.criteria],
                )
                for clock, rule in winners(rules, known).items()
            }
        return result

    def _still_fits(self, facts, company):
        """Tell whether a policy goes on for a ticket that it was chosen for.

        A contract that ended meanwhile takes nothing back: its response class does not
        count here.

        :param dict facts: what `_sla_facts` gives for the ticket
        :param company: `res.company` of the ticket
        """
        self.ensure_one()
        row = self._catalogue()[self.id]
        kept = tuple(
            pair for pair in row.rule.criteria if pair[0] != "response_class_id"
        )
        rule = Rule(row.rule.key, row.rule.group, row.rule.sequence, kept)
        return (
            row.company_id in (False, company.id)
            and _is_for_type(row, facts["unpromised_type"])
            and rule.fits(facts)
        )

    def _outlasts(self, winner, facts, ticket):
        """Tell whether a clock stays with this policy, which was a contract's.

        The contract may have ended, or was changed: the customer keeps the faster
        promise that he was given, not the general one.

        :param winner: policy that fits best now
        :param dict facts: what `_sla_facts` gives for the ticket
        :param ticket: `aftersales.ticket` of the clock
        """
        self.ensure_one()
        old, new = self._catalogue()[self.id], self._catalogue()[winner.id]
        return (
            any(name == "response_class_id" for name, _of in old.rule.criteria)
            and all(name != "response_class_id" for name, _of in new.rule.criteria)
            and new.target_minutes >= old.target_minutes
            and self._still_fits(facts, ticket.company_id)
        )


def _is_for_type(row, ticket_type):
    """Tell whether a policy promises anything to tickets of a type.

    Maintenance was not reported by anybody who waits: it gets only the promises that
    name it.
    """
    return ticket_type not in UNPROMISED_TYPES or (
        ("ticket_type", ticket_type) in row.rule.criteria
    )
