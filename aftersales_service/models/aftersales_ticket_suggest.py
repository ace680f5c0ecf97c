# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which fault a report may be about, from what was found on similar ones."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import words
from .selections import OPEN_STATES

#: Of a long mail, this many characters are looked at.
LENGTH = 5000
#: Signs of scripts without spaces, each of which is taken for a word.
SIGNS = r"([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff])"
#: The words of a text, in no particular language. The index and the queries must use
#: the very same expression.
WORDS = (
    f"to_tsvector('simple', regexp_replace(left(%s, {LENGTH}), '{SIGNS}',"
    r" ' \1 ', 'g'))"
)
OWN_TEXT = "coalesce({0}name, '') || ' ' || coalesce({0}description, '')"

#: How many similar tickets are looked at, the newest first.
FOUND = 2000
#: How many of them are ranked: first those of the same product.
RANKED = 300
SUGGESTED = 3


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    suggested_fault_ids = fields.Many2many(
        "aftersales.fault",
        string="Suggested Faults",
        compute="_compute_suggested_fault_ids",
        exportable=False,
        help="What was found on earlier tickets that were reported in similar words.",
    )
    fault_suggestions = fields.Json(
        compute="_compute_suggested_fault_ids",
        exportable=False,
        export_string_translation=False,
    )

    # What a ticket was reported in: for suggestions and for whoever searches by words.
    _words_idx = models.Index(f"USING gin ({WORDS % OWN_TEXT.format('')})")

    @api.depends(
        "name", "description", "product_name", "team_id", "finding_ids.fault_id"
    )
    @api.depends_context("uid", "allowed_company_ids", "lang")
    def _compute_suggested_fault_ids(self):
        Fault = self.env["aftersales.fault"]
        # One form shows one ticket; lists don't ask for this.
        for ticket in self:
            found = ticket._similar_faults()
            faults = Fault.browse(found)
            ticket.suggested_fault_ids = faults
            ticket.fault_suggestions = [
                {"id": fault.id, "name": fault.display_name, "count": found[fault.id]}
                for fault in faults
            ]

    def _similar_faults(self):
        """Find the faults of tickets that were reported in similar words.

        Those of the same product come first. Only what the user may read counts.

        :return: dict of fault id -> number of findings that speak for it, best first;
            empty for a ticket whose fault is known or that has ended
        """
        self.ensure_one()
        if self.finding_ids.fault_id or self.state not in (*OPEN_STATES, False):
            return {}
        wanted, together = words.choose(self._word_frequencies(), FOUND)
        if not wanted:
            return {}
        Ticket = self.env["aftersales.ticket"].with_context(active_test=False)
        Ticket.flush_model(["name", "description", "product_name"])
        self.env["aftersales.finding"].flush_model(["ticket_id", "fault_id"])
        query = Ticket._search(
            [
                ("company_id", "=", (self.company_id or self.env.company).id),
                ("id", "!=", self._origin.id or 0),
                ("state", "!=", "cancelled"),
            ],
            order="id desc",
            limit=FOUND,
        )
        asked = SQL("%s::tsquery", words.to_query(wanted, together))
        query.add_where(SQL("%s @@ %s", self._words_of(query.table), asked))
        query.add_where(
            SQL(
                "EXISTS (SELECT FROM aftersales_finding WHERE ticket_id = %s"
                " AND fault_id IS NOT NULL)",
                SQL.identifier(query.table, "id"),
            )
        )
        rows = self.env.execute_query(
            SQL(
                """
                WITH candidate AS MATERIALIZED (
                    SELECT id, coalesce(lower(product_name) = lower(%s), FALSE) AS same
                      FROM (%s) AS similar_ticket
                  ORDER BY same DESC, id DESC
                     LIMIT %s
                     )
                SELECT finding.fault_id, count(*)
                  FROM candidate
                  JOIN aftersales_ticket ticket ON ticket.id = candidate.id
                  JOIN aftersales_finding finding ON finding.ticket_id = ticket.id
                  JOIN aftersales_fault fault
                    ON fault.id = finding.fault_id AND fault.active
              GROUP BY finding.fault_id
              ORDER BY bool_or(candidate.same) DESC,
                       sum(ts_rank(%s, %s)) DESC,
                       finding.fault_id
                 LIMIT %s
                """,
                self.product_name or None,
                query.select(
                    SQL.identifier(query.table, "id"),
                    SQL.identifier(query.table, "product_name"),
                ),
                RANKED,
                self._words_of("ticket"),
                asked,
                SUGGESTED,
            )
        )
        return dict(rows)

    @api.model
    def _words_of(self, alias):
        """Return the indexed words of tickets, as SQL.

        :param str alias: alias of the table
        """
        return SQL(WORDS.replace("%s", OWN_TEXT.format(f'"{alias}".')))

    def _word_frequencies(self):
        """Say how many tickets the words of this one are expected in.

        That is known from the statistics which the database keeps of the index; words
        that are none of the most common ones count as nothing.

        :return: dict of word -> number
        """
        self.ensure_one()
        text = f"{self.name or ''} {self.description or ''}"
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT word, coalesce(common.share * statistic.tickets, 0)
                      FROM unnest(tsvector_to_array(%s)) AS word
                CROSS JOIN (
                           SELECT greatest(reltuples, 0) AS tickets
                             FROM pg_class
                            WHERE oid = 'aftersales_ticket'::regclass
                           ) AS statistic
                 LEFT JOIN (
                           SELECT element AS word, share
                             FROM pg_stats,
                                  unnest(
                                      most_common_elems::text::text[],
                                      most_common_elem_freqs
                                  ) AS common (element, share)
                            WHERE schemaname = current_schema
                              AND tablename = %s
                           ) AS common USING (word)
                    """,
                    SQL(WORDS, text),
                    "aftersales_ticket_words_idx",
                )
            )
        )

    def action_use_fault(self, fault_id):
        """Take a suggested fault over as a finding.

        :param int fault_id: id of an `aftersales.fault`
        :raise AccessError: for somebody who can't write findings of this ticket
        :raise UserError: for a fault that is not in use, or a ticket that has ended
        """
        self.ensure_one()
        self.check_access("write")
        if self.state not in OPEN_STATES:
            raise UserError(self.env._("%s is not open any more.", self.display_name))
        fault = self.env["aftersales.fault"].search([("id", "=", fault_id)])
        if not fault:
            raise UserError(self.env._("This fault is not in the catalogue any more."))
        if fault not in self.finding_ids.fault_id:
            self.env["aftersales.finding"].create(
                {"ticket_id": self.id, "fault_id": fault.id}
            )
