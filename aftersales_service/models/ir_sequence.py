# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import SQL, ormcache

#: Sequences whose settings are kept in memory: every new ticket asks for them.
KEPT_PREFIX = "aftersales."
#: What makes a number of the next value.
KEPT_FIELDS = (
    "name",
    "implementation",
    "use_date_range",
    "prefix",
    "suffix",
    "padding",
)


class IrSequence(models.Model):
    _inherit = "ir.sequence"

    @api.model
    def _next_numbers(self, code, companies):
        """Take a number for each new record, from the sequence of its company.

        The plain sequences take all their numbers in one query.

        :param str code: code of the sequence
        :param list companies: the `res.company` of each record
        :return: list of numbers in the order of the companies
        """
        numbers = {}
        for company in set(companies):
            count = companies.count(company)
            Sequence = self.with_company(company)
            # sudo: who may create the record takes its number
            sequence = Sequence.sudo()._sequence_of(code, company)
            if sequence.implementation == "standard" and not sequence.use_date_range:
                rows = self.env.execute_query(
                    SQL(
                        "SELECT nextval(%s) FROM generate_series(1, %s)",
                        f"ir_sequence_{sequence.id:03d}",
                        count,
                    )
                )
                numbers[company] = [sequence.get_next_char(row[0]) for row in rows]
            else:
                numbers[company] = [
                    Sequence.next_by_code(code) for _number in range(count)
                ]
            numbers[company].reverse()
        return [numbers[company].pop() for company in companies]

    @api.model
    def _sequence_of(self, code, company):
        """Find the sequence of a company, with its settings in the records' cache.

        :return: `ir.sequence` record, empty when there is none
        """
        sequence_id, *values = self._kept_sequence(code, company.id)
        sequence = self.browse(sequence_id)
        if sequence:
            for name, value in zip(KEPT_FIELDS, values, strict=True):
                self._fields[name]._insert_cache(sequence, [value])
        return sequence

    @ormcache("code", "company_id")
    def _kept_sequence(self, code, company_id):
        """Read the settings of the sequence of `_sequence_of`.

        :return: tuple of its id, or False, and its values as the records' cache holds
            them
        """
        domain = [("code", "=", code), ("company_id", "in", [company_id, False])]
        # Whatever this request looks at: what is found is kept for the next ones.
        active = self.with_context(active_test=True)
        sequence = active.search(domain, order="company_id", limit=1)
        return (
            sequence.id,
            *(
                self._fields[name].convert_to_cache(sequence[name], sequence)
                for name in KEPT_FIELDS
            ),
        )

    def _forget_kept(self):
        """Forget kept settings after a change, see `_kept_sequence`."""
        if any((sequence.code or "").startswith(KEPT_PREFIX) for sequence in self):
            self.env.registry.clear_cache()

    @api.model_create_multi
    def create(self, vals_list):
        sequences = super().create(vals_list)
        sequences._forget_kept()
        return sequences

    def write(self, vals):
        # By the code that it had, and by the one that it gets.
        self._forget_kept()
        res = super().write(vals)
        self._forget_kept()
        return res

    def unlink(self):
        self._forget_kept()
        return super().unlink()
