# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

ROLES = ("technician", "dispatcher", "support", "manager")


class AftersalesCommissioning(models.TransientModel):
    """Enter the day machines were put into operation, or correct it."""

    _name = "aftersales.commissioning"
    _description = "Commissioning"

    equipment_ids = fields.Many2many("aftersales.equipment", required=True)
    date = fields.Date(
        string="Commissioned on",
        required=True,
        help="Day at the site. Warranties that start with the commissioning count from "
        "it.",
    )
    employee_id = fields.Many2one(
        "hr.employee",
        string="Technician",
        help="Who commissioned it, if one of us did.",
    )
    note = fields.Char(help="Counter reading, name of the user who was trained...")
    is_correction = fields.Boolean(compute="_compute_is_correction")
    reason = fields.Char(help="Why the day that was entered before was wrong.")

    @api.depends("equipment_ids")
    def _compute_is_correction(self):
        for commissioning in self:
            commissioning.is_correction = any(
                commissioning.equipment_ids.mapped("commissioning_date")
            )

    def action_commission(self):
        """Write the day, start the warranties that waited, and record it.

        :raise UserError: for a day that can't be, or a correction without a reason
        """
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role(*ROLES)
        equipment = self.equipment_ids
        equipment.check_access("write")
        equipment._check_in_service()
        self._check_date()
        corrected = equipment.filtered("commissioning_date")
        if corrected and not (self.reason or "").strip():
            raise UserError(
                self.env._(
                    "The commissioning of %(names)s was entered before: give the "
                    "reason why the day is corrected.",
                    names=", ".join(corrected.mapped("display_name")),
                )
            )
        before = {machine: machine.commissioning_date for machine in corrected}
        # sudo: written by this dialog only, which has checked who asks
        equipment.sudo().write({"commissioning_date": self.date})
        corrected._restart_warranties("commissioning")
        self._record(equipment - corrected, self._event_note())
        for machine, day in before.items():
            note = self.env._(
                "Corrected from %(date)s: %(reason)s",
                date=format_date(self.env, day),
                reason=self.reason,
            )
            self._record(machine, note)
            machine.message_post(body=Markup("<p>%s</p>") % note)
        return {"type": "ir.actions.act_window_close"}

    def _check_date(self):
        """Refuse a commissioning in the future or before the delivery.

        :raise UserError: naming the equipment and the day it contradicts
        """
        todays = self.equipment_ids._todays()
        for equipment in self.equipment_ids:
            if self.date > todays[equipment]:
                raise UserError(
                    self.env._(
                        "%(equipment)s can't have been commissioned on %(date)s: that "
                        "day is still to come at its site.",
                        equipment=equipment.display_name,
                        date=format_date(self.env, self.date),
                    )
                )
            if equipment.delivery_date and self.date < equipment.delivery_date:
                raise UserError(
                    self.env._(
                        "%(equipment)s can't have been commissioned on %(date)s: it "
                        "was delivered on %(delivery)s.",
                        equipment=equipment.display_name,
                        date=format_date(self.env, self.date),
                        delivery=format_date(self.env, equipment.delivery_date),
                    )
                )

    def _event_note(self):
        """Return who commissioned it and the note, as far as they are known."""
        # sudo: the technician's name is recorded, the employee is not shown
        name = self.sudo().employee_id.name
        return ": ".join(filter(None, (name, self.note))) or False

    def _record(self, equipment, note):
        equipment._add_events("commissioned", self.date, note=note)
