# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_datetime

from ..tools import pareto

WIDTH = 1000
SHORT_TABLE = 6


class ReportPareto(models.AbstractModel):
    _name = "report.aftersales_service.report_pareto"
    _description = "Pareto of Findings"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Count, draw and give the template what it prints.

        The chart and the table come from the same rows.
        """
        docs = self.env["aftersales.pareto"].browse(docids)
        charts = {}
        for doc in docs:
            rows = doc._get_rows()
            # A short table stands below a lower chart, a long one on its own page:
            # wkhtmltopdf cuts through rows when it breaks a page in landscape.
            is_short = len(rows) <= SHORT_TABLE
            height = 380 if is_short else 530
            charts[doc.id] = {
                "rows": rows,
                "total": sum(row.count for row in rows),
                "svg": self._draw(rows, height),
                "ratio": height / WIDTH,
                "table_on_next_page": not is_short,
                "without_finding": doc._count_without_finding(),
            }
        return {
            "doc_ids": docids,
            "doc_model": docs._name,
            "docs": docs,
            "charts": charts,
            "printed_at": format_datetime(
                self.env, fields.Datetime.now(), dt_format="short"
            ),
        }

    def _draw(self, rows, height):
        """Draw rows; the title, the period and the totals are on the page around.

        :param int height: height of the picture, for a width of ``WIDTH``
        :return: Markup of the picture, empty if there is nothing to draw
        """
        if not rows:
            return Markup()
        picture = pareto.pareto_svg(
            rows,
            width=WIDTH,
            height=height,
            count_label=self.env._("Number of findings"),
            share_label=self.env._("Cumulative share"),
        )
        # Markup: the drawing escapes the labels itself
        return Markup(picture)
