# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .selections import SERVICE_MODE_SELECTION, SEVERITY_SELECTION, TYPE_SELECTION

#: Fields of a rule that decide which tickets it is for.
CRITERIA = (
    "ticket_type",
    "severity",
    "service_mode",
    "product_category_id",
    "partner_tag_id",
    "country_id",
)


class AftersalesForwardRule(models.Model):
    """Which tickets go to which team, and who of it is given them."""

    _name = "aftersales.forward.rule"
    _description = "Forwarding Rule"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        related="team_id.company_id",
        store=True,
        precompute=True,
        index=True,
    )

    # Who gets them
    team_id = fields.Many2one(
        "aftersales.team",
        string="To Team",
        required=True,
        index=True,
        ondelete="cascade",
    )
    method = fields.Selection(
        [
            ("fixed", "Always the same person"),
            ("least_loaded", "The least loaded who is present"),
            ("round_robin", "In turn, those who are present"),
            ("team", "Nobody, the team only"),
        ],
        string="Person",
        required=True,
        default="least_loaded",
        help="Present are those in whose working hours it is now, and who are not on "
        "leave.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Given to",
        index="btree_not_null",
        check_company=True,
        domain="[('share', '=', False), ('id', 'in', member_ids)]",
    )
    member_ids = fields.Many2many(
        "res.users", compute="_compute_member_ids", export_string_translation=False
    )
    when_absent = fields.Selection(
        [
            ("next", "Who comes first"),
            ("team", "The team only"),
        ],
        string="When Nobody Is Present",
        required=True,
        default="next",
    )

    # For which tickets
    ticket_type = fields.Selection(
        TYPE_SELECTION, string="Type", help="Empty: any type."
    )
    severity = fields.Selection(SEVERITY_SELECTION, help="Empty: any severity.")
    service_mode = fields.Selection(
        SERVICE_MODE_SELECTION, help="Empty: however the report is served."
    )
    product_category_id = fields.Many2one(
        "product.category",
        index="btree_not_null",
        help="Of the equipment; categories below it are meant as well. Empty: any.",
    )
    partner_tag_id = fields.Many2one(
        "res.partner.category",
        string="Customer Tag",
        index="btree_not_null",
        help="Of the contact or its company; tags below it are meant as well. Empty: "
        "any customer.",
    )
    country_id = fields.Many2one(
        "res.country",
        help="Of the site, else of the customer. Empty: wherever it is.",
    )

    # Whose turn it was. Written past the ORM, so that no turn empties the memory.
    last_user_id = fields.Many2one(
        "res.users",
        string="Last Given to",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    # Not of the members: each new user would have to be looked up among them.
    @api.depends("team_id")
    def _compute_member_ids(self):
        for rule in self:
            rule.member_ids = rule.team_id.member_ids

    @api.constrains("method", "user_id", "team_id")
    def _check_user_id(self):
        """A rule for one person names a member of its team.

        :raise ValidationError: otherwise
        """
        for rule in self.filtered(lambda rule: rule.method == "fixed"):
            if not rule.user_id:
                raise ValidationError(
                    self.env._("Say who is given the tickets of rule %s.", rule.name)
                )
            if rule.user_id not in rule.team_id.member_ids:
                raise ValidationError(
                    self.env._(
                        "%(person)s is no member of team %(team)s.",
                        person=rule.user_id.name,
                        team=rule.team_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        self.env.registry.clear_cache()
        return rules

    def write(self, vals):
        res = super().write(vals)
        self.env.registry.clear_cache()
        return res

    def unlink(self):
        res = super().unlink()
        self.env.registry.clear_cache()
        return res
