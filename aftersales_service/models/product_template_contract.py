# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .aftersales_contract import ENDED_STATES

TRACKING = "aftersales_contract"
#: How a contract is invoiced, to the native policy that does it.
POLICIES = {"order": "order", "advance": "delivery"}


class ProductTemplate(models.Model):
    """Products that sell an after-sales contract."""

    _inherit = "product.template"

    service_tracking = fields.Selection(
        selection_add=[(TRACKING, "After-Sales Contract")],
        ondelete={TRACKING: "set default"},
    )
    aftersales_contract_template_id = fields.Many2one(
        "aftersales.contract.template",
        string="Contract Template",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="What the contract that this product sells promises.",
    )

    # === TOOLTIP === #

    def _prepare_service_tracking_tooltip(self):
        if self.service_tracking == TRACKING:
            return self.env._(
                "Confirming the order makes an after-sales contract for the equipment "
                "named on the line."
            )
        return super()._prepare_service_tracking_tooltip()

    def _prepare_invoicing_tooltip(self):
        template = self.aftersales_contract_template_id
        if self.service_tracking == TRACKING and template.invoicing == "advance":
            return template._invoicing_text()
        return super()._prepare_invoicing_tooltip()

    # === INVOICED AS THE TEMPLATE SAYS === #

    # Not by a dependency of the native field on ours: the field of the variants
    # would go when this addon is uninstalled.

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._with_contract_policy(v) for v in vals_list])

    def write(self, vals):
        return super().write(self._with_contract_policy(vals))

    def _with_contract_policy(self, vals):
        """Add the invoicing policy of the contract template to what is written.

        :param dict vals: as `create` and `write` take them; it stays as it is
        :return: dict, the same where a policy is given or no template
        """
        template = self.env["aftersales.contract.template"].browse(
            vals.get("aftersales_contract_template_id") or False
        )
        if not template or "invoice_policy" in vals:
            return vals
        return {**vals, "invoice_policy": POLICIES[template.invoicing]}

    # === CONSTRAINTS === #

    @api.onchange("service_tracking")
    def _onchange_aftersales_contract(self):
        if self.service_tracking != TRACKING:
            self.aftersales_contract_template_id = False
        else:
            self.aftersales_extension_term_id = False

    @api.onchange("aftersales_contract_template_id")
    def _onchange_aftersales_contract_template(self):
        self.invoice_policy = self._contract_policy() or self.invoice_policy

    @api.constrains(
        "service_tracking",
        "type",
        "aftersales_contract_template_id",
        "aftersales_extension_term_id",
        "invoice_policy",
    )
    def _check_aftersales_contract(self):
        sellers = self.filtered(
            lambda product: (
                product.service_tracking == TRACKING
                or product.aftersales_contract_template_id
            )
        )
        for product in sellers:
            problem = product._aftersales_contract_problem()
            if problem:
                raise ValidationError(problem)

    def _aftersales_contract_problem(self):
        """Return why this product can't sell a contract, or False."""
        name = self.display_name
        if self.type != "service" or self.service_tracking != TRACKING:
            return self.env._(
                "“%s” sells a contract: it must be a service that makes an after-sales "
                "contract on the order.",
                name,
            )
        if not self.aftersales_contract_template_id:
            return self.env._("“%s” sells a contract: choose its template.", name)
        if self.aftersales_extension_term_id:
            return self.env._(
                "“%s” is a contract or an extended warranty, not both.", name
            )
        if self.invoice_policy != self._contract_policy():
            return self.env._(
                "“%(product)s” is invoiced as its contract template says: %(text)s.",
                product=name,
                text=dict(
                    self.aftersales_contract_template_id._fields[
                        "invoicing"
                    ]._description_selection(self.env)
                )[self.aftersales_contract_template_id.invoicing],
            )
        return False

    @api.constrains("service_tracking", "aftersales_contract_template_id")
    def _check_sold_contracts(self):
        """Let running contracts of this product be invoiced as was agreed."""
        # sudo: contracts of all companies, whoever changes the product
        sold = (
            self.env["aftersales.contract"]
            .sudo()
            .search(
                [
                    ("sale_line_id.product_id.product_tmpl_id", "in", self.ids),
                    ("state", "not in", ENDED_STATES),
                ]
            )
        )
        for contract in sold:
            product = contract.sale_line_id.product_id.product_tmpl_id
            if product._contract_policy() != POLICIES[contract.invoicing]:
                raise ValidationError(
                    self.env._(
                        "%(contract)s was sold with “%(product)s” and is invoiced as "
                        "agreed then. Make a new product for the new way.",
                        contract=contract.name,
                        product=product.display_name,
                    )
                )

    def _contract_policy(self):
        """Return the native invoicing policy of a contract, False for other products.

        sale uses the policy of the product as it is when it invoices.
        """
        return POLICIES.get(self.aftersales_contract_template_id.invoicing, False)


class AftersalesContractTemplate(models.Model):
    _inherit = "aftersales.contract.template"

    def write(self, vals):
        res = super().write(vals)
        if "invoicing" in vals:
            # sudo: the products follow, whoever may change the template
            products = self.sudo().with_context(active_test=False).product_ids
            products.write({"invoice_policy": POLICIES[vals["invoicing"]]})
        return res

    def _quantity_for(self, equipment):
        """Return how many units are sold for machines: a lot counts with its quantity.

        :param equipment: `aftersales.equipment` records
        """
        self.ensure_one()
        if not self.is_per_machine:
            return 1.0
        return sum(max(machine.quantity, 1) for machine in equipment)

    @api.constrains("invoicing")
    def _check_invoicing(self):
        """Let what is being invoiced one way not be invoiced another way."""
        # sudo: contracts of all companies, whoever changes the template
        sold = (
            self.env["aftersales.contract"]
            .sudo()
            .search(
                [
                    ("template_id", "in", self.ids),
                    ("sale_line_id", "!=", False),
                    ("state", "not in", ENDED_STATES),
                ]
            )
        )
        for contract in sold:
            if contract.invoicing != contract.template_id.invoicing:
                raise ValidationError(
                    self.env._(
                        "%(contract)s was sold by this template and is invoiced as it "
                        "says. Make a copy of the template for the new way.",
                        contract=contract.name,
                    )
                )
