# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The customer says how he was served, and nobody who served says it for him."""

from odoo import fields, models
from odoo.exceptions import AccessError

TEMPLATE = "aftersales_service.mail_template_rating"


class AftersalesTeam(models.Model):
    _inherit = "aftersales.team"

    asks_rating = fields.Boolean(
        string="Ask for a Rating",
        help="When a ticket of this team is closed, its customer is asked by mail how "
        "he was served. Nobody can leave out a ticket, or change the answer.",
    )


class AftersalesTicket(models.Model):
    _inherit = "aftersales.ticket"

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

    def message_post(self, **kwargs):
        if kwargs.get("rating_value"):
            # The route for messages posts with the rights of the system: the customer
            # rates by the link in his mail only.
            raise AccessError(self._say_who_rates())
        return super().message_post(**kwargs)

    def _message_update_content(self, message, /, *, rating_value=None, **kwargs):
        if rating_value is not None:
            raise AccessError(self._say_who_rates())
        # sudo: whether a message is a rating is no secret to who may change it
        if message.sudo().rating_ids:
            self._check_rates()
        return super()._message_update_content(
            message, rating_value=rating_value, **kwargs
        )

    def _check_rates(self):
        """Refuse that a rating is given or changed on behalf of a customer.

        The page on which he rates works with the rights of the system.

        :raise AccessError: for everybody else
        """
        if not self.env.su:
            raise AccessError(self._say_who_rates())

    def _say_who_rates(self):
        return self.env._("Only the customer rates how he was served.")
