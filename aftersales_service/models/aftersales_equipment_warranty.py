# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import clean_context

from ..tools import warranty as days
from .inside import is_inside

#: What starts a warranty: value of `TRIGGER_SELECTION` to the field with its day.
TRIGGER_FIELDS = {
    "delivery": "delivery_date",
    "commissioning": "commissioning_date",
    "invoice": "invoice_date",
}
#: A warranty that ends within so many days "ends soon", unless a setting says more.
ENDING_DAYS = 60


class AftersalesEquipment(models.Model):
    """The warranties of an equipment, and the days that start them."""

    _inherit = "aftersales.equipment"

    # === COMPUTES === #

    @api.depends(
        "state",
        "warranty_end_date",
        "warranty_ids.start_date",
        "warranty_ids.end_date",
        "warranty_ids.is_void",
    )
    def _compute_warranty_state(self):
        """Judge by the machine's own warranties on the day at its site.

        A machine that is no longer in service has no running warranty.
        """
        todays = self._todays()
        for equipment in self:
            states = set(equipment._own_warranties().mapped("state"))
            soon = todays[equipment] + timedelta(
                self._ending_days(equipment.company_id)
            )
            if not states:
                equipment.warranty_state = "none"
            elif equipment.state != "in_service":
                equipment.warranty_state = "ended"
            elif "running" in states:
                ends_soon = equipment.warranty_end_date <= soon
                equipment.warranty_state = "ending" if ends_soon else "running"
            else:
                equipment.warranty_state = "pending" if "pending" in states else "ended"

    def _search_warranty_state(self, operator, value):
        """Search by state, with the reader's day as today.

        A database query can't ask for the day of each site: around midnight, a site in
        another time zone can be a day off here. The state of a record is exact.
        """
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        live = Domain("kind", "!=", "part") & Domain("is_void", "=", False)
        started = live & Domain("start_date", "<=", today)
        in_service = Domain("state", "=", "in_service")
        has_any = Domain("warranty_ids", "any", live)
        runs = Domain("warranty_ids", "any", started & Domain("end_date", ">=", today))
        waits = Domain(
            "warranty_ids",
            "any",
            live
            & (Domain("start_date", "=", False) | Domain("start_date", ">", today)),
        )
        soon = self._ends_soon_domain(today)
        domains = {
            "none": ~has_any,
            "pending": in_service & waits & ~runs,
            "running": in_service & runs & ~soon,
            "ending": in_service & runs & soon,
            "ended": has_any & (~in_service | (~runs & ~waits)),
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    @api.model
    def _ending_days(self, company):
        """Return how many days before its end a warranty "ends soon" in a company."""
        name = "aftersales_warranty_ending_days"
        return (company[name] if name in company._fields else 0) or ENDING_DAYS

    @api.model
    def _ends_soon_domain(self, today):
        """Return the domain of what ends soon, by the setting of each company."""
        return Domain.OR(
            Domain("company_id", "in", companies.ids)
            & Domain("warranty_end_date", "<=", today + timedelta(number))
            for number, companies in self.env["res.company"]
            .sudo()  # sudo: the settings of all companies, whose records rules filter
            .search([])
            .grouped(self._ending_days)
            .items()
        )

    @api.depends("state", "warranty_ids.warning")
    @api.depends_context("lang")
    def _compute_warning(self):  # pylint: disable=missing-return
        super()._compute_warning()
        for equipment in self:
            texts = [equipment.warning] if equipment.warning else []
            texts += equipment._warranty_warnings()
            equipment.warning = "\n".join(texts) or False

    def _warranty_warnings(self):
        """Say what is missing or contradicts on the warranties of an equipment.

        :return: list of translated sentences
        """
        self.ensure_one()
        texts = []
        if self.state == "in_service":
            for warranty in self.warranty_ids:
                if warranty.warning and warranty.state != "ended":
                    lines = warranty.warning.split("\n")
                    texts += [f"{warranty.name}: {line}" for line in lines]
        return texts

    # === CRUD === #

    def write(self, vals):
        res = super().write(vals)
        keep = is_inside(self.env, "aftersales_keep_warranties")
        if not keep and set(TRIGGER_FIELDS.values()) & vals.keys():
            self._start_warranties()
        return res

    # === DAYS === #

    def _todays(self):
        """Return the present day at each site.

        :return: dict of equipment to date
        """
        now, by_zone, todays = pytz.utc.localize(fields.Datetime.now()), {}, {}
        for equipment in self:
            zone = equipment._tz()
            if zone not in by_zone:
                by_zone[zone] = now.astimezone(pytz.timezone(zone)).date()
            todays[equipment] = by_zone[zone]
        return todays

    def _day_of(self, moment):
        """Return the day at the site of a moment.

        :param datetime moment: naive, in UTC
        """
        self.ensure_one()
        zone = pytz.timezone(self._tz())
        return pytz.utc.localize(moment).astimezone(zone).date()

    def _delivered_on(self):
        """Return the day at the site of the last valid delivery.

        :return: date; False without a delivery that was done
        """
        self.ensure_one()
        move = self.move_id
        return move.state == "done" and bool(move.date) and self._day_of(move.date)

    def _trigger_dates(self):
        """Return the days that can start a warranty.

        :return: dict of value of `TRIGGER_SELECTION` to date or False
        """
        return {trigger: self[name] for trigger, name in TRIGGER_FIELDS.items()}

    def _own_warranties(self):
        """Return the machine's own warranties that are not void."""
        return self.warranty_ids.filtered(lambda w: w.kind != "part" and not w.is_void)

    def _start_warranties(self):
        """Let warranties start that were waiting for a trigger.

        What has started stays as it is: it is changed by the dialogs only. Extensions
        and parts replaced in the meantime follow the machine's warranty.
        """
        # sudo: a day that starts a warranty is entered also by those who only read it
        waiting = self.sudo().warranty_ids.filtered(
            lambda w: (
                not w.is_void
                and (not w.start_date or (w.kind == "base" and w.state == "pending"))
            )
        )
        (waiting | waiting._followers())._quiet_records()._recompute_dates()

    def _restart_warranties(self, trigger):
        """Derive again what a corrected trigger has started, and what follows it.

        :param str trigger: value of `TRIGGER_SELECTION`
        """
        # sudo: whoever corrects the day only reads warranties
        started = self.sudo().warranty_ids.filtered(
            lambda w: w.kind == "base" and w.start_trigger == trigger and not w.is_void
        )
        (started | started._followers())._recompute_dates()

    # === INVOICES === #

    def _take_invoice_dates(self):
        """Take the invoice date where there is an invoice and no date yet.

        Called when an invoice is posted and when equipment is created. Units of one
        order line that are invoiced in steps take the date of their own step.
        """
        # sudo: an accountant without after-sales role posts, a storekeeper delivers
        waiting_sudo = self.sudo().filtered(
            lambda e: e.sale_line_id and not e.invoice_date and e.state == "in_service"
        )
        by_date = {}
        for equipment, day in waiting_sudo._invoice_dates().items():
            by_date.setdefault(day, []).append(equipment.id)
        for day, ids in by_date.items():
            equipment_sudo = waiting_sudo.browse(ids).with_context(
                tracking_disable=True
            )
            equipment_sudo.write({"invoice_date": day})
            equipment_sudo._add_events("invoiced", day)

    def _invoice_dates(self):
        """Find the day each equipment was invoiced.

        Only posted customer invoices count that are not fully reversed.

        :return: dict of equipment to date, without those that are not invoiced
        """
        lines = self.sale_line_id
        if not lines:
            return {}
        rows = self._invoiced_quantities(lines)
        units = self.search(
            Domain("sale_line_id", "in", lines.ids)
            & Domain("state", "=", "in_service"),
            order="delivery_date, id",
        )
        dates = {}
        for line, members in units.grouped("sale_line_id").items():
            invoices = rows.get(line, [])
            if not invoices:
                continue
            if members.product_id == line.product_id:
                found = days.invoiced_on(members.mapped("quantity"), invoices)
            else:
                # A kit: its components are charged with it.
                found = [min(day for day, _quantity in invoices)] * len(members)
            dates.update(zip(members, found, strict=True))
        return {
            equipment: dates[equipment] for equipment in self if dates.get(equipment)
        }

    def _without_their_invoice(self, invoiced):
        """Return what took its date from an invoice that is gone since.

        A date that was typed has no invoice and stays.

        :param dict invoiced: what `_invoice_dates` finds now
        """
        waiting = self.filtered(
            lambda e: e.sale_line_id and e.state == "in_service" and e not in invoiced
        )
        events = self.env["aftersales.equipment.event"]._read_group(
            [("equipment_id", "in", waiting.ids), ("kind", "=", "invoiced")],
            ["equipment_id"],
        )
        return waiting & self.browse().union(*(row[0] for row in events))

    @api.model
    def _invoiced_quantities(self, sale_lines):
        """Read what was invoiced of order lines.

        :return: dict of order line to (day, quantity in the product's unit) of each
            posted customer invoice that is not fully reversed
        """
        invoice_lines = self.env["account.move.line"].search(
            Domain("sale_line_ids", "in", sale_lines.ids)
            & Domain("parent_state", "=", "posted")
            & Domain("move_id.move_type", "=", "out_invoice")
            & Domain("move_id.payment_state", "!=", "reversed")
            & Domain("quantity", ">", 0)
        )
        rows = {}
        for line in invoice_lines:
            quantity, unit = line.quantity, line.product_id.uom_id
            if line.product_uom_id and unit:
                quantity = line.product_uom_id._compute_quantity(
                    quantity, unit, round=False
                )
            for sale_line in line.sale_line_ids & sale_lines:
                rows.setdefault(sale_line, []).append(
                    (line.move_id.invoice_date, quantity)
                )
        return rows

    # === HISTORY === #

    def _add_events(self, kind, date, **values):
        """Write what happened to equipment on a day.

        :param str kind: kind of `aftersales.equipment.event`
        :param date date: day at the site
        :param values: more values of the events
        """
        # sudo: the history is written by what happens, never by hand
        return (
            self.env["aftersales.equipment.event"]
            .sudo()
            .with_context(clean_context(self.env.context))
            .create(
                [
                    {
                        "equipment_id": equipment.id,
                        "kind": kind,
                        "date": date,
                        "user_id": self.env.uid,
                        **values,
                    }
                    for equipment in self
                ]
            )
        )

    # === DIALOGS === #

    def _check_in_service(self):
        """Refuse what can only be done to machines in service.

        :raise UserError: naming those that are returned or ended
        """
        gone = self.filtered(lambda equipment: equipment.state != "in_service")
        if gone:
            raise UserError(
                self.env._(
                    "No longer in service: %(names)s",
                    names=", ".join(gone.mapped("display_name")),
                )
            )

    def _dialog(self, xmlid, **context):
        """Open a dialog for these equipment."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"aftersales_service.{xmlid}"
        )
        action["context"] = {"default_equipment_ids": self.ids, **context}
        return action

    def action_commission(self):
        """Open the dialog that enters or corrects the day of the commissioning."""
        self._check_in_service()
        return self._dialog("aftersales_commissioning_action")

    def action_change_owner(self):
        """Open the dialog that records a new owner, site or end user."""
        self._check_in_service()
        return self._dialog("aftersales_equipment_change_action")

    def action_end(self):
        """Open the dialog that takes equipment out of service."""
        self._check_in_service()
        return self._dialog(
            "aftersales_equipment_change_action", default_operation="end"
        )

    def action_rebuild(self):
        """Open the comparison of derived dates with their sources."""
        return self._dialog("aftersales_warranty_rebuild_action")
