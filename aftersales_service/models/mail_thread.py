# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

from .aftersales_ticket_mail import SilentEvent


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

    @api.model
    def _notify_get_reply_to(self, default=None, author_id=False):
        """Look up no address for answers to what is noted and sent to nobody."""
        event = self.env.context.get("aftersales_silent_event")
        if not self and isinstance(event, SilentEvent):
            return {False: default}
        return super()._notify_get_reply_to(default=default, author_id=author_id)
