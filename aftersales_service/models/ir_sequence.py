# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import SQL


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
            domain = [
                ("code", "=", code),
                ("company_id", "in", [company.id, False]),
            ]
            # sudo: who may create the record takes its number
            sequence = Sequence.sudo().search(domain, order="company_id", limit=1)
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
