# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

ENTRY_FIELDS = ("entry_term_id", "entry_warranty_until")


class RowError(Exception):
    """Lets the import go through a batch row by row, to name the row that is wrong."""


class AftersalesEquipment(models.Model):
    """Equipment entered by hand or imported: machines sold before Odoo."""

    _inherit = "aftersales.equipment"

    entry_term_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Warranty Term",
        store=False,
        help="On entry: the warranty that is given from the delivery date.",
    )
    entry_warranty_until = fields.Date(
        string="Warranty until",
        store=False,
        help="On entry, where no term is known: the last day of the warranty.",
    )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        entered = [
            {name: vals.get(name) for name in ENTRY_FIELDS} for vals in vals_list
        ]
        vals_list = [
            {name: value for name, value in vals.items() if name not in ENTRY_FIELDS}
            for vals in vals_list
        ]
        by_hand = [vals for vals in vals_list if not vals.get("move_id")]
        if not by_hand:
            return super().create(vals_list)
        self._connect_lots(by_hand)
        equipment = super().create(vals_list)
        equipment.filtered(lambda e: not e.move_id)._record_entry()
        equipment._grant_entered(entered)
        return equipment

    def write(self, vals):
        if any(vals.get(name) for name in ENTRY_FIELDS):
            raise UserError(
                self.env._(
                    "A warranty can be named when an equipment is entered, not later."
                )
            )
        return super().write(
            {name: value for name, value in vals.items() if name not in ENTRY_FIELDS}
        )

    def _record_entry(self):
        """Write in the history who entered this equipment by hand, and when."""
        # sudo: the history is written by what happens, not by hand
        self.env["aftersales.equipment.event"].sudo().create(
            [
                {
                    "equipment_id": equipment.id,
                    "kind": "imported",
                    "date": equipment._today(),
                    "quantity": equipment.quantity,
                    "new_partner_id": equipment.partner_id.id,
                }
                for equipment in self
            ]
        )

    def _connect_lots(self, vals_list):
        """Name the lot in stock where the typed serial number is one.

        A lot that its customer has as an equipment already stays unconnected; the
        equipment shows that its serial number is there twice.
        """
        typed = [
            vals
            for vals in vals_list
            if vals.get("product_id")
            and vals.get("serial_number")
            and not vals.get("lot_id")
        ]
        if not typed:
            return
        # sudo: staff without stock rights enter machines too
        lots = (
            self.env["stock.lot"]
            .sudo()
            .search(
                [
                    ("product_id", "in", [vals["product_id"] for vals in typed]),
                    ("name", "in", [vals["serial_number"] for vals in typed]),
                ]
            )
        )
        if not lots:
            return
        # sudo: as above
        domain = Domain("lot_id", "in", lots.ids)
        taken = self.sudo().with_context(active_test=False).search(domain)
        taken = {
            (e.lot_id.id, e.commercial_partner_id.id, e.company_id.id) for e in taken
        }
        by_name = {
            (lot.product_id.id, lot.name, company.id): lot
            for lot in lots
            for company in lot.company_id or self.env["res.company"].sudo().search([])
        }
        Partner = self.env["res.partner"]
        for vals in typed:
            company = vals.get("company_id") or self.env.company.id
            lot = by_name.get((vals["product_id"], vals["serial_number"], company))
            owner = Partner.browse(vals.get("partner_id")).commercial_partner_id.id
            key = (lot and lot.id, owner, company)
            if lot and key not in taken:
                taken.add(key)
                vals["lot_id"] = lot.id

    # === WARRANTY === #

    def _grant_entered(self, entered):
        """Give the warranties that were named on entry.

        :param list entered: dict of the entry fields, for each equipment in order
        :raise AccessError: for a user who may not give warranties
        :raise ValidationError: when the date can't be
        """
        pairs = [
            (equipment, values)
            for equipment, values in zip(self, entered, strict=True)
            if any(values.values())
        ]
        if not pairs:
            return
        self.env["res.users"]._check_aftersales_role("manager")
        specs, until = [], []
        for equipment, values in pairs:
            if values["entry_term_id"]:
                equipment._check_only_term(values)
                specs.append(equipment._prepare_entered_term(values["entry_term_id"]))
            else:
                last = fields.Date.to_date(values["entry_warranty_until"])
                until.append(equipment._prepare_warranty_until(last))
        # sudo: dates of warranties are derived, nobody writes them
        Warranty = self.env["aftersales.warranty"].sudo()
        if specs:
            Warranty._grant(specs)
        if until:
            Warranty.create(until)

    def _check_only_term(self, values):
        if values["entry_warranty_until"]:
            raise ValidationError(
                self.env._(
                    "Name either the warranty term or the last day of the warranty of "
                    "%(name)s, not both.",
                    name=self.display_name,
                )
            )

    def _prepare_entered_term(self, term_id):
        return {
            "equipment_id": self.id,
            "term": self.env["aftersales.warranty.term"].browse(term_id),
            "kind": "base",
            "sale_line_id": False,
            "move_id": False,
            "sold_on": False,
        }

    def _prepare_warranty_until(self, last):
        """Prepare a warranty of which only the last day is known.

        Its duration is counted in days, so that the dates can be derived again.

        :param date last: its last day
        :raise ValidationError: without a delivery date, or when it ends before
        """
        start = self.delivery_date
        if not start:
            raise ValidationError(
                self.env._(
                    "Enter the delivery date of %(name)s too: the warranty that you "
                    "name begins then.",
                    name=self.display_name,
                )
            )
        if last < start:
            raise ValidationError(
                self.env._(
                    "The warranty of %(name)s can't end on %(last)s, before the "
                    "delivery on %(start)s.",
                    name=self.display_name,
                    last=format_date(self.env, last),
                    start=format_date(self.env, start),
                )
            )
        days = (last - start).days + 1
        costs = ("parts", "labour", "travel")
        return {
            "equipment_id": self.id,
            "kind": "base",
            "is_manual": True,
            "duration": days,
            "duration_unit": "day",
            "start_trigger": "delivery",
            "start_date": start,
            "end_date": last,
            **{f"{cost}_duration": days for cost in costs},
            **{f"{cost}_end_date": last for cost in costs},
        }

    # === IMPORT === #

    @api.model
    def get_import_templates(self):
        return [
            {
                "label": self.env._("Import Template for Equipment"),
                "template": "/aftersales_service/static/xlsx/aftersales_equipment.xlsx",
            }
        ]

    @api.model
    def _load_records_create(self, vals_list):
        """Create imported rows; what is known already is an error of its row."""
        importing = self.env.context.get("import_file")
        try:
            if importing and not all(vals.get("partner_id") for vals in vals_list):
                raise ValidationError(self.env._("Each equipment needs a customer."))
            equipment = super()._load_records_create(vals_list)
            if importing:
                equipment._check_imported_once()
        except UserError as error:
            if importing and len(vals_list) > 1:
                raise RowError(str(error)) from error
            raise
        return equipment

    def _check_imported_once(self):
        for equipment, others in self._same_serial().items():
            raise ValidationError(
                self.env._(
                    "%(product)s with the serial number %(serial)s is there already: "
                    "%(others)s",
                    product=equipment.product_name,
                    serial=equipment.serial_number,
                    others=", ".join(others.mapped("display_name")),
                )
            )

    # === SERIAL NUMBERS THAT ARE THERE TWICE === #

    def _compute_warning(self):  # pylint: disable=missing-return
        super()._compute_warning()
        twice = self._same_serial()
        for equipment in self:
            texts = [equipment.warning] if equipment.warning else []
            if equipment in twice:
                texts.append(
                    self.env._(
                        "This serial number is in service twice: %(others)s",
                        others=", ".join(twice[equipment].mapped("display_name")),
                    )
                )
            texts += equipment.event_ids.filtered(
                lambda event, last=equipment.move_id: (
                    event.kind == "reactivated" and event.move_id == last and event.note
                )
            ).mapped("note")
            equipment.warning = "\n".join(texts) or False

    def _same_serial(self):
        """Find what else in service carries the serial number of this equipment.

        Lots are no serial numbers: several customers can have some of a lot.

        :return: dict of the other equipment, by equipment that has any
        """

        def is_serial(equipment):
            lot, product = equipment.lot_id, equipment.product_id
            return not lot or product.tracking == "serial"

        mine = self.filtered(
            lambda e: e.state == "in_service" and e.serial_number and is_serial(e)
        )
        found = self.search(
            [
                ("serial_number", "in", mine.mapped("serial_number")),
                ("company_id", "in", mine.company_id.ids),
                ("state", "=", "in_service"),
            ]
        ).filtered(is_serial)
        groups = found.grouped(lambda e: e._identity())
        twice = {
            equipment: groups.get(equipment._identity(), found.browse()) - equipment
            for equipment in mine
        }
        return {equipment: others for equipment, others in twice.items() if others}

    def _identity(self):
        """Return what only one equipment in service should have."""
        self.ensure_one()
        product = self.product_id.id or self.product_name
        return self.company_id, product, self.serial_key
