# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is typed on a telephone, saved field by field.

Each change names the value that was seen before. When somebody else has changed the
same field meanwhile, it is not overwritten but told.
"""

import base64
import binascii

from odoo import fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools.image import base64_to_image

from ..tools import visit as phone

#: The models by what the page calls them, and the fields that it may write.
WRITABLE = {
    "visit": (
        "aftersales.dispatch",
        ("customer_comments", "training_topics", "training_attendees"),
    ),
    "job": (
        "aftersales.dispatch.job",
        ("work_done", "result", "equipment_id", "product_name", "serial_number"),
    ),
    "answer": ("aftersales.checklist.answer", ("answer", "note")),
    "finding": (
        "aftersales.finding",
        ("fault_id", "cause_id", "liability", "note", "misuse_evidence", "misuse_date"),
    ),
    "line": (
        "aftersales.dispatch.line",
        (
            "kind",
            "name",
            "date",
            "job_id",
            "finding_id",
            "started_at",
            "ended_at",
            "hours",
            "distance_km",
            "product_id",
            "part_number",
            "serial_number",
            "quantity",
            "removed_serial",
            "removed_fate",
        ),
    ),
    "photo": ("aftersales.dispatch.photo", ("moment", "name", "job_id", "image")),
    "evidence": ("ir.attachment", ("name", "image")),
}
#: Set when something is made, never changed after.
ONCE = {"line": {"kind"}, "photo": {"image"}}
CREATED = ("finding", "line", "photo", "evidence")
DELETED = ("line", "photo")
SAVE_STATES = ("planned", "on_way", "on_site", "to_sign")
MAX_CHANGES = 500
MAX_PHOTOS = 60
#: Of one picture in base64; the page sends some 400 kB.
MAX_IMAGE = 12 * 1024 * 1024


def wire_value(record, name):
    """Return a field's value as it travels to a telephone."""
    value = record[name]
    if record._fields[name].type == "many2one":
        return value.id or False
    return phone.wire(value)


def shown_value(record, name):
    """Return a field's value as people read it."""
    field, value = record._fields[name], record[name]
    if field.type == "many2one":
        return value.display_name or ""
    if field.type == "selection":
        return dict(field._description_selection(record.env)).get(value, "")
    return str(phone.wire(value) or "")


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    def visit_save(self, key, values):
        """Save what was typed on a telephone.

        :param str key: see `_send_once`
        :param dict values: `changes`, a list of dicts with `on` (visit, job, answer,
            finding, line, photo, evidence), `id` (of the record; a text that begins
            with ``new-`` makes one), `set` (values by field), `was` (what was seen
            before, by field), `job` or `finding` (id, where something new belongs) and
            `delete` (True to delete it)
        :return: dict with `ids` (of what was made, by the texts), `conflicts` (list of
            dicts with on, id, field, label, mine, theirs: not written) and `gone` (list
            of dicts with on and id: deleted by somebody else meanwhile)
        :raise UserError, ValidationError: for a visit that is not worked on, or for
            values that can't be; then nothing of it is saved
        """
        return self._send_once(
            key, "visit_save", values, lambda: self._visit_save(values)
        )

    def _visit_save(self, values):
        self._check_state(*SAVE_STATES)
        changes = values.get("changes") if isinstance(values, dict) else None
        if (
            not isinstance(changes, list)
            or len(changes) > MAX_CHANGES
            or not all(isinstance(c, dict) and c.get("on") in WRITABLE for c in changes)
        ):
            raise ValidationError(self.env._("What was sent can't be read."))
        result = {"ids": {}, "conflicts": [], "gone": [], "wrote": False}
        made = [c for c in changes if self._visit_is_new(c)]
        for on in CREATED:
            self._visit_create(on, [c for c in made if c["on"] == on], result["ids"])
        for change in changes:
            if change not in made:
                self._visit_change(change, result)
        has_written = result.pop("wrote")
        return result if has_written or any(result.values()) else {}

    def _visit_is_new(self, change):
        is_new = isinstance(change.get("id"), str) and change["id"].startswith("new-")
        if is_new and change["on"] not in CREATED:
            raise ValidationError(self.env._("What was sent can't be read."))
        return is_new

    # === VALUES === #

    def _visit_clean(self, on, sent):
        """Check values that were sent.

        :return: dict of values by field
        :raise ValidationError: naming the field that is wrong
        """
        model, names = WRITABLE[on]
        model = self.env[model]
        vals = {}
        for name, value in (sent or {}).items():
            field = model._fields.get(name)
            if name == "image" and name in names:
                vals[name] = self._visit_image(value)
                continue
            if name not in names or field is None:
                raise ValidationError(
                    self.env._("This can't be written from the phone: %s", name)
                )
            choices = (
                dict(field._description_selection(self.env))
                if field.type == "selection"
                else ()
            )
            try:
                vals[name] = phone.clean(field.type, value, choices)
            except (TypeError, ValueError) as error:
                raise ValidationError(
                    self.env._(
                        "Check “%(field)s”: this value is not possible.",
                        field=field._description_string(self.env),
                    )
                ) from error
            self._visit_check_record(field, vals[name])
        return vals

    def _visit_check_record(self, field, number):
        """Refuse records that are gone or that the user may not see."""
        if field.type != "many2one" or not number:
            return
        record = self.env[field.comodel_name].browse(number)
        if not record.exists():
            raise ValidationError(
                self.env._(
                    "Check “%(field)s”: what was chosen is not there any more.",
                    field=field._description_string(self.env),
                )
            )
        record.check_access("read")

    def _visit_image(self, value):
        """Check a picture: base64, not too large, and really a picture."""
        try:
            if not isinstance(value, str) or not 0 < len(value) <= MAX_IMAGE:
                raise ValueError(value)
            base64.b64decode(value, validate=True)
            base64_to_image(value)
        except (binascii.Error, UserError, ValueError) as error:
            raise ValidationError(
                self.env._("The photo is not a picture, or too large. Take it again.")
            ) from error
        return value

    # === NEW === #

    def _visit_create(self, on, changes, ids):
        """Make what is new, all of a kind at once."""
        if not changes:
            return
        prepare = getattr(self, f"_visit_prepare_{on}")
        vals_list = [
            prepare(change, self._visit_clean(on, change.get("set")), ids)
            for change in changes
        ]
        if on == "photo" and len(self.photo_ids) + len(vals_list) > MAX_PHOTOS:
            raise ValidationError(
                self.env._("A visit has %s photos at most.", MAX_PHOTOS)
            )
        records = self.env[WRITABLE[on][0]].create(vals_list)
        if on == "evidence":
            for change, record in zip(changes, records, strict=True):
                finding = self._visit_finding(change, ids)
                finding.misuse_photo_ids = [Command.link(record.id)]
        for change, record in zip(changes, records, strict=True):
            ids[change["id"]] = record.id

    def _visit_job(self, number):
        job = self.job_ids.filtered(lambda job: job.id == number)
        if not job:
            raise ValidationError(self.env._("There is no such job on this visit."))
        return job

    def _visit_finding(self, change, ids):
        number = ids.get(change.get("finding"), change.get("finding"))
        finding = self.job_ids.finding_ids.filtered(lambda f: f.id == number)
        if not finding:
            raise ValidationError(self.env._("There is no such finding on this visit."))
        return finding

    def _visit_prepare_finding(self, change, vals, ids):
        return {**vals, "ticket_id": self._visit_job(change.get("job")).ticket_id.id}

    def _visit_prepare_line(self, change, vals, ids):
        vals.setdefault("kind", "labour")
        line = self.env["aftersales.dispatch.line"]
        if vals["kind"] != "part":
            vals["employee_id"] = self._visit_employee().id
        elif vals.get("product_id"):
            product = line.product_id.browse(vals["product_id"])
            product = product.with_context(display_default_code=False)
            vals["name"] = vals.get("name") or product.display_name
            vals["part_number"] = vals.get("part_number") or product.default_code
        labels = dict(line._fields["kind"]._description_selection(self.env))
        vals["name"] = vals.get("name") or labels[vals["kind"]]
        vals["date"] = vals.get("date") or self._visit_today()
        return {**vals, "dispatch_id": self.id}

    def _visit_today(self):
        zone = self.site_id._aftersales_tz(self.partner_id, self.company_id)
        return fields.Date.context_today(self.with_context(tz=zone))

    def _visit_prepare_photo(self, change, vals, ids):
        if not vals.get("image"):
            raise ValidationError(self.env._("There is a photo without a picture."))
        return {**vals, "dispatch_id": self.id}

    def _visit_prepare_evidence(self, change, vals, ids):
        if not vals.get("image"):
            raise ValidationError(self.env._("There is a photo without a picture."))
        finding = self._visit_finding(change, ids)
        return {
            "name": vals.get("name") or self.env._("Photo"),
            "datas": vals["image"],
            "res_model": finding._name,
            "res_id": finding.id,
        }

    # === CHANGED === #

    def _visit_records(self, on):
        """Return the records of a kind that belong to this visit."""
        jobs = self.job_ids
        return {
            "visit": self,
            "job": jobs,
            "answer": jobs.answer_ids,
            "finding": jobs.finding_ids,
            "line": self.line_ids,
            "photo": self.photo_ids,
        }.get(on, self.browse())

    def _visit_change(self, change, result):
        """Change or delete one record, unless somebody else was faster."""
        on = change["on"]
        record = self._visit_records(on).filtered(lambda r: r.id == change.get("id"))
        if not record:
            name = {"on": on, "id": change.get("id")}
            if on not in DELETED and on != "finding":
                raise ValidationError(
                    self.env._("Something that was sent is no part of this visit.")
                )
            result["gone"].append(name)
            return
        if change.get("delete"):
            if on not in DELETED:
                raise ValidationError(
                    self.env._("This can't be deleted from the phone.")
                )
            result["wrote"] = True
            record.unlink()
            return
        sent = dict(change.get("set") or {})
        scanned = sent.pop("scanned", None) if on == "job" else None
        vals = self._visit_clean(on, sent)
        if vals.keys() & ONCE.get(on, set()):
            raise ValidationError(self.env._("This can't be changed from the phone."))
        was = change.get("was") or {}
        for name in list(vals):
            now = wire_value(record, name)
            if phone.same(now, vals[name]):
                vals.pop(name)
            elif name in was and not phone.same(now, was[name]):
                field = record._fields[name]
                result["conflicts"].append(
                    {
                        "on": on,
                        "id": record.id,
                        "field": name,
                        "label": field._description_string(self.env),
                        "mine": sent[name],
                        "theirs": now,
                        "shown": shown_value(record, name),
                    }
                )
                vals.pop(name)
        if vals:
            result["wrote"] = True
            record.write(vals)
        if scanned and not record.equipment_checked_at:
            result["wrote"] = True
            record._visit_confirm_machine(scanned)
