# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The words of a coverage decision, in the reader's language."""

from odoo import api, models
from odoo.tools import format_date, format_list


class AftersalesCoverage(models.Model):
    _inherit = "aftersales.coverage"

    @api.model
    def _percent(self, share):
        return self.env._("%(share)s %%", share=f"{round(share * 100, 2):g}")

    @api.model
    def _long_date(self, day):
        """Write a day in words, as the reader's language does."""
        return format_date(self.env, day, date_format="long")

    @api.model
    def _cost_words(self, costs):
        """Name classes of cost within a sentence: "parts and labour"."""
        words = {
            "parts": self.env._("parts"),
            "labour": self.env._("labour"),
            "travel": self.env._("travel"),
        }
        return format_list(self.env, [words[cost] for cost in costs])

    @api.model
    def _sentence(self, rows, is_provisional=False):
        """Say in one sentence who pays, in the language of the environment.

        :param list rows: (cost, payer, share, name of the warranty or contract or
            False, last day or False) of each class of cost
        :param bool is_provisional: something is not known yet
        :return: str, "Parts and labour free under warranty W-1 until 14 May 2027;
            travel charged"
        """
        groups = {}
        for cost, *how in rows:
            groups.setdefault(tuple(how), []).append(cost)
        text = "; ".join(
            self._clause(self._cost_words(costs), *how) for how, costs in groups.items()
        )
        if is_provisional:
            text = self.env._("presumed: %(sentence)s", sentence=text)
        return text[:1].upper() + text[1:]

    @api.model
    def _decision_sentence(self, decision):
        """Say in one sentence what a decision is that was not stored.

        :param decision: `tools.coverage.Decision`
        """
        rows = []
        for line in decision.lines:
            candidate = line.candidate
            end = candidate and candidate.last_day(line.cost)
            name = candidate and candidate.name
            rows.append((line.cost, line.payer, line.share, name, end))
        return self._sentence(rows, decision.provisional)

    @api.model
    def _clause(self, costs, payer, share, name, end):
        if payer == "customer":
            return self.env._("%(costs)s charged", costs=costs)
        if share < 1:
            costs = self.env._(
                "%(costs)s (%(share)s)", costs=costs, share=self._percent(share)
            )
        values = {"costs": costs, "name": name, "date": end and self._long_date(end)}
        if payer == "goodwill":
            return self.env._("%(costs)s free as goodwill", costs=costs)
        if payer == "contract" and end:
            return self.env._(
                "%(costs)s free under contract %(name)s until %(date)s", **values
            )
        if payer == "contract":
            return self.env._("%(costs)s free under contract %(name)s", **values)
        if end:
            return self.env._(
                "%(costs)s free under warranty %(name)s until %(date)s", **values
            )
        return self.env._("%(costs)s free under warranty %(name)s", **values)

    @api.model
    def _warning_text(self, codes):
        """Write warnings in the language of the environment.

        :param list codes: pairs of code and values, as `tools.coverage.decide` gives
        :return: text with one line for each, or False
        """
        return "\n".join(self._warning_line(*pair) for pair in codes or ()) or False

    @api.model
    def _warning_line(self, code, values):
        if code == "misuse_suspected":
            return self.env._(
                "Improper use is suspected but not determined: nothing is charged "
                "because of it."
            )
        if code == "cause_unknown":
            return self.env._(
                "The cause is not known yet: presumed to be covered until found "
                "otherwise."
            )
        if code == "delivery_unknown":
            return self.env._(
                "Nobody knows its warranty: neither the delivery date nor a warranty "
                "is recorded."
            )
        if code == "trigger_missing":
            return self.env._(
                "%(name)s is presumed to protect: %(trigger)s is missing.",
                name=values["name"],
                trigger=self._trigger_words(values["trigger"]),
            )
        return code

    @api.model
    def _trigger_words(self, trigger):
        """Name the date a warranty waits for, within a sentence."""
        return {
            "delivery": self.env._("the delivery date"),
            "commissioning": self.env._("the commissioning date"),
            "invoice": self.env._("the invoice date"),
        }.get(trigger) or self.env._("the date of its start")
