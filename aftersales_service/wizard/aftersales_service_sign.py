# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.image import base64_to_image

from ..models.aftersales_service_form import OUTCOME_SELECTION


class AftersalesServiceSign(models.TransientModel):
    """Show the customer what he signs, and take his signature or his refusal."""

    _name = "aftersales.service.sign"
    _description = "Sign the Service Form"

    dispatch_id = fields.Many2one(
        "aftersales.dispatch", required=True, ondelete="cascade"
    )
    form_id = fields.Many2one(related="dispatch_id.form_id", string="Last Version")
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    outcome = fields.Selection(OUTCOME_SELECTION, required=True, default="accepted")
    outcome_reason = fields.Char(string="Reason")
    signer_name = fields.Char(
        string="Customer's Name",
        compute="_compute_names",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    signer_role = fields.Char(string="Position")
    signature = fields.Binary(string="Customer's Signature", attachment=False)
    customer_comments = fields.Text(string="Customer's Comments")
    technician_name = fields.Char(
        string="Technician's Name",
        compute="_compute_names",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    technician_signature = fields.Binary(
        string="Technician's Signature", attachment=False
    )
    replaces_reason = fields.Char(string="Reason for the New Version")
    shown_hash = fields.Char(
        compute="_compute_shown_hash",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        export_string_translation=False,
        help="Hash of the work as the customer has read it.",
    )

    @api.depends("dispatch_id")
    def _compute_names(self):
        for sign in self:
            dispatch = sign.dispatch_id
            contact = dispatch.job_ids.ticket_id.partner_id.filtered(
                lambda partner: not partner.is_company
            )
            sign.signer_name = contact[:1].name
            # sudo: the name is printed on the form, the employee is not shown
            sign.technician_name = dispatch.sudo().technician_ids[:1].name

    @api.depends("dispatch_id")
    def _compute_shown_hash(self):
        for sign in self:
            sign.shown_hash = sign.dispatch_id and sign.dispatch_id._work_hash()

    @api.depends("dispatch_id", "customer_comments")
    def _compute_preview(self):
        for sign in self:
            if not sign.dispatch_id:
                sign.preview = False
                continue
            values = sign._prepare_form()
            content = sign.dispatch_id._prepare_form_content(
                {
                    **values,
                    "name": sign.dispatch_id.name,
                    "version": sign.dispatch_id.form_id.version + 1,
                    "signed_at": fields.Datetime.now(),
                    "recorded_by": self.env.uid,
                    "outcome": sign.outcome or "accepted",
                    "signature": False,
                    "technician_signature": False,
                }
            )
            sign.preview = self.env["ir.qweb"]._render(
                "aftersales_service.service_form_work",
                {
                    "content": content,
                    "Form": self.env["aftersales.service.form"],
                    "pictures": sign.dispatch_id._form_pictures(),
                    "is_preview": True,
                },
                lang=content["lang"],
            )

    def _prepare_form(self):
        """Prepare what is signed.

        :return: dict for `aftersales.service.form._sign`
        """
        self.ensure_one()
        names = (
            "outcome",
            "outcome_reason",
            "signer_name",
            "signer_role",
            "signature",
            "customer_comments",
            "technician_name",
            "technician_signature",
            "replaces_reason",
        )
        return {name: self[name] for name in names}

    def _is_drawn(self):
        """Tell whether both sign with a drawing."""
        return True

    def _signed_at(self):
        """Return when the customer said it (naive UTC), None for now."""
        return None

    def _check_complete(self):
        """Check that the outcome has what it needs.

        :raise ValidationError: when something is missing
        """
        self.ensure_one()
        accepted = self.outcome in ("accepted", "remarks")
        if (
            accepted
            and self._is_drawn()
            and not (self.signature and (self.signer_name or "").strip())
        ):
            raise ValidationError(
                self.env._("The customer signs with a name and a drawn signature.")
            )
        if self.outcome == "remarks" and not (self.customer_comments or "").strip():
            raise ValidationError(self.env._("Write down the customer's remarks."))
        if not accepted and not (self.outcome_reason or "").strip():
            raise ValidationError(self.env._("Say why the form was not signed."))
        if self._is_drawn() and not self.technician_signature:
            raise ValidationError(self.env._("The technician signs as well."))
        if self.form_id and not (self.replaces_reason or "").strip():
            raise ValidationError(
                self.env._("Say why version %s is replaced.", self.form_id.version)
            )
        for image in (self.signature, self.technician_signature):
            if image:
                try:
                    base64_to_image(image)
                except UserError as error:
                    raise ValidationError(
                        self.env._("The signature is not a picture. Draw it again.")
                    ) from error

    def action_sign(self):
        self.ensure_one()
        dispatch = self.dispatch_id
        dispatch._check_worker()
        dispatch._check_state("to_sign")
        if self.shown_hash != dispatch._work_hash():
            raise UserError(
                self.env._(
                    "The visit was changed while the customer was reading. Close this "
                    "window, press Sign again and let the customer read it again."
                )
            )
        dispatch._check_worked()
        self._check_complete()
        values = self._prepare_form()
        if self.outcome == "absent":
            values.update(signature=False, signer_name=False, signer_role=False)
        form = self.env["aftersales.service.form"]._sign(
            dispatch, values, self._signed_at()
        )
        return form._get_records_action()
