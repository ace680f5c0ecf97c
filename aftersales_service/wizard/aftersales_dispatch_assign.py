# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

#: So many are shown; whoever is sought beyond them is chosen on the visit.
SHOWN = 40


class AftersalesDispatchAssign(models.TransientModel):
    """Who can go on a visit, with what speaks for and against each."""

    _name = "aftersales.dispatch.assign"
    _description = "Who Can Go"

    dispatch_id = fields.Many2one("aftersales.dispatch", ondelete="cascade")
    ticket_id = fields.Many2one("aftersales.ticket", ondelete="cascade")
    scheduled_start = fields.Datetime(string="From", required=True)
    scheduled_end = fields.Datetime(string="Until", required=True)
    subject = fields.Char(string="Visit", readonly=True)
    site_time = fields.Char(string="At the Site", readonly=True)
    certificates = fields.Char(string="Required Certificates", readonly=True)
    candidate_ids = fields.One2many(
        "aftersales.dispatch.candidate", "assign_id", string="Technicians"
    )
    hidden_count = fields.Integer(readonly=True, export_string_translation=False)
    override_reason = fields.Char(
        string="Allow the Overlap Because",
        help="A manager may plan somebody for two visits at once, and says why.",
    )
    can_override = fields.Boolean(
        compute="_compute_can_override", export_string_translation=False
    )

    _schedule_order = models.Constraint(
        "CHECK(scheduled_end >= scheduled_start)", "A visit can't end before it starts."
    )

    @api.depends_context("uid")
    def _compute_can_override(self):
        self.can_override = self.env["res.users"]._has_aftersales_role("manager")

    @api.onchange("scheduled_start")
    def _onchange_scheduled_start(self):
        """Move the end with the start."""
        before = self._origin
        if self.scheduled_start and before.scheduled_end:
            length = before.scheduled_end - before.scheduled_start
            self.scheduled_end = self.scheduled_start + length

    @api.model
    def _open(self, values):
        """Open the dialog for a visit, or for a ticket that has none yet.

        :param dict values: dispatch_id or ticket_id, and the planned time if there is
            one
        """
        assign = self.new(values)
        visit = assign._visit()
        start = values.get("scheduled_start") or visit._proposed_start()
        end = values.get("scheduled_end") or fields.Datetime.add(start, hours=2)
        assign = self.create({**values, "scheduled_start": start, "scheduled_end": end})
        assign._look()
        return assign._action()

    def _visit(self):
        """Return the visit; a draft in memory only when it is not made yet."""
        self.ensure_one()
        dispatch = self.dispatch_id._origin
        if dispatch:
            dispatch.check_access("write")
            return dispatch
        ticket = self.ticket_id._origin
        ticket.check_access("write")
        return self.env["aftersales.dispatch"].new(ticket._prepare_dispatch())

    def _look(self):
        """Judge everybody for the time of the dialog."""
        visit = self._visit()
        slot = visit._slot(self.scheduled_start, self.scheduled_end)
        candidates = visit._candidates(slot)
        tickets = visit.job_ids.ticket_id._origin
        going = visit.technician_ids._origin if self.dispatch_id else ()
        self.write(
            {
                "subject": f"{visit.name or ''} {visit.partner_id.display_name}".strip()
                if self.dispatch_id
                else self.ticket_id.display_name,
                "site_time": visit._slot_text(slot),
                "certificates": ", ".join(
                    filter(None, tickets.mapped("required_certificates"))
                ),
                "hidden_count": max(0, len(candidates) - SHOWN),
                "candidate_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "sequence": index,
                                "employee_id": candidate.employee.id,
                                "level": candidate.level,
                                "reasons": "\n".join(candidate.reasons),
                                "against": "\n".join(candidate.against),
                                "selected": candidate.employee in going,
                            }
                        )
                        for index, candidate in enumerate(candidates[:SHOWN])
                    ),
                ],
            }
        )

    def _action(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Who Can Go"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def action_look(self):
        """Judge everybody anew: the time was changed."""
        self.ensure_one()
        self._look()
        return self._action()

    def action_assign_best(self):
        """Plan the visit with the first of the list."""
        self.ensure_one()
        # The time may have been changed since the list was made.
        self._look()
        best = self.candidate_ids[:1]
        if not best or best.level == "block":
            raise UserError(self.env._("Nobody can go then: choose another time."))
        return self._assign(best.employee_id)

    def action_assign_selected(self):
        """Plan the visit with those who are ticked."""
        self.ensure_one()
        chosen = self.candidate_ids.filtered("selected").employee_id
        if not chosen:
            raise UserError(self.env._("Tick at least one technician."))
        return self._assign(chosen)

    def _assign(self, employees):
        """Give a visit its time and its technicians, and plan it.

        :param employees: `hr.employee` records
        :return: action that shows the visit, or closes the dialog on it
        """
        self.env["res.users"]._check_aftersales_role("dispatcher", "manager")
        values = {
            "scheduled_start": self.scheduled_start,
            "scheduled_end": self.scheduled_end,
            "technician_ids": [Command.set(employees.ids)],
        }
        if self.override_reason:
            values["override_reason"] = self.override_reason
        if self.dispatch_id:
            visit = self._visit()
            visit._check_state("draft", "planned")
            visit.write(values)
        else:
            prepared = self.ticket_id._prepare_dispatch()
            visit = self.env["aftersales.dispatch"].create({**prepared, **values})
        if visit.state == "draft":
            visit.action_plan()
        if self.dispatch_id:
            return {"type": "ir.actions.act_window_close"}
        return visit._get_records_action()


class AftersalesDispatchCandidate(models.TransientModel):
    """A technician who might go."""

    _name = "aftersales.dispatch.candidate"
    _inherit = ["hr.mixin"]
    _description = "Technician Who Might Go"
    _order = "sequence, id"

    assign_id = fields.Many2one(
        "aftersales.dispatch.assign", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer()
    employee_id = fields.Many2one(
        "hr.employee", string="Technician", required=True, ondelete="cascade"
    )
    level = fields.Selection(
        [("fits", "Fits"), ("warn", "Look at It"), ("block", "Can't Go")],
        string="Planning",
    )
    reasons = fields.Text(string="For")
    against = fields.Text()
    selected = fields.Boolean(string="Choose")

    def action_assign(self):
        """Plan the visit with this one."""
        self.ensure_one()
        return self.assign_id._assign(self.employee_id)
