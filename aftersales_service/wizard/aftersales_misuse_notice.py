# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date, is_html_empty

from ..models.aftersales_finding_misuse import (
    APPROVE_ROLES,
    MISUSE_CHANNEL_SELECTION,
    NOTICE_ROLES,
)


class AftersalesMisuseNotice(models.TransientModel):
    """Explain improper use to the customer, record his answer, or withdraw it."""

    _name = "aftersales.misuse.notice"
    _description = "Improper Use: Customer"

    finding_id = fields.Many2one(
        "aftersales.finding", required=True, ondelete="cascade"
    )
    ticket_id = fields.Many2one(related="finding_id.ticket_id", related_sudo=False)
    partner_id = fields.Many2one(
        related="finding_id.partner_id", string="Customer", related_sudo=False
    )
    purpose = fields.Selection(
        [
            ("explain", "Explain"),
            ("acknowledge", "Record the Acknowledgement"),
            ("withdraw", "Withdraw"),
        ],
        required=True,
        default="explain",
    )

    # Explain
    body = fields.Html(
        string="Explanation",
        compute="_compute_body",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    with_photos = fields.Boolean(string="Send the Photos", default=True)

    # Record the acknowledgement
    channel = fields.Selection(MISUSE_CHANNEL_SELECTION, string="How", default="call")
    customer_name = fields.Char(
        string="Who",
        compute="_compute_customer_name",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        help="The person who has accepted it for the customer.",
    )
    acknowledged_at = fields.Datetime(
        string="When", default=lambda self: fields.Datetime.now()
    )
    note = fields.Text(string="What Was Said")
    message_id = fields.Many2one(
        "mail.message",
        string="Reply",
        compute="_compute_proof",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    reply_body = fields.Html(string="The Reply Says", compute="_compute_reply_body")
    reply_ids = fields.Many2many(
        "mail.message",
        string="Replies",
        compute="_compute_proofs",
        export_string_translation=False,
        help="What the customer wrote since it was explained.",
    )
    form_id = fields.Many2one(
        "aftersales.service.form",
        string="Signed Form",
        compute="_compute_proof",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    form_ids = fields.Many2many(
        "aftersales.service.form",
        string="Signed Forms",
        compute="_compute_proofs",
        export_string_translation=False,
        help="What the customer signed since it was found.",
    )

    # Withdraw
    reason = fields.Text()

    # === COMPUTES === #

    @api.depends("finding_id")
    def _compute_body(self):
        for notice in self:
            finding = notice.finding_id
            lang = finding.partner_id.lang or self.env.lang
            notice.body = finding and notice.with_context(lang=lang)._explanation()

    def _explanation(self):
        """Write to the customer what was found, in the language of the environment."""
        finding = self.finding_id.with_context(lang=self.env.lang)
        evidence = Markup("<br/>").join((finding.misuse_evidence or "").splitlines())
        product = finding.product_name or self.env._("your equipment")
        parts = [
            self.env._("Hello,"),
            self.env._(
                "on %(date)s our technician examined %(product)s and found that it had "
                "been used improperly:",
                date=format_date(self.env, finding.misuse_date, date_format="long"),
                product=product,
            ),
            evidence,
            self.env._(
                "Damage by improper use is not covered, so this repair would be "
                "charged. Please confirm by answering this message that you accept "
                "this finding, or tell us what we should know."
            ),
        ]
        return Markup().join(Markup("<p>%s</p>") % part for part in parts)

    @api.depends("finding_id", "channel", "message_id", "form_id")
    def _compute_customer_name(self):
        for notice in self:
            if notice.channel == "mail" and notice.message_id:
                message = notice.message_id
                name = message.author_id.name or message.email_from
            elif notice.channel == "signed" and notice.form_id:
                name = notice.form_id.signer_name
            else:
                name = notice.customer_name
            notice.customer_name = name

    @api.depends("finding_id")
    def _compute_proofs(self):
        for notice in self:
            notice.reply_ids = notice.finding_id and notice.finding_id._misuse_replies()
            notice.form_ids = notice.finding_id and notice.finding_id._misuse_forms()

    @api.depends("message_id", "reply_ids")
    def _compute_reply_body(self):
        """Show the chosen reply, and no other message."""
        for notice in self:
            notice.reply_body = (notice.message_id & notice.reply_ids).body

    @api.depends("finding_id", "purpose", "channel")
    def _compute_proof(self):
        """Propose the latest reply or form."""
        for notice in self:
            finding = notice.finding_id
            asked = finding and notice.purpose == "acknowledge"
            by_mail, signed = notice.channel == "mail", notice.channel == "signed"
            notice.message_id = asked and by_mail and finding._misuse_replies()[:1]
            notice.form_id = asked and signed and finding._misuse_forms()[:1]

    # === ACTIONS === #

    def _check_role(self):
        self.ensure_one()
        self.env["res.users"]._check_aftersales_role(*NOTICE_ROLES)
        self.finding_id.check_access("write")

    def action_explain(self):
        """Send the explanation; the customer answers by mail, telephone or in person.

        :raise UserError: before the approval, or when the customer can't be reached
        """
        self._check_role()
        finding, ticket = self.finding_id, self.ticket_id
        finding._check_misuse_state("approved")
        if is_html_empty(self.body):
            raise ValidationError(self.env._("Write to the customer what was found."))
        if not (ticket.partner_id.email or ticket.email_from):
            raise UserError(
                self.env._(
                    "The customer has no e-mail address. Explain it by telephone and "
                    "record the call."
                )
            )
        # sudo: the photos belong to the finding, whose right was checked
        photos = finding.sudo().misuse_photo_ids if self.with_photos else ()
        message = ticket.message_post(
            body=self.body,
            subject=self.env._("[%s] What we found", ticket.reference),
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=ticket.partner_id.ids,
            attachment_ids=[photo.id for photo in photos],
        )
        # sudo: the step follows from the message
        finding.sudo().misuse_notice_id = message
        return {"type": "ir.actions.act_window_close"}

    def action_acknowledge(self):
        """Record that the customer has accepted the finding.

        :raise UserError, ValidationError: before the approval, or without a proof
        """
        self._check_role()
        finding = self.finding_id
        finding._check_misuse_state("approved")
        values = getattr(self, f"_check_{self.channel or 'no_channel'}")()
        name = (self.customer_name or "").strip()
        if not name:
            raise ValidationError(self.env._("Say who has accepted it."))
        finding._acknowledge_misuse(
            {
                "misuse_channel": self.channel,
                "misuse_customer_name": name,
                "misuse_customer_note": self.note,
                **values,
            }
        )
        return {"type": "ir.actions.act_window_close"}

    def action_withdraw(self):
        """Take the finding of improper use back, with a reason.

        :raise UserError, AccessError: when there is nothing to withdraw, or for a role
            that may not undo an approval
        """
        self._check_role()
        finding = self.finding_id
        if finding.misuse_state == "none":
            raise UserError(self.env._("Improper use was not proposed."))
        if finding.misuse_state != "proposed":
            self.env["res.users"]._check_aftersales_role(*APPROVE_ROLES)
        if not (self.reason or "").strip():
            raise ValidationError(self.env._("Say why it is withdrawn."))
        finding._reset_misuse(self.reason)
        return {"type": "ir.actions.act_window_close"}

    # === PROOFS === #

    def _check_no_channel(self):
        raise ValidationError(self.env._("Say how the customer has accepted it."))

    def _check_call(self):
        """Check a logged call: with whom, when, and what was said."""
        now = fields.Datetime.now()
        if not self.acknowledged_at or not (self.note or "").strip():
            raise ValidationError(
                self.env._("Write down when the call was and what was said.")
            )
        if self.acknowledged_at > now:
            raise ValidationError(
                self.env._("A call can't be logged before it is made.")
            )
        if self.acknowledged_at < self.finding_id.misuse_proposed_at:
            raise ValidationError(
                self.env._("The call can't be earlier than the finding.")
            )
        return {"misuse_acknowledged_at": self.acknowledged_at}

    def _check_mail(self):
        """Check that the reply is the customer's, and an answer to the explanation."""
        if self.message_id not in self.finding_id._misuse_replies():
            raise ValidationError(
                self.env._(
                    "Choose a mail of the customer that came after the explanation."
                )
            )
        return {
            "misuse_message_id": self.message_id.id,
            "misuse_acknowledged_at": self.message_id.date,
        }

    def _check_signed(self):
        """Check that the customer has signed a form after it was found."""
        if self.form_id not in self.finding_id._misuse_forms():
            raise ValidationError(
                self.env._(
                    "Choose a service form of this ticket that the customer signed "
                    "after the finding."
                )
            )
        return {
            "misuse_form_id": self.form_id.id,
            "misuse_acknowledged_at": self.form_id.signed_at,
        }
