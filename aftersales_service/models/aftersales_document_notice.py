# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

#: What became of a notice, by the state of its mail.
STATE_OF_MAIL = {
    "outgoing": "queued",
    "sent": "sent",
    "received": "sent",
    "exception": "failed",
    "cancel": "cancelled",
}


class AftersalesDocumentNotice(models.Model):
    """Who was told of which version of a technical document, and when."""

    _name = "aftersales.document.notice"
    _description = "Notice of a Technical Document"
    _order = "id desc"
    _rec_names_search = ["document_name", "partner_id"]

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    document_id = fields.Many2one(
        "product.document",
        required=True,
        index=True,
        readonly=True,
        ondelete="restrict",
    )
    document_name = fields.Char(readonly=True, help="As it was called then.")
    version = fields.Char(required=True, readonly=True)
    attachment_id = fields.Many2one(
        "ir.attachment",
        string="File Sent",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The file as it was then, also when the document has another one now.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Owner or User",
        required=True,
        index=True,
        readonly=True,
        ondelete="restrict",
        help="The company or person that was told, as a whole.",
    )
    contact_id = fields.Many2one(
        "res.partner",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Whom the mail was addressed to.",
    )
    email = fields.Char(string="E-mail", readonly=True, help="As it was then.")
    equipment_ids = fields.Many2many(
        "aftersales.equipment",
        relation="aftersales_document_notice_equipment_rel",
        column1="notice_id",
        column2="equipment_id",
        readonly=True,
    )
    note = fields.Text(string="What Changed", readonly=True)
    user_id = fields.Many2one(
        "res.users",
        string="Published by",
        readonly=True,
        default=lambda self: self.env.user,
    )
    mail_id = fields.Many2one(
        "mail.mail",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        export_string_translation=False,
        groups="base.group_system",
    )
    state = fields.Selection(
        [
            ("no_email", "No E-mail"),
            ("queued", "Waiting"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_state",
        store=True,
        readonly=True,
        index=True,
    )
    sent_at = fields.Datetime(
        string="Sent", compute="_compute_state", store=True, readonly=True
    )
    failure_reason = fields.Char(compute="_compute_state", store=True, readonly=True)

    # Publishing twice, even at the same moment, tells nobody twice.
    _once_uniq = models.UniqueIndex(
        "(document_id, version, partner_id)",
        "This owner was told of this version already.",
    )

    @api.depends("mail_id.state", "mail_id.failure_reason")
    def _compute_state(self):
        """Follow the mail. What it has become stays when the mail is cleaned up."""
        for notice in self:
            mail = notice.mail_id
            if not mail:
                notice.state = notice.state or "no_email"
                notice.sent_at = notice.sent_at
                notice.failure_reason = notice.failure_reason
                continue
            notice.state = STATE_OF_MAIL[mail.state]
            notice.failure_reason = (
                mail.failure_reason if notice.state == "failed" else False
            )
            if notice.state == "sent":
                notice.sent_at = notice.sent_at or fields.Datetime.now()
            else:
                notice.sent_at = False

    @api.depends("document_name", "version", "partner_id")
    def _compute_display_name(self):
        for notice in self:
            parts = (notice.document_name, notice.version, notice.partner_id.name)
            notice.display_name = " · ".join(part for part in parts if part)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The record of who was told can't be deleted."))

    # === MAIL === #

    def _send(self, reply_to):
        """Queue one mail each to those who have an e-mail address.

        Each is in the language of who gets it; the mail queue sends them.

        :param str reply_to: address that answers go to
        """
        to_send = self.filtered("email")
        values_list = [
            notice.with_context(
                lang=notice.contact_id.lang or self.env.lang
            )._prepare_mail(reply_to)
            for notice in to_send
        ]
        # sudo: nobody creates mails directly; these are what the dialog has shown
        mails = self.env["mail.mail"].sudo().create(values_list)
        for notice, mail in zip(to_send.sudo(), mails, strict=True):
            notice.mail_id = mail

    def _prepare_mail(self, reply_to):
        """Prepare the mail to one owner, in the language of the context.

        The body is a template view: it is compiled once and not for each owner.

        :param str reply_to: address that answers go to
        :return: dict for `mail.mail.create`
        """
        self.ensure_one()
        link = self._file_link()
        body = self.env["ir.qweb"]._render(
            "aftersales_service.mail_document_notice", {"notice": self, "link": link}
        )
        return {
            "model": self._name,
            "res_id": self.id,
            "subject": self.env._(
                "%(document)s: version %(version)s",
                document=self.document_name,
                version=self.version,
            ),
            "body_html": body,
            "body": body,
            "author_id": self.user_id.partner_id.id,
            "email_from": self.user_id.email_formatted
            or self.company_id.email_formatted,
            "reply_to": reply_to,
            "recipient_ids": [Command.link(self.contact_id.id)],
            "attachment_ids": [] if link else [Command.link(self.attachment_id.id)],
            # The proof that they were told
            "auto_delete": False,
        }

    def _file_link(self):
        """Return the link under which the owner finds the file, if it is one to follow.

        :return: address, or False where the file itself is attached
        """
        self.ensure_one()
        # sudo: the file was chosen to be sent; its token is for who gets the mail
        attachment = self.attachment_id.sudo()
        if attachment.type == "url":
            return attachment.url
        if not attachment.access_token:
            return False
        return (
            f"{self.get_base_url()}/web/content/{attachment.id}"
            f"?download=true&access_token={attachment.access_token}"
        )
