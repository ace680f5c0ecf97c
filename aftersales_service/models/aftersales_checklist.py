# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AftersalesChecklist(models.Model):
    """Questions a technician answers on every visit."""

    _name = "aftersales.checklist"
    _description = "Checklist"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [("conduct", "Rules of Conduct"), ("technical", "Technical Checks")],
        required=True,
        default="conduct",
    )
    mode = fields.Selection(
        [("on_site", "On Site"), ("remote", "Remote"), ("workshop", "Workshop")],
        string="Only for Work",
        help="Empty: for every visit.",
    )
    product_categ_ids = fields.Many2many(
        "product.category",
        string="Only for Product Categories",
        help="Machines of these categories and of those below them.",
    )
    product_ids = fields.Many2many(
        "product.product",
        string="Only for Products",
        check_company=True,
        help="These machines. Without products and categories: every machine.",
    )
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty: shared by all companies."
    )
    item_ids = fields.One2many("aftersales.checklist.item", "checklist_id", copy=True)

    @api.constrains("kind", "product_categ_ids", "product_ids")
    def _check_products(self):
        """Rules of conduct are the same whatever machine is served.

        :raise ValidationError: for rules of conduct with products
        """
        for checklist in self.filtered(lambda c: c.kind == "conduct"):
            if checklist.product_categ_ids or checklist.product_ids:
                raise ValidationError(
                    self.env._(
                        "Rules of conduct are for every machine: choose technical "
                        "checks, or no products."
                    )
                )

    def _for_job(self, job):
        """Choose those of these checklists that apply to the machine of a job.

        :param job: `aftersales.dispatch.job` record
        :return: subset
        """
        # sudo: which product a machine is, whoever plans the visit
        product = job.sudo().equipment_id.product_id
        above = {int(n) for n in (product.categ_id.parent_path or "").split("/") if n}
        return self.filtered(
            lambda checklist: (
                not (checklist.product_ids or checklist.product_categ_ids)
                or product in checklist.product_ids
                or above.intersection(checklist.product_categ_ids.ids)
            )
        )

    def _for_dispatch(self, dispatch):
        """Find the checklists that can apply to the jobs of a visit.

        :param dispatch: `aftersales.dispatch` record
        """
        return self.search(
            [
                ("company_id", "in", [False, dispatch.company_id.id]),
                ("mode", "in", [False, dispatch.mode]),
            ]
        )
