# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a visit changes on the machines: the parts that were replaced."""

import pytz

from odoo import api, fields, models


class AftersalesEquipmentEvent(models.Model):
    _inherit = "aftersales.equipment.event"

    dispatch_line_id = fields.Many2one(
        "aftersales.dispatch.line",
        string="Part Line",
        index="btree_not_null",
        readonly=True,
        ondelete="set null",
    )

    _dispatch_line_uniq = models.UniqueIndex(
        "(dispatch_line_id) WHERE dispatch_line_id IS NOT NULL",
        "This part is recorded already.",
    )


class AftersalesDispatchLine(models.Model):
    _inherit = "aftersales.dispatch.line"

    @api.ondelete(at_uninstall=False)
    def _unlink_warranties(self):
        """A part that a new version of the form takes back has no warranty."""
        # sudo: warranties follow from what was signed
        warranties = self.env["aftersales.warranty"].sudo()
        given = warranties.search(
            [("dispatch_line_id", "in", self.ids), ("is_void", "=", False)]
        )
        given._void(self.env._("The part was taken off the service form."))

    def _machine(self):
        """Return the machine a part was fitted to: the only one, if none is named."""
        self.ensure_one()
        machines = self.dispatch_id.job_ids.equipment_id
        return self.equipment_id or (machines if len(machines) == 1 else machines[:0])

    def _exchange_note(self):
        """Say in the machine's history which part it was."""
        self.ensure_one()
        details = (self.name, self.part_number, self.serial_number)
        return " · ".join(text for text in details if text)


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    def _record_exchanges(self):
        """Record the parts of signed visits in the files of their machines.

        Each part counts from the day the work was finished, at the site, and once
        however many versions of the form are signed.
        """
        parts = self.line_ids.filtered(lambda line: line.kind == "part")
        Event = self.env["aftersales.equipment.event"]
        known = Event.search([("dispatch_line_id", "in", parts.ids)]).dispatch_line_id
        days = {visit: visit._finished_day() for visit in self}
        fitted = [(line, line._machine()) for line in parts - known if line._machine()]
        Event.create(
            [
                {
                    "equipment_id": machine.id,
                    "date": days[line.dispatch_id],
                    "kind": "exchanged",
                    "quantity": line.quantity,
                    "note": line._exchange_note(),
                    "dispatch_line_id": line.id,
                }
                for line, machine in fitted
            ]
        )
        self.env["aftersales.warranty"]._grant_parts(
            [
                {
                    "equipment_id": machine.id,
                    "replaced_on": days[line.dispatch_id],
                    "product_id": line.product_id.id,
                    "part_name": line.name,
                    "part_serial": line.serial_number,
                    "dispatch_line_id": line.id,
                }
                for line, machine in fitted
            ]
        )

    def _finished_day(self):
        """Return the day, at the site, on which the work was finished."""
        self.ensure_one()
        zone = self.site_id._aftersales_tz(self.partner_id, self.company_id)
        moment = self.finished_at or fields.Datetime.now()
        return pytz.utc.localize(moment).astimezone(pytz.timezone(zone)).date()
