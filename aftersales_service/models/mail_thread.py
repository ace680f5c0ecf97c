# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _routing_check_route(self, message, message_dict, route, raise_exception=True):
        """Let tickets look at the headers of their mails, replies included.

        The gateway asks the model of a reply only here, not on the model itself.
        """
        route = super()._routing_check_route(
            message, message_dict, route, raise_exception=raise_exception
        )
        if route and route[0] == "aftersales.ticket":
            ticket = self.env["aftersales.ticket"]
            return ticket._check_automatic_mail(message, message_dict, route)
        return route
