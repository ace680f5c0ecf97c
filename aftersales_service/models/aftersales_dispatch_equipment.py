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
        "(dispatch_line_id) WHERE dispatch_line_id IS NOT NULL AND kind = 'exchanged'",
        "This part is recorded already.",
    )

    @api.model
    def _last_of_parts(self, lines):
        """Find what was recorded last of the parts of visits.

        :param lines: `aftersales.dispatch.line`
        :return: dict of line -> `aftersales.equipment.event`
        """
        events = self.search([("dispatch_line_id", "in", lines.ids)], order="id")
        return {event.dispatch_line_id.sudo(lines.env.su): event for event in events}


class AftersalesDispatchLine(models.Model):
    _inherit = "aftersales.dispatch.line"

    @api.ondelete(at_uninstall=False)
    def _unlink_exchanges(self):
        """What a correction takes off the visit was not replaced."""
        # sudo: the file of the machine follows from the work
        events = self.env["aftersales.equipment.event"].sudo()
        last = events._last_of_parts(self)
        events.create(
            [
                {**line._prepare_correction(last[line]), "quantity": 0}
                for line in self
                if line in last and last[line].quantity
            ]
        )
        self._void_warranties()

    def _prepare_correction(self, event):
        """Prepare what the file of a machine says of a part that was corrected.

        :param event: the last `aftersales.equipment.event` about this part
        :return: dict for `create`: that the part was not replaced
        """
        self.ensure_one()
        line = self._in_language_of_file()
        return {
            "equipment_id": event.equipment_id.id,
            "date": event.date,
            "kind": "corrected",
            "quantity": self.quantity,
            "note": line.env._("Not replaced: %(part)s", part=line._exchange_note()),
            "dispatch_line_id": self.id,
        }

    def _prepare_corrections(self, last):
        """Prepare what a new version of the form says otherwise of its parts.

        :param dict last: line -> what was recorded last
        :return: list of dicts for `aftersales.equipment.event.create`
        """
        result = []
        for line in self.filtered(lambda ln: ln in last):
            event, note = last[line], line._in_language_of_file()._exchange_note()
            if line.quantity == event.quantity and (
                not line.quantity or note == event.note
            ):
                continue
            values = line._prepare_correction(event)
            if line.quantity:
                values["note"] = note
                # sudo: of the number alone, which is the one on the part
                live = self.env["aftersales.warranty"].sudo()
                live = live.search(
                    [("dispatch_line_id", "=", line.id), ("is_void", "=", False)]
                )
                live.part_serial = line.serial_number
            result.append(values)
        return result

    def _in_language_of_file(self):
        """Return the part in the language in which the company keeps its files.

        Each version of a form says the same of it, whoever signs.
        """
        lang = self.sudo().company_id.partner_id.lang or "en_US"
        return self.with_context(lang=lang)

    def _void_warranties(self):
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
        # A part that was taken along but not used was not fitted.
        used = parts.filtered(lambda line: line.quantity > 0)
        Event = self.env["aftersales.equipment.event"]
        last = Event._last_of_parts(parts)
        days = {visit: visit._finished_day() for visit in self}
        new = [(line, line._machine()) for line in used if line not in last]
        new = [(line, machine) for line, machine in new if machine]
        # Taken off by one version of the form, and put on again by the next.
        again = [
            (line, last[line].equipment_id)
            for line in used
            if line in last and not last[line].quantity
        ]
        Event.create(
            [
                {
                    "equipment_id": machine.id,
                    "date": days[line.dispatch_id],
                    "kind": "exchanged",
                    "quantity": line.quantity,
                    "note": line._in_language_of_file()._exchange_note(),
                    "dispatch_line_id": line.id,
                }
                for line, machine in new
            ]
            + parts._prepare_corrections(last)
        )
        (parts - used)._void_warranties()
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
                for line, machine in new + again
            ]
        )

    def _finished_day(self):
        """Return the day, at the site, on which the work was finished."""
        self.ensure_one()
        zone = self.site_id._aftersales_tz(self.partner_id, self.company_id)
        moment = self.finished_at or fields.Datetime.now()
        return pytz.utc.localize(moment).astimezone(pytz.timezone(zone)).date()
