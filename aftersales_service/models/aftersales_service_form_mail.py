# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The customer gets what was signed by mail, once a version."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

MAIL_STATES = [
    ("waiting", "Waiting for the PDF"),
    ("sent", "Sent"),
    ("no_address", "No Address Known"),
    ("off", "Not Sent by This Team"),
]


class AftersalesTeam(models.Model):
    _inherit = "aftersales.team"

    mails_form = fields.Boolean(
        string="Mail the Signed Form",
        default=True,
        help="The customer gets the PDF of each signed service form, also of one that "
        "was refused or left behind where nobody was present.",
    )


class AftersalesServiceForm(models.Model):
    _inherit = "aftersales.service.form"

    # Empty on forms that were signed before they were mailed.
    mail_state = fields.Selection(MAIL_STATES, string="Mail", readonly=True)
    mail_to = fields.Char(string="Mailed to", readonly=True)
    mailed_at = fields.Datetime(string="Mailed On", readonly=True)

    _mail_waiting_idx = models.Index("(id) WHERE mail_state = 'waiting'")

    @api.model
    def _prepare_mail(self, dispatch, values):
        """Decide who gets a form that is being signed.

        :param dispatch: `aftersales.dispatch` record
        :param dict values: of the form
        :return: dict with mail_state and mail_to
        """
        # sudo: a technician does not read the settings of the team
        if not dispatch.sudo().team_id.mails_form:
            return {"mail_state": "off"}
        email = self._mail_address(dispatch, values)
        return {"mail_state": "waiting" if email else "no_address", "mail_to": email}

    @api.model
    def _mail_address(self, dispatch, values):
        """Find the address of who signed, else of who reported, else the customer's.

        :return: address, False when none is known
        """
        # sudo: the address is found, whoever records the signature
        dispatch = dispatch.sudo()
        if values.get("acceptance") == "link":
            answered = dispatch.acceptance_ids.filtered(lambda a: a.state == "accepted")
            if answered:
                return answered.sorted("id")[-1].email
        name = (values.get("signer_name") or "").strip()
        if name:
            signer = dispatch.env["res.partner"].search(
                [
                    ("id", "child_of", dispatch.partner_id.commercial_partner_id.id),
                    ("name", "=ilike", name.replace("\\", "").replace("%", "")),
                    ("email_normalized", "!=", False),
                ],
                limit=1,
            )
            if signer:
                return signer.email_formatted
        try:
            return dispatch._acceptance_address()[1]
        except UserError:
            return False

    def _mail_pdf(self):
        """Send the PDF to the customer, if it is there and was not sent yet."""
        template = self.env.ref(
            "aftersales_service.mail_template_service_form", raise_if_not_found=False
        )
        # sudo: the mail follows from the signature, whoever makes the PDF
        for form in self.sudo():
            if form.mail_state != "waiting" or not form.pdf_attachment_id:
                continue
            if not template:
                form.mail_state = "off"
                continue
            # First: of two who send it, one meets the other here.
            form.write({"mail_state": "sent", "mailed_at": fields.Datetime.now()})
            form.flush_recordset()
            template.sudo().send_mail(
                form.id,
                email_values={
                    "attachment_ids": [Command.link(form.pdf_attachment_id.id)]
                },
            )
            form.dispatch_id._message_log(
                body=self.env._(
                    "%(form)s was sent to %(email)s.",
                    form=form.display_name,
                    email=form.mail_to,
                )
            )
