# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date

from odoo import api, fields, models
from odoo.fields import Command, Domain
from odoo.tools.misc import clean_context

from ..tools import warranty as days
from .aftersales_warranty import CLASS_START_FIELDS, DATE_FIELDS
from .selections import COST_CLASSES

#: All that is derived from the triggers and the copied terms.
DERIVED_FIELDS = [*DATE_FIELDS, *CLASS_START_FIELDS]


class AftersalesWarranty(models.Model):
    """Giving warranties, and deriving their days from what has happened."""

    _inherit = "aftersales.warranty"

    # === GIVING === #

    @api.model
    def _grant(self, specs):
        """Give terms to equipment; whoever causes it needs no after-sales role.

        :param list specs: dicts with the id ``equipment_id``, the record ``term``,
            ``kind`` ("base" or "extension"), and as far as known the ids
            ``sale_line_id``, ``move_id`` and ``sold_on``, the day an extension was
            sold; without it, it was sold with the machine and counts from the delivery
        :return: warranties in the order of the specs; nothing for an explicit "No
            Warranty" nor for an empty term
        """
        vals_list = [
            {
                "equipment_id": spec["equipment_id"],
                "term_id": spec["term"].id,
                "kind": spec.get("kind") or "base",
                "sale_line_id": spec.get("sale_line_id") or False,
                "move_id": spec.get("move_id") or False,
                "granted_on": spec.get("sold_on") or False,
            }
            for spec in specs
            # sudo: the storekeeper who delivers doesn't see terms
            if spec["term"] and not spec["term"].sudo().is_no_warranty
        ]
        # sudo: a warranty follows from the sale, nobody enters it
        return self._quiet().create(vals_list).with_env(self.env)

    @api.model
    def _grant_parts(self, specs):
        """Give warranties to replaced parts.

        A part is covered for the remainder of the machine's own warranty, or for its
        own months from the term, whichever is longer. Where neither is left, nothing
        is given. A visit line gives one only once.

        :param list specs: dicts with the id ``equipment_id``, the day ``replaced_on``
            at the site, and as far as known ``product_id``, ``part_name``,
            ``part_serial`` and ``dispatch_line_id``
        :return: warranties in the order of the specs, those given before included
        """
        lines = [
            spec["dispatch_line_id"] for spec in specs if "dispatch_line_id" in spec
        ]
        # sudo: whoever ends the visit gives the warranty of the parts
        own_sudo = self._quiet()
        known = own_sudo.search(
            [("dispatch_line_id", "in", lines), ("is_void", "=", False)]
        ).grouped(lambda w: w.dispatch_line_id.id)
        machines = self._machine_warranties({spec["equipment_id"] for spec in specs})
        todo, result = {}, {}
        for index, spec in enumerate(specs):
            line = spec.get("dispatch_line_id")
            if line and line in known:
                result[index] = known[line]
                continue
            siblings = machines.get(spec["equipment_id"], own_sudo.browse())
            vals = self._prepare_part(spec, siblings)
            if vals:
                todo[index] = vals
        created = own_sudo.create(list(todo.values()))
        result.update(zip(todo, created, strict=True))
        return self.browse([result[index].id for index in sorted(result)])

    def _prepare_part(self, spec, siblings):
        """Prepare the warranty of a replaced part.

        :param siblings: the machine's own warranties that are not void
        :return: dict for `create`; empty when there is nothing to give
        """
        base = siblings._in_force(spec["replaced_on"])
        if not base:
            return {}
        copied = base._copy_values(base)
        vals = {
            **copied,
            "equipment_id": spec["equipment_id"],
            "term_id": base.term_id.id,
            "kind": "part",
            "extends_id": base.id,
            "granted_on": spec["replaced_on"],
            "part_product_id": spec.get("product_id") or False,
            "part_name": spec.get("part_name") or False,
            "part_serial": spec.get("part_serial") or False,
            "dispatch_line_id": spec.get("dispatch_line_id") or False,
            "travel_share": 0.0,
        }
        derived = self._derive_dates(vals, {}, None, siblings, {})
        waits = any(not warranty.start_date for warranty in siblings)
        return vals if derived["start_date"] or waits else {}

    def _in_force(self, day):
        """Choose the warranty whose terms hold for a part replaced on a day.

        :return: the one that covers the day, a base before an extension; else one that
            waits for its start; else the one that ended last; empty for an empty set
        """

        def rank(warranty):
            start, end = warranty.start_date, warranty.end_date
            covers = bool(start and warranty.covered_from <= day <= end)
            return (
                covers,
                not start,
                end or day,
                warranty.kind == "base",
                -warranty.id,
            )

        return max(self, key=rank) if self else self

    def _void(self, reason):
        """End warranties for a reason that leaves them without effect.

        :param str reason: shown to the reader, translated by the caller
        """
        live = self.filtered(lambda warranty: not warranty.is_void)
        # sudo: a return or a cancelled order makes it void, whoever enters that
        live.sudo().write({"is_void": True, "void_reason": reason})

    @api.model
    def _quiet(self):
        """Return the model with the rights of the system and without notes."""
        context = clean_context(self.env.context)
        return self.sudo().with_context(context).with_context(tracking_disable=True)

    def _quiet_records(self):
        """Return these warranties with the rights of the system and without notes."""
        return self._quiet().browse(self.ids)

    # === DATES === #

    def _derive(self, triggers=None):
        """Derive all days from the triggers again, without writing anything.

        :param dict triggers: equipment to its dates as `_trigger_dates` returns them,
            where others than the present ones are to be tried
        :return: dict of warranty to its values of `DERIVED_FIELDS`; void ones are left
            out, an extension follows the derived end of what it extends
        """
        live = self.filtered(lambda warranty: not warranty.is_void)
        order = {"base": 0, "extension": 1, "part": 2}
        machines = self._machine_warranties(live.equipment_id.ids)
        derived = {}
        for warranty in live.sorted(lambda w: (order[w.kind], w.id)):
            equipment = warranty.equipment_id
            known = (triggers or {}).get(equipment) or equipment._trigger_dates()
            known = warranty._own_triggers(known)
            previous = warranty._extended()
            derived[warranty] = self._derive_dates(
                warranty,
                known,
                derived.get(previous, previous),
                machines.get(equipment.id, self.browse()),
                derived,
            )
        return derived

    def _own_triggers(self, triggers):
        """Replace the machine's dates by those of an earlier delivery of its lot.

        More of a lot moves the machine's dates on; the warranty of what was delivered
        before keeps its own.

        :param dict triggers: delivery, commissioning and invoice date of the machine
        :return: dict of the same keys
        """
        move, last = self.move_id, self.equipment_id.move_id
        if self.kind != "base" or not move or move == last:
            return triggers
        own = dict.fromkeys(triggers, self.start_date)
        return {**own, "delivery": move._aftersales_day(self.equipment_id._tz())}

    def _recompute_dates(self):
        """Derive all days from the triggers again and write those that differ."""
        for warranty, values in self._derive().items():
            changed = {
                name: value for name, value in values.items() if warranty[name] != value
            }
            if changed:
                # sudo: the days follow from the triggers, nobody types them
                warranty.sudo().write(changed)

    def _extended(self):
        """Return what an extension lengthens; void ones in between are skipped."""
        self.ensure_one()
        previous = self.extends_id
        while previous.is_void:
            previous = previous.extends_id
        return previous

    def _followers(self):
        """Return the warranties whose days hang on these ones, in any step."""
        everything = self.equipment_id.warranty_ids
        found = self
        while True:
            more = everything.filtered(
                lambda w, found=found: (
                    w.extends_id in found
                    or (w.kind == "part" and w.equipment_id in found.equipment_id)
                )
            )
            if more <= found:
                return found - self
            found |= more

    @api.model
    def _machine_warranties(self, equipment_ids):
        """Find the machines' own warranties that are not void.

        :return: dict of equipment id to base warranties and extensions
        """
        # sudo: the days of one warranty hang on the others, whoever reads
        warranties = self.sudo().search(
            Domain("equipment_id", "in", list(equipment_ids))
            & Domain("kind", "!=", "part")
            & Domain("is_void", "=", False),
            order="id",
        )
        return warranties.grouped(lambda warranty: warranty.equipment_id.id)

    @api.model
    def _terms_of(self, source):
        """Translate copied terms for the arithmetic.

        :param source: a warranty, or a dict of its values
        :return: `tools.warranty.Terms`
        """
        return days.Terms(
            {
                cost: source[f"{cost}_duration"] or source["duration"]
                for cost in COST_CLASSES
            },
            source["duration_unit"],
            source["cap_duration"] if source["has_cap"] else None,
            frozenset(cost for cost in COST_CLASSES if source[f"{cost}_share"]),
        )

    @api.model
    def _derive_dates(self, source, triggers, previous, siblings, derived):
        """Derive the days of one warranty.

        :param source: a warranty, or a dict of its values
        :param dict triggers: delivery, commissioning and invoice date
        :param previous: what it extends: a warranty, or a dict of its derived values
        :param siblings: the machine's own warranties, for the remainder of a part
        :param dict derived: days of siblings that are to be used instead of theirs
        :return: dict of all `DERIVED_FIELDS`, False while the start is not known
        """
        kind, terms = source["kind"], self._terms_of(source)
        delivery = triggers.get("delivery") or None
        dates = None
        if kind == "base":
            trigger = triggers.get(source["start_trigger"])
            if source["is_manual"]:
                trigger = trigger or source["start_date"]
            dates = days.base_dates(terms, trigger or None, delivery)
        elif kind == "extension" and not (previous and not previous["start_date"]):
            ends = {
                cost: previous[f"{cost}_end_date"]
                for cost in COST_CLASSES
                if previous and previous[f"{cost}_end_date"]
            }
            sold = source["granted_on"] or delivery
            dates = days.extension_dates(terms, sold, ends, delivery)
        elif kind == "part" and source["granted_on"]:
            replaced = source["granted_on"]
            remainders = {
                cost: self._remainder(cost, replaced, siblings, derived)
                for cost in ("parts", "labour")
                if source[f"{cost}_share"]
            }
            months = source["replaced_part_months"]
            dates = days.part_dates(replaced, months, remainders)
        return self._prepare_dates(dates)

    @api.model
    def _remainder(self, cost, day, siblings, derived):
        """Return until when the machine's own warranties cover a cost from a day on."""
        spans = []
        for warranty in siblings:
            values = derived.get(warranty, warranty)
            if not warranty[f"{cost}_share"] or not values["start_date"]:
                continue
            start = values[f"{cost}_start_date"] or values["start_date"]
            if warranty.kind == "base":
                delivery = warranty.equipment_id.delivery_date
                start = days.covered_from(start, delivery or None)
            spans.append(days.Span(start, values[f"{cost}_end_date"]))
        return days.unbroken_until(day, spans)

    @api.model
    def _prepare_dates(self, dates):
        """Translate derived days into values of a warranty.

        :param dates: `tools.warranty.Dates` or None
        :return: dict of all `DERIVED_FIELDS`
        """
        values = dict.fromkeys(DERIVED_FIELDS, False)
        if dates:
            values["start_date"], values["end_date"] = dates.start, dates.end
            for cost, span in dates.spans.items():
                values[f"{cost}_start_date"] = span.start
                values[f"{cost}_end_date"] = span.end
        return values

    def _presumed_until(self, cost):
        """Return until when a machine counts as protected while its start is unknown.

        :param str cost: parts, labour or travel
        :return: date: cap or duration from the delivery; False without a delivery, for
            a warranty that has started, and for one that is no base warranty
        """
        self.ensure_one()
        if self.kind != "base" or self.start_date or self.is_void:
            return False
        delivery = self.equipment_id.delivery_date or None
        return days.presumed_until(self._terms_of(self), delivery).get(cost, False)

    # === PREPARING === #

    @api.model
    def _copy_values(self, source):
        """Copy terms.

        :param source: `aftersales.warranty.term` or `aftersales.warranty`
        :return: dict for `create`
        """
        values = {
            name: source[name]
            for name in self._copied_fields()
            if not self._fields[name].relational
        }
        categories = source.excluded_category_ids
        values["excluded_category_ids"] = [Command.set(categories.ids)]
        return values

    @api.model
    def _creation_rounds(self, vals_list):
        """Order values so that what is extended comes before its extension.

        :return: list of lists of indexes, to be created one list after the other
        """
        rounds, extensions = {}, {}
        for index, vals in enumerate(vals_list):
            kind = vals.get("kind") or "base"
            rank = 0 if kind == "base" else len(vals_list) + 1
            if kind == "extension":
                equipment = vals.get("equipment_id")
                rank = extensions[equipment] = extensions.get(equipment, 0) + 1
            rounds.setdefault(rank, []).append(index)
        return [rounds[rank] for rank in sorted(rounds)]

    @api.model
    def _prepare_complete(self, vals_list, known=None):
        """Fill in number, copied terms, what is extended, and the derived days.

        :param list vals_list: values of one round (see `_creation_rounds`)
        :param known: records that are there already and still to be completed
        :return: list of dicts for `create` or `write`
        """
        Equipment = self.env["aftersales.equipment"]
        Term = self.env["aftersales.warranty.term"]
        equipments = Equipment.browse([vals["equipment_id"] for vals in vals_list])
        companies = [equipment.company_id for equipment in equipments]
        numbers = self.env["ir.sequence"]._next_numbers(self._name, companies)
        machines = {}
        if any((vals.get("kind") or "base") != "base" for vals in vals_list):
            machines = self._machine_warranties(set(equipments.ids))
        term_ids = {vals["term_id"] for vals in vals_list if vals.get("term_id")}
        copies = {term.id: self._copy_values(term) for term in Term.browse(term_ids)}
        defaults = self._default_values()
        complete = []
        for vals, equipment, number in zip(vals_list, equipments, numbers, strict=True):
            siblings = machines.get(equipment.id, self.browse())
            values = {**defaults, **copies.get(vals.get("term_id"), {}), **vals}
            values = self._prepare_values(
                values, equipment, siblings - (known or self.browse())
            )
            complete.append({**values, "name": number})
        return complete

    @api.model
    def _prepare_values(self, vals, equipment, siblings):
        """Fill in what one warranty extends, and its days.

        :param dict vals: values with the copied terms; days in it win over derived ones
        :param siblings: the machine's own warranties that are not void
        :return: dict for `create` or `write`
        """
        if vals["kind"] == "extension" and not vals["extends_id"]:
            vals = {**vals, "extends_id": siblings._last().id}
        previous = self.browse(vals["extends_id"])
        triggers = equipment._trigger_dates()
        derived = self._derive_dates(vals, triggers, previous, siblings, {})
        values = {**vals, **self._with_typed(vals, derived, equipment)}
        self._refuse_end_before_start(values, equipment)
        return values

    @api.model
    def _default_values(self):
        """Return what a warranty has where nobody says otherwise."""
        names = [*self._copied_fields(), *DERIVED_FIELDS, "extends_id", "granted_on"]
        values = {**dict.fromkeys(names, False), "is_manual": False}
        return {**values, **self.default_get(names), "kind": "base"}

    def _last(self):
        """Return the one among a machine's own warranties that ends last.

        One that has not started ends after all that have.
        """
        if not self:
            return self
        return max(
            self, key=lambda warranty: (warranty.end_date or date.max, warranty.id)
        )

    @api.model
    def _with_typed(self, vals, derived, equipment):
        """Let typed days win over the derived ones.

        A typed start moves all ends; a typed end of all is the end of each cost whose
        own end was not typed.

        :return: dict of all `DERIVED_FIELDS`
        """
        typed = {
            name: fields.Date.to_date(vals[name]) for name in DATE_FIELDS if vals[name]
        }
        if not typed:
            return derived
        terms = self._terms_of(vals)
        if typed.get("start_date"):
            delivery = equipment.delivery_date or None
            derived = self._prepare_dates(
                days.base_dates(terms, typed["start_date"], delivery)
            )
            derived["start_date"] = typed["start_date"]
        for cost in COST_CLASSES:
            name = f"{cost}_end_date"
            derived[name] = typed.get(name) or typed.get("end_date") or derived[name]
        ends = [derived[f"{cost}_end_date"] for cost in terms.covered or COST_CLASSES]
        derived["end_date"] = max(filter(None, ends), default=False)
        return derived
