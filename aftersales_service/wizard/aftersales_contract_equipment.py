# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError


class AftersalesContractEquipment(models.TransientModel):
    """Add machines to an agreed contract, or remove some, from a day on."""

    _name = "aftersales.contract.equipment"
    _description = "Machines that Join or Leave a Contract"

    contract_id = fields.Many2one(
        "aftersales.contract", required=True, ondelete="cascade"
    )
    operation = fields.Selection(
        [("join", "Add"), ("leave", "Remove")], required=True, default="join"
    )
    choice_ids = fields.Many2many(
        "aftersales.equipment",
        compute="_compute_choice_ids",
        export_string_translation=False,
        help="Machines that can leave on that day.",
    )
    company_id = fields.Many2one(related="contract_id.company_id")
    owner_ids = fields.Many2many(related="contract_id.owner_ids")
    equipment_ids = fields.Many2many(
        "aftersales.equipment", string="Machines", required=True
    )
    date = fields.Date(
        compute="_compute_date", store=True, readonly=False, precompute=True
    )
    reason = fields.Char()

    @api.depends("contract_id")
    def _compute_date(self):
        """Propose today, or the first day of a contract that has not begun."""
        for wizard in self:
            contract = wizard.contract_id
            wizard.date = contract and max(contract._today(), contract.start_date)

    @api.depends("contract_id", "date")
    def _compute_choice_ids(self):
        for wizard in self:
            lines = wizard.contract_id.line_ids
            day = wizard.date
            wizard.choice_ids = lines.filtered(
                lambda line, day=day: day and line.date_to >= max(day, line.date_from)
            ).equipment_id

    def action_apply(self):
        """Let the machines join or leave.

        :raise AccessError: for who may not change the contract
        :raise UserError: for a day or a machine that can't be, or without a reason
        """
        self.ensure_one()
        contract = self.contract_id
        contract.check_access("write")
        contract._check_agreed_state()
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say why: it is kept with the contract."))
        if not self.date:
            raise UserError(self.env._("Choose the day from which on it is so."))
        self.env["aftersales.contract.step"]._check_past_day(contract, self.date)
        contract._check_in_term(self.date)
        if self.operation == "join":
            contract._check_eligible(self.equipment_ids)
            done = contract._join(self.equipment_ids, self.date, self.reason)
        else:
            done = contract._leave(self.equipment_ids, self.date, self.reason)
        if self.equipment_ids - done.equipment_id:
            missing = self.equipment_ids - done.equipment_id
            raise UserError(self._missing_text(missing))
        return {"type": "ir.actions.act_window_close"}

    def _missing_text(self, equipment):
        """Say why some machines could not join or leave."""
        names = ", ".join(equipment.mapped("display_name"))
        if self.operation == "join":
            return self.env._("In the contract on that day or later already: %s", names)
        return self.env._("Not in the contract on that day: %s", names)
