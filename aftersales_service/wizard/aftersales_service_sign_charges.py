# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the customer says to the charges, before he signs."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AftersalesServiceSign(models.TransientModel):
    _inherit = "aftersales.service.sign"

    charge_total = fields.Monetary(
        related="dispatch_id.charge_total", related_sudo=False
    )
    currency_id = fields.Many2one(related="dispatch_id.currency_id", related_sudo=False)
    charges_html = fields.Html(
        related="dispatch_id.charges_html", related_sudo=False, sanitize=False
    )
    charges_answer = fields.Selection(
        [
            ("accepted", "I accept the charges"),
            ("declined", "I do not accept the charges"),
        ],
        string="Answer to the Charges",
        help="Who declines the charges still signs for the work; sales gets in touch.",
    )
    charges_reason = fields.Char(string="Reason for Declining")

    @api.model_create_multi
    def create(self, vals_list):
        """The customer reads what is charged now."""
        visits = self.env["aftersales.dispatch"].browse(
            vals["dispatch_id"] for vals in vals_list if vals.get("dispatch_id")
        )
        visits = visits._filtered_access("write")
        visits.filtered(lambda visit: visit.state == "to_sign")._settle_work()
        return super().create(vals_list)

    def action_sign(self):
        self.ensure_one()
        self.dispatch_id._check_worker()
        self.dispatch_id._check_state("to_sign")
        self.dispatch_id._settle_work()
        return super().action_sign()

    def _charges_unanswered(self):
        """Say that the customer has to answer to the charges, and how."""
        self.ensure_one()
        if self._is_paper():
            # They are worked out from the hours of the paper, when it is filed.
            return self.env._(
                "The work on this paper costs %(amount)s. Say what is ticked at the "
                "charges; if nothing is, ask the customer first.",
                amount=self.dispatch_id._charge_words(),
            )
        return self.env._("Ask the customer whether the charges are accepted.")

    def _check_complete(self):
        """Check the answer to the charges, and keep it for what is signed now.

        :raise ValidationError: when it is missing, or a reason for a no
        """
        res = super()._check_complete()
        visit = self.dispatch_id
        if self.outcome not in ("accepted", "remarks") or not visit.charge_total:
            answer = reason = False
        else:
            answer, reason = self.charges_answer, (self.charges_reason or "").strip()
            if not answer:
                raise ValidationError(self._charges_unanswered())
            if answer == "declined" and not reason:
                raise ValidationError(
                    self.env._("Write down why the charges are declined.")
                )
        # sudo: the answer is the customer's, who signs now
        visit.sudo().write(
            {
                "charges_accepted": answer,
                "charges_reason": reason if answer == "declined" else False,
            }
        )
        return res
