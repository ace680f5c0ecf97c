# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The customer says how he was served, and nobody who served says it for him."""

from odoo import fields, models

TEMPLATE = "aftersales_service.mail_template_rating"


class AftersalesTeam(models.Model):
    _inherit = "aftersales.team"

    asks_rating = fields.Boolean(
        string="Ask for a Rating",
        help="When a ticket of this team is closed, its customer is asked by mail how "
        "he was served. Nobody can leave out a ticket, or change the answer.",
    )


class AftersalesTicket(models.Model):
    _name = "aftersales.ticket"
    _inherit = ["aftersales.ticket", "aftersales.rated.mixin"]

    def _state_changed(self, before):
        res = super()._state_changed(before)
        self.filtered(
            lambda ticket: ticket.state == "closed" and before[ticket] != "closed"
        )._ask_rating()
        return res

    def _ask_rating(self):
        """Ask the customers of these tickets how they were served, each of them once.

        The mail hangs on no ticket: who reads it can rate in the customer's name.
        """
        # sudo: who has rated, and who has a login, is not for everybody to read
        asked = self.sudo().filtered(
            lambda ticket: (
                ticket.team_id.asks_rating
                and ticket.partner_id.email_normalized
                and not ticket.partner_id.user_ids.filtered(lambda u: not u.share)
                and not ticket.rating_ids
            )
        )
        template = asked and self.env.ref(TEMPLATE, raise_if_not_found=False)
        if not template:
            return
        template.sudo().send_mail_batch(
            asked.ids,
            email_values={
                "author_id": self.env.ref("base.partner_root").id,
                "auto_delete": True,
                "model": False,
                "res_id": False,
            },
        )
        asked._message_log_batch(
            bodies={
                ticket.id: ticket._in_company_language().env._(
                    "The customer is asked how he was served."
                )
                for ticket in asked
            }
        )
