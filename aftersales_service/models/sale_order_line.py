# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.sql import column_exists, create_column

from .res_partner import EQUIPMENT_GROUPS

SOURCE_SELECTION = [
    ("line", "Order Line"),
    ("order", "Order"),
    ("partner", "Customer"),
    ("product", "Product"),
    ("category", "Product Category"),
    ("company", "Company"),
]

#: What was sold changes with these, after the order was confirmed too.
SOLD_FIELDS = {
    "product_id",
    "product_uom_qty",
    "product_uom_id",
    "aftersales_equipment_ids",
}


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    aftersales_warranty_term_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Own Warranty Term",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="Agreed for this line. Empty: as the order, the customer, the product, "
        "its category or the company say.",
    )
    aftersales_effective_term_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Effective Warranty Term",
        compute="_compute_aftersales_terms",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        help="What the delivery will give. It stays as it is once the order is "
        "confirmed, whatever becomes of the product.",
    )
    aftersales_term_source = fields.Selection(
        SOURCE_SELECTION,
        string="Warranty from",
        compute="_compute_aftersales_terms",
        store=True,
        precompute=True,
    )
    aftersales_is_extension = fields.Boolean(
        string="Extended Warranty",
        compute="_compute_aftersales_terms",
        store=True,
        precompute=True,
    )
    aftersales_states_warranty = fields.Boolean(
        compute="_compute_aftersales_states_warranty", export_string_translation=False
    )
    aftersales_term_reason = fields.Text(
        string="Warranty",
        compute="_compute_aftersales_term_reason",
        compute_sudo=True,
        help="Which term applies, and why.",
    )
    aftersales_equipment_ids = fields.Many2many(
        "aftersales.equipment",
        relation="aftersales_equipment_sale_line_rel",
        column1="sale_line_id",
        column2="equipment_id",
        string="Covered Equipment",
        check_company=True,
        copy=False,
        groups=EQUIPMENT_GROUPS,
        help="The machines whose warranty this line extends, or that its contract "
        "covers. Empty on an extended warranty: those of the line it was offered with.",
    )

    def _auto_init(self):
        """Add the columns here: no order before this addon promised a warranty or sold
        a contract, so that there is nothing to compute for them."""
        columns = {
            "aftersales_effective_term_id": "int4",
            "aftersales_term_source": "varchar",
            "aftersales_is_extension": "bool",
            "aftersales_is_contract": "bool",
            "aftersales_contract_template_id": "int4",
        }
        for name, sql_type in columns.items():
            if not column_exists(self.env.cr, self._table, name):
                create_column(self.env.cr, self._table, name, sql_type)
        return super()._auto_init()

    # === COMPUTES === #

    @api.depends(
        "product_id",
        "company_id",
        "aftersales_warranty_term_id",
        "order_id.aftersales_warranty_term_id",
        "order_id.partner_id",
    )
    def _compute_aftersales_terms(self):
        frozen = self.filtered(lambda line: line._aftersales_keeps_term())
        for line in frozen:
            line.update(line._origin._aftersales_term_values())
        (self - frozen)._aftersales_set_terms()

    @api.depends(
        "product_id.aftersales_is_serviced",
        "aftersales_warranty_term_id",
        "aftersales_is_extension",
    )
    def _compute_aftersales_states_warranty(self):
        """The customer is told where he would ask, or where it was agreed apart."""
        for line in self:
            line.aftersales_states_warranty = bool(
                line.product_id.aftersales_is_serviced
                or line.aftersales_warranty_term_id
                or line.aftersales_is_extension
            )

    @api.depends(
        "aftersales_states_warranty",
        "aftersales_effective_term_id",
        "aftersales_term_source",
        "order_id.partner_id",
    )
    @api.depends_context("lang")
    def _compute_aftersales_term_reason(self):
        reasons = {
            "line": self.env._("chosen on this line"),
            "order": self.env._("chosen on this order"),
            "product": self.env._("term of the product"),
            "category": self.env._("term of the product category"),
            "company": self.env._("default of the company"),
        }
        for line in self:
            source = line.aftersales_term_source
            term = line.aftersales_effective_term_id
            if not line.aftersales_states_warranty:
                line.aftersales_term_reason = False
                continue
            if not term:
                line.aftersales_term_reason = self.env._("No warranty: no term applies")
                continue
            if source == "partner":
                reason = self.env._(
                    "agreed with %(customer)s",
                    customer=line.order_id.partner_id.commercial_partner_id.name,
                )
            elif source == "product" and line.aftersales_is_extension:
                reason = self.env._("sold with this product")
            else:
                reason = reasons.get(source, "")
            line.aftersales_term_reason = self.env._(
                "%(term)s: %(reason)s", term=term.name, reason=reason
            )

    # === CONSTRAINTS === #

    @api.constrains("aftersales_equipment_ids")
    def _check_aftersales_equipment(self):
        # sudo: whoever may write the line, for the owner and state of the equipment
        for line in self.sudo():
            problem = line._aftersales_equipment_problem()
            if problem:
                raise ValidationError(problem)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.filtered(lambda line: line.state == "sale")._aftersales_sync_extensions()
        return lines

    def write(self, vals):
        replaced = self.browse()
        if "product_id" in vals:
            replaced = self.filtered(
                lambda line: (
                    line.state == "sale" and line.product_id.id != vals["product_id"]
                )
            )
        result = super().write(vals)
        # Another product is another sale: what was agreed for the first one is gone.
        # What is pending comes first; it would keep the old term.
        replaced.mapped("aftersales_term_source")
        replaced._aftersales_set_terms()
        if SOLD_FIELDS & vals.keys():
            sold = self.filtered(lambda line: line.state == "sale")
            sold._aftersales_sync_extensions()
        return result

    def _get_protected_fields(self):
        return super()._get_protected_fields() + [
            "aftersales_warranty_term_id",
            "aftersales_equipment_ids",
        ]

    # === TERMS === #

    def _aftersales_term_values(self):
        """Return the term of this line as it stands."""
        return {
            "aftersales_effective_term_id": self.aftersales_effective_term_id,
            "aftersales_term_source": self.aftersales_term_source,
            "aftersales_is_extension": self.aftersales_is_extension,
        }

    def _aftersales_keeps_term(self):
        """Tell whether the term stays as it is: the order is confirmed, and neither
        the line's nor the order's own choice says another one now."""
        self.ensure_one()
        before = self._origin
        if not before or self.state not in ("sale", "cancel"):
            return False
        choice = self.aftersales_warranty_term_id
        if not choice and not before.aftersales_is_extension:
            choice = self.order_id.aftersales_warranty_term_id
        return not choice and before.aftersales_term_source not in ("line", "order")

    def _aftersales_set_terms(self):
        """Find the terms anew, from the line's own choice down to the company.

        Only what is serviced after the sale has one. A kit that is not flagged leaves
        it to its components, which are found with their own products at the delivery.
        """
        Term = self.env["aftersales.warranty.term"]
        # sudo: terms are found for whoever enters the order, a customer too
        for line in self.sudo():
            product = line.product_id.product_tmpl_id
            extension = product.aftersales_extension_term_id
            own = line.aftersales_warranty_term_id
            company = line.company_id or line.order_id.company_id
            term, source = Term, False
            if own:
                term, source = own, "line"
            elif extension:
                if extension.company_id.id in (False, company.id):
                    term, source = extension, "product"
            elif product.aftersales_is_serviced:
                term, source = Term._resolve(company, line=line)
            line.aftersales_effective_term_id = term
            line.aftersales_term_source = source
            line.aftersales_is_extension = bool(extension)

    def _aftersales_statement(self):
        """Say what is promised with this line, in the customer's language.

        :return: text for the quotation, or False where nothing is to be said
        """
        self.ensure_one()
        lang = self.order_id._get_lang()
        # sudo: the customer reads it on the portal
        line = self.sudo().with_context(lang=lang)
        term = line.aftersales_effective_term_id
        if not term or not line.aftersales_states_warranty:
            return False
        text = term._statement(lang, extension=line.aftersales_is_extension)
        if line.aftersales_is_extension:
            machines = ", ".join(line.aftersales_equipment_ids.mapped("display_name"))
            if machines:
                return line.env._(
                    "Extended warranty of %(machines)s: %(text)s",
                    machines=machines,
                    text=text,
                )
            return line.env._("Extended warranty: %(text)s", text=text)
        if term.is_no_warranty:
            return text
        return line.env._("Warranty: %(text)s", text=text)
