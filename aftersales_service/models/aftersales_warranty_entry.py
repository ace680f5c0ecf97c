# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from .aftersales_warranty import CLASS_START_FIELDS, DATE_FIELDS, TERM_FIELDS


class AftersalesWarranty(models.Model):
    """Creating and deleting: given by the system, or entered by a manager."""

    _inherit = "aftersales.warranty"

    def _guarded_fields(self):
        """Keep what follows from the term and the triggers from being written by hand.

        While a warranty is entered by hand, its dates may be typed; later only those
        of one that was.
        """
        guarded = super()._guarded_fields() | {
            *self._copied_fields(),
            *CLASS_START_FIELDS,
            "name",
            "is_void",
            "void_reason",
            "is_manual",
            "sale_line_id",
            "move_id",
            "extends_id",
            "dispatch_line_id",
        }
        if self:
            guarded |= {"kind", "equipment_id", "term_id", "granted_on"}
        if not all(self.mapped("is_manual")):
            guarded |= set(DATE_FIELDS)
        return guarded

    def _copied_fields(self):
        """Return the names of the fields that a term and a warranty share."""
        return self._entitlement_fields() + TERM_FIELDS

    @api.model_create_multi
    def create(self, vals_list):
        """Create warranties with number, copied terms and derived dates.

        Values that are given win over those of the term and the triggers.
        """
        if self.env.su:
            return self._create_complete(vals_list)
        self._check_by_hand(vals_list)
        warranties = super().create(vals_list)
        # sudo: the terms are copied and the dates derived, neither is typed
        warranties.sudo()._complete_by_hand(vals_list)
        return warranties

    def _create_complete(self, vals_list):
        """Create warranties whose values the code prepares, in a few batches.

        An extension needs what it extends, so that the base warranties come first,
        then the first extension of each machine, and so on.

        :return: warranties in the order of the values
        """
        created = {}
        for indexes in self._creation_rounds(vals_list):
            batch = self._prepare_complete([vals_list[index] for index in indexes])
            records = super().create(batch)  # pylint: disable=super-method-mismatch
            created.update(zip(indexes, records, strict=True))
        return self.browse([created[index].id for index in range(len(vals_list))])

    def _check_by_hand(self, vals_list):
        """Check what a manager enters by hand.

        :raise UserError: without a term that promises something
        :raise ValidationError: when it ends before it starts
        """
        Equipment = self.env["aftersales.equipment"]
        Term = self.env["aftersales.warranty.term"]
        for vals in vals_list:
            equipment = Equipment.browse(vals.get("equipment_id"))
            term = Term.browse(vals.get("term_id"))
            if not equipment or not term:
                raise UserError(
                    self.env._("Choose the equipment and the term of the warranty.")
                )
            equipment.check_access("read")
            if term.is_no_warranty:
                raise UserError(
                    self.env._(
                        'The term "%(term)s" says that there is no warranty: there is '
                        "nothing to enter.",
                        term=term.name,
                    )
                )
            dates = {
                name: fields.Date.to_date(vals.get(name))
                for name in ("start_date", "end_date")
            }
            self._refuse_end_before_start(dates, equipment)

    def write(self, vals):
        res = super().write(vals)
        if not self.env.su and set(DATE_FIELDS) & vals.keys():
            for warranty in self:
                ends = [warranty[f"{cost}_end_date"] for cost in warranty._paid_costs()]
                # sudo: the end follows from the days that were typed
                warranty.sudo().end_date = max(filter(None, ends), default=False)
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_if_by_hand_and_unused(self):
        """Keep warranties that were given or that decided something.

        :raise UserError: unless a manager deletes what was entered by hand
        """
        given = self.filtered(lambda warranty: not warranty.is_manual)
        if given:
            raise UserError(
                self.env._(
                    "A warranty that was given can't be deleted, only made void: "
                    "%(names)s",
                    names=", ".join(given.mapped("name")),
                )
            )
        used = self._used()
        if used:
            raise UserError(
                self.env._(
                    "These warranties have decided who pays, or are extended by "
                    "others, and stay: %(names)s",
                    names=", ".join(used.mapped("name")),
                )
            )

    def _used(self):
        """Return the warranties on which something else is built."""
        # sudo: also what the reader doesn't see keeps a warranty
        models_sudo = (
            self.env["aftersales.coverage.line"].sudo(),
            self.env["aftersales.coverage.rejection"].sudo(),
        )
        ids = set()
        for model_sudo in models_sudo:
            groups = model_sudo._read_group(
                [("warranty_id", "in", self.ids)], ["warranty_id"]
            )
            ids.update(warranty.id for (warranty,) in groups)
        others = self.sudo().search(
            [("extends_id", "in", self.ids), ("id", "not in", self.ids)]
        )
        return self.filtered(lambda w: w.id in ids or w in others.extends_id)

    def _complete_by_hand(self, vals_list):
        """Complete warranties that a manager has entered by hand.

        :param list vals_list: what was typed
        """
        incomplete = self
        for indexes in self._creation_rounds(vals_list):
            batch = [{**vals_list[index], "is_manual": True} for index in indexes]
            records = self.browse([self[index].id for index in indexes])
            values_list = self._prepare_complete(batch, known=incomplete)
            incomplete -= records
            for record, values in zip(records, values_list, strict=True):
                record.write(values)
