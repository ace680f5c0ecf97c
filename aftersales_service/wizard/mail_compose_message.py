# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    # Its ticket checks everything again: that it is set gives nobody a right.
    aftersales_ends = fields.Boolean(export_string_translation=False)

    def _manage_mail_values(self, mail_values_all):
        """Send an answer to the address of a customer who is no contact yet."""
        mail_values_all = super()._manage_mail_values(mail_values_all)
        if self.aftersales_ends and self.model == "aftersales.ticket":
            tickets = self.env[self.model].browse(mail_values_all)
            for ticket in tickets.filtered(lambda t: not t.partner_id):
                values = mail_values_all[ticket.id]
                if not values.get("partner_ids"):
                    values["outgoing_email_to"] = ticket.email_from
        return mail_values_all

    def _action_send_mail_comment(self, res_ids):
        """End the tickets whose answer this is."""
        messages = super()._action_send_mail_comment(res_ids)
        if self.aftersales_ends and self.model == "aftersales.ticket":
            for message in messages:
                ticket = self.env[self.model].browse(message.res_id)
                ticket._end_answered(message)
        return messages
