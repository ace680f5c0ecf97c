# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import format_date

from ..tools import warranty as days
from .selections import COST_CLASSES


class AftersalesWarranty(models.Model):
    """What is missing or contradicts, said on the warranty instead of hidden."""

    _inherit = "aftersales.warranty"

    @api.depends(
        "start_date",
        "parts_end_date",
        "labour_end_date",
        "travel_end_date",
        "is_void",
        "extends_id.is_void",
        "equipment_id.delivery_date",
        "equipment_id.commissioning_date",
        "equipment_id.invoice_date",
        "equipment_id.site_id.country_id",
        "equipment_id.warranty_ids.is_void",
    )
    @api.depends_context("lang")
    def _compute_warning(self):
        todays = self.equipment_id._todays()
        for warranty in self:
            texts = []
            if not warranty.is_void and warranty.equipment_id:
                texts = warranty._warnings(todays[warranty.equipment_id])
            warranty.warning = "\n".join(texts) or False

    def _warnings(self, today):
        """Say what is missing or contradicts.

        :param date today: day at the site
        :return: list of translated sentences
        """
        self.ensure_one()
        texts = []
        if self.start_date:
            if self.kind == "base" and self.start_date > today:
                texts.append(
                    self.env._(
                        "Starts on %(date)s, a day in the future.",
                        date=format_date(self.env, self.start_date),
                    )
                )
            texts += self._cap_texts()
        elif self.kind == "base":
            texts += self._missing_texts(today)
        texts += self._extension_texts()
        texts += self._minimum_texts()
        return texts

    def _missing_texts(self, today):
        """Name the date that a warranty waits for, and what holds until then."""
        texts = [
            {
                "delivery": self.env._(
                    "The delivery date is missing: the warranty has not started."
                ),
                "commissioning": self.env._(
                    "The commissioning date is missing: the warranty has not started."
                ),
                "invoice": self.env._(
                    "The invoice date is missing: the warranty has not started."
                ),
            }[self.start_trigger]
        ]
        until = max(
            filter(None, (self._presumed_until(cost) for cost in self._paid_costs())),
            default=False,
        )
        if until and until >= today:
            texts.append(
                self.env._(
                    "Since its delivery, the machine is presumed to be protected until "
                    "%(date)s.",
                    date=format_date(self.env, until),
                )
            )
        elif until:
            texts.append(
                self.env._(
                    "Counted from the delivery it would have ended on %(date)s: it "
                    "protects no longer until the date is known.",
                    date=format_date(self.env, until),
                )
            )
        return texts

    def _cap_texts(self):
        """Say where a limit from the delivery can't be applied, or came first."""
        if not self.has_cap or self.kind == "part":
            return []
        delivery = self.equipment_id.delivery_date
        if not delivery:
            return [
                self.env._(
                    "The delivery date is missing: the limit from the delivery is not "
                    "applied."
                )
            ]
        limit = days.last_day(delivery, self.cap_duration, self.duration_unit)
        trigger = self.equipment_id._trigger_dates()[self.start_trigger]
        if self.kind == "base" and trigger and trigger > limit:
            return [
                self.env._(
                    "It was to start on %(date)s, after the limit from the delivery: "
                    "it ended on %(limit)s.",
                    date=format_date(self.env, trigger),
                    limit=format_date(self.env, limit),
                )
            ]
        return []

    def _extension_texts(self):
        """Say where an extension overlaps others, or hangs on a void warranty."""
        if self.kind != "extension":
            return []
        texts = []
        if self.extends_id.is_void:
            texts.append(
                self.env._(
                    "It extends %(name)s, which is void.", name=self.extends_id.name
                )
            )
        elif not self.extends_id:
            texts.append(self.env._("There was no warranty to extend."))
        others = self.equipment_id.warranty_ids.filtered(
            lambda other: other.kind != "part" and not other.is_void
        )
        overlapped = (others - self).filtered(self._overlaps)
        if overlapped:
            texts.append(
                self.env._(
                    "It runs at the same time as %(names)s.",
                    names=", ".join(overlapped.mapped("name")),
                )
            )
        return texts

    def _overlaps(self, other):
        """Say whether two warranties cover the same cost on the same day."""
        for cost in COST_CLASSES:
            if not (self[f"{cost}_share"] and other[f"{cost}_share"]):
                continue
            start, end = self._covered_from(cost), self[f"{cost}_end_date"]
            begin, last = other._covered_from(cost), other[f"{cost}_end_date"]
            if start and end and begin and last and start <= last and begin <= end:
                return True
        return False

    def _minimum_texts(self):
        """Say where parts or labour end before the minimum of the site's country.

        What counts are the terms as they were given, not those of the term today.
        """
        partner = self.equipment_id.site_id or self.equipment_id.partner_id
        country = partner.country_id
        name = "aftersales_minimum_months"
        months = country[name] if name in country._fields else 0
        if self.kind != "base" or not months:
            return []
        first = self.equipment_id.delivery_date or self.start_date
        below = False
        for cost in ("parts", "labour"):
            if self[f"{cost}_share"] < 1:
                below = True
            elif self.start_date and self[f"{cost}_end_date"]:
                required = days.last_day(first, months, "month")
                below |= self[f"{cost}_end_date"] < required
            else:
                count = self[f"{cost}_duration"]
                below |= days.below_minimum(count, self.duration_unit, months)
        if not below:
            return []
        return [
            self.env._(
                "Shorter than the legal minimum of %(months)s months in %(country)s.",
                months=months,
                country=country.name,
            )
        ]
