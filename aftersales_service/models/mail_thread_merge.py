# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _routing_check_route(self, message, message_dict, route, raise_exception=True):
        """Let mails to a merged ticket go to the one in which it goes on."""
        if route[0] == "aftersales.ticket" and route[1]:
            ticket_id = self.env["aftersales.ticket"]._follow_merged(route[1])
            route = (route[0], ticket_id, *route[2:])
        return super()._routing_check_route(
            message, message_dict, route, raise_exception=raise_exception
        )
