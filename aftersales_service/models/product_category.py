# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ProductCategory(models.Model):
    _inherit = "product.category"

    aftersales_warranty_term_id = fields.Many2one(
        "aftersales.warranty.term",
        string="Warranty Term",
        company_dependent=True,
        check_company=True,
        ondelete="restrict",
        help="For the products of this category and of those below it that have none "
        "of their own. Empty: as the category above says, else the company.",
    )

    @api.constrains("aftersales_warranty_term_id")
    def _check_aftersales_warranty_term(self):
        """The automatic check needs a company on the record; a category has none."""
        for category in self:
            # sudo: the company of a term that the user doesn't see
            owner = category.sudo().aftersales_warranty_term_id.company_id
            if owner and owner != self.env.company:
                raise ValidationError(
                    self.env._(
                        "The warranty term of “%(category)s” belongs to another "
                        "company than %(company)s.",
                        category=category.display_name,
                        company=self.env.company.name,
                    )
                )
