# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import ormcache


class AftersalesCachedMixin(models.AbstractModel):
    """A small table of settings that is looked at with every ticket.

    Its plain values are kept in the registry's cache and put into the records' cache,
    so that a ticket asks the database for none of them.
    """

    _name = "aftersales.cached.mixin"
    _description = "Settings Kept in Memory"

    #: Names of stored fields that are kept: plain ones and many2one.
    _cached_fields = ()

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        self.env.registry.clear_cache()
        return records

    def write(self, vals):
        res = super().write(vals)
        self.env.registry.clear_cache()
        return res

    def unlink(self):
        res = super().unlink()
        self.env.registry.clear_cache()
        return res

    @ormcache("self.env.lang")
    def _cached_rows(self):
        """Read the whole table.

        :return: tuple of ids and, for each of the cached fields, their values as the
            records' cache holds them
        """
        # sudo: what is kept is the same for everybody; who may read it is checked where
        # it is shown
        rows = self.sudo().with_context(active_test=False)
        # Stages and teams: some dozens.
        rows = rows.search([], order="id")  # pylint: disable=no-search-all
        columns = [
            tuple(field.convert_to_cache(row[field.name], row) for row in rows)
            for field in map(self._fields.get, self._cached_fields)
        ]
        return rows._ids, tuple(columns)

    @api.model
    def _remember(self):
        """Put the kept values into the records' cache, where nothing was changed."""
        # One language at a time is kept.
        records = self.with_context(prefetch_langs=False)
        ids, columns = records._cached_rows()
        records = records.browse(ids)
        for name, values in zip(self._cached_fields, columns, strict=True):
            self._fields[name]._insert_cache(records, values)
