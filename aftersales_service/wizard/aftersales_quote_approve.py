# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.image import base64_to_image


class AftersalesQuoteApprove(models.TransientModel):
    """Let the customer sign a quotation at the site, or do without one."""

    _name = "aftersales.quote.approve"
    _description = "Approve a Quotation at the Site"

    dispatch_id = fields.Many2one(
        "aftersales.dispatch", required=True, ondelete="cascade"
    )
    purpose = fields.Selection(
        [("approve", "Approve"), ("waive", "Waive")],
        required=True,
        default="approve",
        export_string_translation=False,
    )
    quote_html = fields.Html(
        related="dispatch_id.quote_html", related_sudo=False, sanitize=False
    )
    signer_name = fields.Char(string="Customer's Name")
    signature = fields.Binary(string="Customer's Signature", attachment=False)
    reason = fields.Char()

    def action_approve(self):
        """Confirm the quotation with the customer's signature, as on the portal."""
        self.ensure_one()
        visit = self.dispatch_id
        visit._check_worker()
        visit._touch()
        visit._check_state("draft", "planned", "on_way", "on_site")
        name = (self.signer_name or "").strip()
        if not name or not self.signature:
            raise ValidationError(
                self.env._("The customer signs with a name and a drawn signature.")
            )
        try:
            base64_to_image(self.signature)
        except UserError as error:
            raise ValidationError(
                self.env._("The signature is not a picture. Draw it again.")
            ) from error
        # sudo: technicians have no sales rights, the customer decides; the order itself
        # says whether it may be signed
        order = visit._as_cashier()._quote_to_approve()
        order.write(
            {
                "signed_by": name,
                "signed_on": fields.Datetime.now(),
                "signature": self.signature,
            }
        )
        if not order._has_to_be_paid():
            order._validate_order()
        order.message_post(
            body=self.env._("Order signed by %s at the site", name),
            author_id=self.env.user.partner_id.id,
            subtype_xmlid="mail.mt_note",
        )
        return {"type": "ir.actions.act_window_close"}

    def action_waive(self):
        """Note that a manager lets the work be finished without a quotation."""
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role("manager")
        visit = self.dispatch_id
        visit.check_access("write")
        visit._check_state("draft", "planned", "on_way", "on_site")
        reason = (self.reason or "").strip()
        if not reason:
            raise ValidationError(self.env._("Say why no quotation is needed."))
        # sudo: written by this button only, which has checked the role
        visit.sudo().write(
            {
                "quote_waived_by": self.env.uid,
                "quote_waived_at": fields.Datetime.now(),
                "quote_waived_reason": reason,
            }
        )
        visit._message_log(body=self.env._("No quotation needed: %s", reason))
        return {"type": "ir.actions.act_window_close"}
