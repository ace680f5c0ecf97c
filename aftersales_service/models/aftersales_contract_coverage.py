# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a contract pays for: its part in the decisions about findings."""

from odoo import api, fields, models

from ..tools import coverage as engine
from .aftersales_contract import NOT_AGREED_STATES
from .inside import INSIDE, is_inside
from .selections import COST_CLASSES

#: What a contract says about who pays, beside its entitlement.
CONTRACT_FIELDS = {
    "cancelled_on",
    "covered_ticket_ids",
    "end_date",
    "line_ids",
    "pause_ids",
    "start_date",
}
#: What a line says about which machine is covered when.
LINE_FIELDS = {"contract_id", "equipment_id", "date_from", "date_to"}


class AftersalesContract(models.Model):
    _inherit = "aftersales.contract"

    # === WHEN IT IS DECIDED AGAIN === #

    def _contract_changed(self):
        """Take decisions and promises again: its state or dates have changed."""
        equipment = super()._contract_changed()
        self._retake_decisions(equipment)
        return equipment

    def write(self, vals):
        deciding = (CONTRACT_FIELDS | set(self._entitlement_fields())) & vals.keys()
        if not deciding:
            return super().write(vals)
        # sudo: what is decided about follows from the contract, whoever changes it
        equipment = self.sudo().line_ids.equipment_id
        tickets = self.sudo().covered_ticket_ids
        # Once about all of it, not after each line.
        later = self.with_context(aftersales_decide_later=INSIDE)
        res = super(AftersalesContract, later).write(vals)
        self._retake_decisions(equipment | self.sudo().line_ids.equipment_id, tickets)
        return res

    def _retake_decisions(self, equipment, tickets=None):
        """Decide again who pays for open tickets of these contracts' machines.

        What was signed stays as it is, and what a manager decided. The order in which
        contracts, lines and tickets were written does not matter: all of it is in the
        database before anything is read.

        :param equipment: `aftersales.equipment` whose contracts have changed
        :param tickets: `aftersales.ticket` that they covered until now
        """
        if is_inside(self.env, "aftersales_decide_later"):
            return
        # sudo: as in `write`; a draft pays for nothing yet
        contracts = self.sudo().exists().filtered(lambda c: c.state != "draft")
        if not contracts:
            return
        self.env.flush_all()
        tickets = (
            tickets or self.env["aftersales.ticket"]
        ) | contracts.covered_ticket_ids
        equipment = equipment.sudo() | tickets.sudo().finding_ids.equipment_id
        equipment._retake_coverage()
        equipment._reserve_coming_visits()
        equipment._retake_promises(tickets)

    # === WHAT IT PAYS === #

    def _is_agreed(self):
        """Tell whether it was agreed and has begun, or will, whatever became of it.

        An offer that nobody signed is cancelled on its first day at the latest.
        """
        self.ensure_one()
        never = self.state == "cancelled" and self.cancelled_on <= self.start_date
        return self.state not in NOT_AGREED_STATES and not never

    def _coverage_refusals(self, finding, day):
        """Say why this contract does not pay for a finding, beside dates and terms.

        :param finding: `aftersales.finding` that is decided about
        :param date day: of the fault
        :return: list of `tools.coverage.Refusal`
        """
        self.ensure_one()
        if not self._is_agreed():
            is_offer = self.state in NOT_AGREED_STATES
            code = "contract_not_signed" if is_offer else "contract_withdrawn"
            return [engine.Refusal(code)]
        refusals = []
        # A fault from before the contract was taken over with it, and goes with it.
        is_dropped = self.state == "cancelled" and day < self.start_date
        if self.cancelled_on and (day >= self.cancelled_on or is_dropped):
            refusals.append(
                engine.Refusal("contract_cancelled", {"date": self.cancelled_on})
            )
        if any(pause._holds(day) for pause in self.pause_ids):
            refusals.append(engine.Refusal("contract_suspended", {"date": day}))
        return refusals + self._quota_refusals(finding)


class AftersalesContractLine(models.Model):
    _inherit = "aftersales.contract.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.contract_id._retake_decisions(lines.equipment_id)
        return lines

    def write(self, vals):
        if not LINE_FIELDS & vals.keys():
            return super().write(vals)
        contracts, equipment = self.contract_id, self.equipment_id
        res = super().write(vals)
        contracts |= self.contract_id
        contracts._retake_decisions(equipment | self.equipment_id)
        return res

    def unlink(self):
        contracts, equipment = self.contract_id, self.equipment_id
        res = super().unlink()
        contracts._retake_decisions(equipment)
        return res

    def _prepare_coverage_candidate(self, finding):
        """Prepare the contract for a decision about this machine.

        :param finding: `aftersales.finding` that is decided about
        :return: `tools.coverage.Candidate`
        """
        self.ensure_one()
        contract, day = self.contract_id, finding._fault_day()
        return engine.Candidate(
            ref=(self._name, self.id),
            name=contract.name,
            payer="contract",
            kind="contract",
            starts=dict.fromkeys(COST_CLASSES, self._covered_from(finding, day)),
            ends=dict.fromkeys(COST_CLASSES, self.date_to),
            shares={cost: contract[f"{cost}_share"] for cost in COST_CLASSES},
            liabilities=tuple(sorted(contract._covered_liabilities())),
            excluded_categories=tuple(sorted(contract.excluded_category_ids.ids)),
            refusals=tuple(contract._coverage_refusals(finding, day)),
        )

    def _covered_from(self, finding, day):
        """Return the first day on which this machine is covered.

        The ticket that the contract was quoted for is covered from its fault on.

        :param finding: `aftersales.finding`
        :param date day: of its fault
        """
        if (
            finding.ticket_id in self.contract_id.covered_ticket_ids
            and self.date_from <= self.date_to
        ):
            return min(day, self.date_from)
        return self.date_from


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    def _coverage_candidates(self, date=None):
        """Add the contracts of the machines, ended ones too: their dates decide."""
        yield from super()._coverage_candidates(date)
        equipment = self.equipment_id | self.finding_ids.equipment_id
        # By the contract's own state: the copy on the line may be on its way still.
        yield self.env["aftersales.contract.line"].search(
            [
                ("equipment_id", "in", equipment.ids),
                ("contract_id.state", "!=", "draft"),
            ],
            order="id",
        )


class AftersalesCoverage(models.Model):
    _inherit = "aftersales.coverage"

    @api.model
    def _prepare_source(self, candidate):
        source = super()._prepare_source(candidate)
        line = self.env["aftersales.contract.line"]
        if candidate and candidate.ref[0] == line._name:
            source["contract_id"] = line.browse(candidate.ref[1]).contract_id.id
        return source


class AftersalesCoverageLine(models.Model):
    _inherit = "aftersales.coverage.line"

    contract_id = fields.Many2one(
        "aftersales.contract",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The contract that pays.",
    )


class AftersalesCoverageRejection(models.Model):
    _inherit = "aftersales.coverage.rejection"

    contract_id = fields.Many2one(
        "aftersales.contract",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    def _reason_texts(self):
        return {
            **super()._reason_texts(),
            "contract_not_signed": self.env._("Not signed yet"),
            "contract_withdrawn": self.env._("Cancelled before it began"),
            "contract_cancelled": self.env._(
                "Cancelled on %(date)s", date=self._day("date")
            ),
            "contract_suspended": self.env._(
                "Suspended on %(date)s", date=self._day("date")
            ),
        }
