# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from .selections import CLOCK_SELECTION, SEVERITY_SELECTION, TYPE_SELECTION

#: Fields of the policy that a ticket's field of the same name must equal, if set.
CRITERIA = ("severity", "ticket_type", "team_id")


class AftersalesSlaPolicy(models.Model):
    """Which tickets get which clock, and how many hours it has."""

    _name = "aftersales.sla.policy"
    _description = "SLA Policy"
    _order = "clock, sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty: for every company."
    )
    clock = fields.Selection(CLOCK_SELECTION, required=True, default="respond")
    target_hours = fields.Float(
        required=True, help="Hours from the start of the clock to its deadline."
    )
    from_report = fields.Boolean(
        string="Counts from the Report",
        default=True,
        help="When a ticket is classified later, the clock starts at the report. "
        "Otherwise it starts when the policy first applies.",
    )
    severity = fields.Selection(SEVERITY_SELECTION, help="Empty: any severity.")
    ticket_type = fields.Selection(TYPE_SELECTION, help="Empty: any type.")
    team_id = fields.Many2one(
        "aftersales.team", index=True, check_company=True, help="Empty: any team."
    )
    alert_ids = fields.One2many("aftersales.sla.alert", "policy_id", string="Alerts")
    clock_ids = fields.One2many(
        "aftersales.sla.clock",
        "policy_id",
        string="Measured Clocks",
        export_string_translation=False,
    )

    _target_hours_positive = models.Constraint(
        "CHECK(target_hours > 0)", "A promise needs a target of more than zero hours."
    )

    def write(self, vals):
        res = super().write(vals)
        if "target_hours" in vals:
            self._retarget_open_clocks()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if (
            self.env["aftersales.sla.clock"]
            .sudo()
            .search_count(
                # sudo: clocks of tickets that the user can't see count as well
                [("policy_id", "in", self.ids)],
                limit=1,
            )
        ):
            raise UserError(
                self.env._("Clocks were measured by this policy. Archive it instead.")
            )

    def _retarget_open_clocks(self):
        """Measure the open clocks of these policies anew, finished ones never."""
        # sudo: a policy holds for all tickets, also those its editor can't see
        clocks = self.env["aftersales.sla.clock"].sudo()
        domain = [("policy_id", "in", self.ids), ("outcome", "=", "open")]
        for policy, open_clocks in clocks._read_group(
            domain, ["policy_id"], ["id:recordset"]
        ):
            open_clocks._apply(policy._prepare_retarget_event())

    def _update_next_alerts(self):
        """Let the open clocks of these policies know their levels of alert."""
        # sudo: a policy holds for all tickets, also those its editor can't see
        self.env["aftersales.sla.clock"].sudo().search(
            [("policy_id", "in", self.ids), ("outcome", "=", "open")]
        )._update_next_alert()

    def _prepare_retarget_event(self):
        """Prepare the ledger row that moves a clock to this policy.

        :return: dict for `aftersales.sla.clock._apply`
        """
        self.ensure_one()
        return {
            "kind": "retarget",
            "policy_id": self.id,
            "target_minutes": self.target_hours * 60.0,
        }

    def _matches(self, ticket):
        """Tell by which criteria this policy applies to a ticket.

        :param ticket: `aftersales.ticket` record
        :return: list of names of CRITERIA, or None when the policy does not apply
        """
        self.ensure_one()
        if self.company_id and self.company_id != ticket.company_id:
            return None
        criteria = [name for name in self._criteria() if self[name]]
        if any(self[name] != ticket[name] for name in criteria):
            return None
        return criteria

    @api.model
    def _criteria(self):
        """Return the names of the ticket fields that decide about policies."""
        return CRITERIA

    @api.model
    def _match(self, tickets):
        """Choose for each ticket and clock the most specific policy.

        Ties go to the lower sequence, then to the older policy, so that the winner
        is always the same.

        :param tickets: `aftersales.ticket` records
        :return: dict of ticket -> dict of clock -> (policy, list of criteria)
        """
        # sudo: whoever creates a ticket starts its clocks, mail gateway included;
        # the company is compared in `_matches`
        policies = self.sudo().search(
            [("company_id", "in", [False, *tickets.company_id.ids])]
        )
        result = {}
        for ticket in tickets:
            found = [(policy, policy._matches(ticket)) for policy in policies]
            found = [pair for pair in found if pair[1] is not None]
            found.sort(key=lambda pair: (-len(pair[1]), pair[0].sequence, pair[0].id))
            winners = {}
            for policy, criteria in found:
                winners.setdefault(policy.clock, (policy, criteria))
            result[ticket] = winners
        return result
