# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which rule a ticket is forwarded by. All rules are read once and kept in memory."""

from dataclasses import dataclass

from odoo import api, models
from odoo.tools import ormcache

from ..tools.matching import Rule, winners
from .aftersales_forward_rule import CRITERIA


@dataclass(frozen=True, slots=True)
class ForwardRow:
    """What forwarding needs to know of a rule, apart from any transaction."""

    rule: Rule
    team_id: int
    method: str
    user_id: int | bool
    waits: bool

    @property
    def id(self):
        return self.rule.key


class AftersalesForwardRule(models.Model):
    _inherit = "aftersales.forward.rule"

    @api.model
    @ormcache()
    def _catalogue(self):
        """Read all rules that hold.

        Forgotten whenever a rule or a team is written.

        :return: dict of id of a company -> tuple of ForwardRow, without companies that
            have none
        """
        # sudo: whoever reports is forwarded, mail gateway included; only the rules of
        # the ticket's own company are looked at
        rules = self.sudo().search([("team_id.active", "=", True)])
        return {
            company.id: tuple(rule._catalogue_row() for rule in some)
            for company, some in rules.grouped("company_id").items()
        }

    def _catalogue_row(self):
        """Return what forwarding needs to know of a rule."""
        self.ensure_one()
        criteria = []
        for name in CRITERIA:
            value = self[name]
            if value:
                criteria.append((name, value if isinstance(value, str) else value.id))
        return ForwardRow(
            rule=Rule(self.id, "forward", self.sequence, tuple(criteria)),
            team_id=self.team_id.id,
            method=self.method,
            user_id=self.user_id.id,
            waits=self.when_absent == "next",
        )

    @api.model
    @ormcache("company_id")
    def _criteria_in_use(self, company_id):
        """Return the criteria that any rule of a company has: others need no query."""
        return frozenset(
            name
            for row in self._catalogue().get(company_id, ())
            for name, _value in row.rule.criteria
        )

    @api.model
    def _match(self, tickets):
        """Choose for each ticket the most specific rule, as policies are chosen.

        A team that a person chose is kept: then only rules for that team compete.

        :param tickets: `aftersales.ticket` records
        :return: dict of ticket -> ForwardRow, without tickets that no rule is for
        """
        result = {}
        facts = tickets._forward_facts()
        for ticket in tickets:
            rows = {
                row.id: row
                for row in self._catalogue().get(ticket.company_id.id, ())
                if not ticket.keeps_team or row.team_id == ticket.team_id.id
            }
            found = winners([row.rule for row in rows.values()], facts[ticket])
            if found:
                result[ticket] = rows[found["forward"].key]
        return result

    def _say_criteria(self):
        """Return what a rule asks of a ticket in a few words."""
        self.ensure_one()
        labels = self.fields_get(CRITERIA, ["string"])
        words = []
        for name in CRITERIA:
            value = self[name]
            if not value:
                continue
            if isinstance(value, str):
                value = dict(self._fields[name]._description_selection(self.env))[value]
            else:
                value = value.display_name
            words.append(
                self.env._(
                    "%(criterion)s %(value)s",
                    criterion=labels[name]["string"],
                    value=value,
                )
            )
        return ", ".join(words) or self.env._("for every ticket")
