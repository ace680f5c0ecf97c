# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who called, also where he is no customer of ours yet."""

from odoo import fields, models


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

    caller_name = fields.Char(
        string="Caller", help="Who called or came, as he gave his name."
    )
