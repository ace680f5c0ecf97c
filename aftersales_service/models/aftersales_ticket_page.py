# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import SQL

#: Of records that are named beside a ticket, what their names are made of: a partner
#: or a company has a hundred columns more.
NAME_PARTS = {
    "company_id": ("name",),
    "partner_id": (
        "commercial_company_name",
        "company_name",
        "is_company",
        "name",
        "parent_id",
        "type",
    ),
}


class AftersalesTicketPage(models.Model):
    """What lists and boards read of many tickets, and the indexes that serve them."""

    _inherit = "aftersales.ticket"

    # Serves the default order of lists; it counts what is late without the rows.
    _next_deadline_id_idx = models.Index(
        "(next_deadline, id DESC) INCLUDE (active, company_id)"
    )
    # Serves the columns of the board, each in that order.
    _stage_id_next_deadline_idx = models.Index("(stage_id, next_deadline, id DESC)")
    # Serves the counts and the progress bars of the board.
    _board_idx = models.Index("(company_id, stage_id, severity) WHERE active IS TRUE")

    @api.model
    def _read_group_stage_ids(self, stages, domain):
        team_id = self.env.context.get("default_team_id")
        teams = [False, team_id] if team_id else [False]
        return stages.search([("team_ids", "in", teams)]) | stages

    def _read_format(self, fnames, load="_classic_read"):
        if not {"stage_id", "team_id"}.isdisjoint(fnames):
            self._remember_settings()  # their names
        for name in NAME_PARTS.keys() & set(fnames):
            # sudo: names beside a record are shown to all who read it, so does `web`
            self[name].sudo().fetch(NAME_PARTS[name])
        return super()._read_format(fnames, load)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        if field_name != "stage_id":
            return super()._order_field_to_sql(
                alias, field_name, direction, nulls, query
            )
        # The order of some dozens of stages is in memory: joining them would make the
        # counts of the board take twice the time.
        return SQL(
            "array_position(%s, %s) %s %s",
            self.env["aftersales.ticket.stage"]._ordered_ids(),
            self._field_to_sql(alias, field_name, query),
            direction,
            nulls,
        )
