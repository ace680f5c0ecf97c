# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ProductTemplate(models.Model):
    _inherit = "product.template"

    aftersales_is_serviced = fields.Boolean(
        string="Serviced after Sale",
        help="Each delivered unit becomes an equipment of the customer. On a kit, its "
        "components say that themselves; here it lets quotations state the warranty.",
    )
    aftersales_warranty_term_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Warranty Term",
        company_dependent=True,
        check_company=True,
        copy=True,
        ondelete="restrict",
        help="Empty: as the product category says, else the company.",
    )
    aftersales_extension_term_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Extends the Warranty by",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="This product is an extended warranty: sold with a machine as its "
        "optional product, or for equipment named on the order line.",
    )

    @api.constrains("aftersales_is_serviced", "aftersales_extension_term_id")
    def _check_aftersales_extension(self):
        for product in self:
            term = product.aftersales_extension_term_id
            if term and product.aftersales_is_serviced:
                raise ValidationError(
                    self.env._(
                        "“%(product)s” is a machine to be serviced or an extended "
                        "warranty, not both.",
                        product=product.display_name,
                    )
                )
            if term.is_no_warranty:
                raise ValidationError(
                    self.env._(
                        "“%(term)s” gives nothing by which a warranty could be "
                        "extended.",
                        term=term.display_name,
                    )
                )
