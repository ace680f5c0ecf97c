# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from random import randint

from odoo import fields, models


class AftersalesTag(models.Model):
    """A free word by which tickets are found again, the same in all companies."""

    _name = "aftersales.tag"
    _inherit = "aftersales.cached.mixin"
    _description = "Ticket Tag"
    _order = "name, id"
    _cached_fields = ("name", "color")

    name = fields.Char(required=True, translate=True)
    color = fields.Integer(
        default=lambda self: randint(1, 11),
        help="Shown behind the tag. Without a color it is not shown on the board.",
    )
    active = fields.Boolean(default=True)

    _name_uniq = models.UniqueIndex(
        "(lower(name->>'en_US'))",
        "There is a tag of this name already, perhaps among the archived ones.",
    )
