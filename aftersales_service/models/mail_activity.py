# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    # Tells the alerts of one promise from those of another on the same ticket, and
    # from what people planned by themselves.
    sla_clock_id = fields.Many2one(
        "aftersales.sla.clock",
        string="Promise",
        index="btree_not_null",
        ondelete="cascade",
        readonly=True,
        export_string_translation=False,
    )
