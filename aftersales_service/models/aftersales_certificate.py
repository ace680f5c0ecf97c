# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which certificates the work on a product or a fault requires."""

from collections import namedtuple

from odoo import api, fields, models
from odoo.tools import ormcache

#: A requirement as it is kept in memory.
Rule = namedtuple("Rule", "skill_id mandatory company_id category_ids fault_ids")


class AftersalesCertificate(models.Model):
    """A certificate that who goes to certain work must or should have."""

    _name = "aftersales.certificate"
    _inherit = "aftersales.cached.mixin"
    _description = "Required Certificate"
    _order = "sequence, id"
    _rec_name = "skill_id"
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    skill_id = fields.Many2one(
        "hr.skill",
        string="Certificate",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[("skill_type_id.is_certification", "=", True)],
    )
    category_ids = fields.Many2many(
        "product.category",
        string="Product Categories",
        ondelete="restrict",
        help="Required for the products of these categories and of those below them.",
    )
    fault_ids = fields.Many2many(
        "aftersales.fault",
        string="Faults",
        ondelete="restrict",
        check_company=True,
        help="Required for these faults and their components. With categories too, "
        "both must apply; with neither, it is required for every visit.",
    )
    mandatory = fields.Boolean(
        default=True,
        help="Nobody is planned who never had it. Otherwise, and when it isn't valid "
        "on the day, the dispatcher is warned.",
    )
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", help="Empty: shared by all companies."
    )

    @api.model
    @ormcache()
    def _rules(self):
        """Return all requirements.

        :return: tuple of `Rule`, with frozen sets of ids
        """
        # sudo: what is required is the same for everybody, whoever asks first
        certificates = self.sudo().with_context(active_test=True)
        return tuple(
            Rule(
                row.skill_id.id,
                row.mandatory,
                row.company_id.id,
                frozenset(row.category_ids.ids),
                frozenset(row.fault_ids.ids),
            )
            # Some dozens.
            for row in certificates.search([])  # pylint: disable=no-search-all
        )

    @api.model
    def _required(self, company, work):
        """Find what work requires.

        :param company: `res.company` that does it
        :param work: iterable of (product category, faults): records of a job
        :return: dict of id of `hr.skill` -> bool, whether it is mandatory
        """
        required = {}
        rules = self._rules()
        for category, faults in work if rules else ():
            above = {int(part) for part in (category.parent_path or "").split("/")[:-1]}
            known = {part for fault in faults for part in fault._path_ids()}
            for rule in rules:
                if (
                    rule.company_id in (False, company.id)
                    and (not rule.category_ids or rule.category_ids & above)
                    and (not rule.fault_ids or rule.fault_ids & known)
                ):
                    before = required.get(rule.skill_id, False)
                    required[rule.skill_id] = before or rule.mandatory
        return required
