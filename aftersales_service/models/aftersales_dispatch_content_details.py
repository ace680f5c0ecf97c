# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The tables of the service form: time, parts, questions, photos, training, charges."""

import pytz

from odoo import models


class AftersalesDispatchLine(models.Model):
    _inherit = "aftersales.dispatch.line"

    def _form_part(self):
        """Say what the service form prints of a part beside its name.

        :return: dict: `serial` (of the part that was fitted), `planned` (quantity, or
            None), `removed_serial` and `removed_fate` (words: what became of the part
            that came off)
        """
        self.ensure_one()
        fate = self.removed_fate and self.dispatch_id._label(self, "removed_fate")
        return {
            "serial": self.lot_id.name or self.serial_number or None,
            "planned": self.planned_quantity or None,
            "removed_serial": self.removed_lot_id.name or self.removed_serial or None,
            "removed_fate": fate or None,
        }


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    def _form_charges(self):
        """Say what is charged for the visit, and what is free and why.

        :return: dict, empty when nothing is kept: `currency` (code), `lines` (dicts
            with description, kind, quantity, unit, price, share free of charge between
            0 and 1, why, and amount), `untaxed`, `tax`, `total`, and `accepted`
            (True, False, or None when the customer was not asked); amounts as numbers
            or as their decimal texts
        """
        self.ensure_one()
        return {}

    def _details_content(self):
        """Return what the form prints since its fourth edition."""
        attendees = (self.training_attendees or "").splitlines()
        return {
            "photos": [self._photo_content(photo) for photo in self.photo_ids],
            "training": {
                "topics": (self.training_topics or "").strip() or None,
                "attendees": [name.strip() for name in attendees if name.strip()],
            },
            "charges": self._form_charges(),
        }

    def _photo_content(self, photo):
        return {
            "moment": photo.moment,
            "label": self._label(photo, "moment"),
            "caption": photo.name or None,
            "ticket": photo.job_id.ticket_id.reference or None,
            "sha256": photo.image_hash,
        }

    def _answer_content(self, answer, schema):
        """Return one answered question.

        :param answer: `aftersales.checklist.answer`
        :param int schema: edition of the form
        """
        item = answer.item_id
        content = {
            "question": item.name,
            "answer": self._label(answer, "answer"),
            "note": answer.note or None,
        }
        if schema >= 4:
            content["list"] = item.checklist_id.name
        return content

    def _lines_content(self, schema):
        """Return labour, travel and parts.

        :param int schema: edition of the form
        :return: dict of kind -> list of dicts
        """
        content = {"labour": [], "part": [], "travel": []}
        for line in self.line_ids:
            if line.kind == "part" and not line.quantity:
                continue  # taken along, but not used
            values = {"description": line.name}
            if line.kind == "part":
                values["part_number"] = line.part_number or None
                values["serial"] = line.serial_number or None
                values["quantity"] = line.quantity
                if schema >= 4:
                    values.update(line._form_part())
            else:
                values["date"] = line.date.isoformat()
                values["technician"] = line.employee_id.name or None
                values["hours"] = line.hours
                if schema >= 4:
                    values.update(self._line_times(line))
            if line.kind == "travel":
                values["distance_km"] = line.distance_km
            if schema >= 4:
                values["ticket"] = line.job_id.ticket_id.reference or None
            content[line.kind].append(values)
        return content

    def _line_times(self, line):
        """Return begin and end of work, on the day it began at the site.

        :return: dict of ISO moments in UTC, and `date` when the begin is known
        """
        times = {
            "started_at": self._moment(line.started_at),
            "ended_at": self._moment(line.ended_at),
        }
        if line.started_at:
            zone = pytz.timezone(self.env["aftersales.service.form"]._site_tz(self))
            local = pytz.utc.localize(line.started_at).astimezone(zone)
            times["date"] = local.date().isoformat()
        return times
