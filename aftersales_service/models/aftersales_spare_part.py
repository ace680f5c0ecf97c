# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which spare parts fit which product, and how long they can be had."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date


class AftersalesSparePart(models.Model):
    """A part that fits a product or all products of a category."""

    _name = "aftersales.spare.part"
    _description = "Spare Part"
    _order = "product_tmpl_id, categ_id, sequence, id"
    _rec_name = "product_id"
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True)
    product_tmpl_id = fields.Many2one(
        "product.template",
        string="Fits Product",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        help="The machine or device that the part fits.",
    )
    categ_id = fields.Many2one(
        "product.category",
        string="Fits Category",
        index="btree_not_null",
        ondelete="cascade",
        help="It fits all products of this category and of those below it.",
    )
    product_id = fields.Many2one(
        "product.product",
        string="Part",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
        domain="[('type', '=', 'consu')]",
    )
    quantity = fields.Float(
        default=1.0, digits="Product Unit", help="How many are in one machine."
    )
    superseded_by_id = fields.Many2one(
        "product.product",
        string="Superseded by",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        help="The part that is used now instead.",
    )
    last_buy_date = fields.Date(
        string="Last-Time Buy", help="Until this day the supplier takes orders."
    )
    note = fields.Char()

    _fits_something = models.Constraint(
        "CHECK(product_tmpl_id IS NOT NULL OR categ_id IS NOT NULL)",
        "Say which product or category the part fits.",
    )
    _quantity_positive = models.Constraint(
        "CHECK(quantity > 0)", "The quantity is above zero."
    )

    @api.constrains("product_id", "superseded_by_id")
    def _check_successor(self):
        """Refuse a part that would in the end supersede itself.

        :raise ValidationError: when following the successors leads back
        """
        for row in self.filtered("superseded_by_id"):
            if row.product_id in self._successors(row.superseded_by_id):
                raise ValidationError(
                    self.env._(
                        "%(part)s can't be superseded by a part that it supersedes.",
                        part=row.product_id.display_name,
                    )
                )

    @api.model
    def _successors(self, product):
        """Follow a part to the one that is used today.

        :param product: product.product
        :return: product.product: the part itself, its successor and so on
        """
        chain = product
        while True:
            rows = self.search([("product_id", "=", chain[-1:].id)])
            following = rows.superseded_by_id[:1]
            if not following or following in chain:
                return chain
            chain += following

    @api.model
    def _fitting(self, products):
        """Find the parts of some products.

        :param products: product.product of machines
        :return: product.product, from the spare-parts lists of the company and, where
            manufacturing is installed, from the bills of materials; instead of those
            superseded what is used today
        """
        if not products:
            return products
        categories, company = products.categ_id, self.env.company
        rows = self.search(
            (
                Domain("product_tmpl_id", "in", products.product_tmpl_id.ids)
                | Domain("categ_id", "parent_of", categories.ids)
            )
            & Domain("company_id", "in", [False, company.id])
        )
        return self._in_use(rows.product_id | self._bom_parts(products))

    @api.model
    def _in_use(self, parts):
        """Replace parts that are superseded by what is used today instead.

        :param parts: product.product, from a list or a bill of materials
        :return: product.product
        """
        current = known = parts.browse()
        while parts:
            gone = self.search(
                [("product_id", "in", parts.ids), ("superseded_by_id", "!=", False)]
            )
            current |= parts - gone.product_id
            known |= parts
            parts = gone.superseded_by_id - known
        return current

    @api.model
    def _bom_parts(self, products):
        """Find the components of products, where manufacturing is installed.

        A sub-assembly that is made by itself is a spare part, and so are its parts; of
        a kit there are but the parts. Bills of materials of other companies don't
        count.

        :param products: product.product of machines
        :return: product.product
        """
        if "mrp.bom" not in self.env:
            return products.browse()
        company = self.env.company
        # sudo: technicians have no manufacturing rights
        Bom = self.env["mrp.bom"].sudo()
        parts, level = products.browse(), products
        while level:
            boms = Bom._bom_find(level, company_id=company.id)
            found = level.browse()
            for product, bom in boms.items():
                _boms, lines = bom.explode(product.sudo(), 1.0)
                found |= found.union(*(line.product_id for line, _values in lines))
            level = found.sudo(False) - parts - products
            parts |= level
        return (
            parts.sudo()
            .filtered(
                lambda part: (
                    part.active
                    and part.type == "consu"
                    and part.company_id in (company, company.browse())
                )
            )
            .sudo(False)
        )


class ProductTemplate(models.Model):
    _inherit = "product.template"

    aftersales_spare_part_ids = fields.One2many(
        "aftersales.spare.part",
        "product_tmpl_id",
        string="Spare Parts",
        groups="aftersales_service.aftersales_service_group_staff",
    )


class ProductProduct(models.Model):
    _inherit = "product.product"

    @api.model
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        """Offer first what fits the machines of the visit in the context."""
        visit_id = self.env.context.get("aftersales_visit")
        visit = self.env["aftersales.dispatch"].browse(
            visit_id if isinstance(visit_id, int) else []
        )
        fitting = visit._fitting_parts() if visit and visit.has_access("read") else self
        if not fitting:
            return super().name_search(name, domain, operator, limit)
        domain = Domain(domain or Domain.TRUE)
        inside = Domain("id", "in", fitting.ids)
        found = super().name_search(name, domain & inside, operator, limit)
        if limit and len(found) >= limit:
            return found
        rest = limit and limit - len(found)
        return found + super().name_search(name, domain & ~inside, operator, rest)


class AftersalesDispatch(models.Model):
    _inherit = "aftersales.dispatch"

    def _fitting_parts(self):
        """Return the spare parts (product.product) of the machines of these visits."""
        # sudo: of the machines only the product is used
        visits = self.exists().sudo()
        machines = visits.job_ids.equipment_id.product_id
        # Of the company that goes there, not of the one the user looks at just now
        company = visits.company_id[:1] or self.env.company
        Spare = self.env["aftersales.spare.part"].with_company(company.sudo(False))
        return Spare._fitting(machines.sudo(False))


class AftersalesDispatchLine(models.Model):
    _inherit = "aftersales.dispatch.line"

    successor_id = fields.Many2one(
        "product.product",
        compute="_compute_part_hint",
        help="The part that is used now instead.",
    )
    part_hint = fields.Char(compute="_compute_part_hint", string="Note on the Part")

    @api.depends("product_id", "kind")
    def _compute_part_hint(self):
        parts = self.filtered(lambda ln: ln.kind == "part").product_id
        Spare = self.env["aftersales.spare.part"]
        rows = Spare.search([("product_id", "in", parts.ids)]) if parts else Spare
        by_part = rows.grouped("product_id")
        today = fields.Date.context_today(self)
        for line in self:
            own = by_part.get(line.product_id, Spare)
            old = own.filtered("superseded_by_id")
            last = Spare._successors(line.product_id)[-1:] if old else parts.browse()
            line.successor_id = last
            dates = own.filtered("last_buy_date").mapped("last_buy_date")
            hints = []
            if last:
                hints.append(
                    self.env._("Superseded by %(part)s.", part=last.display_name)
                )
            if dates and max(dates) < today:
                hints.append(
                    self.env._(
                        "It could be bought until %(date)s only.",
                        date=format_date(self.env, max(dates)),
                    )
                )
            line.part_hint = " ".join(hints)

    @api.onchange("product_id")
    def _onchange_part_hint(self):
        if self.part_hint:
            title = self.env._("Spare Part")
            return {"warning": {"title": title, "message": self.part_hint}}
        return None

    def action_take_successor(self):
        """Ask for the part that is used now instead of a superseded one."""
        self.ensure_one()
        self.dispatch_id._check_state("draft", "planned", "on_way", "on_site")
        if not self.successor_id:
            raise UserError(
                self.env._("%(part)s is not superseded by another one.", part=self.name)
            )
        product = self.successor_id.with_context(display_default_code=False)
        self.write(
            {
                "product_id": product.id,
                "name": product.display_name,
                "part_number": product.default_code,
            }
        )
