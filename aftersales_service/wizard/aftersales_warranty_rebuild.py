# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import ast

from markupsafe import Markup, escape

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date, split_every

from ..models.aftersales_warranty import CLASS_START_FIELDS
from ..models.aftersales_warranty_dates import DERIVED_FIELDS
from ..models.inside import INSIDE

#: Machines compared at a time: memory doesn't grow with their number.
BATCH = 500
#: Differences shown at a time; the next ones are shown after these are dealt with.
LIMIT = 1000


class AftersalesWarrantyRebuild(models.TransientModel):
    """Derive dates from their sources again, and show what differs before a change.

    Deliveries, invoices and the terms copied at the delivery are the sources. What was
    typed on purpose stays unless its line is ticked.
    """

    _name = "aftersales.warranty.rebuild"
    _description = "Rebuild Derived Dates"

    scope = fields.Selection(
        [("selected", "Selected Equipment"), ("filter", "All of a Filter")],
        required=True,
        compute="_compute_scope",
        store=True,
        readonly=False,
        precompute=True,
    )
    equipment_ids = fields.Many2many("aftersales.equipment")
    domain = fields.Char(string="Filter", default="[]")
    state = fields.Selection(
        [("draft", "Choose"), ("compared", "Compare"), ("done", "Done")],
        default="draft",
        readonly=True,
    )
    line_ids = fields.One2many(
        "aftersales.warranty.rebuild.line", "rebuild_id", string="Differences"
    )
    compared = fields.Integer(readonly=True, string="Equipment Compared")
    is_limited = fields.Boolean(
        readonly=True, help="There are more differences than are shown."
    )

    @api.depends("equipment_ids")
    def _compute_scope(self):
        for rebuild in self:
            rebuild.scope = "selected" if rebuild.equipment_ids else "filter"

    # === ACTIONS === #

    def action_compare(self):
        """Compare derived dates with their sources; changes nothing.

        :return: action of this dialog, with the differences
        """
        self.ensure_one()
        self._check_manager()
        found, compared, is_limited = [], 0, False
        equipments = self._equipments()
        for ids in split_every(BATCH, equipments.ids):
            batch = equipments.browse(ids)
            found += self._differences(batch)
            compared += len(batch)
            batch.invalidate_recordset()
            batch.warranty_ids.invalidate_recordset()
            if len(found) > LIMIT:
                is_limited = True
                break
        self.write(
            {
                "state": "compared",
                "compared": compared,
                "is_limited": is_limited,
                "line_ids": [
                    Command.clear(),
                    *(Command.create(vals) for vals in found[:LIMIT]),
                ],
            }
        )
        return self._reopen()

    def action_tick_all(self):
        """Tick all lines, or none if all are ticked."""
        self.ensure_one()
        self.line_ids.is_ticked = not all(self.line_ids.mapped("is_ticked"))
        return self._reopen()

    def action_apply(self):
        """Write the ticked differences as they were shown.

        :raise UserError: when nothing is ticked, or a source has changed since
        """
        self.ensure_one()
        self._check_manager()
        ticked = self.line_ids.filtered("is_ticked")
        if not ticked:
            raise UserError(self.env._("Tick the differences that are to be changed."))
        equipments = ticked.equipment_id
        equipments.check_access("write")
        self._check_current(ticked)
        # sudo: derived days are written by dialogs only
        quiet_sudo = ticked.warranty_id._quiet_records()
        by_id = {warranty.id: warranty for warranty in quiet_sudo}
        for line in ticked:
            values = {
                name: fields.Date.to_date(day) for name, day in line.values.items()
            }
            if line.warranty_id:
                by_id[line.warranty_id.id].write(values)
            else:
                # sudo: as above
                equipment = line.equipment_id.sudo().with_context(tracking_disable=True)
                equipment.with_context(aftersales_keep_warranties=INSIDE).write(values)
        self._record(ticked)
        self.write({"state": "done", "line_ids": [Command.clear()]})
        return self._reopen()

    def _reopen(self):
        """Show this dialog again."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Rebuild Derived Dates"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    # === COMPARING === #

    def _check_manager(self):
        self.env["res.users"]._check_aftersales_role("manager")

    def _equipments(self):
        """Return the machines to compare, among those the user sees.

        :raise UserError: for a filter that can't be read
        """
        if self.scope == "selected":
            self.equipment_ids.check_access("read")
            return self.equipment_ids
        try:
            domain = Domain(ast.literal_eval(self.domain or "[]"))
            return self.env["aftersales.equipment"].search(domain, order="id")
        except (ValueError, SyntaxError, TypeError) as error:
            raise UserError(self.env._("The filter can't be read.")) from error

    @api.model
    def _differences(self, equipments):
        """Compare machines and their warranties with the sources.

        :return: list of dicts for the lines
        """
        # sudo: deliveries and invoices are read by managers without rights on them
        equipments_sudo = equipments.sudo()
        invoiced = equipments_sudo._invoice_dates()
        cancelled = equipments_sudo._without_their_invoice(invoiced)
        triggers, rows = {}, []
        for equipment in equipments_sudo:
            known = triggers[equipment] = equipment._trigger_dates()
            found = {
                "delivery": equipment._delivered_on(),
                "invoice": invoiced.get(equipment),
            }
            for trigger, day in found.items():
                if day and day != known[trigger]:
                    name = f"{trigger}_date"
                    rows.append(self._prepare_line(equipment, {name: day}))
                    known[trigger] = day
            if known["invoice"] and equipment in cancelled:
                rows.append(self._prepare_line(equipment, {"invoice_date": False}))
                known["invoice"] = False
        # With the days as they would be, also where the user leaves those unticked.
        derived = equipments_sudo.warranty_ids._derive(triggers)
        for warranty, values in derived.items():
            changed = {
                name: values[name]
                for name in DERIVED_FIELDS
                if warranty[name] != values[name]
            }
            if changed:
                rows.append(
                    self._prepare_line(warranty.equipment_id, changed, warranty)
                )
        return sorted(rows, key=lambda row: row["equipment_id"])

    @api.model
    def _prepare_line(self, equipment, changed, warranty=None):
        """Prepare a difference.

        :param dict changed: field to its derived day
        :param warranty: the warranty that has the fields; without, the equipment has
        """
        typed = warranty and warranty.is_manual
        return {
            "equipment_id": equipment.id,
            "warranty_id": warranty.id if warranty else False,
            "values": {
                name: fields.Date.to_string(day) if day else False
                for name, day in changed.items()
            },
            "is_ticked": not typed,
        }

    def _check_current(self, lines):
        """Refuse differences that are no longer what was shown.

        :raise UserError: when a source has changed in the meantime
        """
        shown = {
            (row["equipment_id"], row["warranty_id"], *sorted(row["values"].items()))
            for row in self._differences(lines.equipment_id)
        }
        for line in lines:
            key = (
                line.equipment_id.id,
                line.warranty_id.id,
                *sorted(line.values.items()),
            )
            if key not in shown:
                raise UserError(
                    self.env._(
                        "The sources of %(equipment)s have changed since. Compare "
                        "again.",
                        equipment=line.equipment_id.display_name,
                    )
                )

    def _record(self, lines):
        """Write into history and chatter of each machine what was changed."""
        for equipment, own in lines.grouped("equipment_id").items():
            texts = [
                self.env._(
                    "%(what)s: %(old)s → %(new)s",
                    what=line.what,
                    old=line.old_text,
                    new=line.new_text,
                )
                for line in own
            ]
            equipment._add_events(
                "rebuilt", equipment._todays()[equipment], note="; ".join(texts)
            )
            items = Markup().join(Markup("<li>%s</li>") % text for text in texts)
            equipment.message_post(
                body=Markup("<p>%s</p><ul>%s</ul>")
                % (escape(self.env._("Dates rebuilt from their sources")), items)
            )


class AftersalesWarrantyRebuildLine(models.TransientModel):
    """One difference between what is stored and what the sources say."""

    _name = "aftersales.warranty.rebuild.line"
    _description = "Difference of Derived Dates"
    _order = "equipment_id, warranty_id, id"

    rebuild_id = fields.Many2one(
        "aftersales.warranty.rebuild", required=True, index=True, ondelete="cascade"
    )
    is_ticked = fields.Boolean(string="Change", default=True)
    equipment_id = fields.Many2one(
        "aftersales.equipment", required=True, readonly=True, ondelete="cascade"
    )
    warranty_id = fields.Many2one(
        "aftersales.warranty", readonly=True, ondelete="cascade"
    )
    values = fields.Json(readonly=True, export_string_translation=False)
    what = fields.Char(string="Date of", compute="_compute_texts")
    old_text = fields.Char(string="Stored", compute="_compute_texts")
    new_text = fields.Char(string="From the Sources", compute="_compute_texts")

    @api.depends("values")
    @api.depends_context("lang")
    def _compute_texts(self):
        """Show each date that differs with its label, as stored and as derived.

        The old texts are as of now: after the change both are the same.
        """
        for line in self:
            record = line.warranty_id or line.equipment_id
            names = line._shown_fields()
            labels = record.fields_get(names, ["string"])
            old = {name: record[name] for name in names}
            new = {name: fields.Date.to_date(line.values[name]) for name in names}
            line.what = line.warranty_id.name or labels[names[0]]["string"]
            for field, days in (("old_text", old), ("new_text", new)):
                line[field] = ", ".join(
                    line._day_text(labels[name]["string"], day)
                    for name, day in days.items()
                )

    def _day_text(self, label, day):
        """Show one day, with its label where it is one of several."""
        text = format_date(self.env, day) if day else self.env._("none")
        if not self.warranty_id:
            return text
        return self.env._("%(label)s %(day)s", label=label, day=text)

    def _shown_fields(self):
        """Return the fields to show: first days of each cost only where they differ."""
        values = self.values or {}
        same = {
            name
            for name in CLASS_START_FIELDS
            if "start_date" in values and values.get(name) == values["start_date"]
        }
        return [name for name in values if name not in same]
