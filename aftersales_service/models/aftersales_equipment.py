# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

#: Written by deliveries, dialogs and dated records, never by hand.
CONSEQUENCE_FIELDS = {
    "state",
    "ended_on",
    "move_id",
    "unit_number",
    "sale_line_id",
}
#: Entered with an equipment; later changed by dialogs, which keep a dated record.
PARTY_FIELDS = {"partner_id", "site_id", "end_user_id"}
#: Of an equipment that stock has delivered, what its deliveries and dialogs say.
DELIVERED_FIELDS = {
    "product_id",
    "lot_id",
    "serial_number",
    "quantity",
    "delivery_date",
    "commissioning_date",
    "invoice_date",
}


class AftersalesEquipment(models.Model):
    """One installed product, or one lot with a quantity, at a customer."""

    _name = "aftersales.equipment"
    _inherit = [
        "aftersales.guard.mixin",
        "mail.thread",
        "aftersales.activity.mixin",
    ]
    _description = "Equipment"
    _order = "id desc"
    _rec_names_search = ["reference", "serial_number", "product_name"]
    _check_company_auto = True

    reference = fields.Char(
        default="New", copy=False, readonly=True, required=True, index="trigram"
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    state = fields.Selection(
        [("in_service", "In Service"), ("returned", "Returned"), ("ended", "Ended")],
        required=True,
        default="in_service",
        index=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    ended_on = fields.Date(readonly=True, copy=False)

    # What it is
    product_id = fields.Many2one(
        "product.product",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        help="Empty: a machine that is not in the catalogue, known by its nameplate.",
    )
    product_name = fields.Char(
        compute="_compute_product_name",
        store=True,
        readonly=False,
        precompute=True,
        index="trigram",
        help="As on the nameplate.",
    )
    categ_id = fields.Many2one(related="product_id.categ_id")
    lot_id = fields.Many2one(
        "stock.lot",
        string="Lot/Serial Number",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('product_id', '=', product_id)]",
        copy=False,
    )
    serial_number = fields.Char(
        compute="_compute_serial_number",
        store=True,
        readonly=False,
        precompute=True,
        index="trigram",
        copy=False,
        tracking=True,
        help="As on the nameplate; the lot's where it is known in stock.",
    )
    serial_key = fields.Char(
        compute="_compute_serial_key",
        store=True,
        precompute=True,
        index="btree_not_null",
        export_string_translation=False,
        help="The serial number without blanks and in capitals, to find it by.",
    )
    quantity = fields.Float(default=1.0, digits="Product Unit")

    # Where it stands
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        tracking=True,
        check_company=True,
        ondelete="restrict",
        help="Who owns it.",
    )
    commercial_partner_id = fields.Many2one(
        "res.partner",
        related="partner_id.commercial_partner_id",
        store=True,
        index=True,
    )
    site_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        check_company=True,
        tracking=True,
        help="Address where it stands.",
    )
    end_user_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        check_company=True,
        tracking=True,
        help="Who uses it, where a dealer bought it.",
    )

    # Where it comes from
    sale_line_id = fields.Many2one(
        "sale.order.line",
        string="Order Line",
        index="btree_not_null",
        readonly=True,
        copy=False,
        ondelete="set null",
    )
    sale_order_id = fields.Many2one(
        "sale.order", related="sale_line_id.order_id", store=True, index=True
    )
    move_id = fields.Many2one(
        "stock.move",
        string="Last Delivery",
        index="btree_not_null",
        readonly=True,
        copy=False,
        ondelete="set null",
    )
    picking_id = fields.Many2one(
        "stock.picking", related="move_id.picking_id", string="Delivery Order"
    )
    unit_number = fields.Integer(
        readonly=True,
        copy=False,
        export_string_translation=False,
        help="Which unit of its move this is, where units have no serial.",
    )
    delivery_date = fields.Date(tracking=True, copy=False)
    commissioning_date = fields.Date(tracking=True, copy=False)
    invoice_date = fields.Date(tracking=True, copy=False)

    warranty_ids = fields.One2many(
        "aftersales.warranty", "equipment_id", string="Warranties"
    )
    warranty_end_date = fields.Date(
        string="Warranty End",
        compute="_compute_warranty_end_date",
        store=True,
        index=True,
        help="The last day of the machine's own warranties.",
    )
    warranty_state = fields.Selection(
        [
            ("none", "No Warranty"),
            ("pending", "Not Started"),
            ("running", "Running"),
            ("ending", "Ends Soon"),
            ("ended", "Ended"),
        ],
        compute="_compute_warranty_state",
        search="_search_warranty_state",
    )
    warning = fields.Text(
        compute="_compute_warning", help="What is missing or contradicts."
    )
    event_ids = fields.One2many(
        "aftersales.equipment.event", "equipment_id", string="History"
    )
    note = fields.Html()

    _reference_company_uniq = models.UniqueIndex(
        "(reference, company_id) WHERE reference <> 'New'",
        "The reference of an equipment must be unique.",
    )
    _quantity_positive = models.Constraint(
        "CHECK(quantity >= 0)", "The quantity can't be negative."
    )
    # One customer has one equipment of a serial; more of it is a quantity. What he had
    # before he sold it, or before two customers became one, doesn't count.
    _lot_customer_uniq = models.UniqueIndex(
        "(lot_id, commercial_partner_id, company_id)"
        " WHERE lot_id IS NOT NULL AND state = 'in_service'",
        "This customer has an equipment of this serial number already.",
    )
    _unit_uniq = models.UniqueIndex(
        "(move_id, unit_number) WHERE move_id IS NOT NULL AND unit_number > 0",
        "This unit of the delivery is an equipment already.",
    )

    # What was typed and may be delivered, or come back, with its serial number.
    _typed_idx = models.Index("(product_id, serial_number) WHERE lot_id IS NULL")

    # === COMPUTES === #

    @api.depends("product_id")
    def _compute_product_name(self):
        for equipment in self:
            if equipment.product_id:
                product = equipment.product_id.with_context(display_default_code=False)
                equipment.product_name = product.display_name
            else:
                equipment.product_name = equipment.product_name

    @api.depends("lot_id.name")
    def _compute_serial_number(self):
        for equipment in self:
            equipment.serial_number = equipment.lot_id.name or equipment.serial_number

    @api.depends("serial_number")
    def _compute_serial_key(self):
        for equipment in self:
            equipment.serial_key = self._serial_key(equipment.serial_number)

    @api.depends("warranty_ids.end_date", "warranty_ids.is_void", "warranty_ids.kind")
    def _compute_warranty_end_date(self):
        for equipment in self:
            ends = equipment.warranty_ids.filtered(
                lambda w: w.kind != "part" and not w.is_void and w.end_date
            ).mapped("end_date")
            equipment.warranty_end_date = max(ends, default=False)

    def _compute_warranty_state(self):
        for equipment in self:
            equipment.warranty_state = "none"

    def _search_warranty_state(self, operator, value):
        return NotImplemented

    def _compute_warning(self):
        for equipment in self:
            equipment.warning = False

    @api.depends("reference", "product_name", "serial_number")
    def _compute_display_name(self):
        for equipment in self:
            parts = (equipment.product_name, equipment.serial_number)
            name = " · ".join(part for part in parts if part)
            equipment.display_name = f"[{equipment.reference}] {name}".strip()

    # === CRUD === #

    def _guarded_fields(self):
        guarded = super()._guarded_fields() | CONSEQUENCE_FIELDS
        if self:
            guarded |= PARTY_FIELDS
        # sudo: whoever writes need not read stock moves
        if self.sudo().move_id:
            guarded |= DELIVERED_FIELDS
        return guarded

    @api.model_create_multi
    def create(self, vals_list):
        Company, Sequence = self.env["res.company"], self.env["ir.sequence"]
        companies = [
            Company.browse(vals.get("company_id")) or self.env.company
            for vals in vals_list
        ]
        references = Sequence._next_numbers("aftersales.equipment", companies)
        vals_list = [
            {**vals, "reference": reference}
            for vals, reference in zip(vals_list, references, strict=True)
        ]
        return super().create(vals_list)

    def write(self, vals):
        if "reference" in vals and not self.env.su:
            raise AccessError(
                self.env._("The reference of an equipment can't be changed.")
            )
        if "company_id" in vals:
            moved = self.filtered(lambda e: e.company_id.id != vals["company_id"])
            if moved:
                raise UserError(
                    self.env._(
                        "An equipment can't be moved to another company: %(names)s. "
                        "End it there and enter it in the other company.",
                        names=", ".join(moved.mapped("display_name")),
                    )
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """Keep what deliveries and service work refer to."""
        self.env["res.users"]._check_aftersales_role("manager")
        # sudo: whatever refers to it, also what the manager doesn't see
        equipment = self.sudo()
        used = equipment.filtered("move_id")
        moved = Domain("equipment_id", "in", self.ids) & Domain("move_id", "!=", False)
        used |= self._used_in("aftersales.equipment.event", moved)
        for model in (
            "aftersales.ticket",
            "aftersales.finding",
            "aftersales.dispatch.job",
            "aftersales.dispatch.line",
            "aftersales.coverage",
        ):
            used |= self._used_in(model, Domain("equipment_id", "in", self.ids))
        if used:
            raise UserError(
                self.env._(
                    "Deliveries or service work refer to this equipment, it can only "
                    "be archived: %(names)s",
                    names=", ".join(used.mapped("display_name")),
                )
            )

    def _used_in(self, model, domain):
        """Return which of this equipment the records of a model refer to."""
        # sudo: see the caller
        Model = self.env[model].sudo().with_context(active_test=False)
        groups = Model._read_group(domain, ["equipment_id"])
        return self.sudo().browse(row[0].id for row in groups)

    # === CHECKS === #

    @api.constrains("delivery_date", "commissioning_date", "site_id", "partner_id")
    def _check_dates(self):
        for equipment in self:
            delivered = equipment.delivery_date
            commissioned = equipment.commissioning_date
            if delivered and delivered > equipment._today():
                raise ValidationError(
                    self.env._(
                        "The delivery date %(date)s of %(name)s is in the future.",
                        date=format_date(self.env, delivered),
                        name=equipment.display_name,
                    )
                )
            if delivered and commissioned and commissioned < delivered:
                raise ValidationError(
                    self.env._(
                        "%(name)s can't be commissioned on %(commissioned)s, before "
                        "the delivery on %(delivered)s.",
                        name=equipment.display_name,
                        commissioned=format_date(self.env, commissioned),
                        delivered=format_date(self.env, delivered),
                    )
                )

    @api.constrains("lot_id", "product_id")
    def _check_lot(self):
        for equipment in self:
            lot = equipment.lot_id
            if lot and lot.product_id != equipment.product_id:
                raise ValidationError(
                    self.env._(
                        "%(serial)s is a serial number of %(product)s. Choose that "
                        "product, or the serial number of %(other)s.",
                        serial=lot.name,
                        product=lot.product_id.display_name,
                        other=equipment.product_name or self.env._("this equipment"),
                    )
                )

    # === HELPERS === #

    @api.model
    def _serial_key(self, serial_number):
        """Return what two ways to write one serial number have in common.

        :param str serial_number: as read, typed or stored, possibly empty
        :return: without blanks and in capitals, or False
        """
        return "".join((serial_number or "").split()).upper() or False

    @api.model
    def _known_by_nameplate(self, serial_numbers):
        """Find the machines in service that carry some serial numbers.

        :param serial_numbers: as read or typed; case and blanks don't matter
        :return: dict of key (see `_serial_key`) to equipment, which can be several
        """
        keys = {self._serial_key(serial) for serial in serial_numbers} - {False}
        if not keys:
            return {}
        known = self.search_fetch(
            [("serial_key", "in", keys), ("state", "=", "in_service")], ["serial_key"]
        )
        return known.grouped("serial_key")

    def _served_for(self, partners):
        """Tell which of these machines are a customer's, or are used by him.

        :param partners: `res.partner` records, contacts and addresses included
        :return: subset
        """
        owners = partners.commercial_partner_id
        return self.filtered(
            lambda equipment: (
                equipment.commercial_partner_id in owners
                or equipment.end_user_id.commercial_partner_id in owners
                or equipment.site_id.commercial_partner_id in owners
            )
        )

    def _check_served_for(self, partners):
        """Refuse to mix up the machines of two customers.

        :param partners: `res.partner` records: the customer and the site
        :raise ValidationError: when one of these machines is somebody else's
        """
        foreign = self - self._served_for(partners)
        if foreign:
            raise ValidationError(
                self.env._(
                    "%(equipment)s is not a machine of %(customer)s. Record a change "
                    "of owner first if it was sold on.",
                    equipment=", ".join(foreign.mapped("display_name")),
                    customer=partners[:1].display_name,
                )
            )

    def _today(self):
        """Return the day that it is now where this equipment stands."""
        self.ensure_one()
        return fields.Date.context_today(self.with_context(tz=self._tz()))

    def _tz(self):
        """Return the time zone in which this equipment's days begin and end.

        :return: name of a time zone: the site's, else the customer's, else the
            company's, else UTC
        """
        self.ensure_one()
        return self.site_id._aftersales_tz(self.partner_id, self.company_id)
