# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.exceptions import AccessError


class AftersalesGuardMixin(models.AbstractModel):
    """Fields that follow from what happens, kept from being written by hand.

    ``readonly`` is a property of forms: by RPC, by import or by a default in the
    context a user could still write such a field. The code writes them with sudo.
    """

    _name = "aftersales.guard.mixin"
    _description = "Fields Kept from Being Written by Hand"

    def _guarded_fields(self):
        """Return the names of the fields that only the system writes.

        :return: set of names: here what is stored and computed, or a copy of a
            related field
        """
        return {
            name
            for name, field in self._fields.items()
            if field.store and field.readonly and (field.related or field.compute)
        }

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su:
            return super().create(vals_list)
        # Of what is created, not of a record that is copied.
        none = self.browse()
        for vals in vals_list:
            none._check_guarded(vals)
        guarded = none._guarded_fields()
        context = {
            key: value
            for key, value in self.env.context.items()
            if key.removeprefix("default_") not in guarded
        }
        records = super(AftersalesGuardMixin, self.with_context(context)).create(
            vals_list
        )
        return records.with_env(self.env)

    def write(self, vals):
        self._check_guarded(vals)
        return super().write(vals)

    def _check_guarded(self, vals):
        """Refuse values of guarded fields.

        :raise AccessError: when a user writes them, by whatever route
        """
        guarded = () if self.env.su else self._guarded_fields() & vals.keys()
        if guarded:
            raise AccessError(
                self.env._(
                    "These fields follow from the work, nobody writes them: %(fields)s",
                    fields=", ".join(sorted(guarded)),
                )
            )
